/*
 * Lists that come in pages; what the paging scripts of the conformance driver leave out.
 */
#include "core/aws/call.h"
#include "helper_client.h"
#include "tests/support/paging_script.h"
#include "tests/unit/unit.h"

#define OPERATION OP_config_DescribeConfigRules

static struct paging_script *script;
static struct aws_client *client;

static void test_pages_max(void **state)
{
    (void)state;
    cJSON *steps = helper_json("[{\"items\":[1],\"token\":\"a\"},{\"items\":[2],\"token\":\"b\"},"
                               "{\"items\":[3]}]");
    paging_script_begin(script, steps);
    struct helper_call *call = helper_begin_pages(client, OPERATION, 2);
    helper_wait(call);
    assert_int_equal(call->outcome.err.code, OK);
    assert_int_equal(call->pages.len, 2);
    assert_false(call->last_seen);
    assert_int_equal(paging_script_n_replies(script), 2);
    helper_call_free(call);
    json_free(steps);
}

/* A token that lapses again after the list has begun anew ends it. */
static void test_restarts_once(void **state)
{
    (void)state;
    cJSON *steps = helper_json("[{\"items\":[1],\"token\":\"a\"},{\"error\":\"InvalidNextToken\"},"
                               "{\"items\":[1],\"token\":\"a\"},{\"error\":\"InvalidNextToken\"}]");
    paging_script_begin(script, steps);
    struct helper_call *call = helper_read(client, OPERATION, "", "us-east-1", NULL);
    assert_int_equal(call->outcome.err.code, ERR_AWS);
    assert_int_equal(call->n_restarts, 1);
    assert_int_equal(call->pages.len, 2);
    helper_call_free(call);
    json_free(steps);
}

/* What came before a loop stands, and the loop is named. */
static void test_loop_keeps_pages(void **state)
{
    (void)state;
    cJSON *steps = helper_json("[{\"cycle\":[[\"x\",[1]],[\"y\",[2]]]}]");
    paging_script_begin(script, steps);
    struct helper_call *call = helper_read(client, OPERATION, "", "us-east-1", NULL);
    assert_int_equal(call->outcome.err.code, ERR_PAGING_LOOP);
    assert_int_equal(call->pages.len, 3);
    assert_false(call->last_seen);
    helper_call_free(call);
    json_free(steps);
}

/* Where the end is told by the token that was sent, it is one, and the list is complete. */
static void test_ends_as_sent(void **state)
{
    static const struct aws_op op = {
        .iam_action = "logs:GetLogEvents", .token_out = "next", .ends_as_sent = true};
    static const char *const tokens[] = {"a", "b", "b"};
    struct paging paging = {0};
    bool more;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
        assert_int_equal(paging_take(&paging, &op, sv_of(tokens[i]), &more, NULL), OK);
        assert_int_equal(more, i < 2);
    }
    assert_int_equal(paging_take(&paging, &op, SV("a"), &more, NULL), ERR_PAGING_LOOP);
    paging_done(&paging);
}

static int setup(void **state)
{
    (void)state;
    helper_start("AKIDEXAMPLE", "secret");
    script = paging_script_new("ConfigRules", NULL);
    client = helper_client_new(paging_script_url(script));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    helper_stop();
    paging_script_free(script);
    client_free(client);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_max),
        cmocka_unit_test(test_restarts_once),
        cmocka_unit_test(test_loop_keeps_pages),
        cmocka_unit_test(test_ends_as_sent),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
