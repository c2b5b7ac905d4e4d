#include "tui/keymap/keymap_data.h"

#include "core/base/mem.h"

#define EMBED(name)                                                        \
    __asm__(".section .rodata\n"                                           \
            "keys_" #name ":\n"                                            \
            ".incbin \"" KEYMAPS_DIR "/" #name ".keys\"\n"                 \
            "keys_" #name "_end:\n"                                        \
            ".previous\n");                                                \
    extern const char keys_##name[] __attribute__((visibility("hidden"))); \
    extern const char keys_##name##_end[] __attribute__((visibility("hidden")));

EMBED(default)
EMBED(vi)
EMBED(k9s)

const struct keymap_file keymap_files[] = {
    {"default", keys_default, keys_default_end},
    {"vi", keys_vi, keys_vi_end},
    {"k9s", keys_k9s, keys_k9s_end},
};
const size_t n_keymap_files = ARRAY_LEN(keymap_files);
