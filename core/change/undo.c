/* Done changes as the journal has them, and the plans that undo them. */
#include <string.h>

#include "core/base/clock.h"
#include "core/change/gate_internal.h"

#define UNDO_FOR_MS ((int64_t)UNDO_DAYS_MAX * 24 * 3600 * 1000)

/* --- from the journal --------------------------------------------------------------------- */

bool change_record_read(const struct gate *gate, const char *state, int64_t at_ms,
                        const cJSON *fields, struct change_record *record, struct err *err)
{
    const struct gate_options *options = &gate->options;
    const cJSON *consent = json_get(fields, "consent");

    *record = (struct change_record){.at_ms = at_ms};
    if (!change_state_parse(state, &record->state)) {
        err_set(err, ERR_PARSE, "journal", "the state %s is unknown", state);
        return false;
    }
    if (change_plan_from_json(json_get(fields, "plan"), options->kinds, options->n_kinds,
                              &record->plan, err) != OK)
        return false;
    if (change_plan_learn(record->plan, json_get(fields, "learned"), err) != OK) {
        change_plan_free(record->plan);
        record->plan = NULL;
        return false;
    }
    sv_copy(json_sv(consent, "plan_hash"), record->consent.plan_hash,
            sizeof record->consent.plan_hash);
    sv_copy(json_sv(consent, "reason"), record->consent.reason, sizeof record->consent.reason);
    sv_copy(json_sv(consent, "batch"), record->consent.batch_hash,
            sizeof record->consent.batch_hash);
    record->consent.single_operator = json_bool(consent, "single_operator", false);
    return true;
}

struct search {
    const struct gate *gate;
    const char *plan_id;
    struct change_record *record;
    struct err err; /* why it cannot be read, when it was found */
    bool found;
};

static void compare_id(void *arg, const char *id, const char *state, int64_t at_ms,
                       const cJSON *fields)
{
    struct search *search = arg;

    if (strcmp(id, search->plan_id) != 0)
        return;
    search->found = true;
    change_record_read(search->gate, state, at_ms, fields, search->record, &search->err);
}

enum err_code gate_load(struct gate *gate, const char *plan_id, struct change_record *record,
                        struct err *err)
{
    struct search search = {.gate = gate, .plan_id = plan_id, .record = record};
    enum err_code code = gate_health(gate, err);

    *record = (struct change_record){0};
    if (code == OK)
        code = journal_each(gate->journal, compare_id, &search, err);
    if (code != OK)
        return code;
    if (!search.found)
        return err_set(err, ERR_NOT_FOUND, plan_id, "the journal knows no such change");
    if (record->plan == NULL && err != NULL)
        *err = search.err;
    return search.err.code;
}

/* --- what can be undone ------------------------------------------------------------------- */

bool change_is_undoable(const struct change_plan *plan, enum change_state state, int64_t at_ms)
{
    bool done = state == CHANGE_SUCCEEDED || state == CHANGE_UNVERIFIED || state == CHANGE_FAILED;

    return done && plan->calls_done != 0 && plan->kind->undo != NULL &&
           plan->reversible != IRREVERSIBLE && clock_wall_ms() - at_ms < UNDO_FOR_MS;
}

struct newest {
    const struct gate *gate;
    char plan_id[37];
    int64_t at_ms;
};

static void compare_age(void *arg, const char *id, const char *state, int64_t at_ms,
                        const cJSON *fields)
{
    struct newest *newest = arg;
    struct change_record record;

    if (at_ms < newest->at_ms ||
        !change_record_read(newest->gate, state, at_ms, fields, &record, NULL))
        return;
    /* An undo can be undone too, but not by the key that takes back the last thing done. */
    if (record.plan->undo_of[0] == '\0' &&
        change_is_undoable(record.plan, record.state, record.at_ms)) {
        str_copy(newest->plan_id, id);
        newest->at_ms = at_ms;
    }
    change_plan_free(record.plan);
}

void gate_find_undoable(struct gate *gate)
{
    struct newest newest = {.gate = gate};

    if (gate_health(gate, NULL) != OK ||
        journal_each(gate->journal, compare_age, &newest, NULL) != OK)
        newest.plan_id[0] = '\0';
    pthread_mutex_lock(&gate->lock);
    str_copy(gate->last_undoable, newest.plan_id);
    pthread_mutex_unlock(&gate->lock);
}

/* --- the plan of an undo ------------------------------------------------------------------ */

static void inherit(struct change_plan *undo, const struct change_plan *done)
{
    undo->target = done->target;
    undo->production = done->production;
    undo->revision = done->revision + 1;
    str_copy(undo->undo_of, done->id);
    str_copy(undo->account_name, done->account_name);
    str_copy(undo->item_key, done->item_key);
    if (undo->severity[0] == '\0')
        str_copy(undo->severity, done->severity);
    change_plan_seal(undo);
}

/* OK, or ERR_REFUSED while it is too early. The wall clock: the deed may be another console's. A
 * clock that was set back adds nothing to what has passed. */
static enum err_code check_pause(const struct gate_options *options, int64_t wanted_ms,
                                 int64_t ended_at_ms, struct err *err)
{
    int64_t since_ms = clock_wall_ms() - ended_at_ms;
    char left[CLOCK_AGE_SIZE];

    if (wanted_ms > 0 && options->undo_pause_ms != 0)
        wanted_ms = options->undo_pause_ms;
    if (since_ms < 0)
        since_ms = 0;
    if (wanted_ms <= since_ms)
        return OK;
    clock_wait(wanted_ms - since_ms, left);
    err_set(err, ERR_REFUSED, "undo",
            "too early: AWS wants a pause between the change and its undo, %s more", left);
    return err_advise(err, ERR_REFUSED, "press r then");
}

static struct change_plan *plan_of(const struct gate_options *options,
                                   const struct change_record *record, struct err *err)
{
    const struct change_plan *done = record->plan;

    if (record->state == CHANGE_UNDONE) {
        err_set(err, ERR_REFUSED, "undo", "it is undone already");
        return NULL;
    }
    if (!change_is_undoable(done, record->state, record->at_ms)) {
        err_set(err, ERR_REFUSED, "undo",
                "%s, of the kind %s, cannot be undone: nothing of it was done, it cannot be taken "
                "back, or it is older than %d days",
                change_state_name(record->state), done->kind->name, UNDO_DAYS_MAX);
        return NULL;
    }
    struct change_plan *undo = done->kind->undo(done, err);
    if (undo == NULL)
        return NULL;
    if (check_pause(options, undo->undo_pause_ms, record->at_ms, err) != OK) {
        change_plan_free(undo);
        return NULL;
    }
    inherit(undo, done);
    return undo;
}

struct change_plan *gate_plan_undo(struct gate *gate, const char *plan_id, struct err *err)
{
    struct change_record record;

    if (gate_load(gate, plan_id, &record, err) != OK)
        return NULL;
    struct change_plan *undo = plan_of(&gate->options, &record, err);
    change_plan_free(record.plan);
    return undo;
}
