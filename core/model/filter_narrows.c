#include "core/model/filter_terms.h"

/* Whether every text that contains inner contains outer. */
static bool needle_part_of(const struct needle *outer, const struct needle *inner)
{
    if (!outer->fold && inner->fold)
        return false;
    return needle_find(outer, inner->text) != SIZE_MAX;
}

static bool same_needle(const struct needle *a, const struct needle *b)
{
    return a->fold == b->fold && sv_eq(a->text, b->text);
}

static bool substring_follows(const struct term *from, const struct term *to)
{
    return (to->kind == TERM_SUBSTRING || to->kind == TERM_EXACT) &&
           needle_part_of(&from->needle, &to->needle);
}

static bool exact_follows(const struct term *from, const struct term *to)
{
    return to->kind == TERM_EXACT && same_needle(&from->needle, &to->needle);
}

static bool fuzzy_follows(const struct term *from, const struct term *to)
{
    bool has_needle =
        to->kind == TERM_SUBSTRING || to->kind == TERM_EXACT || to->kind == TERM_FUZZY;
    return has_needle && (from->needle.fold || !to->needle.fold) &&
           needle_fuzzy(&from->needle, to->needle.text);
}

static bool range_follows(const struct term *from, const struct term *to)
{
    return to->kind == TERM_RANGE && from->min <= to->min && to->max <= from->max;
}

static bool tag_follows(const struct term *from, const struct term *to)
{
    if (to->kind != TERM_TAG)
        return false;
    if (!from->has_value && !from->is_exact)
        return needle_part_of(&from->needle, &to->needle);
    if (!same_needle(&from->needle, &to->needle) || from->has_value != to->has_value)
        return false;
    if (from->is_exact)
        return to->is_exact && same_needle(&from->value, &to->value);
    return needle_part_of(&from->value, &to->value);
}

static bool (*const follows[])(const struct term *from, const struct term *to) = {
    [TERM_SUBSTRING] = substring_follows,
    [TERM_EXACT] = exact_follows,
    [TERM_FUZZY] = fuzzy_follows,
    [TERM_RANGE] = range_follows,
    [TERM_TAG] = tag_follows,
};

/* Whether `from` looks wherever `to` does. */
static bool covers_columns(const struct filter *filter, const struct term *from,
                           const struct term *to)
{
    for (size_t i = 0; i < filter->n_columns; i++) {
        if (term_covers(to, filter->columns, i) && !term_covers(from, filter->columns, i))
            return false;
    }
    return true;
}

/* Whether from holds wherever to holds, both taken without their negation. */
static bool term_follows(const struct filter *filter, const struct term *from,
                         const struct term *to)
{
    return covers_columns(filter, from, to) && follows[from->kind](from, to);
}

static bool term_narrows(const struct filter *filter, const struct term *from,
                         const struct term *to)
{
    if (from->negated != to->negated)
        return false;
    return from->negated ? term_follows(filter, to, from) : term_follows(filter, from, to);
}

bool filter_narrows(const struct filter *from, const struct filter *to)
{
    if (from == NULL)
        return true;
    for (size_t i = 0; i < from->n_terms; i++) {
        bool found = false;
        for (size_t j = 0; to != NULL && j < to->n_terms && !found; j++)
            found = term_narrows(from, &from->terms[i], &to->terms[j]);
        if (!found)
            return false;
    }
    return true;
}
