/*
 * The client against the sandbox: both sides were made from the same models by different hands.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper_client.h"
#include "tests/unit/unit.h"

#define N_ACCOUNTS 12

static struct {
    pid_t pid;
    int parent_fd;
    cJSON *hello;
    struct aws_client *client;
} sandbox;

/* Starts it and reads its first line; false when it has not been built. */
static bool sandbox_start(void)
{
    const char *program = BINARY_DIR "/watchdeck-sandbox";
    int to_us[2], to_it[2];
    if (access(program, X_OK) != 0)
        return false;
    assert_int_equal(pipe2(to_us, O_CLOEXEC), 0);
    assert_int_equal(pipe2(to_it, O_CLOEXEC), 0);
    sandbox.pid = fork();
    if (sandbox.pid == 0) {
        char fd[16];
        snprintf(fd, sizeof fd, "%d", dup(to_it[0]));
        dup2(to_us[1], STDOUT_FILENO);
        execl(program, program, "--listen", "127.0.0.1:0", "--world",
              "accounts=12,regions=2,resources=200,seed=7", "--parent-fd", fd, NULL);
        _exit(127);
    }
    close(to_us[1]);
    close(to_it[0]);
    sandbox.parent_fd = to_it[1];
    char line[8192];
    FILE *out = fdopen(to_us[0], "r");
    assert_non_null(fgets(line, sizeof line, out));
    fclose(out);
    sandbox.hello = helper_json(line);
    return true;
}

static int setup(void **state)
{
    (void)state;
    if (!sandbox_start())
        return 0;
    const cJSON *hello = sandbox.hello;
    helper_start(json_get(hello, "access_key_id")->valuestring,
                 json_get(hello, "secret_access_key")->valuestring);
    sandbox.client = helper_client_new(json_get(hello, "endpoint")->valuestring);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (sandbox.pid == 0)
        return 0;
    helper_stop();
    client_free(sandbox.client);
    json_free(sandbox.hello);
    close(sandbox.parent_fd);
    waitpid(sandbox.pid, NULL, 0);
    return 0;
}

static void skip_without_sandbox(void)
{
    if (sandbox.pid == 0) {
        print_message("watchdeck-sandbox is not built\n");
        skip();
    }
}

static void test_caller_identity(void **state)
{
    (void)state;
    skip_without_sandbox();
    struct helper_call *call = helper_read(sandbox.client, OP_sts_GetCallerIdentity, "", "", NULL);
    assert_string_equal(call->outcome.err.message, "");
    assert_int_equal(call->pages.len, 1);
    assert_string_equal(json_get(call->pages.ptr[0], "Account")->valuestring,
                        json_get(sandbox.hello, "management_account")->valuestring);
    helper_call_free(call);
}

static void test_accounts_over_pages(void **state)
{
    (void)state;
    skip_without_sandbox();
    struct helper_call *call = helper_read(sandbox.client, OP_organizations_ListAccounts, "", "",
                                           helper_json("{\"MaxResults\":5}"));
    size_t n_accounts = 0;
    assert_string_equal(call->outcome.err.message, "");
    for (size_t i = 0; i < call->pages.len; i++) {
        const cJSON *account = json_items(call->pages.ptr[i], "Accounts");
        for (; account != NULL; account = account->next)
            n_accounts++;
    }
    assert_int_equal(n_accounts, N_ACCOUNTS);
    assert_int_equal(call->pages.len, 3);
    assert_true(call->last_seen);
    helper_call_free(call);
}

/* The role is there in most accounts, missing or denied in some, and each says which. */
static void test_every_account_is_entered(void **state)
{
    (void)state;
    skip_without_sandbox();
    struct helper_call *accounts =
        helper_read(sandbox.client, OP_organizations_ListAccounts, "", "", NULL);
    struct helper_call *calls[N_ACCOUNTS];
    size_t n = 0, n_good = 0;
    for (const cJSON *account = json_items(accounts->pages.ptr[0], "Accounts"); account != NULL;
         account = account->next)
        calls[n++] = helper_begin(sandbox.client, helper_scope(), OP_ec2_DescribeSecurityGroups,
                                  json_get(account, "Id")->valuestring, "us-east-1", NULL);
    assert_int_equal(n, N_ACCOUNTS);
    for (size_t i = 0; i < n; i++) {
        helper_wait(calls[i]);
        enum err_code code = calls[i]->outcome.err.code;
        assert_true(code == OK || code == ERR_DENIED);
        n_good += code == OK;
        if (code == OK)
            assert_non_null(json_items(calls[i]->pages.ptr[0], "securityGroupInfo"));
        else
            assert_true(strlen(calls[i]->outcome.err.iam_action) > 0);
        helper_call_free(calls[i]);
    }
    assert_true(n_good > N_ACCOUNTS / 2);
    helper_call_free(accounts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_caller_identity),
        cmocka_unit_test(test_accounts_over_pages),
        cmocka_unit_test(test_every_account_is_entered),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
