/*
 * parameter: the parameters of Parameter Store, by cell.
 *
 * A cell's parameters are made from the seed when somebody first asks for them (parameter_seed.c)
 * and stored from then on. A version is what GetParameterHistory shows of it, in the API's member
 * names; the Value of a SecureString is its ciphertext, bound to the parameter's ARN.
 */
#ifndef SANDBOX_PARAMETER_H
#define SANDBOX_PARAMETER_H

#include "tests/sandbox/world/world_model.h"

#define PARAMETER_VERSIONS_MAX 100
#define PARAMETER_ARN_SIZE     2200

struct parameter {
    char *name;
    cJSON *versions; /* an array, the oldest first, never empty */
    cJSON *tags;     /* {key: value} */
};

struct parameter_store {
    uint32_t cell;
    VEC(struct parameter) items; /* by name, bytewise */
    char closed_path[64]; /* what is below it, a policy denies to everybody; "": nothing is */
    struct rate reads;
};

/* Never NULL. */
struct parameter_store *parameter_store(struct world *world, uint32_t cell);
void parameter_stores_free(struct world *world);

/* NULL when there is none of that name. */
struct parameter *parameter_find(const struct parameter_store *store, struct sv name);
/* A new one without a version yet; the caller adds one. */
struct parameter *parameter_add(struct parameter_store *store, struct sv name);
void parameter_remove(struct parameter_store *store, struct sv name);

const cJSON *parameter_latest(const struct parameter *parameter);
/* The version of that number; NULL when there is none, or none any more. */
const cJSON *parameter_version(const struct parameter *parameter, int64_t version);
/* "arn:aws:ssm:REGION:ACCOUNT:parameter/NAME" */
void parameter_arn(struct world *world, uint32_t cell, const char *name,
                   char arn[PARAMETER_ARN_SIZE]);
/* Is name at or below path? */
bool parameter_is_below(struct sv name, struct sv path);

/* Fills a new store: parameter_seed.c. */
void parameter_seed(struct world *world, struct parameter_store *store);

#endif
