#include "tui/input.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"

static const struct {
    const char *name;
    uint32_t code;
} key_names[] = {
    {"Enter", KEYC_ENTER},   {"Esc", KEYC_ESC},
    {"Tab", KEYC_TAB},       {"Backspace", KEYC_BACKSPACE},
    {"Delete", KEYC_DELETE}, {"Insert", KEYC_INSERT},
    {"Up", KEYC_UP},         {"Down", KEYC_DOWN},
    {"Left", KEYC_LEFT},     {"Right", KEYC_RIGHT},
    {"Home", KEYC_HOME},     {"End", KEYC_END},
    {"PgUp", KEYC_PGUP},     {"PgDn", KEYC_PGDN},
    {"F1", KEYC_F1},         {"F2", KEYC_F1 + 1},
    {"F3", KEYC_F1 + 2},     {"F4", KEYC_F1 + 3},
    {"F5", KEYC_F1 + 4},     {"F6", KEYC_F1 + 5},
    {"F7", KEYC_F1 + 6},     {"F8", KEYC_F1 + 7},
    {"F9", KEYC_F1 + 8},     {"F10", KEYC_F1 + 9},
    {"F11", KEYC_F1 + 10},   {"F12", KEYC_F12},
    {"Space", ' '},          {"comma", ','},
};

static const struct {
    const char *prefix;
    uint8_t mod;
} mod_prefixes[] = {
    {"ctrl-", MOD_CTRL},
    {"alt-", MOD_ALT},
    {"shift-", MOD_SHIFT},
};

bool key_eq(struct key a, struct key b)
{
    return a.code == b.code && a.mods == b.mods;
}

bool key_is_text(struct key key)
{
    return key.code >= ' ' && key.code < KEYC_ENTER && (key.mods & (MOD_CTRL | MOD_ALT)) == 0;
}

static bool take_modifier(struct sv *name, uint8_t *mods)
{
    for (size_t i = 0; i < ARRAY_LEN(mod_prefixes); i++) {
        struct sv prefix = sv_of(mod_prefixes[i].prefix);
        if (name->len > prefix.len && sv_eq_nocase((struct sv){name->ptr, prefix.len}, prefix)) {
            name->ptr += prefix.len;
            name->len -= prefix.len;
            *mods |= mod_prefixes[i].mod;
            return true;
        }
    }
    return false;
}

static uint32_t code_of_name(struct sv name)
{
    uint32_t codepoint;

    if (utf8_decode(name, &codepoint) == name.len && text_codepoint_width(codepoint) > 0)
        return codepoint;
    for (size_t i = 0; i < ARRAY_LEN(key_names); i++) {
        if (sv_eq_nocase(name, sv_of(key_names[i].name)))
            return key_names[i].code;
    }
    return KEYC_NONE;
}

bool key_parse(struct sv name, struct key *key)
{
    struct key parsed = {0};

    while (take_modifier(&name, &parsed.mods))
        ;
    parsed.code = name.len == 0 ? KEYC_NONE : code_of_name(name);
    if (parsed.code == KEYC_NONE)
        return false;
    bool is_character = parsed.code > ' ' && parsed.code < KEYC_ENTER;
    if (is_character && (parsed.mods & MOD_SHIFT) != 0)
        return false;
    if ((parsed.mods & MOD_CTRL) != 0 && parsed.code >= 'A' && parsed.code <= 'Z')
        return false;
    *key = parsed;
    return true;
}

void key_to_text(struct key key, char *name)
{
    struct sv base = SV_NONE;
    char character[4];
    size_t at = 0;

    for (size_t i = 0; i < ARRAY_LEN(mod_prefixes); i++) {
        if ((key.mods & mod_prefixes[i].mod) == 0)
            continue;
        size_t len = strlen(mod_prefixes[i].prefix);
        memcpy(name + at, mod_prefixes[i].prefix, len);
        at += len;
    }
    for (size_t i = 0; i < ARRAY_LEN(key_names) && base.len == 0; i++) {
        if (key_names[i].code == key.code && key.code != ',')
            base = sv_of(key_names[i].name);
    }
    if (base.len == 0)
        base = (struct sv){character, utf8_encode(key.code, character)};
    sv_copy(base, name + at, KEY_NAME_SIZE - at);
}

bool event_is_key(const struct event *event, uint32_t code)
{
    return event->type == EVENT_KEY && event->key.code == code && event->key.mods == 0;
}

bool event_is_ctrl(const struct event *event, char letter)
{
    return event->type == EVENT_KEY && event->key.code == (uint32_t)letter &&
           event->key.mods == MOD_CTRL;
}
