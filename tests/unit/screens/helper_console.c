#include "tests/unit/screens/helper_console.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/os.h"
#include "tests/unit/unit.h"

#define PATHS_KEPT  8
#define POLL_MS     5
#define PATIENCE_MS 150000 /* machines may be busy otherwise */

int64_t test_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- the environment ------------------------------------------------------------------------ */

void env_add(struct env *env, const char *name, const char *value)
{
    struct buf entry = BUF_NONE;

    assert_true(env->n < ENV_MAX);
    buf_addf(&entry, value != NULL ? "%s=%s" : "%s", name, value);
    env->entries[env->n++] = buf_take(&entry);
}

void env_done(struct env *env)
{
    for (size_t i = 0; i < env->n; i++)
        mem_free(env->entries[i]);
    *env = (struct env){0};
}

static void apply(const struct env *env)
{
    for (size_t i = 0; i < env->n; i++) {
        char *equals = strchr(env->entries[i], '=');
        if (equals == NULL) {
            unsetenv(env->entries[i]);
            continue;
        }
        AUTO_FREE char *name =
            sv_dup((struct sv){env->entries[i], (size_t)(equals - env->entries[i])});
        setenv(name, equals + 1, 1);
    }
}

/* --- the room ------------------------------------------------------------------------------- */

void room_open(struct room *room)
{
    static const char *const unset[] = {"AWS_PROFILE",
                                        "AWS_SESSION_TOKEN",
                                        "AWS_ACCESS_KEY_ID",
                                        "AWS_SECRET_ACCESS_KEY",
                                        "AWS_CONFIG_FILE",
                                        "AWS_ENDPOINT_URL",
                                        "XDG_STATE_HOME",
                                        "XDG_CONFIG_HOME",
                                        "XDG_CACHE_HOME",
                                        "AWS_CA_BUNDLE",
                                        "AWS_SHARED_CREDENTIALS_FILE"};

    *room = (struct room){0};
    dir_make(room->dir);
    for (size_t i = 0; i < ARRAY_LEN(unset); i++)
        env_add(&room->env, unset[i], NULL);
    env_add(&room->env, "HOME", room->dir);
    env_add(&room->env, "TMPDIR", room->dir);
    env_add(&room->env, "AWS_REGION", "us-east-1");
}

void room_close(struct room *room)
{
    env_done(&room->env);
    dir_remove(room->dir);
}

void room_sanitize(struct room *room, const char *options)
{
    const char *of_run = getenv("ASAN_OPTIONS");
    AUTO(buf_done) struct buf all = BUF_NONE;

    buf_addf(&all, "%s:%s", of_run != NULL ? of_run : "", options);
    env_add(&room->env, "ASAN_OPTIONS", buf_cstr(&all));
}

const char *room_path(const struct room *room, const char *name)
{
    static char paths[PATHS_KEPT][DIR_PATH_SIZE];
    static size_t next;
    char *path = paths[next++ % PATHS_KEPT];

    dir_path(room->dir, name, path);
    return path;
}

const char *room_make_file(const struct room *room, const char *name, size_t n)
{
    const char *path = room_path(room, name);
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    uint64_t seed = n;

    buf_reserve(&bytes, n);
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        buf_add_char(&bytes, (char)(seed >> 56));
    }
    file_write(path, buf_sv(&bytes));
    return path;
}

void room_assert_same(const struct room *room, const char *a, const char *b)
{
    AUTO(buf_done) struct buf of_a = BUF_NONE, of_b = BUF_NONE;

    file_read(room_path(room, a), &of_a);
    file_read(room_path(room, b), &of_b);
    assert_int_equal(of_a.len, of_b.len);
    assert_true(of_a.len == 0 || memcmp(of_a.ptr, of_b.ptr, of_a.len) == 0);
}

void room_configure(const struct room *room, const char *lines)
{
    AUTO(buf_done) struct buf all = BUF_NONE;

    buf_addf(&all, "alone_wait = 0\nbudget = off\n%s", lines);
    assert_int_equal(os_private_dir(room_path(room, ".config"), NULL), OK);
    assert_int_equal(os_private_dir(room_path(room, ".config/watchdeck"), NULL), OK);
    assert_int_equal(os_write_atomically(room_path(room, ".config/watchdeck/watchdeck.conf"),
                                         buf_sv(&all), 0600, NULL),
                     OK);
}

/* --- the sandbox ---------------------------------------------------------------------------- */

static void exec_sandbox(const char *const *more, int out, int parent)
{
    char fd[16];
    const char *argv[24] = {"watchdeck-sandbox", "--listen", "127.0.0.1:0", "--world", SMALL_WORLD,
                            "--parent-fd",       fd};

    snprintf(fd, sizeof fd, "%d", parent);
    for (size_t n = 7; more != NULL && *more != NULL && n < ARRAY_LEN(argv) - 1; n++)
        argv[n] = *more++;
    fcntl(parent, F_SETFD, 0);
    dup2(out, STDOUT_FILENO);
    execv(BINARY_DIR "/watchdeck-sandbox", (char *const *)argv);
    _exit(127);
}

static void read_line(int fd, struct buf *line)
{
    char c = 0;

    while (c != '\n' && read(fd, &c, 1) == 1)
        buf_add_char(line, c);
}

static void read_principals(struct sandbox *sandbox, const cJSON *ready)
{
    struct principal *to = sandbox->principals;

    for (const cJSON *item = json_items(ready, "principals");
         item != NULL && to < sandbox->principals + ARRAY_LEN(sandbox->principals);
         item = item->next, to++) {
        sv_copy(json_sv(item, "name"), to->name, sizeof to->name);
        sv_copy(json_sv(item, "access_key_id"), to->access_key_id, sizeof to->access_key_id);
        sv_copy(json_sv(item, "secret_access_key"), to->secret_access_key,
                sizeof to->secret_access_key);
    }
}

void sandbox_be(const struct sandbox *sandbox, struct room *room, const char *who)
{
    size_t i = 0;

    while (strcmp(sandbox->principals[i].name, who) != 0) {
        assert_true(sandbox->principals[i].name[0] != '\0');
        i++;
    }
    env_add(&room->env, "AWS_ACCESS_KEY_ID", sandbox->principals[i].access_key_id);
    env_add(&room->env, "AWS_SECRET_ACCESS_KEY", sandbox->principals[i].secret_access_key);
}

void sandbox_start(struct sandbox *sandbox, struct room *room, const char *const *more)
{
    static const struct {
        const char *member, *variable;
    } wanted[] = {{"access_key_id", "AWS_ACCESS_KEY_ID"},
                  {"secret_access_key", "AWS_SECRET_ACCESS_KEY"},
                  {"region", "AWS_REGION"},
                  {"endpoint", "AWS_ENDPOINT_URL"}};
    AUTO(buf_done) struct buf line = BUF_NONE;
    AUTO(json_free_at) cJSON *ready = NULL;
    int out[2], parent[2];

    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(parent, O_CLOEXEC), 0);
    *sandbox = (struct sandbox){.pid = fork(), .parent_fd = parent[1]};
    if (sandbox->pid == 0)
        exec_sandbox(more, out[1], parent[0]);
    close(out[1]);
    close(parent[0]);
    read_line(out[0], &line);
    close(out[0]);
    assert_int_equal(json_parse(buf_sv(&line), "sandbox", &ready, NULL), OK);
    sv_copy(json_sv(ready, "endpoint"), sandbox->endpoint, sizeof sandbox->endpoint);
    sv_copy(json_sv(ready, "control"), sandbox->control, sizeof sandbox->control);
    sv_copy(json_sv(ready, "management_account"), sandbox->management_account,
            sizeof sandbox->management_account);
    read_principals(sandbox, ready);
    const cJSON *sso = json_get(ready, "sso");
    sv_copy(json_sv(sso, "start_url"), sandbox->sso_start_url, sizeof sandbox->sso_start_url);
    sv_copy(json_sv(sso, "region"), sandbox->sso_region, sizeof sandbox->sso_region);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        AUTO_FREE char *value = sv_dup(json_sv(ready, wanted[i].member));
        env_add(&room->env, wanted[i].variable, value);
    }
}

void sandbox_stop(struct sandbox *sandbox)
{
    close(sandbox->parent_fd);
    assert_int_equal(waitpid(sandbox->pid, NULL, 0), sandbox->pid);
}

void sandbox_control(const struct sandbox *sandbox, const char *what, const char *body,
                     struct buf *answer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const char *authority = strstr(sandbox->control, "://") + 3;
    const char *path = strchr(authority, '/'), *port = strchr(authority, ':') + 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    AUTO(buf_done) struct buf request = BUF_NONE;
    char bytes[4096];
    ssize_t n;

    address.sin_port = htons((uint16_t)strtol(port, NULL, 10));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    buf_addf(&request,
             "POST %s/%s HTTP/1.1\r\nHost: %.*s\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
             path, what, (int)(path - authority), authority, strlen(body), body);
    assert_int_equal(os_write_all(fd, buf_sv(&request), "control", NULL), OK);
    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        buf_add(answer, (struct sv){bytes, (size_t)n});
    close(fd);
    if (strncmp(buf_cstr(answer) + strlen("HTTP/1.1 "), "200", 3) != 0)
        fail_msg("control/%s: %s", what, buf_cstr(answer));
}

int sandbox_stop_for_good(struct sandbox *sandbox)
{
    const char *port = strrchr(sandbox->endpoint, ':');
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)strtoul(port + 1, NULL, 10))};
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    sandbox_stop(sandbox);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* --- without a terminal --------------------------------------------------------------------- */

void room_run(const struct room *room, struct outcome *outcome, const char *const *argv)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    apply(&room->env);
    program_run(argv, outcome);
}

void room_find_node(const struct room *room, const char *filter, char *node, size_t size)
{
    const char *const argv[] = {WATCHDECK, "--once",   "nodes", "--format",
                                "csv",     "--filter", filter,  NULL};
    struct outcome outcome;

    room_run(room, &outcome, argv);
    struct sv rest = buf_sv(&outcome.out), line = SV_NONE, cell = SV_NONE;
    sv_split(&rest, '\n'); /* what the columns are called */
    for (line = sv_split(&rest, '\n'); line.ptr != NULL && !sv_starts(cell, SV("i-"));)
        cell = sv_split(&line, ',');
    sv_copy(cell, node, size);
    if (!sv_starts(cell, SV("i-")))
        fail_msg("no node with %s: %s", filter, buf_cstr(&outcome.err));
    outcome_done(&outcome);
}

static int exit_status(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- on a terminal -------------------------------------------------------------------------- */

struct harness *console_spawn(const struct room *room, const char *const *argv, int rows, int cols)
{
    return harness_spawn(&(struct harness_options){
        .argv = argv, .env = (const char *const *)room->env.entries, .rows = rows, .cols = cols});
}

void console_type(struct harness *harness, const char *text)
{
    harness_send(harness, sv_of(text));
}

void console_wait(struct harness *harness, const char *text)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;

    if (harness_wait(harness, text, PATIENCE_MS))
        return;
    harness_screen(harness, &screen);
    print_message("%s", buf_cstr(&screen));
    fail_msg("there is no \"%s\"", text);
}

struct harness *console_open_nodes(const struct room *room, int rows, int cols)
{
    static const char *const argv[] = {WATCHDECK, ":nodes", NULL};
    struct harness *harness = console_spawn(room, argv, rows, cols);

    console_wait(harness, "accounts, ");
    console_wait(harness, "Online");
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS));
    console_type(harness, "/ping:=Online account:=shop-dev\r");
    assert_true(harness_wait_row(harness, 1, "account:=shop-dev", PATIENCE_MS));
    return harness;
}

struct harness *console_open_shell(const struct room *room, int rows, int cols)
{
    struct harness *harness = console_open_nodes(room, rows, cols);

    console_type(harness, "s");
    console_wait(harness, "$");
    console_type(harness, "echo here-$((40+2))\r");
    console_wait(harness, "here-42");
    return harness;
}

int console_end(struct harness *harness, int timeout_ms)
{
    int status;

    return harness_wait_end(harness, &status, timeout_ms) ? exit_status(status) : -1;
}

/* --- processes ------------------------------------------------------------------------------ */

static size_t read_children(pid_t pid, const char *thread, pid_t *children, size_t max)
{
    char path[320];
    size_t n = 0;

    snprintf(path, sizeof path, "/proc/%d/task/%s/children", pid, thread);
    FILE *file = fopen(path, "re");
    while (file != NULL && n < max && fscanf(file, "%d", &children[n]) == 1)
        n++;
    if (file != NULL)
        fclose(file);
    return n;
}

size_t children_of(pid_t pid, pid_t *children, size_t max)
{
    char path[64];
    struct dirent *entry;
    size_t n = 0;

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *threads = opendir(path);
    assert_non_null(threads);
    while ((entry = readdir(threads)) != NULL) {
        if (entry->d_name[0] != '.')
            n += read_children(pid, entry->d_name, children + n, max - n);
    }
    closedir(threads);
    return n;
}

static bool is_running(pid_t pid)
{
    char path[64], state = 'Z';

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 'Z';
    fclose(file);
    return state != 'Z' && state != 'X';
}

bool process_wait_gone(pid_t pid, int timeout_ms)
{
    int64_t until_ms = test_now_ms() + timeout_ms;

    while (is_running(pid)) {
        if (test_now_ms() >= until_ms)
            return false;
        poll(NULL, 0, POLL_MS);
    }
    return true;
}
