/*
 * input: what a person does at the terminal, as values; and what keys are called.
 *
 * Key names are those of key files and scripts: `j`, `G`, `é`, `Space`, `Enter`, `Esc`, `Tab`,
 * `Backspace`, `Delete`, `Insert`, `Up`, `Down`, `Left`, `Right`, `Home`, `End`, `PgUp`, `PgDn`,
 * `F1`..`F12`, each with any of the prefixes `ctrl-`, `alt-`, `shift-`. A letter carries its case
 * itself: `G`, never `shift-g`; `ctrl-` takes lower case letters. Names are matched without regard
 * to case, single characters are not.
 */
#ifndef TUI_INPUT_H
#define TUI_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

/* Keys that are no character; they lie beyond the last code point. */
enum key_code {
    KEYC_NONE = 0,
    KEYC_ENTER = 0x110000,
    KEYC_ESC,
    KEYC_TAB,
    KEYC_BACKSPACE,
    KEYC_DELETE,
    KEYC_INSERT,
    KEYC_UP,
    KEYC_DOWN,
    KEYC_LEFT,
    KEYC_RIGHT,
    KEYC_HOME,
    KEYC_END,
    KEYC_PGUP,
    KEYC_PGDN,
    KEYC_F1, /* F2..F12 follow */
    KEYC_F12 = KEYC_F1 + 11,
};

enum key_mods { MOD_SHIFT = 1 << 0, MOD_ALT = 1 << 1, MOD_CTRL = 1 << 2 };

struct key {
    uint32_t code; /* a code point, or an enum key_code */
    uint8_t mods;  /* enum key_mods */
};

/* The same key with the same modifiers. */
bool key_eq(struct key a, struct key b);
/* The key called name; false when there is no such key. */
bool key_parse(struct sv name, struct key *key);
#define KEY_NAME_SIZE 32
/* The name of key, as key_parse takes it; name holds KEY_NAME_SIZE. */
void key_to_text(struct key key, char *name);
/* Whether the key writes a character (a code point without ctrl or alt). */
bool key_is_text(struct key key);

enum mouse_action { MOUSE_PRESS, MOUSE_RELEASE, MOUSE_DRAG, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };

struct mouse {
    enum mouse_action action;
    uint8_t button; /* 1 left, 2 middle, 3 right; 0 for the wheel */
    uint8_t mods;   /* enum key_mods */
    int y, x;       /* the cell, from 0 */
};

enum event_type {
    EVENT_NONE,
    EVENT_KEY,
    EVENT_MOUSE,
    EVENT_PASTE,  /* a chunk of bracketed paste */
    EVENT_RESIZE, /* also after resuming; repaint everything that depends on the size */
    EVENT_FOCUS,
    EVENT_CLOSED, /* the terminal has gone or a signal says: end */
};

struct event {
    enum event_type type;
    union {
        struct key key;
        struct mouse mouse;
        struct {
            struct sv text; /* raw bytes, borrowed until the next event is asked for */
            bool last;      /* the paste ends with this chunk */
        } paste;
        struct {
            int rows, cols; /* never below 1 */
        } size;
        bool focused;
        int signal; /* EVENT_CLOSED: SIGTERM, SIGHUP, ...; 0 when the terminal has gone */
    };
};

/* Shorthands for handlers. */
bool event_is_key(const struct event *event, uint32_t code); /* without modifiers */
bool event_is_ctrl(const struct event *event, char letter);  /* 'd' for ctrl-d */

#endif
