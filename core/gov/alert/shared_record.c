/* What OpsItems say of decisions: reading it, and what the gate asks of it. */
#include "core/gov/alert/shared_record.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/gov/alert/alert_text.h"
#include "core/gov/alert/record_text.h"
#include "core/gov/gov_internal.h"
#include "core/gov/load/reply.h"

const struct shared_record *shared_record_find(const struct gov *gov, const char *key)
{
    const union map_value *value = map_get(&gov->records, sv_of(key));
    return value && gov->settings.shared_record ? value->ptr : NULL;
}

const struct shared_part *shared_part_find(const struct gov *gov, const char *key,
                                           bool is_exception)
{
    const struct shared_record *record = shared_record_find(gov, key);
    if (!record)
        return NULL;
    return is_exception ? &record->exception : &record->decision;
}

void shared_records_done(struct gov *gov)
{
    size_t at = 0;
    struct sv key;
    union map_value value;
    while (map_next(&gov->records, &at, &key, &value))
        mem_free(value.ptr);
    map_done(&gov->records);
    map_done(&gov->records_read);
    map_done(&gov->records_tried);
}

/* --- reading --------------------------------------------------------------------------------- */

bool ops_data_key(const cJSON *data, char key[SHA256_HEX_SIZE])
{
    AUTO(json_free_at) cJSON *dedup = NULL;
    uint8_t bytes[SHA256_BYTES];
    if (json_parse(json_sv(json_get(data, OPS_DATA_DEDUP), "Value"), OPS_DATA_DEDUP, &dedup,
                   NULL) != OK ||
        !hex_decode(json_sv(dedup, "dedupString"), bytes, sizeof bytes))
        return false;
    hex_encode(bytes, sizeof bytes, key);
    return true;
}

bool shared_record_take(struct gov *gov, const struct aws_target *target, const cJSON *summary)
{
    const cJSON *data = json_get(summary, "OperationalData");
    char key[SHA256_HEX_SIZE];
    if (!json_get(data, OPS_DATA_OWN) || !ops_data_key(data, key))
        return false;
    union map_value *value = map_put(&gov->records, sv_of(key), NULL);
    if (!value->ptr)
        value->ptr = mem_new(struct shared_record);
    struct shared_record *record = value->ptr;
    *record = (struct shared_record){.target = *target, .reading = ++gov->record_reading};
    sv_copy(json_sv(summary, "OpsItemId"), record->ops_item_id, sizeof record->ops_item_id);
    record_part_read(json_get(data, OPS_DATA_DECISION), &record->decision);
    record_part_read(json_get(data, OPS_DATA_EXCEPTION), &record->exception);
    return true;
}

unsigned shared_records_begin(struct gov *gov)
{
    return ++gov->record_reading;
}

static bool is_gone(const struct shared_record *record, const struct aws_target *target,
                    unsigned reading)
{
    return record->reading < reading &&
           strcmp(record->target.account_id, target->account_id) == 0 &&
           strcmp(record->target.region, target->region) == 0;
}

static void add_place(struct buf *place, const struct aws_target *target)
{
    buf_addf(place, "%s %s", target->account_id, target->region);
}

bool shared_records_read_since(const struct gov *gov, const struct aws_target *target,
                               unsigned reading)
{
    AUTO(buf_done) struct buf place = BUF_NONE;
    add_place(&place, target);
    const union map_value *last = map_get(&gov->records_read, buf_sv(&place));
    return last && last->u64 > reading;
}

void shared_records_end(struct gov *gov, const struct aws_target *target, unsigned reading)
{
    VEC(char *) gone = {0};
    AUTO(buf_done) struct buf place = BUF_NONE;
    size_t at = 0;
    struct sv key;
    union map_value value;
    add_place(&place, target);
    map_put(&gov->records_read, buf_sv(&place), NULL)->u64 = reading;
    while (map_next(&gov->records, &at, &key, &value)) {
        if (is_gone(value.ptr, target, reading)) {
            mem_free(value.ptr);
            vec_push(&gone, sv_dup(key));
        }
    }
    for (size_t i = 0; i < gone.len; i++) {
        map_remove(&gov->records, sv_of(gone.ptr[i]));
        mem_free(gone.ptr[i]);
    }
    vec_free(&gone);
}

/* What is read for a list before its items are. */
struct reading {
    const struct account *account;
    struct aws_target target;
    unsigned reading;
    load_target_fn *then;
    void *arg;
};

static void summaries_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)arg;
    for (const cJSON *item = json_items(page->body, "OpsItemSummaries"); item; item = item->next)
        shared_record_take(load_gov(load), &page->request->target, item);
}

static void summaries_end(struct load *load, const struct aws_request *request,
                          const struct err *err, void *arg)
{
    const struct reading *reading = arg;
    (void)request;
    if (err->code == OK)
        shared_records_end(load_gov(load), &reading->target, reading->reading);
    reading->then(load, reading->account, &reading->target, reading->arg);
}

void shared_records_read(struct load *load, const struct account *account,
                         const struct aws_target *target, load_target_fn *then, void *arg)
{
    struct gov *gov = load_gov(load);
    if (!gov->settings.shared_record) {
        then(load, account, target, arg);
        return;
    }
    struct reading *reading = load_alloc(load, sizeof *reading);
    *reading = (struct reading){account, *target, shared_records_begin(gov), then, arg};
    load_read(load, OP_ssm_DescribeOpsItems, target, record_list_params(NULL), summaries_page,
              summaries_end, reading);
}

/* --- what the gate asks ---------------------------------------------------------------------- */

bool shared_record_exception(void *arg, const char *item_key, struct change_exception *exception)
{
    const struct shared_record *record = shared_record_find(arg, item_key);
    if (!record || record->exception.at_ms == 0)
        return false;
    *exception = (struct change_exception){.target = record->target,
                                           .expires_at_ms = record->exception.until_ms,
                                           .said_at_ms = record->exception.at_ms};
    str_copy(exception->item_key, item_key);
    str_copy(exception->owner, record->exception.owner);
    str_copy(exception->reason, record->exception.reason);
    return true;
}
