/* From session preferences that have drifted to those that are approved and back, through the gate,
 * against the sandbox. */
#include "tests/support/dir.h"
#include "tests/unit/unit.h"

#include <string.h>

#include "core/gov/queue/preferences_item.h"
#include "tests/unit/gov/helper_gate.h"
#include "tests/unit/gov/helper_sandbox.h"

#define ACCOUNT "analytics-dev"

static const char first[] =
    "{\"preferences\":[{\"account\":\"" ACCOUNT "\",\"inputs\":{\"kmsKeyId\":\"alias/sessions\","
    "\"idleSessionTimeout\":\"15\",\"cloudWatchLogGroupName\":\"logs\"}}]}";
static const char second[] = "{\"preferences\":[{\"account\":\"" ACCOUNT
                             "\",\"inputs\":{\"kmsKeyId\":\"\",\"idleSessionTimeout\":\"10\"}}]}";

static struct sandbox sandbox;
static struct gov *gov;
static struct aws_target target;

static const char *text_of(const cJSON *row, const char *key)
{
    const cJSON *item = json_get(row, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static void approve_file(const char *text)
{
    preferences_baseline_free(gov->preferences_baseline);
    assert_int_equal(preferences_baseline_read(file_of("approved.json", sv_of(text)),
                                               &gov->preferences_baseline, NULL),
                     OK);
}

/* The type of the drift there is, "" for none; its key into key. */
static const char *drift(char key[65])
{
    static char type[32];
    const cJSON *row;
    cJSON *rows = gate_rows(gov, &screen_drift, ACCOUNT, "us-east-1");
    type[0] = key[0] = '\0';
    cJSON_ArrayForEach (row, rows) {
        if (strcmp(text_of(row, "kind"), "preferences") != 0)
            continue;
        str_copy(type, text_of(row, "type"));
        sv_copy(sv_of(text_of(row, "key")), key, 65);
        str_copy(target.account_id, text_of(row, "account_id"));
        str_copy(target.region, text_of(row, "region"));
    }
    json_free(rows);
    return type;
}

/* What holds of a field now. */
static const char *current(const char *field)
{
    static char value[64];
    const cJSON *row;
    cJSON *rows = gate_rows(gov, &screen_preferences, ACCOUNT, "us-east-1");
    cJSON_ArrayForEach (row, rows)
        if (strcmp(text_of(row, "field"), field) == 0)
            str_copy(value, text_of(row, "current"));
    json_free(rows);
    return value;
}

static struct change_plan *plan(void)
{
    static const char *const args[] = {PREFERENCES_DOCUMENT};
    struct change_plan *made = gate_plan(&planner_preferences, &target, args);
    if (!made)
        fail_msg("no plan: %s", gate_plan_err.message);
    return made;
}

static bool says(const struct change_plan *plan, char kind, const char *text)
{
    for (size_t i = 0; i < plan->diff.len; i++)
        if (plan->diff.ptr[i].kind == kind && strcmp(plan->diff.ptr[i].text, text) == 0)
            return true;
    return false;
}

static int begin(void **state)
{
    (void)state;
    sandbox_start(&sandbox, "accounts=24,regions=2,resources=600,seed=7");
    gov = sandbox_gov(&sandbox, &(struct gov_options){.aws.budget_percent = -1});
    gate_follow(gov);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sandbox_gov_free(gov);
    sandbox_stop(&sandbox);
    return 0;
}

/* Created, overwritten, put back, deleted again. */
static void from_none_to_two_and_back(void **state)
{
    char key[65], again[65], created[37], updated[37];
    (void)state;
    approve_file(first);
    assert_string_equal(drift(key), PREFERENCES_MISSING);
    struct change_plan *made = plan();
    assert_string_equal(made->item_key, key);
    assert_string_equal(made->severity, "HIGH");
    assert_int_equal(made->calls.len, 1);
    assert_int_equal(made->calls.ptr[0].op, OP_ssm_CreateDocument);
    assert_true(says(made, '-', "kmsKeyId: none"));
    assert_true(says(made, '+', "kmsKeyId: alias/sessions"));
    assert_true(says(made, ' ', "runAsEnabled: no"));
    str_copy(created, gate_fix(made, CHANGE_SUCCEEDED));
    assert_string_equal(drift(again), "");
    assert_string_equal(current("idleSessionTimeout"), "15 min");

    approve_file(second);
    assert_string_equal(drift(key), PREFERENCES_DRIFT);
    made = plan();
    assert_int_equal(made->calls.len, 2);
    assert_int_equal(made->calls.ptr[0].op, OP_ssm_UpdateDocument);
    assert_true(sv_eq_cstr(json_sv(made->calls.ptr[0].params, "DocumentVersion"), "$LATEST"));
    assert_true(sv_eq_cstr(json_sv(made->calls.ptr[1].params, "DocumentVersion"), "2"));
    str_copy(updated, gate_fix(made, CHANGE_SUCCEEDED));
    assert_string_equal(drift(again), "");
    assert_string_equal(current("kmsKeyId"), "none");
    assert_string_equal(current("cloudWatchLogGroupName"), "logs"); /* nobody spoke of it */

    gate_take_back(updated);
    assert_string_equal(current("kmsKeyId"), "alias/sessions");
    assert_string_equal(current("idleSessionTimeout"), "15 min");
    assert_string_equal(drift(again), PREFERENCES_DRIFT);
    assert_string_equal(again, key);
}

static void a_plan_is_stale_once_the_document_is_another(void **state)
{
    char key[65];
    (void)state;
    approve_file(second);
    assert_string_equal(drift(key), PREFERENCES_DRIFT);
    struct change_plan *late = plan();
    approve_file("{\"preferences\":[{\"inputs\":{\"idleSessionTimeout\":\"12\"}}]}");
    gate_fix(plan(), CHANGE_SUCCEEDED);
    gate_fix(late, CHANGE_STALE);
    assert_string_equal(current("idleSessionTimeout"), "12 min");
}

static void there_is_nothing_to_do_when_all_is_as_approved(void **state)
{
    static const char *const args[] = {PREFERENCES_DOCUMENT};
    (void)state;
    approve_file("{\"preferences\":[{\"inputs\":{\"idleSessionTimeout\":\"12\"}}]}");
    assert_null(gate_plan(&planner_preferences, &target, args));
    assert_int_equal(gate_plan_err.code, ERR_STALE);
    approve_file("{\"preferences\":[{\"account\":\"nobody\",\"inputs\":{}}]}");
    assert_null(gate_plan(&planner_preferences, &target, args));
    assert_int_equal(gate_plan_err.code, ERR_REFUSED);
}

static void what_was_created_is_deleted_again(void **state)
{
    char key[65], created[37];
    (void)state;
    str_copy(target.region, "eu-west-1");
    approve_file(first);
    struct change_plan *made = plan();
    assert_int_equal(made->calls.ptr[0].op, OP_ssm_CreateDocument);
    str_copy(created, gate_fix(made, CHANGE_SUCCEEDED));
    gate_take_back(created);
    made = plan();
    assert_int_equal(made->calls.ptr[0].op, OP_ssm_CreateDocument);
    change_plan_free(made);
    drift(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_none_to_two_and_back),
        cmocka_unit_test(a_plan_is_stale_once_the_document_is_another),
        cmocka_unit_test(there_is_nothing_to_do_when_all_is_as_approved),
        cmocka_unit_test(what_was_created_is_deleted_again),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, begin, end);
}
