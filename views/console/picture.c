#include "views/console/picture.h"

#include "core/base/mem.h"
#include "core/base/os.h"

#define CELL_W    9
#define CELL_H    19
#define BASELINE  14
#define MARGIN    10
#define N_COLORS  256
#define PAPER_RGB 0x14181f
#define INK_RGB   0xd5dae3

/* xterm's palette: 16 colours, the 6x6x6 cube, 24 greys. */
static unsigned palette_rgb(int index, unsigned otherwise)
{
    static const unsigned first[16] = {0x1c2129, 0xe06c75, 0x8fc379, 0xe5c07b, 0x61afef, 0xc678dd,
                                       0x56b6c2, 0xabb2bf, 0x5c6370, 0xff7b86, 0xa5d68a, 0xf2d08a,
                                       0x7cc0ff, 0xd892ea, 0x6fd0dc, 0xffffff};
    static const unsigned steps[6] = {0, 95, 135, 175, 215, 255};

    if (index < 0)
        return otherwise;
    if (index < 16)
        return first[index];
    if (index < 232) {
        int i = index - 16;

        return steps[i / 36] << 16 | steps[i / 6 % 6] << 8 | steps[i % 6];
    }
    return (unsigned)(8 + 10 * (index - 232)) * 0x010101u;
}

struct colors {
    unsigned fg, bg;
    uint16_t attrs;
};

static struct colors colors_of(const struct theme *theme, style_t style)
{
    struct look look = theme_look(theme, style, N_COLORS);
    struct colors colors = {palette_rgb(look.fg, INK_RGB), palette_rgb(look.bg, PAPER_RGB),
                            look.attrs};

    if (look.attrs & ATTR_REVERSE) {
        unsigned swap = colors.fg;

        colors.fg = colors.bg;
        colors.bg = swap;
    }
    return colors;
}

static void add_xml(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            buf_add_cstr(out, "&lt;");
        else if (*text == '>')
            buf_add_cstr(out, "&gt;");
        else if (*text == '&')
            buf_add_cstr(out, "&amp;");
        else
            buf_add_char(out, *text);
    }
}

static void add_cell(struct buf *out, const struct canvas_cell *cell, const struct colors *colors,
                     int y, int x)
{
    int left = MARGIN + x * CELL_W, top = MARGIN + y * CELL_H;

    if (colors->bg != PAPER_RGB)
        buf_addf(out, "<rect x='%d' y='%d' width='%d' height='%d' fill='#%06x'/>\n", left, top,
                 CELL_W * cell->width, CELL_H, colors->bg);
    if (cell->bytes[0] == '\0' || (cell->bytes[0] == ' ' && cell->bytes[1] == '\0'))
        return;
    buf_addf(out, "<text x='%d' y='%d' fill='#%06x'%s%s%s>", left, top + BASELINE, colors->fg,
             colors->attrs & ATTR_BOLD ? " font-weight='bold'" : "",
             colors->attrs & ATTR_DIM ? " opacity='0.65'" : "",
             colors->attrs & ATTR_UNDERLINE ? " text-decoration='underline'" : "");
    add_xml(out, cell->bytes);
    buf_add_cstr(out, "</text>\n");
}

enum err_code picture_write(const struct canvas *canvas, const struct theme *theme,
                            const char *path, struct err *err)
{
    AUTO(buf_done) struct buf out = BUF_NONE;

    buf_addf(&out,
             "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d'>\n"
             "<rect width='100%%' height='100%%' rx='6' fill='#%06x'/>\n"
             "<g font-family='JetBrains Mono, DejaVu Sans Mono, monospace' font-size='15'>\n",
             canvas->cols * CELL_W + 2 * MARGIN, canvas->rows * CELL_H + 2 * MARGIN, PAPER_RGB);
    for (int y = 0; y < canvas->rows; y++) {
        for (int x = 0; x < canvas->cols; x++) {
            struct canvas_cell cell;

            if (canvas_read(canvas, y, x, &cell) && cell.width > 0) {
                struct colors colors = colors_of(theme, cell.style);

                add_cell(&out, &cell, &colors, y, x);
            }
        }
    }
    buf_add_cstr(&out, "</g>\n</svg>\n");
    return os_write_atomically(path, buf_sv(&out), 0644, err);
}
