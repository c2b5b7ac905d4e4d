/* ListCommandInvocations: what Run Command had nodes do, before the sandbox began. */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/ssm.h"
#include "tests/sandbox/services/ssm_command_past.h"

#define PAGE_MAX 50

struct item {
    int64_t asked_ms;
    struct command_look look;
};

/* --- filters ---------------------------------------------------------------------------------- */

static int64_t time_of(struct sv value)
{
    int64_t at_ms = 0;
    clock_parse_iso8601(value, &at_ms);
    return at_ms;
}

static bool is_after(const struct item *item, struct sv value)
{
    return item->asked_ms > time_of(value);
}

static bool is_before(const struct item *item, struct sv value)
{
    return item->asked_ms < time_of(value);
}

static bool has_status(const struct item *item, struct sv value)
{
    return sv_eq_cstr(value, item->look.status);
}

static bool is_complete(const struct item *item, struct sv value)
{
    (void)item;
    return sv_eq_cstr(value, "Complete");
}

static bool has_document(const struct item *item, struct sv value)
{
    return sv_eq_cstr(value, item->look.document);
}

/* The keys are those of the model, which has been checked. */
static const struct {
    const char *key;
    bool is_time;
    bool (*fits)(const struct item *item, struct sv value);
} filters[] = {
    {"InvokedAfter", true, is_after},      {"InvokedBefore", true, is_before},
    {"Status", false, has_status},         {"ExecutionStage", false, is_complete},
    {"DocumentName", false, has_document},
};

static bool filter_fits(const cJSON *filter, const struct item *item)
{
    for (size_t i = 0; i < ARRAY_LEN(filters); i++)
        if (sv_eq_cstr(json_sv(filter, "key"), filters[i].key))
            return filters[i].fits(item, json_sv(filter, "value"));
    return false;
}

static bool check_times(const struct call *call, struct reply *reply)
{
    int64_t at_ms;
    for (const cJSON *f = in_list(call, "Filters"); f; f = f->next)
        for (size_t i = 0; i < ARRAY_LEN(filters); i++)
            if (filters[i].is_time && sv_eq_cstr(json_sv(f, "key"), filters[i].key) &&
                !clock_parse_iso8601(json_sv(f, "value"), &at_ms)) {
                reply_error(reply, 400, "ValidationException",
                            "The value of the filter %s is no time of ISO 8601.", filters[i].key);
                return false;
            }
    return true;
}

static bool is_listed(const struct call *call, const struct item *item)
{
    const char *command = in_str(call, "CommandId"), *node = in_str(call, "InstanceId");
    if ((*command && strcmp(command, item->look.id) != 0) ||
        (*node && strcmp(node, item->look.node_id) != 0))
        return false;
    for (const cJSON *f = in_list(call, "Filters"); f; f = f->next)
        if (!filter_fits(f, item))
            return false;
    return true;
}

/* --- the list --------------------------------------------------------------------------------- */

struct listed {
    struct world *world;
    const struct call *call;
    pasts past; /* that fit */
};

static struct item item_of(struct world *world, const struct past *past)
{
    struct item item = {.asked_ms = past->at_ms};
    past_command_fill(world, past, &item.look);
    return item;
}

static void add_logs(cJSON *to, const struct command_look *look)
{
    cJSON *logs = cJSON_AddObjectToObject(to, "CloudWatchOutputConfig");
    cJSON_AddStringToObject(logs, "CloudWatchLogGroupName", "");
    cJSON_AddBoolToObject(logs, "CloudWatchOutputEnabled", look->is_logged);
}

static void add_plugins(cJSON *to, const struct item *item, bool with_details)
{
    cJSON *plugins = cJSON_AddArrayToObject(to, "CommandPlugins");
    if (!with_details)
        return;
    cJSON *plugin = cJSON_CreateObject();
    cJSON_AddStringToObject(plugin, "Name", "aws:runShellScript");
    cJSON_AddStringToObject(plugin, "Status", item->look.status);
    cJSON_AddStringToObject(plugin, "StatusDetails", item->look.status);
    cJSON_AddNumberToObject(plugin, "ResponseCode",
                            strcmp(item->look.status, "Success") == 0 ? 0 : 1);
    cJSON_AddStringToObject(plugin, "Output", item->look.shown);
    cJSON_AddItemToArray(plugins, plugin);
}

static void add_item(void *arg, size_t i, cJSON *list)
{
    struct listed *listed = arg;
    struct item item = item_of(listed->world, &listed->past.ptr[i]);
    cJSON *to = cJSON_CreateObject();
    cJSON_AddStringToObject(to, "CommandId", item.look.id);
    cJSON_AddStringToObject(to, "InstanceId", item.look.node_id);
    cJSON_AddStringToObject(to, "InstanceName", "");
    cJSON_AddStringToObject(to, "Comment", item.look.comment);
    cJSON_AddStringToObject(to, "DocumentName", item.look.document);
    cJSON_AddStringToObject(to, "DocumentVersion", "$DEFAULT");
    cJSON_AddNumberToObject(to, "RequestedDateTime", (double)item.asked_ms / 1000);
    cJSON_AddStringToObject(to, "Status", item.look.status);
    cJSON_AddStringToObject(to, "StatusDetails", item.look.status);
    cJSON_AddStringToObject(to, "StandardOutputUrl", "");
    cJSON_AddStringToObject(to, "StandardErrorUrl", "");
    cJSON_AddStringToObject(to, "ServiceRole", "");
    add_plugins(to, &item, in_bool(listed->call, "Details"));
    add_logs(to, &item.look);
    cJSON_AddItemToArray(list, to);
}

static void keep_listed(struct listed *listed)
{
    size_t n = 0;
    for (size_t i = 0; i < listed->past.len; i++) {
        struct item item = item_of(listed->world, &listed->past.ptr[i]);
        if (is_listed(listed->call, &item))
            listed->past.ptr[n++] = listed->past.ptr[i];
    }
    listed->past.len = n;
}

void ssm_list_command_invocations(struct world *world, const struct call *call, struct reply *reply)
{
    struct listed listed = {world, call, {0}};
    const struct cell *cell = world_cell(world, call->account_id, call->region);
    if (!check_times(call, reply))
        return;
    if (cell)
        past_commands_find(world, cell_number(world, cell), &listed.past);
    keep_listed(&listed);
    page_reply(call, reply,
               &(struct page_spec){.list_member = "CommandInvocations",
                                   .n_items = listed.past.len,
                                   .page_default = PAGE_MAX,
                                   .page_max = PAGE_MAX,
                                   .add_item = add_item,
                                   .arg = &listed});
    vec_free(&listed.past);
}
