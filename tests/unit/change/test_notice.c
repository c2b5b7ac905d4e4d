/* The door for what tells somebody: only what is consented to, each item once, and written down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/change/notice.h"
#include "tests/support/dir.h"
#include "tests/unit/change/helper_fake_client.h"

#define WAIT_MS 60000
#define ALICE   "arn:aws:sts::111122223333:assumed-role/oncall/alice"

/* How AWS behaves, and what has come to it. */
static struct world {
    int sent;
    bool deny, lose_answer, never_leaves, has_one;
} world;
static char dir[DIR_PATH_SIZE];
static struct gate *gates[4];
static size_t n_gates;
static struct scope *scope;

static void answer(void *arg, enum fake_verb verb, const struct aws_request *request,
                   struct fake_answer *answer)
{
    (void)arg, (void)request;
    assert_int_equal(verb, FAKE_CHANGE);
    world.sent += !world.never_leaves;
    answer->sent = !world.never_leaves;
    str_copy(answer->err.request_id, "req-1");
    if (world.deny)
        fake_refuse(answer, ERR_DENIED, 403, "AuthorizationError");
    else if (world.has_one)
        fake_refuse(answer, ERR_AWS, 400, "OpsItemAlreadyExistsException");
    else if (world.lose_answer)
        fake_refuse(answer, ERR_UNKNOWN_OUTCOME, 0, "connection lost");
    else if (world.never_leaves)
        fake_refuse(answer, ERR_CONNECT, 0, "connection refused");
    else
        answer->body = cJSON_CreateObject();
}

static struct gate *console_with(const char *topic, const char *muted)
{
    struct gate_options options = {.dir = dir};
    struct notice_consent consent = {.what = "alert_topic", .origin = "watchdeck.conf:3"};
    struct gate *gate;

    gate = gate_new(NULL, &options);
    gates[n_gates++] = gate;
    str_copy(consent.value, topic);
    gate_set_consents(gate, &consent, 1, muted);
    gate_set_actor(gate, ALICE);
    return gate;
}

static struct gate *console_open(void)
{
    return console_with("arn:aws:sns:eu-west-1:111122223333:alerts", NULL);
}

static int setup(void **state)
{
    (void)state;
    dir_make(dir);
    world = (struct world){0};
    fake_client_use(answer, NULL);
    run_start(NULL);
    scope = scope_new(NULL, "test");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    run_stop();
    scope_unref(scope);
    for (; n_gates > 0; n_gates--)
        gate_free(gates[n_gates - 1]);
    dir_remove(dir);
    return 0;
}

/* --- short hand --------------------------------------------------------------------------- */

struct end {
    enum notice_end end;
    struct err err;
    bool has_come;
};

static void come(void *arg)
{
    ((struct end *)arg)->has_come = true;
}

static void on_done(void *arg, const struct notice *notice, enum notice_end end, const cJSON *reply,
                    const struct err *why)
{
    struct end *kept = arg;

    assert_true(run_is_on(RUN_WORKER));
    assert_non_null(notice);
    assert_int_equal(reply != NULL, end == NOTICE_SENT);
    kept->end = end;
    kept->err = *why;
    run_call(RUN_UI, RUN_URGENT, scope, come, NULL, kept);
}

static void begin(struct gate *gate, const char *key, const char *other_key, struct end *end)
{
    static const struct aws_target target = {.account_id = "111122223333", .region = "eu-west-1"};
    struct notice *notice =
        notice_new("alert_topic", OP_sns_Publish, &target, cJSON_CreateObject());

    notice->once = true;
    notice->told_code = "OpsItemAlreadyExistsException";
    notice->title = mem_strdup("one waits");
    notice_add_key(notice, key);
    if (other_key != NULL)
        notice_add_key(notice, other_key);
    gate_notify(gate, notice, on_done, NULL, end);
}

static struct end tell(struct gate *gate, const char *key, const char *other_key)
{
    struct end end = {0};

    begin(gate, key, other_key, &end);
    assert_true(run_ui_until(&end.has_come, WAIT_MS));
    return end;
}

/* The records of the trail that speak of telling, as "action:state" or "action:title". */
static bool add_record(void *arg, const cJSON *record)
{
    struct buf *text = arg;
    struct sv action = json_sv(record, "action");
    bool notify = sv_eq(action, SV("notify"));

    buf_addf(text, "%s" SV_FMT ":" SV_FMT, text->len != 0 ? "; " : "", SV_ARG(action),
             SV_ARG(json_sv(record, notify ? "state" : "title")));
    return true;
}

static void assert_trail(const struct gate *gate, const char *expected)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    assert_int_equal(audit_read(gate_audit_path(gate), add_record, &text, NULL), OK);
    assert_string_equal(buf_cstr(&text), expected);
    assert_int_equal(audit_verify(gate_audit_path(gate), NULL, NULL, false, NULL, NULL, NULL, NULL),
                     OK);
}

#define CONSENT "consent:alert_topic = arn:aws:sns:eu-west-1:111122223333:alerts (watchdeck.conf:3)"

/* --- what is guaranteed ------------------------------------------------------------------- */

static void test_each_item_is_told_of_once(void **state)
{
    struct gate *gate = console_open();

    (void)state;
    assert_int_equal(tell(gate, "a", NULL).end, NOTICE_SENT);
    assert_int_equal(tell(gate, "a", NULL).end, NOTICE_TOLD);
    assert_int_equal(tell(gate, "b", "a").end, NOTICE_TOLD); /* not a word of a again */
    assert_int_equal(tell(gate, "b", NULL).end, NOTICE_SENT);
    assert_int_equal(world.sent, 2);
    /* another console, or this one after a restart */
    gate = console_open();
    assert_int_equal(tell(gate, "a", NULL).end, NOTICE_TOLD);
    assert_int_equal(world.sent, 2);
    assert_trail(gate, CONSENT "; notify:SENT; notify:SENT");
}

static void test_two_consoles_at_once_tell_once(void **state)
{
    struct end first = {0}, second = {0};

    (void)state;
    begin(console_open(), "a", NULL, &first);
    begin(console_open(), "a", NULL, &second);
    assert_true(run_ui_until(&first.has_come, WAIT_MS));
    assert_true(run_ui_until(&second.has_come, WAIT_MS));
    assert_int_equal(first.end, NOTICE_SENT);
    assert_int_equal(second.end, NOTICE_TOLD);
    assert_int_equal(world.sent, 1);
}

static void test_what_may_have_left_is_not_sent_again(void **state)
{
    struct gate *gate = console_open();

    (void)state;
    world.lose_answer = true;
    assert_int_equal(tell(gate, "a", NULL).end, NOTICE_UNKNOWN);
    world.lose_answer = false;
    assert_int_equal(tell(gate, "a", NULL).end, NOTICE_TOLD);
    assert_int_equal(world.sent, 1);
    assert_trail(gate, CONSENT "; notify:UNKNOWN");
}

static void test_what_was_refused_or_never_left_may_be_sent(void **state)
{
    struct gate *gate = console_open();

    (void)state;
    world.deny = true;
    struct end end = tell(gate, "a", NULL);
    assert_int_equal(end.end, NOTICE_FAILED);
    assert_int_equal(end.err.code, ERR_DENIED);
    world.deny = false;
    world.never_leaves = true;
    assert_int_equal(tell(gate, "a", NULL).end, NOTICE_FAILED);
    world.never_leaves = false;
    assert_int_equal(tell(gate, "a", NULL).end, NOTICE_SENT);
    assert_trail(gate, CONSENT "; notify:FAILED; notify:FAILED; notify:SENT");
}

/* Another console's, on another machine. */
static void test_what_aws_has_already_is_told(void **state)
{
    struct gate *gate = console_open();

    (void)state;
    world.has_one = true;
    assert_int_equal(tell(gate, "a", NULL).end, NOTICE_TOLD);
    world.has_one = false;
    assert_int_equal(tell(gate, "a", NULL).end, NOTICE_TOLD);
    assert_int_equal(world.sent, 1);
}

/* The program died between intent and answer: nobody knows, so nobody is told again. */
static void test_a_death_in_between_is_settled_and_not_repeated(void **state)
{
    char path[DIR_PATH_SIZE];
    struct journal *journal;
    cJSON *fields = NULL;

    (void)state;
    dir_path(dir, "notices", path);
    assert_int_equal(journal_open(path, &journal, NULL), OK);
    assert_int_equal(
        json_parse(SV("{\"what\":\"alert_topic\",\"once\":true,\"title\":\"one waits\","
                      "\"keys\":[\"a\"]}"),
                   "fields", &fields, NULL),
        OK);
    assert_int_equal(journal_write(journal, "n-1", "INTENT", fields, NULL), OK);
    journal_close(journal);
    json_free(fields);

    struct gate *gate = console_open();
    assert_int_equal(tell(gate, "a", NULL).end, NOTICE_TOLD);
    assert_int_equal(world.sent, 0);
    assert_trail(gate, CONSENT "; notify:UNKNOWN");
    /* and that is said once */
    gate = console_open();
    assert_int_equal(tell(gate, "a", NULL).end, NOTICE_TOLD);
    assert_trail(gate, CONSENT "; notify:UNKNOWN");
}

static void test_without_consent_nothing_leaves(void **state)
{
    struct gate *gate = console_with("", NULL);
    struct end end;

    (void)state;
    end = tell(gate, "a", NULL);
    assert_int_equal(end.end, NOTICE_FAILED);
    assert_int_equal(end.err.code, ERR_CONSENT);
    gate = console_with("arn:aws:sns:eu-west-1:111122223333:alerts", "started with --read-only");
    end = tell(gate, "a", NULL);
    assert_int_equal(end.err.code, ERR_STARTED_READ_ONLY);
    assert_int_equal(world.sent, 0);
}

static void test_consent_is_recorded_once_and_so_is_its_end(void **state)
{
    struct gate *gate = console_open();

    (void)state;
    tell(gate, "a", NULL);
    tell(console_open(), "a", NULL);
    assert_trail(gate, CONSENT "; notify:SENT");
    tell(console_with("", NULL), "b", NULL);
    assert_trail(gate, CONSENT "; notify:SENT; consent:alert_topic: withdrawn");
}

/* Only what is marked as a notice goes through this door. */
static void test_a_change_is_no_notice(void **state)
{
    static const struct aws_target target = {.account_id = "111122223333", .region = "eu-west-1"};
    struct gate *gate = console_open();
    struct notice *notice =
        notice_new("alert_topic", OP_ec2_RevokeSecurityGroupIngress, &target, cJSON_CreateObject());
    struct end end = {0};

    (void)state;
    notice_add_key(notice, "a");
    gate_notify(gate, notice, on_done, NULL, &end);
    assert_true(run_ui_until(&end.has_come, WAIT_MS));
    assert_int_equal(end.err.code, ERR_INTERNAL);
    assert_int_equal(world.sent, 0);
}

int main(void)
{
#define NOTICE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        NOTICE_TEST(test_each_item_is_told_of_once),
        NOTICE_TEST(test_two_consoles_at_once_tell_once),
        NOTICE_TEST(test_what_may_have_left_is_not_sent_again),
        NOTICE_TEST(test_what_was_refused_or_never_left_may_be_sent),
        NOTICE_TEST(test_what_aws_has_already_is_told),
        NOTICE_TEST(test_a_death_in_between_is_settled_and_not_repeated),
        NOTICE_TEST(test_without_consent_nothing_leaves),
        NOTICE_TEST(test_consent_is_recorded_once_and_so_is_its_end),
        NOTICE_TEST(test_a_change_is_no_notice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
