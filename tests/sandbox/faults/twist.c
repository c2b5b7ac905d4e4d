#include "tests/sandbox/faults/twist.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"

#define TOKEN_PREFIX "sandbox-page-"

/* --- pages ------------------------------------------------------------------------------------ */

static bool pages(const struct operation *op)
{
    return *op->token_in && *op->token_out;
}

int64_t twist_take_page(const struct operation *op, cJSON *input)
{
    struct sv token = pages(op) ? json_sv(input, op->token_in) : SV_NONE, rest = token;
    int64_t number;
    if (token.len == 0)
        return 0;
    if (!sv_starts(token, SV(TOKEN_PREFIX)))
        return -1;
    rest.ptr += sizeof TOKEN_PREFIX - 1;
    rest.len -= sizeof TOKEN_PREFIX - 1;
    if (!sv_to_i64(rest, &number) || number < 0)
        return -1;
    cJSON_DeleteItemFromObjectCaseSensitive(input, op->token_in);
    return number + 1;
}

static void set_token(const struct operation *op, cJSON *output, int64_t number)
{
    char token[64];
    snprintf(token, sizeof token, TOKEN_PREFIX "%lld", (long long)number);
    cJSON_DeleteItemFromObjectCaseSensitive(output, op->token_out);
    cJSON_AddStringToObject(output, op->token_out, token);
}

/* Every page is the first one; the tokens are 0 to pages - 1, round and round. */
static void loop(const struct fault *f, const struct operation *op, int64_t page, cJSON *output)
{
    if (pages(op) && page >= 0 && f->pages > 0)
        set_token(op, output, page % f->pages);
}

static void blank(const struct fault *f, const struct operation *op, int64_t page, cJSON *output)
{
    cJSON *child;
    if (!pages(op) || page < 0 || page >= f->pages)
        return;
    cJSON_ArrayForEach (child, output)
        while (cJSON_IsArray(child) && child->child)
            cJSON_DeleteItemFromArray(child, 0);
    set_token(op, output, page);
}

static void twice(cJSON *output)
{
    cJSON *child;
    cJSON_ArrayForEach (child, output) {
        if (!cJSON_IsArray(child))
            continue;
        cJSON *again = cJSON_Duplicate(child, true);
        while (again->child)
            cJSON_AddItemToArray(child, cJSON_DetachItemFromArray(again, 0));
        cJSON_Delete(again);
    }
}

/* --- values ----------------------------------------------------------------------------------- */

/* Walks an output along its model. */
struct walk {
    struct faults *faults;
    const struct fault *fault;
    bool xml;
    /* what stands for a value of shape; NULL: it stays. *drop: it goes */
    cJSON *(*change)(const struct walk *walk, const struct shape *shape, const cJSON *value,
                     bool *drop);
};

static void walk_value(const struct walk *walk, const struct shape *shape, cJSON *value);

/* Replaces or removes child; the child behind it. */
static cJSON *walk_child(const struct walk *walk, const struct shape *shape, cJSON *parent,
                         cJSON *child)
{
    cJSON *next = child->next;
    bool drop = false;
    cJSON *other = walk->change(walk, shape, child, &drop);
    if (drop)
        cJSON_Delete(cJSON_DetachItemViaPointer(parent, child));
    else if (!other)
        walk_value(walk, shape, child);
    else {
        if (child->string)
            other->string = mem_strdup(child->string);
        cJSON_ReplaceItemViaPointer(parent, child, other);
    }
    return next;
}

static void walk_value(const struct walk *walk, const struct shape *shape, cJSON *value)
{
    for (cJSON *child = value->child; child;) {
        const struct member *m =
            shape->type == SHAPE_STRUCTURE ? shape_member(shape, sv_of(child->string)) : NULL;
        const struct shape *of = m ? m->shape : shape->element.shape;
        child = of ? walk_child(walk, of, value, child) : child->next;
    }
    if (walk->fault->kind == FAULT_STRANGE && shape->type == SHAPE_STRUCTURE)
        cJSON_AddItemToObject(
            value, "SandboxNew",
            cJSON_CreateRaw(walk->xml ? "<deeper>1</deeper>" : "{\"deeper\":[1,null]}"));
}

/* A value that an enumeration has got since the client was written. */
static cJSON *make_strange(const struct walk *walk, const struct shape *shape, const cJSON *value,
                           bool *drop)
{
    (void)walk, (void)drop;
    return shape->n_enums > 0 && cJSON_IsString(value) ? cJSON_CreateString("SANDBOX_NEW") : NULL;
}

/* By turns: what JSON has for a value of that kind, and what XML has. */
static const char *const odd_values[][2] = {
    {"\"NaN\"", "NaN"},
    {"{\"x\":[1]}", "<x>1</x>"},
    {"-1e308", "-1e308"},
    {"[\"\\u0000\\ud7ff\",true]", "&#xD7FF;true"},
};
static const char *const odd_dates[][2] = {
    {"\"NaN\"", "NaN"},
    {"1e300", "1e300"},
    {"-62135596801", "0000-00-00T00:00:00Z"},
    {"\"2026-02-30T25:61:61Z\"", "2026-02-30T25:61:61Z"},
};

static cJSON *raw(const struct walk *walk, const char *const (*odd)[2], size_t n)
{
    size_t i = (size_t)(faults_random(walk->faults) * (double)n);
    return cJSON_CreateRaw(odd[i][walk->xml]);
}

static cJSON *make_wrong(const struct walk *walk, const struct shape *shape, const cJSON *value,
                         bool *drop)
{
    const char *is = walk->fault->is;
    bool is_date = shape->type == SHAPE_TIMESTAMP;
    (void)value;
    if (shape->type == SHAPE_STRUCTURE || (shape->type == SHAPE_MAP && strcmp(is, "null") != 0) ||
        (strcmp(is, "date") == 0 && !is_date) || faults_random(walk->faults) >= walk->fault->share)
        return NULL;
    *drop = strcmp(is, "missing") == 0;
    if (*drop)
        return NULL;
    if (strcmp(is, "null") == 0)
        return cJSON_CreateRaw(walk->xml ? "" : "null");
    if (is_date)
        return raw(walk, odd_dates, ARRAY_LEN(odd_dates));
    return raw(walk, odd_values, ARRAY_LEN(odd_values));
}

void twist_output(struct faults *faults, const struct fate *fate, const struct operation *op,
                  int64_t page, cJSON *output)
{
    enum protocol protocol = op->service->protocol;
    struct walk walk = {.faults = faults,
                        .xml = protocol == PROTOCOL_QUERY || protocol == PROTOCOL_EC2};
    if (fate->of[FAULT_TWICE])
        twice(output);
    if (op->output && fate->of[FAULT_STRANGE]) {
        walk.fault = fate->of[FAULT_STRANGE];
        walk.change = make_strange;
        walk_value(&walk, op->output, output);
    }
    if (op->output && fate->of[FAULT_WRONG]) {
        walk.fault = fate->of[FAULT_WRONG];
        walk.change = make_wrong;
        walk_value(&walk, op->output, output);
    }
    if (fate->of[FAULT_BLANK])
        blank(fate->of[FAULT_BLANK], op, page, output);
    if (fate->of[FAULT_LOOP])
        loop(fate->of[FAULT_LOOP], op, page, output);
}
