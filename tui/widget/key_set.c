#include "tui/widget/key_set.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/base/vec.h"

#define SLOTS_MIN 64

struct member {
    uint64_t key;
    bool removed;
};

struct key_set {
    VEC(struct member) members; /* in the order of adding, removed ones among them */
    size_t count;               /* of those not removed */
    uint32_t *slots;            /* index of a member + 1, 0 empty; linear probing */
    size_t n_slots;             /* a power of 2 */
};

struct key_set *key_set_new(void)
{
    return mem_new(struct key_set);
}

void key_set_free(struct key_set *set)
{
    if (set == NULL)
        return;
    key_set_clear(set);
    vec_free(&set->members);
    mem_free(set);
}

void key_set_clear(struct key_set *set)
{
    vec_clear(&set->members);
    mem_free(set->slots);
    set->slots = NULL;
    set->n_slots = set->count = 0;
}

/* The slot of key, or the empty one where it would go. There is always an empty one. */
static uint32_t *slot_of(const struct key_set *set, uint64_t key)
{
    uint64_t hash = key * 0x9e3779b97f4a7c15u;
    size_t at = (size_t)(hash >> 32) & (set->n_slots - 1);

    while (set->slots[at] != 0 && set->members.ptr[set->slots[at] - 1].key != key)
        at = (at + 1) & (set->n_slots - 1);
    return &set->slots[at];
}

/* Leaves out the removed members and makes room for as many again. */
static void rebuild(struct key_set *set)
{
    size_t kept = 0, n_slots = SLOTS_MIN;

    for (size_t i = 0; i < set->members.len; i++) {
        if (!set->members.ptr[i].removed)
            set->members.ptr[kept++] = set->members.ptr[i];
    }
    set->members.len = kept;
    while (n_slots < 4 * (kept + 1))
        n_slots *= 2;
    mem_free(set->slots);
    set->slots = mem_alloc(n_slots * sizeof *set->slots);
    set->n_slots = n_slots;
    for (size_t i = 0; i < kept; i++)
        *slot_of(set, set->members.ptr[i].key) = (uint32_t)i + 1;
}

static struct member *find(const struct key_set *set, uint64_t key)
{
    uint32_t number = set->n_slots == 0 ? 0 : *slot_of(set, key);
    struct member *member = number == 0 ? NULL : &set->members.ptr[number - 1];
    return member == NULL || member->removed ? NULL : member;
}

bool key_set_has(const struct key_set *set, uint64_t key)
{
    return find(set, key) != NULL;
}

void key_set_add(struct key_set *set, uint64_t key)
{
    if (find(set, key) != NULL)
        return;
    if (2 * (set->members.len + 1) > set->n_slots)
        rebuild(set);
    vec_push(&set->members, ((struct member){.key = key}));
    *slot_of(set, key) = (uint32_t)set->members.len;
    set->count++;
}

void key_set_remove(struct key_set *set, uint64_t key)
{
    struct member *member = find(set, key);

    if (member == NULL)
        return;
    member->removed = true;
    set->count--;
}

size_t key_set_count(const struct key_set *set)
{
    return set->count;
}

bool key_set_next(const struct key_set *set, size_t *at, uint64_t *key)
{
    while (*at < set->members.len) {
        const struct member *member = &set->members.ptr[(*at)++];
        if (!member->removed) {
            *key = member->key;
            return true;
        }
    }
    return false;
}
