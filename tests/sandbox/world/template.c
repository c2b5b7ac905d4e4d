#include "tests/sandbox/world/template.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"

struct reader {
    const char *at;
    va_list args;
};

static cJSON *read_value(struct reader *r);

static void skip_blanks(struct reader *r)
{
    while (isspace((unsigned char)*r->at))
        r->at++;
}

/* Steps over c if it comes next. */
static bool accept(struct reader *r, char c)
{
    skip_blanks(r);
    if (*r->at != c)
        return false;
    r->at++;
    return true;
}

static void expect(struct reader *r, char c)
{
    if (!accept(r, c))
        abort();
}

static cJSON *read_argument(struct reader *r)
{
    char iso[CLOCK_ISO_SIZE];
    const char *text;
    switch (*r->at++) {
    case 's':
        text = va_arg(r->args, const char *);
        return text ? cJSON_CreateString(text) : NULL;
    case 'd':
        return cJSON_CreateNumber(va_arg(r->args, int));
    case 'l':
        return cJSON_CreateNumber((double)va_arg(r->args, int64_t));
    case 'b':
        return cJSON_CreateBool(va_arg(r->args, int));
    case 't':
        clock_iso8601(va_arg(r->args, int64_t), true, iso);
        return cJSON_CreateString(iso);
    case 'e':
        return cJSON_CreateNumber((double)va_arg(r->args, int64_t) / 1000.0);
    case 'o':
        return va_arg(r->args, cJSON *);
    default:
        abort();
    }
}

static cJSON *read_quoted(struct reader *r)
{
    const char *end = strchr(r->at, '\'');
    char text[512];
    size_t len = end ? (size_t)(end - r->at) : sizeof text;
    if (len >= sizeof text)
        abort();
    memcpy(text, r->at, len);
    text[len] = '\0';
    r->at = end + 1;
    return cJSON_CreateString(text);
}

static cJSON *read_word(struct reader *r)
{
    char *end;
    long number = strtol(r->at, &end, 10);
    if (end != r->at) {
        r->at = end;
        return cJSON_CreateNumber((double)number);
    }
    bool yes = strncmp(r->at, "true", 4) == 0;
    if (!yes && strncmp(r->at, "false", 5) != 0)
        abort();
    r->at += yes ? 4 : 5;
    return cJSON_CreateBool(yes);
}

static cJSON *read_object(struct reader *r)
{
    cJSON *object = cJSON_CreateObject();
    while (!accept(r, '}')) {
        char key[64];
        size_t len = 0;
        skip_blanks(r);
        for (; isalnum((unsigned char)*r->at) || *r->at == '_' || *r->at == '-'; r->at++)
            if (len < sizeof key - 1)
                key[len++] = *r->at;
        key[len] = '\0';
        expect(r, ':');
        cJSON *value = read_value(r);
        if (value)
            cJSON_AddItemToObject(object, key, value);
        accept(r, ',');
    }
    return object;
}

static cJSON *read_array(struct reader *r)
{
    cJSON *array = cJSON_CreateArray();
    while (!accept(r, ']')) {
        cJSON *value = read_value(r);
        if (value)
            cJSON_AddItemToArray(array, value);
        accept(r, ',');
    }
    return array;
}

static cJSON *read_value(struct reader *r)
{
    if (accept(r, '{'))
        return read_object(r);
    if (accept(r, '['))
        return read_array(r);
    if (accept(r, '\''))
        return read_quoted(r);
    if (accept(r, '%'))
        return read_argument(r);
    return read_word(r);
}

cJSON *json_make(const char *template, ...)
{
    struct reader reader = {.at = template};
    va_start(reader.args, template);
    cJSON *tree = read_value(&reader);
    va_end(reader.args);
    return tree;
}
