/*
 * Twins: what `--once NAME` prints and what the screen NAME shows come from the same loader: the
 * same rows in the same order, whatever narrows them. And the promises of the headless form: exit
 * statuses, envelope, keys of the rows.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/screens/helper_world.h"
#include "tests/unit/unit.h"

static struct world world;

static int start(void **state)
{
    (void)state;
    world_start(&world, "accounts=10,regions=2,resources=400,seed=7");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop(&world);
    return 0;
}

/* --- the same rows --------------------------------------------------------------------------- */

/* The screen as it is typed behind `:`, the same behind --once, and how many rows there may be. */
struct twins {
    const char *line, *once;
    size_t rows_min, rows_max;
};

static void twin_path(size_t i, char *path)
{
    char name[32];

    snprintf(name, sizeof name, "twin-%zu.csv", i);
    dir_path(world.dir, name, path);
}

/* What `:export FILE.csv` of each screen writes, in one run of the console. */
static void export_from_screens(const struct twins *twins, size_t n, const char *options)
{
    AUTO(outcome_done) struct outcome outcome = {0};
    AUTO(buf_done) struct buf script = BUF_NONE;
    char script_path[DIR_PATH_SIZE], rows_path[DIR_PATH_SIZE];

    for (size_t i = 0; i < n; i++) {
        twin_path(i, rows_path);
        unlink(rows_path); /* of the test before: nothing is replaced unasked */
        buf_addf(&script,
                 "keys :\ntype %s\nkeys Enter\ngone loading\n"
                 "keys :\ntype export %s\nkeys Enter\nwait rows written\n",
                 twins[i].line, rows_path);
    }
    dir_path(world.dir, "twin.script", script_path);
    file_write(script_path, buf_sv(&script));
    world_run(&world, "oncall", &outcome, "--script %s --size 200x50 %s", script_path, options);
    if (outcome.status != 0)
        fail_msg("%s", buf_cstr(&outcome.err));
}

static size_t count_lines(struct sv text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n';
    return n;
}

/* The line of the csv that differs, for a person to find. */
static void compare(const char *screen, struct sv headless, struct sv shown)
{
    for (int line = 1; headless.len > 0 || shown.len > 0; line++) {
        struct sv a = sv_split(&headless, '\n'), b = sv_split(&shown, '\n');

        if (!sv_eq(a, b))
            fail_msg("%s, line %d\n  --once: " SV_FMT "\n  screen: " SV_FMT, screen, line,
                     SV_ARG(a), SV_ARG(b));
    }
}

static void check_twin(size_t i, const struct twins *twins, const char *options)
{
    AUTO(outcome_done) struct outcome headless = {0};
    AUTO(buf_done) struct buf shown = BUF_CAPPED((size_t)8 << 20);
    char rows_path[DIR_PATH_SIZE];

    twin_path(i, rows_path);
    file_read(rows_path, &shown);
    world_run(&world, "oncall", &headless, "--once %s --format csv %s", twins->once, options);
    assert_true(headless.out.len > 0);
    compare(twins->line, buf_sv(&headless.out), buf_sv(&shown));
    if (headless.status == 4) /* rows alone would look complete */
        assert_non_null(strstr(buf_cstr(&headless.err), " gap"));
    assert_in_range(count_lines(buf_sv(&shown)) - 1, twins->rows_min, twins->rows_max);
}

static void check_twins(const struct twins *twins, size_t n, const char *options)
{
    export_from_screens(twins, n, options);
    for (size_t i = 0; i < n; i++)
        check_twin(i, &twins[i], options);
}

static void test_every_screen(void **state)
{
    static const struct twins twins[] = {
        {"accounts", "accounts", 10, 10},
        {"resources", "resources", 100, 400},
        {"rules", "rules", 100, 2000},
        {"rule restricted-ssh", "rule restricted-ssh", 10, 400},
        {"findings", "findings", 10, 400},
        {"triage", "triage", 5, 400},
        {"recorders", "recorders", 5, 40},
        {"aggregators", "aggregators", 1, 40},
        {"identity", "identity", 20, 40},
        {"nodes", "nodes", 3, 400},
        {"changes", "changes", 5, 40},
        {"drift", "drift", 10, 400},
        {"approvals", "approvals", 10, 400},
    };

    (void)state;
    check_twins(twins, ARRAY_LEN(twins), "");
}

static void test_narrowed(void **state)
{
    static const struct twins twins[] = {
        {"rules @payments", "rules --account payments", 10, 200},
        {"rules #us-east-1", "rules --region us-east-1", 10, 500},
        {"rules @payments,shop #us-* /restricted-ssh",
         "rules --account payments,shop --region us-* --filter restricted-ssh", 1, 4},
        {"rules /nothing-has-this-name", "rules --filter nothing-has-this-name", 0, 0},
    };

    (void)state;
    check_twins(twins, ARRAY_LEN(twins), "");
}

/* --account and --region given to the console narrow its screens as they narrow --once. */
static void test_narrowed_by_options(void **state)
{
    static const struct twins twins[] = {{"findings", "findings", 1, 100}};

    (void)state;
    check_twins(twins, 1, "--account data-lake,shop-dev,shop --region us-*");
}

/* --- the envelope and the keys of its rows -----------------------------------------------------
 */

enum wanted { STRING, NUMBER, BOOLEAN, STRINGS };

static bool is_kind(const cJSON *item, enum wanted wanted)
{
    switch (wanted) {
    case STRING:
        return cJSON_IsString(item);
    case NUMBER:
        return cJSON_IsNumber(item) && item->valuedouble == floor(item->valuedouble);
    case BOOLEAN:
        return cJSON_IsBool(item);
    default:
        return cJSON_IsArray(item);
    }
}

static cJSON *load_json(const char *once)
{
    AUTO(outcome_done) struct outcome outcome = {0};
    cJSON *envelope = NULL;
    struct err err;

    world_run(&world, "oncall", &outcome, "--once %s --format json", once);
    if (json_parse(buf_sv(&outcome.out), once, &envelope, &err) != OK)
        fail_msg("%s: %s", once, err.message);
    return envelope;
}

/* {screen, generated_at, coverage: {asked, answered, gaps: []}, rows: []} and nothing else. */
static void check_envelope(const cJSON *envelope, const char *screen)
{
    const cJSON *coverage = json_get(envelope, "coverage");

    assert_int_equal(cJSON_GetArraySize(envelope), 4);
    assert_true(sv_eq_cstr(json_sv(envelope, "screen"), screen));
    assert_true(sv_eq_cstr(json_sv(envelope, "generated_at"), WORLD_NOW));
    assert_int_equal(cJSON_GetArraySize(coverage), 4);
    assert_true(is_kind(json_get(coverage, "asked"), NUMBER));
    assert_true(is_kind(json_get(coverage, "answered"), NUMBER));
    assert_true(cJSON_IsArray(json_get(coverage, "gaps")));
    assert_true(cJSON_IsArray(json_get(coverage, "remarks")));
    assert_true(json_i64(coverage, "answered", -1) <= json_i64(coverage, "asked", -2));
    assert_true(cJSON_IsArray(json_get(envelope, "rows")));
    assert_true(cJSON_GetArraySize(json_get(envelope, "rows")) > 0);
}

struct wanted_key {
    const char *key;
    enum wanted kind;
    bool may_be_null; /* where AWS did not say */
};

static void check_row(const cJSON *row, const char *screen, const struct wanted_key *keys)
{
    for (; keys->key != NULL; keys++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(row, keys->key);

        if (item == NULL)
            fail_msg("%s: a row has no %s", screen, keys->key);
        if (!is_kind(item, keys->kind) && !(keys->may_be_null && cJSON_IsNull(item)))
            fail_msg("%s: %s is of the wrong type", screen, keys->key);
    }
}

#define KEYS_MAX 10

static void test_row_keys(void **state)
{
    static const struct {
        const char *screen;
        struct wanted_key keys[KEYS_MAX];
    } screens_[] = {
        {"accounts",
         {{"account_id", STRING, false},
          {"name", STRING, false},
          {"ou", STRING, false},
          {"state", STRING, false},
          {"recorder", STRING, true},
          {"noncompliant", NUMBER, true},
          {"reachable", BOOLEAN, true}}},
        {"resources",
         {{"account_id", STRING, false},
          {"region", STRING, false},
          {"resource_type", STRING, false},
          {"resource_id", STRING, false},
          {"compliance", STRING, true}}},
        {"rules",
         {{"account_id", STRING, false},
          {"region", STRING, false},
          {"name", STRING, false},
          {"identifier", STRING, true},
          {"compliance", STRING, true}}},
        {"findings",
         {{"account_id", STRING, false},
          {"region", STRING, false},
          {"group_id", STRING, false},
          {"security_group_rule_id", STRING, false},
          {"type", STRING, false},
          {"severity", STRING, false},
          {"ports", STRINGS, false}}},
        {"drift",
         {{"kind", STRING, false},
          {"account_id", STRING, false},
          {"region", STRING, false},
          {"key", STRING, false},
          {"type", STRING, false},
          {"severity", STRING, false},
          {"state", STRING, false},
          {"since", STRING, true},
          {"owner", STRING, true}}},
        {"triage",
         {{"panel", STRING, false},
          {"severity", STRING, true},
          {"age_s", NUMBER, true},
          {"account_id", STRING, true},
          {"region", STRING, true},
          {"what", STRING, false}}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(screens_); i++) {
        cJSON *envelope = load_json(screens_[i].screen);

        check_envelope(envelope, screens_[i].screen);
        for (const cJSON *row = json_items(envelope, "rows"); row != NULL; row = row->next)
            check_row(row, screens_[i].screen, screens_[i].keys);
        json_free(envelope);
    }
}

static void test_gaps_say_what_is_missing(void **state)
{
    cJSON *envelope = load_json("findings");
    const cJSON *gap = json_items(json_get(envelope, "coverage"), "gaps");
    static const char *const keys[] = {"account_id", "account", "region",     "operation",
                                       "reason",     "code",    "iam_action", "message"};

    (void)state;
    assert_non_null(gap);
    for (; gap != NULL; gap = gap->next) {
        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
            assert_true(cJSON_IsString(json_get(gap, keys[i])));
        assert_true(json_sv(gap, "operation").len > 0);
        assert_true(json_sv(gap, "reason").len > 0);
    }
    json_free(envelope);
}

/* --- exit statuses --------------------------------------------------------------------------- */

static void check_status(int wanted, const char *words)
{
    AUTO(outcome_done) struct outcome outcome = {0};

    world_run(&world, "oncall", &outcome, "%s", words);
    if (outcome.status != wanted)
        fail_msg("%s: exit status %d instead of %d: %s", words, outcome.status, wanted,
                 buf_cstr(&outcome.err));
    if (wanted == 2 || wanted == 5) {
        assert_int_equal(outcome.out.len, 0);
        assert_true(sv_starts(buf_sv(&outcome.err), SV("watchdeck: ")));
    }
}

static void test_exit_statuses(void **state)
{
    (void)state;
    check_status(0, "--once identity");
    check_status(0, "--once accounts --account shop-dev");
    check_status(0, "--once findings --account shop-dev --filter !severity:>MEDIUM");
    check_status(2, "--once nothing");
    check_status(2, "--once rule"); /* needs its argument */
    check_status(2, "--once rules --format xml");
    check_status(2, "--once rules --account no-such-account");
    check_status(2, "--once rules --filter nocolumn:>5");
    check_status(3, "--once findings --account analytics-dev");
    check_status(4, "--once findings"); /* partial coverage comes before findings */
    check_status(4, "--once rules --account loyalty,shop");
    check_status(0, "drift --account shop-dev --fail-on CRITICAL");
    check_status(0, "drift --account shop-dev --app shop --fail-on CRITICAL");
    check_status(4, "drift --account shop-dev --app nosuch --fail-on CRITICAL"); /* is nowhere */
    check_status(3, "drift --account shop-dev --fail-on MEDIUM --format json");
    check_status(3, "drift --account shop-dev --filter !severity:>MEDIUM --fail-on low");
    check_status(0, "drift --account shop-dev --filter !severity:>MEDIUM");
    check_status(4, "drift --account analytics-dev"); /* whose secrets cannot all be compared */
    check_status(4, "drift");
    check_status(3, "--once approvals"); /* it waits, whatever else could not be read */
    check_status(4, "--once approvals --filter nothing-has-this-name");
    check_status(2, "drift shop");
    check_status(2, "--once drift --apply");
    check_status(
        3,
        "drift --account shop-dev --fail-on MEDIUM --apply"); /* the settings switch nothing on */
    check_status(2, "drift --fail-on often");
    check_status(2, "--once drift --fail-on HIGH");
}

/* Whatever it comes from, it stands in the one queue. */
static void test_every_kind_waits(void **state)
{
    static const char *const kinds[] = {"sg-policy", "parameter", "config", "automation",
                                        "opsitem"};
    cJSON *envelope = load_json("approvals");

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t n = 0;

        for (const cJSON *row = json_items(envelope, "rows"); row != NULL; row = row->next)
            n += sv_eq_cstr(json_sv(row, "kind"), kinds[i]);
        if (n == 0)
            fail_msg("nothing of the kind %s waits", kinds[i]);
    }
    json_free(envelope);
}

static void test_wrong_credentials(void **state)
{
    AUTO(outcome_done) struct outcome outcome = {0};
    const char *argv[] = {BINARY_DIR "/watchdeck",
                          "--endpoint-url",
                          world.endpoint,
                          "--region",
                          "us-east-1",
                          "--once",
                          "accounts",
                          NULL};

    (void)state;
    setenv("HOME", world.dir, 1);
    setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "not-the-key-of-anyone", 1);
    program_run(argv, &outcome);
    assert_int_equal(outcome.status, 5);
    assert_int_equal(outcome.out.len, 0);
    outcome_done(&outcome);
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    program_run(argv, &outcome);
    assert_int_equal(outcome.status, 5);
    assert_int_equal(outcome.out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_screen),
        cmocka_unit_test(test_narrowed),
        cmocka_unit_test(test_narrowed_by_options),
        cmocka_unit_test(test_row_keys),
        cmocka_unit_test(test_gaps_say_what_is_missing),
        cmocka_unit_test(test_exit_statuses),
        cmocka_unit_test(test_every_kind_waits),
        cmocka_unit_test(test_wrong_credentials),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
