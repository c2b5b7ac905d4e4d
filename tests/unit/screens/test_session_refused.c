/*
 * Sessions that are refused, on the command line: each ends with 255 and a word that says what to
 * do, or goes on once it can; nothing but the node's bytes is on standard output.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/screens/helper_console.h"
#include "tests/unit/unit.h"

#define WORLD "accounts=6,regions=2,resources=300,seed=7" /* some agents are offline */

static struct room room;
static struct sandbox sandbox;
static char node[64];

static void open_room(const char *fault, const char *session, const char *filter)
{
    const char *more[7] = {"--world", WORLD};
    size_t n = 2;

    if (fault != NULL)
        more[n++] = "--fault", more[n++] = fault;
    if (session != NULL)
        more[n++] = "--session", more[n++] = session;
    unsetenv("TMPDIR"); /* of the room before */
    room_open(&room);
    room_sanitize(&room, "detect_leaks=0");
    sandbox_start(&sandbox, &room, more);
    room_find_node(&room, filter, node, sizeof node);
}

static void close_room(void)
{
    sandbox_stop(&sandbox);
    room_close(&room);
}

static void run(struct outcome *outcome, const char *option, const char *value)
{
    const char *const argv[] = {WATCHDECK, "session", node, option, value, NULL};

    room_run(&room, outcome, argv);
}

static void assert_said(const struct outcome *outcome, const char *part)
{
    if (!sv_contains(buf_sv(&outcome->err), sv_of(part)))
        fail_msg("\"%s\" has no \"%s\"", buf_cstr(&outcome->err), part);
}

/* It ends by itself, says each of the words, and gives nothing out. */
static void assert_refused(const char *option, const char *value, const char *const *words)
{
    struct outcome outcome;

    run(&outcome, option, value);
    assert_int_equal(outcome.status, 255);
    assert_int_equal(outcome.out.len, 0);
    for (; *words != NULL; words++)
        assert_said(&outcome, *words);
    assert_false(sv_contains(buf_sv(&outcome.err), SV("^J"))); /* nor what only parts lines */
    assert_false(sv_contains(buf_sv(&outcome.err), SV("----")));
    outcome_done(&outcome);
}

static void an_agent_that_is_offline(void **state)
{
    static const char *const words[] = {"is not connected", "its agent's ping is: ConnectionLost",
                                        "region", NULL};

    (void)state;
    open_room(NULL, NULL, "ping:=ConnectionLost");
    assert_refused("--command", "true", words);
    close_room();
}

static void a_key_that_may_not_be_used(void **state)
{
    static const char *const words[] = {"kms:GenerateDataKey", "AccessDeniedException", NULL};

    (void)state;
    open_room("error:operation=GenerateDataKey,code=AccessDeniedException,status=400",
              "prompt=10,kms=alias/sessions", "ping:=Online");
    assert_refused("--document", "SSM-SessionManagerRunShell", words);
    close_room();
}

/* In the agent's own words, which stand on several lines. */
static void an_agent_that_fails(void **state)
{
    static const char *const words[] = {
        "the session was closed: Unable to connect to specified port", NULL};

    (void)state;
    open_room(NULL, "prompt=10,port=22:1", "ping:=Online");
    assert_refused("--document", "AWS-StartSSHSession", words);
    close_room();
}

static void credentials_that_have_expired(void **state)
{
    static const char *const words[] = {"ssm:StartSession", "expired", NULL};

    (void)state;
    open_room("error:operation=StartSession,code=ExpiredTokenException,status=400", NULL,
              "ping:=Online");
    assert_refused("--command", "true", words);
    close_room();
}

/* The connection is lost at once, and the service lets nobody come back. */
static void a_resume_that_is_refused(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room("bye:after=2,first=1;error:operation=ResumeSession,code=AccessDeniedException,"
              "status=400",
              NULL, "ping:=Online");
    run(&outcome, "--command", "sleep 1; echo never; exit 3");
    assert_int_equal(outcome.status, 255);
    assert_said(&outcome, "attempt 1 of");
    assert_said(&outcome, "ssm:ResumeSession");
    assert_false(sv_contains(buf_sv(&outcome.err), SV("attempt 2 of")));
    outcome_done(&outcome);
    close_room();
}

/* Tokens live long enough again once the first ones have been refused. */
static void *heal_tokens(void *arg)
{
    AUTO(buf_done) struct buf answer = BUF_NONE;

    (void)arg;
    usleep(300000);
    sandbox_control(&sandbox, "sessions", "{\"options\":\"token=60\"}", &answer);
    return NULL;
}

/* A token that came too late costs a connection: the service is asked for another one. */
static void a_token_that_has_expired(void **state)
{
    struct outcome outcome;
    pthread_t thread;

    (void)state;
    open_room(NULL, "prompt=10,token=0", "ping:=Online");
    assert_int_equal(pthread_create(&thread, NULL, heal_tokens, NULL), 0);
    run(&outcome, "--command", "echo fine; exit 3");
    pthread_join(thread, NULL);
    assert_int_equal(outcome.status, 3);
    assert_string_equal(buf_cstr(&outcome.out), "fine\n");
    outcome_done(&outcome);
    close_room();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_agent_that_is_offline), cmocka_unit_test(a_key_that_may_not_be_used),
        cmocka_unit_test(an_agent_that_fails),      cmocka_unit_test(credentials_that_have_expired),
        cmocka_unit_test(a_resume_that_is_refused), cmocka_unit_test(a_token_that_has_expired),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
