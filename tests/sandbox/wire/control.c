#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/identity/identity_control.h"
#include "tests/sandbox/identity/sso_control.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/session/session_control.h"

#define ADVANCE_MAX_S 3155760000 /* a hundred years */

void control_refuse(struct http_response *response, int status, const char *text)
{
    struct json_writer w = {.out = &response->body};
    response->status = status;
    jw_object(&w);
    jw_string_at(&w, "error", sv_of(text));
    jw_object_end(&w);
}

static void write_state(const struct sandbox *sandbox, struct http_response *response)
{
    struct json_writer w = {.out = &response->body};
    char now[CLOCK_ISO_SIZE];
    clock_iso8601(world_now_ms(sandbox->world), true, now);
    response->status = 200;
    jw_object(&w);
    jw_string_at(&w, "now", sv_of(now));
    jw_i64_at(&w, "now_ms", world_now_ms(sandbox->world));
    jw_i64_at(&w, "requests", (int64_t)sandbox->n_requests);
    jw_i64_at(&w, "connections", (int64_t)sandbox->n_connections);
    jw_i64_at(&w, "sessions", (int64_t)iam_n_sessions(sandbox->iam));
    jw_i64_at(&w, "accounts", (int64_t)world_n_accounts(sandbox->world));
    jw_i64_at(&w, "regions", (int64_t)world_n_regions(sandbox->world));
    jw_object_end(&w);
}

static void get_state(struct sandbox *sandbox, struct sv body, struct http_response *response)
{
    (void)body;
    write_state(sandbox, response);
}

/* Parts of a second, and members that are none, would be lost without a word. */
static bool read_advance(const cJSON *tree, int64_t *advance_s)
{
    const cJSON *advance = json_get(tree, "advance_s");
    if (!cJSON_IsNumber(advance) || cJSON_GetArraySize(tree) != 1 || advance->valuedouble < 0 ||
        advance->valuedouble > ADVANCE_MAX_S)
        return false;
    *advance_s = (int64_t)advance->valuedouble;
    return (double)*advance_s == advance->valuedouble;
}

static void post_clock(struct sandbox *sandbox, struct sv body, struct http_response *response)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    struct err err = ERR_NONE;
    if (json_parse(body, "clock", &tree, &err) != OK) {
        control_refuse(response, 400, err.message);
        return;
    }
    int64_t advance_s;
    if (!read_advance(tree, &advance_s)) {
        control_refuse(response, 400,
                       "expected {\"advance_s\": N} alone, with whole seconds of 0 or more");
        return;
    }
    world_advance(sandbox->world, advance_s);
    sandbox->advanced_ms += advance_s * 1000;
    write_state(sandbox, response);
}

static void post_world(struct sandbox *sandbox, struct sv body, struct http_response *response)
{
    struct err err = ERR_NONE;
    enum err_code code = world_patch(sandbox->world, body, &err);
    if (code == OK)
        write_state(sandbox, response);
    else
        control_refuse(response,
                       code == ERR_PARSE       ? 400
                       : code == ERR_NOT_FOUND ? 404
                                               : 409,
                       err.message);
}

static const struct {
    const char *method, *name;
    void (*answer)(struct sandbox *sandbox, struct sv body, struct http_response *response);
} actions[] = {
    {"GET", "state", get_state},
    {"POST", "clock", post_clock},
    {"POST", "world", post_world},
    {"GET", "sso", sso_control_get},
    {"POST", "sso", sso_control_post},
    {"POST", "mfa", mfa_control_post},
    {"POST", "web-identity", web_identity_control_post},
    {"POST", "imds", imds_control_post},
    {"GET", "sessions", session_control_get},
    {"POST", "sessions", session_control_post},
};

/* Cuts prefix and token off the path; SV_NONE when the token is not ours. */
static struct sv action_name(const struct sandbox *sandbox, struct sv path)
{
    struct sv rest = {path.ptr + strlen(CONTROL_PREFIX), path.len - strlen(CONTROL_PREFIX)};
    struct sv token = sv_split(&rest, '/');
    bool ours = token.len == CONTROL_TOKEN_SIZE - 1 &&
                bytes_equal(token.ptr, sandbox->control_token, token.len);
    return ours ? rest : SV_NONE;
}

void control_answer(struct sandbox *sandbox, const struct http_request *request,
                    struct http_response *response)
{
    struct sv name = action_name(sandbox, http_path(request));
    bool known = false;
    response->content_type = "application/json";
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        if (!sv_eq_cstr(name, actions[i].name))
            continue;
        known = true;
        if (sv_eq_cstr(request->method, actions[i].method)) {
            actions[i].answer(sandbox, request->body, response);
            return;
        }
    }
    if (known)
        control_refuse(response, 405, "another method is needed");
    else
        control_refuse(response, 404, "no such path");
}
