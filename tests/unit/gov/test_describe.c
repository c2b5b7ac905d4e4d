/* What stands behind a row, of canned answers: what is told, what is not shown, what is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/gov/describe/describe.h"
#include "core/gov/queue/item.h"
#include "core/gov/systems_manager/automation.h"
#include "tests/unit/gov/helper_canned.h"

static struct gov *gov;
static struct description *found;
static bool is_found;

static void on_described(void *arg, struct description *take_description)
{
    (void)arg;
    found = take_description;
    is_found = true;
}

/* A row of approvals. */
static void describe(const char *kind, const char *resource, const char *type, const char *subject)
{
    struct table *table = table_new(item_columns, N_ITEM_COLUMNS);
    table_set_text(table, ITEM_KIND, sv_of(kind));
    table_set_text(table, ITEM_RESOURCE, sv_of(resource));
    table_set_text(table, ITEM_TYPE, sv_of(type));
    table_set_text(table, ITEM_SUBJECT, sv_of(subject));
    table_set_text(table, ITEM_ACCOUNT_ID, SV("333333333333"));
    table_set_text(table, ITEM_ACCOUNT_ID + 2, SV("eu-west-1"));
    table_set_text(table, ITEM_KEY, sv_of(resource));
    assert_true(table_commit(table));
    table_publish(table);
    is_found = false;
    describe_row(gov, gov->scope, &screen_approvals, table, 0, on_described, NULL);
    table_unref(table);
    assert_true(run_ui_until(&is_found, 60000));
}

/* The value of the n-th line of a section with that label; fails when there is none. */
static const char *value_at(const char *section, const char *label, size_t n)
{
    for (size_t i = 0; i < found->lines.len; i++) {
        const struct description_line *line = &found->lines.ptr[i];
        if (strcmp(line->section, section) == 0 && strcmp(line->label, label) == 0 && n-- == 0)
            return line->value;
    }
    fail_msg("no line %s in %s", label, section);
    return "";
}

static const char *value(const char *section, const char *label)
{
    return value_at(section, label, 0);
}

/* Nothing that is told, and nothing of the document, has the text. */
static void assert_nowhere(const char *text)
{
    for (size_t i = 0; i < found->lines.len; i++)
        assert_null(strstr(found->lines.ptr[i].value, text));
    assert_true(!found->json || !strstr(found->json, text));
}

/* --- what AWS says --------------------------------------------------------------------------- */

#define FACTS(name, type, version)                                                                \
    "{\"Name\":\"" name "\",\"Type\":\"" type "\",\"Version\":" version ",\"Tier\":\"Standard\"," \
    "\"DataType\":\"text\",\"LastModifiedDate\":1790000000,\"LastModifiedUser\":\"arn:of:dora\"}"
#define VERSION(name, type, version, value)                                                   \
    "{\"Name\":\"" name "\",\"Type\":\"" type "\",\"Version\":" version ",\"Value\":\"" value \
    "\",\"LastModifiedDate\":1790000000,\"LastModifiedUser\":\"arn:of:v" version "\"}"
#define EVENT(name, user)                                                              \
    "{\"EventTime\":1790000000,\"EventName\":\"PutParameter\",\"CloudTrailEvent\":"    \
    "\"{\\\"userIdentity\\\":{\\\"type\\\":\\\"IAMUser\\\",\\\"userName\\\":\\\"" user \
    "\\\"},\\\"requestParameters\\\":{\\\"name\\\":\\\"" name "\\\"}}\"}"

static bool trail_is_denied;
static const char *trail_by_name;

static void answer_trail(const struct aws_request *request, struct canned_answer *answer)
{
    struct sv key = json_sv(json_items(request->params, "LookupAttributes"), "AttributeKey");
    if (trail_is_denied) {
        err_set(&answer->err, ERR_DENIED, "cloudtrail:LookupEvents", "no");
        str_copy(answer->err.iam_action, "cloudtrail:LookupEvents");
    } else if (sv_eq_cstr(key, "ResourceName")) {
        answer->pages[0] = trail_by_name;
    } else {
        answer->pages[0] = "{\"Events\":[" EVENT("/other/current/x", "eve") "," EVENT(
            "/shop/current/db/host", "bob") "]}";
    }
}

static void answer_history(const struct aws_request *request, struct canned_answer *answer)
{
    static const struct {
        const char *name, *reply;
    } histories[] = {
        {"/shop/approved/db/host",
         "{\"Parameters\":[" VERSION("/shop/approved/db/host", "String", "1", "db-1") "]}"},
        {"/shop/current/db/host",
         "{\"Parameters\":[" VERSION("/shop/current/db/host", "String", "1", "db-1") "," VERSION(
             "/shop/current/db/host", "String", "2", "db-2") "]}"},
        {"/shop/approved/db/pool",
         "{\"Parameters\":[" VERSION("/shop/approved/db/pool", "String", "1",
                                     "min = 2\\nmax = 20\\nwait = 3") "]}"},
        {"/shop/current/db/pool",
         "{\"Parameters\":[" VERSION("/shop/current/db/pool", "String", "1",
                                     "min = 2\\nmax = 200\\nwait = 3\\n\\n") "]}"},
        {"/shop/current/db/password",
         "{\"Parameters\":[" VERSION("/shop/current/db/password", "SecureString", "1",
                                     "Q2lwaGVydGV4dA==") "]}"},
        {"/shop/current/api/token",
         "{\"Parameters\":[" VERSION("/shop/current/api/token", "String", "1", "hunter2") "]}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(histories); i++)
        if (sv_eq_cstr(json_sv(request->params, "Name"), histories[i].name))
            answer->pages[0] = histories[i].reply;
    assert_null(json_get(request->params, "WithDecryption"));
}

static void answer_facts(const struct aws_request *request, struct canned_answer *answer)
{
    const cJSON *filter = json_items(request->params, "ParameterFilters");
    struct sv first = json_string(json_items(filter, "Values"));
    if (sv_eq_cstr(json_sv(filter, "Key"), "Path"))
        answer->pages[0] = "{\"Parameters\":[" FACTS("/shop/current/db/host", "String", "2") "]}";
    else if (sv_ends(first, SV("db/host")))
        answer->pages[0] =
            "{\"Parameters\":[" FACTS("/shop/approved/db/host", "String",
                                      "1") "," FACTS("/shop/current/db/host", "String", "2") "]}";
    else if (sv_ends(first, SV("db/pool")))
        answer->pages[0] =
            "{\"Parameters\":[" FACTS("/shop/approved/db/pool", "String",
                                      "1") "," FACTS("/shop/current/db/pool", "String", "1") "]}";
    else if (sv_ends(first, SV("password")))
        answer->pages[0] =
            "{\"Parameters\":[" FACTS("/shop/current/db/password", "SecureString", "1") "]}";
    else
        answer->pages[0] = "{\"Parameters\":[" FACTS("/shop/current/api/token", "String", "1") "]}";
}

static const char ops_item[] =
    "{\"OpsItem\":{\"OpsItemId\":\"oi-1\",\"Title\":\"Disk\",\"Description\":\"It is full\","
    "\"Source\":\"EC2\",\"Status\":\"Open\",\"Severity\":\"2\",\"CreatedBy\":\"arn:of:dora\","
    "\"CreatedTime\":1790000000,\"RelatedOpsItems\":[{\"OpsItemId\":\"oi-2\"}],"
    "\"OperationalData\":{"
    "\"/aws/"
    "resources\":{\"Type\":\"SearchableString\",\"Value\":\"[{\\\"arn\\\":\\\"arn:of:disk\\\"}]\"},"
    "\"/aws/automations\":{\"Type\":\"SearchableString\",\"Value\":\"[{\\\"automationId\\\":"
    "\\\"AWS-Grow\\\",\\\"automationType\\\":\\\"AWS:SSM:Automation\\\"}]\"},"
    "\"percent\":{\"Type\":\"String\",\"Value\":\"97\"},"
    "\"db_password\":{\"Type\":\"String\",\"Value\":\"hunter2\"}}}}";

static const char execution[] =
    "{\"AutomationExecution\":{\"AutomationExecutionId\":\"e-1\",\"DocumentName\":\"Close\","
    "\"DocumentVersion\":\"3\",\"ExecutedBy\":\"arn:of:dora\","
    "\"AutomationExecutionStatus\":\"Waiting\","
    "\"Parameters\":{\"GroupId\":[\"sg-1\"],\"MasterUserPassword\":[\"hunter2\"]},"
    "\"StepExecutions\":[{\"StepName\":\"ask\",\"Action\":\"aws:approve\",\"StepStatus\":"
    "\"Waiting\","
    "\"ExecutionStartTime\":1790000000,\"TimeoutSeconds\":3600,"
    "\"Inputs\":{\"Approvers\":\"[\\\"arn:of:ann\\\",\\\"arn:of:bob\\\"]\","
    "\"Message\":\"\\\"Close it?\\\"\",\"MinRequiredApprovals\":\"2\"},"
    "\"Outputs\":{\"ApproverDecisions\":[\"{\\\"Approver\\\":\\\"arn:of:ann\\\","
    "\\\"Decision\\\":\\\"Approve\\\",\\\"Comment\\\":\\\"fine\\\"}\"]}}]}}";

static const char document[] =
    "{\"Name\":\"Close\",\"Content\":\"{\\\"mainSteps\\\":[{\\\"name\\\":\\\"ask\\\","
    "\\\"action\\\":"
    "\\\"aws:approve\\\"},{\\\"name\\\":\\\"revoke\\\",\\\"action\\\":\\\"aws:executeAwsApi\\\","
    "\\\"inputs\\\":{\\\"Service\\\":\\\"ec2\\\",\\\"Api\\\":\\\"RevokeIt\\\"}}]}\"}";

static const struct {
    enum aws_op_id op;
    const char *reply;
} replies[] = {
    {OP_ssm_GetOpsItem, ops_item},
    {OP_ssm_GetAutomationExecution, execution},
    {OP_ssm_GetDocument, document},
    {OP_config_DescribeConfigRules, "{\"ConfigRules\":[{\"ConfigRuleName\":\"no-ssh\","
                                    "\"MaximumExecutionFrequency\":\"One_Hour\"}]}"},
    {OP_config_DescribeRemediationConfigurations,
     "{\"RemediationConfigurations\":[{\"ConfigRuleName\":\"no-ssh\",\"TargetId\":\"Close\","
     "\"Parameters\":{\"Id\":{\"ResourceValue\":{\"Value\":\"RESOURCE_ID\"}},"
     "\"AuthToken\":{\"StaticValue\":{\"Values\":[\"hunter2\"]}}}}]}"},
    {OP_config_DescribeRemediationExecutionStatus,
     "{\"RemediationExecutionStatuses\":[{\"State\":\"FAILED\",\"InvocationTime\":1790000000,"
     "\"StepDetails\":[{\"Name\":\"revoke\",\"State\":\"FAILED\",\"ErrorMessage\":\"too "
     "late\"}]}]}"},
    {OP_config_DescribeRemediationExceptions,
     "{\"RemediationExceptions\":[{\"Message\":\"until spring\"}]}"},
};

static void answer(const struct aws_request *request, struct canned_answer *answer)
{
    if (canned_organization(request, answer))
        return;
    if (request->op == OP_cloudtrail_LookupEvents)
        answer_trail(request, answer);
    else if (request->op == OP_ssm_GetParameterHistory)
        answer_history(request, answer);
    else if (request->op == OP_ssm_DescribeParameters)
        answer_facts(request, answer);
    for (size_t i = 0; i < ARRAY_LEN(replies); i++)
        if (replies[i].op == request->op)
            answer->pages[0] = replies[i].reply;
}

static int reset(void **state)
{
    (void)state;
    trail_is_denied = false;
    trail_by_name = "{\"Events\":[]}";
    found = NULL;
    return 0;
}

static int forget(void **state)
{
    (void)state;
    description_free(found);
    return 0;
}

/* --- parameters ------------------------------------------------------------------------------ */

/* CloudTrail knows nothing by its name: then the newest of PutParameter that name it. */
static void test_parameter(void **state)
{
    (void)state;
    describe("parameter", "/shop/current/db/host", "parameter_value_drift", "");
    assert_string_equal(value("Approved", "value"), "\"db-1\"");
    assert_string_equal(value("Current", "value"), "\"db-2\"");
    assert_string_equal(value("Current", "version"), "2");
    assert_string_equal(value("Current", "changed by"), "arn:of:dora");
    assert_non_null(
        strstr(value("Versions of what is there", "version 2"), "by arn:of:v2: \"db-2\""));
    assert_non_null(strstr(value("Versions of what is there", "version 1"), "\"db-1\""));
    assert_string_equal(value("Changed by", "2026-09-21T14:13:20Z"), "bob: PutParameter");
    assert_nowhere("eve");
    assert_int_equal(found->unread.len, 0);
    assert_string_equal(description_section(found, TOPIC_CHANGED_BY), "Changed by");
    assert_string_equal(description_section(found, TOPIC_DIFFERENCE), "Approved");
}

static void test_parameter_by_name(void **state)
{
    (void)state;
    trail_by_name = "{\"Events\":[" EVENT("/shop/current/db/host", "carol") "]}";
    describe("parameter", "/shop/current/db/host", "parameter_value_drift", "");
    assert_string_equal(value("Changed by", "2026-09-21T14:13:20Z"), "carol: PutParameter");
    assert_nowhere("bob");
}

/* What is sealed, and what its name says is a secret: no value, no ciphertext. */
static void test_secret_parameter(void **state)
{
    (void)state;
    describe("parameter", "/shop/current/db/password", "unauthorized_parameter", "");
    assert_string_equal(value("Current", "value"), "(not shown)");
    assert_string_equal(value("Approved", "name"), "/shop/approved/db/password is not there");
    assert_nowhere("Q2lwaGVydGV4dA");
    description_free(found);
    describe("parameter", "/shop/current/api/token", "unauthorized_parameter", "");
    assert_string_equal(value("Current", "value"), "(not shown)");
    assert_nowhere("hunter2");
}

/* Of a value of several lines those that differ, each side's by its own number. */
static void test_parameter_of_several_lines(void **state)
{
    (void)state;
    describe("parameter", "/shop/current/db/pool", "parameter_value_drift", "");
    assert_string_equal(value("Difference", "approved line 2"), "max = 20");
    assert_string_equal(value("Difference", "current line 2"), "max = 200");
    assert_string_equal(value("Difference", "current line 4"), "(empty)");
    size_t n_told = 0;
    for (size_t i = 0; i < found->lines.len; i++)
        n_told += strcmp(found->lines.ptr[i].section, "Difference") == 0;
    assert_int_equal(n_told, 3);
    assert_string_equal(description_section(found, TOPIC_DIFFERENCE), "Difference");
}

static void test_application(void **state)
{
    (void)state;
    describe("parameter", "/shop/current", "parameter_unknown", "");
    assert_string_equal(value("Current", "db/host"), "String version 2 by arn:of:dora");
    assert_string_equal(value("Approved", "nothing"), "there is none");
}

/* Whoever may not read CloudTrail is told what it takes; all else is there. */
static void test_refused_trail(void **state)
{
    (void)state;
    trail_is_denied = true;
    describe("parameter", "/shop/current/db/host", "parameter_value_drift", "");
    assert_string_equal(value("Current", "value"), "\"db-2\"");
    assert_string_equal(value("Changed by", "not known"),
                        "CloudTrail was not read: it takes cloudtrail:LookupEvents");
    assert_int_equal(found->unread.len, 1); /* once, although two were asked for */
    assert_string_equal(found->unread.ptr[0].iam_action, "cloudtrail:LookupEvents");
}

/* --- what asks for something ------------------------------------------------------------------ */

static void test_automation(void **state)
{
    (void)state;
    describe("automation", "e-1", "automation_approval", "ask");
    assert_string_equal(value("Automation", "asked for by"), "arn:of:dora");
    assert_string_equal(value("Automation", "version"), "3");
    assert_null(description_section(found, TOPIC_DIFFERENCE));
    assert_string_equal(value("Approval", "message"), "Close it?");
    assert_string_equal(value("Approval", "may approve"), "arn:of:ann");
    assert_string_equal(value_at("Approval", "may approve", 1), "arn:of:bob");
    assert_string_equal(value("Approval", "approvals wanted"), "2");
    assert_string_equal(value("Approval", "said"), "Approve by arn:of:ann: fine");
    assert_non_null(strstr(value("Approval", "AWS gives up"), "at 2026-09-21T15:13:20Z, "));
    assert_string_equal(value("Inputs", "GroupId"), "sg-1");
    assert_string_equal(value("Inputs", "MasterUserPassword"), "(not shown)");
    assert_string_equal(value("Steps", "ask"), "aws:approve  Waiting");
    assert_string_equal(value("Steps", "revoke"), "aws:executeAwsApi ec2:RevokeIt  not begun");
    assert_int_equal(strlen(value("Document", "content SHA-256")), 64);
    assert_non_null(strstr(found->json, "mainSteps"));
    assert_nowhere("hunter2");
}

static void test_ops_item(void **state)
{
    (void)state;
    describe("opsitem", "oi-1", "ops_item", "");
    assert_string_equal(value("OpsItem", "description"), "It is full");
    assert_string_equal(value("OpsItem", "source"), "EC2");
    assert_string_equal(value("Resources", "arn"), "arn:of:disk");
    assert_string_equal(value("Runbooks", "automationId"), "AWS-Grow");
    assert_string_equal(value("Operational data", "percent"), "97");
    assert_string_equal(value("Operational data", "db_password"), "(not shown)");
    assert_string_equal(value("Related", "OpsItem"), "oi-2");
    assert_string_equal(value("Changed by", "nobody"), "as far as CloudTrail tells: 90 days");
    assert_nowhere("hunter2");
}

/* --- findings -------------------------------------------------------------------------------- */

static void test_finding(void **state)
{
    (void)state;
    describe("config", "i-1", "no-ssh", "AWS::EC2::Instance");
    assert_string_equal(value("Rule", "evaluated each"), "hour");
    assert_string_equal(value("Remediation", "document"), "Close");
    assert_string_equal(value("Remediation", "gets Id"), "i-1");
    assert_string_equal(value("Remediation", "gets AuthToken"), "(not shown)");
    assert_string_equal(value("Last run", "revoke"), "FAILED  too late");
    assert_string_equal(value("Excepted in AWS Config", "reason"), "until spring");
    assert_string_equal(value("Steps", "revoke"), "aws:executeAwsApi ec2:RevokeIt");
    assert_nowhere("hunter2");
}

static void test_secret_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_secret;
    } names[] = {
        {"MasterUserPassword", true},
        {"api_token", true},
        {"DBPassword", true},
        {"secret", true},
        {"SecretId", false},
        {"SecretArn", false},
        {"KmsKeyId", false},
        {"ItemKey", false},
        {"GroupId", false},
        {"Passenger", false},
        {"", false},
        {"private-notes", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (automation_is_secret(sv_of(names[i].name)) != names[i].is_secret)
            fail_msg("%s", names[i].name);
}

static int start(void **state)
{
    (void)state;
    gov = canned_gov(answer);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    canned_gov_free(gov);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_parameter, reset, forget),
        cmocka_unit_test_setup_teardown(test_parameter_by_name, reset, forget),
        cmocka_unit_test_setup_teardown(test_secret_parameter, reset, forget),
        cmocka_unit_test_setup_teardown(test_parameter_of_several_lines, reset, forget),
        cmocka_unit_test_setup_teardown(test_application, reset, forget),
        cmocka_unit_test_setup_teardown(test_refused_trail, reset, forget),
        cmocka_unit_test_setup_teardown(test_automation, reset, forget),
        cmocka_unit_test_setup_teardown(test_ops_item, reset, forget),
        cmocka_unit_test_setup_teardown(test_finding, reset, forget),
        cmocka_unit_test(test_secret_names),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
