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
    X(about)          \
    X(name) X(subject) X(value) X(what) X(note) X(owner) X(maker) X(type) X(requester) X(proposal)

/* A copy, or that of the item before: things found one after another say much alike, and there may
 * be a hundred thousand. */
static const char *keep_text(struct load *load, const char *text, const char *before)
{
    if (!text || (before && strcmp(text, before) == 0))
        return text ? before : NULL;
    return load_keep(load, sv_of(text));
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
    held->changed_by = NULL; /* not asked for all of what waits, so it is said of none */
    held->kind = rank_of(item->kind) < ARRAY_LEN(kinds) ? kinds[rank_of(item->kind)]
                                                        : keep_text(load, item->kind, NULL);
#define KEEP(text) held->text = keep_text(load, item->text, before ? before->text : NULL);
    ITEM_TEXTS(KEEP)
#undef KEEP
    queue->last = held;
    return held;
}

/* What the item is about: of a proposal, what it proposes to change. */
static const char *about(const struct item *item)
{
    return item->about ? item->about : item->resource;
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
    if (rank_of(item->kind) == 0 && other->name) { /* found by what it is called, as before */
        item->about = keep_text(load, about(other), NULL);
        item->name = keep_text(load, other->name, NULL);
    }
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

/* --- telling --------------------------------------------------------------------------------- */

struct keyed {
    struct sv key;
    const struct item *item;
};

static int by_place(const struct item *a, const struct item *b)
{
    int order = a->target == b->target ? 0 : strcmp(a->target->account_id, b->target->account_id);
    if (order == 0 && a->target != b->target)
        order = strcmp(a->target->region, b->target->region);
    return order ? order : strcmp(about(a), about(b));
}

static int by_place_and_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int order = by_place(x->item, y->item);
    return order ? order : sv_cmp(x->key, y->key);
}

static bool is_kind(const struct item *item, const char *kind)
{
    return strcmp(item->kind, kind) == 0;
}

/* Two rules of a group that each break policy are two things; that a rule of AWS Config has found
 * the group wrong may be the same thing, found once more. */
static bool may_be_the_same(const struct item *item, const struct item *other)
{
    bool is_rules = is_kind(item, "config"), is_rules_other = is_kind(other, "config");
    if (is_rules && is_rules_other)
        return strcmp(item->type, other->type) != 0;
    return is_rules_other || (is_rules && !is_kind(other, "automation"));
}

static bool is_first_of_type(const struct keyed *all, size_t i, const struct item *item)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(all[k].item->type, all[i].item->type) == 0 && may_be_the_same(item, all[k].item))
            return false;
    return true;
}

/* "also found: restricted-ssh, unrestricted_dangerous_port": what else waits about the resource. */
static void add_others(const struct item *item, const struct keyed *all, size_t n, struct buf *note)
{
    size_t n_others = 0;
    for (size_t i = 0; i < n; i++) {
        const struct item *other = all[i].item;
        if (other == item || !may_be_the_same(item, other) || !is_first_of_type(all, i, item))
            continue;
        buf_addf(note, "%s%s",
                 n_others++ > 0  ? ", "
                 : note->len > 0 ? "; also found: "
                                 : "also found: ",
                 other->type);
    }
}

/* n of them are about one resource. */
static void tell(const struct keyed *all, size_t n, struct load *load, item_fn *fn, void *arg)
{
    for (size_t i = 0; i < n; i++) {
        char key[SHA256_HEX_SIZE];
        AUTO(buf_done) struct buf note = BUF_NONE;
        struct item item = *all[i].item;
        sv_copy(all[i].key, key, sizeof key);
        item.key = key;
        buf_add_cstr(&note, item.note ? item.note : "");
        add_others(all[i].item, all, n, &note);
        item.note = note.len > 0 ? buf_cstr(&note) : NULL;
        fn(load, &item, arg);
    }
}

void item_queue_each(const struct item_queue *queue, struct load *load, item_fn *fn, void *arg)
{
    size_t at = 0, n = 0;
    union map_value value;
    AUTO_FREE struct keyed *all = mem_alloc((queue->by_key.count + 1) * sizeof *all);
    while (map_next(&queue->by_key, &at, &all[n].key, &value))
        all[n++].item = value.ptr;
    qsort(all, n, sizeof *all, by_place_and_key);
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && by_place(all[first].item, all[end].item) == 0; end++)
            ;
        tell(&all[first], end - first, load, fn, arg);
    }
}

void item_queue_done(struct item_queue *queue)
{
    map_done(&queue->by_key);
}
