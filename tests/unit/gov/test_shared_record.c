/*
 * What one console decides, another one on another machine knows: two people with state folders of
 * their own against the sandbox's OpsItems.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/gov/alert/record_text.h"
#include "core/gov/alert/shared_record.h"
#include "core/gov/planner.h"
#include "tests/unit/gov/helper_canned.h"
#include "tests/unit/gov/helper_sandbox.h"

static struct sandbox sandbox;

#define WAIT_MS 60000
#define DAYS_MS ((int64_t)24 * 3600 * 1000)

/* --- a person at a console ------------------------------------------------------------------- */

struct person {
    struct gov *gov;
    struct change_plan *plan; /* the sheet's copy */
    struct change_status last;
    struct gov_alerted alerted; /* of the last record */
    bool answered, is_at_rest, told;
};

static void on_change(void *arg, const struct change_status *status)
{
    struct person *person = arg;
    if (!person->plan || strcmp(status->plan_id, person->plan->id) != 0)
        return;
    person->last = *status;
    person->is_at_rest = status->state != CHANGE_CHECKING && status->state != CHANGE_INTENT &&
                         status->state != CHANGE_SENT && status->state != CHANGE_VERIFYING;
}

static void on_alerted(void *arg, const struct gov_alerted *alerted)
{
    struct person *person = arg;
    person->alerted = *alerted;
    person->told = true;
}

static void on_plan(void *arg, struct change_plan *take_plan, const struct err *err)
{
    struct person *person = arg;
    person->answered = true;
    if (!take_plan)
        fail_msg("no plan: %s", err->message);
    change_plan_free(person->plan);
    person->plan = change_plan_copy(take_plan);
    gate_check(gov_gate(person->gov), take_plan);
}

static void sit_down(struct person *person, const char *name, const char *machine)
{
    struct settings settings;
    settings_init(&settings);
    settings.alone_wait_ms = 0;
    if (strcmp(name, "viewer") == 0)
        str_copy(settings.member_role, "WatchdeckReadOnly");
    const struct gov_options options = {
        .aws = {.budget_percent = -1}, .state_dir = machine, .settings = &settings, .alerts = true};
    *person = (struct person){.gov = sandbox_gov_as(&sandbox, name, &options)};
    gov_on_change(person->gov, on_change, person);
    gov_on_alerted(person->gov, on_alerted, person);
}

static void get_up(struct person *person)
{
    change_plan_free(person->plan);
    sandbox_gov_free(person->gov);
}

/* --- the queue ------------------------------------------------------------------------------- */

static struct sv text_of(const cJSON *row, const char *key)
{
    return json_sv(row, key);
}

/* A rule that is open, of a group in an account outside production. */
struct place {
    struct aws_target target;
    char key[SHA256_HEX_SIZE], group_id[32], rule_id[32];
};

static void find_places(struct person *person, struct place *places, size_t n)
{
    AUTO(json_free_at) cJSON *rows = canned_list(person->gov, &screen_drift, NULL);
    struct estate *estate = gov_estate(person->gov);
    size_t found = 0;
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        const struct account *account = estate_account(estate, text_of(row, "account_id"));
        if (found == n || account->production || !sv_eq(text_of(row, "severity"), SV("HIGH")) ||
            !sv_eq(text_of(row, "type"), SV("unrestricted_dangerous_port")) ||
            strcmp(account->id, estate->caller_account) == 0)
            continue;
        struct place *place = &places[found++];
        *place = (struct place){0};
        sv_copy(text_of(row, "account_id"), place->target.account_id,
                sizeof place->target.account_id);
        sv_copy(text_of(row, "region"), place->target.region, sizeof place->target.region);
        sv_copy(text_of(row, "key"), place->key, sizeof place->key);
        sv_copy(text_of(row, "resource"), place->group_id, sizeof place->group_id);
        sv_copy(text_of(row, "subject"), place->rule_id, sizeof place->rule_id);
    }
    estate_unref(estate);
    assert_int_equal(found, n);
}

static const cJSON *row_of(const cJSON *rows, const struct place *place)
{
    const cJSON *row;
    cJSON_ArrayForEach (row, rows)
        if (sv_eq_cstr(text_of(row, "key"), place->key))
            return row;
    fail_msg("the rule %s is not in the list", place->rule_id);
    return NULL;
}

static void assert_text(const cJSON *row, const char *key, const char *expected)
{
    AUTO_FREE char *text = sv_dup(text_of(row, key));
    assert_string_equal(text, expected);
}

/* --- deciding -------------------------------------------------------------------------------- */

static void wait_until_told(struct person *person)
{
    if (!run_ui_until(&person->told, WAIT_MS))
        fail_msg("nobody was told");
    person->told = false;
}

static void wait_for(struct person *person, enum change_state state)
{
    person->is_at_rest = person->is_at_rest && person->last.state == state;
    assert_true(run_ui_until(&person->is_at_rest, WAIT_MS));
    if (person->last.state != state)
        fail_msg("%s instead of %s: %s", change_state_name(person->last.state),
                 change_state_name(state), person->last.err.message);
}

/* The sheet of the rule, until it is in that state. */
static void review(struct person *person, const struct place *place, enum change_state state)
{
    const char *args[PLANNER_ARGS_MAX] = {place->group_id, place->rule_id};
    person->answered = person->is_at_rest = false;
    person->last = (struct change_status){0};
    planner_sg_revoke.plan(person->gov, person->gov->scope, &place->target, args, on_plan, person);
    assert_true(run_ui_until(&person->answered, WAIT_MS));
    wait_for(person, state);
}

static void reject(struct person *person, const struct place *place, const char *reason)
{
    review(person, place, CHANGE_READY);
    person->is_at_rest = false;
    gate_reject(gov_gate(person->gov), person->plan->id, reason);
    wait_for(person, CHANGE_REJECTED);
    wait_until_told(person);
}

static void consent(struct person *person)
{
    struct change_consent consent = {.single_operator = true};
    str_copy(consent.plan_hash, person->plan->plan_hash);
    change_consent_word(person->plan, consent.typed, sizeof consent.typed);
    person->is_at_rest = false;
    gate_consent(gov_gate(person->gov), person->plan->id, &consent);
    wait_for(person, CHANGE_SUCCEEDED);
}

static void excepted(void *arg, const struct err *err)
{
    (void)arg;
    assert_int_equal(err->code, OK);
}

static void except(struct person *person, const struct place *place, int64_t for_ms)
{
    struct change_exception exception = {.target = place->target,
                                         .title = "Close it",
                                         .owner = "payments",
                                         .reason = "until the migration",
                                         .expires_at_ms = clock_wall_ms() + for_ms};
    str_copy(exception.item_key, place->key);
    gate_except(gov_gate(person->gov), &exception, person->gov->scope, excepted, NULL);
    wait_until_told(person);
}

/* --- tests ----------------------------------------------------------------------------------- */

static void test_what_one_decides_another_knows(void **state)
{
    struct person oncall, lead;
    struct place places[2];
    (void)state;
    sit_down(&oncall, "oncall", "one");
    find_places(&oncall, places, 2);
    reject(&oncall, &places[0], "the partner needs it");
    assert_int_equal(oncall.alerted.err.code, OK);
    except(&oncall, &places[1], 30 * DAYS_MS);
    assert_int_equal(oncall.alerted.err.code, OK);
    get_up(&oncall);

    sit_down(&lead, "lead", "two"); /* who has never seen any of it */
    cJSON *rows = canned_list(lead.gov, &screen_approvals, NULL);
    const cJSON *rejected = row_of(rows, &places[0]), *waived = row_of(rows, &places[1]);
    assert_text(rejected, "state", "OPEN");
    assert_text(rejected, "decision", "REJECTED");
    assert_text(rejected, "decided_by", "oncall");
    assert_text(rejected, "decision_reason", "the partner needs it");
    assert_true(sv_contains(text_of(rejected, "note"), SV("rejected by oncall at 2")));
    assert_false(json_bool(rejected, "here_only", false));
    assert_text(rejected, "kind", "sg-policy"); /* the OpsItem is no item by itself */
    assert_text(waived, "state", "WAIVED");
    assert_text(waived, "exception_owner", "payments");
    json_free(rows);
    rows = canned_list(lead.gov, &screen_drift, NULL);
    assert_text(row_of(rows, &places[1]), "state", "WAIVED");
    json_free(rows);
    review(&lead, &places[1], CHANGE_REFUSED); /* and the gate holds to it */
    assert_non_null(strstr(lead.last.err.message, "says payments: until the migration"));
    except(&lead, &places[1], 0);
    get_up(&lead);

    sit_down(&oncall, "oncall", "one"); /* whose own trail says that it holds for a month */
    rows = canned_list(oncall.gov, &screen_approvals, NULL);
    assert_text(row_of(rows, &places[1]), "state", "OPEN");
    json_free(rows);
    review(&oncall, &places[1], CHANGE_READY);
    assert_non_null(shared_record_find(oncall.gov, places[1].key));
    consent(&oncall);
    wait_until_told(&oncall); /* the OpsItem is resolved with it */
    json_free(canned_list(oncall.gov, &screen_approvals, NULL));
    assert_null(shared_record_find(oncall.gov, places[1].key));
    get_up(&oncall);
}

/* Another list of the same things, once nothing of the one before is on its way. */
static cJSON *list_again(struct person *person, bool tells)
{
    person->told = false;
    cJSON *rows = canned_list(person->gov, &screen_approvals, NULL);
    if (tells)
        wait_until_told(person);
    assert_false(gov_is_alerting(person->gov));
    return rows;
}

/* Somebody who may not write OpsItems goes on, and is told that nobody else knows. Others are told
 * later, by a console that may: as what was said, by whom and when. */
static void test_without_the_right_it_is_known_here_only(void **state)
{
    struct person viewer, lead, oncall;
    struct place place;
    (void)state;
    sit_down(&viewer, "viewer", "three");
    find_places(&viewer, &place, 1);
    except(&viewer, &place, 30 * DAYS_MS);
    assert_true(viewer.alerted.is_record);
    assert_int_equal(viewer.alerted.err.code, ERR_DENIED);
    assert_non_null(strstr(viewer.alerted.err.iam_action, "ssm:"));
    cJSON *rows = list_again(&viewer, true); /* it is tried again, once */
    assert_true(viewer.alerted.is_retry);
    assert_int_equal(viewer.alerted.err.code, ERR_DENIED);
    assert_text(row_of(rows, &place), "state", "WAIVED");
    assert_true(json_bool(row_of(rows, &place), "here_only", false));
    assert_true(sv_contains(text_of(row_of(rows, &place), "note"), SV("(known here only)")));
    json_free(rows);
    json_free(list_again(&viewer, false));
    assert_false(viewer.told);
    get_up(&viewer);

    sit_down(&lead, "lead", "two");
    rows = canned_list(lead.gov, &screen_approvals, NULL);
    assert_text(row_of(rows, &place), "state", "OPEN");
    json_free(rows);
    get_up(&lead);

    sit_down(&oncall, "oncall", "three");
    json_free(list_again(&oncall, true));
    assert_true(oncall.alerted.is_retry);
    assert_int_equal(oncall.alerted.n_sent, 1);
    rows = list_again(&oncall, false);
    assert_false(oncall.told);
    assert_false(json_bool(row_of(rows, &place), "here_only", false));
    json_free(rows);
    get_up(&oncall);

    sit_down(&lead, "lead", "two");
    rows = canned_list(lead.gov, &screen_approvals, NULL);
    assert_text(row_of(rows, &place), "state", "WAIVED");
    json_free(rows);
    assert_string_equal(shared_record_find(lead.gov, place.key)->exception.by, "viewer");
    get_up(&lead);
}

/* What others have said since is not overwritten by what comes late. */
static void test_what_is_older_is_not_told_late(void **state)
{
    struct person viewer, lead, oncall;
    struct place places[2];
    (void)state;
    sit_down(&viewer, "viewer", "four");
    find_places(&viewer, places, 2); /* the first one is waived by now */
    except(&viewer, &places[1], 30 * DAYS_MS);
    assert_int_equal(viewer.alerted.err.code, ERR_DENIED);
    get_up(&viewer);

    sit_down(&lead, "lead", "two");
    json_free(canned_list(lead.gov, &screen_drift, NULL));
    except(&lead, &places[1], 0);
    assert_int_equal(lead.alerted.err.code, OK);
    get_up(&lead);

    sit_down(&oncall, "oncall", "four");
    cJSON *rows = list_again(&oncall, false);
    assert_false(oncall.told);
    assert_text(row_of(rows, &places[1]), "state", "OPEN");
    json_free(rows);
    get_up(&oncall);
}

/* A part of operational data, there and back; what is no such part says nothing. */
static void test_parts(void **state)
{
    struct shared_part part = {.state = "REJECTED",
                               .by = "alice",
                               .reason = "\"no\"",
                               .at_ms = 1767225600123,
                               .until_ms = 1767225601000},
                       read = {0};
    AUTO(buf_done) struct buf value = BUF_NONE;
    AUTO(json_free_at) cJSON *entry = cJSON_CreateObject();
    (void)state;
    record_part_write(&part, &value);
    cJSON_AddStringToObject(entry, "Value", buf_cstr(&value));
    record_part_read(entry, &read);
    assert_string_equal(read.state, part.state);
    assert_string_equal(read.by, part.by);
    assert_string_equal(read.reason, part.reason);
    assert_int_equal(read.at_ms, part.at_ms);
    assert_int_equal(read.until_ms, part.until_ms);
    cJSON_ReplaceItemInObject(entry, "Value", cJSON_CreateString("{\"state\":\"REJECTED\"}"));
    read = (struct shared_part){0};
    record_part_read(entry, &read);
    assert_int_equal(read.at_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_what_one_decides_another_knows),
        cmocka_unit_test(test_without_the_right_it_is_known_here_only),
        cmocka_unit_test(test_what_is_older_is_not_told_late),
    };
    return run_in_sandbox(tests, &sandbox, "accounts=12,regions=3,resources=600,seed=7");
}
