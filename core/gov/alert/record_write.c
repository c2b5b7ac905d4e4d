/* Writing what was decided into the OpsItem of the item: into the one that is known, else a new
 * one, else the one that AWS says there is. */
#include <stdatomic.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/change/notice.h"
#include "core/gov/alert/alert_text.h"
#include "core/gov/alert/record_text.h"
#include "core/gov/gov_internal.h"
#include "core/gov/systems_manager/automation.h"

#define EXISTS         "OpsItemAlreadyExistsException"
#define NOT_FOUND      "OpsItemNotFoundException"

#define RETRY_PAUSE_MS ((int64_t)10 * 60 * 1000)
#define ON_ITS_WAY     UINT64_MAX

struct writing {
    struct gov *gov;
    struct aws_target target;
    char key[SHA256_HEX_SIZE], ops_item_id[40];
    char *title, *why;
    char severity[16];
    struct shared_part part;
    bool is_exception; /* else a decision */
    bool resolves;     /* it is over: nothing is to be made for it that is not there */
    bool was_lost;     /* the OpsItem that was known is not there any more */
    bool is_retry;     /* it was said earlier, and reached nobody */
    struct gov_alerted result;
};

static void writing_free(void *arg)
{
    struct writing *writing = arg;
    mem_free(writing->title);
    mem_free(writing->why);
    mem_free(writing);
}

/* When it was tried again last, by the monotonic clock; 0: never; ON_ITS_WAY. */
static uint64_t *tried(struct gov *gov, bool is_exception, const char *key)
{
    AUTO(buf_done) struct buf name = BUF_NONE;
    buf_addf(&name, "%s %s", is_exception ? OPS_DATA_EXCEPTION : OPS_DATA_DECISION, key);
    return &map_put(&gov->records_tried, buf_sv(&name), NULL)->u64;
}

/* --- the end --------------------------------------------------------------------------------- */

static void deliver(void *arg)
{
    struct writing *writing = arg;
    struct gov *gov = writing->gov;
    atomic_fetch_sub(&gov->n_alerting, 1);
    if (gov->on_alerted)
        gov->on_alerted(gov->on_alerted_arg, &writing->result);
    writing_free(writing);
}

static void end(struct writing *writing, const struct err *why)
{
    *tried(writing->gov, writing->is_exception, writing->key) =
        writing->is_retry ? (uint64_t)clock_mono_ms() : 0;
    writing->result.is_retry = writing->is_retry;
    writing->result.n_sent = why->code == OK;
    writing->result.n_failed = why->code != OK;
    writing->result.err = *why;
    run_call(RUN_UI, RUN_NORMAL, writing->gov->scope, deliver, writing_free, writing);
}

/* What the OpsItem says from now on, until it is read again. */
static void remember(const struct writing *writing)
{
    struct gov *gov = writing->gov;
    union map_value *value = map_put(&gov->records, sv_of(writing->key), NULL);
    if (!value->ptr)
        value->ptr = mem_new(struct shared_record);
    struct shared_record *record = value->ptr;
    record->target = writing->target;
    record->reading = ++gov->record_reading;
    str_copy(record->ops_item_id, writing->ops_item_id);
    *(writing->is_exception ? &record->exception : &record->decision) = writing->part;
}

/* --- sending --------------------------------------------------------------------------------- */

static void find(struct writing *writing);
static void create(struct writing *writing);

static const char *part_name(const struct writing *writing)
{
    return writing->is_exception ? OPS_DATA_EXCEPTION : OPS_DATA_DECISION;
}

static void send(struct writing *writing, enum aws_op_id op, cJSON *take_params,
                 notice_done_fn *done)
{
    struct notice *notice = notice_new(SHARED_RECORD, op, &writing->target, take_params);
    struct buf title = BUF_NONE;
    buf_addf(&title, "shared: %s: %s", writing->is_exception ? "exception" : writing->part.state,
             writing->title);
    notice->title = buf_take(&title);
    notice->told_code = op == OP_ssm_CreateOpsItem ? EXISTS : NULL;
    notice_add_key(notice, writing->key);
    gate_notify(writing->gov->gate, notice, done, writing_free, writing);
}

static void updated(void *arg, const struct notice *notice, enum notice_end how, const cJSON *reply,
                    const struct err *why)
{
    struct writing *writing = arg;
    (void)notice, (void)reply;
    if (how == NOTICE_SENT)
        remember(writing);
    bool is_lost = how == NOTICE_FAILED && strcmp(why->aws_code, NOT_FOUND) == 0;
    if (!is_lost || writing->was_lost || writing->resolves) {
        end(writing, why);
        return;
    }
    writing->was_lost = true;
    create(writing);
}

static void update(struct writing *writing)
{
    AUTO(buf_done) struct buf value = BUF_NONE;
    record_part_write(&writing->part, &value);
    send(writing, OP_ssm_UpdateOpsItem,
         record_update_params(writing->ops_item_id, part_name(writing), buf_cstr(&value),
                              writing->resolves),
         updated);
}

static void created(void *arg, const struct notice *notice, enum notice_end how, const cJSON *reply,
                    const struct err *why)
{
    struct writing *writing = arg;
    (void)notice;
    if (how == NOTICE_TOLD) {
        find(writing);
        return;
    }
    if (how == NOTICE_SENT) {
        sv_copy(json_sv(reply, "OpsItemId"), writing->ops_item_id, sizeof writing->ops_item_id);
        remember(writing);
    }
    end(writing, why);
}

static void create(struct writing *writing)
{
    AUTO(buf_done) struct buf value = BUF_NONE;
    const struct record_item item = {writing->key, writing->title, writing->why, writing->severity,
                                     writing->part.by};
    record_part_write(&writing->part, &value);
    send(writing, OP_ssm_CreateOpsItem,
         record_create_params(&item, part_name(writing), buf_cstr(&value)), created);
}

/* --- the one that another console has made --------------------------------------------------- */

static void on_summaries(void *arg, struct aws_page *page)
{
    struct writing *writing = arg;
    const cJSON *item = json_items(page->body, "OpsItemSummaries");
    if (!item)
        return;
    sv_copy(json_sv(item, "OpsItemId"), writing->ops_item_id, sizeof writing->ops_item_id);
    shared_record_take(writing->gov, &writing->target, item);
}

/* Whether others have said something newer than what is said late. */
static bool is_stale(const struct writing *writing)
{
    const struct shared_part *part =
        shared_part_find(writing->gov, writing->key, writing->is_exception);
    return writing->is_retry && part && part->at_ms >= writing->part.at_ms;
}

static void found(void *arg, const struct aws_request *request, const struct aws_outcome *outcome)
{
    struct writing *writing = arg;
    struct err err = outcome->err;
    (void)request;
    if (err.code == OK && writing->ops_item_id[0] == '\0')
        err_set(&err, ERR_NOT_FOUND, "ssm:DescribeOpsItems",
                "AWS says that there is an OpsItem of it, and shows none");
    if (err.code == OK && !is_stale(writing))
        update(writing);
    else
        end(writing, &err);
}

static void find(struct writing *writing)
{
    struct gov *gov = writing->gov;
    struct aws_request request = {.op = OP_ssm_DescribeOpsItems,
                                  .target = writing->target,
                                  .params = record_list_params(writing->key)};
    writing->ops_item_id[0] = '\0';
    gov->read(gov->client, gov->scope, &request, on_summaries, found, writing_free, writing);
}

/* --- what is written ------------------------------------------------------------------------- */

static struct writing *writing_new(struct gov *gov, const struct aws_target *target,
                                   const char *key, const char *title)
{
    struct writing *writing = mem_new(struct writing);
    struct estate *estate = gov_estate(gov);
    const struct shared_record *record = shared_record_find(gov, key);
    *writing = (struct writing){.gov = gov, .target = *target, .result = {.is_record = true}};
    str_copy(writing->key, key);
    str_copy(writing->ops_item_id, record ? record->ops_item_id : "");
    writing->title = mem_strdup(title ? title : "");
    sv_copy(automation_person(sv_of(estate ? estate->caller_arn : "")), writing->part.by,
            sizeof writing->part.by);
    writing->part.at_ms = clock_wall_ms();
    estate_unref(estate);
    return writing;
}

/* Behind what is known to be said already, whatever the clocks of two machines say. */
static void put_behind(struct writing *writing)
{
    const struct shared_record *record = shared_record_find(writing->gov, writing->key);
    if (!record)
        return;
    int64_t last_ms = writing->is_exception ? record->exception.at_ms : record->decision.at_ms;
    if (writing->part.at_ms <= last_ms)
        writing->part.at_ms = last_ms + 1;
}

static void begin(struct writing *writing)
{
    put_behind(writing);
    *tried(writing->gov, writing->is_exception, writing->key) = ON_ITS_WAY;
    atomic_fetch_add(&writing->gov->n_alerting, 1);
    if (writing->ops_item_id[0] != '\0')
        update(writing);
    else
        create(writing);
}

const char *shared_decision_of(struct sv kind, bool is_undo, struct sv end)
{
    static const struct {
        const char *kind, *end, *decision;
    } rows[] = {
        {"propose", "SUCCEEDED", "PROPOSED"}, {"withdraw", "SUCCEEDED", "WITHDRAWN"},
        {"decline", "SUCCEEDED", "REJECTED"}, {"approve", "SUCCEEDED", "APPROVED"},
        {"propose", "REJECTED", NULL},        {"withdraw", "REJECTED", NULL},
        {"decline", "REJECTED", NULL},        {"approve", "REJECTED", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eq_cstr(kind, rows[i].kind) && sv_eq_cstr(end, rows[i].end))
            return rows[i].decision;
    if (is_undo)
        return NULL;
    return sv_eq(end, SV("REJECTED")) ? "REJECTED" : sv_eq(end, SV("SUCCEEDED")) ? "DONE" : NULL;
}

static bool is_shared(const struct gov *gov)
{
    return gov->settings.shared_record && !gov->read_only;
}

static bool may_retry(struct gov *gov, const struct shared_retry *retry)
{
    uint64_t last = *tried(gov, retry->is_exception, retry->key);
    return last == 0 || (last != ON_ITS_WAY && clock_mono_ms() - (int64_t)last >= RETRY_PAUSE_MS);
}

void shared_record_retry(struct gov *gov, unsigned since, const struct shared_retry *retry)
{
    if (!is_shared(gov) || !gov->raises_alerts ||
        !shared_records_read_since(gov, retry->target, since) || !may_retry(gov, retry))
        return;
    struct writing *writing = writing_new(gov, retry->target, retry->key, retry->title);
    writing->is_retry = true;
    writing->is_exception = retry->is_exception;
    writing->why = mem_strdup("");
    str_copy(writing->severity, retry->severity);
    writing->part = *retry->part;
    if (is_stale(writing))
        writing_free(writing);
    else
        begin(writing);
}

void shared_record_excepted(void *arg, const struct change_exception *exception)
{
    struct gov *gov = arg;
    if (!is_shared(gov))
        return;
    struct writing *writing =
        writing_new(gov, &exception->target, exception->item_key, exception->title);
    writing->is_exception = true;
    writing->why = mem_strdup(exception->reason);
    str_copy(writing->part.owner, exception->owner);
    str_copy(writing->part.reason, exception->reason);
    writing->part.until_ms = exception->expires_at_ms;
    begin(writing);
}

void shared_record_ended(void *arg, const struct change_plan *plan, enum change_state end_state,
                         const char *reason)
{
    struct gov *gov = arg;
    const char *decision = shared_decision_of(sv_of(plan->kind->name), plan->undo_of[0] != '\0',
                                              sv_of(change_state_name(end_state)));
    bool is_done = decision && strcmp(decision, "DONE") == 0;
    bool is_of_item = json_get(plan->state, "item") || json_bool(plan->state, "of_item", false);
    if (!decision || !is_of_item || !is_shared(gov) ||
        (is_done && !shared_record_find(gov, plan->item_key)))
        return;
    struct writing *writing = writing_new(gov, &plan->target, plan->item_key, plan->title);
    writing->why = mem_strdup(plan->why ? plan->why : "");
    writing->resolves = is_done;
    str_copy(writing->severity, plan->severity);
    str_copy(writing->part.state, decision);
    str_copy(writing->part.reason, reason);
    if (strcmp(plan->kind->name, "decline") == 0) /* its why is the reason that was given */
        str_copy(writing->part.reason, writing->why);
    begin(writing);
}
