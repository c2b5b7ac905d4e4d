#include "tui/terminal/terminfo.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

const char *terminfo_string(const char *name)
{
    const char *value = tigetstr(name);
    return value == (char *)-1 ? NULL : value;
}

/* Adds a string of terminfo without its padding, which no terminal of today waits for. */
static void add_unpadded(struct buf *out, const char *string)
{
    struct sv rest = sv_of(string);

    while (rest.len != 0) {
        const char *padding = memmem(rest.ptr, rest.len, "$<", 2);
        size_t len = padding == NULL ? rest.len : (size_t)(padding - rest.ptr);
        buf_add(out, (struct sv){rest.ptr, len});
        rest = (struct sv){rest.ptr + len, rest.len - len};
        sv_split(&rest, '>');
    }
}

void terminfo_add(struct buf *out, const char *name)
{
    add_unpadded(out, terminfo_string(name));
}

/* What frames are made of, asked for once: there is one terminal, as terminfo has it. */
static struct {
    const char *cup, *clear, *civis, *cnorm, *sgr0, *setaf, *setab, *csr, *indn, *rin;
    bool cup_is_standard; /* as ECMA-48 has it: made without tiparm in a tenth of the time */
} strings;

static void add_decimal(char **end, int n)
{
    if (n >= 10)
        add_decimal(end, n / 10);
    *(*end)++ = (char)('0' + n % 10);
}

/* CUP (\033[row;columnH) and CHA (\033[columnG), from 1. */
static void add_standard_move(struct buf *out, int y, int x, char final)
{
    char bytes[32] = "\033[", *end = bytes + 2;

    if (y >= 0) {
        add_decimal(&end, y + 1);
        *end++ = ';';
    }
    add_decimal(&end, x + 1);
    *end++ = final;
    buf_add(out, (struct sv){bytes, (size_t)(end - bytes)});
}

void terminfo_add_move(struct buf *out, int y, int x)
{
    if (strings.cup_is_standard)
        add_standard_move(out, y, x, 'H');
    else
        add_unpadded(out, tiparm(strings.cup, y, x));
}

static void add_standard_move_in_row(struct buf *out, int x)
{
    add_standard_move(out, -1, x, 'G');
}

static bool is_standard(const char *string, int y, int x, const char *expected)
{
    return string != NULL && strcmp(tiparm(string, y, x), expected) == 0;
}

static void add_clear(struct buf *out)
{
    add_unpadded(out, strings.clear);
}

void terminfo_add_region(struct buf *out, int y, int rows)
{
    if (strings.csr != NULL)
        add_unpadded(out, tiparm(strings.csr, y, y + rows - 1));
}

/* The region's last line is where a scroll up, its first where one down begins: indn and rin. */
static void add_scroll(struct buf *out, int y, int rows, int up, int screen_rows)
{
    terminfo_add_region(out, y, rows);
    terminfo_add_move(out, up > 0 ? y + rows - 1 : y, 0);
    add_unpadded(out, tiparm(up > 0 ? strings.indn : strings.rin, abs(up)));
    terminfo_add_region(out, 0, screen_rows);
}

static void add_cursor(struct buf *out, bool is_shown)
{
    add_unpadded(out, is_shown ? strings.cnorm : strings.civis);
}

/* Of the terminals whose entries have Ss. The extended names are not asked for: a damaged entry is
 * libtinfo's death there. */
static bool has_shapes(void)
{
    struct sv term = sv_of(getenv("TERM"));

    return sv_has_word(
        SV("alacritty foot hterm kitty mintty ms-terminal screen.vte screen.xterm st "
           "stterm terminology tmux vte wezterm xterm"),
        sv_split(&term, '-'));
}

/* DECSCUSR (xterm); 0 is the terminal's own. */
static void add_shape(struct buf *out, enum cursor_shape shape)
{
    buf_addf(out, "\033[%d q", (int)shape);
}

void terminfo_add_usual_shape(struct buf *out)
{
    if (has_shapes())
        add_shape(out, CURSOR_USUAL);
}

static void add_plain(struct buf *out)
{
    add_unpadded(out, strings.sgr0);
}

static void add_attr(struct buf *out, enum attr attr)
{
    static const struct {
        enum attr attr;
        const char *capability;
    } attrs[] = {
        {ATTR_BOLD, "bold"},   {ATTR_DIM, "dim"},     {ATTR_UNDERLINE, "smul"},
        {ATTR_REVERSE, "rev"}, {ATTR_ITALIC, "sitm"},
    };

    for (size_t i = 0; i < ARRAY_LEN(attrs); i++) {
        if (attrs[i].attr == attr)
            terminfo_add(out, attrs[i].capability);
    }
}

static void add_color(struct buf *out, int color, bool is_background)
{
    const char *set = is_background ? strings.setab : strings.setaf;

    if (set != NULL)
        add_unpadded(out, tiparm(set, color));
}

struct paint_terminal terminfo_terminal(int n_colors)
{
    struct paint_terminal terminal = {
        .move = terminfo_add_move,
        .clear = add_clear,
        .cursor = add_cursor,
        .plain = add_plain,
        .attr = add_attr,
        .color = add_color,
        .n_colors = n_colors,
        .moves_plain = tigetflag("msgr") <= 0,
        .wraps = tigetflag("am") > 0 && tigetflag("xenl") <= 0,
    };

    if (has_shapes())
        terminal.shape = add_shape;
    strings.cup = terminfo_string("cup");
    strings.cup_is_standard = is_standard(strings.cup, 41, 176, "\033[42;177H");
    if (is_standard(terminfo_string("hpa"), 176, 0, "\033[177G"))
        terminal.move_in_row = add_standard_move_in_row;
    strings.clear = terminfo_string("clear");
    strings.civis = terminfo_string("civis");
    strings.cnorm = terminfo_string("cnorm");
    strings.sgr0 = terminfo_string("sgr0");
    strings.setaf = terminfo_string("setaf");
    strings.setab = terminfo_string("setab");
    strings.csr = terminfo_string("csr");
    strings.indn = terminfo_string("indn");
    strings.rin = terminfo_string("rin");
    if (strings.csr != NULL && strings.indn != NULL && strings.rin != NULL)
        terminal.scroll = add_scroll;
    return terminal;
}

int terminfo_colors(void)
{
    const char *no_color = getenv("NO_COLOR");
    int colors = tigetnum("colors");

    if (no_color != NULL && *no_color != '\0')
        return 0;
    return colors >= 256 ? 256 : colors >= 16 ? 16 : colors >= 8 ? 8 : 0;
}
