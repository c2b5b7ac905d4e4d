/* What Run Command has had nodes do: where what they wrote is kept, and how its streams begin. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/gov/helper_canned.h"

/* In the order of the service, which need not be that of time. */
#define KIND "\"InstanceId\":\"i-1\",\"DocumentName\":\"AWS-RunShellScript\",\"Status\":\"Success\""

static const char invocations[] =
    "{\"CommandInvocations\":["
    "{\"CommandId\":\"a\",\"RequestedDateTime\":1000," KIND ",\"CloudWatchOutputConfig\":"
    "{\"CloudWatchLogGroupName\":\"\",\"CloudWatchOutputEnabled\":true}},"
    "{\"CommandId\":\"b\",\"RequestedDateTime\":3000," KIND ",\"CloudWatchOutputConfig\":"
    "{\"CloudWatchLogGroupName\":\"own\",\"CloudWatchOutputEnabled\":true}},"
    "{\"CommandId\":\"c\",\"RequestedDateTime\":2000," KIND ",\"CloudWatchOutputConfig\":"
    "{\"CloudWatchOutputEnabled\":false},"
    "\"StandardOutputUrl\":\"https://s3.amazonaws.com/b/c\"},"
    "{\"CommandId\":\"d\",\"RequestedDateTime\":500," KIND "}]}";

static void answer(const struct aws_request *request, struct canned_answer *answer)
{
    if (canned_organization(request, answer))
        return;
    if (request->op == OP_ssm_ListCommandInvocations)
        answer->pages[0] = invocations;
}

static void test_where_it_is_kept(void **state)
{
    static const struct {
        const char *command, *group, *stream, *output;
    } expected[] = {
        {"b", "own", "b/i-1", "own"},
        {"c", "", "", "https://s3.amazonaws.com/b/c"},
        {"a", "/aws/ssm/AWS-RunShellScript", "a/i-1", "/aws/ssm/AWS-RunShellScript"},
        {"d", "", "", ""},
    };
    const struct selection selection = {.accounts = "shop", .regions = "us-east-1"};
    struct gov *gov = canned_gov(answer);
    struct load *opened = canned_open(gov, &screen_commands, &selection, NULL, 0);
    struct load_view view;
    size_t i = 0;

    (void)state;
    canned_wait(opened, canned_has_ended, &view);
    cJSON *rows = canned_rows(&screen_commands, &view);
    assert_int_equal(cJSON_GetArraySize(rows), ARRAY_LEN(expected));
    for (const cJSON *row = rows->child; row != NULL; row = row->next, i++) {
        assert_true(sv_eq_cstr(json_sv(row, "command_id"), expected[i].command));
        assert_true(sv_eq_cstr(json_sv(row, "log_group"), expected[i].group));
        assert_true(sv_eq_cstr(json_sv(row, "log_stream"), expected[i].stream));
        assert_true(sv_eq_cstr(json_sv(row, "output"), expected[i].output));
    }
    load_view_done(&view);
    json_free(rows);
    load_close(opened);
    canned_gov_free(gov);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_where_it_is_kept)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
