/*
 * What the console takes of an account's quota, and who can see that it is held back.
 */
#include <string.h>

#include "core/aws/call.h"
#include "core/aws/limit/throttle.h"
#include "core/base/clock.h"
#include "helper_client.h"
#include "tests/support/server.h"
#include "tests/unit/unit.h"

static struct server *server;
static struct aws_client *clients[4];
static size_t n_clients;

/* --- the table ---------------------------------------------------------------------------------
 */

static void test_rows(void **state)
{
    (void)state;
    assert_string_equal(budget_row(aws_op(OP_ec2_DescribeSecurityGroups))->service, "ec2");
    assert_string_equal(budget_row(aws_op(OP_config_SelectResourceConfig))->operation,
                        "SelectResourceConfig");
    assert_string_equal(budget_row(aws_op(OP_config_DescribeConfigRules))->service, "*");
#define BUDGET(service, operation, per_second, burst) assert_true((per_second) > 0 && (burst) >= 1);
#include "core/aws/limit/budgets.def"
#undef BUDGET
}

/* A budget is a lane's: an operation with a row of its own must not share its lane. */
static void test_rows_have_lanes(void **state)
{
    (void)state;
    for (enum aws_op_id id = 0; id < AWS_OP_COUNT; id++) {
        const struct aws_op *op = aws_op(id);
        if (strcmp(budget_row(op)->operation, "*") != 0 && op->rate == RATE_NORMAL)
            fail_msg("%s has a budget of its own, but not a lane", op->iam_action);
    }
}

static void test_parse(void **state)
{
    static const char *const wrong[] = {"", "0", "101", "-5", "ten", "10 %", "%", "OFF", "on"};
    int percent = 7;
    (void)state;
    assert_true(budget_parse(SV("off"), &percent));
    assert_int_equal(percent, BUDGET_OFF);
    assert_true(budget_parse(SV("25%"), &percent));
    assert_int_equal(percent, 25);
    assert_true(budget_parse(SV("100"), &percent));
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(budget_parse(sv_of(wrong[i]), &percent));
    assert_int_equal(percent, 100);
}

/* --- the bucket --------------------------------------------------------------------------------
 */

/* How many requests may go within seconds. */
static int sent_within(struct budget *budget, double seconds)
{
    int n = 0;
    for (double now_s = 100; now_s < 100 + seconds; now_s += 0.01) {
        while (budget_wait_s(budget, now_s) == 0 && n < 100000) {
            budget_take(budget);
            n++;
        }
        if (budget->rate == 0)
            return n;
    }
    return n;
}

static void test_burst_then_a_tenth(void **state)
{
    const struct aws_op *op = aws_op(OP_ec2_DescribeSecurityGroups);
    const struct budget_row *row = budget_row(op);
    struct budget budget = budget_of(op, BUDGET_USUAL_PERCENT, 100);
    (void)state;
    assert_int_equal(sent_within(&budget, 0.005), (int)row->burst);
    budget = budget_of(op, BUDGET_USUAL_PERCENT, 100);
    int n = sent_within(&budget, 60);
    assert_in_range(n, row->burst + 6 * row->per_second - 1, row->burst + 6 * row->per_second + 1);
    budget = budget_of(op, BUDGET_OFF, 100);
    assert_int_equal(sent_within(&budget, 60), 100000);
}

/* A tenth of two a second would be one in five seconds: a list that waits for it serves nobody. */
static void test_a_share_of_little(void **state)
{
    const struct aws_op *op = aws_op(OP_cloudtrail_LookupEvents);
    struct budget budget = budget_of(op, BUDGET_USUAL_PERCENT, 100);
    (void)state;
    assert_int_equal(sent_within(&budget, 0.005), 2); /* what AWS takes at once */
    budget = budget_of(op, BUDGET_USUAL_PERCENT, 100);
    assert_in_range(sent_within(&budget, 20), 11, 12);
    budget = budget_of(op, 100, 100);
    assert_in_range(sent_within(&budget, 20), 41, 42);
}

/* The time until the next one is told exactly; a clock that stands or goes back does no harm. */
static void test_waits(void **state)
{
    struct budget budget = {.rate = 2, .burst = 1, .tokens = 1, .refilled_at_s = 10};
    (void)state;
    assert_true(budget_wait_s(&budget, 10) == 0);
    budget_take(&budget);
    assert_true(budget_wait_s(&budget, 10) == 0.5);
    assert_true(budget_wait_s(&budget, 10.25) == 0.25);
    assert_true(budget_wait_s(&budget, 9) == 0.25);
    assert_true(budget_wait_s(&budget, 1000) == 0);
    budget_take(&budget);
    budget_take(&budget); /* by who does not wait */
    assert_true(budget_wait_s(&budget, 1000) == 1);
}

/* --- who looks ---------------------------------------------------------------------------------
 */

static void test_board(void **state)
{
    struct throttle_board *board = throttle_board_new();
    struct aws_throttle throttle = {.service = "ec2", .rate_per_s = 3, .until_ms = 5000}, seen[4];
    (void)state;
    str_copy(throttle.target.region, "eu-west-1");
    throttle_board_note(board, &throttle);
    throttle.rate_per_s = 2; /* of the same place: the newer one holds */
    throttle_board_note(board, &throttle);
    throttle.by_budget = true;
    throttle_board_note(board, &throttle);
    str_copy(throttle.target.account_id, "111122223333");
    throttle.until_ms = 9000;
    throttle_board_note(board, &throttle);
    assert_int_equal(throttle_board_read(board, 4000, seen, 4), 3);
    assert_true(seen[0].rate_per_s == 2);
    assert_int_equal(throttle_board_read(board, 4000, seen, 2), 2);
    assert_int_equal(throttle_board_read(board, 5000, seen, 4), 1);
    assert_string_equal(seen[0].target.account_id, "111122223333");
    assert_int_equal(throttle_board_read(board, 9000, seen, 4), 0);
    throttle_board_free(board);
}

/* --- in the client -----------------------------------------------------------------------------
 */

static enum server_next serve(void *arg, const struct server_request *request)
{
    (void)arg;
    if (sv_contains(request->head, SV("us-west-2/ec2")))
        server_reply(request, 503, "",
                     SV("<Response><Errors><Error><Code>RequestLimitExceeded</Code>"
                        "</Error></Errors></Response>"));
    else
        server_reply(request, 200, "", SV("<DescribeRegionsResponse></DescribeRegionsResponse>"));
    return SERVER_KEEP;
}

static struct aws_client *client_with(int budget_percent)
{
    const struct aws_options options = {.endpoint_url = server_url(server),
                                        .region = "us-east-1",
                                        .budget_percent = budget_percent};
    struct aws_client *client = NULL;
    struct err err;
    assert_int_equal(client_new(&options, &client, &err), OK);
    return clients[n_clients++] = client;
}

/* Behind the burst calls wait, in their own region alone, and one can see it. */
static void test_held_back_by_budget(void **state)
{
    enum { BURST = 20, N = 100 }; /* 40 s of waiting, but nobody waits for them */
    struct aws_client *client = client_with(0);
    struct scope *own = scope_new(NULL, "own");
    struct helper_call *calls[N];
    struct aws_throttle seen[4];
    (void)state;
    for (int i = 0; i < N; i++)
        calls[i] = helper_begin(client, own, OP_ec2_DescribeRegions, "", "us-east-1", NULL);
    helper_call_free(helper_read(client, OP_ec2_DescribeRegions, "", "eu-west-1", NULL));
    for (int i = 0; i < BURST; i++)
        helper_wait(calls[i]);
    assert_int_equal(client_throttles(client, seen, 4), 1);
    assert_true(seen[0].by_budget);
    assert_string_equal(seen[0].service, "ec2");
    assert_string_equal(seen[0].target.region, "us-east-1");
    assert_true(seen[0].rate_per_s == 2);
    scope_close(own);
    for (int i = 0; i < N; i++) {
        if (i >= BURST)
            helper_wait(calls[i]);
        assert_int_equal(calls[i]->n_done + calls[i]->n_dropped, 1);
        helper_call_free(calls[i]);
    }
    scope_unref(own);
}

static void test_held_back_by_aws(void **state)
{
    (void)state;
    struct aws_client *client = client_with(BUDGET_OFF);
    struct aws_throttle seen[4];
    client->retry.attempts_max = 1;
    assert_int_equal(client_throttles(client, seen, 4), 0);
    struct helper_call *call = helper_read(client, OP_ec2_DescribeRegions, "", "us-west-2", NULL);
    assert_int_equal(call->outcome.err.code, ERR_THROTTLED);
    assert_int_equal(throttle_board_read(client->throttles, 0, seen, 4), 1);
    assert_false(seen[0].by_budget);
    assert_string_equal(seen[0].target.region, "us-west-2");
    assert_true(seen[0].until_ms > clock_wall_ms() - 60000);
    helper_call_free(call);
}

static int setup(void **state)
{
    (void)state;
    helper_start("AKIDEXAMPLE", "secret");
    server = server_new(serve, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    helper_stop();
    server_free(server);
    for (size_t i = 0; i < n_clients; i++)
        client_free(clients[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_rows_have_lanes),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_burst_then_a_tenth),
        cmocka_unit_test(test_a_share_of_little),
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_board),
        cmocka_unit_test(test_held_back_by_budget),
        cmocka_unit_test(test_held_back_by_aws),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
