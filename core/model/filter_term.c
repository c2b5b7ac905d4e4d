#include <inttypes.h>
#include <stdio.h>

#include "core/model/filter_terms.h"

static bool may_be_number(struct sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((text.ptr[i] < '0' || text.ptr[i] > '9') && text.ptr[i] != '-')
            return false;
    }
    return true;
}

bool term_covers(const struct term *term, const struct column *columns, size_t column)
{
    if (term->column != TERM_ANY_COLUMN)
        return (size_t)term->column == column;
    if (columns[column].type == COL_COUNT)
        return term->kind == TERM_SUBSTRING && may_be_number(term->needle.text);
    return !column_is_number(&columns[column]);
}

static bool contains(const struct needle *needle, struct sv text)
{
    return needle_find(needle, text) != SIZE_MAX;
}

static bool holds_tag(const struct term *term, struct sv pair)
{
    struct sv value = pair;
    struct sv name = sv_split(&value, '=');
    if (!term->has_value)
        return term->is_exact ? needle_equals(&term->needle, name) : contains(&term->needle, name);
    if (!needle_equals(&term->needle, name))
        return false;
    return term->is_exact ? needle_equals(&term->value, value) : contains(&term->value, value);
}

static bool holds_some_tag(const struct term *term, struct sv pairs)
{
    while (pairs.len > 0) {
        struct sv pair = sv_split(&pairs, ' ');
        if (pair.len > 0 && holds_tag(term, pair))
            return true;
    }
    return false;
}

bool term_holds_text(const struct term *term, struct sv text)
{
    switch (term->kind) {
    case TERM_SUBSTRING:
        return contains(&term->needle, text);
    case TERM_EXACT:
        return needle_equals(&term->needle, text);
    case TERM_FUZZY:
        return needle_fuzzy(&term->needle, text);
    case TERM_RANGE:
        return term_holds_number(term, severity_rank(text));
    case TERM_TAG:
        return holds_some_tag(term, text);
    }
    return false;
}

bool term_holds_number(const struct term *term, int64_t number)
{
    if (term->kind == TERM_RANGE)
        return number >= term->min && number <= term->max;
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRId64, number);
    return contains(&term->needle, (struct sv){digits, (size_t)len});
}
