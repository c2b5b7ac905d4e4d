#include "core/gov/alert/record_text.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/gov/alert/alert_text.h"

#define TEXT_SIZE 900 /* of a title (1024 in AWS), and of a description (2048) */

/* --- parts ----------------------------------------------------------------------------------- */

void record_part_read(const cJSON *entry, struct shared_part *part)
{
    AUTO(json_free_at) cJSON *json = NULL;
    struct shared_part read = {0};
    if (json_parse(json_sv(entry, "Value"), "operational data", &json, NULL) != OK ||
        !clock_parse_iso8601(json_sv(json, "at"), &read.at_ms))
        return;
    clock_parse_iso8601(json_sv(json, "until"), &read.until_ms);
    sv_copy(json_sv(json, "state"), read.state, sizeof read.state);
    sv_copy(json_sv(json, "by"), read.by, sizeof read.by);
    sv_copy(json_sv(json, "owner"), read.owner, sizeof read.owner);
    sv_copy(json_sv(json, "reason"), read.reason, sizeof read.reason);
    *part = read;
}

void record_part_write(const struct shared_part *part, struct buf *value)
{
    struct json_writer w = {.out = value};
    char iso[CLOCK_ISO_SIZE];
    jw_object(&w);
    if (part->state[0])
        jw_string_at(&w, "state", sv_of(part->state));
    if (part->owner[0])
        jw_string_at(&w, "owner", sv_of(part->owner));
    jw_string_at(&w, "by", sv_of(part->by));
    jw_string_at(&w, "reason", sv_of(part->reason));
    clock_iso8601(part->at_ms, true, iso);
    jw_string_at(&w, "at", sv_of(iso));
    if (part->until_ms > 0) {
        clock_iso8601(part->until_ms, true, iso);
        jw_string_at(&w, "until", sv_of(iso));
    }
    jw_object_end(&w);
}

/* --- requests -------------------------------------------------------------------------------- */

static void add_filter(cJSON *filters, const char *key, const char *const *values, int n)
{
    cJSON *filter = cJSON_CreateObject();
    cJSON_AddStringToObject(filter, "Key", key);
    cJSON_AddItemToObject(filter, "Values", cJSON_CreateStringArray(values, n));
    cJSON_AddStringToObject(filter, "Operator", "Equal");
    cJSON_AddItemToArray(filters, filter);
}

/* {"key":"/aws/dedup","value":"{\"dedupString\":\"...\"}"} */
static void add_key_filter(cJSON *filters, const char *key)
{
    AUTO(buf_done) struct buf value = BUF_NONE;
    AUTO(buf_done) struct buf pair = BUF_NONE;
    struct json_writer w = {.out = &pair};
    buf_addf(&value, "{\"dedupString\":\"%s\"}", key);
    jw_object(&w);
    jw_string_at(&w, "key", SV(OPS_DATA_DEDUP));
    jw_string_at(&w, "value", buf_sv(&value));
    jw_object_end(&w);
    add_filter(filters, "OperationalData", (const char *[]){buf_cstr(&pair)}, 1);
}

cJSON *record_list_params(const char *key)
{
    static const char *const states[] = {"Open", "InProgress"}, *const own[] = {OPS_DATA_OWN};
    cJSON *params = cJSON_CreateObject(), *filters = cJSON_CreateArray();
    add_filter(filters, "Status", states, ARRAY_LEN(states));
    if (key)
        add_key_filter(filters, key);
    else
        add_filter(filters, "OperationalDataKey", own, ARRAY_LEN(own));
    cJSON_AddItemToObject(params, "OpsItemFilters", filters);
    return params;
}

/* Others' texts, and a person's: in one line, without control characters. */
static void add_text(cJSON *params, const char *member, const char *text)
{
    char safe[TEXT_SIZE];
    text_safe_copy(safe, sizeof safe, sv_of(text), TEXT_LINE);
    cJSON_AddStringToObject(params, member, safe[0] ? safe : "-");
}

static const char *number_of(const char *severity)
{
    static const char *const numbers[] = {
        [SEVERITY_CRITICAL] = "1", [SEVERITY_HIGH] = "2", [SEVERITY_MEDIUM] = "3"};
    enum severity known = severity_parse(sv_of(severity));
    return known >= SEVERITY_MEDIUM ? numbers[known] : "4";
}

static void add_own(cJSON *data, const struct record_item *item)
{
    AUTO(buf_done) struct buf value = BUF_NONE;
    struct shared_part part = {.at_ms = clock_wall_ms()};
    str_copy(part.by, item->by);
    record_part_write(&part, &value);
    ops_data_add(data, OPS_DATA_OWN, buf_cstr(&value));
}

cJSON *record_create_params(const struct record_item *item, const char *part, const char *value)
{
    cJSON *params = cJSON_CreateObject(), *data = cJSON_CreateObject();
    add_text(params, "Title", item->title);
    add_text(params, "Description", item->why);
    cJSON_AddStringToObject(params, "Source", "watchdeck");
    cJSON_AddStringToObject(params, "Category", "Security");
    cJSON_AddStringToObject(params, "Severity", number_of(item->severity));
    ops_data_add_dedup(data, item->key);
    add_own(data, item);
    ops_data_add(data, part, value);
    cJSON_AddItemToObject(params, "OperationalData", data);
    return params;
}

cJSON *record_update_params(const char *ops_item_id, const char *part, const char *value,
                            bool resolved)
{
    cJSON *params = cJSON_CreateObject(), *data = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "OpsItemId", ops_item_id);
    ops_data_add(data, part, value);
    cJSON_AddItemToObject(params, "OperationalData", data);
    if (resolved)
        cJSON_AddStringToObject(params, "Status", "Resolved");
    return params;
}
