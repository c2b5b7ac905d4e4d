/* The door for what tells somebody: consent, intent, one sending, the result. On RUN_WORKER but for
 * what any runner may call. */
#include <stdio.h>
#include <string.h>

#include "core/aws/client_change.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/os.h"
#include "core/change/notice_internal.h"

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

static void notice_free(struct notice *notice)
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

    if (room->recorded || room->muted != NULL || gate_health(gate, NULL) != OK)
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
        return err_set(err, ERR_STARTED_READ_ONLY, what, "%s", room->muted);
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
    bool is_claimed;  /* so that no other console takes it for one that was cut off */
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
    cJSON_AddBoolToObject(fields, "id_in_trail", true);
    cJSON_AddStringToObject(fields, "operation", aws_op(notice->op)->iam_action);
    cJSON_AddStringToObject(fields, "account_id", notice->target.account_id);
    cJSON_AddStringToObject(fields, "region", notice->target.region);
    cJSON_AddStringToObject(fields, "title", notice->title != NULL ? notice->title : "");
    cJSON_AddItemToObject(fields, "keys", keys);
    return fields;
}

/* The rights to it, and to tell of its keys, in this process. */
static void release(struct telling *telling)
{
    if (telling->is_claimed)
        journal_release(telling->gate->notices->journal, telling->id);
    for (; telling->n_claimed > 0; telling->n_claimed--) {
        char claim[SHA256_HEX_SIZE];
        notice_claim_name(telling->notice->what, telling->notice->keys.ptr[telling->n_claimed - 1],
                          claim);
        journal_release(telling->gate->notices->journal, claim);
    }
}

static void finish(struct telling *telling, enum notice_end end, const cJSON *reply,
                   const struct err *why)
{
    release(telling);
    if (end == NOTICE_FAILED || end == NOTICE_UNKNOWN)
        log_warn("notice", "%s: %s: %s", telling->notice->what, notice_end_name(end), why->message);
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
    journal_write(gate->notices->journal, telling->id, notice_end_name(end), more, &err);
    STOP_POINT("notice-end-journaled");
    cJSON_AddStringToObject(journaled, "request_id", telling->request_id);
    AUTO(json_free_at)
    cJSON *fields = notice_trail_fields(telling->id, notice_end_name(end), journaled, why);
    if (err.code == OK)
        gate_write_fields(gate, fields, &err);
    if (err.code != OK)
        log_error("notice", "what came of it is not written down: %s", err.message);
}

/* What is known of its keys now that it has ended. */
static void note_told(struct telling *telling, enum notice_end end)
{
    const struct notice *notice = telling->notice;

    for (size_t i = 0; notice->once && i < notice->keys.len; i++)
        notice_room_note(telling->gate->notices, notice->what, notice->keys.ptr[i], end);
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
        notice_claim_name(notice->what, notice->keys.ptr[telling->n_claimed], claim);
        if (journal_claim(room->journal, claim, telling->gate->actor, NULL) != OK)
            return false;
    }
    notice_room_refresh(room);
    for (size_t i = 0; notice->once && i < notice->keys.len; i++)
        if (notice_room_told(room, notice->what, notice->keys.ptr[i]) != TOLD_NOT)
            return false;
    return true;
}

static enum err_code check(const struct telling *telling, struct err *err)
{
    struct gate *gate = telling->gate;
    const struct notice *notice = telling->notice;

    if (aws_op(notice->op)->effect != EFFECT_NOTIFY || notice->keys.len == 0)
        return err_set(err, ERR_INTERNAL, aws_op(notice->op)->iam_action, "not a notice");
    if (check_consent(gate, notice->what, err) != OK || notice_room_open(gate, err) != OK)
        return err->code;
    if (gate->actor[0] == '\0')
        return err_set(err, ERR_REFUSED, "notice", "who you are is not known yet");
    return OK;
}

static enum err_code write_intent(struct telling *telling, struct err *err)
{
    struct notice_room *room = telling->gate->notices;
    AUTO(json_free_at) cJSON *fields = journal_fields(telling->notice);
    enum err_code code = journal_claim(room->journal, telling->id, telling->gate->actor, err);

    telling->is_claimed = code == OK;
    if (code == OK)
        code = journal_write(room->journal, telling->id, NOTICE_INTENT, fields, err);
    if (code == OK)
        notice_room_take(room, NOTICE_INTENT, fields);
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
    STOP_POINT("notice-claimed");
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
