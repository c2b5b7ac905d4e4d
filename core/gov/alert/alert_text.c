#include "core/gov/alert/alert_text.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define PART_SIZE 400 /* of one text: an OpsItem's description takes 2048 bytes, a title 1024 */

void alert_item_done(struct alert_item *item)
{
    char *texts[] = {item->account, item->kind, item->type, item->resource,
                     item->name,    item->what, item->owner};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        mem_free(texts[i]);
}

/* Names are others' texts: what is sent on holds no control character of theirs. */
static void add_safe(struct buf *out, const char *text)
{
    char safe[PART_SIZE];
    text_safe_copy(safe, sizeof safe, sv_of(text), TEXT_LINE);
    buf_add_cstr(out, safe);
}

/* --- to a topic ------------------------------------------------------------------------------ */

static void add_item(struct buf *text, const struct alert_item *item)
{
    buf_addf(text, "%-8s  ", severity_name(item->severity));
    add_safe(text, item->what);
    buf_add_cstr(text, "\n          account ");
    add_safe(text, item->account);
    buf_addf(text, " (%s), region %s\n          ", item->target.account_id, item->target.region);
    add_safe(text, item->resource);
    if (item->name[0]) {
        buf_add_cstr(text, " \"");
        add_safe(text, item->name);
        buf_add_char(text, '"');
    }
    buf_addf(text, ", %s", item->type);
    if (item->owner[0]) {
        buf_add_cstr(text, ", owner ");
        add_safe(text, item->owner);
    }
    buf_addf(text, "\n          key %s\n\n", item->key);
}

static size_t count(const struct alert_item *items, size_t n, enum severity severity)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        found += items[i].severity == severity;
    return found;
}

/* ASCII, a hundred characters at most. Source: sns Publish. */
static void add_subject(cJSON *params, const struct alert_item *items, size_t n)
{
    AUTO(buf_done) struct buf subject = BUF_NONE;
    size_t critical = count(items, n, SEVERITY_CRITICAL), high = count(items, n, SEVERITY_HIGH);
    buf_addf(&subject, "watchdeck: %zu wait%s for a decision (", n, n == 1 ? "s" : "");
    if (critical > 0)
        buf_addf(&subject, "%zu CRITICAL%s", critical, high > 0 ? ", " : "");
    if (high > 0)
        buf_addf(&subject, "%zu HIGH", high);
    buf_add_char(&subject, ')');
    cJSON_AddStringToObject(params, "Subject", buf_cstr(&subject));
}

cJSON *alert_message(const char *topic_arn, const struct alert_item *items, size_t n,
                     const char *by)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    cJSON *params = cJSON_CreateObject();
    buf_add_cstr(&text, "A person has to decide on this:\n\n");
    for (size_t i = 0; i < n; i++)
        add_item(&text, &items[i]);
    buf_add_cstr(&text,
                 "Decide in watchdeck, on the screen \"approvals\". Each of these is told of "
                 "once.\nSent by ");
    add_safe(&text, by);
    buf_add_cstr(&text, ", as alert_topic in the settings there says.\n");
    cJSON_AddStringToObject(params, "TopicArn", topic_arn);
    add_subject(params, items, n);
    cJSON_AddStringToObject(params, "Message", buf_cstr(&text));
    return params;
}

/* --- an OpsItem ------------------------------------------------------------------------------ */

void ops_data_add(cJSON *data, const char *name, const char *value)
{
    cJSON *entry = cJSON_AddObjectToObject(data, name);
    cJSON_AddStringToObject(entry, "Value", value);
    cJSON_AddStringToObject(entry, "Type", "SearchableString");
}

void ops_data_add_dedup(cJSON *data, const char *key)
{
    AUTO(buf_done) struct buf value = BUF_NONE;
    buf_addf(&value, "{\"dedupString\":\"%s\"}", key);
    ops_data_add(data, OPS_DATA_DEDUP, buf_cstr(&value));
}

/* What kinds of resources are called in ARNs. */
static const struct {
    const char *kind; /* how it begins */
    const char *arn;  /* what stands before the id */
} arns[] = {
    {"sg-", "ec2:%s:%s:security-group/"},
    {"parameter", "ssm:%s:%s:parameter"}, /* the name begins with a slash */
};

static void add_resource(cJSON *data, const struct alert_item *item, const char *partition)
{
    for (size_t i = 0; i < ARRAY_LEN(arns); i++) {
        AUTO(buf_done) struct buf value = BUF_NONE;
        AUTO(buf_done) struct buf arn = BUF_NONE;
        AUTO(json_free_at) cJSON *list = cJSON_CreateArray();
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(list, entry);
        if (!sv_starts(sv_of(item->kind), sv_of(arns[i].kind)))
            continue;
        buf_addf(&arn, "arn:%s:", partition);
        buf_addf(&arn, arns[i].arn, item->target.region, item->target.account_id);
        buf_add_cstr(&arn, item->resource);
        cJSON_AddStringToObject(entry, "arn", buf_cstr(&arn));
        jw_tree(&(struct json_writer){.out = &value}, list);
        ops_data_add(data, "/aws/resources", buf_cstr(&value));
        return;
    }
}

static void add_own(cJSON *data, const struct alert_item *item, const char *by, int64_t now_ms)
{
    AUTO(json_free_at) cJSON *own = cJSON_CreateObject();
    AUTO(buf_done) struct buf value = BUF_NONE;
    char at[CLOCK_ISO_SIZE];
    clock_iso8601(now_ms, true, at);
    cJSON_AddStringToObject(own, "state", "ALERTED");
    cJSON_AddStringToObject(own, "type", item->type);
    cJSON_AddStringToObject(own, "by", by);
    cJSON_AddStringToObject(own, "at", at);
    jw_tree(&(struct json_writer){.out = &value}, own);
    ops_data_add(data, OPS_DATA_OWN, buf_cstr(&value));
}

static void add_texts(cJSON *params, const struct alert_item *item)
{
    AUTO(buf_done) struct buf title = BUF_NONE;
    AUTO(buf_done) struct buf text = BUF_NONE;
    char severity[2] = {item->severity == SEVERITY_CRITICAL ? '1' : '2', '\0'};
    buf_addf(&title, "%s: ", severity_name(item->severity));
    add_safe(&title, item->what);
    add_item(&text, item);
    buf_add_cstr(&text, "Decide in watchdeck, on the screen \"approvals\".");
    cJSON_AddStringToObject(params, "Title", buf_cstr(&title));
    cJSON_AddStringToObject(params, "Description", buf_cstr(&text));
    cJSON_AddStringToObject(params, "Severity", severity);
    cJSON_AddStringToObject(params, "Source", "watchdeck");
    cJSON_AddStringToObject(params, "Category", "Security");
}

cJSON *alert_ops_item(const struct alert_item *item, const char *partition, const char *by,
                      int64_t now_ms)
{
    cJSON *params = cJSON_CreateObject(), *data = cJSON_CreateObject();
    add_texts(params, item);
    ops_data_add_dedup(data, item->key);
    add_resource(data, item, partition);
    add_own(data, item, by, now_ms);
    cJSON_AddItemToObject(params, "OperationalData", data);
    return params;
}
