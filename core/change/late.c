/*
 * Ends that the journal has and the trail lacks: the disk failed, or the program died, between the
 * two. The next start writes what is owed.
 */
#include <string.h>

#include "core/base/log.h"
#include "core/base/map.h"
#include "core/change/gate_internal.h"

/* --- what the trail has ------------------------------------------------------------------- */

static bool note_record(void *arg, const cJSON *record)
{
    struct map *known = arg;
    enum change_state state;
    struct sv name = json_sv(record, "state"), id = json_sv(record, "plan_id");

    if (sv_eq_cstr(json_sv(record, "action"), "change") && name.ptr != NULL && id.len > 0 &&
        change_state_parse(name.ptr, &state))
        map_put(known, id, NULL)->u64 |= UINT64_C(1) << state;
    return true;
}

/* known: by plan id, a bit for each state. */
static enum err_code read_trail(const struct gate *gate, struct map *known, struct err *err)
{
    map_done(known);
    *known = (struct map){0};
    return audit_read(gate->audit_path, note_record, known, err);
}

/* Whether the trail has how the change began, and not that it ended so. */
static bool is_owed(const struct map *known, const char *plan_id, enum change_state end)
{
    const union map_value *states = map_get(known, sv_of(plan_id));

    return states != NULL && (states->u64 >> end & 1) == 0;
}

/* --- what it is owed ---------------------------------------------------------------------- */

struct debts {
    struct gate *gate;
    struct map known;
    VEC(struct change_record) list;
};

static void collect(void *arg, const char *id, const char *state_name, int64_t at_ms,
                    const cJSON *fields)
{
    struct debts *debts = arg;
    struct change_record record;
    enum change_state state;
    struct err err;

    if (!change_state_parse(state_name, &state) || !change_state_is_end(state) ||
        !is_owed(&debts->known, id, state) || change_find(debts->gate, id) != NULL)
        return;
    if (change_record_read(debts->gate, state_name, at_ms, fields, &record, &err))
        vec_push(&debts->list, record);
    else
        log_error("gate", "the trail lacks the end of %s: %s", id, err.message);
}

/* Under the claim: the console that it belongs to may be writing this very record. */
static void pay(struct debts *debts, const struct change_record *record)
{
    struct gate *gate = debts->gate;
    struct change change = {.gate = gate, .plan = record->plan, .consent = record->consent};
    struct err err = ERR_NONE;

    change.status.state = record->state;
    if (journal_claim(gate->journal, record->plan->item_key, gate->actor, &err) != OK)
        return;
    if (read_trail(gate, &debts->known, &err) == OK &&
        is_owed(&debts->known, record->plan->id, record->state))
        change_write_trail_late(&change, record->state, record->at_ms, &err);
    journal_release(gate->journal, record->plan->item_key);
    if (err.code != OK)
        log_error("gate", "the trail lacks the end of %s: %s", record->plan->id, err.message);
}

void gate_pay_trail(struct gate *gate)
{
    struct debts debts = {.gate = gate};
    struct err err = ERR_NONE;

    if (read_trail(gate, &debts.known, &err) == OK)
        journal_each(gate->journal, collect, &debts, &err);
    for (size_t i = 0; i < debts.list.len; i++) {
        pay(&debts, &debts.list.ptr[i]);
        change_plan_free(debts.list.ptr[i].plan);
    }
    if (err.code != OK)
        log_error("gate", "trail and journal cannot be compared: %s", err.message);
    vec_free(&debts.list);
    map_done(&debts.known);
}
