#include "core/base/json_pull.h"

#include <string.h>

#include "core/base/json.h"

void json_pull_begin(struct json_pull *pull, struct sv text)
{
    *pull = (struct json_pull){.scan = {.at = text.ptr, .end = text.ptr + text.len}};
    if (text.len == 0)
        scan_fail(&pull->scan, "no data");
}

/* The first fault stays, and nothing is read behind it. */
static bool is_well(const struct json_pull *pull)
{
    return pull->scan.fault == NULL;
}

/* --- brackets -------------------------------------------------------------------------------- */

bool json_pull_enter(struct json_pull *pull, char bracket)
{
    struct scan *scan = &pull->scan;
    if (!is_well(pull))
        return false;
    scan_blanks(scan);
    if (!scan_accept(scan, bracket))
        return false;
    if (++scan->depth > JSON_DEPTH_MAX)
        return scan_fail(scan, "nested too deeply");
    pull->is_object = pull->is_object << 1 | (bracket == '{');
    pull->is_first = true;
    return true;
}

static bool leave(struct json_pull *pull)
{
    pull->scan.depth--;
    pull->is_object >>= 1;
    pull->is_first = false;
    return false;
}

static bool read_key(struct scan *scan, struct sv *key)
{
    scan_blanks(scan);
    const char *quote = scan->at;
    if (scan_peek(scan) != '"')
        return scan_fail(scan, "a key is missing");
    if (!scan_string(scan))
        return false;
    *key = (struct sv){quote + 1, (size_t)(scan->at - quote) - 2};
    scan_blanks(scan);
    return scan_accept(scan, ':') || scan_fail(scan, "a colon is missing");
}

bool json_pull_next(struct json_pull *pull, struct sv *key)
{
    struct scan *scan = &pull->scan;
    bool is_object = pull->is_object & 1;
    *key = SV_NONE;
    if (!is_well(pull))
        return false;
    scan_blanks(scan);
    if (!pull->is_first || scan_peek(scan) == (is_object ? '}' : ']')) {
        if (scan_accept(scan, is_object ? '}' : ']'))
            return leave(pull);
        if (!scan_accept(scan, ','))
            return scan_fail(scan, "a comma or a closing bracket is missing");
    }
    pull->is_first = false;
    return !is_object || read_key(scan, key);
}

/* --- values ---------------------------------------------------------------------------------- */

struct sv json_pull_raw(struct json_pull *pull)
{
    struct scan *scan = &pull->scan;
    if (!is_well(pull))
        return SV_NONE;
    scan_blanks(scan);
    const char *first = scan->at;
    if (!scan_value(scan))
        return SV_NONE;
    return (struct sv){first, (size_t)(scan->at - first)};
}

/* Whether a string is at hand; anything else is read. */
static bool is_at_string(struct json_pull *pull)
{
    if (!is_well(pull))
        return false;
    scan_blanks(&pull->scan);
    if (scan_peek(&pull->scan) == '"')
        return true;
    scan_value(&pull->scan);
    return false;
}

bool json_pull_add(struct json_pull *pull, struct buf *out)
{
    struct scan *scan = &pull->scan;
    char *end;
    if (!is_at_string(pull) || !buf_reserve(out, (size_t)(scan->end - scan->at)) ||
        !scan_string_to(scan, out->ptr + out->len, &end))
        return false;
    *end = '\0';
    out->len = (size_t)(end - out->ptr);
    return true;
}

struct sv json_pull_text(struct json_pull *pull, struct buf *scratch)
{
    struct scan *scan = &pull->scan;
    if (!is_at_string(pull))
        return SV_NONE;
    const char *quote = scan->at;
    if (!scan_string(scan))
        return SV_NONE;
    size_t len = (size_t)(scan->at - quote) - 2;
    if (memchr(quote + 1, '\\', len) == NULL)
        return (struct sv){quote + 1, len};
    scan->at = quote;
    buf_clear(scratch);
    return json_pull_add(pull, scratch) ? buf_sv(scratch) : SV_NONE;
}

enum err_code json_pull_end(struct json_pull *pull, const char *where, struct err *err)
{
    struct scan *scan = &pull->scan;
    scan_blanks(scan);
    if (is_well(pull) && (scan->at != scan->end || scan->depth > 0))
        scan_fail(scan,
                  scan->depth > 0 ? "the document does not end" : "something follows the document");
    if (is_well(pull))
        return OK;
    return err_set(err, ERR_PARSE, where, "JSON: %s", scan->fault);
}
