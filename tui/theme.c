#include "tui/theme.h"

#include "core/base/mem.h"
#include "core/base/vec.h"
#include "tui/look.h"

/* What a theme says of a role: colours for 256 and for 16 (on 8 a bright one becomes bold). */
struct paint {
    bool set; /* else the parent theme's holds */
    int16_t fg, fg16, bg, bg16;
    uint16_t attrs;
};

#define N COLOR_NONE
#define PAINT(fg, fg16, bg, bg16, attrs) \
    {                                    \
        true, fg, fg16, bg, bg16, attrs  \
    }
#define FG(fg, fg16)              PAINT(fg, fg16, N, N, 0)
#define BOLD(fg, fg16)            PAINT(fg, fg16, N, N, ATTR_BOLD)
#define BADGE(fg, fg16, bg, bg16) PAINT(fg, fg16, bg, bg16, ATTR_BOLD)
#define PLAIN                     PAINT(N, N, N, N, 0)

struct theme {
    const char *name;
    const struct theme *parent;
    bool colorless;
    struct paint match, marked, changed; /* laid over the role's */
    struct paint roles[ROLE_COUNT];
};

/* For dark backgrounds; also the parent that the others say less than. */
static const struct theme theme_default = {
    .name = "default",
    .match = BOLD(221, 11),
    .marked = BOLD(87, 14),
    .changed = PAINT(N, N, 23, 6, ATTR_BOLD),
    .roles =
        {
            [ROLE_TEXT] = PLAIN,
            [ROLE_DIM] = FG(245, 8),
            [ROLE_STRONG] = BOLD(N, N),
            [ROLE_TITLE] = BOLD(117, 14),
            [ROLE_HEADER] = PAINT(252, 15, 237, 4, 0),
            [ROLE_HEADER_KEY] = BADGE(117, 15, 237, 4),
            [ROLE_FOOTER] = FG(245, 7),
            [ROLE_FOOTER_KEY] = BOLD(117, 14),
            [ROLE_COLUMN] = BOLD(250, 7),
            [ROLE_BORDER] = FG(240, 8),
            [ROLE_FOCUS] = BOLD(117, 14),
            [ROLE_LABEL] = FG(110, 6),
            [ROLE_IDENTITY] = FG(153, 7),
            [ROLE_NUMBER] = FG(223, 7),
            [ROLE_LINK] = PAINT(117, 14, N, N, ATTR_UNDERLINE),
            [ROLE_INPUT] = FG(231, 15),
            [ROLE_SCROLLBAR] = FG(240, 8),
            [ROLE_CRITICAL] = BOLD(203, 9),
            [ROLE_HIGH] = FG(209, 9),
            [ROLE_MEDIUM] = FG(221, 11),
            [ROLE_LOW] = FG(117, 14),
            [ROLE_INFO] = FG(245, 7),
            [ROLE_OK] = FG(114, 10),
            [ROLE_WARN] = FG(221, 11),
            [ROLE_FAIL] = BOLD(203, 9),
            [ROLE_NODATA] = FG(245, 8),
            [ROLE_BUSY] = FG(117, 14),
            [ROLE_ERROR] = BOLD(203, 9),
            [ROLE_ADDED] = FG(114, 10),
            [ROLE_REMOVED] = FG(203, 9),
            [ROLE_READ_ONLY] = BADGE(16, 0, 114, 2),
            [ROLE_ELEVATED] = BADGE(16, 0, 214, 3),
            [ROLE_DANGER] = BADGE(231, 15, 160, 1),
        },
};

static const struct theme theme_light = {
    .name = "light",
    .parent = &theme_default,
    .match = PAINT(130, 1, N, N, ATTR_BOLD | ATTR_UNDERLINE),
    .marked = BOLD(25, 4),
    .changed = PAINT(N, N, 194, 6, ATTR_BOLD),
    .roles =
        {
            [ROLE_DIM] = FG(243, 8),
            [ROLE_TITLE] = BOLD(25, 4),
            [ROLE_HEADER] = PAINT(234, 0, 252, 7, 0),
            [ROLE_HEADER_KEY] = BADGE(25, 4, 252, 7),
            [ROLE_FOOTER] = FG(241, 8),
            [ROLE_FOOTER_KEY] = BOLD(25, 4),
            [ROLE_COLUMN] = BOLD(238, 0),
            [ROLE_BORDER] = FG(248, 8),
            [ROLE_FOCUS] = BOLD(25, 4),
            [ROLE_LABEL] = FG(24, 4),
            [ROLE_IDENTITY] = FG(24, 0),
            [ROLE_NUMBER] = FG(94, 0),
            [ROLE_LINK] = PAINT(25, 4, N, N, ATTR_UNDERLINE),
            [ROLE_INPUT] = FG(16, 0),
            [ROLE_SCROLLBAR] = FG(248, 8),
            [ROLE_CRITICAL] = BOLD(160, 1),
            [ROLE_HIGH] = FG(166, 1),
            [ROLE_MEDIUM] = FG(130, 3),
            [ROLE_LOW] = FG(25, 4),
            [ROLE_INFO] = FG(243, 8),
            [ROLE_OK] = FG(28, 2),
            [ROLE_WARN] = FG(130, 3),
            [ROLE_FAIL] = BOLD(160, 1),
            [ROLE_NODATA] = FG(243, 8),
            [ROLE_BUSY] = FG(25, 4),
            [ROLE_ERROR] = BOLD(160, 1),
            [ROLE_ADDED] = FG(28, 2),
            [ROLE_REMOVED] = FG(160, 1),
            [ROLE_READ_ONLY] = BADGE(231, 15, 28, 2),
            [ROLE_ELEVATED] = BADGE(16, 0, 214, 3),
        },
};

/* Blue for what is well, orange and yellow for what is not: apart for red-green blindness too. */
static const struct theme theme_colour_blind = {
    .name = "colour-blind",
    .parent = &theme_default,
    .match = BOLD(231, 15),
    .marked = BOLD(231, 15),
    .changed = PAINT(N, N, 24, 4, ATTR_BOLD),
    .roles =
        {
            [ROLE_CRITICAL] = BOLD(214, 11),
            [ROLE_HIGH] = FG(214, 11),
            [ROLE_MEDIUM] = FG(229, 7),
            [ROLE_LOW] = FG(117, 14),
            [ROLE_OK] = FG(75, 12),
            [ROLE_WARN] = FG(229, 7),
            [ROLE_FAIL] = BOLD(214, 11),
            [ROLE_ERROR] = BOLD(214, 11),
            [ROLE_ADDED] = FG(75, 12),
            [ROLE_REMOVED] = FG(214, 11),
            [ROLE_READ_ONLY] = BADGE(16, 0, 75, 6),
            [ROLE_ELEVATED] = BADGE(16, 0, 214, 3),
            [ROLE_DANGER] = BADGE(16, 0, 214, 3),
        },
};

static const struct theme theme_high_contrast = {
    .name = "high-contrast",
    .parent = &theme_default,
    .match = PAINT(226, 11, N, N, ATTR_BOLD | ATTR_UNDERLINE),
    .marked = BOLD(51, 14),
    .changed = PAINT(231, 15, 21, 4, ATTR_BOLD),
    .roles =
        {
            [ROLE_TEXT] = FG(231, 15),
            [ROLE_DIM] = FG(231, 15),
            [ROLE_TITLE] = BOLD(51, 14),
            [ROLE_HEADER] = BADGE(231, 15, 18, 4),
            [ROLE_HEADER_KEY] = BADGE(226, 11, 18, 4),
            [ROLE_FOOTER] = FG(231, 15),
            [ROLE_FOOTER_KEY] = BOLD(226, 11),
            [ROLE_COLUMN] = BOLD(226, 11),
            [ROLE_BORDER] = FG(231, 15),
            [ROLE_LABEL] = FG(51, 14),
            [ROLE_IDENTITY] = FG(231, 15),
            [ROLE_NUMBER] = FG(231, 15),
            [ROLE_SCROLLBAR] = FG(231, 15),
            [ROLE_CRITICAL] = BADGE(231, 15, 160, 1),
            [ROLE_HIGH] = BOLD(208, 9),
            [ROLE_MEDIUM] = BOLD(226, 11),
            [ROLE_LOW] = BOLD(51, 14),
            [ROLE_INFO] = FG(231, 15),
            [ROLE_OK] = BOLD(46, 10),
            [ROLE_WARN] = BOLD(226, 11),
            [ROLE_FAIL] = BADGE(231, 15, 160, 1),
            [ROLE_NODATA] = FG(231, 15),
            [ROLE_ADDED] = BOLD(46, 10),
            [ROLE_REMOVED] = BOLD(208, 9),
        },
};

static const struct theme theme_mono = {
    .name = "mono", .parent = &theme_default, .colorless = true};

/* Without colours, whatever the theme. */
static const uint16_t mono_attrs[ROLE_COUNT] = {
    [ROLE_STRONG] = ATTR_BOLD,
    [ROLE_TITLE] = ATTR_BOLD,
    [ROLE_HEADER] = ATTR_REVERSE,
    [ROLE_HEADER_KEY] = ATTR_REVERSE | ATTR_BOLD,
    [ROLE_FOOTER_KEY] = ATTR_BOLD,
    [ROLE_COLUMN] = ATTR_BOLD | ATTR_UNDERLINE,
    [ROLE_FOCUS] = ATTR_BOLD,
    [ROLE_LINK] = ATTR_UNDERLINE,
    [ROLE_CRITICAL] = ATTR_BOLD | ATTR_UNDERLINE,
    [ROLE_HIGH] = ATTR_BOLD,
    [ROLE_FAIL] = ATTR_BOLD,
    [ROLE_ERROR] = ATTR_BOLD,
    [ROLE_ADDED] = ATTR_BOLD,
    [ROLE_REMOVED] = ATTR_UNDERLINE,
    [ROLE_READ_ONLY] = ATTR_REVERSE,
    [ROLE_ELEVATED] = ATTR_REVERSE | ATTR_BOLD,
    [ROLE_DANGER] = ATTR_REVERSE | ATTR_BOLD,
};

static const struct theme *const themes[] = {
    &theme_default, &theme_light, &theme_colour_blind, &theme_high_contrast, &theme_mono,
};

const struct theme *theme_at(size_t i)
{
    return i < ARRAY_LEN(themes) ? themes[i] : NULL;
}

const struct theme *theme_find(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(themes); i++) {
        if (sv_eq_cstr(name, themes[i]->name))
            return themes[i];
    }
    return NULL;
}

const char *theme_name(const struct theme *theme)
{
    return theme->name;
}

void theme_names(struct buf *out)
{
    const struct theme *theme;

    for (size_t i = 0; (theme = theme_at(i)) != NULL; i++)
        buf_addf(out, "%s%s", i > 0 ? ", " : "", theme_name(theme));
}

const char *role_name(enum role role)
{
    static const char *const names[ROLE_COUNT] = {
#define ROLE_NAME(role, name) name,
        ROLE_TABLE(ROLE_NAME)
#undef ROLE_NAME
    };
    return role < ROLE_COUNT ? names[role] : "?";
}

/* --- from a style to its look -------------------------------------------------------------- */

static void lay_color(int16_t *color, int16_t from_256, int16_t from_16, int n_colors)
{
    int16_t wanted = n_colors >= 256 ? from_256 : from_16;

    if (wanted != COLOR_NONE)
        *color = n_colors < 16 ? wanted & 7 : wanted;
}

static void lay(struct look *look, const struct paint *paint, int n_colors)
{
    if (n_colors < 16 && paint->fg16 > 7)
        look->attrs |= ATTR_BOLD;
    lay_color(&look->fg, paint->fg, paint->fg16, n_colors);
    lay_color(&look->bg, paint->bg, paint->bg16, n_colors);
    look->attrs |= paint->attrs;
}

static const struct paint *paint_of(const struct theme *theme, enum role role)
{
    while (!theme->roles[role].set && theme->parent != NULL)
        theme = theme->parent;
    return &theme->roles[role];
}

static struct look mono_look(style_t style)
{
    struct look look = {COLOR_NONE, COLOR_NONE, mono_attrs[STYLE_ROLE(style)]};

    if (style & (ON_MATCH | ON_CHANGED))
        look.attrs |= ATTR_UNDERLINE | ATTR_BOLD;
    if (style & ON_MARKED)
        look.attrs |= ATTR_BOLD;
    return look;
}

static struct look color_look(const struct theme *theme, style_t style, int n_colors)
{
    struct look look = {COLOR_NONE, COLOR_NONE, 0};

    lay(&look, paint_of(theme, STYLE_ROLE(style)), n_colors);
    if (style & ON_CHANGED)
        lay(&look, &theme->changed, n_colors);
    if (style & ON_MARKED)
        lay(&look, &theme->marked, n_colors);
    if (style & ON_MATCH)
        lay(&look, &theme->match, n_colors);
    return look;
}

style_t style_lay(style_t style, style_t overlays)
{
    return style & STYLE_IS_LOOK ? look_lay(style, overlays) : (style_t)(style | overlays);
}

struct look theme_look(const struct theme *theme, style_t style, int n_colors)
{
    if (style & STYLE_IS_LOOK)
        return look_at_depth(look_of_style(style), theme->colorless ? 0 : n_colors);
    bool colorless = theme->colorless || n_colors < 8;
    struct look look = colorless ? mono_look(style) : color_look(theme, style, n_colors);

    if (style & (ON_STAND_IN | ON_EARLIER))
        look.attrs |= ATTR_DIM;
    if ((style & ON_SELECTED) == 0)
        return look;
    if (style & ON_UNFOCUSED) {
        look.attrs |= ATTR_UNDERLINE;
        return look;
    }
    /* One even bar of reverse video: the role's colours would tear it apart. */
    uint16_t kept = look.attrs & (ATTR_BOLD | ATTR_DIM | ATTR_UNDERLINE);
    if (style & ON_MATCH)
        kept |= ATTR_UNDERLINE;
    return (struct look){COLOR_NONE, COLOR_NONE, ATTR_REVERSE | kept};
}

/* --- signs -------------------------------------------------------------------------------- */

static bool ascii_signs;

void sign_ascii_only(bool on)
{
    ascii_signs = on;
}

struct sv sign_text(enum sign sign)
{
    static const struct {
        const char *utf8, *ascii;
    } signs[SIGN_COUNT] = {
#define SIGN_TEXTS(sign, utf8, ascii) {utf8, ascii},
        SIGN_TABLE(SIGN_TEXTS)
#undef SIGN_TEXTS
    };
    return sv_of(ascii_signs ? signs[sign].ascii : signs[sign].utf8);
}

/* --- words -------------------------------------------------------------------------------- */

static const struct word_sign severities[] = {
    {"CRITICAL", SIGN_CRITICAL, ROLE_CRITICAL},
    {"HIGH", SIGN_HIGH, ROLE_HIGH},
    {"MEDIUM", SIGN_MEDIUM, ROLE_MEDIUM},
    {"LOW", SIGN_LOW, ROLE_LOW},
    {"INFO", SIGN_INFO, ROLE_INFO},
};

static const struct word_sign statuses[] = {
    {"OK", SIGN_OK, ROLE_OK},
    {"PASS", SIGN_OK, ROLE_OK},
    {"SUCCESS", SIGN_OK, ROLE_OK},
    {"DONE", SIGN_OK, ROLE_OK},
    {"FAIL", SIGN_FAIL, ROLE_FAIL},
    {"FAILED", SIGN_FAIL, ROLE_FAIL},
    {"ERROR", SIGN_FAIL, ROLE_FAIL},
    {"WARN", SIGN_WARN, ROLE_WARN},
    {"WARNING", SIGN_WARN, ROLE_WARN},
    {"PENDING", SIGN_BUSY, ROLE_BUSY},
    {"RUNNING", SIGN_BUSY, ROLE_BUSY},
    {"NODATA", SIGN_NODATA, ROLE_NODATA},
    {"UNKNOWN", SIGN_NODATA, ROLE_NODATA},
};

/* All of them, the later a table was added the earlier, with their lengths: cells ask often. */
struct known_word {
    struct sv word;
    const struct word_sign *sign;
};
struct word_index {
    VEC(struct known_word) words;
    bool is_made;
};
static struct word_index severity_index, status_index;

struct word_table {
    const struct word_sign *words;
    size_t n_words;
};
static VEC(struct word_table) added_words;

static void index_add(struct word_index *index, struct word_table table)
{
    for (size_t i = 0; i < table.n_words; i++) {
        struct known_word known = {sv_of(table.words[i].word), &table.words[i]};
        vec_push(&index->words, known);
    }
    index->is_made = true;
}

void theme_add_words(const struct word_sign *words, size_t n_words)
{
    vec_push(&added_words, ((struct word_table){words, n_words}));
    vec_clear(&status_index.words);
    status_index.is_made = false;
}

static const struct word_sign no_sign = {"", SIGN_NONE, ROLE_TEXT};

static const struct word_sign *word_find(const struct word_index *index, struct sv word)
{
    for (size_t i = 0; i < index->words.len; i++) {
        if (sv_eq_nocase(word, index->words.ptr[i].word))
            return index->words.ptr[i].sign;
    }
    return &no_sign;
}

const struct word_sign *theme_severity(struct sv word)
{
    if (!severity_index.is_made)
        index_add(&severity_index, (struct word_table){severities, ARRAY_LEN(severities)});
    return word_find(&severity_index, word);
}

const struct word_sign *theme_status(struct sv word)
{
    if (!status_index.is_made) {
        for (size_t i = added_words.len; i-- > 0;)
            index_add(&status_index, added_words.ptr[i]);
        index_add(&status_index, (struct word_table){statuses, ARRAY_LEN(statuses)});
    }
    return word_find(&status_index, word);
}
