/* AWS JSON 1.1, both ways. */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/wire/codec.h"

/* --- reading -------------------------------------------------------------------------------- */

static const char *kind_of(const cJSON *node)
{
    if (cJSON_IsString(node))
        return "STRING_VALUE";
    if (cJSON_IsNumber(node))
        return "NUMBER_VALUE";
    if (cJSON_IsBool(node))
        return cJSON_IsTrue(node) ? "TRUE_VALUE" : "FALSE_VALUE";
    return cJSON_IsArray(node) ? "START_ARRAY" : "START_OBJECT";
}

static cJSON *mismatch(const cJSON *node, const char *wanted, struct codec_problem *problem)
{
    if (cJSON_IsArray(node))
        snprintf(problem->text, sizeof problem->text, "Start of list found where not expected");
    else if (cJSON_IsObject(node))
        snprintf(problem->text, sizeof problem->text,
                 "Start of structure or map found where not expected.");
    else
        snprintf(problem->text, sizeof problem->text, "%s can not be converted to %s",
                 kind_of(node), wanted);
    return NULL;
}

static cJSON *read_value(const struct shape *shape, const cJSON *node,
                         struct codec_problem *problem);

static cJSON *read_structure(const struct shape *shape, const cJSON *node,
                             struct codec_problem *problem)
{
    cJSON *out = cJSON_CreateObject();
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        const struct member *m = shape_member(shape, sv_of(child->string));
        if (!m || cJSON_IsNull(child) || json_get(out, m->name))
            continue;
        cJSON *value = read_value(m->shape, child, problem);
        if (!value) {
            json_free(out);
            return NULL;
        }
        cJSON_AddItemToObject(out, m->name, value);
    }
    return out;
}

static cJSON *read_list(const struct shape *shape, const cJSON *node, struct codec_problem *problem)
{
    cJSON *out = cJSON_CreateArray();
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        cJSON *value = cJSON_IsNull(child) ? cJSON_CreateNull()
                                           : read_value(shape->element.shape, child, problem);
        if (!value) {
            json_free(out);
            return NULL;
        }
        cJSON_AddItemToArray(out, value);
    }
    return out;
}

static cJSON *read_map(const struct shape *shape, const cJSON *node, struct codec_problem *problem)
{
    cJSON *out = cJSON_CreateObject();
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        cJSON *value =
            cJSON_IsNull(child) ? NULL : read_value(shape->element.shape, child, problem);
        if (!value && !cJSON_IsNull(child)) {
            json_free(out);
            return NULL;
        }
        if (value)
            cJSON_AddItemToObject(out, child->string, value);
    }
    return out;
}

static cJSON *read_number(const struct shape *shape, const cJSON *node,
                          struct codec_problem *problem)
{
    bool whole = shape->type == SHAPE_INTEGER || shape->type == SHAPE_LONG;
    double limit = shape->type == SHAPE_INTEGER ? 2147483648.0 : 9223372036854775808.0;
    double value = node->valuedouble;
    if (whole && (value >= limit || value < -limit || value != (double)(long long)value))
        return mismatch(node, shape->type == SHAPE_INTEGER ? "Integer" : "Long", problem);
    return cJSON_CreateNumber(value);
}

static cJSON *read_value(const struct shape *shape, const cJSON *node,
                         struct codec_problem *problem)
{
    switch (shape->type) {
    case SHAPE_STRUCTURE:
        return cJSON_IsObject(node) ? read_structure(shape, node, problem)
                                    : mismatch(node, "Structure", problem);
    case SHAPE_MAP:
        return cJSON_IsObject(node) ? read_map(shape, node, problem)
                                    : mismatch(node, "Map", problem);
    case SHAPE_LIST:
        return cJSON_IsArray(node) ? read_list(shape, node, problem)
                                   : mismatch(node, "List", problem);
    case SHAPE_STRING:
    case SHAPE_BLOB:
        return cJSON_IsString(node) ? cJSON_CreateString(node->valuestring)
                                    : mismatch(node, "String", problem);
    case SHAPE_BOOLEAN:
        return cJSON_IsBool(node) ? cJSON_CreateBool(cJSON_IsTrue(node))
                                  : mismatch(node, "Boolean", problem);
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_DOUBLE:
    case SHAPE_TIMESTAMP:
        break;
    }
    return cJSON_IsNumber(node) ? read_number(shape, node, problem)
                                : mismatch(node, "Number", problem);
}

cJSON *codec_read_json(const struct shape *shape, struct sv body, struct codec_problem *problem)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    *problem = (struct codec_problem){0};
    if (sv_trim(body).len == 0)
        return cJSON_CreateObject();
    if (json_parse(body, "request", &tree, NULL) != OK)
        return NULL; /* SerializationException comes without words then */
    if (!cJSON_IsObject(tree))
        return mismatch(tree, "Structure", problem);
    return shape ? read_structure(shape, tree, problem) : cJSON_CreateObject();
}

/* --- writing -------------------------------------------------------------------------------- */

static bool write_value(struct json_writer *w, const struct shape *shape, const cJSON *node,
                        struct buf *mistake);

static bool wrong(const struct shape *shape, const cJSON *node, struct buf *mistake)
{
    buf_addf(mistake, "%s is not a %s", node->string ? node->string : "an element", shape->name);
    return false;
}

/* What a fault has put there: it need not be what the model says, nor JSON at all. */
static bool write_raw(struct json_writer *w, const cJSON *node)
{
    if (w->need_comma)
        buf_add_char(w->out, ',');
    buf_add_cstr(w->out, node->valuestring);
    w->need_comma = true;
    return true;
}

static bool write_structure(struct json_writer *w, const struct shape *shape, const cJSON *node,
                            struct buf *mistake)
{
    const cJSON *child;
    jw_object(w);
    cJSON_ArrayForEach (child, node) {
        const struct member *m = shape_member(shape, sv_of(child->string));
        if (!m && !cJSON_IsRaw(child)) {
            buf_addf(mistake, "%s has no member %s", shape->name, child->string);
            return false;
        }
        jw_key(w, child->string);
        if (!(m ? write_value(w, m->shape, child, mistake) : write_raw(w, child)))
            return false;
    }
    jw_object_end(w);
    return true;
}

static bool write_elements(struct json_writer *w, const struct shape *shape, const cJSON *node,
                           struct buf *mistake)
{
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        if (shape->type == SHAPE_MAP)
            jw_key(w, child->string);
        if (!write_value(w, shape->element.shape, child, mistake))
            return false;
    }
    return true;
}

static bool write_value(struct json_writer *w, const struct shape *shape, const cJSON *node,
                        struct buf *mistake)
{
    bool written = true;
    if (cJSON_IsRaw(node))
        return write_raw(w, node);
    switch (shape->type) {
    case SHAPE_STRUCTURE:
        return cJSON_IsObject(node) ? write_structure(w, shape, node, mistake)
                                    : wrong(shape, node, mistake);
    case SHAPE_LIST:
        if (!cJSON_IsArray(node))
            return wrong(shape, node, mistake);
        jw_array(w);
        written = write_elements(w, shape, node, mistake);
        jw_array_end(w);
        return written;
    case SHAPE_MAP:
        if (!cJSON_IsObject(node))
            return wrong(shape, node, mistake);
        jw_object(w);
        written = write_elements(w, shape, node, mistake);
        jw_object_end(w);
        return written;
    case SHAPE_STRING:
    case SHAPE_BLOB:
        if (!cJSON_IsString(node))
            return wrong(shape, node, mistake);
        jw_string(w, sv_of(node->valuestring));
        return true;
    case SHAPE_BOOLEAN:
        if (!cJSON_IsBool(node))
            return wrong(shape, node, mistake);
        jw_bool(w, cJSON_IsTrue(node));
        return true;
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_DOUBLE:
    case SHAPE_TIMESTAMP:
        break;
    }
    if (!cJSON_IsNumber(node))
        return wrong(shape, node, mistake);
    jw_tree(w, node);
    return true;
}

bool codec_write_json(struct buf *body, const struct operation *op, const cJSON *output,
                      struct buf *mistake)
{
    struct json_writer w = {.out = body};
    if (op->output)
        return write_structure(&w, op->output, output, mistake);
    return true; /* an operation without output answers with an empty body */
}
