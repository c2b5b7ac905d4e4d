/* From a finding to a change and back, through the gate, against the sandbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/aws/client_change.h"
#include "core/base/clock.h"
#include "core/gov/exception.h"
#include "core/gov/planner.h"
#include "core/gov/security_group/sg_change.h"
#include "tests/support/dir.h"
#include "tests/unit/gov/helper_canned.h"
#include "tests/unit/gov/helper_sandbox.h"

static struct sandbox sandbox;

/* --- waiting --------------------------------------------------------------------------------- */

static struct change_status last; /* of any change */
static size_t n_steps;

static void on_change(void *arg, const struct change_status *status)
{
    (void)arg;
    last = *status;
    n_steps++;
}

static void wait_for(enum change_state state)
{
    static const bool never = false;
    int64_t until_ms = clock_mono_ms() + 60000;
    while (last.state != state && clock_mono_ms() < until_ms)
        run_ui_until(&never, 5);
    if (last.state != state)
        fail_msg("%s instead of %s: %s", change_state_name(last.state), change_state_name(state),
                 last.err.message);
}

/* --- findings -------------------------------------------------------------------------------- */

struct place {
    struct aws_target target;
    char group_id[32], rule_id[32], traffic[32];
};

static const char *text_of(const cJSON *row, const char *key)
{
    const cJSON *item = json_get(row, key);
    return item ? item->valuestring : "";
}

/* The first finding of that type, in a group of that name (NULL: of any), of an account that is
 * production or not. */
static bool find_way(struct gov *gov, const char *type, const char *group_name, bool production,
                     bool egress, struct place *place)
{
    bool found = false;
    const cJSON *row;
    cJSON *rows = canned_list(gov, &screen_findings, NULL);
    struct estate *estate = gov_estate(gov);
    cJSON_ArrayForEach (row, rows) {
        const struct account *account = estate_account(estate, sv_of(text_of(row, "account_id")));
        if (found || strcmp(text_of(row, "type"), type) != 0 ||
            (group_name && strcmp(text_of(row, "group_name"), group_name) != 0) ||
            account->production != production || json_bool(row, "egress", false) != egress)
            continue;
        found = true;
        str_copy(place->target.account_id, text_of(row, "account_id"));
        str_copy(place->target.region, text_of(row, "region"));
        str_copy(place->group_id, text_of(row, "group_id"));
        str_copy(place->rule_id, text_of(row, "security_group_rule_id"));
        str_copy(place->traffic, text_of(row, "traffic"));
    }
    estate_unref(estate);
    json_free(rows);
    return found;
}

static bool find_place(struct gov *gov, const char *type, const char *group_name, bool production,
                       struct place *place)
{
    return find_way(gov, type, group_name, production, false, place);
}

/* A port that is open and dangerous. */
static bool find_high(struct gov *gov, bool production, struct place *place)
{
    return find_place(gov, "unrestricted_dangerous_port", NULL, production, place);
}

/* How many findings there are in the group, and the id of the last one with that traffic. */
static size_t count_in_group(struct gov *gov, const struct place *place, char rule_id[32])
{
    size_t n = 0;
    const cJSON *row;
    cJSON *rows = canned_list(gov, &screen_findings, NULL);
    cJSON_ArrayForEach (row, rows) {
        if (strcmp(text_of(row, "group_id"), place->group_id) != 0 ||
            strcmp(text_of(row, "traffic"), place->traffic) != 0)
            continue;
        sv_copy(sv_of(text_of(row, "security_group_rule_id")), rule_id, 32);
        n++;
    }
    json_free(rows);
    return n;
}

/* --- somebody else ---------------------------------------------------------------------------- */

struct sending {
    struct scope *scope;
    enum err_code code;
    bool done;
};

static void sent(void *arg)
{
    ((struct sending *)arg)->done = true;
}

static void on_sent(void *arg, const struct aws_request *request, const cJSON *body,
                    const struct aws_outcome *outcome)
{
    struct sending *sending = arg;
    (void)request, (void)body;
    sending->code = outcome->err.code;
    run_call(RUN_UI, RUN_URGENT, sending->scope, sent, NULL, sending);
}

/* --- plans ----------------------------------------------------------------------------------- */

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

static struct change_plan *plan(struct gov *gov, const struct place *place)
{
    plan_is_there = false;
    sg_plan_revoke(gov, gov->scope, &place->target, place->group_id, place->rule_id, on_plan, NULL);
    assert_true(run_ui_until(&plan_is_there, 60000));
    return planned;
}

static void check(struct gov *gov, struct change_plan *take_plan)
{
    last = (struct change_status){0};
    gate_check(gov_gate(gov), take_plan);
}

static void consent(struct gov *gov, const struct change_plan *to)
{
    struct change_consent consent = {.single_operator = true};
    str_copy(consent.plan_hash, to->plan_hash);
    str_copy(consent.reason, "closed for the test");
    change_consent_word(to, consent.typed, sizeof consent.typed);
    gate_consent(gov_gate(gov), to->id, &consent);
}

/* What consent needs to know of a plan that the gate has taken. */
static struct change_plan key_of(const struct change_plan *of)
{
    struct change_plan key = {.target = of->target};
    str_copy(key.id, of->id);
    str_copy(key.plan_hash, of->plan_hash);
    str_copy(key.account_name, of->account_name);
    return key;
}

static struct change_plan *undo(struct gov *gov, const char *plan_id)
{
    plan_is_there = false;
    last = (struct change_status){0};
    gate_undo(gov_gate(gov), plan_id, "", gov->scope, on_plan, NULL);
    assert_true(run_ui_until(&plan_is_there, 60000));
    assert_non_null(planned);
    return planned;
}

/* --- tests ----------------------------------------------------------------------------------- */

static bool evidence_has(const struct change_plan *of, const char *word)
{
    for (size_t i = 0; i < of->evidence.len; i++)
        if (strstr(of->evidence.ptr[i].text, word))
            return true;
    return false;
}

static void test_revoke_and_undo(void **state)
{
    (void)state;
    struct place place;
    char rule_id[32] = "";
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    gov_on_change(gov, on_change, NULL);
    assert_true(find_high(gov, false, &place));

    struct change_plan *revoke = plan(gov, &place);
    if (!revoke)
        fail_msg("no plan: %s", planned_err.message);
    assert_string_equal(revoke->severity, "HIGH");
    assert_false(revoke->production);
    assert_true(evidence_has(revoke, "network interface") || evidence_has(revoke, "nothing"));
    assert_true(evidence_has(revoke, "may survive"));
    assert_int_equal(revoke->calls.len, 1);
    assert_int_equal(revoke->inverse.len, 1);
    struct change_plan key = key_of(revoke);
    check(gov, revoke);
    wait_for(CHANGE_READY);
    assert_int_equal(last.consent, CONSENT_NAME);
    assert_string_not_equal(last.dry_run, "");
    consent(gov, &key);
    wait_for(CHANGE_SUCCEEDED);
    assert_true(last.undoable);
    assert_int_equal(count_in_group(gov, &place, rule_id), 0);

    struct change_plan *back = undo(gov, key.id);
    wait_for(CHANGE_READY);
    assert_string_equal(back->severity, "HIGH"); /* opening again is never a small thing */
    consent(gov, back);
    wait_for(CHANGE_SUCCEEDED);
    change_plan_free(back);
    assert_int_equal(count_in_group(gov, &place, rule_id), 1);
    assert_string_not_equal(rule_id, place.rule_id); /* AWS gives it a new one */
    sandbox_gov_free(gov);
}

static struct change_plan *plan_narrow(struct gov *gov, const struct place *place,
                                       const char *range)
{
    const char *const args[] = {place->group_id, place->rule_id, range};
    plan_is_there = false;
    planner_sg_narrow.plan(gov, gov->scope, &place->target, args, on_plan, NULL);
    assert_true(run_ui_until(&plan_is_there, 60000));
    if (!planned)
        fail_msg("no plan: %s", planned_err.message);
    return planned;
}

/* The rule stays, under its id, and is no finding while it lets in less. */
static void test_narrow_and_undo(void **state)
{
    (void)state;
    struct place place;
    char rule_id[32] = "";
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    gov_on_change(gov, on_change, NULL);
    assert_true(find_place(gov, "unrestricted_dangerous_port", "rdp", false, &place));
    struct change_plan *narrow = plan_narrow(gov, &place, "198.51.100.0/24");
    struct change_plan key = key_of(narrow);
    check(gov, narrow);
    wait_for(CHANGE_READY);
    assert_int_equal(last.consent, CONSENT_NAME);
    assert_string_not_equal(last.dry_run, "");
    consent(gov, &key);
    wait_for(CHANGE_SUCCEEDED);
    assert_true(last.undoable);
    assert_int_equal(count_in_group(gov, &place, rule_id), 0);

    struct change_plan *back = undo(gov, key.id);
    wait_for(CHANGE_READY);
    assert_string_equal(back->severity, "HIGH");
    consent(gov, back);
    wait_for(CHANGE_SUCCEEDED);
    change_plan_free(back);
    assert_int_equal(count_in_group(gov, &place, rule_id), 1);
    assert_string_equal(rule_id, place.rule_id);
    sandbox_gov_free(gov);
}

/* Somebody changes the rule while somebody looks at the sheet: nothing is sent over it. */
static void test_a_narrowing_that_somebody_has_overtaken(void **state)
{
    (void)state;
    struct place place;
    char rule_id[32] = "";
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    gov_on_change(gov, on_change, NULL);
    assert_true(find_place(gov, "unrestricted_dangerous_port", "rdp", false, &place));
    struct change_plan *narrow = plan_narrow(gov, &place, "198.51.100.0/24");
    struct change_plan key = key_of(narrow);
    struct sending sending = {.scope = gov->scope};
    struct aws_request by_hand = {.op = narrow->inverse.ptr[0].op,
                                  .target = narrow->target,
                                  .params = cJSON_Duplicate(narrow->inverse.ptr[0].params, true)};
    cJSON *update = cJSON_GetObjectItem(by_hand.params, "SecurityGroupRules")->child;
    cJSON *body = cJSON_GetObjectItem(update, "SecurityGroupRule");
    cJSON_ReplaceItemInObject(body, "Description", cJSON_CreateString("described anew"));
    check(gov, narrow);
    wait_for(CHANGE_READY);
    client_change(gov_client(gov), gov->scope, &by_hand, on_sent, &sending);
    assert_true(run_ui_until(&sending.done, 60000));
    assert_int_equal(sending.code, OK);
    consent(gov, &key);
    wait_for(CHANGE_STALE);
    assert_int_equal(count_in_group(gov, &place, rule_id), 1);
    sandbox_gov_free(gov);
}

static void test_egress_of_a_default_group_and_undo(void **state)
{
    (void)state;
    struct place place;
    char rule_id[32] = "";
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    gov_on_change(gov, on_change, NULL);
    assert_true(find_way(gov, "default_group_rule", "default", false, true, &place));
    size_t n = count_in_group(gov, &place, rule_id);
    struct change_plan *made = plan(gov, &place);
    if (!made)
        fail_msg("%s", planned_err.message);
    struct change_plan key = key_of(made);
    check(gov, made);
    wait_for(CHANGE_READY);
    consent(gov, &key);
    wait_for(CHANGE_SUCCEEDED);
    assert_int_equal(count_in_group(gov, &place, rule_id), n - 1);
    struct change_plan *back = undo(gov, key.id);
    wait_for(CHANGE_READY);
    consent(gov, back);
    wait_for(CHANGE_SUCCEEDED);
    change_plan_free(back);
    assert_int_equal(count_in_group(gov, &place, rule_id), n);
    sandbox_gov_free(gov);
}

/* Somebody lets the same traffic in, whatever he calls it. */
static void open_by_hand(struct gov *gov, const struct change_plan *undo)
{
    struct sending sending = {.scope = gov->scope};
    struct aws_request request = {.op = undo->calls.ptr[0].op,
                                  .target = undo->target,
                                  .params = cJSON_Duplicate(undo->calls.ptr[0].params, true)};
    cJSON *range = cJSON_GetObjectItem(cJSON_GetObjectItem(request.params, "IpPermissions")->child,
                                       "IpRanges");
    cJSON_DeleteItemFromObject(request.params, "TagSpecifications");
    if (range)
        cJSON_DeleteItemFromObject(range->child, "Description");
    client_change(gov_client(gov), gov->scope, &request, on_sent, &sending);
    assert_true(run_ui_until(&sending.done, 60000));
    assert_int_equal(sending.code, OK);
}

/* The undo of a closing opens nothing twice: before it is looked at, or while somebody looks. */
static void test_an_undo_that_somebody_has_overtaken(void **state)
{
    (void)state;
    struct place place;
    char rule_id[32] = "";
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    gov_on_change(gov, on_change, NULL);
    assert_true(find_high(gov, false, &place));
    struct change_plan *revoke = plan(gov, &place);
    assert_non_null(revoke);
    struct change_plan key = key_of(revoke);
    check(gov, revoke);
    wait_for(CHANGE_READY);
    consent(gov, &key);
    wait_for(CHANGE_SUCCEEDED);

    struct change_plan *again = undo(gov, key.id);
    wait_for(CHANGE_READY);
    open_by_hand(gov, again);
    assert_int_equal(count_in_group(gov, &place, rule_id), 1);
    consent(gov, again);
    wait_for(CHANGE_STALE);
    assert_non_null(strstr(last.err.message, "let in again meanwhile, by sgr-"));
    assert_non_null(strstr(last.err.message, rule_id));
    change_plan_free(again);
    change_plan_free(undo(gov, key.id));
    wait_for(CHANGE_STALE);
    assert_non_null(strstr(last.err.message, rule_id));
    assert_int_equal(count_in_group(gov, &place, rule_id), 1); /* nothing was opened twice */
    sandbox_gov_free(gov);
}

/* Two plans of one rule: the second finds it gone. */
static void test_stale(void **state)
{
    (void)state;
    struct place place;
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    gov_on_change(gov, on_change, NULL);
    assert_true(find_high(gov, false, &place));
    struct change_plan *first = plan(gov, &place), *second = plan(gov, &place);
    assert_non_null(first);
    assert_non_null(second);
    assert_string_equal(first->item_key, second->item_key);
    struct change_plan key = key_of(first);
    check(gov, first);
    wait_for(CHANGE_READY);
    consent(gov, &key);
    wait_for(CHANGE_SUCCEEDED);
    check(gov, second);
    wait_for(CHANGE_STALE);

    assert_null(plan(gov, &place));
    assert_int_equal(planned_err.code, ERR_STALE);
    sandbox_gov_free(gov);
}

static void test_production_is_read_only(void **state)
{
    (void)state;
    struct place place;
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    gov_on_change(gov, on_change, NULL);
    assert_true(find_high(gov, false, &place));
    str_copy(gov->settings.production, place.target.account_id); /* as if it were */
    gov->settings.production_tags[0] = '\0';
    struct change_plan *first = plan(gov, &place);
    first->production = true;
    change_plan_seal(first);
    check(gov, first);
    wait_for(CHANGE_REFUSED);
    assert_int_equal(last.err.code, ERR_READ_ONLY);
    assert_non_null(strstr(last.err.message, ":elevate"));

    assert_int_equal(gov_elevate(gov, 60000, NULL), OK);
    assert_true(gov_elevated_until_ms(gov) > clock_wall_ms());
    struct change_plan *second = plan(gov, &place);
    second->production = true;
    change_plan_seal(second);
    struct change_plan key = key_of(second);
    check(gov, second);
    wait_for(CHANGE_READY);
    assert_int_equal(last.consent, CONSENT_NAME_AND_REASON);
    assert_int_equal(gov_elevate(gov, 0, NULL), OK);
    assert_int_equal(gov_elevated_until_ms(gov), 0);
    consent(gov, &key);
    wait_for(CHANGE_REFUSED); /* what was lifted then is in force again */
    assert_int_equal(last.err.code, ERR_READ_ONLY);
    sandbox_gov_free(gov);
}

/* Whether the trail has a record of elevate that says so. */
static bool trail_says(struct gov *gov, const char *what)
{
    struct load_view view;
    struct load *load = canned_open(gov, &screen_trail, NULL, NULL, 0);
    canned_wait(load, canned_has_ended, &view);
    cJSON *rows = canned_rows(&screen_trail, &view);
    char *all = json_print(rows);
    bool found = strstr(all, "elevate") && strstr(all, what);
    mem_free(all);
    json_free(rows);
    load_view_done(&view);
    load_close(load);
    return found;
}

/* It ends by itself, and the trail has both ends of it. */
static void test_elevation_ends_on_time(void **state)
{
    (void)state;
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    int64_t until_ms = clock_mono_ms() + 60000;
    gov_on_change(gov, on_change, NULL);
    struct place place;
    assert_true(find_high(gov, false, &place)); /* who acts is known from here on */
    assert_false(trail_says(gov, "until"));
    assert_int_equal(gov_elevate(gov, 30, NULL), OK);
    while (!trail_says(gov, "ended"))
        assert_true(clock_mono_ms() < until_ms);
    assert_true(trail_says(gov, "until"));
    assert_int_equal(gov_elevated_until_ms(gov), 0);
    sandbox_gov_free(gov);
}

/* Neither a freeze nor an exception of the settings lets a change through, but for broken glass. */
static void test_broken_glass_goes_past_freezes_and_exceptions(void **state)
{
    (void)state;
    struct place place;
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    AUTO(buf_done) struct buf file = BUF_NONE;
    gov_on_change(gov, on_change, NULL);
    assert_true(find_high(gov, false, &place));
    str_copy(gov->settings.freeze, "2000-01-01/2999-01-01");
    check(gov, plan(gov, &place));
    wait_for(CHANGE_REFUSED);
    assert_non_null(strstr(last.err.message, ":break-glass"));
    struct change_plan *urgent = plan(gov, &place);
    change_plan_break_glass(urgent, "it is being attacked", NULL);
    check(gov, urgent);
    wait_for(CHANGE_READY);

    gov->settings.freeze[0] = '\0';
    buf_addf(&file,
             "{\"exceptions\": [{\"resource\": \"%s\", \"owner\": \"team-a\", \"reason\": "
             "\"until spring\", \"expires\": \"2999-01-01\"}]}",
             place.group_id);
    assert_int_equal(exceptions_read(file_of("exceptions", buf_sv(&file)), &gov->exceptions, NULL),
                     OK);
    check(gov, plan(gov, &place));
    wait_for(CHANGE_REFUSED);
    assert_non_null(strstr(last.err.message, "says team-a: until spring"));
    urgent = plan(gov, &place);
    change_plan_break_glass(urgent, "it is being attacked", NULL);
    check(gov, urgent);
    wait_for(CHANGE_READY);
    sandbox_gov_free(gov);
}

static void test_read_only_option(void **state)
{
    (void)state;
    struct place place;
    struct gov *gov = sandbox_gov(&sandbox, &(struct gov_options){.read_only = true});
    gov_on_change(gov, on_change, NULL);
    assert_true(gov_is_read_only(gov, NULL));
    assert_true(find_high(gov, false, &place));
    assert_int_equal(gov_elevate(gov, 60000, NULL), ERR_REFUSED);
    assert_int_equal(gov_elevated_until_ms(gov), 0);
    check(gov, plan(gov, &place));
    wait_for(CHANGE_REFUSED);
    assert_int_equal(last.err.code, ERR_STARTED_READ_ONLY);
    sandbox_gov_free(gov);
}

/* Who may look may plan; the dry run says that AWS will not have it. */
static void test_a_viewer_is_refused(void **state)
{
    (void)state;
    struct place place;
    struct gov *gov = sandbox_gov_as(&sandbox, "viewer",
                                     &(struct gov_options){.aws.member_role = "WatchdeckReadOnly"});
    gov_on_change(gov, on_change, NULL);
    assert_true(find_high(gov, false, &place));
    check(gov, plan(gov, &place));
    wait_for(CHANGE_REFUSED);
    assert_int_equal(last.err.code, ERR_DENIED);
    assert_string_equal(last.err.iam_action, "ec2:RevokeSecurityGroupIngress");
    sandbox_gov_free(gov);
}

static void test_what_cannot_be_planned(void **state)
{
    (void)state;
    struct place place, wrong;
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    assert_true(find_high(gov, false, &place));
    wrong = place;
    str_copy(wrong.rule_id, "sgr-00000000000000000");
    assert_null(plan(gov, &wrong));
    assert_int_equal(planned_err.code, ERR_STALE);
    wrong = place;
    str_copy(wrong.target.account_id, "000000000000");
    assert_null(plan(gov, &wrong));
    assert_int_equal(planned_err.code, ERR_DENIED);
    sandbox_gov_free(gov);
}

/* Closing the scope while a plan is being made leaves nothing behind. */
static void test_plan_is_dropped(void **state)
{
    (void)state;
    struct place place;
    static const bool never = false;
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    assert_true(find_high(gov, false, &place));
    for (int turn_ms = 0; turn_ms < 8; turn_ms++) {
        struct scope *scope = scope_new(NULL, "test");
        plan_is_there = false;
        sg_plan_revoke(gov, scope, &place.target, place.group_id, place.rule_id, on_plan, NULL);
        run_ui_until(&never, turn_ms);
        bool early = plan_is_there;
        scope_close(scope);
        run_ui_until(&never, 5);
        assert_int_equal(plan_is_there, early);
        if (early)
            change_plan_free(planned);
        scope_unref(scope);
    }
    sandbox_gov_free(gov);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_revoke_and_undo),
        cmocka_unit_test(test_narrow_and_undo),
        cmocka_unit_test(test_a_narrowing_that_somebody_has_overtaken),
        cmocka_unit_test(test_egress_of_a_default_group_and_undo),
        cmocka_unit_test(test_an_undo_that_somebody_has_overtaken),
        cmocka_unit_test(test_stale),
        cmocka_unit_test(test_production_is_read_only),
        cmocka_unit_test(test_elevation_ends_on_time),
        cmocka_unit_test(test_broken_glass_goes_past_freezes_and_exceptions),
        cmocka_unit_test(test_read_only_option),
        cmocka_unit_test(test_a_viewer_is_refused),
        cmocka_unit_test(test_what_cannot_be_planned),
        cmocka_unit_test(test_plan_is_dropped),
    };
    return run_in_sandbox(tests, &sandbox, "accounts=24,regions=2,resources=1500,seed=9");
}
