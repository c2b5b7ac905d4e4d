/*
 * remediation: what AWS Config keeps about remedies: which document mends what a rule finds, which
 * executions of it were started for which resource, and which resources are excepted.
 */
#ifndef SANDBOX_REMEDIATION_H
#define SANDBOX_REMEDIATION_H

#include "tests/sandbox/automation/automation.h"
#include "tests/sandbox/world/resource.h"

#define RULE_NAME_SIZE 129

/* A resource, seen by a rule. */
struct remedy_key {
    uint32_t cell;
    char rule[RULE_NAME_SIZE];
    char type[80], id[RESOURCE_ID_SIZE];
};

struct remedy_run {
    struct remedy_key key;
    char automation_id[37];
    int64_t invoked_ms;
};

struct remedy_exception {
    struct remedy_key key;
    char *message;      /* NULL: none */
    int64_t expires_ms; /* 0: never */
};

/* One rule's remedy. */
struct remedy {
    uint32_t cell;
    char rule[RULE_NAME_SIZE];
    cJSON *configuration; /* RemediationConfiguration, as the API has it */
};

struct remediations {
    bool *is_begun; /* by cell: what it begins with is in remedies */
    VEC(struct remedy) remedies;
    VEC(struct remedy_run) runs; /* in the order of their starts */
    VEC(struct remedy_exception) exceptions;
};

struct remediations *remediations_of(struct world *world);

/* NULL when the rule has none. */
struct remedy *remedy_find(struct world *world, uint32_t cell, const char *rule);
/* Adds the rule's remedy or replaces it. */
void remedy_put(struct world *world, uint32_t cell, const char *rule, cJSON *take_configuration);
/* Forgets it, and what was run by it. */
void remedy_remove(struct world *world, struct remedy *remedy);

bool remedy_key_equal(const struct remedy_key *a, const struct remedy_key *b);
/* The latest run for the resource; NULL when there was none. */
struct remedy_run *remedy_last_run(struct world *world, const struct remedy_key *key);
/* Excepts the resource, anew if it is already; message "" is none, expires_ms 0 for ever. */
void remedy_except(struct world *world, const struct remedy_key *key, const char *message,
                   int64_t expires_ms);
/* NULL when it is not excepted, or not any more at now_ms. */
struct remedy_exception *remedy_exception_find(struct world *world, const struct remedy_key *key,
                                               int64_t now_ms);
void remedy_exception_remove(struct world *world, struct remedy_exception *exception);

#endif
