#include "core/base/json_scan.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"

/* cJSON copies a number into 64 bytes before it converts it: what is longer would be cut. */
#define NUMBER_BYTES_MAX 63

bool scan_fail(struct scan *scan, const char *fault)
{
    scan->fault = fault;
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool scan_digits(struct scan *scan)
{
    if (!is_digit(scan_peek(scan)))
        return scan_fail(scan, "a digit is missing");
    while (is_digit(scan_peek(scan)))
        scan->at++;
    return true;
}

/* Without an exponent, so few digits cannot overflow. */
static bool number_fits(struct scan *scan, const char *first, bool has_exponent)
{
    char number[NUMBER_BYTES_MAX + 1];

    if (scan->at - first > NUMBER_BYTES_MAX)
        return scan_fail(scan, "the number is too long");
    sv_copy((struct sv){first, (size_t)(scan->at - first)}, number, sizeof number);
    if (has_exponent && isinf(strtod(number, NULL)))
        return scan_fail(scan, "the number is too large");
    return true;
}

static bool scan_number(struct scan *scan)
{
    const char *first = scan->at;
    bool has_exponent = false;

    scan_accept(scan, '-');
    if (!scan_accept(scan, '0') && !scan_digits(scan))
        return false;
    if (scan_accept(scan, '.') && !scan_digits(scan))
        return false;
    if (scan_accept(scan, 'e') || scan_accept(scan, 'E')) {
        has_exponent = true;
        if (!scan_accept(scan, '+'))
            scan_accept(scan, '-');
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

static bool scan_unicode_escape(struct scan *scan, uint32_t *codepoint)
{
    int unit = scan_hex4(scan);

    if (unit < 0)
        return scan_fail(scan, "wrong \\u escape");
    if (unit == 0)
        return scan_fail(scan, "\\u0000 is not allowed");
    *codepoint = (uint32_t)unit;
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    if (unit >= 0xdc00 || !scan_accept(scan, '\\') || !scan_accept(scan, 'u'))
        return scan_fail(scan, "lone surrogate");
    int low = scan_hex4(scan);
    if (low < 0xdc00 || low > 0xdfff)
        return scan_fail(scan, "lone surrogate");
    *codepoint = 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
    return true;
}

/* Behind the backslash. */
static bool scan_escape(struct scan *scan, uint32_t *codepoint)
{
    static const char meanings[256] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                       ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};
    if (scan_accept(scan, 'u'))
        return scan_unicode_escape(scan, codepoint);
    char meaning = meanings[(unsigned char)scan_peek(scan)];
    if (meaning == '\0')
        return scan_fail(scan, "wrong escape");
    *codepoint = (unsigned char)meaning;
    scan->at++;
    return true;
}

/* How many of eight bytes stand before the first quote, backslash or control byte. */
static size_t count_plain(const char *at)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x80 * ones;
    uint64_t bytes;

    /* Each byte of (x - n) & ~x has its top bit set if the byte of x is less than n; a borrow can
     * set that of a later one too, but only the first one counts. */
    memcpy(&bytes, at, sizeof bytes);
    bytes = le64toh(bytes);
    uint64_t quote = bytes ^ '"' * ones, backslash = bytes ^ '\\' * ones;
    uint64_t special = (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
                        ((bytes - ' ' * ones) & ~bytes)) &
                       tops;
    return special == 0 ? 8 : (size_t)__builtin_ctzll(special) / 8;
}

/* Over what needs no second look, copying it to *out when that is wanted. */
static inline void take_plain(struct scan *scan, char **out)
{
    size_t n = 8;
    while (n == 8 && scan->end - scan->at >= 8) {
        n = count_plain(scan->at);
        if (out != NULL) {
            memcpy(*out, scan->at, 8); /* there is room for all that is left */
            *out += n;
        }
        scan->at += n;
    }
    if (n < 8)
        return;
    for (; scan->at < scan->end && *scan->at != '"' && *scan->at != '\\' &&
           (unsigned char)*scan->at >= ' ';
         scan->at++)
        if (out != NULL)
            *(*out)++ = *scan->at;
}

static inline void put_codepoint(uint32_t codepoint, char **out)
{
    if (codepoint < 0x80)
        *(*out)++ = (char)codepoint;
    else
        *out += utf8_encode(codepoint, *out);
}

/* out: NULL when the text is not wanted. An escape is never shorter than what it means. */
static inline bool take_string(struct scan *scan, char **out)
{
    scan->at++;
    for (;;) {
        uint32_t codepoint;
        take_plain(scan, out);
        if (scan->at == scan->end)
            return scan_fail(scan, "the string does not end");
        char c = *scan->at;
        if (c == '"') {
            scan->at++;
            return true;
        }
        if (c != '\\')
            return scan_fail(scan, "control byte in a string");
        scan->at++;
        if (!scan_escape(scan, &codepoint))
            return false;
        if (out != NULL)
            put_codepoint(codepoint, out);
    }
}

bool scan_string(struct scan *scan)
{
    return take_string(scan, NULL);
}

bool scan_string_to(struct scan *scan, char *out, char **end)
{
    *end = out;
    return take_string(scan, end);
}

static bool scan_key(struct scan *scan)
{
    scan_blanks(scan);
    if (scan_peek(scan) != '"')
        return scan_fail(scan, "a key is missing");
    if (!scan_string(scan))
        return false;
    scan_blanks(scan);
    return scan_accept(scan, ':') || scan_fail(scan, "a colon is missing");
}

/* The members between brackets; an object's have keys. */
static bool scan_members(struct scan *scan, bool with_keys, char closing)
{
    scan->at++;
    if (++scan->depth > JSON_DEPTH_MAX)
        return scan_fail(scan, "nested too deeply");
    scan_blanks(scan);
    if (!scan_accept(scan, closing)) {
        do {
            if ((with_keys && !scan_key(scan)) || !scan_value(scan))
                return false;
            scan_blanks(scan);
        } while (scan_accept(scan, ','));
        if (!scan_accept(scan, closing))
            return scan_fail(scan, "a comma or a closing bracket is missing");
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
    return scan_fail(scan, "a value is missing");
}

bool scan_value(struct scan *scan)
{
    scan_blanks(scan);
    char c = scan_peek(scan);
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
        scan_blanks(&scan);
        if (scan.at != scan.end)
            scan.fault = "something follows the document";
    }
    *at = text.len != 0 ? (size_t)(scan.at - text.ptr) : 0;
    return scan.fault;
}
