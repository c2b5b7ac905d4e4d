/*
 * parameter: names in Parameter Store, and what AWS says of a parameter without its value.
 *
 * An application NAME has its approved settings below /NAME/approved and its present ones below
 * /NAME/current; the key of a setting is what follows. NAME may itself have levels.
 */
#ifndef CORE_GOV_PARAMETER_H
#define CORE_GOV_PARAMETER_H

#include "core/base/json.h"
#include "core/base/secret.h"

#define PARAMETER_NAME_SIZE 1012 /* Systems Manager: 1011 characters */

enum parameter_side { PARAMETER_APPROVED, PARAMETER_CURRENT };
#define PARAMETER_SIDES 2
extern const char *const parameter_side_words[PARAMETER_SIDES]; /* "approved", "current" */

/* "/shop/current/db/host" in its parts: "shop", PARAMETER_CURRENT, "db/host". Borrowed. */
struct parameter_name {
    struct sv application, key;
    enum parameter_side side;
};
/* False when name lies in no application's tree. Pure. */
bool parameter_name_parse(struct sv name, struct parameter_name *parts);
/* "/APPLICATION/SIDE/KEY"; "/APPLICATION/SIDE" with an empty key. False when it does not fit. */
bool parameter_name_make(struct sv application, enum parameter_side side, struct sv key,
                         char name[PARAMETER_NAME_SIZE]);

/* An item of DescribeParameters, of GetParametersByPath or of GetParameterHistory. */
struct parameter_facts {
    char *name, *type, *key_id, *tier, *data_type, *modified_by; /* raw; "" for what is not said */
    int64_t version, modified_at_ms;
};
void parameter_facts_read(const cJSON *item, struct parameter_facts *facts);
void parameter_facts_done(struct parameter_facts *facts);

/* What Type, KeyId, Tier and DataType two sides do not have in common: appends "key alias/aws/ssm,
 * approved alias/parameters" for each; false when there is nothing. Pure. */
bool parameter_facts_differ(const struct parameter_facts *approved,
                            const struct parameter_facts *current, struct buf *text);

/* Whether type is that of a value which is sealed under a key. Pure. */
bool parameter_is_secure(struct sv type);
/* Whether nobody is to see the value: sealed, or a word of the key (between '/', '_', '-' and '.')
 * says that it is a password, a token or the like. Pure. */
bool parameter_is_sensitive(struct sv type, struct sv key);

/* Out of a reply of GetParameter (its Parameter) or GetParameters (the one of that name): the
 * value. NULL when it is not there. The caller's reference. */
struct secret *parameter_value_of(struct sv body);
struct secret *parameter_value_named(struct sv body, const char *name);

/* {"Name": name, "WithDecryption": true}; a version of 0 is the latest. The caller's. */
cJSON *parameter_get_params(const char *name, int64_t version);

/* For DescribeParameters: what lies below path, at any depth. The caller's. */
cJSON *parameter_below_params(struct sv path);

#endif
