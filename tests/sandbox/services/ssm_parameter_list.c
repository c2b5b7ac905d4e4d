/* ssm_parameter_list: lists of parameters, by path and by what they are. */
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/ssm_parameter.h"
#include "tests/sandbox/world/template.h"

/* A page of GetParametersByPath looks at so many parameters, whether they are below the path or
 * not: so a page may be short or empty although more follows. */
#define LOOKED_AT 24

struct list_page {
    struct world *world;
    const struct call *call;
    struct reply *reply;
    struct parameter_store *store;
    struct sv path;
    bool recursive;
};

static bool is_wanted(const struct list_page *page, struct sv name)
{
    struct sv path = page->path;
    if (sv_eq_cstr(path, "/"))
        path = SV("");
    if (!parameter_is_below(name, path) || name.len <= path.len)
        return false;
    struct sv rest = {name.ptr + path.len + 1, name.len - path.len - 1};
    return name.ptr[0] == '/' && (page->recursive || !memchr(rest.ptr, '/', rest.len));
}

static void add_by_path(void *arg, size_t i, cJSON *list)
{
    const struct list_page *page = arg;
    const struct parameter *parameter = &page->store->items.ptr[i];
    if (*page->reply->code || !is_wanted(page, sv_of(parameter->name)) ||
        !ssm_passes_filters(page->call, parameter))
        return;
    ssm_add_parameter(page->world, page->call, page->reply, parameter_latest(parameter), "", list);
}

static bool has_looked_enough(void *arg, size_t i)
{
    (void)arg;
    return i % LOOKED_AT == 0;
}

static bool is_path(struct sv path)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";
    return path.len > 0 && path.ptr[0] == '/' && strspn(path.ptr, allowed) >= path.len;
}

/* Without the slash at its end. */
static bool read_path(const struct call *call, struct reply *reply, struct sv *path)
{
    *path = sv_of(in_str(call, "Path"));
    if (!is_path(*path)) {
        reply_error(reply, 0, "ValidationException",
                    "The parameter doesn't meet the parameter name requirements. The parameter "
                    "name must begin with a forward slash \"/\". It can't be prefixed with \"aws\" "
                    "or \"ssm\" (case-insensitive). It must use only letters, numbers, or the "
                    "following symbols: . (period), - (hyphen), _ (underscore).");
        return false;
    }
    if (path->len > 1 && path->ptr[path->len - 1] == '/')
        path->len--;
    return true;
}

void ssm_get_parameters_by_path(struct world *world, const struct call *call, struct reply *reply)
{
    static const struct ssm_filter_rule rules[] = {{"Type", "Equals BeginsWith"},
                                                   {"KeyId", "Equals BeginsWith"},
                                                   {"Label", "Equals"},
                                                   {NULL, NULL}};
    struct list_page page = {
        world, call, reply, ssm_parameters(world, call), SV_NONE, in_bool(call, "Recursive")};
    if (!read_path(call, reply, &page.path) || !ssm_check_filters(call, reply, rules) ||
        !ssm_parameter_take(world, call, reply) ||
        !ssm_parameter_is_open(world, call, reply, page.path))
        return;
    page_reply(call, reply,
               &(struct page_spec){.list_member = "Parameters",
                                   .n_items = page.store->items.len,
                                   .page_default = 10,
                                   .page_max = 10,
                                   .add_item = add_by_path,
                                   .ends_before = has_looked_enough,
                                   .arg = &page});
}

/* --- what there is -------------------------------------------------------------------------- */

static void add_metadata(void *arg, size_t i, cJSON *list)
{
    static const char *const members[] = {
        "Name",           "Type",    "KeyId", "LastModifiedDate", "LastModifiedUser", "Description",
        "AllowedPattern", "Version", "Tier",  "Policies",         "DataType"};
    const struct list_page *page = arg;
    const struct parameter *parameter = &page->store->items.ptr[i];
    char arn[PARAMETER_ARN_SIZE];
    if (!ssm_passes_filters(page->call, parameter))
        return;
    cJSON *made = cJSON_CreateObject();
    for (size_t m = 0; m < ARRAY_LEN(members); m++) {
        const cJSON *value = json_get(parameter_latest(parameter), members[m]);
        if (value)
            cJSON_AddItemToObject(made, members[m], cJSON_Duplicate(value, true));
    }
    parameter_arn(page->world, page->store->cell, parameter->name, arn);
    cJSON_AddStringToObject(made, "ARN", arn);
    cJSON_AddItemToArray(list, made);
}

void ssm_describe_parameters(struct world *world, const struct call *call, struct reply *reply)
{
    static const struct ssm_filter_rule rules[] = {{"Name", "Equals BeginsWith Contains"},
                                                   {"Path", "OneLevel Recursive"},
                                                   {"Type", "Equals BeginsWith"},
                                                   {"KeyId", "Equals BeginsWith"},
                                                   {"Tier", "Equals"},
                                                   {"DataType", "Equals BeginsWith"},
                                                   {"tag:", "Equals BeginsWith"},
                                                   {NULL, NULL}};
    struct list_page page = {
        .world = world, .call = call, .reply = reply, .store = ssm_parameters(world, call)};
    if (in_list(call, "Filters") && in_list(call, "ParameterFilters")) {
        reply_error(reply, 0, "ValidationException",
                    "You can use either Filters or ParameterFilters in a single request.");
        return;
    }
    if (!ssm_check_filters(call, reply, rules))
        return;
    page_reply(call, reply,
               &(struct page_spec){.list_member = "Parameters",
                                   .n_items = page.store->items.len,
                                   .page_default = 50,
                                   .page_max = 50,
                                   .add_item = add_metadata,
                                   .arg = &page});
}
