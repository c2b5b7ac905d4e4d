/* round: one console that is killed, one that settles, and the judgement. */
#ifndef TESTS_TORTURE_ROUND_H
#define TESTS_TORTURE_ROUND_H

#include "tests/torture/course.h"

struct death {
    size_t at_stop;   /* the nth stop point; 0: not there */
    int64_t after_us; /* so long after its start; 0: not there */
    unsigned dice;    /* of the life before it */
};

void round_new_store(struct aws *aws, struct store *store);

/* A console lives by the course, and dies. */
enum round_end { ROUND_KILLED, ROUND_SURVIVED, ROUND_IDLE /* nothing to change */, ROUND_BROKEN };
enum round_end round_kill(const struct course *course, const struct aws *aws,
                          const struct store *store, const struct death *death);
/* Another one settles; then store and sandbox are compared. "" or what is wrong. */
void round_judge(const struct course *course, struct aws *aws, const struct store *store,
                 char *complaint, size_t size);

#endif
