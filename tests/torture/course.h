/* course: what the consoles of a round do until they are killed, and by what they are judged. */
#ifndef TESTS_TORTURE_COURSE_H
#define TESTS_TORTURE_COURSE_H

#include "tests/support/dir.h"
#include "tests/torture/aws.h"

/* What all rounds on one store have come to. */
struct store {
    char dir[DIR_PATH_SIZE];
    struct aws_tally before[N_AWS_DEEDS]; /* of the sandbox, when the store was new */
};

/* How a console has ended that nobody killed: its exit status. */
enum console_end { CONSOLE_ENDED_WELL, CONSOLE_LEFT_OPEN, CONSOLE_NOT_STARTED, CONSOLE_IDLE };

struct course {
    const char *name;
    size_t n_stops; /* stop points on the way: fewer than so many */
    /* In a process of its own: takes changes through the gate. CONSOLE_IDLE: nothing is left to be
     * changed. dice chooses among the ways there are. */
    enum console_end (*live)(const struct aws *aws, const char *dir, unsigned dice);
    /* In another one: settles what the first has left, and sends nothing. */
    enum console_end (*settle)(const struct aws *aws, const char *dir);
    /* In the torture itself, the log having been counted: complaint is "" or what is wrong. */
    void (*judge)(struct aws *aws, const struct store *store, char *complaint, size_t size);
};

/* One person revokes a rule, or narrows it, and undoes that. */
extern const struct course course_revoke;
/* One proposes to close a rule, or withdraws that; another approves it, follows the automation to
 * its end, and undoes it; or declines. */
extern const struct course course_proposal;
/* One makes parameters as they are approved, and undoes that. */
extern const struct course course_parameter;
/* One tells others of things, by OpsItems and messages. */
extern const struct course course_notice;

#define COMPLAIN(...) (snprintf(complaint, size, __VA_ARGS__), (void)0)
/* How often a deed was done since the store was new. */
size_t course_done(const struct aws *aws, const struct store *store, enum aws_deed deed);

#endif
