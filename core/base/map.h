/*
 * map: from text to a pointer or a number. Keys are copied; values are the caller's.
 * Open addressing, grows by itself, hashes with a seed of this run (so that nobody can prepare
 * names that collide). Zero-initialised is ready. Not thread-safe.
 */
#ifndef CORE_BASE_MAP_H
#define CORE_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

union map_value {
    void *ptr;
    uint64_t u64;
};

struct map {
    struct map_slot *slots;
    size_t count;
    size_t n_slots;
};

/* NULL when the key is not there; else where its value lives, until the next map_put. */
union map_value *map_get(const struct map *map, struct sv key);
/* Where the value of key lives, made zero when it is new (*fresh, which may be NULL, says so). */
union map_value *map_put(struct map *map, struct sv key, bool *fresh);
bool map_remove(struct map *map, struct sv key);
/* Walks in no particular order: start with *at = 0; false at the end. Do not change meanwhile. */
bool map_next(const struct map *map, size_t *at, struct sv *key, union map_value *value);
void map_done(struct map *map);

#endif
