/*
 * Any bytes through the text door: what comes out is safe, of the width that was said, and stays
 * as it is the second time.
 */
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "tests/fuzz/fuzz.h"

static void check_safe(struct sv safe, enum text_mode mode, bool ascii)
{
    uint32_t codepoint;
    size_t n_bytes;

    for (; (n_bytes = utf8_decode(safe, &codepoint)) != 0;
         safe.ptr += n_bytes, safe.len -= n_bytes) {
        PROMISE(codepoint != UINT32_MAX);
        PROMISE(text_codepoint_width(codepoint) >= 0 || (codepoint == '\n' && mode == TEXT_BLOCK));
        PROMISE(codepoint < 0x80 || (!ascii && mode != TEXT_IDENTITY));
    }
}

static void check_clusters(struct sv text, enum text_mode mode)
{
    struct text_iter iter = {text, mode};
    struct text_cluster c;
    size_t columns = 0, widest = 0;

    while (text_next(&iter, &c)) {
        PROMISE(c.len < TEXT_CLUSTER_BYTES && strlen(c.bytes) == c.len);
        PROMISE(c.newline ? c.len == 0 && c.width == 0 : c.len != 0 && c.width != 0);
        columns = c.newline ? 0 : columns + c.width;
        widest = columns > widest ? columns : widest;
    }
    PROMISE(widest == text_width(text, mode));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buf_done) struct buf once = BUF_NONE;
    AUTO(buf_done) struct buf twice = BUF_NONE;

    if (size < 2)
        return 0;
    enum text_mode mode = data[0] % 3;
    size_t cut = data[1];
    struct sv text = {(const char *)data + 2, size - 2};
    text_ascii_only(data[0] & 0x80);

    text_safe(&once, text, mode);
    check_safe(buf_sv(&once), mode, data[0] & 0x80);
    check_clusters(text, mode);
    text_safe(&twice, buf_sv(&once), mode);
    PROMISE(sv_eq(buf_sv(&once), buf_sv(&twice)));

    AUTO_FREE char *copy = mem_alloc(cut);
    text_safe_copy(copy, cut, text, mode);
    PROMISE(cut == 0 || (strlen(copy) < cut && sv_starts(buf_sv(&once), sv_of(copy))));
    return 0;
}
