#include "tui/terminal/paint.h"

#include <assert.h>
#include <string.h>
#include <wchar.h>

#include "core/base/mem.h"
#include "tui/grid.h"

#define STYLES  (1 << 16) /* all that a style_t can be; most are never asked for */
#define ATTRS   (1 << 5)  /* the sets of enum attr */
#define COLORS  256
#define GAP_MAX 7   /* so many equal cells are sooner written than moved over */
#define CHUNK   256 /* cells that are appended together */
#define UNKNOWN (-1)

/* A piece of text, asked for once. */
struct told {
    char *bytes; /* NULL: not asked for yet */
    size_t len;
};

/* How rows are moved; the same words as long as the same rows are. */
struct told_scroll {
    struct rect rows;
    int up;
    struct told told;
};

struct styled {
    struct look look;
    bool known;
};

struct painter {
    struct paint_terminal terminal;
    const struct theme *theme;
    struct told attrs[ATTRS];       /* sgr0, then each of the set */
    struct told colors[2][COLORS];  /* of the text, of its background */
    struct told_scroll scrolls[2];  /* the last one up, the last one down */
    struct styled *styles;          /* one for each style */
    const struct canvas_grid *grid; /* that was painted last: only what it touches can differ */
    struct look look;               /* what is written now looks like this */
    style_t style;                  /* and has this style, where style_known */
    bool style_known;
    int y, x; /* where the cursor is; y is UNKNOWN behind the last column */
    struct {
        uint32_t codepoint; /* 0: none yet */
        uint8_t width;
        struct buf text;
    } last; /* a character without marks: lines are made of one after the other */
};

struct painter *painter_new(const struct paint_terminal *terminal, const struct theme *theme)
{
    struct painter *painter = mem_new(struct painter);

    painter->terminal = *terminal;
    painter->styles = mem_alloc(STYLES * sizeof *painter->styles);
    painter->theme = theme;
    return painter;
}

void painter_free(struct painter *painter)
{
    if (painter == NULL)
        return;
    for (size_t i = 0; i < ATTRS; i++)
        mem_free(painter->attrs[i].bytes);
    for (size_t i = 0; i < COLORS; i++) {
        mem_free(painter->colors[0][i].bytes);
        mem_free(painter->colors[1][i].bytes);
    }
    mem_free(painter->scrolls[0].told.bytes);
    mem_free(painter->scrolls[1].told.bytes);
    buf_done(&painter->last.text);
    mem_free(painter->styles);
    mem_free(painter);
}

void painter_set_theme(struct painter *painter, const struct theme *theme)
{
    painter->theme = theme;
    painter->style_known = false;
    mem_free(painter->styles); /* the few pages that were touched with it */
    painter->styles = mem_alloc(STYLES * sizeof *painter->styles);
}

/* --- styles -------------------------------------------------------------------------------- */

static void keep(struct told *told, struct buf *take_text)
{
    told->len = take_text->len;
    told->bytes = sv_dup(buf_sv(take_text));
    buf_done(take_text);
}

static void add_told(struct buf *out, const struct told *told)
{
    buf_add(out, (struct sv){told->bytes, told->len});
}

static void add_attrs(struct painter *painter, struct buf *out, unsigned attrs)
{
    struct told *told = &painter->attrs[attrs];

    if (told->bytes == NULL) {
        struct buf text = BUF_NONE;
        painter->terminal.plain(&text);
        for (unsigned attr = 1; attr < ATTRS; attr <<= 1) {
            if (attrs & attr)
                painter->terminal.attr(&text, (enum attr)attr);
        }
        keep(told, &text);
    }
    add_told(out, told);
}

static void add_color(struct painter *painter, struct buf *out, int color, bool is_background)
{
    struct told *told = &painter->colors[is_background][color & (COLORS - 1)];

    if (told->bytes == NULL) {
        struct buf text = BUF_NONE;
        painter->terminal.color(&text, color, is_background);
        keep(told, &text);
    }
    add_told(out, told);
}

static struct look look_of(struct painter *painter, style_t style)
{
    struct styled *styled = &painter->styles[style];

    if (!styled->known) {
        styled->look = theme_look(painter->theme, style, painter->terminal.n_colors);
        styled->known = true;
    }
    return styled->look;
}

/* Colours can be exchanged; an attribute, or a colour that the terminal shall choose itself, is
 * only had by taking everything off. */
static void change_look(struct painter *painter, struct buf *out, struct look look)
{
    struct look now = painter->look;

    if (now.attrs != look.attrs || (look.fg == COLOR_NONE && now.fg != COLOR_NONE) ||
        (look.bg == COLOR_NONE && now.bg != COLOR_NONE)) {
        add_attrs(painter, out, look.attrs);
        now.fg = now.bg = COLOR_NONE;
    }
    if (look.fg != now.fg)
        add_color(painter, out, look.fg, false);
    if (look.bg != now.bg)
        add_color(painter, out, look.bg, true);
    painter->look = look;
}

static void change_style(struct painter *painter, struct buf *out, style_t style)
{
    if (painter->style_known && painter->style == style)
        return;
    change_look(painter, out, look_of(painter, style));
    painter->style = style;
    painter->style_known = true;
}

/* Whether a blank of the one look cannot be told from one of the other. */
static bool are_blank_alike(struct look a, struct look b)
{
    return a.bg == b.bg && ((a.attrs | b.attrs) & (ATTR_UNDERLINE | ATTR_REVERSE)) == 0;
}

static bool is_blank(struct sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != ' ')
            return false;
    }
    return true;
}

static void add_text(struct painter *painter, struct buf *out, struct sv text, style_t style)
{
    if (!is_blank(text) || !are_blank_alike(painter->look, look_of(painter, style)))
        change_style(painter, out, style);
    buf_add(out, text);
}

static void make_plain(struct painter *painter, struct buf *out)
{
    add_attrs(painter, out, 0);
    painter->look = (struct look){COLOR_NONE, COLOR_NONE, 0};
    painter->style_known = false;
}

/* --- cells --------------------------------------------------------------------------------- */

static void move_to(struct painter *painter, struct buf *out, int y, int x)
{
    if (painter->y == y && painter->x == x)
        return;
    if (painter->terminal.moves_plain && painter->look.attrs != 0)
        make_plain(painter, out);
    if (painter->y == y && painter->terminal.move_in_row != NULL)
        painter->terminal.move_in_row(out, x);
    else
        painter->terminal.move(out, y, x);
    painter->y = y;
    painter->x = x;
}

/* Whether libc, which terminals go by, agrees with our table about what a cluster is. */
static bool libc_agrees(const uint32_t *codepoints, size_t n, uint8_t width)
{
    for (size_t i = 0; i < n; i++) {
        if (wcwidth((wchar_t)codepoints[i]) != (i == 0 ? width : 0))
            return false;
    }
    return true;
}

static void add_cluster(struct buf *out, const uint32_t *codepoints, size_t n, uint8_t width)
{
    char bytes[4];

    if (!libc_agrees(codepoints, n, width)) {
        buf_add(out, (struct sv){"??", width});
        return;
    }
    for (size_t i = 0; i < n; i++)
        buf_add(out, (struct sv){bytes, utf8_encode(codepoints[i], bytes)});
}

static void add_character(struct painter *painter, struct buf *out, uint32_t codepoint,
                          uint8_t width)
{
    struct buf *text = &painter->last.text;

    if (painter->last.codepoint != codepoint || painter->last.width != width) {
        painter->last.codepoint = codepoint;
        painter->last.width = width;
        buf_clear(text);
        add_cluster(text, &codepoint, 1, width);
    }
    buf_add(out, buf_sv(text));
}

/* Whatever is no single ASCII character; nothing for the right half of a wide one. */
static void add_cell(struct painter *painter, struct buf *out, const struct canvas_grid *grid,
                     int y, int x)
{
    uint32_t codepoints[TEXT_MARKS_MAX + 1];
    uint8_t width;
    style_t style;
    size_t n = grid_glyph(grid, y, x, codepoints, &width, &style);

    if (n == 0)
        return;
    change_style(painter, out, style);
    if (n == 1)
        add_character(painter, out, codepoints[0], width);
    else
        add_cluster(out, codepoints, n, width);
}

static void add_cells(struct painter *painter, struct buf *out, const struct canvas_grid *grid,
                      int y, int x, int end)
{
    char bytes[CHUNK];
    style_t style;

    while (x < end) {
        int until = end - x > CHUNK ? x + CHUNK : end;
        int n = grid_ascii_run(grid, y, x, until, bytes, &style);
        if (n == 0) {
            add_cell(painter, out, grid, y, x++);
            continue;
        }
        add_text(painter, out, (struct sv){bytes, (size_t)n}, style);
        x += n;
    }
}

static void paint_run(struct painter *painter, struct buf *out, const struct canvas_grid *grid,
                      int y, int x, int end)
{
    if (painter->y == y && painter->x < x && x - painter->x <= GAP_MAX)
        x = painter->x;
    move_to(painter, out, y, x);
    add_cells(painter, out, grid, y, x, end);
    painter->x = end;
}

static bool paint_row(struct painter *painter, struct canvas_grid *shown,
                      const struct canvas_grid *wanted, int y, struct buf *out)
{
    int x = 0, end;
    bool any = false;

    for (; grid_diff(shown, wanted, y, &x, &end); x = end) {
        bool is_last_cell = painter->terminal.wraps && y == wanted->rows - 1 && end == wanted->cols;
        paint_run(painter, out, wanted, y, x, is_last_cell ? end - 1 : end);
        grid_copy_run(shown, wanted, y, x, end);
        any = true;
    }
    /* Behind the last column terminals differ about where the cursor is. */
    if (painter->y == y && painter->x >= wanted->cols - 1)
        painter->y = UNKNOWN;
    return any;
}

/* --- frames -------------------------------------------------------------------------------- */

/* The style that blanks have which a terminal has made itself: those of a role that looks like
 * nothing need no painting. */
static style_t style_of_cleared(struct painter *painter)
{
    struct look text = look_of(painter, ROLE_TEXT);
    bool text_is_plain = text.attrs == 0 && text.fg == COLOR_NONE && text.bg == COLOR_NONE;

    return text_is_plain ? ROLE_TEXT : (style_t)-1;
}

static void begin_anew(struct painter *painter, struct canvas_grid *shown, struct buf *out)
{
    struct canvas whole = canvas_of(shown);

    make_plain(painter, out);
    painter->terminal.clear(out);
    painter->terminal.cursor(out, false);
    canvas_clear(&whole, style_of_cleared(painter));
}

static void add_scroll(struct painter *painter, struct buf *out, struct rect rows, int up,
                       int screen_rows)
{
    struct told_scroll *scroll = &painter->scrolls[up > 0];

    assert(painter->terminal.scroll != NULL); /* asked before */
    if (memcmp(&scroll->rows, &rows, sizeof rows) != 0 || scroll->up != up) {
        struct buf text = BUF_NONE;
        painter->terminal.scroll(&text, rows.y, rows.rows, up, screen_rows);
        mem_free(scroll->told.bytes);
        *scroll = (struct told_scroll){.rows = rows, .up = up};
        keep(&scroll->told, &text);
    }
    add_told(out, &scroll->told);
}

/* What stands beside the part that was meant moves with it, and is painted again. */
static void scroll(struct painter *painter, struct canvas_grid *shown,
                   const struct grid_scrolled *scrolled, struct buf *out)
{
    struct canvas whole = canvas_of(shown);
    struct rect rows = {scrolled->y, 0, scrolled->rows, whole.cols}, freed;
    int up = scrolled->up;

    make_plain(painter, out); /* some terminals make blanks of the background */
    add_scroll(painter, out, rows, up, whole.rows);
    canvas_scroll(&whole, rows, up);
    freed = up > 0 ? rect_cut_bottom(&rows, up) : rect_cut_top(&rows, -up);
    canvas_fill(&whole, freed, SIGN_NONE, style_of_cleared(painter));
}

/* What is shown is not known when all is painted. */
static bool paint_shape(struct painter *painter, const struct canvas_grid *shown,
                        const struct canvas_grid *wanted, bool all, struct buf *out)
{
    enum cursor_shape shape = grid_cursor_shape(wanted);
    bool differs = shape != grid_cursor_shape(shown) || (all && shape != CURSOR_USUAL);

    if (!differs || painter->terminal.shape == NULL)
        return false;
    painter->terminal.shape(out, shape);
    return true;
}

static bool paint_cursor(struct painter *painter, const struct canvas_grid *shown,
                         const struct canvas_grid *wanted, bool has_painted, struct buf *out)
{
    int y, x, shown_y, shown_x;
    bool is_wanted = grid_cursor(wanted, &y, &x);
    bool is_shown = grid_cursor(shown, &shown_y, &shown_x);

    if (is_wanted && (has_painted || !is_shown || y != shown_y || x != shown_x))
        move_to(painter, out, y, x);
    if (is_wanted != is_shown)
        painter->terminal.cursor(out, is_wanted);
    return is_wanted != is_shown || y != shown_y || x != shown_x;
}

bool painter_paint(struct painter *painter, struct canvas_grid *shown, struct canvas_grid *wanted,
                   bool all, struct buf *out)
{
    bool can_scroll = !all && painter->terminal.scroll != NULL;
    struct grid_scrolled scrolled;
    struct canvas whole = canvas_of(wanted);
    painter->y = UNKNOWN; /* another program may have written in between */
    if (all || painter->grid != wanted)
        grid_touch_rect(wanted, whole.area);
    painter->grid = wanted;
    if (all)
        begin_anew(painter, shown, out);
    bool has_scrolled = grid_take_scrolled(wanted, can_scroll, &scrolled);
    if (has_scrolled)
        scroll(painter, shown, &scrolled, out);
    bool any = all || has_scrolled;
    for (int y = 0; y < wanted->rows; y++)
        any |= paint_row(painter, shown, wanted, y, out);
    any |= paint_shape(painter, shown, wanted, all, out);
    any |= paint_cursor(painter, shown, wanted, any, out);
    grid_copy_cursor(shown, wanted);
    grid_forget_touched(wanted);
    return any;
}
