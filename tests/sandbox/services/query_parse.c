#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/sandbox/services/query.h"

#define MESSAGE_SIZE     256
#define DEPTH_MAX        32
#define LITERALS_MAX     256
#define LIKE_LITERAL_MIN 3

enum token_kind { END, NAME, TEXT, NUMBER, SYMBOL };

struct parser {
    struct sv rest; /* behind the current token */
    enum token_kind kind;
    struct sv token; /* of TEXT: without the quotes, '' not yet undone */
    struct query *query;
    char *message;
    bool failed;
    unsigned depth;
};

const char *const query_scalars[] = {"accountId",
                                     "arn",
                                     "availabilityZone",
                                     "awsRegion",
                                     "configurationItemCaptureTime",
                                     "configurationItemStatus",
                                     "configurationStateId",
                                     "resourceCreationTime",
                                     "resourceId",
                                     "resourceName",
                                     "resourceType",
                                     "version"};
const size_t n_query_scalars = ARRAY_LEN(query_scalars);

static const char *const composites[] = {"configuration", "supplementaryConfiguration", "tags",
                                         "relationships", "relatedEvents"};

static const char *const functions[] = {[FUNCTION_AVG] = "AVG",
                                        [FUNCTION_COUNT] = "COUNT",
                                        [FUNCTION_MAX] = "MAX",
                                        [FUNCTION_MIN] = "MIN",
                                        [FUNCTION_SUM] = "SUM"};

/* Words that may not be properties; the first ones are part of the language. */
static const char *const keywords[] = {
    "SELECT",   "WHERE", "GROUP", "ORDER",   "BY",    "ASC",    "DESC",  "AND",  "OR",
    "NOT",      "IN",    "LIKE",  "BETWEEN", "FROM",  "JOIN",   "UNION", "AS",   "HAVING",
    "DISTINCT", "ALL",   "IS",    "NULL",    "LIMIT", "EXISTS", "true",  "false"};

static bool fail(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Keeps the first complaint. */
static bool fail(struct parser *p, const char *fmt, ...)
{
    if (!p->failed) {
        va_list args;
        va_start(args, fmt);
        vsnprintf(p->message, MESSAGE_SIZE, fmt, args);
        va_end(args);
    }
    p->failed = true;
    return false;
}

/* --- tokens --------------------------------------------------------------------------------- */

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == ':' || c == '-';
}

static size_t name_length(struct sv text)
{
    size_t n = 0;
    while (n < text.len && is_name_char(text.ptr[n]))
        n++;
    return n;
}

static size_t number_length(struct sv text)
{
    size_t n = text.ptr[0] == '-';
    while (n < text.len && (isdigit((unsigned char)text.ptr[n]) || text.ptr[n] == '.'))
        n++;
    return n;
}

static void take(struct parser *p, enum token_kind kind, size_t start, size_t len, size_t step)
{
    p->kind = kind;
    p->token = (struct sv){p->rest.ptr + start, len};
    p->rest.ptr += step;
    p->rest.len -= step;
}

/* A quote inside is written twice. */
static void take_text(struct parser *p)
{
    for (size_t n = 1; n < p->rest.len; n++) {
        if (p->rest.ptr[n] != '\'')
            continue;
        if (n + 1 < p->rest.len && p->rest.ptr[n + 1] == '\'') {
            n++;
            continue;
        }
        take(p, TEXT, 1, n - 1, n + 1);
        return;
    }
    fail(p, "A text is not terminated.");
    take(p, END, p->rest.len, 0, p->rest.len);
}

static void take_symbol(struct parser *p)
{
    static const char *const symbols[] = {"<=", ">=", "<>", "!=", "=", "<",
                                          ">",  "(",  ")",  ",",  "*"};
    for (size_t i = 0; i < ARRAY_LEN(symbols); i++)
        if (sv_starts(p->rest, sv_of(symbols[i]))) {
            take(p, SYMBOL, 0, strlen(symbols[i]), strlen(symbols[i]));
            return;
        }
    fail(p, "Encountered an unexpected character: '%c'.",
         isprint((unsigned char)p->rest.ptr[0]) ? p->rest.ptr[0] : '?');
    take(p, END, p->rest.len, 0, p->rest.len);
}

static void next(struct parser *p)
{
    p->rest = sv_trim(p->rest);
    char c = p->rest.len ? p->rest.ptr[0] : '\0';
    if (p->rest.len == 0)
        take(p, END, 0, 0, 0);
    else if (c == '\'')
        take_text(p);
    else if (isdigit((unsigned char)c) || (c == '-' && p->rest.len > 1))
        take(p, NUMBER, 0, number_length(p->rest), number_length(p->rest));
    else if (isalpha((unsigned char)c) || c == '_')
        take(p, NAME, 0, name_length(p->rest), name_length(p->rest));
    else
        take_symbol(p);
}

static bool at_word(const struct parser *p, const char *word)
{
    return p->kind == NAME && sv_eq_nocase(p->token, sv_of(word));
}

static bool at_symbol(const struct parser *p, const char *symbol)
{
    return p->kind == SYMBOL && sv_eq_cstr(p->token, symbol);
}

static bool accept_word(struct parser *p, const char *word)
{
    if (!at_word(p, word))
        return false;
    next(p);
    return true;
}

static bool accept_symbol(struct parser *p, const char *symbol)
{
    if (!at_symbol(p, symbol))
        return false;
    next(p);
    return true;
}

static bool unexpected(struct parser *p, const char *wanted)
{
    if (p->kind == END)
        return fail(p, "The expression ends where %s was expected.", wanted);
    return fail(p, "Encountered '%.*s' where %s was expected.",
                (int)(p->token.len < 80 ? p->token.len : 80), p->token.ptr, wanted);
}

static const char *keep(struct parser *p, struct sv text)
{
    return arena_strndup(&p->query->arena, text.ptr, text.len);
}

/* --- properties ----------------------------------------------------------------------------- */

static bool is_keyword(struct sv word)
{
    for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
        if (sv_eq_nocase(word, sv_of(keywords[i])))
            return true;
    return false;
}

/* Names are checked at the top level; what a configuration holds depends on its type. */
static bool is_property(struct sv path)
{
    struct sv head = sv_split(&path, '.');
    for (size_t i = 0; i < n_query_scalars; i++)
        if (sv_eq_cstr(head, query_scalars[i]))
            return path.len == 0;
    for (size_t i = 0; i < ARRAY_LEN(composites); i++)
        if (sv_eq_cstr(head, composites[i]))
            return true;
    return false;
}

static const char *parse_property(struct parser *p)
{
    if (p->kind != NAME || is_keyword(p->token)) {
        unexpected(p, "a property");
        return "";
    }
    struct sv path = p->token;
    if (!is_property(path) || sv_ends(path, SV(".")) || sv_contains(path, SV("..")))
        fail(p, "The property '%.*s' is not supported. Property names are case sensitive.",
             (int)(path.len < 80 ? path.len : 80), path.ptr);
    const char *kept = keep(p, path);
    next(p);
    return kept;
}

static enum query_function function_at(const struct parser *p)
{
    struct sv rest = sv_trim(p->rest);
    if (p->kind != NAME || !sv_starts(rest, SV("(")))
        return FUNCTION_NONE;
    for (size_t i = FUNCTION_AVG; i < ARRAY_LEN(functions); i++)
        if (sv_eq_nocase(p->token, sv_of(functions[i])))
            return (enum query_function)i;
    return FUNCTION_NONE;
}

static bool parse_function(struct parser *p, enum query_function function, struct query_item *item)
{
    char label[300];
    next(p);
    next(p); /* the parenthesis that function_at saw */
    item->function = function;
    if (at_symbol(p, "*") && function == FUNCTION_COUNT) {
        item->property = "*";
        next(p);
    } else {
        item->property = parse_property(p);
    }
    if (!accept_symbol(p, ")"))
        return unexpected(p, "')'");
    snprintf(label, sizeof label, "%s(%s)", functions[function], item->property);
    item->label = keep(p, sv_of(label));
    return true;
}

static bool parse_item(struct parser *p, struct query_item *item)
{
    enum query_function function = function_at(p);
    if (function)
        return parse_function(p, function, item);
    if (p->kind == NAME && !is_keyword(p->token) && sv_starts(sv_trim(p->rest), SV("(")))
        return fail(p, "The function '%.*s' is not supported.",
                    (int)(p->token.len < 80 ? p->token.len : 80), p->token.ptr);
    item->property = parse_property(p);
    item->label = item->property;
    return !p->failed;
}

/* --- conditions ----------------------------------------------------------------------------- */

static struct query_condition *parse_or(struct parser *p);

static struct query_condition *make_condition(struct parser *p, enum query_operator op)
{
    struct query_condition *made = arena_alloc(&p->query->arena, sizeof *made);
    made->op = op;
    return made;
}

/* Undoes doubled quotes. */
static const char *keep_text(struct parser *p, struct sv text)
{
    char *kept = arena_strndup(&p->query->arena, text.ptr, text.len);
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        kept[n++] = text.ptr[i];
        i += text.ptr[i] == '\'';
    }
    kept[n] = '\0';
    return kept;
}

static bool parse_literal(struct parser *p, struct query_literal *literal)
{
    if (p->kind == TEXT) {
        *literal = (struct query_literal){LITERAL_TEXT, keep_text(p, p->token), 0};
    } else if (p->kind == NUMBER) {
        char *end;
        const char *text = keep(p, p->token);
        *literal = (struct query_literal){LITERAL_NUMBER, text, strtod(text, &end)};
        if (*end || end == text)
            return fail(p, "'%s' is not a number.", text);
    } else if (at_word(p, "true") || at_word(p, "false")) {
        bool yes = at_word(p, "true");
        *literal = (struct query_literal){LITERAL_BOOL, yes ? "true" : "false", yes};
    } else {
        return unexpected(p, "a value");
    }
    next(p);
    return true;
}

static void add_literal(struct parser *p, struct query_condition *condition)
{
    if (condition->n_literals == LITERALS_MAX)
        fail(p, "The list has too many values.");
    else if (parse_literal(p, &condition->literals[condition->n_literals]))
        condition->n_literals++;
}

static struct query_condition *start_comparison(struct parser *p, enum query_operator op,
                                                const char *property)
{
    struct query_condition *made = make_condition(p, op);
    made->property = property;
    made->literals =
        arena_alloc(&p->query->arena, (op == QUERY_IN ? LITERALS_MAX : 2) * sizeof *made->literals);
    return made;
}

static struct query_condition *parse_in(struct parser *p, const char *property)
{
    struct query_condition *made = start_comparison(p, QUERY_IN, property);
    if (!accept_symbol(p, "("))
        unexpected(p, "'('");
    do
        add_literal(p, made);
    while (!p->failed && accept_symbol(p, ","));
    if (!accept_symbol(p, ")"))
        unexpected(p, "')'");
    return made;
}

static struct query_condition *parse_between(struct parser *p, const char *property)
{
    struct query_condition *made = start_comparison(p, QUERY_BETWEEN, property);
    add_literal(p, made);
    if (!accept_word(p, "AND"))
        unexpected(p, "AND");
    add_literal(p, made);
    return made;
}

/* Wildcards only at the end, behind three literal characters. */
static struct query_condition *parse_like(struct parser *p, const char *property)
{
    struct query_condition *made = start_comparison(p, QUERY_LIKE, property);
    if (p->kind != TEXT)
        unexpected(p, "a pattern");
    add_literal(p, made);
    if (p->failed)
        return made;
    const char *pattern = made->literals[0].text;
    size_t literal = strcspn(pattern, "%_");
    if (literal < LIKE_LITERAL_MIN)
        fail(p, "A LIKE pattern must begin with at least %d characters that are no wildcards.",
             LIKE_LITERAL_MIN);
    else if (strspn(pattern + literal, "%_") != strlen(pattern + literal))
        fail(p, "Wildcards of a LIKE pattern are supported at its end only.");
    return made;
}

static struct query_condition *parse_comparison(struct parser *p)
{
    static const struct {
        const char *symbol;
        enum query_operator op;
    } comparisons[] = {{"=", QUERY_EQUAL},       {"!=", QUERY_UNEQUAL},       {"<>", QUERY_UNEQUAL},
                       {"<=", QUERY_LESS_EQUAL}, {">=", QUERY_GREATER_EQUAL}, {"<", QUERY_LESS},
                       {">", QUERY_GREATER}};
    const char *property = parse_property(p);
    for (size_t i = 0; i < ARRAY_LEN(comparisons) && !p->failed; i++)
        if (accept_symbol(p, comparisons[i].symbol)) {
            struct query_condition *made = start_comparison(p, comparisons[i].op, property);
            add_literal(p, made);
            return made;
        }
    bool negated = accept_word(p, "NOT");
    struct query_condition *made = accept_word(p, "IN")        ? parse_in(p, property)
                                   : accept_word(p, "BETWEEN") ? parse_between(p, property)
                                   : accept_word(p, "LIKE")    ? parse_like(p, property)
                                                               : NULL;
    if (!made) {
        unexpected(p, "a comparison operator");
        return make_condition(p, QUERY_AND);
    }
    if (!negated)
        return made;
    struct query_condition *not = make_condition(p, QUERY_NOT);
    not ->left = made;
    return not ;
}

static struct query_condition *parse_primary(struct parser *p)
{
    struct query_condition *made;
    if (++p->depth > DEPTH_MAX)
        fail(p, "The condition is nested too deeply.");
    if (p->failed) {
        made = make_condition(p, QUERY_AND);
    } else if (accept_word(p, "NOT")) {
        made = make_condition(p, QUERY_NOT);
        made->left = parse_primary(p);
    } else if (accept_symbol(p, "(")) {
        made = parse_or(p);
        if (!accept_symbol(p, ")"))
            unexpected(p, "')'");
    } else {
        made = parse_comparison(p);
    }
    p->depth--;
    return made;
}

static struct query_condition *parse_and(struct parser *p)
{
    struct query_condition *left = parse_primary(p);
    while (!p->failed && accept_word(p, "AND")) {
        struct query_condition *both = make_condition(p, QUERY_AND);
        both->left = left;
        both->right = parse_primary(p);
        left = both;
    }
    return left;
}

static struct query_condition *parse_or(struct parser *p)
{
    struct query_condition *left = parse_and(p);
    while (!p->failed && accept_word(p, "OR")) {
        struct query_condition *either = make_condition(p, QUERY_OR);
        either->left = left;
        either->right = parse_and(p);
        left = either;
    }
    return left;
}

/* --- clauses -------------------------------------------------------------------------------- */

static void parse_select(struct parser *p)
{
    struct query *q = p->query;
    if (!accept_word(p, "SELECT")) {
        unexpected(p, "SELECT");
        return;
    }
    q->star = accept_symbol(p, "*");
    if (q->star)
        return;
    do {
        if (q->n_select == QUERY_ITEMS_MAX)
            fail(p, "SELECT has too many properties.");
        else if (parse_item(p, &q->select[q->n_select]))
            q->aggregates |= q->select[q->n_select++].function != FUNCTION_NONE;
    } while (!p->failed && accept_symbol(p, ","));
}

static void parse_group_by(struct parser *p)
{
    struct query *q = p->query;
    if (!accept_word(p, "BY"))
        unexpected(p, "BY");
    do {
        if (q->n_group_by == QUERY_GROUPS_MAX)
            fail(p, "GROUP BY supports up to %d properties.", QUERY_GROUPS_MAX);
        else
            q->group_by[q->n_group_by++] = parse_property(p);
    } while (!p->failed && accept_symbol(p, ","));
}

static void parse_order_by(struct parser *p)
{
    struct query *q = p->query;
    if (!accept_word(p, "BY"))
        unexpected(p, "BY");
    do {
        if (q->n_order_by == QUERY_ITEMS_MAX) {
            fail(p, "ORDER BY has too many properties.");
            return;
        }
        struct query_item *item = &q->order_by[q->n_order_by++];
        parse_item(p, item);
        item->descending = accept_word(p, "DESC");
        if (!item->descending)
            accept_word(p, "ASC");
    } while (!p->failed && accept_symbol(p, ","));
}

/* --- what fits together --------------------------------------------------------------------- */

static bool is_grouped(const struct query *q, const char *property)
{
    for (size_t i = 0; i < q->n_group_by; i++)
        if (strcmp(q->group_by[i], property) == 0)
            return true;
    return false;
}

static bool is_selected(const struct query *q, const struct query_item *item)
{
    for (size_t i = 0; i < q->n_select; i++)
        if (strcmp(q->select[i].label, item->label) == 0)
            return true;
    return false;
}

static bool check_order(struct parser *p)
{
    const struct query *q = p->query;
    for (size_t i = 0; i < q->n_order_by; i++) {
        const struct query_item *item = &q->order_by[i];
        if (item->function && q->n_group_by > 1)
            return fail(p, "ORDER BY an aggregation supports one property in GROUP BY.");
        if ((item->function || q->aggregates) && !is_selected(q, item))
            return fail(p, "ORDER BY '%.80s' must be selected.", item->label);
    }
    return true;
}

static bool check(struct parser *p)
{
    const struct query *q = p->query;
    if (q->n_group_by && !q->aggregates)
        return fail(p, "GROUP BY is applicable to aggregations only.");
    for (size_t i = 0; i < q->n_select && q->aggregates; i++)
        if (!q->select[i].function && !is_grouped(q, q->select[i].property))
            return fail(p, "The property '%.80s' must appear in GROUP BY.", q->select[i].property);
    return check_order(p);
}

bool query_parse(struct sv text, struct query *query, char *message)
{
    struct parser p = {.rest = text, .query = query, .message = message};
    *query = (struct query){0};
    message[0] = '\0';
    next(&p);
    parse_select(&p);
    if (!p.failed && accept_word(&p, "WHERE"))
        query->where = parse_or(&p);
    if (!p.failed && accept_word(&p, "GROUP"))
        parse_group_by(&p);
    if (!p.failed && accept_word(&p, "ORDER"))
        parse_order_by(&p);
    if (!p.failed && p.kind != END)
        unexpected(&p, "the end");
    return !p.failed && check(&p);
}

void query_done(struct query *query)
{
    arena_done(&query->arena);
    *query = (struct query){0};
}

/* --- looking at a query --------------------------------------------------------------------- */

static bool is_below(const char *property, const char *head)
{
    size_t len = strlen(head);
    return strncmp(property, head, len) == 0 && (property[len] == '\0' || property[len] == '.');
}

static bool condition_mentions(const struct query_condition *c, const char *property)
{
    if (!c)
        return false;
    if (c->property)
        return is_below(c->property, property);
    return condition_mentions(c->left, property) || condition_mentions(c->right, property);
}

static bool condition_names(const struct query_condition *c, const char *property)
{
    if (!c)
        return false;
    if (c->property)
        return strcmp(c->property, property) == 0;
    return condition_names(c->left, property) || condition_names(c->right, property);
}

bool query_mentions(const struct query *query, const char *property)
{
    for (size_t i = 0; i < query->n_select; i++)
        if (is_below(query->select[i].property, property))
            return true;
    for (size_t i = 0; i < query->n_order_by; i++)
        if (is_below(query->order_by[i].property, property))
            return true;
    for (size_t i = 0; i < query->n_group_by; i++)
        if (is_below(query->group_by[i], property))
            return true;
    return condition_mentions(query->where, property);
}

bool query_reads(const struct query *query, const char *property, bool all)
{
    char head[128];
    bool reads = false;
    str_copy(head, property);
    for (;;) { /* the property itself, then what holds it */
        char *dot = strrchr(head, '.');
        reads |= condition_names(query->where, head);
        for (size_t i = 0; all && i < query->n_select; i++)
            reads |= strcmp(query->select[i].property, head) == 0;
        for (size_t i = 0; all && i < query->n_order_by; i++)
            reads |= strcmp(query->order_by[i].property, head) == 0;
        for (size_t i = 0; all && i < query->n_group_by; i++)
            reads |= strcmp(query->group_by[i], head) == 0;
        if (!dot)
            break;
        *dot = '\0';
    }
    return reads || condition_mentions(query->where, property) ||
           (all && query_mentions(query, property));
}

const struct query_condition *query_demands(const struct query_condition *where,
                                            const char *property)
{
    if (!where)
        return NULL;
    if (where->op == QUERY_AND) {
        const struct query_condition *left = query_demands(where->left, property);
        return left ? left : query_demands(where->right, property);
    }
    bool names = where->op == QUERY_EQUAL || where->op == QUERY_IN;
    return names && strcmp(where->property, property) == 0 ? where : NULL;
}
