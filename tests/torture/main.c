/*
 * torture: kills consoles (SIGKILL) at every step of a change and its undo, at stop points and at
 * random instants, against the sandbox; after each kill another console settles. Then every change
 * has exactly one end state, it is what AWS did, nothing was sent twice, and the trail is whole.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "tests/support/dir.h"
#include "tests/torture/round.h"

#define KILLS_PER_STORE 20
#define STOPS           30 /* a change and its undo pass fewer */
#define REPORT_EVERY    500

struct torture {
    size_t wanted, kills, rounds;
    unsigned seed, random;
    char dir[DIR_PATH_SIZE];
    struct aws aws;
    int64_t whole_us; /* how long a round takes that nobody kills */
};

static void store_new(struct torture *torture, struct store *store, size_t number)
{
    char name[32];

    snprintf(name, sizeof name, "store-%zu", number);
    dir_path(torture->dir, name, store->dir);
    mkdir(store->dir, 0700);
    aws_count(&torture->aws);
    store->revokes_before = torture->aws.revokes;
    store->authorizes_before = torture->aws.authorizes;
}

static struct death next_death(struct torture *torture)
{
    struct death death = {0};

    if (torture->rounds % 2 == 0)
        death.at_stop = torture->rounds / 2 % STOPS + 1;
    else
        death.after_us = 1 + rand_r(&torture->random) % torture->whole_us;
    return death;
}

/* What a round, and with it a store or a sandbox, has come to. */
enum outcome { GOOD, USED_UP /* no rule is left to revoke: time for a new sandbox */, BAD };

static enum outcome complain(const struct torture *torture, const struct death *death,
                             const char *complaint)
{
    printf("FAIL round %zu (--seed %u, stop %zu, %lld us): %s\n", torture->rounds, torture->seed,
           death->at_stop, (long long)death->after_us, complaint);
    return BAD;
}

static enum outcome one_round(struct torture *torture, const struct store *store)
{
    char complaint[512];
    struct death death = next_death(torture);
    enum round_end end = round_kill(&torture->aws, store, &death);

    torture->rounds++;
    torture->kills += end == ROUND_KILLED;
    if (end == ROUND_BROKEN)
        return complain(torture, &death, "the console has not even started");
    round_judge(&torture->aws, store, complaint, sizeof complaint);
    if (complaint[0] != '\0')
        return complain(torture, &death, complaint);
    return end == ROUND_NO_RULE ? USED_UP : GOOD;
}

static enum outcome one_store(struct torture *torture, size_t number)
{
    struct store store;
    size_t until = torture->kills + KILLS_PER_STORE;
    enum outcome outcome = GOOD;

    store_new(torture, &store, number);
    while (outcome == GOOD && torture->kills < until && torture->kills < torture->wanted)
        outcome = one_round(torture, &store);
    if (outcome == BAD)
        printf("the store is kept in %s\n", store.dir);
    else
        dir_remove(store.dir);
    return outcome;
}

static void measure(struct torture *torture)
{
    struct store store;
    int64_t began_us = clock_mono_us();

    store_new(torture, &store, 0);
    round_kill(&torture->aws, &store, &(struct death){0});
    torture->whole_us = clock_mono_us() - began_us;
    dir_remove(store.dir);
}

static void report(const struct torture *torture)
{
    if (torture->kills % REPORT_EVERY >= KILLS_PER_STORE)
        return;
    printf("# %zu of %zu kills\n", torture->kills, torture->wanted);
    fflush(stdout);
}

static bool one_sandbox(struct torture *torture)
{
    enum outcome outcome = GOOD;
    size_t kills_before = torture->kills;

    if (!aws_start(&torture->aws, torture->dir, torture->seed))
        return false;
    measure(torture);
    for (size_t number = 1; outcome == GOOD && torture->kills < torture->wanted; number++) {
        outcome = one_store(torture, number);
        report(torture);
    }
    aws_stop(&torture->aws);
    remove(torture->aws.log_path);
    if (outcome == USED_UP && torture->kills == kills_before) {
        printf("the sandbox has no rule to revoke\n");
        return false;
    }
    return outcome != BAD;
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
    torture.random = torture.seed;
    dir_make(torture.dir);
    while (good && torture.kills < torture.wanted)
        good = one_sandbox(&torture);
    if (good)
        dir_remove(torture.dir);
    printf("%zu kills in %zu rounds, %s\n", torture.kills, torture.rounds,
           good ? "0 lost, 0 double, every trail whole" : "FAILED");
    return good ? 0 : 1;
}
