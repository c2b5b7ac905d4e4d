#include <limits.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/model/filter_terms.h"

static bool parse_count(struct sv text, struct value_range *range)
{
    if (!sv_to_i64(text, &range->min))
        return false;
    range->max = range->min;
    return true;
}

/* "10M" is what is shown as such: from 10 MiB to the next. */
static bool parse_size(struct sv text, struct value_range *range)
{
    static const char units[] = "KMGT";
    const char *unit = text.len > 1 ? strchr(units, text.ptr[text.len - 1]) : NULL;
    int64_t factor = 1;

    if (unit == NULL || *unit == '\0')
        return parse_count(text, range);
    factor <<= 10 * (unit - units + 1);
    text.len--;
    if (!sv_to_i64(text, &range->min) || __builtin_mul_overflow(range->min, factor, &range->min))
        return false;
    range->max = range->min + factor - 1;
    return true;
}

static bool parse_bool(struct sv text, struct value_range *range)
{
    static const char *const words[] = {"false", "true", "no", "yes", "0", "1"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (sv_eq_nocase(text, sv_of(words[i]))) {
            range->min = range->max = (int64_t)(i % 2);
            return true;
        }
    }
    return false;
}

static bool parse_severity(struct sv text, struct value_range *range)
{
    range->min = range->max = severity_rank(text);
    return range->min != 0;
}

static bool parse_duration(struct sv text, struct value_range *range)
{
    int64_t seconds;
    if (!clock_parse_duration(text, &range->min)) {
        if (!sv_to_i64(text, &seconds) || __builtin_mul_overflow(seconds, 1000, &range->min))
            return false;
    }
    return !__builtin_add_overflow(range->min, 999, &range->max);
}

/* Reads n digits off the front of *rest. */
static bool take_digits(struct sv *rest, size_t n, int *value)
{
    if (rest->len < n)
        return false;
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        char c = rest->ptr[i];
        if (c < '0' || c > '9')
            return false;
        *value = *value * 10 + (c - '0');
    }
    rest->ptr += n;
    rest->len -= n;
    return true;
}

/* "2026", "2026-03", "2026-03-01", "2026-03-01T04", ... : all of that year, month, day, hour. */
static bool parse_calendar(struct sv text, struct value_range *range)
{
    static const char before[] = "\0--T::";
    static const int smallest[] = {1, 1, 1, 0, 0, 0};
    static const int largest[] = {9999, 12, 31, 23, 59, 60};
    int fields[6] = {1, 1, 1, 0, 0, 0};
    struct sv rest = text;
    size_t n = 0;
    for (; n < 6 && (n == 0 || rest.len > 0); n++) {
        if (n > 0 && rest.ptr[0] != before[n])
            return false;
        if (n > 0)
            rest.ptr++, rest.len--;
        if (!take_digits(&rest, n == 0 ? 4 : 2, &fields[n]))
            return false;
        if (fields[n] < smallest[n] || fields[n] > largest[n])
            return false;
    }
    if (rest.len > 0)
        return false;
    struct tm from = {.tm_year = fields[0] - 1900,
                      .tm_mon = fields[1] - 1,
                      .tm_mday = fields[2],
                      .tm_hour = fields[3],
                      .tm_min = fields[4],
                      .tm_sec = fields[5]};
    struct tm to = from;
    int *last[] = {&to.tm_year, &to.tm_mon, &to.tm_mday, &to.tm_hour, &to.tm_min, &to.tm_sec};
    ++*last[n - 1];
    range->min = (int64_t)timegm(&from) * 1000;
    range->max = (int64_t)timegm(&to) * 1000 - 1;
    return true;
}

static bool parse_time(struct sv text, int64_t now_ms, struct value_range *range)
{
    int64_t age_ms;
    if (parse_calendar(text, range))
        return true;
    if (clock_parse_iso8601(text, &range->min)) {
        range->max = range->min;
        return true;
    }
    if (!clock_parse_duration(text, &age_ms))
        return false;
    range->min = range->max = now_ms - age_ms;
    range->is_age = true;
    return true;
}

bool value_parse(const struct column *column, struct sv text, int64_t now_ms,
                 struct value_range *range)
{
    *range = (struct value_range){0};
    switch (column->type) {
    case COL_COUNT:
        return parse_count(text, range);
    case COL_SIZE:
        return parse_size(text, range);
    case COL_BOOL:
        return parse_bool(text, range);
    case COL_SEVERITY:
        return parse_severity(text, range);
    case COL_DURATION:
        return parse_duration(text, range);
    case COL_TIME:
        return parse_time(text, now_ms, range);
    default:
        return false;
    }
}

const char *value_expected(const struct column *column)
{
    switch (column->type) {
    case COL_COUNT:
        return "a number";
    case COL_SIZE:
        return "bytes, or a size like 10M";
    case COL_BOOL:
        return "true or false";
    case COL_SEVERITY:
        return "CRITICAL, HIGH, MEDIUM, LOW or INFO";
    case COL_DURATION:
        return "seconds or a duration like 6d";
    case COL_TIME:
        return "a time like 2026-03-01, or < or > before an age like 2h";
    default:
        return "text, which is not ordered: use : or :=";
    }
}
