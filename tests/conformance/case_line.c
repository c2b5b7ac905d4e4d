#include "tests/conformance/case_line.h"

#include <ctype.h>
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

bool case_line_id(const cJSON *json, char *out, size_t size)
{
    const cJSON *id = json_get(json, "id");

    if (cJSON_IsNumber(id))
        snprintf(out, size, "%.15g", id->valuedouble);
    else
        sv_copy(json_sv(json, "id"), out, size);
    return out[0] != '\0';
}

static void add_name(struct sv name, char *id, size_t size)
{
    size_t n = strlen(id);

    if (name.len > 0)
        snprintf(id + n, size - n, " " SV_FMT, SV_ARG(name));
}

/* What is wrong with a line that is no case; NULL: it is one, and was carried out. */
static const char *run_line(struct tally *tally, struct sv text, enum case_form form,
                            case_line_fn *fn)
{
    AUTO(json_free_at) cJSON *json = NULL;
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    struct case_line line;

    if (json_parse(text, "case", &json, NULL) != OK)
        return "it is no JSON";
    if (!case_line_id(json, line.id, sizeof line.id))
        return "it has no id";
    if (form == CASE_EXPECTS && json_sv(json, "expect").len == 0)
        return "it does not say what is expected";
    if (json_sv(json, "b64").ptr == NULL || !base64_decode(&bytes, json_sv(json, "b64")))
        return "its bytes are no base64";
    add_name(json_sv(json, "name"), line.id, sizeof line.id);
    line.json = json;
    line.bytes = buf_sv(&bytes);
    copy_expectation(json_sv(json, "expect"), line.expect, sizeof line.expect);
    fn(&line, tally);
    return NULL;
}

void case_line_fail(struct tally *tally, size_t number, const char *wrong)
{
    char id[32];

    snprintf(id, sizeof id, "line %zu", number);
    case_fail(tally, id, "is no case: %s", wrong);
}

void case_lines_each(struct tally *tally, struct sv text, enum case_form form, case_line_fn *fn)
{
    for (size_t number = 1; text.len > 0; number++) {
        struct sv line = sv_trim(sv_split(&text, '\n'));
        const char *wrong = line.len > 0 ? run_line(tally, line, form, fn) : NULL;
        if (wrong != NULL)
            case_line_fail(tally, number, wrong);
    }
}

/* --- what stands behind the outcome ---------------------------------------------------------- */

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* In small letters, a blank between words and nothing else. */
static void add_plain_words(struct buf *out, struct sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_word_char(text.ptr[i]))
            buf_add_char(out, (char)tolower((unsigned char)text.ptr[i]));
        else if (out->len > 0 && out->ptr[out->len - 1] != ' ')
            buf_add_char(out, ' ');
    }
}

/* The longest phrase that stands at the beginning of text. */
static const struct case_rule *find_rule(struct sv text, const struct case_rule *rules,
                                         size_t n_rules)
{
    const struct case_rule *found = NULL;

    for (size_t i = 0; i < n_rules; i++) {
        struct sv phrase = sv_of(rules[i].phrase);
        bool is_there =
            sv_starts(text, phrase) && (text.len == phrase.len || text.ptr[phrase.len] == ' ');
        if (is_there && (found == NULL || phrase.len > strlen(found->phrase)))
            found = &rules[i];
    }
    return found;
}

const char *case_check(struct sv text, const struct case_rule *rules, size_t n_rules,
                       const void *subject, struct buf *unknown)
{
    AUTO(buf_done) struct buf words = BUF_NONE;
    const char *wrong = NULL;

    add_plain_words(&words, text);
    for (struct sv rest = buf_sv(&words); wrong == NULL && (rest = sv_trim(rest)).len > 0;) {
        const struct case_rule *rule = find_rule(rest, rules, n_rules);
        size_t n = rule != NULL ? strlen(rule->phrase) : 0;
        if (rule == NULL) {
            buf_add_cstr(unknown, unknown->len > 0 ? " " : "");
            buf_add(unknown, sv_split(&rest, ' '));
            continue;
        }
        wrong = rule->check != NULL ? rule->check(subject) : NULL;
        rest = (struct sv){rest.ptr + n, rest.len - n};
    }
    return wrong;
}

void case_report(struct tally *tally, const char *id, const char *wrong, const struct buf *unknown)
{
    if (wrong != NULL)
        case_fail(tally, id, "%s", wrong);
    else if (unknown->len > 0)
        case_skip(tally, id, "the outcome is the right one, but nobody knows how to look for: %s",
                  buf_cstr(unknown));
    else
        case_ok(tally, id);
}

/* Where the first "or" of its own, or '|', is in text, and how long that is; the end: nowhere. */
static size_t find_or(struct sv text, size_t *len)
{
    for (size_t at = 0; at < text.len; at++) {
        struct sv rest = {text.ptr + at, text.len - at};
        *len = rest.ptr[0] == '|' ? 1 : sv_starts(rest, SV(" or ")) ? 4 : 0;
        if (*len > 0)
            return at;
    }
    *len = 0;
    return text.len;
}

bool case_alternative(struct sv *expect, struct sv *one)
{
    size_t len, at = find_or(*expect, &len);

    *one = sv_trim((struct sv){expect->ptr, at});
    *expect = (struct sv){expect->ptr + at + len, expect->len - at - len};
    return one->len > 0;
}

struct sv case_outcome(struct sv *text)
{
    *text = sv_trim(*text);
    struct sv word = sv_split(text, ' ');

    while (word.len > 0 && strchr(",;.:!", word.ptr[word.len - 1]) != NULL)
        word.len--;
    return word;
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
