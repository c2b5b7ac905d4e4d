/*
 * Sessions on the command line, with the sandbox's nodes behind them: shells, commands, streams and
 * forwards, over lines and sockets that fail, on a terminal and off one.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/screens/helper_console.h"
#include "tests/unit/screens/helper_echo.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 60000
/* The watchdog promises 200 ms. Tests run on machines that are busy otherwise, and assert no
 * deadline below five times its promise; the 200 ms themselves are a target of `./dev bench`. */
#define RESTORE_PROMISED_MS 200
#define RESTORE_MS          (5 * RESTORE_PROMISED_MS)
#define STREAM_BYTES        ((size_t)1 << 20)
#define ARGS_MAX            16

static struct room room;
static struct sandbox sandbox;
static char node[64];

/* --- the room -------------------------------------------------------------------------------- */

/* A room with a sandbox: what goes wrong on the way, and what its sessions are like. */
static void open_room(const char *fault, const char *session)
{
    const char *more[5] = {NULL};
    size_t n = 0;

    if (fault != NULL)
        more[n++] = "--fault", more[n++] = fault;
    if (session != NULL)
        more[n++] = "--session", more[n++] = session;
    signal(SIGPIPE, SIG_IGN);
    unsetenv("TMPDIR"); /* of the room before */
    room_open(&room);
    room_sanitize(&room, "detect_leaks=0:handle_segv=0:handle_abort=0");
    sandbox_start(&sandbox, &room, more);
    if (node[0] == '\0') /* the world is the same each time */
        room_find_node(&room, "ping:=Online", node, sizeof node);
}

static void close_room(void)
{
    sandbox_stop(&sandbox);
    room_close(&room);
}

/* watchdeck with these arguments and standard input from /dev/null. */
static void run(struct outcome *outcome, const char *word, const char *a, const char *b,
                const char *c)
{
    const char *argv[] = {WATCHDECK, word, a, b, c, NULL};

    room_run(&room, outcome, argv);
}

static void assert_text(const struct buf *text, const char *expected)
{
    if (!sv_eq_cstr(buf_sv(text), expected))
        fail_msg("\"%s\" in the place of \"%s\"", buf_cstr(text), expected);
}

static void assert_has(const struct buf *text, const char *part)
{
    if (!sv_contains(buf_sv(text), sv_of(part)))
        fail_msg("\"%s\" has no \"%s\"", buf_cstr(text), part);
}

/* --- commands -------------------------------------------------------------------------------- */

static void a_command_gives_its_output_and_its_status(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room(NULL, "prompt=10");
    run(&outcome, "session", node, "--command", "printf 'a\\0b\\n\\377'; echo bad >&2; exit 7");
    assert_int_equal(outcome.status, 7);
    assert_int_equal(outcome.out.len, 5);
    assert_memory_equal(outcome.out.ptr, "a\0b\n\377", 5);
    assert_text(&outcome.err, "bad\n");
    outcome_done(&outcome);
    close_room();
}

/* Of a document that gives none no exit status is missed; of AWS's for commands there is one, by
 * whatever word it was asked for. */
static void a_document_without_a_status_ends_with_0(void **state)
{
    static const struct {
        const char *document;
        int status;
    } cases[] = {{"AWS-StartNonInteractiveCommand", 3}, {"AWS-StartInteractiveCommand", 0}};

    (void)state;
    open_room(NULL, "prompt=10");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *argv[] = {WATCHDECK,         "session",   node,     "--document",
                              cases[i].document, "--command", "exit 3", NULL};
        struct outcome outcome;
        room_run(&room, &outcome, argv);
        assert_text(&outcome.err, "");
        assert_int_equal(outcome.status, cases[i].status);
        outcome_done(&outcome);
    }
    close_room();
}

/* What stands before it is typed as soon as the node is known to take it as it is. */
static void cat_says(const char *fault, const char *session, const char *expected)
{
    char script[512];
    const char *argv[] = {"/bin/bash", "-c", script, NULL};
    struct outcome outcome;

    open_room(fault, session);
    snprintf(
        script, sizeof script,
        "printf 'hello\\n' | %s session %s --document AWS-StartInteractiveCommand --command cat",
        WATCHDECK, node);
    room_run(&room, &outcome, argv);
    assert_text(&outcome.err, "");
    assert_text(&outcome.out, expected);
    assert_int_equal(outcome.status, 0);
    outcome_done(&outcome);
    close_room();
}

static void a_program_that_writes_nothing_first(void **state)
{
    (void)state;
    cat_says(NULL, "prompt=10", "hello\r\nhello\r\n");
}

/* A node that takes its time to ask for encryption has thrown away what came before it: so whose
 * terms are not known is waited for, and nothing goes to it in the clear. */
static void a_node_that_asks_for_encryption_late(void **state)
{
    (void)state;
    cat_says("error:operation=GetDocument,code=AccessDeniedException,status=400",
             "prompt=10,late=6000,kms=alias/session-manager-encryption", "hello\r\nhello\r\n");
}

/* What a loop reads its lines from is left to it, and said when it was meant for the command. */
static void a_command_leaves_standard_input_alone(void **state)
{
    char script[512];
    const char *argv[] = {"/bin/bash", "-c", script, NULL};
    struct outcome outcome;

    (void)state;
    open_room(NULL, "prompt=10");
    snprintf(
        script, sizeof script,
        "printf 'one\\ntwo\\n' | while read -r line; do %s session %s --command \"echo $line\"; "
        "done",
        WATCHDECK, node);
    room_run(&room, &outcome, argv);
    assert_text(&outcome.out, "one\ntwo\n");
    assert_has(&outcome.err, "standard input is left alone");
    outcome_done(&outcome);
    run(&outcome, "session", node, "--command", "cat"); /* from /dev/null */
    assert_text(&outcome.err, "");
    assert_int_equal(outcome.status, 0);
    outcome_done(&outcome);
    close_room();
}

static void what_cannot_be_done_is_255(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room(NULL, NULL);
    run(&outcome, "session", "no-such-node", "--command", "true");
    assert_int_equal(outcome.status, 255);
    assert_has(&outcome.err, "no such node");
    assert_int_equal(outcome.out.len, 0);
    outcome_done(&outcome);
    run(&outcome, "session", node, "--document", "No-SuchDocument");
    assert_int_equal(outcome.status, 255);
    assert_has(&outcome.err, "InvalidDocument");
    outcome_done(&outcome);
    run(&outcome, "session", NULL, NULL, NULL);
    assert_int_equal(outcome.status, 2);
    outcome_done(&outcome);
    run(&outcome, "forward", node, "1:2:3:4", NULL);
    assert_int_equal(outcome.status, 2);
    outcome_done(&outcome);
    close_room();
}

/* Of the ways to a node those by which something can be changed are closed, and each says why. */
static void assert_closed(const char *option, const char *value, const char *why)
{
    static const struct {
        const char *word, *more[2]; /* in front of the node, and behind it */
        bool changes;
    } ways[] = {
        {"session", {"--command", "true"}, true},
        {"forward", {"1"}, true},
        {"ssh-proxy", {"1"}, true},
        {"put", {"/etc/hostname", "/there"}, true},
        {"get", {"/none", "/dev/null"}, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        const char *argv[9] = {WATCHDECK, ways[i].word, node};
        size_t n = 3;
        struct outcome outcome;
        for (size_t j = 0; j < 2 && ways[i].more[j] != NULL; j++)
            argv[n++] = ways[i].more[j];
        argv[n++] = option;
        argv[n] = value;
        room_run(&room, &outcome, argv);
        assert_int_equal(outcome.status, 255);
        if (sv_contains(buf_sv(&outcome.err), sv_of(why)) != ways[i].changes)
            fail_msg("%s: \"%s\"", ways[i].word, buf_cstr(&outcome.err));
        assert_int_equal(outcome.out.len, 0);
        outcome_done(&outcome);
    }
}

static void what_is_read_only_is_not_entered(void **state)
{
    char file[256];
    const char *argv[] = {WATCHDECK, "session", node, "--command", "true", "--config", file, NULL};
    struct outcome outcome;

    (void)state;
    open_room(NULL, "prompt=10");
    assert_closed("--read-only", NULL, "read-only: started with --read-only, and ");
    str_copy(file, room_path(&room, "own.conf"));
    file_write(file, SV("\nread_only = nobody, *\n"));
    assert_closed("--config", file, " is read-only (read_only, own.conf:2), and ");
    /* production, which the console enters after :elevate alone, is open to who names its node */
    file_write(file, SV("production = *\nread_only = nobody\n"));
    room_run(&room, &outcome, argv);
    assert_text(&outcome.err, "");
    assert_int_equal(outcome.status, 0);
    outcome_done(&outcome);
    close_room();
}

static void a_shell_in_a_pipeline(void **state)
{
    char script[512];
    const char *argv[] = {"/bin/bash", "-c", script, NULL};
    struct outcome outcome;

    (void)state;
    open_room(NULL, "prompt=10");
    snprintf(script, sizeof script, "printf 'echo got-$((40+2))\\n' | %s session %s", WATCHDECK,
             node);
    room_run(&room, &outcome, argv);
    assert_int_equal(outcome.status, 0); /* the end of input has ended the shell */
    assert_has(&outcome.out, "got-42\r\n");
    assert_text(&outcome.err, "");
    outcome_done(&outcome);
    close_room();
}

/* As a shell has it, so that a redirection can stand behind: `>/dev/full`, `<&-`. */
static void run_redirected(struct outcome *outcome, const char *option, const char *redirection)
{
    char script[512];
    const char *argv[] = {"/bin/bash", "-c", script, NULL};

    snprintf(script, sizeof script, "exec %s session %s %s %s", WATCHDECK, node, option,
             redirection);
    room_run(&room, outcome, argv);
}

/* What the program opens itself is never taken for a standard descriptor that is closed. */
static void a_closed_input_is_at_its_end(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room(NULL, "prompt=10");
    run_redirected(&outcome, "", "<&-");
    assert_text(&outcome.err, "");
    assert_int_equal(outcome.status, 0);
    outcome_done(&outcome);
    close_room();
}

static void an_output_that_cannot_be_written_is_said(void **state)
{
    static const struct {
        const char *redirection, *why;
    } cases[] = {{">/dev/full", "standard output: no space left on the device"},
                 {">&-", "standard output: input/output error"}};

    (void)state;
    open_room(NULL, "prompt=10");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct outcome outcome;
        run_redirected(&outcome, "", cases[i].redirection);
        assert_has(&outcome.err, cases[i].why);
        assert_int_equal(outcome.status, 255);
        outcome_done(&outcome);
    }
    close_room();
}

/* A document that leads to a port gives one stream, which ends when it has answered to all of the
 * input, or none. */
static void a_port_is_one_stream_or_refused(void **state)
{
    struct echo echo;
    struct outcome outcome;
    char session[64];

    (void)state;
    echo_start(&echo);
    snprintf(session, sizeof session, "prompt=10,port=22:%u", echo.port);
    open_room(NULL, session);
    run_redirected(&outcome, "--document AWS-StartSSHSession", "<<< answered");
    assert_text(&outcome.err, "");
    assert_text(&outcome.out, "answered\n");
    assert_int_equal(outcome.status, 0);
    outcome_done(&outcome);
    run_redirected(&outcome, "--document AWS-StartPortForwardingSession", "");
    assert_has(&outcome.err, "watchdeck forward does that");
    assert_int_equal(outcome.status, 255);
    assert_int_equal(outcome.out.len, 0);
    outcome_done(&outcome);
    echo_stop(&echo);
    close_room();
}

static void an_encrypted_shell_in_a_pipeline(void **state)
{
    char script[512];
    const char *argv[] = {"/bin/bash", "-c", script, NULL};
    struct outcome outcome;

    (void)state;
    open_room(NULL, "prompt=10,challenge=required,kms=alias/session-manager-encryption");
    snprintf(script, sizeof script, "printf 'echo got-$((40+2))\\n' | %s session %s", WATCHDECK,
             node);
    room_run(&room, &outcome, argv);
    if (outcome.status != 0)
        fail_msg("%s", buf_cstr(&outcome.err));
    assert_has(&outcome.out, "got-42\r\n");
    outcome_done(&outcome);
    close_room();
}

/* --- streams --------------------------------------------------------------------------------- */

static void fill(struct buf *bytes, size_t n)
{
    uint64_t seed = 5;

    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        buf_add_char(bytes, (char)(seed >> 56));
    }
}

/* A program with a pipe at each end. */
struct piped {
    pid_t pid;
    int in, out;
};

static void piped_start(struct piped *piped, const char *const *argv)
{
    int in[2], out[2];

    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    piped->pid = fork();
    if (piped->pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        for (size_t i = 0; i < room.env.n; i++)
            putenv(room.env.entries[i]);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    piped->in = in[1];
    piped->out = out[0];
    fcntl(piped->in, F_SETFL, O_NONBLOCK);
}

/* Writes bytes and reads as many back. */
static void exchange(struct piped *piped, struct sv bytes, struct buf *got)
{
    size_t wanted = bytes.len;
    char some[65536];

    while (got->len < wanted) {
        struct pollfd fds[] = {{.fd = piped->out, .events = POLLIN},
                               {.fd = bytes.len > 0 ? piped->in : -1, .events = POLLOUT}};
        if (poll(fds, 2, PATIENCE_MS) <= 0)
            fail_msg("%zu of %zu bytes have come back", got->len, wanted);
        if (fds[1].revents != 0) {
            ssize_t n = write(piped->in, bytes.ptr, bytes.len);
            assert_true(n > 0);
            bytes = (struct sv){bytes.ptr + n, bytes.len - (size_t)n};
        }
        if (fds[0].revents != 0) {
            ssize_t n = read(piped->out, some, sizeof some);
            if (n <= 0)
                fail_msg("it has ended after %zu of %zu bytes", got->len, wanted);
            buf_add(got, (struct sv){some, (size_t)n});
        }
    }
}

static int piped_end(struct piped *piped)
{
    int status = 0;

    close(piped->in);
    assert_true(process_wait_gone(piped->pid, PATIENCE_MS));
    assert_int_equal(waitpid(piped->pid, &status, 0), piped->pid);
    close(piped->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Up to the end of what it writes. */
static void read_all(int fd, struct buf *got)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};
    char some[4096];
    ssize_t n;

    do {
        if (poll(&pollfd, 1, PATIENCE_MS) <= 0)
            fail_msg("it does not end: \"%s\"", buf_cstr(got));
        n = read(fd, some, sizeof some);
        buf_add(got, (struct sv){some, n > 0 ? (size_t)n : 0});
    } while (n > 0);
}

static void a_command_that_somebody_ends_is_no_success(void **state)
{
    AUTO(buf_done) struct buf said = BUF_NONE, answer = BUF_NONE;
    char script[512], begun[6];
    const char *argv[] = {"/bin/bash", "-c", script, NULL};
    struct pollfd pollfd;
    struct piped piped;

    (void)state;
    open_room(NULL, "prompt=10");
    snprintf(script, sizeof script,
             "exec 2>&1; exec %s session %s --command 'echo begun; sleep 600'", WATCHDECK, node);
    piped_start(&piped, argv);
    pollfd = (struct pollfd){.fd = piped.out, .events = POLLIN};
    assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
    assert_int_equal(read(piped.out, begun, sizeof begun), 6);
    sandbox_control(&sandbox, "sessions", "{\"action\":\"end\"}", &answer);
    read_all(piped.out, &said);
    assert_int_equal(piped_end(&piped), 255);
    assert_has(&said, "ended without the command's exit status: somebody has terminated it");
    close_room();
}

/* Random bytes through ssh-proxy to a port of the node and back. */
static void stream_there_and_back(const char *fault, const char *session)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    AUTO(buf_done) struct buf got = BUF_NONE;
    struct echo echo;
    struct piped piped;
    char port[8];
    const char *argv[] = {WATCHDECK, "ssh-proxy", node, port, NULL};

    open_room(fault, session);
    echo_start(&echo);
    snprintf(port, sizeof port, "%u", echo.port);
    fill(&bytes, STREAM_BYTES);
    piped_start(&piped, argv);
    exchange(&piped, buf_sv(&bytes), &got);
    assert_int_equal(got.len, bytes.len);
    assert_memory_equal(got.ptr, bytes.ptr, bytes.len);
    assert_int_equal(piped_end(&piped), 0);
    echo_stop(&echo);
    close_room();
}

static void a_bad_line_changes_no_byte(void **state)
{
    (void)state;
    stream_there_and_back("lose:rate=0.05;double:rate=0.05;late:rate=0.05;digest:rate=0.01",
                          "resend=all");
}

static void neither_does_a_socket_that_is_lost(void **state)
{
    (void)state;
    stream_there_and_back("bye:after=400,first=1;drop:after=1500,first=1", NULL);
}

/* --- forwards -------------------------------------------------------------------------------- */

static unsigned read_port(int fd)
{
    char line[128];
    size_t n = 0;

    for (struct pollfd pollfd = {.fd = fd, .events = POLLIN}; n < sizeof line - 1; n++) {
        if (poll(&pollfd, 1, PATIENCE_MS) <= 0 || read(fd, &line[n], 1) != 1)
            fail_msg("nothing is listening");
        if (line[n] == '\n')
            break;
    }
    line[n] = '\0';
    unsigned port = 0;
    assert_int_equal(sscanf(line, "listening 127.0.0.1:%u", &port), 1);
    return port;
}

static void forward_and_back(const char *session)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    AUTO(buf_done) struct buf got = BUF_NONE;
    struct echo echo;
    struct piped forward, client;
    char port[8], target[32];
    const char *argv[] = {WATCHDECK, "forward", node, port, NULL};
    const char *bash[] = {"/bin/bash", "-c", target, NULL};

    open_room(NULL, session);
    echo_start(&echo);
    snprintf(port, sizeof port, "%u", echo.port);
    piped_start(&forward, argv);
    /* bash is the client: what it is given goes there, what comes back it writes */
    snprintf(target, sizeof target, "exec 3<>/dev/tcp/::1/%u", read_port(forward.out));
    char script[128];
    snprintf(script, sizeof script, "%s; cat <&3 & cat >&3", target);
    bash[2] = script;
    fill(&bytes, STREAM_BYTES / 4);
    piped_start(&client, bash);
    exchange(&client, buf_sv(&bytes), &got);
    assert_memory_equal(got.ptr, bytes.ptr, bytes.len);
    kill(client.pid, SIGKILL);
    piped_end(&client);
    kill(forward.pid, SIGINT);
    assert_int_equal(piped_end(&forward), 128 + SIGINT);
    echo_stop(&echo);
    close_room();
}

static void a_forward_carries_bytes(void **state)
{
    (void)state;
    forward_and_back(NULL);
}

static void so_it_does_with_an_old_agent(void **state)
{
    (void)state;
    forward_and_back("agent=3.0.196.0");
}

static void a_port_in_use_is_said(void **state)
{
    struct echo echo;
    struct outcome outcome;
    char spec[32];

    (void)state;
    open_room(NULL, NULL);
    echo_start(&echo);
    snprintf(spec, sizeof spec, "%u:80", echo.port);
    run(&outcome, "forward", node, spec, NULL);
    assert_int_equal(outcome.status, 255);
    assert_has(&outcome.err, "in use. Name another one, or none to have one that is free.");
    assert_int_equal(outcome.out.len, 0);
    outcome_done(&outcome);
    echo_stop(&echo);
    close_room();
}

/* --- on a terminal --------------------------------------------------------------------------- */

static struct harness *open_shell(void)
{
    const char *argv[] = {WATCHDECK, "session", node, NULL};
    struct harness *harness = console_spawn(&room, argv, 31, 97);

    assert_true(harness_wait(harness, "$", PATIENCE_MS));
    assert_true(harness_wait_modes(harness, false, PATIENCE_MS));
    return harness;
}

static void type(struct harness *harness, const char *text)
{
    harness_send(harness, sv_of(text));
}

static void a_terminal_is_the_nodes_until_it_is_left(void **state)
{
    struct harness *harness;

    (void)state;
    open_room(NULL, "prompt=10");
    harness = open_shell();
    type(harness, "stty size\r");
    assert_true(harness_wait(harness, "31 97", PATIENCE_MS));
    harness_resize(harness, 20, 60);
    type(harness, "until stty size | grep '20 60'; do sleep 0.1; done; echo sized-$((20*3))\r");
    assert_true(harness_wait_bytes(harness, SV("sized-60\r\n$ "), PATIENCE_MS));
    harness_forget_bytes(harness);
    type(harness, "cat\rmeow\r"); /* once it answers it is what ctrl-c meets */
    assert_true(harness_wait_bytes(harness, SV("meow\r\nmeow\r\n"), PATIENCE_MS));
    harness_forget_bytes(harness);
    type(harness, "\x03");
    assert_true(harness_wait_bytes(harness, SV("$ "), PATIENCE_MS));
    type(harness, "echo here-$((2*21))\r");
    assert_true(harness_wait(harness, "here-42", PATIENCE_MS));
    type(harness, "\r~.");
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    assert_true(harness_wait_modes(harness, true, PATIENCE_MS));
    harness_free(harness);
    close_room();
}

/* Those that a terminal takes for itself unless it is raw: stop, start, suspend, dsusp, quit. */
static void every_key_is_the_nodes(void **state)
{
    struct harness *harness;

    (void)state;
    open_room(NULL, "prompt=10");
    harness = open_shell();
    type(harness, "stty raw -echo; echo is-ra''w; head -c 6 | od -An -tx1; stty sane\r");
    assert_true(harness_wait(harness, "is-raw", PATIENCE_MS));
    type(harness, "\x13\x11\x1a\x19\x1c\x0f");
    assert_true(harness_wait(harness, "13 11 1a 19 1c 0f", PATIENCE_MS));
    type(harness, "\r~.");
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_free(harness);
    close_room();
}

/* What can be done behind Enter and a tilde is said there, and goes on; who leaves leaves no half
 * line. */
static void the_way_out_is_told_and_ends_its_line(void **state)
{
    struct harness *harness;

    (void)state;
    open_room(NULL, "prompt=10");
    harness = open_shell();
    type(harness, "\r~?");
    assert_true(harness_wait(harness, "Enter ~ . leaves", PATIENCE_MS));
    type(harness, "~~echo\r"); /* one tilde: its own line is still at the beginning */
    assert_true(harness_wait(harness, "~echo", PATIENCE_MS));
    type(harness, "printf no-''end; cat\r");
    assert_true(harness_wait(harness, "no-end", PATIENCE_MS));
    harness_forget_bytes(harness);
    type(harness, "half\r~.");
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_free(harness);
    close_room();
}

/* A command's output is byte for byte, but not on somebody's terminal. */
static void nor_does_a_command(void **state)
{
    const char *argv[] = {WATCHDECK,
                          "session",
                          node,
                          "--command",
                          "printf '\\033]0;ti''tle\\007\\033[31mred \\033[6ndo''ne\\n'; "
                          "printf '\\033]52;c;eA==\\007er''ror\\n' >&2",
                          NULL};
    struct harness *harness;

    (void)state;
    open_room(NULL, "prompt=10");
    harness = console_spawn(&room, argv, 31, 97);
    assert_true(harness_wait(harness, "red done", PATIENCE_MS));
    assert_true(harness_wait(harness, "error", PATIENCE_MS));
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    assert_true(harness_wait_bytes(harness, SV("\x1b[31mred"), 1));
    assert_true(harness_wait_bytes(harness, SV("\x1b[0m"), 1)); /* and colours end with it */
    assert_false(harness_wait_bytes(harness, SV("\x1b[6n"), 1));
    assert_false(harness_wait_bytes(harness, SV("\x1b]"), 1));
    harness_free(harness);
    close_room();
}

static void nothing_asks_the_users_terminal(void **state)
{
    struct harness *harness;

    (void)state;
    open_room(NULL, "prompt=10");
    harness = open_shell();
    harness_forget_bytes(harness);
    type(harness, "printf '\\033[c\\033[6n\\033]0;ti''tle\\007\\033[31mred\\033[0m do''ne\\n'\r");
    assert_true(harness_wait(harness, "red done", PATIENCE_MS));
    assert_false(harness_wait_bytes(harness, SV("\x1b[c"), 1));
    assert_false(harness_wait_bytes(harness, SV("\x1b[6n"), 1));
    assert_false(harness_wait_bytes(harness, SV("\x1b]"), 1));
    assert_true(harness_wait_bytes(harness, SV("\x1b[31mred"), 1));
    type(harness, "exit\r");
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_free(harness);
    close_room();
}

static void even_a_kill_gives_the_terminal_back(void **state)
{
    struct harness *harness;

    (void)state;
    open_room(NULL, "prompt=10");
    harness = open_shell();
    kill(harness_pid(harness), SIGKILL);
    assert_true(harness_wait_modes(harness, true, RESTORE_MS));
    harness_free(harness);
    close_room();
}

static void a_node_that_is_gone_can_be_left(void **state)
{
    struct harness *harness;

    (void)state;
    open_room("pause:ms=0,after=12", "prompt=10");
    harness = open_shell();
    type(harness, "while echo x; do sleep 0.1; done\r");
    assert_true(harness_wait(harness, "does not answer", PATIENCE_MS));
    type(harness, "\r~.");
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    assert_true(harness_wait_modes(harness, true, PATIENCE_MS));
    harness_free(harness);
    close_room();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_gives_its_output_and_its_status),
        cmocka_unit_test(a_document_without_a_status_ends_with_0),
        cmocka_unit_test(a_program_that_writes_nothing_first),
        cmocka_unit_test(a_node_that_asks_for_encryption_late),
        cmocka_unit_test(a_command_leaves_standard_input_alone),
        cmocka_unit_test(a_command_that_somebody_ends_is_no_success),
        cmocka_unit_test(what_cannot_be_done_is_255),
        cmocka_unit_test(what_is_read_only_is_not_entered),
        cmocka_unit_test(a_shell_in_a_pipeline),
        cmocka_unit_test(a_closed_input_is_at_its_end),
        cmocka_unit_test(an_output_that_cannot_be_written_is_said),
        cmocka_unit_test(a_port_is_one_stream_or_refused),
        cmocka_unit_test(an_encrypted_shell_in_a_pipeline),
        cmocka_unit_test(a_bad_line_changes_no_byte),
        cmocka_unit_test(neither_does_a_socket_that_is_lost),
        cmocka_unit_test(a_forward_carries_bytes),
        cmocka_unit_test(so_it_does_with_an_old_agent),
        cmocka_unit_test(a_port_in_use_is_said),
        cmocka_unit_test(a_terminal_is_the_nodes_until_it_is_left),
        cmocka_unit_test(every_key_is_the_nodes),
        cmocka_unit_test(the_way_out_is_told_and_ends_its_line),
        cmocka_unit_test(nothing_asks_the_users_terminal),
        cmocka_unit_test(nor_does_a_command),
        cmocka_unit_test(even_a_kill_gives_the_terminal_back),
        cmocka_unit_test(a_node_that_is_gone_can_be_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
