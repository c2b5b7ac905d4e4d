#include "core/base/map.h"

#include <stdatomic.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/os.h"

#define MAP_FIRST_SLOTS 16 /* a power of two, as all later sizes are */

struct map_slot {
    char *key; /* NULL: the slot is free */
    size_t key_len;
    uint64_t hash;
    union map_value value;
};

/* Differs from run to run, so that nobody can prepare names that all meet in one slot. */
static uint64_t hash_seed(void)
{
    static _Atomic uint64_t seed;
    uint64_t current = atomic_load(&seed);

    if (current == 0) {
        uint64_t fresh;
        os_random(&fresh, sizeof fresh);
        fresh |= 1;
        current = atomic_compare_exchange_strong(&seed, &current, fresh) ? fresh : current;
    }
    return current;
}

static uint64_t key_hash(struct sv key)
{
    uint64_t hash = hash_seed();
    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (unsigned char)key.ptr[i]) * 0x100000001b3u;
    /* FNV's low bits are its weakest: fold the high ones in (the finish of MurmurHash3). */
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdu;
    return hash ^ hash >> 33;
}

/* The slot that holds key, or the free one where it belongs. There is always a free one. */
static size_t find_slot(const struct map *map, struct sv key, uint64_t hash)
{
    size_t at = hash & (map->n_slots - 1);

    for (;; at = (at + 1) & (map->n_slots - 1)) {
        const struct map_slot *slot = &map->slots[at];
        if (slot->key == NULL)
            return at;
        if (slot->hash == hash && sv_eq((struct sv){slot->key, slot->key_len}, key))
            return at;
    }
}

static void grow(struct map *map)
{
    struct map old = *map;

    map->n_slots = old.n_slots != 0 ? old.n_slots * 2 : MAP_FIRST_SLOTS;
    map->slots = mem_alloc(map->n_slots * sizeof *map->slots);
    for (size_t i = 0; i < old.n_slots; i++) {
        struct map_slot *slot = &old.slots[i];
        if (slot->key != NULL)
            map->slots[find_slot(map, (struct sv){slot->key, slot->key_len}, slot->hash)] = *slot;
    }
    mem_free(old.slots);
}

union map_value *map_get(const struct map *map, struct sv key)
{
    if (map->count == 0)
        return NULL;
    struct map_slot *slot = &map->slots[find_slot(map, key, key_hash(key))];
    return slot->key != NULL ? &slot->value : NULL;
}

union map_value *map_put(struct map *map, struct sv key, bool *fresh)
{
    if ((map->count + 1) * 4 > map->n_slots * 3)
        grow(map);
    uint64_t hash = key_hash(key);
    struct map_slot *slot = &map->slots[find_slot(map, key, hash)];
    bool is_new = slot->key == NULL;

    if (is_new) {
        *slot = (struct map_slot){.key = sv_dup(key), .key_len = key.len, .hash = hash};
        map->count++;
    }
    if (fresh != NULL)
        *fresh = is_new;
    return &slot->value;
}

/*
 * Fills the hole by moving up whatever would no longer be found behind it (Knuth, The Art of
 * Computer Programming 3, 6.4, algorithm R), so that no tombstones are needed.
 */
static void close_hole(struct map *map, size_t hole)
{
    size_t mask = map->n_slots - 1;

    for (size_t at = (hole + 1) & mask; map->slots[at].key != NULL; at = (at + 1) & mask) {
        size_t home = map->slots[at].hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole] = (struct map_slot){0};
}

bool map_remove(struct map *map, struct sv key)
{
    if (map->count == 0)
        return false;
    size_t at = find_slot(map, key, key_hash(key));
    if (map->slots[at].key == NULL)
        return false;
    mem_free(map->slots[at].key);
    close_hole(map, at);
    map->count--;
    return true;
}

bool map_next(const struct map *map, size_t *at, struct sv *key, union map_value *value)
{
    for (; *at < map->n_slots; (*at)++) {
        const struct map_slot *slot = &map->slots[*at];
        if (slot->key == NULL)
            continue;
        if (key != NULL)
            *key = (struct sv){slot->key, slot->key_len};
        if (value != NULL)
            *value = slot->value;
        (*at)++;
        return true;
    }
    return false;
}

void map_done(struct map *map)
{
    for (size_t i = 0; i < map->n_slots; i++)
        mem_free(map->slots[i].key);
    mem_free(map->slots);
    *map = (struct map){0};
}
