/* ssm_ops_item: OpsItems, and what OpsCenter refuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/ssm.h"
#include "tests/sandbox/world/ops_item.h"
#include "tests/sandbox/world/template.h"

#define DATA_VALUE_MAX 20480
#define RELATED_MAX    10

static struct ops_store *store_of(struct world *world, const struct call *call)
{
    return ops_store(world, cell_number(world, world_cell(world, call->account_id, call->region)));
}

/* --- what is refused ------------------------------------------------------------------------ */

static bool refuse_parameter(struct reply *reply, const char *parameter, const char *text)
{
    cJSON_AddItemToObject(reply->output, "ParameterNames", json_make("[%s]", parameter));
    reply_error(reply, 0, "OpsItemInvalidParameterException", "%s", text);
    return false;
}

/* Names that are kept for AWS, but for those that it has defined. */
static bool is_reserved_key(const char *key)
{
    static const char *const defined[] = {"/aws/automations", "/aws/dedup", "/aws/resources"};
    static const char *const prefixes[] = {"amazon", "amzn", "aws", "ssm"};
    const char *bare = *key == '/' ? key + 1 : key;
    for (size_t i = 0; i < ARRAY_LEN(defined); i++)
        if (strcmp(key, defined[i]) == 0)
            return false;
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (sv_starts(sv_of(bare), sv_of(prefixes[i])))
            return true;
    return false;
}

static bool check_dedup(const cJSON *data, struct reply *reply)
{
    const cJSON *entry = json_get(data, "/aws/dedup");
    AUTO_FREE char *dedup = ops_item_dedup(data);
    if (!entry || dedup)
        return true;
    return refuse_parameter(reply, "OperationalData",
                            "The value of /aws/dedup must be JSON with a dedupString.");
}

static bool check_data(const struct call *call, struct reply *reply)
{
    const cJSON *data = json_get(call->input, "OperationalData"), *entry;
    cJSON_ArrayForEach (entry, data) {
        if (is_reserved_key(entry->string))
            return refuse_parameter(reply, "OperationalData",
                                    "Operational data keys can't begin with amazon, aws, amzn or "
                                    "ssm.");
        if (json_sv(entry, "Value").len > DATA_VALUE_MAX)
            return refuse_parameter(reply, "OperationalData",
                                    "The value of an operational data key can't exceed 20 KB.");
    }
    return check_dedup(data, reply);
}

static bool check_severity(const struct call *call, struct reply *reply)
{
    const char *severity = in_str(call, "Severity");
    if (!*severity || (strchr("1234", *severity) && !severity[1]))
        return true;
    return refuse_parameter(reply, "Severity", "Severity must be 1, 2, 3 or 4.");
}

/* AWS keeps its own names for what it makes itself. */
static bool check_source(const struct call *call, struct reply *reply)
{
    static const char *const reserved[] = {"aws", "amazon", "amzn"};
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
        if (strstr(in_str(call, "Source"), reserved[i]))
            return refuse_parameter(reply, "Source",
                                    "The source can't contain aws, amazon or amzn.");
    return true;
}

static bool check_related(const struct call *call, struct reply *reply)
{
    if (cJSON_GetArraySize(json_get(call->input, "RelatedOpsItems")) <= RELATED_MAX)
        return true;
    return refuse_parameter(reply, "RelatedOpsItems", "There can be 10 related OpsItems at most.");
}

static bool check_members(const struct call *call, struct reply *reply)
{
    return check_data(call, reply) && check_severity(call, reply) && check_source(call, reply) &&
           check_related(call, reply);
}

static bool refuse_duplicate(struct reply *reply, const struct ops_item *item)
{
    struct sv id = json_sv(item->doc, "OpsItemId");
    cJSON_AddStringToObject(reply->output, "OpsItemId", id.ptr);
    reply_error(reply, 0, "OpsItemAlreadyExistsException",
                "The OpsItem already exists. OpsItemId: " SV_FMT, SV_ARG(id));
    return false;
}

static struct ops_item *find(struct world *world, const struct call *call, struct reply *reply)
{
    struct ops_item *item = ops_item_find(store_of(world, call), in_str(call, "OpsItemId"));
    if (!item)
        reply_error(reply, 0, "OpsItemNotFoundException", "The OpsItem %s doesn't exist.",
                    in_str(call, "OpsItemId"));
    return item;
}

/* --- making and changing -------------------------------------------------------------------- */

static void set_member(cJSON *doc, const char *member, const cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(doc, member);
    cJSON_AddItemToObject(doc, member, cJSON_Duplicate(value, true));
}

/* Members that the caller may set, in both operations. */
static void set_members(cJSON *doc, const struct call *call)
{
    static const char *const members[] = {
        "Title",         "Description",     "Severity",        "Priority",
        "Category",      "Notifications",   "RelatedOpsItems", "Status",
        "ActualEndTime", "ActualStartTime", "PlannedEndTime",  "PlannedStartTime",
    };
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const cJSON *value = json_get(call->input, members[i]);
        if (value)
            set_member(doc, members[i], value);
    }
    cJSON *data = cJSON_GetObjectItemCaseSensitive(doc, "OperationalData");
    const cJSON *entry;
    cJSON_ArrayForEach (entry, json_get(call->input, "OperationalData"))
        set_member(data, entry->string, entry);
    for (const cJSON *key = in_list(call, "OperationalDataToDelete"); key; key = key->next)
        cJSON_DeleteItemFromObjectCaseSensitive(data, key->valuestring);
}

void ssm_create_ops_item(struct world *world, const struct call *call, struct reply *reply)
{
    struct ops_store *store = store_of(world, call);
    AUTO_FREE char *dedup = ops_item_dedup(json_get(call->input, "OperationalData"));
    const char *type = *in_str(call, "OpsItemType") ? in_str(call, "OpsItemType") : "/aws/issue";
    if (!check_members(call, reply))
        return;
    const struct ops_item *same = dedup ? ops_item_duplicate(store, sv_of(dedup)) : NULL;
    if (same) {
        refuse_duplicate(reply, same);
        return;
    }
    cJSON *doc = json_make("{CreatedBy:%s,OpsItemType:%s,CreatedTime:%e,LastModifiedBy:%s,"
                           "LastModifiedTime:%e,Notifications:[],RelatedOpsItems:[],"
                           "Status:'Open',Version:'1',Source:%s,OperationalData:{}}",
                           call->caller_arn, type, call->now_ms, call->caller_arn, call->now_ms,
                           in_str(call, "Source"));
    set_members(doc, call);
    const struct ops_item *item = ops_item_add(world, store, doc);
    for (const cJSON *tag = in_list(call, "Tags"); tag; tag = tag->next)
        cJSON_AddStringToObject(item->tags, json_sv(tag, "Key").ptr, json_sv(tag, "Value").ptr);
    set_member(reply->output, "OpsItemId", json_get(doc, "OpsItemId"));
    set_member(reply->output, "OpsItemArn", json_get(doc, "OpsItemArn"));
}

static bool check_status(const struct call *call, struct reply *reply)
{
    static const char *const known[] = {"Open", "InProgress", "Resolved"};
    const char *status = in_str(call, "Status");
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (!*status || strcmp(status, known[i]) == 0)
            return true;
    return refuse_parameter(reply, "Status",
                            "An OpsItem of this type is Open, InProgress or Resolved.");
}

void ssm_update_ops_item(struct world *world, const struct call *call, struct reply *reply)
{
    struct ops_store *store = store_of(world, call);
    struct ops_item *item = find(world, call, reply);
    AUTO_FREE char *dedup = ops_item_dedup(json_get(call->input, "OperationalData"));
    char version[24];
    if (!item || !check_members(call, reply) || !check_status(call, reply))
        return;
    const struct ops_item *same = dedup ? ops_item_duplicate(store, sv_of(dedup)) : NULL;
    if (same && same != item) {
        refuse_duplicate(reply, same);
        return;
    }
    snprintf(version, sizeof version, "%lld", (long long)json_i64(item->doc, "Version", 1) + 1);
    set_members(item->doc, call);
    cJSON *by = cJSON_CreateString(call->caller_arn), *number = cJSON_CreateString(version);
    cJSON *at = cJSON_CreateNumber((double)call->now_ms / 1000);
    cJSON_ReplaceItemInObjectCaseSensitive(item->doc, "LastModifiedBy", by);
    cJSON_ReplaceItemInObjectCaseSensitive(item->doc, "LastModifiedTime", at);
    cJSON_ReplaceItemInObjectCaseSensitive(item->doc, "Version", number);
}

void ssm_get_ops_item(struct world *world, const struct call *call, struct reply *reply)
{
    const struct ops_item *item = find(world, call, reply);
    if (item)
        set_member(reply->output, "OpsItem", item->doc);
}

cJSON *ssm_ops_item_tags(struct world *world, const struct call *call, const char *id)
{
    const struct ops_item *item = ops_item_find(store_of(world, call), id);
    return item ? item->tags : NULL;
}

/* --- filters -------------------------------------------------------------------------------- */

/* How a filter looks at a document. */
enum how { BY_TEXT, BY_TIME, BY_DATA, BY_DATA_KEY, BY_DATA_VALUE, BY_RESOURCE };

static const struct ops_filter {
    const char *key, *operators;
    enum how how;
} ops_filters[] = {
    {"Status", "Equal", BY_TEXT},
    {"Priority", "Equal", BY_TEXT},
    {"Source", "Contains Equal", BY_TEXT},
    {"Title", "Contains Equal", BY_TEXT},
    {"CreatedBy", "Contains Equal", BY_TEXT},
    {"OpsItemId", "Equal", BY_TEXT},
    {"OpsItemType", "Equal", BY_TEXT},
    {"Category", "Equal", BY_TEXT},
    {"Severity", "Equal", BY_TEXT},
    {"CreatedTime", "GreaterThan LessThan", BY_TIME},
    {"LastModifiedTime", "GreaterThan LessThan", BY_TIME},
    {"OperationalData", "Equal", BY_DATA},
    {"OperationalDataKey", "Equal", BY_DATA_KEY},
    {"OperationalDataValue", "Contains Equal", BY_DATA_VALUE},
    {"ResourceId", "Contains", BY_RESOURCE},
};

static const struct ops_filter *find_filter(struct sv key)
{
    for (size_t i = 0; i < ARRAY_LEN(ops_filters); i++)
        if (sv_eq_cstr(key, ops_filters[i].key))
            return &ops_filters[i];
    return NULL;
}

static bool has_word(struct sv words, struct sv word)
{
    while (words.len > 0)
        if (sv_eq(sv_split(&words, ' '), word))
            return true;
    return false;
}

static bool check_filters(const struct call *call, struct reply *reply)
{
    for (const cJSON *filter = in_list(call, "OpsItemFilters"); filter; filter = filter->next) {
        struct sv key = json_sv(filter, "Key"), relation = json_sv(filter, "Operator");
        const struct ops_filter *known = find_filter(key);
        if (!known || !has_word(sv_of(known->operators), relation)) {
            reply_error(reply, 0, "ValidationException",
                        "The operator " SV_FMT " is not valid for the filter " SV_FMT ".",
                        SV_ARG(relation), SV_ARG(key));
            return false;
        }
    }
    return true;
}

static bool text_fits(struct sv text, struct sv wanted, bool contains)
{
    return contains ? sv_contains(text, wanted) : sv_eq(text, wanted);
}

static bool time_fits(const cJSON *value, struct sv wanted, bool greater)
{
    int64_t ms;
    if (!clock_parse_iso8601(wanted, &ms))
        return false;
    double at_ms = value->valuedouble * 1000;
    return greater ? at_ms > (double)ms : at_ms < (double)ms;
}

/* {"key":"...","value":"..."} */
static bool pair_fits(const cJSON *data, struct sv wanted)
{
    cJSON *pair = cJSON_Parse(wanted.ptr);
    struct sv key = json_sv(pair, "key"), value = json_sv(pair, "value");
    bool fits = key.ptr && sv_eq(json_sv(json_get(data, key.ptr), "Value"), value);
    cJSON_Delete(pair);
    return fits;
}

static bool any_value_fits(const cJSON *data, struct sv wanted, bool contains)
{
    const cJSON *entry;
    cJSON_ArrayForEach (entry, data) {
        if (sv_eq_cstr(json_sv(entry, "Type"), "SearchableString") &&
            text_fits(json_sv(entry, "Value"), wanted, contains))
            return true;
    }
    return false;
}

static bool fits(const cJSON *doc, const struct ops_filter *filter, struct sv relation,
                 struct sv wanted)
{
    const cJSON *data = json_get(doc, "OperationalData"), *value = json_get(doc, filter->key);
    bool contains = sv_eq_cstr(relation, "Contains");
    switch (filter->how) {
    case BY_TIME:
        return time_fits(value, wanted, sv_eq_cstr(relation, "GreaterThan"));
    case BY_DATA:
        return pair_fits(data, wanted);
    case BY_DATA_KEY:
        return json_get(data, wanted.ptr) != NULL;
    case BY_DATA_VALUE:
        return any_value_fits(data, wanted, contains);
    case BY_RESOURCE:
        return sv_contains(json_sv(json_get(data, "/aws/resources"), "Value"), wanted);
    case BY_TEXT:
        break;
    }
    if (!cJSON_IsNumber(value))
        return text_fits(json_string(value), wanted, contains);
    char number[24];
    snprintf(number, sizeof number, "%d", value->valueint);
    return sv_eq_cstr(wanted, number);
}

static bool passes(const struct call *call, const cJSON *doc)
{
    for (const cJSON *filter = in_list(call, "OpsItemFilters"); filter; filter = filter->next) {
        const struct ops_filter *known = find_filter(json_sv(filter, "Key"));
        bool any = false;
        for (const cJSON *value = json_items(filter, "Values"); value && !any; value = value->next)
            any = fits(doc, known, json_sv(filter, "Operator"), json_string(value));
        if (!any)
            return false;
    }
    return true;
}

/* --- the list ------------------------------------------------------------------------------- */

struct ops_page {
    const struct call *call;
    const struct ops_store *store;
};

/* The newest first. */
static void add_summary(void *arg, size_t i, cJSON *list)
{
    static const char *const members[] = {"CreatedBy",        "CreatedTime",     "LastModifiedBy",
                                          "LastModifiedTime", "Priority",        "Source",
                                          "Status",           "OpsItemId",       "Title",
                                          "OperationalData",  "Category",        "Severity",
                                          "OpsItemType",      "ActualStartTime", "ActualEndTime",
                                          "PlannedStartTime", "PlannedEndTime"};
    const struct ops_page *page = arg;
    const cJSON *doc = page->store->items.ptr[page->store->items.len - 1 - i].doc;
    if (!passes(page->call, doc))
        return;
    cJSON *summary = cJSON_CreateObject();
    for (size_t m = 0; m < ARRAY_LEN(members); m++) {
        const cJSON *value = json_get(doc, members[m]);
        if (value)
            set_member(summary, members[m], value);
    }
    cJSON_AddItemToArray(list, summary);
}

void ssm_describe_ops_items(struct world *world, const struct call *call, struct reply *reply)
{
    struct ops_page page = {call, store_of(world, call)};
    if (!check_filters(call, reply))
        return;
    page_reply(call, reply,
               &(struct page_spec){.list_member = "OpsItemSummaries",
                                   .n_items = page.store->items.len,
                                   .page_default = 50,
                                   .page_max = 50,
                                   .add_item = add_summary,
                                   .arg = &page});
}
