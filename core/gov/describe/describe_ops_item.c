/* describe_ops_item: an OpsItem: what it says, where it comes from, what it is about. */
#include "core/gov/describe/describing.h"
#include "core/gov/systems_manager/automation.h"

static void ops_item_begin(struct inquiry *inquiry, struct describing *describing)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "OpsItemId", describing->proposal);
    inquiry_read(inquiry, OP_ssm_GetOpsItem, &describing->target, params, NULL);
    changes_ask(inquiry, describing, describing->proposal);
}

static void tell_item(struct describing *describing, const cJSON *item)
{
    static const struct told_member members[] = {
        {"OpsItemId", "id", true},
        {"Title", "title", false},
        {"Description", "description", false},
        {"Status", "status", false},
        {"Severity", "severity", false},
        {"Priority", "priority", false},
        {"Category", "category", false},
        {"Source", "source", false},
        {"OpsItemType", "type", true},
        {"CreatedBy", "created by", true},
    };
    tell_members(describing, "OpsItem", item, members, ARRAY_LEN(members));
    tell_time(describing, "OpsItem", "created at", item, "CreatedTime");
    tell_identity(describing, "OpsItem", SV("changed by"), json_sv(item, "LastModifiedBy"));
    tell_time(describing, "OpsItem", "changed at", item, "LastModifiedTime");
}

/* "/aws/resources" holds [{"arn": "..."}], "/aws/automations" [{"automationType": ...,
 * "automationId": ...}], as texts: each member of an entry is a line. */
static void tell_list(struct describing *describing, const char *section, const cJSON *data,
                      const char *key)
{
    AUTO(json_free_at) cJSON *list = NULL;
    json_parse(json_sv(json_get(data, key), "Value"), key, &list, NULL);
    for (const cJSON *entry = cJSON_IsArray(list) ? list->child : NULL; entry; entry = entry->next)
        for (const cJSON *member = entry->child; member; member = member->next)
            tell_identity(describing, section, sv_of(member->string), json_string(member));
}

/* What people and programs have added, in one line each; AWS's own names have places of their own.
 */
static void tell_data(struct describing *describing, const cJSON *data)
{
    const cJSON *entry;
    cJSON_ArrayForEach (entry, data) {
        struct sv key = sv_of(entry->string);
        if (!sv_eq(key, SV("/aws/resources")) && !sv_eq(key, SV("/aws/automations")))
            tell(describing, "Operational data", key,
                 automation_is_secret(key) ? SV("(not shown)") : json_sv(entry, "Value"));
    }
}

static void tell_related(struct describing *describing, const cJSON *item)
{
    for (const cJSON *one = json_items(item, "RelatedOpsItems"); one; one = one->next)
        tell_identity(describing, "Related", SV("OpsItem"), json_sv(one, "OpsItemId"));
    for (const cJSON *one = json_items(item, "Notifications"); one; one = one->next)
        tell_identity(describing, "Related", SV("tells"), json_sv(one, "Arn"));
}

/* As AWS has it, but for what nobody is to see. */
static void tell_whole(struct describing *describing, const cJSON *item)
{
    AUTO(json_free_at) cJSON *shown = cJSON_Duplicate(item, true);
    cJSON *entry;
    cJSON_ArrayForEach (entry, cJSON_GetObjectItemCaseSensitive(shown, "OperationalData")) {
        if (automation_is_secret(sv_of(entry->string)))
            cJSON_ReplaceItemInObjectCaseSensitive(entry, "Value",
                                                   cJSON_CreateString("(not shown)"));
    }
    tell_json(describing, shown);
}

static void ops_item_end(struct inquiry *inquiry, struct describing *describing)
{
    const cJSON *item = json_get(inquiry_page(inquiry, OP_ssm_GetOpsItem, 0), "OpsItem");
    const cJSON *data = json_get(item, "OperationalData");
    tell_item(describing, item);
    tell_list(describing, "Resources", data, "/aws/resources");
    tell_list(describing, "Runbooks", data, "/aws/automations");
    tell_data(describing, data);
    tell_related(describing, item);
    tell_whole(describing, item);
}

const struct describer describer_ops_item = {ops_item_begin, ops_item_end};
