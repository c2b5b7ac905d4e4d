#include "tests/unit/gov/helper_colleague.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"

void colleague_on_change(void *arg, const struct change_status *status)
{
    struct colleague *colleague = arg;
    if (colleague->plan && strcmp(status->plan_id, colleague->plan->id) == 0)
        colleague->last = *status;
}

static void keep(struct colleague *colleague, const struct change_plan *plan, const struct err *err)
{
    colleague->answered = true;
    colleague->err = *err;
    colleague->last = (struct change_status){0};
    change_plan_free(colleague->plan);
    colleague->plan = plan ? change_plan_copy(plan) : NULL;
}

static void on_plan(void *arg, struct change_plan *take_plan, const struct err *err)
{
    struct colleague *colleague = arg;
    keep(colleague, take_plan, err);
    if (take_plan && colleague->kind)
        take_plan->kind = colleague->kind;
    if (take_plan)
        gate_check(gov_gate(colleague->gov), take_plan);
}

const struct change_plan *colleague_plan(struct colleague *colleague, const struct planner *planner,
                                         const struct aws_target *target, const char *const *args)
{
    colleague->answered = false;
    planner->plan(colleague->gov, colleague->gov->scope, target, args, on_plan, colleague);
    assert_true(run_ui_until(&colleague->answered, COLLEAGUE_WAIT_MS));
    return colleague->plan;
}

/* The gate has it already. */
static void on_undo(void *arg, struct change_plan *take_plan, const struct err *err)
{
    keep(arg, take_plan, err);
    change_plan_free(take_plan);
}

const struct change_plan *colleague_undo(struct colleague *colleague)
{
    colleague->answered = false;
    gate_undo(gov_gate(colleague->gov), colleague->plan->id, "", colleague->gov->scope, on_undo,
              colleague);
    assert_true(run_ui_until(&colleague->answered, COLLEAGUE_WAIT_MS));
    return colleague->plan;
}

void colleague_wait_for(struct colleague *colleague, enum change_state state)
{
    static const bool never = false;
    int64_t until_ms = clock_mono_ms() + COLLEAGUE_WAIT_MS;
    while (colleague->last.state != state && clock_mono_ms() < until_ms) {
        run_ui_until(&never, 20);
        if (colleague->step_s > 0)
            sandbox_advance(colleague->sandbox, colleague->step_s);
    }
    if (colleague->last.state != state)
        fail_msg("%s instead of %s: %s", change_state_name(colleague->last.state),
                 change_state_name(state), colleague->last.err.message);
}

void colleague_consent(struct colleague *colleague)
{
    struct change_consent consent = {.reason = "for the test"};
    str_copy(consent.plan_hash, colleague->plan->plan_hash);
    change_consent_word(colleague->plan, consent.typed, sizeof consent.typed);
    gate_consent(gov_gate(colleague->gov), colleague->plan->id, &consent);
}

void colleague_decide(struct colleague *colleague, enum change_state end)
{
    colleague_wait_for(colleague, CHANGE_READY);
    colleague_consent(colleague);
    colleague_wait_for(colleague, end);
}

void colleague_sit_down(struct colleague *colleague, const struct sandbox *sandbox,
                        const char *name)
{
    const struct gov_options options = {.aws = {.budget_percent = -1}, .undo_pause_ms = -1};
    *colleague =
        (struct colleague){.gov = sandbox_gov_as(sandbox, name, &options), .sandbox = sandbox};
    colleague->gov->settings.profiles = false; /* that of another one is none of this one's */
    gov_on_change(colleague->gov, colleague_on_change, colleague);
}

void colleague_get_up(struct colleague *colleague)
{
    change_plan_free(colleague->plan);
    sandbox_gov_free(colleague->gov);
}

bool plan_says(const struct change_plan *plan, const char *word)
{
    for (size_t i = 0; i < plan->evidence.len; i++)
        if (strstr(plan->evidence.ptr[i].text, word))
            return true;
    return false;
}
