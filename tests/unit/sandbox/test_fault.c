/* The grammar of --fault, and which requests it meets. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/sandbox/wire/fault.h"

static struct faults *faults_of(const char *spec)
{
    struct faults *faults = NULL;
    struct err err = ERR_NONE;
    assert_int_equal(faults_new(sv_of(spec), 7, &faults, &err), OK);
    return faults;
}

static const struct fault_target regions = {"ec2", "DescribeRegions", "111122223333"};
static const struct fault_target rules = {"config", "DescribeConfigRules", "444455556666"};

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
        "throttle:rate",
        "throttle;reset:by=1",
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

static void does_nothing_by_itself(void **state)
{
    struct faults *none = faults_of("");
    (void)state;
    assert_false(faults_throttle(none, &regions));
    assert_int_equal(faults_reset(none, &regions), -1);
    assert_false(faults_cut_wires(none));
    faults_free(none);
}

static void meets_what_fits(void **state)
{
    struct faults *f = faults_of("throttle:service=ec2;throttle:account=444455556666,operation=X;"
                                 "reset:operation=DescribeConfigRules,bytes=100");
    (void)state;
    assert_true(faults_cut_wires(f));
    assert_true(faults_throttle(f, &regions));
    assert_false(faults_throttle(f, &rules));
    assert_int_equal(faults_reset(f, &rules), 100);
    assert_int_equal(faults_reset(f, &regions), -1);
    faults_free(f);
}

static int count_throttled(const char *spec, int n)
{
    struct faults *f = faults_of(spec);
    int count = 0;
    for (int i = 0; i < n; i++)
        count += faults_throttle(f, &regions);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_nonsense),
        cmocka_unit_test(does_nothing_by_itself),
        cmocka_unit_test(meets_what_fits),
        cmocka_unit_test(keeps_the_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
