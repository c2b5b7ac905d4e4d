/* What this machine has told of: the journal of notices, and what a console that died has left in
 * it. On RUN_WORKER. */
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/change/notice_internal.h"

#define NOTICES_NAME "notices"

static const char *const end_names[] = {
    [NOTICE_SENT] = "SENT",
    [NOTICE_TOLD] = "TOLD",
    [NOTICE_FAILED] = "FAILED",
    [NOTICE_UNKNOWN] = "UNKNOWN",
};

const char *notice_end_name(enum notice_end end)
{
    return end_names[end];
}

struct notice_room *notice_room_new(void)
{
    return mem_new(struct notice_room);
}

void notice_room_free(struct notice_room *room)
{
    journal_close(room->journal);
    map_done(&room->told);
    vec_free(&room->consents);
    mem_free(room->muted);
    mem_free(room);
}

/* --- what has been told ------------------------------------------------------------------- */

/* A name for what is told of an item by one setting. */
static void name_told(struct buf *name, const char *what, struct sv key)
{
    buf_addf(name, "%s " SV_FMT, what, SV_ARG(key));
}

void notice_claim_name(const char *what, const char *key, char name[SHA256_HEX_SIZE])
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    name_told(&text, what, sv_of(key));
    sha256_hex(buf_sv(&text), name);
}

/* What may have left is told: only a refusal, or what provably did not leave, is not. */
void notice_room_take(struct notice_room *room, const char *state, const cJSON *fields)
{
    AUTO_FREE char *what = sv_dup(json_sv(fields, "what"));
    bool elsewhere = strcmp(state, end_names[NOTICE_TOLD]) == 0;
    enum notice_told told = elsewhere ? TOLD_ELSEWHERE : TOLD_HERE;

    if (strcmp(state, end_names[NOTICE_FAILED]) == 0 || !json_bool(fields, "once", false))
        return;
    for (const cJSON *key = json_items(fields, "keys"); key != NULL; key = key->next) {
        AUTO(buf_done) struct buf name = BUF_NONE;
        name_told(&name, what, json_string(key));
        map_put(&room->told, buf_sv(&name), NULL)->u64 = told;
    }
}

static void take_entry(void *arg, const char *id, const char *state, int64_t at_ms,
                       const cJSON *fields)
{
    (void)id, (void)at_ms;
    notice_room_take(arg, state, fields);
}

void notice_room_refresh(struct notice_room *room)
{
    journal_each(room->journal, take_entry, room, NULL);
}

void notice_room_note(struct notice_room *room, const char *what, const char *key,
                      enum notice_end end)
{
    AUTO(buf_done) struct buf name = BUF_NONE;

    name_told(&name, what, sv_of(key));
    if (end == NOTICE_FAILED)
        map_remove(&room->told, buf_sv(&name));
    else
        map_put(&room->told, buf_sv(&name), NULL)->u64 =
            end == NOTICE_TOLD ? TOLD_ELSEWHERE : TOLD_HERE;
}

enum notice_told notice_room_told(const struct notice_room *room, const char *what, const char *key)
{
    AUTO(buf_done) struct buf name = BUF_NONE;

    name_told(&name, what, sv_of(key));
    const union map_value *value = map_get(&room->told, buf_sv(&name));
    return value != NULL ? (enum notice_told)value->u64 : TOLD_NOT;
}

enum notice_told gate_was_told(struct gate *gate, const char *what, const char *key)
{
    return notice_room_open(gate, NULL) == OK ? notice_room_told(gate->notices, what, key)
                                              : TOLD_NOT;
}

/* --- what a console that died has left ------------------------------------------------------- */

cJSON *notice_trail_fields(const char *id, const char *state, const cJSON *journaled,
                           const struct err *why)
{
    static const char *const members[] = {"title",      "what",   "operation",
                                          "account_id", "region", "request_id"};
    cJSON *fields = cJSON_CreateObject();

    cJSON_AddStringToObject(fields, "action", "notify");
    cJSON_AddStringToObject(fields, "state", state);
    cJSON_AddStringToObject(fields, "notice_id", id);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        cJSON_AddItemToObject(fields, members[i],
                              cJSON_Duplicate(json_get(journaled, members[i]), true));
    cJSON_AddItemToObject(fields, "item_keys", cJSON_Duplicate(json_get(journaled, "keys"), true));
    cJSON_AddStringToObject(fields, "reason", why->code != OK ? why->message : "");
    if (why->code != OK) {
        cJSON *error = cJSON_AddObjectToObject(fields, "error");
        cJSON_AddStringToObject(error, "code", err_name(why->code));
        cJSON_AddStringToObject(error, "aws_code", why->aws_code);
        cJSON_AddStringToObject(error, "iam_action", why->iam_action);
        cJSON_AddStringToObject(error, "message", why->message);
    }
    return fields;
}

/* A notice without an end, or whose end the trail lacks. */
struct owed {
    char id[37], state[16];
    int64_t at_ms;
    cJSON *fields;
};

struct debts {
    struct map in_trail; /* by id */
    VEC(struct owed) list;
};

static void debts_done(struct debts *debts)
{
    for (size_t i = 0; i < debts->list.len; i++)
        json_free(debts->list.ptr[i].fields);
    vec_free(&debts->list);
    map_done(&debts->in_trail);
}

static bool note_record(void *arg, const cJSON *record)
{
    struct debts *debts = arg;
    struct sv id = json_sv(record, "notice_id");

    if (sv_eq_cstr(json_sv(record, "action"), "notify") && id.len > 0)
        map_put(&debts->in_trail, id, NULL);
    return true;
}

/* Those of before the trail had their ids are not looked for in it. */
static void collect(void *arg, const char *id, const char *state, int64_t at_ms,
                    const cJSON *fields)
{
    struct debts *debts = arg;
    struct owed owed = {.at_ms = at_ms};
    bool is_recorded =
        !json_bool(fields, "id_in_trail", false) || map_get(&debts->in_trail, sv_of(id)) != NULL;

    if (strcmp(state, NOTICE_INTENT) != 0 && is_recorded)
        return;
    str_copy(owed.id, id);
    str_copy(owed.state, state);
    owed.fields = cJSON_Duplicate(fields, true);
    vec_push(&debts->list, owed);
}

static void find_debts(struct gate *gate, struct debts *debts)
{
    *debts = (struct debts){0};
    if (audit_read(gate->audit_path, note_record, debts, NULL) == OK)
        journal_each(gate->notices->journal, collect, debts, NULL);
}

/* Of an intent nobody knows whether it was sent; what has ended says how in the journal. The trail
 * comes first: what is in it is not written there again. */
static void pay(struct gate *gate, const struct debts *debts, const struct owed *owed)
{
    AUTO_FREE char *what = sv_dup(json_sv(owed->fields, "what"));
    AUTO_FREE char *failure = sv_dup(json_sv(owed->fields, "failure"));
    bool was_cut_off = strcmp(owed->state, NOTICE_INTENT) == 0;
    const char *end = was_cut_off ? end_names[NOTICE_UNKNOWN] : owed->state;
    char at[CLOCK_ISO_SIZE];
    struct err why = ERR_NONE, err = ERR_NONE;

    if (was_cut_off)
        err_set(&why, ERR_UNKNOWN_OUTCOME, what, "the program ended before the answer came");
    else if (failure != NULL && failure[0] != '\0')
        err_set(&why, ERR_AWS, what, "%s", failure);
    if (map_get(&debts->in_trail, sv_of(owed->id)) == NULL) {
        AUTO(json_free_at) cJSON *fields = notice_trail_fields(owed->id, end, owed->fields, &why);
        clock_iso8601(owed->at_ms, true, at);
        cJSON_AddStringToObject(fields, "ended_at", at);
        gate_write_fields(gate, fields, &err);
    }
    STOP_POINT("notice-paid");
    if (err.code == OK && was_cut_off)
        journal_write(gate->notices->journal, owed->id, end, NULL, &err);
    if (err.code != OK)
        log_error("notice", "the trail lacks the end of %s: %s", owed->id, err.message);
}

/* One that lives holds the claim of what it is at. Under ours it is looked at once more. */
static void settle_one(struct gate *gate, const char *id)
{
    struct journal *journal = gate->notices->journal;
    struct debts now;

    if (journal_claim(journal, id, gate->actor, NULL) != OK)
        return;
    find_debts(gate, &now);
    for (size_t i = 0; i < now.list.len; i++)
        if (strcmp(now.list.ptr[i].id, id) == 0)
            pay(gate, &now, &now.list.ptr[i]);
    debts_done(&now);
    journal_release(journal, id);
}

static void settle_all(struct gate *gate)
{
    struct debts debts;

    find_debts(gate, &debts);
    for (size_t i = 0; i < debts.list.len; i++)
        settle_one(gate, debts.list.ptr[i].id);
    debts_done(&debts);
}

/* --- opening ------------------------------------------------------------------------------ */

static char *path_of(const struct gate *gate)
{
    struct buf path = BUF_NONE;

    buf_addf(&path, "%s/" NOTICES_NAME, gate->dir);
    return buf_take(&path);
}

enum err_code notice_room_open(struct gate *gate, struct err *err)
{
    struct notice_room *room = gate->notices;
    AUTO_FREE char *path = path_of(gate);
    enum err_code code = gate_health(gate, err);

    if (code != OK || room->journal != NULL)
        return code;
    code = journal_open(path, &room->journal, err);
    if (code == OK)
        code = journal_each(room->journal, take_entry, room, err);
    if (code == OK && gate->actor[0] != '\0')
        settle_all(gate);
    return code;
}

void gate_settle_notices(struct gate *gate)
{
    AUTO_FREE char *path = path_of(gate);

    if (access(path, F_OK) == 0)
        notice_room_open(gate, NULL);
}

/* --- counting ----------------------------------------------------------------------------- */

struct counting {
    const char *what;
    struct notice_tally *tally;
};

static void count_entry(void *arg, const char *id, const char *state, int64_t at_ms,
                        const cJSON *fields)
{
    const struct counting *counting = arg;
    struct notice_tally *tally = counting->tally;

    (void)id;
    if (!sv_eq_cstr(json_sv(fields, "what"), counting->what))
        return;
    if (strcmp(state, end_names[NOTICE_SENT]) == 0) {
        tally->n_sent++;
        tally->sent_at_ms = at_ms;
    } else if (strcmp(state, end_names[NOTICE_FAILED]) == 0) {
        tally->n_failed++;
        tally->failed_at_ms = at_ms;
        sv_copy(json_sv(fields, "failure"), tally->failure, sizeof tally->failure);
    }
}

void gate_tally_notices(struct gate *gate, const char *what, struct notice_tally *tally)
{
    struct counting counting = {what, tally};

    *tally = (struct notice_tally){0};
    if (notice_room_open(gate, NULL) == OK)
        journal_each(gate->notices->journal, count_entry, &counting, NULL);
}
