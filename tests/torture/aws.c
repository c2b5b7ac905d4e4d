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

#define FAULTS                                                       \
    "reset:rate=0.05,operation=RevokeSecurityGroupIngress,bytes=40;" \
    "reset:rate=0.1,operation=StartAutomationExecution,bytes=40;"    \
    "reset:rate=0.1,operation=SendAutomationSignal,bytes=40;"        \
    "reset:rate=0.1,operation=StopAutomationExecution,bytes=40;"     \
    "reset:rate=0.1,operation=PutParameter,bytes=40;"                \
    "reset:rate=0.1,operation=DeleteParameter,bytes=40;"             \
    "reset:rate=0.05,operation=CreateOpsItem,bytes=40;"              \
    "reset:rate=0.05,operation=Publish,bytes=40"
/* Automations take seconds; an approval is waited for four hours, which is a minute then. */
#define CLOCK_SPEED    "250"
#define IDLE_WITHIN_MS 30000

static void exec_sandbox(const struct aws *aws, unsigned seed, const char *faults, int hello,
                         int parent)
{
    char world[112], parent_fd[16];

    /* A look that AWS throttles cannot tell what came of a change, and leaves it open or
     * unverified: true, and not what is asked here. */
    snprintf(world, sizeof world,
             "accounts=6,regions=1,resources=4000,waiting=0,parameter_reads=10000,lookups=10000,"
             "seed=%u",
             seed);
    snprintf(parent_fd, sizeof parent_fd, "%d", parent);
    dup2(hello, STDOUT_FILENO);
    fcntl(parent, F_SETFD, 0);
    execl(BINARY_DIR "/watchdeck-sandbox", "watchdeck-sandbox", "--world", world, "--requests",
          aws->log_path, "--latency-ms", "1", "--clock", CLOCK_SPEED, "--fault", faults,
          "--parent-fd", parent_fd, (char *)NULL);
    perror(BINARY_DIR "/watchdeck-sandbox");
    _exit(127);
}

static void write_credentials(const cJSON *hello, const struct aws *aws)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    for (const cJSON *it = json_items(hello, "principals"); it != NULL; it = it->next)
        buf_addf(&text,
                 "[" SV_FMT "]\naws_access_key_id = " SV_FMT "\naws_secret_access_key = " SV_FMT
                 "\n",
                 SV_ARG(json_sv(it, "name")), SV_ARG(json_sv(it, "access_key_id")),
                 SV_ARG(json_sv(it, "secret_access_key")));
    file_write(aws->credentials_path, buf_sv(&text));
}

static void take_hello(const cJSON *hello, struct aws *aws)
{
    sv_copy(json_sv(hello, "endpoint"), aws->endpoint, sizeof aws->endpoint);
    sv_copy(json_sv(hello, "control"), aws->control, sizeof aws->control);
    sv_copy(json_sv(hello, "management_account"), aws->account_id, sizeof aws->account_id);
    sv_copy(json_sv(hello, "region"), aws->region, sizeof aws->region);
    write_credentials(hello, aws);
    setenv("AWS_REGION", aws->region, 1);
    setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", aws->credentials_path, 1);
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
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
        json_items(hello, "principals") == NULL) {
        fprintf(stderr, "torture: the sandbox says: %.*s\n", (int)len, line);
        return false;
    }
    take_hello(hello, aws);
    return true;
}

bool aws_start(struct aws *aws, const char *dir, unsigned seed, const char *faults)
{
    int hello[2], parent[2];

    *aws = (struct aws){.rules_at_first = -1};
    dir_path(dir, "requests", aws->log_path);
    dir_path(dir, "credentials", aws->credentials_path);
    if (pipe2(hello, O_CLOEXEC) != 0 || pipe2(parent, O_CLOEXEC) != 0)
        return false;
    aws->pid = fork();
    if (aws->pid == 0)
        exec_sandbox(aws, seed, faults != NULL ? faults : FAULTS, hello[1], parent[0]);
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
    map_done(&aws->once);
}

/* --- the control path --------------------------------------------------------------------- */

/* Sends a request for a path below the control URL, plain HTTP/1.0 as loopback allows; the answer's
 * bytes in out. */
static bool ask_control(const struct aws *aws, const char *method, const char *path,
                        const char *body, struct buf *out)
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
    buf_addf(&request, "%s %s/%s HTTP/1.0\r\nHost: 127.0.0.1:%u\r\nContent-Length: %zu\r\n\r\n%s",
             method, aws->control + at, path, port, strlen(body), body);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool sent = connect(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
                send(fd, buf_cstr(&request), request.len, MSG_NOSIGNAL) == (ssize_t)request.len;
    while (sent && (got = recv(fd, chunk, sizeof chunk, 0)) > 0)
        buf_add(out, (struct sv){chunk, (size_t)got});
    close(fd);
    return sent;
}

bool aws_tell(const struct aws *aws, const char *what, const char *body)
{
    AUTO(buf_done) struct buf answer = BUF_NONE;

    return ask_control(aws, "POST", what, body, &answer) &&
           strstr(buf_cstr(&answer), " 200 ") != NULL;
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

    if (!ask_control(aws, "GET", "state", "", &answer) ||
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

/* The operations that count: which deed, when a member says so, and by what it is known when it may
 * be done once. */
static const struct {
    const char *operation, *member, *value; /* member NULL: any */
    enum aws_deed deed;
    const char *once; /* a member; NULL: as often as one likes */
} deeds[] = {
    {"RevokeSecurityGroupIngress", NULL, NULL, DEED_REVOKE, "SecurityGroupRuleIds"},
    {"AuthorizeSecurityGroupIngress", NULL, NULL, DEED_AUTHORIZE, NULL},
    {"ModifySecurityGroupRules", NULL, NULL, DEED_MODIFY, NULL},
    {"ModifySecurityGroupRules", "SecurityGroupRules/SecurityGroupRule/CidrIpv4", AWS_NARROW,
     DEED_NARROW, NULL},
    {"CreateDocument", NULL, NULL, DEED_DOCUMENT, NULL},
    {"UpdateDocument", NULL, NULL, DEED_DOCUMENT, NULL},
    {"StartAutomationExecution", NULL, NULL, DEED_START, "ClientToken"},
    {"SendAutomationSignal", "SignalType", "Approve", DEED_APPROVE, "AutomationExecutionId"},
    {"SendAutomationSignal", "SignalType", "Reject", DEED_REJECT, "AutomationExecutionId"},
    {"StopAutomationExecution", NULL, NULL, DEED_STOP, "AutomationExecutionId"},
    {"PutParameter", NULL, NULL, DEED_PUT, NULL},
    {"DeleteParameter", NULL, NULL, DEED_DELETE, NULL},
    {"CreateOpsItem", "Source", "torture", DEED_OPS_ITEM, "Title"},
    {"Publish", NULL, NULL, DEED_MESSAGE, "Subject"},
};

static void note_once(struct aws *aws, const char *operation, struct sv what)
{
    AUTO(buf_done) struct buf key = BUF_NONE;
    bool fresh;

    buf_addf(&key, "%s " SV_FMT, operation, SV_ARG(what));
    map_put(&aws->once, buf_sv(&key), &fresh);
    if (!fresh)
        str_copy(aws->twice, buf_cstr(&key));
}

/* The member at path ("A/B"), of the first item where there is a list. */
static struct sv param_at(const cJSON *params, const char *path)
{
    struct sv rest = sv_of(path);

    while (params != NULL && rest.len > 0) {
        AUTO_FREE char *name = sv_dup(sv_split(&rest, '/'));
        params = json_get(params, name);
        if (cJSON_IsArray(params))
            params = params->child;
    }
    return json_string(params);
}

static void count_request(struct aws *aws, const cJSON *record)
{
    const cJSON *params = json_get(record, "parameters");
    bool done = json_i64(record, "status", 0) == 200;

    if (json_bool(record, "dry_run", false))
        return;
    for (size_t i = 0; i < ARRAY_LEN(deeds); i++) {
        if (!sv_eq_cstr(json_sv(record, "operation"), deeds[i].operation) ||
            (deeds[i].member != NULL &&
             !sv_eq_cstr(param_at(params, deeds[i].member), deeds[i].value)))
            continue;
        const cJSON *once = deeds[i].once != NULL ? json_get(params, deeds[i].once) : NULL;
        aws->tally[deeds[i].deed].received++;
        aws->tally[deeds[i].deed].done += done;
        if (once != NULL)
            note_once(aws, deeds[i].operation,
                      json_string(cJSON_IsArray(once) ? once->child : once));
    }
}

size_t aws_received(const struct aws *aws)
{
    size_t n = 0;

    for (size_t i = 0; i < N_AWS_DEEDS; i++)
        n += aws->tally[i].received;
    return n;
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
