/* What Systems Manager keeps in CloudWatch Logs: lines and records, where a log is, and pages
 * without events. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "core/gov/systems_manager/log_line.h"
#include "tests/unit/gov/helper_canned.h"

/* --- lines ----------------------------------------------------------------------------------- */

static void test_plain(void **state)
{
    static const struct {
        const char *text, *plain;
    } cases[] = {
        {"sh-4.2$ ls\r", "sh-4.2$ ls"},
        {"\033[01;34mbin\033[0m\tetc", "bin    etc"},
        {"\033]0;root@web: ~\007# ", "# "},
        {"\033]2;t\033\\x\033(By\033=z", "xyz"},
        {"lss\b \b -l", "ls -l"},
        {"\b\bx", "x"},
        {"caf\xc3\xa9\b!", "caf!"},
        {"a\x01\x7f"
         "b\033",
         "ab"},
        {"\033[", ""},
        {"\033]0;never ends", ""},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(buf_done) struct buf out = BUF_NONE;
        log_text_plain(sv_of(cases[i].text), &out);
        if (!sv_eq_cstr(buf_sv(&out), cases[i].plain))
            fail_msg("%zu: '" SV_FMT "' is not '%s'", i, SV_ARG(buf_sv(&out)), cases[i].plain);
    }
}

static void add_line(void *arg, const struct log_line *line)
{
    buf_addf(arg, "%lld " SV_FMT " " SV_FMT "|", (long long)line->at_ms, SV_ARG(line->who),
             SV_ARG(line->text));
}

static void test_events(void **state)
{
    static const struct {
        const char *message, *lines;
    } cases[] = {
        {"one", "7  one|"},
        {"one\ntwo\r\n", "7  one|7  two|"},
        {"{\"eventTime\":\"1970-01-01T00:00:01Z\",\"userIdentity\":{\"arn\":\"arn:a\"},"
         "\"sessionData\":[\"$ ls\",\"bin\\netc\"]}",
         "1000 arn:a $ ls|1000 arn:a bin|1000 arn:a etc|"},
        {"{\"sessionData\":\"no list\"}", "7  {\"sessionData\":\"no list\"}|"},
        {"{broken", "7  {broken|"},
        {"{\"sessionData\":[]}", ""},
        {"", "7  |"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(buf_done) struct buf out = BUF_NONE;
        log_lines(sv_of(cases[i].message), 7, add_line, &out);
        if (!sv_eq_cstr(buf_sv(&out), cases[i].lines))
            fail_msg("%zu: '" SV_FMT "' is not '%s'", i, SV_ARG(buf_sv(&out)), cases[i].lines);
    }
}

static void test_places(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf group = BUF_NONE, stream = BUF_NONE;
    assert_true(log_place_of_url(
        SV("https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
           "#logEventViewer:group=%2Faws%2Fssm;stream=bob@x-0"),
        &group, &stream));
    assert_sv(buf_sv(&group), "/aws/ssm");
    assert_sv(buf_sv(&stream), "bob@x-0");
    buf_clear(&group), buf_clear(&stream);
    assert_false(log_place_of_url(SV("https://console.aws.amazon.com/"), &group, &stream));
    assert_false(log_place_of_url(SV("#logEventViewer:group=;stream="), &group, &stream));
    assert_false(log_place_of_url(SV_NONE, &group, &stream));
}

/* --- the list -------------------------------------------------------------------------------- */

static const char *session, *document; /* replies; NULL: an empty list, no document */
static const char *events_refused;     /* the error of GetLogEvents; NULL: none */

/* The second page is empty, which is not the end. */
static void answer_events(struct canned_answer *answer)
{
    if (events_refused) {
        err_set(&answer->err, ERR_AWS, "logs:GetLogEvents", "refused");
        str_copy(answer->err.aws_code, events_refused);
        return;
    }
    answer->pages[0] = "{\"events\":[{\"timestamp\":1000,\"message\":\"one\"}]}";
    answer->pages[1] = "{\"events\":[]}";
    answer->pages[2] = "{\"events\":[{\"timestamp\":2000,\"message\":\"two\\nthree\"}]}";
}

static void answer(const struct aws_request *request, struct canned_answer *answer)
{
    if (canned_organization(request, answer))
        return;
    if (request->op == OP_logs_GetLogEvents)
        answer_events(answer);
    if (request->op == OP_ssm_DescribeSessions)
        answer->pages[0] = session && sv_eq(json_sv(request->params, "State"), SV("History"))
                               ? session
                               : "{\"Sessions\":[]}";
    if (request->op == OP_ssm_GetDocument && document) {
        answer->pages[0] = document;
    } else if (request->op == OP_ssm_GetDocument) {
        err_set(&answer->err, ERR_AWS, "ssm:GetDocument", "does not exist");
        str_copy(answer->err.aws_code, "InvalidDocument");
    }
}

static cJSON *load(struct load_view *view, struct err *err)
{
    const struct selection selection = {.accounts = "shop", .regions = "us-east-1"};
    const char *const args[] = {"bob-1"};
    struct gov *gov = canned_gov(answer);
    struct load *opened = canned_open(gov, &screen_log, &selection, args, 1);
    canned_wait(opened, canned_has_ended, view);
    cJSON *rows = canned_rows(&screen_log, view);
    *err = view->err;
    load_close(opened);
    canned_gov_free(gov);
    return rows;
}

static int begin(void **state)
{
    (void)state;
    session = "{\"Sessions\":[{\"SessionId\":\"bob-1\",\"DocumentName\":"
              "\"SSM-SessionManagerRunShell\",\"OutputUrl\":{}}]}";
    document = "{\"Content\":\"{\\\"inputs\\\":{\\\"cloudWatchLogGroupName\\\":\\\"g\\\"}}\"}";
    events_refused = NULL;
    return 0;
}

static void test_pages_up_to_the_end(void **state)
{
    (void)state;
    struct load_view view;
    struct err err;
    cJSON *rows = load(&view, &err);
    assert_int_equal(err.code, OK);
    assert_int_equal(cJSON_GetArraySize(rows), 3);
    assert_sv(json_sv(rows->child, "line"), "one");
    assert_sv(json_sv(rows->child->next->next, "line"), "three");
    assert_sv(json_sv(rows->child, "at"), "1970-01-01T00:00:01Z");
    assert_sv(json_sv(rows->child, "stream"), "bob-1");
    load_view_done(&view);
    json_free(rows);
}

static void assert_says(const char *words, enum err_code code)
{
    struct load_view view;
    struct err err;
    cJSON *rows = load(&view, &err);
    assert_int_equal(cJSON_GetArraySize(rows), 0);
    assert_int_equal(err.code, code);
    if (!strstr(err.message, words))
        fail_msg("'%s' does not say '%s'", err.message, words);
    load_view_done(&view);
    json_free(rows);
}

static void test_why_nothing_is_shown(void **state)
{
    (void)state;
    events_refused = "ResourceNotFoundException";
    assert_says("when the session ends", ERR_NOT_FOUND);
    document = "{\"Content\":\"{\\\"inputs\\\":{\\\"s3BucketName\\\":\\\"b\\\"}}\"}";
    assert_says("s3://b/bob-1.log", ERR_UNSUPPORTED);
    document = NULL;
    assert_says("neither a log group nor a bucket", ERR_NOT_FOUND);
    session = NULL;
    assert_says("no session 'bob-1' in scope", ERR_NOT_FOUND);
}

static void test_denied_is_a_gap(void **state)
{
    (void)state;
    struct load_view view;
    struct err err;
    events_refused = "AccessDeniedException";
    cJSON *rows = load(&view, &err);
    assert_int_equal(view.coverage.answered, 0);
    load_view_done(&view);
    json_free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_places),
        cmocka_unit_test_setup(test_pages_up_to_the_end, begin),
        cmocka_unit_test_setup(test_why_nothing_is_shown, begin),
        cmocka_unit_test_setup(test_denied_is_a_gap, begin),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
