/* pager_yaml: a JSON document laid out as YAML, coloured as JSON is. */
#include <ctype.h>

#include "core/base/mem.h"
#include "core/base/yaml.h"
#include "tui/widget/pager.h"

#define SPANS_MAX 2 /* of a line: its key and its value */

/* Past blanks, and the marks of elements and long keys. */
static size_t skip_marks(struct sv line)
{
    size_t at = 0;

    while (at < line.len && (line.ptr[at] == ' ' ||
                             ((line.ptr[at] == '-' || line.ptr[at] == '?' || line.ptr[at] == ':') &&
                              at + 1 < line.len && line.ptr[at + 1] == ' ')))
        at++;
    return at;
}

/* Behind the quoted or plain text that begins at `at`: a plain one has no colon before a blank. */
static size_t text_end(struct sv line, size_t at)
{
    if (at == line.len || line.ptr[at] != '"') {
        while (at < line.len &&
               !(line.ptr[at] == ':' && (at + 1 == line.len || line.ptr[at + 1] == ' ')))
            at++;
        return at;
    }
    for (at++; at < line.len && line.ptr[at] != '"'; at++)
        at += line.ptr[at] == '\\';
    return at + 1;
}

/* Texts that begin with a digit are quoted, as are those that are such words. */
static style_t value_style(struct sv value)
{
    if (value.len == 0 || value.ptr[0] == '"')
        return ROLE_TEXT;
    if (isdigit((unsigned char)value.ptr[0]) || value.ptr[0] == '-')
        return ROLE_NUMBER;
    return sv_eq_cstr(value, "true") || sv_eq_cstr(value, "false") || sv_eq_cstr(value, "null")
               ? ROLE_STRONG
               : ROLE_TEXT;
}

static void add_line(struct pager *pager, struct sv line)
{
    struct pager_span spans[SPANS_MAX];
    size_t n = 0, at = skip_marks(line), end = text_end(line, at);

    if (end < line.len && line.ptr[end] == ':') {
        spans[n++] = (struct pager_span){(uint32_t)at, (uint32_t)end, ROLE_LABEL};
        at = end + 1 < line.len ? end + 2 : line.len;
    }
    struct sv value = {line.ptr + at, line.len - at};
    if (value.len > 0)
        spans[n++] = (struct pager_span){(uint32_t)at, (uint32_t)line.len, value_style(value)};
    pager_add_spans(pager, line, ROLE_TEXT, spans, n);
}

void pager_add_yaml(struct pager *pager, struct sv json)
{
    AUTO(buf_done) struct buf text = BUF_CAPPED(SIZE_MAX / 4);

    if (yaml_add_json(&text, json, "yaml", NULL) != OK) {
        pager_add(pager, json, ROLE_TEXT);
        return;
    }
    for (struct sv rest = buf_sv(&text); rest.len > 0;)
        add_line(pager, sv_split(&rest, '\n'));
}
