/*
 * Files to nodes and from them in the console: put together on a sheet, going on while other
 * screens are looked at, asked about, given up and gone on with. The nodes lead to an sshd of
 * OpenSSH's.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/screens/helper_sshd.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 60000
#define BYTES       ((size_t)5 << 20)
#define SOME_BYTES  (512 << 10) /* of a transfer that is then given up */

static struct room room;
static struct sandbox sandbox;
static struct sshd sshd;

/* --- the room -------------------------------------------------------------------------------- */

static void open_room(const char *session)
{
    char options[512];
    const char *more[] = {"--world", "accounts=12,regions=2,resources=600,seed=11", "--session",
                          options, NULL};

    if (!sshd_is_there())
        skip();
    signal(SIGPIPE, SIG_IGN);
    unsetenv("TMPDIR");
    room_open(&room);
    room_sanitize(&room, "detect_leaks=0:handle_segv=0:handle_abort=0");
    env_add(&room.env, "SSH_AUTH_SOCK", "");
    sshd_make_key(&room, "ed25519", "host", "");
    sshd_start(&sshd, &room, "host", 0);
    snprintf(options, sizeof options, "prompt=10,port=22:%u,keys=%s,%s", sshd.port,
             room_path(&room, "keys"), session);
    sandbox_start(&sandbox, &room, more);
}

static void close_room(void)
{
    sandbox_stop(&sandbox);
    sshd_stop(&sshd);
    room_close(&room);
}

static void wait_for_size(const char *name, off_t size)
{
    int64_t end_ms = test_now_ms() + PATIENCE_MS;
    struct stat about = {0};

    while (about.st_size < size && test_now_ms() < end_ms) {
        poll(NULL, 0, 10);
        if (stat(room_path(&room, name), &about) != 0)
            about.st_size = 0;
    }
    assert_true(about.st_size >= size);
}

/* --- the console ------------------------------------------------------------------------------ */

/* Fills in the sheet of the node at hand and begins; key "": as it comes. */
static void begin(struct harness *harness, bool is_put, const char *there, const char *here,
                  const char *key)
{
    console_type(harness, "T");
    console_wait(harness, "get: from the node");
    if (is_put)
        assert_true(harness_keys(harness, "Right"));
    console_type(harness, there);
    assert_true(harness_keys(harness, "Tab ctrl-u"));
    console_type(harness, here);
    assert_true(harness_keys(harness, "Tab ctrl-u"));
    console_type(harness, "root");
    assert_true(harness_keys(harness, "Tab"));
    console_type(harness, key);
    assert_true(harness_keys(harness, "Enter"));
    console_wait(harness, "ON THE NODE");
}

/* The same of a folder that comes from the node. */
static void begin_folder(struct harness *harness, const char *there, const char *here)
{
    console_type(harness, "T");
    console_wait(harness, "get: from the node");
    assert_true(harness_keys(harness, "shift-Tab Right"));
    console_wait(harness, "(*) a folder");
    assert_true(harness_keys(harness, "Tab"));
    console_type(harness, there);
    assert_true(harness_keys(harness, "Tab ctrl-u"));
    console_type(harness, here);
    assert_true(harness_keys(harness, "Tab ctrl-u"));
    console_type(harness, "root");
    assert_true(harness_keys(harness, "Enter"));
    console_wait(harness, "ON THE NODE");
}

static void trust_host(struct harness *harness)
{
    console_wait(harness, "asks: Enter");
    console_type(harness, ":sync"); /* is no answer */
    console_wait(harness, ":sync");
    assert_true(harness_keys(harness, "Esc"));
    assert_true(harness_wait_gone(harness, ":sync", PATIENCE_MS));
    console_wait(harness, "asks: Enter");
    console_type(harness, "\r");
    console_wait(harness, "ED25519 SHA256:");
    console_type(harness, "y");
}

static void leave(struct harness *harness)
{
    kill(harness_pid(harness), SIGTERM);
    console_end(harness, PATIENCE_MS);
    harness_free(harness);
}

/* --- the tests -------------------------------------------------------------------------------- */

/* The second one knows the host, and is done while something else is looked at. */
static void there_and_back(void **state)
{
    char a[256], b[256], c[256];

    (void)state;
    open_room("limit=0");
    str_copy(a, room_make_file(&room, "a", 1 << 20));
    str_copy(b, room_path(&room, "b"));
    str_copy(c, room_path(&room, "c"));
    struct harness *harness = console_open_nodes(&room, 30, 150);
    begin(harness, true, b, a, "");
    trust_host(harness);
    console_wait(harness, "the node has the same SHA-256");
    room_assert_same(&room, "a", "b");
    console_type(harness, "q");
    console_wait(harness, "PATCH");
    begin(harness, false, b, c, "");
    console_type(harness, ":accounts\r");
    console_wait(harness, "the node has the same SHA-256");
    room_assert_same(&room, "a", "c");
    leave(harness);
    close_room();
}

static void it_is_given_up_and_gone_on_with(void **state)
{
    char a[256], b[256];

    (void)state;
    open_room("pace=1000");
    str_copy(a, room_make_file(&room, "a", BYTES));
    str_copy(b, room_path(&room, "b"));
    struct harness *harness = console_open_nodes(&room, 30, 150);
    begin(harness, false, a, b, "");
    trust_host(harness);
    console_wait(harness, "copying");
    console_wait(harness, "1 transfer");
    wait_for_size("b.part", SOME_BYTES);
    console_type(harness, "x");
    console_wait(harness, "given up");
    assert_true(file_exists(room_path(&room, "b.part")));
    console_type(harness, "r");
    console_wait(harness, " were there");
    room_assert_same(&room, "a", "b");
    console_type(harness, "x"); /* and now it is forgotten */
    assert_true(harness_wait_gone(harness, " were there", PATIENCE_MS));
    leave(harness);
    close_room();
}

static void a_key_is_opened_without_being_shown(void **state)
{
    AUTO(buf_done) struct buf key = BUF_NONE;
    char path[256], to[256];

    (void)state;
    open_room("limit=0");
    sshd_make_key(&room, "ed25519", "secret", "open sesame");
    file_read(room_path(&room, "secret.pub"), &key);
    file_write(room_path(&room, "keys/any"), buf_sv(&key));
    str_copy(path, room_path(&room, "secret"));
    str_copy(to, room_path(&room, "b"));
    struct harness *harness = console_open_nodes(&room, 30, 150);
    begin(harness, false, "/etc/hostname", to, path);
    trust_host(harness);
    console_wait(harness, "is locked:");
    console_type(harness, "close sesame\r");
    console_wait(harness, "That was not it.");
    console_type(harness, "open sesame");
    console_wait(harness, "***********");
    assert_false(harness_has(harness, "sesame"));
    console_type(harness, "\r");
    console_wait(harness, "the node has the same SHA-256");
    leave(harness);
    close_room();
}

static void what_cannot_be_is_said(void **state)
{
    char to[256];

    (void)state;
    open_room("limit=0");
    str_copy(to, room_path(&room, "b"));
    struct harness *harness = console_open_nodes(&room, 30, 150);
    console_type(harness, "T");
    console_wait(harness, "get: from the node");
    console_type(harness, "\r");
    console_wait(harness, "which file on the node?");
    assert_true(harness_keys(harness, "Esc"));
    console_wait(harness, "PATCH");
    begin(harness, false, "/no/such", to, "");
    trust_host(harness);
    console_wait(harness, "there is no such file on the node");
    console_wait(harness, "FAILED");
    leave(harness);
    close_room();
}

/* What was left out is named by d. */
static void a_folder_comes_over(void **state)
{
    char from[256], to[256];

    (void)state;
    open_room("limit=0");
    str_copy(from, room_path(&room, "src"));
    str_copy(to, room_path(&room, "to"));
    mkdir(from, 0755);
    room_make_file(&room, "src/a", 1000);
    room_make_file(&room, "src/b", 300000);
    assert_int_equal(symlink("/etc/passwd", room_path(&room, "src/link")), 0);
    struct harness *harness = console_open_nodes(&room, 30, 150);
    begin_folder(harness, from, to);
    trust_host(harness);
    console_wait(harness, "2 files, 301.0 kB");
    console_wait(harness, "1 left out");
    room_assert_same(&room, "src/a", "to/a");
    room_assert_same(&room, "src/b", "to/b");
    assert_false(file_exists(room_path(&room, "to/link")));
    console_type(harness, "d");
    console_wait(harness, "link (a symbolic link)");
    leave(harness);
    close_room();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(a_folder_comes_over),
        cmocka_unit_test(it_is_given_up_and_gone_on_with),
        cmocka_unit_test(a_key_is_opened_without_being_shown),
        cmocka_unit_test(what_cannot_be_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
