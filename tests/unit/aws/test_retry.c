/*
 * Retries and pace: pure rules over made-up time.
 */
#include <stdlib.h>

#include "core/aws/limit/pace.h"
#include "core/aws/limit/retry.h"
#include "core/base/json.h"
#include "core/base/os.h"
#include "tests/unit/unit.h"

/* --- retries --------------------------------------------------------------------------------- */

static void test_quota(void **state)
{
    struct retry_quota quota = {retry_standard.quota};
    struct retry_state retry = {0};
    (void)state;
    assert_true(retry_take(&retry_standard, &quota, &retry, FAULT_TIMEOUT));
    assert_int_equal(quota.left, 490);
    assert_true(retry_take(&retry_standard, &quota, &retry, FAULT_THROTTLED));
    assert_int_equal(quota.left, 485);
    assert_false(retry_take(&retry_standard, &quota, &retry, FAULT_THROTTLED));
    assert_int_equal(quota.left, 485);
    retry_succeeded(&retry_standard, &quota, &retry); /* what the last one cost */
    assert_int_equal(quota.left, 490);
    retry_succeeded(&retry_standard, &quota, &(struct retry_state){0});
    assert_int_equal(quota.left, 491);
    quota.left = 500;
    retry_succeeded(&retry_standard, &quota, &retry);
    assert_int_equal(quota.left, 500);
    quota.left = 4;
    assert_false(retry_take(&retry_standard, &quota, &(struct retry_state){0}, FAULT_TRANSIENT));
}

static int64_t delay(unsigned attempts, enum fault fault, double jitter, const char *retry_after)
{
    const struct retry_state retry = {.attempts = attempts};
    return retry_delay_ms(&retry_standard, &retry, fault, jitter, sv_of(retry_after));
}

static void test_delays(void **state)
{
    (void)state;
    assert_int_equal(delay(1, FAULT_TRANSIENT, 1, NULL), 50);
    assert_int_equal(delay(2, FAULT_TRANSIENT, 0.5, NULL), 50);
    assert_int_equal(delay(1, FAULT_THROTTLED, 1, NULL), 1000);
    assert_int_equal(delay(3, FAULT_THROTTLED, 1, NULL), 4000);
    assert_int_equal(delay(9, FAULT_THROTTLED, 1, NULL), 20000);
    assert_int_equal(delay(4000000000u, FAULT_THROTTLED, 1, NULL), 20000);
    assert_int_equal(delay(1, FAULT_THROTTLED, 0, NULL), 0);
}

static void test_retry_after(void **state)
{
    (void)state;
    assert_int_equal(delay(1, FAULT_THROTTLED, 0.1, "1500"), 1500);
    assert_int_equal(delay(1, FAULT_THROTTLED, 0.1, "50"), 100);
    assert_int_equal(delay(1, FAULT_THROTTLED, 0.1, "999999999999"), 5100);
    assert_int_equal(delay(1, FAULT_THROTTLED, 0.1, "99999999999999999999999"), 100);
    assert_int_equal(delay(1, FAULT_THROTTLED, 0.1, "-5"), 100);
    assert_int_equal(delay(1, FAULT_THROTTLED, 0.1, "NaN"), 100);
    assert_int_equal(delay(1, FAULT_THROTTLED, 0.1, "1e9"), 100);
}

/* --- pace ------------------------------------------------------------------------------------ */

static void test_modes(void **state)
{
    (void)state;
    assert_int_equal(retry_mode(SV("legacy"))->attempts_max, 5);
    assert_int_equal(retry_mode(SV("standard"))->attempts_max, 3);
    assert_int_equal(retry_mode(SV("adaptive"))->attempts_max, 3);
    assert_null(retry_mode(SV("Standard")));
    struct retry_quota quota = {retry_mode(SV("legacy"))->quota};
    struct retry_state retry = {0};
    for (int i = 1; i < 5; i++)
        assert_true(retry_take(retry_mode(SV("legacy")), &quota, &retry, FAULT_TIMEOUT));
    assert_false(retry_take(retry_mode(SV("legacy")), &quota, &retry, FAULT_TIMEOUT));
}

static void test_pace_is_off_until_throttled(void **state)
{
    struct pace pace = {0};
    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_true(pace_take(&pace, 100 + i * 0.001) == 0);
        pace_note(&pace, 100 + i * 0.001, false);
    }
    assert_false(pace.is_on);
}

/* A service that takes `limit` requests a second, and a client that never stops asking. */
static double throttled_share(double limit, double seconds)
{
    struct pace pace = {0};
    double now_s = 1000, allowance = limit, refilled_s = now_s;
    unsigned n_sent = 0, n_throttled = 0;
    while (now_s < 1000 + seconds) {
        double wait_s = pace_take(&pace, now_s);
        if (wait_s > 0) {
            now_s += wait_s + 1e-6;
            continue;
        }
        allowance += (now_s - refilled_s) * limit;
        allowance = allowance > limit ? limit : allowance;
        refilled_s = now_s;
        bool throttled = allowance < 1;
        if (!throttled)
            allowance -= 1;
        n_sent++;
        n_throttled += throttled;
        pace_note(&pace, now_s, throttled);
        now_s += 0.005;
    }
    assert_true(n_sent - n_throttled > 0.5 * limit * seconds); /* it does not starve either */
    return (double)n_throttled / n_sent;
}

static void test_pace_finds_the_limit(void **state)
{
    (void)state;
    assert_true(throttled_share(10, 60) < 0.2);
    assert_true(throttled_share(50, 60) < 0.2);
}

/* Throttled by chance, it does not come to a stand: a rate that is known to be AWS's own is kept.
 */
static void test_pace_keeps_the_least(void **state)
{
    struct pace pace = {.rate_min = 20};
    (void)state;
    for (int i = 0; i < 100; i++)
        pace_note(&pace, 50 + i * 0.1, i % 3 == 0);
    assert_true(pace.is_on && pace.rate >= 20);
    pace = (struct pace){0};
    for (int i = 0; i < 100; i++)
        pace_note(&pace, 50 + i * 0.1, true);
    assert_true(pace.rate >= 0.5 && pace.rate < 20);
}

/* Even a first request that is throttled does not stop all for long. */
static void test_pace_recovers(void **state)
{
    struct pace pace = {0};
    double now_s = 50;
    (void)state;
    pace_note(&pace, now_s, true);
    assert_true(pace.is_on);
    for (int i = 0; i < 50; i++) {
        double wait_s = pace_take(&pace, now_s);
        assert_true(wait_s <= 2.001);
        if (wait_s > 0)
            now_s += wait_s + 1e-6;
        else
            pace_note(&pace, now_s += 0.01, false);
    }
    assert_true(pace.rate > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quota),
        cmocka_unit_test(test_delays),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_pace_is_off_until_throttled),
        cmocka_unit_test(test_pace_finds_the_limit),
        cmocka_unit_test(test_pace_keeps_the_least),
        cmocka_unit_test(test_pace_recovers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
