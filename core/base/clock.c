#include "core/base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/mem.h"

#define SECOND_MS ((int64_t)1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define WEEK_MS   (7 * DAY_MS)

static bool display_frozen;
static int64_t frozen_display_ms;
static atomic_int_fast64_t pretended_sleep_ms;

static int64_t read_clock_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
    return read_clock_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

int64_t clock_mono_us(void)
{
    return read_clock_us(CLOCK_MONOTONIC);
}

int64_t clock_slept_ms(void)
{
    int64_t slept_us = read_clock_us(CLOCK_BOOTTIME) - read_clock_us(CLOCK_MONOTONIC);
    return slept_us / 1000 + atomic_load(&pretended_sleep_ms);
}

int64_t clock_up_ms(void)
{
    return clock_mono_ms() + clock_slept_ms();
}

void clock_pretend_sleep(int64_t ms)
{
    atomic_fetch_add(&pretended_sleep_ms, ms);
}

int64_t clock_display_ms(void)
{
    return display_frozen ? frozen_display_ms : clock_wall_ms();
}

void clock_freeze_display(int64_t wall_ms)
{
    display_frozen = true;
    frozen_display_ms = wall_ms;
}

/* --- the calendar ------------------------------------------------------------------------- */

struct civil {
    int year, month, day, hour, minute, second, ms; /* month and day from 1 */
};

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days before 1 January of year (0..9999), counted from 0000-01-01. */
static int64_t days_before_year(int64_t year)
{
    int64_t last = year - 1;
    return year == 0 ? 0 : year * 365 + last / 4 - last / 100 + last / 400 + 1;
}

#define EPOCH_DAYS 719528 /* from 0000-01-01 to 1970-01-01 */

static int64_t wall_of_civil(const struct civil *at)
{
    int64_t days = days_before_year(at->year) - EPOCH_DAYS + at->day - 1;
    for (int month = 1; month < at->month; month++)
        days += month_days(at->year, month);
    return days * DAY_MS + at->hour * HOUR_MS + at->minute * MINUTE_MS + at->second * SECOND_MS +
           at->ms;
}

/* What four digits cannot write is moved to the nearest moment that they can. */
static int64_t clamp_wall(int64_t wall_ms)
{
    const int64_t first = -EPOCH_DAYS * DAY_MS;
    const int64_t last = (days_before_year(10000) - EPOCH_DAYS) * DAY_MS - 1;

    if (wall_ms < first)
        return first;
    return wall_ms > last ? last : wall_ms;
}

static struct civil civil_of_wall(int64_t wall_ms)
{
    int64_t since_zero_ms = clamp_wall(wall_ms) + EPOCH_DAYS * DAY_MS;
    int64_t day = since_zero_ms / DAY_MS;
    int64_t in_day_ms = since_zero_ms % DAY_MS;
    struct civil at = {.year = (int)(day / 366), .month = 1};

    while (days_before_year(at.year + 1) <= day)
        at.year++;
    day -= days_before_year(at.year);
    for (; day >= month_days(at.year, at.month); at.month++)
        day -= month_days(at.year, at.month);
    at.day = (int)day + 1;
    at.hour = (int)(in_day_ms / HOUR_MS);
    at.minute = (int)(in_day_ms % HOUR_MS / MINUTE_MS);
    at.second = (int)(in_day_ms % MINUTE_MS / SECOND_MS);
    at.ms = (int)(in_day_ms % SECOND_MS);
    return at;
}

static bool civil_is_valid(const struct civil *at)
{
    /* Second 60 is a leap second (RFC 3339 5.7); it counts as the first of the next minute. */
    return at->month >= 1 && at->month <= 12 && at->day >= 1 &&
           at->day <= month_days(at->year, at->month) && at->hour <= 23 && at->minute <= 59 &&
           at->second <= 60;
}

/* --- writing ------------------------------------------------------------------------------ */

static char *put_digits(char *to, int value, int n_digits, const char *after)
{
    for (int i = n_digits - 1; i >= 0; i--, value /= 10)
        to[i] = (char)('0' + value % 10);
    return stpcpy(to + n_digits, after);
}

void clock_iso8601(int64_t wall_ms, bool with_ms, char *iso)
{
    struct civil at = civil_of_wall(wall_ms);

    iso = put_digits(iso, at.year, 4, "-");
    iso = put_digits(iso, at.month, 2, "-");
    iso = put_digits(iso, at.day, 2, "T");
    iso = put_digits(iso, at.hour, 2, ":");
    iso = put_digits(iso, at.minute, 2, ":");
    iso = put_digits(iso, at.second, 2, with_ms ? "." : "Z");
    if (with_ms)
        put_digits(iso, at.ms, 3, "Z");
}

void clock_amz_date(int64_t wall_ms, char *date)
{
    struct civil at = civil_of_wall(wall_ms);

    date = put_digits(date, at.year, 4, "");
    date = put_digits(date, at.month, 2, "");
    date = put_digits(date, at.day, 2, "T");
    date = put_digits(date, at.hour, 2, "");
    date = put_digits(date, at.minute, 2, "");
    put_digits(date, at.second, 2, "Z");
}

void clock_age(int64_t age_ms, char *age)
{
    static const struct {
        int64_t below_ms, unit_ms;
        char letter;
    } steps[] = {
        {MINUTE_MS, SECOND_MS, 's'}, {HOUR_MS, MINUTE_MS, 'm'},      {DAY_MS, HOUR_MS, 'h'},
        {2 * WEEK_MS, DAY_MS, 'd'},  {9999 * WEEK_MS, WEEK_MS, 'w'},
    };

    if (age_ms < SECOND_MS) {
        memcpy(age, "now", sizeof "now");
        return;
    }
    size_t step = 0;
    while (step + 1 < ARRAY_LEN(steps) && age_ms >= steps[step].below_ms)
        step++;
    if (age_ms > steps[step].below_ms)
        age_ms = steps[step].below_ms;
    snprintf(age, CLOCK_AGE_SIZE - 1, "%d%c", (int)(age_ms / steps[step].unit_ms),
             steps[step].letter);
}

void clock_left(int64_t left_ms, char *text)
{
    bool is_over = left_ms <= -SECOND_MS;
    text[0] = '-';
    clock_age(!is_over ? left_ms : left_ms == INT64_MIN ? INT64_MAX : -left_ms, text + is_over);
}

void clock_wait(int64_t left_ms, char *text)
{
    clock_age(left_ms + SECOND_MS - 1, text);
}

/* --- reading ------------------------------------------------------------------------------ */

/* Each take_ function removes what it found from the front of *rest. */

static bool take_digits(struct sv *rest, size_t n_digits, int *value)
{
    if (rest->len < n_digits)
        return false;
    *value = 0;
    for (size_t i = 0; i < n_digits; i++) {
        if (rest->ptr[i] < '0' || rest->ptr[i] > '9')
            return false;
        *value = *value * 10 + (rest->ptr[i] - '0');
    }
    rest->ptr += n_digits;
    rest->len -= n_digits;
    return true;
}

static bool take_text(struct sv *rest, const char *text)
{
    size_t len = strlen(text);
    if (!sv_starts(*rest, (struct sv){text, len}))
        return false;
    rest->ptr += len;
    rest->len -= len;
    return true;
}

static bool take_date(struct sv *rest, struct civil *at)
{
    return take_digits(rest, 4, &at->year) && take_text(rest, "-") &&
           take_digits(rest, 2, &at->month) && take_text(rest, "-") &&
           take_digits(rest, 2, &at->day);
}

static bool take_time(struct sv *rest, struct civil *at)
{
    return take_digits(rest, 2, &at->hour) && take_text(rest, ":") &&
           take_digits(rest, 2, &at->minute) && take_text(rest, ":") &&
           take_digits(rest, 2, &at->second);
}

/* Any number of digits (RFC 3339 5.6); those below a millisecond are cut off. */
static bool take_fraction(struct sv *rest, struct civil *at)
{
    int digit, scale = 100;

    if (!take_text(rest, "."))
        return true;
    if (!take_digits(rest, 1, &digit))
        return false;
    do {
        at->ms += digit * scale;
        scale /= 10;
    } while (take_digits(rest, 1, &digit));
    return true;
}

static bool take_offset(struct sv *rest, int64_t *offset_ms)
{
    int hours, minutes;
    bool west = take_text(rest, "-");

    *offset_ms = 0;
    if (!west && !take_text(rest, "+"))
        return take_text(rest, "Z") || take_text(rest, "z") || take_text(rest, "UTC");
    if (!take_digits(rest, 2, &hours) || !take_text(rest, ":") || !take_digits(rest, 2, &minutes))
        return false;
    *offset_ms = (hours * HOUR_MS + minutes * MINUTE_MS) * (west ? -1 : 1);
    return hours <= 23 && minutes <= 59;
}

bool clock_parse_iso8601(struct sv text, int64_t *wall_ms)
{
    struct civil at = {0};
    int64_t offset_ms;

    if (!take_date(&text, &at) || !(take_text(&text, "T") || take_text(&text, "t")) ||
        !take_time(&text, &at) || !take_fraction(&text, &at) || !take_offset(&text, &offset_ms))
        return false;
    if (text.len != 0 || !civil_is_valid(&at))
        return false;
    *wall_ms = wall_of_civil(&at) - offset_ms;
    return true;
}

static bool take_name(struct sv *rest, const char *const names[], int n_names, int *index)
{
    for (*index = 0; *index < n_names; (*index)++) {
        if (take_text(rest, names[*index]))
            return true;
    }
    return false;
}

bool clock_parse_http_date(struct sv text, int64_t *wall_ms)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct civil at = {0};
    int weekday;

    if (!take_name(&text, days, ARRAY_LEN(days), &weekday) || !take_text(&text, ", ") ||
        !take_digits(&text, 2, &at.day) || !take_text(&text, " ") ||
        !take_name(&text, months, ARRAY_LEN(months), &at.month) || !take_text(&text, " ") ||
        !take_digits(&text, 4, &at.year) || !take_text(&text, " ") || !take_time(&text, &at) ||
        !take_text(&text, " GMT"))
        return false;
    at.month++;
    if (text.len != 0 || !civil_is_valid(&at))
        return false;
    *wall_ms = wall_of_civil(&at);
    return true;
}

/* A decimal number of any length; false when there is none or it overflows. */
static bool take_count(struct sv *rest, int64_t *count)
{
    int digit;

    *count = 0;
    if (!take_digits(rest, 1, &digit))
        return false;
    do {
        if (__builtin_mul_overflow(*count, 10, count) ||
            __builtin_add_overflow(*count, digit, count))
            return false;
    } while (take_digits(rest, 1, &digit));
    return true;
}

bool clock_parse_duration(struct sv text, int64_t *duration_ms)
{
    static const struct {
        const char *letter;
        int64_t unit_ms;
    } units[] = {{"d", DAY_MS}, {"h", HOUR_MS}, {"m", MINUTE_MS}, {"s", SECOND_MS}};
    int64_t count, part, sum = 0;
    size_t unit = 0;

    if (text.len == 0)
        return false;
    for (; text.len != 0; unit++) {
        if (!take_count(&text, &count))
            return false;
        while (unit < ARRAY_LEN(units) && !take_text(&text, units[unit].letter))
            unit++; /* the units left out; those behind stay in order, each at most once */
        if (unit == ARRAY_LEN(units) || __builtin_mul_overflow(count, units[unit].unit_ms, &part) ||
            __builtin_add_overflow(sum, part, &sum))
            return false;
    }
    *duration_ms = sum;
    return true;
}
