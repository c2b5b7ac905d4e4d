/*
 * What is wrong from outside: options, files, credentials, endpoints, replies. Each gives its exit
 * status and one message that says what to do; nothing half-done is left behind.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/support/server.h"
#include "tests/unit/screens/helper_console.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 10000
#define ARGS_MAX    16

static struct room room;

static int open_room(void **state)
{
    (void)state;
    room_open(&room);
    env_add(&room.env, "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
    env_add(&room.env, "AWS_SECRET_ACCESS_KEY", "example");
    env_add(&room.env, "AWS_MAX_ATTEMPTS", "1");
    return 0;
}

static int close_room(void **state)
{
    (void)state;
    room_close(&room);
    return 0;
}

/* Runs watchdeck with words (blanks apart) and the environment of more besides the room's. */
static void run(struct outcome *outcome, const char *words, const char *const *more)
{
    const char *argv[ARGS_MAX] = {WATCHDECK};
    struct room here = room;
    char line[512], *at = line, *word;
    size_t n = 1;

    snprintf(line, sizeof line, "%s", words);
    while ((word = strsep(&at, " ")) != NULL && n < ARGS_MAX - 1)
        argv[n++] = word;
    for (; more != NULL && *more != NULL; more++)
        here.env.entries[here.env.n++] = (char *)*more;
    here.env.entries[here.env.n] = NULL;
    room_run(&here, outcome, argv);
    room.env.entries[room.env.n] = NULL;
}

/* One message on stderr with what is wrong and what to do, and nothing on stdout. */
static void must_refuse(const char *words, const char *const *more, int status, const char *what)
{
    struct outcome outcome;

    run(&outcome, words, more);
    if (outcome.status != status || strstr(buf_cstr(&outcome.err), what) == NULL)
        fail_msg("%s: status %d, not %d; no \"%s\" in: %.600s", words, outcome.status, status, what,
                 buf_cstr(&outcome.err));
    assert_int_equal(outcome.out.len, 0);
    assert_true(sv_starts(buf_sv(&outcome.err), SV("watchdeck: ")));
    assert_true(sv_ends(buf_sv(&outcome.err), SV(".\n")));
    assert_null(strstr(buf_cstr(&outcome.err), "^J"));
    outcome_done(&outcome);
}

/* --- the command line and files -----------------------------------------------------------------
 */

static void options_that_are_none(void **state)
{
    static const struct {
        const char *words, *what;
    } cases[] = {
        {"--nosuch", "--help"},
        {"--once", "needs SCREEN"},
        {"--once nosuch", "no screen is called \"nosuch\""},
        {"--once accounts more", "accounts stands alone: leave out \"more\""},
        {"--once accounts --format xml", "table|json|ndjson|csv|md"},
        {"--size 0x0", "COLSxROWS"},
        {"--now yesterday", "TIME"},
        {"--demo --endpoint-url http://127.0.0.1:1", "leave out --endpoint-url"},
        {"word", "no subcommand is called \"word\""},
        {"trail burn it", "takes `verify FILE`"},
        {"--demo --world accounts=many --once accounts", "accounts=many is not in 1..10000"},
        {"--demo --once accounts --account nosuch", "`watchdeck --once accounts` lists them"},
        {"evaluate-sg", "takes one FILE"},
        {"endpoint s4 eu-west-1", "there are cloudformation, "},
        {"--demo=yes", "takes no value"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        must_refuse(cases[i].words, NULL, 2, cases[i].what);
}

static void rules_that_are_none(void **state)
{
    char words[300], path[DIR_PATH_SIZE];

    (void)state;
    str_copy(path, room_path(&room, "rules.json"));
    snprintf(words, sizeof words, "evaluate-sg %s", path);
    file_write(path, SV("{\"SecurityGroups\":[]}"));
    must_refuse(words, NULL, 2, "Give it what `aws ec2 describe-security-group-rules` prints");
    file_write(path, SV("not JSON"));
    must_refuse(words, NULL, 1, "Give it what `aws ec2 describe-security-group-rules` prints");
}

/* What a script asks for and does not get is no success, whatever blanks stand around it. */
static void scripts_that_come_to_nothing(void **state)
{
    static const struct {
        const char *script, *what;
        int status;
    } cases[] = {
        {"   frobnicate\n", "line 1: there is no script command \"frobnicate\"", 2},
        {"# well\nsnap  \n", "line 2: nothing stands behind \"snap\"", 2},
        {"keys ctrl-c ctrl-c\nkeys j\n  wait x\n", "line 3: the console had ended before \"wait\"",
         1},
        {"keys ctrl-c ctrl-c\nsnap x\n", "line 2: the console had ended before \"snap\"", 1},
    };
    char words[300], path[DIR_PATH_SIZE];

    (void)state;
    str_copy(path, room_path(&room, "bad.script"));
    snprintf(words, sizeof words, "--demo --script %s --size 80x24 --dump-screen", path);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        file_write(path, sv_of(cases[i].script));
        must_refuse(words, NULL, cases[i].status, cases[i].what);
    }
}

static void settings_are_named_by_line(void **state)
{
    char words[300], path[DIR_PATH_SIZE];

    (void)state;
    str_copy(path, room_path(&room, "bad.conf"));
    snprintf(words, sizeof words, "--once accounts --config %s", path);
    must_refuse(words, NULL, 2, "bad.conf"); /* there is none */
    file_write(path, SV("concurrency = 8\n\nconcurrency = lots\n"));
    must_refuse(words, NULL, 2, "bad.conf:3");
    file_write(path, SV("# well\nno equals sign\n"));
    must_refuse(words, NULL, 2, "bad.conf:2");
    static const struct {
        const char *line, *says;
    } lines[] = {
        {"theme = neon", "is none of default, light"},
        {"keys = nosuch", "vi, k9s or the path of a file"},
        {"regions = [", "regions are wanted"},
        {"endpoint_url = foo", "a URL is wanted"},
        {"endpoint_url = http://127.0.0.1:99999", "a URL is wanted"},
        {"member_role = two words", "the name of a role is wanted"},
        {"production_tags = prod", "like environment=prod*"},
        {"= 1", "`key = value` is wanted"},
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        AUTO(buf_done) struct buf text = BUF_NONE;

        buf_addf(&text, "\n%s\n", lines[i].line);
        file_write(path, buf_sv(&text));
        must_refuse(words, NULL, 2, "bad.conf:2: ");
        must_refuse(words, NULL, 2, lines[i].says);
    }
    file_write(path, SV("\033]0;x\a = 1\n"));
    must_refuse(words, NULL, 2, "bad.conf:1");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* must not be waited for */
    must_refuse(words, NULL, 2, "bad.conf");
    unlink(path);
}

static void key_files_are_named_by_line(void **state)
{
    const char *const argv[] = {WATCHDECK, "--log", room_path(&room, "keys.log"), NULL};
    AUTO(buf_done) struct buf folder = BUF_NONE;
    AUTO(buf_done) struct buf log = BUF_NONE;

    (void)state;
    buf_addf(&folder, "mkdir -p %s/.config/watchdeck/keymaps", room.dir);
    const char *const shell[] = {"/bin/sh", "-c", buf_cstr(&folder), NULL};
    struct outcome outcome;
    room_run(&room, &outcome, shell);
    outcome_done(&outcome);
    file_write(room_path(&room, ".config/watchdeck/keymaps/default.keys"),
               SV("bind global q back\nbind global q help\nbind global nosuchkey back\n"
                  "bind global z nosuchcommand\n"));
    /* the console goes on with what is right; the rest is said, and all of it logged */
    struct harness *harness = console_spawn(&room, argv, 24, 200);
    assert_true(harness_wait(harness, "default.keys:2: ", PATIENCE_MS));
    assert_true(harness_wait(harness, "2 more", PATIENCE_MS));
    kill(harness_pid(harness), SIGTERM); /* `:` was in the file that this one stands for */
    assert_int_equal(console_end(harness, PATIENCE_MS), 128 + SIGTERM);
    harness_free(harness);
    file_read(room_path(&room, "keys.log"), &log);
    assert_non_null(strstr(buf_cstr(&log), "default.keys:3: "));
    assert_non_null(strstr(buf_cstr(&log), "default.keys:4: "));
    unlink(room_path(&room, ".config/watchdeck/keymaps/default.keys"));
}

static void links_are_not_followed(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    char words[400], target[DIR_PATH_SIZE];

    (void)state;
    str_copy(target, room_path(&room, "target"));
    file_write(target, SV("precious"));
    assert_int_equal(symlink(target, room_path(&room, "link")), 0);
    snprintf(words, sizeof words, "--once accounts --log %s", room_path(&room, "link"));
    must_refuse(words, NULL, 1, "link");
    static const char *const names[] = {"audit", "audit.key", "audit.head", "journal"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char state_dir[64], path[DIR_PATH_SIZE];
        struct outcome outcome;

        snprintf(state_dir, sizeof state_dir, "state-%zu", i);
        snprintf(path, sizeof path, "%s/%s", room_path(&room, state_dir), names[i]);
        assert_int_equal(mkdir(room_path(&room, state_dir), 0700), 0);
        assert_int_equal(symlink(target, path), 0);
        snprintf(words, sizeof words,
                 "--once accounts --endpoint-url http://127.0.0.1:1 --state-dir %s",
                 room_path(&room, state_dir));
        run(&outcome, words, NULL);
        assert_in_range(outcome.status, 1, 7);
        outcome_done(&outcome);
    }
    file_read(target, &text);
    assert_sv(buf_sv(&text), "precious");
}

static void an_output_that_is_full(void **state)
{
    static const char *const commands[] = {"--help", "--version", "--generate man",
                                           "--once identity --format json"};
    struct sandbox sandbox;

    (void)state;
    struct room here = room;
    sandbox_start(&sandbox, &here, NULL);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        AUTO(buf_done) struct buf line = BUF_NONE;
        struct outcome outcome;

        buf_addf(&line, "exec %s %s >/dev/full", WATCHDECK, commands[i]);
        const char *const shell[] = {"/bin/sh", "-c", buf_cstr(&line), NULL};
        room_run(&here, &outcome, shell);
        assert_int_equal(outcome.status, 1);
        assert_non_null(strstr(buf_cstr(&outcome.err), "no space left"));
        outcome_done(&outcome);
    }
    sandbox_stop(&sandbox);
    for (size_t i = room.env.n; i < here.env.n; i++)
        mem_free(here.env.entries[i]);
    room.env.entries[room.env.n] = NULL;
}

/* `watchdeck --help | head -n 1`: who has read enough is told nothing. */
static void an_output_that_nobody_reads(void **state)
{
    const char *const shell[] = {"/bin/sh", "-c",
                                 "trap '' PIPE; { while echo; do :; done 2>/dev/null; " WATCHDECK
                                 " --generate man; echo $? >&2; } | true",
                                 NULL};
    struct outcome outcome;

    (void)state;
    room_run(&room, &outcome, shell);
    assert_string_equal(buf_cstr(&outcome.err), "1\n");
    outcome_done(&outcome);
}

/* --- credentials and endpoints
 * -------------------------------------------------------------------- */

static void credentials_that_are_none(void **state)
{
    static const char *const nothing[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", NULL};
    static const char *const half[] = {"AWS_SECRET_ACCESS_KEY", NULL};
    static const char *const profile[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                          "AWS_PROFILE=nosuch", NULL};

    (void)state;
    must_refuse("--once accounts", nothing, 5, "AWS_PROFILE");
    must_refuse("--once accounts", half, 5, "AWS_SECRET_ACCESS_KEY");
    must_refuse("--once accounts", profile, 5, "nosuch");
}

static void endpoints_that_are_none(void **state)
{
    static const char *const no_home[] = {"HOME", NULL}, *const odd_home[] = {
                                                             "HOME=/proc/nonexistent", NULL};

    (void)state;
    must_refuse("--once accounts --endpoint-url http://127.0.0.1:1", NULL, 1, "127.0.0.1:1");
    must_refuse("--once accounts --endpoint-url http://127.0.0.1:1", no_home, 1, "");
    must_refuse("--once accounts --endpoint-url http://127.0.0.1:1", odd_home, 1, "127.0.0.1:1");
    must_refuse("--once accounts --endpoint-url gopher://127.0.0.1", NULL, 2, "http");
    must_refuse("--once accounts --endpoint-url foo", NULL, 2, "Write it as https://HOST");
    must_refuse("--once accounts --endpoint-url http://127.0.0.1:99999", NULL, 2, "a port");
    must_refuse("--once accounts --region EU-WEST-1", NULL, 2, "written like eu-west-1");
    must_refuse("--once accounts --endpoint-url http://nosuch.invalid", NULL, 1, "nosuch.invalid");
}

/* Who reads JSON reads why where gaps stand, whatever has failed. */
static void a_failure_has_an_envelope(void **state)
{
    struct outcome outcome;

    (void)state;
    run(&outcome, "--once accounts --format json --endpoint-url http://127.0.0.1:1", NULL);
    assert_int_equal(outcome.status, 1);
    assert_non_null(strstr(buf_cstr(&outcome.err), "cannot connect"));
    assert_true(sv_starts(buf_sv(&outcome.out), SV("{\"screen\":\"accounts\",")));
    assert_non_null(strstr(buf_cstr(&outcome.out), "\"asked\":0,\"answered\":0,\"gaps\":[{"));
    assert_non_null(strstr(buf_cstr(&outcome.out), "\"operation\":\"sts:GetCallerIdentity\","
                                                   "\"reason\":\"cannot connect\""));
    assert_true(sv_ends(buf_sv(&outcome.out), SV("\"rows\":[]\n}\n")));
    outcome_done(&outcome);
}

static void wrong_keys_and_tls(void **state)
{
    static const char *const wrong_key[] = {"AWS_SECRET_ACCESS_KEY=wrong", NULL};
    const char *const more[] = {"--tls", room_path(&room, "tls"), NULL};
    struct room whole = room;
    struct sandbox sandbox;
    struct outcome outcome;
    char ca[300];

    (void)state;
    mkdir(room_path(&room, "tls"), 0700);
    sandbox_start(&sandbox, &room, more);
    must_refuse("--once accounts", NULL, 1, "AWS_CA_BUNDLE");
    snprintf(ca, sizeof ca, "AWS_CA_BUNDLE=%s", room_path(&room, "tls/ca.pem"));
    const char *const trusted[] = {ca, NULL}, *const both[] = {ca, wrong_key[0], NULL};
    run(&outcome, "--once identity --format json", trusted);
    assert_int_equal(outcome.status, 0);
    outcome_done(&outcome);
    must_refuse("--once accounts", both, 5, "redentials");
    const char *const missing[] = {"AWS_CA_BUNDLE=/nonexistent/ca.pem", NULL};
    must_refuse("--once accounts", missing, 1, "ca.pem");
    sandbox_stop(&sandbox);
    for (size_t i = whole.env.n; i < room.env.n; i++)
        mem_free(room.env.entries[i]);
    room = whole;
    room.env.entries[room.env.n] = NULL;
}

/* --- replies
 * -------------------------------------------------------------------------------------- */

#define IDENTITY                                                                          \
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111111111111</Account>" \
    "<Arn>arn:aws:iam::111111111111:user/x</Arn></GetCallerIdentityResult>"               \
    "</GetCallerIdentityResponse>"
#define HUGE_BYTES ((size_t)40 << 20)

static enum server_next say(void *text, const struct server_request *request)
{
    server_reply(request, 200, "Content-Type: text/xml\r\n", sv_of(text));
    return SERVER_KEEP;
}

static enum server_next say_html(void *arg, const struct server_request *request)
{
    (void)arg;
    server_reply(request, 502, "Content-Type: text/html\r\n",
                 SV("<html><h1>\033]0;x\aBad Gateway</h1></html>"));
    return SERVER_KEEP;
}

static enum server_next cut(void *arg, const struct server_request *request)
{
    (void)arg;
    server_write(request, SV("HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n<GetCaller"));
    return SERVER_RESET;
}

static enum server_next say_huge(void *arg, const struct server_request *request)
{
    AUTO(buf_done) struct buf body = BUF_CAPPED(HUGE_BYTES + 1);
    static const char blanks[65536];

    (void)arg;
    while (body.len < HUGE_BYTES)
        buf_add(&body, (struct sv){blanks, sizeof blanks});
    server_reply(request, 200, "Content-Type: text/xml\r\n", buf_sv(&body));
    return SERVER_CLOSE;
}

static void replies_that_cannot_be_read(void **state)
{
    static const struct {
        server_handler *handler;
        const char *text;
        int status;
    } cases[] = {
        {say_html, NULL, 4},
        {cut, NULL, 1},
        {say_huge, NULL, 1},
        {say, "<html>login</html>", 1},
        {say, "<a><b>", 1},
        {say, "", 1},
        {say, "{\"Account\":\"111111111111\"}", 1},
        {say, "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", 1},
        {say,
         "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>\x1b[2J</Account>"
         "</GetCallerIdentityResult></GetCallerIdentityResponse>",
         1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct server *server = server_new(cases[i].handler, (void *)cases[i].text);
        struct outcome outcome;
        char words[200];

        snprintf(words, sizeof words, "--once accounts --endpoint-url %s", server_url(server));
        run(&outcome, words, NULL);
        server_free(server);
        if (outcome.status != cases[i].status)
            fail_msg("case %zu: status %d: %.300s", i, outcome.status, buf_cstr(&outcome.err));
        assert_true(sv_starts(buf_sv(&outcome.err), SV("watchdeck: sts:GetCallerIdentity: ")));
        assert_false(sv_contains(buf_sv(&outcome.err), SV("\033")));
        assert_int_equal(outcome.out.len, 0);
        outcome_done(&outcome);
    }
}

/* What cannot have been read whole is a gap, not a short list. */
static void lists_that_are_none(void **state)
{
    const char *const more[] = {"--fault", "wrong:service=config,is=type", NULL};
    struct room whole = room;
    struct sandbox sandbox;
    struct outcome outcome;

    (void)state;
    sandbox_start(&sandbox, &room, more);
    run(&outcome, "--once rules --format json", NULL);
    assert_int_equal(outcome.status, 1); /* of nothing */
    assert_non_null(strstr(buf_cstr(&outcome.out), "ConfigRules is no list"));
    assert_non_null(strstr(buf_cstr(&outcome.out), "\"answered\":0"));
    outcome_done(&outcome);
    sandbox_stop(&sandbox);
    for (size_t i = whole.env.n; i < room.env.n; i++)
        mem_free(room.env.entries[i]);
    room = whole;
    room.env.entries[room.env.n] = NULL;
}

/* Who waits at a terminal is told what for. */
static void throttling_is_said(void **state)
{
    const char *const more[] = {"--fault", "throttle:service=config", NULL};
    const char *const argv[] = {"/bin/sh", "-c",
                                "AWS_MAX_ATTEMPTS=10 exec " WATCHDECK " --once rules", NULL};
    struct room whole = room;
    struct sandbox sandbox;

    (void)state;
    sandbox_start(&sandbox, &room, more);
    struct harness *harness = console_spawn(&room, argv, 24, 200);
    assert_true(harness_wait(harness, "still reading: 0/", 6 * PATIENCE_MS));
    assert_true(harness_wait(harness, "AWS throttles config", PATIENCE_MS));
    kill(harness_pid(harness), SIGTERM);
    console_end(harness, PATIENCE_MS);
    harness_free(harness);
    sandbox_stop(&sandbox);
    for (size_t i = whole.env.n; i < room.env.n; i++)
        mem_free(room.env.entries[i]);
    room = whole;
    room.env.entries[room.env.n] = NULL;
}

/* A list whose pages never end: the same token again and again, or always another. */
static enum server_next page_for_ever(void *arg, const struct server_request *request)
{
    struct sv target = server_header(request, "X-Amz-Target");
    AUTO(buf_done) struct buf body = BUF_NONE;

    (void)arg;
    if (sv_ends(target, SV("ListRoots")))
        buf_addf(&body, "{\"Roots\":[{\"Id\":\"r-%zu\",\"Name\":\"x\"}],\"NextToken\":\"%s\"}",
                 request->number, request->number % 2 == 0 ? "a" : "b");
    else if (target.len > 0)
        buf_add_cstr(&body, "{\"Organization\":{\"Id\":\"o-1\"},\"Accounts\":[]}");
    server_reply(request, 200, "Content-Type: text/xml\r\n",
                 body.len > 0 ? buf_sv(&body) : SV(IDENTITY));
    return SERVER_KEEP;
}

static void pages_that_never_end(void **state)
{
    struct server *server = server_new(page_for_ever, NULL);
    struct outcome outcome;
    char words[200];

    (void)state;
    snprintf(words, sizeof words, "--once accounts --endpoint-url %s", server_url(server));
    run(&outcome, words, NULL);
    server_free(server);
    assert_int_equal(outcome.status, 4);
    assert_non_null(strstr(buf_cstr(&outcome.err), "token"));
    outcome_done(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_that_are_none),
        cmocka_unit_test(rules_that_are_none),
        cmocka_unit_test(scripts_that_come_to_nothing),
        cmocka_unit_test(settings_are_named_by_line),
        cmocka_unit_test(key_files_are_named_by_line),
        cmocka_unit_test(links_are_not_followed),
        cmocka_unit_test(an_output_that_is_full),
        cmocka_unit_test(an_output_that_nobody_reads),
        cmocka_unit_test(credentials_that_are_none),
        cmocka_unit_test(endpoints_that_are_none),
        cmocka_unit_test(a_failure_has_an_envelope),
        cmocka_unit_test(wrong_keys_and_tls),
        cmocka_unit_test(replies_that_cannot_be_read),
        cmocka_unit_test(lists_that_are_none),
        cmocka_unit_test(throttling_is_said),
        cmocka_unit_test(pages_that_never_end),
    };
    return cmocka_run_group_tests(tests, open_room, close_room);
}
