/* svc_ssm: the nodes that report to Systems Manager. */
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/ssm.h"
#include "tests/sandbox/services/ssm_automation.h"
#include "tests/sandbox/services/ssm_document.h"
#include "tests/sandbox/services/ssm_parameter.h"
#include "tests/sandbox/world/template.h"

#define PAGE_MAX  50
#define MINUTE_MS INT64_C(60000)
#define LATEST    "3.3.987.0"

bool node_open(struct world *world, struct ref ref, struct node *node)
{
    *node = (struct node){.world = world};
    struct ref instance = ref;
    instance.type = EC2_INSTANCE;
    resource_describe(world, ref, &node->resource);
    node->inventory = doc_live(world, ref);
    node->instance = doc_live(world, instance);
    const cJSON *configuration = json_get(node->inventory, "configuration");
    const cJSON *content = json_path(configuration, "AWS:InstanceInformation.Content");
    node->about = json_get(content, node->resource.id);
    return node->about && node->instance;
}

void node_close(struct node *node)
{
    cJSON_Delete(node->inventory);
    cJSON_Delete(node->instance);
}

const char *node_about(const struct node *node, const char *member)
{
    const cJSON *value = json_get(node->about, member);
    return cJSON_IsString(value) ? value->valuestring : "";
}

bool node_is_online(const struct node *node)
{
    return sv_eq_cstr(json_string(json_path(node->instance, "configuration.state.name")),
                      "running") &&
           strcmp(node_about(node, "InstanceStatus"), "Active") == 0;
}

int64_t node_last_ping_ms(const struct node *node, int64_t now_ms)
{
    int64_t phase_ms = (int64_t)ref_random(node->world, node->resource.ref, 20, 5 * MINUTE_MS);
    int64_t start_ms = node->world->start_ms;
    if (!node_is_online(node))
        return start_ms -
               (int64_t)ref_random(node->world, node->resource.ref, 21, 4000) * MINUTE_MS;
    return now_ms - (now_ms - start_ms + phase_ms) % (5 * MINUTE_MS);
}

static const char *ping_status(const struct node *node)
{
    return node_is_online(node) ? "Online" : "ConnectionLost";
}

/* --- filters -------------------------------------------------------------------------------- */

struct filter_key {
    const char *name;
    const char *(*value)(const struct node *node);
};

static const char *instance_id(const struct node *node)
{
    return node->resource.id;
}

static const char *agent_version(const struct node *node)
{
    return node_about(node, "AgentVersion");
}

static const char *platform_type(const struct node *node)
{
    return node_about(node, "PlatformType");
}

static const char *resource_type(const struct node *node)
{
    (void)node;
    return "EC2Instance";
}

static const char *association_status(const struct node *node)
{
    return node_is_online(node) ? "Success" : "Pending";
}

static const char *no_value(const struct node *node)
{
    (void)node;
    return ""; /* of hybrid nodes only */
}

static const struct filter_key filter_keys[] = {
    {"InstanceIds", instance_id},    {"AgentVersion", agent_version},
    {"PingStatus", ping_status},     {"PlatformTypes", platform_type},
    {"ResourceType", resource_type}, {"AssociationStatus", association_status},
    {"ActivationIds", no_value},     {"IamRole", no_value},
};

static const struct filter_key *find_key(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(filter_keys); i++)
        if (sv_eq_cstr(name, filter_keys[i].name))
            return &filter_keys[i];
    return NULL;
}

/* tag:NAME and tag-key look at the instance's tags. */
static bool tag_matches(const struct node *node, struct sv key, const cJSON *values)
{
    const cJSON *tags = json_get(node->instance, "tags"), *tag;
    bool by_name = sv_eq_cstr(key, "tag-key");
    sv_split(&key, ':');
    cJSON_ArrayForEach (tag, tags) {
        if (!by_name && !sv_eq_cstr(key, tag->string))
            continue;
        for (const cJSON *value = values; value; value = value->next)
            if (strcmp(value->valuestring, by_name ? tag->string : tag->valuestring) == 0)
                return true;
    }
    return false;
}

static bool is_tag_key(struct sv name)
{
    return sv_eq_cstr(name, "tag-key") || (sv_starts(name, SV("tag:")) && name.len > 4);
}

static bool matches(const struct node *node, struct sv name, const cJSON *values)
{
    const struct filter_key *key = find_key(name);
    if (!key)
        return tag_matches(node, name, values);
    for (; values; values = values->next)
        if (strcmp(key->value(node), values->valuestring) == 0)
            return true;
    return false;
}

/* Both generations of filters; the older has lower-case members and no tags. */
static const struct {
    const char *list, *key, *values;
} filter_forms[] = {{"Filters", "Key", "Values"},
                    {"InstanceInformationFilterList", "key", "valueSet"}};

static bool check_filters(const struct call *call, struct reply *reply)
{
    for (size_t form = 0; form < ARRAY_LEN(filter_forms); form++)
        for (const cJSON *filter = in_list(call, filter_forms[form].list); filter;
             filter = filter->next) {
            struct sv name = json_sv(filter, filter_forms[form].key);
            if (find_key(name) || (form == 0 && is_tag_key(name)))
                continue;
            reply_error(reply, 0, "InvalidFilterKey", "The filter key " SV_FMT " is not valid.",
                        SV_ARG(name));
            return false;
        }
    return true;
}

static bool passes(const struct call *call, const struct node *node)
{
    for (size_t form = 0; form < ARRAY_LEN(filter_forms); form++)
        for (const cJSON *filter = in_list(call, filter_forms[form].list); filter;
             filter = filter->next)
            if (!matches(node, json_sv(filter, filter_forms[form].key),
                         json_items(filter, filter_forms[form].values)))
                return false;
    return true;
}

/* --- the list ------------------------------------------------------------------------------- */

static cJSON *make_information(const struct node *node, int64_t now_ms)
{
    struct sv ip = json_string(json_path(node->instance, "configuration.privateIpAddress"));
    const char *agent = node_about(node, "AgentVersion");
    int64_t associated_ms =
        now_ms - (now_ms - node->world->start_ms + 30 * MINUTE_MS) % (30 * MINUTE_MS);
    return json_make(
        "{InstanceId:%s,PingStatus:%s,LastPingDateTime:%e,AgentVersion:%s,IsLatestVersion:%b,"
        "PlatformType:%s,PlatformName:%s,PlatformVersion:%s,ResourceType:'EC2Instance',"
        "IPAddress:%s,ComputerName:%s,AssociationStatus:%s,LastAssociationExecutionDate:%e,"
        "SourceId:%s,SourceType:'AWS::EC2::Instance'}",
        node->resource.id, ping_status(node), node_last_ping_ms(node, now_ms), agent,
        strcmp(agent, LATEST) == 0, node_about(node, "PlatformType"),
        node_about(node, "PlatformName"), node_about(node, "PlatformVersion"),
        ip.len ? ip.ptr : NULL, node_about(node, "ComputerName"), association_status(node),
        associated_ms, node->resource.id);
}

struct node_page {
    struct world *world;
    const struct call *call;
    uint32_t cell;
};

static void add_node(void *arg, size_t i, cJSON *list)
{
    const struct node_page *page = arg;
    struct node node;
    struct ref ref = {.type = SSM_INVENTORY, .cell = page->cell, .index = i};
    if (node_open(page->world, ref, &node) && passes(page->call, &node))
        cJSON_AddItemToArray(list, make_information(&node, page->call->now_ms));
    node_close(&node);
}

static void describe_instance_information(struct world *world, const struct call *call,
                                          struct reply *reply)
{
    const struct cell *cell = world_cell(world, call->account_id, call->region);
    struct node_page page = {world, call, cell_number(world, cell)};
    if (!check_filters(call, reply))
        return;
    page_reply(call, reply,
               &(struct page_spec){.list_member = "InstanceInformationList",
                                   .n_items = cell_count(world, page.cell, SSM_INVENTORY),
                                   .page_default = PAGE_MAX,
                                   .page_max = PAGE_MAX,
                                   .add_item = add_node,
                                   .arg = &page});
}

static const struct route routes[] = {
    {"AddTagsToResource", ssm_add_tags},
    {"CreateDocument", ssm_create_document},
    {"CreateOpsItem", ssm_create_ops_item},
    {"DeleteDocument", ssm_delete_document},
    {"DeleteParameter", ssm_delete_parameter},
    {"DeleteParameters", ssm_delete_parameters},
    {"DescribeAutomationExecutions", ssm_describe_automation_executions},
    {"DescribeAutomationStepExecutions", ssm_describe_automation_step_executions},
    {"DescribeDocument", ssm_describe_document},
    {"DescribeInstanceInformation", describe_instance_information},
    {"DescribeInstancePatchStates", ssm_describe_patch_states},
    {"DescribeOpsItems", ssm_describe_ops_items},
    {"DescribeParameters", ssm_describe_parameters},
    {"DescribeSessions", ssm_describe_sessions},
    {"GetAutomationExecution", ssm_get_automation_execution},
    {"GetConnectionStatus", ssm_get_connection_status},
    {"GetDocument", ssm_get_document},
    {"GetOpsItem", ssm_get_ops_item},
    {"GetParameter", ssm_get_parameter},
    {"GetParameterHistory", ssm_get_parameter_history},
    {"GetParameters", ssm_get_parameters},
    {"GetParametersByPath", ssm_get_parameters_by_path},
    {"LabelParameterVersion", ssm_label_parameter_version},
    {"ListCommandInvocations", ssm_list_command_invocations},
    {"ListDocumentVersions", ssm_list_document_versions},
    {"ListDocuments", ssm_list_documents},
    {"ListTagsForResource", ssm_list_tags},
    {"PutParameter", ssm_put_parameter},
    {"RemoveTagsFromResource", ssm_remove_tags},
    {"ResumeSession", ssm_resume_session},
    {"SendAutomationSignal", ssm_send_automation_signal},
    {"StartAutomationExecution", ssm_start_automation_execution},
    {"StartSession", ssm_start_session},
    {"StopAutomationExecution", ssm_stop_automation_execution},
    {"TerminateSession", ssm_terminate_session},
    {"UpdateDocument", ssm_update_document},
    {"UpdateDocumentDefaultVersion", ssm_update_document_default_version},
    {"UpdateOpsItem", ssm_update_ops_item},
};

const struct service_routes service_ssm = {"ssm", routes, ARRAY_LEN(routes), NULL};
