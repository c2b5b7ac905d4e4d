/*
 * OpenSSH's own client and scp over `watchdeck ssh-proxy`: what people have in ~/.ssh/config. The
 * sandbox's nodes lead to an sshd of OpenSSH's; not a byte may be changed, whatever the line does.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/screens/helper_sshd.h"
#include "tests/unit/unit.h"

#define FILE_BYTES ((size_t)1 << 20)

static struct room room;
static struct sandbox sandbox;
static struct sshd sshd;
static char node[64], config[256];

/* --- the room -------------------------------------------------------------------------------- */

static bool is_openssh_there(void)
{
    return sshd_is_there() && access("/usr/bin/ssh", X_OK) == 0 &&
           access("/usr/bin/scp", X_OK) == 0;
}

/* As it would stand in ~/.ssh/config. */
static void write_config(void)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    buf_addf(&text,
             "Host i-*\n"
             "    ProxyCommand %s ssh-proxy %%h %%p\n"
             "    User root\n"
             "    IdentityFile %s\n"
             "    IdentitiesOnly yes\n"
             "    BatchMode yes\n"
             "    StrictHostKeyChecking accept-new\n"
             "    UserKnownHostsFile %s\n"
             "    LogLevel ERROR\n",
             WATCHDECK, room_path(&room, "user"), room_path(&room, "known"));
    str_copy(config, room_path(&room, "config"));
    file_write(config, buf_sv(&text));
}

static void let_in(void)
{
    AUTO(buf_done) struct buf key = BUF_NONE;

    sshd_make_key(&room, "ed25519", "user", "");
    file_read(room_path(&room, "user.pub"), &key);
    file_write(room_path(&room, "keys/any"), buf_sv(&key));
}

static void open_room(const char *fault)
{
    char options[512];
    const char *more[] = {"--session", options, fault != NULL ? "--fault" : NULL, fault, NULL};

    if (!is_openssh_there()) {
        print_message("# skipped: it takes ssh, scp, sshd, and root to let people in\n");
        skip();
    }
    signal(SIGPIPE, SIG_IGN);
    unsetenv("TMPDIR");
    room_open(&room);
    room_sanitize(&room, "detect_leaks=1:handle_segv=0:handle_abort=0");
    env_add(&room.env, "SSH_AUTH_SOCK", NULL);
    sshd_make_key(&room, "ed25519", "host", "");
    sshd_start(&sshd, &room, "host", 0);
    let_in();
    write_config();
    snprintf(options, sizeof options, "prompt=10,resend=all,port=22:%u", sshd.port);
    sandbox_start(&sandbox, &room, more);
    room_find_node(&room, "ping:=Online", node, sizeof node);
}

static void close_room(void)
{
    sandbox_stop(&sandbox);
    sshd_stop(&sshd);
    room_close(&room);
}

/* A line of the shell's, in which `ssh` and `scp` know that config. */
static void run(struct outcome *outcome, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void run(struct outcome *outcome, const char *fmt, ...)
{
    AUTO(buf_done) struct buf script = BUF_NONE;
    char line[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    buf_addf(&script,
             "ssh() { /usr/bin/ssh -F %s \"$@\"; }; scp() { /usr/bin/scp -F %s \"$@\"; }\n%s",
             config, config, line);
    const char *argv[] = {"/bin/bash", "-c", buf_cstr(&script), NULL};
    room_run(&room, outcome, argv);
}

static void assert_ends(struct outcome *outcome, int status, const char *said)
{
    if (outcome->status != status || !sv_eq_cstr(buf_sv(&outcome->err), said))
        fail_msg("%d: \"%s\"", outcome->status, buf_cstr(&outcome->err));
    outcome_done(outcome);
}

/* --- the tests ------------------------------------------------------------------------------- */

static void a_command_has_its_bytes_and_its_status(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room(NULL);
    run(&outcome, "ssh %s 'cat; echo bad >&2; exit 7' < <(printf 'a\\0\\n\\377')", node);
    assert_int_equal(outcome.out.len, 4);
    assert_memory_equal(outcome.out.ptr, "a\0\n\377", 4);
    assert_ends(&outcome, 7, "bad\n");
    room_make_file(&room, "a", FILE_BYTES); /* there and back at once */
    run(&outcome, "ssh %s cat < %s > %s", node, room_path(&room, "a"), room_path(&room, "b"));
    assert_ends(&outcome, 0, "");
    room_assert_same(&room, "a", "b");
    close_room();
}

/* By SFTP, which scp speaks now, and as it did before; lines that are lost in between. */
static void scp_there_and_back(const char *fault, const char *option)
{
    struct outcome outcome;

    open_room(fault);
    room_make_file(&room, "a", FILE_BYTES);
    run(&outcome, "scp %s %s %s:%s 2>/dev/null", option, room_path(&room, "a"), node,
        room_path(&room, "there"));
    assert_ends(&outcome, 0, "");
    room_assert_same(&room, "a", "there");
    run(&outcome, "scp %s %s:%s %s 2>/dev/null", option, node, room_path(&room, "there"),
        room_path(&room, "back"));
    assert_ends(&outcome, 0, "");
    room_assert_same(&room, "a", "back");
    close_room();
}

static void scp_changes_no_byte(void **state)
{
    (void)state;
    scp_there_and_back(NULL, "");
}

static void scp_of_old_changes_no_byte_over_a_bad_line(void **state)
{
    (void)state;
    scp_there_and_back("bye:after=300,first=1;drop:after=900,first=1;lose:rate=0.02", "-O");
}

/* What sessions themselves do not have, SOCKS say, is a matter of OpenSSH's own forwards over them.
 */
static void its_own_forwards_go_over_it(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room(NULL);
    run(&outcome, "ssh -W 127.0.0.1:%u %s < <(printf 'SSH-2.0-x\\r\\n') | head -c 7", sshd.port,
        node);
    assert_string_equal(buf_cstr(&outcome.out), "SSH-2.0");
    assert_int_equal(outcome.status, 0);
    outcome_done(&outcome);
    close_room();
}

/* Nothing but the stream is on standard output: what goes wrong is on the other one. */
static void what_goes_wrong_is_said(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room(NULL);
    run(&outcome, "ssh i-0123456789abcdef0 true");
    assert_true(sv_contains(buf_sv(&outcome.err), SV("no such node reports")));
    assert_int_equal(outcome.status, 255);
    outcome_done(&outcome);
    run(&outcome, "ssh -p 1 %s true", node);
    assert_true(sv_contains(buf_sv(&outcome.err), SV("watchdeck: ")));
    assert_int_equal(outcome.status, 255);
    outcome_done(&outcome);
    close_room();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_has_its_bytes_and_its_status),
        cmocka_unit_test(scp_changes_no_byte),
        cmocka_unit_test(scp_of_old_changes_no_byte_over_a_bad_line),
        cmocka_unit_test(its_own_forwards_go_over_it),
        cmocka_unit_test(what_goes_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
