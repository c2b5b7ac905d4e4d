/* The requests of AWS Query and of EC2: forms whose parameter names are paths. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/vec.h"
#include "tests/sandbox/wire/codec.h"
#include "tests/sandbox/wire/http.h"

#define PARAMETERS_MAX 4096

/* --- the form as a tree --------------------------------------------------------------------- */

static bool is_signature_parameter(struct sv name)
{
    return sv_starts(name, SV("X-Amz-"));
}

/* Hangs value under its path; false when another parameter lies in the way. */
static bool plant(cJSON *tree, struct sv path, const char *value)
{
    char step[160];
    while (path.len > 0) {
        sv_copy(sv_split(&path, '.'), step, sizeof step);
        cJSON *next = cJSON_GetObjectItemCaseSensitive(tree, step);
        if (next && (path.len == 0 || !cJSON_IsObject(next)))
            return false;
        if (path.len == 0)
            cJSON_AddStringToObject(tree, step, value);
        else
            tree = next ? next : cJSON_AddObjectToObject(tree, step);
    }
    return true;
}

static bool plant_pair(cJSON *tree, struct sv pair, struct codec_problem *problem)
{
    AUTO(buf_done) struct buf name = BUF_NONE;
    AUTO(buf_done) struct buf value = BUF_NONE;
    percent_decode(&name, sv_split(&pair, '='), true);
    percent_decode(&value, pair, true);
    if (is_signature_parameter(buf_sv(&name)))
        return true;
    sv_copy(buf_sv(&name), problem->parameter, sizeof problem->parameter);
    if (name.len == 0 || name.len >= sizeof problem->parameter ||
        memchr(buf_cstr(&value), '\0', value.len)) {
        snprintf(problem->text, sizeof problem->text, "The query string is malformed.");
        return false;
    }
    if (!plant(tree, buf_sv(&name), buf_cstr(&value))) {
        snprintf(problem->text, sizeof problem->text, "Duplicate element %.160s",
                 problem->parameter);
        return false;
    }
    return true;
}

cJSON *codec_parse_form(struct sv form, struct codec_problem *problem)
{
    cJSON *tree = cJSON_CreateObject();
    *problem = (struct codec_problem){0};
    for (size_t count = 0; form.len > 0; count++) {
        struct sv pair = sv_split(&form, '&');
        if (pair.len == 0)
            continue;
        if (count >= PARAMETERS_MAX)
            snprintf(problem->text, sizeof problem->text, "Too many parameters.");
        if (count >= PARAMETERS_MAX || !plant_pair(tree, pair, problem)) {
            json_free(tree);
            return NULL;
        }
    }
    problem->parameter[0] = '\0';
    return tree;
}

/* --- the tree by the model ------------------------------------------------------------------ */

/* Where in the form the reader is, for its messages. */
struct reader {
    enum protocol protocol;
    struct codec_problem *problem;
    char path[160];
};

static cJSON *read_value(struct reader *r, const struct shape *shape, const cJSON *node);

void codec_input_name(const struct member *member, enum protocol protocol, char name[160])
{
    bool given = *member->location != '\0';
    const char *text = given ? member->location : member->name;
    if (protocol == PROTOCOL_EC2 && *member->query)
        text = member->query;
    else if (protocol != PROTOCOL_EC2 && member->shape->type == SHAPE_LIST &&
             member->shape->flattened && *member->shape->element.location)
        text = member->shape->element.location;
    sv_copy(sv_of(text), name, 160);
    if (protocol == PROTOCOL_EC2 && given)
        name[0] = (char)toupper((unsigned char)name[0]);
}

/* Steps down to name; undo with leave. */
static size_t enter(struct reader *r, const char *name)
{
    size_t len = strlen(r->path);
    snprintf(r->path + len, sizeof r->path - len, "%s%s", len > 0 ? "." : "", name);
    return len;
}

static void leave(struct reader *r, size_t len)
{
    r->path[len] = '\0';
}

static cJSON *refuse(struct reader *r, const char *wanted, const cJSON *node)
{
    str_copy(r->problem->parameter, r->path);
    if (wanted && r->protocol == PROTOCOL_EC2)
        snprintf(r->problem->text, sizeof r->problem->text,
                 "Value (%.80s) for parameter %s is invalid. Expecting %s.",
                 node->valuestring ? node->valuestring : "", r->path, wanted);
    else if (wanted)
        snprintf(r->problem->text, sizeof r->problem->text, "%s must be %s", r->path, wanted);
    else
        snprintf(r->problem->text, sizeof r->problem->text, "Unexpected structure at %s", r->path);
    return NULL;
}

static cJSON *refuse_unknown(struct reader *r, const char *name)
{
    enter(r, name);
    r->problem->unknown_parameter = true;
    str_copy(r->problem->parameter, r->path);
    return NULL;
}

static const struct member *member_by_input_name(const struct reader *r, const struct shape *shape,
                                                 const char *wanted)
{
    char name[160];
    for (size_t i = 0; i < shape->n_members; i++) {
        codec_input_name(&shape->members[i], r->protocol, name);
        if (strcmp(name, wanted) == 0)
            return &shape->members[i];
    }
    return NULL;
}

static cJSON *read_structure(struct reader *r, const struct shape *shape, const cJSON *node)
{
    cJSON *out = cJSON_CreateObject();
    const cJSON *child;
    if (!cJSON_IsObject(node)) {
        json_free(out);
        return refuse(r, NULL, node);
    }
    cJSON_ArrayForEach (child, node) {
        const struct member *m = member_by_input_name(r, shape, child->string);
        if (!m && r->protocol != PROTOCOL_EC2)
            continue;
        size_t len = m ? enter(r, child->string) : 0;
        cJSON *value = m ? read_value(r, m->shape, child) : refuse_unknown(r, child->string);
        if (!value) {
            json_free(out);
            return NULL;
        }
        leave(r, len);
        cJSON_AddItemToObject(out, m->name, value);
    }
    return out;
}

struct numbered {
    long number;
    const cJSON *node;
};
typedef VEC(struct numbered) numbered_vec;

static int compare_numbered(const void *a, const void *b)
{
    const struct numbered *left = a, *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

/* The children named 1, 2, 3..., by number, gaps allowed; false when one is named otherwise. */
static bool number_children(const cJSON *node, numbered_vec *children)
{
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        int64_t number;
        if (!sv_to_i64(sv_of(child->string), &number) || number < 0 || number > 1000000)
            return false;
        vec_push(children, ((struct numbered){(long)number, child}));
    }
    if (children->len > 1)
        qsort(children->ptr, children->len, sizeof *children->ptr, compare_numbered);
    return true;
}

static cJSON *read_elements(struct reader *r, const struct shape *shape, const cJSON *node)
{
    numbered_vec children = {0};
    cJSON *out = NULL;
    if (!cJSON_IsObject(node) || !number_children(node, &children)) {
        vec_free(&children);
        return refuse(r, NULL, node);
    }
    out = cJSON_CreateArray();
    for (size_t i = 0; i < children.len && out; i++) {
        size_t len = enter(r, children.ptr[i].node->string);
        cJSON *value = read_value(r, shape->element.shape, children.ptr[i].node);
        if (value) {
            leave(r, len);
            cJSON_AddItemToArray(out, value);
        } else {
            json_free(out);
            out = NULL;
        }
    }
    vec_free(&children);
    return out;
}

static cJSON *read_list(struct reader *r, const struct shape *shape, const cJSON *node)
{
    if (r->protocol != PROTOCOL_EC2 && cJSON_IsString(node) && !*node->valuestring)
        return cJSON_CreateArray(); /* "Name=" is the empty list */
    if (r->protocol == PROTOCOL_EC2 || shape->flattened)
        return read_elements(r, shape, node);
    const char *step = *shape->element.location ? shape->element.location : "member";
    const cJSON *inner = json_get(node, step);
    if (!inner)
        return refuse(r, NULL, node);
    size_t len = enter(r, step);
    cJSON *out = read_elements(r, shape, inner);
    if (out)
        leave(r, len);
    return out;
}

static cJSON *read_map(struct reader *r, const struct shape *shape, const cJSON *node)
{
    const char *key = *shape->key.location ? shape->key.location : "key";
    const char *value = *shape->element.location ? shape->element.location : "value";
    const cJSON *entries = shape->flattened ? node : json_get(node, "entry"), *entry;
    cJSON *out = cJSON_CreateObject();
    cJSON_ArrayForEach (entry, entries) {
        const cJSON *name = json_get(entry, key), *content = json_get(entry, value);
        cJSON *read = cJSON_IsString(name) && content ? read_value(r, shape->element.shape, content)
                                                      : refuse(r, NULL, entry);
        if (!read) {
            json_free(out);
            return NULL;
        }
        cJSON_AddItemToObject(out, name->valuestring, read);
    }
    return out;
}

static cJSON *read_number(struct reader *r, const struct shape *shape, const cJSON *node)
{
    char *end;
    int64_t whole;
    if (shape->type == SHAPE_DOUBLE) {
        double value = strtod(node->valuestring, &end);
        return *node->valuestring && !*end && isfinite(value) ? cJSON_CreateNumber(value)
                                                              : refuse(r, "a number", node);
    }
    if (!sv_to_i64(sv_of(node->valuestring), &whole) ||
        (shape->type == SHAPE_INTEGER && (whole < INT32_MIN || whole > INT32_MAX)))
        return refuse(r, "an integer", node);
    return cJSON_CreateNumber((double)whole);
}

static cJSON *read_boolean(struct reader *r, const cJSON *node)
{
    if (strcmp(node->valuestring, "true") == 0)
        return cJSON_CreateTrue();
    return strcmp(node->valuestring, "false") == 0 ? cJSON_CreateFalse()
                                                   : refuse(r, "true or false", node);
}

static cJSON *read_timestamp(struct reader *r, const cJSON *node)
{
    int64_t at_ms;
    return clock_parse_iso8601(sv_of(node->valuestring), &at_ms)
               ? cJSON_CreateNumber((double)at_ms / 1000)
               : refuse(r, "a time as ISO 8601 has it", node);
}

static cJSON *read_value(struct reader *r, const struct shape *shape, const cJSON *node)
{
    switch (shape->type) {
    case SHAPE_STRUCTURE:
        return read_structure(r, shape, node);
    case SHAPE_LIST:
        return read_list(r, shape, node);
    case SHAPE_MAP:
        return read_map(r, shape, node);
    default:
        break;
    }
    if (!cJSON_IsString(node))
        return refuse(r, NULL, node);
    switch (shape->type) {
    case SHAPE_BOOLEAN:
        return read_boolean(r, node);
    case SHAPE_TIMESTAMP:
        return read_timestamp(r, node);
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_DOUBLE:
        return read_number(r, shape, node);
    default:
        return cJSON_CreateString(node->valuestring);
    }
}

cJSON *codec_read_form(const struct shape *shape, enum protocol protocol, const cJSON *form,
                       struct codec_problem *problem)
{
    struct reader r = {.protocol = protocol, .problem = problem};
    *problem = (struct codec_problem){0};
    return shape ? read_structure(&r, shape, form) : cJSON_CreateObject();
}
