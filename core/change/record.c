/* The states of a change, and where each step is written: the trail, the journal, the screens. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/log.h"
#include "core/change/gate_internal.h"

/* --- the state table ---------------------------------------------------------------------- */

#define TO(state) (1U << CHANGE_##state)

static const struct {
    const char *name;
    bool is_end, in_trail;
} states[] = {
#define STATE_ROW(name, is_end, in_trail) [CHANGE_##name] = {#name, is_end, in_trail},
    CHANGE_STATES(STATE_ROW)
#undef STATE_ROW
};

static const unsigned next_states[ARRAY_LEN(states)] = {
    [CHANGE_PLANNED] = TO(CHECKING),
    [CHANGE_CHECKING] = TO(READY) | TO(REFUSED) | TO(STALE) | TO(INTENT) | TO(FAILED),
    [CHANGE_READY] = TO(CHECKING) | TO(REFUSED) | TO(STALE) | TO(REJECTED),
    [CHANGE_INTENT] =
        TO(SENT) | TO(FAILED) | TO(UNKNOWN) | TO(SUCCEEDED) | TO(UNVERIFIED) | TO(CHECKING),
    [CHANGE_SENT] = TO(INTENT) | TO(VERIFYING) | TO(FAILED) | TO(SUCCEEDED) | TO(UNVERIFIED),
    [CHANGE_VERIFYING] = TO(INTENT) | TO(SUCCEEDED) | TO(UNVERIFIED) | TO(FAILED),
    [CHANGE_UNKNOWN] = TO(SUCCEEDED) | TO(UNVERIFIED) | TO(FAILED),
    [CHANGE_SUCCEEDED] = TO(UNDONE),
    [CHANGE_UNVERIFIED] = TO(UNDONE),
    [CHANGE_FAILED] = TO(UNDONE),
};

const char *change_state_name(enum change_state state)
{
    return states[state].name;
}

bool change_state_has_changed(enum change_state state)
{
    return state == CHANGE_SUCCEEDED || state == CHANGE_UNDONE || state == CHANGE_UNVERIFIED;
}

bool change_state_parse(const char *name, enum change_state *state)
{
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (strcmp(states[i].name, name) == 0) {
            *state = (enum change_state)i;
            return true;
        }
    }
    return false;
}

bool change_state_is_end(enum change_state state)
{
    return states[state].is_end;
}

/* --- the trail ---------------------------------------------------------------------------- */

static void add_who(const struct gate *gate, cJSON *fields)
{
    char host[65] = "";
    const char *session = strrchr(gate->actor, '/');

    gethostname(host, sizeof host - 1);
    cJSON_AddStringToObject(fields, "actor", gate->actor);
    cJSON_AddStringToObject(fields, "session", session != NULL ? session + 1 : "");
    cJSON_AddStringToObject(fields, "host", host);
    cJSON_AddStringToObject(fields, "version", WATCHDECK_VERSION);
}

static void add_error(cJSON *fields, const struct err *why)
{
    if (why == NULL || why->code == OK)
        return;
    cJSON *error = cJSON_AddObjectToObject(fields, "error");
    cJSON_AddStringToObject(error, "code", err_name(why->code));
    cJSON_AddStringToObject(error, "aws_code", why->aws_code);
    cJSON_AddStringToObject(error, "message", why->message);
}

static void add_consent(const struct change *change, cJSON *fields)
{
    if (change->consent.plan_hash[0] == '\0')
        return;
    cJSON_AddStringToObject(fields, "reason", change->consent.reason);
    cJSON_AddBoolToObject(fields, "single_operator", change->consent.single_operator);
    if (change->consent.batch_hash[0] != '\0')
        cJSON_AddStringToObject(fields, "batch", change->consent.batch_hash);
}

/* The calls as they are or were sent; they hold no secrets. */
static void add_calls(const struct change_plan *plan, cJSON *fields)
{
    cJSON *plan_json = change_plan_to_json(plan);

    cJSON_AddItemToObject(fields, "calls",
                          cJSON_DetachItemFromObjectCaseSensitive(plan_json, "calls"));
    json_free(plan_json);
}

static void add_sides(const struct change_plan *plan, cJSON *fields)
{
    char hash[SHA256_HEX_SIZE];

    change_plan_side_hash(plan, false, hash);
    cJSON_AddStringToObject(fields, "before_sha256", hash);
    change_plan_side_hash(plan, true, hash);
    cJSON_AddStringToObject(fields, "after_sha256", hash);
}

static cJSON *trail_fields(const struct change *change, enum change_state to, const struct err *why)
{
    const struct change_plan *plan = change->plan;
    cJSON *fields = cJSON_CreateObject();

    cJSON_AddStringToObject(fields, "action", "change");
    cJSON_AddStringToObject(fields, "from", change_state_name(change->status.state));
    cJSON_AddStringToObject(fields, "state", change_state_name(to));
    cJSON_AddStringToObject(fields, "title", plan->title != NULL ? plan->title : "");
    cJSON_AddStringToObject(fields, "kind", plan->kind->name);
    cJSON_AddStringToObject(fields, "severity", plan->severity);
    cJSON_AddStringToObject(fields, "account_id", plan->target.account_id);
    cJSON_AddStringToObject(fields, "account_name", plan->account_name);
    cJSON_AddStringToObject(fields, "region", plan->target.region);
    cJSON_AddStringToObject(fields, "plan_id", plan->id);
    cJSON_AddStringToObject(fields, "item_key", plan->item_key);
    cJSON_AddNumberToObject(fields, "revision", plan->revision);
    cJSON_AddStringToObject(fields, "plan_hash", plan->plan_hash);
    add_sides(plan, fields);
    cJSON_AddStringToObject(fields, "undo_of", plan->undo_of);
    if (plan->requester != NULL)
        cJSON_AddStringToObject(fields, "requester", plan->requester);
    if (plan->break_glass != NULL)
        cJSON_AddStringToObject(fields, "break_glass", plan->break_glass);
    if (to == CHANGE_READY || to == CHANGE_INTENT)
        add_calls(plan, fields);
    cJSON_AddNumberToObject(fields, "calls_done", (double)plan->calls_done);
    cJSON_AddStringToObject(fields, "request_id", change->status.request_id);
    add_error(fields, why);
    add_consent(change, fields);
    add_who(change->gate, fields);
    return fields;
}

static enum err_code append(struct gate *gate, const cJSON *fields, struct err *err)
{
    enum err_code code = audit_append(gate->audit, fields, err);

    if (code != OK && err != NULL)
        err_set(err, code, err->where, "the trail cannot be written: %s", err->message);
    return code;
}

enum err_code change_write_trail(struct change *change, enum change_state to, const struct err *why,
                                 struct err *err)
{
    enum err_code code = gate_health(change->gate, err);

    if (code != OK || !states[to].in_trail)
        return code;
    AUTO(json_free_at) cJSON *fields = trail_fields(change, to, why);
    return append(change->gate, fields, err);
}

enum err_code gate_write_fields(struct gate *gate, cJSON *fields, struct err *err)
{
    enum err_code code = gate_health(gate, err);

    if (code != OK)
        return code;
    add_who(gate, fields);
    return append(gate, fields, err);
}

enum err_code change_write_trail_late(struct change *change, enum change_state end, int64_t at_ms,
                                      struct err *err)
{
    AUTO(json_free_at) cJSON *fields = trail_fields(change, end, NULL);
    char ended_at[CLOCK_ISO_SIZE];

    clock_iso8601(at_ms, true, ended_at);
    cJSON_AddStringToObject(fields, "ended_at", ended_at);
    return append(change->gate, fields, err);
}

enum err_code gate_write_note(struct gate *gate, const char *action, const char *what,
                              struct err *err)
{
    AUTO(json_free_at) cJSON *fields = cJSON_CreateObject();

    cJSON_AddStringToObject(fields, "action", action);
    cJSON_AddStringToObject(fields, "title", what);
    return gate_write_fields(gate, fields, err);
}

/* --- the journal -------------------------------------------------------------------------- */

static cJSON *journal_fields(const struct change *change)
{
    const struct change_plan *plan = change->plan;
    cJSON *fields = cJSON_CreateObject(), *consent;

    if (plan->calls_done == 0) {
        cJSON_AddStringToObject(fields, "item_key", plan->item_key);
        cJSON_AddItemToObject(fields, "plan", change_plan_to_json(plan));
        consent = cJSON_AddObjectToObject(fields, "consent");
        cJSON_AddStringToObject(consent, "actor", change->gate->actor);
        cJSON_AddStringToObject(consent, "plan_hash", change->consent.plan_hash);
        cJSON_AddStringToObject(consent, "reason", change->consent.reason);
        cJSON_AddBoolToObject(consent, "single_operator", change->consent.single_operator);
        cJSON_AddStringToObject(consent, "batch", change->consent.batch_hash);
    }
    cJSON_AddItemToObject(fields, "learned", change_plan_learned_to_json(plan));
    cJSON_AddStringToObject(fields, "request_id", change->status.request_id);
    return fields;
}

enum err_code change_write_journal(struct change *change, enum change_state to, struct err *err)
{
    enum err_code code = gate_health(change->gate, err);

    if (code != OK)
        return code;
    AUTO(json_free_at) cJSON *fields = journal_fields(change);
    return journal_write(change->gate->journal, change->plan->id, change_state_name(to), fields,
                         err);
}

/* --- the screens -------------------------------------------------------------------------- */

struct told {
    struct gate *gate;
    struct change_status status;
};

static void deliver(void *arg)
{
    struct told *told = arg;
    const struct gate_options *options = &told->gate->options;

    if (options->on_status != NULL)
        options->on_status(options->on_status_arg, &told->status);
    mem_free(told);
}

void change_tell(struct change *change, const struct err *why)
{
    struct told *told = mem_new(struct told);

    change->status.err = why != NULL ? *why : ERR_NONE;
    change->status.at_ms = clock_wall_ms();
    *told = (struct told){.gate = change->gate, .status = change->status};
    run_call(RUN_UI, RUN_URGENT, change->gate->scope, deliver, mem_free, told);
}

/* --- steps -------------------------------------------------------------------------------- */

/* A step outside the table is a mistake of ours: better no program than one that goes on sending.
 */
static void need_step(const struct change *change, enum change_state to)
{
    enum change_state from = change->status.state;

    if ((next_states[from] >> to & 1U) != 0)
        return;
    log_error("gate", "%s: no way from %s to %s", change->plan->id, change_state_name(from),
              change_state_name(to));
    abort();
}

void change_enter(struct change *change, enum change_state to, const struct err *why)
{
    need_step(change, to);
    change->status.state = to;
    change->status.undoable = change_is_undoable(change->plan, to, clock_wall_ms());
    change_tell(change, why);
}

/* States that are reached once something may have been sent. */
static bool is_journaled(enum change_state state)
{
    const unsigned journaled =
        TO(SENT) | TO(SUCCEEDED) | TO(UNVERIFIED) | TO(FAILED) | TO(UNKNOWN) | TO(UNDONE);

    return (journaled >> state & 1U) != 0;
}

/* To those with whom it is shared; before the screens know, so that nobody leaves meanwhile. What
 * stays unknown is no end yet. */
static void share_end(const struct change *change, enum change_state to)
{
    const struct gate_options *options = &change->gate->options;

    if (options->on_ended != NULL && change_state_is_end(to))
        options->on_ended(options->shared_arg, change->plan, to, change->consent.reason);
}

static void tell_batch(const struct change *change, enum change_state to)
{
    if (change->batch != NULL)
        batch_item_ends(change->batch, to);
}

void change_move(struct change *change, enum change_state to, const struct err *why)
{
    struct err lost = ERR_NONE, step = why != NULL ? *why : ERR_NONE;

    if (is_journaled(to)) {
        change_write_journal(change, to, &lost);
        gate_find_undoable(change->gate); /* before anybody is told, who may press u at once */
    }
    STOP_POINT("journaled");
    change_write_trail(change, to, why, lost.code == OK ? &lost : NULL);
    if (lost.code != OK) {
        log_error("gate", "%s %s is not recorded: %s", change->plan->id, change_state_name(to),
                  lost.message);
        if (step.code == OK)
            err_set(&step, lost.code, lost.where, "not recorded: %s", lost.message);
    }
    share_end(change, to);
    if (change->is_ending)
        tell_batch(change, to);
    change_enter(change, to, &step);
}

/* --- the end ------------------------------------------------------------------------------ */

/* An undo that is done makes an UNDONE of what it has undone. */
static void mark_undone(struct change *undo)
{
    struct change_record record;
    struct err err = ERR_NONE;

    if (gate_load(undo->gate, undo->plan->undo_of, &record, &err) != OK) {
        log_error("gate", "%s is undone, but: %s", undo->plan->undo_of, err.message);
        return;
    }
    struct change undone = {.gate = undo->gate, .plan = record.plan, .consent = undo->consent};
    str_copy(undone.status.plan_id, record.plan->id);
    str_copy(undone.status.item_key, record.plan->item_key);
    undone.status.state = record.state;
    if (record.state != CHANGE_UNDONE)
        change_move(&undone, CHANGE_UNDONE, NULL);
    change_plan_free(record.plan);
}

void change_end(struct change *change, enum change_state to, const struct err *why)
{
    if (to == CHANGE_SUCCEEDED && change->plan->undo_of[0] != '\0')
        mark_undone(change);
    STOP_POINT("before-end");
    change->is_ending = true;
    if (to != change->status.state) {
        change_move(change, to, why);
    } else { /* still unknown: it says so already */
        tell_batch(change, to);
        change_tell(change, why);
    }
    STOP_POINT("after-end");
    change_forget(change);
}
