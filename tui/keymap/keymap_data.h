/* keymap_data: the key files of keymaps/, carried inside the program. */
#ifndef TUI_KEYMAP_DATA_H
#define TUI_KEYMAP_DATA_H

#include <stddef.h>

struct keymap_file {
    const char *name;
    const char *begin, *end;
};

extern const struct keymap_file keymap_files[];
extern const size_t n_keymap_files;

#endif
