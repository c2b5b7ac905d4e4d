#include "core/session/wire/vt_filter.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"

enum state {
    TEXT,
    ESC,        /* behind ESC, with its intermediate bytes */
    CSI,        /* behind ESC [ */
    STRING,     /* within OSC and its like: swallowed */
    STRING_ESC, /* behind an ESC there */
    UTF8        /* a character that is not whole yet */
};

#define ESCAPE      0x1b
#define BELL        0x07
#define CANCEL      0x18
#define SUBSTITUTE  0x1a
#define REPLACEMENT "\xef\xbf\xbd"

/* --- what is allowed ---------------------------------------------------------------------------
 */

/* Finals of CSI by what stands before: no mark, or a private mark, and the intermediate byte. */
static const struct {
    char mark, intermediate;
    const char *finals;
} allowed[] = {
    {0, 0, "@ABCDEFGHIJKLMPSTXZ`abdefghlmrsu"},
    {0, ' ', "q"}, /* the cursor's shape */
    {0, '!', "p"}, /* a soft reset */
    {'?', 0, "hlJKrs"},
    {'>', 0, "m"}, /* how modified keys are reported */
};

/* Behind ESC alone, and behind ESC and an intermediate byte. */
#define ESC_FINALS        "78=>DEHMc"
#define ESC_INTERMEDIATES "()*+#"

/* Private modes that outlive a program that dies: how they are put back. */
static const struct {
    int mode;
    bool is_set_at_first;
} modes[] = {
    {1, false},    {5, false},    {6, false},    {7, true},     {9, false},
    {25, true},    {47, false},   {67, false},   {69, false},   {2026, false},
    {1000, false}, {1002, false}, {1003, false}, {1004, false}, {1005, false},
    {1006, false}, {1015, false}, {1047, false}, {1049, false}, {2004, false},
};

/* What else outlives it, by how it ends, and how that is put back: where lines scroll, what is
 * inserted and locked (IRM, KAM, LNM), the cursor's shape, how modified keys are reported. */
static const struct {
    char mark, intermediate, final;
    const char *back;
} traces[] = {
    {0, 0, 'r', "\x1b\x37\x1b[r\x1b\x38"},
    {0, 0, 'h', "\x1b[2l\x1b[4l\x1b[20l"},
    {0, ' ', 'q', "\x1b[0 q"},
    {'>', 0, 'm', "\x1b[>4m"},
};

static bool is_allowed_control(unsigned char c)
{
    return (c >= 0x07 && c <= 0x0f); /* BEL BS HT LF VT FF CR SO SI */
}

/* --- modes -------------------------------------------------------------------------------------
 */

static void note_mode(struct vt_filter *filter, int mode, bool is_set)
{
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        if (modes[i].mode != mode)
            continue;
        if (is_set != modes[i].is_set_at_first)
            filter->modes |= 1u << i;
        else
            filter->modes &= ~(1u << i);
    }
}

/* "?1000;1006" of CSI ? ... h or l. */
static void note_modes(struct vt_filter *filter, struct sv parameters, bool is_set)
{
    struct sv rest = {parameters.ptr + 1, parameters.len - 1};
    int64_t mode;

    while (rest.ptr != NULL) {
        if (sv_to_i64(sv_split(&rest, ';'), &mode) && mode > 0 && mode < 10000)
            note_mode(filter, (int)mode, is_set);
    }
}

static void note_trace(struct vt_filter *filter, char mark, char intermediate, char final)
{
    for (size_t i = 0; i < ARRAY_LEN(traces); i++) {
        if (traces[i].mark == mark && traces[i].intermediate == intermediate &&
            traces[i].final == final)
            filter->traces |= 1u << i;
    }
}

void vt_filter_reset(struct vt_filter *filter, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        if (filter->modes & 1u << i)
            buf_addf(out, "\x1b[?%d%c", modes[i].mode, modes[i].is_set_at_first ? 'h' : 'l');
    }
    for (size_t i = 0; i < ARRAY_LEN(traces); i++) {
        if (filter->traces & 1u << i)
            buf_add_cstr(out, traces[i].back);
    }
    buf_add_cstr(out, "\x1b[0m\x1b(B\x0f\x1b>");
    *filter = (struct vt_filter){0};
}

/* --- sequences ---------------------------------------------------------------------------------
 */

static void hold(struct vt_filter *filter, char c)
{
    if (filter->n_held == sizeof filter->held)
        filter->is_too_long = true;
    else
        filter->held[filter->n_held++] = c;
}

static void begin(struct vt_filter *filter, enum state state)
{
    filter->state = state;
    filter->n_held = 0;
    filter->is_too_long = false;
}

static void pass(struct vt_filter *filter, const char *introducer, char final, struct buf *out)
{
    buf_add_cstr(out, introducer);
    buf_add(out, (struct sv){filter->held, filter->n_held});
    buf_add_char(out, final);
}

static bool is_private_mark(char c)
{
    return c >= '<' && c <= '?';
}

/* One mark at most, at the front, and one intermediate byte at most, at the end. */
static bool split_csi(struct sv held, char *mark, char *intermediate)
{
    *mark = held.len > 0 && is_private_mark(held.ptr[0]) ? held.ptr[0] : '\0';
    *intermediate = '\0';
    for (size_t i = *mark != '\0'; i < held.len; i++) {
        char c = held.ptr[i];
        if (c <= '/' && i + 1 == held.len)
            *intermediate = c;
        else if (c <= '/' || is_private_mark(c))
            return false;
    }
    return true;
}

static void end_csi(struct vt_filter *filter, char final, struct buf *out)
{
    struct sv held = {filter->held, filter->n_held};
    char mark, intermediate;

    filter->state = TEXT;
    if (filter->is_too_long || !split_csi(held, &mark, &intermediate))
        return;
    for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
        if (allowed[i].mark != mark || allowed[i].intermediate != intermediate ||
            strchr(allowed[i].finals, final) == NULL)
            continue;
        if (mark == '?' && (final == 'h' || final == 'l'))
            note_modes(filter, held, final == 'h');
        note_trace(filter, mark, intermediate, final);
        pass(filter, "\x1b[", final, out);
    }
}

static void end_esc(struct vt_filter *filter, char final, struct buf *out)
{
    bool has_intermediate = filter->n_held == 1 && !filter->is_too_long;

    filter->state = TEXT;
    if (filter->n_held == 0 && strchr(ESC_FINALS, final) != NULL)
        pass(filter, "\x1b", final, out);
    else if (has_intermediate && strchr(ESC_INTERMEDIATES, filter->held[0]) != NULL)
        pass(filter, "\x1b", final, out);
}

/* Behind ESC: what it begins. */
static void take_escaped(struct vt_filter *filter, char c, struct buf *out)
{
    if (filter->n_held == 0 && c == '[') {
        begin(filter, CSI);
    } else if (filter->n_held == 0 && strchr("]PX^_", c) != NULL) {
        begin(filter, STRING);
        filter->is_osc = c == ']';
    } else if (c < '0') {
        hold(filter, c);
    } else {
        end_esc(filter, c, out);
    }
}

/* --- characters --------------------------------------------------------------------------------
 */

/* How long the character is that c begins; 0: none. */
static size_t utf8_length(unsigned char c)
{
    return c >= 0xc2 && c <= 0xdf ? 2 : c >= 0xe0 && c <= 0xef ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

static void end_character(struct vt_filter *filter, struct buf *out)
{
    struct sv held = {filter->held, filter->n_held};
    uint32_t codepoint;

    filter->state = TEXT;
    if (utf8_decode(held, &codepoint) == held.len && codepoint != UINT32_MAX && codepoint >= 0xa0)
        buf_add(out, held);
    else
        buf_add_cstr(out, REPLACEMENT);
}

/* One byte in state TEXT. */
static void take_text(struct vt_filter *filter, unsigned char c, struct buf *out)
{
    if (c == ESCAPE) {
        begin(filter, ESC);
    } else if (c < 0x80) {
        if ((c >= ' ' && c < 0x7f) || is_allowed_control(c))
            buf_add_char(out, (char)c);
    } else if (utf8_length(c) > 0) {
        begin(filter, UTF8);
        hold(filter, (char)c);
    } else {
        buf_add_cstr(out, REPLACEMENT);
    }
}

/* False: c does not belong to the character, which is not whole. */
static bool take_continuation(struct vt_filter *filter, unsigned char c, struct buf *out)
{
    if ((c & 0xc0) != 0x80) {
        filter->state = TEXT;
        buf_add_cstr(out, REPLACEMENT);
        return false;
    }
    hold(filter, (char)c);
    if (filter->n_held == utf8_length((unsigned char)filter->held[0]))
        end_character(filter, out);
    return true;
}

/* --- bytes -------------------------------------------------------------------------------------
 */

static void take_in_string(struct vt_filter *filter, unsigned char c)
{
    if (c == ESCAPE)
        filter->state = STRING_ESC;
    else if (c == CANCEL || c == SUBSTITUTE || (c == BELL && filter->is_osc))
        filter->state = TEXT;
}

/* Within a sequence: controls are carried out, as terminals do; a bad byte ends it. */
static void take_in_sequence(struct vt_filter *filter, unsigned char c, struct buf *out)
{
    if (c == ESCAPE)
        begin(filter, ESC);
    else if (c == CANCEL || c == SUBSTITUTE || c >= 0x7f)
        filter->state = TEXT;
    else if (c < ' ' && is_allowed_control(c))
        buf_add_char(out, (char)c);
    else if (c < ' ')
        return;
    else if (filter->state == ESC)
        take_escaped(filter, (char)c, out);
    else if (c < '@')
        hold(filter, (char)c);
    else
        end_csi(filter, (char)c, out);
}

static void take_byte(struct vt_filter *filter, unsigned char c, struct buf *out)
{
    if (filter->state == UTF8 && take_continuation(filter, c, out))
        return;
    if (filter->state == STRING_ESC) { /* ESC \ ends it; any other ESC begins something new */
        begin(filter, c == '\\' ? TEXT : ESC);
        if (c == '\\')
            return;
    }
    if (filter->state == TEXT)
        take_text(filter, c, out);
    else if (filter->state == STRING)
        take_in_string(filter, c);
    else
        take_in_sequence(filter, c, out);
}

void vt_filter_take(struct vt_filter *filter, struct sv bytes, struct buf *out)
{
    for (size_t i = 0; i < bytes.len; i++)
        take_byte(filter, (unsigned char)bytes.ptr[i], out);
}
