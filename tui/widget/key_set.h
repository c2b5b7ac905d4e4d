/*
 * key_set: a set of row identities that remembers the order in which they came.
 */
#ifndef TUI_WIDGET_KEY_SET_H
#define TUI_WIDGET_KEY_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_set;

/* Empty; free it with key_set_free (NULL is allowed). */
struct key_set *key_set_new(void);
void key_set_free(struct key_set *set);
/* Adding what is there and removing what is not do nothing. What is removed and added again comes
 * last. */
bool key_set_has(const struct key_set *set, uint64_t key);
void key_set_add(struct key_set *set, uint64_t key);
void key_set_remove(struct key_set *set, uint64_t key);
void key_set_clear(struct key_set *set);
size_t key_set_count(const struct key_set *set);
/* The members in the order of adding; start with *at = 0. Do not change the set meanwhile. */
bool key_set_next(const struct key_set *set, size_t *at, uint64_t *key);

#endif
