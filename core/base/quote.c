#include "core/base/quote.h"

#include "core/base/text.h"

/* Of JSON texts hashes are kept, which want them written as ever: by number. */
static const char *escape_name(uint32_t codepoint)
{
    return codepoint == '\n' ? "\\n" : codepoint == '\t' ? "\\t" : codepoint == '\r' ? "\\r" : NULL;
}

/* RFC 8259 section 7: what lies beyond the BMP is written as a surrogate pair. */
static void escape_codepoint(struct buf *out, uint32_t codepoint, enum quote_form form)
{
    const char *name = form == QUOTE_YAML ? escape_name(codepoint) : NULL;

    if (name != NULL) {
        buf_add_cstr(out, name);
        return;
    }
    if (codepoint >= 0x10000 && form == QUOTE_YAML) {
        buf_addf(out, "\\U%08x", (unsigned)codepoint);
        return;
    }
    if (codepoint < 0x10000) {
        buf_addf(out, "\\u%04x", (unsigned)codepoint);
        return;
    }
    codepoint -= 0x10000;
    buf_addf(out, "\\u%04x\\u%04x", 0xd800 + (unsigned)(codepoint >> 10),
             0xdc00 + (unsigned)(codepoint & 0x3ff));
}

/* The plain ASCII at the front, which is most of what there is. */
static size_t unescaped_run(struct sv text)
{
    size_t len = 0;

    while (len < text.len && text.ptr[len] >= 0x20 && text.ptr[len] <= 0x7e &&
           text.ptr[len] != '"' && text.ptr[len] != '\\')
        len++;
    return len;
}

/*
 * A mark stays only where the text door would let it stand: on a base, and as one of the first
 * TEXT_MARKS_MAX. *n_marks counts those on the base so far; an escape cannot carry any.
 */
static bool may_stay(uint32_t codepoint, size_t *n_marks)
{
    int width = text_codepoint_width(codepoint);

    if (width < 0 || (codepoint >= 0x80 && text_is_ascii_only()))
        *n_marks = TEXT_MARKS_MAX;
    else if (width > 0)
        *n_marks = 0;
    else if (*n_marks < TEXT_MARKS_MAX)
        ++*n_marks;
    else
        return false;
    return width >= 0 && (codepoint < 0x80 || !text_is_ascii_only());
}

/* The one character at the front of text, which is not plain ASCII. Returns its bytes. */
static size_t add_character(struct buf *out, struct sv text, enum quote_form form, size_t *n_marks)
{
    uint32_t codepoint;
    if (text.ptr[0] == '"' || text.ptr[0] == '\\') {
        buf_add(out, text.ptr[0] == '"' ? SV("\\\"") : SV("\\\\"));
        *n_marks = 0;
        return 1;
    }
    size_t n_bytes = utf8_decode(text, &codepoint);
    struct sv raw = {text.ptr, n_bytes};

    if (codepoint == UINT32_MAX) {
        codepoint = 0xfffd;
        raw = SV("\xef\xbf\xbd");
    }
    if (!may_stay(codepoint, n_marks)) {
        escape_codepoint(out, codepoint, form);
    } else {
        buf_add(out, raw);
    }
    return n_bytes;
}

void quote_add(struct buf *out, struct sv text, enum quote_form form)
{
    size_t n_marks = TEXT_MARKS_MAX;

    buf_add_char(out, '"');
    while (text.len != 0) {
        size_t n_bytes = unescaped_run(text);
        if (n_bytes != 0) {
            buf_add(out, (struct sv){text.ptr, n_bytes});
            n_marks = 0;
        } else {
            n_bytes = add_character(out, text, form, &n_marks);
        }
        text.ptr += n_bytes;
        text.len -= n_bytes;
    }
    buf_add_char(out, '"');
}
