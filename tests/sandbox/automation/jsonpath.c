/*
 * jsonpath: the part of JSONPath that documents use in their selectors.
 *
 * Each part of a path turns the values selected so far into others; a path with a wildcard, a
 * descent or a filter may select many and gives a list.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/automation/engine.h"

typedef VEC(const cJSON *) values;

struct path {
    const char *at; /* what is still to be read */
    bool is_wrong;
    bool is_many; /* may select more than one */
};

static void skip_blanks(struct path *p)
{
    while (*p->at == ' ')
        p->at++;
}

static bool take(struct path *p, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(p->at, word, len) != 0)
        return false;
    p->at += len;
    return true;
}

/* A member's name behind a dot. */
static bool take_name(struct path *p, char *name, size_t size)
{
    size_t len = strcspn(p->at, ".[]()=!<>&|'\" ");
    sv_copy((struct sv){p->at, len}, name, size);
    p->at += len;
    return len > 0;
}

static bool take_quoted(struct path *p, char *text, size_t size)
{
    char quote = *p->at;
    if (quote != '\'' && quote != '"')
        return false;
    const char *end = strchr(p->at + 1, quote);
    if (!end)
        return false;
    sv_copy((struct sv){p->at + 1, (size_t)(end - p->at - 1)}, text, size);
    p->at = end + 1;
    return true;
}

/* --- filters -----------------------------------------------------------------------------------
 */

static const cJSON *read_operand(struct path *p, const cJSON *item)
{
    char name[128];
    const cJSON *value = item;
    while (*p->at == '.' || *p->at == '[') {
        bool is_bracket = take(p, "[");
        p->at += !is_bracket; /* the dot */
        bool read = is_bracket ? take_quoted(p, name, sizeof name) && take(p, "]")
                               : take_name(p, name, sizeof name);
        p->is_wrong |= !read;
        if (p->is_wrong)
            return NULL;
        value = json_get(value, name);
    }
    return value;
}

/* <0, 0, >0 as they compare; 2 when they cannot. */
static int compare(const cJSON *value, const char *text, bool is_text)
{
    if (is_text)
        return cJSON_IsString(value) ? (strcmp(value->valuestring, text) == 0 ? 0 : 2) : 2;
    if (cJSON_IsBool(value))
        return strcmp(text, cJSON_IsTrue(value) ? "true" : "false") == 0 ? 0 : 2;
    if (!cJSON_IsNumber(value))
        return 2;
    double other = strtod(text, NULL);
    return value->valuedouble < other ? -1 : value->valuedouble > other;
}

static bool holds(const char *operator, int order)
{
    if (strcmp(operator, "!=") == 0)
        return order != 0;
    if (order == 2)
        return false;
    return (order == 0 && strchr(operator, '=') != NULL) || (order < 0 && *operator== '<') ||
           (order > 0 && *operator== '>');
}

/* @.path, or @.path OPERATOR literal */
static bool read_comparison(struct path *p, const cJSON *item)
{
    static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">"};
    char literal[256];
    skip_blanks(p);
    if (!take(p, "@")) {
        p->is_wrong = true;
        return false;
    }
    const cJSON *value = read_operand(p, item);
    skip_blanks(p);
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (!take(p, operators[i]))
            continue;
        skip_blanks(p);
        bool is_text = take_quoted(p, literal, sizeof literal);
        if (!is_text)
            p->is_wrong |= !take_name(p, literal, sizeof literal);
        skip_blanks(p);
        return holds(operators[i], compare(value, literal, is_text));
    }
    return value != NULL;
}

static bool read_filter(struct path *p, const cJSON *item)
{
    bool any = false, all = true;
    do {
        all = true;
        do
            all &= read_comparison(p, item);
        while (!p->is_wrong && take(p, "&&"));
        any |= all;
    } while (!p->is_wrong && take(p, "||"));
    p->is_wrong |= !take(p, ")]");
    return any && !p->is_wrong;
}

/* --- parts -------------------------------------------------------------------------------------
 */

static void add_members(const values *from, const char *name, values *to)
{
    for (size_t i = 0; i < from->len; i++) {
        const cJSON *value = json_get(from->ptr[i], name);
        if (value)
            vec_push(to, value);
    }
}

static void add_children(const values *from, values *to)
{
    const cJSON *item;
    for (size_t i = 0; i < from->len; i++)
        cJSON_ArrayForEach (item, from->ptr[i])
            vec_push(to, item);
}

static void add_descendants(const cJSON *tree, const char *name, values *to)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, tree) {
        if (item->string && strcmp(item->string, name) == 0)
            vec_push(to, item);
        add_descendants(item, name, to);
    }
}

static void add_filtered(struct path *p, const values *from, values *to)
{
    const char *filter = p->at;
    values items = {0};
    struct path ahead = *p;
    add_children(from, &items);
    read_filter(&ahead, NULL); /* also when there is nothing to filter */
    for (size_t i = 0; i < items.len; i++) {
        struct path each = {.at = filter};
        if (read_filter(&each, items.ptr[i]))
            vec_push(to, items.ptr[i]);
    }
    vec_free(&items);
    *p = ahead;
    p->is_many = true;
}

static void add_element(struct path *p, const values *from, values *to)
{
    char *end;
    long i = strtol(p->at, &end, 10);
    p->is_wrong |= end == p->at || *end != ']';
    for (size_t n = 0; !p->is_wrong && n < from->len; n++) {
        const cJSON *item = cJSON_IsArray(from->ptr[n])
                                ? cJSON_GetArrayItem(from->ptr[n], (int)(i < 0 ? -1 : i))
                                : NULL;
        if (item)
            vec_push(to, item);
    }
    if (!p->is_wrong)
        p->at = end + 1;
}

static void take_part(struct path *p, const values *from, values *to)
{
    char name[256];
    if (take(p, "..") && (p->is_many = true) && take_name(p, name, sizeof name)) {
        for (size_t i = 0; i < from->len; i++)
            add_descendants(from->ptr[i], name, to);
    } else if (take(p, ".*") || take(p, "[*]")) {
        p->is_many = true;
        add_children(from, to);
    } else if (take(p, "[?(")) {
        add_filtered(p, from, to);
    } else if (take(p, ".") && take_name(p, name, sizeof name)) {
        add_members(from, name, to);
    } else if (take(p, "[")) {
        if (take_quoted(p, name, sizeof name) && take(p, "]"))
            add_members(from, name, to);
        else
            add_element(p, from, to);
    } else {
        p->is_wrong = true;
    }
}

static cJSON *result_of(const struct path *p, const values *selected)
{
    if (!p->is_many)
        return selected->len > 0 ? cJSON_Duplicate(selected->ptr[0], true) : NULL;
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < selected->len; i++) {
        cJSON *copy = cJSON_Duplicate(selected->ptr[i], true);
        cJSON_AddItemToArray(list, copy);
    }
    return list;
}

cJSON *jsonpath_select(const cJSON *tree, const char *path, struct buf *why)
{
    struct path p = {.at = path};
    values selected = {0};
    vec_push(&selected, tree);
    p.is_wrong = !take(&p, "$");
    while (!p.is_wrong && *p.at) {
        values next = {0};
        take_part(&p, &selected, &next);
        vec_free(&selected);
        selected = next;
    }
    if (p.is_wrong)
        buf_addf(why, "%s is not a JSONPath.", path);
    cJSON *result = p.is_wrong ? NULL : result_of(&p, &selected);
    vec_free(&selected);
    return result;
}
