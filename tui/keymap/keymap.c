#include "tui/keymap/keymap.h"

#include <string.h>

#include "core/base/mem.h"
#include "tui/keymap/keymap_inside.h"

struct keymap *keymap_new(void)
{
    return mem_new(struct keymap);
}

void keymap_free(struct keymap *keymap)
{
    if (keymap == NULL)
        return;
    vec_free(&keymap->contexts);
    vec_free(&keymap->bindings);
    arena_done(&keymap->arena);
    mem_free(keymap);
}

/* --- looking up ---------------------------------------------------------------------------- */

int keymap_context(const struct keymap *keymap, struct sv name)
{
    for (size_t i = 0; i < keymap->contexts.len; i++) {
        if (sv_eq_cstr(name, keymap->contexts.ptr[i].name))
            return (int)i;
    }
    return NO_CONTEXT;
}

int keymap_parent(const struct keymap *keymap, int context)
{
    return keymap->contexts.ptr[context].parent;
}

static bool begins_with(const struct binding *binding, const struct key *keys, size_t n_keys)
{
    if (binding->n_keys < n_keys)
        return false;
    for (size_t i = 0; i < n_keys; i++) {
        if (!key_eq(binding->keys[i], keys[i]))
            return false;
    }
    return true;
}

static bool may_begin_with(const struct indexed *indexed, int context, const struct key *keys)
{
    return indexed->context == context && key_eq(indexed->first, keys[0]);
}

struct layered *keymap_own(const struct keymap *keymap, int context, const struct key *keys,
                           size_t n_keys)
{
    for (size_t i = 0; i < keymap->bindings.len; i++) {
        const struct indexed *indexed = &keymap->bindings.ptr[i];
        if (may_begin_with(indexed, context, keys) && indexed->entry->binding.n_keys == n_keys &&
            begins_with(&indexed->entry->binding, keys, n_keys))
            return indexed->entry;
    }
    return NULL;
}

const struct binding *keymap_longer(const struct keymap *keymap, int context,
                                    const struct key *keys, size_t n_keys)
{
    for (size_t i = 0; i < keymap->bindings.len; i++) {
        const struct indexed *indexed = &keymap->bindings.ptr[i];
        if (!may_begin_with(indexed, context, keys))
            continue;
        const struct binding *binding = &indexed->entry->binding;
        if (binding->command != NULL && binding->n_keys > n_keys &&
            begins_with(binding, keys, n_keys))
            return binding;
    }
    return NULL;
}

static const struct binding *find_inherited(const struct keymap *keymap, int context,
                                            const struct key *keys, size_t n_keys)
{
    for (; context != NO_CONTEXT; context = keymap_parent(keymap, context)) {
        const struct layered *own = keymap_own(keymap, context, keys, n_keys);
        if (own != NULL)
            return own->binding.command == NULL ? NULL : &own->binding;
    }
    return NULL;
}

const struct binding *keymap_find(const struct keymap *keymap, const char *context,
                                  const struct key *keys, size_t n_keys)
{
    return find_inherited(keymap, keymap_context(keymap, sv_of(context)), keys, n_keys);
}

/* The nearest context that knows the keys decides, even one that only knows their beginning. */
enum keymap_result keymap_feed(const struct keymap *keymap, const char *context,
                               struct keymap_state *state, struct key key,
                               const struct binding **binding)
{
    if (state->n_keys != 0 && key.code == KEYC_ESC && key.mods == 0) {
        state->n_keys = 0;
        return KEYMAP_PENDING;
    }
    state->keys[state->n_keys++] = key;
    int at = keymap_context(keymap, sv_of(context));
    for (; at != NO_CONTEXT; at = keymap_parent(keymap, at)) {
        const struct layered *own = keymap_own(keymap, at, state->keys, state->n_keys);
        if (own != NULL) {
            state->n_keys = 0;
            *binding = &own->binding;
            return own->binding.command == NULL ? KEYMAP_UNBOUND : KEYMAP_BOUND;
        }
        if (keymap_longer(keymap, at, state->keys, state->n_keys) != NULL)
            return KEYMAP_PENDING;
    }
    state->n_keys = 0;
    return KEYMAP_UNBOUND;
}

static bool is_of_command(const struct binding *binding, const char *command,
                          const char *const *args, size_t n_args)
{
    if (binding->command == NULL || strcmp(binding->command, command) != 0 ||
        binding->n_args < n_args)
        return false;
    for (size_t i = 0; i < n_args; i++) {
        if (strcmp(binding->args[i], args[i]) != 0)
            return false;
    }
    return true;
}

/* *at counts all bindings once for context, once more for each context that it inherits. */
static const struct binding *next_of_command(const struct keymap *keymap, int context, size_t *at,
                                             const char *command, const char *const *args,
                                             size_t n_args)
{
    size_t n = keymap->bindings.len, passed = 0;

    for (int holder = context; holder != NO_CONTEXT && n != 0;
         holder = keymap_parent(keymap, holder), passed += n) {
        while (*at < passed + n) {
            const struct indexed *indexed = &keymap->bindings.ptr[(*at)++ - passed];
            const struct binding *binding = &indexed->entry->binding;
            if (indexed->context == holder &&
                (command == NULL || is_of_command(binding, command, args, n_args)) &&
                find_inherited(keymap, context, binding->keys, binding->n_keys) == binding)
                return binding;
        }
    }
    return NULL;
}

const struct binding *keymap_next(const struct keymap *keymap, const char *context, size_t *at)
{
    return next_of_command(keymap, keymap_context(keymap, sv_of(context)), at, NULL, NULL, 0);
}

void binding_keys_text(const struct binding *binding, struct buf *out)
{
    char name[KEY_NAME_SIZE];

    for (size_t i = 0; i < binding->n_keys; i++) {
        bool is_comma = binding->n_keys > 1 && binding->keys[i].code == ',';
        key_to_text(binding->keys[i], name);
        if (i != 0)
            buf_add_char(out, ',');
        buf_add_cstr(out, is_comma ? "comma" : name);
    }
}

void keymap_keys_of(const struct keymap *keymap, const char *context, const char *command,
                    const char *const *args, size_t n_args, struct buf *out)
{
    int from = keymap_context(keymap, sv_of(context));
    const struct binding *binding;
    size_t at = 0, before = out->len;

    while ((binding = next_of_command(keymap, from, &at, command, args, n_args)) != NULL) {
        if (out->len != before)
            buf_add_char(out, ' ');
        binding_keys_text(binding, out);
    }
}
