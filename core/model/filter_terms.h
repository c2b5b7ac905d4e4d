/*
 * filter_terms: what a filter says once it is parsed, for those who evaluate it (match).
 */
#ifndef CORE_MODEL_FILTER_TERMS_H
#define CORE_MODEL_FILTER_TERMS_H

#include <stdatomic.h>

#include "core/model/filter.h"
#include "core/model/search.h"

enum term_kind {
    TERM_SUBSTRING,
    TERM_EXACT,
    TERM_FUZZY,
    TERM_RANGE, /* the number of the cell, or the rank of a severity */
    TERM_TAG,
};

#define TERM_ANY_COLUMN (-1)

struct term {
    enum term_kind kind;
    bool negated;
    int column;           /* or TERM_ANY_COLUMN */
    struct needle needle; /* not TERM_RANGE; of a tag its name */
    /* TERM_RANGE */
    int64_t min, max;
    /* TERM_TAG */
    bool has_value;
    bool is_exact;
    struct needle value;
};

struct filter {
    atomic_size_t n_refs;
    const struct column *columns;
    size_t n_columns;
    struct term *terms;
    size_t n_terms;
    char *text; /* what the needles point into */
};

/* One more owner; filter_free is how each lets go. NULL gives NULL. */
struct filter *filter_ref(const struct filter *filter);

/* Whether a term (but for its negation) looks into that column at all. */
bool term_covers(const struct term *term, const struct column *columns, size_t column);
/* Whether the text of a cell satisfies the term, but for its negation. */
bool term_holds_text(const struct term *term, struct sv text);
/* The same for the number of a cell; TERM_SUBSTRING looks into its decimal digits. */
bool term_holds_number(const struct term *term, int64_t number);

/* Whether cells of the column have a number, not a text. */
bool column_is_number(const struct column *column);

/* Values typed behind col: for columns that are no plain texts. */
struct value_range {
    int64_t min, max; /* inclusive */
    bool is_age;      /* of a time: larger means earlier */
};
/* The values that text stands for in column: one number, one second, one day, ... ; false when it
 * is none. now_ms is what ages count from. */
bool value_parse(const struct column *column, struct sv text, int64_t now_ms,
                 struct value_range *range);
/* What value_parse would have liked, for "... is not %s". */
const char *value_expected(const struct column *column);

#endif
