#include "tui/look.h"

#include "core/base/mem.h"
#include "core/base/vec.h"

#define TABLE_SIZE (2 * LOOKS_MAX) /* half of it stays empty */

static struct {
    VEC(struct look) looks;
    uint16_t *table; /* of TABLE_SIZE: a look's number + 1; 0: empty */
} known;

/* --- numbering -------------------------------------------------------------------------------- */

static bool look_eq(struct look a, struct look b)
{
    return a.fg == b.fg && a.bg == b.bg && a.attrs == b.attrs;
}

static uint32_t look_hash(struct look look)
{
    uint32_t packed =
        (uint32_t)(look.fg + 1) | (uint32_t)(look.bg + 1) << 9 | (uint32_t)look.attrs << 18;

    return packed * 2654435761u >> 16; /* Knuth's multiplier: the high bits are well mixed */
}

/* Where look stands in the table, or the empty place for it. */
static uint16_t *place_of(struct look look)
{
    uint32_t at = look_hash(look);

    while (known.table[at % TABLE_SIZE] != 0 &&
           !look_eq(known.looks.ptr[known.table[at % TABLE_SIZE] - 1], look))
        at++;
    return &known.table[at % TABLE_SIZE];
}

style_t look_style(struct look look)
{
    if (look.fg == COLOR_NONE && look.bg == COLOR_NONE && look.attrs == 0)
        return ROLE_TEXT;
    if (known.table == NULL)
        known.table = mem_alloc(TABLE_SIZE * sizeof *known.table);
    uint16_t *place = place_of(look);
    if (*place == 0 && known.looks.len == LOOKS_MAX) {
        if (look.bg == COLOR_NONE)
            return ROLE_TEXT;
        look.bg = COLOR_NONE;
        return look_style(look);
    }
    if (*place == 0) {
        vec_push(&known.looks, look);
        *place = (uint16_t)known.looks.len;
    }
    return (style_t)(STYLE_IS_LOOK | (*place - 1));
}

struct look look_of_style(style_t style)
{
    size_t number = style & (style_t)~STYLE_IS_LOOK;

    if ((style & STYLE_IS_LOOK) == 0 || number >= known.looks.len)
        return (struct look){COLOR_NONE, COLOR_NONE, 0};
    return known.looks.ptr[number];
}

style_t look_lay(style_t style, style_t overlays)
{
    struct look look = look_of_style(style);

    if (overlays & ON_SELECTED)
        look.attrs ^= ATTR_REVERSE;
    if (overlays & (ON_MATCH | ON_CHANGED))
        look.attrs |= ATTR_BOLD | ATTR_UNDERLINE;
    if (overlays & ON_MARKED)
        look.attrs |= ATTR_BOLD;
    if (overlays & (ON_STAND_IN | ON_EARLIER))
        look.attrs |= ATTR_DIM;
    return look_style(look);
}

/* --- colours ---------------------------------------------------------------------------------- */

static const uint8_t cube_steps[6] = {0, 95, 135, 175, 215, 255};

/* xterm's palette. */
static void rgb_of(int color, int rgb[3])
{
    static const uint8_t first[16][3] = {
        {0, 0, 0},       {205, 0, 0},   {0, 205, 0},   {205, 205, 0},
        {0, 0, 238},     {205, 0, 205}, {0, 205, 205}, {229, 229, 229},
        {127, 127, 127}, {255, 0, 0},   {0, 255, 0},   {255, 255, 0},
        {92, 92, 255},   {255, 0, 255}, {0, 255, 255}, {255, 255, 255},
    };
    int cube = color - 16;

    for (int i = 0, place = 36; i < 3; i++, place /= 6) {
        if (color < 16)
            rgb[i] = first[color][i];
        else if (color < 232)
            rgb[i] = cube_steps[cube / place % 6];
        else
            rgb[i] = 8 + 10 * (color - 232);
    }
}

static int distance(const int a[3], const int b[3])
{
    int sum = 0;

    for (int i = 0; i < 3; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

static int nearest_step(int value)
{
    return value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40;
}

/* The first 16 are whatever the person has made of them: not to be met by chance. */
int16_t color_nearest(uint8_t red, uint8_t green, uint8_t blue)
{
    const int wanted[3] = {red, green, blue};
    int mean = (red + green + blue) / 3, rgb[3];
    int grey = 232 + (mean < 8 ? 0 : mean > 238 ? 23 : (mean - 3) / 10);
    int cube = 16 + 36 * nearest_step(red) + 6 * nearest_step(green) + nearest_step(blue);

    rgb_of(cube, rgb);
    int cube_distance = distance(rgb, wanted);
    rgb_of(grey, rgb);
    return (int16_t)(distance(rgb, wanted) < cube_distance ? grey : cube);
}

static int16_t color_of_16(int16_t color)
{
    int wanted[3], rgb[3], best = 0, best_distance = INT32_MAX;

    if (color < 16)
        return color;
    rgb_of(color, wanted);
    for (int i = 0; i < 16; i++) {
        rgb_of(i, rgb);
        if (distance(rgb, wanted) < best_distance) {
            best_distance = distance(rgb, wanted);
            best = i;
        }
    }
    return (int16_t)best;
}

struct look look_at_depth(struct look look, int n_colors)
{
    if (n_colors >= 256)
        return look;
    if (n_colors < 8)
        return (struct look){COLOR_NONE, COLOR_NONE, look.attrs};
    look.fg = color_of_16(look.fg);
    look.bg = color_of_16(look.bg);
    if (n_colors >= 16)
        return look;
    if (look.fg > 7)
        look.attrs |= ATTR_BOLD;
    look.fg = look.fg > 7 ? (int16_t)(look.fg - 8) : look.fg;
    look.bg = look.bg > 7 ? (int16_t)(look.bg - 8) : look.bg;
    return look;
}
