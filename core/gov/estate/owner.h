/*
 * owner: whose a thing is, and what would make it again, as its tags tell.
 */
#ifndef CORE_GOV_OWNER_H
#define CORE_GOV_OWNER_H

#include "core/base/json.h"

/* tags: the first element of a tagSet or Tags, as reply_tag takes it. Borrowed from it. */

/* The team or the person that a tag names: owner, team, contact or service; SV_NONE. */
struct sv owner_in_tags(const cJSON *tags);
/* Each of these, one after the other: *at is zero before the first, *word is the tag's ("team").
 * False behind the last. */
bool owner_tags_next(const cJSON *tags, size_t *at, const char **word, struct sv *value);
/* Appends "CloudFormation stack web" for what deploys the thing; false when no tag says. */
bool maker_in_tags(const cJSON *tags, struct buf *text);

#endif
