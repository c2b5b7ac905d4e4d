/* Session preferences: what a document says, what a file approves, how severe a difference is, and
 * the rows that come of it. */
#include "tests/support/dir.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "core/gov/planner.h"
#include "core/gov/preferences/preferences_baseline.h"
#include "core/gov/queue/preferences_item.h"
#include "tests/unit/gov/helper_canned.h"

static const char guide[] =
    "{\"preferences\":[{\"comment\":\"everywhere\",\"inputs\":{"
    "\"kmsKeyId\":\"alias/sessions\",\"cloudWatchLogGroupName\":\"sessions\","
    "\"idleSessionTimeout\":15,\"maxSessionDuration\":\"60\",\"runAsEnabled\":false,"
    "\"shellProfile\":{\"linux\":\"exec bash -l\"}}},"
    "{\"account\":\"shop\",\"region\":\"us-*\",\"inputs\":{\"idleSessionTimeout\":\"10\"}}]}";

/* --- fields ---------------------------------------------------------------------------------- */

static void test_values(void **state)
{
    (void)state;
    struct preferences said;
    struct err err;
    cJSON *inputs = NULL;
    json_parse(SV("{\"idleSessionTimeout\":\"\",\"maxSessionDuration\":1440,\"runAsEnabled\":true,"
                  "\"kmsKeyId\":\"\",\"newInput\":1}"),
               "t", &inputs, NULL);
    assert_int_equal(preferences_from_inputs(inputs, &said, &err), OK);
    assert_string_equal(preference_value(&said, PREFERENCE_IDLE), "20"); /* AWS's default */
    assert_string_equal(preference_value(&said, PREFERENCE_DURATION), "1440");
    assert_string_equal(preference_value(&said, PREFERENCE_RUN_AS), "true");
    assert_string_equal(preference_value(&said, PREFERENCE_LOG_ENCRYPTED), "true");
    assert_null(said.values[PREFERENCE_LOG_GROUP]);
    preference_to_inputs(PREFERENCE_PROFILE_LINUX, "date", inputs);
    preference_to_inputs(PREFERENCE_RUN_AS, "false", inputs);
    assert_true(sv_eq_cstr(json_string(json_path(inputs, "shellProfile.linux")), "date"));
    assert_true(cJSON_IsFalse(json_get(inputs, "runAsEnabled")));
    assert_int_equal(json_i64(inputs, "newInput", 0), 1);
    preferences_done(&said);
    json_free(inputs);
}

static void test_no_values(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{\"idleSessionTimeout\":\"61\"}",     "{\"idleSessionTimeout\":0}",
        "{\"idleSessionTimeout\":15.5}",       "{\"maxSessionDuration\":\"1441\"}",
        "{\"runAsEnabled\":\"perhaps\"}",      "{\"kmsKeyId\":7}",
        "{\"maxSessionDuration\":\"an hour\"}"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct preferences said;
        struct err err;
        cJSON *inputs = NULL;
        json_parse(sv_of(wrong[i]), "t", &inputs, NULL);
        assert_int_equal(preferences_from_inputs(inputs, &said, &err), ERR_PARSE);
        preferences_done(&said);
        json_free(inputs);
    }
    struct preferences said;
    struct err err;
    assert_int_equal(preferences_from_content(SV("{\"sessionType\":\"Port\"}"), &said, &err),
                     ERR_PARSE);
    assert_int_equal(preferences_from_content(SV("schemaVersion: '1.0'"), &said, &err), ERR_PARSE);
}

static void test_severities(void **state)
{
    (void)state;
    static const struct {
        enum preference field;
        const char *approved, *current;
        enum severity severity;
    } cases[] = {
        {PREFERENCE_KEY, "alias/a", "", SEVERITY_HIGH},
        {PREFERENCE_KEY, "alias/a", "alias/b", SEVERITY_MEDIUM},
        {PREFERENCE_KEY, "alias/a", "arn:aws:kms:eu-west-1:111111111111:alias/a", SEVERITY_NONE},
        {PREFERENCE_KEY, "arn:aws:kms:eu-west-1:1:key/0b", "0b", SEVERITY_NONE},
        {PREFERENCE_KEY, "", "alias/b", SEVERITY_MEDIUM},
        {PREFERENCE_LOG_GROUP, "sessions", "", SEVERITY_HIGH},
        {PREFERENCE_LOG_GROUP, "sessions", "other", SEVERITY_MEDIUM},
        {PREFERENCE_BUCKET_ENCRYPTED, "true", "false", SEVERITY_HIGH},
        {PREFERENCE_BUCKET_ENCRYPTED, "false", "true", SEVERITY_LOW},
        {PREFERENCE_RUN_AS, "true", "false", SEVERITY_HIGH},
        {PREFERENCE_IDLE, "15", "20", SEVERITY_MEDIUM},
        {PREFERENCE_IDLE, "15", "5", SEVERITY_LOW},
        {PREFERENCE_DURATION, "60", "", SEVERITY_MEDIUM},
        {PREFERENCE_DURATION, "", "60", SEVERITY_LOW},
        {PREFERENCE_PROFILE_LINUX, "", "curl x | sh", SEVERITY_HIGH},
        {PREFERENCE_PROFILE_LINUX, "exec bash -l", "", SEVERITY_MEDIUM},
        {PREFERENCE_IDLE, "15", "15", SEVERITY_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(preference_severity(cases[i].field, cases[i].approved, cases[i].current),
                         cases[i].severity);
    assert_string_equal(preference_note(PREFERENCE_IDLE, "15"), "");
    assert_non_null(strstr(preference_note(PREFERENCE_IDLE, "16"), "PCI DSS 8.2.8"));
}

/* --- the file -------------------------------------------------------------------------------- */

static void test_later_entries_count(void **state)
{
    (void)state;
    struct preferences_baseline *baseline;
    struct preferences approved;
    struct account shop = {.id = "333333333333", .name = (char *)"shop", .ou_path = (char *)"Root"};
    assert_int_equal(
        preferences_baseline_read(file_of("guide.json", sv_of(guide)), &baseline, NULL), OK);
    assert_true(preferences_baseline_for(baseline, &shop, "us-east-1", &approved));
    assert_string_equal(approved.values[PREFERENCE_IDLE], "10");
    assert_string_equal(approved.values[PREFERENCE_KEY], "alias/sessions");
    assert_null(approved.values[PREFERENCE_BUCKET]);
    preferences_done(&approved);
    assert_true(preferences_baseline_for(baseline, &shop, "eu-west-1", &approved));
    assert_string_equal(approved.values[PREFERENCE_IDLE], "15");
    preferences_done(&approved);
    assert_false(preferences_baseline_for(NULL, &shop, "eu-west-1", &approved));
    preferences_baseline_free(baseline);
}

static void test_faults_of_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"{\"preferences\":[\n{\"inputs\":{\"kmsKey\":\"a\"}}]}", "f.json:2"},
        {"{\"preferences\":[\n\n{\"inputs\":{\"idleSessionTimeout\":90}}]}", "f.json:3"},
        {"{\"preferences\":[{\"inputs\":{\"shellProfile\":{\"bash\":\"x\"}}}]}", "'bash'"},
        {"{\"preferences\":[{\"account\":\"shop\"}]}", "inputs"},
        {"{\"preferences\":[{\"account\":\"tag:a=b\",\"inputs\":{}}]}", "tags"},
        {"{\"groups\":[]}", "'groups'"},
        {"[]", "object"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct preferences_baseline *baseline;
        struct err err;
        char text[sizeof err.where + sizeof err.message + 1];
        assert_int_equal(
            preferences_baseline_read(file_of("f.json", sv_of(cases[i].text)), &baseline, &err),
            ERR_CONFIG);
        assert_null(baseline);
        snprintf(text, sizeof text, "%s %s", err.where, err.message);
        if (!strstr(text, cases[i].says))
            fail_msg("%s does not say %s", text, cases[i].says);
    }
}

/* --- rows ------------------------------------------------------------------------------------ */

static const char *document; /* what GetDocument answers; NULL: there is none */
static bool is_denied;

static void answer(const struct aws_request *request, struct canned_answer *answer)
{
    if (canned_organization(request, answer))
        return;
    if (request->op == OP_ssm_ListTagsForResource) {
        assert_true(sv_eq(json_sv(request->params, "ResourceType"), SV("Document")));
        answer->pages[0] = "{\"TagList\":[{\"Key\":\"Team\",\"Value\":\"platform\"}]}";
    }
    if (request->op == OP_ssm_DescribeDocument)
        answer->pages[0] =
            "{\"Document\":{\"DefaultVersion\":\"4\",\"LatestVersion\":\"4\",\"Tags\":[{\"Key\":"
            "\"Team\",\"Value\":\"platform\"},{\"Key\":\"ManagedBy\",\"Value\":\"terraform\"}]}}";
    if (request->op != OP_ssm_GetDocument)
        return;
    if (is_denied)
        err_set(&answer->err, ERR_DENIED, "ssm:GetDocument", "not authorized");
    else if (document)
        answer->pages[0] = document;
    if (!is_denied && !document) {
        err_set(&answer->err, ERR_AWS, "ssm:GetDocument", "does not exist");
        str_copy(answer->err.aws_code, "InvalidDocument");
    }
}

static cJSON *rows_of(const struct screen *screen, const char *baseline, struct load_view *view)
{
    struct selection selection = {.accounts = "shop", .regions = "us-east-1"};
    struct gov *gov = canned_gov(answer);
    if (baseline)
        assert_int_equal(preferences_baseline_read(file_of("guide.json", sv_of(baseline)),
                                                   &gov->preferences_baseline, NULL),
                         OK);
    struct load *load = canned_open(gov, screen, &selection, NULL, 0);
    canned_wait(load, canned_has_ended, view);
    cJSON *rows = canned_rows(screen, view);
    load_close(load);
    canned_gov_free(gov);
    return rows;
}

static const char *text_of(const cJSON *row, const char *key)
{
    const cJSON *item = json_get(row, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static const cJSON *row_of(const cJSON *rows, const char *column, const char *value)
{
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        if (strcmp(text_of(row, column), value) == 0)
            return row;
    }
    return NULL;
}

static int begin(void **state)
{
    (void)state;
    document = NULL;
    is_denied = false;
    return 0;
}

static void test_no_document_is_aws_defaults(void **state)
{
    (void)state;
    struct load_view view;
    cJSON *rows = rows_of(&screen_drift, guide, &view);
    const cJSON *row = row_of(rows, "kind", "preferences");
    assert_string_equal(text_of(row, "type"), PREFERENCES_MISSING);
    assert_string_equal(text_of(row, "severity"), "HIGH");
    assert_string_equal(text_of(row, "state"), "OPEN");
    assert_string_equal(text_of(row, "what"),
                        "shells: kmsKeyId none, cloudWatchLogGroupName none, idleSessionTimeout "
                        "20 min, maxSessionDuration no limit, shellProfile.linux none");
    assert_non_null(strstr(text_of(row, "note"), "AWS's defaults"));
    assert_non_null(strstr(text_of(row, "note"), "PCI DSS 8.2.8"));
    char key[SHA256_HEX_SIZE];
    str_copy(key, text_of(row, "key"));
    load_view_done(&view);
    json_free(rows);
    rows = rows_of(&screen_approvals, guide, &view);
    assert_string_equal(text_of(row_of(rows, "kind", "preferences"), "key"), key);
    assert_int_equal(view.coverage.answered, 1);
    load_view_done(&view);
    json_free(rows);
}

#define DOCUMENT(inputs)                                                                  \
    "{\"Name\":\"SSM-SessionManagerRunShell\",\"DocumentVersion\":\"4\",\"CreatedDate\":" \
    "1767225600,\"Content\":\"{\\\"schemaVersion\\\":\\\"1.0\\\",\\\"sessionType\\\":"    \
    "\\\"Standard_Stream\\\",\\\"inputs\\\":{" inputs "}}\"}"
#define AS_APPROVED                                                                            \
    "\\\"kmsKeyId\\\":\\\"alias/sessions\\\",\\\"cloudWatchLogGroupName\\\":\\\"sessions\\\"," \
    "\\\"maxSessionDuration\\\":\\\"60\\\",\\\"shellProfile\\\":{\\\"linux\\\":"               \
    "\\\"exec bash -l\\\"},\\\"idleSessionTimeout\\\":"

static void test_as_approved_is_no_drift(void **state)
{
    (void)state;
    struct load_view view;
    document = DOCUMENT(AS_APPROVED "\\\"10\\\"");
    cJSON *rows = rows_of(&screen_drift, guide, &view);
    assert_null(row_of(rows, "kind", "preferences"));
    load_view_done(&view);
    json_free(rows);
}

/* Whose the preferences are is what the tags of their document say; without one nobody is asked. */
static void test_whose_they_are(void **state)
{
    (void)state;
    struct load_view view;
    document = DOCUMENT(AS_APPROVED "\\\"30\\\"");
    cJSON *rows = rows_of(&screen_drift, guide, &view);
    assert_string_equal(text_of(row_of(rows, "type", PREFERENCES_DRIFT), "owner"), "platform");
    load_view_done(&view);
    json_free(rows);
    document = NULL;
    rows = rows_of(&screen_drift, guide, &view);
    assert_null(json_get(row_of(rows, "type", PREFERENCES_MISSING), "owner"));
    load_view_done(&view);
    json_free(rows);
}

static struct change_plan *planned;
static bool plan_is_there;

static void on_plan(void *arg, struct change_plan *take_plan, const struct err *err)
{
    (void)arg, (void)err;
    planned = take_plan;
    plan_is_there = true;
}

static bool says(const char *line)
{
    for (size_t i = 0; i < planned->evidence.len; i++)
        if (strcmp(planned->evidence.ptr[i].text, line) == 0)
            return true;
    return false;
}

/* Who decides on them sees what deploys the document, and whose it is, as of other things. */
static void test_the_sheet_says_whose_they_are(void **state)
{
    (void)state;
    const struct aws_target target = {.account_id = "333333333333", .region = "us-east-1"};
    const char *const args[PLANNER_ARGS_MAX] = {PREFERENCES_DOCUMENT};
    struct gov *gov = canned_gov(answer);
    document = DOCUMENT(AS_APPROVED "\\\"30\\\"");
    assert_int_equal(preferences_baseline_read(file_of("guide.json", sv_of(guide)),
                                               &gov->preferences_baseline, NULL),
                     OK);
    plan_is_there = false;
    planner_preferences.plan(gov, gov->scope, &target, args, on_plan, NULL);
    assert_true(run_ui_until(&plan_is_there, 30000));
    assert_non_null(planned);
    assert_true(says("the document: team platform"));
    assert_true(says("the document is managed by the tool terraform: change it there too, or the "
                     "next deployment writes it again"));
    change_plan_free(planned);
    canned_gov_free(gov);
}

static void test_field_by_field(void **state)
{
    (void)state;
    struct load_view view;
    document = DOCUMENT(AS_APPROVED "\\\"30\\\"");
    cJSON *rows = rows_of(&screen_preferences, guide, &view);
    assert_int_equal(cJSON_GetArraySize(rows), N_PREFERENCES);
    const cJSON *idle = row_of(rows, "field", "idleSessionTimeout");
    assert_string_equal(text_of(idle, "severity"), "MEDIUM");
    assert_string_equal(text_of(idle, "approved"), "10 min");
    assert_string_equal(text_of(idle, "current"), "30 min");
    assert_non_null(strstr(text_of(idle, "note"), "PCI DSS 8.2.8"));
    assert_string_equal(text_of(idle, "version"), "4");
    const cJSON *key = row_of(rows, "field", "kmsKeyId");
    assert_string_equal(text_of(key, "severity"), "OK");
    const cJSON *bucket = row_of(rows, "field", "s3BucketName");
    assert_string_equal(text_of(bucket, "severity"), "FREE");
    assert_string_equal(text_of(bucket, "approved"), "");
    assert_string_equal(text_of(bucket, "current"), "none");
    load_view_done(&view);
    json_free(rows);
}

/* Nothing is read where nothing is approved; nothing is said of what cannot be read. */
static void test_unknown(void **state)
{
    (void)state;
    struct load_view view;
    cJSON *rows = rows_of(&screen_drift, NULL, &view);
    assert_null(row_of(rows, "kind", "preferences"));
    load_view_done(&view);
    json_free(rows);
    is_denied = true;
    rows = rows_of(&screen_drift, guide, &view);
    const cJSON *row = row_of(rows, "kind", "preferences");
    assert_string_equal(text_of(row, "state"), "UNKNOWN");
    assert_string_equal(text_of(row, "type"), PREFERENCES_UNKNOWN);
    assert_int_equal(view.coverage.answered, 0);
    load_view_done(&view);
    json_free(rows);
    is_denied = false;
    document = "{\"DocumentVersion\":\"1\",\"Content\":\"nonsense\"}";
    rows = rows_of(&screen_drift, guide, &view);
    row = row_of(rows, "kind", "preferences");
    assert_string_equal(text_of(row, "state"), "UNKNOWN");
    load_view_done(&view);
    json_free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_no_values),
        cmocka_unit_test(test_severities),
        cmocka_unit_test(test_later_entries_count),
        cmocka_unit_test(test_faults_of_the_file),
        cmocka_unit_test_setup(test_no_document_is_aws_defaults, begin),
        cmocka_unit_test_setup(test_as_approved_is_no_drift, begin),
        cmocka_unit_test_setup(test_field_by_field, begin),
        cmocka_unit_test_setup(test_whose_they_are, begin),
        cmocka_unit_test_setup(test_the_sheet_says_whose_they_are, begin),
        cmocka_unit_test_setup(test_unknown, begin),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
