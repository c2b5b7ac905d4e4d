/*
 * `drift --apply` against the sandbox: what the settings have switched on is changed through the
 * gate and told item by item; HIGH, production and what they do not name are left alone; a second
 * run finds nothing to do. And the handover that tells of it.
 */
#include "tests/unit/screens/helper_world.h"
#include "tests/unit/unit.h"

static struct world world;
static char conf[DIR_PATH_SIZE], frozen_conf[DIR_PATH_SIZE];

#define PLACE "--account shop-dev --region us-east-1"
/* All but analytics-dev, whose secrets cannot all be compared. */
#define EVERYONE                                                             \
    "--account shop-dev,shipping-dev,payments-dev,search-dev,data-lake-dev," \
    "ou:Infrastructure,ou:Sandbox"
#define PARTIAL  "--account shop-dev,vault --region us-east-1" /* vault lets nobody read */
#define SETTINGS "baseline = approved.json\napply_automatically = baseline_*\n"

static const char approved[] =
    "{\"groups\": [{\"account\": \"shop-dev\", \"region\": \"us-east-1\", \"group\": \"web-1\", "
    "\"rules\": [{\"IpProtocol\": \"tcp\", \"FromPort\": 443, \"ToPort\": 443, \"CidrIpv4\": "
    "\"0.0.0.0/0\"}, {\"IpProtocol\": \"tcp\", \"FromPort\": 8443, \"ToPort\": 8443, \"CidrIpv4\": "
    "\"10.0.0.0/8\"}]}]}";

static int start(void **state)
{
    char path[DIR_PATH_SIZE];

    (void)state;
    world_start(&world, "accounts=24,regions=4,resources=3000,seed=7");
    dir_path(world.dir, "approved.json", path);
    file_write(path, sv_of(approved));
    dir_path(world.dir, "apply.conf", conf);
    file_write(conf, SV(SETTINGS));
    dir_path(world.dir, "frozen.conf", frozen_conf);
    file_write(frozen_conf, SV(SETTINGS "freeze = 2020-01-01/2099-12-31\n"));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop(&world);
    return 0;
}

static cJSON *run_drift_in(const char *place, const char *with, const char *words, int status)
{
    AUTO(outcome_done) struct outcome outcome = {0};
    cJSON *envelope = NULL;

    world_run(&world, "oncall", &outcome, "drift %s --format json --config %s %s", place, with,
              words);
    if (outcome.status != status)
        fail_msg("%s: status %d instead of %d: %s", words, outcome.status, status,
                 buf_cstr(&outcome.err));
    assert_int_equal(json_parse(buf_sv(&outcome.out), "drift", &envelope, NULL), OK);
    return envelope;
}

static cJSON *run_drift(const char *words, int status)
{
    return run_drift_in(EVERYONE, conf, words, status);
}

static size_t count_kind(const cJSON *envelope, const char *kind)
{
    size_t n = 0;

    for (const cJSON *row = json_items(envelope, "rows"); row != NULL; row = row->next)
        n += sv_eq_cstr(json_sv(row, "kind"), kind);
    return n;
}

/* Each item is refused, with these words, and AWS is as it was. */
static void assert_nothing_done(const char *place, const char *with, int status, const char *says)
{
    cJSON *before = run_drift_in(place, with, "", status);
    cJSON *applied = run_drift_in(place, with, "--apply", 6);
    cJSON *after = run_drift_in(place, with, "", status);
    size_t n = 0;

    for (const cJSON *item = json_items(applied, "applied"); item != NULL; item = item->next, n++) {
        if (!sv_eq(json_sv(item, "state"), SV("REFUSED")) ||
            !sv_contains(json_sv(item, "message"), sv_of(says)))
            fail_msg(SV_FMT ": " SV_FMT, SV_ARG(json_sv(item, "state")),
                     SV_ARG(json_sv(item, "message")));
    }
    assert_int_equal(n, count_kind(before, "sg-baseline"));
    assert_int_equal(n, count_kind(after, "sg-baseline"));
    assert_in_range(n, 2, 10);
    json_free(before);
    json_free(applied);
    json_free(after);
}

static void test_a_freeze_holds_it_back(void **state)
{
    (void)state;
    assert_nothing_done(EVERYONE, frozen_conf, 3, "nothing is changed until 2100-01-01");
}

/* Of the few groups of one account they would be too many. */
static void test_the_belt_of_five_percent(void **state)
{
    (void)state;
    assert_nothing_done(PLACE, conf, 3, "resources at once; at most 5 percent are allowed");
}

/* Of how many, when one account tells nothing? */
static void test_of_a_part_nothing_is_said(void **state)
{
    (void)state;
    assert_nothing_done(PARTIAL, conf, 4, "of how many is not known: 1 of 2 places");
}

static void test_what_is_switched_on(void **state)
{
    cJSON *before = run_drift("", 3), *applied, *after;
    size_t n_differences = count_kind(before, "sg-baseline"), n = 0;

    (void)state;
    assert_in_range(n_differences, 2, 10);
    assert_null(json_get(before, "applied"));
    applied = run_drift("--apply", 3); /* a default group is open, and that is HIGH */
    for (const cJSON *item = json_items(applied, "applied"); item != NULL; item = item->next) {
        if (!sv_eq(json_sv(item, "state"), SV("SUCCEEDED")))
            fail_msg(SV_FMT ": " SV_FMT ": " SV_FMT, SV_ARG(json_sv(item, "what")),
                     SV_ARG(json_sv(item, "state")), SV_ARG(json_sv(item, "message")));
        assert_true(sv_starts(json_sv(item, "type"), SV("baseline_rule_")));
        assert_int_equal(json_sv(item, "plan_id").len, 36);
        n++;
    }
    assert_int_equal(n, n_differences);
    after = run_drift("--apply", 3);
    assert_int_equal(count_kind(after, "sg-baseline"), 0);
    assert_int_equal(count_kind(after, "sg-policy"), count_kind(before, "sg-policy"));
    assert_int_equal(cJSON_GetArraySize(json_get(after, "applied")), 0);
    json_free(before);
    json_free(applied);
    json_free(after);
}

static void test_the_handover(void **state)
{
    AUTO(outcome_done) struct outcome outcome = {0};

    (void)state;
    world_run(&world, "oncall", &outcome,
              "handover --account shop-dev --region us-east-1 --config %s", conf);
    assert_int_equal(outcome.status, 3);
    assert_true(sv_contains(buf_sv(&outcome.out), SV("## Waits for a decision: ")));
    assert_true(
        sv_contains(buf_sv(&outcome.out), SV("SUCCEEDED, decided alone | Revoke tcp 80 from ")));
    assert_true(sv_contains(buf_sv(&outcome.out), SV("apply\\_automatically (apply.conf:2)")));
    assert_true(sv_contains(buf_sv(&outcome.out),
                            SV("SUCCEEDED, decided alone | Open tcp 8443 from 10.0.0.0/8")));
    outcome_done(&outcome);
    world_run(&world, "oncall", &outcome, "--once handover");
    assert_int_equal(outcome.status, 2);
    outcome_done(&outcome);
    world_run(&world, "oncall", &outcome, "drift --since 1h");
    assert_int_equal(outcome.status, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_freeze_holds_it_back),
        cmocka_unit_test(test_the_belt_of_five_percent),
        cmocka_unit_test(test_of_a_part_nothing_is_said),
        cmocka_unit_test(test_what_is_switched_on),
        cmocka_unit_test(test_the_handover),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
