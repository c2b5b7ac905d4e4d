/*
 * keymap_inside: the inside of a keymap, for keymap.c and keymap_read.c alone.
 */
#ifndef TUI_KEYMAP_INSIDE_H
#define TUI_KEYMAP_INSIDE_H

#include "core/base/mem.h"
#include "core/base/vec.h"
#include "tui/keymap/keymap.h"

#define NO_CONTEXT (-1)

struct context {
    const char *name;
    int parent; /* NO_CONTEXT: none */
};

struct layered {
    struct binding binding;
    int context;
    int layer; /* the number of the file that it comes from */
};

/* What most searches pass over is passed over without being fetched. */
struct indexed {
    int context;
    struct key first;
    struct layered *entry; /* a pointer, for its binding is given out */
};

struct keymap {
    VEC(struct context) contexts;
    VEC(struct indexed) bindings;
    struct arena arena; /* everything above points into it */
    int n_layers;
};

/* The number of the context of that name; NO_CONTEXT when there is none. */
int keymap_context(const struct keymap *keymap, struct sv name);
/* The one that it inherits from; NO_CONTEXT: none. */
int keymap_parent(const struct keymap *keymap, int context);
/* The entry of exactly these keys in context itself, unbound ones too; NULL when there is none. */
struct layered *keymap_own(const struct keymap *keymap, int context, const struct key *keys,
                           size_t n_keys);
/* A bound sequence of context itself that goes on behind these keys; NULL when there is none. */
const struct binding *keymap_longer(const struct keymap *keymap, int context,
                                    const struct key *keys, size_t n_keys);

#endif
