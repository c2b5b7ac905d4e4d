#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/json.h"
#include "core/base/text.h"

static void begin_value(struct json_writer *w)
{
    if (w->need_comma)
        buf_add_char(w->out, ',');
    w->need_comma = true;
}

static void open_bracket(struct json_writer *w, char bracket)
{
    begin_value(w);
    buf_add_char(w->out, bracket);
    w->need_comma = false;
}

static void close_bracket(struct json_writer *w, char bracket)
{
    buf_add_char(w->out, bracket);
    w->need_comma = true;
}

void jw_object(struct json_writer *w)
{
    open_bracket(w, '{');
}

void jw_object_end(struct json_writer *w)
{
    close_bracket(w, '}');
}

void jw_array(struct json_writer *w)
{
    open_bracket(w, '[');
}

void jw_array_end(struct json_writer *w)
{
    close_bracket(w, ']');
}

void jw_key(struct json_writer *w, const char *key)
{
    jw_string(w, sv_of(key));
    buf_add_char(w->out, ':');
    w->need_comma = false;
}

/* RFC 8259 section 7: what lies beyond the BMP is written as a surrogate pair. */
static void escape_codepoint(struct buf *out, uint32_t codepoint)
{
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
static size_t add_character(struct buf *out, struct sv text, size_t *n_marks)
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
        escape_codepoint(out, codepoint);
    } else {
        buf_add(out, raw);
    }
    return n_bytes;
}

void jw_string(struct json_writer *w, struct sv text)
{
    size_t n_marks = TEXT_MARKS_MAX;

    begin_value(w);
    buf_add_char(w->out, '"');
    while (text.len != 0) {
        size_t n_bytes = unescaped_run(text);
        if (n_bytes != 0) {
            buf_add(w->out, (struct sv){text.ptr, n_bytes});
            n_marks = 0;
        } else {
            n_bytes = add_character(w->out, text, &n_marks);
        }
        text.ptr += n_bytes;
        text.len -= n_bytes;
    }
    buf_add_char(w->out, '"');
}

void jw_i64(struct json_writer *w, int64_t value)
{
    begin_value(w);
    buf_addf(w->out, "%lld", (long long)value);
}

void jw_bool(struct json_writer *w, bool value)
{
    begin_value(w);
    buf_add_cstr(w->out, value ? "true" : "false");
}

void jw_null(struct json_writer *w)
{
    begin_value(w);
    buf_add_cstr(w->out, "null");
}

/* The shorter of two notations that reads back as the same double. JSON knows no NaN. */
static void write_double(struct json_writer *w, double value)
{
    char text[40];

    if (!isfinite(value)) {
        jw_null(w);
        return;
    }
    snprintf(text, sizeof text, "%.*g", DBL_DIG, value);
    if (strtod(text, NULL) != value)
        snprintf(text, sizeof text, "%.*g", DBL_DECIMAL_DIG, value);
    begin_value(w);
    buf_add_cstr(w->out, text);
}

void jw_tree(struct json_writer *w, const cJSON *tree)
{
    bool is_object = cJSON_IsObject(tree);

    if (is_object || cJSON_IsArray(tree)) {
        open_bracket(w, is_object ? '{' : '[');
        for (const cJSON *item = tree->child; item != NULL; item = item->next) {
            if (is_object)
                jw_key(w, item->string);
            jw_tree(w, item);
        }
        close_bracket(w, is_object ? '}' : ']');
    } else if (cJSON_IsString(tree)) {
        jw_string(w, sv_of(tree->valuestring));
    } else if (cJSON_IsNumber(tree)) {
        write_double(w, tree->valuedouble);
    } else if (cJSON_IsBool(tree)) {
        jw_bool(w, cJSON_IsTrue(tree));
    } else {
        jw_null(w);
    }
}

void jw_string_at(struct json_writer *w, const char *key, struct sv text)
{
    jw_key(w, key);
    jw_string(w, text);
}

void jw_i64_at(struct json_writer *w, const char *key, int64_t value)
{
    jw_key(w, key);
    jw_i64(w, value);
}

void jw_bool_at(struct json_writer *w, const char *key, bool value)
{
    jw_key(w, key);
    jw_bool(w, value);
}

char *json_print(const cJSON *tree)
{
    struct buf text = BUF_CAPPED(SIZE_MAX / 4);
    struct json_writer w = {.out = &text};

    jw_tree(&w, tree);
    return buf_take(&text);
}
