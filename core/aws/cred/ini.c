#include "core/aws/cred/ini.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/base/secret.h"

struct parser {
    const struct ini_handler *handler;
    const char *file;
    struct err *err;
    int line;
    bool in_section;

    /* the property that may go on in the next line */
    struct sv name;
    struct sv value;         /* of its first line */
    struct buf continuation; /* of the further ones */
    int property_line;
};

static enum err_code wrong(const struct parser *parser, const char *what)
{
    return err_set(parser->err, ERR_CONFIG, "shared config", "%s:%d: %s", parser->file,
                   parser->line, what);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_comment(char c)
{
    return c == '#' || c == ';';
}

/* Cuts at white space that a comment sign follows. */
static struct sv without_comment(struct sv text)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (is_space(text.ptr[i]) && is_comment(text.ptr[i + 1]))
            return (struct sv){text.ptr, i};
    }
    return text;
}

/* Hands over the property that has been gathered, if there is one. */
static void flush_property(struct parser *parser)
{
    if (parser->name.len == 0)
        return;
    struct sv value = parser->value;
    if (parser->continuation.len > 0) {
        struct buf whole = BUF_NONE;
        buf_add(&whole, value);
        buf_add(&whole, buf_sv(&parser->continuation));
        parser->handler->property(parser->handler->arg, parser->name, buf_sv(&whole),
                                  parser->property_line);
        secret_wipe(whole.ptr, whole.len);
        buf_done(&whole);
    } else {
        parser->handler->property(parser->handler->arg, parser->name, value, parser->property_line);
    }
    secret_wipe(parser->continuation.ptr, parser->continuation.len);
    buf_clear(&parser->continuation);
    parser->name = SV_NONE;
}

static enum err_code take_section(struct parser *parser, struct sv line)
{
    const char *end = memchr(line.ptr, ']', line.len);
    flush_property(parser);
    if (end == NULL)
        return wrong(parser, "Profile definition must end with ']'");
    struct sv rest = sv_trim((struct sv){end + 1, line.len - (size_t)(end + 1 - line.ptr)});
    if (rest.len > 0 && !is_comment(rest.ptr[0]))
        return wrong(parser, "only a comment may follow ']'");
    struct sv header = {line.ptr + 1, (size_t)(end - line.ptr) - 1};
    parser->in_section = true;
    parser->handler->section(parser->handler->arg, sv_trim(header), parser->line);
    return OK;
}

static enum err_code take_property(struct parser *parser, struct sv line)
{
    flush_property(parser);
    if (!parser->in_section)
        return wrong(parser, "Expected a profile definition");
    if (memchr(line.ptr, '=', line.len) == NULL)
        return wrong(parser, "Expected an '=' sign defining a property");
    struct sv value = line;
    struct sv name = sv_trim(sv_split(&value, '='));
    if (name.len == 0)
        return wrong(parser, "Property did not have a name");
    parser->name = name;
    parser->value = sv_trim(without_comment(value));
    parser->property_line = parser->line;
    return OK;
}

static enum err_code take_continuation(struct parser *parser, struct sv line)
{
    struct sv text = sv_trim(line);
    if (!parser->in_section)
        return wrong(parser, "Expected a profile definition");
    if (parser->name.len == 0)
        return wrong(parser, "Expected a property definition, found continuation");
    if (parser->value.len == 0) { /* a property of the property's own */
        struct sv rest = text;
        if (memchr(text.ptr, '=', text.len) == NULL)
            return wrong(parser, "Expected an '=' sign defining a sub-property");
        if (sv_trim(sv_split(&rest, '=')).len == 0)
            return wrong(parser, "Sub-property did not have a name");
    }
    buf_add_char(&parser->continuation, '\n');
    buf_add(&parser->continuation, text);
    return OK;
}

static enum err_code take_line(struct parser *parser, struct sv line)
{
    if (sv_trim(line).len == 0 || is_comment(line.ptr[0]))
        return OK;
    if (line.ptr[0] == '[')
        return take_section(parser, line);
    if (is_space(line.ptr[0]))
        return take_continuation(parser, line);
    return take_property(parser, line);
}

enum err_code ini_parse(struct sv text, const char *file, const struct ini_handler *handler,
                        struct err *err)
{
    struct parser parser = {.handler = handler, .file = file, .err = err};
    enum err_code code = OK;
    while (code == OK && text.len > 0) {
        parser.line++;
        code = take_line(&parser, sv_split(&text, '\n'));
    }
    if (code == OK)
        flush_property(&parser);
    buf_done(&parser.continuation);
    return code;
}

struct sv ini_nested(struct sv value, const char *name)
{
    while (value.len > 0) {
        struct sv line = sv_split(&value, '\n');
        if (sv_eq_nocase(sv_trim(sv_split(&line, '=')), sv_of(name)))
            return sv_trim(line);
    }
    return SV_NONE;
}
