/*
 * The client against the sandbox: both sides were made from the same models by different hands.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/aws/call.h"
#include "helper_client.h"
#include "tests/unit/unit.h"

#define N_ACCOUNTS 12
#define PROGRAM    BINARY_DIR "/watchdeck-sandbox"

struct sandbox {
    pid_t pid;
    int parent_fd;
    cJSON *hello;
};

static struct sandbox plain;
static struct aws_client *clients[8];
static size_t n_clients;

/* --- starting it ---------------------------------------------------------------------------- */

static void run_sandbox(int out_fd, int parent_fd, const char *option, const char *value)
{
    char fd[16];
    snprintf(fd, sizeof fd, "%d", dup(parent_fd)); /* the copy stays open over exec */
    dup2(out_fd, STDOUT_FILENO);
    execl(PROGRAM, PROGRAM, "--listen", "127.0.0.1:0", "--world",
          "accounts=12,regions=2,resources=200,seed=7", "--parent-fd", fd, option, value, NULL);
    _exit(127);
}

static struct sandbox sandbox_start(const char *option, const char *value)
{
    struct sandbox sandbox = {0};
    int to_us[2], to_it[2];
    char line[8192];
    assert_int_equal(pipe2(to_us, O_CLOEXEC), 0);
    assert_int_equal(pipe2(to_it, O_CLOEXEC), 0);
    sandbox.pid = fork();
    if (sandbox.pid == 0)
        run_sandbox(to_us[1], to_it[0], option, value);
    close(to_us[1]);
    close(to_it[0]);
    sandbox.parent_fd = to_it[1];
    FILE *out = fdopen(to_us[0], "r");
    assert_non_null(fgets(line, sizeof line, out));
    fclose(out);
    sandbox.hello = helper_json(line);
    return sandbox;
}

static void sandbox_stop(struct sandbox *sandbox)
{
    json_free(sandbox->hello);
    close(sandbox->parent_fd);
    waitpid(sandbox->pid, NULL, 0);
}

static const char *hello(const struct sandbox *sandbox, const char *key)
{
    return json_get(sandbox->hello, key)->valuestring;
}

static void use_keys(const cJSON *principal)
{
    setenv("AWS_ACCESS_KEY_ID", json_get(principal, "access_key_id")->valuestring, 1);
    setenv("AWS_SECRET_ACCESS_KEY", json_get(principal, "secret_access_key")->valuestring, 1);
}

static struct aws_client *client_of(const struct sandbox *sandbox, const cJSON *principal,
                                    const char *ca_file)
{
    use_keys(principal);
    return clients[n_clients++] = helper_client_new_tls(hello(sandbox, "endpoint"), ca_file);
}

static int setup(void **state)
{
    (void)state;
    plain = sandbox_start(NULL, NULL);
    helper_start("", "");
    client_of(&plain, plain.hello, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    helper_stop();
    for (size_t i = 0; i < n_clients; i++)
        client_free(clients[i]);
    sandbox_stop(&plain);
    return 0;
}

/* The client of the first principal. */
static struct aws_client *oncall(void)
{
    return clients[0];
}

static void assert_ok(const struct helper_call *call)
{
    if (call->outcome.err.code != OK)
        fail_msg("%s: %s %s", call->outcome.err.where, call->outcome.err.aws_code,
                 call->outcome.err.message);
}

/* --- reading -------------------------------------------------------------------------------- */

static void test_caller_identity(void **state)
{
    (void)state;
    struct helper_call *call = helper_read(oncall(), OP_sts_GetCallerIdentity, "", "", NULL);
    assert_ok(call);
    assert_int_equal(call->pages.len, 1);
    assert_string_equal(json_get(call->pages.ptr[0], "Account")->valuestring,
                        hello(&plain, "management_account"));
    helper_call_free(call);
}

static void test_accounts_over_pages(void **state)
{
    (void)state;
    struct helper_call *call = helper_read(oncall(), OP_organizations_ListAccounts, "", "",
                                           helper_json("{\"MaxResults\":5}"));
    size_t n_accounts = 0;
    assert_ok(call);
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
    struct helper_call *accounts =
        helper_read(oncall(), OP_organizations_ListAccounts, "", "", NULL);
    struct helper_call *calls[N_ACCOUNTS];
    size_t n = 0, n_good = 0, n_with_groups = 0;
    for (const cJSON *account = json_items(accounts->pages.ptr[0], "Accounts"); account != NULL;
         account = account->next)
        calls[n++] = helper_begin(oncall(), helper_scope(), OP_ec2_DescribeSecurityGroups,
                                  json_get(account, "Id")->valuestring, "us-east-1", NULL);
    assert_int_equal(n, N_ACCOUNTS);
    for (size_t i = 0; i < n; i++) {
        helper_wait(calls[i]);
        enum err_code code = calls[i]->outcome.err.code;
        assert_true(code == OK || code == ERR_DENIED);
        n_good += code == OK;
        if (code == OK) /* a region without a recorder holds nothing */
            n_with_groups += json_items(calls[i]->pages.ptr[0], "securityGroupInfo") != NULL;
        else
            assert_true(strlen(calls[i]->outcome.err.iam_action) > 0);
        helper_call_free(calls[i]);
    }
    assert_true(n_good > N_ACCOUNTS / 2);
    assert_true(n_with_groups > N_ACCOUNTS / 3);
    helper_call_free(accounts);
}

/* Without parameters AWS misses one, or answers; the exchange itself works for every operation. */
static void test_every_read_is_understood(void **state)
{
    (void)state;
    for (enum aws_op_id id = 0; id < AWS_OP_COUNT; id++) {
        if (aws_op(id)->effect != EFFECT_READ)
            continue;
        struct helper_call *call = helper_read(oncall(), id, "", "", NULL);
        const struct err *err = &call->outcome.err;
        if (err->code != OK && (err->code != ERR_AWS || err->http_status != 400))
            fail_msg("%s: %s %s", aws_op(id)->iam_action, err->aws_code, err->message);
        helper_call_free(call);
    }
}

/* --- changing ------------------------------------------------------------------------------- */

/* An ingress rule of some account; it lies in a page of *call, whose target is the account. */
static const cJSON *find_ingress_rule(struct helper_call **call, char *account_id)
{
    struct helper_call *accounts =
        helper_read(oncall(), OP_organizations_ListAccounts, "", "", NULL);
    const cJSON *account = json_items(accounts->pages.ptr[0], "Accounts"), *rule = NULL;
    for (; account != NULL; account = account->next) {
        sv_copy(json_sv(account, "Id"), account_id, AWS_ACCOUNT_SIZE);
        *call = helper_read(oncall(), OP_ec2_DescribeSecurityGroupRules, account_id, "", NULL);
        if ((*call)->pages.len > 0)
            rule = json_items((*call)->pages.ptr[0], "securityGroupRuleSet");
        while (rule != NULL && json_bool(rule, "isEgress", false))
            rule = rule->next;
        if (rule != NULL)
            break;
        helper_call_free(*call);
    }
    helper_call_free(accounts);
    assert_non_null(rule);
    return rule;
}

static cJSON *revocation_of(const cJSON *rule)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    buf_addf(&text, "{\"GroupId\":\"%s\",\"SecurityGroupRuleIds\":[\"%s\"]}",
             json_get(rule, "groupId")->valuestring,
             json_get(rule, "securityGroupRuleId")->valuestring);
    return helper_json(buf_cstr(&text));
}

static void test_revoke_a_rule(void **state)
{
    struct helper_call *rules = NULL, *call;
    char account_id[AWS_ACCOUNT_SIZE];
    (void)state;
    const cJSON *rule = find_ingress_rule(&rules, account_id);

    call =
        helper_probe(oncall(), OP_ec2_RevokeSecurityGroupIngress, account_id, revocation_of(rule));
    assert_ok(call);
    helper_call_free(call);

    call =
        helper_change(oncall(), OP_ec2_RevokeSecurityGroupIngress, account_id, revocation_of(rule));
    assert_ok(call);
    assert_int_equal(call->outcome.attempts, 1);
    assert_true(json_bool(call->result, "return", false));
    helper_call_free(call);

    call =
        helper_change(oncall(), OP_ec2_RevokeSecurityGroupIngress, account_id, revocation_of(rule));
    assert_int_equal(call->outcome.err.code, ERR_AWS); /* it is gone */
    assert_non_null(strstr(call->outcome.err.aws_code, "NotFound"));
    helper_call_free(call);
    helper_call_free(rules);
}

static void test_viewer_may_not(void **state)
{
    (void)state;
    oncall();
    struct aws_client *viewer =
        client_of(&plain, cJSON_GetArrayItem(json_get(plain.hello, "principals"), 1), NULL);
    struct helper_call *call =
        helper_probe(viewer, OP_ec2_RevokeSecurityGroupIngress, "",
                     helper_json("{\"GroupId\":\"sg-0123456789abcdef0\","
                                 "\"SecurityGroupRuleIds\":[\"sgr-0123456789abcdef0\"]}"));
    assert_int_equal(call->outcome.err.code, ERR_DENIED);
    assert_string_equal(call->outcome.err.iam_action, "ec2:RevokeSecurityGroupIngress");
    helper_call_free(call);
}

/* --- secrets --------------------------------------------------------------------------------- */

#define PLANTED "planted \"7f3a\\ü"

static size_t planted_in_attempts(struct aws_client *client)
{
    static struct aws_attempt attempts[AWS_ATTEMPTS_MAX];
    size_t n = client_attempts(client, 0, attempts, AWS_ATTEMPTS_MAX), n_found = 0;
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++)
        n_found += strstr(attempts[i].cli_line, "planted") != NULL;
    return n_found;
}

static void test_a_secret_parameter(void **state)
{
    struct aws_client *client = oncall();
    (void)state;
    struct helper_call *put = helper_change_secret(
        client, OP_ssm_PutParameter, "",
        helper_json("{\"Name\":\"/test/secret\",\"Type\":\"SecureString\"}"), "Value", PLANTED);
    assert_ok(put);
    assert_int_equal(json_i64(put->result, "Version", 0), 1);
    helper_call_free(put);

    const char *wanted = "{\"Name\":\"/test/secret\",\"WithDecryption\":true}";
    struct helper_call *got =
        helper_read_secret(client, OP_ssm_GetParameter, "", helper_json(wanted));
    assert_ok(got);
    assert_true(sv_eq_cstr(json_sv(json_get(got->result, "Parameter"), "Value"), PLANTED));
    helper_call_free(got);

    struct helper_call *refused =
        helper_read(client, OP_ssm_GetParameter, "", "", helper_json(wanted));
    assert_int_equal(refused->outcome.err.code, ERR_INTERNAL);
    assert_false(refused->outcome.sent);
    helper_call_free(refused);

    struct helper_call *missing = helper_read_secret(client, OP_ssm_GetParameter, "",
                                                     helper_json("{\"Name\":\"/test/none\"}"));
    assert_string_equal(missing->outcome.err.aws_code, "ParameterNotFound");
    helper_call_free(missing);
    assert_int_equal(planted_in_attempts(client), 0);
}

/* --- in other words ------------------------------------------------------------------------- */

static void test_wrong_secret(void **state)
{
    cJSON *wrong = NULL;
    (void)state;
    oncall();
    wrong = cJSON_Duplicate(plain.hello, true);
    cJSON_ReplaceItemInObject(wrong, "secret_access_key", cJSON_CreateString("wrong"));
    struct helper_call *call =
        helper_read(client_of(&plain, wrong, NULL), OP_sts_GetCallerIdentity, "", "", NULL);
    assert_int_equal(call->outcome.err.code, ERR_CREDENTIALS);
    assert_int_equal(call->outcome.attempts, 1);
    helper_call_free(call);
    json_free(wrong);
}

static void test_throttled_sandbox(void **state)
{
    struct helper_call *calls[20];
    (void)state;
    oncall();
    struct sandbox slow = sandbox_start("--fault", "throttle:rate=0.2");
    struct aws_client *client = client_of(&slow, slow.hello, NULL);
    size_t n_good = 0, n_throttled = 0;
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        calls[i] = helper_begin(client, helper_scope(), OP_sts_GetCallerIdentity, "", "", NULL);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        helper_wait(calls[i]);
        enum err_code code = calls[i]->outcome.err.code;
        assert_true(code == OK || code == ERR_THROTTLED);
        n_good += code == OK;
        n_throttled += calls[i]->outcome.throttled;
        helper_call_free(calls[i]);
    }
    assert_true(n_good >= ARRAY_LEN(calls) - 3); /* one in a hundred fails three times */
    assert_true(n_throttled > 0);
    sandbox_stop(&slow);
}

static void test_tls(void **state)
{
    char folder[] = "/tmp/watchdeck-test-XXXXXX", ca_file[64];
    (void)state;
    oncall();
    assert_non_null(mkdtemp(folder));
    struct sandbox tls = sandbox_start("--tls", folder);
    snprintf(ca_file, sizeof ca_file, "%s/ca.pem", folder);

    struct helper_call *call =
        helper_read(client_of(&tls, tls.hello, ca_file), OP_sts_GetCallerIdentity, "", "", NULL);
    assert_ok(call);
    helper_call_free(call);

    call = helper_read(client_of(&tls, tls.hello, NULL), OP_sts_GetCallerIdentity, "", "", NULL);
    assert_int_equal(call->outcome.err.code, ERR_TLS);
    assert_false(call->outcome.sent);
    assert_non_null(strstr(call->outcome.err.message, "127.0.0.1"));
    helper_call_free(call);

    sandbox_stop(&tls);
    unlink(ca_file);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_caller_identity),
        cmocka_unit_test(test_accounts_over_pages),
        cmocka_unit_test(test_every_account_is_entered),
        cmocka_unit_test(test_every_read_is_understood),
        cmocka_unit_test(test_revoke_a_rule),
        cmocka_unit_test(test_viewer_may_not),
        cmocka_unit_test(test_a_secret_parameter),
        cmocka_unit_test(test_wrong_secret),
        cmocka_unit_test(test_throttled_sandbox),
        cmocka_unit_test(test_tls),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
