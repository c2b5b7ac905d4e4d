/*
 * engine: what happens to an execution when its time has come.
 *
 * A step begins, takes one turn or more, and ends; then its document says where to go on. Nothing
 * here waits: a turn that has to come later leaves its time in due_ms.
 */
#include "tests/sandbox/automation/engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/sandbox/automation/automations.h"

#define RETRY_MS     SECOND_MS
#define ATTEMPTS_MAX 10000 /* steps that one execution may begin: documents may go in circles */

void automations_wake(struct world *world, int64_t due_ms)
{
    struct automations *automations = automations_of(world);
    if (due_ms < automations->wake_ms)
        automations->wake_ms = due_ms;
}

enum verdict step_fail(struct step_run *step, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    mem_free(step->failure);
    step->failure = mem_strdup(text);
    return STEP_FAILED;
}

void step_output(struct step_run *step, const char *name, cJSON *take_value)
{
    if (!step->values)
        step->values = cJSON_CreateObject();
    cJSON_DeleteItemFromObjectCaseSensitive(step->values, name);
    cJSON_AddItemToObject(step->values, name, take_value);
}

/* --- the end ---------------------------------------------------------------------------------- */

/* {"step.output": [texts]} of what the document names; what no step has made is left out. */
static cJSON *collect_outputs(struct automation *automation)
{
    cJSON *outputs = cJSON_CreateObject();
    const cJSON *name;
    cJSON_ArrayForEach (name, json_get(automation->document, "outputs")) {
        struct sv rest = json_string(name);
        char step_name[128];
        sv_copy(sv_split(&rest, '.'), step_name, sizeof step_name);
        const struct step_run *step = automation_step(automation, step_name);
        const cJSON *value = step && rest.ptr ? json_get(step->values, rest.ptr) : NULL;
        if (value)
            cJSON_AddItemToObject(outputs, name->valuestring, value_texts(value));
    }
    if (outputs->child)
        return outputs;
    cJSON_Delete(outputs);
    return NULL;
}

static void finish(struct automation *automation, enum run_status status, int64_t at_ms)
{
    const struct step_run *last =
        automation->at < automation->n_steps ? &automation->steps[automation->at] : NULL;
    if (status == RUN_SUCCESS && automation->critical_failed)
        status = RUN_FAILED;
    automation->status = status;
    automation->ended_ms = at_ms;
    automation->due_ms = AUTOMATION_NEVER;
    automation->outputs = collect_outputs(automation);
    if ((status == RUN_FAILED || status == RUN_TIMED_OUT) && last && last->failure &&
        !automation->failure)
        automation->failure = mem_strdup(last->failure);
}

/* --- from step to step ------------------------------------------------------------------------ */

/* The step that name stands for comes next; behind the last one the execution is over. */
static void go_on(struct automation *automation, size_t next, int64_t at_ms)
{
    if (next >= automation->n_steps || automation->stops) {
        finish(automation, RUN_SUCCESS, at_ms);
        return;
    }
    struct step_run *step = &automation->steps[next];
    automation->at = next;
    step->status = RUN_PENDING;
    step->attempts = 0;
    automation->status = automation->interactive ? RUN_WAITING : RUN_IN_PROGRESS;
    automation->due_ms = automation->interactive ? AUTOMATION_NEVER : at_ms;
}

static size_t step_index(struct automation *automation, const char *name)
{
    const struct step_run *step = automation_step(automation, name);
    return step ? (size_t)(step - automation->steps) : automation->n_steps;
}

static void go_to_next(struct automation *automation, const struct step_run *step, int64_t at_ms)
{
    const char *next = step->next ? step->next : json_sv(step->def, "nextStep").ptr;
    size_t following = next ? step_index(automation, next) : automation->at + 1;
    if (!step->next && json_bool(step->def, "isEnd", false))
        following = automation->n_steps;
    go_on(automation, following, at_ms);
}

/* A step has failed for good: its document says whether that ends everything. */
static void go_on_after_failure(struct automation *automation, struct step_run *step, int64_t at_ms)
{
    struct sv way = json_sv(step->def, "onFailure");
    bool goes_on = sv_eq_cstr(way, "Continue") || sv_starts(way, SV("step:"));
    if (!goes_on) {
        finish(automation, step->status == RUN_TIMED_OUT ? RUN_TIMED_OUT : RUN_FAILED, at_ms);
        return;
    }
    if (json_bool(step->def, "isCritical", !sv_eq_cstr(way, "Continue"))) {
        automation->critical_failed = true;
        mem_free(automation->failure);
        automation->failure = mem_strdup(step->failure);
    }
    if (sv_starts(way, SV("step:")))
        go_on(automation, step_index(automation, way.ptr + strlen("step:")), at_ms);
    else
        go_to_next(automation, step, at_ms);
}

static void end_step(struct automation *automation, struct step_run *step, enum run_status status,
                     int64_t at_ms)
{
    bool may_retry = status == RUN_FAILED && step->action &&
                     step->attempts < json_i64(step->def, "maxAttempts", 1);
    step->status = may_retry ? RUN_PENDING : status;
    automation->status = RUN_IN_PROGRESS;
    if (may_retry) {
        automation->due_ms = at_ms + RETRY_MS;
        return;
    }
    step->ended_ms = at_ms;
    if (status == RUN_SUCCESS)
        go_to_next(automation, step, at_ms);
    else
        go_on_after_failure(automation, step, at_ms);
}

/* --- one turn --------------------------------------------------------------------------------- */

static cJSON *resolve_inputs(struct world *world, struct automation *automation,
                             struct step_run *step, int64_t at_ms)
{
    AUTO(buf_done) struct buf why = BUF_NONE;
    AUTO(json_free_at) cJSON *none = cJSON_CreateObject();
    const cJSON *inputs = json_get(step->def, "inputs");
    cJSON *resolved = interpolate(world, automation, at_ms, inputs ? inputs : none, &why);
    if (!resolved)
        step_fail(step, "Step fails when it is Poll action status for completion. %s",
                  buf_cstr(&why));
    return resolved;
}

static void begin_step(struct world *world, struct automation *automation, struct step_run *step,
                       int64_t at_ms)
{
    const struct action *action = step->action;
    int64_t timeout_s = json_i64(step->def, "timeoutSeconds", action ? action->timeout_s : 0);
    cJSON_Delete(step->inputs);
    cJSON_Delete(step->values);
    step->values = NULL;
    mem_free(step->failure);
    step->failure = NULL;
    step->next = NULL;
    step->is_resumed = false;
    step->attempts++;
    step->status = RUN_IN_PROGRESS;
    step->started_ms = at_ms;
    step->ended_ms = 0;
    step->deadline_ms = timeout_s > 0 ? at_ms + timeout_s * SECOND_MS : AUTOMATION_NEVER;
    automation->status = RUN_IN_PROGRESS;
    automation->due_ms = at_ms + (action ? action->takes_ms : SECOND_MS);
    automation->n_begun++;
    step->inputs = resolve_inputs(world, automation, step, at_ms);
}

static enum verdict act(struct turn_of *turn)
{
    struct step_run *step = turn->step;
    if (!step->inputs)
        return STEP_FAILED;
    if (turn->automation->n_begun > ATTEMPTS_MAX)
        return step_fail(step, "The automation goes in circles: it has begun %d steps.",
                         ATTEMPTS_MAX);
    if (!step->action)
        return step_fail(step, "The sandbox does not run %s.", json_sv(step->def, "action").ptr);
    return step->action->take(turn);
}

static void take_turn(struct world *world, struct automation *automation, struct step_run *step,
                      int64_t at_ms)
{
    struct turn_of turn = {world, automation, step, at_ms, AUTOMATION_NEVER};
    enum verdict verdict = act(&turn);
    bool goes_on = verdict == STEP_AGAIN || verdict == STEP_WAITING;
    if (goes_on && at_ms >= step->deadline_ms) {
        step_fail(step, "Step timed out after %lld seconds.",
                  (long long)((step->deadline_ms - step->started_ms) / SECOND_MS));
        end_step(automation, step, RUN_TIMED_OUT, at_ms);
    } else if (!goes_on) {
        end_step(automation, step, verdict == STEP_DONE ? RUN_SUCCESS : RUN_FAILED, at_ms);
    } else {
        bool waits = verdict == STEP_WAITING;
        step->status = automation->status = waits ? RUN_WAITING : RUN_IN_PROGRESS;
        automation->due_ms = turn.again_ms < step->deadline_ms ? turn.again_ms : step->deadline_ms;
    }
}

static void cancel(struct automation *automation, int64_t at_ms)
{
    struct step_run *step =
        automation->at < automation->n_steps ? &automation->steps[automation->at] : NULL;
    if (step && step->started_ms && !run_status_is_end(step->status)) {
        step->status = RUN_CANCELLED;
        step->ended_ms = at_ms;
    }
    finish(automation, RUN_CANCELLED, at_ms);
}

static void happen(struct world *world, struct automation *automation)
{
    int64_t at_ms = automation->due_ms;
    struct step_run *step = &automation->steps[automation->at];
    if (automation->status == RUN_CANCELLING)
        cancel(automation, at_ms);
    else if (automation->status == RUN_PENDING)
        go_on(automation, 0, at_ms);
    else if (step->status == RUN_PENDING)
        begin_step(world, automation, step, at_ms);
    else
        take_turn(world, automation, step, at_ms);
}

/* The one that is due first; NULL when nothing is due yet. */
static struct automation *next_due(struct automations *automations, int64_t now_ms)
{
    struct automation *first = NULL;
    automations->wake_ms = AUTOMATION_NEVER;
    for (size_t i = 0; i < automations->all.len; i++) {
        struct automation *it = automations->all.ptr[i];
        if (it->due_ms >= automations->wake_ms)
            continue;
        first = it;
        automations->wake_ms = it->due_ms;
    }
    return first && first->due_ms <= now_ms ? first : NULL;
}

void automations_advance(struct world *world)
{
    struct automations *automations = automations_of(world);
    int64_t now_ms = world_now_ms(world);
    if (automations->wake_ms > now_ms)
        return;
    struct automation *automation;
    while ((automation = next_due(automations, now_ms)) != NULL)
        happen(world, automation);
}
