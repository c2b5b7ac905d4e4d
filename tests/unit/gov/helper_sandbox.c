#include "tests/unit/gov/helper_sandbox.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/aws/limit/budget.h"
#include "core/net/http.h"

#define LOOK_PAUSE_MS 10 /* the sandbox has no limits of AWS's that looks would use up */

/* What AWS allows a second of these would be waited for; a spec may say so nevertheless. */
#define NO_LIMITS "parameter_reads=10000,lookups=10000,"

static void exec_sandbox(const char *path, const char *spec, const char *clock, int out, int parent)
{
    char fd[16], world[256];
    fcntl(parent, F_SETFD, 0);
    dup2(out, STDOUT_FILENO);
    snprintf(fd, sizeof fd, "%d", parent);
    snprintf(world, sizeof world, NO_LIMITS "%s", spec);
    execl(path, path, "--listen", "127.0.0.1:0", "--world", world, "--parent-fd", fd,
          clock ? "--clock" : NULL, clock, NULL);
    _exit(127);
}

static void read_ready_line(struct sandbox *sandbox, int fd)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    struct err err;
    char c = 0;
    while (c != '\n' && read(fd, &c, 1) == 1)
        buf_add_char(&line, c);
    assert_int_equal(json_parse(buf_sv(&line), "sandbox", &sandbox->ready, &err), OK);
}

void sandbox_start(struct sandbox *sandbox, const char *world)
{
    sandbox_start_by(sandbox, world, NULL);
}

void sandbox_start_by(struct sandbox *sandbox, const char *world, const char *clock)
{
    static const char path[] = BINARY_DIR "/watchdeck-sandbox";
    int out[2], parent[2];
    *sandbox = (struct sandbox){.dir = "/tmp/watchdeck-gov-XXXXXX"};
    assert_int_equal(access(path, X_OK), 0);
    assert_non_null(mkdtemp(sandbox->dir));
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(parent, O_CLOEXEC), 0);
    sandbox->pid = fork();
    if (sandbox->pid == 0)
        exec_sandbox(path, world, clock, out[1], parent[0]);
    close(out[1]);
    close(parent[0]);
    sandbox->parent_fd = parent[1];
    read_ready_line(sandbox, out[0]);
    close(out[0]);
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat, (void)type, (void)ftw;
    return remove(path);
}

void sandbox_stop(struct sandbox *sandbox)
{
    close(sandbox->parent_fd);
    waitpid(sandbox->pid, NULL, 0);
    json_free(sandbox->ready);
    nftw(sandbox->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct {
    struct sandbox *sandbox;
    const char *world;
} group;

void sandbox_group(struct sandbox *sandbox, const char *world)
{
    group.sandbox = sandbox;
    group.world = world;
}

int sandbox_group_start(void **state)
{
    (void)state;
    sandbox_start(group.sandbox, group.world);
    return 0;
}

int sandbox_group_stop(void **state)
{
    (void)state;
    sandbox_stop(group.sandbox);
    return 0;
}

static void set_env(const char *name, struct sv text)
{
    AUTO_FREE char *value = sv_dup(text);
    setenv(name, value, 1);
}

static const cJSON *principal_of(const struct sandbox *sandbox, const char *name)
{
    const cJSON *item = json_items(sandbox->ready, "principals");
    while (item && !sv_eq_cstr(json_sv(item, "name"), name))
        item = item->next;
    assert_non_null(item);
    return item;
}

struct gov *sandbox_gov_as(const struct sandbox *sandbox, const char *principal,
                           const struct gov_options *more)
{
    struct gov *gov;
    struct err err = ERR_NONE;
    const cJSON *who = principal_of(sandbox, principal);
    AUTO_FREE char *endpoint = sv_dup(json_sv(sandbox->ready, "endpoint"));
    AUTO_FREE char *region = sv_dup(json_sv(sandbox->ready, "region"));
    AUTO(buf_done) struct buf state = BUF_NONE;
    struct gov_options options = more ? *more : (struct gov_options){0};
    struct settings at_once; /* nobody has to wait before consenting alone */
    buf_addf(&state, "%s/%s", sandbox->dir, options.state_dir ? options.state_dir : "state");
    if (!options.state_dir)
        nftw(buf_cstr(&state), remove_one, 8, FTW_DEPTH | FTW_PHYS);
    setenv("HOME", sandbox->dir, 1);
    set_env("AWS_ACCESS_KEY_ID", json_sv(who, "access_key_id"));
    set_env("AWS_SECRET_ACCESS_KEY", json_sv(who, "secret_access_key"));
    options.aws.endpoint_url = endpoint;
    options.aws.region = region;
    options.state_dir = buf_cstr(&state);
    if (options.aws.budget_percent == 0)
        options.aws.budget_percent = BUDGET_OFF; /* nobody else is at the sandbox */
    if (options.look_pause_ms == 0)
        options.look_pause_ms = LOOK_PAUSE_MS;
    settings_init(&at_once);
    at_once.alone_wait_ms = 0;
    if (!options.settings)
        options.settings = &at_once;
    run_start(&http_net_loop);
    if (gov_new(&options, &gov, &err) != OK)
        fail_msg("gov_new: %s", err.message);
    return gov;
}

struct gov *sandbox_gov(const struct sandbox *sandbox, const struct gov_options *more)
{
    return sandbox_gov_as(sandbox, "oncall", more);
}

void sandbox_gov_free(struct gov *gov)
{
    run_stop();
    gov_free(gov);
}

void sandbox_advance(const struct sandbox *sandbox, int seconds)
{
    AUTO(buf_done) struct buf request = BUF_NONE;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char body[40], answer[512] = "";
    struct sv url = json_sv(sandbox->ready, "control"), host;
    int64_t port = 0;
    sv_split(&url, '/');
    sv_split(&url, '/');
    host = sv_split(&url, '/');
    sv_split(&host, ':');
    assert_true(sv_to_i64(host, &port));
    at.sin_port = htons((uint16_t)port);
    snprintf(body, sizeof body, "{\"advance_s\":%d}", seconds);
    buf_addf(&request,
             "POST /" SV_FMT "/clock HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             SV_ARG(url), (int)port, strlen(body), body);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(write(fd, request.ptr, request.len), request.len);
    assert_true(read(fd, answer, sizeof answer - 1) > 0);
    close(fd);
    if (!strstr(answer, " 200 "))
        fail_msg("clock: %s", answer);
}
