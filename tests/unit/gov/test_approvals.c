/* What waits, from canned replies: one thing that several have found is one item. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/gov/queue/item.h"
#include "tests/unit/gov/helper_canned.h"

static char dedup_key[SHA256_HEX_SIZE]; /* of sgr-1 */
static char ops_items[4096], proposal[2048];
static char expression[4097]; /* of the last query */
static atomic_size_t n_queries, n_tag_queries;
static bool queries_are_refused;
static size_t n_gaps, n_remarks; /* of the last load */
static bool is_proposed;         /* the automation proposes to revoke sgr-1 */

static void make_replies(void)
{
    struct aws_target target = {.account_id = "333333333333", .region = "us-east-1"};
    item_key(&target, "sg-web", "unrestricted_dangerous_port", "tcp 22 from 0.0.0.0/0", dedup_key);
    snprintf(
        ops_items, sizeof ops_items,
        "{\"OpsItemSummaries\":["
        "{\"OpsItemId\":\"oi-1\",\"Title\":\"Close it\",\"Severity\":\"2\",\"Status\":\"Open\","
        "\"CreatedBy\":\"arn:aws:sts::333333333333:assumed-role/Oncall/alice\","
        "\"CreatedTime\":1767225600,\"OperationalData\":{\"/aws/dedup\":{\"Type\":"
        "\"SearchableString\",\"Value\":\"{\\\"dedupString\\\":\\\"%s\\\"}\"}}},"
        "{\"OpsItemId\":\"oi-2\",\"Title\":\"The disk is full\",\"Severity\":\"1\",\"Status\":"
        "\"InProgress\",\"Source\":\"CloudWatch\",\"CreatedTime\":1767225600,"
        "\"OperationalData\":{\"/aws/dedup\":{\"Value\":\"{\\\"dedupString\\\":\\\"disk\\\"}\"}}},"
        "{\"OpsItemId\":\"oi-3\",\"Title\":\"Tidy up\",\"Severity\":\"3\",\"Status\":\"Open\"},"
        "{\"OpsItemId\":\"oi-4\",\"Title\":\"Not rated\",\"Status\":\"Open\"}]}",
        dedup_key);
    snprintf(proposal, sizeof proposal,
             "{\"AutomationExecution\":{\"AutomationExecutionId\":\"e-1\",\"DocumentName\":"
             "\"Watchdeck-CloseSecurityGroupRule\",\"ExecutedBy\":\"arn:aws:sts::333333333333:"
             "assumed-role/R/bob\",\"Parameters\":{\"ItemKey\":[\"%s\"],\"Severity\":[\"HIGH\"]},"
             "\"StepExecutions\":[{\"StepName\":\"agree\",\"Action\":\"aws:approve\","
             "\"StepStatus\":\"Waiting\",\"Inputs\":{\"Message\":\"\\\"Revoke sgr-1\\\"\"}}]}}",
             dedup_key);
}

/* As results of queries have it, which are texts. */
#define TAG(key, value)                                                                           \
    "{\\\"key\\\":\\\"" key "\\\",\\\"value\\\":\\\"" value "\\\",\\\"tag\\\":\\\"" key "=" value \
    "\\\"}"
#define MANAGED "\"Source\":{\"Owner\":\"AWS\",\"SourceIdentifier\":"

static const struct {
    enum aws_op_id op;
    const char *reply;
} shop[] = {
    {OP_ec2_DescribeSecurityGroupRules,
     "{\"securityGroupRuleSet\":[{\"securityGroupRuleId\":\"sgr-1\",\"groupId\":\"sg-web\","
     "\"isEgress\":\"false\",\"ipProtocol\":\"tcp\",\"fromPort\":\"22\",\"toPort\":\"22\","
     "\"cidrIpv4\":\"0.0.0.0/0\"},"
     "{\"securityGroupRuleId\":\"sgr-2\",\"groupId\":\"sg-web\",\"isEgress\":\"false\","
     "\"ipProtocol\":\"tcp\",\"fromPort\":\"8443\",\"toPort\":\"8443\",\"cidrIpv4\":"
     "\"0.0.0.0/0\"}]}"},
    {OP_ec2_DescribeSecurityGroups,
     "{\"securityGroupInfo\":[{\"groupId\":\"sg-web\",\"groupName\":\"web\"}]}"},
    {OP_ssm_DescribeOpsItems, ops_items},
    {OP_config_DescribeComplianceByConfigRule,
     "{\"ComplianceByConfigRules\":[{\"ConfigRuleName\":\"ssh\"},{\"ConfigRuleName\":\"tags\"},"
     "{\"ConfigRuleName\":\"by-itself\"},{\"ConfigRuleName\":\"own\"},"
     "{\"ConfigRuleName\":\"versioned\"},{\"ConfigRuleName\":\"logged\"}]}"},
    {OP_config_DescribeRemediationConfigurations,
     "{\"RemediationConfigurations\":[{\"ConfigRuleName\":\"ssh\",\"TargetId\":\"Close22\"},"
     "{\"ConfigRuleName\":\"by-itself\",\"TargetId\":\"X\",\"Automatic\":true}]}"},
    {OP_config_DescribeConfigRules,
     "{\"ConfigRules\":[{\"ConfigRuleName\":\"ssh\",\"Source\":{\"SourceIdentifier\":"
     "\"INCOMING_SSH_DISABLED\"}},"
     "{\"ConfigRuleName\":\"by-itself\"," MANAGED "\"EIP_ATTACHED\"}},"
     "{\"ConfigRuleName\":\"tags\"," MANAGED "\"REQUIRED_TAGS\"}},"
     "{\"ConfigRuleName\":\"own\",\"Source\":{\"Owner\":\"CUSTOM_LAMBDA\"}},"
     "{\"ConfigRuleName\":\"versioned\"," MANAGED "\"S3_BUCKET_VERSIONING_ENABLED\"}},"
     "{\"ConfigRuleName\":\"logged\"," MANAGED "\"S3_BUCKET_LOGGING_ENABLED\"}}]}"},
    {OP_config_GetComplianceDetailsByConfigRule,
     "{\"EvaluationResults\":[{\"Annotation\":\"port 22\",\"EvaluationResultIdentifier\":{"
     "\"OrderingTimestamp\":1767225600,\"EvaluationResultQualifier\":{\"ConfigRuleName\":\"ssh\","
     "\"ResourceType\":\"AWS::EC2::SecurityGroup\",\"ResourceId\":\"sg-web\"}}}]}"},
    {OP_config_SelectResourceConfig,
     "{\"Results\":[\"{\\\"resourceId\\\":\\\"sg-web\\\",\\\"resourceType\\\":"
     "\\\"AWS::EC2::SecurityGroup\\\",\\\"tags\\\":[" TAG("Team", "payments") "," TAG(
         "aws:cloudformation:stack-name",
         "shop-web") "]}\","
                     "\"{\\\"resourceId\\\":\\\"it's\\\",\\\"resourceType\\\":\\\"AWS::S3::"
                     "Bucket\\\"}\"]}"},
    {OP_ssm_DescribeAutomationExecutions,
     "{\"AutomationExecutionMetadataList\":["
     "{\"AutomationExecutionId\":\"e-1\",\"CurrentAction\":\"aws:approve\"},"
     "{\"AutomationExecutionId\":\"e-2\",\"CurrentAction\":\"aws:pause\"}]}"},
    {OP_ssm_GetAutomationExecution,
     "{\"AutomationExecution\":{\"AutomationExecutionId\":\"e-1\",\"DocumentName\":\"Resize\","
     "\"DocumentVersion\":\"3\",\"ExecutedBy\":\"arn:aws:sts::333333333333:assumed-role/R/bob\","
     "\"Parameters\":{\"Size\":[\"9\"]},\"StepExecutions\":["
     "{\"StepName\":\"look\",\"Action\":\"aws:executeAwsApi\",\"StepStatus\":\"Success\"},"
     "{\"StepName\":\"agree\",\"Action\":\"aws:approve\",\"StepStatus\":\"Waiting\","
     "\"ExecutionStartTime\":1767225600,\"TimeoutSeconds\":86400,\"Inputs\":{\"Message\":"
     "\"\\\"Resize the disk?\\\"\",\"MinRequiredApprovals\":\"2\"}}]}}"},
};

/* What Systems Manager has tags of. Of what has a key that is another thing's, nobody asks. */
static void answer_tags(const struct aws_request *request, struct canned_answer *answer)
{
    static const struct {
        const char *type, *id, *tags;
    } tagged[] = {
        {"OpsItem", "oi-2", "{\"TagList\":[{\"Key\":\"Owner\",\"Value\":\"storage\"}]}"},
        {"Automation", "e-1",
         "{\"TagList\":[{\"Key\":\"team\",\"Value\":\"compute\"},"
         "{\"Key\":\"terraform:workspace\",\"Value\":\"prod\"}]}"},
    };
    size_t i = 0;
    n_tag_queries++;
    while (i < ARRAY_LEN(tagged) &&
           !(sv_eq_cstr(json_sv(request->params, "ResourceType"), tagged[i].type) &&
             sv_eq_cstr(json_sv(request->params, "ResourceId"), tagged[i].id)))
        i++;
    assert_true(i < ARRAY_LEN(tagged));
    answer->pages[0] = tagged[i].tags;
    if (queries_are_refused)
        *answer = (struct canned_answer){.err = {.code = ERR_DENIED}};
}

static void answer_shop(const struct aws_request *request, struct canned_answer *answer)
{
    if (canned_organization(request, answer))
        return;
    for (size_t i = 0; i < ARRAY_LEN(shop); i++)
        if (shop[i].op == request->op)
            answer->pages[0] = shop[i].reply;
    struct sv rule = json_sv(request->params, "ConfigRuleName");
    if (request->op == OP_config_GetComplianceDetailsByConfigRule && !sv_eq_cstr(rule, "ssh"))
        answer->pages[0] = "{\"EvaluationResults\":[{\"EvaluationResultIdentifier\":{"
                           "\"EvaluationResultQualifier\":{\"ResourceType\":\"AWS::S3::Bucket\","
                           "\"ResourceId\":\"it's\"}}}]}";
    if (request->op == OP_config_SelectResourceConfig) {
        n_queries++;
        sv_copy(json_sv(request->params, "Expression"), expression, sizeof expression);
        if (queries_are_refused)
            *answer = (struct canned_answer){.err = {.code = ERR_DENIED}};
    }
    if (request->op == OP_ssm_ListTagsForResource)
        answer_tags(request, answer);
    if (is_proposed && request->op == OP_ssm_GetAutomationExecution)
        answer->pages[0] = proposal;
}

static cJSON *load_shop(const char *automatic)
{
    struct selection selection = {.accounts = "shop", .regions = "us-east-1"};
    struct load_view view;
    make_replies();
    struct gov *gov = canned_gov(answer_shop);
    str_copy(gov->settings.apply_automatically, automatic);
    struct load *load = canned_open(gov, &screen_approvals, &selection, NULL, 0);
    canned_wait(load, canned_has_ended, &view);
    cJSON *rows = canned_rows(&screen_approvals, &view);
    n_gaps = view.coverage.gaps.len;
    n_remarks = view.coverage.remarks.len;
    load_view_done(&view);
    load_close(load);
    canned_gov_free(gov);
    return rows;
}

static const char *text_of(const cJSON *row, const char *key)
{
    const cJSON *item = json_get(row, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static const cJSON *row_of(const cJSON *rows, const char *kind)
{
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        if (strcmp(text_of(row, "kind"), kind) == 0)
            return row;
    }
    return NULL;
}

static void test_one_thing_is_one_item(void **state)
{
    (void)state;
    cJSON *rows = load_shop("");
    assert_int_equal(cJSON_GetArraySize(rows), 7);
    const cJSON *rule = row_of(rows, "sg-policy");
    assert_string_equal(text_of(rule, "subject"), "sgr-1");
    assert_string_equal(text_of(rule, "key"), dedup_key);
    assert_string_equal(text_of(rule, "requester"), "alice");
    assert_string_equal(text_of(rule, "proposal"), "oi-1");
    assert_string_equal(text_of(rule, "since"), "2026-01-01T00:00:00Z");
    const cJSON *disk = row_of(rows, "opsitem");
    assert_string_equal(text_of(disk, "resource"), "oi-2");
    assert_string_equal(text_of(disk, "what"), "The disk is full");
    assert_string_equal(text_of(disk, "severity"), "CRITICAL");
    assert_string_equal(text_of(disk, "note"), "OpsItem oi-2, InProgress, from CloudWatch");
    assert_string_equal(text_of(disk, "proposal"), "");
    assert_ptr_equal(disk, rows->child);
    json_free(rows);
}

static void test_an_automation(void **state)
{
    (void)state;
    clock_freeze_display(INT64_C(1767225600000) + 3600 * 1000);
    cJSON *rows = load_shop("");
    const cJSON *row = row_of(rows, "automation");
    assert_string_equal(text_of(row, "what"), "Resize the disk?");
    assert_string_equal(text_of(row, "resource"), "e-1");
    assert_string_equal(text_of(row, "subject"), "agree");
    assert_string_equal(text_of(row, "proposal"), "e-1");
    assert_string_equal(text_of(row, "requester"), "bob");
    assert_string_equal(text_of(row, "severity"), "HIGH");
    assert_string_equal(text_of(row, "note"), "automation e-1 (Resize version 3) waits at agree; 2 "
                                              "approvals are wanted");
    assert_int_equal(json_i64(row, "left_s", 0), 86400 - 3600); /* AWS gives up then */
    json_free(rows);
}

/* What is proposed is found by what it is about, and says who else has found it. */
static void test_a_proposal(void **state)
{
    (void)state;
    is_proposed = true;
    cJSON *rows = load_shop("");
    is_proposed = false;
    assert_int_equal(cJSON_GetArraySize(rows), 6);
    const cJSON *row = row_of(rows, "automation");
    assert_string_equal(text_of(row, "resource"), "e-1");
    assert_string_equal(text_of(row, "name"), "web");
    assert_non_null(strstr(text_of(row, "note"), "also found: ssh"));
    assert_null(strstr(text_of(row_of(rows, "config"), "note"), "automation"));
    json_free(rows);
}

/* What something mends, when a person says so. */
static void test_a_config_finding(void **state)
{
    (void)state;
    cJSON *rows = load_shop("");
    const cJSON *row = row_of(rows, "config");
    assert_string_equal(text_of(row, "type"), "ssh");
    assert_string_equal(text_of(row, "resource"), "sg-web");
    assert_string_equal(text_of(row, "subject"), "AWS::EC2::SecurityGroup");
    assert_string_equal(text_of(row, "severity"), "HIGH");
    assert_string_equal(text_of(row, "what"), "ssh: sg-web (AWS::EC2::SecurityGroup)");
    assert_string_equal(text_of(row, "note"), "Close22 mends it; port 22; also found: "
                                              "unrestricted_dangerous_port, unrestricted_port");
    assert_string_equal(text_of(row, "since"), "2026-01-01T00:00:00Z");
    json_free(rows);
}

/* The site is asked once for the tags of all that was found in it, each resource once. */
static void test_whose_a_config_finding_is(void **state)
{
    (void)state;
    n_queries = 0;
    cJSON *rows = load_shop("");
    const cJSON *row = row_of(rows, "config");
    assert_string_equal(text_of(row, "owner"), "payments");
    assert_string_equal(text_of(row, "deployed_by"), "CloudFormation stack shop-web");
    assert_int_equal(n_queries, 1);
    assert_non_null(strstr(expression, "'sg-web'"));
    assert_non_null(strstr(expression, "'it''s'"));
    assert_int_equal(strlen(expression),
                     strlen("SELECT resourceId, resourceType, tags WHERE resourceId IN "
                            "('sg-web', 'it''s')"));
    json_free(rows);
}

static void test_whose_things_of_systems_manager_are(void **state)
{
    (void)state;
    n_tag_queries = 0;
    cJSON *rows = load_shop("");
    assert_string_equal(text_of(row_of(rows, "opsitem"), "owner"), "storage");
    assert_string_equal(text_of(row_of(rows, "automation"), "owner"), "compute");
    assert_string_equal(text_of(row_of(rows, "automation"), "deployed_by"),
                        "Terraform workspace prod");
    assert_int_equal(n_tag_queries, 2);
    json_free(rows);
}

/* Who may not query sees what was found, and misses nothing but the owner, of which it is said that
 * nobody knows: what has none looks otherwise. */
static void test_a_refused_query(void **state)
{
    (void)state;
    queries_are_refused = true;
    cJSON *rows = load_shop("");
    queries_are_refused = false;
    assert_int_equal(cJSON_GetArraySize(rows), 7);
    assert_string_equal(text_of(row_of(rows, "config"), "resource"), "sg-web");
    assert_string_equal(text_of(row_of(rows, "config"), "owner"), "(unread)");
    assert_string_equal(text_of(row_of(rows, "config"), "deployed_by"), "(unread)");
    assert_string_equal(text_of(row_of(rows, "opsitem"), "resource"), "oi-2");
    assert_string_equal(text_of(row_of(rows, "opsitem"), "owner"), "(unread)");
    assert_string_equal(text_of(row_of(rows, "automation"), "owner"), "(unread)");
    assert_int_equal(n_gaps, 0);
    assert_int_equal(n_remarks, 2); /* an operation of a place each */
    json_free(rows);
}

static const char *note_of(const cJSON *rows, const char *type)
{
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        if (strcmp(text_of(row, "type"), type) == 0)
            return text_of(row, "note");
    }
    return NULL;
}

/* A rule without a remediation, for whose findings AWS has a document of its own. */
static void test_a_finding_that_aws_has_a_document_for(void **state)
{
    (void)state;
    cJSON *rows = load_shop("");
    const char *versioned = note_of(rows, "versioned"), *logged = note_of(rows, "logged");
    assert_non_null(
        strstr(versioned, "AWS-ConfigureS3BucketVersioning, AWS's own document, would mend it; "));
    assert_non_null(strstr(logged, "would mend it, but its TargetBucket is not known here"));
    assert_null(note_of(rows, "by-itself"));
    assert_null(note_of(rows, "tags"));
    assert_null(note_of(rows, "own"));
    json_free(rows);
}

/* What is applied without a person does not wait for one. */
static void test_what_needs_nobody(void **state)
{
    (void)state;
    cJSON *rows = load_shop("unrestricted_*"), *row;
    assert_int_equal(cJSON_GetArraySize(rows), 6);
    cJSON_ArrayForEach (row, rows) {
        assert_string_not_equal(text_of(row, "subject"), "sgr-2");
        assert_true(cJSON_IsFalse(json_get(row, "automatic")));
    }
    json_free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_thing_is_one_item),
        cmocka_unit_test(test_what_needs_nobody),
        cmocka_unit_test(test_a_config_finding),
        cmocka_unit_test(test_whose_a_config_finding_is),
        cmocka_unit_test(test_whose_things_of_systems_manager_are),
        cmocka_unit_test(test_a_refused_query),
        cmocka_unit_test(test_a_finding_that_aws_has_a_document_for),
        cmocka_unit_test(test_an_automation),
        cmocka_unit_test(test_a_proposal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
