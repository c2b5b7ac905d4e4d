#include "tests/sandbox/session/session_control.h"

#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/session/broker.h"
#include "tests/sandbox/session/line.h"
#include "tests/sandbox/session/passage.h"

static void write_session(struct json_writer *w, const struct session *s)
{
    jw_object(w);
    jw_string_at(w, "session", sv_of(s->id));
    jw_string_at(w, "node", sv_of(s->node_id));
    jw_string_at(w, "account", sv_of(s->account_id));
    jw_string_at(w, "region", sv_of(s->region));
    jw_string_at(w, "status", sv_of(session_status_names[s->status]));
    jw_i64_at(w, "resent", s->agent ? (int64_t)agent_n_resent(s->agent) : 0);
    jw_object_end(w);
}

void session_control_get(struct sandbox *sandbox, struct sv body, struct http_response *response)
{
    struct json_writer w = {.out = &response->body};
    (void)body;
    response->status = 200;
    jw_object(&w);
    jw_key(&w, "sessions");
    jw_array(&w);
    for (const struct session *s = broker_sessions(sandbox->broker); s; s = s->next)
        if (session_is_live(s))
            write_session(&w, s);
    jw_array_end(&w);
    jw_object_end(&w);
}

/* --- actions ---------------------------------------------------------------------------------- */

static void say_bye(struct session *s, int64_t ms)
{
    (void)ms;
    if (s->line)
        line_close(s->line, WS_NORMAL, "Bye");
}

static void drop(struct session *s, int64_t ms)
{
    (void)ms;
    if (s->line)
        line_drop(s->line);
}

static void pause_node(struct session *s, int64_t ms)
{
    if (s->agent)
        passage_lose_node(s->passage, ms, false);
}

static void vanish(struct session *s, int64_t ms)
{
    if (s->agent)
        passage_lose_node(s->passage, ms, true);
}

static void bring_back(struct session *s, int64_t ms)
{
    (void)ms;
    if (s->agent)
        passage_find_node(s->passage);
}

/* As TerminateSession by somebody else does. */
static void end(struct session *s, int64_t ms)
{
    (void)ms;
    session_end(s, SESSION_TERMINATED, "", "");
}

static const struct {
    const char *name;
    void (*act)(struct session *session, int64_t ms);
} actions[] = {
    {"bye", say_bye},   {"drop", drop},       {"pause", pause_node},
    {"vanish", vanish}, {"back", bring_back}, {"end", end},
};

/* To how many sessions it was done; -1: no action is called that. */
static int act(struct sandbox *sandbox, const cJSON *tree)
{
    struct sv name = json_sv(tree, "action"), id = json_sv(tree, "session");
    size_t i = 0;
    int n = 0;
    while (i < ARRAY_LEN(actions) && !sv_eq_cstr(name, actions[i].name))
        i++;
    if (i == ARRAY_LEN(actions))
        return -1;
    for (struct session *s = broker_sessions(sandbox->broker); s; s = s->next) {
        if (!session_is_live(s) || (id.ptr && !sv_eq_cstr(id, s->id)))
            continue;
        actions[i].act(s, json_i64(tree, "ms", 0));
        n++;
    }
    return n;
}

static void change(struct sandbox *sandbox, const cJSON *tree, struct http_response *response)
{
    struct sv options = json_sv(tree, "options");
    int n = options.ptr ? 1 : act(sandbox, tree);
    if (options.ptr && !session_options_parse(options, broker_options(sandbox->broker)))
        control_refuse(response, 400, "the options are those of --session");
    else if (n < 0)
        control_refuse(response, 400,
                       "expected options, or an action: bye, drop, pause, vanish, back or end");
    else if (n == 0 && json_get(tree, "session"))
        control_refuse(response, 404, "no such session lives");
    else
        session_control_get(sandbox, SV_NONE, response);
}

void session_control_post(struct sandbox *sandbox, struct sv body, struct http_response *response)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    struct err err = ERR_NONE;
    if (json_parse(body, "sessions", &tree, &err) != OK)
        control_refuse(response, 400, err.message);
    else
        change(sandbox, tree, response);
}
