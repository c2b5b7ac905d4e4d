/*
 * torture: kills consoles (SIGKILL) at every step of a change and its undo, and of a proposal, what
 * is decided on it, the automation that follows and its undo, of what is written to parameters, and
 * of what others are told; at stop points and at random
 * instants, against the sandbox; after each kill another console settles. Then every change has
 * exactly one end state, it is what AWS did, nothing was sent twice, and the trail is whole.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/support/dir.h"
#include "tests/torture/round.h"

/* At most: each console reads all that the earlier ones have written. */
#define KILLS_PER_STORE   20
#define STORES_MIN        40
#define KILLS_PER_SANDBOX 200 /* what has happened is read anew each time: not too much of it */
#define REPORT_EVERY      500

static const struct course *const courses[] = {&course_revoke, &course_proposal, &course_parameter,
                                               &course_notice};

struct torture {
    size_t wanted, per_store, kills, rounds;
    size_t until;                            /* kills in this sandbox */
    size_t at, kills_of[ARRAY_LEN(courses)]; /* which course it sees; what each has had */
    const struct course *course;
    unsigned seed, random;
    char dir[DIR_PATH_SIZE];
    struct aws aws;
    size_t done[N_AWS_DEEDS]; /* by all sandboxes that are gone */
    int64_t whole_us;         /* how long a round takes that nobody kills */
};

static void store_new(struct torture *torture, struct store *store, size_t number)
{
    char name[32];

    snprintf(name, sizeof name, "store-%zu", number);
    dir_path(torture->dir, name, store->dir);
    round_new_store(&torture->aws, store);
}

static struct death next_death(struct torture *torture)
{
    struct death death = {.dice = (unsigned)rand_r(&torture->random) >> 8};

    if (torture->rounds % 2 == 0)
        death.at_stop = torture->rounds / 2 % torture->course->n_stops + 1;
    else
        death.after_us = 1 + rand_r(&torture->random) % torture->whole_us;
    return death;
}

/* What a round, and with it a store or a sandbox, has come to. */
enum outcome { GOOD, USED_UP /* nothing is left to change: time for a new sandbox */, BAD };

static enum outcome complain(const struct torture *torture, const struct death *death,
                             const char *complaint)
{
    printf("FAIL round %zu (%s, --seed %u, stop %zu, %lld us, dice %u): %s\n", torture->rounds,
           torture->course->name, torture->seed, death->at_stop, (long long)death->after_us,
           death->dice % 8, complaint);
    return BAD;
}

static enum outcome one_round(struct torture *torture, const struct store *store)
{
    char complaint[512];
    struct death death = next_death(torture);
    enum round_end end = round_kill(torture->course, &torture->aws, store, &death);

    torture->rounds++;
    torture->kills += end == ROUND_KILLED;
    if (end == ROUND_BROKEN)
        return complain(torture, &death, "the console has not started, or hangs");
    round_judge(torture->course, &torture->aws, store, complaint, sizeof complaint);
    if (complaint[0] != '\0')
        return complain(torture, &death, complaint);
    return end == ROUND_IDLE ? USED_UP : GOOD;
}

static enum outcome one_store(struct torture *torture, size_t number)
{
    struct store store;
    size_t until = torture->kills + torture->per_store;
    enum outcome outcome = GOOD;

    store_new(torture, &store, number);
    while (outcome == GOOD && torture->kills < until && torture->kills < torture->until)
        outcome = one_round(torture, &store);
    if (outcome == BAD)
        printf("the store is kept in %s\n", store.dir);
    else
        dir_remove(store.dir);
    return outcome;
}

/* A round that nobody kills; it has to be without fault too. */
static enum outcome measure(struct torture *torture)
{
    struct store store;
    char complaint[512] = "the console has not ended well";
    struct death life = {.dice = 7};
    int64_t began_us = clock_mono_us();

    store_new(torture, &store, 0);
    enum round_end end = round_kill(torture->course, &torture->aws, &store, &life);
    torture->whole_us = clock_mono_us() - began_us;
    if (end == ROUND_SURVIVED)
        round_judge(torture->course, &torture->aws, &store, complaint, sizeof complaint);
    dir_remove(store.dir);
    return end == ROUND_IDLE ? USED_UP : complaint[0] ? complain(torture, &life, complaint) : GOOD;
}

static void report(const struct torture *torture)
{
    if (torture->kills % REPORT_EVERY >= torture->per_store)
        return;
    printf("# %zu of %zu kills\n", torture->kills, torture->wanted);
    fflush(stdout);
}

/* Each sandbox sees one course: that which has had the fewest kills, so that each has its share. */
static void next_course(struct torture *torture)
{
    size_t share = (torture->wanted + ARRAY_LEN(courses) - 1) / ARRAY_LEN(courses);

    torture->at = 0;
    for (size_t i = 1; i < ARRAY_LEN(courses); i++)
        if (torture->kills_of[i] < torture->kills_of[torture->at])
            torture->at = i;
    torture->course = courses[torture->at];
    torture->until = torture->kills + (share < KILLS_PER_SANDBOX ? share : KILLS_PER_SANDBOX);
    if (torture->until > torture->wanted)
        torture->until = torture->wanted;
}

static bool one_sandbox(struct torture *torture)
{
    size_t kills_before = torture->kills;

    next_course(torture);
    if (!aws_start(&torture->aws, torture->dir, torture->seed, NULL))
        return false;
    enum outcome outcome = measure(torture);
    for (size_t number = 1; outcome == GOOD && torture->kills < torture->until; number++) {
        outcome = one_store(torture, number);
        report(torture);
    }
    torture->kills_of[torture->at] += torture->kills - kills_before;
    for (size_t i = 0; i < N_AWS_DEEDS; i++)
        torture->done[i] += torture->aws.tally[i].done;
    aws_stop(&torture->aws);
    remove(torture->aws.log_path);
    if (outcome == USED_UP && torture->kills == kills_before) {
        printf("the sandbox has nothing to change\n");
        return false;
    }
    return outcome != BAD;
}

static void tell_deeds(const size_t *done)
{
    printf("# AWS has revoked %zu rules and opened %zu again, narrowed %zu and widened %zu again, "
           "started %zu proposals, taken %zu approvals, %zu rejections and %zu withdrawals, "
           "written %zu parameters and deleted %zu, and taken %zu OpsItems and %zu messages\n",
           done[DEED_REVOKE], done[DEED_AUTHORIZE], done[DEED_NARROW],
           done[DEED_MODIFY] - done[DEED_NARROW], done[DEED_START], done[DEED_APPROVE],
           done[DEED_REJECT], done[DEED_STOP], done[DEED_PUT], done[DEED_DELETE],
           done[DEED_OPS_ITEM], done[DEED_MESSAGE]);
}

static int usage(void)
{
    fprintf(stderr, "usage: torture --kill9 N [--seed S]\n");
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"kill9", required_argument, NULL, 'k'}, {"seed", required_argument, NULL, 's'}, {0}};
    struct torture torture = {.seed = 1};
    int option;
    bool good = true;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'k')
            torture.wanted = strtoul(optarg, NULL, 10);
        else if (option == 's')
            torture.seed = (unsigned)strtoul(optarg, NULL, 10);
        else
            return usage();
    }
    if (torture.wanted == 0 || optind != argc)
        return usage();
    torture.per_store = torture.wanted / STORES_MIN < KILLS_PER_STORE
                            ? torture.wanted / STORES_MIN + 1
                            : KILLS_PER_STORE;
    torture.random = torture.seed;
    dir_make(torture.dir);
    while (good && torture.kills < torture.wanted)
        good = one_sandbox(&torture);
    if (good)
        dir_remove(torture.dir);
    tell_deeds(torture.done);
    printf("%zu kills in %zu rounds, %s\n", torture.kills, torture.rounds,
           good ? "0 lost, 0 double, every trail whole" : "FAILED");
    return good ? 0 : 1;
}
