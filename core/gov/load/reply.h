/*
 * reply: what replies of different services have in common, read in one way.
 */
#ifndef CORE_GOV_REPLY_H
#define CORE_GOV_REPLY_H

#include "core/base/json.h"

/* A timestamp in ms since 1970: JSON protocols send seconds with a fraction, XML ISO 8601. False
 * when there is none. */
bool reply_time(const cJSON *json, const char *key, int64_t *wall_ms);
/* The value of a tag in tags, the first element of a tagSet (key, value) or Tags (Key, Value);
 * keys compare without ASCII case when nocase. SV_NONE when there is no such tag. */
struct sv reply_tag(const cJSON *tags, const char *key, bool nocase);
/* {name: [value]}: EC2 filters, of one value each; the caller's. */
cJSON *reply_filter(const char *name, const char *value);
/* The last part of an ARN's path: of a role's session its name, of a user his. */
struct sv reply_name_in_arn(struct sv arn);
/* An array of one string; the caller's. */
cJSON *reply_list_of(const char *value);

#endif
