/* Several changes under one consent: order, stop rule, throttling, a death half way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/support/dir.h"
#include "tests/unit/change/helper_door.h"
#include "tests/unit/change/helper_fake_client.h"
#include "tests/unit/change/helper_stop.h"

#define DOORS_MAX 12
#define WAIT_MS   30000

/* --- the world: doors by the letter of their name ------------------------------------------ */

enum trouble { NONE, REFUSES, LOSES, ALTERED };

static struct door {
    bool shut;
    enum trouble trouble;
    int throttles; /* so many requests are thrown away for their rate */
    int received;  /* changes, those that were thrown away among them */
} doors[DOORS_MAX];
static char order[64]; /* the letters of the doors, as their changes came in */
static bool blind;     /* no reads any more */

static struct door *door_of(const struct aws_request *request)
{
    struct sv name = json_sv(request->params, DOOR_PARAM);
    return &doors[name.ptr[0] - 'a'];
}

static void answer_change(struct door *door, struct fake_answer *answer)
{
    size_t len = strlen(order);

    door->received++;
    if (door->throttles > 0) {
        door->throttles--;
        fake_refuse(answer, ERR_THROTTLED, 503, "RequestLimitExceeded");
        return;
    }
    order[len] = (char)('a' + (door - doors));
    order[len + 1] = '\0';
    if (door->trouble == REFUSES) {
        fake_refuse(answer, ERR_DENIED, 403, "UnauthorizedOperation");
    } else if (door->trouble == LOSES) {
        blind = true;
        fake_refuse(answer, ERR_UNKNOWN_OUTCOME, 0, "connection lost");
    } else {
        door->shut = true;
        answer->body = cJSON_CreateObject();
    }
}

static void answers(void *arg, enum fake_verb verb, const struct aws_request *request,
                    struct fake_answer *answer)
{
    struct door *door = door_of(request);

    (void)arg;
    if (verb == FAKE_CHANGE) {
        answer_change(door, answer);
    } else if (verb == FAKE_READ && blind) {
        fake_refuse(answer, ERR_TIMEOUT, 0, "no answer");
    } else {
        answer->body = cJSON_CreateObject();
        cJSON_AddBoolToObject(answer->body, "open", !door->shut);
        cJSON_AddBoolToObject(answer->body, "altered", door->trouble == ALTERED);
    }
}

/* --- a console with a sheet of several changes ---------------------------------------------- */

struct item {
    struct change_plan *plan; /* the sheet's copy */
    struct change_status status;
    size_t n_steps;
};

static struct console {
    struct gate *gate;
    struct item items[DOORS_MAX];
    size_t n;
    bool (*wanted)(const struct console *console);
    bool reached;
    size_t stop_after; /* stops the batch once so many have succeeded; 0: never */
    char batch_hash[65];
    size_t n_resources; /* what the items were chosen from */
    bool past_belts;
    enum err_code alone_code; /* four eyes */
    int64_t alone_wait_ms;
} console;
static char dir[DIR_PATH_SIZE];

static size_t count_in(const struct console *in, enum change_state state)
{
    size_t n = 0;

    for (size_t i = 0; i < in->n; i++)
        n += in->items[i].status.state == state;
    return n;
}

static void on_status(void *arg, const struct change_status *status)
{
    (void)arg;
    for (size_t i = 0; i < console.n; i++) {
        if (strcmp(console.items[i].plan->id, status->plan_id) == 0) {
            console.items[i].status = *status;
            console.items[i].n_steps++;
        }
    }
    if (console.stop_after != 0 && count_in(&console, CHANGE_SUCCEEDED) == console.stop_after)
        gate_stop_many(console.gate, console.batch_hash);
    if (console.wanted != NULL && console.wanted(&console))
        console.reached = true;
}

static int64_t wait_of(void *arg, const struct change_plan *plan)
{
    (void)arg, (void)plan;
    return console.alone_wait_ms;
}

static enum err_code alone(void *arg, const struct change_plan *plan, struct err *err)
{
    (void)arg, (void)plan;
    return console.alone_code == OK
               ? OK
               : err_set(err, console.alone_code, "four eyes", "p proposes it");
}

static void open_console(void)
{
    struct gate_options options = {.dir = dir,
                                   .kinds = door_kinds,
                                   .n_kinds = ARRAY_LEN(door_kinds),
                                   .on_status = on_status,
                                   .alone = alone,
                                   .alone_wait = wait_of,
                                   .verify_for_ms = 50,
                                   .throttle_pause_ms = 1};

    console = (struct console){.n_resources = 1000};
    console.gate = gate_new(NULL, &options);
    gate_set_actor(console.gate, "arn:aws:sts::111122223333:assumed-role/oncall/alice");
}

static void await(bool (*wanted)(const struct console *console))
{
    console.reached = false;
    console.wanted = wanted;
    if (wanted(&console))
        return;
    if (!run_ui_until(&console.reached, WAIT_MS))
        fail_msg("it never came to that; the first item is %s",
                 change_state_name(console.items[0].status.state));
}

static bool all_ready(const struct console *in)
{
    return count_in(in, CHANGE_READY) == in->n;
}

/* Each has ended, or is READY with the reason why it was not begun. */
static bool all_over(const struct console *in)
{
    for (size_t i = 0; i < in->n; i++) {
        const struct change_status *status = &in->items[i].status;
        bool ended = status->state == CHANGE_SUCCEEDED || status->state == CHANGE_STALE ||
                     status->state == CHANGE_FAILED || status->state == CHANGE_REFUSED ||
                     status->state == CHANGE_UNKNOWN || status->state == CHANGE_UNVERIFIED;
        if (!ended && !(status->state == CHANGE_READY && status->err.code != OK))
            return false;
    }
    return true;
}

/* Puts plans to shut the first n doors through their first check. */
static void check_doors(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char name[2] = {(char)('a' + i), '\0'};
        struct change_plan *plan = door_plan(name, 1);
        AUTO(json_free_at) cJSON *json = change_plan_to_json(plan);

        assert_int_equal(change_plan_from_json(json, door_kinds, ARRAY_LEN(door_kinds),
                                               &console.items[i].plan, NULL),
                         OK);
        console.n = i + 1;
        gate_check(console.gate, plan);
    }
    await(all_ready);
}

static void consent_with(const char *typed)
{
    const char *ids[DOORS_MAX], *hashes[DOORS_MAX];
    struct change_consent consent = {.single_operator = true,
                                     .reason = "clean-up",
                                     .n_resources = console.n_resources,
                                     .past_belts = console.past_belts};

    for (size_t i = 0; i < console.n; i++) {
        ids[i] = console.items[i].plan->id;
        hashes[i] = console.items[i].plan->plan_hash;
        console.items[i].status.err = ERR_NONE;
    }
    change_batch_hash(hashes, console.n, consent.plan_hash);
    str_copy(console.batch_hash, consent.plan_hash);
    str_copy(consent.typed, typed);
    gate_consent_many(console.gate, ids, console.n, &consent);
}

static void close_console(void)
{
    for (size_t i = 0; i < console.n; i++)
        change_plan_free(console.items[i].plan);
    console.n = 0;
}

static int setup(void **state)
{
    (void)state;
    dir_make(dir);
    memset(doors, 0, sizeof doors);
    order[0] = '\0';
    blind = false;
    fake_client_use(answers, NULL);
    run_start(NULL);
    open_console();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    run_stop();
    close_console();
    gate_free(console.gate);
    dir_remove(dir);
    return 0;
}

static void assert_states(const char *expected)
{
    AUTO(buf_done) struct buf states = BUF_NONE;

    for (size_t i = 0; i < console.n; i++)
        buf_addf(&states, "%s%s", i != 0 ? " " : "",
                 change_state_name(console.items[i].status.state));
    assert_string_equal(buf_cstr(&states), expected);
}

/* --- what the trail says of batches ---------------------------------------------------------- */

static bool add_batch(void *arg, const cJSON *record)
{
    struct buf *text = arg;

    if (sv_eq_cstr(json_sv(record, "action"), "batch"))
        buf_addf(text, SV_FMT ": " SV_FMT "\n", SV_ARG(json_sv(record, "state")),
                 SV_ARG(json_sv(record, "title")));
    else if (!sv_eq_cstr(json_sv(record, "state"), "READY"))
        assert_true(sv_eq_cstr(json_sv(record, "batch"), console.batch_hash));
    return true;
}

/* The end of a batch is written behind its last step: a note behind it is waited for. */
static void assert_batches(const char *expected)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    for (int i = 0; i < WAIT_MS / 10 && strcmp(buf_cstr(&text), expected) != 0; i++) {
        bool never = false;
        run_ui_until(&never, 10);
        buf_clear(&text);
        assert_int_equal(audit_read(gate_audit_path(console.gate), add_batch, &text, NULL), OK);
    }
    assert_string_equal(buf_cstr(&text), expected);
    assert_int_equal(
        audit_verify(gate_audit_path(console.gate), NULL, NULL, false, NULL, NULL, NULL, NULL), OK);
}

/* --- the tests ------------------------------------------------------------------------------ */

static void test_all_are_done_in_their_order(void **state)
{
    (void)state;
    check_doors(4);
    consent_with("payments");
    await(all_over);
    assert_states("SUCCEEDED SUCCEEDED SUCCEEDED SUCCEEDED");
    assert_string_equal(order, "abcd");
    assert_batches("BEGUN: 4 changes under one consent\nENDED: 4 of 4 done\n");
}

static void test_nothing_is_begun_without_the_right_consent(void **state)
{
    (void)state;
    check_doors(3);
    consent_with("Payments");
    await(all_over);
    assert_states("READY READY READY");
    assert_int_equal(console.items[2].status.err.code, ERR_CONSENT);
    console.items[0].plan->plan_hash[0] ^= 1; /* consent to something else than is at the gate */
    consent_with("payments");
    await(all_over);
    assert_states("READY READY READY");
    console.items[0].plan->plan_hash[0] ^= 1;
    assert_string_equal(order, "");
    consent_with("payments");
    await(all_over);
    assert_string_equal(order, "abc");
}

static void test_more_than_the_belts_allow_is_refused(void **state)
{
    (void)state;
    check_doors(11);
    consent_with("payments");
    await(all_over);
    assert_int_equal(count_in(&console, CHANGE_READY), 11);
    assert_int_equal(console.items[10].status.err.code, ERR_REFUSED);
    assert_string_equal(order, "");
}

/* Half of what there is, or a part of nobody knows how much: the usual word is not enough. */
static void test_a_part_that_is_too_large_is_consented_to_expressly(void **state)
{
    static const size_t of[] = {4, 0};

    (void)state;
    check_doors(2);
    for (size_t i = 0; i < ARRAY_LEN(of); i++) {
        console.n_resources = of[i];
        consent_with("payments");
        await(all_over);
        assert_int_equal(console.items[0].status.state, CHANGE_READY);
        assert_int_equal(console.items[0].status.err.code, ERR_REFUSED);
        console.items[0].status.err = console.items[1].status.err = ERR_NONE;
    }
    console.past_belts = true;
    consent_with("payments");
    await(all_over);
    assert_int_equal(console.items[0].status.err.code, ERR_CONSENT);
    assert_string_equal(order, "");
    consent_with("2 changes past the belt");
    await(all_over);
    assert_int_equal(count_in(&console, CHANGE_SUCCEEDED), 2);
}

static void test_what_needs_another_person_is_not_begun(void **state)
{
    (void)state;
    check_doors(2);
    console.alone_code = ERR_REFUSED;
    consent_with("payments");
    await(all_over);
    assert_int_equal(console.items[0].status.state, CHANGE_READY);
    assert_string_equal(console.items[1].status.err.message, "p proposes it");
    assert_string_equal(order, "");
    console.alone_code = OK;
    consent_with("payments");
    await(all_over);
    assert_int_equal(count_in(&console, CHANGE_SUCCEEDED), 2);
}

/* For the one of them that comes too early none is begun. */
static void test_who_decides_alone_waits_for_all_of_them(void **state)
{
    (void)state;
    console.alone_wait_ms = 3600000;
    check_doors(2);
    consent_with("payments");
    await(all_over);
    assert_int_equal(console.items[1].status.err.code, ERR_CONSENT);
    assert_non_null(strstr(console.items[1].status.err.message, "too early"));
    assert_string_equal(order, "");
    clock_pretend_sleep(3600000);
    consent_with("payments");
    await(all_over);
    assert_int_equal(count_in(&console, CHANGE_SUCCEEDED), 2);
}

static void test_one_failure_does_not_hold_up_the_rest(void **state)
{
    (void)state;
    check_doors(4);
    doors[1].trouble = REFUSES;
    doors[2].trouble = ALTERED; /* by somebody else, while the sheet was open */
    consent_with("payments");
    await(all_over);
    assert_states("SUCCEEDED FAILED STALE SUCCEEDED");
    assert_string_equal(order, "abd");
    assert_batches("BEGUN: 4 changes under one consent\nENDED: 2 of 4 done, 1 stale, 1 failed\n");
}

static void test_two_failures_stop_it(void **state)
{
    (void)state;
    check_doors(5);
    doors[1].trouble = REFUSES;
    doors[2].trouble = REFUSES;
    consent_with("payments");
    await(all_over);
    assert_states("SUCCEEDED FAILED FAILED READY READY");
    assert_string_equal(order, "abc");
    assert_int_equal(console.items[3].status.err.code, ERR_CANCELLED);
    assert_string_equal(console.items[3].status.err.message, "stopped after 2 failures");
    assert_batches("BEGUN: 5 changes under one consent\n"
                   "ENDED: 1 of 5 done, 2 failed, 2 not begun: stopped after 2 "
                   "failures\n");
}

static void test_an_unknown_outcome_stops_it_at_once(void **state)
{
    (void)state;
    check_doors(3);
    doors[0].trouble = LOSES;
    consent_with("payments");
    await(all_over);
    assert_states("UNKNOWN READY READY");
    assert_string_equal(order, "a");
}

static void test_a_person_stops_it_between_two(void **state)
{
    (void)state;
    check_doors(6);
    console.stop_after = 2;
    consent_with("payments");
    await(all_over);
    assert_true(count_in(&console, CHANGE_SUCCEEDED) >= 2);
    assert_true(count_in(&console, CHANGE_READY) >= 1);
    assert_string_equal(console.items[5].status.err.message, "stopped by hand");
    assert_int_equal(strlen(order), count_in(&console, CHANGE_SUCCEEDED));
}

static void test_throttling_half_way_waits_and_goes_on(void **state)
{
    (void)state;
    check_doors(4);
    doors[1].throttles = 3;
    consent_with("payments");
    await(all_over);
    assert_states("SUCCEEDED SUCCEEDED SUCCEEDED SUCCEEDED");
    assert_string_equal(order, "abcd"); /* none overtakes the one that waits */
    assert_int_equal(doors[1].received, 4);
}

static void test_throttling_without_end_is_a_failure(void **state)
{
    (void)state;
    check_doors(2);
    doors[0].throttles = 1000;
    consent_with("payments");
    await(all_over);
    assert_states("FAILED SUCCEEDED");
    assert_int_equal(console.items[0].status.err.code, ERR_THROTTLED);
    assert_int_equal(doors[0].received, 7);
}

/* --- a death half way ----------------------------------------------------------------------- */

static _Atomic bool settled;

static void on_settled(void *arg, size_t n_settled, size_t n_open)
{
    (void)n_settled;
    assert_int_equal(n_open, 0);
    *(_Atomic bool *)arg = true;
}

static void count_line(void *arg, const char *id, const char *state, int64_t at_ms,
                       const cJSON *fields)
{
    size_t *counts = arg;

    (void)id, (void)at_ms, (void)fields;
    counts[0]++;
    counts[1] += strcmp(state, "SUCCEEDED") == 0;
    counts[2] += strcmp(state, "FAILED") == 0 || strcmp(state, "UNVERIFIED") == 0;
}

/* In the child: a whole batch, or as much of it as there is time for. */
static void die_half_way(size_t stop)
{
    fake_client_use(answers, NULL);
    run_start(NULL);
    open_console();
    check_doors(4);
    stop_at(stop);
    consent_with("payments");
    await(all_over);
    _exit(0);
}

/* What the dead console has sent is not known here: both worlds must be settled without sending. */
static void settle_after(const char *in, bool was_done)
{
    AUTO_FREE char *path = NULL;
    struct buf at = BUF_NONE;
    struct journal *journal;
    size_t counts[3] = {0};

    for (size_t i = 0; i < DOORS_MAX; i++)
        doors[i] = (struct door){.shut = was_done};
    settled = false;
    gate_settle(console.gate, on_settled, (void *)&settled);
    while (!settled)
        usleep(1000);
    assert_true(settled);
    assert_string_equal(order, "");
    buf_addf(&at, "%s/journal", in);
    path = buf_take(&at);
    assert_int_equal(journal_open(path, &journal, NULL), OK);
    assert_int_equal(journal_each(journal, count_line, counts, NULL), OK);
    journal_close(journal);
    assert_int_equal(counts[0], counts[1] + counts[2]); /* each has one end */
    assert_true(counts[0] <= 4);
}

static void test_after_a_death_half_way_nothing_is_sent_again(void **state)
{
    (void)state;
    for (size_t stop = 1; stop <= 40; stop += 3) {
        int status;
        run_stop();
        gate_free(console.gate);
        dir_remove(dir);
        dir_make(dir);
        memset(doors, 0, sizeof doors);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            die_half_way(stop);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        run_start(NULL);
        open_console();
        settle_after(dir, stop % 2 == 0);
    }
}

/* --- the word ------------------------------------------------------------------------------- */

static void test_the_word_says_how_far_it_reaches(void **state)
{
    struct change_plan *a = door_plan("a", 1), *b = door_plan("b", 1), *c = door_plan("c", 1);
    const struct change_plan *plans[] = {a, b, c};
    char word[128];

    (void)state;
    change_batch_word(plans, 3, false, word, sizeof word);
    assert_string_equal(word, "payments");
    assert_int_equal(change_batch_level(plans, 3), CONSENT_NAME);
    str_copy(b->target.account_id, "444455556666");
    change_batch_word(plans, 3, false, word, sizeof word);
    assert_string_equal(word, "3 changes in 2 accounts");
    c->production = true;
    assert_int_equal(change_batch_level(plans, 3), CONSENT_NAME_AND_REASON);
    change_plan_free(a);
    change_plan_free(b);
    change_plan_free(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_are_done_in_their_order),
        TEST(test_nothing_is_begun_without_the_right_consent),
        TEST(test_more_than_the_belts_allow_is_refused),
        TEST(test_a_part_that_is_too_large_is_consented_to_expressly),
        TEST(test_what_needs_another_person_is_not_begun),
        TEST(test_who_decides_alone_waits_for_all_of_them),
        TEST(test_one_failure_does_not_hold_up_the_rest),
        TEST(test_two_failures_stop_it),
        TEST(test_an_unknown_outcome_stops_it_at_once),
        TEST(test_a_person_stops_it_between_two),
        TEST(test_throttling_half_way_waits_and_goes_on),
        TEST(test_throttling_without_end_is_a_failure),
        TEST(test_after_a_death_half_way_nothing_is_sent_again),
        cmocka_unit_test(test_the_word_says_how_far_it_reaches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
