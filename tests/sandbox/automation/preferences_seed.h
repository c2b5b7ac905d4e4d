/* preferences_seed: the session preferences that some accounts have from the beginning. */
#ifndef SANDBOX_PREFERENCES_SEED_H
#define SANDBOX_PREFERENCES_SEED_H

#include "tests/sandbox/world/world_model.h"

/* One document of an account, the same in each region; content NULL: it has none. */
struct preferences_seed {
    const char *account; /* its name */
    const char *content;
    const char *log_group;       /* that the content names; "": none */
    const char *kms_key_id;      /* of that group; "": it is not encrypted */
    const char *bucket, *prefix; /* the same; "": none */
};

/* By the account's name; NULL when it has none. */
const struct preferences_seed *preferences_seed_find(const char *account);

#endif
