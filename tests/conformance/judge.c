#include "tests/conformance/judge.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text.h"

#define N_CODEPOINTS 0x110000u

/* --- the table ---------------------------------------------------------------------------- */

static bool parse_hex(struct sv text, uint32_t *value)
{
    char digits[8], *end;

    if (text.len == 0 || text.len >= sizeof digits)
        return false;
    sv_copy(text, digits, sizeof digits);
    *value = (uint32_t)strtoul(digits, &end, 16);
    return *end == '\0' && *value < N_CODEPOINTS;
}

static enum judge_action parse_action(struct sv text)
{
    if (sv_eq_cstr(text, "print"))
        return JUDGE_PRINT;
    if (sv_eq_cstr(text, "combine-max-4"))
        return JUDGE_COMBINE;
    return sv_eq_cstr(text, "replace") ? JUDGE_REPLACE : JUDGE_UNKNOWN;
}

bool judge_parse_range(struct sv line, struct judge_range *range, bool *is_comment)
{
    int64_t width;

    *is_comment = line.len == 0 || line.ptr[0] == '#';
    if (*is_comment)
        return true;
    struct sv first = sv_split(&line, '.');
    sv_split(&line, '.');
    struct sv last = sv_split(&line, '\t');
    sv_split(&line, '\t'); /* the general category */
    if (!parse_hex(first, &range->first) || !parse_hex(last, &range->last) ||
        range->first > range->last || !sv_to_i64(sv_split(&line, '\t'), &width) || width < 0 ||
        width > 2)
        return false;
    range->rule.width = (uint8_t)width;
    range->rule.action = (uint8_t)parse_action(sv_trim(line));
    return range->rule.action == JUDGE_REPLACE ||
           range->rule.action == (width > 0 ? JUDGE_PRINT : JUDGE_COMBINE);
}

static struct judge_rule our_rule(uint32_t codepoint)
{
    int width = text_codepoint_width(codepoint);
    enum judge_action action = width < 0 ? JUDGE_REPLACE : width == 0 ? JUDGE_COMBINE : JUDGE_PRINT;

    return (struct judge_rule){.width = (uint8_t)(width > 0 ? width : 0),
                               .action = (uint8_t)action};
}

size_t judge_init(struct judge *judge, struct sv text)
{
    struct judge_range range;
    bool is_comment;

    judge->rules = mem_alloc(N_CODEPOINTS * sizeof *judge->rules);
    for (size_t number = 1; text.len != 0; number++) {
        if (!judge_parse_range(sv_split(&text, '\n'), &range, &is_comment))
            return number;
        for (uint32_t c = range.first; !is_comment && c <= range.last; c++)
            judge->rules[c] = range.rule;
    }
    for (uint32_t c = 0; c < N_CODEPOINTS; c++) {
        if (judge->rules[c].action == JUDGE_UNKNOWN)
            judge->rules[c] = our_rule(c);
    }
    return 0;
}

void judge_done(struct judge *judge)
{
    mem_free(judge->rules);
    judge->rules = NULL;
}

/* --- the bytes ---------------------------------------------------------------------------- */

/*
 * Decodes by length and value: takes as many bytes as the first one announces, and refuses the
 * result when a shorter form would have done, or when it is no scalar value. 0 when malformed.
 */
static size_t decode(struct sv bytes, uint32_t *codepoint)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = (uint8_t)bytes.ptr[0];
    size_t n = first < 0x80       ? 1
               : first >> 5 == 6  ? 2
               : first >> 4 == 14 ? 3
               : first >> 3 == 30 ? 4
                                  : 0;

    if (n == 0 || n > bytes.len)
        return 0;
    *codepoint = n == 1 ? first : first & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        uint8_t next = (uint8_t)bytes.ptr[i];
        if (next >> 6 != 2)
            return 0;
        *codepoint = *codepoint * 64 + next % 64;
    }
    bool is_scalar = *codepoint < N_CODEPOINTS && *codepoint >> 11 != 0x1b;
    return is_scalar && *codepoint >= smallest[n] ? n : 0;
}

/* What is wrong with one more code point of a line; *n_marks is -1 while there is no base. */
static const char *judge_codepoint(struct judge_rule rule, int *n_marks)
{
    if (rule.action == JUDGE_REPLACE)
        return "a character that must be replaced";
    if (rule.action == JUDGE_PRINT) {
        *n_marks = 0;
        return NULL;
    }
    if (*n_marks < 0)
        return "a mark without a base";
    return ++*n_marks > JUDGE_MARKS_MAX ? "too many marks on a base" : NULL;
}

const char *judge_bytes(const struct judge *judge, struct sv bytes, unsigned flags, size_t *at,
                        size_t *columns)
{
    size_t line_columns = 0, n;
    int n_marks = -1;

    *columns = 0;
    for (*at = 0; *at < bytes.len; *at += n) {
        uint32_t codepoint;
        n = decode((struct sv){bytes.ptr + *at, bytes.len - *at}, &codepoint);
        if (n == 0)
            return "malformed UTF-8";
        if (n > 1 && (flags & JUDGE_ASCII))
            return "a byte beyond ASCII";
        if (codepoint == '\n' && (flags & JUDGE_LINES)) {
            line_columns = 0;
            n_marks = -1;
            continue;
        }
        const char *fault = judge_codepoint(judge->rules[codepoint], &n_marks);
        if (fault != NULL)
            return fault;
        line_columns +=
            judge->rules[codepoint].action == JUDGE_PRINT ? judge->rules[codepoint].width : 0;
        *columns = line_columns > *columns ? line_columns : *columns;
    }
    return NULL;
}
