/* REST with JSON bodies: what lies outside the body. Replies are those of AWS JSON. */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/wire/codec.h"

/* The value of a query parameter, decoded into out; false when it is not there. */
static bool find_parameter(const struct http_request *request, const char *name, struct buf *out)
{
    struct sv rest = http_query(request);
    while (rest.len > 0) {
        AUTO(buf_done) struct buf decoded = BUF_NONE;
        struct sv value = sv_split(&rest, '&');
        percent_decode(&decoded, sv_split(&value, '='), true);
        if (!sv_eq_cstr(buf_sv(&decoded), name))
            continue;
        percent_decode(out, value, true);
        return true;
    }
    return false;
}

static bool find_header(const struct http_request *request, const char *name, struct buf *out)
{
    struct sv value = http_header(request, name);
    buf_add(out, value);
    return value.ptr != NULL;
}

static cJSON *read_text(const struct member *m, struct sv text, struct codec_problem *problem)
{
    AUTO_FREE char *copy = sv_dup(text);
    int64_t number;
    if (m->shape->type == SHAPE_STRING)
        return cJSON_CreateString(copy);
    if (sv_to_i64(text, &number))
        return cJSON_CreateNumber((double)number);
    snprintf(problem->text, sizeof problem->text, "%s is not a number", m->location);
    return NULL;
}

/* Adds m when the request has it; false when it cannot be read. */
static bool add_member(cJSON *out, const struct member *m, const struct http_request *request,
                       struct codec_problem *problem)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    bool found = m->place == PLACE_HEADER ? find_header(request, m->location, &text)
                                          : find_parameter(request, m->location, &text);
    if (!found)
        return true;
    cJSON *value = read_text(m, buf_sv(&text), problem);
    if (value)
        cJSON_AddItemToObject(out, m->name, value);
    return value != NULL;
}

cJSON *codec_read_rest(const struct shape *shape, const struct http_request *request,
                       struct codec_problem *problem)
{
    cJSON *out = codec_read_json(shape, request->body, problem);
    for (size_t i = 0; out && shape && i < shape->n_members; i++) {
        const struct member *m = &shape->members[i];
        if (m->place == PLACE_BODY)
            continue;
        cJSON_DeleteItemFromObjectCaseSensitive(out, m->name); /* the body is no place for it */
        if (!add_member(out, m, request, problem)) {
            json_free(out);
            out = NULL;
        }
    }
    return out;
}
