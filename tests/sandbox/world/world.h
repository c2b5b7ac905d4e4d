/*
 * world: the organization that the sandbox serves.
 *
 * Accounts in OUs, regions, and resources whose configurations derive from the seed when somebody
 * looks at them; only what was changed is stored, as versions with their times. Nothing runs in
 * the background: what AWS Config has recorded and evaluated "by now" is a function of the world's
 * clock and of those versions, so that the same calls at the same times give the same answers.
 *
 * Not thread-safe: the wire side calls one handler at a time.
 */
#ifndef SANDBOX_WORLD_H
#define SANDBOX_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/base/str.h"

struct world_spec {
    unsigned accounts;  /* 1..10000, the management account included */
    unsigned regions;   /* 1..17; the first is the home region */
    unsigned resources; /* 0..10000000; the exact total over all accounts, regions and types */
    unsigned waiting;   /* 0..1000; automations that wait for an approval from the beginning, as far
                           as there are places for them */
    unsigned parameter_reads; /* 1..10000; of Parameter Store in an account and region, a second:
                                 AWS has 40, and more by a setting that costs */
    unsigned lookups;  /* 1..10000; of CloudTrail's events in an account and region, a second: AWS
                          has 2 */
    uint64_t seed;     /* equal specs make equal worlds */
    int64_t start_ms;  /* the clock's first instant, in ms since 1970; 0 is the time of world_new */
    bool clock_manual; /* the clock stands still but for world_advance */
    unsigned clock_speed; /* so many times as fast as ours; 0: 1 */
};

#define WORLD_SPEC_DEFAULT                      \
    ((struct world_spec){.accounts = 24,        \
                         .regions = 4,          \
                         .resources = 3000,     \
                         .waiting = 3,          \
                         .parameter_reads = 40, \
                         .lookups = 2,          \
                         .seed = 7})

/*
 * Reads "accounts=24,regions=4,resources=3000,waiting=3,seed=7[,start=2026-03-01T03:00:00Z]" into
 * *spec; keys in any order, what is not named keeps its value. ERR_USAGE names the key that is
 * wrong.
 */
enum err_code world_spec_parse(struct sv text, struct world_spec *spec, struct err *err);

struct world;

struct world *world_new(const struct world_spec *spec);
void world_free(struct world *world);

/*
 * Called between two resources by whoever works through many, so that others have their turn: what
 * is looked at and what is found so far stays as it is. Calls fn(arg), which may change nothing of
 * resources and rules.
 */
void world_breathe(const struct world *world);
void world_breathe_by(struct world *world, void (*fn)(void *arg), void *arg);

/* The world's clock in ms since 1970. */
int64_t world_now_ms(const struct world *world);
/* Moves the clock forward, manual or not; negative seconds are ignored. */
void world_advance(struct world *world, int64_t seconds);

const char *world_management_account(const struct world *world); /* 12 digits */
const char *world_organization_id(const struct world *world);    /* "o-..." */

unsigned world_parameter_reads(const struct world *world); /* as in the spec */
unsigned world_lookups(const struct world *world);         /* as in the spec */
size_t world_n_regions(const struct world *world);
const char *world_region(const struct world *world, size_t i); /* "us-east-1"; 0 is home */
bool world_has_region(const struct world *world, const char *region);

size_t world_n_accounts(const struct world *world);
const char *world_account_id(const struct world *world, size_t i);
const char *world_account_name(const struct world *world, size_t i);

enum role_access {
    ROLE_OK,
    ROLE_MISSING,  /* no such role (invited accounts, the management account), or no such account */
    ROLE_DENIED,   /* its trust policy refuses, or the account is suspended */
    ROLE_POWERLESS /* it can be assumed, but a service control policy denies what it then calls */
};
/*
 * May the management account assume role_name in account_id? Asked for the roles that an
 * organization puts into its member accounts (iam.h names them); what such a role may do where it
 * is there, the wire side judges.
 */
enum role_access world_role_access(const struct world *world, const char *account_id,
                                   const char *role_name);

/*
 * Applies a JSON patch (RFC 6902) to the world's JSON view (README.md "The world as JSON"), wholly
 * or not at all. The change happens at world_now_ms. ERR_PARSE: not a patch; ERR_NOT_FOUND: a path
 * that is not there; ERR_REFUSED: a test operation failed, or the result is not a world.
 */
enum err_code world_patch(struct world *world, struct sv patch, struct err *err);

/* The managed rules that have an evaluator: "IDENTIFIER\tTRIGGER\tTYPES", one a line, sorted. */
void world_print_rules(FILE *out);

#endif
