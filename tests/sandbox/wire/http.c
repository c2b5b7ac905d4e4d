#include "tests/sandbox/wire/http.h"

#include <string.h>

struct sv http_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->n_headers; i++)
        if (sv_eq_nocase(request->headers[i].name, sv_of(name)))
            return request->headers[i].value;
    return SV_NONE;
}

struct sv http_path(const struct http_request *request)
{
    struct sv rest = request->target;
    return sv_split(&rest, '?');
}

struct sv http_query(const struct http_request *request)
{
    struct sv rest = request->target;
    struct sv path = sv_split(&rest, '?');
    return path.len == request->target.len ? SV_NONE : rest;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    if (!at)
        return -1;
    return (int)(at - digits) - (at - digits > 15 ? 6 : 0);
}

void percent_decode(struct buf *out, struct sv text, bool plus)
{
    for (size_t i = 0; i < text.len; i++) {
        int high = -1, low = -1;
        if (text.ptr[i] == '%' && i + 2 < text.len) {
            high = hex_digit(text.ptr[i + 1]);
            low = hex_digit(text.ptr[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            buf_add_char(out, (char)(high << 4 | low));
            i += 2;
        } else {
            buf_add_char(out, plus && text.ptr[i] == '+' ? ' ' : text.ptr[i]);
        }
    }
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void percent_encode(struct buf *out, struct sv text, const char *keep)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (is_unreserved(c) || (c && strchr(keep, c))) {
            buf_add_char(out, c);
        } else {
            buf_add_char(out, '%');
            buf_add_char(out, hex[(unsigned char)c >> 4]);
            buf_add_char(out, hex[(unsigned char)c & 15]);
        }
    }
}
