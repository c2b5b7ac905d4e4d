#include "tests/unit/screens/helper_world.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/mem.h"

#define OUTPUT_BYTES ((size_t)8 << 20)

static void exec_sandbox(const char *spec, const char *clock, int out_fd, int parent_fd)
{
    char fd[16], world[256];

    fcntl(parent_fd, F_SETFD, 0);
    dup2(out_fd, STDOUT_FILENO);
    snprintf(fd, sizeof fd, "%d", parent_fd);
    snprintf(world, sizeof world, "parameter_reads=10000,lookups=10000,%s,start=" WORLD_NOW, spec);
    execl(BINARY_DIR "/watchdeck-sandbox", "watchdeck-sandbox", "--listen", "127.0.0.1:0",
          "--world", world, "--clock", clock, "--parent-fd", fd, NULL);
    _exit(127);
}

static void read_ready_line(struct world *world, int fd)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    struct err err;
    char c = 0;

    while (c != '\n' && read(fd, &c, 1) == 1)
        buf_add_char(&line, c);
    assert_int_equal(json_parse(buf_sv(&line), "sandbox", &world->ready, &err), OK);
    world->endpoint = sv_dup(json_sv(world->ready, "endpoint"));
}

void world_start_by(struct world *world, const char *spec, const char *clock)
{
    int out[2], parent[2];

    *world = (struct world){0};
    dir_make(world->dir);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(parent, O_CLOEXEC), 0);
    world->pid = fork();
    assert_true(world->pid >= 0);
    if (world->pid == 0)
        exec_sandbox(spec, clock, out[1], parent[0]);
    close(out[1]);
    close(parent[0]);
    world->parent_fd = parent[1];
    read_ready_line(world, out[0]);
    close(out[0]);
}

void world_start(struct world *world, const char *spec)
{
    world_start_by(world, spec, "manual");
}

void world_stop(struct world *world)
{
    close(world->parent_fd);
    waitpid(world->pid, NULL, 0);
    json_free(world->ready);
    mem_free(world->endpoint);
    dir_remove(world->dir);
}

void outcome_done(struct outcome *outcome)
{
    buf_done(&outcome->out);
    buf_done(&outcome->err);
}

/* --- running programs ------------------------------------------------------------------------ */

/* Both pipes until they end: neither may fill up while the other is read. */
static void drain(int out_fd, int err_fd, struct outcome *outcome)
{
    struct pollfd fds[2] = {{.fd = out_fd, .events = POLLIN}, {.fd = err_fd, .events = POLLIN}};
    struct buf *bufs[2] = {&outcome->out, &outcome->err};

    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        poll(fds, 2, -1);
        for (int i = 0; i < 2; i++) {
            char bytes[65536];
            ssize_t n;

            if (fds[i].fd < 0 || fds[i].revents == 0)
                continue;
            n = read(fds[i].fd, bytes, sizeof bytes);
            if (n <= 0)
                fds[i].fd = -1;
            else
                buf_add(bufs[i], (struct sv){bytes, (size_t)n});
        }
    }
}

void program_run(const char *const *argv, struct outcome *outcome)
{
    int out[2], err[2], status = -1;
    pid_t pid;

    *outcome = (struct outcome){.out = BUF_CAPPED(OUTPUT_BYTES), .err = BUF_CAPPED(OUTPUT_BYTES)};
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(out[1]);
    close(err[1]);
    drain(out[0], err[0], outcome);
    close(out[0]);
    close(err[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    outcome->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void set_env(const char *name, struct sv text)
{
    AUTO_FREE char *value = sv_dup(text);

    setenv(name, value, 1);
}

/* The principal's keys, and nothing else of the machine's. */
static void set_principal(const struct world *world, const char *who)
{
    const cJSON *item = json_items(world->ready, "principals");

    while (item != NULL && !sv_eq_cstr(json_sv(item, "name"), who))
        item = item->next;
    assert_non_null(item);
    setenv("HOME", world->dir, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_STATE_HOME");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("AWS_PROFILE");
    unsetenv("AWS_SESSION_TOKEN");
    set_env("AWS_REGION", json_sv(world->ready, "region"));
    set_env("AWS_ACCESS_KEY_ID", json_sv(item, "access_key_id"));
    set_env("AWS_SECRET_ACCESS_KEY", json_sv(item, "secret_access_key"));
}

void world_run(const struct world *world, const char *who, struct outcome *outcome,
               const char *words, ...)
{
    const char *argv[WORLD_ARGS_MAX] = {BINARY_DIR "/watchdeck",
                                        "--endpoint-url",
                                        world->endpoint,
                                        "--now",
                                        WORLD_NOW,
                                        "--budget",
                                        "off"};
    char line[1024], state[DIR_PATH_SIZE], *at = line, *word;
    size_t n = 7;
    va_list args;

    va_start(args, words);
    vsnprintf(line, sizeof line, words, args);
    va_end(args);
    dir_path(world->dir, "state", state);
    argv[n++] = "--state-dir";
    argv[n++] = state;
    while ((word = strsep(&at, " ")) != NULL && n < WORLD_ARGS_MAX - 1) {
        if (word[0] != '\0')
            argv[n++] = word;
    }
    set_principal(world, who);
    program_run(argv, outcome);
}
