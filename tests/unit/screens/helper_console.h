/*
 * helper_console: what tests of the whole program share: a sandbox of their own, the program on a
 * terminal, and the program without one.
 */
#ifndef TESTS_UNIT_SCREENS_HELPER_CONSOLE_H
#define TESTS_UNIT_SCREENS_HELPER_CONSOLE_H

#include "core/base/str.h"
#include "tests/harness/harness.h"
#include "tests/support/dir.h"
#include "tests/unit/screens/helper_world.h"

#define WATCHDECK   BINARY_DIR "/watchdeck"
#define SMALL_WORLD "accounts=6,regions=2,resources=120,seed=7"
#define ENV_MAX     96

/* "NAME=VALUE" each, with a NULL behind the last: what a program is to find in its environment. */
struct env {
    char *entries[ENV_MAX + 1];
    size_t n;
};
/* Sets one, in the place of an earlier one of that name. */
void env_add(struct env *env, const char *name, const char *value);
void env_done(struct env *env);

/* A fresh folder to live in, with a HOME and nothing of AWS in the environment. */
struct room {
    char dir[DIR_PATH_SIZE];
    struct env env;
};
void room_open(struct room *room);
void room_close(struct room *room);
/* What the sanitizer of the room's programs is told besides what it is told in this run. */
void room_sanitize(struct room *room, const char *options);
/* DIR/name, valid until room_path has been called eight times more. */
const char *room_path(const struct room *room, const char *name);

/* A file of n bytes, no two pieces of it alike. Its path, as room_path. */
const char *room_make_file(const struct room *room, const char *name, size_t n);
/* Asserts that two files of it hold the same. */
void room_assert_same(const struct room *room, const char *a, const char *b);

/* What stands in watchdeck.conf of the programs of the room from now on; "alone_wait = 0" and
 * "budget = off" among it, so that nobody waits. */
void room_configure(const struct room *room, const char *lines);

/* watchdeck-sandbox over SMALL_WORLD; its address and keys are put into the room's environment.
 * more: further arguments, NULL-terminated, or NULL. */
struct principal {
    char name[32], access_key_id[64], secret_access_key[64];
};
struct sandbox {
    struct principal principals[8];
    pid_t pid;
    int parent_fd;
    char endpoint[128], control[256];
    char management_account[16], sso_start_url[128], sso_region[32];
};
void sandbox_start(struct sandbox *sandbox, struct room *room, const char *const *more);
void sandbox_stop(struct sandbox *sandbox);
/* Who runs programs of the room from now on: "oncall" at first. */
void sandbox_be(const struct sandbox *sandbox, struct room *room, const char *who);
/* The same, and nobody else gets its port before the descriptor is closed: who asks there is
 * refused, whatever else is being tested. */
int sandbox_stop_for_good(struct sandbox *sandbox);

/* Posts body to what ("sso", "sessions") of its control path; appends the whole answer, which has
 * to be good. */
void sandbox_control(const struct sandbox *sandbox, const char *what, const char *body,
                     struct buf *answer);

/* Runs a program of the room without a terminal: argv[0] is its path. */
void room_run(const struct room *room, struct outcome *outcome, const char *const *argv);

/* The id of the first node whose row that filter keeps ("ping:=Online"). */
void room_find_node(const struct room *room, const char *filter, char *node, size_t size);

/* The console on a terminal of rows x cols. */
struct harness *console_spawn(const struct room *room, const char *const *argv, int rows, int cols);
/* Sends the keys of text, as a person types them. */
void console_type(struct harness *harness, const char *text);
/* Waits until text is on the screen; fails with what is there instead. */
void console_wait(struct harness *harness, const char *text);
/* The console on the list of the nodes that can be reached, in an account that may be changed. */
struct harness *console_open_nodes(const struct room *room, int rows, int cols);
/* From there: a shell on the first of them, which has answered. */
struct harness *console_open_shell(const struct room *room, int rows, int cols);
/* Its exit status (128 and the signal that killed it); -1: it is still running after timeout_ms. */
int console_end(struct harness *harness, int timeout_ms);

/* The processes that pid has started, those of its threads included; at most max. */
size_t children_of(pid_t pid, pid_t *children, size_t max);
/* Waits until pid has ended (a zombie has); false after timeout_ms. */
bool process_wait_gone(pid_t pid, int timeout_ms);

int64_t test_now_ms(void);

#endif
