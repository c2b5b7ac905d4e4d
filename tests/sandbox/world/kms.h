/*
 * kms: keys as far as secure parameters and sessions need them: which there are, and what is sealed
 * under one.
 *
 * Each cell has the key that AWS keeps for Parameter Store and four of the customer's, beside
 * those that AWS Config records (AWS::KMS::Key). What is sealed opens again only under the same key
 * and with the same encryption context, as in life; that it could be guessed from the seed does not
 * matter here.
 */
#ifndef SANDBOX_KMS_H
#define SANDBOX_KMS_H

#include "tests/sandbox/world/world_model.h"

/* The names of the keys that every cell has. */
#define KEY_DEFAULT    "alias/aws/ssm"
#define KEY_PARAMETERS "alias/parameters"
#define KEY_SESSIONS   "alias/session-manager-encryption"
/* Its policy lets none of our principals in. */
#define KEY_RESTRICTED "alias/parameters-restricted"
#define KEY_RETIRED    "alias/parameters-retired" /* disabled */

#define KEY_ID_SIZE    64

enum key_state { KEY_ENABLED, KEY_DISABLED, KEY_PENDING_DELETION };

struct key {
    char id[KEY_ID_SIZE];
    char arn[160];
    enum key_state state;
    bool managed;    /* by AWS: whoever may read a parameter may use it */
    bool restricted; /* its policy names others alone */
};

/* By id, ARN, alias or the alias's ARN; false when the cell has no such key. */
bool key_find(struct world *world, uint32_t cell, const char *name, struct key *key);

/* Adds plain under the key, bound to context, as base64. */
void key_seal(const struct world *world, const struct key *key, struct sv context, struct sv plain,
              struct buf *ciphertext);
/* Under which key: its id, for key_find. False when that is no ciphertext of ours. */
bool key_of_ciphertext(struct sv ciphertext, char id[KEY_ID_SIZE]);
/* The reverse of key_seal; false when key, context or ciphertext are others. */
bool key_open(const struct world *world, const struct key *key, struct sv context,
              struct sv ciphertext, struct buf *plain);

#endif
