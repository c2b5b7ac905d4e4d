#include "tests/harness/keys.h"

#include <ctype.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"

static const struct {
    const char *name, *bytes;
} named[] = {
    {"Enter", "\r"},       {"Esc", "\033"},       {"Tab", "\t"},         {"Space", " "},
    {"Backspace", "\x7f"}, {"Delete", "\033[3~"}, {"Insert", "\033[2~"}, {"Up", "\033[A"},
    {"Down", "\033[B"},    {"Right", "\033[C"},   {"Left", "\033[D"},    {"Home", "\033[H"},
    {"End", "\033[F"},     {"PgUp", "\033[5~"},   {"PgDn", "\033[6~"},   {"F1", "\033OP"},
    {"F2", "\033OQ"},      {"F3", "\033OR"},      {"F4", "\033OS"},      {"F5", "\033[15~"},
    {"F6", "\033[17~"},    {"F7", "\033[18~"},    {"F8", "\033[19~"},    {"F9", "\033[20~"},
    {"F10", "\033[21~"},   {"F11", "\033[23~"},   {"F12", "\033[24~"},   {"shift-Tab", "\033[Z"},
    {"ctrl-Space", "\0"},
};

static size_t put(char bytes[KEY_BYTES_MAX], const char *from, size_t len)
{
    memcpy(bytes, from, len);
    return len;
}

size_t key_bytes(struct sv name, char *bytes)
{
    uint32_t codepoint;

    for (size_t i = 0; i < ARRAY_LEN(named); i++) {
        if (sv_eq_nocase(name, sv_of(named[i].name)))
            return put(bytes, named[i].bytes,
                       named[i].bytes[0] == '\0' ? 1 : strlen(named[i].bytes));
    }
    if (sv_starts(name, SV("alt-")) && name.len > 4 && name.len <= 4 + 10) {
        size_t len = key_bytes((struct sv){name.ptr + 4, name.len - 4}, bytes + 1);
        bytes[0] = '\033';
        return len == 0 ? 0 : len + 1;
    }
    if (sv_starts(name, SV("ctrl-")) && name.len == 6 && (unsigned char)name.ptr[5] < 0x80) {
        bytes[0] = (char)(toupper((unsigned char)name.ptr[5]) & 0x1f);
        return 1;
    }
    return utf8_decode(name, &codepoint) == name.len && codepoint != UINT32_MAX
               ? put(bytes, name.ptr, name.len)
               : 0;
}
