#include "core/base/json_pick.h"

#include "core/base/json_raw.h"
#include "core/base/mem.h"

enum err_code json_pick_check(struct sv text, const char *where, struct err *err)
{
    struct sv value;
    enum err_code code = json_raw_check(text, where, &value, err);
    if (code == OK && value.ptr[0] != '{')
        return err_set(err, ERR_PARSE, where, "no JSON object");
    return code;
}

/* --- members --------------------------------------------------------------------------------- */

static bool key_is(struct sv key, const char *wanted)
{
    AUTO(buf_done) struct buf scratch = BUF_NONE;
    struct sv quoted = {key.ptr - 1, key.len + 2}; /* as it stands in the document */
    return sv_eq_cstr(json_raw_text(quoted, &scratch), wanted);
}

struct sv json_pick(struct sv object, const char *key)
{
    struct json_raw walk = json_raw_open(sv_trim(object));
    struct sv found, value;
    while (walk.has_keys && json_raw_next(&walk, &found, &value)) {
        if (key_is(found, key))
            return sv_eq(value, SV("null")) ? SV_NONE : value;
    }
    return SV_NONE;
}

/* --- values ---------------------------------------------------------------------------------- */

struct secret *json_pick_secret(struct sv value)
{
    struct buf scratch = BUF_NONE;
    buf_reserve(&scratch, value.len); /* so that it never moves, and leaves no copy behind */
    struct sv text = json_raw_text(value, &scratch);
    struct secret *secret = text.ptr != NULL ? secret_new(text) : NULL;
    secret_wipe(scratch.ptr, scratch.len);
    buf_done(&scratch);
    return secret;
}

bool json_pick_text(struct sv value, char *text, size_t size_bytes)
{
    AUTO(buf_done) struct buf scratch = BUF_NONE;
    struct sv whole = json_raw_text(value, &scratch);
    if (whole.ptr == NULL || whole.len >= size_bytes)
        return false;
    sv_copy(whole, text, size_bytes);
    return true;
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
