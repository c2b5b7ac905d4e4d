/* Letting AWS Config mend what a rule has found, through the gate, against the sandbox. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/gov/planner.h"
#include "core/gov/remedy/remediation.h"
#include "tests/unit/gov/helper_canned.h"
#include "tests/unit/gov/helper_sandbox.h"

static struct sandbox sandbox;

#define RULE "restricted-ssh"

/* --- waiting --------------------------------------------------------------------------------- */

static struct change_status last;
static size_t n_intents; /* since the last check: what was sent, or tried */

static void on_change(void *arg, const struct change_status *status)
{
    (void)arg;
    last = *status;
    n_intents += status->state == CHANGE_INTENT;
}

/* Lets the world's time pass, step_s each time. */
static void wait_for(enum change_state state, int step_s)
{
    static const bool never = false;
    int64_t until_ms = clock_mono_ms() + 60000;
    while (last.state != state && clock_mono_ms() < until_ms) {
        run_ui_until(&never, 50);
        if (step_s > 0)
            sandbox_advance(&sandbox, step_s);
    }
    if (last.state != state)
        fail_msg("%s instead of %s: %s", change_state_name(last.state), change_state_name(state),
                 last.err.message);
}

/* While it is being verified, how far it is. */
static void wait_for_words(const char *words)
{
    static const bool never = false;
    int64_t until_ms = clock_mono_ms() + 60000;
    while (!strstr(last.err.message, words) && clock_mono_ms() < until_ms)
        run_ui_until(&never, 5);
    assert_non_null(strstr(last.err.message, words));
    assert_int_equal(last.state, CHANGE_VERIFYING);
}

static struct change_plan *planned;
static struct err planned_err;
static bool plan_is_there;

static void on_plan(void *arg, struct change_plan *take_plan, const struct err *err)
{
    (void)arg;
    planned = take_plan;
    planned_err = *err;
    plan_is_there = true;
}

static struct change_plan *plan_of(struct gov *gov, const struct aws_target *target,
                                   const struct remediation_subject *of)
{
    plan_is_there = false;
    remediation_plan(gov, gov->scope, target, of, on_plan, NULL);
    assert_true(run_ui_until(&plan_is_there, 30000));
    return planned;
}

static struct change_plan *plan(struct gov *gov, const struct aws_target *target, const char *rule,
                                const char *group_id)
{
    const struct remediation_subject of = {rule, "AWS::EC2::SecurityGroup", group_id};
    return plan_of(gov, target, &of);
}

static void consent(struct gov *gov, const struct change_plan *key)
{
    struct change_consent consent = {.single_operator = true};
    str_copy(consent.plan_hash, key->plan_hash);
    str_copy(consent.reason, "mended for the test");
    change_consent_word(key, consent.typed, sizeof consent.typed);
    gate_consent(gov_gate(gov), key->id, &consent);
}

static struct change_plan key_of(const struct change_plan *of)
{
    struct change_plan key = {.target = of->target};
    str_copy(key.id, of->id);
    str_copy(key.plan_hash, of->plan_hash);
    str_copy(key.account_name, of->account_name);
    return key;
}

static void check(struct gov *gov, struct change_plan *take_plan)
{
    last = (struct change_status){0};
    n_intents = 0;
    gate_check(gov_gate(gov), take_plan);
}

/* --- what there is to mend ------------------------------------------------------------------- */

struct place {
    struct aws_target target;
    char group_id[32];
    char resource_id[64];
};

static const char *text_of(const cJSON *row, const char *key)
{
    const cJSON *item = json_get(row, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

/* The number-th group outside production with a rule that opens port 22 alone, and its plan. */
static struct change_plan *find_plan(struct gov *gov, size_t number, struct place *place)
{
    AUTO(json_free_at) cJSON *rows = canned_list(gov, &screen_findings, NULL);
    struct estate *estate = gov_estate(gov);
    struct change_plan *found = NULL;
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        const struct account *account = estate_account(estate, sv_of(text_of(row, "account_id")));
        if (account->production || strcmp(text_of(row, "traffic"), "tcp 22") != 0)
            continue;
        str_copy(place->target.account_id, text_of(row, "account_id"));
        str_copy(place->target.region, text_of(row, "region"));
        str_copy(place->group_id, text_of(row, "group_id"));
        found = plan(gov, &place->target, RULE, place->group_id);
        if (found && number-- == 0)
            break;
        change_plan_free(found);
        found = NULL;
    }
    estate_unref(estate);
    if (!found)
        fail_msg("nothing can be planned: %s", planned_err.message);
    return found;
}

static bool evidence_has(const struct change_plan *of, const char *word)
{
    for (size_t i = 0; i < of->evidence.len; i++)
        if (strstr(of->evidence.ptr[i].text, word))
            return true;
    return false;
}

/* --- tests ----------------------------------------------------------------------------------- */

static void test_is_followed_to_its_end(void **state)
{
    (void)state;
    struct place place;
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    gov_on_change(gov, on_change, NULL);
    struct change_plan *one = find_plan(gov, 0, &place);
    struct change_plan *two = plan(gov, &place.target, RULE, place.group_id);
    assert_string_equal(one->severity, "HIGH");
    assert_int_equal(one->reversible, IRREVERSIBLE);
    assert_string_equal(one->item_key, two->item_key);
    assert_true(evidence_has(one, "AWS-DisableIncomingSSHOnPort22 version 1, owned by Amazon"));
    assert_true(evidence_has(one, "attached to "));
    assert_true(evidence_has(one, "used by "));
    assert_true(evidence_has(one, "the resource: "));
    assert_true(evidence_has(one, "AWS Config has recorded that as of 20"));
    assert_true(evidence_has(one, "the rule has found it at 20"));
    assert_true(evidence_has(one, "step Revoke: aws:executeAwsApi ec2 RevokeSecurityGroupIngress"));
    assert_true(evidence_has(one, place.group_id));
    struct change_plan key = key_of(one);
    check(gov, one);
    wait_for(CHANGE_READY, 0);
    assert_int_equal(last.consent, CONSENT_NAME);
    assert_string_equal(last.dry_run, "AWS has none for config:StartRemediationExecution");
    consent(gov, &key);
    wait_for(CHANGE_VERIFYING, 0);
    wait_for_words("the remediation is on its way");
    wait_for(CHANGE_SUCCEEDED, 2);
    assert_false(last.undoable);

    check(gov, two);
    wait_for(CHANGE_STALE, 0);
    assert_null(plan(gov, &place.target, RULE, place.group_id));
    assert_int_equal(planned_err.code, ERR_STALE);
    sandbox_gov_free(gov);
}

static void test_what_cannot_be_planned(void **state)
{
    (void)state;
    struct place place;
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    change_plan_free(find_plan(gov, 0, &place));
    assert_null(plan(gov, &place.target, "required-tags", place.group_id));
    assert_int_equal(planned_err.code, ERR_UNSUPPORTED);
    assert_null(plan(gov, &place.target, RULE, "sg-00000000000000000"));
    assert_true(planned_err.code == ERR_STALE || planned_err.code == ERR_AWS ||
                planned_err.code == ERR_NOT_FOUND);
    sandbox_gov_free(gov);
}

/* --- having the rule look again ----------------------------------------------------------------
 */

static struct change_plan *plan_evaluation(struct gov *gov, const struct aws_target *target)
{
    const char *const args[] = {"ec2-ebs-encryption-by-default"};
    plan_is_there = false;
    planner_find(SV("evaluate"))->plan(gov, gov->scope, target, args, on_plan, NULL);
    assert_true(run_ui_until(&plan_is_there, 60000));
    return planned;
}

/* A rule that is evaluated at times says how things are once it has been asked to look. */
static void test_evaluation(void **state)
{
    (void)state;
    struct place place;
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    gov_on_change(gov, on_change, NULL);
    change_plan_free(find_plan(gov, 0, &place));
    struct change_plan *one = plan_evaluation(gov, &place.target);
    assert_non_null(one);
    assert_string_equal(one->severity, "LOW");
    assert_true(evidence_has(one, "evaluated by itself each 24 hours"));
    struct change_plan key = key_of(one);
    check(gov, one);
    wait_for(CHANGE_READY, 0);
    assert_int_equal(last.consent, CONSENT_KEY);
    consent(gov, &key);
    wait_for(CHANGE_VERIFYING, 0);
    wait_for_words("is evaluating the rule");
    assert_null(plan_evaluation(gov, &place.target)); /* one at a time */
    assert_int_equal(planned_err.code, ERR_STALE);
    wait_for(CHANGE_SUCCEEDED, 2);
    assert_false(last.undoable);
    sandbox_gov_free(gov);
}

/* --- putting a remedy ------------------------------------------------------------------------ */

static void put_look(struct aws_client *client, struct scope *scope, const struct change_plan *of,
                     change_looked_fn *looked, void *arg)
{
    (void)client, (void)scope;
    looked(arg, of->calls_done > 0 ? STAND_AFTER : STAND_BEFORE, &ERR_NONE);
}

static enum err_code put_accept(struct change_plan *of, size_t call, const cJSON *reply,
                                struct err *err)
{
    (void)of, (void)call, (void)reply, (void)err;
    return OK;
}

static const struct change_kind put_kind = {
    .name = "remediation", .look = put_look, .accept = put_accept};

/* Gives a rule a remedy; configuration is JSON. */
static void put_remedy(struct gov *gov, const struct place *place, const char *configuration)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct change_plan *put = change_plan_new(&put_kind);
    cJSON *params = NULL;
    buf_addf(&text, "{\"RemediationConfigurations\":[%s]}", configuration);
    assert_int_equal(json_parse(buf_sv(&text), "test", &params, NULL), OK);
    change_plan_add_call(put, OP_config_PutRemediationConfigurations, params);
    put->target = place->target;
    str_copy(put->account_name, "test");
    str_copy(put->severity, "LOW");
    put->title = mem_strdup("put");
    put->why = mem_strdup("test");
    put->state = cJSON_CreateObject();
    str_copy(put->item_key, "0000000000000000000000000000000000000000000000000000000000000001");
    change_plan_seal(put);
    struct change_plan key = key_of(put);
    check(gov, put);
    wait_for(CHANGE_READY, 0);
    consent(gov, &key);
    wait_for(CHANGE_SUCCEEDED, 0);
}

/* Without a role, so that it may do nothing. */
static void put_powerless_remedy(struct gov *gov, const struct place *place)
{
    put_remedy(gov, place,
               "{\"ConfigRuleName\":\"" RULE "\",\"TargetType\":\"SSM_DOCUMENT\","
               "\"TargetId\":\"AWS-DisableIncomingSSHOnPort22\",\"Parameters\":{"
               "\"SecurityGroupIds\":{\"ResourceValue\":{\"Value\":\"RESOURCE_ID\"}}}}");
}

static void test_a_failure_is_told(void **state)
{
    (void)state;
    struct place place;
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    gov_on_change(gov, on_change, NULL);
    change_plan_free(find_plan(gov, 0, &place));
    put_powerless_remedy(gov, &place);
    struct change_plan *doomed = plan(gov, &place.target, RULE, place.group_id);
    assert_non_null(doomed);
    struct change_plan key = key_of(doomed);
    check(gov, doomed);
    wait_for(CHANGE_READY, 0);
    consent(gov, &key);
    wait_for(CHANGE_VERIFYING, 0);
    wait_for(CHANGE_FAILED, 2);
    assert_non_null(strstr(last.err.message, "has failed in step Revoke"));
    assert_non_null(strstr(last.err.message, "UnauthorizedOperation"));

    struct change_plan *again = plan(gov, &place.target, RULE, place.group_id);
    assert_non_null(again);
    assert_true(evidence_has(again, "the last remediation of it has failed"));
    change_plan_free(again);
    sandbox_gov_free(gov);
}

/* --- a rule that looks at times alone ----------------------------------------------------------
 */

#define KEY_RULE "cmk-backing-key-rotation-enabled" /* once a day */

/* A key that is not rotated; the rule is given its remedy. */
static void find_key(struct gov *gov, struct place *place)
{
    const char *const args[] = {KEY_RULE};
    AUTO(buf_done) struct buf remedy = BUF_NONE;
    struct load_view view;
    struct load *load = canned_open(gov, &screen_rule, NULL, args, 1);
    canned_wait(load, canned_has_ended, &view);
    AUTO(json_free_at) cJSON *rows = canned_rows(&screen_rule, &view);
    const cJSON *row = rows->child;
    while (row && strcmp(text_of(row, "compliance"), "NON_COMPLIANT") != 0)
        row = row->next;
    assert_non_null(row);
    str_copy(place->target.account_id, text_of(row, "account_id"));
    str_copy(place->target.region, text_of(row, "region"));
    str_copy(place->resource_id, text_of(row, "resource_id"));
    load_view_done(&view);
    load_close(load);
    buf_addf(&remedy,
             "{\"ConfigRuleName\":\"" KEY_RULE "\",\"TargetType\":\"SSM_DOCUMENT\","
             "\"TargetId\":\"AWSConfigRemediation-EnableKeyRotation\",\"Parameters\":{"
             "\"KeyId\":{\"ResourceValue\":{\"Value\":\"RESOURCE_ID\"}},"
             "\"AutomationAssumeRole\":{\"StaticValue\":{\"Values\":"
             "[\"arn:aws:iam::%s:role/WatchdeckAutomation\"]}}}}",
             place->target.account_id);
    put_remedy(gov, place, buf_cstr(&remedy));
}

/* It would not look for a day: it is asked to, as a part of the plan, and its word is waited for.
 */
static void test_a_rule_is_asked_to_look_again(void **state)
{
    (void)state;
    struct place place;
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    gov_on_change(gov, on_change, NULL);
    find_key(gov, &place);
    const struct remediation_subject of = {KEY_RULE, "AWS::KMS::Key", place.resource_id};
    struct change_plan *one = plan_of(gov, &place.target, &of);
    if (!one)
        fail_msg("%s", planned_err.message);
    assert_int_equal(one->calls.len, 2);
    assert_int_equal(one->calls.ptr[1].op, OP_config_StartConfigRulesEvaluation);
    assert_true(one->calls.ptr[1].when_due);
    assert_true(evidence_has(one, "it is asked to look at once"));
    struct change_plan key = key_of(one);
    check(gov, one);
    wait_for(CHANGE_READY, 0);
    consent(gov, &key);
    wait_for(CHANGE_VERIFYING, 0);
    wait_for(CHANGE_SUCCEEDED, 2);
    assert_int_equal(n_intents, 2);
    sandbox_gov_free(gov);
}

/* --- of an account ---------------------------------------------------------------------------- */

/* AWS Config documents no such type for the keys of its remediations, and may refuse it. */
static void answer_of_account(const struct aws_request *request, struct canned_answer *answer)
{
    static const struct {
        enum aws_op_id op;
        const char *reply;
    } replies[] = {
        {OP_config_DescribeRemediationConfigurations,
         "{\"RemediationConfigurations\":[{\"ConfigRuleName\":\"passwords\",\"TargetId\":"
         "\"Passwords\",\"TargetType\":\"SSM_DOCUMENT\"}]}"},
        {OP_config_DescribeConfigRules, "{\"ConfigRules\":[{\"ConfigRuleName\":\"passwords\"}]}"},
        {OP_config_GetComplianceDetailsByResource,
         "{\"EvaluationResults\":[{\"ComplianceType\":\"NON_COMPLIANT\","
         "\"EvaluationResultIdentifier\":{\"EvaluationResultQualifier\":{\"ConfigRuleName\":"
         "\"passwords\",\"ResourceType\":\"AWS::::Account\",\"ResourceId\":\"333333333333\"}}}]}"},
        {OP_ssm_DescribeDocument, "{\"Document\":{\"Name\":\"Passwords\",\"Parameters\":[]}}"},
        {OP_ssm_GetDocument, "{\"Content\":\"{}\"}"},
    };
    if (canned_organization(request, answer))
        return;
    for (size_t i = 0; i < ARRAY_LEN(replies); i++)
        if (replies[i].op == request->op)
            answer->pages[0] = replies[i].reply;
    if (request->op != OP_config_DescribeRemediationExecutionStatus)
        return;
    err_set(&answer->err, ERR_AWS, "config:DescribeRemediationExecutionStatus",
            "1 validation error detected: Value 'AWS::::Account' at "
            "'resourceKeys.1.member.resourceType' failed to satisfy constraint");
    str_copy(answer->err.aws_code, "ValidationException");
}

static void test_an_account_that_aws_refuses(void **state)
{
    (void)state;
    const struct aws_target target = {.account_id = "333333333333", .region = "us-east-1"};
    const struct remediation_subject of = {"passwords", "AWS::::Account", "333333333333"};
    struct gov *gov = canned_gov(answer_of_account);
    assert_null(plan_of(gov, &target, &of));
    assert_int_equal(planned_err.code, ERR_UNSUPPORTED);
    assert_string_equal(planned_err.message,
                        "AWS Config starts the remediation of an account for nobody: its keys name "
                        "no AWS::::Account. Start Passwords as an automation in the account, or "
                        "let the remediation be automatic");
    canned_gov_free(gov);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_account_that_aws_refuses),
        cmocka_unit_test(test_what_cannot_be_planned),
        cmocka_unit_test(test_evaluation),
        cmocka_unit_test(test_is_followed_to_its_end),
        cmocka_unit_test(test_a_rule_is_asked_to_look_again),
        cmocka_unit_test(test_a_failure_is_told),
    };
    return run_in_sandbox(tests, &sandbox, "accounts=24,regions=2,resources=1500,seed=7");
}
