/* svc_config: recorders, delivery channels and rules. */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/config.h"
#include "tests/sandbox/services/config_remediation.h"
#include "tests/sandbox/world/rng.h"
#include "tests/sandbox/world/template.h"

#define HOUR_MS     INT64_C(3600000)
#define RECORDER    "default"
#define CHANNEL     "default"
#define RULES_PAGE  25
#define STATUS_PAGE 50
#define DELIVERY_MS (24 * HOUR_MS)
#define ERROR_CODE  "AccessDenied"
#define ERROR_TEXT  "Insufficient delivery policy to s3 bucket: acme-log-archive."

static const struct cell *called_cell(struct world *world, const struct call *call)
{
    return &world->cells[config_cell(world, call)];
}

/* --- recorders ------------------------------------------------------------------------------ */

static void recorder_arn(const struct world *world, const struct cell *cell, char *arn, size_t size)
{
    uint32_t number = cell_number(world, cell);
    char id[RNG_BASE32_LEN + 1];
    rng_base32(rng_at(world->spec.seed, STREAM_RECORDER_ID, number), rng_lower32, 12, id);
    snprintf(arn, size, "arn:aws:config:%s:%s:configuration-recorder/" RECORDER "/%s",
             cell_region(world, number), cell_account(world, number)->id, id);
}

/* Is the recorder what the call asks for? False after having refused as well. */
static bool asks_for_recorder(struct world *world, const struct call *call, struct reply *reply)
{
    const struct cell *cell = called_cell(world, call);
    const cJSON *name = in_list(call, "ConfigurationRecorderNames");
    const char *arn = in_str(call, "Arn"), *service = in_str(call, "ServicePrincipal");
    char its_arn[256];
    if ((name != NULL) + (*arn != '\0') + (*service != '\0') > 1) {
        reply_error(reply, 0, "ValidationException",
                    "Specify only one of ConfigurationRecorderNames, ServicePrincipal and Arn.");
        return false;
    }
    bool exists = cell->recorder != RECORDER_MISSING, found = exists;
    recorder_arn(world, cell, its_arn, sizeof its_arn);
    for (; name; name = name->next)
        found &= strcmp(name->valuestring, RECORDER) == 0;
    if (*arn)
        found &= strcmp(arn, its_arn) == 0;
    if (*service)
        found = false;
    bool asked = in_list(call, "ConfigurationRecorderNames") || *arn || *service;
    if (asked && !found)
        reply_error(reply, 0, "NoSuchConfigurationRecorderException",
                    "Cannot find configuration recorder with the specified name '%s'.",
                    *arn       ? arn
                    : *service ? service
                               : in_list(call, "ConfigurationRecorderNames")->valuestring);
    return found;
}

static void describe_recorders(struct world *world, const struct call *call, struct reply *reply)
{
    const struct cell *cell = called_cell(world, call);
    bool found = asks_for_recorder(world, call, reply);
    if (reply->code[0])
        return;
    char arn[256], role[160];
    recorder_arn(world, cell, arn, sizeof arn);
    snprintf(role, sizeof role,
             "arn:aws:iam::%s:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
             call->account_id);
    cJSON *list = cJSON_AddArrayToObject(reply->output, "ConfigurationRecorders");
    if (found)
        cJSON_AddItemToArray(
            list,
            json_make("{arn:%s,name:'" RECORDER "',roleARN:%s,recordingGroup:{allSupported:true,"
                      "includeGlobalResourceTypes:%b,resourceTypes:[],"
                      "exclusionByResourceTypes:{resourceTypes:[]},"
                      "recordingStrategy:{useOnly:'ALL_SUPPORTED_RESOURCE_TYPES'}},"
                      "recordingMode:{recordingFrequency:'CONTINUOUS',recordingModeOverrides:[]},"
                      "recordingScope:'PAID'}",
                      arn, role, cell->region == 0));
}

static void describe_recorder_status(struct world *world, const struct call *call,
                                     struct reply *reply)
{
    const struct cell *cell = called_cell(world, call);
    bool found = asks_for_recorder(world, call, reply);
    if (reply->code[0])
        return;
    char arn[256];
    recorder_arn(world, cell, arn, sizeof arn);
    bool stopped = cell->recorder == RECORDER_STOPPED, failing = cell->recorder == RECORDER_FAILING;
    cJSON *list = cJSON_AddArrayToObject(reply->output, "ConfigurationRecordersStatus");
    if (!found)
        return;
    cJSON *status =
        json_make("{arn:%s,name:'" RECORDER "',lastStartTime:%e,recording:%b,lastStatus:%s,"
                  "lastErrorCode:%s,lastErrorMessage:%s,lastStatusChangeTime:%e}",
                  arn, cell->recorder_started_ms, !stopped, failing ? "Failure" : "Success",
                  failing ? ERROR_CODE : NULL, failing ? ERROR_TEXT : NULL,
                  stopped || failing ? cell->recorder_since_ms : cell->recorder_started_ms);
    if (stopped)
        cJSON_AddNumberToObject(status, "lastStopTime", (double)cell->recorder_since_ms / 1000.0);
    cJSON_AddItemToArray(list, status);
}

/* --- delivery channels ---------------------------------------------------------------------- */

static bool asks_for_channel(struct world *world, const struct call *call, struct reply *reply)
{
    bool exists = called_cell(world, call)->recorder != RECORDER_MISSING;
    for (const cJSON *name = in_list(call, "DeliveryChannelNames"); name; name = name->next)
        if (!exists || strcmp(name->valuestring, CHANNEL) != 0) {
            reply_error(reply, 0, "NoSuchDeliveryChannelException",
                        "Cannot find delivery channel with specified name '%s'.",
                        name->valuestring);
            return false;
        }
    return exists;
}

static void describe_channels(struct world *world, const struct call *call, struct reply *reply)
{
    bool found = asks_for_channel(world, call, reply);
    if (reply->code[0])
        return;
    cJSON *list = cJSON_AddArrayToObject(reply->output, "DeliveryChannels");
    if (found)
        cJSON_AddItemToArray(list,
                             json_make("{name:'" CHANNEL "',s3BucketName:'acme-log-archive',"
                                       "s3KeyPrefix:'config',configSnapshotDeliveryProperties:"
                                       "{deliveryFrequency:'TwentyFour_Hours'}}"));
}

/* Once a day, at the hour at which the recorder was started. */
static cJSON *export_info(const struct cell *cell, int64_t now_ms)
{
    bool failing = cell->recorder == RECORDER_FAILING;
    int64_t last_ms = now_ms - (now_ms - cell->recorder_started_ms) % DELIVERY_MS;
    int64_t ok_ms = last_ms;
    if (failing)
        ok_ms = cell->recorder_since_ms -
                (cell->recorder_since_ms - cell->recorder_started_ms) % DELIVERY_MS;
    return json_make("{lastStatus:%s,lastErrorCode:%s,lastErrorMessage:%s,lastAttemptTime:%e,"
                     "lastSuccessfulTime:%e,nextDeliveryTime:%e}",
                     failing ? "Failure" : "Success", failing ? ERROR_CODE : NULL,
                     failing ? ERROR_TEXT : NULL, last_ms, ok_ms, last_ms + DELIVERY_MS);
}

static void describe_channel_status(struct world *world, const struct call *call,
                                    struct reply *reply)
{
    bool found = asks_for_channel(world, call, reply);
    if (reply->code[0])
        return;
    const struct cell *cell = called_cell(world, call);
    cJSON *list = cJSON_AddArrayToObject(reply->output, "DeliveryChannelsStatus");
    if (found)
        cJSON_AddItemToArray(
            list, json_make("{name:'" CHANNEL "',configSnapshotDeliveryInfo:%o,"
                            "configHistoryDeliveryInfo:%o,"
                            "configStreamDeliveryInfo:{lastStatus:'Not_Applicable'}}",
                            export_info(cell, call->now_ms), export_info(cell, call->now_ms)));
}

/* --- rules ---------------------------------------------------------------------------------- */

typedef VEC(const struct deployed *) deployed_list;

/* The rules named by the call, all without names. False after having refused an unknown one. */
static bool select_rules(struct world *world, const struct call *call, struct reply *reply,
                         deployed_list *selected)
{
    uint32_t cell = config_cell(world, call);
    const cJSON *name = in_list(call, "ConfigRuleNames");
    size_t n;
    const struct deployed *all = evaluation_rules(world, cell, &n);
    for (size_t i = 0; !name && i < n; i++)
        vec_push(selected, &all[i]);
    for (; name; name = name->next) {
        const struct deployed *deployed = evaluation_rule(world, cell, name->valuestring);
        if (!deployed) {
            reply_error(reply, 0, "NoSuchConfigRuleException",
                        "The ConfigRule '%s' provided in the request is invalid. Please check the "
                        "configRule name",
                        name->valuestring);
            return false;
        }
        vec_push(selected, deployed);
    }
    return true;
}

/* "config-rule-" and six characters. */
static void rule_id(const struct world *world, const struct deployed *deployed, char *id,
                    size_t size)
{
    char text[RNG_BASE32_LEN + 1];
    uint64_t who = (uint64_t)deployed->cell * 128 + (uint64_t)(deployed->rule - managed_rules);
    rng_base32(rng_at(world->spec.seed, STREAM_RULE_ID, who), rng_lower32, 6, text);
    snprintf(id, size, "config-rule-%s", text);
}

static void rule_arn(const struct world *world, const struct deployed *deployed, char *arn,
                     size_t size)
{
    char id[32];
    rule_id(world, deployed, id, sizeof id);
    snprintf(arn, size, "arn:aws:config:%s:%s:config-rule/%s", cell_region(world, deployed->cell),
             cell_account(world, deployed->cell)->id, id);
}

/* Periodic rules are not bound to changes of a type, and so have no scope. */
static cJSON *rule_scope(const struct rule *rule)
{
    if (!(rule->traits & ON_CHANGE))
        return NULL;
    cJSON *types = cJSON_CreateArray();
    for (int type = 0; type < N_TYPES; type++)
        if (rule->types & TYPE_BIT(type))
            cJSON_AddItemToArray(types, cJSON_CreateString(type_infos[type].name));
    return json_make("{ComplianceResourceTypes:%o}", types);
}

static cJSON *rule_source(const struct world *world, const struct deployed *deployed)
{
    char function[160];
    if (!(deployed->rule->traits & CUSTOM))
        return json_make("{Owner:'AWS',SourceIdentifier:%s}", deployed->rule->identifier);
    snprintf(function, sizeof function, "arn:aws:lambda:%s:%s:function:config-%s",
             cell_region(world, deployed->cell), cell_account(world, deployed->cell)->id,
             deployed->rule->name);
    return json_make("{Owner:'CUSTOM_LAMBDA',SourceIdentifier:%s,"
                     "SourceDetails:[{EventSource:'aws.config',"
                     "MessageType:'ConfigurationItemChangeNotification'}]}",
                     function);
}

static cJSON *make_rule(struct world *world, const struct deployed *deployed)
{
    char id[32], arn[160];
    const struct rule *rule = deployed->rule;
    rule_id(world, deployed, id, sizeof id);
    rule_arn(world, deployed, arn, sizeof arn);
    return json_make("{ConfigRuleName:%s,ConfigRuleArn:%s,ConfigRuleId:%s,Description:'',Scope:%o,"
                     "Source:%o,InputParameters:%s,MaximumExecutionFrequency:%s,"
                     "ConfigRuleState:%s,CreatedBy:%s,EvaluationModes:[{Mode:'DETECTIVE'}]}",
                     rule->name, arn, id, rule_scope(rule), rule_source(world, deployed),
                     rule->parameters[0] ? rule->parameters : "{}",
                     rule->traits & PERIODIC ? "TwentyFour_Hours" : NULL,
                     evaluation_is_running(world, deployed) ? "EVALUATING" : "ACTIVE",
                     rule->traits & PACK ? "config-conforms.amazonaws.com" : NULL);
}

static cJSON *make_status(struct world *world, const struct deployed *deployed)
{
    char id[32], arn[160];
    bool fails = deployed->rule->traits & CUSTOM;
    rule_id(world, deployed, id, sizeof id);
    rule_arn(world, deployed, arn, sizeof arn);
    int64_t run_ms = evaluation_last_look(world, deployed, world_now_ms(world));
    cJSON *status = json_make(
        "{ConfigRuleName:%s,ConfigRuleArn:%s,ConfigRuleId:%s,"
        "FirstActivatedTime:%e,FirstEvaluationStarted:true,"
        "LastErrorCode:%s,LastErrorMessage:%s}",
        deployed->rule->name, arn, id, deployed->created_ms, fails ? "AccessDenied" : NULL,
        fails ? "The role of the function may not call PutEvaluations." : NULL);
    static const char *const times[2][2] = {
        {"LastSuccessfulInvocationTime", "LastSuccessfulEvaluationTime"},
        {"LastSuccessfulInvocationTime", "LastFailedEvaluationTime"}};
    for (int i = 0; i < 2; i++)
        cJSON_AddNumberToObject(status, times[fails][i], (double)run_ms / 1000.0);
    return status;
}

static cJSON *make_compliance(struct world *world, const struct deployed *deployed)
{
    uint64_t counts[N_COMPLIANCES];
    evaluation_counts(world, deployed, world_now_ms(world), counts);
    enum compliance compliance = evaluation_of_rule(counts);
    int64_t n = compliance == NON_COMPLIANT ? (int64_t)counts[NON_COMPLIANT] : -1;
    return json_make("{ConfigRuleName:%s,Compliance:%o}", deployed->rule->name,
                     config_compliance(compliance, n, 25));
}

struct rule_page {
    struct world *world;
    const deployed_list *rules;
    unsigned wanted; /* COMPLIANCE_BITs; 0: all */
    cJSON *(*make)(struct world *world, const struct deployed *deployed);
};

static bool is_wanted(struct world *world, const struct deployed *deployed, unsigned wanted)
{
    uint64_t counts[N_COMPLIANCES];
    if (!wanted)
        return true;
    evaluation_counts(world, deployed, world_now_ms(world), counts);
    return wanted & COMPLIANCE_BIT(evaluation_of_rule(counts));
}

static void add_rule(void *arg, size_t i, cJSON *list)
{
    const struct rule_page *page = arg;
    const struct deployed *deployed = page->rules->ptr[i];
    if (is_wanted(page->world, deployed, page->wanted))
        cJSON_AddItemToArray(list, page->make(page->world, deployed));
}

static void reply_rules(struct world *world, const struct call *call, struct reply *reply,
                        const char *member, size_t page_size, unsigned wanted,
                        cJSON *(*make)(struct world *world, const struct deployed *deployed))
{
    deployed_list selected = {0};
    struct rule_page page = {world, &selected, wanted, make};
    if (select_rules(world, call, reply, &selected))
        page_reply(call, reply,
                   &(struct page_spec){.list_member = member,
                                       .n_items = selected.len,
                                       .page_default = page_size,
                                       .page_max = page_size,
                                       .add_item = add_rule,
                                       .arg = &page});
    vec_free(&selected);
}

static void describe_rules(struct world *world, const struct call *call, struct reply *reply)
{
    const cJSON *filters = json_get(call->input, "Filters");
    if (sv_eq_cstr(json_sv(filters, "EvaluationMode"), "PROACTIVE") ||
        sv_eq_cstr(json_sv(filters, "RuleEvaluationVisibility"), "INTERNAL"))
        cJSON_AddArrayToObject(reply->output, "ConfigRules");
    else
        reply_rules(world, call, reply, "ConfigRules", RULES_PAGE, 0, make_rule);
}

static void describe_evaluation_status(struct world *world, const struct call *call,
                                       struct reply *reply)
{
    reply_rules(world, call, reply, "ConfigRulesEvaluationStatus", STATUS_PAGE, 0, make_status);
}

void config_compliance_by_rule(struct world *world, const struct call *call, struct reply *reply)
{
    unsigned allowed = COMPLIANCE_BIT(COMPLIANT) | COMPLIANCE_BIT(NON_COMPLIANT) |
                       COMPLIANCE_BIT(INSUFFICIENT_DATA);
    unsigned wanted;
    if (config_wanted(call, reply, "ComplianceTypes", allowed, 0, &wanted))
        reply_rules(world, call, reply, "ComplianceByConfigRules", RULES_PAGE, wanted,
                    make_compliance);
}

static void start_evaluation(struct world *world, const struct call *call, struct reply *reply)
{
    deployed_list selected = {0};
    bool ok = select_rules(world, call, reply, &selected);
    for (size_t i = 0; ok && i < selected.len; i++) {
        if (evaluation_is_running(world, selected.ptr[i])) {
            reply_error(reply, 0, "ResourceInUseException",
                        "The ConfigRule %s is currently being evaluated.",
                        selected.ptr[i]->rule->name);
            ok = false;
        } else if (!evaluation_may_start(world, selected.ptr[i])) {
            reply_error(reply, 0, "LimitExceededException",
                        "The ConfigRule %s was evaluated a moment ago. Try again later.",
                        selected.ptr[i]->rule->name);
            ok = false;
        }
    }
    for (size_t i = 0; ok && i < selected.len; i++)
        evaluation_start(world, selected.ptr[i]);
    vec_free(&selected);
}

static const struct route routes[] = {
    {"BatchGetAggregateResourceConfig", config_aggregate_batch_get},
    {"BatchGetResourceConfig", config_batch_get},
    {"DeleteRemediationConfiguration", config_delete_remediation},
    {"DeleteRemediationExceptions", config_delete_exceptions},
    {"DescribeAggregateComplianceByConfigRules", config_aggregate_by_rule},
    {"DescribeComplianceByConfigRule", config_compliance_by_rule},
    {"DescribeComplianceByResource", config_compliance_by_resource},
    {"DescribeConfigRuleEvaluationStatus", describe_evaluation_status},
    {"DescribeConfigRules", describe_rules},
    {"DescribeConfigurationAggregatorSourcesStatus", config_describe_sources},
    {"DescribeConfigurationAggregators", config_describe_aggregators},
    {"DescribeConfigurationRecorderStatus", describe_recorder_status},
    {"DescribeConfigurationRecorders", describe_recorders},
    {"DescribeDeliveryChannelStatus", describe_channel_status},
    {"DescribeDeliveryChannels", describe_channels},
    {"DescribeRemediationConfigurations", config_describe_remediations},
    {"DescribeRemediationExceptions", config_describe_exceptions},
    {"DescribeRemediationExecutionStatus", config_describe_remediation_status},
    {"GetAggregateComplianceDetailsByConfigRule", config_aggregate_details},
    {"GetAggregateConfigRuleComplianceSummary", config_aggregate_summary},
    {"GetAggregateDiscoveredResourceCounts", config_aggregate_counts},
    {"GetComplianceDetailsByConfigRule", config_details_by_rule},
    {"GetComplianceDetailsByResource", config_details_by_resource},
    {"GetComplianceSummaryByConfigRule", config_summary_by_rule},
    {"GetComplianceSummaryByResourceType", config_summary_by_type},
    {"GetDiscoveredResourceCounts", config_get_discovered_counts},
    {"GetResourceConfigHistory", config_get_history},
    {"ListAggregateDiscoveredResources", config_aggregate_list},
    {"ListDiscoveredResources", config_list_discovered},
    {"PutRemediationConfigurations", config_put_remediation},
    {"PutRemediationExceptions", config_put_exceptions},
    {"SelectAggregateResourceConfig", config_select_aggregate},
    {"SelectResourceConfig", config_select},
    {"StartConfigRulesEvaluation", start_evaluation},
    {"StartRemediationExecution", config_start_remediation},
};

const struct service_routes service_config = {"config", routes, ARRAY_LEN(routes), NULL};
