/* From a setting that has drifted to one that is as approved and back, through the gate, against
 * the sandbox; and that no secret is left anywhere on the way. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/aws/client_change.h"
#include "core/aws/client_secret.h"
#include "core/base/clock.h"
#include "core/gov/systems_manager/parameter_drift.h"
#include "core/gov/systems_manager/parameter_plan.h"
#include "tests/support/dir.h"
#include "tests/unit/gov/helper_canned.h"
#include "tests/unit/gov/helper_sandbox.h"

#define WAIT_MS 60000
#define APP     "/analytics/current/"

static struct sandbox sandbox;
static struct gov *gov;
static struct aws_target target;

/* --- waiting --------------------------------------------------------------------------------- */

static struct change_status last;

static void on_change(void *arg, const struct change_status *status)
{
    (void)arg;
    last = *status;
}

static void wait_for(enum change_state state)
{
    static const bool never = false;
    int64_t until_ms = clock_mono_ms() + WAIT_MS;
    while (last.state != state && clock_mono_ms() < until_ms)
        run_ui_until(&never, 5);
    if (last.state != state)
        fail_msg("%s instead of %s: %s", change_state_name(last.state), change_state_name(state),
                 last.err.message);
}

/* --- reading --------------------------------------------------------------------------------- */

static char value[256]; /* of the last read */
static enum err_code read_code;
static bool was_read;

static void tell_read(void *arg)
{
    (void)arg;
    was_read = true;
}

static void value_came(void *arg, struct sv body, const struct err *err)
{
    struct secret *secret = err->code == OK ? parameter_value_of(body) : NULL;
    (void)arg;
    read_code = err->code;
    sv_copy(secret_bytes(secret), value, sizeof value);
    secret_unref(secret);
    run_call(RUN_UI, RUN_NORMAL, gov->scope, tell_read, NULL, NULL);
}

/* The plain value; "" when it cannot be read. */
static const char *value_of(const char *name)
{
    const struct aws_request request = {
        .op = OP_ssm_GetParameter, .target = target, .params = parameter_get_params(name, 0)};
    was_read = false;
    client_read_secret(gov->client, gov->scope, &request, value_came, NULL, NULL);
    assert_true(run_ui_until(&was_read, WAIT_MS));
    return value;
}

static const char *text_of(const cJSON *row, const char *key)
{
    const cJSON *item = json_get(row, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

/* What the list says of a setting of the application, and the key of the item; "" for no drift. */
static const char *drift_of(const char *name, char item_key[65])
{
    static char type[64];
    struct selection selection = {.accounts = "analytics-dev, data-lake-dev"};
    struct load_view view;
    const cJSON *row;
    static const bool never = false;
    struct load *load = canned_open(gov, &screen_drift, &selection, NULL, 0);
    int64_t until_ms = clock_mono_ms() + WAIT_MS;
    load_read_view(load, &view);
    while (view.phase == LOAD_RUNNING && clock_mono_ms() < until_ms) {
        load_view_done(&view);
        run_ui_until(&never, 5);
        load_read_view(load, &view);
    }
    cJSON *rows = canned_rows(&screen_drift, &view);
    type[0] = item_key[0] = '\0';
    cJSON_ArrayForEach (row, rows) {
        if (strcmp(text_of(row, "resource"), name) != 0)
            continue;
        str_copy(type, text_of(row, "type"));
        sv_copy(sv_of(text_of(row, "key")), item_key, 65);
        str_copy(target.account_id, text_of(row, "account_id"));
        str_copy(target.region, text_of(row, "region"));
    }
    json_free(rows);
    load_view_done(&view);
    load_close(load);
    return type;
}

/* --- deciding -------------------------------------------------------------------------------- */

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

/* Where it is, as long as it drifts. */
static struct change_plan *plan(const char *name, const char *type)
{
    drift_of(name, (char[65]){""});
    plan_is_there = false;
    parameter_plan(gov, gov->scope, &target, name, type, on_plan, NULL);
    assert_true(run_ui_until(&plan_is_there, WAIT_MS));
    return planned;
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

static void consent(const struct change_plan *to)
{
    struct change_consent consent = {.single_operator = true, .reason = "for the test"};
    str_copy(consent.plan_hash, to->plan_hash);
    change_consent_word(to, consent.typed, sizeof consent.typed);
    gate_consent(gov_gate(gov), to->id, &consent);
}

/* The id of the change that has dealt with it. */
static struct change_plan fix(const char *name, const char *type)
{
    struct change_plan *made = plan(name, type);
    if (!made)
        fail_msg("%s: %s", name, planned_err.message);
    struct change_plan key = key_of(made);
    last = (struct change_status){0};
    gate_check(gov_gate(gov), made);
    wait_for(CHANGE_READY);
    consent(&key);
    wait_for(CHANGE_SUCCEEDED);
    return key;
}

static struct change_plan *ask_undo(const struct change_plan *of)
{
    plan_is_there = false;
    last = (struct change_status){0};
    gate_undo(gov_gate(gov), of->id, "", gov->scope, on_plan, NULL);
    assert_true(run_ui_until(&plan_is_there, WAIT_MS));
    return planned;
}

static void undo(const struct change_plan *of)
{
    struct change_plan *back = ask_undo(of);
    if (!back)
        fail_msg("no undo: %s", planned_err.message);
    wait_for(CHANGE_READY);
    consent(back);
    wait_for(CHANGE_SUCCEEDED);
    change_plan_free(back);
}

/* --- one sandbox for each -------------------------------------------------------------------- */

/* With the same folder, where it goes on. */
static void sit_down(const char *state_dir, int64_t undo_pause_ms)
{
    const struct gov_options options = {
        .aws.budget_percent = -1, .state_dir = state_dir, .undo_pause_ms = undo_pause_ms};
    gov = sandbox_gov(&sandbox, &options);
    gov_on_change(gov, on_change, NULL);
}

static int begin(void **state)
{
    (void)state;
    char key[65];
    sandbox_start(&sandbox, "accounts=24,regions=2,resources=600,seed=7");
    sit_down("state", -1);
    assert_string_equal(drift_of(APP "log/level", key), PARAMETER_VALUE);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sandbox_gov_free(gov);
    sandbox_stop(&sandbox);
    return 0;
}

/* --- the cases ------------------------------------------------------------------------------- */

static bool says(const struct change_plan *of, const char *words)
{
    for (size_t i = 0; i < of->evidence.len; i++)
        if (strstr(of->evidence.ptr[i].text, words))
            return true;
    return false;
}

static void a_plain_value_is_overwritten_and_put_back(void **state)
{
    char item_key[65], now[65];
    (void)state;
    drift_of(APP "log/level", item_key);
    struct change_plan *made = plan(APP "log/level", PARAMETER_VALUE);
    assert_string_equal(made->item_key, item_key);
    assert_string_equal(made->severity, "MEDIUM");
    assert_int_equal(made->reversible, REVERSIBLE);
    assert_non_null(strstr(made->diff.ptr[0].text, "\"debug\""));
    assert_non_null(strstr(made->diff.ptr[1].text, "\"warn\""));
    const cJSON *params = made->calls.ptr[0].params;
    assert_null(json_get(params, "Value"));
    assert_null(json_get(params, "Tags"));
    assert_true(json_bool(params, "Overwrite", false));
    assert_true(says(made, "who reads it is unknown"));
    assert_true(says(made, "settings approved, "));
    change_plan_free(made);

    struct change_plan done = fix(APP "log/level", PARAMETER_VALUE);
    assert_string_equal(value_of(APP "log/level"), "warn");
    assert_string_equal(drift_of(APP "log/level", now), "");
    undo(&done);
    assert_string_equal(value_of(APP "log/level"), "debug");
    assert_string_equal(drift_of(APP "log/level", now), PARAMETER_VALUE);
    assert_string_equal(now, item_key);
}

static void what_is_missing_is_created_with_its_tags(void **state)
{
    char key[65];
    (void)state;
    struct change_plan *made = plan(APP "http/timeout_ms", PARAMETER_MISSING);
    const cJSON *params = made->calls.ptr[0].params;
    assert_string_equal(made->severity, "HIGH");
    assert_false(json_bool(params, "Overwrite", true));
    assert_non_null(json_items(params, "Tags"));
    change_plan_free(made);
    struct change_plan done = fix(APP "http/timeout_ms", PARAMETER_MISSING);
    assert_string_equal(drift_of(APP "http/timeout_ms", key), "");
    undo(&done);
    assert_string_equal(drift_of(APP "http/timeout_ms", key), PARAMETER_MISSING);
}

static void a_key_is_put_right_without_another_value(void **state)
{
    char key[65], before[256];
    (void)state;
    str_copy(before, value_of(APP "database/password"));
    struct change_plan *made = plan(APP "database/password", PARAMETER_TYPE);
    assert_null(strstr(made->diff.ptr[0].text, before));
    assert_true(sv_eq_cstr(json_sv(made->calls.ptr[0].params, "KeyId"), "alias/parameters"));
    change_plan_free(made);
    struct change_plan done = fix(APP "database/password", PARAMETER_TYPE);
    assert_string_equal(drift_of(APP "database/password", key), "");
    assert_string_equal(value_of(APP "database/password"), before);
    undo(&done);
    assert_string_equal(drift_of(APP "database/password", key), PARAMETER_TYPE);
}

static void what_is_not_approved_is_deleted(void **state)
{
    char key[65];
    (void)state;
    struct change_plan *made = plan("/data/current/debug/override", PARAMETER_UNAUTHORIZED);
    assert_int_equal(made->reversible, PARTLY_REVERSIBLE);
    assert_string_equal(made->severity, "LOW");
    change_plan_free(made);
    struct change_plan done = fix("/data/current/debug/override", PARAMETER_UNAUTHORIZED);
    assert_string_equal(drift_of("/data/current/debug/override", key), "");
    undo(&done);
    assert_string_equal(value_of("/data/current/debug/override"), "on");
}

static void what_was_deleted_waits_before_it_comes_back(void **state)
{
    enum { PAUSE_MS = 3600 * 1000 };
    static const char name[] = "/data/current/debug/override";
    (void)state;
    struct change_plan *made = plan(name, PARAMETER_UNAUTHORIZED);
    struct change_plan *back = change_parameter_delete.undo(made, NULL);
    assert_int_equal(back->undo_pause_ms, 30000);
    change_plan_free(back);
    change_plan_free(made);
    sandbox_gov_free(gov);
    sit_down("state", PAUSE_MS);
    struct change_plan other = fix(APP "log/level", PARAMETER_VALUE);
    undo(&other); /* overwriting waits for nothing */
    struct change_plan done = fix(name, PARAMETER_UNAUTHORIZED);
    assert_null(ask_undo(&done));
    assert_int_equal(planned_err.code, ERR_REFUSED);
    assert_non_null(strstr(planned_err.message, "too early"));
    assert_string_equal(value_of(name), "");
    sandbox_gov_free(gov);
    sit_down("state", 1); /* another console, later: the journal knows when it was */
    drift_of(name, (char[65]){""});
    undo(&done);
    assert_string_equal(value_of(name), "on");
}

static void a_deleted_secret_does_not_come_back(void **state)
{
    (void)state;
    struct change_plan *made = plan(APP "debug/credential", PARAMETER_UNAUTHORIZED);
    assert_int_equal(made->reversible, IRREVERSIBLE);
    assert_int_equal(made->inverse.len, 0);
    change_plan_free(made);
    struct change_plan done = fix(APP "debug/credential", PARAMETER_UNAUTHORIZED);
    assert_null(ask_undo(&done));
    assert_int_equal(planned_err.code, ERR_REFUSED);
}

static void another_type_is_deleted_then_created(void **state)
{
    char key[65];
    (void)state;
    fix(APP "limits/burst", PARAMETER_TYPE);
    assert_string_equal(drift_of(APP "limits/burst", key), PARAMETER_MISSING);
    fix(APP "limits/burst", PARAMETER_MISSING);
    assert_string_equal(drift_of(APP "limits/burst", key), "");
}

static void a_plan_is_stale_once_either_side_has_changed(void **state)
{
    (void)state;
    struct change_plan *first = plan(APP "log/level", PARAMETER_VALUE);
    struct change_plan *second = plan(APP "log/level", PARAMETER_VALUE);
    assert_string_equal(first->item_key, second->item_key);
    struct change_plan key = key_of(first);
    last = (struct change_status){0};
    gate_check(gov_gate(gov), first);
    wait_for(CHANGE_READY);
    consent(&key);
    wait_for(CHANGE_SUCCEEDED);
    last = (struct change_status){0};
    gate_check(gov_gate(gov), second);
    wait_for(CHANGE_STALE);
}

/* --- two at once ------------------------------------------------------------------------------ */

static enum change_stand stand;
static struct err stand_why;
static bool is_looked;

static void tell_looked(void *arg)
{
    (void)arg;
    is_looked = true;
}

static void on_looked(void *arg, enum change_stand seen, const struct err *why)
{
    (void)arg;
    stand = seen;
    stand_why = *why;
    run_call(RUN_UI, RUN_NORMAL, gov->scope, tell_looked, NULL, NULL);
}

static void look_now(void *arg)
{
    change_parameter_put.look(gov->client, gov->scope, arg, on_looked, NULL);
}

/* How a plan whose reply has told of version stands now. */
static enum change_stand look_after(struct change_plan *made, int64_t version)
{
    AUTO(json_free_at) cJSON *reply = cJSON_CreateObject();
    cJSON_AddNumberToObject(reply, "Version", (double)version);
    assert_int_equal(change_parameter_put.accept(made, 0, reply, NULL), OK);
    is_looked = false;
    run_call(RUN_WORKER, RUN_NORMAL, gov->scope, look_now, NULL, made);
    assert_true(run_ui_until(&is_looked, WAIT_MS));
    return stand;
}

static void on_written(void *arg, const struct aws_request *request, const cJSON *body,
                       const struct aws_outcome *outcome)
{
    (void)arg, (void)request, (void)body;
    read_code = outcome->err.code;
    run_call(RUN_UI, RUN_NORMAL, gov->scope, tell_read, NULL, NULL);
}

/* Somebody writes it without asking anybody. */
static void write_by_hand(const char *name, const char *text)
{
    struct aws_request request = {
        .op = OP_ssm_PutParameter, .target = target, .params = cJSON_CreateObject()};
    cJSON_AddStringToObject(request.params, "Name", name);
    cJSON_AddStringToObject(request.params, "Value", text);
    cJSON_AddBoolToObject(request.params, "Overwrite", true);
    was_read = false;
    client_change(gov->client, gov->scope, &request, on_written, NULL);
    assert_true(run_ui_until(&was_read, WAIT_MS));
    assert_int_equal(read_code, OK);
}

/* PutParameter takes the later of two for good: it is not called done when another one lies under
 * it. */
static void a_write_in_the_same_moment_is_told(void **state)
{
    (void)state;
    struct change_plan *made = plan(APP "log/level", PARAMETER_VALUE);
    int64_t version = json_i64(made->state, "version", 0);
    write_by_hand(APP "log/level", "trace");
    write_by_hand(APP "log/level", "warn"); /* ours: as approved */
    assert_int_equal(look_after(made, version + 2), STAND_OTHER);
    assert_non_null(strstr(stand_why.message, "somebody has written version"));
    assert_null(strstr(stand_why.message, "trace"));
    assert_int_equal(look_after(made, version + 1), STAND_AFTER);
    change_plan_free(made);
}

static void what_cannot_be_compared_is_not_changed(void **state)
{
    (void)state;
    assert_null(plan("/orphan/current", PARAMETER_UNKNOWN));
    assert_int_equal(planned_err.code, ERR_REFUSED);
    assert_null(plan("/orphan/current/endpoint", PARAMETER_UNAUTHORIZED));
    assert_int_equal(planned_err.code, ERR_REFUSED);
    assert_non_null(strstr(planned_err.message, "nothing approved"));
    assert_null(plan("/vault/current/log/level", PARAMETER_UNAUTHORIZED));
    assert_int_equal(planned_err.code, ERR_DENIED);
    struct change_plan *made = plan("/ledger/current/ledger/seal", PARAMETER_VALUE);
    last = (struct change_status){0};
    gate_check(gov_gate(gov), made);
    wait_for(CHANGE_REFUSED);
    assert_int_equal(last.err.code, ERR_DENIED);
    assert_non_null(strstr(last.err.message, "kms:Decrypt"));
    assert_null(plan("/no/setting", ""));
    assert_int_equal(planned_err.code, ERR_USAGE);
}

/* --- secrets --------------------------------------------------------------------------------- */

static char planted[2][256];
static size_t n_files;

static int assert_file_lacks_them(const char *path, const struct stat *about, int type,
                                  struct FTW *at)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    (void)about, (void)at;
    if (type != FTW_F)
        return 0;
    file_read(path, &bytes);
    for (size_t i = 0; i < ARRAY_LEN(planted); i++)
        if (sv_contains(buf_sv(&bytes), sv_of(planted[i])))
            fail_msg("a secret is in %s", path);
    n_files += bytes.len > 0;
    return 0;
}

static void no_secret_is_left_on_the_way(void **state)
{
    static struct aws_attempt attempts[AWS_ATTEMPTS_MAX];
    char key[65];
    (void)state;
    str_copy(planted[0], value_of("/analytics/approved/api/token"));
    str_copy(planted[1], value_of(APP "api/token"));
    assert_string_not_equal(planted[0], planted[1]);
    assert_string_equal(drift_of(APP "api/token", key), PARAMETER_VALUE);
    struct change_plan done = fix(APP "api/token", PARAMETER_VALUE);
    assert_string_equal(value_of(APP "api/token"), planted[0]);
    undo(&done);
    assert_string_equal(value_of(APP "api/token"), planted[1]);
    n_files = 0;
    assert_int_equal(nftw(sandbox.dir, assert_file_lacks_them, 8, FTW_PHYS), 0);
    assert_true(n_files >= 3); /* journal, trail, and what arrived at the sandbox */
    size_t n = client_attempts(gov->client, 0, attempts, AWS_ATTEMPTS_MAX);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < ARRAY_LEN(planted); k++)
            assert_null(strstr(attempts[i].cli_line, planted[k]));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_plain_value_is_overwritten_and_put_back),
        TEST(what_is_missing_is_created_with_its_tags),
        TEST(a_key_is_put_right_without_another_value),
        TEST(what_is_not_approved_is_deleted),
        TEST(what_was_deleted_waits_before_it_comes_back),
        TEST(a_deleted_secret_does_not_come_back),
        TEST(another_type_is_deleted_then_created),
        TEST(a_plan_is_stale_once_either_side_has_changed),
        TEST(a_write_in_the_same_moment_is_told),
        TEST(what_cannot_be_compared_is_not_changed),
        TEST(no_secret_is_left_on_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
