/*
 * Calls while the runners stop, and scopes that come and go under load: nothing is lost, nothing
 * comes twice.
 */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>

#include "core/aws/call.h"
#include "helper_client.h"
#include "tests/support/server.h"
#include "tests/unit/unit.h"

#define CHANGE OP_ec2_RevokeSecurityGroupIngress
#define READ   OP_config_DescribeConfigRules

static sem_t it_came;

static enum server_next hold(void *arg, const struct server_request *request)
{
    (void)arg;
    sem_post(&it_came);
    server_stall(request);
    return SERVER_CLOSE;
}

static enum server_next say_ok(void *arg, const struct server_request *request)
{
    (void)arg;
    server_reply(request, 200, "", SV("{\"NextToken\":null}"));
    return SERVER_KEEP;
}

/* What was sent and not answered is told as unknown, what waits is dropped. */
static void test_stop_accounts_for_all(void **state)
{
    struct helper_call *reads[40];
    (void)state;
    sem_init(&it_came, 0, 0);
    helper_start("AKIDBASE", "secret");
    struct server *server = server_new(hold, NULL);
    struct aws_client *client = helper_client_new(server_url(server));
    struct helper_call *change = helper_begin_change(client, helper_scope(), CHANGE, "", NULL);
    sem_wait(&it_came);
    for (size_t i = 0; i < ARRAY_LEN(reads); i++)
        reads[i] = helper_begin(client, helper_scope(), READ, "", "eu-west-1", NULL);
    sem_wait(&it_came);
    helper_stop();

    assert_int_equal(change->n_done, 1);
    assert_int_equal(change->outcome.err.code, ERR_UNKNOWN_OUTCOME);
    assert_true(change->outcome.sent);
    for (size_t i = 0; i < ARRAY_LEN(reads); i++) {
        assert_int_equal(reads[i]->n_dropped, 1);
        assert_int_equal(reads[i]->n_done, 0);
        helper_call_free(reads[i]);
    }
    helper_call_free(change);
    client_free(client);
    server_free(server);
}

static void test_start_again(void **state)
{
    (void)state;
    helper_start("AKIDBASE", "secret");
    struct server *server = server_new(say_ok, NULL);
    struct aws_client *client = helper_client_new(server_url(server));
    struct helper_call *call = helper_read(client, READ, "", "eu-west-1", NULL);
    assert_int_equal(call->outcome.err.code, OK);
    helper_call_free(call);
    helper_stop();
    client_free(client);
    server_free(server);
}

/* Screens are opened and left faster than they load. */
static void test_scopes_come_and_go(void **state)
{
    struct helper_call *calls[20][50];
    (void)state;
    helper_start("AKIDBASE", "secret");
    struct server *server = server_new(say_ok, NULL);
    struct aws_client *client = helper_client_new(server_url(server));
    for (size_t view = 0; view < ARRAY_LEN(calls); view++) {
        struct scope *scope = scope_new(NULL, "view");
        for (size_t i = 0; i < ARRAY_LEN(calls[view]); i++) {
            char region[16];
            snprintf(region, sizeof region, "r-%zu", i % 7);
            calls[view][i] = helper_begin(client, scope, READ, "", region, NULL);
        }
        helper_wait(calls[view][view]); /* some have ended, some are anywhere */
        scope_close(scope);
        scope_unref(scope);
    }
    for (size_t view = 0; view < ARRAY_LEN(calls); view++) {
        for (size_t i = 0; i < ARRAY_LEN(calls[view]); i++) {
            if (i != view)
                helper_wait(calls[view][i]);
            assert_int_equal(calls[view][i]->n_done + calls[view][i]->n_dropped, 1);
            helper_call_free(calls[view][i]);
        }
    }
    helper_stop();
    client_free(client);
    server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stop_accounts_for_all),
        cmocka_unit_test(test_start_again),
        cmocka_unit_test(test_scopes_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
