/* signal: what comes from outside to an execution that is on. */
#include <string.h>

#include "tests/sandbox/automation/automations.h"
#include "tests/sandbox/automation/engine.h"

#define BAD_SIGNAL "InvalidAutomationSignalException"
#define NO_STEP    "AutomationStepNotFoundException"

void automation_poke(struct world *world, struct automation *automation)
{
    automation->due_ms = world_now_ms(world);
    automations_wake(world, automation->due_ms);
}

static struct step_run *find_step(struct automation *automation, const char *name,
                                  struct reply *reply)
{
    struct step_run *step = automation_step(automation, name);
    if (!step)
        reply_error(reply, 0, NO_STEP, "The execution has no step named %s.", name);
    return step;
}

/* Interactive: the step that comes next begins. */
void automation_start_step(struct world *world, struct automation *automation,
                           const char *step_name, struct reply *reply)
{
    struct step_run *step =
        *step_name ? find_step(automation, step_name, reply) : automation_current(automation);
    if (*reply->code)
        return;
    if (!step || !automation->interactive || step != automation_current(automation) ||
        step->status != RUN_PENDING) {
        reply_error(reply, 0, BAD_SIGNAL, "The execution is not waiting to start that step.");
        return;
    }
    automation->status = RUN_IN_PROGRESS;
    automation_poke(world, automation);
}

void automation_stop_step(struct world *world, struct automation *automation, const char *step_id,
                          struct reply *reply)
{
    struct step_run *step = automation_current(automation);
    if (!step || strcmp(step->id, step_id) != 0)
        reply_error(reply, 0, NO_STEP, "No step with the id %s is running.", step_id);
    else if (step->status == RUN_PENDING)
        reply_error(reply, 0, BAD_SIGNAL, "The step has not begun.");
    else
        automation_stop(world, automation, false);
}

/* Ends an aws:pause. */
void automation_resume(struct world *world, struct automation *automation, const char *step_name,
                       struct reply *reply)
{
    struct step_run *step =
        *step_name ? find_step(automation, step_name, reply) : automation_current(automation);
    if (*reply->code)
        return;
    if (!step || step != automation_current(automation) || step->status != RUN_WAITING ||
        !step->action || step->action->take != pause_take) {
        reply_error(reply, 0, BAD_SIGNAL, "The execution does not pause at that step.");
        return;
    }
    step->is_resumed = true;
    automation_poke(world, automation);
}

void automation_stop(struct world *world, struct automation *automation, bool complete)
{
    if (complete) {
        automation->stops = true;
        return;
    }
    automation->status = RUN_CANCELLING;
    automation->due_ms = world_now_ms(world) + SECOND_MS;
    automations_wake(world, automation->due_ms);
}
