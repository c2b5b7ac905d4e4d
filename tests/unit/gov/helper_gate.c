#include "tests/unit/gov/helper_gate.h"

#include "tests/unit/unit.h"

#include "core/base/clock.h"
#include "tests/unit/gov/helper_canned.h"

#define WAIT_MS 60000

static struct gov *gov;
static struct change_status last;
static struct change_plan *planned;
static bool plan_is_there;
struct err gate_plan_err;

static void on_change(void *arg, const struct change_status *status)
{
    (void)arg;
    last = *status;
}

void gate_follow(struct gov *followed)
{
    gov = followed;
    gov_on_change(gov, on_change, NULL);
}

static void wait_for(enum change_state state)
{
    static const bool never = false;
    int64_t until_ms = clock_mono_ms() + WAIT_MS;
    while (last.state != state && clock_mono_ms() < until_ms)
        run_ui_until(&never, 5);
    if (last.state != state)
        fail_msg("%s instead of %s: %s", change_state_name(last.state), change_state_name(state),
                 last.err.message);
}

static void on_plan(void *arg, struct change_plan *take_plan, const struct err *err)
{
    (void)arg;
    planned = take_plan;
    gate_plan_err = *err;
    plan_is_there = true;
}

struct change_plan *gate_plan(const struct planner *planner, const struct aws_target *target,
                              const char *const *args)
{
    plan_is_there = false;
    planner->plan(gov, gov->scope, target, args, on_plan, NULL);
    assert_true(run_ui_until(&plan_is_there, WAIT_MS));
    return planned;
}

/* What consent needs to know of a plan that the gate has taken. */
static void consent(const struct change_plan *of)
{
    struct change_consent consent = {.single_operator = true, .reason = "for the test"};
    str_copy(consent.plan_hash, of->plan_hash);
    change_consent_word(of, consent.typed, sizeof consent.typed);
    gate_consent(gov_gate(gov), of->id, &consent);
}

const char *gate_fix(struct change_plan *take_plan, enum change_state state)
{
    static char id[37];
    struct change_plan key = {.target = take_plan->target};
    str_copy(key.id, take_plan->id);
    str_copy(key.plan_hash, take_plan->plan_hash);
    str_copy(key.account_name, take_plan->account_name);
    str_copy(id, take_plan->id);
    last = (struct change_status){0};
    gate_check(gov_gate(gov), take_plan);
    if (state != CHANGE_STALE) {
        wait_for(CHANGE_READY);
        consent(&key);
    }
    wait_for(state);
    return id;
}

void gate_take_back(const char *plan_id)
{
    plan_is_there = false;
    last = (struct change_status){0};
    gate_undo(gov_gate(gov), plan_id, "", gov->scope, on_plan, NULL);
    assert_true(run_ui_until(&plan_is_there, WAIT_MS));
    if (!planned)
        fail_msg("no undo: %s", gate_plan_err.message);
    wait_for(CHANGE_READY);
    consent(planned);
    wait_for(CHANGE_SUCCEEDED);
    change_plan_free(planned);
}

cJSON *gate_rows(struct gov *of, const struct screen *screen, const char *accounts,
                 const char *regions)
{
    static const bool never = false;
    struct selection selection = {0};
    struct load_view view;
    str_copy(selection.accounts, accounts);
    str_copy(selection.regions, regions);
    struct load *load = canned_open(of, screen, &selection, NULL, 0);
    int64_t until_ms = clock_mono_ms() + WAIT_MS;
    load_read_view(load, &view);
    while (view.phase == LOAD_RUNNING && clock_mono_ms() < until_ms) {
        load_view_done(&view);
        run_ui_until(&never, 5);
        load_read_view(load, &view);
    }
    cJSON *rows = canned_rows(screen, &view);
    load_view_done(&view);
    load_close(load);
    return rows;
}
