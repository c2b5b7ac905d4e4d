/*
 * keymap: which keys mean which command, read from key files.
 *
 * A line is one of
 *     bind CONTEXT KEYS COMMAND [ARGUMENT...]   KEYS: one key, or a sequence joined by commas: g,g
 *     unbind CONTEXT KEYS                       also hides what the context inherits
 *     inherit CONTEXT PARENT                    what is not bound in CONTEXT is looked up in PARENT
 * A line that begins with # is a comment. Words are apart by blanks; "quoted words" may hold
 * blanks, a backslash takes the next character as it is. In a sequence the comma is `comma`.
 *
 * Files are layers: a later file overrides an earlier one. Within one file the same keys bound
 * twice in one context are a conflict, reported with both places; so is a sequence that can never
 * be reached because its beginning is bound.
 */
#ifndef TUI_KEYMAP_H
#define TUI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "tui/input.h"

#define KEYMAP_SEQUENCE_MAX 4
#define KEYMAP_ARGS_MAX     8

struct keymap;

struct binding {
    const char *context;
    struct key keys[KEYMAP_SEQUENCE_MAX];
    size_t n_keys;
    const char *command; /* NULL: unbound here, whatever the parent says */
    const char *args[KEYMAP_ARGS_MAX];
    size_t n_args;
    const char *file; /* where it was written, for help and conflicts */
    int line;
};

/* Without any binding; free it with keymap_free (NULL is allowed). */
struct keymap *keymap_new(void);
void keymap_free(struct keymap *keymap);

/* Tells whether there is such a command, and whether it takes so many arguments. */
struct keymap_check {
    bool (*is_command)(void *ctx, struct sv command, size_t n_args);
    void *ctx;
};

/*
 * Adds a layer. A line that is wrong is left out, the others count; each problem is one line
 * "file:line: what is wrong" in report (which may be NULL). check may be NULL (not asked).
 * Returns the number of problems.
 */
size_t keymap_add_text(struct keymap *keymap, const char *file, struct sv text,
                       const struct keymap_check *check, struct buf *report);
/*
 * Adds the layer called name ("vi"; a name with a slash is a path): NAME.keys in the user's
 * config folder (keymaps/ in it), else among the installed data, else the copy in the program.
 * ERR_NOT_FOUND when it is in none; *err says why one cannot be read (at most 1 MiB), and nothing
 * is added.
 */
enum err_code keymap_add_named(struct keymap *keymap, const char *name,
                               const struct keymap_check *check, struct buf *report,
                               size_t *n_problems, struct err *err);
/* The key file of that name that lies in the program (default, vi, k9s); SV_NONE for others. */
struct sv keymap_builtin(struct sv name);

/* The keys pressed so far of a sequence; zero-initialised is ready, one for each focus. */
struct keymap_state {
    struct key keys[KEYMAP_SEQUENCE_MAX];
    size_t n_keys;
};

enum keymap_result {
    KEYMAP_UNBOUND, /* state is empty again; the keys are for whoever takes text */
    KEYMAP_PENDING, /* the beginning of a sequence: show it, wait for the next key */
    KEYMAP_BOUND,   /* *binding says which command */
};

/* Takes one key. Esc in the middle of a sequence only ends it (KEYMAP_PENDING, empty state). */
enum keymap_result keymap_feed(const struct keymap *keymap, const char *context,
                               struct keymap_state *state, struct key key,
                               const struct binding **binding);

/* The binding of exactly these keys in context or what it inherits, or NULL. */
const struct binding *keymap_find(const struct keymap *keymap, const char *context,
                                  const struct key *keys, size_t n_keys);
/* Walks all bindings that hold in context, its own first, none that is hidden; start with *at = 0;
 * NULL at the end. */
const struct binding *keymap_next(const struct keymap *keymap, const char *context, size_t *at);
/* The keys of command (with these first arguments) in context as text: "j Down"; for footers and
 * help. "" when it is not bound. */
void keymap_keys_of(const struct keymap *keymap, const char *context, const char *command,
                    const char *const *args, size_t n_args, struct buf *out);
/* "g,g", as key files write it. */
void binding_keys_text(const struct binding *binding, struct buf *out);

#endif
