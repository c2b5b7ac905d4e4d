/*
 * What can be put to somebody else beside closing a rule: each kind is proposed by one person,
 * approved by another, done by the automation of its own document, seen in AWS, and undone; against
 * the sandbox.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/gov/proposal/form.h"
#include "core/gov/proposal/proposal.h"
#include "core/gov/systems_manager/automation.h"
#include "tests/support/dir.h"
#include "tests/unit/gov/helper_canned.h"
#include "tests/unit/gov/helper_colleague.h"

#define SUBNET_RULE "subnet-auto-assign-public-ip-disabled"

static struct sandbox sandbox;

/* --- what there is to do -----------------------------------------------------------------------
 */

/* A row of the approvals, as its planner takes it. */
struct thing {
    struct aws_target target;
    const char *type;
    char resource[512], subject[256], key[65];
};

/* The whole organization is read once: what waited in the beginning. */
static struct {
    cJSON *queue;
    struct estate *estate;
} beginning;

static void forget_beginning(void)
{
    json_free(beginning.queue);
    estate_unref(beginning.estate);
}

static bool is_production(const struct estate *estate, const cJSON *row)
{
    const struct account *account = estate_account(estate, json_sv(row, "account_id"));
    return !account || account->production;
}

/* What a row is looked for by; any of it may be "". */
struct wanted {
    const char *type, *what, *resource, *key;
};

/* Such a row, outside production and not of the caller's account. */
static bool is_such(const cJSON *row, const struct wanted *wanted)
{
    const struct estate *estate = beginning.estate;
    return sv_eq_cstr(json_sv(row, "type"), wanted->type) && !is_production(estate, row) &&
           sv_contains(json_sv(row, "resource"), sv_of(wanted->resource)) &&
           (!wanted->key[0] || sv_eq_cstr(json_sv(row, "key"), wanted->key)) &&
           sv_contains(json_sv(row, "what"), sv_of(wanted->what)) &&
           !sv_eq_cstr(json_sv(row, "account_id"), estate->caller_account);
}

static void take_thing(const cJSON *row, const char *type, struct thing *thing)
{
    *thing = (struct thing){.type = type};
    sv_copy(json_sv(row, "account_id"), thing->target.account_id, sizeof thing->target.account_id);
    sv_copy(json_sv(row, "region"), thing->target.region, sizeof thing->target.region);
    sv_copy(json_sv(row, "resource"), thing->resource, sizeof thing->resource);
    sv_copy(json_sv(row, "subject"), thing->subject, sizeof thing->subject);
    sv_copy(json_sv(row, "key"), thing->key, sizeof thing->key);
}

/* The first such row of what waits there now. */
static bool find_at(struct gov *gov, const struct aws_target *at, const struct wanted *wanted,
                    struct thing *thing)
{
    AUTO(json_free_at) cJSON *rows = canned_list(gov, &screen_approvals, at);
    const cJSON *row = rows->child;
    while (row && !is_such(row, wanted))
        row = row->next;
    if (row)
        take_thing(row, wanted->type, thing);
    return row != NULL;
}

/* The first of those that waited in the beginning that waits still. */
static bool find_anywhere(struct gov *gov, const struct wanted *wanted, struct thing *thing)
{
    for (const cJSON *row = beginning.queue->child; row; row = row->next) {
        if (!is_such(row, wanted))
            continue;
        take_thing(row, wanted->type, thing);
        struct thing then = *thing;
        struct wanted same = *wanted;
        same.key = then.key;
        if (find_at(gov, &then.target, &same, thing))
            return true;
    }
    return false;
}

/* The first row of what waits there (at NULL: anywhere) about such a thing, called such (of that
 * key, unless it is NULL), outside production and not of the caller's account; false when there is
 * none. */
static bool find_such(struct gov *gov, const struct aws_target *at, const char *type,
                      const char *what, const char *resource, const char *key, struct thing *thing)
{
    const struct wanted wanted = {type, what, resource, key ? key : ""};
    if (!beginning.estate) {
        beginning.queue = canned_list(gov, &screen_approvals, NULL);
        beginning.estate = gov_estate(gov);
    }
    return at ? find_at(gov, at, &wanted, thing) : find_anywhere(gov, &wanted, thing);
}

static bool find_thing(struct gov *gov, const struct aws_target *at, const char *type,
                       const char *resource, const char *key, struct thing *thing)
{
    return find_such(gov, at, type, "", resource, key, thing);
}

static void need_thing(struct gov *gov, const struct aws_target *at, const char *type,
                       const char *resource, struct thing *thing)
{
    if (!find_thing(gov, at, type, resource, NULL, thing))
        fail_msg("there is no %s about %s", type, resource);
}

/* A group that the remedy of restricted-ssh closes: it knows no ranges of ports. */
static void find_ssh_group(struct thing *thing)
{
    struct colleague colleague;
    bool found = false;
    colleague_sit_down(&colleague, &sandbox, "oncall");
    AUTO(json_free_at) cJSON *rows = canned_list(colleague.gov, &screen_findings, NULL);
    for (const cJSON *row = rows->child; row && !found; row = row->next) {
        struct aws_target at = {0};
        sv_copy(json_sv(row, "account_id"), at.account_id, sizeof at.account_id);
        sv_copy(json_sv(row, "region"), at.region, sizeof at.region);
        found = sv_eq_cstr(json_sv(row, "traffic"), "tcp 22") &&
                find_thing(colleague.gov, &at, "restricted-ssh", json_sv(row, "group_id").ptr, NULL,
                           thing);
    }
    assert_true(found);
    colleague_get_up(&colleague);
}

/* --- proposing, approving ----------------------------------------------------------------------
 */

/* The item of the approvals that is the proposal: its execution. */
static void proposal_at(struct gov *gov, const struct aws_target *at, char id[37])
{
    struct thing thing;
    sandbox_advance(&sandbox, 2); /* the first second of an execution */
    need_thing(gov, at, "automation_approval", "", &thing);
    str_copy(*(char(*)[37])id, thing.resource);
}

/* The sheet of the proposal has the words of what it is about, and its document's name. */
static void assert_sheet(const struct change_plan *made, const char *document)
{
    bool has_document = false;
    assert_int_equal(change_consent_level(made, 1), CONSENT_KEY); /* it only asks */
    assert_true(plan_says(made, "then the automation sends: aws "));
    assert_true(plan_says(made, "sha256 "));
    for (size_t i = 0; i < made->evidence.len; i++)
        has_document |= strstr(made->evidence.ptr[i].text, document) != NULL;
    assert_true(has_document);
}

struct case_of {
    const char *type, *resource;   /* of the row that it begins with */
    const char *what;              /* in its line; NULL: whatever */
    const char *planner, *args[3]; /* "resource", "subject", "key": of the row */
    const char *document, *title;  /* what the proposal's sheet has to say */
    const char *approve_title;     /* and that of whoever approves */
    const char *undo_title;        /* NULL: nothing undoes it */
};

static const char *arg_of(const struct thing *thing, const char *word)
{
    return strcmp(word, "resource") == 0  ? thing->resource
           : strcmp(word, "subject") == 0 ? thing->subject
           : strcmp(word, "key") == 0     ? thing->key
                                          : word;
}

/* The rules of a group that are approved, and are not there. */
static const char approved[] =
    "{\"groups\":[{\"account\":\"*-dev\",\"region\":\"us-east-1\",\"group\":\"*\",\"rules\":"
    "[{\"IpProtocol\":\"tcp\",\"FromPort\":8443,\"ToPort\":8444,\"CidrIpv4\":\"10.0.0.0/8\"}]}]}";

static void sit_down(struct colleague *colleague, const char *name, int step_s)
{
    colleague_sit_down(colleague, &sandbox, name);
    assert_int_equal(sg_baseline_read(file_of("approved.json", sv_of(approved)),
                                      &colleague->gov->baseline, NULL),
                     OK);
    str_copy(colleague->gov->settings.automation_role, "WatchdeckAutomation");
    colleague->step_s = step_s;
}

/* One person proposes, another one approves and undoes. */
static void go_through(const struct case_of *of)
{
    struct colleague oncall, lead;
    struct thing thing, gone;
    char id[37];
    const char *args[PLANNER_ARGS_MAX] = {of->planner};
    sit_down(&oncall, "oncall", 2);
    if (!find_such(oncall.gov, NULL, of->type, of->what ? of->what : "", of->resource, NULL,
                   &thing))
        fail_msg("there is no %s about %s", of->type, of->resource);
    for (size_t i = 0; i < ARRAY_LEN(of->args) && of->args[i]; i++)
        args[1 + i] = arg_of(&thing, of->args[i]);
    const struct change_plan *made = colleague_plan(&oncall, &planner_propose, &thing.target, args);
    if (!made)
        fail_msg("no proposal: %s", oncall.err.message);
    assert_non_null(strstr(made->title, of->title));
    assert_string_equal(made->item_key, thing.key);
    assert_sheet(made, of->document);
    colleague_decide(&oncall, CHANGE_SUCCEEDED);
    proposal_at(oncall.gov, &thing.target, id); /* which stands for what it is about */
    assert_false(find_thing(oncall.gov, &thing.target, of->type, thing.resource, thing.key, &gone));
    assert_null(colleague_plan(&oncall, &planner_propose, &thing.target, args));
    if (!strstr(oncall.err.message, "has proposed it already"))
        fail_msg("proposed twice: %s", oncall.err.message);
    colleague_get_up(&oncall);

    sit_down(&lead, "lead", 5);
    proposal_at(lead.gov, &thing.target, id);
    made = PLAN(&lead, &planner_approve, &thing.target, id);
    if (!made)
        fail_msg("no plan to approve: %s", lead.err.message);
    assert_non_null(strstr(made->title, of->approve_title));
    assert_true(plan_says(made, ": ours"));
    assert_string_equal(made->item_key, thing.key);
    colleague_decide(&lead, CHANGE_SUCCEEDED);
    assert_false(find_thing(lead.gov, &thing.target, of->type, thing.resource, thing.key, &gone));
    assert_int_equal(lead.last.undoable, of->undo_title != NULL);
    if (of->undo_title) {
        made = colleague_undo(&lead);
        if (!made)
            fail_msg("no undo: %s", lead.err.message);
        assert_non_null(strstr(made->title, of->undo_title));
        colleague_decide(&lead, CHANGE_SUCCEEDED);
        assert_true(
            find_thing(lead.gov, &thing.target, of->type, thing.resource, thing.key, &gone));
    }
    colleague_get_up(&lead);
}

static void test_a_missing_parameter(void **state)
{
    static const struct case_of of = {.type = "missing_parameter",
                                      .resource = "http/timeout_ms",
                                      .planner = "parameter",
                                      .args = {"resource", "missing_parameter"},
                                      .document = "Watchdeck-CreateParameter",
                                      .title = "Propose: Create /",
                                      .approve_title = "Approve: Create /",
                                      .undo_title = "Delete again"};
    (void)state;
    go_through(&of);
}

static void test_another_value(void **state)
{
    static const struct case_of of = {.type = "parameter_value_drift",
                                      .resource = "log/level",
                                      .planner = "parameter",
                                      .args = {"resource", "parameter_value_drift"},
                                      .document = "Watchdeck-OverwriteParameter",
                                      .title = "Propose: Overwrite /",
                                      .approve_title = "Approve: Overwrite /",
                                      .undo_title = "Put back version"};
    (void)state;
    go_through(&of);
}

static void test_one_that_nobody_has_approved(void **state)
{
    static const struct case_of of = {.type = "unauthorized_parameter",
                                      .resource = "debug/override",
                                      .planner = "parameter",
                                      .args = {"resource", "unauthorized_parameter"},
                                      .document = "Watchdeck-DeleteParameter",
                                      .title = "Propose: Delete /",
                                      .approve_title = "Approve: Delete /",
                                      .undo_title = "Create again"};
    (void)state;
    go_through(&of);
}

static void test_an_approved_rule_that_is_missing(void **state)
{
    static const struct case_of of = {.type = "baseline_rule_missing",
                                      .resource = "sg-",
                                      .planner = "sg-restore",
                                      .args = {"resource", "key"},
                                      .document = "Watchdeck-OpenSecurityGroupRule",
                                      .title = "Propose: Open tcp 8443-8444 from 10.0.0.0/8",
                                      .approve_title = "Approve: Open a rule of sg-",
                                      .undo_title = "Revoke again tcp 8443-8444"};
    (void)state;
    go_through(&of);
}

static void test_a_rule_that_nobody_has_approved(void **state)
{
    static const struct case_of of = {.type = "baseline_rule_extra",
                                      .resource = "sg-",
                                      .planner = "sg-revoke-extra",
                                      .args = {"resource", "subject", "key"},
                                      .document = "Watchdeck-CloseSecurityGroupRule",
                                      .title = "Propose: Revoke ",
                                      .approve_title = "Approve: Revoke sgr-",
                                      .undo_title = "Open again "};
    (void)state;
    go_through(&of);
}

/* What is done to a rule, and what its undo is put to somebody else by. */
struct undo_case {
    const struct planner *planner, *again;
    const char *range;            /* that it is narrowed to; NULL: it is closed */
    const char *title, *document; /* of the proposal */
    const char *stale;            /* why it cannot be proposed once more */
};

/* Whoever has changed a rule puts the undo to somebody else, whose console knows nothing of it. */
static void propose_undo(struct colleague *oncall, const struct thing *thing,
                         const struct undo_case *of, const char *args[PLANNER_ARGS_MAX],
                         struct planner_subject *subject)
{
    if (!PLAN(oncall, of->planner, &thing->target, thing->resource, thing->subject, of->range))
        fail_msg("not to be changed: %s", oncall->err.message);
    colleague_decide(oncall, CHANGE_SUCCEEDED);
    const struct change_plan *made = colleague_undo(oncall);
    assert_true(form_undo_subject(made, subject));
    assert_ptr_equal(subject->planner, of->again);
    args[0] = subject->planner->name;
    for (size_t i = 0; i < subject->planner->n_args; i++)
        args[i + 1] = subject->args[i];
    made = colleague_plan(oncall, &planner_propose, &subject->target, args);
    if (!made)
        fail_msg("no proposal: %s", oncall->err.message);
    assert_non_null(strstr(made->title, of->title));
    assert_string_equal(made->item_key, thing->key);
    assert_sheet(made, of->document);
    colleague_decide(oncall, CHANGE_SUCCEEDED);
}

static void approve_undo(const struct thing *thing, const struct undo_case *of,
                         const char *const args[PLANNER_ARGS_MAX])
{
    struct colleague lead;
    struct thing again;
    char id[37];
    sit_down(&lead, "lead", 5);
    proposal_at(lead.gov, &thing->target, id);
    const struct change_plan *made = PLAN(&lead, &planner_approve, &thing->target, id);
    if (!made)
        fail_msg("no plan to approve: %s", lead.err.message);
    assert_string_equal(made->severity, "HIGH");
    assert_string_equal(made->item_key, thing->key);
    colleague_decide(&lead, CHANGE_SUCCEEDED);
    assert_true(
        find_thing(lead.gov, &thing->target, thing->type, thing->resource, thing->key, &again));
    assert_int_equal(strcmp(again.subject, thing->subject) == 0, of->range != NULL);
    assert_null(colleague_plan(&lead, &planner_propose, &thing->target, args));
    assert_int_equal(lead.err.code, ERR_STALE);
    assert_non_null(strstr(lead.err.message, of->stale));
    colleague_get_up(&lead);
}

static void test_the_undo_of_a_closing(void **state)
{
    (void)state;
    struct colleague oncall;
    struct planner_subject subject;
    struct thing thing;
    const char *args[PLANNER_ARGS_MAX] = {0};
    sit_down(&oncall, "oncall", 2);
    need_thing(oncall.gov, NULL, "unrestricted_dangerous_port", "sg-", &thing);
    const struct change_plan *made =
        PLAN(&oncall, &planner_sg_reopen, &thing.target, thing.resource, thing.key,
             "{\"ipProtocol\":\"-1\",\"cidrIpv4\":\"0.0.0.0/0\"}");
    if (!made)
        fail_msg("not to be opened: %s", oncall.err.message);
    assert_string_equal(made->severity, "CRITICAL"); /* as grave as what it lets in */
    assert_null(
        PLAN(&oncall, &planner_sg_reopen, &thing.target, thing.resource, thing.key, "no rule"));
    assert_int_equal(oncall.err.code, ERR_PARSE);
    const struct undo_case undo = {.planner = &planner_sg_revoke,
                                   .again = &planner_sg_reopen,
                                   .title = "Propose: Open again tcp ",
                                   .document = "Watchdeck-OpenSecurityGroupRule",
                                   .stale = "the group has this rule again, as sgr-"};
    propose_undo(&oncall, &thing, &undo, args, &subject);
    colleague_get_up(&oncall);
    approve_undo(&thing, &undo, args);
    planner_subject_done(&subject);
}

static void test_a_rule_that_is_to_let_in_less(void **state)
{
    static const struct case_of of = {.type = "unrestricted_dangerous_port",
                                      .resource = "sg-",
                                      .planner = "sg-narrow",
                                      .args = {"resource", "subject", "203.0.113.0/24"},
                                      .document = "Watchdeck-ModifySecurityGroupRule",
                                      .title = "Propose: Narrow ",
                                      .approve_title = "Approve: Change the source of sgr-",
                                      .undo_title = "Widen again: "};
    (void)state;
    struct colleague oncall;
    struct planner_subject subject;
    struct thing thing;
    const char *args[PLANNER_ARGS_MAX] = {0};
    const struct undo_case undo = {.planner = &planner_sg_narrow,
                                   .range = of.args[2],
                                   .again = &planner_sg_widen,
                                   .title = "Propose: Widen again: tcp ",
                                   .document = of.document,
                                   .stale = "is not more than the rule lets in"};
    go_through(&of);
    sit_down(&oncall, "oncall", 2);
    need_thing(oncall.gov, NULL, of.type, "sg-", &thing);
    propose_undo(&oncall, &thing, &undo, args, &subject);
    colleague_get_up(&oncall);
    approve_undo(&thing, &undo, args);
    planner_subject_done(&subject);
}

/* What a default group lets out, by documents of its own, there and back. */
static void test_egress_of_a_default_group(void **state)
{
    static const struct case_of of = {.type = "default_group_rule",
                                      .what = "all traffic to ",
                                      .resource = "sg-",
                                      .planner = "sg-revoke",
                                      .args = {"resource", "subject"},
                                      .document = "Watchdeck-CloseSecurityGroupEgressRule",
                                      .title = "Propose: Revoke all traffic to ",
                                      .approve_title = "Approve: Revoke the egress rule sgr-",
                                      .undo_title = "Open again all traffic to "};
    (void)state;
    struct colleague oncall;
    struct planner_subject subject;
    struct thing thing;
    const char *args[PLANNER_ARGS_MAX] = {0};
    go_through(&of);
    sit_down(&oncall, "oncall", 2);
    assert_true(find_such(oncall.gov, NULL, of.type, of.what, "sg-", NULL, &thing));
    const struct undo_case undo = {.planner = &planner_sg_revoke,
                                   .again = &planner_sg_reopen,
                                   .title = "Propose: Open again all traffic to ",
                                   .document = "Watchdeck-OpenSecurityGroupEgressRule",
                                   .stale = "the group has this rule again, as sgr-"};
    propose_undo(&oncall, &thing, &undo, args, &subject);
    colleague_get_up(&oncall);
    approve_undo(&thing, &undo, args);
    planner_subject_done(&subject);
}

static void test_a_remedy_of_aws_config(void **state)
{
    struct thing group;
    struct case_of of = {.type = "restricted-ssh",

                         .planner = "remediation",
                         .args = {"restricted-ssh", "subject", "resource"},
                         .document = "Watchdeck-StartRemediation",
                         .title = "Propose: Remediate sg-",
                         .approve_title = "Approve: Remediate sg-"};
    (void)state;
    find_ssh_group(&group);
    of.resource = group.resource;
    go_through(&of);
}

/* A rule without a remedy, and what AWS has for it. */
static void test_a_document_of_aws(void **state)
{
    static const struct case_of of = {
        .type = SUBNET_RULE,
        .resource = "",
        .planner = "remediation",
        .args = {SUBNET_RULE, "subject", "resource"},
        .document = "Watchdeck-StartRunbook",
        .title = "by AWSConfigRemediation-DisableSubnetAutoAssignPublicIP",
        .approve_title = "by AWSConfigRemediation-DisableSubnetAutoAssignPublicIP",
    };
    (void)state;
    go_through(&of);
}

/* What a step reads is kept with the automation. */
static void test_a_secret_goes_through_no_document(void **state)
{
    (void)state;
    struct colleague oncall;
    struct thing thing;
    sit_down(&oncall, "oncall", 2);
    need_thing(oncall.gov, NULL, "parameter_value_drift", "api/token", &thing);
    assert_null(PLAN(&oncall, &planner_propose, &thing.target, "parameter", thing.resource,
                     "parameter_value_drift"));
    assert_int_equal(oncall.err.code, ERR_REFUSED);
    assert_non_null(strstr(oncall.err.message, "is a secret"));
    assert_null(PLAN(&oncall, &planner_propose, &thing.target, "parameter"));
    assert_int_equal(oncall.err.code, ERR_USAGE);
    assert_null(PLAN(&oncall, &planner_propose, &thing.target, "approve", "x"));
    assert_non_null(oncall.err.message);
    colleague_get_up(&oncall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_missing_parameter),
        cmocka_unit_test(test_another_value),
        cmocka_unit_test(test_one_that_nobody_has_approved),
        cmocka_unit_test(test_an_approved_rule_that_is_missing),
        cmocka_unit_test(test_a_rule_that_nobody_has_approved),
        cmocka_unit_test(test_a_remedy_of_aws_config),
        cmocka_unit_test(test_a_document_of_aws),
        /* behind it, as they take what it needs */
        cmocka_unit_test(test_a_rule_that_is_to_let_in_less),
        cmocka_unit_test(test_the_undo_of_a_closing),
        cmocka_unit_test(test_egress_of_a_default_group),
        cmocka_unit_test(test_a_secret_goes_through_no_document),
    };
    int failed = run_in_sandbox(tests, &sandbox,
                                "accounts=12,regions=2,resources=300,waiting=0,"
                                "seed=5");
    forget_beginning();
    return failed;
}
