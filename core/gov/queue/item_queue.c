#include "core/gov/queue/item_queue.h"

#include <stdlib.h>
#include <string.h>

struct held {
    struct item item;
    struct aws_target target;
    char key[SHA256_HEX_SIZE];
};

/* From the thing itself to those who speak of it. */
static const char *const kinds[] = {"sg-policy", "sg-baseline", "parameter",
                                    "config",    "automation",  "opsitem"};

static size_t rank_of(const char *kind)
{
    size_t rank = 0;
    while (rank < ARRAY_LEN(kinds) && strcmp(kinds[rank], kind) != 0)
        rank++;
    return rank;
}

static const char *keep_text(struct load *load, const char *text)
{
    return text ? memcpy(load_alloc(load, strlen(text) + 1), text, strlen(text)) : NULL;
}

static void hold(struct held *held, struct load *load, const struct item *item)
{
    const char **const texts[] = {
        &held->item.resource, &held->item.name, &held->item.subject,   &held->item.value,
        &held->item.what,     &held->item.note, &held->item.owner,     &held->item.maker,
        &held->item.type,     &held->item.kind, &held->item.requester, &held->item.proposal,
    };
    held->item = *item;
    held->target = *item->target;
    held->item.target = &held->target;
    held->item.key = held->key;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        *texts[i] = keep_text(load, *texts[i]);
}

static void fill_text(const char **text, const char *other)
{
    if (!*text)
        *text = other;
}

/* The earlier of two times that may not be known. */
static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms == 0 || (b_ms > 0 && b_ms < a_ms) ? b_ms : a_ms;
}

/* What other knows, and item does not. */
static void fill(struct item *item, const struct item *other)
{
    fill_text(&item->requester, other->requester);
    fill_text(&item->proposal, other->proposal);
    fill_text(&item->owner, other->owner);
    fill_text(&item->maker, other->maker);
    fill_text(&item->note, other->note);
    item->since_ms = earlier(item->since_ms, other->since_ms);
    item->deadline_ms = earlier(item->deadline_ms, other->deadline_ms);
}

void item_queue_add(struct item_queue *queue, struct load *load, const struct item *item)
{
    char key[SHA256_HEX_SIZE];
    item_key_of(item, key);
    union map_value *value = map_put(&queue->by_key, sv_of(key), NULL);
    struct held *held = value->ptr;
    struct held *fresh = load_alloc(load, sizeof *fresh);
    str_copy(fresh->key, key);
    hold(fresh, load, item);
    if (!held || rank_of(item->kind) < rank_of(held->item.kind)) {
        value->ptr = fresh;
        if (held)
            fill(&fresh->item, &held->item);
    } else {
        fill(&held->item, &fresh->item);
    }
}

static int by_key(const void *a, const void *b)
{
    const struct held *const *x = a, *const *y = b;
    return strcmp((*x)->key, (*y)->key);
}

void item_queue_each(const struct item_queue *queue, struct load *load, item_fn *fn, void *arg)
{
    size_t at = 0, n = 0;
    struct sv key;
    union map_value value;
    const struct held **all = mem_alloc((queue->by_key.count + 1) * sizeof *all);
    while (map_next(&queue->by_key, &at, &key, &value))
        all[n++] = value.ptr;
    qsort(all, n, sizeof *all, by_key);
    for (size_t i = 0; i < n; i++)
        fn(load, &all[i]->item, arg);
    mem_free(all);
}

void item_queue_done(struct item_queue *queue)
{
    map_done(&queue->by_key);
}
