#include "core/base/json_pick.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json_scan.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define KEY_BYTES_MAX 64

enum err_code json_pick_check(struct sv text, const char *where, struct err *err)
{
    size_t at = 0;
    const char *fault = json_scan(text, &at);
    if (fault != NULL)
        return err_set(err, ERR_PARSE, where, "%s at byte %zu", fault, at);
    if (sv_trim(text).ptr[0] != '{')
        return err_set(err, ERR_PARSE, where, "no JSON object");
    return OK;
}

/* --- walking: the text has been checked, so that every bracket has its like ----------------- */

static void skip(struct sv *rest, size_t n)
{
    rest->ptr += n;
    rest->len -= n;
}

/* Takes the string that *rest begins with, quotes included. */
static struct sv take_string(struct sv *rest)
{
    struct sv string = *rest;
    size_t at = 1;
    while (at < rest->len && rest->ptr[at] != '"')
        at += rest->ptr[at] == '\\' ? 2 : 1;
    string.len = at < rest->len ? at + 1 : rest->len;
    skip(rest, string.len);
    return string;
}

/* Takes the value that *rest begins with: to the comma or bracket behind it. */
static struct sv take_value(struct sv *rest)
{
    struct sv value = *rest;
    int depth = 0;
    while (rest->len > 0) {
        char c = rest->ptr[0];
        if (depth == 0 && (c == ',' || c == '}' || c == ']'))
            break;
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        if (c == '"')
            take_string(rest);
        else
            skip(rest, 1);
    }
    value.len = (size_t)(rest->ptr - value.ptr);
    return sv_trim(value);
}

struct sv json_pick(struct sv object, const char *key)
{
    struct sv rest = sv_trim(object);
    if (rest.len < 2 || rest.ptr[0] != '{')
        return SV_NONE;
    do {
        char name[KEY_BYTES_MAX];
        skip(&rest, 1); /* the bracket or comma before it */
        rest = sv_trim(rest);
        if (rest.len == 0 || rest.ptr[0] != '"')
            return SV_NONE;
        bool is_it =
            json_pick_text(take_string(&rest), name, sizeof name) && strcmp(name, key) == 0;
        rest = sv_trim(rest);
        skip(&rest, 1); /* the colon */
        rest = sv_trim(rest);
        struct sv value = take_value(&rest);
        if (is_it)
            return sv_eq(value, SV("null")) ? SV_NONE : value;
    } while (rest.len > 0 && rest.ptr[0] == ',');
    return SV_NONE;
}

/* --- values ---------------------------------------------------------------------------------- */

static uint32_t take_hex4(struct sv *rest)
{
    char digits[5];
    sv_copy((struct sv){rest->ptr, 4}, digits, sizeof digits);
    skip(rest, 4);
    return (uint32_t)strtoul(digits, NULL, 16);
}

/* What stands behind the backslash, as UTF-8 at out; returns the bytes, never more than it took. */
static size_t take_escape(struct sv *rest, char *out)
{
    static const char names[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    char c = rest->ptr[0];
    skip(rest, 1);
    if (c == 'u') {
        uint32_t codepoint = take_hex4(rest);
        if (codepoint >= 0xd800 && codepoint <= 0xdbff) {
            skip(rest, 2); /* the backslash and u of the other half */
            codepoint = 0x10000 + ((codepoint - 0xd800) << 10) + (take_hex4(rest) - 0xdc00);
        }
        return utf8_encode(codepoint, out);
    }
    const char *name = strchr(names, c);
    *out = name != NULL ? meanings[name - names] : c;
    return 1;
}

static bool is_string(struct sv value)
{
    return value.len >= 2 && value.ptr[0] == '"';
}

/* Into out, which holds value.len bytes. Returns the length. */
static size_t unescape(struct sv value, char *out)
{
    struct sv rest = {value.ptr + 1, value.len - 2};
    size_t len = 0;
    while (rest.len > 0) {
        char c = rest.ptr[0];
        skip(&rest, 1);
        if (c == '\\')
            len += take_escape(&rest, out + len);
        else
            out[len++] = c;
    }
    return len;
}

struct secret *json_pick_secret(struct sv value)
{
    if (!is_string(value))
        return NULL;
    char *bytes = mem_alloc(value.len);
    struct secret *secret = secret_new((struct sv){bytes, unescape(value, bytes)});
    secret_wipe(bytes, value.len);
    mem_free(bytes);
    return secret;
}

bool json_pick_text(struct sv value, char *text, size_t size_bytes)
{
    if (!is_string(value))
        return false;
    char *bytes = mem_alloc(value.len);
    size_t len = unescape(value, bytes);
    if (len < size_bytes)
        sv_copy((struct sv){bytes, len}, text, size_bytes);
    mem_free(bytes);
    return len < size_bytes;
}

bool json_pick_i64(struct sv value, int64_t *number)
{
    char text[32];
    return json_pick_text(value, text, sizeof text) ? sv_to_i64(sv_of(text), number)
                                                    : sv_to_i64(value, number);
}

/* --------------------------------------------------------------------------------------------- */

void json_pick_quote(struct buf *out, struct sv text)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '"' || c == '\\') {
            buf_add_char(out, '\\');
            buf_add_char(out, c);
        } else if ((unsigned char)c < ' ') {
            buf_addf(out, "\\u%04x", (unsigned)c);
        } else {
            buf_add_char(out, c);
        }
    }
    buf_add_char(out, '"');
}
