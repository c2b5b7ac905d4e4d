#include "core/gov/queue/item_queue.h"

#include <stdlib.h>
#include <string.h>

/* First what somebody else waits for, which stands for what it proposes; then from the thing itself
 * to those who speak of it. */
static const char *const kinds[] = {"automation",  "sg-policy", "sg-baseline", "parameter",
                                    "preferences", "config",    "opsitem"};

static size_t rank_of(const char *kind)
{
    size_t rank = 0;
    while (rank < ARRAY_LEN(kinds) && strcmp(kinds[rank], kind) != 0)
        rank++;
    return rank;
}

/* The texts of an item, but for kind, which is one of kinds. */
#define ITEM_TEXTS(X) \
    X(resource)       \
    X(name) X(subject) X(value) X(what) X(note) X(owner) X(maker) X(type) X(requester) X(proposal)

/* A copy, or that of the item before: things found one after another say much alike, and there may
 * be a hundred thousand. */
static const char *keep_text(struct load *load, const char *text, const char *before)
{
    if (!text || (before && strcmp(text, before) == 0))
        return text ? before : NULL;
    return memcpy(load_alloc(load, strlen(text) + 1), text, strlen(text));
}

static const struct aws_target *keep_target(struct load *load, const struct aws_target *target,
                                            const struct aws_target *before)
{
    if (before && strcmp(target->account_id, before->account_id) == 0 &&
        strcmp(target->region, before->region) == 0)
        return before;
    return memcpy(load_alloc(load, sizeof *target), target, sizeof *target);
}

/* A copy without its key, which the map has. */
static struct item *hold(struct item_queue *queue, struct load *load, const struct item *item)
{
    struct item *held = load_alloc(load, sizeof *held);
    const struct item *before = queue->last;

    *held = *item;
    held->target = keep_target(load, item->target, before ? before->target : NULL);
    held->key = NULL;
    held->kind = rank_of(item->kind) < ARRAY_LEN(kinds) ? kinds[rank_of(item->kind)]
                                                        : keep_text(load, item->kind, NULL);
#define KEEP(text) held->text = keep_text(load, item->text, before ? before->text : NULL);
    ITEM_TEXTS(KEEP)
#undef KEEP
    queue->last = held;
    return held;
}

static void fill_text(struct load *load, const char **text, const char *other)
{
    if (!*text)
        *text = keep_text(load, other, NULL);
}

/* The earlier of two times that may not be known. */
static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms == 0 || (b_ms > 0 && b_ms < a_ms) ? b_ms : a_ms;
}

/* What other knows, and item does not. */
static void fill(struct load *load, struct item *item, const struct item *other)
{
    fill_text(load, &item->requester, other->requester);
    fill_text(load, &item->proposal, other->proposal);
    fill_text(load, &item->owner, other->owner);
    fill_text(load, &item->maker, other->maker);
    fill_text(load, &item->note, other->note);
    if (rank_of(item->kind) == 0) { /* who asks says how severe it is, and may say too little */
        item->severity = other->severity > item->severity ? other->severity : item->severity;
        item->shown = other->shown > item->shown ? other->shown : item->shown;
    }
    item->since_ms = earlier(item->since_ms, other->since_ms);
    item->deadline_ms = earlier(item->deadline_ms, other->deadline_ms);
}

void item_queue_add(struct item_queue *queue, struct load *load, const struct item *item)
{
    char key[SHA256_HEX_SIZE];
    item_key_of(item, key);
    union map_value *value = map_put(&queue->by_key, sv_of(key), NULL);
    struct item *held = value->ptr;
    if (held && rank_of(item->kind) >= rank_of(held->kind)) {
        fill(load, held, item);
        return;
    }
    value->ptr = hold(queue, load, item);
    if (held)
        fill(load, value->ptr, held);
}

struct keyed {
    struct sv key;
    const struct item *item;
};

static int by_key(const void *a, const void *b)
{
    return sv_cmp(((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

void item_queue_each(const struct item_queue *queue, struct load *load, item_fn *fn, void *arg)
{
    size_t at = 0, n = 0;
    union map_value value;
    AUTO_FREE struct keyed *all = mem_alloc((queue->by_key.count + 1) * sizeof *all);
    while (map_next(&queue->by_key, &at, &all[n].key, &value))
        all[n++].item = value.ptr;
    qsort(all, n, sizeof *all, by_key);
    for (size_t i = 0; i < n; i++) {
        char key[SHA256_HEX_SIZE];
        struct item item = *all[i].item;
        sv_copy(all[i].key, key, sizeof key);
        item.key = key;
        fn(load, &item, arg);
    }
}

void item_queue_done(struct item_queue *queue)
{
    map_done(&queue->by_key);
}
