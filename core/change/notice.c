/* The door for what tells somebody: consent, intent, one sending, the result. On RUN_WORKER but for
 * what any runner may call. */
#include "core/change/notice.h"

#include <stdio.h>
#include <string.h>

#include "core/aws/client_change.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/log.h"
#include "core/base/map.h"
#include "core/base/os.h"
#include "core/change/gate_internal.h"

#define NOTICES_NAME "notices"
#define INTENT       "INTENT"

/* The room behind the door; a gate has one. */
struct notice_room {
    struct journal *journal; /* NULL until it is first wanted, or when it does not open */
    struct map told;         /* "WHAT KEY": it has been told, or may have been */
    VEC(struct notice_consent) consents;
    char *muted;
    bool recorded; /* the consents are in the trail */
};

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

/* --- notices ------------------------------------------------------------------------------ */

struct notice *notice_new(const char *what, enum aws_op_id op, const struct aws_target *target,
                          cJSON *take_params)
{
    struct notice *notice = mem_new(struct notice);

    *notice = (struct notice){.what = what, .op = op, .target = *target, .params = take_params};
    return notice;
}

void notice_add_key(struct notice *notice, const char *key)
{
    vec_push(&notice->keys, mem_strdup(key));
}

void notice_free(struct notice *notice)
{
    if (notice == NULL)
        return;
    for (size_t i = 0; i < notice->keys.len; i++)
        mem_free(notice->keys.ptr[i]);
    vec_free(&notice->keys);
    json_free(notice->params);
    mem_free(notice->title);
    mem_free(notice);
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

static void claim_name(const char *what, const char *key, char name[SHA256_HEX_SIZE])
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    name_told(&text, what, sv_of(key));
    sha256_hex(buf_sv(&text), name);
}

/* What may have left is told: only a refusal, or what provably did not leave, is not. */
static void take_entry(void *arg, const char *id, const char *state, int64_t at_ms,
                       const cJSON *fields)
{
    struct notice_room *room = arg;
    AUTO_FREE char *what = sv_dup(json_sv(fields, "what"));
    bool elsewhere = strcmp(state, end_names[NOTICE_TOLD]) == 0;
    enum notice_told told = elsewhere ? TOLD_ELSEWHERE : TOLD_HERE;

    (void)id, (void)at_ms;
    if (strcmp(state, end_names[NOTICE_FAILED]) == 0 || !json_bool(fields, "once", false))
        return;
    for (const cJSON *key = json_items(fields, "keys"); key != NULL; key = key->next) {
        AUTO(buf_done) struct buf name = BUF_NONE;
        name_told(&name, what, json_string(key));
        map_put(&room->told, buf_sv(&name), NULL)->u64 = told;
    }
}

struct cut_off {
    char id[37];
    cJSON *fields;
};
typedef VEC(struct cut_off) cut_off_list;

static void take_cut_off(void *arg, const char *id, const char *state, int64_t at_ms,
                         const cJSON *fields)
{
    cut_off_list *list = arg;
    struct cut_off cut_off = {.fields = NULL};

    (void)at_ms;
    if (strcmp(state, INTENT) != 0)
        return;
    str_copy(cut_off.id, id);
    cut_off.fields = cJSON_Duplicate(fields, true);
    vec_push(list, cut_off);
}

static cJSON *trail_fields(const char *state, const cJSON *journaled, const struct err *why);

/* A program that died between intent and answer: whether it was sent nobody knows, and the trail
 * says so. One that lives holds the claim. */
static void settle_cut_off(struct gate *gate, struct journal *journal, const struct cut_off *cut)
{
    AUTO_FREE char *what = sv_dup(json_sv(cut->fields, "what"));
    AUTO_FREE char *key = sv_dup(json_string(json_items(cut->fields, "keys")));
    char claim[SHA256_HEX_SIZE];
    struct err why;

    claim_name(what, key != NULL ? key : "", claim);
    if (journal_claim(journal, claim, gate->actor, NULL) != OK)
        return;
    err_set(&why, ERR_UNKNOWN_OUTCOME, what, "the program ended before the answer came");
    AUTO(json_free_at) cJSON *fields = trail_fields(end_names[NOTICE_UNKNOWN], cut->fields, &why);
    if (gate_write_fields(gate, fields, &why) == OK)
        journal_write(journal, cut->id, end_names[NOTICE_UNKNOWN], NULL, NULL);
    journal_release(journal, claim);
}

static void settle_all_cut_off(struct gate *gate, struct journal *journal)
{
    cut_off_list list = {0};

    journal_each(journal, take_cut_off, &list, NULL);
    for (size_t i = 0; i < list.len; i++) {
        settle_cut_off(gate, journal, &list.ptr[i]);
        json_free(list.ptr[i].fields);
    }
    vec_free(&list);
}

/* The journal of the room, opened when it is first wanted. */
static enum err_code open_room(struct gate *gate, struct err *err)
{
    struct notice_room *room = gate->notices;
    AUTO(buf_done) struct buf path = BUF_NONE;
    enum err_code code = gate_is_open(gate, err);

    if (code != OK || room->journal != NULL)
        return code;
    buf_addf(&path, "%s/" NOTICES_NAME, gate->dir);
    code = journal_open(buf_cstr(&path), &room->journal, err);
    if (code == OK)
        code = journal_each(room->journal, take_entry, room, err);
    if (code == OK && gate->actor[0] != '\0')
        settle_all_cut_off(gate, room->journal);
    return code;
}

static enum notice_told told_of(const struct notice_room *room, const char *what, const char *key)
{
    AUTO(buf_done) struct buf name = BUF_NONE;

    name_told(&name, what, sv_of(key));
    const union map_value *value = map_get(&room->told, buf_sv(&name));
    return value != NULL ? (enum notice_told)value->u64 : TOLD_NOT;
}

enum notice_told gate_was_told(struct gate *gate, const char *what, const char *key)
{
    return open_room(gate, NULL) == OK ? told_of(gate->notices, what, key) : TOLD_NOT;
}

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
    if (open_room(gate, NULL) == OK)
        journal_each(gate->notices->journal, count_entry, &counting, NULL);
}

/* --- consent ------------------------------------------------------------------------------ */

struct set_consents {
    struct gate *gate;
    struct notice_consent *consents;
    size_t n;
    char *muted;
};

static void set_free(void *arg)
{
    struct set_consents *set = arg;

    mem_free(set->consents);
    mem_free(set->muted);
    mem_free(set);
}

static void do_set_consents(void *arg)
{
    struct set_consents *set = arg;
    struct notice_room *room = set->gate->notices;

    vec_clear(&room->consents);
    for (size_t i = 0; i < set->n; i++)
        vec_push(&room->consents, set->consents[i]);
    mem_free(room->muted);
    room->muted = set->muted;
    set->muted = NULL;
    set_free(set);
}

void gate_set_consents(struct gate *gate, const struct notice_consent *consents, size_t n,
                       const char *muted)
{
    struct set_consents *set = mem_new(struct set_consents);

    *set = (struct set_consents){.gate = gate, .n = n};
    set->consents = mem_alloc((n + 1) * sizeof *set->consents);
    for (size_t i = 0; i < n; i++)
        set->consents[i] = consents[i];
    set->muted = muted != NULL ? mem_strdup(muted) : NULL;
    run_call(RUN_WORKER, RUN_URGENT, gate->scope, do_set_consents, set_free, set);
}

/* The value of each setting as the trail has it last: a copy of its text. */
static bool take_record(void *arg, const cJSON *record)
{
    struct map *values = arg;
    struct sv what = json_sv(record, "what");

    if (!sv_eq(json_sv(record, "action"), SV("consent")) || what.len == 0)
        return true;
    union map_value *value = map_put(values, what, NULL);
    mem_free(value->ptr);
    value->ptr = sv_dup(json_sv(record, "value"));
    return true;
}

static void write_consent(struct gate *gate, const struct notice_consent *consent)
{
    AUTO(json_free_at) cJSON *fields = cJSON_CreateObject();
    AUTO(buf_done) struct buf title = BUF_NONE;
    struct err err;

    if (consent->value[0] != '\0')
        buf_addf(&title, "%s = %s (%s)", consent->what, consent->value, consent->origin);
    else
        buf_addf(&title, "%s: withdrawn", consent->what);
    cJSON_AddStringToObject(fields, "action", "consent");
    cJSON_AddStringToObject(fields, "title", buf_cstr(&title));
    cJSON_AddStringToObject(fields, "what", consent->what);
    cJSON_AddStringToObject(fields, "value", consent->value);
    if (gate_write_fields(gate, fields, &err) != OK)
        log_error("gate", "not in the trail: %s: %s", buf_cstr(&title), err.message);
}

void gate_record_consents(struct gate *gate)
{
    struct notice_room *room = gate->notices;
    struct map values = {0};
    size_t at = 0;
    struct sv what;
    union map_value value;

    if (room->recorded || room->muted != NULL || gate_is_open(gate, NULL) != OK)
        return;
    room->recorded = true;
    audit_read(gate->audit_path, take_record, &values, NULL);
    for (size_t i = 0; i < room->consents.len; i++) {
        const struct notice_consent *consent = &room->consents.ptr[i];
        const union map_value *last = map_get(&values, sv_of(consent->what));
        const char *before = last != NULL ? last->ptr : "";
        bool is_worth_it = last != NULL || !consent->is_default;
        if (is_worth_it && strcmp(before, consent->value) != 0)
            write_consent(gate, consent);
    }
    while (map_next(&values, &at, &what, &value))
        mem_free(value.ptr);
    map_done(&values);
}

static enum err_code check_consent(const struct gate *gate, const char *what, struct err *err)
{
    const struct notice_room *room = gate->notices;

    if (room->muted != NULL)
        return err_set(err, ERR_READ_ONLY, what, "%s", room->muted);
    for (size_t i = 0; i < room->consents.len; i++)
        if (strcmp(room->consents.ptr[i].what, what) == 0 && room->consents.ptr[i].value[0] != '\0')
            return OK;
    return err_set(err, ERR_CONSENT, what, "%s of the settings does not say so", what);
}

/* --- sending ------------------------------------------------------------------------------ */

/* One notice on its way. */
struct telling {
    struct gate *gate;
    struct notice *notice;
    notice_done_fn *done;
    void (*drop)(void *arg);
    void *arg;
    char id[37];
    size_t n_claimed; /* of its keys, the first ones */
    char request_id[80];
};

static void telling_free(void *arg)
{
    struct telling *telling = arg;

    notice_free(telling->notice);
    mem_free(telling);
}

/* Nothing was sent, and nobody waits for it any more. */
static void telling_drop(void *arg)
{
    struct telling *telling = arg;

    if (telling->drop != NULL)
        telling->drop(telling->arg);
    telling_free(telling);
}

static cJSON *journal_fields(const struct notice *notice)
{
    cJSON *fields = cJSON_CreateObject(), *keys = cJSON_CreateArray();

    for (size_t i = 0; i < notice->keys.len; i++)
        cJSON_AddItemToArray(keys, cJSON_CreateString(notice->keys.ptr[i]));
    cJSON_AddStringToObject(fields, "what", notice->what);
    cJSON_AddBoolToObject(fields, "once", notice->once);
    cJSON_AddStringToObject(fields, "operation", aws_op(notice->op)->iam_action);
    cJSON_AddStringToObject(fields, "account_id", notice->target.account_id);
    cJSON_AddStringToObject(fields, "region", notice->target.region);
    cJSON_AddStringToObject(fields, "title", notice->title != NULL ? notice->title : "");
    cJSON_AddItemToObject(fields, "keys", keys);
    return fields;
}

/* The record of what has come of a notice, from what the journal has of it. */
static cJSON *trail_fields(const char *state, const cJSON *journaled, const struct err *why)
{
    static const char *const members[] = {"title",      "what",   "operation",
                                          "account_id", "region", "request_id"};
    cJSON *fields = cJSON_CreateObject();

    cJSON_AddStringToObject(fields, "action", "notify");
    cJSON_AddStringToObject(fields, "state", state);
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

/* The rights to tell of its keys, in this process. */
static void release(struct telling *telling)
{
    for (; telling->n_claimed > 0; telling->n_claimed--) {
        char claim[SHA256_HEX_SIZE];
        claim_name(telling->notice->what, telling->notice->keys.ptr[telling->n_claimed - 1], claim);
        journal_release(telling->gate->notices->journal, claim);
    }
}

static void finish(struct telling *telling, enum notice_end end, const cJSON *reply,
                   const struct err *why)
{
    release(telling);
    if (end == NOTICE_FAILED || end == NOTICE_UNKNOWN)
        log_warn("notice", "%s: %s: %s", telling->notice->what, end_names[end], why->message);
    telling->done(telling->arg, telling->notice, end, reply, why);
    telling_free(telling);
}

/* What was sent is written down wherever it can be; what cannot be is in the log. */
static void write_result(struct telling *telling, enum notice_end end, const struct err *why)
{
    struct gate *gate = telling->gate;
    AUTO(json_free_at) cJSON *journaled = journal_fields(telling->notice);
    AUTO(json_free_at) cJSON *more = cJSON_CreateObject();
    struct err err = ERR_NONE;

    cJSON_AddStringToObject(more, "request_id", telling->request_id);
    cJSON_AddStringToObject(more, "failure", why->code != OK ? why->message : "");
    journal_write(gate->notices->journal, telling->id, end_names[end], more, &err);
    cJSON_AddStringToObject(journaled, "request_id", telling->request_id);
    AUTO(json_free_at) cJSON *fields = trail_fields(end_names[end], journaled, why);
    if (err.code == OK)
        gate_write_fields(gate, fields, &err);
    if (err.code != OK)
        log_error("notice", "what came of it is not written down: %s", err.message);
}

/* What is known of its keys now that it has ended. */
static void note_told(struct telling *telling, enum notice_end end)
{
    const struct notice *notice = telling->notice;
    struct map *told = &telling->gate->notices->told;

    for (size_t i = 0; notice->once && i < notice->keys.len; i++) {
        AUTO(buf_done) struct buf name = BUF_NONE;
        name_told(&name, notice->what, sv_of(notice->keys.ptr[i]));
        if (end == NOTICE_FAILED)
            map_remove(told, buf_sv(&name));
        else
            map_put(told, buf_sv(&name), NULL)->u64 =
                end == NOTICE_TOLD ? TOLD_ELSEWHERE : TOLD_HERE;
    }
}

/* A message is small: a refusal, and a connection that was never made, say that it did not go out.
 * Anything else may have. */
static enum notice_end judge(const struct telling *telling, const struct aws_outcome *outcome)
{
    const struct err *err = &outcome->err;
    const char *told = telling->notice->told_code;

    if (err->code == OK)
        return NOTICE_SENT;
    if (told != NULL && strcmp(err->aws_code, told) == 0)
        return NOTICE_TOLD;
    if (!outcome->sent || err->code == ERR_THROTTLED ||
        (err->http_status >= 400 && err->http_status < 500 && err->http_status != 408))
        return NOTICE_FAILED;
    return NOTICE_UNKNOWN;
}

static void answered(void *arg, const struct aws_request *request, const cJSON *body,
                     const struct aws_outcome *outcome)
{
    struct telling *telling = arg;
    enum notice_end end = judge(telling, outcome);
    struct err why = outcome->err;

    (void)request;
    STOP_POINT("notice-answered");
    str_copy(telling->request_id, outcome->err.request_id);
    if (end == NOTICE_SENT || end == NOTICE_TOLD)
        why = ERR_NONE;
    note_told(telling, end);
    write_result(telling, end, &why);
    finish(telling, end, end == NOTICE_SENT ? body : NULL, &why);
}

/* Takes the right to tell of each key, so that no other console is at it. False when one has been
 * told, or is being told by another. */
static bool claim_keys(struct telling *telling)
{
    const struct notice *notice = telling->notice;
    struct notice_room *room = telling->gate->notices;
    char claim[SHA256_HEX_SIZE];

    for (; notice->once && telling->n_claimed < notice->keys.len; telling->n_claimed++) {
        claim_name(notice->what, notice->keys.ptr[telling->n_claimed], claim);
        if (journal_claim(room->journal, claim, telling->gate->actor, NULL) != OK)
            return false;
    }
    journal_each(room->journal, take_entry, room, NULL);
    for (size_t i = 0; notice->once && i < notice->keys.len; i++)
        if (told_of(room, notice->what, notice->keys.ptr[i]) != TOLD_NOT)
            return false;
    return true;
}

static enum err_code check(const struct telling *telling, struct err *err)
{
    struct gate *gate = telling->gate;
    const struct notice *notice = telling->notice;

    if (aws_op(notice->op)->effect != EFFECT_NOTIFY || notice->keys.len == 0)
        return err_set(err, ERR_INTERNAL, aws_op(notice->op)->iam_action, "not a notice");
    if (check_consent(gate, notice->what, err) != OK || open_room(gate, err) != OK)
        return err->code;
    if (gate->actor[0] == '\0')
        return err_set(err, ERR_REFUSED, "notice", "who you are is not known yet");
    return OK;
}

static enum err_code write_intent(struct telling *telling, struct err *err)
{
    struct notice_room *room = telling->gate->notices;
    AUTO(json_free_at) cJSON *fields = journal_fields(telling->notice);
    enum err_code code = journal_write(room->journal, telling->id, INTENT, fields, err);

    if (code == OK)
        take_entry(room, telling->id, INTENT, 0, fields);
    return code;
}

static void do_notify(void *arg)
{
    struct telling *telling = arg;
    struct notice *notice = telling->notice;
    struct err err = ERR_NONE;

    if (check(telling, &err) != OK) {
        finish(telling, NOTICE_FAILED, NULL, &err);
        return;
    }
    if (!claim_keys(telling)) {
        finish(telling, NOTICE_TOLD, NULL, &err);
        return;
    }
    if (write_intent(telling, &err) != OK) {
        finish(telling, NOTICE_FAILED, NULL, &err);
        return;
    }
    STOP_POINT("notice-journaled");
    struct aws_request request = {.op = notice->op,
                                  .target = notice->target,
                                  .params = cJSON_Duplicate(notice->params, true)};
    client_change(telling->gate->client, telling->gate->scope, &request, answered, telling);
}

void gate_notify(struct gate *gate, struct notice *take_notice, notice_done_fn *done,
                 void (*drop)(void *arg), void *arg)
{
    struct telling *telling = mem_new(struct telling);

    *telling = (struct telling){
        .gate = gate, .notice = take_notice, .done = done, .drop = drop, .arg = arg};
    os_uuid4(telling->id);
    run_call(RUN_WORKER, RUN_NORMAL, gate->scope, do_notify, telling_drop, telling);
}
