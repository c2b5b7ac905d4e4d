#include "tests/unit/unit.h"

#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

static void clocks_run(void **state)
{
    (void)state;
    int64_t mono_us = clock_mono_us();
    assert_true(clock_mono_us() >= mono_us);
    assert_true(clock_mono_ms() >= mono_us / 1000);
    assert_true(clock_wall_ms() > 1700000000000);
}

/* Against the C library, over the days of four centuries and some moments of each. */
static void writes_what_gmtime_says(void **state)
{
    (void)state;
    for (int64_t day = -150000; day < 150000; day += 7) {
        time_t second = (time_t)(day * 86400 + day % 86400);
        char expected[64], iso[CLOCK_ISO_SIZE];
        struct tm tm;
        int64_t back;
        gmtime_r(&second, &tm);
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &tm);
        clock_iso8601((int64_t)second * 1000 + 999, false, iso);
        assert_string_equal(iso, expected);
        assert_true(clock_parse_iso8601(sv_of(iso), &back));
        assert_true(back == (int64_t)second * 1000);
    }
}

static void writes_the_edges(void **state)
{
    static const struct {
        int64_t wall_ms;
        const char *iso;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {1772334000123, "2026-03-01T03:00:00.123Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {253402300800000, "9999-12-31T23:59:59.999Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999Z"},
        {INT64_MIN, "0000-01-01T00:00:00.000Z"},
    };
    char iso[CLOCK_ISO_SIZE], date[CLOCK_AMZ_DATE_SIZE];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        clock_iso8601(cases[i].wall_ms, true, iso);
        assert_string_equal(iso, cases[i].iso);
    }
    clock_amz_date(1772334000123, date);
    assert_string_equal(date, "20260301T030000Z");
}

static void reads_iso8601(void **state)
{
    static const struct {
        const char *text;
        int64_t wall_ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01t00:00:00z", 0},
        {"2026-03-01T03:00:00UTC", 1772334000000},
        {"2026-03-01T03:00:00.1Z", 1772334000100},
        {"2026-03-01T03:00:00.123999999999999999999Z", 1772334000123},
        {"2026-03-01T05:30:00+02:30", 1772334000000},
        {"2026-02-28T22:00:00-05:00", 1772334000000},
        {"2026-03-01T03:00:00-00:00", 1772334000000},
        {"2016-12-31T23:59:60Z", 1483228800000},
        {"2024-02-29T00:00:00Z", 1709164800000},
        {"0000-01-01T00:00:00Z", -62167219200000},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t wall_ms = -7;
        assert_true(clock_parse_iso8601(sv_of(cases[i].text), &wall_ms));
        assert_true(wall_ms == cases[i].wall_ms);
    }
}

static void refuses_what_is_no_iso8601(void **state)
{
    static const char *const cases[] = {
        "",
        "2026-03-01",
        "2026-03-01T03:00:00",
        "2026-03-01 03:00:00Z",
        "2026-03-01T03:00Z",
        "2026-3-01T03:00:00Z",
        "2026-13-01T03:00:00Z",
        "2026-00-01T03:00:00Z",
        "2026-02-29T03:00:00Z",
        "1900-02-29T03:00:00Z",
        "2026-04-31T03:00:00Z",
        "2026-03-00T03:00:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T03:60:00Z",
        "2026-03-01T03:00:61Z",
        "2026-03-01T03:00:00.Z",
        "2026-03-01T03:00:00,5Z",
        "2026-03-01T03:00:00+0200",
        "2026-03-01T03:00:00+24:00",
        "2026-03-01T03:00:00+02:60",
        "2026-03-01T03:00:00ZZ",
        " 2026-03-01T03:00:00Z",
        "2026-03-01T03:00:00Z\n",
        "+2026-03-01T03:00:00Z",
        "2026-03-01T-3:00:00Z",
        "2026-03-01T03:00:00GMT",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t wall_ms = -7;
        if (clock_parse_iso8601(sv_of(cases[i]), &wall_ms))
            fail_msg("accepted: %s", cases[i]);
        assert_true(wall_ms == -7);
    }
    /* Every prefix of a good one, so that nothing reads beyond the end. */
    struct sv good = SV("2026-03-01T03:00:00.5+01:00");
    for (size_t len = 0; len < good.len; len++) {
        int64_t wall_ms;
        char *prefix = mem_copy(good.ptr, len);
        assert_false(clock_parse_iso8601((struct sv){prefix, len}, &wall_ms));
        mem_free(prefix);
    }
}

static void reads_http_dates(void **state)
{
    static const char *const wrong[] = {
        "",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
    };
    int64_t wall_ms;

    (void)state;
    assert_true(clock_parse_http_date(SV("Sun, 06 Nov 1994 08:49:37 GMT"), &wall_ms));
    assert_true(wall_ms == 784111777000);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(clock_parse_http_date(sv_of(wrong[i]), &wall_ms));
}

static void writes_ages(void **state)
{
    static const struct {
        int64_t age_s;
        const char *age;
    } cases[] = {
        {-5, "now"},
        {0, "now"},
        {1, "1s"},
        {59, "59s"},
        {60, "1m"},
        {3599, "59m"},
        {3600, "1h"},
        {86399, "23h"},
        {86400, "1d"},
        {1209599, "13d"},
        {1209600, "2w"},
        {3024000, "5w"},
        {6047395200, "9999w"},
        {9000000000, "9999w"},
        {INT64_MAX / 1000, "9999w"},
    };
    char age[CLOCK_AGE_SIZE];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        clock_age(cases[i].age_s * 1000, age);
        assert_string_equal(age, cases[i].age);
        assert_true(strlen(age) <= 5);
    }
    clock_age(999, age);
    assert_string_equal(age, "now");
    clock_left(3 * 86400000, age);
    assert_string_equal(age, "3d");
    clock_left(-3 * 86400000, age);
    assert_string_equal(age, "-3d");
    clock_left(-999, age);
    assert_string_equal(age, "now");
    clock_left(INT64_MIN, age);
    assert_string_equal(age, "-9999w");
    clock_age(INT64_MIN, age);
    assert_string_equal(age, "now");
    clock_wait(1, age);
    assert_string_equal(age, "1s");
    clock_wait(9001, age);
    assert_string_equal(age, "10s");
}

static void reads_durations(void **state)
{
    static const struct {
        const char *text;
        int64_t duration_ms;
    } right[] = {
        {"15m", 900000}, {"90s", 90000},   {"2h", 7200000},        {"1d12h", 129600000},
        {"0s", 0},       {"007m", 420000}, {"1d1h1m1s", 90061000},
    };
    static const char *const wrong[] = {
        "",
        "15",
        "m",
        "15 m",
        "15M",
        "-5m",
        "1.5h",
        "1h1h",
        "1m1h",
        "5x",
        "1h30",
        "9223372036854775808s",
        "9223372036854775807d",
        "106751991168d",
    };
    int64_t duration_ms = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(right); i++) {
        assert_true(clock_parse_duration(sv_of(right[i].text), &duration_ms));
        assert_true(duration_ms == right[i].duration_ms);
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        if (clock_parse_duration(sv_of(wrong[i]), &duration_ms))
            fail_msg("accepted: %s", wrong[i]);
    }
}

/* Last: it cannot be taken back. */
static void freezes_the_display_alone(void **state)
{
    (void)state;
    assert_true(clock_display_ms() >= clock_wall_ms() - 1000);
    clock_freeze_display(1772334000000);
    assert_true(clock_display_ms() == 1772334000000);
    assert_true(clock_wall_ms() != 1772334000000);
}

static void test_sleep(void **state)
{
    (void)state;
    int64_t up_ms = clock_up_ms(), mono_ms = clock_mono_ms();
    clock_pretend_sleep(3600000);
    assert_true(clock_up_ms() >= up_ms + 3600000);
    assert_true(clock_mono_ms() < mono_ms + 3600000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_run),
        cmocka_unit_test(writes_what_gmtime_says),
        cmocka_unit_test(writes_the_edges),
        cmocka_unit_test(reads_iso8601),
        cmocka_unit_test(refuses_what_is_no_iso8601),
        cmocka_unit_test(reads_http_dates),
        cmocka_unit_test(writes_ages),
        cmocka_unit_test(reads_durations),
        cmocka_unit_test(freezes_the_display_alone),
        cmocka_unit_test(test_sleep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
