#include "tui/vt/filter.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"

#define DIGITS_MAX  5 /* 99999 is beyond every screen */
#define ESC         '\033'
#define CAN         '\030'
#define SUB         '\032'
#define REPLACEMENT SV("\357\277\275") /* U+FFFD */

static bool is_c0(unsigned char c)
{
    return c < ' ' || c == 0x7f;
}

/* --- text ------------------------------------------------------------------------------------- */

/* How many bytes a character has that begins with this one; 1 for what can begin none. */
static size_t length_by(unsigned char first)
{
    return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

static void remember(struct vt_filter *filter, struct sv character)
{
    memcpy(filter->last, character.ptr, character.len);
    filter->n_last = character.len;
}

/* Passes the character at the front of bytes; returns the bytes used, 0 when it is not whole. */
static size_t pass_character(struct vt_filter *filter, struct sv bytes, struct buf *out)
{
    uint32_t codepoint;
    size_t used = utf8_decode(bytes, &codepoint);

    if (codepoint == UINT32_MAX && used == bytes.len && used < length_by((unsigned char)*bytes.ptr))
        return 0;
    bool may_print = codepoint != UINT32_MAX && text_codepoint_width(codepoint) >= 0;
    struct sv shown = may_print ? (struct sv){bytes.ptr, used} : REPLACEMENT;
    buf_add(out, shown);
    remember(filter, shown);
    return used;
}

/* One more byte of a character that is not whole. */
static void complete_character(struct vt_filter *filter, char byte, struct buf *out)
{
    filter->held[filter->n_held++] = byte;
    while (filter->n_held > 0) {
        size_t used = pass_character(filter, (struct sv){filter->held, filter->n_held}, out);
        if (used == 0)
            return;
        filter->n_held -= used;
        memmove(filter->held, filter->held + used, filter->n_held);
        if (filter->n_held > 0 && (unsigned char)filter->held[0] < 0x80)
            return; /* ASCII that broke it off: the caller's */
    }
}

/* --- sequences -------------------------------------------------------------------------------- */

static void begin(struct vt_filter *filter, enum vt_filter_state state)
{
    filter->state = state;
    filter->n_held = 0;
    filter->n_digits = 0;
}

static void hold(struct vt_filter *filter, char byte)
{
    if (filter->n_held < VT_CSI_MAX)
        filter->held[filter->n_held++] = byte;
}

/* The private modes that a model has: application keys, reverse video, origin, wrapping, the
 * cursor, the alternate screen, the mouse, focus, paste. Not margins at the sides (69). */
static bool is_mode(struct sv number)
{
    return sv_has_word(
        SV("1 5 6 7 12 25 47 1000 1002 1003 1004 1005 1006 1015 1047 1048 1049 2004"), number);
}

/* CSI ? 1006 ; 1000 h as CSI ? 1006 h, CSI ? 1000 h: the model reads the first number alone. */
static void pass_modes(struct sv numbers, char final, struct buf *out)
{
    while (numbers.ptr != NULL) {
        struct sv number = sv_split(&numbers, ';');
        if (is_mode(number))
            buf_addf(out, "\033[?" SV_FMT "%c", SV_ARG(number), final);
    }
}

/* What stands before the final byte as a count; false when it is something else. */
static bool count_of(const struct vt_filter *filter, struct sv number, int64_t *n)
{
    int max = filter->repeat_max > 0 ? filter->repeat_max : VT_REPEAT_MAX;

    *n = 1;
    if (number.len > 0 && !sv_to_i64(number, n))
        return false;
    *n = *n < 1 ? 1 : *n > max ? max : *n;
    return true;
}

static void pass_times(const struct vt_filter *filter, struct sv number, struct sv what,
                       struct buf *out)
{
    int64_t n;

    if (!count_of(filter, number, &n))
        return;
    for (; n > 0; n--)
        buf_add(out, what);
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* A sequence taken apart: CSI, a mark or none, numbers, an intermediate byte or none, its end. */
struct csi {
    char mark, middle, final;
    struct sv numbers;
};

#define NUMBERS_MAX 16 /* libvterm 0.1.4 writes the 17th where it has no room */

static bool take_apart(struct sv held, char final, struct csi *csi)
{
    size_t n_numbers = 1;

    *csi = (struct csi){.final = final};
    if (held.len > 0 && is_one_of(*held.ptr, "<=>?")) {
        csi->mark = *held.ptr++;
        held.len--;
    }
    if (held.len > 0 && held.ptr[held.len - 1] < '0')
        csi->middle = held.ptr[--held.len];
    csi->numbers = held;
    for (size_t i = 0; i < held.len; i++) {
        if (held.ptr[i] < '0' || held.ptr[i] > ';')
            return false;
        n_numbers += held.ptr[i] > '9';
    }
    return n_numbers <= NUMBERS_MAX;
}

/* What a model is asked for: cursor, erasing, lines, columns, tabs, styles, margins, reports of the
 * cursor and of what it is, the cursor's shape, a soft reset. */
static bool is_known(const struct csi *csi)
{
    static const struct {
        char mark, middle;
        const char *finals;
    } known[] = {{'\0', '\0', "@ABCDEFGHIJKLMPSTXZ`abcdefghlmnrsu"},
                 {'?', '\0', "hlJKn"},
                 {'>', '\0', "c"},
                 {'\0', ' ', "q"},
                 {'\0', '!', "p"}};

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (known[i].mark == csi->mark && known[i].middle == csi->middle)
            return strchr(known[i].finals, csi->final) != NULL;
    }
    return false;
}

static void pass_whole(struct sv held, char final, struct buf *out)
{
    buf_add(out, SV("\033["));
    buf_add(out, held);
    buf_add_char(out, final);
}

static void pass_csi(const struct vt_filter *filter, char final, struct buf *out)
{
    struct sv held = {filter->held, filter->n_held};
    struct csi csi;

    if (held.len == VT_CSI_MAX || !take_apart(held, final, &csi) || !is_known(&csi))
        return;
    if (csi.mark == '?' && (final == 'h' || final == 'l'))
        pass_modes(csi.numbers, final, out);
    else if (csi.mark == '\0' && final == 'b')
        pass_times(filter, held, (struct sv){filter->last, filter->n_last}, out);
    else if (csi.mark == '\0' && is_one_of(final, "LMST"))
        pass_times(filter, held, (struct sv){(const char[]){ESC, '[', final}, 3}, out);
    else
        pass_whole(held, final, out);
}

/* Parameter and intermediate bytes are held; digits beyond DIGITS_MAX are left out. */
static void take_csi(struct vt_filter *filter, unsigned char c, struct buf *out)
{
    if (c >= 0x40) {
        pass_csi(filter, (char)c, out);
        begin(filter, VT_TEXT);
        return;
    }
    bool is_digit = c >= '0' && c <= '9';
    filter->n_digits = is_digit ? filter->n_digits + 1 : 0;
    if (filter->n_digits <= DIGITS_MAX)
        hold(filter, (char)c);
    else
        filter->n_digits = DIGITS_MAX + 1;
}

static void take_escape(struct vt_filter *filter, unsigned char c, struct buf *out)
{
    if (c == '[') {
        begin(filter, VT_CSI);
    } else if (is_one_of(c, "]PX^_")) {
        begin(filter, VT_STRING);
        filter->is_osc = c == ']';
    } else if (c < 0x30) {
        begin(filter, VT_ESC_MIDDLE);
        hold(filter, (char)c);
    } else {
        if (c == 'c') /* RIS: libvterm's leaves the alternate screen and the mouse as they are */
            buf_add(out, SV("\033[?1049l\033[?1000l"));
        if (is_one_of(c, "78=>DEHMNOZcno|}~"))
            buf_addf(out, "\033%c", c);
        if (c ==
            '8') /* DECRC may lie outside after a resize; libvterm looks at that behind a CSI */
            buf_add(out, SV("\033[99999l"));
        begin(filter, VT_TEXT);
    }
}

/* ESC and intermediate bytes: character sets and line sizes. Others would have 8-bit replies or
 * leave UTF-8, or read as a CSI that libvterm makes of ESC ( [. */
static void take_escape_middle(struct vt_filter *filter, unsigned char c, struct buf *out)
{
    if (c < 0x30) {
        hold(filter, (char)c);
        return;
    }
    bool is_set = is_one_of(filter->held[0], "()*+") && is_one_of(c, "0AB");
    bool is_size = filter->held[0] == '#' && is_one_of(c, "34568");
    if (filter->n_held == 1 && (is_set || is_size))
        buf_addf(out, "\033%c%c", filter->held[0], c);
    begin(filter, VT_TEXT);
}

/* What has a meaning in the midst of a sequence: it begins anew, is given up, or a control acts. */
static void take_control(struct vt_filter *filter, unsigned char c, struct buf *out)
{
    if (c == ESC)
        begin(filter, VT_ESC);
    else if (c == CAN || c == SUB)
        begin(filter, VT_TEXT);
    else
        buf_add_char(out, (char)c);
}

static void take_string(struct vt_filter *filter, unsigned char c)
{
    if (c == ESC)
        filter->state = VT_STRING_ESC;
    else if ((c == '\a' && filter->is_osc) || c == CAN || c == SUB)
        begin(filter, VT_TEXT);
}

static void take(struct vt_filter *filter, unsigned char c, struct buf *out)
{
    if (filter->state == VT_STRING_ESC)
        begin(filter, c == '\\' ? VT_TEXT : VT_ESC);
    else if (filter->state == VT_STRING)
        take_string(filter, c);
    if (filter->state <= VT_TEXT || filter->state >= VT_STRING)
        return;
    if (is_c0(c)) {
        take_control(filter, c, out);
    } else if (c >= 0x80) { /* no sequence has it: text again */
        begin(filter, VT_TEXT);
        complete_character(filter, (char)c, out);
    } else if (filter->state == VT_CSI) {
        take_csi(filter, c, out);
    } else if (filter->state == VT_ESC) {
        take_escape(filter, c, out);
    } else {
        take_escape_middle(filter, c, out);
    }
}

/* --- all of it -------------------------------------------------------------------------------- */

static size_t plain_run(struct sv bytes)
{
    size_t n = 0;

    while (n < bytes.len && (unsigned char)bytes.ptr[n] < 0x80 && bytes.ptr[n] != ESC)
        n++;
    return n;
}

static void remember_last(struct vt_filter *filter, struct sv plain)
{
    for (size_t at = plain.len; at > 0; at--) {
        if (is_c0((unsigned char)plain.ptr[at - 1]))
            continue;
        remember(filter, (struct sv){plain.ptr + at - 1, 1});
        return;
    }
}

/* Text at the front of bytes; returns the bytes used. */
static size_t take_text(struct vt_filter *filter, struct sv bytes, struct buf *out)
{
    size_t plain = plain_run(bytes);

    buf_add(out, (struct sv){bytes.ptr, plain});
    remember_last(filter, (struct sv){bytes.ptr, plain});
    if (plain > 0 || bytes.len == 0)
        return plain;
    if (*bytes.ptr == ESC) {
        begin(filter, VT_ESC);
        return 1;
    }
    size_t used = pass_character(filter, bytes, out);
    if (used > 0)
        return used;
    memcpy(filter->held, bytes.ptr, bytes.len); /* at most 3 */
    filter->n_held = bytes.len;
    return bytes.len;
}

void vt_filter_feed(struct vt_filter *filter, struct sv bytes, struct buf *out)
{
    while (bytes.len > 0) {
        size_t used = 1;

        if (filter->state != VT_TEXT) {
            take(filter, (unsigned char)*bytes.ptr, out);
        } else if (filter->n_held == 0) {
            used = take_text(filter, bytes, out);
        } else {
            complete_character(filter, *bytes.ptr, out);
            if (filter->n_held > 0 && (unsigned char)filter->held[0] < 0x80) {
                filter->n_held = 0;
                used = 0; /* the byte that broke a character off stands for itself */
            }
        }
        bytes = (struct sv){bytes.ptr + used, bytes.len - used};
    }
}
