#include "core/model/filter.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/vec.h"
#include "core/model/filter_terms.h"

/* One term as typed, quotes taken out. Operators count only in its first n_plain bytes. */
struct token {
    struct sv text;
    size_t n_plain;
    bool has_quotes;
};

struct parser {
    struct sv rest;
    char *store; /* where the bytes of tokens go; as long as the whole text */
    const struct column *columns;
    size_t n_columns;
    struct err *err;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void skip(struct sv *text, size_t n)
{
    text->ptr += n;
    text->len -= n;
}

static bool next_token(struct parser *parser, struct token *token)
{
    struct sv *rest = &parser->rest;
    while (rest->len > 0 && is_blank(rest->ptr[0]))
        skip(rest, 1);
    if (rest->len == 0)
        return false;
    *token = (struct token){.text.ptr = parser->store};
    bool in_quotes = false;
    for (; rest->len > 0 && (in_quotes || !is_blank(rest->ptr[0])); skip(rest, 1)) {
        if (rest->ptr[0] == '"') {
            in_quotes = !in_quotes;
            token->has_quotes = true;
            continue;
        }
        if (rest->ptr[0] == '\\' && rest->len > 1 && rest->ptr[1] == '"')
            skip(rest, 1);
        parser->store[token->text.len++] = rest->ptr[0];
        token->n_plain += !token->has_quotes;
    }
    parser->store += token->text.len;
    return true;
}

/* Takes an operator off the front of the token when it stands there unquoted. */
static bool take(struct token *token, const char *operator)
{
    size_t len = strlen(operator);
    if (token->n_plain < len || memcmp(token->text.ptr, operator, len) != 0)
        return false;
    skip(&token->text, len);
    token->n_plain -= len;
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_id_char(char c, bool first)
{
    return is_letter(c) || (!first && ((c >= '0' && c <= '9') || c == '_'));
}

/* What stands before the first colon, when it looks like the name of a column; else nothing. */
static struct sv peek_id(const struct token *token)
{
    size_t len = 0;
    while (len < token->n_plain && is_id_char(token->text.ptr[len], len == 0))
        len++;
    bool is_id = len > 0 && len < token->n_plain && token->text.ptr[len] == ':';
    return is_id ? (struct sv){token->text.ptr, len} : SV_NONE;
}

/* A pasted ARN, a URL, aws::something: what nobody means a column by. */
static bool is_address(struct sv id, struct sv behind)
{
    return sv_eq_cstr(id, "arn") || sv_starts(behind, SV("//")) || sv_starts(behind, SV(":"));
}

/* Texts that happen to look like "id:": addresses, "id:/...", a Name. */
static bool looks_like_text(struct sv id, struct sv behind)
{
    bool has_capital = false;
    for (size_t i = 0; i < id.len; i++)
        has_capital |= id.ptr[i] >= 'A' && id.ptr[i] <= 'Z';
    return has_capital || is_address(id, behind) || sv_starts(behind, SV("/"));
}

/* The column that a term is about; NULL when it is about none, or what is meant is not known. */
static const struct column *column_of(const struct parser *parser, struct sv id, struct sv behind,
                                      bool *is_tag)
{
    const struct column *column = column_find(parser->columns, parser->n_columns, id);
    *is_tag = column == NULL && sv_eq_cstr(id, "tag");
    if (*is_tag)
        return column_find(parser->columns, parser->n_columns, SV("tags"));
    if (column != NULL || is_address(id, behind))
        return column;
    return column_meant(parser->columns, parser->n_columns, id);
}

static enum err_code no_such_column(const struct parser *parser, struct sv id)
{
    AUTO(buf_done) struct buf said = BUF_NONE;
    column_explain(parser->columns, parser->n_columns, id, &said);
    err_set(parser->err, ERR_USAGE, "filter", "%s", buf_cstr(&said));
    return err_advise(parser->err, ERR_USAGE, "for a text with a colon put it in quotes");
}

bool column_is_number(const struct column *column)
{
    return column->type == COL_COUNT || column->type == COL_SIZE || column->type == COL_TIME ||
           column->type == COL_DURATION || column->type == COL_BOOL;
}

enum comparison { CMP_NONE, CMP_EQUAL, CMP_MORE, CMP_LESS, CMP_MORE_EQUAL, CMP_LESS_EQUAL };

static enum comparison take_comparison(struct token *token)
{
    static const struct {
        const char *sign;
        enum comparison comparison;
    } signs[] = {{">=", CMP_MORE_EQUAL},
                 {"<=", CMP_LESS_EQUAL},
                 {">", CMP_MORE},
                 {"<", CMP_LESS},
                 {"=", CMP_EQUAL}};
    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        if (take(token, signs[i].sign))
            return signs[i].comparison;
    }
    return CMP_NONE;
}

/* Older is more of an age but less of a time. */
static enum comparison mirrored(enum comparison comparison)
{
    static const enum comparison mirror[] = {CMP_NONE, CMP_EQUAL,      CMP_LESS,
                                             CMP_MORE, CMP_LESS_EQUAL, CMP_MORE_EQUAL};
    return mirror[comparison];
}

static void set_range(struct term *term, enum comparison comparison, struct value_range range)
{
    if (range.is_age)
        comparison = mirrored(comparison);
    term->kind = TERM_RANGE;
    term->min = INT64_MIN;
    term->max = INT64_MAX;
    if (comparison == CMP_EQUAL || comparison == CMP_NONE || comparison == CMP_MORE_EQUAL)
        term->min = range.min;
    if (comparison == CMP_EQUAL || comparison == CMP_NONE || comparison == CMP_LESS_EQUAL)
        term->max = range.max;
    /* What lies beyond the largest number is nothing: an empty range. */
    if (comparison == CMP_MORE && __builtin_add_overflow(range.max, 1, &term->min))
        term->min = INT64_MAX, term->max = INT64_MIN;
    if (comparison == CMP_LESS && __builtin_sub_overflow(range.min, 1, &term->max))
        term->min = INT64_MAX, term->max = INT64_MIN;
}

static enum err_code parse_value(struct parser *parser, struct token *token,
                                 const struct column *column, struct term *term, bool *skip_it)
{
    enum comparison comparison = take_comparison(token);
    bool ordered = comparison >= CMP_MORE;
    bool as_text =
        column->type == COL_COUNT ? comparison == CMP_NONE : !ordered && !column_is_number(column);
    *skip_it = token->text.len == 0 && !(comparison == CMP_EQUAL && token->has_quotes && as_text);
    if (*skip_it)
        return OK;
    if (as_text) {
        term->kind = comparison == CMP_EQUAL ? TERM_EXACT : TERM_SUBSTRING;
        term->needle = needle_of(token->text);
        return OK;
    }
    struct value_range range;
    bool good = value_parse(column, token->text, clock_display_ms(), &range);
    if (!good || (range.is_age && !ordered))
        return err_set(parser->err, ERR_USAGE, "filter", "%s: \"" SV_FMT "\" is not %s", column->id,
                       SV_ARG(token->text), value_expected(column));
    set_range(term, comparison, range);
    return OK;
}

/* What follows "tag:". */
static void parse_tag(struct token *token, struct term *term, bool *skip_it)
{
    term->kind = TERM_TAG;
    term->is_exact = take(token, "=");
    struct sv value = token->text;
    struct sv name = sv_split(&value, '=');
    term->has_value = name.len < token->text.len;
    term->needle = needle_of(name);
    term->value = needle_of(value);
    *skip_it = token->text.len == 0;
}

static enum err_code parse_term(struct parser *parser, struct token *token, struct term *term,
                                bool *skip_it)
{
    *term = (struct term){.column = TERM_ANY_COLUMN};
    term->negated = take(token, "!");
    struct sv id = peek_id(token);
    struct sv behind = token->text;
    skip(&behind, id.len > 0 ? id.len + 1 : 0);
    bool is_tag = false;
    const struct column *column = id.len > 0 ? column_of(parser, id, behind, &is_tag) : NULL;
    if (id.len > 0 && column == NULL && !looks_like_text(id, behind))
        return no_such_column(parser, id);
    if (column == NULL) {
        term->kind = take(token, "~") ? TERM_FUZZY : TERM_SUBSTRING;
        term->needle = needle_of(token->text);
        *skip_it = token->text.len == 0;
        return OK;
    }
    token->text = behind;
    token->n_plain -= id.len + 1;
    term->column = (int)(column - parser->columns);
    if (is_tag) {
        parse_tag(token, term, skip_it);
        return OK;
    }
    return parse_value(parser, token, column, term, skip_it);
}

enum err_code filter_parse(struct sv text, const struct column *columns, size_t n_columns,
                           struct filter **filter, struct err *err)
{
    struct filter *made = mem_new(struct filter);
    atomic_init(&made->n_refs, 1);
    made->columns = columns;
    made->n_columns = n_columns;
    made->text = mem_alloc(text.len + 1);
    struct parser parser = {text, made->text, columns, n_columns, err};
    VEC(struct term) terms = {0};
    enum err_code code = OK;
    struct token token;
    while (code == OK && next_token(&parser, &token)) {
        struct term term;
        bool skip_it = false;
        code = parse_term(&parser, &token, &term, &skip_it);
        if (code == OK && !skip_it)
            vec_push(&terms, term);
    }
    made->terms = terms.ptr;
    made->n_terms = terms.len;
    if (code != OK) {
        filter_free(made);
        return code;
    }
    *filter = made;
    return OK;
}

size_t filter_words(const struct filter *filter, struct sv *words, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < filter->n_terms && n < max; i++) {
        const struct term *term = &filter->terms[i];
        if (!term->negated && (term->kind == TERM_SUBSTRING || term->kind == TERM_EXACT))
            words[n++] = term->needle.text;
    }
    return n;
}

struct filter *filter_ref(const struct filter *filter)
{
    struct filter *owned = (struct filter *)filter;
    if (owned != NULL)
        atomic_fetch_add_explicit(&owned->n_refs, 1, memory_order_relaxed);
    return owned;
}

void filter_free(struct filter *filter)
{
    if (filter == NULL || atomic_fetch_sub_explicit(&filter->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    mem_free(filter->terms);
    mem_free(filter->text);
    mem_free(filter);
}
