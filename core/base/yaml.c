#include "core/base/yaml.h"

#include <ctype.h>
#include <string.h>

#include "core/base/json_raw.h"
#include "core/base/mem.h"
#include "core/base/quote.h"

#define INDENT       2
#define KEY_SIZE_MAX 1000 /* YAML finds the colon of a plain key within 1024 characters only */

/* --- texts ----------------------------------------------------------------------------------- */

static bool is_word_of_yaml(struct sv text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no",
                                        "on",   "off",  "y",     "n"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (sv_eq_nocase(text, sv_of(words[i])))
            return true;
    }
    return false;
}

/* What begins with a digit, a sign or a dot may be a number or a date, with anything else that is
 * no letter an indicator. */
static bool may_begin(char c)
{
    return isalpha((unsigned char)c) || c == '_' || c == '/';
}

static bool may_be_plain(struct sv text)
{
    if (text.len == 0 || !may_begin(text.ptr[0]) || is_word_of_yaml(text))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], next = i + 1 < text.len ? text.ptr[i + 1] : ' ';
        if (c < 0x20 || c > 0x7e || (c == ':' && next == ' ') || (c == ' ' && next == '#'))
            return false;
    }
    return text.ptr[text.len - 1] != ' ';
}

static void add_text(struct buf *out, struct sv text)
{
    if (may_be_plain(text))
        buf_add(out, text);
    else
        quote_add(out, text, QUOTE_YAML);
}

/* --- blocks ---------------------------------------------------------------------------------- */

static void new_line(struct buf *out, int indent)
{
    buf_addf(out, "\n%*s", indent, "");
}

static bool is_block(struct sv value)
{
    struct json_raw walk = json_raw_open(value);
    struct sv key, item;

    return json_raw_next(&walk, &key, &item);
}

/* A text, a number, a word, or brackets with nothing in them. */
static void add_scalar(struct buf *out, struct sv value)
{
    AUTO(buf_done) struct buf scratch = BUF_CAPPED(SIZE_MAX / 4);

    if (value.ptr[0] == '"')
        add_text(out, json_raw_text(value, &scratch));
    else if (value.ptr[0] == '{' || value.ptr[0] == '[')
        buf_add_cstr(out, value.ptr[0] == '{' ? "{}" : "[]");
    else
        buf_add(out, value);
}

/* "name:"; one that is too long for that is asked for by "? name", with the colon below it. */
static void add_key(struct buf *out, struct sv key, int indent)
{
    AUTO(buf_done) struct buf scratch = BUF_CAPPED(SIZE_MAX / 4), name = BUF_CAPPED(SIZE_MAX / 4);

    add_text(&name, json_raw_text((struct sv){key.ptr - 1, key.len + 2}, &scratch));
    if (name.len > KEY_SIZE_MAX) {
        buf_add_cstr(out, "? ");
        buf_add(out, buf_sv(&name));
        new_line(out, indent);
    } else {
        buf_add(out, buf_sv(&name));
    }
    buf_add_char(out, ':');
}

/* From where the line has got to on, which is column indent; without the end of the last line. */
static void add_value(struct buf *out, struct sv value, int indent)
{
    struct json_raw walk = json_raw_open(value);
    struct sv key, item;
    bool is_first = true;

    if (!is_block(value))
        add_scalar(out, value);
    while (json_raw_next(&walk, &key, &item)) {
        if (!is_first)
            new_line(out, indent);
        is_first = false;
        if (!walk.has_keys) {
            buf_add_cstr(out, "- ");
        } else {
            add_key(out, key, indent);
            if (is_block(item))
                new_line(out, indent + INDENT);
            else
                buf_add_char(out, ' ');
        }
        add_value(out, item, indent + INDENT);
    }
}

enum err_code yaml_add_json(struct buf *out, struct sv json, const char *where, struct err *err)
{
    struct sv value;

    if (json_raw_check(json, where, &value, err) != OK)
        return ERR_PARSE;
    add_value(out, value, 0);
    buf_add_char(out, '\n');
    return OK;
}
