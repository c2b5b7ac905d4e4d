/* Patterns with * and ?, one or a comma-separated list of them. */
#include "core/gov/settings.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Goes back to the last star when what follows it does not fit: linear in practice, never
 * exponential. */
bool pattern_match(struct sv pattern, struct sv text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, from = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            from = t;
        } else if (p < pattern.len &&
                   (pattern.ptr[p] == '?' || lower(pattern.ptr[p]) == lower(text.ptr[t]))) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

bool pattern_next(struct sv *rest, struct sv *pattern)
{
    while (rest->len > 0) {
        *pattern = sv_trim(sv_split(rest, ','));
        if (pattern->len > 0)
            return true;
    }
    return false;
}

bool patterns_match(struct sv patterns, struct sv text)
{
    struct sv pattern;
    while (pattern_next(&patterns, &pattern))
        if (pattern_match(pattern, text))
            return true;
    return false;
}
