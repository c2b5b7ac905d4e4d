#include "core/gov/freeze.h"

#include <stdio.h>

#include "core/base/clock.h"
#include "core/gov/settings.h"

#define DAY_MS    INT64_C(86400000)
#define DAY_CHARS 10 /* 2026-12-20 */

struct window {
    int64_t from_ms, to_ms; /* to_ms is behind it */
};

/* The day, or the moment, that text says; of a day, where it begins. */
static bool parse_end(struct sv text, bool *is_day, int64_t *wall_ms)
{
    struct sv day = {text.ptr, text.len < DAY_CHARS ? text.len : DAY_CHARS};
    struct sv rest = {text.ptr + day.len, text.len - day.len};
    char whole[48];
    *is_day = rest.len == 0 || rest.ptr[0] != 'T';
    if (text.len == 0 || text.len > 32)
        return false;
    if (!*is_day)
        snprintf(whole, sizeof whole, SV_FMT, SV_ARG(text));
    else
        snprintf(whole, sizeof whole, SV_FMT "T00:00:00" SV_FMT, SV_ARG(day),
                 SV_ARG(rest.len > 0 ? rest : SV("Z")));
    if (clock_parse_iso8601(sv_of(whole), wall_ms))
        return true;
    if (*is_day || rest.len < 7) /* "T18:00Z": seconds may be left out */
        return false;
    snprintf(whole, sizeof whole, "%.16s:00%.*s", text.ptr, (int)text.len - 16, text.ptr + 16);
    return clock_parse_iso8601(sv_of(whole), wall_ms);
}

static bool parse_window(struct sv text, struct window *window)
{
    struct sv to = text, from = sv_trim(sv_split(&to, '/'));
    bool from_day, to_day;
    if (!parse_end(from, &from_day, &window->from_ms) ||
        !parse_end(sv_trim(to), &to_day, &window->to_ms))
        return false;
    window->to_ms += to_day ? DAY_MS : 0;
    return window->from_ms < window->to_ms;
}

bool freeze_check(struct sv text, const char **why)
{
    struct sv part;
    struct window window;
    *why = "windows FROM/TO are wanted, like 2026-12-20/2027-01-03 or "
           "2026-12-20T18:00+01:00/2027-01-03T06:00+01:00, FROM before TO";
    while (pattern_next(&text, &part))
        if (!parse_window(part, &window))
            return false;
    return true;
}

/* The latest end of the windows that hold wall_ms; wall_ms when there is none. */
static int64_t end_at(struct sv text, int64_t wall_ms)
{
    int64_t end_ms = wall_ms;
    struct sv part;
    struct window window;
    while (pattern_next(&text, &part))
        if (parse_window(part, &window) && window.from_ms <= wall_ms && wall_ms < window.to_ms &&
            window.to_ms > end_ms)
            end_ms = window.to_ms;
    return end_ms;
}

bool freeze_at(struct sv text, int64_t wall_ms, int64_t *until_ms)
{
    int64_t end_ms = wall_ms, before_ms;
    do {
        before_ms = end_ms;
        end_ms = end_at(text, before_ms);
    } while (end_ms > before_ms);
    *until_ms = end_ms;
    return end_ms > wall_ms;
}
