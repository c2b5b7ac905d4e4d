#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "tests/sandbox/services/query.h"
#include "tests/sandbox/world/cidr.h"

/* --- values --------------------------------------------------------------------------------- */

struct walk {
    void (*each)(void *arg, const cJSON *value);
    void *arg;
};

/* Lists are walked through wherever they stand on the way. */
static void walk_values(const cJSON *node, struct sv path, const struct walk *walk)
{
    const cJSON *item;
    if (!node || cJSON_IsNull(node))
        return;
    if (cJSON_IsArray(node)) {
        cJSON_ArrayForEach (item, node)
            walk_values(item, path, walk);
        return;
    }
    if (path.len == 0) {
        if (!cJSON_IsObject(node))
            walk->each(walk->arg, node);
        return;
    }
    char key[128];
    sv_copy(sv_split(&path, '.'), key, sizeof key);
    walk_values(json_get(node, key), path, walk);
}

void query_values(const char *property, query_source *source, void *row,
                  void (*each)(void *arg, const cJSON *value), void *arg)
{
    struct walk walk = {each, arg};
    struct sv path = sv_of(property), head = sv_split(&path, '.');
    walk_values(source(row, head), path, &walk);
}

static const char *text_of(const cJSON *value)
{
    return cJSON_IsString(value)  ? value->valuestring
           : cJSON_IsTrue(value)  ? "true"
           : cJSON_IsFalse(value) ? "false"
                                  : "";
}

int query_compare(const cJSON *a, const cJSON *b)
{
    if (!a || !b)
        return !a - !b;
    if (cJSON_IsNumber(a) && cJSON_IsNumber(b))
        return (a->valuedouble > b->valuedouble) - (a->valuedouble < b->valuedouble);
    return strcmp(text_of(a), text_of(b));
}

/* --- comparisons ---------------------------------------------------------------------------- */

/* The order of a value and a literal; false when they cannot be compared. */
static bool compare_literal(const cJSON *value, const struct query_literal *literal, int *order)
{
    char *end;
    if (literal->kind == LITERAL_BOOL) {
        *order = cJSON_IsTrue(value) - (literal->number != 0);
        return cJSON_IsBool(value);
    }
    if (cJSON_IsNumber(value)) {
        double number =
            literal->kind == LITERAL_NUMBER ? literal->number : strtod(literal->text, &end);
        if (literal->kind == LITERAL_TEXT && (*end || end == literal->text))
            return false;
        *order = (value->valuedouble > number) - (value->valuedouble < number);
        return true;
    }
    *order = strcmp(text_of(value), literal->text);
    return true;
}

static void last_address(const struct cidr *cidr, uint8_t last[16])
{
    unsigned bits = cidr->v6 ? 128 : 32;
    memcpy(last, cidr->first, 16);
    for (unsigned bit = cidr->prefix; bit < bits; bit++)
        last[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

/* Addresses and blocks are ranges: equal means inside. */
static bool is_inside_block(const cJSON *value, const struct query_literal *literal)
{
    struct cidr its, wanted;
    return literal->kind == LITERAL_TEXT && strchr(literal->text, '/') && cJSON_IsString(value) &&
           cidr_parse(literal->text, &wanted) && cidr_parse_address(value->valuestring, &its) &&
           cidr_contains(&wanted, &its);
}

static bool is_between_addresses(const cJSON *value, const struct query_literal *bounds)
{
    struct cidr its, low, high;
    uint8_t its_last[16], high_last[16];
    if (!cJSON_IsString(value) || !cidr_parse_address(value->valuestring, &its) ||
        !cidr_parse_address(bounds[0].text, &low) || !cidr_parse_address(bounds[1].text, &high) ||
        its.v6 != low.v6 || its.v6 != high.v6)
        return false;
    last_address(&its, its_last);
    last_address(&high, high_last);
    return memcmp(its.first, low.first, 16) >= 0 && memcmp(its_last, high_last, 16) <= 0;
}

static bool is_equal(const cJSON *value, const struct query_literal *literal)
{
    int order;
    return (compare_literal(value, literal, &order) && order == 0) ||
           is_inside_block(value, literal);
}

static bool is_between(const cJSON *value, const struct query_literal *bounds)
{
    int low, high;
    struct cidr cidr;
    if (bounds[0].kind == LITERAL_TEXT && cidr_parse_address(bounds[0].text, &cidr))
        return is_between_addresses(value, bounds);
    return compare_literal(value, &bounds[0], &low) && compare_literal(value, &bounds[1], &high) &&
           low >= 0 && high <= 0;
}

/* % stands for anything, _ for one character; they come last. */
static bool is_like(const cJSON *value, const char *pattern)
{
    size_t literal = strcspn(pattern, "%_");
    const char *wildcards = pattern + literal;
    if (!cJSON_IsString(value) || strncmp(value->valuestring, pattern, literal) != 0)
        return false;
    size_t rest = strlen(value->valuestring) - literal, single = 0;
    for (const char *at = wildcards; *at; at++)
        single += *at == '_';
    return strchr(wildcards, '%') ? rest >= single : rest == single;
}

static bool meets(const struct query_condition *c, const cJSON *value)
{
    int order;
    switch (c->op) {
    case QUERY_EQUAL:
        return is_equal(value, &c->literals[0]);
    case QUERY_UNEQUAL:
        return !is_equal(value, &c->literals[0]);
    case QUERY_IN:
        for (size_t i = 0; i < c->n_literals; i++)
            if (is_equal(value, &c->literals[i]))
                return true;
        return false;
    case QUERY_BETWEEN:
        return is_between(value, c->literals);
    case QUERY_LIKE:
        return is_like(value, c->literals[0].text);
    default:
        break;
    }
    if (!compare_literal(value, &c->literals[0], &order))
        return false;
    return c->op == QUERY_LESS         ? order < 0
           : c->op == QUERY_LESS_EQUAL ? order <= 0
           : c->op == QUERY_GREATER    ? order > 0
                                       : order >= 0;
}

struct match {
    const struct query_condition *condition;
    bool found;
};

static void try_value(void *arg, const cJSON *value)
{
    struct match *match = arg;
    match->found = match->found || meets(match->condition, value);
}

bool query_matches(const struct query_condition *where, query_source *source, void *row)
{
    if (!where)
        return true;
    switch (where->op) {
    case QUERY_AND:
        return query_matches(where->left, source, row) && query_matches(where->right, source, row);
    case QUERY_OR:
        return query_matches(where->left, source, row) || query_matches(where->right, source, row);
    case QUERY_NOT:
        return !query_matches(where->left, source, row);
    default:
        break;
    }
    struct match match = {.condition = where};
    query_values(where->property, source, row, try_value, &match);
    return match.found;
}

/* --- projection ----------------------------------------------------------------------------- */

static void project(cJSON *into, const cJSON *from, struct sv path);

/* Element by element; into has as many already when another property went this way before. */
static void project_list(cJSON *into, const cJSON *from, struct sv path)
{
    cJSON *target = into->child;
    for (const cJSON *item = from->child; item; item = item->next) {
        if (!target) {
            target = cJSON_IsArray(item) ? cJSON_CreateArray() : cJSON_CreateObject();
            cJSON_AddItemToArray(into, target);
        }
        project(target, item, path);
        target = target->next;
    }
}

/* Copies what lies at path below from to the same place below into. */
static void project(cJSON *into, const cJSON *from, struct sv path)
{
    char key[128];
    if (cJSON_IsArray(from)) {
        project_list(into, from, path);
        return;
    }
    sv_copy(sv_split(&path, '.'), key, sizeof key);
    const cJSON *value = json_get(from, key);
    cJSON *target = cJSON_GetObjectItemCaseSensitive(into, key);
    if (!value || (target && path.len == 0))
        return;
    if (path.len == 0) {
        cJSON_AddItemToObject(into, key, cJSON_Duplicate(value, true));
        return;
    }
    if (!cJSON_IsObject(value) && !cJSON_IsArray(value))
        return;
    if (!target)
        target = cJSON_IsArray(value) ? cJSON_AddArrayToObject(into, key)
                                      : cJSON_AddObjectToObject(into, key);
    project(target, value, path);
    if (cJSON_IsObject(target) && !target->child)
        cJSON_DeleteItemFromObjectCaseSensitive(into, key); /* nothing was there after all */
}

static void project_property(cJSON *into, const char *property, query_source *source, void *row)
{
    struct sv path = sv_of(property), head = sv_split(&path, '.');
    const cJSON *value = source(row, head);
    if (!value)
        return;
    cJSON *whole = cJSON_CreateObject();
    char key[128];
    sv_copy(head, key, sizeof key);
    cJSON_AddItemReferenceToObject(whole, key, (cJSON *)value);
    project(into, whole, sv_of(property));
    cJSON_Delete(whole);
}

cJSON *query_project(const struct query *query, query_source *source, void *row)
{
    cJSON *result = cJSON_CreateObject();
    for (size_t i = 0; query->star && i < n_query_scalars; i++)
        project_property(result, query_scalars[i], source, row);
    for (size_t i = 0; i < query->n_select; i++)
        project_property(result, query->select[i].property, source, row);
    return result;
}
