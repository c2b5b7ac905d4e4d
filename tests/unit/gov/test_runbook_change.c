/* A rule without a remediation, and AWS's own document for what it finds: planned, started,
 * followed to its end, seen by the rule; against the sandbox. What AWS's answers make of a plan:
 * canned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/gov/remedy/remediation.h"
#include "tests/unit/gov/helper_canned.h"
#include "tests/unit/gov/helper_colleague.h"

static struct sandbox sandbox;

#define PACK_RULE "s3-default-encryption-kms-conformance-pack-m3kq7wz1p"

/* --- what there is to mend -------------------------------------------------------------------- */

struct thing {
    struct aws_target target;
    char resource[512], subject[256], key[65], note[512];
};

/* The whole organization is read once: what waited in the beginning, and where it is recorded. */
static struct {
    cJSON *queue, *recorders;
    struct estate *estate;
} beginning;

static void read_once(struct gov *gov)
{
    if (beginning.estate)
        return;
    beginning.queue = canned_list(gov, &screen_approvals, NULL);
    beginning.recorders = canned_list(gov, &screen_recorders, NULL);
    beginning.estate = gov_estate(gov);
}

static void forget_beginning(void)
{
    json_free(beginning.queue);
    json_free(beginning.recorders);
    estate_unref(beginning.estate);
}

/* Where nothing is recorded, no rule sees what was mended. */
static bool is_recorded(const cJSON *row)
{
    const cJSON *it;
    cJSON_ArrayForEach (it, beginning.recorders) {
        if (sv_eq(json_sv(it, "account_id"), json_sv(row, "account_id")) &&
            sv_eq(json_sv(it, "region"), json_sv(row, "region")) &&
            !sv_eq_cstr(json_sv(it, "state"), "ON"))
            return false;
    }
    return true;
}

/* Outside production. */
static bool is_fit(const cJSON *row, const char *rule)
{
    const struct account *account = estate_account(beginning.estate, json_sv(row, "account_id"));
    return sv_eq_cstr(json_sv(row, "type"), rule) && account && !account->production &&
           strcmp(account->id, beginning.estate->caller_account) != 0 && is_recorded(row);
}

/* The first row of a rule that fits; false when there is none. */
static bool take_thing(const cJSON *rows, const char *rule, struct thing *thing)
{
    const cJSON *row = rows->child;
    while (row && !is_fit(row, rule))
        row = row->next;
    if (!row)
        return false;
    *thing = (struct thing){0};
    sv_copy(json_sv(row, "account_id"), thing->target.account_id, sizeof thing->target.account_id);
    sv_copy(json_sv(row, "region"), thing->target.region, sizeof thing->target.region);
    sv_copy(json_sv(row, "resource"), thing->resource, sizeof thing->resource);
    sv_copy(json_sv(row, "subject"), thing->subject, sizeof thing->subject);
    sv_copy(json_sv(row, "key"), thing->key, sizeof thing->key);
    sv_copy(json_sv(row, "note"), thing->note, sizeof thing->note);
    return true;
}

/* The same of what waits there by now. */
static bool find_thing(struct gov *gov, const struct aws_target *at, const char *rule,
                       struct thing *thing)
{
    AUTO(json_free_at) cJSON *rows = canned_list(gov, &screen_approvals, at);
    return take_thing(rows, rule, thing);
}

static void need_thing(struct gov *gov, const char *rule, struct thing *thing)
{
    struct thing then;
    read_once(gov);
    if (!take_thing(beginning.queue, rule, &then) || !find_thing(gov, &then.target, rule, thing))
        fail_msg("%s finds too little", rule);
}

static const struct change_plan *plan_of(struct colleague *colleague, const char *rule,
                                         const struct thing *thing)
{
    return PLAN(colleague, &planner_remediation, &thing->target, rule, thing->subject,
                thing->resource);
}

static const struct change_plan *need_plan(struct colleague *colleague, const char *rule,
                                           const struct thing *thing)
{
    const struct change_plan *made = plan_of(colleague, rule, thing);
    if (!made)
        fail_msg("no plan: %s", colleague->err.message);
    return made;
}

static void sit_down(struct colleague *colleague, const char *role)
{
    colleague_sit_down(colleague, &sandbox, "oncall");
    str_copy(colleague->gov->settings.automation_role, role);
    colleague->step_s = 2;
}

/* --- against the sandbox ---------------------------------------------------------------------- */

/* AWS Config lets nobody give such a rule a remediation; its finding waits nevertheless. */
static void test_a_rule_of_a_conformance_pack(void **state)
{
    (void)state;
    struct colleague oncall;
    struct thing thing, gone;
    sit_down(&oncall, "");
    need_thing(oncall.gov, PACK_RULE, &thing);
    assert_non_null(strstr(thing.note, "AWS-EnableS3BucketEncryption, AWS's own document, would"));
    const struct change_plan *made = need_plan(&oncall, PACK_RULE, &thing);
    assert_ptr_equal(made->kind, &change_runbook);
    assert_string_equal(made->item_key, thing.key);
    assert_int_equal(made->reversible, IRREVERSIBLE);
    assert_true(plan_says(made, "made by config-conforms.amazonaws.com and takes no remediation"));
    assert_true(plan_says(made, "AWS-EnableS3BucketEncryption version 1, owned by Amazon, Sha256"));
    assert_true(plan_says(made, "gets SSEAlgorithm: aws:kms"));
    assert_true(plan_says(made, "the rights of whoever starts it"));
    assert_true(plan_says(made, "step PutBucketEncryption: aws:executeAwsApi s3"));
    assert_int_equal(made->calls.len, 1); /* changes set the rule off */
    const cJSON *call = made->calls.ptr[0].params;
    assert_true(sv_eq_cstr(json_sv(call, "DocumentVersion"), "1"));
    assert_int_equal(json_sv(call, "ClientToken").len, 36);
    colleague_decide(&oncall, CHANGE_SUCCEEDED);
    assert_false(oncall.last.undoable);
    assert_true(!find_thing(oncall.gov, &thing.target, PACK_RULE, &gone) ||
                strcmp(gone.key, thing.key) != 0);
    assert_null(plan_of(&oncall, PACK_RULE, &thing));
    assert_int_equal(oncall.err.code, ERR_STALE);
    colleague_get_up(&oncall);
}

/* One that is evaluated once a day is asked to look again, and the document acts with a role. */
static void test_a_rule_that_looks_once_a_day(void **state)
{
    static const char rule[] = "ec2-ebs-encryption-by-default";
    (void)state;
    struct colleague oncall;
    struct thing thing;
    sit_down(&oncall, "");
    need_thing(oncall.gov, rule, &thing);
    assert_string_equal(thing.resource, thing.target.account_id);
    assert_null(plan_of(&oncall, rule, &thing));
    assert_int_equal(oncall.err.code, ERR_CONFIG);
    assert_non_null(strstr(oncall.err.message, "set automation_role"));
    str_copy(oncall.gov->settings.automation_role, "WatchdeckAutomation");
    const struct change_plan *made = need_plan(&oncall, rule, &thing);
    assert_int_equal(made->reversible, PARTLY_REVERSIBLE);
    assert_true(plan_says(made, "the rule has no remediation: AWS's own document is started"));
    assert_true(plan_says(made, ":role/WatchdeckAutomation"));
    assert_int_equal(made->calls.len, 2);
    assert_true(made->calls.ptr[1].when_due);
    colleague_decide(&oncall, CHANGE_SUCCEEDED);
    colleague_get_up(&oncall);
}

/* What only an operator knows: without it the row says what to set, with it the sheet says what
 * comes of it, and the document is told. */
static void test_what_an_operator_knows(void **state)
{
    static const char rule[] = "s3-bucket-logging-enabled";
    (void)state;
    struct colleague oncall;
    struct thing thing;
    AUTO(buf_done) struct buf told = BUF_NONE;
    sit_down(&oncall, "");
    need_thing(oncall.gov, rule, &thing);
    assert_non_null(strstr(thing.note, "its TargetBucket is not known here: set log_bucket in"));
    assert_null(plan_of(&oncall, rule, &thing));
    assert_int_equal(oncall.err.code, ERR_UNSUPPORTED);
    assert_non_null(strstr(oncall.err.message, "set log_bucket in document_values"));
    str_copy(oncall.gov->settings.document_values, "log_bucket=logs-{account}");
    need_thing(oncall.gov, rule, &thing);
    assert_null(strstr(thing.note, "not known here"));
    const struct change_plan *made = need_plan(&oncall, rule, &thing);
    buf_addf(&told, "gets TargetBucket: logs-%s (document_values of watchdeck.conf)",
             thing.target.account_id);
    assert_true(plan_says(made, buf_cstr(&told)));
    colleague_decide(&oncall, CHANGE_SUCCEEDED);
    colleague_get_up(&oncall);
}

/* Two have planned the same, with the same token; once one has run, the other is not sent. */
static void test_it_is_started_once(void **state)
{
    static const char rule[] = "s3-bucket-versioning-enabled";
    (void)state;
    struct colleague oncall;
    struct thing thing;
    sit_down(&oncall, "");
    need_thing(oncall.gov, rule, &thing);
    struct change_plan *first = change_plan_copy(need_plan(&oncall, rule, &thing));
    colleague_wait_for(&oncall, CHANGE_READY);
    const struct change_plan *second = need_plan(&oncall, rule, &thing);
    assert_true(sv_eq(json_sv(second->calls.ptr[0].params, "ClientToken"),
                      json_sv(first->calls.ptr[0].params, "ClientToken")));
    colleague_wait_for(&oncall, CHANGE_READY);
    colleague_consent(&oncall);
    colleague_wait_for(&oncall, CHANGE_SUCCEEDED);
    change_plan_free(oncall.plan);
    oncall.plan = first;
    colleague_consent(&oncall);
    colleague_wait_for(&oncall, CHANGE_STALE);
    colleague_get_up(&oncall);
}

/* The role may not be passed, or is not there: AWS's word, and nothing was changed. */
static void test_a_role_that_is_not_there(void **state)
{
    static const char rule[] = "s3-bucket-versioning-enabled";
    (void)state;
    struct colleague oncall;
    struct thing thing;
    sit_down(&oncall, "Nobody");
    need_thing(oncall.gov, rule, &thing);
    need_plan(&oncall, rule, &thing);
    colleague_decide(&oncall, CHANGE_FAILED);
    assert_non_null(strstr(oncall.last.err.message, "unable to be assumed"));
    colleague_get_up(&oncall);
}

/* AWS's documents for groups do more than the rule finds; the sheet says what is more exact. */
static void test_a_security_group(void **state)
{
    static const char rule[] = "vpc-sg-open-only-to-authorized-ports";
    (void)state;
    struct colleague oncall;
    struct thing thing;
    sit_down(&oncall, "WatchdeckAutomation");
    need_thing(oncall.gov, rule, &thing);
    const struct change_plan *made = need_plan(&oncall, rule, &thing);
    assert_true(plan_says(made, "revoking the one rule by its id is more exact"));
    assert_true(plan_says(made, "removes every rule that lets everybody in"));
    assert_true(plan_says(made, "it may break traffic or access, or cannot be taken back"));
    colleague_decide(&oncall, CHANGE_SUCCEEDED);
    colleague_get_up(&oncall);
}

/* What AWS has no document for in the region, and what nobody here knows. */
static void test_what_cannot_be_started(void **state)
{
    static const struct {
        const char *rule;
        enum err_code code;
        const char *words;
    } rows[] = {
        {"eip-attached", ERR_REFUSED, "AWS has no document AWS-ReleaseElasticIP in "},
        {"s3-bucket-logging-enabled", ERR_UNSUPPORTED, "its TargetBucket is not known here"},
    };
    (void)state;
    struct colleague oncall;
    struct thing thing;
    sit_down(&oncall, "WatchdeckAutomation");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        need_thing(oncall.gov, rows[i].rule, &thing);
        assert_null(plan_of(&oncall, rows[i].rule, &thing));
        assert_int_equal(oncall.err.code, rows[i].code);
        if (!strstr(oncall.err.message, rows[i].words))
            fail_msg("%s: %s", rows[i].rule, oncall.err.message);
    }
    colleague_get_up(&oncall);
}

/* --- canned ---------------------------------------------------------------------------------- */

static const char *run_status; /* of a run of the document since the finding; NULL: there is none */
static bool is_denied;         /* DescribeConfigRules */

static const struct {
    enum aws_op_id op;
    const char *reply;
} replies[] = {
    {OP_config_DescribeRemediationConfigurations, "{\"RemediationConfigurations\":[]}"},
    {OP_config_DescribeConfigRules,
     "{\"ConfigRules\":[{\"ConfigRuleName\":\"versioned\",\"Source\":{\"Owner\":\"AWS\","
     "\"SourceIdentifier\":\"S3_BUCKET_VERSIONING_ENABLED\"}}]}"},
    {OP_config_GetComplianceDetailsByResource,
     "{\"EvaluationResults\":[{\"ComplianceType\":\"NON_COMPLIANT\",\"ResultRecordedTime\":"
     "1767225600,\"EvaluationResultIdentifier\":{\"EvaluationResultQualifier\":{"
     "\"ConfigRuleName\":\"versioned\"}}}]}"},
    {OP_ssm_DescribeDocument,
     "{\"Document\":{\"Name\":\"AWS-ConfigureS3BucketVersioning\",\"DocumentVersion\":\"7\","
     "\"Owner\":\"Amazon\",\"DocumentType\":\"Automation\",\"HashType\":\"Sha256\",\"Hash\":\"ab\","
     "\"Parameters\":[{\"Name\":\"BucketName\"},{\"Name\":\"VersioningState\"}]}}"},
    {OP_ssm_DescribeAutomationExecutions,
     "{\"AutomationExecutionMetadataList\":[{\"AutomationExecutionId\":\"e-1\",\"DocumentName\":"
     "\"AWS-ConfigureS3BucketVersioning\"},{\"AutomationExecutionId\":\"e-2\",\"DocumentName\":"
     "\"AWS-ConfigureS3BucketVersioningElsewhere\"}]}"},
};

static void answer(const struct aws_request *request, struct canned_answer *answer)
{
    static char execution[512];
    if (canned_organization(request, answer))
        return;
    for (size_t i = 0; i < ARRAY_LEN(replies); i++)
        if (replies[i].op == request->op)
            answer->pages[0] = replies[i].reply;
    if (request->op == OP_ssm_DescribeAutomationExecutions && !run_status)
        answer->pages[0] = "{\"AutomationExecutionMetadataList\":[]}";
    if (request->op == OP_ssm_GetAutomationExecution) {
        assert_true(sv_eq_cstr(json_sv(request->params, "AutomationExecutionId"), "e-1"));
        snprintf(
            execution, sizeof execution,
            "{\"AutomationExecution\":{\"AutomationExecutionId\":\"e-1\",\"ExecutionStartTime\":"
            "1767225700,\"AutomationExecutionStatus\":\"%s\",\"FailureMessage\":\"no such\","
            "\"Parameters\":{\"BucketName\":[\"bucket\"]}}}",
            run_status);
        answer->pages[0] = execution;
    }
    if (request->op == OP_config_DescribeConfigRules && is_denied)
        err_set(&answer->err, ERR_DENIED, "config:DescribeConfigRules", "not you");
}

static struct change_plan *planned;
static struct err planned_err;
static bool is_planned;

static void on_plan(void *arg, struct change_plan *take_plan, const struct err *err)
{
    (void)arg;
    planned = take_plan;
    planned_err = *err;
    is_planned = true;
}

static struct change_plan *plan_canned(void)
{
    static const struct aws_target target = {.account_id = "333333333333", .region = "us-east-1"};
    static const struct remediation_subject of = {"versioned", "AWS::S3::Bucket", "bucket"};
    is_planned = false;
    struct gov *gov = canned_gov(answer);
    remediation_plan(gov, gov->scope, &target, &of, on_plan, NULL);
    assert_true(run_ui_until(&is_planned, 60000));
    canned_gov_free(gov);
    return planned;
}

static void take_token(struct change_plan *take_plan, char token[37])
{
    if (!take_plan)
        fail_msg("no plan: %s", planned_err.message);
    sv_copy(json_sv(take_plan->calls.ptr[0].params, "ClientToken"), token, 37);
    change_plan_free(take_plan);
}

/* AWS takes each token once: what is tried again after a failure has another one. */
static void test_the_token(void **state)
{
    char first[37], second[37], after_failure[37];
    (void)state;
    take_token(plan_canned(), first);
    take_token(plan_canned(), second);
    assert_string_equal(first, second);
    run_status = "Failed";
    struct change_plan *again = plan_canned();
    assert_non_null(again);
    assert_true(plan_says(again, "the last remediation of it has failed: no such"));
    take_token(again, after_failure);
    assert_string_not_equal(first, after_failure);
    run_status = NULL;
}

static void test_one_that_is_on(void **state)
{
    static const struct {
        const char *status, *words;
    } rows[] = {
        {"InProgress", "runs for it already"},
        {"Success", "has run for it and ended well, and the rule has not looked since"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        run_status = rows[i].status;
        assert_null(plan_canned());
        assert_int_equal(planned_err.code, ERR_STALE);
        assert_non_null(strstr(planned_err.message, rows[i].words));
    }
    run_status = NULL;
}

static void test_a_rule_that_cannot_be_read(void **state)
{
    (void)state;
    is_denied = true;
    assert_null(plan_canned());
    is_denied = false;
    assert_int_equal(planned_err.code, ERR_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_token),
        cmocka_unit_test(test_one_that_is_on),
        cmocka_unit_test(test_a_rule_that_cannot_be_read),
        cmocka_unit_test(test_a_role_that_is_not_there),
        cmocka_unit_test(test_what_cannot_be_started),
        cmocka_unit_test(test_a_rule_of_a_conformance_pack),
        cmocka_unit_test(test_a_rule_that_looks_once_a_day),
        cmocka_unit_test(test_what_an_operator_knows),
        cmocka_unit_test(test_it_is_started_once),
        cmocka_unit_test(test_a_security_group),
    };
    int failed = run_in_sandbox(tests, &sandbox, "accounts=24,regions=2,resources=1500,seed=7");
    forget_beginning();
    return failed;
}
