#include "core/base/json_scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"

/* cJSON copies a number into 64 bytes before it converts it: what is longer would be cut. */
#define NUMBER_BYTES_MAX 63

struct scan {
    const char *at, *end;
    int depth;
    const char *fault; /* the first one; NULL while all is well */
};

static bool fail(struct scan *scan, const char *fault)
{
    scan->fault = fault;
    return false;
}

/* The byte to be read, or NUL at the end: a NUL is as wrong as the end wherever it is asked for. */
static char peek(const struct scan *scan)
{
    return scan->at < scan->end ? *scan->at : '\0';
}

static bool accept(struct scan *scan, char c)
{
    if (scan->at == scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

static void skip_blanks(struct scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
        scan->at++;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool scan_digits(struct scan *scan)
{
    if (!is_digit(peek(scan)))
        return fail(scan, "a digit is missing");
    while (is_digit(peek(scan)))
        scan->at++;
    return true;
}

/* Without an exponent, so few digits cannot overflow. */
static bool number_fits(struct scan *scan, const char *first, bool has_exponent)
{
    char number[NUMBER_BYTES_MAX + 1];

    if (scan->at - first > NUMBER_BYTES_MAX)
        return fail(scan, "the number is too long");
    sv_copy((struct sv){first, (size_t)(scan->at - first)}, number, sizeof number);
    if (has_exponent && isinf(strtod(number, NULL)))
        return fail(scan, "the number is too large");
    return true;
}

static bool scan_number(struct scan *scan)
{
    const char *first = scan->at;
    bool has_exponent = false;

    accept(scan, '-');
    if (!accept(scan, '0') && !scan_digits(scan))
        return false;
    if (accept(scan, '.') && !scan_digits(scan))
        return false;
    if (accept(scan, 'e') || accept(scan, 'E')) {
        has_exponent = true;
        if (!accept(scan, '+'))
            accept(scan, '-');
        if (!scan_digits(scan))
            return false;
    }
    return number_fits(scan, first, has_exponent);
}

/* Four hexadecimal digits; -1 when they are not. */
static int scan_hex4(struct scan *scan)
{
    int value = 0;

    if (scan->end - scan->at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = *scan->at++;
        if (is_digit(c))
            value = value * 16 + (c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            value = value * 16 + ((c | 0x20) - 'a' + 10);
        else
            return -1;
    }
    return value;
}

static bool scan_unicode_escape(struct scan *scan)
{
    int unit = scan_hex4(scan);

    if (unit < 0)
        return fail(scan, "wrong \\u escape");
    if (unit == 0)
        return fail(scan, "\\u0000 is not allowed");
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    if (unit >= 0xdc00 || !accept(scan, '\\') || !accept(scan, 'u'))
        return fail(scan, "lone surrogate");
    int low = scan_hex4(scan);
    return (low >= 0xdc00 && low <= 0xdfff) || fail(scan, "lone surrogate");
}

static bool scan_escape(struct scan *scan)
{
    if (accept(scan, 'u'))
        return scan_unicode_escape(scan);
    char c = peek(scan);
    if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL)
        return fail(scan, "wrong escape");
    scan->at++;
    return true;
}

/* A quote, a backslash or a control byte among eight bytes: some byte of the result is not zero. */
static uint64_t find_special(uint64_t bytes)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x80 * ones;
    uint64_t quote = bytes ^ '"' * ones, backslash = bytes ^ '\\' * ones;

    /* Each byte of (x - n) & ~x has its top bit set if the byte of x is less than n; a borrow can
     * set that of the next one too, which only costs a look at eight bytes one by one. */
    return (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
            ((bytes - ' ' * ones) & ~bytes)) &
           tops;
}

static void skip_plain(struct scan *scan)
{
    uint64_t eight;

    while (scan->end - scan->at >= (ptrdiff_t)sizeof eight) {
        memcpy(&eight, scan->at, sizeof eight);
        if (find_special(eight) != 0)
            break;
        scan->at += sizeof eight;
    }
    while (scan->at < scan->end && *scan->at != '"' && *scan->at != '\\' &&
           (unsigned char)*scan->at >= ' ')
        scan->at++;
}

static bool scan_string(struct scan *scan)
{
    scan->at++;
    for (;;) {
        skip_plain(scan);
        if (scan->at == scan->end)
            return fail(scan, "the string does not end");
        char c = *scan->at;
        if (c == '"') {
            scan->at++;
            return true;
        }
        if (c != '\\')
            return fail(scan, "control byte in a string");
        scan->at++;
        if (!scan_escape(scan))
            return false;
    }
}

static bool scan_value(struct scan *scan);

static bool scan_key(struct scan *scan)
{
    skip_blanks(scan);
    if (peek(scan) != '"')
        return fail(scan, "a key is missing");
    if (!scan_string(scan))
        return false;
    skip_blanks(scan);
    return accept(scan, ':') || fail(scan, "a colon is missing");
}

/* The members between brackets; an object's have keys. */
static bool scan_members(struct scan *scan, bool with_keys, char closing)
{
    scan->at++;
    if (++scan->depth > JSON_DEPTH_MAX)
        return fail(scan, "nested too deeply");
    skip_blanks(scan);
    if (!accept(scan, closing)) {
        do {
            if ((with_keys && !scan_key(scan)) || !scan_value(scan))
                return false;
            skip_blanks(scan);
        } while (accept(scan, ','));
        if (!accept(scan, closing))
            return fail(scan, "a comma or a closing bracket is missing");
    }
    scan->depth--;
    return true;
}

static bool scan_word(struct scan *scan)
{
    static const struct sv words[] = {{"true", 4}, {"false", 5}, {"null", 4}};
    struct sv rest = {scan->at, (size_t)(scan->end - scan->at)};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (sv_starts(rest, words[i])) {
            scan->at += words[i].len;
            return true;
        }
    }
    return fail(scan, "a value is missing");
}

static bool scan_value(struct scan *scan)
{
    skip_blanks(scan);
    char c = peek(scan);
    if (c == '"')
        return scan_string(scan);
    if (c == '{')
        return scan_members(scan, true, '}');
    if (c == '[')
        return scan_members(scan, false, ']');
    return c == '-' || is_digit(c) ? scan_number(scan) : scan_word(scan);
}

const char *json_scan(struct sv text, size_t *at)
{
    struct scan scan = {.at = text.ptr, .end = text.ptr + text.len};

    if (text.len == 0)
        scan.fault = "no data";
    else if (scan_value(&scan)) {
        skip_blanks(&scan);
        if (scan.at != scan.end)
            scan.fault = "something follows the document";
    }
    *at = text.len != 0 ? (size_t)(scan.at - text.ptr) : 0;
    return scan.fault;
}
