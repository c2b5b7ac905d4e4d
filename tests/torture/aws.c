#include "tests/torture/aws.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/store/line_file.h"
#include "tests/support/dir.h"

/* Some answers are cut off on their way, so that outcomes are unknown without a kill, too. */
#define FAULTS         "reset:rate=0.05,operation=RevokeSecurityGroupIngress,bytes=40"
#define IDLE_WITHIN_MS 30000

static void exec_sandbox(const struct aws *aws, unsigned seed, int hello, int parent)
{
    char world[64], parent_fd[16];

    snprintf(world, sizeof world, "accounts=2,regions=1,resources=4000,seed=%u", seed);
    snprintf(parent_fd, sizeof parent_fd, "%d", parent);
    dup2(hello, STDOUT_FILENO);
    fcntl(parent, F_SETFD, 0);
    execl(BINARY_DIR "/watchdeck-sandbox", "watchdeck-sandbox", "--world", world, "--requests",
          aws->log_path, "--latency-ms", "1", "--fault", FAULTS, "--parent-fd", parent_fd,
          (char *)NULL);
    perror(BINARY_DIR "/watchdeck-sandbox");
    _exit(127);
}

static void set_environment(const cJSON *hello, struct aws *aws)
{
    sv_copy(json_sv(hello, "endpoint"), aws->endpoint, sizeof aws->endpoint);
    sv_copy(json_sv(hello, "control"), aws->control, sizeof aws->control);
    sv_copy(json_sv(hello, "management_account"), aws->account_id, sizeof aws->account_id);
    sv_copy(json_sv(hello, "region"), aws->region, sizeof aws->region);
    setenv("AWS_ACCESS_KEY_ID", json_get(hello, "access_key_id")->valuestring, 1);
    setenv("AWS_SECRET_ACCESS_KEY", json_get(hello, "secret_access_key")->valuestring, 1);
    setenv("AWS_REGION", aws->region, 1);
    setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
    unsetenv("AWS_PROFILE");
    unsetenv("AWS_SESSION_TOKEN");
}

static bool read_hello(int fd, struct aws *aws)
{
    AUTO(json_free_at) cJSON *hello = NULL;
    char line[8192];
    size_t len = 0;
    ssize_t got;

    while (len < sizeof line - 1 && memchr(line, '\n', len) == NULL &&
           (got = read(fd, line + len, sizeof line - 1 - len)) > 0)
        len += (size_t)got;
    if (json_parse((struct sv){line, len}, "sandbox", &hello, NULL) != OK ||
        json_get(hello, "secret_access_key") == NULL) {
        fprintf(stderr, "torture: the sandbox says: %.*s\n", (int)len, line);
        return false;
    }
    set_environment(hello, aws);
    return true;
}

bool aws_start(struct aws *aws, const char *dir, unsigned seed)
{
    int hello[2], parent[2];

    *aws = (struct aws){0};
    dir_path(dir, "requests", aws->log_path);
    if (pipe2(hello, O_CLOEXEC) != 0 || pipe2(parent, O_CLOEXEC) != 0)
        return false;
    aws->pid = fork();
    if (aws->pid == 0)
        exec_sandbox(aws, seed, hello[1], parent[0]);
    close(hello[1]);
    close(parent[0]);
    aws->parent_fd = parent[1];
    bool ready = aws->pid > 0 && read_hello(hello[0], aws);
    close(hello[0]);
    return ready;
}

void aws_stop(struct aws *aws)
{
    close(aws->parent_fd);
    waitpid(aws->pid, NULL, 0);
    map_done(&aws->revoked);
}

/* --- the control path --------------------------------------------------------------------- */

/* Sends a GET for a path below the control URL, plain HTTP/1.0 as loopback allows; the answer's
 * bytes in out. */
static bool get_control(const struct aws *aws, const char *path, struct buf *out)
{
    AUTO(buf_done) struct buf request = BUF_NONE;
    struct sockaddr_in to = {.sin_family = AF_INET};
    char chunk[4096];
    unsigned port;
    int at = 0;
    ssize_t got;

    if (sscanf(aws->control, "http://127.0.0.1:%u%n", &port, &at) != 1 || at == 0)
        return false;
    to.sin_port = htons((uint16_t)port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    buf_addf(&request, "GET %s/%s HTTP/1.0\r\nHost: 127.0.0.1:%u\r\n\r\n", aws->control + at, path,
             port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool sent = connect(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
                send(fd, buf_cstr(&request), request.len, MSG_NOSIGNAL) == (ssize_t)request.len;
    while (sent && (got = recv(fd, chunk, sizeof chunk, 0)) > 0)
        buf_add(out, (struct sv){chunk, (size_t)got});
    close(fd);
    return sent;
}

static struct sv body_of(struct sv answer)
{
    const char *end = answer.len == 0 ? NULL : memmem(answer.ptr, answer.len, "\r\n\r\n", 4);

    return end == NULL ? SV_NONE
                       : (struct sv){end + 4, answer.len - (size_t)(end + 4 - answer.ptr)};
}

static int64_t open_connections(const struct aws *aws)
{
    AUTO(buf_done) struct buf answer = BUF_NONE;
    AUTO(json_free_at) cJSON *state = NULL;

    if (!get_control(aws, "state", &answer) ||
        json_parse(body_of(buf_sv(&answer)), "control", &state, NULL) != OK)
        return -1;
    return json_i64(state, "connections", -1);
}

bool aws_wait_until_idle(const struct aws *aws)
{
    int64_t until_ms = clock_mono_ms() + IDLE_WITHIN_MS;

    while (open_connections(aws) != 1) {
        if (clock_mono_ms() > until_ms)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return true;
}

/* --- the log ------------------------------------------------------------------------------ */

static void count_revoke(struct aws *aws, const cJSON *record, bool done)
{
    const cJSON *params = json_get(record, "parameters");
    struct sv rule_id = json_string(json_items(params, "SecurityGroupRuleIds"));
    bool fresh;

    aws->revokes_received++;
    aws->revokes += done;
    map_put(&aws->revoked, rule_id, &fresh);
    if (!fresh)
        sv_copy(rule_id, aws->twice, sizeof aws->twice);
}

static void count_request(struct aws *aws, const cJSON *record)
{
    struct sv operation = json_sv(record, "operation");
    bool done = json_i64(record, "status", 0) == 200;

    if (json_bool(record, "dry_run", false))
        return;
    if (sv_eq_cstr(operation, "RevokeSecurityGroupIngress"))
        count_revoke(aws, record, done);
    if (sv_eq_cstr(operation, "AuthorizeSecurityGroupIngress")) {
        aws->authorizes_received++;
        aws->authorizes += done;
    }
}

void aws_count(struct aws *aws)
{
    struct line_file log;
    struct line_reader reader;
    struct sv line;
    bool whole;

    if (line_file_open_to_read(&log, aws->log_path, NULL) != OK)
        return;
    line_reader_init(&reader, log.fd, aws->log_offset);
    while (line_reader_next(&reader, &line, &whole) && whole) {
        cJSON *record;
        if (json_parse(line, aws->log_path, &record, NULL) == OK) {
            count_request(aws, record);
            json_free(record);
        }
        aws->log_offset = reader.offset;
    }
    line_reader_done(&reader);
    line_file_close(&log);
}
