/*
 * Four eyes without a server: one person proposes, another one approves or declines, against the
 * sandbox's automations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/aws/client_change.h"
#include "core/base/clock.h"
#include "core/gov/data/data.h"
#include "core/gov/proposal/proposal.h"
#include "core/gov/settings.h"
#include "core/gov/systems_manager/automation.h"
#include "core/net/http.h"
#include "tests/support/dir.h"
#include "tests/unit/gov/helper_canned.h"
#include "tests/unit/gov/helper_colleague.h"

static struct sandbox sandbox;

/* --- what there is to close --------------------------------------------------------------------
 */

struct place {
    struct aws_target target;
    char group_id[32], rule_id[32];
};

static const char *text_of(const cJSON *row, const char *key)
{
    const cJSON *item = json_get(row, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

/* Where a proposal of the tests is or was. */
static struct aws_target used[16];
static size_t n_used;

static bool is_used(const cJSON *row)
{
    for (size_t i = 0; i < n_used; i++)
        if (strcmp(used[i].account_id, text_of(row, "account_id")) == 0 &&
            strcmp(used[i].region, text_of(row, "region")) == 0)
            return true;
    return false;
}

/* An open port of a group of a member account outside production, where nothing of ours is yet. */
static void find_rated_place(struct gov *gov, const char *severity, struct place *place)
{
    const cJSON *row;
    AUTO(json_free_at) cJSON *rows = canned_list(gov, &screen_findings, NULL);
    struct estate *estate = gov_estate(gov);
    cJSON_ArrayForEach (row, rows) {
        const struct account *account = estate_account(estate, sv_of(text_of(row, "account_id")));
        if (place->rule_id[0] || strcmp(text_of(row, "severity"), "INFO") == 0 ||
            (severity && strcmp(text_of(row, "severity"), severity) != 0) ||
            !sv_starts(sv_of(text_of(row, "type")), SV("unrestricted_")) || account->production ||
            strcmp(account->id, estate->caller_account) == 0 || is_used(row))
            continue;
        str_copy(place->target.account_id, text_of(row, "account_id"));
        str_copy(place->target.region, text_of(row, "region"));
        str_copy(place->group_id, text_of(row, "group_id"));
        str_copy(place->rule_id, text_of(row, "security_group_rule_id"));
    }
    estate_unref(estate);
    assert_string_not_equal(place->rule_id, "");
    used[n_used++] = place->target;
}

static void find_place(struct gov *gov, struct place *place)
{
    find_rated_place(gov, NULL, place);
}

/* Another open port in the account and region of a place; false when there is none. */
static bool find_neighbour(struct gov *gov, const struct place *place, struct place *other)
{
    const cJSON *row;
    AUTO(json_free_at) cJSON *rows = canned_list(gov, &screen_findings, &place->target);
    *other = (struct place){.target = place->target};
    cJSON_ArrayForEach (row, rows) {
        if (strcmp(text_of(row, "account_id"), place->target.account_id) != 0 ||
            strcmp(text_of(row, "region"), place->target.region) != 0 ||
            strcmp(text_of(row, "severity"), "INFO") == 0 ||
            !sv_starts(sv_of(text_of(row, "type")), SV("unrestricted_")) ||
            strcmp(text_of(row, "security_group_rule_id"), place->rule_id) == 0)
            continue;
        str_copy(other->group_id, text_of(row, "group_id"));
        str_copy(other->rule_id, text_of(row, "security_group_rule_id"));
    }
    return other->rule_id[0] != '\0';
}

static bool is_open(struct gov *gov, const struct place *place)
{
    const cJSON *row;
    bool found = false;
    AUTO(json_free_at) cJSON *rows = canned_list(gov, &screen_findings, &place->target);
    cJSON_ArrayForEach (row, rows)
        found |= strcmp(text_of(row, "security_group_rule_id"), place->rule_id) == 0;
    return found;
}

/* One person proposes it, and finds that it cannot be proposed twice. */
static void propose(struct colleague *colleague, const struct place *place)
{
    const struct change_plan *made = PLAN(colleague, &planner_propose, &place->target, "sg-revoke",
                                          place->group_id, place->rule_id);
    if (!made)
        fail_msg("no proposal: %s", colleague->err.message);
    colleague_decide(colleague, CHANGE_SUCCEEDED);
    PLAN(colleague, &planner_propose, &place->target, "sg-revoke", place->group_id, place->rule_id);
    assert_int_equal(colleague->err.code, ERR_REFUSED);
    assert_non_null(strstr(colleague->err.message, "oncall has proposed it already"));
}

/* --- the executions of our document in a place --------------------------------------------------
 */

struct executions {
    size_t n, n_waiting;
    bool has_begun; /* it waits for an approval, and not for its first second to be over */
    char waiting_id[37], item_key[65];
    char ids[16][37]; /* of those that wait */
    _Atomic bool done;
};

static void on_executions(void *arg, struct aws_page *page)
{
    struct executions *executions = arg;
    const cJSON *item = json_items(page->body, "AutomationExecutionMetadataList");
    for (; item; item = item->next) {
        executions->n++;
        if (automation_has_ended(item))
            continue;
        assert_true(executions->n_waiting < ARRAY_LEN(executions->ids));
        sv_copy(json_sv(item, "AutomationExecutionId"), executions->ids[executions->n_waiting++],
                sizeof executions->ids[0]);
        executions->has_begun = sv_eq_cstr(json_sv(item, "AutomationExecutionStatus"), "Waiting");
        sv_copy(json_sv(item, "AutomationExecutionId"), executions->waiting_id,
                sizeof executions->waiting_id);
    }
}

static void executions_done(void *arg, const struct aws_request *request,
                            const struct aws_outcome *outcome)
{
    struct executions *executions = arg;
    (void)request;
    assert_int_equal(outcome->err.code, OK);
    executions->done = true;
}

static void count_executions(struct gov *gov, const struct place *place,
                             struct executions *executions)
{
    static const bool never = false;
    struct aws_request request = {.op = OP_ssm_DescribeAutomationExecutions,
                                  .target = place->target,
                                  .params =
                                      automation_list_params(gov_document_close_rule().name, 0)};
    *executions = (struct executions){0};
    client_read(gov_client(gov), gov->scope, &request, on_executions, executions_done, NULL,
                executions);
    while (!executions->done)
        run_ui_until(&never, 10);
}

/* The one that waits; its first second is over then. */
static void waiting_execution(struct gov *gov, const struct place *place, char id[37])
{
    struct executions executions;
    do {
        count_executions(gov, place, &executions);
        assert_int_equal(executions.n_waiting, 1);
    } while (!executions.has_begun);
    sv_copy(sv_of(executions.waiting_id), id, 37);
}

/* --- tests -------------------------------------------------------------------------------------
 */

static void test_one_proposes_another_approves(void **state)
{
    (void)state;
    struct colleague oncall, lead;
    struct place place = {0};
    char id[37];
    colleague_sit_down(&oncall, &sandbox, "oncall");
    find_place(oncall.gov, &place);
    const struct change_plan *made =
        PLAN(&oncall, &planner_propose, &place.target, "sg-revoke", place.group_id, place.rule_id);
    assert_non_null(made);
    assert_int_equal(made->calls.len, 2); /* the document is not there yet */
    assert_int_equal(made->calls.ptr[0].op, OP_ssm_CreateDocument);
    assert_true(plan_says(made, "version 1, whose content has the sha256 "));
    assert_true(plan_says(made, "role/OrganizationAccountAccessRole may approve it"));
    assert_int_equal(change_consent_level(made, 1), CONSENT_KEY); /* it only asks */
    propose(&oncall, &place);
    assert_true(is_open(oncall.gov, &place));
    waiting_execution(oncall.gov, &place, id);

    assert_null(PLAN(&oncall, &planner_approve, &place.target, id));
    assert_int_equal(oncall.err.code, ERR_REFUSED);
    assert_non_null(strstr(oncall.err.message, "you have proposed it yourself, as oncall"));
    colleague_get_up(&oncall);

    colleague_sit_down(&lead, &sandbox, "lead");
    made = PLAN(&lead, &planner_approve, &place.target, id);
    if (!made)
        fail_msg("no plan to approve: %s", lead.err.message);
    assert_non_null(strstr(made->requester, "/oncall"));
    assert_non_null(strstr(made->title, "Approve: Revoke sgr-"));
    assert_true(plan_says(made, ": ours"));
    assert_true(plan_says(made, "AWS gives it up at"));
    assert_true(plan_says(made, "network interface") || plan_says(made, "nothing"));
    assert_int_equal(made->inverse.len, 1);
    colleague_decide(&lead, CHANGE_SUCCEEDED);
    assert_false(is_open(lead.gov, &place));
    assert_true(lead.last.undoable);

    assert_non_null(colleague_undo(&lead));
    assert_non_null(strstr(lead.plan->title, "Open again"));
    assert_true(severity_parse(sv_of(lead.plan->severity)) >= SEVERITY_HIGH);
    assert_null(PLAN(&lead, &planner_approve, &place.target, id));
    assert_int_equal(lead.err.code, ERR_STALE);
    colleague_get_up(&lead);
}

/* The two rules of a group that let everybody in together. */
static void find_halves(struct gov *gov, struct place halves[2])
{
    const cJSON *row;
    size_t n = 0;
    AUTO(json_free_at) cJSON *rows = canned_list(gov, &screen_findings, NULL);
    cJSON_ArrayForEach (row, rows) {
        if (!cJSON_IsTrue(json_get(row, "by_union")) || n == 2 ||
            (n == 1 && strcmp(text_of(row, "group_id"), halves[0].group_id) != 0))
            continue;
        str_copy(halves[n].target.account_id, text_of(row, "account_id"));
        str_copy(halves[n].target.region, text_of(row, "region"));
        str_copy(halves[n].group_id, text_of(row, "group_id"));
        str_copy(halves[n++].rule_id, text_of(row, "security_group_rule_id"));
    }
    assert_int_equal(n, 2);
    used[n_used++] = halves[0].target;
}

/* Once one half is closed the other one is something else by itself: its proposal is planned anew,
 * says so, and can be approved. */
static void test_two_halves_of_a_hole(void **state)
{
    (void)state;
    struct colleague oncall, lead;
    struct place halves[2] = {0};
    struct executions executions;
    char keys[2][65];
    size_t n_approved = 0;
    colleague_sit_down(&oncall, &sandbox, "oncall");
    find_halves(oncall.gov, halves);
    for (size_t i = 0; i < 2; i++) {
        PLAN(&oncall, &planner_propose, &halves[i].target, "sg-revoke", halves[i].group_id,
             halves[i].rule_id);
        assert_non_null(oncall.plan);
        str_copy(keys[i], oncall.plan->item_key);
        colleague_decide(&oncall, CHANGE_SUCCEEDED);
    }
    do
        count_executions(oncall.gov, &halves[0], &executions);
    while (executions.n_waiting < 2 || !executions.has_begun);
    colleague_get_up(&oncall);

    colleague_sit_down(&lead, &sandbox, "lead");
    for (size_t i = 0; i < executions.n_waiting; i++) {
        const struct change_plan *made =
            PLAN(&lead, &planner_approve, &halves[0].target, executions.ids[i]);
        if (!made)
            fail_msg("no plan to approve: %s", lead.err.message);
        size_t half = strstr(made->title, halves[0].rule_id) ? 0 : 1;
        if (!strstr(made->title, halves[half].rule_id))
            continue; /* of another test */
        assert_string_equal(made->severity, "HIGH");
        assert_string_equal(made->item_key, keys[half]);
        assert_int_equal(plan_says(made, "planned anew: it was proposed as "
                                         "unrestricted_dangerous_port, and is broad_source"),
                         n_approved > 0);
        colleague_decide(&lead, CHANGE_SUCCEEDED);
        assert_false(is_open(lead.gov, &halves[half]));
        n_approved++;
    }
    assert_int_equal(n_approved, 2);
    colleague_get_up(&lead);
}

/* Two plans of one place that each want the document: the one that comes second finds it. */
static void test_two_that_want_the_same_document(void **state)
{
    (void)state;
    struct colleague oncall;
    struct place place = {0}, other = {0};
    struct executions executions;
    colleague_sit_down(&oncall, &sandbox, "oncall");
    size_t n_before = n_used;
    do {
        place = (struct place){0};
        find_place(oncall.gov, &place);
    } while (!find_neighbour(oncall.gov, &place, &other));
    n_used = n_before; /* what was passed over is free again */
    used[n_used++] = place.target;
    const struct change_plan *made =
        PLAN(&oncall, &planner_propose, &place.target, "sg-revoke", place.group_id, place.rule_id);
    assert_int_equal(made->calls.len, 2);
    colleague_wait_for(&oncall, CHANGE_READY);
    struct change_plan *first = change_plan_copy(made);
    made =
        PLAN(&oncall, &planner_propose, &other.target, "sg-revoke", other.group_id, other.rule_id);
    assert_int_equal(made->calls.len, 2); /* planned before the first one was sent */
    colleague_decide(&oncall, CHANGE_SUCCEEDED);
    change_plan_free(oncall.plan);
    oncall.plan = first;
    oncall.last = (struct change_status){0};
    colleague_consent(&oncall);
    colleague_wait_for(&oncall, CHANGE_SUCCEEDED);
    count_executions(oncall.gov, &place, &executions);
    assert_int_equal(executions.n_waiting, 2);
    colleague_get_up(&oncall);
}

static void test_a_no_leaves_everything_as_it_is(void **state)
{
    (void)state;
    struct colleague oncall, lead;
    struct place place = {0};
    char id[37];
    colleague_sit_down(&oncall, &sandbox, "oncall");
    find_place(oncall.gov, &place);
    propose(&oncall, &place);
    waiting_execution(oncall.gov, &place, id);
    colleague_get_up(&oncall);

    colleague_sit_down(&lead, &sandbox, "lead");
    const struct change_plan *made =
        PLAN(&lead, &planner_decline, &place.target, id, "needed until the migration");
    assert_non_null(made);
    const cJSON *payload = json_get(made->calls.ptr[0].params, "Payload");
    assert_true(
        sv_eq(json_string(json_items(payload, "Comment")), SV("needed until the migration")));
    colleague_decide(&lead, CHANGE_SUCCEEDED);
    assert_true(is_open(lead.gov, &place));
    assert_null(PLAN(&lead, &planner_approve, &place.target, id));
    assert_int_equal(lead.err.code, ERR_STALE);
    colleague_get_up(&lead);
}

static void test_a_proposal_can_be_withdrawn_and_made_again(void **state)
{
    (void)state;
    struct colleague oncall;
    struct place place = {0};
    struct executions executions;
    colleague_sit_down(&oncall, &sandbox, "oncall");
    find_place(oncall.gov, &place);
    const struct change_plan *made =
        PLAN(&oncall, &planner_propose, &place.target, "sg-revoke", place.group_id, place.rule_id);
    assert_non_null(made);
    assert_int_equal(made->revision, 1);
    AUTO_FREE char *first = json_print(vec_last(&made->calls).params);
    colleague_decide(&oncall, CHANGE_SUCCEEDED);
    assert_non_null(colleague_undo(&oncall));
    colleague_decide(&oncall, CHANGE_SUCCEEDED);
    count_executions(oncall.gov, &place, &executions);
    assert_int_equal(executions.n_waiting, 0);

    made =
        PLAN(&oncall, &planner_propose, &place.target, "sg-revoke", place.group_id, place.rule_id);
    assert_non_null(made);
    assert_int_equal(made->revision, 2); /* another token: AWS takes each once */
    AUTO_FREE char *second = json_print(vec_last(&made->calls).params);
    assert_string_not_equal(strstr(first, "ClientToken"), strstr(second, "ClientToken"));
    colleague_get_up(&oncall);
}

/* --- tampering ---------------------------------------------------------------------------------
 */

struct sending {
    enum err_code code;
    _Atomic bool done;
};

static void on_sent(void *arg, const struct aws_request *request, const cJSON *body,
                    const struct aws_outcome *outcome)
{
    struct sending *sending = arg;
    (void)request, (void)body;
    sending->code = outcome->err.code;
    sending->done = true;
}

/* Somebody makes our document before anybody has seen it: as it is, or with another content. */
static void make_document(struct gov *gov, const struct place *place, bool is_honest)
{
    static const bool never = false;
    const struct gov_document own = gov_document_close_rule();
    AUTO(json_free_at) cJSON *content = NULL;
    struct sending sending = {0};
    cJSON *params = cJSON_CreateObject();
    assert_int_equal(json_parse(own.content, "own", &content, NULL), OK);
    if (!is_honest)
        cJSON_ReplaceItemInObject(content, "description",
                                  cJSON_CreateString("as harmless as ever"));
    AUTO_FREE char *text = json_print(content);
    cJSON_AddStringToObject(params, "Name", own.name);
    cJSON_AddStringToObject(params, "Content", text);
    cJSON_AddStringToObject(params, "DocumentFormat", "JSON");
    cJSON_AddStringToObject(params, "DocumentType", "Automation");
    struct aws_request request = {
        .op = OP_ssm_CreateDocument, .target = place->target, .params = params};
    client_change(gov_client(gov), gov->scope, &request, on_sent, &sending);
    while (!sending.done)
        run_ui_until(&never, 10);
    assert_int_equal(sending.code, OK);
}

/* --- two at once ------------------------------------------------------------------------------ */

static struct change_kind overtaken;
static char too_early[2][37]; /* the plans that were asked once */

static bool is_asked_first(const struct change_plan *plan)
{
    size_t i = 0;
    while (i < ARRAY_LEN(too_early) && *too_early[i] && strcmp(too_early[i], plan->id) != 0)
        i++;
    assert_in_range(i, 0, ARRAY_LEN(too_early) - 1);
    bool is_first = !*too_early[i];
    str_copy(too_early[i], plan->id);
    return is_first;
}

/* The looks that another one's document came behind: not there yet when the two were asked. */
static void needs_too_early(struct aws_client *client, struct scope *scope,
                            const struct change_plan *plan, size_t call, change_needs_fn *needed,
                            void *arg)
{
    if (is_asked_first(plan))
        needed(arg, true, &ERR_NONE);
    else
        change_propose.needs(client, scope, plan, call, needed, arg);
}

/* ... and starts it under our name, about another item than the rule's. */
static void start_it(struct gov *gov, const struct place *place)
{
    static const bool never = false;
    struct sending sending = {0};
    AUTO(buf_done) struct buf text = BUF_NONE;
    cJSON *params;
    buf_addf(&text,
             "{\"DocumentName\":\"%s\",\"Parameters\":{\"GroupId\":[\"%s\"],"
             "\"SecurityGroupRuleId\":[\"%s\"],\"ItemKey\":[\"x\"],\"Severity\":[\"LOW\"],"
             "\"Reason\":[\"x\"],\"Planner\":[\"sg-revoke\"],\"About\":[\"%s\",\"%s\"],"
             "\"Approvers\":[\"arn:aws:iam::%s:role/OrganizationAccountAccessRole\"]}}",
             gov_document_close_rule().name, place->group_id, place->rule_id, place->group_id,
             place->rule_id, place->target.account_id);
    assert_int_equal(json_parse(buf_sv(&text), "params", &params, NULL), OK);
    struct aws_request request = {
        .op = OP_ssm_StartAutomationExecution, .target = place->target, .params = params};
    client_change(gov_client(gov), gov->scope, &request, on_sent, &sending);
    while (!sending.done)
        run_ui_until(&never, 10);
    assert_int_equal(sending.code, OK);
}

/* What AWS lets an approver do, whatever our consoles think of it. */
static void approve_by_hand(struct gov *gov, const struct place *place, const char *id)
{
    static const bool never = false;
    struct sending sending = {0};
    cJSON *params = automation_get_params(id);
    cJSON_AddStringToObject(params, "SignalType", "Approve");
    struct aws_request request = {
        .op = OP_ssm_SendAutomationSignal, .target = place->target, .params = params};
    client_change(gov_client(gov), gov->scope, &request, on_sent, &sending);
    while (!sending.done)
        run_ui_until(&never, 10);
    assert_int_equal(sending.code, OK);
}

static void test_what_is_critical_takes_two_others(void **state)
{
    static const bool never = false;
    struct colleague oncall, lead;
    struct place place = {0};
    char id[37];
    (void)state;
    colleague_sit_down(&oncall, &sandbox, "oncall");
    oncall.gov->settings.four_eyes = SEVERITY_HIGH;
    find_rated_place(oncall.gov, "CRITICAL", &place);
    const struct change_plan *made =
        PLAN(&oncall, &planner_propose, &place.target, "sg-revoke", place.group_id, place.rule_id);
    assert_non_null(made);
    assert_true(plan_says(made, "two others have to approve it, one after the other"));
    propose(&oncall, &place);
    waiting_execution(oncall.gov, &place, id);
    colleague_get_up(&oncall);

    colleague_sit_down(&lead, &sandbox, "lead");
    lead.gov->settings.four_eyes = SEVERITY_HIGH;
    made = PLAN(&lead, &planner_approve, &place.target, id);
    if (!made)
        fail_msg("no plan to approve: %s", lead.err.message);
    assert_true(plan_says(made, "a second person is asked behind you"));
    colleague_decide(&lead, CHANGE_SUCCEEDED);
    assert_true(is_open(lead.gov, &place)); /* his yes alone has started nothing */
    waiting_execution(lead.gov, &place, id);
    assert_null(PLAN(&lead, &planner_approve, &place.target, id));
    assert_int_equal(lead.err.code, ERR_REFUSED);
    assert_non_null(strstr(lead.err.message, "you have approved it already, as lead"));
    approve_by_hand(lead.gov, &place, id); /* the second yes, from anywhere */
    int64_t until_ms = clock_mono_ms() + COLLEAGUE_WAIT_MS;
    while (is_open(lead.gov, &place) && clock_mono_ms() < until_ms)
        run_ui_until(&never, 50);
    assert_false(is_open(lead.gov, &place));
    colleague_get_up(&lead);
}

static void test_a_tampered_document_is_approved_by_nobody(void **state)
{
    (void)state;
    struct colleague oncall, lead;
    struct place place = {0};
    char id[37];
    colleague_sit_down(&oncall, &sandbox, "oncall");
    find_place(oncall.gov, &place);
    make_document(oncall.gov, &place, false);
    start_it(oncall.gov, &place);
    waiting_execution(oncall.gov, &place, id);
    const struct change_plan *made =
        PLAN(&oncall, &planner_propose, &place.target, "sg-revoke", place.group_id, place.rule_id);
    assert_non_null(made); /* what we start has our content: a new version */
    assert_int_equal(made->calls.ptr[0].op, OP_ssm_UpdateDocument);
    assert_true(plan_says(made, "somebody has changed it"));
    colleague_get_up(&oncall);

    colleague_sit_down(&lead, &sandbox, "lead");
    assert_null(PLAN(&lead, &planner_approve, &place.target, id));
    assert_int_equal(lead.err.code, ERR_INTEGRITY);
    assert_non_null(strstr(lead.err.message, "tampered with"));
    assert_non_null(PLAN(&lead, &planner_decline, &place.target, id, "not ours"));
    colleague_decide(&lead, CHANGE_SUCCEEDED);
    colleague_get_up(&lead);
}

/* The document is ours, but what it was told is not what a plan would tell it. */
static void test_a_proposal_that_lies_is_approved_by_nobody(void **state)
{
    (void)state;
    struct colleague oncall, lead;
    struct place place = {0};
    char id[37];
    colleague_sit_down(&oncall, &sandbox, "oncall");
    find_place(oncall.gov, &place);
    make_document(oncall.gov, &place, true);
    start_it(oncall.gov, &place);
    waiting_execution(oncall.gov, &place, id);
    colleague_get_up(&oncall);

    colleague_sit_down(&lead, &sandbox, "lead");
    assert_null(PLAN(&lead, &planner_approve, &place.target, id));
    assert_int_equal(lead.err.code, ERR_STALE);
    assert_non_null(strstr(lead.err.message, "ItemKey differs"));
    assert_true(is_open(lead.gov, &place));
    colleague_get_up(&lead);
}

/* --- two at once -------------------------------------------------------------------------------
 */

/* Its keys come from a file: the environment cannot be changed any more while others read it. */
static struct gov *second_gov(const char *name)
{
    struct gov *gov;
    struct settings settings;
    struct gov_options options = {.aws = {.budget_percent = -1, .profile = name},
                                  .settings = &settings};
    AUTO(buf_done) struct buf dir = BUF_NONE;
    AUTO_FREE char *endpoint = sv_dup(json_sv(sandbox.ready, "endpoint"));
    AUTO_FREE char *region = sv_dup(json_sv(sandbox.ready, "region"));
    buf_addf(&dir, "%s/second", sandbox.dir);
    settings_init(&settings);
    settings.profiles = false;
    settings.alone_wait_ms = 0;
    options.aws.endpoint_url = endpoint;
    options.aws.region = region;
    options.state_dir = buf_cstr(&dir);
    assert_int_equal(gov_new(&options, &gov, NULL), OK);
    return gov;
}

static bool has_ended(const struct colleague *colleague)
{
    enum change_state state = colleague->last.state;
    return state == CHANGE_SUCCEEDED || state == CHANGE_STALE || state == CHANGE_FAILED ||
           state == CHANGE_REFUSED || state == CHANGE_UNVERIFIED;
}

static void wait_both(struct colleague *a, struct colleague *b)
{
    static const bool never = false;
    int64_t until_ms = clock_mono_ms() + COLLEAGUE_WAIT_MS;
    while (!(has_ended(a) && has_ended(b)) && clock_mono_ms() < until_ms)
        run_ui_until(&never, 20);
    assert_true(has_ended(a) && has_ended(b));
}

/* On two machines, with two journals: AWS is what they share. */
static void test_of_two_who_propose_one_starts_it(void **state)
{
    (void)state;
    struct colleague oncall, lead = {0};
    struct place place = {0};
    struct executions executions;
    colleague_sit_down(&oncall, &sandbox, "oncall");
    find_place(oncall.gov, &place);
    lead.gov = second_gov("lead");
    gov_on_change(lead.gov, colleague_on_change, &lead);
    overtaken = change_propose;
    overtaken.needs = needs_too_early;
    oncall.kind = lead.kind = &overtaken;
    memset(too_early, 0, sizeof too_early);
    const struct change_plan *first =
        PLAN(&oncall, &planner_propose, &place.target, "sg-revoke", place.group_id, place.rule_id);
    const struct change_plan *second =
        PLAN(&lead, &planner_propose, &place.target, "sg-revoke", place.group_id, place.rule_id);
    assert_non_null(first);
    assert_non_null(second);
    assert_string_equal(first->item_key, second->item_key);
    colleague_wait_for(&oncall, CHANGE_READY);
    colleague_wait_for(&lead, CHANGE_READY);
    assert_int_equal(second->calls.ptr[0].op, OP_ssm_CreateDocument);
    make_document(oncall.gov, &place, true); /* the third one at it is the quickest */
    colleague_consent(&oncall);
    colleague_consent(&lead);
    wait_both(&oncall, &lead);
    assert_true(oncall.last.state == CHANGE_SUCCEEDED || lead.last.state == CHANGE_SUCCEEDED);
    assert_string_not_equal(oncall.last.err.aws_code, "DocumentAlreadyExists");
    assert_string_not_equal(lead.last.err.aws_code, "DocumentAlreadyExists");
    count_executions(oncall.gov, &place, &executions);
    assert_int_equal(executions.n, 1);
    run_stop();
    change_plan_free(lead.plan);
    change_plan_free(oncall.plan);
    gov_free(lead.gov);
    gov_free(oncall.gov);
}

/* The same person at two consoles, or two persons: what was proposed is done once. */
static void test_of_two_who_approve_one_lets_it_go_on(void **state)
{
    (void)state;
    struct colleague oncall, lead, other = {0};
    struct place place = {0};
    struct executions executions;
    char id[37];
    colleague_sit_down(&oncall, &sandbox, "oncall");
    find_place(oncall.gov, &place);
    propose(&oncall, &place);
    waiting_execution(oncall.gov, &place, id);
    colleague_get_up(&oncall);

    colleague_sit_down(&lead, &sandbox, "lead");
    other.gov = second_gov("lead");
    gov_on_change(other.gov, colleague_on_change, &other);
    assert_non_null(PLAN(&lead, &planner_approve, &place.target, id));
    assert_non_null(PLAN(&other, &planner_approve, &place.target, id));
    colleague_wait_for(&lead, CHANGE_READY);
    colleague_wait_for(&other, CHANGE_READY);
    colleague_consent(&lead);
    colleague_consent(&other);
    wait_both(&lead, &other);
    assert_true(lead.last.state == CHANGE_SUCCEEDED || other.last.state == CHANGE_SUCCEEDED);
    assert_false(is_open(lead.gov, &place));
    count_executions(lead.gov, &place, &executions);
    assert_int_equal(executions.n, 1);
    assert_int_equal(executions.n_waiting, 0);
    run_stop();
    change_plan_free(lead.plan);
    change_plan_free(other.plan);
    gov_free(lead.gov);
    gov_free(other.gov);
}

/* It is one once it waits for somebody; one that fails at once never was. */
static void test_when_it_is_a_proposal(void **state)
{
#define STEP(status, more) \
    "\"StepExecutions\":[{\"Action\":\"aws:approve\",\"StepStatus\":\"" status "\"" more "}]"
#define REJECTED ",\"Outputs\":{\"ApprovalStatus\":[\"Rejected\"]}"
    static const struct {
        const char *status, *more;
        enum change_stand stand;
        const char *why;
    } cases[] = {
        {"Pending", "\"StepExecutions\":[]", STAND_UNDERWAY, "does not wait for a yes yet"},
        {"InProgress", STEP("Pending", ""), STAND_UNDERWAY, "does not wait for a yes yet"},
        {"InProgress", STEP("InProgress", ""), STAND_UNDERWAY, "does not wait for a yes yet"},
        {"Waiting", STEP("Waiting", ""), STAND_AFTER, ""},
        {"InProgress", STEP("Success", ""), STAND_AFTER, ""},
        {"Failed", STEP("Success", ""), STAND_AFTER, ""},
        {"Failed", STEP("Failed", REJECTED), STAND_AFTER, ""},
        {"Rejected", STEP("Rejected", ""), STAND_AFTER, ""},
        {"TimedOut", STEP("TimedOut", ""), STAND_AFTER, ""},
        {"Cancelled", STEP("Pending", ""), STAND_AFTER, ""},
        {"Failed", STEP("Failed", ",\"FailureMessage\":\"no approvers\""), STAND_FAILED,
         "before anybody could say yes: no approvers"},
        {"Failed", "\"FailureMessage\":\"no such role\"", STAND_FAILED, "no such role"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(buf_done) struct buf text = BUF_NONE;
        AUTO(json_free_at) cJSON *execution = NULL;
        struct err why = ERR_NONE;
        buf_addf(&text, "{\"AutomationExecutionStatus\":\"%s\",%s}", cases[i].status,
                 cases[i].more);
        assert_int_equal(json_parse(buf_sv(&text), "execution", &execution, NULL), OK);
        assert_int_equal(proposal_stand(execution, &why), cases[i].stand);
        assert_true(sv_contains(sv_of(why.message), sv_of(cases[i].why)));
        assert_int_equal(why.code == OK, cases[i].why[0] == '\0');
    }
}

/* The keys of all principals, each as a profile. */
static void write_profiles(void)
{
    AUTO(buf_done) struct buf path = BUF_NONE, text = BUF_NONE;
    buf_addf(&path, "%s/credentials", sandbox.dir);
    for (const cJSON *it = json_items(sandbox.ready, "principals"); it; it = it->next)
        buf_addf(&text, "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n",
                 text_of(it, "name"), text_of(it, "access_key_id"),
                 text_of(it, "secret_access_key"));
    file_write(buf_cstr(&path), buf_sv(&text));
    setenv("AWS_SHARED_CREDENTIALS_FILE", buf_cstr(&path), 1);
}

static int start(void **state)
{
    (void)state;
    sandbox_start_by(&sandbox, "accounts=16,regions=3,resources=4000,seed=7", "50");
    write_profiles();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    sandbox_stop(&sandbox);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_critical_takes_two_others), /* first: there are few of them */
        cmocka_unit_test(test_two_that_want_the_same_document),
        cmocka_unit_test(test_two_halves_of_a_hole),
        cmocka_unit_test(test_one_proposes_another_approves),
        cmocka_unit_test(test_a_no_leaves_everything_as_it_is),
        cmocka_unit_test(test_a_proposal_can_be_withdrawn_and_made_again),
        cmocka_unit_test(test_a_tampered_document_is_approved_by_nobody),
        cmocka_unit_test(test_a_proposal_that_lies_is_approved_by_nobody),
        cmocka_unit_test(test_of_two_who_propose_one_starts_it),
        cmocka_unit_test(test_of_two_who_approve_one_lets_it_go_on),
        cmocka_unit_test(test_when_it_is_a_proposal),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
