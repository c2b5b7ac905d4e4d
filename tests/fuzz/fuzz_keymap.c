/*
 * Any text as a key file: every problem is one safe line with its place, and whatever is bound can
 * be pressed.
 */
#include "core/base/mem.h"
#include "core/base/text.h"
#include "tests/fuzz/fuzz.h"
#include "tui/keymap/keymap.h"

static void check_report(struct sv report, size_t n_problems)
{
    AUTO(buf_done) struct buf safe = BUF_NONE;
    size_t n_lines = 0;

    text_safe(&safe, report, TEXT_BLOCK);
    PROMISE(sv_eq(buf_sv(&safe), report));
    while (report.len != 0) {
        PROMISE(sv_starts(sv_split(&report, '\n'), SV("fuzz.keys:")));
        n_lines++;
    }
    PROMISE(n_lines == n_problems);
}

static void check_binding(const struct keymap *keymap, const struct binding *bound)
{
    struct keymap_state state = {0};
    const struct binding *found = NULL;

    PROMISE(bound->n_keys >= 1 && bound->n_keys <= KEYMAP_SEQUENCE_MAX);
    PROMISE(bound->n_args <= KEYMAP_ARGS_MAX && bound->command != NULL);
    PROMISE(keymap_find(keymap, bound->context, bound->keys, bound->n_keys) == bound);
    for (size_t i = 0; i < bound->n_keys; i++) {
        enum keymap_result result =
            keymap_feed(keymap, bound->context, &state, bound->keys[i], &found);
        if (result != KEYMAP_PENDING)
            break; /* the whole of it, or a shorter one that was complained about */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buf_done) struct buf report = BUF_NONE;
    static const char *const contexts[] = {"a", "b", "list"};
    struct keymap *keymap = keymap_new();
    const struct binding *binding;

    for (int layer = 0; layer < 2; layer++) {
        buf_clear(&report);
        size_t n = keymap_add_text(keymap, "fuzz.keys", (struct sv){(const char *)data, size}, NULL,
                                   &report);
        check_report(buf_sv(&report), n);
    }
    for (size_t i = 0; i < ARRAY_LEN(contexts); i++) {
        size_t at = 0;
        while ((binding = keymap_next(keymap, contexts[i], &at)) != NULL)
            check_binding(keymap, binding);
    }
    keymap_free(keymap);
    return 0;
}
