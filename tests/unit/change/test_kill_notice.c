/*
 * kill -9 at every step of telling somebody. This process is AWS: it counts what comes of each
 * item, and makes one OpsItem for each dedup string; the console is a child that is killed, and
 * another one that goes on. Then: each item was told of exactly once, or its outcome is known to be
 * unknown; nothing came twice, and the trail has one record of each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/change/notice.h"
#include "tests/support/dir.h"
#include "tests/unit/change/helper_fake_client.h"
#include "tests/unit/change/helper_stop.h"

#define CHILD_MS_MAX 60000
#define ALICE        "arn:aws:sts::111122223333:assumed-role/oncall/alice"
#define EXISTS       "OpsItemAlreadyExistsException"

/* What is told of each item: first an OpsItem, then a message. */
static const struct {
    const char *what;
    enum aws_op_id op;
    const char *told_code;
} tellings[] = {{"alert_ops_item", OP_ssm_CreateOpsItem, EXISTS},
                {"alert_topic", OP_sns_Publish, NULL}};
static const char *const items[] = {"a", "b"};

#define N_NOTICES (ARRAY_LEN(tellings) * ARRAY_LEN(items))

/* --- the wire ----------------------------------------------------------------------------- */

/* Of which telling and item. */
struct wire_request {
    size_t telling, item;
};

struct wire_answer {
    bool exists;
};

/* In the child, on the worker. A parent that is gone is a lost connection. */
static void ask_parent(void *arg, enum fake_verb verb, const struct aws_request *request,
                       struct fake_answer *answer)
{
    int fd = *(int *)arg;
    struct wire_request ask = {.telling = request->op == tellings[1].op,
                               .item = sv_eq_cstr(json_sv(request->params, "Key"), items[1])};
    struct wire_answer told;

    (void)verb;
    if (send(fd, &ask, sizeof ask, MSG_NOSIGNAL) != sizeof ask ||
        recv(fd, &told, sizeof told, 0) != sizeof told)
        fake_refuse(answer, ERR_UNKNOWN_OUTCOME, 0, "connection lost");
    else if (told.exists)
        fake_refuse(answer, ERR_AWS, 400, EXISTS);
    else
        answer->body = cJSON_CreateObject();
}

/* --- AWS ---------------------------------------------------------------------------------- */

static struct aws {
    size_t received, done[ARRAY_LEN(tellings)][ARRAY_LEN(items)];
} aws;

/* How the child is to die. */
struct death {
    size_t at_stop;   /* the nth stop point; 0: not there */
    size_t at_notice; /* on the nth that AWS receives; 0: not there */
    bool before_deed; /* ... which is then not done */
};

/* Serves one request; true when the child is to die without an answer. */
static bool serve(int fd, const struct wire_request *request, const struct death *death)
{
    bool is_deadly = ++aws.received == death->at_notice;
    size_t *done = &aws.done[request->telling][request->item];
    struct wire_answer answer = {.exists = tellings[request->telling].told_code != NULL && *done};

    if (!answer.exists && !(is_deadly && death->before_deed))
        ++*done;
    if (!is_deadly)
        send(fd, &answer, sizeof answer, MSG_NOSIGNAL);
    return is_deadly;
}

/* Serves until the child's end of the wire is gone. */
static void serve_until_death(int fd, pid_t child, const struct death *death)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    struct wire_request request;

    for (;;) {
        if (poll(&wait, 1, CHILD_MS_MAX) == 0) {
            kill(child, SIGKILL);
            fail_msg("the console hangs");
        }
        if (recv(fd, &request, sizeof request, 0) != sizeof request)
            return;
        if (serve(fd, &request, death)) {
            kill(child, SIGKILL);
            return;
        }
    }
}

/* --- the console -------------------------------------------------------------------------- */

static struct scope *scope;
static bool told;

static void come(void *arg)
{
    (void)arg;
    told = true;
}

static void on_done(void *arg, const struct notice *notice, enum notice_end end, const cJSON *reply,
                    const struct err *why)
{
    (void)arg, (void)notice, (void)end, (void)reply, (void)why;
    run_call(RUN_UI, RUN_URGENT, scope, come, NULL, NULL);
}

static void tell(struct gate *gate, size_t telling, size_t item)
{
    static const struct aws_target target = {.account_id = "111122223333", .region = "eu-west-1"};
    cJSON *params = cJSON_CreateObject();

    cJSON_AddStringToObject(params, "Key", items[item]);
    struct notice *notice =
        notice_new(tellings[telling].what, tellings[telling].op, &target, params);
    notice->once = true;
    notice->told_code = tellings[telling].told_code;
    notice->title = mem_strdup("one waits");
    notice_add_key(notice, items[item]);
    told = false;
    gate_notify(gate, notice, on_done, NULL, NULL);
    run_ui_until(&told, -1);
}

static void child_main(int fd, const char *dir, const struct death *death)
{
    struct gate_options options = {.dir = dir};
    struct notice_consent consents[ARRAY_LEN(tellings)] = {0};
    struct gate *gate;

    for (size_t i = 0; i < ARRAY_LEN(tellings); i++) {
        consents[i].what = tellings[i].what;
        str_copy(consents[i].value, "yes");
    }
    fake_client_use(ask_parent, &fd);
    stop_at(death->at_stop);
    run_start(NULL);
    scope = scope_new(NULL, "test");
    gate = gate_new(NULL, &options);
    gate_set_consents(gate, consents, ARRAY_LEN(consents), NULL);
    gate_set_actor(gate, ALICE);
    for (size_t i = 0; i < N_NOTICES; i++)
        tell(gate, i % ARRAY_LEN(tellings), i / ARRAY_LEN(tellings));
    _exit(0);
}

/* Runs a console to its death or end; whether it was killed. */
static bool run_console(const char *dir, const struct death *death)
{
    int ends[2], status;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        child_main(ends[1], dir, death);
    }
    close(ends[1]);
    serve_until_death(ends[0], child, death);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(ends[0]);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

/* --- the judgement ------------------------------------------------------------------------ */

struct verdict {
    struct map records;                                  /* by notice id: how many the trail has */
    size_t known[ARRAY_LEN(tellings)][ARRAY_LEN(items)]; /* notices that ended, not refused */
    size_t n_sent, n_unknown;
};

static bool count_record(void *arg, const cJSON *record)
{
    struct verdict *verdict = arg;

    if (sv_eq_cstr(json_sv(record, "action"), "notify"))
        map_put(&verdict->records, json_sv(record, "notice_id"), NULL)->u64++;
    return true;
}

static void judge_notice(void *arg, const char *id, const char *state, int64_t at_ms,
                         const cJSON *fields)
{
    struct verdict *verdict = arg;
    size_t telling = sv_eq_cstr(json_sv(fields, "what"), tellings[1].what);
    size_t item = sv_eq_cstr(json_string(json_items(fields, "keys")), items[1]);
    const union map_value *records = map_get(&verdict->records, sv_of(id));
    bool is_sent = strcmp(state, "SENT") == 0, is_unknown = strcmp(state, "UNKNOWN") == 0;

    (void)at_ms;
    if (!is_sent && !is_unknown)
        fail_msg("%s of %s is %s", tellings[telling].what, items[item], state);
    if (records == NULL || records->u64 != 1)
        fail_msg("the trail has %s %s not once", state, id);
    if (is_sent && aws.done[telling][item] != 1)
        fail_msg("%s of %s is SENT, and AWS does not have it", tellings[telling].what, items[item]);
    verdict->known[telling][item]++;
    verdict->n_sent += is_sent;
    verdict->n_unknown += is_unknown;
}

static void judge(const char *dir, const struct death *death, bool was_killed)
{
    char path[DIR_PATH_SIZE];
    struct verdict verdict = {0};
    struct journal *journal;

    dir_path(dir, "audit", path);
    assert_int_equal(audit_verify(path, NULL, NULL, false, NULL, NULL, NULL, NULL), OK);
    assert_int_equal(audit_read(path, count_record, &verdict, NULL), OK);
    dir_path(dir, "notices", path);
    assert_int_equal(journal_open(path, &journal, NULL), OK);
    assert_int_equal(journal_each(journal, judge_notice, &verdict, NULL), OK);
    journal_close(journal);
    map_done(&verdict.records);
    for (size_t i = 0; i < N_NOTICES; i++) {
        size_t telling = i % ARRAY_LEN(tellings), item = i / ARRAY_LEN(tellings);
        if (verdict.known[telling][item] != 1 || aws.done[telling][item] > 1)
            fail_msg("stop %zu, notice %zu: %s of %s: %zu known, %zu came", death->at_stop,
                     death->at_notice, tellings[telling].what, items[item],
                     verdict.known[telling][item], aws.done[telling][item]);
    }
    assert_int_equal(verdict.n_sent + verdict.n_unknown, N_NOTICES);
    assert_true(verdict.n_unknown <= (was_killed ? 1 : 0)); /* what was on its way, and no more */
}

/* A console that dies, maybe another one that dies just so, and one that lives. */
static bool one_kill(const struct death *death, bool twice)
{
    static const struct death none = {0};
    char dir[DIR_PATH_SIZE];

    dir_make(dir);
    aws = (struct aws){0};
    bool was_killed = run_console(dir, death);
    if (twice)
        run_console(dir, &(struct death){.at_stop = 1});
    run_console(dir, &none);
    judge(dir, death, was_killed);
    dir_remove(dir);
    return was_killed;
}

static void test_a_kill_at_every_step_tells_once_or_knows_that_it_does_not_know(void **state)
{
    size_t stops = 0;

    (void)state;
    while (one_kill(&(struct death){.at_stop = stops + 1}, false))
        stops++;
    print_message("# %zu stop points\n", stops);
    assert_true(stops >= 4 * N_NOTICES);
    for (size_t at = 1; at <= N_NOTICES; at++) {
        assert_true(one_kill(&(struct death){.at_notice = at}, false));
        assert_true(one_kill(&(struct death){.at_notice = at, .before_deed = true}, false));
    }
}

/* Also the console that pays the trail what an earlier one owes it may die at that. */
static void test_a_kill_while_an_earlier_one_is_settled(void **state)
{
    (void)state;
    for (size_t at = 1; at <= N_NOTICES; at++)
        assert_true(one_kill(&(struct death){.at_notice = at}, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_kill_at_every_step_tells_once_or_knows_that_it_does_not_know),
        cmocka_unit_test(test_a_kill_while_an_earlier_one_is_settled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
