/*
 * The program ends while credentials are being acquired, in every place where that waits: nobody is
 * called any more, and nothing is left behind (the sanitizers look).
 */
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "core/aws/call.h"
#include "core/aws/cred/role_cache.h"
#include "helper_client.h"
#include "tests/support/dir.h"
#include "tests/support/server.h"
#include "tests/unit/unit.h"

#define WAIT_S 60

static struct server *server;
static char folder[DIR_PATH_SIZE];
static sem_t reached; /* the place where it is to end */

static enum server_next serve(void *arg, const struct server_request *request)
{
    (void)arg;
    sem_post(&reached);
    server_stall(request);
    return SERVER_CLOSE;
}

static void wait_until_reached(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    if (sem_timedwait(&reached, &until) != 0)
        fail_msg("nothing has come within %d s", WAIT_S);
}

/* Begins a call of a client for the profile, and ends everything once `wait` has returned. */
static void stop_in(const char *config, void (*wait)(struct aws_client *client))
{
    char path[DIR_PATH_SIZE];
    dir_path(folder, "config", path);
    file_write(path, sv_of(config));
    helper_start("", "");
    helper_clear_credentials();
    setenv("AWS_CONFIG_FILE", path, 1);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server_url(server), 1);
    setenv("AWS_METADATA_SERVICE_TIMEOUT", "60", 1);
    struct aws_client *client = helper_client_new_profile(server_url(server), "p");
    struct helper_call *call =
        helper_begin(client, helper_scope(), OP_sts_GetCallerIdentity, "", "", NULL);
    wait(client);
    helper_stop();
    client_free(client);
    assert_int_equal(call->n_done, 0);
    assert_int_equal(call->n_dropped, 1);
    helper_call_free(call);
}

static void wait_for_server(struct aws_client *client)
{
    (void)client;
    wait_until_reached();
}

#define ROLE "role_arn = arn:aws:iam::1:role/r\nsource_profile = p\n"
#define KEYS "aws_access_key_id = A\naws_secret_access_key = s\n"

static void test_in_a_fetch(void **state)
{
    (void)state;
    stop_in("[profile p]\nregion = us-east-1\n", wait_for_server);
}

static void test_in_a_role(void **state)
{
    (void)state;
    stop_in("[profile p]\nrole_session_name = me\n" ROLE KEYS, wait_for_server);
    stop_in("[profile p]\n" ROLE KEYS, wait_for_server); /* in GetCallerIdentity before it */
}

static void test_in_a_program(void **state)
{
    AUTO(buf_done) struct buf config = BUF_NONE;
    (void)state;
    /* The program tells the server that it is there, and goes on for ever. */
    buf_addf(&config,
             "[profile p]\ncredential_process = bash -c \"exec 3<>/dev/tcp/127.0.0.1%s; printf "
             "'GET / HTTP/1.1\\\\r\\\\n\\\\r\\\\n' >&3; sleep 1000\"\n",
             strrchr(server_url(server), ':'));
    for (char *c = config.ptr; (c = strstr(c, "127.0.0.1:")) != NULL;)
        c[strlen("127.0.0.1")] = '/';
    stop_in(buf_cstr(&config), wait_for_server);
}

static void on_prompt(void *arg, const struct prompt *prompt)
{
    (void)prompt;
    *(bool *)arg = true;
}

static void wait_for_prompt(struct aws_client *client)
{
    bool was_asked = false;
    client_on_prompt(client, on_prompt, NULL, &was_asked);
    assert_true(run_ui_until(&was_asked, WAIT_S * 1000));
}

static void test_in_a_prompt(void **state)
{
    (void)state;
    stop_in("[profile p]\nrole_session_name = me\nmfa_serial = arn:mfa\n" ROLE KEYS,
            wait_for_prompt);
}

/* Another process has the lock for ever. When the file is opened once more it has been tried. */
static void wait_at_lock(struct aws_client *client)
{
    bool is_busy = true;
    char key[SHA1_HEX_SIZE];
    const struct chain_role role = {.arn = SV("arn:aws:iam::1:role/r"),
                                    .session_name = SV("locked")};
    (void)client;
    role_cache_key(&role, key);
    assert_int_equal(role_cache_try_lock(key, &is_busy), -1);
    assert_true(is_busy);
}

static void test_at_a_lock(void **state)
{
    bool is_busy = false;
    char key[SHA1_HEX_SIZE];
    const struct chain_role role = {.arn = SV("arn:aws:iam::1:role/r"),
                                    .session_name = SV("locked")};
    (void)state;
    role_cache_key(&role, key);
    int fd = role_cache_try_lock(key, &is_busy);
    assert_true(fd >= 0);
    stop_in("[profile p]\nrole_session_name = locked\n" ROLE KEYS, wait_at_lock);
    close(fd);
}

static int group_setup(void **state)
{
    (void)state;
    sem_init(&reached, 0, 0);
    dir_make(folder);
    setenv("HOME", folder, 1);
    server = server_new(serve, NULL);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    server_free(server);
    dir_remove(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_a_fetch),   cmocka_unit_test(test_in_a_role),
        cmocka_unit_test(test_in_a_program), cmocka_unit_test(test_in_a_prompt),
        cmocka_unit_test(test_at_a_lock),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
