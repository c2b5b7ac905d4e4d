/* crew: two persons at their consoles, one who proposes and one who decides, and what there is for
 * them to do. */
#ifndef TESTS_TORTURE_CREW_H
#define TESTS_TORTURE_CREW_H

#include "tests/torture/person.h"

enum { ONCALL, LEAD, N_DESKS };
extern const char *const crew_names[N_DESKS];

struct crew {
    struct person people[N_DESKS];
    struct aws_target target; /* an account with rules of every kind */
};

/* Starts the runners, and a console for each of the first n_people with its store below dir. False
 * when that cannot be. */
bool crew_start(struct crew *crew, const struct aws *aws, const char *dir, int n_people);
/* Ends both, and the runners. */
void crew_stop(struct crew *crew);
/* Where one has his store; it is made. path holds DIR_PATH_SIZE. */
void crew_desk(const char *dir, int desk, char *path);

struct open_rule {
    char group_id[32], rule_id[32];
    size_t skip; /* so many of them are not wanted */
};
/* A rule that lets in the world; the first after so many. */
bool crew_find_rule(struct crew *crew, const struct aws_target *target, size_t skip,
                    struct open_rule *rule);

/* How the executions of our document stand. */
struct executions {
    size_t success, failed, cancelled, open;
    char open_id[37];
    bool waits; /* the open one */
};
bool crew_find_executions(struct crew *crew, struct executions *found);
/* The one that waits; after a moment, for an execution does not begin at once. */
bool crew_find_waiting(struct crew *crew, struct executions *found);

#endif
