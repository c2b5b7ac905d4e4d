/*
 * Many processes that need the same role at the same time: one asks for it, all get it. Each is a
 * process of its own from before the first thread was made.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "helper_client.h"
#include "tests/support/dir.h"
#include "tests/support/server.h"
#include "tests/unit/unit.h"

#define N_PROCESSES 50

static pid_t children[N_PROCESSES];
static int to_children[2]; /* each reads one url, and begins */
static char folder[DIR_PATH_SIZE];
static atomic_int n_assumed, n_reads;

static enum server_next serve(void *arg, const struct server_request *request)
{
    (void)arg;
    if (!sv_contains(request->body, SV("Action=AssumeRole&"))) {
        n_reads++;
        server_reply(request, 200, "",
                     SV("<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::1:"
                        "assumed-role/r/me</Arn><Account>111111111111</Account>"
                        "</GetCallerIdentityResult></GetCallerIdentityResponse>"));
        return SERVER_KEEP;
    }
    char body[512], iso[CLOCK_ISO_SIZE];
    clock_iso8601(clock_wall_ms() + 900 * 1000, false,
                  iso); /* shorter than what is kept for long */
    snprintf(body, sizeof body,
             "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLE%d</AccessKeyId>"
             "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%s"
             "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
             ++n_assumed, iso);
    usleep(100000); /* as long as STS takes */
    server_reply(request, 200, "", sv_of(body));
    return SERVER_KEEP;
}

/* In a child: 0 when the call succeeded. */
static int ask(const char *url)
{
    helper_start("", "");
    helper_clear_credentials();
    char path[DIR_PATH_SIZE];
    dir_path(folder, "config", path);
    setenv("AWS_CONFIG_FILE", path, 1);
    struct aws_client *client = helper_client_new_profile(url, "p");
    struct helper_call *call = helper_read(client, OP_sts_GetCallerIdentity, "", "", NULL);
    int status = call->outcome.err.code == OK ? 0 : 1;
    helper_call_free(call);
    helper_stop();
    client_free(client);
    return status;
}

static void start_children(void)
{
    char path[DIR_PATH_SIZE];
    dir_make(folder);
    setenv("HOME", folder, 1);
    dir_path(folder, "config", path);
    file_write(path, SV("[profile p]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = p\n"
                        "role_session_name = me\naws_access_key_id = A\n"
                        "aws_secret_access_key = s\n"));
    if (pipe(to_children) != 0)
        abort();
    for (size_t i = 0; i < N_PROCESSES; i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        char url[64] = "";
        close(to_children[1]);
        ssize_t len = read(to_children[0], url, sizeof url);
        _exit(len == sizeof url ? ask(url) : 2);
    }
}

static void test_one_call_for_all(void **state)
{
    struct server *server = server_new(serve, NULL);
    char url[64] = "";
    size_t n_good = 0;
    (void)state;
    str_copy(url, server_url(server));
    for (size_t i = 0; i < N_PROCESSES; i++)
        assert_int_equal(write(to_children[1], url, sizeof url), sizeof url);
    for (size_t i = 0; i < N_PROCESSES; i++) {
        int status = -1;
        waitpid(children[i], &status, 0);
        n_good += status == 0;
    }
    assert_int_equal(n_good, N_PROCESSES);
    assert_int_equal(n_assumed, 1);
    assert_int_equal(n_reads, N_PROCESSES);
    server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_call_for_all)};
    start_children();
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    dir_remove(folder);
    return status;
}
