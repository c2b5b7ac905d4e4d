/*
 * environment: that of a program on a terminal, made before there is a child. Behind a fork nothing
 * may be allocated, as another thread of the test may have held the allocator's lock.
 */
#ifndef TESTS_HARNESS_ENVIRONMENT_H
#define TESTS_HARNESS_ENVIRONMENT_H

#include "core/base/vec.h"

struct environment {
    VEC(char *) entries; /* "NAME=VALUE", with a NULL behind the last: what environ may point to */
    VEC(char *) owned;   /* those of them that are not this process's own */
};

/* This process's, made fit for a terminal, with changes: "NAME=VALUE" sets, "NAME" unsets, NULL is
 * behind the last; changes NULL: none. It is done before this process changes its own. */
void environment_make(struct environment *environment, const char *const *changes);
void environment_done(struct environment *environment);

#endif
