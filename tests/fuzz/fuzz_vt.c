/*
 * Any bytes of a node: the terminal model stays within its bounds, what it shows passes the text
 * door as it is, and what it answers is bounded. What of them it gets to see is the same whatever
 * the pieces.
 */
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "tests/fuzz/fuzz.h"
#include "tui/vt/filter.h"
#include "tui/widget/pane.h"

static void note(void *arg, struct sv bytes)
{
    buf_add(arg, bytes);
}

/* The first byte says how large it is, and where it is resized in the midst. */
static void show(struct sv bytes, size_t piece, uint8_t shape)
{
    AUTO(buf_done) struct buf sent = BUF_NONE;
    struct vt *vt = vt_new(&(struct vt_options){.rows = shape % 9,
                                                .cols = shape % 23,
                                                .history_lines = shape % 17,
                                                .send = note,
                                                .arg = &sent});
    size_t half = bytes.len / 2;

    for (size_t at = 0; at < bytes.len;) {
        size_t stop = at < half ? half : bytes.len, n = stop - at < piece ? stop - at : piece;
        vt_feed(vt, (struct sv){bytes.ptr + at, n});
        at += n;
        PROMISE(sent.len <= VT_REPLIES_MAX * 32);
        buf_clear(&sent);
        if (at == half)
            vt_resize(vt, shape / 9, shape / 3);
    }
    int rows, cols, y, x;
    vt_size(vt, &rows, &cols);
    vt_cursor(vt, &y, &x);
    PROMISE(y >= 0 && y < rows && x <= cols);
    PROMISE(vt_top_line(vt) - vt_first_line(vt) <= shape % 17u);
    for (uint64_t line = vt_first_line(vt); line < vt_end_line(vt); line++) {
        struct sv text = line_text(vt_line(vt, line));
        AUTO(buf_done) struct buf safe = BUF_NONE;
        text_safe(&safe, text, TEXT_LINE);
        PROMISE(sv_eq(text, buf_sv(&safe)));
        if (line >= vt_top_line(vt))
            PROMISE(text_width(text, TEXT_LINE) <= (size_t)cols);
    }
    vt_free(vt);
}

static void filter(struct sv bytes, size_t piece, struct buf *out)
{
    struct vt_filter state = {0};

    for (size_t at = 0, n; at < bytes.len; at += n) {
        n = bytes.len - at < piece ? bytes.len - at : piece;
        vt_filter_feed(&state, (struct sv){bytes.ptr + at, n}, out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buf_done) struct buf whole = BUF_NONE;
    AUTO(buf_done) struct buf pieces = BUF_NONE;
    size_t piece = size > 1 ? (size_t)data[1] % 7 + 1 : 1;

    if (size < 2)
        return 0;
    struct sv bytes = {(const char *)data + 2, size - 2};
    filter(bytes, size, &whole);
    filter(bytes, piece, &pieces);
    PROMISE(sv_eq(buf_sv(&whole), buf_sv(&pieces)));
    show(bytes, size, data[0]);
    show(bytes, piece, data[0]);
    return 0;
}
