/*
 * Telling others of what waits, by `drift --apply` against the sandbox: an OpsItem for each thing
 * that is HIGH or worse, one message to the topic, each once whatever is run again and wherever;
 * what fails is said with the IAM action, and nothing waits for it.
 */
#include "core/store/audit.h"
#include "tests/unit/screens/helper_world.h"
#include "tests/unit/unit.h"

static struct world world, elsewhere; /* one sandbox, two machines */
static char conf[DIR_PATH_SIZE];

/* The first topic of the account there. */
static char *find_topic(void)
{
    AUTO(outcome_done) struct outcome outcome = {0};
    cJSON *envelope = NULL;

    world_run(&world, "oncall", &outcome,
              "--once resources --account shop-dev --region us-east-1 --filter "
              "resource_type:=AWS::SNS::Topic --format json");
    assert_int_equal(json_parse(buf_sv(&outcome.out), "resources", &envelope, NULL), OK);
    char *arn = sv_dup(json_sv(json_items(envelope, "rows"), "resource_id"));
    json_free(envelope);
    assert_true(sv_starts(sv_of(arn), SV("arn:aws:sns:us-east-1:")));
    return arn;
}

static int start(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    (void)state;
    world_start(&world, "accounts=24,regions=4,resources=3000,seed=7");
    elsewhere = world;
    dir_make(elsewhere.dir);
    AUTO_FREE char *topic = find_topic();
    buf_addf(&text, "alert_topic = %s\nalert_ops_item = yes\n", topic);
    dir_path(world.dir, "alert.conf", conf);
    file_write(conf, buf_sv(&text));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    dir_remove(elsewhere.dir);
    world_stop(&world);
    return 0;
}

static cJSON *run_drift(const struct world *at, const char *who, const char *words,
                        struct outcome *outcome)
{
    cJSON *envelope = NULL;

    world_run(at, who, outcome,
              "drift --account shop-dev --region us-east-1 --format json --config %s %s", conf,
              words);
    if (json_parse(buf_sv(&outcome->out), "drift", &envelope, NULL) != OK)
        fail_msg("%s: %d: %s", words, outcome->status, buf_cstr(&outcome->err));
    return envelope;
}

static size_t count_high(const cJSON *envelope)
{
    size_t n = 0;

    for (const cJSON *row = json_items(envelope, "rows"); row != NULL; row = row->next)
        n += !sv_eq(json_sv(row, "state"), SV("UNKNOWN")) &&
             (sv_eq(json_sv(row, "severity"), SV("HIGH")) ||
              sv_eq(json_sv(row, "severity"), SV("CRITICAL")));
    return n;
}

struct tally {
    size_t consents, sent, told, failed;
    struct buf titles;
};

static bool count_record(void *arg, const cJSON *record)
{
    struct tally *tally = arg;
    struct sv state = json_sv(record, "state");

    tally->consents += sv_eq(json_sv(record, "action"), SV("consent"));
    if (!sv_eq(json_sv(record, "action"), SV("notify")))
        return true;
    tally->sent += sv_eq(state, SV("SENT"));
    tally->told += sv_eq(state, SV("TOLD"));
    tally->failed += sv_eq(state, SV("FAILED"));
    buf_addf(&tally->titles, SV_FMT "\n", SV_ARG(json_sv(record, "title")));
    return true;
}

static struct tally tally_of(const struct world *at)
{
    char path[DIR_PATH_SIZE];
    struct tally tally = {0};

    dir_path(at->dir, "state/audit", path);
    audit_read(path, count_record, &tally, NULL);
    return tally;
}

static void assert_alerts(const cJSON *envelope, int64_t sent, int64_t failed)
{
    const cJSON *alerts = json_get(envelope, "alerts");

    assert_non_null(alerts);
    assert_int_equal(json_i64(alerts, "sent", -1), sent);
    assert_int_equal(json_i64(alerts, "failed", -1), failed);
}

static void test_each_is_told_of_once(void **state)
{
    AUTO(outcome_done) struct outcome outcome = {0};
    cJSON *reading = run_drift(&world, "oncall", "", &outcome);
    size_t n_high = count_high(reading);

    (void)state;
    assert_in_range(n_high, 1, 40);
    assert_null(json_get(reading, "alerts")); /* who only looks tells nobody */
    assert_int_equal(tally_of(&world).sent, 0);
    json_free(reading);

    outcome_done(&outcome);
    cJSON *first = run_drift(&world, "oncall", "--apply", &outcome);
    assert_int_equal(outcome.status, 3); /* an alert changes nothing of that */
    assert_alerts(first, (int64_t)n_high + 1, 0);
    struct tally tally = tally_of(&world);
    assert_int_equal(tally.consents, 2);
    assert_int_equal(tally.sent, n_high + 1);
    assert_true(sv_contains(buf_sv(&tally.titles), SV("message to arn:aws:sns:us-east-1:")));
    buf_done(&tally.titles);
    json_free(first);

    outcome_done(&outcome);
    cJSON *again = run_drift(&world, "oncall", "--apply", &outcome);
    assert_alerts(again, 0, 0);
    json_free(again);
}

/* Nothing of the first machine's is known there, but AWS has the OpsItems by their keys. */
static void test_another_machine_tells_nobody_again(void **state)
{
    AUTO(outcome_done) struct outcome outcome = {0};
    cJSON *envelope = run_drift(&elsewhere, "lead", "--apply", &outcome);
    struct tally tally = tally_of(&elsewhere);

    (void)state;
    assert_alerts(envelope, 0, 0);
    assert_int_equal(tally.sent, 0);
    assert_int_equal(tally.told, count_high(envelope));
    assert_false(sv_contains(buf_sv(&tally.titles), SV("message to ")));
    buf_done(&tally.titles);
    json_free(envelope);

    outcome_done(&outcome);
    envelope = run_drift(&elsewhere, "lead", "--apply", &outcome);
    assert_alerts(envelope, 0, 0);
    json_free(envelope);
}

/* Somebody who may read, and no more: the action that is missing is named, and nothing waits. */
static void test_what_may_not_be_sent_is_said(void **state)
{
    AUTO(outcome_done) struct outcome outcome = {0};
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct world viewers = world;

    (void)state;
    dir_make(viewers.dir);
    file_read(conf, &text);
    buf_add_cstr(&text, "member_role = WatchdeckReadOnly\n");
    file_write(conf, buf_sv(&text));
    cJSON *envelope = run_drift(&viewers, "viewer", "--apply", &outcome);
    size_t n_high = count_high(envelope);
    struct tally tally = tally_of(&viewers);
    assert_int_equal(outcome.status, 4); /* nor may they open secrets: that is a gap */
    assert_in_range(n_high, 1, 40);
    assert_alerts(envelope, 0, (int64_t)n_high + 1);
    assert_true(
        sv_contains(json_sv(json_get(envelope, "alerts"), "message"), SV("ssm:CreateOpsItem")));
    assert_true(sv_contains(buf_sv(&outcome.err), SV("alerts not sent: ")));
    assert_int_equal(tally.failed, n_high + 1);
    buf_done(&tally.titles);
    json_free(envelope);
    dir_remove(viewers.dir);
}

static void test_read_only_tells_nobody(void **state)
{
    AUTO(outcome_done) struct outcome outcome = {0};
    struct world fresh = world;

    (void)state;
    dir_make(fresh.dir);
    cJSON *envelope = run_drift(&fresh, "oncall", "--apply --read-only", &outcome);
    struct tally tally = tally_of(&fresh);
    assert_alerts(envelope, 0, 0);
    assert_int_equal(tally.consents + tally.sent + tally.told + tally.failed, 0);
    json_free(envelope);
    dir_remove(fresh.dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_told_of_once),
        cmocka_unit_test(test_another_machine_tells_nobody_again),
        cmocka_unit_test(test_what_may_not_be_sent_is_said),
        cmocka_unit_test(test_read_only_tells_nobody),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
