/*
 * helper_judge: reads the store of a gate with its own eyes, line by line, and says what is wrong
 * with it after a kill and a settling.
 */
#ifndef TESTS_UNIT_CHANGE_HELPER_JUDGE_H
#define TESTS_UNIT_CHANGE_HELPER_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"

struct verdict {
    size_t changes;   /* that have an intent */
    size_t succeeded; /* among them, undone ones included */
    size_t failed, other, open;
    size_t undone;
    char complaint[512]; /* "" when every change has exactly one end state and the trail is whole */
};

/* dir is the gate's. Call it when no process has it open. */
void judge_store(const char *dir, struct verdict *verdict);

#endif
