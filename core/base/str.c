#include "core/base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"

struct sv sv_of(const char *cstr)
{
    return cstr != NULL ? (struct sv){cstr, strlen(cstr)} : SV_NONE;
}

bool sv_eq(struct sv a, struct sv b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool sv_eq_cstr(struct sv a, const char *b)
{
    return sv_eq(a, sv_of(b));
}

static unsigned char ascii_lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool sv_eq_nocase(struct sv a, struct sv b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
            return false;
    }
    return true;
}

int sv_cmp(struct sv a, struct sv b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common != 0 ? memcmp(a.ptr, b.ptr, common) : 0;

    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool sv_starts(struct sv text, struct sv prefix)
{
    return text.len >= prefix.len && sv_eq((struct sv){text.ptr, prefix.len}, prefix);
}

bool sv_ends(struct sv text, struct sv suffix)
{
    if (text.len < suffix.len)
        return false;
    return suffix.len == 0 ||
           sv_eq((struct sv){text.ptr + text.len - suffix.len, suffix.len}, suffix);
}

bool sv_contains(struct sv text, struct sv part)
{
    if (part.len == 0)
        return true;
    return text.len != 0 && memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct sv sv_trim(struct sv text)
{
    while (text.len != 0 && is_blank(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len != 0 && is_blank(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

struct sv sv_split(struct sv *rest, char sep)
{
    struct sv head = *rest;
    const char *found = head.len != 0 ? memchr(head.ptr, sep, head.len) : NULL;

    if (found == NULL) {
        *rest = SV_NONE;
        return head;
    }
    head.len = (size_t)(found - head.ptr);
    rest->ptr += head.len + 1;
    rest->len -= head.len + 1;
    return head;
}

bool sv_has_word(struct sv words, struct sv word)
{
    while (words.ptr != NULL) {
        if (sv_eq(sv_split(&words, ' '), word))
            return true;
    }
    return false;
}

bool sv_to_i64(struct sv text, int64_t *value)
{
    bool negative = text.len != 0 && text.ptr[0] == '-';
    size_t at = text.len != 0 && (text.ptr[0] == '-' || text.ptr[0] == '+');
    int64_t sum = 0;

    if (at == text.len)
        return false;
    for (; at < text.len; at++) {
        int digit = text.ptr[at] - '0';
        if (digit < 0 || digit > 9)
            return false;
        /* Counting downwards, INT64_MIN needs no case of its own. */
        if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_sub_overflow(sum, digit, &sum))
            return false;
    }
    if (!negative && sum == INT64_MIN)
        return false;
    *value = negative ? sum : -sum;
    return true;
}

bool sv_to_port(struct sv text, unsigned *port)
{
    int64_t number;

    if (!sv_to_i64(text, &number) || number < 1 || number > UINT16_MAX)
        return false;
    *port = (unsigned)number;
    return true;
}

uint64_t sv_hash(struct sv text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * 0x100000001b3u;
    return hash;
}

char *sv_dup(struct sv text)
{
    char *copy = mem_resize(NULL, text.len + 1);
    if (text.len != 0)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return copy;
}

void size_to_text(uint64_t size_bytes, char *text)
{
    static const char units[] = "BKMGTPE";
    unsigned unit = 0;
    uint64_t rest = 0;

    for (; size_bytes >= 1024; size_bytes /= 1024, unit++)
        rest = size_bytes % 1024;
    if (unit > 0 && size_bytes < 10)
        snprintf(text, SIZE_TEXT_SIZE, "%u.%u%c", (unsigned)size_bytes,
                 (unsigned)(rest * 10 / 1024), units[unit]);
    else
        snprintf(text, SIZE_TEXT_SIZE, "%u%c", (unsigned)size_bytes, units[unit]);
}

void sv_copy(struct sv text, char *dst, size_t size)
{
    if (size == 0)
        return;
    size_t len = text.len < size - 1 ? text.len : size - 1;
    if (len != 0)
        memmove(dst, text.ptr, len);
    dst[len] = '\0';
}

/* --- buf ---------------------------------------------------------------------------------- */

#define BUF_FIRST_SIZE 64
#define BUF_COPIED_MAX ((size_t)1 << 20)

/* What is left behind is wiped, for it may have been a secret. The largest are mappings of their
 * own, which move as they are. */
static char *grow(char *ptr, size_t len, size_t size)
{
    if (size > BUF_COPIED_MAX)
        return mem_resize(ptr, size);
    char *grown = mem_resize(NULL, size);
    if (ptr != NULL) {
        memcpy(grown, ptr, len + 1);
        explicit_bzero(ptr, len);
        mem_free(ptr);
    }
    return grown;
}

bool buf_reserve(struct buf *buf, size_t more_bytes)
{
    size_t cap = buf->cap != 0 ? buf->cap : BUF_CAP_DEFAULT;

    if (buf->overflowed || more_bytes > cap - buf->len) {
        buf->overflowed = true;
        return false;
    }
    size_t need = buf->len + more_bytes + 1; /* the NUL */
    if (need > buf->size) {
        size_t size = buf->size != 0 ? buf->size : BUF_FIRST_SIZE;
        while (size < need)
            size *= 2;
        buf->ptr = grow(buf->ptr, buf->len, size);
        buf->size = size;
    }
    return true;
}

void buf_add(struct buf *buf, struct sv text)
{
    if (!buf_reserve(buf, text.len))
        return;
    if (text.len != 0)
        memcpy(buf->ptr + buf->len, text.ptr, text.len);
    buf->len += text.len;
    buf->ptr[buf->len] = '\0';
}

void buf_add_words(struct buf *buf, struct sv text)
{
    struct sv rest = sv_trim(text);

    while (rest.len > 0) {
        size_t n = 0;
        while (n < rest.len && !is_blank(rest.ptr[n]))
            n++;
        buf_add(buf, (struct sv){rest.ptr, n});
        rest = sv_trim((struct sv){rest.ptr + n, rest.len - n});
        if (rest.len > 0)
            buf_add_char(buf, ' ');
    }
}

void buf_add_cstr(struct buf *buf, const char *cstr)
{
    buf_add(buf, sv_of(cstr));
}

void buf_add_char(struct buf *buf, char c)
{
    if (!buf_reserve(buf, 1))
        return;
    buf->ptr[buf->len++] = c;
    buf->ptr[buf->len] = '\0';
}

void buf_add_sh_word(struct buf *buf, struct sv text)
{
    buf_add_char(buf, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            buf_add_cstr(buf, "'\\''");
        else
            buf_add_char(buf, text.ptr[i]);
    }
    buf_add_char(buf, '\'');
}

void buf_addf(struct buf *buf, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    buf_vaddf(buf, fmt, args);
    va_end(args);
}

void buf_vaddf(struct buf *buf, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    if (len > 0 && buf_reserve(buf, (size_t)len)) {
        vsnprintf(buf->ptr + buf->len, (size_t)len + 1, fmt, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->overflowed = false;
    if (buf->ptr != NULL)
        buf->ptr[0] = '\0';
}

void buf_done(struct buf *buf)
{
    mem_free(buf->ptr);
    *buf = (struct buf){.cap = buf->cap};
}

struct sv buf_sv(const struct buf *buf)
{
    return (struct sv){buf_cstr(buf), buf->len};
}

const char *buf_cstr(const struct buf *buf)
{
    return buf->ptr != NULL ? buf->ptr : "";
}

char *buf_take(struct buf *buf)
{
    char *text = buf->ptr != NULL ? buf->ptr : mem_strdup("");
    buf->ptr = NULL;
    buf_done(buf);
    return text;
}

enum err_code buf_err(const struct buf *buf)
{
    return buf->overflowed ? ERR_TOO_BIG : OK;
}
