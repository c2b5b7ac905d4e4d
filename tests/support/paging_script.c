#include "tests/support/paging_script.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* The server's threads and its owner never use it at once. */
struct paging_script {
    struct server *server;
    const char *list;
    void (*on_expired)(void);
    const cJSON *step; /* the next one */
    int64_t n_played;  /* how often it has been */
    int64_t n_replies; /* for {n} */
    int64_t n_fresh;   /* items that were made */
    char *token;       /* that was given last; NULL before the first page */
    atomic_bool token_was_changed;
};

/* --- steps ------------------------------------------------------------------------------------ */

/* How often a step is played, -1 for ever. */
static int64_t times_of(const cJSON *step)
{
    return json_i64(step, "repeat", json_i64(step, "times", 1));
}

/* NULL when the script is over. */
static const cJSON *next_step(struct paging_script *script)
{
    const cJSON *step = script->step;
    if (step == NULL || json_get(step, "cycle") != NULL || json_get(step, "stall") != NULL)
        return step;
    if (++script->n_played == times_of(step)) {
        script->step = step->next;
        script->n_played = 0;
    }
    return step;
}

bool paging_script_stalls(const cJSON *steps)
{
    const cJSON *step = NULL;
    cJSON_ArrayForEach (step, steps) {
        if (json_get(step, "stall") != NULL)
            return true;
    }
    return false;
}

/* --- pages -------------------------------------------------------------------------------------
 */

static void add_items(struct paging_script *script, struct json_writer *w, const cJSON *items)
{
    if (!cJSON_IsString(items)) { /* "50 fresh" */
        jw_tree(w, items);
        return;
    }
    jw_array(w);
    for (int64_t i = strtoll(items->valuestring, NULL, 10); i > 0; i--)
        jw_i64(w, 1000000 + script->n_fresh++);
    jw_array_end(w);
}

static void remember_token(struct paging_script *script, const cJSON *token)
{
    mem_free(script->token);
    script->token = NULL;
    if (cJSON_IsString(token) && token->valuestring[0] != '\0')
        script->token = mem_strdup(token->valuestring);
}

/* "t{n}" counts the replies. */
static cJSON *token_of(const struct paging_script *script, const cJSON *pattern)
{
    const char *hole = cJSON_IsString(pattern) ? strstr(pattern->valuestring, "{n}") : NULL;
    if (hole == NULL)
        return cJSON_Duplicate(pattern, true);
    char text[64];
    snprintf(text, sizeof text, "%.*s%lld", (int)(hole - pattern->valuestring),
             pattern->valuestring, (long long)script->n_replies);
    return cJSON_CreateString(text);
}

static void write_page(struct paging_script *script, struct buf *body, const cJSON *items,
                       const cJSON *token_pattern)
{
    struct json_writer w = {.out = body};
    AUTO(json_free_at) cJSON *token = token_of(script, token_pattern);
    jw_object(&w);
    if (items != NULL) {
        jw_key(&w, script->list);
        add_items(script, &w, items);
    }
    if (token != NULL && !sv_eq_cstr(json_string(token), "__absent__")) {
        jw_key(&w, "NextToken");
        jw_tree(&w, token);
        remember_token(script, token);
    }
    jw_object_end(&w);
}

static void write_step(struct paging_script *script, struct buf *body, const cJSON *step)
{
    const cJSON *cycle = json_get(step, "cycle");
    const cJSON *token = cJSON_GetObjectItemCaseSensitive(step, "token"); /* perhaps a null */
    if (cycle != NULL) {
        const cJSON *turn =
            cJSON_GetArrayItem(cycle, (int)(script->n_replies % cJSON_GetArraySize(cycle)));
        write_page(script, body, cJSON_GetArrayItem(turn, 1), cJSON_GetArrayItem(turn, 0));
    } else if (json_get(step, "raw") != NULL) {
        write_page(script, body, NULL, token);
    } else {
        write_page(script, body, cJSON_GetObjectItemCaseSensitive(step, "items"), token);
    }
}

/* --- answering ---------------------------------------------------------------------------------
 */

/* A token has to come back byte for byte. */
static void check_token(struct paging_script *script, struct sv body)
{
    AUTO(json_free_at) cJSON *params = NULL;
    if (json_parse(body, "request", &params, NULL) != OK)
        return;
    struct sv token = json_sv(params, "NextToken");
    if (token.len > 0 && !sv_eq_cstr(token, script->token))
        script->token_was_changed = true;
}

static enum server_next answer_error(struct paging_script *script, const cJSON *step,
                                     const struct server_request *request)
{
    AUTO(buf_done) struct buf body = BUF_NONE;
    struct sv code = json_sv(step, "error");
    if (sv_starts(code, SV("Expired")) && script->on_expired != NULL)
        script->on_expired();
    buf_addf(&body, "{\"__type\":\"" SV_FMT "\"}", SV_ARG(code));
    server_reply(request, (int)json_i64(step, "status", 400), "", buf_sv(&body));
    return SERVER_KEEP;
}

static enum server_next serve(void *arg, const struct server_request *request)
{
    struct paging_script *script = arg;
    const cJSON *step = next_step(script);
    AUTO(buf_done) struct buf body = BUF_NONE;
    check_token(script, request->body);
    if (json_get(step, "stall") != NULL) {
        server_stall(request);
        return SERVER_CLOSE;
    }
    if (json_get(step, "cut") != NULL) {
        server_write(request, SV("HTTP/1.1 200 X\r\nContent-Length: 99\r\n\r\n{\"Conf"));
        return SERVER_CLOSE;
    }
    if (json_get(step, "error") != NULL || json_get(step, "status") != NULL)
        return answer_error(script, step, request);
    write_step(script, &body, step);
    script->n_replies++;
    server_reply(request, 200, "", buf_sv(&body));
    return SERVER_KEEP;
}

struct paging_script *paging_script_new(const char *list, void (*on_expired)(void))
{
    struct paging_script *script = mem_new(struct paging_script);
    script->list = list;
    script->on_expired = on_expired;
    script->server = server_new(serve, script);
    return script;
}

void paging_script_free(struct paging_script *script)
{
    server_free(script->server);
    remember_token(script, NULL);
    mem_free(script);
}

const char *paging_script_url(const struct paging_script *script)
{
    return server_url(script->server);
}

void paging_script_begin(struct paging_script *script, const cJSON *steps)
{
    script->step = steps->child;
    script->n_played = script->n_replies = script->n_fresh = 0;
    script->token_was_changed = false;
    remember_token(script, NULL);
}

int64_t paging_script_n_replies(const struct paging_script *script)
{
    return script->n_replies;
}

bool paging_script_token_was_changed(const struct paging_script *script)
{
    return script->token_was_changed;
}
