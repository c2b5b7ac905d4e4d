/*
 * item_queue: what waits, each thing once, whoever has found it. What is told as a rule of a group
 * and as the OpsItem that somebody has made for it is one item: the rule's, with what the other
 * knows of who asks for it.
 */
#ifndef CORE_GOV_ITEM_QUEUE_H
#define CORE_GOV_ITEM_QUEUE_H

#include "core/base/map.h"
#include "core/gov/queue/item.h"

/* Zero-initialised is ready; its items live as long as the load. On RUN_WORKER. */
struct item_queue {
    struct map by_key;
    const struct item *last; /* that was added */
};

/* Copies item. Of two with one key that stays which says more of the thing itself. */
void item_queue_add(struct item_queue *queue, struct load *load, const struct item *item);
/* Calls fn for each, by their keys: in the same order whoever has answered first. */
void item_queue_each(const struct item_queue *queue, struct load *load, item_fn *fn, void *arg);
void item_queue_done(struct item_queue *queue); /* for load_at_free */

#endif
