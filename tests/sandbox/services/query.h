/*
 * query: AWS Config's advanced queries, the documented subset of SQL.
 *
 *     SELECT property, ... [WHERE condition] [GROUP BY property, ...] [ORDER BY property, ...]
 *
 * query_parse refuses what the service refuses (AWS Config Developer Guide, "Query Components" and
 * "Limitations"): FROM, AS, DISTINCT, HAVING, joins, sub-queries, tests for NULL, other functions
 * than AVG, COUNT, MAX, MIN and SUM, more than three properties in GROUP BY, patterns that do not
 * begin with three literal characters.
 */
#ifndef SANDBOX_QUERY_H
#define SANDBOX_QUERY_H

#include <cjson/cJSON.h>

#include "core/base/mem.h"
#include "core/base/str.h"

#define QUERY_ITEMS_MAX  64
#define QUERY_GROUPS_MAX 3

enum query_function {
    FUNCTION_NONE,
    FUNCTION_AVG,
    FUNCTION_COUNT,
    FUNCTION_MAX,
    FUNCTION_MIN,
    FUNCTION_SUM
};

/* A property, or a function of one. */
struct query_item {
    enum query_function function;
    const char *property; /* "configuration.state.name"; "*" in COUNT(*) */
    const char *label;    /* as results name it: "COUNT(*)" */
    bool descending;      /* in ORDER BY */
};

enum literal_kind { LITERAL_TEXT, LITERAL_NUMBER, LITERAL_BOOL };

struct query_literal {
    enum literal_kind kind;
    const char *text; /* as written, without quotes */
    double number;    /* of numbers; 1 and 0 of true and false */
};

enum query_operator {
    QUERY_AND,
    QUERY_OR,
    QUERY_NOT,
    QUERY_EQUAL,
    QUERY_UNEQUAL,
    QUERY_LESS,
    QUERY_LESS_EQUAL,
    QUERY_GREATER,
    QUERY_GREATER_EQUAL,
    QUERY_LIKE,
    QUERY_IN,
    QUERY_BETWEEN
};

struct query_condition {
    enum query_operator op;
    struct query_condition *left, *right; /* AND, OR; NOT has left only */
    const char *property;
    struct query_literal *literals; /* IN: any number; BETWEEN: two; else one */
    size_t n_literals;
};

struct query {
    struct arena arena; /* owns everything below */
    bool star;
    struct query_item select[QUERY_ITEMS_MAX];
    size_t n_select;
    struct query_condition *where; /* NULL: everything */
    const char *group_by[QUERY_GROUPS_MAX];
    size_t n_group_by;
    struct query_item order_by[QUERY_ITEMS_MAX];
    size_t n_order_by;
    bool aggregates; /* SELECT has functions */
};

/*
 * Parses the whole text. On refusal false, and message (256 bytes) says why in the service's way.
 * Release with query_done in either case.
 */
bool query_parse(struct sv text, struct query *query, char *message);
void query_done(struct query *query);

/* The top-level properties that SELECT * stands for, in order. */
extern const char *const query_scalars[];
extern const size_t n_query_scalars;

/* Does anything in the query name that property, or one below it? */
bool query_mentions(const struct query *query, const char *property);
/* Does the condition (or, with all, the whole query) look at that property, alone or as part of one
 * that holds it? */
bool query_reads(const struct query *query, const char *property, bool all);
/*
 * The values that the property must have one of because the whole condition demands it: those of
 * "property = x" or "property IN (...)" that stands alone or under ANDs. NULL when there are none.
 */
const struct query_condition *query_demands(const struct query_condition *where,
                                            const char *property);

/* --- running -------------------------------------------------------------------------------- */

/* Gives a row's top-level property as a tree, NULL when it has none; borrowed for the moment. */
typedef const cJSON *query_source(void *row, struct sv property);

/* Does the row meet the condition? NULL is always met. */
bool query_matches(const struct query_condition *where, query_source *source, void *row);
/* The row as SELECT without functions wants it. */
cJSON *query_project(const struct query *query, query_source *source, void *row);
/* All values of a property, elements of lists one by one: calls each with every scalar. */
void query_values(const char *property, query_source *source, void *row,
                  void (*each)(void *arg, const cJSON *value), void *arg);
/* The order of two scalars: numbers by size, everything else as text; NULL comes last. */
int query_compare(const cJSON *a, const cJSON *b);

#endif
