/*
 * theme: what things look like. Widgets and views name a role, a theme gives it attributes; the
 * canvas keeps the role, so that a change of theme needs no drawing.
 *
 * Colour is never the only sign: whatever has a meaning also has a sign (enum sign) with a form in
 * ASCII, and what is selected is in reverse video in every theme.
 */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

/* X(role, name in dumps and tests) */
#define ROLE_TABLE(X)               \
    X(ROLE_TEXT, "text")            \
    X(ROLE_DIM, "dim")              \
    X(ROLE_STRONG, "strong")        \
    X(ROLE_TITLE, "title")          \
    X(ROLE_HEADER, "header")        \
    X(ROLE_HEADER_KEY, "headerkey") \
    X(ROLE_FOOTER, "footer")        \
    X(ROLE_FOOTER_KEY, "footerkey") \
    X(ROLE_COLUMN, "column")        \
    X(ROLE_BORDER, "border")        \
    X(ROLE_FOCUS, "focus")          \
    X(ROLE_LABEL, "label")          \
    X(ROLE_IDENTITY, "identity")    \
    X(ROLE_NUMBER, "number")        \
    X(ROLE_LINK, "link")            \
    X(ROLE_INPUT, "input")          \
    X(ROLE_SCROLLBAR, "scrollbar")  \
    X(ROLE_CRITICAL, "critical")    \
    X(ROLE_HIGH, "high")            \
    X(ROLE_MEDIUM, "medium")        \
    X(ROLE_LOW, "low")              \
    X(ROLE_INFO, "info")            \
    X(ROLE_OK, "ok")                \
    X(ROLE_WARN, "warn")            \
    X(ROLE_FAIL, "fail")            \
    X(ROLE_NODATA, "nodata")        \
    X(ROLE_BUSY, "busy")            \
    X(ROLE_ERROR, "error")          \
    X(ROLE_ADDED, "added")          \
    X(ROLE_REMOVED, "removed")      \
    X(ROLE_READ_ONLY, "readonly")   \
    X(ROLE_ELEVATED, "elevated")    \
    X(ROLE_DANGER, "danger")

enum role {
#define ROLE_ENUM(role, name) role,
    ROLE_TABLE(ROLE_ENUM)
#undef ROLE_ENUM
        ROLE_COUNT
};

/*
 * A style is a role with any of these laid over it: `ROLE_HIGH | ON_SELECTED`. What they do is the
 * theme's: ON_SELECTED replaces the role's colours, the others add to them.
 */
typedef uint16_t style_t;
#define STYLE_ROLE(style) ((enum role)((style)&0xff))
enum overlay {
    ON_SELECTED = 1 << 8, /* the cursor's row: reverse video */
    ON_MARKED = 1 << 9,
    ON_MATCH = 1 << 10,     /* what a search or a filter found */
    ON_CHANGED = 1 << 11,   /* flashes after a refresh */
    ON_STAND_IN = 1 << 12,  /* the text door replaced something: dim */
    ON_UNFOCUSED = 1 << 13, /* with ON_SELECTED: the cursor of a pane without the focus */
    ON_EARLIER = 1 << 14    /* seen earlier, not yet read anew: dim */
};

/* Set: the style is no role but a look, see tui/look.h. */
#define STYLE_IS_LOOK ((style_t)(1 << 15))

enum attr {
    ATTR_BOLD = 1 << 0,
    ATTR_DIM = 1 << 1,
    ATTR_UNDERLINE = 1 << 2,
    ATTR_REVERSE = 1 << 3,
    ATTR_ITALIC = 1 << 4,
};

#define COLOR_NONE (-1) /* the terminal's own */

/* What a cell looks like at last. */
struct look {
    int16_t fg, bg; /* index of the terminal's palette, or COLOR_NONE */
    uint16_t attrs; /* enum attr */
};

struct theme;

/* default, light, colour-blind, mono, high-contrast. NULL when there is no such theme. */
const struct theme *theme_find(struct sv name);
/* The i-th theme, NULL behind the last: for menus and --help. */
const struct theme *theme_at(size_t i);
const char *theme_name(const struct theme *theme);
/* Appends the names of all, with commas between them: for who has named none of them. */
void theme_names(struct buf *out);
/* The look of style on a terminal with n_colors (256, 16, 8; 0 or 1: none). Never fails. */
struct look theme_look(const struct theme *theme, style_t style, int n_colors);
const char *role_name(enum role role);
/* The style with overlays (enum overlay) laid over it, whatever it is. */
style_t style_lay(style_t style, style_t overlays);

/* --- signs --------------------------------------------------------------------------------- */

/* X(sign, in UTF-8, in ASCII); each one column wide. */
#define SIGN_TABLE(X)              \
    X(SIGN_NONE, " ", " ")         \
    X(SIGN_CRITICAL, "◆", "C")     \
    X(SIGN_HIGH, "▲", "H")         \
    X(SIGN_MEDIUM, "■", "M")       \
    X(SIGN_LOW, "▽", "L")          \
    X(SIGN_INFO, "·", "i")         \
    X(SIGN_OK, "●", "+")           \
    X(SIGN_WARN, "▲", "!")         \
    X(SIGN_FAIL, "✖", "x")         \
    X(SIGN_NODATA, "?", "?")       \
    X(SIGN_BUSY, "◌", "~")         \
    X(SIGN_MARK, "✓", "*")         \
    X(SIGN_NEW, "*", "*")          \
    X(SIGN_FOLDED, "▸", ">")       \
    X(SIGN_UNFOLDED, "▾", "v")     \
    X(SIGN_SORT_UP, "↑", "^")      \
    X(SIGN_SORT_DOWN, "↓", "v")    \
    X(SIGN_ELLIPSIS, "…", "~")     \
    X(SIGN_MORE_LEFT, "‹", "<")    \
    X(SIGN_MORE_RIGHT, "›", ">")   \
    X(SIGN_H_LINE, "─", "-")       \
    X(SIGN_V_LINE, "│", "|")       \
    X(SIGN_TOP_LEFT, "┌", "+")     \
    X(SIGN_TOP_RIGHT, "┐", "+")    \
    X(SIGN_BOTTOM_LEFT, "└", "+")  \
    X(SIGN_BOTTOM_RIGHT, "┘", "+") \
    X(SIGN_BRANCH, "├", "|")       \
    X(SIGN_LAST_BRANCH, "└", "`")  \
    X(SIGN_SCROLL_THUMB, "█", "#") \
    X(SIGN_SCROLL_TRACK, "│", "|") \
    X(SIGN_ARROW, "→", ">")

enum sign {
#define SIGN_ENUM(sign, utf8, ascii) sign,
    SIGN_TABLE(SIGN_ENUM)
#undef SIGN_ENUM
        SIGN_COUNT
};

/* The sign as text, one column wide; ASCII after sign_ascii_only(true) (C locale, --ascii). */
struct sv sign_text(enum sign sign);
void sign_ascii_only(bool on); /* goes with text_ascii_only; before the first drawing */

/* --- words with a meaning ------------------------------------------------------------------ */

struct word_sign {
    const char *word; /* compared without regard to ASCII case */
    enum sign sign;
    enum role role;
};

/* How a COL_SEVERITY value is drawn: CRITICAL HIGH MEDIUM LOW INFO; others as text, no sign. */
const struct word_sign *theme_severity(struct sv word);
/*
 * How a COL_STATUS value is drawn. Known from the start: OK, PASS, SUCCESS, DONE, FAIL, FAILED,
 * ERROR, WARN, WARNING, PENDING, RUNNING, NODATA, UNKNOWN; what a domain calls its states is
 * added by theme_add_words. Unknown words: as text, no sign.
 */
const struct word_sign *theme_status(struct sv word);
/* words must live as long as the program; asked before the built-in ones. At start-up only. */
void theme_add_words(const struct word_sign *words, size_t n_words);

#endif
