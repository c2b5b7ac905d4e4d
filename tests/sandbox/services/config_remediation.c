/* config_remediation: which document mends what a rule finds. */
#include "tests/sandbox/services/config_remediation.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "tests/sandbox/services/config.h"

#define BAD_VALUE "InvalidParameterValueException"

struct remedy *config_find_remedy(struct world *world, const struct call *call, struct reply *reply)
{
    const char *rule = in_str(call, "ConfigRuleName");
    struct remedy *remedy = remedy_find(world, config_cell(world, call), rule);
    if (!remedy)
        reply_error(reply, 0, "NoSuchRemediationConfigurationException",
                    "No RemediationConfiguration for rule %s exists.", rule);
    return remedy;
}

struct remedy_key config_remedy_key(struct world *world, const struct call *call,
                                    const cJSON *resource)
{
    struct remedy_key key = {.cell = config_cell(world, call)};
    struct sv type = json_sv(resource, "resourceType"), id = json_sv(resource, "resourceId");
    str_copy(key.rule, in_str(call, "ConfigRuleName"));
    sv_copy(type.ptr ? type : json_sv(resource, "ResourceType"), key.type, sizeof key.type);
    sv_copy(id.ptr ? id : json_sv(resource, "ResourceId"), key.id, sizeof key.id);
    return key;
}

bool config_is_asked(struct world *world, const struct call *call, const struct remedy_key *key)
{
    const cJSON *asked = in_list(call, "ResourceKeys");
    if (key->cell != config_cell(world, call) ||
        strcmp(key->rule, in_str(call, "ConfigRuleName")) != 0)
        return false;
    for (const cJSON *item = asked; item; item = item->next) {
        struct remedy_key wanted = config_remedy_key(world, call, item);
        if (remedy_key_equal(&wanted, key))
            return true;
    }
    return !asked;
}

/* --- putting ------------------------------------------------------------------------------------
 */

/* The values that the document will get, in the form of an execution's parameters; resource_id
 * stands for RESOURCE_ID. */
static cJSON *make_parameters(const cJSON *configuration, const char *resource_id)
{
    cJSON *made = cJSON_CreateObject();
    const cJSON *parameter;
    cJSON_ArrayForEach (parameter, json_get(configuration, "Parameters")) {
        const cJSON *values = json_path(parameter, "StaticValue.Values");
        cJSON *own = values ? cJSON_Duplicate(values, true) : cJSON_CreateArray();
        if (!values)
            cJSON_AddItemToArray(own, cJSON_CreateString(resource_id));
        cJSON_AddItemToObject(made, parameter->string, own);
    }
    return made;
}

/* The document takes these parameters; why says what it does not. */
static bool check_document(struct world *world, const struct call *call, const cJSON *configuration,
                           struct buf *why)
{
    const char *name = json_sv(configuration, "TargetId").ptr;
    struct sv version = json_sv(configuration, "TargetVersion");
    const struct document *document = document_find(world, config_cell(world, call), name);
    const struct document_version *found =
        document ? document_version(document, version.ptr ? version.ptr : "", "") : NULL;
    if (!found || strcmp(document->type, "Automation") != 0) {
        buf_addf(why, "The SSM document %s does not exist.", name);
        return false;
    }
    AUTO(json_free_at) cJSON *parameters = make_parameters(configuration, "RESOURCE_ID");
    return automation_check_parameters(found->tree, parameters, why);
}

/* The role that the configuration names; "" when it names none. */
static const char *role_of(const cJSON *configuration)
{
    const cJSON *role = json_items(
        json_path(configuration, "Parameters.AutomationAssumeRole.StaticValue"), "Values");
    return cJSON_IsString(role) ? role->valuestring : "";
}

static bool check_role(const struct call *call, const cJSON *configuration, struct reply *reply)
{
    const char *arn = role_of(configuration);
    if (!*arn || !call->principal ||
        iam_decide(call->principal, "iam:PassRole", arn) == DECISION_ALLOW)
        return true;
    reply_error(reply, 0, "InsufficientPermissionsException",
                "User: %s is not authorized to perform: iam:PassRole on resource: %s",
                call->caller_arn, arn);
    return false;
}

static bool check(struct world *world, const struct call *call, const cJSON *configuration,
                  struct reply *reply)
{
    AUTO(buf_done) struct buf why = BUF_NONE;
    const char *rule = json_sv(configuration, "ConfigRuleName").ptr;
    const struct deployed *deployed = evaluation_rule(world, config_cell(world, call), rule);
    if (!deployed)
        buf_addf(&why, "The config rule %s does not exist.", rule);
    else if (deployed->rule->traits & PACK)
        buf_addf(&why, "The config rule %s is service-linked: it takes no remediation.", rule);
    else if (json_get(configuration, "CreatedByService"))
        buf_add_cstr(&why, "CreatedByService may not be given.");
    else if (check_document(world, call, configuration, &why))
        return check_role(call, configuration, reply);
    reply_error(reply, 0, BAD_VALUE, "%s", buf_cstr(&why));
    return false;
}

static void put(struct world *world, const struct call *call, const cJSON *configuration)
{
    char arn[512];
    const char *rule = json_sv(configuration, "ConfigRuleName").ptr;
    cJSON *own = cJSON_Duplicate(configuration, true);
    snprintf(arn, sizeof arn, "arn:aws:config:%s:%s:remediation-configuration/%s/%s", call->region,
             call->account_id, rule, json_sv(configuration, "TargetId").ptr);
    cJSON_DeleteItemFromObjectCaseSensitive(own, "Arn");
    cJSON_AddStringToObject(own, "Arn", arn);
    if (!json_get(own, "Automatic"))
        cJSON_AddBoolToObject(own, "Automatic", false);
    remedy_put(world, config_cell(world, call), rule, own);
}

/* All or none: a configuration that is refused refuses the call. */
void config_put_remediation(struct world *world, const struct call *call, struct reply *reply)
{
    const cJSON *first = in_list(call, "RemediationConfigurations");
    for (const cJSON *it = first; it; it = it->next) {
        if (json_bool(it, "Automatic", false)) {
            reply_error(reply, 501, "NotImplemented",
                        "The sandbox remediates on request alone; put Automatic false.");
            return;
        }
        if (!check(world, call, it, reply))
            return;
    }
    for (const cJSON *it = first; it; it = it->next)
        put(world, call, it);
    cJSON_AddArrayToObject(reply->output, "FailedBatches");
}

void config_describe_remediations(struct world *world, const struct call *call, struct reply *reply)
{
    cJSON *list = cJSON_AddArrayToObject(reply->output, "RemediationConfigurations");
    for (const cJSON *name = in_list(call, "ConfigRuleNames"); name; name = name->next) {
        const struct remedy *remedy =
            remedy_find(world, config_cell(world, call), name->valuestring);
        if (remedy)
            cJSON_AddItemToArray(list, cJSON_Duplicate(remedy->configuration, true));
    }
}

/* --- deleting and starting
 * ------------------------------------------------------------------------ */

static bool is_running(struct world *world, const struct remedy_run *run)
{
    const struct automation *automation = automation_find(world, run->key.cell, run->automation_id);
    return automation && !run_status_is_end(automation->status);
}

void config_delete_remediation(struct world *world, const struct call *call, struct reply *reply)
{
    const struct remediations *all = remediations_of(world);
    struct remedy *remedy = config_find_remedy(world, call, reply);
    for (size_t i = 0; remedy && i < all->runs.len; i++) {
        const struct remedy_run *run = &all->runs.ptr[i];
        if (run->key.cell == remedy->cell && strcmp(run->key.rule, remedy->rule) == 0 &&
            is_running(world, run)) {
            reply_error(reply, 0, "RemediationInProgressException",
                        "Remediation action is in progress for rule %s.", remedy->rule);
            return;
        }
    }
    if (remedy)
        remedy_remove(world, remedy);
}

static bool can_assume(const char *account_id, const char *role)
{
    char own[160];
    snprintf(own, sizeof own, "arn:aws:iam::%s:role/" ROLE_AUTOMATION, account_id);
    return !*role || strcmp(role, own) == 0;
}

static void start(struct world *world, const struct call *call, const struct remedy *remedy,
                  const struct remedy_key *key)
{
    const char *version = json_sv(remedy->configuration, "TargetVersion").ptr;
    const struct document *document =
        document_find(world, remedy->cell, json_sv(remedy->configuration, "TargetId").ptr);
    AUTO(json_free_at) cJSON *parameters = make_parameters(remedy->configuration, key->id);
    struct principal as;
    char starter[256];
    /* without a role it acts as one of AWS Config's own, which may only read */
    const char *role = *role_of(remedy->configuration) ? ROLE_AUTOMATION : ROLE_READ;
    iam_service_session(iam_role(role), call->account_id, "Automation", &as);
    snprintf(starter, sizeof starter,
             "arn:aws:sts::%s:assumed-role/AWSServiceRoleForConfigRemediation/"
             "AwsConfigRemediation",
             call->account_id);
    const struct automation *automation =
        automation_start(world, remedy->cell,
                         &(struct automation_start){
                             .document = document,
                             .version = document_version(document, version ? version : "", ""),
                             .parameters = parameters,
                             .as = &as,
                             .executed_by = starter,
                             .client_token = "",
                         });
    struct remedy_run run = {.key = *key, .invoked_ms = call->now_ms};
    str_copy(run.automation_id, automation->id);
    vec_push(&remediations_of(world)->runs, run);
}

/* Why the resource cannot be remediated now; NULL when it can. */
static const char *obstacle(struct world *world, const struct remedy *remedy,
                            const struct remedy_key *key)
{
    struct ref ref;
    const struct deployed *deployed = evaluation_rule(world, key->cell, key->rule);
    enum resource_type type = rule_type_by_name(key->type);
    const struct document *document =
        document_find(world, key->cell, json_sv(remedy->configuration, "TargetId").ptr);
    const struct remedy_run *last = remedy_last_run(world, key);
    if (!deployed || type == N_TYPES || !(deployed->rule->types & TYPE_BIT(type)) ||
        !resource_find(world, key->cell, type, key->id, &ref))
        return "The resource is not evaluated by the rule.";
    if (last && is_running(world, last))
        return "Remediation is already in progress for the resource.";
    if (!can_assume(cell_account(world, key->cell)->id, role_of(remedy->configuration)))
        return "The defined assume role is unable to be assumed.";
    return document ? NULL : "The SSM document of the remediation configuration does not exist.";
}

void config_start_remediation(struct world *world, const struct call *call, struct reply *reply)
{
    const struct remedy *remedy = config_find_remedy(world, call, reply);
    cJSON *failed = cJSON_CreateArray();
    const char *why = NULL;
    for (const cJSON *it = in_list(call, "ResourceKeys"); remedy && it; it = it->next) {
        struct remedy_key key = config_remedy_key(world, call, it);
        const char *in_the_way = obstacle(world, remedy, &key);
        if (in_the_way)
            cJSON_AddItemToArray(failed, cJSON_Duplicate(it, true));
        else
            start(world, call, remedy, &key);
        why = in_the_way ? in_the_way : why;
    }
    if (why)
        cJSON_AddStringToObject(reply->output, "FailureMessage", why);
    cJSON_AddItemToObject(reply->output, "FailedItems", failed);
}
