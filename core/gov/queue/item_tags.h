/*
 * item_tags: whose the things of Systems Manager are that wait, by the tags that they have.
 */
#ifndef CORE_GOV_ITEM_TAGS_H
#define CORE_GOV_ITEM_TAGS_H

#include "core/gov/queue/item.h"

/* Of one account x region; it lives as long as the load. */
struct item_tags {
    item_fn *fn; /* who is told */
    void *arg;
    size_t n_asked;
};

/*
 * An item_fn; arg is a struct item_tags. Tells item at once, and one that says what is tagged when
 * its tags have been asked for (ssm ListTagsForResource), with owner and maker as these have them.
 * A refusal is a remark of the load, and the item says ITEM_UNREAD; what comes behind 100
 * others of its place is not asked for, as each is a request of its own: that is a remark too, and
 * the item says ITEM_NOT_ASKED. On RUN_WORKER.
 */
void item_tags_take(struct load *load, const struct item *item, void *arg);

/* Sets *owner and *maker to what tags say (their first element, as owner.h takes it), each a text
 * that lives as long as the load; what they do not say stays as it is. */
void item_tags_tell(struct load *load, const cJSON *tags, const char **owner, const char **maker);

#endif
