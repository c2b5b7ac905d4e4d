#include "core/gov/remedy/runbook_value.h"

#include <ctype.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/gov/settings.h"

bool runbook_value_is_known(struct sv name)
{
    struct sv rest = SV(RUNBOOK_VALUES), known;
    while (pattern_next(&rest, &known))
        if (sv_eq(known, name))
            return true;
    return false;
}

/* Names and ARNs of AWS, and what stands for a place. */
static bool is_value(struct sv value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!isalnum((unsigned char)value.ptr[i]) && !strchr("{}/:_+=.@-", value.ptr[i]))
            return false;
    return value.len > 0;
}

/* The value of the first, or the next, of that name; false when there is none. */
static bool find(struct sv *rest, struct sv name, struct sv *value)
{
    while (pattern_next(rest, value)) {
        struct sv key = sv_split(value, '=');
        if (sv_eq(key, name))
            return true;
    }
    return false;
}

/* Whether something stands in braces that is no place. */
static bool has_other_braces(struct sv value)
{
    while (value.len > 0) {
        static const char *const places[] = {"{account}", "{region}"};
        size_t step = value.ptr[0] == '{' || value.ptr[0] == '}' ? 0 : 1;
        for (size_t i = 0; i < ARRAY_LEN(places); i++)
            if (sv_starts(value, sv_of(places[i])))
                step = strlen(places[i]);
        if (step == 0)
            return true;
        value = (struct sv){value.ptr + step, value.len - step};
    }
    return false;
}

bool runbook_values_check(struct sv values, const char **why)
{
    struct sv rest = values, value, twice;
    while (pattern_next(&rest, &value)) {
        struct sv name = sv_split(&value, '='), after = rest;
        *why = "NAME=VALUE is wanted, of " RUNBOOK_VALUES;
        if (!runbook_value_is_known(name) || !is_value(value))
            return false;
        *why = "only {account} and {region} may stand in braces";
        if (has_other_braces(value))
            return false;
        *why = "one of them stands there twice";
        if (find(&after, name, &twice))
            return false;
    }
    return true;
}

bool runbook_value(struct sv values, struct sv name, const struct aws_target *target,
                   struct buf *out)
{
    const struct {
        const char *name, *text;
    } places[] = {{"{account}", target->account_id}, {"{region}", target->region}};
    struct sv value;
    if (!find(&values, name, &value))
        return false;
    while (value.len > 0) {
        size_t step = 1;
        for (size_t i = 0; i < ARRAY_LEN(places); i++)
            if (sv_starts(value, sv_of(places[i].name))) {
                step = strlen(places[i].name);
                buf_add_cstr(out, places[i].text);
            }
        if (step == 1)
            buf_add_char(out, value.ptr[0]);
        value = (struct sv){value.ptr + step, value.len - step};
    }
    return true;
}
