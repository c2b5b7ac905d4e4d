/*
 * kill -9 at every step of a change and its undo. This process is AWS: it holds the door and counts
 * what it is sent; the console is a child that is killed, and another child that settles. Then:
 * every change has exactly one end state, it is what the door shows, nothing was sent twice, and
 * the trail is whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/vec.h"
#include "tests/support/dir.h"
#include "tests/unit/change/helper_door.h"
#include "tests/unit/change/helper_fake_client.h"
#include "tests/unit/change/helper_judge.h"
#include "tests/unit/change/helper_stop.h"
#include "tests/unit/change/helper_victim.h"

#define KILLS           80 /* 200 more, over all that there is: tests/unit/gov/test_torture.c */
#define KILLS_PER_STORE 10
#define CHILD_MS_MAX    60000

/* --- the wire ----------------------------------------------------------------------------- */

struct wire_request {
    enum fake_verb verb;
    bool opens;   /* a change that opens the door; else it shuts it, */
    bool latches; /* or latches it */
};

struct wire_answer {
    bool open, latched;
};

/* In the child, on the worker. A parent that is gone or silent is a lost connection. */
static void ask_parent(void *arg, enum fake_verb verb, const struct aws_request *request,
                       struct fake_answer *answer)
{
    int fd = *(int *)arg;
    struct wire_request ask = {verb, request->op == OP_ec2_AuthorizeSecurityGroupIngress,
                               request->op == DOOR_LATCH_OP};
    struct wire_answer told;

    if (send(fd, &ask, sizeof ask, MSG_NOSIGNAL) != sizeof ask ||
        recv(fd, &told, sizeof told, 0) != sizeof told) {
        fake_refuse(answer, ERR_UNKNOWN_OUTCOME, 0, "connection lost");
        return;
    }
    answer->body = cJSON_CreateObject();
    cJSON_AddBoolToObject(answer->body, "open", told.open);
    cJSON_AddBoolToObject(answer->body, "latched", told.latched);
}

/* --- AWS ---------------------------------------------------------------------------------- */

static struct aws {
    bool open, latched;
    size_t shuts, opens, latches; /* changes received */
} aws;

/* How the child is to die. */
struct death {
    size_t at_stop;   /* the nth stop point; 0: not there */
    size_t at_change; /* on the nth change received; 0: not there */
    bool before_deed; /* ... which is then not done */
    int64_t after_us; /* so long after its start; 0: not there */
};

static void do_change(const struct wire_request *request)
{
    if (request->latches) {
        aws.latched = true;
        aws.latches++;
        return;
    }
    aws.open = request->opens;
    aws.shuts += !request->opens;
    aws.opens += request->opens;
}

/* Serves one request; true when the child is to die without an answer. */
static bool serve(int fd, const struct wire_request *request, const struct death *death)
{
    struct wire_answer answer;

    if (request->verb == FAKE_CHANGE) {
        bool deadly = aws.shuts + aws.opens + aws.latches + 1 == death->at_change;
        if (deadly && death->before_deed)
            return true;
        do_change(request);
        if (deadly)
            return true;
    }
    answer = (struct wire_answer){aws.open, aws.latched};
    send(fd, &answer, sizeof answer, MSG_NOSIGNAL);
    return false;
}

/* Serves until the child's end of the wire is gone. */
static void serve_until_death(int fd, pid_t child, const struct death *death)
{
    int64_t until_us = clock_mono_us() + (death->after_us ? death->after_us : CHILD_MS_MAX * 1000);
    struct wire_request request;

    for (;;) {
        int64_t left_us = until_us - clock_mono_us();
        struct timespec left = {.tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000};
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (left_us <= 0 || ppoll(&wait, 1, &left, NULL) == 0) {
            assert_true(death->after_us != 0); /* else it hangs */
            kill(child, SIGKILL);
            return;
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

enum life { CHANGES, LATCHES, SETTLES };

static void child_main(int fd, const char *dir, const struct death *death, enum life life)
{
    struct victim victim = {.dir = dir,
                            .kinds = door_kinds,
                            .n_kinds = ARRAY_LEN(door_kinds),
                            .verify_for_ms = 1,
                            .with_undo = true};

    fake_client_use(ask_parent, &fd);
    stop_at(death->at_stop);
    run_start(NULL);
    if (life == SETTLES)
        victim_settle(&victim);
    else
        victim_change(&victim, life == LATCHES ? door_latch_plan("front") : door_plan("front", 1));
    _exit(victim.open == 0 ? 0 : 1);
}

/* Runs a console to its death or end; returns its wait status. */
static int run_console(const char *dir, const struct death *death, enum life life)
{
    int ends[2], status;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        child_main(ends[1], dir, death, life);
    }
    close(ends[1]);
    serve_until_death(ends[0], child, death);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(ends[0]);
    return status;
}

/* --- the judgement ------------------------------------------------------------------------ */

/* Of all changes of one store so far. */
struct tally {
    size_t shuts, opens; /* received by AWS */
    size_t kills;        /* that did kill */
};

static void judge_round(const char *dir, struct tally *tally, const char *how)
{
    const struct death none = {0};
    struct verdict before, after;
    size_t sent = aws.shuts + aws.opens;

    judge_store(dir, &before);
    int status = run_console(dir, &none, SETTLES);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s: settling left something open (status %x)", how, (unsigned)status);
    if (aws.shuts + aws.opens != sent)
        fail_msg("%s: settling has sent something", how);
    if (aws.shuts > 1 || aws.opens > 1)
        fail_msg("%s: sent twice: %zu shuts, %zu opens", how, aws.shuts, aws.opens);
    tally->shuts += aws.shuts;
    tally->opens += aws.opens;

    judge_store(dir, &after);
    if (after.complaint[0] != '\0')
        fail_msg("%s: %s", how, after.complaint);
    if (after.other != 0 || after.open != 0)
        fail_msg("%s: %zu other, %zu open", how, after.other, after.open);
    if (after.succeeded != tally->shuts + tally->opens || after.undone != tally->opens)
        fail_msg("%s: %zu succeeded, %zu undone, but AWS has received %zu shuts and %zu opens", how,
                 after.succeeded, after.undone, tally->shuts, tally->opens);
    if (aws.open != (aws.opens == aws.shuts))
        fail_msg("%s: the door is not as it was left", how);
}

static void one_kill(const char *dir, struct tally *tally, const struct death *death)
{
    char how[160];

    aws = (struct aws){.open = true};
    int status = run_console(dir, death, CHANGES);
    tally->kills += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    snprintf(how, sizeof how, "killed at stop %zu, change %zu%s, %lld us (shuts %zu, opens %zu)",
             death->at_stop, death->at_change, death->before_deed ? " before it is done" : "",
             (long long)death->after_us, aws.shuts, aws.opens);
    judge_round(dir, tally, how);
}

/* How many stop points a change and its undo pass, and how long they take. */
static void measure(size_t *stops, int64_t *whole_us)
{
    char dir[DIR_PATH_SIZE];
    struct tally tally = {0};

    dir_make(dir);
    int64_t began_us = clock_mono_us();
    one_kill(dir, &tally, &(struct death){0});
    *whole_us = clock_mono_us() - began_us;
    assert_int_equal(tally.kills, 0);
    dir_remove(dir);
    for (*stops = 0;; ++*stops) {
        dir_make(dir);
        tally = (struct tally){0};
        one_kill(dir, &tally, &(struct death){.at_stop = *stops + 1});
        dir_remove(dir);
        if (tally.kills == 0)
            return;
    }
}

static void test_a_kill_at_every_step_leaves_one_end_state(void **state)
{
    size_t stops, n = 0, kills = 0;
    int64_t whole_us;
    unsigned seed = 7;

    (void)state;
    measure(&stops, &whole_us);
    print_message("# %zu stop points, %lld us a round\n", stops, (long long)whole_us);
    assert_true(stops >= 15);
    while (kills < KILLS || n / 3 < stops) {
        char dir[DIR_PATH_SIZE];
        struct tally tally = {0};
        dir_make(dir);
        for (size_t i = 0; i < KILLS_PER_STORE; i++, n++) {
            struct death death = {0};
            if (n % 3 == 0)
                death.at_stop = n / 3 % stops + 1;
            else if (n % 3 == 1)
                death = (struct death){.at_change = n / 3 % 2 + 1, .before_deed = n / 6 % 2};
            else
                death.after_us = 1 + rand_r(&seed) % whole_us;
            one_kill(dir, &tally, &death);
        }
        kills += tally.kills;
        dir_remove(dir);
    }
    print_message("# %zu kills in %zu rounds\n", kills, n);
}

/* --- a call that waits to be due -------------------------------------------------------------- */

/* Whether the console was killed. What was begun has one end, the right one; nothing comes twice,
 * and what was due when it died is not sent by the one that settles. */
static bool one_kill_of_a_latch(const struct death *death)
{
    const struct death none = {0};
    char dir[DIR_PATH_SIZE];
    struct verdict verdict;

    dir_make(dir);
    aws = (struct aws){.open = true};
    int status = run_console(dir, death, LATCHES);
    bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    size_t latches = aws.latches;
    assert_int_equal(run_console(dir, &none, SETTLES), 0);
    judge_store(dir, &verdict);
    if (verdict.complaint[0] != '\0' || verdict.open != 0)
        fail_msg("stop %zu, change %zu: %s, %zu open", death->at_stop, death->at_change,
                 verdict.complaint, verdict.open);
    assert_int_equal(aws.latches, latches);
    assert_true(aws.shuts <= 1 && aws.latches <= aws.shuts);
    assert_int_equal(verdict.succeeded, aws.latches);
    assert_int_equal(verdict.other, aws.shuts - aws.latches); /* UNVERIFIED: half of it is done */
    dir_remove(dir);
    return was_killed;
}

static void test_a_kill_around_what_is_due_later_sends_it_once(void **state)
{
    size_t stops = 0;

    (void)state;
    while (one_kill_of_a_latch(&(struct death){.at_stop = stops + 1}))
        stops++;
    assert_true(stops >= 20);
    for (size_t at = 1; at <= 2; at++) {
        assert_true(one_kill_of_a_latch(&(struct death){.at_change = at}));
        assert_true(one_kill_of_a_latch(&(struct death){.at_change = at, .before_deed = true}));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_kill_at_every_step_leaves_one_end_state),
        cmocka_unit_test(test_a_kill_around_what_is_due_later_sends_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
