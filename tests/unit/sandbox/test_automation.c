/* Automations over the world: steps that act, wait, branch and fail, and those who decide. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/sandbox/automation/automation.h"
#include "tests/sandbox/automation/engine.h"
#include "tests/unit/sandbox/helper_world.h"

static struct world *world;
static struct from here;

static int begin(void **state)
{
    (void)state;
    world = make_world("accounts=24,regions=4,resources=3000,seed=7");
    here = from_showcase(world);
    ask_arn = ASK_ARN;
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_free(world);
    return 0;
}

/* The steps of a document, as JSON, in whole documents with these parameters. */
static void create(const char *name, const char *parameters, const char *steps)
{
    AUTO(buf_done) struct buf content = BUF_NONE;
    buf_addf(&content, "{\"schemaVersion\":\"0.3\",\"parameters\":%s,\"mainSteps\":%s}", parameters,
             steps);
    cJSON *made =
        ask(world, here, "ssm.CreateDocument",
            json_make("{Name:%s,DocumentType:'Automation',Content:%s}", name, buf_cstr(&content)));
    if (!made)
        fail_msg("%s: %s", ask_code, ask_message);
    cJSON_Delete(made);
}

static void start_with(const char *name, cJSON *take_parameters, char id[RESOURCE_ID_SIZE])
{
    cJSON *started = ask(world, here, "ssm.StartAutomationExecution",
                         json_make("{DocumentName:%s,Parameters:%o}", name, take_parameters));
    if (!started)
        fail_msg("%s: %s", ask_code, ask_message);
    keep_id(id, text_at(started, "AutomationExecutionId"));
    cJSON_Delete(started);
}

/* The execution, the caller's; its status is status. */
static cJSON *look(const char *id, const char *status)
{
    cJSON *reply =
        ask(world, here, "ssm.GetAutomationExecution", json_make("{AutomationExecutionId:%s}", id));
    cJSON *execution = cJSON_DetachItemFromObjectCaseSensitive(reply, "AutomationExecution");
    cJSON_Delete(reply);
    if (strcmp(text_at(execution, "AutomationExecutionStatus"), status) != 0) {
        AUTO_FREE char *text = json_print(execution);
        fail_msg("not %s: %s", status, text);
    }
    return execution;
}

static void assert_status(const char *id, const char *status)
{
    cJSON_Delete(look(id, status));
}

static const cJSON *step_of(const cJSON *execution, const char *name)
{
    return find_in(json_get(execution, "StepExecutions"), "StepName", name);
}

static void assert_step(const char *id, const char *status, const char *step, const char *is)
{
    cJSON *execution = look(id, status);
    assert_string_equal(text_at(step_of(execution, step), "StepStatus"), is);
    cJSON_Delete(execution);
}

static bool signal_it(const char *id, const char *type, cJSON *take_payload)
{
    cJSON *done = ask(
        world, here, "ssm.SendAutomationSignal",
        json_make("{AutomationExecutionId:%s,SignalType:%s,Payload:%o}", id, type, take_payload));
    cJSON_Delete(done);
    return done != NULL;
}

#define NO_PARAMETERS "{}"
#define LIST_GROUPS                                                                        \
    "{\"name\":\"list\",\"action\":\"aws:executeAwsApi\",\"inputs\":{\"Service\":\"ec2\"," \
    "\"Api\":\"DescribeSecurityGroups\"},\"outputs\":[{\"Name\":\"First\",\"Selector\":"   \
    "\"$.SecurityGroups[0].GroupId\",\"Type\":\"String\"}]}"
#define APPROVE(more)                                                                    \
    "{\"name\":\"approve\",\"action\":\"aws:approve\",\"inputs\":{\"Approvers\":[\"arn:" \
    "aws:iam::111111111111:role/Admins\",\"someone\"]" more "}}"

static void acts_and_gives_outputs(void **state)
{
    char id[RESOURCE_ID_SIZE];
    (void)state;
    create("Look", NO_PARAMETERS, "[" LIST_GROUPS "]");
    start_with("Look", NULL, id);
    assert_status(id, "Pending");
    world_advance(world, 1);
    assert_step(id, "InProgress", "list", "InProgress");
    world_advance(world, 1);
    cJSON *execution = look(id, "Success");
    const cJSON *step = step_of(execution, "list");
    assert_true(sv_starts(json_string(json_items(json_get(step, "Outputs"), "First")), SV("sg-")));
    assert_string_equal(text_at(step, "Inputs.Service"), "\"ec2\"");
    assert_true(number_at(execution, "ExecutionEndTime") >
                number_at(execution, "ExecutionStartTime"));
    cJSON_Delete(execution);
}

#define SESSION(name) "arn:aws:sts::111111111111:assumed-role/Admins/" name

static void waits_for_those_who_may_approve(void **state)
{
    char id[RESOURCE_ID_SIZE];
    (void)state;
    create("Ask", NO_PARAMETERS, "[" APPROVE(",\"MinRequiredApprovals\":2") "," LIST_GROUPS "]");
    start_with("Ask", NULL, id);
    assert_false(signal_it(id, "Approve", NULL)); /* not yet waiting */
    world_advance(world, 1);
    cJSON *execution = look(id, "Waiting");
    assert_string_equal(text_at(execution, "CurrentStepName"), "approve");
    assert_string_equal(text_at(execution, "CurrentAction"), "aws:approve");
    assert_int_equal(number_at(step_of(execution, "approve"), "TimeoutSeconds"), 604800);
    cJSON_Delete(execution);

    assert_false(signal_it(id, "Approve", NULL)); /* nobody's name stands there */
    assert_string_equal(ask_code, "InvalidAutomationSignalException");
    ask_arn = "arn:aws:sts::222222222222:assumed-role/Admins/ann";
    assert_false(signal_it(id, "Approve", NULL)); /* another account's */
    ask_arn = SESSION("ann");
    assert_true(signal_it(id, "Approve", json_make("{Comment:['fine']}")));
    assert_false(signal_it(id, "Approve", NULL)); /* once is enough */
    assert_step(id, "Waiting", "approve", "Waiting");
    ask_arn = SESSION("bob");
    assert_true(signal_it(id, "Approve", NULL));
    assert_step(id, "InProgress", "approve", "Success");
    world_advance(world, 1);
    execution = look(id, "Success");
    const cJSON *decision =
        json_items(json_get(step_of(execution, "approve"), "Outputs"), "ApproverDecisions");
    assert_true(sv_contains(json_string(decision), SV("\"Comment\":\"fine\"")));
    assert_true(sv_contains(json_string(decision), SV(SESSION("ann"))));
    cJSON_Delete(execution);
    assert_false(signal_it(id, "Reject", NULL)); /* it is over */
}

static void one_no_ends_it(void **state)
{
    char id[RESOURCE_ID_SIZE];
    (void)state;
    create("Ask", NO_PARAMETERS, "[" APPROVE("") "," LIST_GROUPS "]");
    start_with("Ask", NULL, id);
    world_advance(world, 1);
    ask_arn = SESSION("ann");
    assert_true(signal_it(id, "Reject", json_make("{Comment:['not today']}")));
    cJSON *execution = look(id, "Failed");
    assert_string_equal(text_at(step_of(execution, "approve"), "StepStatus"), "Failed");
    assert_string_equal(text_at(step_of(execution, "list"), "StepStatus"), "Pending");
    assert_non_null(strstr(text_at(execution, "FailureMessage"), "rejected by " SESSION("ann")));
    cJSON_Delete(execution);
}

static void time_runs_out(void **state)
{
    char id[RESOURCE_ID_SIZE];
    (void)state;
    create("Ask", NO_PARAMETERS,
           "[{\"name\":\"approve\",\"action\":\"aws:approve\",\"timeoutSeconds\":3600,\"inputs\":{"
           "\"Approvers\":[\"someone\"]}}]");
    start_with("Ask", NULL, id);
    world_advance(world, 3600);
    assert_status(id, "Waiting");
    world_advance(world, 1);
    assert_step(id, "TimedOut", "approve", "TimedOut");
}

static void nobody_to_ask_is_a_failure(void **state)
{
    char id[RESOURCE_ID_SIZE];
    (void)state;
    create("Ask", "{\"Who\":{\"type\":\"StringList\",\"default\":[]}}",
           "[{\"name\":\"approve\",\"action\":\"aws:approve\",\"inputs\":{"
           "\"Approvers\":\"{{ Who }}\"}}]");
    start_with("Ask", NULL, id);
    world_advance(world, 1);
    cJSON *execution = look(id, "Failed");
    assert_non_null(strstr(text_at(execution, "FailureMessage"), "approvers is empty"));
    cJSON_Delete(execution);
}

/* As many characters as AWS documents for the text that asks. */
static void a_message_has_its_limit(void **state)
{
    AUTO(buf_done) struct buf steps = BUF_NONE;
    char id[RESOURCE_ID_SIZE];
    (void)state;
    buf_add_cstr(&steps, "[{\"name\":\"approve\",\"action\":\"aws:approve\",\"inputs\":{"
                         "\"Approvers\":[\"someone\"],\"Message\":\"");
    for (int i = 0; i < 4097; i++)
        buf_add_char(&steps, 'm');
    buf_add_cstr(&steps, "\"}}]");
    create("Ask", NO_PARAMETERS, buf_cstr(&steps));
    start_with("Ask", NULL, id);
    world_advance(world, 1);
    cJSON *execution = look(id, "Failed");
    assert_non_null(strstr(text_at(execution, "FailureMessage"), "longer than 4096"));
    cJSON_Delete(execution);
}

/* Whoever is to be told is told before anybody is waited for. */
static void tells_a_topic(void **state)
{
    static const struct {
        const char *topic, *status, *why;
    } cases[] = {
        {"AutomationApprovals", "Waiting", ""},
        {"AutomationNobody", "Failed", "could not be sent"},
        {"Approvals", "Failed", "must start with Automation"},
    };
    char arn[256], id[RESOURCE_ID_SIZE], name[32], steps[1024];
    uint32_t cell = cell_number(world, world_cell(world, here.account_id, here.region));
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        snprintf(arn, sizeof arn, "arn:aws:sns:%s:%s:%s", here.region, here.account_id,
                 cases[i].topic);
        if (i == 0)
            doc_add(world, cell, SNS_TOPIC, arn, json_make("{configuration:{},tags:{}}"));
        snprintf(name, sizeof name, "Tell-%zu", i);
        snprintf(steps, sizeof steps, "[" APPROVE(",\"NotificationArn\":\"%s\"") "]", arn);
        create(name, NO_PARAMETERS, steps);
        start_with(name, NULL, id);
        world_advance(world, 1);
        cJSON *execution = look(id, cases[i].status);
        assert_non_null(strstr(text_at(execution, "FailureMessage"), cases[i].why));
        cJSON_Delete(execution);
    }
}

/* --- the way through a document ----------------------------------------------------------------
 */

#define BRANCH(choice)                                                                      \
    "[{\"name\":\"choose\",\"action\":\"aws:branch\",\"inputs\":{\"Choices\":[" choice "]," \
    "\"Default\":\"left\"}},"                                                               \
    "{\"name\":\"left\",\"action\":\"aws:sleep\",\"isEnd\":true,\"inputs\":{\"Duration\":"  \
    "\"PT1S\"}},"                                                                           \
    "{\"name\":\"right\",\"action\":\"aws:sleep\",\"inputs\":{\"Duration\":\"PT1S\"}}]"
#define PARAMETERS                                                               \
    "{\"Word\":{\"type\":\"String\",\"default\":\"blue\"},\"Number\":{\"type\":" \
    "\"Integer\",\"default\":7},\"Yes\":{\"type\":\"Boolean\",\"default\":true}}"

static void branches_by_every_comparison(void **state)
{
    static const struct {
        const char *choice;
        bool right;
    } cases[] = {
        {"{\"Variable\":\"{{Word}}\",\"StringEquals\":\"blue\"", true},
        {"{\"Variable\":\"{{Word}}\",\"StringEquals\":\"Blue\"", false},
        {"{\"Variable\":\"{{ Word }}\",\"EqualsIgnoreCase\":\"BLUE\"", true},
        {"{\"Variable\":\"{{Word}}\",\"StartsWith\":\"bl\"", true},
        {"{\"Variable\":\"{{Word}}\",\"EndsWith\":\"bl\"", false},
        {"{\"Variable\":\"{{Word}}\",\"Contains\":\"lu\"", true},
        {"{\"Variable\":\"{{Number}}\",\"NumericEquals\":7", true},
        {"{\"Variable\":\"{{Number}}\",\"NumericGreater\":7", false},
        {"{\"Variable\":\"{{Number}}\",\"NumericLesser\":8", true},
        {"{\"Variable\":\"{{Number}}\",\"NumericGreaterOrEquals\":7", true},
        {"{\"Variable\":\"{{Number}}\",\"NumericLesserOrEquals\":6", false},
        {"{\"Variable\":\"{{Yes}}\",\"BooleanEquals\":true", true},
        {"{\"Not\":{\"Variable\":\"{{Yes}}\",\"BooleanEquals\":true}", false},
        {"{\"And\":[{\"Variable\":\"{{Word}}\",\"StringEquals\":\"blue\"},{\"Variable\":"
         "\"{{Number}}\",\"NumericEquals\":8}]",
         false},
        {"{\"Or\":[{\"Variable\":\"{{Word}}\",\"StringEquals\":\"red\"},{\"Variable\":"
         "\"{{Number}}\",\"NumericEquals\":7}]",
         true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char id[RESOURCE_ID_SIZE], name[32], steps[1024];
        snprintf(name, sizeof name, "Choose-%zu", i);
        snprintf(steps, sizeof steps, BRANCH("%s,\"NextStep\":\"right\"}"), cases[i].choice);
        create(name, PARAMETERS, steps);
        start_with(name, NULL, id);
        world_advance(world, 5);
        assert_step(id, "Success", "right", cases[i].right ? "Success" : "Pending");
        assert_step(id, "Success", "left", cases[i].right ? "Pending" : "Success");
    }
}

#define BROKEN(how)                                                                       \
    "{\"name\":\"broken\",\"action\":\"aws:executeAwsApi\"," how                          \
    "\"inputs\":{\"Service\":\"ec2\",\"Api\":\"RevokeSecurityGroupIngress\",\"GroupId\":" \
    "\"sg-0123456789abcdef0\",\"SecurityGroupRuleIds\":[\"sgr-0123456789abcdef0\"]}}"

static void failures_go_where_the_document_says(void **state)
{
    static const struct {
        const char *how, *status, *list;
        int after_s;
    } cases[] = {
        {"", "Failed", "Pending", 4},
        {"\"onFailure\":\"Continue\",", "Success", "Success", 4},
        {"\"onFailure\":\"Continue\",\"isCritical\":true,", "Failed", "Success", 4},
        {"\"onFailure\":\"step:list\",\"isCritical\":false,", "Success", "Success", 4},
        {"\"maxAttempts\":3,", "InProgress", "Pending", 4},
        {"\"maxAttempts\":3,", "Failed", "Pending", 7},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char id[RESOURCE_ID_SIZE], name[32], steps[1024];
        snprintf(name, sizeof name, "Break-%zu", i);
        snprintf(steps, sizeof steps, "[" BROKEN("%s") "," LIST_GROUPS "]", cases[i].how);
        create(name, NO_PARAMETERS, steps);
        start_with(name, NULL, id);
        world_advance(world, cases[i].after_s);
        assert_step(id, cases[i].status, "list", cases[i].list);
    }
    AUTO(json_free_at)
    cJSON *list = ask_all(world, here, "ssm.DescribeAutomationExecutions",
                          json_make("{Filters:[{Key:'DocumentNamePrefix',Values:['Break-0']}]}"),
                          "AutomationExecutionMetadataList", NULL);
    assert_non_null(strstr(text_at(list->child, "FailureMessage"),
                           "An error occurred (InvalidGroup.NotFound) when calling the "
                           "RevokeSecurityGroupIngress operation"));
}

static void stops_when_told(void **state)
{
    char id[RESOURCE_ID_SIZE];
    (void)state;
    create("Ask", NO_PARAMETERS, "[" APPROVE("") "," LIST_GROUPS "]");
    start_with("Ask", NULL, id);
    world_advance(world, 1);
    cJSON_Delete(ask(world, here, "ssm.StopAutomationExecution",
                     json_make("{AutomationExecutionId:%s}", id)));
    assert_status(id, "Cancelling");
    world_advance(world, 1);
    assert_step(id, "Cancelled", "approve", "Cancelled");
    assert_refused(world, here, "ssm.StopAutomationExecution",
                   json_make("{AutomationExecutionId:%s}", id),
                   "InvalidAutomationStatusUpdateException");
}

static void steps_on_request(void **state)
{
    char id[RESOURCE_ID_SIZE];
    (void)state;
    create("Two", NO_PARAMETERS,
           "[" LIST_GROUPS ",{\"name\":\"rest\",\"action\":\"aws:pause\",\"inputs\":{}}]");
    cJSON *started = ask(world, here, "ssm.StartAutomationExecution",
                         json_make("{DocumentName:'Two',Mode:'Interactive'}"));
    keep_id(id, text_at(started, "AutomationExecutionId"));
    cJSON_Delete(started);
    world_advance(world, 60);
    assert_step(id, "Waiting", "list", "Pending");
    assert_false(signal_it(id, "StartStep", json_make("{StepName:['nothing']}")));
    assert_string_equal(ask_code, "AutomationStepNotFoundException");
    assert_false(signal_it(id, "StartStep", json_make("{StepName:['rest']}")));
    assert_true(signal_it(id, "StartStep", json_make("{StepName:['list']}")));
    world_advance(world, 60);
    assert_step(id, "Waiting", "list", "Success");
    assert_true(signal_it(id, "StartStep", NULL));
    assert_step(id, "Waiting", "rest", "Waiting");
    assert_true(signal_it(id, "Resume", NULL));
    assert_status(id, "Success");
}

/* --- starting ----------------------------------------------------------------------------------
 */

#define TOKEN "01234567-89ab-cdef-0123-456789abcdef"

static cJSON *start_call(const char *word)
{
    return json_make("{DocumentName:'Say',ClientToken:'" TOKEN "',Parameters:{Word:[%s]}}", word);
}

static void tags_are_kept(void **state)
{
    (void)state;
    create("Look", NO_PARAMETERS, "[" LIST_GROUPS "]");
    cJSON *started = ask(world, here, "ssm.StartAutomationExecution",
                         json_make("{DocumentName:'Look',Tags:[{Key:'Owner',Value:'a team'}]}"));
    cJSON *listed = ask(world, here, "ssm.ListTagsForResource",
                        json_make("{ResourceType:'Automation',ResourceId:%s}",
                                  text_at(started, "AutomationExecutionId")));
    assert_string_equal(text_at(find_in(json_get(listed, "TagList"), "Key", "Owner"), "Value"),
                        "a team");
    assert_refused(world, here, "ssm.ListTagsForResource",
                   json_make("{ResourceType:'Automation',ResourceId:'nothing'}"),
                   "InvalidResourceId");
    cJSON_Delete(listed);
    cJSON_Delete(started);
}

static void a_token_starts_once(void **state)
{
    (void)state;
    create("Say", "{\"Word\":{\"type\":\"String\",\"allowedValues\":[\"a\",\"b\"]}}",
           "[" LIST_GROUPS "]");
    cJSON *one = ask(world, here, "ssm.StartAutomationExecution", start_call("a"));
    cJSON *two = ask(world, here, "ssm.StartAutomationExecution", start_call("a"));
    assert_string_equal(text_at(one, "AutomationExecutionId"),
                        text_at(two, "AutomationExecutionId"));
    cJSON_Delete(one);
    cJSON_Delete(two);
    assert_refused(world, here, "ssm.StartAutomationExecution", start_call("b"),
                   "IdempotentParameterMismatch");
}

static void parameters_have_to_fit(void **state)
{
    static const char bad[] = "InvalidAutomationExecutionParametersException";
    (void)state;
    create("Say",
           "{\"Word\":{\"type\":\"String\",\"allowedValues\":[\"a\",\"b\"]},\"N\":{\"type\":"
           "\"Integer\",\"default\":1}}",
           "[" LIST_GROUPS "]");
    const char *op = "ssm.StartAutomationExecution";
    assert_refused(world, here, op, json_make("{DocumentName:'Say'}"), bad);
    assert_refused(world, here, op, json_make("{DocumentName:'Say',Parameters:{Word:['c']}}"), bad);
    assert_refused(world, here, op, json_make("{DocumentName:'Say',Parameters:{Word:['a','b']}}"),
                   bad);
    assert_refused(world, here, op,
                   json_make("{DocumentName:'Say',Parameters:{Word:['a'],N:['x']}}"), bad);
    assert_refused(world, here, op,
                   json_make("{DocumentName:'Say',Parameters:{Word:['a'],Other:['x']}}"), bad);
    assert_refused(world, here, op, json_make("{DocumentName:'Nothing'}"),
                   "AutomationDefinitionNotFoundException");
    assert_refused(world, here, op, json_make("{DocumentName:'Say',DocumentVersion:'9'}"),
                   "AutomationDefinitionVersionNotFoundException");
    assert_refused(world, from_management(world), op, json_make("{DocumentName:'Say'}"),
                   "AutomationDefinitionNotFoundException");
}

/* --- what the world begins with ----------------------------------------------------------------
 */

static void three_wait_from_the_beginning(void **state)
{
    size_t n = 0, n_yes = 0;
    (void)state;
    ask_arn = ASK_ARN;
    for (uint32_t cell = 0; cell < world->n_cells; cell++) {
        here = from_cell(world, cell);
        AUTO(json_free_at)
        cJSON *list = ask_all(world, here, "ssm.DescribeAutomationExecutions", NULL,
                              "AutomationExecutionMetadataList", NULL);
        const cJSON *item;
        cJSON_ArrayForEach (item, list) {
            char role[256];
            assert_string_equal(text_at(item, "AutomationExecutionStatus"), "Waiting");
            assert_non_null(strstr(text_at(item, "ExecutedBy"), "assumed-role"));
            snprintf(role, sizeof role, "arn:aws:sts::%s:assumed-role/" ROLE_ADMIN "/oncall",
                     here.account_id);
            ask_arn = role;
            n_yes += signal_it(text_at(item, "AutomationExecutionId"), "Approve", NULL);
            n++;
            ask_arn = ASK_ARN;
        }
    }
    assert_int_equal(n, 3);
    assert_int_equal(n_yes, 2); /* the third is for somebody else */
}

static size_t count_running(const char *spec)
{
    struct world *other = make_world(spec);
    size_t n = 0;
    for (uint32_t cell = 0; cell < other->n_cells; cell++)
        n += automations_running(other, cell);
    world_free(other);
    return n;
}

static void as_many_wait_as_asked_for(void **state)
{
    (void)state;
    assert_int_equal(count_running("waiting=0"), 0);
    assert_int_equal(count_running("waiting=12"), 12);
    assert_int_equal(count_running("waiting=12,resources=0"), 0);
}

static void a_hundred_run_at_once(void **state)
{
    char id[RESOURCE_ID_SIZE];
    (void)state;
    create("Ask", NO_PARAMETERS, "[" APPROVE("") "]");
    for (int i = 0; i < 100; i++)
        start_with("Ask", NULL, id);
    assert_refused(world, here, "ssm.StartAutomationExecution", json_make("{DocumentName:'Ask'}"),
                   "AutomationExecutionLimitExceededException");
}

static void an_approved_one_closes_its_rule(void **state)
{
    (void)state;
    for (uint32_t cell = 0; cell < world->n_cells; cell++) {
        here = from_cell(world, cell);
        const struct automation *first = automation_at(world, cell, 0);
        char role[256], id[RESOURCE_ID_SIZE];
        if (!first)
            continue;
        keep_id(id, first->id);
        snprintf(role, sizeof role, "arn:aws:sts::%s:assumed-role/" ROLE_ADMIN "/oncall",
                 here.account_id);
        automations_advance(world);
        ask_arn = role;
        bool done = signal_it(id, "Approve", NULL);
        ask_arn = ASK_ARN;
        if (!done)
            continue;
        world_advance(world, 5);
        cJSON *execution = look(id, "Success");
        cJSON_Delete(execution);
        return;
    }
    fail_msg("there is none that may be approved");
}

/* --- documents that are wrong in one place -------------------------------------------------------
 */

#define EVERYTHING                                                                                 \
    "{\"schemaVersion\":\"0.3\",\"description\":\"d\",\"assumeRole\":\"{{ Role }}\","              \
    "\"outputs\":[\"find.First\"],\"parameters\":{\"Role\":{\"type\":\"String\",\"default\":"      \
    "\"\"},\"Words\":{\"type\":\"StringList\",\"default\":[\"a\",\"b\"],\"allowedValues\":[\"a\"," \
    "\"b\"]},\"Map\":{\"type\":\"StringMap\",\"default\":{\"k\":\"v\"}}},\"mainSteps\":["          \
    "{\"name\":\"find\",\"action\":\"aws:executeAwsApi\",\"maxAttempts\":2,\"onFailure\":"         \
    "\"Continue\",\"isCritical\":false,\"inputs\":{\"Service\":\"ec2\",\"Api\":"                   \
    "\"DescribeSecurityGroups\",\"Filters\":[{\"Name\":\"group-name\",\"Values\":[\"default\"]}]}" \
    ","                                                                                            \
    "\"outputs\":[{\"Name\":\"First\",\"Selector\":\"$.SecurityGroups[0].GroupId\",\"Type\":"      \
    "\"String\"}]},"                                                                               \
    "{\"name\":\"choose\",\"action\":\"aws:branch\",\"inputs\":{\"Choices\":[{\"And\":[{"          \
    "\"Variable\":"                                                                                \
    "\"{{ Words }}\",\"StringEquals\":\"x\"},{\"Not\":{\"Variable\":\"{{ find.First }}\","         \
    "\"Contains\":\"sg\"}}],\"NextStep\":\"rest\"}],\"Default\":\"check\"}},"                      \
    "{\"name\":\"check\",\"action\":\"aws:assertAwsResourceProperty\",\"onFailure\":\"step:"       \
    "rest\","                                                                                      \
    "\"inputs\":{\"Service\":\"ec2\",\"Api\":\"DescribeRegions\",\"PropertySelector\":"            \
    "\"$.Regions[0].RegionName\",\"DesiredValues\":[\"us-east-1\"]}},"                             \
    "{\"name\":\"rest\",\"action\":\"aws:sleep\",\"timeoutSeconds\":9,\"nextStep\":\"ask\","       \
    "\"inputs\":"                                                                                  \
    "{\"Duration\":\"PT1S\"}},"                                                                    \
    "{\"name\":\"ask\",\"action\":\"aws:approve\",\"isEnd\":true,\"inputs\":{\"Approvers\":["      \
    "\"{{ Words }}\",\"someone\"],\"MinRequiredApprovals\":1,\"Message\":\"{{ Map }}\"}}]}"

/* How many values there are in a tree, it among them. */
static size_t count_nodes(const cJSON *tree)
{
    size_t n = 1;
    const cJSON *item;
    cJSON_ArrayForEach (item, tree)
        n += count_nodes(item);
    return n;
}

/* A copy in which the n-th value, counted depth first from 0, is another one. */
static cJSON *copy_with(const cJSON *tree, size_t *n, const cJSON *other)
{
    if ((*n)-- == 0)
        return cJSON_Duplicate(other, true);
    if (!cJSON_IsArray(tree) && !cJSON_IsObject(tree))
        return cJSON_Duplicate(tree, true);
    cJSON *copy = cJSON_IsArray(tree) ? cJSON_CreateArray() : cJSON_CreateObject();
    const cJSON *item;
    cJSON_ArrayForEach (item, tree) {
        cJSON *inner = copy_with(item, n, other);
        if (item->string)
            cJSON_AddItemToObject(copy, item->string, inner);
        else
            cJSON_AddItemToArray(copy, inner);
    }
    return copy;
}

/* Refused, or run to some end: never more than that. */
static bool try_content(const char *name, const char *content)
{
    cJSON *made = ask(world, here, "ssm.CreateDocument",
                      json_make("{Name:%s,DocumentType:'Automation',Content:%s}", name, content));
    if (!made) {
        assert_string_equal(ask_code, "InvalidDocumentContent");
        return false;
    }
    cJSON_Delete(made);
    cJSON_Delete(
        ask(world, here, "ssm.StartAutomationExecution", json_make("{DocumentName:%s}", name)));
    world_advance(world, 40 * 86400);
    automations_advance(world);
    cJSON_Delete(ask(world, here, "ssm.DescribeDocument", json_make("{Name:%s}", name)));
    AUTO(json_free_at)
    cJSON *list = ask_all(world, here, "ssm.DescribeAutomationExecutions",
                          json_make("{Filters:[{Key:'DocumentNamePrefix',Values:[%s]}]}", name),
                          "AutomationExecutionMetadataList", NULL);
    for (const cJSON *it = list->child; it; it = it->next)
        assert_true(json_get(it, "ExecutionEndTime") != NULL);
    return true;
}

static void no_document_does_harm(void **state)
{
    static const char *const others[] = {"null", "7", "\"{{ Words }}\"", "[]", "{}", "[[7]]"};
    size_t n_taken = 0;
    cJSON *tree = NULL;
    (void)state;
    assert_int_equal(json_parse(SV(EVERYTHING), "test", &tree, NULL), OK);
    assert_true(try_content("Everything", EVERYTHING));
    for (size_t o = 0; o < ARRAY_LEN(others); o++) {
        AUTO(json_free_at) cJSON *other = NULL;
        json_parse(sv_of(others[o]), "test", &other, NULL);
        for (size_t i = 0; i < count_nodes(tree); i++) {
            char name[40];
            size_t n = i;
            AUTO(json_free_at) cJSON *wrong = copy_with(tree, &n, other);
            AUTO_FREE char *text = json_print(wrong);
            snprintf(name, sizeof name, "Wrong-%zu-%zu", o, i);
            n_taken += try_content(name, text);
        }
    }
    assert_true(n_taken > 10); /* not all of them are refused at once */
    cJSON_Delete(tree);
}

static void selects_by_path(void **state)
{
    static const struct {
        const char *path, *selected;
    } cases[] = {
        {"$.a.b", "1"},
        {"$['a']['b']", "1"},
        {"$.list[1].n", "2"},
        {"$.list[*].n", "[1,2,3]"},
        {"$..n", "[1,2,3]"},
        {"$.list[?(@.n > 1)].w", "[\"y\",\"z\"]"},
        {"$.list[?(@.w == 'x' || @.n == 3 && @.w == 'z')].n", "[1,3]"},
        {"$.list[?(@.w != 'x')].n", "[2,3]"},
        {"$.none", NULL},
        {"$.list[?(@.n == 9)].n", "[]"},
        {"$.list[", NULL},
        {"list", NULL},
    };
    cJSON *tree = NULL;
    (void)state;
    json_parse(SV("{\"a\":{\"b\":1},\"list\":[{\"n\":1,\"w\":\"x\"},{\"n\":2,\"w\":\"y\"},"
                  "{\"n\":3,\"w\":\"z\"}]}"),
               "test", &tree, NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(buf_done) struct buf why = BUF_NONE;
        AUTO(json_free_at) cJSON *found = jsonpath_select(tree, cases[i].path, &why);
        AUTO_FREE char *text = found ? json_print(found) : NULL;
        if (!cases[i].selected) {
            assert_null(found);
            continue;
        }
        assert_string_equal(text, cases[i].selected);
    }
    cJSON_Delete(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(acts_and_gives_outputs, begin, end),
        cmocka_unit_test_setup_teardown(waits_for_those_who_may_approve, begin, end),
        cmocka_unit_test_setup_teardown(one_no_ends_it, begin, end),
        cmocka_unit_test_setup_teardown(time_runs_out, begin, end),
        cmocka_unit_test_setup_teardown(nobody_to_ask_is_a_failure, begin, end),
        cmocka_unit_test_setup_teardown(a_message_has_its_limit, begin, end),
        cmocka_unit_test_setup_teardown(tells_a_topic, begin, end),
        cmocka_unit_test_setup_teardown(branches_by_every_comparison, begin, end),
        cmocka_unit_test_setup_teardown(failures_go_where_the_document_says, begin, end),
        cmocka_unit_test_setup_teardown(stops_when_told, begin, end),
        cmocka_unit_test_setup_teardown(steps_on_request, begin, end),
        cmocka_unit_test_setup_teardown(tags_are_kept, begin, end),
        cmocka_unit_test_setup_teardown(a_token_starts_once, begin, end),
        cmocka_unit_test_setup_teardown(parameters_have_to_fit, begin, end),
        cmocka_unit_test_setup_teardown(three_wait_from_the_beginning, begin, end),
        cmocka_unit_test(as_many_wait_as_asked_for),
        cmocka_unit_test_setup_teardown(a_hundred_run_at_once, begin, end),
        cmocka_unit_test_setup_teardown(an_approved_one_closes_its_rule, begin, end),
        cmocka_unit_test_setup_teardown(no_document_does_harm, begin, end),
        cmocka_unit_test(selects_by_path),
    };
    return cmocka_run_group_tests(tests, load_models, unload_models);
}
