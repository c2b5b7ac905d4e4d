/*
 * Files to a node and from it on the command line: the sandbox's nodes lead to an sshd of
 * OpenSSH's, whose files are this machine's.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/screens/helper_sshd.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 120000
#define LARGE_BYTES ((size_t)5 << 19) /* more than is under way at once */
#define SMALL_BYTES ((size_t)3 << 19)
#define SOME_BYTES  (256 << 10) /* of a transfer that is then interrupted */

static struct room room;
static struct sandbox sandbox;
static struct sshd sshd;
static char node[64], root_at_node[80];

/* --- the room -------------------------------------------------------------------------------- */

/* What tests of a room have: keys, a server behind port 22, a sandbox. */
static void open_room_with(const char *fault, const char *session, const char *host_kind,
                           int limit_kb)
{
    char options[512];
    const char *more[] = {"--session", options, fault != NULL ? "--fault" : NULL, fault, NULL};

    if (!sshd_is_there())
        skip();
    signal(SIGPIPE, SIG_IGN);
    unsetenv("TMPDIR");
    room_open(&room);
    chmod(room.dir, 0755); /* for users that are not root */
    room_sanitize(&room, "detect_leaks=1:handle_segv=0:handle_abort=0");
    env_add(&room.env, "SSH_AUTH_SOCK", "");
    sshd_make_key(&room, host_kind, "host", "");
    sshd_start(&sshd, &room, "host", limit_kb);
    snprintf(options, sizeof options, "prompt=10,port=22:%u,keys=%s%s%s", sshd.port,
             room_path(&room, "keys"), session != NULL ? "," : "", session != NULL ? session : "");
    sandbox_start(&sandbox, &room, more);
    if (node[0] == '\0') /* the world is the same each time */
        room_find_node(&room, "ping:=Online", node, sizeof node);
    snprintf(root_at_node, sizeof root_at_node, "root@%s", node);
}

static void open_room(void)
{
    open_room_with(NULL, NULL, "ed25519", 0);
}

static void close_room(void)
{
    sandbox_stop(&sandbox);
    sshd_stop(&sshd);
    room_close(&room);
}

/* watchdeck WORD USER@NODE FROM TO --accept-new ..., off a terminal. */
static void copy(struct outcome *outcome, const char *word, const char *whom, const char *from,
                 const char *to, const char *option, const char *value)
{
    const char *argv[] = {WATCHDECK, word, whom, from, to, "--accept-new", option, value, NULL};

    room_run(&room, outcome, argv);
}

static void assert_status(struct outcome *outcome, int status)
{
    if (outcome->status != status)
        fwrite(outcome->err.ptr, 1, outcome->err.len, stderr); /* a sanitizer's words are many */
    assert_int_equal(outcome->status, status);
}

static void assert_done(struct outcome *outcome)
{
    assert_status(outcome, 0);
    outcome_done(outcome);
}

static void assert_refused(struct outcome *outcome, const char *why)
{
    assert_status(outcome, 255);
    if (!sv_contains(buf_sv(&outcome->err), sv_of(why)))
        fail_msg("\"%s\" has no \"%s\"", buf_cstr(&outcome->err), why);
    assert_int_equal(outcome->out.len, 0);
    outcome_done(outcome);
}

/* A file of the room with bytes that no two have in common. */
static const char *make_file(const char *name, size_t n, unsigned mode)
{
    const char *path = room_make_file(&room, name, n);

    chmod(path, mode);
    return path;
}

static void assert_same(const char *a, const char *b)
{
    struct stat about_a, about_b;

    room_assert_same(&room, a, b);
    stat(room_path(&room, a), &about_a);
    stat(room_path(&room, b), &about_b);
    assert_int_equal(about_a.st_mode, about_b.st_mode);
}

static off_t size_of(const char *name)
{
    struct stat about;

    return stat(room_path(&room, name), &about) == 0 ? about.st_size : -1;
}

static void wait_for_size(const char *name, off_t size)
{
    int64_t end_ms = test_now_ms() + PATIENCE_MS;

    while (size_of(name) < size && test_now_ms() < end_ms)
        poll(NULL, 0, 10);
    assert_true(size_of(name) >= size);
}

/* --- whole files ----------------------------------------------------------------------------- */

static void there_and_back_no_byte_is_changed(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room();
    make_file("large", LARGE_BYTES, 0640);
    copy(&outcome, "put", root_at_node, room_path(&room, "large"), room_path(&room, "there"), NULL,
         NULL);
    assert_done(&outcome);
    assert_same("large", "there");
    copy(&outcome, "get", root_at_node, room_path(&room, "there"), room_path(&room, "back"), NULL,
         NULL);
    assert_true(sv_ends(buf_sv(&outcome.out), SV("/back\n"))); /* as sha256sum has it */
    assert_done(&outcome);
    assert_same("large", "back");
    assert_false(file_exists(room_path(&room, "back.part")));
    close_room();
}

/* Into a folder, over a file that is there, with a name that a shell would take apart. */
static void names_are_kept(void **state)
{
    static const char odd[] = "it's $(odd); \"name\"";
    struct outcome outcome;
    char path[300];

    (void)state;
    open_room();
    make_file(odd, 1000, 0755);
    mkdir(room_path(&room, "folder"), 0755);
    snprintf(path, sizeof path, "folder/%s", odd);
    for (int i = 0; i < 2; i++) {
        copy(&outcome, "put", root_at_node, room_path(&room, odd), room_path(&room, "folder"), NULL,
             NULL);
        assert_done(&outcome);
        assert_same(odd, path);
        make_file(odd, 2000, 0600); /* and over it the second time */
    }
    mkdir(room_path(&room, "here"), 0755);
    copy(&outcome, "get", root_at_node, room_path(&room, path), room_path(&room, "here"), NULL,
         NULL);
    assert_done(&outcome);
    snprintf(path, sizeof path, "here/%s", odd);
    assert_same(odd, path);
    make_file("empty", 0, 0644);
    copy(&outcome, "get", root_at_node, room_path(&room, "empty"), room_path(&room, "nothing"),
         NULL, NULL);
    assert_done(&outcome);
    assert_same("empty", "nothing");
    close_room();
}

/* --- interrupted ones ------------------------------------------------------------------------ */

static pid_t start(const char *word, const char *from, const char *to)
{
    const char *argv[] = {WATCHDECK, word, root_at_node, from, to, "--accept-new", NULL};
    pid_t pid = fork();

    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        for (size_t i = 0; i < room.env.n; i++)
            putenv(room.env.entries[i]);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    return pid;
}

static int interrupt(pid_t pid, int signo)
{
    int status;

    kill(pid, signo);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* On a terminal, whose last lines say how it went. */
static void finish(const char *word, const char *from, const char *to, bool has_resumed)
{
    const char *argv[] = {WATCHDECK, word, root_at_node, from, to, NULL};
    struct harness *harness = console_spawn(&room, argv, 24, 200);

    assert_true(harness_wait(harness, "the node has the same SHA-256", PATIENCE_MS));
    assert_int_equal(harness_has(harness, " were there"), has_resumed);
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_free(harness);
}

static void what_came_is_gone_on_with(void **state)
{
    char from[256], to[256];

    (void)state;
    open_room_with(NULL, "pace=1000", "ed25519", 0);
    make_file("a", SMALL_BYTES, 0644);
    str_copy(from, room_path(&room, "a"));
    str_copy(to, room_path(&room, "b"));
    pid_t pid = start("get", from, to);
    wait_for_size("b.part", SOME_BYTES);
    assert_int_equal(interrupt(pid, SIGINT), 128 + SIGINT);
    assert_false(file_exists(to));
    assert_true(size_of("b.part") >= SOME_BYTES);
    finish("get", from, to, true);
    assert_same("a", "b");
    close_room();
}

/* What is there of another file is thrown away. */
static void other_beginnings_do_not_count(void **state)
{
    char from[256], to[256];

    (void)state;
    open_room();
    make_file("a", 1 << 20, 0644);
    make_file("b.part", 1 << 19, 0600);
    str_copy(from, room_path(&room, "a"));
    str_copy(to, room_path(&room, "b"));
    struct outcome outcome;
    copy(&outcome, "get", root_at_node, from, to, NULL, NULL);
    assert_done(&outcome);
    assert_same("a", "b");
    make_file("c.part", 1 << 19, 0600);
    str_copy(to, room_path(&room, "c"));
    finish("put", from, to, false);
    assert_same("a", "c");
    close_room();
}

static void what_went_is_gone_on_with(void **state)
{
    char from[256], to[256];

    (void)state;
    open_room();
    make_file("a", SMALL_BYTES, 0644);
    str_copy(from, room_path(&room, "a"));
    str_copy(to, room_path(&room, "b"));
    pid_t pid = start("put", from, to);
    wait_for_size("b.part", SOME_BYTES);
    assert_int_equal(interrupt(pid, SIGKILL), 128 + SIGKILL);
    finish("put", from, to, true);
    assert_same("a", "b");
    close_room();
}

/* The session itself lives on over another socket: nothing has to be begun again. */
static void a_socket_that_is_lost_is_no_end(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room_with("bye:after=300,first=1;drop:after=1200,first=1;lose:rate=0.02", "resend=all",
                   "ed25519", 0);
    make_file("a", 1 << 20, 0644);
    copy(&outcome, "put", root_at_node, room_path(&room, "a"), room_path(&room, "b"), NULL, NULL);
    assert_done(&outcome);
    assert_same("a", "b");
    copy(&outcome, "get", root_at_node, room_path(&room, "b"), room_path(&room, "c"), NULL, NULL);
    assert_done(&outcome);
    assert_same("a", "c");
    close_room();
}

/* --- what cannot be -------------------------------------------------------------------------- */

static void failures_say_what_to_do(void **state)
{
    struct outcome outcome;
    char here[256], there[256];

    (void)state;
    open_room();
    str_copy(here, make_file("here", 1000, 0600));
    mkdir(room_path(&room, "locked"), 0700);
    str_copy(there, room_path(&room, "locked/there"));
    copy(&outcome, "get", root_at_node, room_path(&room, "none"), here, NULL, NULL);
    assert_refused(&outcome, "there is no such file on the node");
    copy(&outcome, "put", root_at_node, room_path(&room, "none"), there, NULL, NULL);
    assert_refused(&outcome, "No such file");
    copy(&outcome, "get", root_at_node, room.dir, here, NULL, NULL);
    assert_refused(&outcome, "is a folder");
    copy(&outcome, "put", root_at_node, room.dir, there, NULL, NULL);
    assert_refused(&outcome, "is a folder");
    copy(&outcome, "put", root_at_node, here, "/no/such/folder", NULL, NULL);
    assert_refused(&outcome, "no such file or folder on the node");
    copy(&outcome, "put", node, here, there, "--user", "nobody");
    assert_refused(&outcome, "permission denied to the user nobody");
    copy(&outcome, "get", node, here, there, "--user", "nobody");
    assert_refused(&outcome, "permission denied to the user nobody");
    copy(&outcome, "get", node, here, there, NULL, NULL);
    assert_refused(&outcome, "the user ec2-user was not let in by: no agent");
    copy(&outcome, "put", root_at_node, here, there, "--read-only", NULL);
    assert_refused(&outcome, "read-only");
    copy(&outcome, "get", root_at_node, here, NULL, NULL, NULL);
    assert_int_equal(outcome.status, 2);
    outcome_done(&outcome);
    sshd_stop(&sshd);
    copy(&outcome, "get", root_at_node, here, there, NULL, NULL);
    assert_refused(&outcome, "nothing answers on that port. See whether sshd is installed");
    sshd_start(&sshd, &room, "host", 0);
    close_room();
}

/* Nothing here is set up, so that whoever was asked would say something else. */
static void this_machine_is_looked_at_first(void **state)
{
    static const struct {
        const char *word, *from, *to, *why;
    } cases[] = {
        {"put", "/no/such/file", "/there", "/no/such/file: not found: cannot be read"},
        {"put", "/etc", "/there", "is a folder: -r copies"},
        {"put", "/dev/null", "/there", "is no regular file"},
        {"get", "/there", "/no/such/folder/here", "/no/such/folder/: not found: nothing can be"},
        {"get", "/there", "/dev/null", "is there and is no regular file"},
    };

    (void)state;
    unsetenv("TMPDIR");
    room_open(&room);
    env_add(&room.env, "AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct outcome outcome;
        copy(&outcome, cases[i].word, "i-0123456789abcdef0", cases[i].from, cases[i].to, NULL,
             NULL);
        assert_refused(&outcome, cases[i].why);
    }
    room_close(&room);
}

/* A user who may run no programs has nothing compared, and is told. */
static void without_programs_nothing_is_compared(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room();
    make_file("a", 1000, 0644);
    copy(&outcome, "get", node, room_path(&room, "a"), room_path(&room, "b"), "--user", "nobody");
    assert_true(sv_contains(buf_sv(&outcome.err), SV("not compared")));
    assert_done(&outcome);
    assert_same("a", "b");
    close_room();
}

static void a_full_disk_is_said(void **state)
{
    struct outcome outcome;
    char script[1024];
    const char *bash[] = {"/bin/bash", "-c", script, NULL};

    (void)state;
    open_room_with(NULL, NULL, "ed25519", 512);
    make_file("a", SMALL_BYTES, 0644);
    copy(&outcome, "put", root_at_node, room_path(&room, "a"), room_path(&room, "b"), NULL, NULL);
    assert_refused(&outcome, "the node could not do it; is its disk full");
    snprintf(script, sizeof script, "ulimit -f 512; exec %s get %s %s %s --accept-new", WATCHDECK,
             root_at_node, room_path(&room, "a"), room_path(&room, "c"));
    room_run(&room, &outcome, bash);
    assert_refused(&outcome, "File too large");
    assert_false(file_exists(room_path(&room, "c")));
    close_room();
}

/* --- keys of hosts --------------------------------------------------------------------------- */

static void a_host_is_asked_about_once(void **state)
{
    const char *argv[] = {WATCHDECK, "get", root_at_node, "/etc/hostname", NULL, NULL};
    char to[256];
    struct outcome outcome;

    (void)state;
    open_room();
    str_copy(to, room_path(&room, "b"));
    argv[4] = to;
    room_run(&room, &outcome, argv);
    assert_refused(&outcome, "--accept-new takes a new one");
    struct harness *harness = console_spawn(&room, argv, 24, 200);
    assert_true(harness_wait(harness, "the key ED25519 SHA256:", PATIENCE_MS));
    harness_send(harness, SV("no\r"));
    assert_int_equal(console_end(harness, PATIENCE_MS), 255);
    harness_free(harness);
    harness = console_spawn(&room, argv, 24, 200);
    assert_true(harness_wait(harness, "Is that the node? (yes/no)", PATIENCE_MS));
    harness_send(harness, SV("yes\r"));
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_free(harness);
    room_run(&room, &outcome, argv);
    assert_done(&outcome);
    close_room();
}

static void another_host_is_refused(void **state)
{
    AUTO(buf_done) struct buf known = BUF_NONE, line = BUF_NONE;
    struct outcome outcome;

    (void)state;
    open_room();
    sshd_make_key(&room, "ed25519", "other", "");
    file_read(room_path(&room, "other.pub"), &known);
    buf_addf(&line, "# a comment\n@cert-authority * ssh-rsa AAAA\nsomebody else\n%s %s", node,
             buf_cstr(&known));
    mkdir(room_path(&room, ".ssh"), 0700);
    file_write(room_path(&room, ".ssh/known_hosts"), buf_sv(&line));
    copy(&outcome, "get", root_at_node, "/etc/hostname", room_path(&room, "b"), NULL, NULL);
    assert_refused(&outcome, "ssh-keygen -R '");
    close_room();
}

static void a_host_with_rsa_alone_is_explained(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room_with(NULL, NULL, "rsa", 0);
    copy(&outcome, "get", root_at_node, "/etc/hostname", room_path(&room, "b"), NULL, NULL);
    assert_refused(&outcome, "host keys: the node has only rsa-sha2-512,rsa-sha2-256");
    close_room();
}

/* --- keys of people -------------------------------------------------------------------------- */

static void let_in(const char *name)
{
    AUTO(buf_done) struct buf key = BUF_NONE;
    char public_name[64];

    snprintf(public_name, sizeof public_name, "%s.pub", name);
    file_read(room_path(&room, public_name), &key);
    file_write(room_path(&room, "keys/any"), buf_sv(&key));
}

static void keys_of_files(void **state)
{
    struct outcome outcome;
    char key[256], to[256];

    (void)state;
    open_room();
    str_copy(to, room_path(&room, "b"));
    /* libssh2 1.10 keeps some bytes of an ecdsa key for ever */
    room_sanitize(&room, "detect_leaks=0:handle_segv=0:handle_abort=0");
    static const char *const kinds[] = {"ed25519", "ecdsa"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        sshd_make_key(&room, kinds[i], kinds[i], "");
        let_in(kinds[i]);
        str_copy(key, room_path(&room, kinds[i]));
        copy(&outcome, "get", root_at_node, "/etc/hostname", to, "--identity", key);
        assert_done(&outcome);
    }
    copy(&outcome, "get", root_at_node, "/etc/hostname", to, "--identity", "/etc/hostname");
    assert_refused(&outcome, "is no private key");
    sshd_make_key(&room, "rsa", "rsa", "");
    copy(&outcome, "get", root_at_node, "/etc/hostname", to, "--identity", room_path(&room, "rsa"));
    assert_refused(&outcome, "is an RSA key");
    close_room();
}

static void a_passphrase_is_asked_for(void **state)
{
    char key[256], to[256];
    const char *argv[] = {WATCHDECK,    "get", root_at_node, "/etc/hostname", to, "--accept-new",
                          "--identity", key,   NULL};
    struct outcome outcome;

    (void)state;
    open_room();
    sshd_make_key(&room, "ed25519", "secret", "open sesame");
    let_in("secret");
    str_copy(key, room_path(&room, "secret"));
    str_copy(to, room_path(&room, "b"));
    room_run(&room, &outcome, argv);
    assert_refused(&outcome, "was not opened: no passphrase");
    struct harness *harness = console_spawn(&room, argv, 24, 200);
    assert_true(harness_wait(harness, "Passphrase of ", PATIENCE_MS));
    harness_send(harness, SV("close sesame\r"));
    assert_true(harness_wait(harness, "That was not it. Passphrase of ", PATIENCE_MS));
    harness_send(harness, SV("open sesame\r"));
    assert_true(harness_wait(harness, "the node has the same SHA-256", PATIENCE_MS));
    assert_false(harness_has(harness, "sesame"));
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_free(harness);
    close_room();
}

static void keys_of_an_agent(void **state)
{
    char script[1024], key[256], to[256];
    const char *bash[] = {"/bin/bash", "-c", script, NULL};
    struct outcome outcome;

    (void)state;
    open_room();
    sshd_make_key(&room, "ed25519", "user", "");
    sshd_make_key(&room, "rsa", "rsa", "");
    let_in("user");
    str_copy(key, room_path(&room, "user"));
    str_copy(to, room_path(&room, "b"));
    snprintf(script, sizeof script,
             "eval $(ssh-agent) >/dev/null; ssh-add -q %s %s; %s get %s /etc/hostname %s "
             "--accept-new --identity agent; status=$?; kill $SSH_AGENT_PID; exit $status",
             room_path(&room, "rsa"), key, WATCHDECK, root_at_node, to);
    room_run(&room, &outcome, bash);
    assert_done(&outcome);
    snprintf(script, sizeof script,
             "eval $(ssh-agent) >/dev/null; ssh-add -q %s; %s get %s /etc/hostname %s "
             "--accept-new --identity agent; status=$?; kill $SSH_AGENT_PID; exit $status",
             room_path(&room, "rsa"), WATCHDECK, root_at_node, to);
    room_run(&room, &outcome, bash);
    assert_refused(&outcome, "its RSA keys cannot be used here");
    close_room();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back_no_byte_is_changed),
        cmocka_unit_test(names_are_kept),
        cmocka_unit_test(what_came_is_gone_on_with),
        cmocka_unit_test(other_beginnings_do_not_count),
        cmocka_unit_test(what_went_is_gone_on_with),
        cmocka_unit_test(a_socket_that_is_lost_is_no_end),
        cmocka_unit_test(failures_say_what_to_do),
        cmocka_unit_test(this_machine_is_looked_at_first),
        cmocka_unit_test(without_programs_nothing_is_compared),
        cmocka_unit_test(a_full_disk_is_said),
        cmocka_unit_test(a_host_is_asked_about_once),
        cmocka_unit_test(another_host_is_refused),
        cmocka_unit_test(a_host_with_rsa_alone_is_explained),
        cmocka_unit_test(keys_of_files),
        cmocka_unit_test(a_passphrase_is_asked_for),
        cmocka_unit_test(keys_of_an_agent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
