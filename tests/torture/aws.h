/* aws: a sandbox of the torture's own, and what it was sent, from its request log. */
#ifndef TESTS_TORTURE_AWS_H
#define TESTS_TORTURE_AWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/map.h"

struct aws {
    pid_t pid;
    int parent_fd; /* it ends when this is closed */
    char endpoint[128], control[160], account_id[16], region[32];
    char log_path[256];
    /* from the log, up to log_offset */
    int64_t log_offset;
    size_t revokes, authorizes; /* that were done */
    size_t revokes_received, authorizes_received;
    struct map revoked; /* rule ids that a revoke was received for */
    char twice[64];     /* a rule id that was revoked twice, "" when there is none */
};

/* Starts BINARY_DIR/watchdeck-sandbox with log in dir and puts its keys into the environment.
 * False, with a word on stderr, when it does not start. */
bool aws_start(struct aws *aws, const char *dir, unsigned seed);
void aws_stop(struct aws *aws);
/* Waits until the sandbox has carried out whatever the clients that are gone have sent. Then no
 * other connection than the asker's is open. False after half a minute. */
bool aws_wait_until_idle(const struct aws *aws);
/* Counts what has been logged since the last time. */
void aws_count(struct aws *aws);

#endif
