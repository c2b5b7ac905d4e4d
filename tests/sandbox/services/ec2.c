#include "tests/sandbox/services/ec2.h"

#include <ctype.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/world/security_group.h"
#include "tests/sandbox/world/template.h"

#define FILTER_VALUES_MAX 200
#define PAGE_SIZE_MIN     5
#define PAGE_SIZE_MAX     1000

struct cell *call_cell(struct world *world, const struct call *call)
{
    return world_cell(world, call->account_id, call->region);
}

cJSON *ec2_document(struct world *world, struct ref ref)
{
    cJSON *doc = doc_live(world, ref);
    if (doc && ref.type == EC2_SECURITY_GROUP)
        security_group_write_permissions(cJSON_GetObjectItemCaseSensitive(doc, "configuration"),
                                         json_get(doc, "rules"));
    return doc;
}

/* --- the shape of replies ------------------------------------------------------------------- */

static bool is_time(const char *key)
{
    static const char *const times[] = {"launchTime", "createTime", "attachTime"};
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        if (strcmp(key, times[i]) == 0)
            return true;
    return false;
}

static cJSON *shape_value(const cJSON *value)
{
    int64_t ms;
    if (value->string && is_time(value->string) && cJSON_IsString(value) &&
        clock_parse_iso8601(sv_of(value->valuestring), &ms))
        return cJSON_CreateNumber((double)ms / 1000.0);
    if (!cJSON_IsArray(value))
        return cJSON_IsObject(value) ? ec2_shape(value) : cJSON_Duplicate(value, true);
    cJSON *list = cJSON_CreateArray();
    const cJSON *item;
    cJSON_ArrayForEach (item, value)
        cJSON_AddItemToArray(list, shape_value(item));
    return list;
}

/* AWS Config's ipRanges are bare texts beside ipv4Ranges, which are what EC2 calls IpRanges. */
static const char *shape_name(const char *key, char *name, size_t size)
{
    if (strcmp(key, "ipRanges") == 0)
        return NULL;
    sv_copy(sv_of(key), name, size);
    name[0] = (char)toupper((unsigned char)name[0]);
    return strcmp(key, "ipv4Ranges") == 0 ? "IpRanges" : name;
}

cJSON *ec2_shape(const cJSON *configuration)
{
    cJSON *shaped = cJSON_CreateObject();
    const cJSON *member;
    cJSON_ArrayForEach (member, configuration) {
        char buffer[64];
        const char *name = shape_name(member->string, buffer, sizeof buffer);
        if (name)
            cJSON_AddItemToObject(shaped, name, shape_value(member));
    }
    return shaped;
}

cJSON *ec2_tags(const cJSON *doc)
{
    cJSON *tags = cJSON_CreateArray();
    const cJSON *tag;
    cJSON_ArrayForEach (tag, json_get(doc, "tags"))
        cJSON_AddItemToArray(tags, json_make("{Key:%s,Value:%s}", tag->string, tag->valuestring));
    return tags;
}

/* --- filters -------------------------------------------------------------------------------- */

bool ec2_filter_matches(const char *pattern, const char *value)
{
    for (; *pattern; pattern++, value++) {
        if (*pattern == '*') {
            for (const char *rest = value;; rest++) {
                if (ec2_filter_matches(pattern + 1, rest))
                    return true;
                if (!*rest)
                    return false;
            }
        }
        if (!*value)
            return false;
        bool any = *pattern == '?';
        if (*pattern == '\\' && pattern[1])
            pattern++;
        if (!any && *pattern != *value)
            return false;
    }
    return !*value;
}

static bool any_value_matches(const cJSON *filter, const char *text)
{
    for (const cJSON *value = json_items(filter, "Values"); value; value = value->next)
        if (ec2_filter_matches(cJSON_GetStringValue(value), text))
            return true;
    return false;
}

static bool scalar_matches(const cJSON *filter, const cJSON *node)
{
    if (cJSON_IsString(node))
        return any_value_matches(filter, node->valuestring);
    if (cJSON_IsBool(node))
        return any_value_matches(filter, cJSON_IsTrue(node) ? "true" : "false");
    AUTO_FREE char *number = cJSON_IsNumber(node) ? json_print(node) : NULL;
    return number && any_value_matches(filter, number);
}

static bool path_matches(const cJSON *filter, const cJSON *node, struct sv path)
{
    if (cJSON_IsArray(node)) {
        const cJSON *item;
        cJSON_ArrayForEach (item, node)
            if (path_matches(filter, item, path))
                return true;
        return false;
    }
    if (path.len == 0)
        return scalar_matches(filter, node);
    char key[64];
    sv_copy(sv_split(&path, '.'), key, sizeof key);
    const cJSON *member = json_get(node, key);
    return member && path_matches(filter, member, path);
}

static bool tags_match(const cJSON *filter, struct sv name, const cJSON *tags)
{
    const cJSON *tag;
    bool by_key = sv_eq_cstr(name, "tag-key");
    sv_split(&name, ':');
    cJSON_ArrayForEach (tag, tags) {
        if (by_key ? any_value_matches(filter, tag->string)
                   : sv_eq_cstr(name, tag->string) && any_value_matches(filter, tag->valuestring))
            return true;
    }
    return false;
}

static bool is_tag_filter(struct sv name)
{
    return sv_eq_cstr(name, "tag-key") || (sv_starts(name, SV("tag:")) && name.len > 4);
}

static const struct ec2_filter *find_filter(struct sv name, const struct ec2_filter *filters,
                                            size_t n_filters)
{
    for (size_t i = 0; i < n_filters; i++)
        if (sv_eq_cstr(name, filters[i].name))
            return &filters[i];
    return NULL;
}

bool ec2_check_filters(const struct call *call, struct reply *reply,
                       const struct ec2_filter *filters, size_t n_filters)
{
    for (const cJSON *filter = in_list(call, "Filters"); filter; filter = filter->next) {
        struct sv name = json_sv(filter, "Name");
        const cJSON *values = json_get(filter, "Values");
        if (!is_tag_filter(name) && !find_filter(name, filters, n_filters)) {
            reply_error(reply, 0, "InvalidParameterValue", "The filter '" SV_FMT "' is invalid",
                        SV_ARG(name));
            return false;
        }
        if (cJSON_GetArraySize(values) == 0) {
            reply_error(reply, 0, "InvalidParameterValue", "The filter '" SV_FMT "' has no values",
                        SV_ARG(name));
            return false;
        }
        if (cJSON_GetArraySize(values) > FILTER_VALUES_MAX) {
            reply_error(reply, 0, "FilterLimitExceeded",
                        "The maximum number of filter values specified on a single call is %d",
                        FILTER_VALUES_MAX);
            return false;
        }
    }
    return true;
}

bool ec2_passes_filters(const struct call *call, const char *id, const cJSON *doc,
                        const struct ec2_filter *filters, size_t n_filters)
{
    for (const cJSON *filter = in_list(call, "Filters"); filter; filter = filter->next) {
        struct sv name = json_sv(filter, "Name");
        const struct ec2_filter *by_path = find_filter(name, filters, n_filters);
        bool matches =
            !by_path ? tags_match(filter, name, json_get(doc, "tags"))
            : strcmp(by_path->path, "#id") == 0
                ? any_value_matches(filter, id)
                : path_matches(filter, json_get(doc, "configuration"), sv_of(by_path->path));
        if (!matches)
            return false;
    }
    return true;
}

/* --- selecting ------------------------------------------------------------------------------ */

static bool is_well_formed(const char *id, const char *prefix)
{
    size_t len = strlen(prefix);
    if (strncmp(id, prefix, len) != 0)
        return false;
    size_t digits = strspn(id + len, "0123456789abcdef");
    return id[len + digits] == '\0' && (digits == 8 || digits == 17);
}

bool ec2_check_id(struct reply *reply, const char *id, const char *prefix, const char *code)
{
    if (is_well_formed(id, prefix))
        return true;
    if (strncmp(id, prefix, strlen(prefix)) == 0)
        reply_error(reply, 0, code, "Invalid id: \"%s\"", id);
    else
        reply_error(reply, 0, code, "Invalid id: \"%s\" (expecting \"%s...\")", id, prefix);
    return false;
}

static bool select_ids(struct world *world, uint32_t cell, struct reply *reply,
                       const struct ec2_listing *listing, const cJSON *id, ref_list *selected)
{
    for (; id; id = id->next) {
        struct ref ref;
        const char *text = cJSON_GetStringValue(id);
        if (!ec2_check_id(reply, text, listing->id_prefix, listing->malformed))
            return false;
        if (!resource_find(world, cell, listing->type, text, &ref) || !doc_exists(world, ref)) {
            reply_error(reply, 0, listing->not_found, "The %s '%s' does not exist", listing->noun,
                        text);
            return false;
        }
        vec_push(selected, ref);
    }
    return true;
}

static void select_all(struct world *world, uint32_t cell, enum resource_type type,
                       ref_list *selected)
{
    uint64_t n = resource_count(world, cell, type);
    for (uint64_t i = 0; i < n; i++) {
        struct ref ref = {.type = type, .cell = cell, .index = i};
        if (doc_exists(world, ref))
            vec_push(selected, ref);
    }
}

static void keep_filtered(struct world *world, const struct call *call,
                          const struct ec2_listing *listing, ref_list *selected)
{
    size_t kept = 0;
    for (size_t i = 0; i < selected->len; i++) {
        char id[RESOURCE_ID_SIZE];
        cJSON *doc = ec2_document(world, selected->ptr[i]);
        resource_id(world, selected->ptr[i], id);
        if (ec2_passes_filters(call, id, doc, listing->filters, listing->n_filters))
            selected->ptr[kept++] = selected->ptr[i];
        cJSON_Delete(doc);
    }
    selected->len = kept;
}

/* Where the model leaves it open EC2 allows 5 to 1000 all the same. */
static bool check_page_size(const struct call *call, struct reply *reply)
{
    int64_t size = in_i64(call, "MaxResults", PAGE_SIZE_MIN);
    if (size >= PAGE_SIZE_MIN && size <= PAGE_SIZE_MAX)
        return true;
    reply_error(reply, 0, "InvalidParameterValue",
                "Value ( %lld ) for parameter maxResults is invalid. Expecting a value %s than or "
                "equal to %d.",
                (long long)size, size < PAGE_SIZE_MIN ? "greater" : "less",
                size < PAGE_SIZE_MIN ? PAGE_SIZE_MIN : PAGE_SIZE_MAX);
    return false;
}

bool ec2_select(struct world *world, const struct call *call, struct reply *reply,
                const struct ec2_listing *listing, ref_list *selected)
{
    uint32_t cell = cell_number(world, call_cell(world, call));
    const cJSON *ids = in_list(call, listing->ids_member);
    if (!ec2_check_filters(call, reply, listing->filters, listing->n_filters))
        return false;
    if (listing->ids_exclude_paging && !check_page_size(call, reply))
        return false;
    if (ids && listing->ids_exclude_paging && in_i64(call, "MaxResults", 0)) {
        reply_error(reply, 0, "InvalidParameterCombination",
                    "The parameter %s cannot be used with the parameter maxResults",
                    listing->ids_member);
        return false;
    }
    if (!ids)
        select_all(world, cell, listing->type, selected);
    else if (!select_ids(world, cell, reply, listing, ids, selected))
        return false;
    if (in_list(call, "Filters"))
        keep_filtered(world, call, listing, selected);
    return true;
}

struct list_args {
    struct world *world;
    const ref_list *refs;
    cJSON *(*make)(struct world *world, struct ref ref);
};

static void add_ref(void *arg, size_t i, cJSON *list)
{
    const struct list_args *args = arg;
    cJSON_AddItemToArray(list, args->make(args->world, args->refs->ptr[i]));
}

void ec2_reply_list(struct world *world, const struct call *call, struct reply *reply,
                    const char *member, const ref_list *refs,
                    cJSON *(*make)(struct world *world, struct ref ref))
{
    struct list_args args = {.world = world, .refs = refs, .make = make};
    page_reply(call, reply,
               &(struct page_spec){.list_member = member,
                                   .n_items = refs->len,
                                   .page_default = refs->len + 1,
                                   .add_item = add_ref,
                                   .arg = &args});
}
