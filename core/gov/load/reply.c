#include "core/gov/load/reply.h"

#include "core/base/clock.h"

bool reply_time(const cJSON *json, const char *key, int64_t *wall_ms)
{
    const cJSON *item = json_get(json, key);
    if (cJSON_IsNumber(item) && item->valuedouble > 0 && item->valuedouble < 1e11) {
        *wall_ms = (int64_t)(item->valuedouble * 1000);
        return true;
    }
    struct sv text = json_string(item);
    return text.len > 0 && clock_parse_iso8601(text, wall_ms);
}

static struct sv either(const cJSON *json, const char *lower, const char *upper)
{
    struct sv text = json_sv(json, lower);
    return text.ptr ? text : json_sv(json, upper);
}

struct sv reply_tag(const cJSON *tags, const char *key, bool nocase)
{
    for (const cJSON *tag = tags; tag; tag = tag->next) {
        struct sv name = either(tag, "key", "Key");
        if (nocase ? sv_eq_nocase(name, sv_of(key)) : sv_eq_cstr(name, key))
            return either(tag, "value", "Value");
    }
    return SV_NONE;
}

cJSON *reply_list_of(const char *value)
{
    cJSON *list = cJSON_CreateArray();
    cJSON_AddItemToArray(list, cJSON_CreateString(value));
    return list;
}

cJSON *reply_filter(const char *name, const char *value)
{
    cJSON *filter = cJSON_CreateObject(), *filters = cJSON_CreateArray();
    cJSON_AddStringToObject(filter, "Name", name);
    cJSON_AddItemToObject(filter, "Values", reply_list_of(value));
    cJSON_AddItemToArray(filters, filter);
    cJSON *params = cJSON_CreateObject();
    cJSON_AddItemToObject(params, "Filters", filters);
    return params;
}

struct sv reply_name_in_arn(struct sv arn)
{
    while (sv_contains(arn, SV("/")))
        sv_split(&arn, '/');
    return arn;
}
