/* world: a sandbox with a clock that stands still, and the real watchdeck run against it. */
#ifndef TESTS_SCREENS_HELPER_WORLD_H
#define TESTS_SCREENS_HELPER_WORLD_H

#include <sys/types.h>

#include "core/base/json.h"
#include "tests/support/dir.h"

/* What is displayed, and when the sandbox's world begins, whatever day it is: its clock is set by
 * hand too, so that nothing grows older. */
#define WORLD_NOW "2026-03-01T03:00:00Z"

struct world {
    pid_t pid;
    int parent_fd; /* the sandbox ends when it closes */
    cJSON *ready;  /* its first line */
    char *endpoint;
    char dir[DIR_PATH_SIZE]; /* a private folder, HOME and state of the programs */
};

/* spec as for --world, without start; the sandbox's clock stands still. */
void world_start(struct world *world, const char *spec);
/* The same with a clock as for --clock: what takes AWS a while comes to its end by itself. */
void world_start_by(struct world *world, const char *spec, const char *clock);
void world_stop(struct world *world);

/* How a program ended. */
struct outcome {
    int status; /* exit status; 128 + N: by signal N */
    struct buf out, err;
};
void outcome_done(struct outcome *outcome);

#define WORLD_ARGS_MAX 32
/*
 * Runs watchdeck against the world as its principal who ("oncall"), with words (blanks apart) and
 * --endpoint-url, --now, --state-dir and no budget as arguments.
 */
void world_run(const struct world *world, const char *who, struct outcome *outcome,
               const char *words, ...) __attribute__((format(printf, 4, 5)));
/* Runs argv as it is, in the folder's environment; for bash and the like. */
void program_run(const char *const *argv, struct outcome *outcome);

#endif
