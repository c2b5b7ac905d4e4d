#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/json.h"
#include "core/base/quote.h"

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

void jw_string(struct json_writer *w, struct sv text)
{
    begin_value(w);
    quote_add(w->out, text, QUOTE_JSON);
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
