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
#include "core/gov/settings.h"
#include "core/gov/systems_manager/automation.h"
#include "core/gov/systems_manager/proposal.h"
#include "core/net/http.h"
#include "tests/support/dir.h"
#include "tests/unit/gov/helper_canned.h"
#include "tests/unit/gov/helper_sandbox.h"

#define WAIT_MS 60000

static struct sandbox sandbox;
static bool there;

/* --- a person at a console ------------------------------------------------------------------- */

struct person {
    struct gov *gov;
    struct change_status last;
    struct change_plan *plan; /* the sheet's copy */
    struct err err;           /* why there is none */
    bool answered;
};

static void on_change(void *arg, const struct change_status *status)
{
    struct person *person = arg;
    if (person->plan && strcmp(status->plan_id, person->plan->id) == 0)
        person->last = *status;
}

static void on_plan(void *arg, struct change_plan *take_plan, const struct err *err)
{
    struct person *person = arg;
    person->answered = true;
    person->err = *err;
    person->last = (struct change_status){0};
    change_plan_free(person->plan);
    person->plan = take_plan ? change_plan_copy(take_plan) : NULL;
    if (take_plan)
        gate_check(gov_gate(person->gov), take_plan);
}

/* The plan of it, which is at the gate then; NULL: person->err. */
static const struct change_plan *plan(struct person *person, const struct planner *planner,
                                      const struct aws_target *target, const char *a, const char *b)
{
    const char *args[PLANNER_ARGS_MAX] = {a, b};
    person->answered = false;
    planner->plan(person->gov, person->gov->scope, target, args, on_plan, person);
    assert_true(run_ui_until(&person->answered, WAIT_MS));
    return person->plan;
}

static void wait_for(struct person *person, enum change_state state)
{
    static const bool never = false;
    int64_t until_ms = clock_mono_ms() + WAIT_MS;
    while (person->last.state != state && clock_mono_ms() < until_ms)
        run_ui_until(&never, 20);
    if (person->last.state != state)
        fail_msg("%s instead of %s: %s", change_state_name(person->last.state),
                 change_state_name(state), person->last.err.message);
}

static void consent(struct person *person)
{
    struct change_consent consent = {.reason = "for the test"};
    str_copy(consent.plan_hash, person->plan->plan_hash);
    change_consent_word(person->plan, consent.typed, sizeof consent.typed);
    gate_consent(gov_gate(person->gov), person->plan->id, &consent);
}

static void decide(struct person *person, enum change_state end)
{
    wait_for(person, CHANGE_READY);
    consent(person);
    wait_for(person, end);
}

static struct gov *gov_of(const char *name)
{
    const struct gov_options options = {.aws = {.budget_percent = -1}};
    return sandbox_gov_as(&sandbox, name, &options);
}

/* The console of one person in a row; the runners start with it. */
static void sit_down(struct person *person, const char *name)
{
    *person = (struct person){.gov = gov_of(name)};
    person->gov->settings.profiles = false; /* that of another person is none of this one's */
    gov_on_change(person->gov, on_change, person);
}

static void get_up(struct person *person)
{
    change_plan_free(person->plan);
    sandbox_gov_free(person->gov);
}

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

static cJSON *findings(struct gov *gov)
{
    struct load_view view;
    struct load *load = canned_open(gov, &screen_findings, NULL, NULL, 0);
    canned_wait(load, canned_has_ended, &view);
    cJSON *rows = canned_rows(&screen_findings, &view);
    load_view_done(&view);
    load_close(load);
    return rows;
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
static void find_place(struct gov *gov, struct place *place)
{
    const cJSON *row;
    AUTO(json_free_at) cJSON *rows = findings(gov);
    struct estate *estate = gov_estate(gov);
    cJSON_ArrayForEach (row, rows) {
        const struct account *account = estate_account(estate, sv_of(text_of(row, "account_id")));
        if (place->rule_id[0] || strcmp(text_of(row, "severity"), "INFO") == 0 ||
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

static bool is_open(struct gov *gov, const struct place *place)
{
    const cJSON *row;
    bool found = false;
    AUTO(json_free_at) cJSON *rows = findings(gov);
    cJSON_ArrayForEach (row, rows)
        found |= strcmp(text_of(row, "security_group_rule_id"), place->rule_id) == 0;
    return found;
}

static bool evidence_has(const struct change_plan *of, const char *word)
{
    for (size_t i = 0; i < of->evidence.len; i++)
        if (strstr(of->evidence.ptr[i].text, word))
            return true;
    return false;
}

/* One person proposes it, and finds that it cannot be proposed twice. */
static void propose(struct person *person, const struct place *place)
{
    const struct change_plan *made =
        plan(person, &planner_propose, &place->target, place->group_id, place->rule_id);
    if (!made)
        fail_msg("no proposal: %s", person->err.message);
    decide(person, CHANGE_SUCCEEDED);
    plan(person, &planner_propose, &place->target, place->group_id, place->rule_id);
    assert_int_equal(person->err.code, ERR_REFUSED);
    assert_non_null(strstr(person->err.message, "oncall has proposed it already"));
}

/* --- the executions of our document in a place --------------------------------------------------
 */

struct executions {
    size_t n, n_waiting;
    bool has_begun; /* it waits for an approval, and not for its first second to be over */
    char waiting_id[37], item_key[65];
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
        executions->n_waiting++;
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
    if (!there)
        skip();
    struct person oncall, lead;
    struct place place = {0};
    char id[37];
    sit_down(&oncall, "oncall");
    find_place(oncall.gov, &place);
    const struct change_plan *made =
        plan(&oncall, &planner_propose, &place.target, place.group_id, place.rule_id);
    assert_non_null(made);
    assert_int_equal(made->calls.len, 2); /* the document is not there yet */
    assert_int_equal(made->calls.ptr[0].op, OP_ssm_CreateDocument);
    assert_true(evidence_has(made, "version 1, sha256 "));
    assert_true(evidence_has(made, "role/OrganizationAccountAccessRole may approve it"));
    assert_int_equal(change_consent_level(made, 1), CONSENT_KEY); /* it only asks */
    propose(&oncall, &place);
    assert_true(is_open(oncall.gov, &place));
    waiting_execution(oncall.gov, &place, id);

    assert_null(plan(&oncall, &planner_approve, &place.target, id, NULL));
    assert_int_equal(oncall.err.code, ERR_REFUSED);
    assert_non_null(strstr(oncall.err.message, "you have proposed it yourself, as oncall"));
    get_up(&oncall);

    sit_down(&lead, "lead");
    made = plan(&lead, &planner_approve, &place.target, id, NULL);
    if (!made)
        fail_msg("no plan to approve: %s", lead.err.message);
    assert_non_null(strstr(made->requester, "/oncall"));
    assert_non_null(strstr(made->title, "Approve: Revoke sgr-"));
    assert_true(evidence_has(made, ": ours"));
    assert_true(evidence_has(made, "AWS gives it up at"));
    assert_true(evidence_has(made, "network interface") || evidence_has(made, "nothing"));
    assert_int_equal(made->inverse.len, 1);
    decide(&lead, CHANGE_SUCCEEDED);
    assert_false(is_open(lead.gov, &place));
    assert_true(lead.last.undoable);

    lead.answered = false;
    gate_undo(gov_gate(lead.gov), lead.plan->id, "", lead.gov->scope, on_plan, &lead);
    assert_true(run_ui_until(&lead.answered, WAIT_MS));
    assert_non_null(strstr(lead.plan->title, "Open again"));
    assert_true(severity_parse(sv_of(lead.plan->severity)) >= SEVERITY_HIGH);
    assert_null(plan(&lead, &planner_approve, &place.target, id, NULL));
    assert_int_equal(lead.err.code, ERR_STALE);
    get_up(&lead);
}

static void test_a_no_leaves_everything_as_it_is(void **state)
{
    (void)state;
    if (!there)
        skip();
    struct person oncall, lead;
    struct place place = {0};
    char id[37];
    sit_down(&oncall, "oncall");
    find_place(oncall.gov, &place);
    propose(&oncall, &place);
    waiting_execution(oncall.gov, &place, id);
    get_up(&oncall);

    sit_down(&lead, "lead");
    const struct change_plan *made =
        plan(&lead, &planner_decline, &place.target, id, "needed until the migration");
    assert_non_null(made);
    const cJSON *payload = json_get(made->calls.ptr[0].params, "Payload");
    assert_true(
        sv_eq(json_string(json_items(payload, "Comment")), SV("needed until the migration")));
    decide(&lead, CHANGE_SUCCEEDED);
    assert_true(is_open(lead.gov, &place));
    assert_null(plan(&lead, &planner_approve, &place.target, id, NULL));
    assert_int_equal(lead.err.code, ERR_STALE);
    get_up(&lead);
}

static void test_a_proposal_can_be_withdrawn_and_made_again(void **state)
{
    (void)state;
    if (!there)
        skip();
    struct person oncall;
    struct place place = {0};
    struct executions executions;
    sit_down(&oncall, "oncall");
    find_place(oncall.gov, &place);
    const struct change_plan *made =
        plan(&oncall, &planner_propose, &place.target, place.group_id, place.rule_id);
    assert_non_null(made);
    assert_int_equal(made->revision, 1);
    AUTO_FREE char *first = json_print(vec_last(&made->calls).params);
    decide(&oncall, CHANGE_SUCCEEDED);
    oncall.answered = false;
    gate_undo(gov_gate(oncall.gov), oncall.plan->id, "", oncall.gov->scope, on_plan, &oncall);
    assert_true(run_ui_until(&oncall.answered, WAIT_MS));
    wait_for(&oncall, CHANGE_READY);
    consent(&oncall);
    wait_for(&oncall, CHANGE_SUCCEEDED);
    count_executions(oncall.gov, &place, &executions);
    assert_int_equal(executions.n_waiting, 0);

    made = plan(&oncall, &planner_propose, &place.target, place.group_id, place.rule_id);
    assert_non_null(made);
    assert_int_equal(made->revision, 2); /* another token: AWS takes each once */
    AUTO_FREE char *second = json_print(vec_last(&made->calls).params);
    assert_string_not_equal(strstr(first, "ClientToken"), strstr(second, "ClientToken"));
    get_up(&oncall);
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

/* Somebody gives the document another step before anybody has seen it. */
static void tamper(struct gov *gov, const struct place *place)
{
    static const bool never = false;
    const struct gov_document own = gov_document_close_rule();
    AUTO(json_free_at) cJSON *content = NULL;
    struct sending sending = {0};
    cJSON *params = cJSON_CreateObject();
    assert_int_equal(json_parse(own.content, "own", &content, NULL), OK);
    cJSON_ReplaceItemInObject(content, "description", cJSON_CreateString("as harmless as ever"));
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

/* ... and starts it under our name. */
static void start_tampered(struct gov *gov, const struct place *place)
{
    static const bool never = false;
    struct sending sending = {0};
    AUTO(buf_done) struct buf text = BUF_NONE;
    cJSON *params;
    buf_addf(&text,
             "{\"DocumentName\":\"%s\",\"Parameters\":{\"GroupId\":[\"%s\"],"
             "\"SecurityGroupRuleId\":[\"%s\"],\"ItemKey\":[\"x\"],\"Severity\":[\"LOW\"],"
             "\"Reason\":[\"x\"],\"Approvers\":[\"arn:aws:iam::%s:role/"
             "OrganizationAccountAccessRole\"]}}",
             gov_document_close_rule().name, place->group_id, place->rule_id,
             place->target.account_id);
    assert_int_equal(json_parse(buf_sv(&text), "params", &params, NULL), OK);
    struct aws_request request = {
        .op = OP_ssm_StartAutomationExecution, .target = place->target, .params = params};
    client_change(gov_client(gov), gov->scope, &request, on_sent, &sending);
    while (!sending.done)
        run_ui_until(&never, 10);
    assert_int_equal(sending.code, OK);
}

static void test_a_tampered_document_is_approved_by_nobody(void **state)
{
    (void)state;
    if (!there)
        skip();
    struct person oncall, lead;
    struct place place = {0};
    char id[37];
    sit_down(&oncall, "oncall");
    find_place(oncall.gov, &place);
    tamper(oncall.gov, &place);
    start_tampered(oncall.gov, &place);
    waiting_execution(oncall.gov, &place, id);
    const struct change_plan *made =
        plan(&oncall, &planner_propose, &place.target, place.group_id, place.rule_id);
    assert_non_null(made); /* what we start has our content: a new version */
    assert_int_equal(made->calls.ptr[0].op, OP_ssm_UpdateDocument);
    assert_true(evidence_has(made, "somebody has changed it"));
    get_up(&oncall);

    sit_down(&lead, "lead");
    assert_null(plan(&lead, &planner_approve, &place.target, id, NULL));
    assert_int_equal(lead.err.code, ERR_INTEGRITY);
    assert_non_null(strstr(lead.err.message, "tampered with"));
    assert_non_null(plan(&lead, &planner_decline, &place.target, id, "not ours"));
    decide(&lead, CHANGE_SUCCEEDED);
    get_up(&lead);
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
    options.aws.endpoint_url = endpoint;
    options.aws.region = region;
    options.state_dir = buf_cstr(&dir);
    assert_int_equal(gov_new(&options, &gov, NULL), OK);
    return gov;
}

static bool has_ended(const struct person *person)
{
    enum change_state state = person->last.state;
    return state == CHANGE_SUCCEEDED || state == CHANGE_STALE || state == CHANGE_FAILED ||
           state == CHANGE_REFUSED || state == CHANGE_UNVERIFIED;
}

static void wait_both(struct person *a, struct person *b)
{
    static const bool never = false;
    int64_t until_ms = clock_mono_ms() + WAIT_MS;
    while (!(has_ended(a) && has_ended(b)) && clock_mono_ms() < until_ms)
        run_ui_until(&never, 20);
    assert_true(has_ended(a) && has_ended(b));
}

/* On two machines, with two journals: AWS is what they share. */
static void test_of_two_who_propose_one_starts_it(void **state)
{
    (void)state;
    if (!there)
        skip();
    struct person oncall, lead = {0};
    struct place place = {0};
    struct executions executions;
    sit_down(&oncall, "oncall");
    find_place(oncall.gov, &place);
    lead.gov = second_gov("lead");
    gov_on_change(lead.gov, on_change, &lead);
    const struct change_plan *first =
        plan(&oncall, &planner_propose, &place.target, place.group_id, place.rule_id);
    const struct change_plan *second =
        plan(&lead, &planner_propose, &place.target, place.group_id, place.rule_id);
    assert_non_null(first);
    assert_non_null(second);
    assert_string_equal(first->item_key, second->item_key);
    wait_for(&oncall, CHANGE_READY);
    wait_for(&lead, CHANGE_READY);
    consent(&oncall);
    consent(&lead);
    wait_both(&oncall, &lead);
    assert_true(oncall.last.state == CHANGE_SUCCEEDED || lead.last.state == CHANGE_SUCCEEDED);
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
    if (!there)
        skip();
    struct person oncall, lead, other = {0};
    struct place place = {0};
    struct executions executions;
    char id[37];
    sit_down(&oncall, "oncall");
    find_place(oncall.gov, &place);
    propose(&oncall, &place);
    waiting_execution(oncall.gov, &place, id);
    get_up(&oncall);

    sit_down(&lead, "lead");
    other.gov = second_gov("lead");
    gov_on_change(other.gov, on_change, &other);
    assert_non_null(plan(&lead, &planner_approve, &place.target, id, NULL));
    assert_non_null(plan(&other, &planner_approve, &place.target, id, NULL));
    wait_for(&lead, CHANGE_READY);
    wait_for(&other, CHANGE_READY);
    consent(&lead);
    consent(&other);
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
    there = sandbox_start_by(&sandbox, "accounts=24,regions=2,resources=6000,seed=7", "50");
    if (there)
        write_profiles();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    if (there)
        sandbox_stop(&sandbox);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_proposes_another_approves),
        cmocka_unit_test(test_a_no_leaves_everything_as_it_is),
        cmocka_unit_test(test_a_proposal_can_be_withdrawn_and_made_again),
        cmocka_unit_test(test_a_tampered_document_is_approved_by_nobody),
        cmocka_unit_test(test_of_two_who_propose_one_starts_it),
        cmocka_unit_test(test_of_two_who_approve_one_lets_it_go_on),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
