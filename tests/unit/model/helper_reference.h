/*
 * helper_reference: what filters and orders mean, in the plainest code, over a struct world.
 */
#ifndef TESTS_UNIT_MODEL_HELPER_REFERENCE_H
#define TESTS_UNIT_MODEL_HELPER_REFERENCE_H

#include "helper_world.h"

enum ref_kind { REF_SUBSTRING, REF_EXACT, REF_FUZZY, REF_LESS, REF_MORE, REF_TAG, REF_KINDS };

#define REF_TEXT_SIZE 64
struct ref_term {
    enum ref_kind kind;
    bool negated;
    int column; /* -1: any */
    char text[REF_TEXT_SIZE];
    char value[REF_TEXT_SIZE]; /* REF_TAG */
    int64_t number;            /* REF_LESS, REF_MORE */
};

#define REF_TERMS_MAX 3
struct ref_filter {
    struct ref_term terms[REF_TERMS_MAX];
    size_t n_terms;
};

/* A filter that keeps something of a world's rows, more often than not. */
struct ref_filter ref_roll(struct dice *dice);
/* One that often narrows it. */
struct ref_filter ref_roll_narrower(struct dice *dice, const struct ref_filter *filter);
/* The words a person would type for it. */
void ref_print(const struct ref_filter *filter, struct buf *out);

bool ref_keeps(const struct ref_filter *filter, const struct cell cells[W_COLUMNS]);
/* Whether row a stands before row b. */
bool ref_before(const struct world *world, struct sort_order order, size_t a, size_t b);
/* The rows below n_rows that are kept, in that order; returns how many. */
size_t ref_project(const struct world *world, const struct ref_filter *filter,
                   struct sort_order order, size_t n_rows, size_t *rows);

#endif
