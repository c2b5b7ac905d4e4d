#include "core/base/json_raw.h"

#include <string.h>

#include "core/base/json_scan.h"
#include "core/base/text.h"

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

enum err_code json_raw_check(struct sv text, const char *where, struct sv *value, struct err *err)
{
    size_t at;
    const char *fault = json_scan(text, &at);
    if (fault != NULL)
        return err_set(err, ERR_PARSE, where, "JSON: %s at byte %zu", fault, at);
    const char *end = text.ptr + text.len, *first = skip_blanks(text.ptr, end);
    while (end > first && strchr(" \t\r\n", end[-1]) != NULL)
        end--;
    *value = (struct sv){first, (size_t)(end - first)};
    return OK;
}

/* --- walking: the text is known to be sound ----------------------------------------------------
 */

/* Behind the quote that ends the string at *at. */
static const char *string_end(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        at = memchr(at, '"', (size_t)(end - at));
        const char *slash = at;
        while (slash[-1] == '\\')
            slash--;
        if ((at - slash) % 2 == 0)
            break;
    }
    return at + 1;
}

static const char *brackets_end(const char *at, const char *end)
{
    int depth = 0;
    do {
        if (*at == '"') {
            at = string_end(at, end);
            continue;
        }
        depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
        at++;
    } while (depth > 0);
    return at;
}

static const char *value_end(const char *at, const char *end)
{
    if (*at == '"')
        return string_end(at, end);
    if (*at == '{' || *at == '[')
        return brackets_end(at, end);
    while (at < end && strchr(",]} \t\r\n", *at) == NULL)
        at++;
    return at;
}

struct json_raw json_raw_open(struct sv value)
{
    bool is_object = value.len >= 2 && value.ptr[0] == '{';
    if (!is_object && (value.len < 2 || value.ptr[0] != '['))
        return (struct json_raw){0};
    return (struct json_raw){value.ptr + 1, value.ptr + value.len - 1, is_object};
}

bool json_raw_next(struct json_raw *walk, struct sv *key, struct sv *value)
{
    const char *at = skip_blanks(walk->at, walk->end);
    *key = SV_NONE;
    if (at < walk->end && *at == ',')
        at = skip_blanks(at + 1, walk->end);
    if (at >= walk->end)
        return false;
    if (walk->has_keys) {
        const char *key_end = string_end(at, walk->end);
        *key = (struct sv){at + 1, (size_t)(key_end - at) - 2};
        at = skip_blanks(skip_blanks(key_end, walk->end) + 1, walk->end); /* the colon */
    }
    walk->at = value_end(at, walk->end);
    *value = (struct sv){at, (size_t)(walk->at - at)};
    return true;
}

/* --- strings -----------------------------------------------------------------------------------
 */

static uint32_t take_hex4(const char *at)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t c = (unsigned char)at[i];
        value = value << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

/* The escape at *at, which becomes what follows it. */
static void add_unescaped(const char **at, struct buf *out)
{
    static const char names[] = "bfnrt", bytes[] = "\b\f\n\r\t";
    char c = (*at)[1];
    const char *found = strchr(names, c);
    if (c != 'u') {
        buf_add_char(out, found != NULL ? bytes[found - names] : c);
        *at += 2;
        return;
    }
    uint32_t codepoint = take_hex4(*at + 2);
    *at += 6;
    if (codepoint >= 0xd800 && codepoint < 0xdc00) { /* its other half follows */
        codepoint = 0x10000 + ((codepoint - 0xd800) << 10) + (take_hex4(*at + 2) - 0xdc00);
        *at += 6;
    }
    char encoded[4];
    size_t n_bytes = utf8_encode(codepoint, encoded);
    buf_add(out, (struct sv){encoded, n_bytes});
}

struct sv json_raw_text(struct sv value, struct buf *scratch)
{
    if (value.len < 2 || value.ptr[0] != '"')
        return SV_NONE;
    struct sv inner = {value.ptr + 1, value.len - 2};
    const char *at = inner.ptr, *end = inner.ptr + inner.len, *slash;
    if (memchr(at, '\\', inner.len) == NULL)
        return inner;
    buf_clear(scratch);
    while ((slash = memchr(at, '\\', (size_t)(end - at))) != NULL) {
        buf_add(scratch, (struct sv){at, (size_t)(slash - at)});
        at = slash;
        add_unescaped(&at, scratch);
    }
    buf_add(scratch, (struct sv){at, (size_t)(end - at)});
    return buf_sv(scratch);
}
