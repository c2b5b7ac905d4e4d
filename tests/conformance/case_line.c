#include "tests/conformance/case_line.h"

#include <stdio.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"

static void copy_expectation(struct sv text, char *expect, size_t size)
{
    const char *bracket = text.len > 0 ? memchr(text.ptr, '(', text.len) : NULL;

    if (bracket != NULL)
        text.len = (size_t)(bracket - text.ptr);
    sv_copy(sv_trim(text), expect, size);
}

static bool read_line(struct sv text, case_line_fn *fn, void *arg)
{
    AUTO(json_free_at) cJSON *json = NULL;
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    struct case_line line;

    if (json_parse(text, "case", &json, NULL) != OK)
        return false;
    struct sv id = json_sv(json, "id"), expect = json_sv(json, "expect");
    if (id.len == 0 || expect.len == 0 || !base64_decode(&bytes, json_sv(json, "b64")))
        return false;
    line.json = json;
    line.bytes = buf_sv(&bytes);
    struct sv name = json_sv(json, "name");
    snprintf(line.id, sizeof line.id, SV_FMT " " SV_FMT, SV_ARG(id), SV_ARG(name));
    copy_expectation(expect, line.expect, sizeof line.expect);
    fn(&line, arg);
    return true;
}

void case_lines_each(struct sv text, case_line_fn *fn, void *arg, size_t *bad_line)
{
    size_t number = 0;

    *bad_line = 0;
    while (text.len > 0) {
        struct sv line = sv_trim(sv_split(&text, '\n'));
        number++;
        if (line.len > 0 && !read_line(line, fn, arg) && *bad_line == 0)
            *bad_line = number;
    }
}

bool case_line_says(const struct case_line *line, const char *word)
{
    struct sv rest = sv_of(line->expect);

    while (rest.ptr != NULL) {
        if (sv_eq_cstr(sv_split(&rest, ' '), word))
            return true;
    }
    return false;
}

bool case_hex(struct sv text, struct buf *out)
{
    uint8_t byte;

    for (size_t i = 0; i + 1 < text.len; i += 2) {
        if (!hex_decode((struct sv){text.ptr + i, 2}, &byte, 1))
            return false;
        buf_add_char(out, (char)byte);
    }
    return text.len % 2 == 0;
}

void case_named(struct tally *tally, const char *section, const cJSON *vector, const char *wrong)
{
    char id[160];

    snprintf(id, sizeof id, "%s " SV_FMT, section, SV_ARG(json_sv(vector, "name")));
    if (wrong == NULL)
        case_ok(tally, id);
    else
        case_fail(tally, id, "%s", wrong);
}
