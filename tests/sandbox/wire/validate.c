#include "tests/sandbox/wire/validate.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "tests/sandbox/wire/codec.h"
#include "tests/sandbox/wire/error.h"

#define VIOLATIONS_MAX 10

/* One walk over an input. */
struct walk {
    const struct operation *op;
    struct reply *reply;
    char path[256];
    struct buf list; /* the violations so far, JSON and Query */
    unsigned count;
};

static void check_value(struct walk *w, const struct shape *shape, const cJSON *node);

/* --- where we are --------------------------------------------------------------------------- */

/* Steps down; undo with leave. The frameworks of JSON and Query write "names.1.member" and begin
 * members with small letters, EC2 writes what was in the request. */
static size_t enter(struct walk *w, const char *step)
{
    size_t len = strlen(w->path);
    snprintf(w->path + len, sizeof w->path - len, "%s%s", len > 0 ? "." : "", step);
    return len;
}

static void leave(struct walk *w, size_t len)
{
    w->path[len] = '\0';
}

/* EC2 names a plain member as its model has it on the wire: "groupId". */
static size_t enter_member(struct walk *w, const struct member *member)
{
    char name[160];
    bool is_plain = member->shape->type != SHAPE_STRUCTURE && member->shape->type != SHAPE_LIST;
    if (w->op->service->protocol == PROTOCOL_EC2 && is_plain && *member->location) {
        str_copy(name, member->location);
    } else if (w->op->service->protocol == PROTOCOL_EC2) {
        codec_input_name(member, PROTOCOL_EC2, name);
    } else {
        str_copy(name, member->name);
        name[0] = (char)tolower((unsigned char)name[0]);
    }
    return enter(w, name);
}

static size_t enter_element(struct walk *w, size_t number)
{
    char step[40];
    bool ec2 = w->op->service->protocol == PROTOCOL_EC2;
    snprintf(step, sizeof step, ec2 ? "%zu" : "%zu.member", number);
    return enter(w, step);
}

/* --- saying what is wrong --------------------------------------------------------------------- */

/* The value as the framework prints it: text as it is, lists in brackets. */
static void add_value(struct buf *out, const cJSON *node)
{
    if (cJSON_IsString(node)) {
        buf_add_cstr(out, node->valuestring);
    } else if (cJSON_IsNumber(node)) {
        buf_addf(out, "%lld", (long long)node->valuedouble);
    } else if (cJSON_IsArray(node)) {
        const cJSON *child;
        buf_add_char(out, '[');
        cJSON_ArrayForEach (child, node) {
            add_value(out, child);
            if (child->next)
                buf_add_cstr(out, ", ");
        }
        buf_add_char(out, ']');
    } else {
        buf_add_cstr(out, "{}");
    }
}

/* "Value 'x' at 'a.b' failed to satisfy constraint: RULE" */
static void violate(struct walk *w, const struct shape *shape, const cJSON *node, const char *rule)
{
    if (w->count++ >= VIOLATIONS_MAX)
        return;
    if (w->list.len > 0)
        buf_add_cstr(&w->list, "; ");
    if (!node)
        buf_add_cstr(&w->list, "Value null");
    else if (shape->sensitive)
        buf_add_cstr(&w->list, "Value");
    else {
        buf_add_cstr(&w->list, "Value '");
        add_value(&w->list, node);
        buf_add_char(&w->list, '\'');
    }
    buf_addf(&w->list, " at '%s' failed to satisfy constraint: %s", w->path, rule);
}

static void violate_ec2(struct walk *w, const cJSON *node, const char *rule)
{
    AUTO(buf_done) struct buf value = BUF_NONE;
    if (w->count++ > 0)
        return;
    if (!node) {
        reply_error(w->reply, 400, "MissingParameter", "The request must contain the parameter %s",
                    w->path);
        return;
    }
    add_value(&value, node);
    reply_error(w->reply, 400, "InvalidParameterValue",
                "Value ( %.120s ) for parameter %s is invalid. %s", buf_cstr(&value), w->path,
                rule);
}

/* text for JSON and Query, ec2 for EC2 */
static void complain(struct walk *w, const struct shape *shape, const cJSON *node, const char *text,
                     const char *ec2)
{
    if (w->op->service->protocol == PROTOCOL_EC2)
        violate_ec2(w, node, ec2);
    else
        violate(w, shape, node, text);
}

/* --- the checks ------------------------------------------------------------------------------- */

static size_t count_characters(const char *text)
{
    size_t count = 0;
    for (const char *c = text; *c; c++)
        count += ((unsigned char)*c & 0xC0) != 0x80;
    return count;
}

/* size is a length, or a number's value. */
static void check_bounds(struct walk *w, const struct shape *shape, const cJSON *node, double size)
{
    const char *what = cJSON_IsNumber(node) ? "value" : "length";
    char text[120], ec2[120];
    bool low = shape->has_min && size < shape->min;
    bool high = shape->has_max && size > shape->max;
    if (!low && !high)
        return;
    double limit = low ? shape->min : shape->max;
    snprintf(text, sizeof text, "Member must have %s %s than or equal to %.0f", what,
             low ? "greater" : "less", limit);
    snprintf(ec2, sizeof ec2, "Expecting a %s %s than or equal to %.0f.", what,
             low ? "greater" : "less", limit);
    complain(w, shape, node, text, ec2);
}

static void check_enum(struct walk *w, const struct shape *shape, const cJSON *node)
{
    AUTO(buf_done) struct buf rule = BUF_NONE;
    for (size_t i = 0; i < shape->n_enums; i++)
        if (strcmp(shape->enums[i], node->valuestring) == 0)
            return;
    buf_add_cstr(&rule, "Member must satisfy enum value set: [");
    for (size_t i = 0; i < shape->n_enums; i++)
        buf_addf(&rule, "%s%s", i > 0 ? ", " : "", shape->enums[i]);
    buf_add_char(&rule, ']');
    complain(w, shape, node, buf_cstr(&rule), "");
}

static void check_string(struct walk *w, const struct shape *shape, const cJSON *node)
{
    char rule[320];
    if (shape->has_min || shape->has_max)
        check_bounds(w, shape, node, (double)count_characters(node->valuestring));
    if (shape->n_enums > 0)
        check_enum(w, shape, node);
    if (api_matches(shape, node->valuestring))
        return;
    snprintf(rule, sizeof rule, "Member must satisfy regular expression pattern: %s",
             shape->pattern);
    complain(w, shape, node, rule, "");
}

static void check_structure(struct walk *w, const struct shape *shape, const cJSON *node)
{
    for (size_t i = 0; i < shape->n_members; i++) {
        const struct member *m = &shape->members[i];
        const cJSON *child = json_get(node, m->name);
        if (!child && !m->required)
            continue;
        size_t len = enter_member(w, m);
        if (child)
            check_value(w, m->shape, child);
        else
            complain(w, m->shape, NULL, "Member must not be null", "");
        leave(w, len);
    }
}

static void check_list(struct walk *w, const struct shape *shape, const cJSON *node)
{
    size_t number = 0;
    const cJSON *child;
    check_bounds(w, shape, node, cJSON_GetArraySize(node));
    cJSON_ArrayForEach (child, node) {
        size_t len = enter_element(w, ++number);
        if (cJSON_IsNull(child))
            complain(w, shape->element.shape, NULL, "Member must not be null", "");
        else
            check_value(w, shape->element.shape, child);
        leave(w, len);
    }
}

static void check_map(struct walk *w, const struct shape *shape, const cJSON *node)
{
    const cJSON *child;
    check_bounds(w, shape, node, cJSON_GetArraySize(node));
    cJSON_ArrayForEach (child, node) {
        AUTO(json_free_at) cJSON *key = cJSON_CreateString(child->string);
        size_t len = enter(w, "key");
        check_string(w, shape->key.shape, key);
        leave(w, len);
        len = enter(w, child->string);
        check_value(w, shape->element.shape, child);
        leave(w, len);
    }
}

static void check_value(struct walk *w, const struct shape *shape, const cJSON *node)
{
    switch (shape->type) {
    case SHAPE_STRUCTURE:
        check_structure(w, shape, node);
        break;
    case SHAPE_LIST:
        check_list(w, shape, node);
        break;
    case SHAPE_MAP:
        check_map(w, shape, node);
        break;
    case SHAPE_STRING:
        check_string(w, shape, node);
        break;
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_DOUBLE:
        check_bounds(w, shape, node, node->valuedouble);
        break;
    case SHAPE_BLOB:
    case SHAPE_BOOLEAN:
    case SHAPE_TIMESTAMP:
        break;
    }
}

bool validate_input(const struct operation *op, const cJSON *input, struct reply *reply)
{
    struct walk w = {.op = op, .reply = reply};
    if (op->input)
        check_structure(&w, op->input, input);
    if (w.list.len > 0) {
        AUTO(buf_done) struct buf message = BUF_NONE;
        buf_addf(&message, "%u validation error%s detected: %s", w.count, w.count > 1 ? "s" : "",
                 buf_cstr(&w.list));
        error_refuse(reply, op->service->protocol, op->service, REFUSE_INVALID, buf_cstr(&message));
    }
    buf_done(&w.list);
    return w.count == 0;
}
