#include "tui/vt/vt.h"

#include <string.h>
#include <vterm.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "tui/glyph.h"
#include "tui/look.h"
#include "tui/vt/filter.h"
#include "tui/vt/history.h"

#define FEED_BYTES  4096 /* at once to libvterm */
#define REPLY_BYTES 4096

struct vt {
    VTerm *vterm;
    VTermState *state;
    struct vt_filter filter;
    struct vt_cells main, alternate, *shown; /* alternate has lines only while it is shown */
    struct history history;
    struct buf filtered, replies, line;

    struct look pen;
    style_t pen_style, blank_style; /* of pen; of what is erased with it */
    bool cursor_hidden, reversed, is_feeding;
    bool cursor_blinks;
    enum cursor_shape cursor_shape;
    int mouse; /* VTERM_PROP_MOUSE_* */

    void (*send)(void *arg, struct sv bytes);
    void *arg;
};

/* --- what libvterm says ----------------------------------------------------------------------- */

static struct rect rect_of(VTermRect rect)
{
    return (struct rect){rect.start_row, rect.start_col, rect.end_row - rect.start_row,
                         rect.end_col - rect.start_col};
}

/* The character and its marks as the pinned table has them: what libvterm gives more or fewer
 * columns than that becomes a stand-in of libvterm's width. */
static struct vt_cell cell_of(const VTermGlyphInfo *info, style_t style)
{
    char bytes[TEXT_CLUSTER_BYTES];
    size_t len = utf8_encode(info->chars[0], bytes);
    int width = text_codepoint_width(info->chars[0]);
    struct vt_cell cell = {.style = style, .width = (uint8_t)width};

    if (len == 0 || width < 1 || width > info->width)
        return (struct vt_cell){.glyph = 0xfffd, .style = style, .width = 1};
    for (int i = 1; info->chars[i] != 0 && i <= TEXT_MARKS_MAX; i++) {
        if (text_codepoint_width(info->chars[i]) == 0)
            len += utf8_encode(info->chars[i], bytes + len);
    }
    cell.glyph = glyph_of((struct sv){bytes, len});
    return cell;
}

static bool is_plain(const VTermGlyphInfo *info)
{
    return info->chars[0] >= ' ' && info->chars[0] < 0x7f && info->chars[1] == 0;
}

static int on_put(VTermGlyphInfo *info, VTermPos at, void *user)
{
    struct vt *vt = user;

    if (is_plain(info)) { /* most of what there ever is */
        cells_put(vt->shown, at.row, at.col,
                  (struct vt_cell){.glyph = info->chars[0], .style = vt->pen_style, .width = 1});
        return 1;
    }
    if (info->width < 1)
        return 1; /* a mark without a base */
    struct vt_cell cell = cell_of(info, vt->pen_style);
    cells_put(vt->shown, at.row, at.col, cell);
    if (cell.width < info->width)
        cells_put(vt->shown, at.row, at.col + 1,
                  (struct vt_cell){.glyph = ' ', .style = vt->pen_style, .width = 1});
    return 1;
}

static int on_scroll(VTermRect where, int up, int left, void *user)
{
    struct vt *vt = user;
    struct rect part = rect_of(where);
    bool leaves = vt->shown == &vt->main && part.y == 0 && part.x == 0 && up > 0 &&
                  part.cols == vt->main.cols;

    for (int y = 0; leaves && y < up && y < part.rows && y < vt->main.rows; y++)
        history_push(&vt->history, vt->main.lines[y], vt->main.cols);
    cells_scroll(vt->shown, part, up, left, vt->blank_style);
    return 1;
}

static int on_erase(VTermRect where, int selective, void *user)
{
    struct vt *vt = user;

    (void)selective;
    cells_erase(vt->shown, rect_of(where), vt->blank_style);
    return 1;
}

static int16_t color_of(const VTermColor *color)
{
    if (VTERM_COLOR_IS_DEFAULT_FG(color) || VTERM_COLOR_IS_DEFAULT_BG(color))
        return COLOR_NONE;
    if (VTERM_COLOR_IS_INDEXED(color))
        return color->indexed.idx;
    return color_nearest(color->rgb.red, color->rgb.green, color->rgb.blue);
}

static void set_attr(struct vt *vt, enum attr attr, bool on)
{
    vt->pen.attrs = (uint16_t)(on ? vt->pen.attrs | attr : vt->pen.attrs & ~(unsigned)attr);
}

static int on_pen(VTermAttr attr, VTermValue *value, void *user)
{
    static const enum attr ours[VTERM_N_ATTRS] = {
        [VTERM_ATTR_BOLD] = ATTR_BOLD,
        [VTERM_ATTR_UNDERLINE] = ATTR_UNDERLINE,
        [VTERM_ATTR_ITALIC] = ATTR_ITALIC,
        [VTERM_ATTR_REVERSE] = ATTR_REVERSE,
    };
    struct vt *vt = user;

    if (attr == VTERM_ATTR_FOREGROUND)
        vt->pen.fg = color_of(&value->color);
    else if (attr == VTERM_ATTR_BACKGROUND)
        vt->pen.bg = color_of(&value->color);
    else if (attr == VTERM_ATTR_UNDERLINE)
        set_attr(vt, ATTR_UNDERLINE, value->number != 0);
    else if (attr < VTERM_N_ATTRS && ours[attr] != 0)
        set_attr(vt, ours[attr], value->boolean);
    vt->pen_style = look_style(vt->pen);
    vt->blank_style = look_style((struct look){COLOR_NONE, vt->pen.bg, 0});
    return 1;
}

static void show_alternate(struct vt *vt, bool on)
{
    if (on == (vt->shown == &vt->alternate))
        return;
    if (on)
        cells_init(&vt->alternate, vt->main.rows, vt->main.cols);
    else
        cells_done(&vt->alternate);
    vt->shown = on ? &vt->alternate : &vt->main;
}

/* DECSCUSR says first whether it blinks. A blinking block is how every terminal begins, and
 * blinking alone, which terminfo's cnorm switches off, is no wish for another shape. */
static enum cursor_shape shape_of(int shape, bool blinks)
{
    switch (shape) {
    case VTERM_PROP_CURSORSHAPE_UNDERLINE:
        return blinks ? CURSOR_BLINKING_UNDERLINE : CURSOR_UNDERLINE;
    case VTERM_PROP_CURSORSHAPE_BAR_LEFT:
        return blinks ? CURSOR_BLINKING_BAR : CURSOR_BAR;
    default:
        return blinks ? CURSOR_USUAL : CURSOR_BLOCK;
    }
}

static int on_prop(VTermProp prop, VTermValue *value, void *user)
{
    struct vt *vt = user;

    switch (prop) {
    case VTERM_PROP_CURSORVISIBLE:
        vt->cursor_hidden = !value->boolean;
        break;
    case VTERM_PROP_ALTSCREEN:
        show_alternate(vt, value->boolean);
        break;
    case VTERM_PROP_REVERSE:
        vt->reversed = value->boolean;
        break;
    case VTERM_PROP_MOUSE:
        vt->mouse = value->number;
        break;
    case VTERM_PROP_CURSORBLINK:
        vt->cursor_blinks = value->boolean;
        break;
    case VTERM_PROP_CURSORSHAPE:
        vt->cursor_shape = shape_of(value->number, vt->cursor_blinks);
        break;
    default: /* titles do not come so far */
        break;
    }
    return 1;
}

/* The cursor's line stays on the screen: what is above it scrolls off for that. */
static int on_resize(int rows, int cols, VTermPos *delta, void *user)
{
    struct vt *vt = user;
    VTermPos cursor;

    vterm_state_get_cursorpos(vt->state, &cursor);
    int cut = cursor.row >= rows ? cursor.row - rows + 1 : 0;
    delta->row = -cut;
    if (vt->shown == &vt->alternate) {
        cells_resize(&vt->alternate, rows, cols, cut);
        cut = vt->main.rows > rows ? vt->main.rows - rows : 0; /* where its cursor was is past */
    }
    for (int y = 0; y < cut; y++)
        history_push(&vt->history, vt->main.lines[y], vt->main.cols);
    cells_resize(&vt->main, rows, cols, cut);
    return 1;
}

static const VTermStateCallbacks callbacks = {
    .putglyph = on_put,
    .scrollrect = on_scroll,
    .erase = on_erase,
    .setpenattr = on_pen,
    .settermprop = on_prop,
    .resize = on_resize,
};

/* --- what goes to the node -------------------------------------------------------------------- */

static void on_output(const char *bytes, size_t len, void *user)
{
    struct vt *vt = user;

    if (!vt->is_feeding)
        vt->send(vt->arg, (struct sv){bytes, len});
    else if (vt->replies.len + len <= REPLY_BYTES)
        buf_add(&vt->replies, (struct sv){bytes, len});
}

/* CSI, numbers, and how it ends: CPR "1;1R", DSR "0n", DA "?1;2c", ">0;100;0c" (ECMA-48, xterm). */
static bool may_be_answered(struct sv reply)
{
    struct sv body = {reply.ptr + 2, reply.len - 2};

    if (!sv_starts(reply, SV("\033[")))
        return false;
    char final = body.len > 0 ? body.ptr[body.len - 1] : '\0';
    bool has_mark = body.len > 0 && (*body.ptr == '?' || *body.ptr == '>');
    return has_mark ? final == 'c' : final == 'R' || final == 'n';
}

/* Sends those of the replies that a program may have, the first ones alone when they are many. */
static void send_replies(struct vt *vt, int *n_left)
{
    struct sv rest = buf_sv(&vt->replies);

    while (rest.len > 0) {
        const char *next = memchr(rest.ptr + 1, '\033', rest.len - 1);
        struct sv reply = {rest.ptr, next != NULL ? (size_t)(next - rest.ptr) : rest.len};

        if (reply.len > 2 && may_be_answered(reply) && *n_left > 0) {
            (*n_left)--;
            vt->send(vt->arg, reply);
        }
        rest = (struct sv){rest.ptr + reply.len, rest.len - reply.len};
    }
    buf_clear(&vt->replies);
}

/* --- life ------------------------------------------------------------------------------------- */

/* A scroll region below the new end would be one that libvterm 0.1.4 does not survive; xterm gives
 * it up too. The filter passes whole sequences, so that these stand for themselves. */
static void give_up_region(struct vt *vt)
{
    VTermPos at;
    AUTO(buf_done) struct buf out = BUF_NONE;

    vterm_state_get_cursorpos(vt->state, &at);
    buf_addf(&out, "\033[r\033[?6l\033[%d;%dH", at.row + 1, at.col + 1);
    vterm_input_write(vt->vterm, out.ptr, out.len);
}

static void tell_filter(struct vt *vt)
{
    vt->filter.repeat_max = vt->main.rows > vt->main.cols ? vt->main.rows : vt->main.cols;
}

static int clamp(int n, int min)
{
    return n < min ? min : n > VT_SIZE_MAX ? VT_SIZE_MAX : n;
}

struct vt *vt_new(const struct vt_options *options)
{
    struct vt *vt = mem_new(struct vt);
    int rows = clamp(options->rows, VT_ROWS_MIN), cols = clamp(options->cols, VT_COLS_MIN);

    vt->send = options->send;
    vt->arg = options->arg;
    vt->pen = (struct look){COLOR_NONE, COLOR_NONE, 0};
    cells_init(&vt->main, rows, cols);
    vt->shown = &vt->main;
    history_init(&vt->history, options->history_lines);
    vt->vterm = vterm_new(rows, cols);
    if (vt->vterm == NULL)
        mem_exhausted("memory");
    vterm_set_utf8(vt->vterm, 1);
    vterm_output_set_callback(vt->vterm, on_output, vt);
    vt->state = vterm_obtain_state(vt->vterm);
    vterm_state_set_callbacks(vt->state, &callbacks, vt);
    vterm_state_reset(vt->state, 1);
    tell_filter(vt);
    return vt;
}

void vt_free(struct vt *vt)
{
    if (vt == NULL)
        return;
    vterm_free(vt->vterm);
    cells_done(&vt->main);
    cells_done(&vt->alternate);
    history_done(&vt->history);
    buf_done(&vt->filtered);
    buf_done(&vt->replies);
    buf_done(&vt->line);
    mem_free(vt);
}

void vt_feed(struct vt *vt, struct sv bytes)
{
    int n_replies = VT_REPLIES_MAX;

    vt->is_feeding = true;
    while (bytes.len > 0) {
        size_t n = bytes.len < FEED_BYTES ? bytes.len : FEED_BYTES;

        buf_clear(&vt->filtered);
        vt_filter_feed(&vt->filter, (struct sv){bytes.ptr, n}, &vt->filtered);
        vterm_input_write(vt->vterm, buf_cstr(&vt->filtered), vt->filtered.len);
        bytes = (struct sv){bytes.ptr + n, bytes.len - n};
    }
    vt->is_feeding = false;
    send_replies(vt, &n_replies);
}

void vt_resize(struct vt *vt, int rows, int cols)
{
    rows = clamp(rows, VT_ROWS_MIN);
    cols = clamp(cols, VT_COLS_MIN);
    if (rows == vt->main.rows && cols == vt->main.cols)
        return;
    give_up_region(vt);
    vterm_set_size(vt->vterm, rows, cols);
    tell_filter(vt);
}

/* --- keys ------------------------------------------------------------------------------------- */

/* Keys that have forms of their own; the last are those that no modifier changes. */
static const struct {
    uint32_t code;
    VTermKey key;
} special_keys[] = {
    {KEYC_UP, VTERM_KEY_UP},       {KEYC_DOWN, VTERM_KEY_DOWN},     {KEYC_LEFT, VTERM_KEY_LEFT},
    {KEYC_RIGHT, VTERM_KEY_RIGHT}, {KEYC_HOME, VTERM_KEY_HOME},     {KEYC_END, VTERM_KEY_END},
    {KEYC_PGUP, VTERM_KEY_PAGEUP}, {KEYC_PGDN, VTERM_KEY_PAGEDOWN}, {KEYC_INSERT, VTERM_KEY_INS},
    {KEYC_DELETE, VTERM_KEY_DEL},
};

static VTermModifier mods_of(uint8_t mods)
{
    unsigned theirs = VTERM_MOD_NONE;

    theirs |= mods & MOD_SHIFT ? VTERM_MOD_SHIFT : 0;
    theirs |= mods & MOD_ALT ? VTERM_MOD_ALT : 0;
    theirs |= mods & MOD_CTRL ? VTERM_MOD_CTRL : 0;
    return (VTermModifier)theirs;
}

static bool send_special(struct vt *vt, struct key key)
{
    if (key.code >= KEYC_F1 && key.code <= KEYC_F12) {
        VTermKey number = (VTermKey)VTERM_KEY_FUNCTION((int)(key.code - KEYC_F1) + 1);
        vterm_keyboard_key(vt->vterm, number, mods_of(key.mods));
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(special_keys); i++) {
        if (special_keys[i].code != key.code)
            continue;
        vterm_keyboard_key(vt->vterm, special_keys[i].key, mods_of(key.mods));
        return true;
    }
    return false;
}

/* What a terminal sends for a key with ctrl: the control character, if there is one. */
static uint32_t with_ctrl(uint32_t codepoint)
{
    if (codepoint >= '@' && codepoint <= '~')
        return codepoint & 0x1f;
    if (codepoint == ' ' || codepoint == '2')
        return 0;
    if (codepoint == '?' || codepoint == '8')
        return 0x7f;
    if (codepoint >= '3' && codepoint <= '7')
        return codepoint - '3' + 0x1b;
    return codepoint == '/' ? 0x1f : codepoint;
}

static uint32_t character_of(struct key key)
{
    static const struct {
        uint32_t code, character;
    } plain[] = {{KEYC_ENTER, '\r'}, {KEYC_ESC, '\033'}, {KEYC_TAB, '\t'}, {KEYC_BACKSPACE, 0x7f}};

    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        if (plain[i].code == key.code)
            return plain[i].character;
    }
    return key.mods & MOD_CTRL ? with_ctrl(key.code) : key.code;
}

void vt_key(struct vt *vt, struct key key)
{
    char bytes[8];
    size_t n = 0;

    if (key.code == KEYC_TAB && key.mods & MOD_SHIFT) {
        vt->send(vt->arg, SV("\033[Z"));
        return;
    }
    if (send_special(vt, key))
        return;
    if (key.mods & MOD_ALT)
        bytes[n++] = '\033';
    n += utf8_encode(character_of(key), bytes + n);
    vt->send(vt->arg, (struct sv){bytes, n});
}

bool vt_wants_mouse(const struct vt *vt)
{
    return vt->mouse != VTERM_PROP_MOUSE_NONE;
}

bool vt_mouse(struct vt *vt, const struct mouse *mouse)
{
    static const int wheel[] = {[MOUSE_WHEEL_UP] = 4, [MOUSE_WHEEL_DOWN] = 5};
    VTermModifier mods = mods_of(mouse->mods);

    if (!vt_wants_mouse(vt))
        return false;
    vterm_mouse_move(vt->vterm, mouse->y, mouse->x, mods);
    if (mouse->action == MOUSE_DRAG)
        return true;
    if (mouse->action == MOUSE_WHEEL_UP || mouse->action == MOUSE_WHEEL_DOWN)
        vterm_mouse_button(vt->vterm, wheel[mouse->action], true, mods);
    else
        vterm_mouse_button(vt->vterm, mouse->button, mouse->action == MOUSE_PRESS, mods);
    return true;
}

void vt_paste(struct vt *vt, struct sv text, bool is_first, bool is_last)
{
    static const char unwelcome[] = {'\0', 0x04, 0x05, '\b', '\033', 0x7f};
    AUTO(buf_done) struct buf out = BUF_NONE;

    if (is_first)
        vterm_keyboard_start_paste(vt->vterm);
    for (size_t i = 0; i < text.len; i++) {
        bool is_bad = memchr(unwelcome, text.ptr[i], sizeof unwelcome) != NULL;
        buf_add_char(&out, is_bad ? ' ' : text.ptr[i] == '\n' ? '\r' : text.ptr[i]);
    }
    if (out.len > 0)
        vt->send(vt->arg, buf_sv(&out));
    if (is_last)
        vterm_keyboard_end_paste(vt->vterm);
}

void vt_focus(struct vt *vt, bool focused)
{
    if (focused)
        vterm_state_focus_in(vt->state);
    else
        vterm_state_focus_out(vt->state);
}

/* --- what is there ---------------------------------------------------------------------------- */

void vt_size(const struct vt *vt, int *rows, int *cols)
{
    *rows = vt->main.rows;
    *cols = vt->main.cols;
}

bool vt_cursor(const struct vt *vt, int *y, int *x)
{
    VTermPos at;

    vterm_state_get_cursorpos(vt->state, &at);
    *y = at.row;
    *x = at.col;
    return !vt->cursor_hidden;
}

enum cursor_shape vt_cursor_shape(const struct vt *vt)
{
    return vt->cursor_shape;
}

bool vt_is_alternate(const struct vt *vt)
{
    return vt->shown == &vt->alternate;
}

bool vt_is_reversed(const struct vt *vt)
{
    return vt->reversed;
}

uint64_t vt_first_line(const struct vt *vt)
{
    return vt->history.first;
}

uint64_t vt_top_line(const struct vt *vt)
{
    return vt->history.end;
}

uint64_t vt_end_line(const struct vt *vt)
{
    return vt->history.end + (uint64_t)vt->main.rows;
}

const struct vt_line *vt_line(struct vt *vt, uint64_t number)
{
    uint64_t top = vt_top_line(vt);

    if (number < top)
        return history_line(&vt->history, number);
    if (number >= vt_end_line(vt))
        return NULL;
    buf_clear(&vt->line);
    line_encode(vt->shown->lines[number - top], vt->shown->cols, &vt->line);
    return (const struct vt_line *)(const void *)vt->line.ptr;
}
