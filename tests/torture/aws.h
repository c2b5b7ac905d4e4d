/* aws: a sandbox of the torture's own, and what it was sent and has done, from its request log. */
#ifndef TESTS_TORTURE_AWS_H
#define TESTS_TORTURE_AWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/map.h"
#include "tests/support/dir.h"

/* What changes something. */
/* The range that rules are narrowed to. */
#define AWS_NARROW "203.0.113.0/24"

enum aws_deed {
    DEED_REVOKE,
    DEED_AUTHORIZE,
    DEED_MODIFY,   /* the range of a rule */
    DEED_NARROW,   /* those of them to AWS_NARROW */
    DEED_DOCUMENT, /* made, or a new version of it */
    DEED_START,    /* of an automation */
    DEED_APPROVE,
    DEED_REJECT,
    DEED_STOP,
    DEED_PUT,    /* of a parameter */
    DEED_DELETE, /* the same */
    DEED_OPS_ITEM,
    DEED_MESSAGE,
    N_AWS_DEEDS
};

struct aws_tally {
    size_t received, done;
};

struct aws {
    pid_t pid;
    int parent_fd; /* it ends when this is closed */
    char endpoint[128], control[160], account_id[16], region[32];
    char log_path[DIR_PATH_SIZE], credentials_path[DIR_PATH_SIZE];
    /* from the log, up to log_offset */
    int64_t log_offset;
    struct aws_tally tally[N_AWS_DEEDS];
    struct map once; /* what was sent that may be sent once: of a rule, a token, an execution, of
                        what somebody is told */
    char twice[128]; /* what of it was sent twice, "" when there is none */
    /* of the world, by whoever looks there: ingress rules at the beginning, -1: not known yet */
    int64_t rules_at_first;
};

/* Starts BINARY_DIR/watchdeck-sandbox with its log in dir, where a file of credentials is made too,
 * with a profile for each of its principals. faults as for --fault; NULL: some answers are cut off
 * on their way, so that outcomes are unknown without a kill, too. False, with a word on stderr,
 * when it does not start. */
bool aws_start(struct aws *aws, const char *dir, unsigned seed, const char *faults);
/* Posts body to what ("world", "clock") of its control path; whether it was taken. */
bool aws_tell(const struct aws *aws, const char *what, const char *body);
void aws_stop(struct aws *aws);
/* Waits until the sandbox has carried out whatever the clients that are gone have sent. Then no
 * other connection than the asker's is open. False after half a minute. */
bool aws_wait_until_idle(const struct aws *aws);
/* Counts what has been logged since the last time. */
void aws_count(struct aws *aws);
/* Changes that were received, done or not. */
size_t aws_received(const struct aws *aws);

#endif
