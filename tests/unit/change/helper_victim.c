#include "tests/unit/change/helper_victim.h"

#include <string.h>

#define VICTIM_ARN "arn:aws:sts::111122223333:assumed-role/oncall/victim"

static void consent(struct victim *victim, const struct change_plan *plan)
{
    struct change_consent consent = {.single_operator = true, .reason = "torture"};

    str_copy(consent.plan_hash, plan->plan_hash);
    change_consent_word(plan, consent.typed, sizeof consent.typed);
    gate_consent(victim->gate, plan->id, &consent);
}

/* The plan at the gate, as the screen would have kept it. */
static struct change_plan *at_the_gate;

static void keep(struct victim *victim, struct change_plan *take_plan)
{
    change_plan_free(at_the_gate);
    at_the_gate = take_plan;
    str_copy(victim->plan_id, take_plan->id);
}

static void undo_planned(void *arg, struct change_plan *take_plan, const struct err *err)
{
    struct victim *victim = arg;

    (void)err;
    if (take_plan == NULL)
        victim->done = true;
    else
        keep(victim, take_plan);
}

static bool is_end(enum change_state state)
{
    static const bool ends[] = {
#define END_ROW(name, is_end, in_trail) [CHANGE_##name] = (is_end),
        CHANGE_STATES(END_ROW)
#undef END_ROW
    };
    return ends[state];
}

static void on_status(void *arg, const struct change_status *status)
{
    struct victim *victim = arg;

    if (strcmp(status->plan_id, victim->plan_id) != 0)
        return;
    victim->state = status->state;
    if (status->state == CHANGE_READY && status->err.code == OK) {
        consent(victim, at_the_gate);
    } else if (status->state == CHANGE_SUCCEEDED && victim->with_undo && !victim->undoing) {
        victim->undoing = true;
        gate_undo(victim->gate, status->plan_id, "", victim->scope, undo_planned, victim);
    } else if (is_end(status->state)) {
        victim->done = true;
    }
}

static void open_gate(struct victim *victim)
{
    struct gate_options options = {
        .dir = victim->dir,
        .kinds = victim->kinds,
        .n_kinds = victim->n_kinds,
        .on_status = on_status,
        .on_status_arg = victim,
        .verify_for_ms = victim->verify_for_ms,
    };

    victim->scope = scope_new(NULL, "victim");
    victim->gate = gate_new(victim->client, &options);
    gate_set_actor(victim->gate, VICTIM_ARN);
}

void victim_change(struct victim *victim, struct change_plan *take_plan)
{
    cJSON *json = change_plan_to_json(take_plan);
    struct change_plan *copy;

    open_gate(victim);
    if (change_plan_from_json(json, victim->kinds, victim->n_kinds, &copy, NULL) == OK) {
        keep(victim, copy);
        gate_check(victim->gate, take_plan);
        run_ui_until(&victim->done, -1);
    }
    json_free(json);
}

static void note_done(void *arg)
{
    struct victim *victim = arg;
    victim->done = true;
}

static void on_settled(void *arg, size_t settled, size_t open)
{
    struct victim *victim = arg;

    victim->settled = settled;
    victim->open = open;
    run_call(RUN_UI, RUN_URGENT, victim->scope, note_done, NULL, victim);
}

void victim_settle(struct victim *victim)
{
    open_gate(victim);
    gate_settle(victim->gate, on_settled, victim);
    run_ui_until(&victim->done, -1);
}

void victim_done(struct victim *victim)
{
    change_plan_free(at_the_gate);
    at_the_gate = NULL;
    gate_free(victim->gate);
    scope_unref(victim->scope);
}
