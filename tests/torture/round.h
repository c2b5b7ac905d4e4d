/* round: one console that is killed, one that settles, and the judgement. */
#ifndef TESTS_TORTURE_ROUND_H
#define TESTS_TORTURE_ROUND_H

#include "tests/support/dir.h"
#include "tests/torture/aws.h"

struct death {
    size_t at_stop;   /* the nth stop point; 0: not there */
    int64_t after_us; /* so long after its start; 0: not there */
};

/* What all rounds on one store have come to. */
struct store {
    char dir[DIR_PATH_SIZE];
    size_t revokes_before, authorizes_before; /* of the sandbox, when the store was new */
};

/* A console takes a revoke and its undo through the gate, and dies. */
enum round_end { ROUND_KILLED, ROUND_SURVIVED, ROUND_NO_RULE /* left to revoke */, ROUND_BROKEN };
enum round_end round_kill(const struct aws *aws, const struct store *store,
                          const struct death *death);
/* Another one settles; then store, sandbox and journal are compared. "" or what is wrong. */
void round_judge(struct aws *aws, const struct store *store, char *complaint, size_t size);

#endif
