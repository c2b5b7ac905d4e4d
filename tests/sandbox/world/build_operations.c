/* build_operations: logs, topics, builds, stacks, and what Systems Manager knows. */

#include "tests/sandbox/world/builders.h"

cJSON *build_topic(const struct resource *r)
{
    char key_id[RESOURCE_ID_SIZE];
    bool encrypted = chance_by_place(r, 1, 700, 350);
    return json_make("{configuration:{TopicArn:%s,Owner:%s,DisplayName:'',KmsMasterKeyId:%s,"
                     "SubscriptionsConfirmed:%d}}",
                     r->id, r->account->id, encrypted ? pick_sibling(r, 2, KMS_KEY, key_id) : NULL,
                     (int)choice(r, 3, 8));
}

cJSON *build_alarm(const struct resource *r)
{
    static const char *const metrics[] = {"CPUUtilization", "Errors", "5XXError",
                                          "FreeStorageSpace"};
    static const char *const states[] = {"OK", "OK", "OK", "OK", "ALARM", "INSUFFICIENT_DATA"};
    return json_make("{configuration:{alarmName:%s,alarmArn:%s,metricName:%s,stateValue:%s,"
                     "actionsEnabled:%b,threshold:%d,period:300,evaluationPeriods:%d}}",
                     r->id, r->arn, pick(r, 1, metrics), pick(r, 2, states), chance(r, 3, 900),
                     10 * (1 + (int)choice(r, 4, 9)), 1 + (int)choice(r, 5, 3));
}

cJSON *build_log_group(const struct resource *r)
{
    static const int days[] = {7, 14, 30, 90, 365, 365, 400, 731};
    char key_id[RESOURCE_ID_SIZE];
    bool encrypted = chance_by_place(r, 1, 450, 150), forever = chance(r, 2, 250);
    cJSON *doc = json_make("{configuration:{LogGroupName:%s,Arn:%s,KmsKeyId:%s,"
                           "StoredBytes:%d}}",
                           r->id, r->arn, encrypted ? pick_sibling(r, 3, KMS_KEY, key_id) : NULL,
                           (int)choice(r, 4, 1 << 30));
    if (!forever)
        cJSON_AddNumberToObject(cJSON_GetObjectItemCaseSensitive(doc, "configuration"),
                                "RetentionInDays", pick(r, 5, days));
    return doc;
}

cJSON *build_project(const struct resource *r)
{
    bool leaks = chance_by_place(r, 1, 5, 40);
    cJSON *variables =
        json_make("[{name:'STAGE',value:%s,type:'PLAINTEXT'}]", account_environment(r->account));
    if (leaks || chance(r, 2, 200))
        cJSON_AddItemToArray(variables, json_make("{name:'AWS_ACCESS_KEY_ID',type:%s,value:%s}",
                                                  leaks ? "PLAINTEXT" : "PARAMETER_STORE",
                                                  leaks ? "AKIAEXAMPLE000000003" : "/ci/key"));
    return json_make("{configuration:{name:%s,arn:%s,source:{type:'GITHUB'},"
                     "environment:{type:'LINUX_CONTAINER',computeType:'BUILD_GENERAL1_SMALL',"
                     "privilegedMode:%b,environmentVariables:%o},lastModified:%t}}",
                     r->name, r->id, chance(r, 3, 200), variables, r->created_ms);
}

cJSON *build_stack(const struct resource *r)
{
    static const char *const states[] = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE",
                                         "UPDATE_ROLLBACK_COMPLETE"};
    static const char *const drifts[] = {"IN_SYNC", "IN_SYNC", "IN_SYNC", "DRIFTED", "NOT_CHECKED"};
    return json_make("{configuration:{stackId:%s,stackName:%s,stackStatus:%s,creationTime:%t,"
                     "disableRollback:false,enableTerminationProtection:%b,"
                     "driftInformation:{stackDriftStatus:%s}}}",
                     r->id, r->name, pick(r, 1, states), r->created_ms,
                     chance_by_place(r, 2, 500, 50), pick(r, 3, drifts));
}

cJSON *build_document(const struct resource *r)
{
    bool everybody = chance_by_place(r, 1, 10, 40);
    cJSON *accounts = cJSON_CreateArray();
    if (everybody)
        cJSON_AddItemToArray(accounts, cJSON_CreateString("all"));
    return json_make("{configuration:{Name:%s,DocumentType:'Command',SchemaVersion:'2.2',"
                     "Status:'Active',Owner:%s},"
                     "supplementaryConfiguration:{Permissions:{AccountIds:%o}}}",
                     r->id, r->account->id, accounts);
}

/* --- managed instances: number i describes instance i --------------------------------------- */

static cJSON *of_instance(const struct resource *r)
{
    char instance_id[RESOURCE_ID_SIZE];
    resource_id(r->world, resource_sibling(r, EC2_INSTANCE, r->ref.index), instance_id);
    return json_make("[{resourceType:'AWS::EC2::Instance',resourceId:%s,"
                     "relationshipName:'Is associated with '}]",
                     instance_id);
}

/* {configuration: {<kind>: {SchemaVersion, Content}}, relationships} */
static cJSON *ssm_document(const struct resource *r, const char *kind, cJSON *take_content)
{
    cJSON *configuration = cJSON_CreateObject();
    cJSON_AddItemToObject(configuration, kind,
                          json_make("{SchemaVersion:'1.0',Content:%o}", take_content));
    return json_make("{configuration:%o,relationships:%o}", configuration, of_instance(r));
}

cJSON *build_inventory(const struct resource *r)
{
    static const struct {
        const char *name, *version, *type;
    } platforms[] = {{"Amazon Linux", "2", "Linux"},
                     {"Amazon Linux", "2023", "Linux"},
                     {"Ubuntu", "22.04", "Linux"}};
    static const char *const agents[] = {"3.3.987.0", "3.3.987.0", "3.2.2303.0", "3.1.1927.0"};
    size_t platform = choice(r, 1, sizeof platforms / sizeof platforms[0]);
    bool lost = chance(r, 2, 40);
    struct resource instance;
    resource_describe(r->world, resource_sibling(r, EC2_INSTANCE, r->ref.index), &instance);
    bool windows = chance(&instance, 7, 150); /* as build_instance chooses */
    cJSON *about =
        json_make("{AgentType:'amazon-ssm-agent',AgentVersion:%s,ComputerName:%s,"
                  "InstanceId:%s,InstanceStatus:%s,PlatformName:%s,PlatformType:%s,"
                  "PlatformVersion:%s,ResourceType:'EC2Instance'}",
                  pick(r, 3, agents), r->id, r->id, lost ? "ConnectionLost" : "Active",
                  windows ? "Microsoft Windows Server 2022 Datacenter" : platforms[platform].name,
                  windows ? "Windows" : platforms[platform].type,
                  windows ? "10.0.20348" : platforms[platform].version);
    cJSON *content = cJSON_CreateObject();
    cJSON_AddItemToObject(content, r->id, about);
    return ssm_document(r, "AWS:InstanceInformation", content);
}

static cJSON *build_compliance(const struct resource *r, const char *kind, bool compliant)
{
    cJSON *content = cJSON_CreateObject();
    cJSON_AddItemToObject(content, kind,
                          json_make("{Status:%s,OverallSeverity:%s,NonCompliantCount:%d}",
                                    compliant ? "COMPLIANT" : "NON_COMPLIANT",
                                    compliant           ? "UNSPECIFIED"
                                    : chance(r, 3, 550) ? "CRITICAL"
                                                        : "HIGH",
                                    compliant ? 0 : 1 + (int)choice(r, 2, 12)));
    return ssm_document(r, "AWS:ComplianceSummary", content);
}

cJSON *build_patch_compliance(const struct resource *r)
{
    return build_compliance(r, "Patch", chance_by_place(r, 1, 880, 700));
}

cJSON *build_association(const struct resource *r)
{
    return build_compliance(r, "Association", chance_by_place(r, 1, 950, 850));
}
