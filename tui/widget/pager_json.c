/* pager_json: JSON text laid out for reading, number for number as it was written. */
#include <ctype.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/vec.h"
#include "tui/widget/pager.h"

#define INDENT 2

/* A line in the making. */
struct layout {
    struct pager *pager;
    struct buf line;
    VEC(struct pager_span) spans;
    int depth;
};

static void end_line(struct layout *layout)
{
    pager_add_spans(layout->pager, buf_sv(&layout->line), ROLE_TEXT, layout->spans.ptr,
                    layout->spans.len);
    buf_clear(&layout->line);
    vec_clear(&layout->spans);
}

static void new_line(struct layout *layout)
{
    end_line(layout);
    for (int i = 0; i < layout->depth * INDENT; i++)
        buf_add_char(&layout->line, ' ');
}

static void add_token(struct layout *layout, struct sv token, style_t style)
{
    uint32_t from = (uint32_t)layout->line.len;

    buf_add(&layout->line, token);
    vec_push(&layout->spans, ((struct pager_span){from, (uint32_t)layout->line.len, style}));
}

/* The token at the front of json, which is known to be well-formed and to begin with no blank. */
static struct sv token_of(struct sv json)
{
    size_t len = 1;

    if (json.ptr[0] == '"') {
        while (json.ptr[len] != '"')
            len += json.ptr[len] == '\\' ? 2 : 1;
        return (struct sv){json.ptr, len + 1};
    }
    if (strchr("{}[],:", json.ptr[0]) == NULL) {
        while (len < json.len && strchr("{}[],: \t\r\n", json.ptr[len]) == NULL)
            len++;
    }
    return (struct sv){json.ptr, len};
}

static struct sv skip_blanks(struct sv json)
{
    while (json.len != 0 && isspace((unsigned char)json.ptr[0]))
        json = (struct sv){json.ptr + 1, json.len - 1};
    return json;
}

static style_t style_of(struct sv token, struct sv rest)
{
    if (token.ptr[0] == '"')
        return sv_starts(rest, SV(":")) ? ROLE_LABEL : ROLE_TEXT;
    return isdigit((unsigned char)token.ptr[0]) || token.ptr[0] == '-' ? ROLE_NUMBER : ROLE_STRONG;
}

static void open_bracket(struct layout *layout, struct sv token, struct sv *rest)
{
    buf_add(&layout->line, token);
    if (rest->ptr[0] == '}' || rest->ptr[0] == ']') {
        buf_add_char(&layout->line, rest->ptr[0]);
        *rest = (struct sv){rest->ptr + 1, rest->len - 1};
        return;
    }
    layout->depth++;
    new_line(layout);
}

static void add_value(struct layout *layout, struct sv token, struct sv *rest)
{
    switch (token.ptr[0]) {
    case '{':
    case '[':
        open_bracket(layout, token, rest);
        break;
    case '}':
    case ']':
        layout->depth--;
        new_line(layout);
        buf_add(&layout->line, token);
        break;
    case ',':
        buf_add(&layout->line, token);
        new_line(layout);
        break;
    case ':':
        buf_add_cstr(&layout->line, ": ");
        break;
    default:
        add_token(layout, token, style_of(token, *rest));
    }
}

void pager_add_json(struct pager *pager, struct sv json)
{
    struct layout layout = {.pager = pager};
    AUTO(json_free_at) cJSON *tree = NULL;

    if (json_parse(json, "json", &tree, NULL) != OK) {
        pager_add(pager, json, ROLE_TEXT);
        return;
    }
    json = skip_blanks(json);
    while (json.len != 0) {
        struct sv token = token_of(json);
        json = skip_blanks((struct sv){json.ptr + token.len, json.len - token.len});
        add_value(&layout, token, &json);
    }
    end_line(&layout);
    buf_done(&layout.line);
    vec_free(&layout.spans);
}
