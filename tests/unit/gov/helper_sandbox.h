/* sandbox: the real watchdeck-sandbox beside these tests, and a gov that talks to it. */
#ifndef TESTS_GOV_HELPER_SANDBOX_H
#define TESTS_GOV_HELPER_SANDBOX_H

#include "core/base/json.h"
#include "core/gov/gov_internal.h"

struct sandbox {
    int pid;
    int parent_fd; /* the sandbox ends when it closes */
    cJSON *ready;  /* its first line */
    char dir[64];  /* a private folder: state, request log */
};

/* Runs an array of struct CMUnitTest beside a sandbox of that world, started into *sandbox for all
 * of them; gives what cmocka_run_group_tests does. */
#define run_in_sandbox(tests, sandbox, world) \
    (sandbox_group(sandbox, world),           \
     cmocka_run_group_tests(tests, sandbox_group_start, sandbox_group_stop))
void sandbox_group(struct sandbox *sandbox, const char *world);
int sandbox_group_start(void **state);
int sandbox_group_stop(void **state);

void sandbox_start(struct sandbox *sandbox, const char *world);
/* The same with a clock of its own: as for --clock. */
void sandbox_start_by(struct sandbox *sandbox, const char *world, const char *clock);
void sandbox_stop(struct sandbox *sandbox);
/* Moves its clock: what takes AWS minutes takes no time here. */
void sandbox_advance(const struct sandbox *sandbox, int seconds);

/* Starts the runners and a gov as the sandbox's first principal; a fresh state folder each time, or
 * the one of the name more->state_dir, which stays until the sandbox stops. */
struct gov *sandbox_gov(const struct sandbox *sandbox, const struct gov_options *more);
/* The same as another principal: "viewer". */
struct gov *sandbox_gov_as(const struct sandbox *sandbox, const char *principal,
                           const struct gov_options *more);
void sandbox_gov_free(struct gov *gov);

#endif
