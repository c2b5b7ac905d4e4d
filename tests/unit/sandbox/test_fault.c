/* The grammar of --fault, and which requests it meets. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/sandbox/faults/fault.h"
#include "tests/sandbox/wire/api.h"

static struct faults *faults_of(const char *spec)
{
    struct faults *faults = NULL;
    struct err err = ERR_NONE;
    assert_int_equal(faults_new(sv_of(spec), 7, &faults, &err), OK);
    return faults;
}

static const struct fault_target regions = {"ec2", "DescribeRegions", "111122223333", -1, NULL};
static const struct fault_target rules = {"config", "DescribeConfigRules", "444455556666", -1,
                                          NULL};

static void refuses_nonsense(void **state)
{
    static const char *const specs[] = {
        "explode",
        "throttle:rate=2",
        "throttle:rate=-1",
        "throttle:rate=",
        "throttle:rate=x",
        "throttle:bytes=3",
        "throttle:colour=red",
        "reset:bytes=-1",
        "reset:bytes=many",
        "reset:service=",
        "reset;;",
        "reset:ms=1",
        "slow:ms=-1",
        "loop:pages=x",
        "wrong:is=odd",
        "body:is=nothing",
        "throttle:first=-1",
        "wrong:share=2",
        "throttle:rate",
        "throttle;reset:by=1",
        "throttle:service=config-service",
        "throttle:service=config,operation=DescribeRegions",
        "throttle:operation=DescribeNothing",
        "lose:service=ec2",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
        struct faults *faults = NULL;
        struct err err = ERR_NONE;
        assert_int_equal(faults_new(sv_of(specs[i]), 7, &faults, &err), ERR_USAGE);
        assert_null(faults);
        assert_true(strlen(err.message) > 0);
    }
}

static bool met(struct faults *faults, const struct fault_target *target, enum fault_kind kind)
{
    struct fate fate;
    faults_choose(faults, target, &fate);
    return fate.of[kind] != NULL;
}

static void does_nothing_by_itself(void **state)
{
    struct faults *none = faults_of("");
    struct fate fate;
    (void)state;
    faults_choose(none, &regions, &fate);
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++)
        assert_null(fate.of[i]);
    assert_false(faults_break_wires(none));
    faults_free(none);
}

static void meets_what_fits(void **state)
{
    struct faults *f =
        faults_of("throttle:service=ec2;throttle:account=444455556666,operation=DescribeRegions;"
                  "reset:operation=DescribeConfigRules,bytes=100");
    struct fate fate;
    (void)state;
    assert_true(faults_break_wires(f));
    faults_choose(f, &regions, &fate);
    assert_non_null(fate.of[FAULT_THROTTLE]);
    assert_null(fate.of[FAULT_RESET]);
    faults_choose(f, &rules, &fate);
    assert_null(fate.of[FAULT_THROTTLE]);
    assert_int_equal(fate.of[FAULT_RESET]->bytes, 100);
    faults_free(f);
}

static void counts_what_it_meets(void **state)
{
    struct faults *f = faults_of("throttle:after=1,first=2;stall:first=1,service=ec2");
    static const bool throttled[] = {false, true, true, false, false};
    (void)state;
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(met(f, &rules, FAULT_THROTTLE), throttled[i]);
    assert_true(met(f, &regions, FAULT_STALL));
    assert_false(met(f, &regions, FAULT_STALL));
    faults_free(f);
}

static void sessions_end_after_their_calls(void **state)
{
    struct faults *f = faults_of("expired:calls=2,service=ec2,first=1");
    struct fault_target target = regions;
    (void)state;
    assert_false(met(f, &target, FAULT_EXPIRED)); /* a long-term key has no end */
    target.n_calls = 1;
    assert_false(met(f, &target, FAULT_EXPIRED));
    target.n_calls = 2;
    assert_true(met(f, &target, FAULT_EXPIRED));
    assert_false(met(f, &target, FAULT_EXPIRED));
    faults_free(f);
}

static void clocks_are_off(void **state)
{
    struct faults *f = faults_of("skew:s=-960;throttle:service=ec2");
    struct faults *wrong = NULL;
    struct err err = ERR_NONE;
    (void)state;
    assert_int_equal(faults_skew_ms(f), -960000);
    assert_true(met(f, &regions, FAULT_THROTTLE));
    assert_int_equal(faults_new(SV("skew:s=1,service=ec2"), 7, &wrong, &err), ERR_USAGE);
    faults_free(f);
}

static void says_what_is_wrong_by_default(void **state)
{
    struct faults *f = faults_of("wrong;body;error;loop");
    struct fate fate;
    (void)state;
    faults_choose(f, &rules, &fate);
    assert_string_equal(fate.of[FAULT_WRONG]->is, "null");
    assert_string_equal(fate.of[FAULT_BODY]->is, "html");
    assert_string_equal(fate.of[FAULT_ERROR]->code, "InternalFailure");
    assert_int_equal(fate.of[FAULT_LOOP]->pages, 1);
    faults_free(f);
}

static int count_throttled(const char *spec, int n)
{
    struct faults *f = faults_of(spec);
    int count = 0;
    for (int i = 0; i < n; i++)
        count += met(f, &regions, FAULT_THROTTLE);
    faults_free(f);
    return count;
}

static void keeps_the_rate(void **state)
{
    (void)state;
    assert_int_equal(count_throttled("throttle:rate=0", 1000), 0);
    assert_int_equal(count_throttled("throttle:rate=1", 1000), 1000);
    int some = count_throttled("throttle:rate=0.3", 10000);
    assert_in_range(some, 2800, 3200);
    assert_int_equal(count_throttled("throttle:rate=0.3", 10000), some);
}

static int load(void **state)
{
    (void)state;
    api_load();
    return 0;
}

static int unload(void **state)
{
    (void)state;
    api_unload();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_nonsense),
        cmocka_unit_test(does_nothing_by_itself),
        cmocka_unit_test(meets_what_fits),
        cmocka_unit_test(counts_what_it_meets),
        cmocka_unit_test(sessions_end_after_their_calls),
        cmocka_unit_test(clocks_are_off),
        cmocka_unit_test(says_what_is_wrong_by_default),
        cmocka_unit_test(keeps_the_rate),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
