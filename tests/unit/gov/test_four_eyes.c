/*
 * Four eyes, when something goes wrong between the proposal and the yes: whatever has changed
 * meanwhile, nothing is approved that is not what was on the sheet, and who is kept from deciding
 * is told by what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/aws/client_change.h"
#include "core/base/json.h"
#include "core/gov/proposal/proposal.h"
#include "tests/torture/crew.h"

static struct aws aws;
static struct crew crew;
static char dir[DIR_PATH_SIZE];
static struct open_rule rule;
static struct person viewer; /* reads, and may nothing else */

static struct person *lead(void)
{
    return &crew.people[LEAD];
}

static void begin(const char *faults)
{
    dir_make(dir);
    assert_true(aws_start(&aws, dir, 7, faults));
    assert_true(crew_start(&crew, &aws, dir, N_DESKS));
}

static int end(void **state)
{
    (void)state;
    crew_stop(&crew);
    person_done(&viewer);
    viewer = (struct person){0};
    aws_stop(&aws);
    dir_remove(dir);
    return 0;
}

/* Somebody proposes to close a rule; the execution waits. */
static void propose(char id[37])
{
    struct person *oncall = &crew.people[ONCALL];
    struct executions waiting;

    assert_true(crew_find_rule(&crew, &crew.target, 0, &rule));
    if (!PLAN(oncall, &planner_propose, &crew.target, "sg-revoke", rule.group_id, rule.rule_id))
        fail_msg("no proposal: %s", oncall->err.message);
    assert_int_equal(person_decide(oncall), CHANGE_SUCCEEDED);
    assert_true(crew_find_waiting(&crew, &waiting));
    sv_copy(sv_of(waiting.open_id), id, 37);
}

/* The sheet of the other one is open. */
static void open_sheet(const char *id)
{
    if (!PLAN(lead(), &planner_approve, &crew.target, id))
        fail_msg("no sheet: %s", lead()->err.message);
    assert_int_equal(lead()->last.state, CHANGE_READY);
}

static bool rule_is_open(void)
{
    struct open_rule first;

    return crew_find_rule(&crew, &crew.target, 0, &first) &&
           strcmp(first.rule_id, rule.rule_id) == 0;
}

static size_t approvals(void)
{
    aws_count(&aws);
    return aws.tally[DEED_APPROVE].received;
}

/* --- a third hand --------------------------------------------------------------------------- */

struct sending {
    struct person *person;
    enum err_code code;
};

static void note_sent(void *arg)
{
    ((struct person *)arg)->answered = true;
}

static void on_sent(void *arg, const struct aws_request *request, const cJSON *body,
                    const struct aws_outcome *outcome)
{
    struct sending *sending = arg;

    (void)request, (void)body;
    sending->code = outcome->err.code;
    run_call(RUN_UI, RUN_URGENT, sending->person->scope, note_sent, NULL, sending->person);
}

/* Somebody changes the group without asking anybody. */
static void change(enum aws_op_id op, const struct aws_target *target, const char *text)
{
    struct person *oncall = &crew.people[ONCALL];
    struct sending sending = {.person = oncall};
    struct aws_request request = {.op = op, .target = *target};

    assert_int_equal(json_parse(sv_of(text), "params", &request.params, NULL), OK);
    oncall->answered = false;
    client_change(gov_client(oncall->gov), oncall->scope, &request, on_sent, &sending);
    assert_true(run_ui_until(&oncall->answered, -1));
    assert_int_equal(sending.code, OK);
}

static void revoke(void)
{
    char text[160];

    snprintf(text, sizeof text, "{\"GroupId\":\"%s\",\"SecurityGroupRuleIds\":[\"%s\"]}",
             rule.group_id, rule.rule_id);
    change(OP_ec2_RevokeSecurityGroupIngress, &crew.target, text);
}

/* --- tests ---------------------------------------------------------------------------------- */

static void test_an_approval_that_has_expired(void **state)
{
    struct person *oncall = &crew.people[ONCALL];
    char id[37];

    (void)state;
    begin("");
    propose(id);
    open_sheet(id);
    assert_true(aws_tell(&aws, "clock", "{\"advance_s\":18000}")); /* it waits for four hours */
    assert_int_equal(person_decide(lead()), CHANGE_STALE);
    assert_non_null(strstr(lead()->last.err.message, "it does not wait for an approval any more"));
    assert_false(PLAN(lead(), &planner_approve, &crew.target, id));
    assert_int_equal(lead()->err.code, ERR_STALE);
    assert_int_equal(approvals(), 0);
    assert_true(rule_is_open());

    assert_true(
        PLAN(oncall, &planner_propose, &crew.target, "sg-revoke", rule.group_id, rule.rule_id));
    assert_int_equal(oncall->plan->revision, 2);
}

static void test_a_rule_that_is_gone_by_then(void **state)
{
    char id[37];

    (void)state;
    begin("");
    propose(id);
    open_sheet(id);
    revoke();
    assert_int_equal(person_decide(lead()), CHANGE_STALE);
    assert_non_null(strstr(lead()->last.err.message, "is done already"));
    assert_false(PLAN(lead(), &planner_approve, &crew.target, id));
    assert_int_equal(approvals(), 0);
    /* the proposal itself can still be turned down */
    assert_true(PLAN(lead(), &planner_decline, &crew.target, id, "it is gone"));
    assert_int_equal(person_decide(lead()), CHANGE_SUCCEEDED);
}

/* Somebody lets in more by the rule that is on the sheet: its id stays. */
static void widen(void)
{
    char text[512];

    snprintf(text, sizeof text,
             "[{\"op\":\"replace\",\"path\":\"/resources/%s/%s/AWS::EC2::SecurityGroup/%s/rules\","
             "\"value\":[{\"securityGroupRuleId\":\"%s\",\"isEgress\":false,\"ipProtocol\":\"tcp\","
             "\"fromPort\":0,\"toPort\":65535,\"cidrIpv4\":\"0.0.0.0/0\"}]}]",
             crew.target.account_id, crew.target.region, rule.group_id, rule.rule_id);
    assert_true(aws_tell(&aws, "world", text));
}

static void test_a_rule_that_was_changed_by_then(void **state)
{
    char id[37];

    (void)state;
    begin("");
    propose(id);
    open_sheet(id);
    widen();
    assert_int_equal(person_decide(lead()), CHANGE_STALE);
    assert_non_null(strstr(lead()->last.err.message, "was changed since the plan"));
    assert_int_equal(approvals(), 0);
    /* and nobody can say yes to what was proposed of another one */
    assert_false(PLAN(lead(), &planner_approve, &crew.target, id));
    assert_int_equal(lead()->err.code, ERR_STALE);
    assert_non_null(strstr(lead()->err.message, "is not what would have to be done now"));
}

static void take_group(void *arg, struct aws_page *page)
{
    struct sv id = json_sv(json_items(page->body, "securityGroupInfo"), "groupId");

    sv_copy(id, arg, 32);
}

/* Somebody opens a group to the world. */
static void open_a_group(const struct aws_target *target)
{
    char group_id[32] = "", text[256];

    assert_true(
        person_read(lead(), OP_ec2_DescribeSecurityGroups, target, NULL, take_group, group_id));
    snprintf(text, sizeof text,
             "{\"GroupId\":\"%s\",\"IpPermissions\":[{\"IpProtocol\":\"tcp\",\"FromPort\":22,"
             "\"ToPort\":22,\"IpRanges\":[{\"CidrIp\":\"0.0.0.0/0\"}]}]}",
             group_id);
    change(OP_ec2_AuthorizeSecurityGroupIngress, target, text);
}

static void test_nobody_who_may_approve(void **state)
{
    struct person *oncall = &crew.people[ONCALL];
    struct aws_target home = {0};

    (void)state;
    begin("");
    str_copy(home.account_id, aws.account_id);
    str_copy(home.region, aws.region);
    open_a_group(&home);
    assert_true(crew_find_rule(&crew, &home, 0, &rule));
    /* where nobody enters by a role, the settings have to name somebody */
    assert_false(PLAN(oncall, &planner_propose, &home, "sg-revoke", rule.group_id, rule.rule_id));
    assert_int_equal(oncall->err.code, ERR_CONFIG);
    assert_non_null(strstr(oncall->err.message, "set approvers in watchdeck.conf"));
}

static void test_a_yes_that_is_denied(void **state)
{
    char id[37], path[DIR_PATH_SIZE];

    (void)state;
    begin("");
    propose(id);
    dir_path(dir, "viewer", path);
    assert_true(person_sit_down(&viewer, &aws, "viewer", path));
    assert_true(PLAN(&viewer, &planner_approve, &crew.target, id));
    assert_int_equal(person_decide(&viewer), CHANGE_FAILED);
    assert_int_equal(viewer.last.err.code, ERR_DENIED);
    assert_string_equal(viewer.last.err.iam_action, "ssm:SendAutomationSignal");
    assert_true(rule_is_open());
}

static void test_a_yes_that_is_throttled(void **state)
{
    char id[37];

    (void)state;
    begin("throttle:operation=SendAutomationSignal,first=1");
    propose(id);
    open_sheet(id);
    enum change_state state_then = person_decide(lead());
    if (state_then != CHANGE_SUCCEEDED)
        fail_msg("%s: %s", change_state_name(state_then), lead()->last.err.message);
    assert_int_equal(approvals(), 2);
    assert_int_equal(aws.tally[DEED_APPROVE].done, 1);
    assert_false(rule_is_open());
}

/* Ours is ten minutes behind: AWS says so, and what is sent is signed by its time. */
static void test_a_clock_that_is_wrong(void **state)
{
    char id[37];

    (void)state;
    begin("skew:s=600");
    propose(id);
    open_sheet(id);
    assert_int_equal(person_decide(lead()), CHANGE_SUCCEEDED);
    assert_int_equal(approvals(), 1);
    assert_false(rule_is_open());
}

/* The answer to the yes is lost: what AWS shows settles it, and nothing is sent again. */
static void test_a_yes_whose_answer_is_lost(void **state)
{
    char id[37];

    (void)state;
    begin("reset:operation=SendAutomationSignal,first=1,bytes=20");
    propose(id);
    open_sheet(id);
    assert_int_equal(person_decide(lead()), CHANGE_SUCCEEDED);
    assert_int_equal(approvals(), 1);
    assert_false(rule_is_open());
    assert_true(person_plan_undo(lead()));
}

/* The answer to the proposal is lost: it is found by what it is about. */
static void test_a_proposal_whose_answer_is_lost(void **state)
{
    char id[37];

    (void)state;
    begin("reset:operation=StartAutomationExecution,first=1,bytes=20");
    propose(id);
    aws_count(&aws);
    assert_int_equal(aws.tally[DEED_START].received, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_an_approval_that_has_expired, end),
        cmocka_unit_test_teardown(test_a_rule_that_is_gone_by_then, end),
        cmocka_unit_test_teardown(test_a_rule_that_was_changed_by_then, end),
        cmocka_unit_test_teardown(test_nobody_who_may_approve, end),
        cmocka_unit_test_teardown(test_a_yes_that_is_denied, end),
        cmocka_unit_test_teardown(test_a_yes_that_is_throttled, end),
        cmocka_unit_test_teardown(test_a_clock_that_is_wrong, end),
        cmocka_unit_test_teardown(test_a_yes_whose_answer_is_lost, end),
        cmocka_unit_test_teardown(test_a_proposal_whose_answer_is_lost, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
