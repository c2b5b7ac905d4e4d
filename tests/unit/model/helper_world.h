/*
 * helper_world: small tables with hostile and skewed content from a seed, and beside each the same
 * rows in the plainest form, which the tests' reference implementations work on.
 */
#ifndef TESTS_UNIT_MODEL_HELPER_WORLD_H
#define TESTS_UNIT_MODEL_HELPER_WORLD_H

#include "core/model/table.h"

/* xorshift64*: the same numbers everywhere. */
struct dice {
    uint64_t state;
};
uint64_t dice_roll(struct dice *dice);
size_t dice_below(struct dice *dice, size_t n); /* 0..n-1 */
bool dice_one_in(struct dice *dice, size_t n);

enum world_column {
    W_ID, /* the key; text */
    W_NAME,
    W_TYPE,     /* interned */
    W_ACCOUNT,  /* interned, more than 256 values */
    W_SEVERITY, /* interned */
    W_RISK,     /* severity, not interned */
    W_PORTS,    /* count */
    W_SEEN,     /* time */
    W_LEFT_S,   /* duration */
    W_OPEN,     /* bool */
    W_TAGS,     /* text */
    W_COLUMNS,
};
extern const struct column world_columns[W_COLUMNS];

struct world {
    struct table *table;
    struct cell (*rows)[W_COLUMNS]; /* texts are owned */
    size_t n_rows;
    size_t n_room;
    struct dice dice;
};

struct world *world_new(uint64_t seed, size_t n_room);
/* Appends n rows with ids of their own to both, and publishes. */
void world_grow(struct world *world, size_t n);
void world_free(struct world *world);

#define MS_PER_DAY INT64_C(86400000)

#endif
