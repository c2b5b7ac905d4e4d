/*
 * Any bytes of a node on their way to the user's terminal: however they are cut the same comes out;
 * it is valid UTF-8 without C1 controls, every ESC begins a whole sequence, and none of them is one
 * that a terminal answers, or a string. What was let through once is let through as it is.
 */
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/session/wire/vt_filter.h"
#include "tests/fuzz/fuzz.h"

/* Behind ESC [: its length with the final byte; breaks the promise when it has no end. */
static size_t check_csi(struct sv rest)
{
    size_t n = 0;

    while (n < rest.len && (unsigned char)rest.ptr[n] < '@')
        n++;
    PROMISE(n < rest.len && n <= VT_FILTER_HELD_MAX);
    PROMISE(strchr("cnxtiyR", rest.ptr[n]) == NULL);
    PROMISE(rest.ptr[n] != 'u' || n == 0 || rest.ptr[0] != '?');
    return n + 1;
}

static size_t check_escape(struct sv rest)
{
    PROMISE(rest.len > 0);
    if (rest.ptr[0] == '[')
        return 1 + check_csi((struct sv){rest.ptr + 1, rest.len - 1});
    PROMISE(strchr("]PX^_Z", rest.ptr[0]) == NULL);
    if (rest.ptr[0] >= '0')
        return 1;
    PROMISE(rest.len > 1 && rest.ptr[1] >= '0');
    return 2;
}

static void check(struct sv rest)
{
    while (rest.len > 0) {
        uint32_t codepoint;
        size_t n = utf8_decode(rest, &codepoint);

        PROMISE(codepoint != UINT32_MAX && !(codepoint >= 0x7f && codepoint < 0xa0));
        PROMISE(codepoint != 0x05 && codepoint != 0x00);
        rest = (struct sv){rest.ptr + n, rest.len - n};
        if (codepoint == 0x1b) {
            n = check_escape(rest);
            rest = (struct sv){rest.ptr + n, rest.len - n};
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv bytes = {(const char *)data, size};
    struct vt_filter whole = {0}, cut = {0}, again = {0};
    AUTO(buf_done) struct buf a = BUF_NONE;
    AUTO(buf_done) struct buf b = BUF_NONE;
    AUTO(buf_done) struct buf c = BUF_NONE;
    size_t at = size == 0 ? 0 : data[0] % (size + 1);

    vt_filter_take(&whole, bytes, &a);
    vt_filter_take(&cut, (struct sv){bytes.ptr, at}, &b);
    vt_filter_take(&cut, (struct sv){bytes.ptr + at, size - at}, &b);
    PROMISE(sv_eq(buf_sv(&a), buf_sv(&b)));
    check(buf_sv(&a));
    vt_filter_take(&again, buf_sv(&a), &c);
    PROMISE(sv_eq(buf_sv(&a), buf_sv(&c)));
    PROMISE(whole.modes == again.modes);
    buf_clear(&a);
    vt_filter_reset(&whole, &a);
    check(buf_sv(&a));
    return 0;
}
