#include "core/base/text.h"

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text_width.h"

#define BAD_CODEPOINT UINT32_MAX
#define REPLACEMENT   "\xef\xbf\xbd" /* U+FFFD */
#define TAB_COLUMNS   4

static bool ascii_only;

void text_ascii_only(bool on)
{
    ascii_only = on;
}

bool text_is_ascii_only(void)
{
    return ascii_only;
}

/* --- the table ---------------------------------------------------------------------------- */

static struct text_range range_of(uint32_t codepoint)
{
    size_t low = 0, high = text_n_ranges;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (text_ranges[middle].first <= codepoint)
            low = middle;
        else
            high = middle;
    }
    return text_ranges[low];
}

int text_codepoint_width(uint32_t codepoint)
{
    if (codepoint > 0x10ffff)
        return -1;
    struct text_range range = range_of(codepoint);
    return range.action == TEXT_REPLACE ? -1 : range.width;
}

/* --- UTF-8 -------------------------------------------------------------------------------- */

/*
 * Well-formed sequences by their first byte (Unicode 15, table 3-7). The second byte's own bounds
 * are what keeps out overlong forms, surrogates and what lies above U+10FFFF.
 */
static const struct utf8_form {
    uint8_t first_low, first_high, n_bytes, second_low, second_high;
} utf8_forms[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
    {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
    {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static const struct utf8_form *utf8_form_of(uint8_t first)
{
    for (size_t i = 0; i < ARRAY_LEN(utf8_forms); i++) {
        if (first >= utf8_forms[i].first_low && first <= utf8_forms[i].first_high)
            return &utf8_forms[i];
    }
    return NULL;
}

size_t utf8_decode(struct sv text, uint32_t *codepoint)
{
    if (text.len == 0)
        return 0;
    const uint8_t *bytes = (const uint8_t *)text.ptr;
    if (bytes[0] < 0x80) {
        *codepoint = bytes[0];
        return 1;
    }
    *codepoint = BAD_CODEPOINT;
    const struct utf8_form *form = utf8_form_of(bytes[0]);
    if (form == NULL)
        return 1;

    uint32_t value = bytes[0] & (0x7fu >> form->n_bytes);
    for (size_t at = 1; at < form->n_bytes; at++) {
        uint8_t low = at == 1 ? form->second_low : 0x80;
        uint8_t high = at == 1 ? form->second_high : 0xbf;
        if (at == text.len || bytes[at] < low || bytes[at] > high)
            return at;
        value = value << 6 | (bytes[at] & 0x3f);
    }
    *codepoint = value;
    return form->n_bytes;
}

size_t utf8_encode(uint32_t codepoint, char bytes[4])
{
    if (codepoint > 0x10ffff || (codepoint >= 0xd800 && codepoint <= 0xdfff))
        return 0;
    if (codepoint < 0x80) {
        bytes[0] = (char)codepoint;
        return 1;
    }
    size_t n_bytes = codepoint < 0x800 ? 2 : codepoint < 0x10000 ? 3 : 4;
    for (size_t at = n_bytes - 1; at > 0; at--, codepoint >>= 6)
        bytes[at] = (char)(0x80 | (codepoint & 0x3f));
    bytes[0] = (char)((0xf00u >> n_bytes & 0xff) | codepoint);
    return n_bytes;
}

/* --- clusters ----------------------------------------------------------------------------- */

static bool is_plain_ascii(char c)
{
    return c >= 0x20 && c <= 0x7e;
}

/* Eight at a time: none has its top bit, none is DEL, none is below the blank. */
static bool are_plain_ascii(const char *eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t bytes;

    memcpy(&bytes, eight, sizeof bytes);
    return ((bytes | (bytes + ones) | (bytes - 0x20 * ones)) & tops) == 0;
}

size_t text_plain_run(struct sv text, enum text_mode mode)
{
    size_t len = 0;

    while (text.len - len >= sizeof(uint64_t) && are_plain_ascii(text.ptr + len))
        len += sizeof(uint64_t);
    while (len < text.len && is_plain_ascii(text.ptr[len]))
        len++;
    bool mark_may_follow = len < text.len && (uint8_t)text.ptr[len] >= 0x80;
    return len != 0 && mark_may_follow && mode != TEXT_IDENTITY ? len - 1 : len;
}

static void skip(struct text_iter *iter, size_t n_bytes)
{
    iter->rest.ptr += n_bytes;
    iter->rest.len -= n_bytes;
}

static void append(struct text_cluster *cluster, const char *bytes, size_t len, size_t width)
{
    memcpy(cluster->bytes + cluster->len, bytes, len);
    cluster->len = (uint8_t)(cluster->len + len);
    cluster->width = (uint8_t)(cluster->width + width);
}

/* fmt makes ASCII, a column a byte. */
__attribute__((format(printf, 2, 3))) static void stand_in(struct text_cluster *cluster,
                                                           const char *fmt, ...)
{
    char text[TEXT_CLUSTER_BYTES];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    append(cluster, text, (size_t)len, (size_t)len);
    cluster->stand_in = true;
}

static void stand_in_replacement(struct text_cluster *cluster, size_t columns)
{
    for (size_t i = 0; i < columns; i++)
        append(cluster, REPLACEMENT, sizeof REPLACEMENT - 1, 1);
    cluster->stand_in = true;
}

static void show_malformed(struct text_cluster *cluster, struct sv bad, enum text_mode mode)
{
    if (mode != TEXT_IDENTITY) {
        stand_in_replacement(cluster, 1);
        return;
    }
    for (size_t i = 0; i < bad.len; i++)
        stand_in(cluster, "\\x{%02X}", (uint8_t)bad.ptr[i]);
}

static void show_control(struct text_cluster *cluster, uint32_t codepoint, enum text_mode mode)
{
    if (mode == TEXT_BLOCK && codepoint == '\n')
        cluster->newline = true;
    else if (mode == TEXT_BLOCK && codepoint == '\t')
        stand_in(cluster, "%*s", TAB_COLUMNS, "");
    else if (codepoint < 0x80)
        stand_in(cluster, "^%c", (char)(codepoint ^ 0x40));
    else
        stand_in(cluster, "~%c", (char)(codepoint ^ 0xc0));
}

/* Takes up to max marks from the front of iter, into cluster unless it is NULL. */
static size_t take_marks(struct text_iter *iter, struct text_cluster *cluster, size_t max)
{
    size_t n_marks = 0;

    for (; n_marks < max; n_marks++) {
        uint32_t codepoint;
        size_t n_bytes = utf8_decode(iter->rest, &codepoint);
        if (n_bytes < 2 || codepoint == BAD_CODEPOINT || range_of(codepoint).action != TEXT_COMBINE)
            break;
        if (cluster != NULL)
            append(cluster, iter->rest.ptr, n_bytes, 0);
        skip(iter, n_bytes);
    }
    return n_marks;
}

/* Most of what there is: without a look into the table. */
static void show_ascii(struct text_iter *iter, struct text_cluster *cluster, struct sv raw)
{
    append(cluster, raw.ptr, 1, 1);
    if (iter->mode != TEXT_IDENTITY)
        take_marks(iter, cluster, TEXT_MARKS_MAX);
}

static void show_codepoint(struct text_iter *iter, struct text_cluster *cluster, struct sv raw,
                           uint32_t codepoint)
{
    struct text_range range = range_of(codepoint);

    if (range.action == TEXT_PRINT) {
        append(cluster, raw.ptr, raw.len, range.width);
        take_marks(iter, cluster, TEXT_MARKS_MAX);
    } else if (range.action == TEXT_COMBINE) {
        /* No base to stand on, or more than one base may carry: the whole run is one stand-in. */
        take_marks(iter, NULL, SIZE_MAX);
        stand_in_replacement(cluster, 1);
    } else if (range.width == 0) {
        stand_in(cluster, "<U+%04X>", (unsigned)codepoint);
    } else {
        stand_in_replacement(cluster, range.width);
    }
}

static void reduce_to_ascii(struct text_cluster *cluster)
{
    for (size_t i = 0; i < cluster->len; i++) {
        if ((uint8_t)cluster->bytes[i] < 0x80)
            continue;
        memset(cluster->bytes, 0, sizeof cluster->bytes);
        memset(cluster->bytes, '?', cluster->width);
        cluster->len = cluster->width;
        cluster->stand_in = true;
        return;
    }
}

bool text_next(struct text_iter *iter, struct text_cluster *cluster)
{
    uint32_t codepoint;
    size_t n_bytes = utf8_decode(iter->rest, &codepoint);
    struct sv raw = {iter->rest.ptr, n_bytes};

    if (n_bytes == 0)
        return false;
    *cluster = (struct text_cluster){0};
    skip(iter, n_bytes);
    if (codepoint == BAD_CODEPOINT)
        show_malformed(cluster, raw, iter->mode);
    else if (is_plain_ascii(raw.ptr[0]))
        show_ascii(iter, cluster, raw);
    else if (iter->mode == TEXT_IDENTITY && codepoint >= 0x80)
        stand_in(cluster, "\\u{%04X}", (unsigned)codepoint);
    else if (codepoint < 0x20 || (codepoint >= 0x7f && codepoint < 0xa0))
        show_control(cluster, codepoint, iter->mode);
    else
        show_codepoint(iter, cluster, raw, codepoint);
    if (ascii_only)
        reduce_to_ascii(cluster);
    return true;
}

/* --- whole texts -------------------------------------------------------------------------- */

void text_safe(struct buf *out, struct sv text, enum text_mode mode)
{
    struct text_iter iter = {text, mode};
    struct text_cluster cluster;

    for (;;) {
        size_t plain = text_plain_run(iter.rest, mode);
        buf_add(out, (struct sv){iter.rest.ptr, plain});
        skip(&iter, plain);
        if (!text_next(&iter, &cluster))
            break;
        buf_add(out, cluster.newline ? SV("\n") : (struct sv){cluster.bytes, cluster.len});
    }
}

size_t text_safe_copy(char *dst, size_t size, struct sv text, enum text_mode mode)
{
    struct text_iter iter = {text, mode};
    struct text_cluster cluster;
    size_t len = 0, columns = 0, widest = 0;

    while (size != 0 && text_next(&iter, &cluster)) {
        size_t need = cluster.newline ? 1 : cluster.len;
        if (need >= size - len)
            break;
        memcpy(dst + len, cluster.newline ? "\n" : cluster.bytes, need);
        len += need;
        columns = cluster.newline ? 0 : columns + cluster.width;
        widest = columns > widest ? columns : widest;
    }
    if (size != 0)
        dst[len] = '\0';
    return widest;
}

size_t text_width(struct sv text, enum text_mode mode)
{
    struct text_iter iter = {text, mode};
    struct text_cluster cluster;
    size_t columns = 0, widest = 0;

    for (;;) {
        size_t plain = text_plain_run(iter.rest, mode);
        skip(&iter, plain);
        columns += plain;
        widest = columns > widest ? columns : widest;
        if (!text_next(&iter, &cluster))
            return widest;
        columns = cluster.newline ? 0 : columns + cluster.width;
        widest = columns > widest ? columns : widest;
    }
}
