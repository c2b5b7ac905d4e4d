/* AWS Config's remedies: what starts them, how far they are, and what the rule then says. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/sandbox/automation/remediation.h"
#include "tests/sandbox/world/evaluation.h"
#include "tests/unit/sandbox/helper_world.h"

#define PACK_RULE "s3-default-encryption-kms-conformance-pack-m3kq7wz1p"
#define RULE      "restricted-ssh"

static struct world *world;
static struct from here;

static int begin(void **state)
{
    (void)state;
    world = make_world("accounts=24,regions=4,resources=3000,seed=7");
    here = from_showcase(world);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_free(world);
    return 0;
}

static cJSON *results(const char *compliance)
{
    return ask_all(world, here, "config.GetComplianceDetailsByConfigRule",
                   json_make("{ConfigRuleName:'" RULE "',ComplianceTypes:[%s]}", compliance),
                   "EvaluationResults", NULL);
}

static bool has_result(const char *compliance, const char *group_id)
{
    AUTO(json_free_at) cJSON *list = results(compliance);
    return find_in(list, "EvaluationResultIdentifier.EvaluationResultQualifier.ResourceId",
                   group_id) != NULL;
}

static cJSON *keys_call(const char *group_id)
{
    return json_make("{ConfigRuleName:'" RULE "',ResourceKeys:[{resourceType:'AWS::EC2::"
                     "SecurityGroup',resourceId:%s}]}",
                     group_id);
}

/* The state of the group's remedy; "" when there was none. */
static void read_state(const char *group_id, char state[64])
{
    AUTO(json_free_at)
    cJSON *list = ask_all(world, here, "config.DescribeRemediationExecutionStatus",
                          keys_call(group_id), "RemediationExecutionStatuses", NULL);
    sv_copy(sv_of(list->child ? text_at(list->child, "State") : ""), state, 64);
}

/* A group that has but a rule that opens port 22 alone to everybody. */
static void add_group(char group_id[RESOURCE_ID_SIZE])
{
    AUTO(json_free_at) cJSON *list = results("NON_COMPLIANT");
    const cJSON *item;
    cJSON_ArrayForEach (item, list) {
        const char *id =
            text_at(item, "EvaluationResultIdentifier.EvaluationResultQualifier.ResourceId");
        AUTO(json_free_at)
        cJSON *rules = ask_all(world, here, "ec2.DescribeSecurityGroupRules",
                               json_make("{Filters:[{Name:'group-id',Values:[%s]}]}", id),
                               "SecurityGroupRules", NULL);
        const cJSON *rule = find_in(rules, "CidrIpv4", "0.0.0.0/0");
        if (!rule || json_bool(rule, "IsEgress", true) || json_i64(rule, "FromPort", 0) != 22 ||
            json_i64(rule, "ToPort", 0) != 22)
            continue;
        keep_id(group_id, id);
        return;
    }
    fail_msg("no group is open to port 22 alone");
}

static void mends_what_the_rule_found(void **state)
{
    char group_id[RESOURCE_ID_SIZE], how[64];
    (void)state;
    add_group(group_id);
    read_state(group_id, how);
    assert_string_equal(how, "");
    AUTO(json_free_at)
    cJSON *started = ask(world, here, "config.StartRemediationExecution", keys_call(group_id));
    assert_null(json_items(started, "FailedItems"));
    read_state(group_id, how);
    assert_string_equal(how, "QUEUED");
    AUTO(json_free_at)
    cJSON *again = ask(world, here, "config.StartRemediationExecution", keys_call(group_id));
    assert_string_equal(text_at(json_items(again, "FailedItems"), "resourceId"), group_id);
    world_advance(world, 2);
    read_state(group_id, how);
    assert_string_equal(how, "IN_PROGRESS");
    world_advance(world, 10);
    read_state(group_id, how);
    assert_string_equal(how, "SUCCEEDED");
    assert_true(has_result("NON_COMPLIANT", group_id)); /* not yet recorded */
    world_advance(world, 60);
    assert_false(has_result("NON_COMPLIANT", group_id));
    assert_true(has_result("COMPLIANT", group_id));
}

static void configurations_come_and_go(void **state)
{
    char group_id[RESOURCE_ID_SIZE];
    (void)state;
    add_group(group_id);
    AUTO(json_free_at)
    cJSON *known = ask(world, here, "config.DescribeRemediationConfigurations",
                       json_make("{ConfigRuleNames:['" RULE "','required-tags']}"));
    const cJSON *first = json_items(known, "RemediationConfigurations");
    assert_null(first->next);
    assert_string_equal(text_at(first, "TargetId"), "AWS-DisableIncomingSSHOnPort22");
    cJSON_Delete(ask(world, here, "config.StartRemediationExecution", keys_call(group_id)));
    assert_refused(world, here, "config.DeleteRemediationConfiguration",
                   json_make("{ConfigRuleName:'" RULE "'}"), "RemediationInProgressException");
    world_advance(world, 30);
    cJSON_Delete(ask(world, here, "config.DeleteRemediationConfiguration",
                     json_make("{ConfigRuleName:'" RULE "'}")));
    assert_refused(world, here, "config.StartRemediationExecution", keys_call(group_id),
                   "NoSuchRemediationConfigurationException");
}

static cJSON *put_call(const char *rule, const char *document, const char *parameter)
{
    cJSON *parameters = cJSON_CreateObject();
    cJSON_AddItemToObject(parameters, parameter,
                          json_make("{ResourceValue:{Value:'RESOURCE_ID'}}"));
    return json_make("{RemediationConfigurations:[{ConfigRuleName:%s,TargetType:'SSM_DOCUMENT',"
                     "TargetId:%s,Parameters:%o}]}",
                     rule, document, parameters);
}

static void puts_what_fits_the_document(void **state)
{
    static const char bad[] = "InvalidParameterValueException";
    static const char op[] = "config.PutRemediationConfigurations";
    static const char ssh[] = "AWS-DisableIncomingSSHOnPort22";
    (void)state;
    cJSON *done = ask(world, here, op, put_call(RULE, ssh, "SecurityGroupIds"));
    assert_non_null(done);
    cJSON_Delete(done);
    assert_refused(world, here, op, put_call("no-such-rule", ssh, "SecurityGroupIds"), bad);
    assert_refused(world, here, op, put_call(RULE, "No-Such-Document", "SecurityGroupIds"), bad);
    assert_refused(world, here, op, put_call(RULE, ssh, "GroupId"), bad);
}

/* Without a role of its own a remedy may only read. */
static void fails_without_a_role(void **state)
{
    char group_id[RESOURCE_ID_SIZE], how[64];
    (void)state;
    add_group(group_id);
    cJSON_Delete(ask(world, here, "config.PutRemediationConfigurations",
                     put_call(RULE, "AWS-DisableIncomingSSHOnPort22", "SecurityGroupIds")));
    cJSON_Delete(ask(world, here, "config.StartRemediationExecution", keys_call(group_id)));
    world_advance(world, 30);
    read_state(group_id, how);
    assert_string_equal(how, "FAILED");
    world_advance(world, 60);
    assert_true(has_result("NON_COMPLIANT", group_id));
}

/* --- every document ----------------------------------------------------------------------------
 */

/* What a rule finds wrong, the document that mends it, and the parameter that takes the resource;
 * NULL: it is the account. */
static const struct {
    const char *rule, *document, *parameter;
} remedies[] = {
    {"ec2-instance-detailed-monitoring-enabled", "AWS-ConfigureCloudWatchOnEC2Instance",
     "InstanceId"},
    {"s3-bucket-versioning-enabled", "AWS-ConfigureS3BucketVersioning", "BucketName"},
    {"kms-cmk-not-scheduled-for-deletion", "AWSConfigRemediation-CancelKeyDeletion", "KeyId"},
    {"s3-bucket-level-public-access-prohibited",
     "AWSConfigRemediation-ConfigureS3BucketPublicAccessBlock", "BucketName"},
    {"subnet-auto-assign-public-ip-disabled",
     "AWSConfigRemediation-DisableSubnetAutoAssignPublicIP", "SubnetId"},
    {"cmk-backing-key-rotation-enabled", "AWSConfigRemediation-EnableKeyRotation", "KeyId"},
    {"dynamodb-pitr-enabled", "AWSConfigRemediation-EnablePITRForDynamoDbTable", "TableName"},
    {"ec2-imdsv2-check", "AWSConfigRemediation-EnforceEC2InstanceIMDSv2", "InstanceId"},
    {"restricted-common-ports", "AWSConfigRemediation-RemoveUnrestrictedSourceIngressRules",
     "SecurityGroupId"},
    {"vpc-default-security-group-closed", "AWSConfigRemediation-RemoveVPCDefaultSecurityGroupRules",
     "GroupId"},
    {"ec2-ebs-encryption-by-default", "AWSConfigRemediation-EnableEbsEncryptionByDefault", NULL},
    {"guardduty-enabled-centralized", "AWSConfigRemediation-CreateGuardDutyDetector", NULL},
    {"s3-account-level-public-access-blocks-periodic",
     "AWSConfigRemediation-ConfigureS3PublicAccessBlock", "AccountId"},
    {PACK_RULE, "AWS-EnableS3BucketEncryption", "BucketName"},
    {"securityhub-enabled", "AWSConfigRemediation-EnableSecurityHub", NULL},
};

static bool is_found(const char *rule, const char *compliance, const char *id)
{
    AUTO(json_free_at)
    cJSON *list = ask_all(world, here, "config.GetComplianceDetailsByConfigRule",
                          json_make("{ConfigRuleName:%s,ComplianceTypes:[%s]}", rule, compliance),
                          "EvaluationResults", NULL);
    return find_in(list, "EvaluationResultIdentifier.EvaluationResultQualifier.ResourceId", id) !=
           NULL;
}

/* A resource that the rule finds wrong, anywhere; here is where it is then. */
static void find_wrong(const char *rule, char id[RESOURCE_ID_SIZE])
{
    for (uint32_t cell = 0; cell < world->n_cells; cell++) {
        here = from_cell(world, cell);
        if (!evaluation_rule(world, cell, rule))
            continue;
        AUTO(json_free_at)
        cJSON *list =
            ask_all(world, here, "config.GetComplianceDetailsByConfigRule",
                    json_make("{ConfigRuleName:%s,ComplianceTypes:['NON_COMPLIANT']}", rule),
                    "EvaluationResults", NULL);
        if (!list->child)
            continue;
        keep_id(id, text_at(list->child,
                            "EvaluationResultIdentifier.EvaluationResultQualifier.ResourceId"));
        return;
    }
    fail_msg("%s finds nothing wrong", rule);
}

static void every_document_mends_its_finding(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(remedies); i++) {
        char id[RESOURCE_ID_SIZE], role[160];
        find_wrong(remedies[i].rule, id);
        cJSON *parameters = cJSON_CreateObject();
        snprintf(role, sizeof role, "arn:aws:iam::%s:role/" ROLE_AUTOMATION, here.account_id);
        if (remedies[i].parameter)
            cJSON_AddItemToObject(parameters, remedies[i].parameter, json_make("[%s]", id));
        if (strcmp(remedies[i].rule, PACK_RULE) == 0)
            cJSON_AddItemToObject(parameters, "SSEAlgorithm", json_make("['aws:kms']"));
        cJSON_AddItemToObject(parameters, "AutomationAssumeRole", json_make("[%s]", role));
        AUTO(json_free_at)
        cJSON *started =
            ask(world, here, "ssm.StartAutomationExecution",
                json_make("{DocumentName:%s,Parameters:%o}", remedies[i].document, parameters));
        if (!started)
            fail_msg("%s: %s", remedies[i].document, ask_message);
        world_advance(world, 60);
        AUTO(json_free_at)
        cJSON *execution =
            ask(world, here, "ssm.GetAutomationExecution",
                json_make("{AutomationExecutionId:%s}", text_at(started, "AutomationExecutionId")));
        if (strcmp(text_at(execution, "AutomationExecution.AutomationExecutionStatus"), "Success"))
            fail_msg("%s: %s", remedies[i].document,
                     text_at(execution, "AutomationExecution.FailureMessage"));
        world_advance(world, 90000); /* a day and more: periodic rules have looked */
        if (is_found(remedies[i].rule, "NON_COMPLIANT", id))
            fail_msg("%s has not mended %s", remedies[i].document, id);
    }
}

/* AWS says which rules are of a pack, and lets nobody give these a remedy. */
static void rules_of_packs_take_no_remedy(void **state)
{
    (void)state;
    char id[RESOURCE_ID_SIZE];
    find_wrong(PACK_RULE, id);
    AUTO(json_free_at)
    cJSON *rules = ask(world, here, "config.DescribeConfigRules",
                       json_make("{ConfigRuleNames:['" PACK_RULE "']}"));
    assert_string_equal(text_at(json_items(rules, "ConfigRules"), "CreatedBy"),
                        "config-conforms.amazonaws.com");
    assert_refused(world, here, "config.PutRemediationConfigurations",
                   json_make("{RemediationConfigurations:[{ConfigRuleName:'" PACK_RULE
                             "',TargetType:'SSM_DOCUMENT',TargetId:'AWS-EnableS3BucketEncryption',"
                             "Parameters:{BucketName:{ResourceValue:{Value:'RESOURCE_ID'}}}}]}"),
                   "InvalidParameterValueException");
}

static cJSON *exception_call(int64_t expires_ms)
{
    return json_make("{ConfigRuleName:'" RULE "',Message:'known',ExpirationTime:%e,ResourceKeys:["
                     "{ResourceType:'AWS::EC2::SecurityGroup',ResourceId:'sg-1'},"
                     "{ResourceType:'AWS::EC2::SecurityGroup',ResourceId:'sg-2'}]}",
                     expires_ms);
}

static int count_exceptions(void)
{
    AUTO(json_free_at)
    cJSON *list =
        ask_all(world, here, "config.DescribeRemediationExceptions",
                json_make("{ConfigRuleName:'" RULE "',Limit:1}"), "RemediationExceptions", NULL);
    return cJSON_GetArraySize(list);
}

static void exceptions_end(void **state)
{
    (void)state;
    int64_t now_ms = world_now_ms(world);
    assert_refused(world, here, "config.PutRemediationExceptions", exception_call(now_ms),
                   "InvalidParameterValueException");
    cJSON_Delete(
        ask(world, here, "config.PutRemediationExceptions", exception_call(now_ms + 60000)));
    cJSON_Delete(
        ask(world, here, "config.PutRemediationExceptions", exception_call(now_ms + 90000)));
    assert_int_equal(count_exceptions(), 2);
    cJSON_Delete(ask(world, here, "config.DeleteRemediationExceptions",
                     json_make("{ConfigRuleName:'" RULE "',ResourceKeys:[{ResourceType:'AWS::EC2::"
                               "SecurityGroup',ResourceId:'sg-1'}]}")));
    assert_int_equal(count_exceptions(), 1);
    world_advance(world, 90);
    assert_int_equal(count_exceptions(), 0);
    assert_refused(world, here, "config.DeleteRemediationExceptions",
                   json_make("{ConfigRuleName:'" RULE "',ResourceKeys:[{ResourceType:'AWS::EC2::"
                             "SecurityGroup',ResourceId:'sg-1'}]}"),
                   "NoSuchRemediationExceptionException");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mends_what_the_rule_found, begin, end),
        cmocka_unit_test_setup_teardown(configurations_come_and_go, begin, end),
        cmocka_unit_test_setup_teardown(puts_what_fits_the_document, begin, end),
        cmocka_unit_test_setup_teardown(fails_without_a_role, begin, end),
        cmocka_unit_test_setup_teardown(exceptions_end, begin, end),
        cmocka_unit_test_setup_teardown(every_document_mends_its_finding, begin, end),
        cmocka_unit_test_setup_teardown(rules_of_packs_take_no_remedy, begin, end),
    };
    return cmocka_run_group_tests(tests, load_models, unload_models);
}
