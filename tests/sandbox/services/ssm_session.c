/*
 * ssm_session: the operations of Session Manager: they begin, resume, end and list sessions of
 * nodes; what goes on in them is session/'s.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/automation/document.h"
#include "tests/sandbox/services/logs_past.h"
#include "tests/sandbox/services/ssm.h"
#include "tests/sandbox/services/ssm_document.h"
#include "tests/sandbox/services/ssm_session_past.h"
#include "tests/sandbox/session/broker.h"
#include "tests/sandbox/session/line.h"
#include "tests/sandbox/wire/http.h"
#include "tests/sandbox/wire/iam.h"

#define PAGE_MAX 200

/* --- nodes ------------------------------------------------------------------------------------ */

/* The node of that id in the caller's account and region. node_close it in any case. */
static bool find_node(struct world *world, const struct call *call, const char *id,
                      struct node *node)
{
    const struct cell *cell = world_cell(world, call->account_id, call->region);
    struct ref ref;
    *node = (struct node){0};
    return cell && resource_find(world, cell_number(world, cell), SSM_INVENTORY, id, &ref) &&
           node_open(world, ref, node);
}

void ssm_get_connection_status(struct world *world, const struct call *call, struct reply *reply)
{
    const char *target = in_str(call, "Target");
    struct node node;
    bool is_connected = find_node(world, call, target, &node) && node_is_online(&node) &&
                        !broker_has_lost(call->broker, call->account_id, call->region, target);
    node_close(&node);
    cJSON_AddStringToObject(reply->output, "Target", target);
    cJSON_AddStringToObject(reply->output, "Status", is_connected ? "connected" : "notconnected");
}

/* --- beginning -------------------------------------------------------------------------------- */

/* ws(s)://HOST/v1/data-channel/ID?...: the name that AWS gives it when it was asked by its own. */
static void add_address(const struct session *session, const struct call *call, cJSON *output)
{
    AUTO(buf_done) struct buf address = BUF_NONE;
    const char *host = strstr(call->url, "://");
    if (*call->host)
        buf_addf(&address, "wss://ssmmessages.%s.amazonaws.com", call->region);
    else
        buf_addf(&address, "ws%s%s", sv_starts(sv_of(call->url), SV("https")) ? "s" : "",
                 host ? host : "://127.0.0.1");
    buf_add_cstr(&address, CHANNEL_PATH);
    percent_encode(&address, sv_of(session->id), "");
    buf_add_cstr(&address, "?role=publish_subscribe&cell-number=AAEAAWRlY2sAAAAA");
    cJSON_AddStringToObject(output, "StreamUrl", buf_cstr(&address));
}

static void answer(const struct session *session, const struct call *call, struct reply *reply)
{
    cJSON_AddStringToObject(reply->output, "SessionId", session->id);
    cJSON_AddStringToObject(reply->output, "TokenValue", session->token);
    add_address(session, call, reply->output);
}

/* The content of a document of sessions; NULL when there is none of that name. */
static const cJSON *session_content(struct world *world, const struct call *call, const char *name)
{
    const struct document *document = document_find(world, ssm_cell(world, call), name);
    if (!document || strcmp(document->type, "Session") != 0)
        return NULL;
    return document_version(document, "", "")->tree;
}

/* What the session is to be, by its document and the preferences; false, and refused. */
static bool shape_session(struct world *world, const struct call *call, const char *name,
                          struct reply *reply, struct session_shape *shape)
{
    AUTO(buf_done) struct buf why = BUF_NONE;
    AUTO(json_free_at) cJSON *otherwise = NULL;
    json_parse(sv_of(session_document_default), "preferences", &otherwise, NULL);
    const cJSON *preferences = session_content(world, call, DOCUMENT_SHELL);
    const cJSON *content = session_content(world, call, name);
    if (!preferences)
        preferences = otherwise;
    if (!content && strcmp(name, DOCUMENT_SHELL) == 0)
        content = preferences;
    if (!content) {
        reply_error(reply, 0, "InvalidDocument", "Document with name %s does not exist.", name);
        return false;
    }
    if (!session_document_read(content, json_get(call->input, "Parameters"), shape, &why)) {
        reply_error(reply, 400, "InvalidParameters", "%s", buf_cstr(&why));
        return false;
    }
    session_document_prefer(content, preferences, shape);
    return true;
}

/* "arn:aws:ssm:us-east-1::document/NAME" is NAME. */
static const char *named_document(const struct call *call)
{
    const char *name = in_str(call, "DocumentName"), *slash = strrchr(name, '/');
    if (*name == '\0')
        return DOCUMENT_SHELL;
    return sv_starts(sv_of(name), SV("arn:")) && slash ? slash + 1 : name;
}

void ssm_start_session(struct world *world, const struct call *call, struct reply *reply)
{
    AUTO(session_shape_done) struct session_shape shape = {0};
    const char *target = in_str(call, "Target"), *name = named_document(call);
    struct node node;
    bool is_there = find_node(world, call, target, &node) && node_is_online(&node);
    logs_past_open(world, ssm_cell(world, call));
    if (shape_session(world, call, name, reply, &shape) && !is_there)
        reply_error(reply, 0, "TargetNotConnected", "%.120s is not connected.", target);
    if (!*reply->code)
        answer(broker_start(call->broker,
                            &(struct session_wish){
                                .account_id = call->account_id,
                                .region = call->region,
                                .node_id = node.resource.id,
                                .version = node_about(&node, "AgentVersion"),
                                .owner = call->caller_arn,
                                .name = call->principal->name,
                                .reason = in_str(call, "Reason"),
                                .document = name,
                                .shape = &shape,
                            }),
               call, reply);
    node_close(&node);
}

/* --- going on, and ending --------------------------------------------------------------------- */

/* Is it one of those that were over before the start? */
static bool is_past(struct world *world, const struct call *call, const char *id)
{
    const struct cell *cell = world_cell(world, call->account_id, call->region);
    pasts past = {0};
    bool found = false;
    if (cell)
        past_sessions_find(world, cell_number(world, cell), &past);
    for (size_t i = 0; i < past.len && !found; i++) {
        struct session made;
        past_session_fill(world, &past.ptr[i], &made);
        found = strcmp(made.id, id) == 0;
    }
    vec_free(&past);
    return found;
}

/* NULL, with the answer in reply: it was over before the start, or there is none. */
static struct session *find_session(struct world *world, const struct call *call,
                                    struct reply *reply)
{
    struct session *session =
        broker_find(call->broker, call->account_id, call->region, in_str(call, "SessionId"));
    if (!session && is_past(world, call, in_str(call, "SessionId")))
        cJSON_AddStringToObject(reply->output, "SessionId", in_str(call, "SessionId"));
    else if (!session)
        reply_error(reply, 0, "DoesNotExistException", "Session %s does not exist.",
                    in_str(call, "SessionId"));
    return session;
}

/* A session that is over is answered without a token. */
void ssm_resume_session(struct world *world, const struct call *call, struct reply *reply)
{
    struct session *session = find_session(world, call, reply);
    if (session && session_is_live(session)) {
        session_renew_token(session);
        answer(session, call, reply);
    } else if (session) {
        cJSON_AddStringToObject(reply->output, "SessionId", session->id);
    }
}

void ssm_terminate_session(struct world *world, const struct call *call, struct reply *reply)
{
    struct session *session = find_session(world, call, reply);
    if (!session)
        return;
    session_end(session, SESSION_TERMINATED, "", "");
    cJSON_AddStringToObject(reply->output, "SessionId", session->id);
}

/* --- the list --------------------------------------------------------------------------------- */

static bool is_after(const struct session *s, struct sv value)
{
    int64_t at_ms;
    return clock_parse_iso8601(value, &at_ms) && s->started_ms >= at_ms;
}

static bool is_before(const struct session *s, struct sv value)
{
    int64_t at_ms;
    return clock_parse_iso8601(value, &at_ms) && s->started_ms < at_ms;
}

static bool is_of_target(const struct session *s, struct sv value)
{
    return sv_eq_cstr(value, s->node_id);
}

static bool is_of_owner(const struct session *s, struct sv value)
{
    return sv_eq_cstr(value, s->owner);
}

static bool has_status(const struct session *s, struct sv value)
{
    return sv_eq_nocase(value, sv_of(session_status_names[s->status]));
}

static bool has_id(const struct session *s, struct sv value)
{
    return sv_eq_cstr(value, s->id);
}

static bool has_access(const struct session *s, struct sv value)
{
    (void)s;
    return sv_eq_cstr(value, "Standard");
}

static const struct {
    const char *key;
    bool (*fits)(const struct session *session, struct sv value);
    bool is_time;
} filters[] = {
    {"InvokedAfter", is_after, true},  {"InvokedBefore", is_before, true},
    {"Target", is_of_target, false},   {"Owner", is_of_owner, false},
    {"Status", has_status, false},     {"SessionId", has_id, false},
    {"AccessType", has_access, false},
};

static size_t filter_of(const cJSON *filter)
{
    size_t i = 0;
    while (i < ARRAY_LEN(filters) && !sv_eq_cstr(json_sv(filter, "key"), filters[i].key))
        i++;
    return i;
}

static bool check_filters(const struct call *call, struct reply *reply)
{
    int64_t at_ms;
    for (const cJSON *f = in_list(call, "Filters"); f; f = f->next) {
        size_t i = filter_of(f);
        if (i == ARRAY_LEN(filters))
            reply_error(reply, 0, "InvalidFilterKey", "The specified key isn't valid.");
        else if (filters[i].is_time && !clock_parse_iso8601(json_sv(f, "value"), &at_ms))
            reply_error(reply, 400, "ValidationException",
                        "The value of the filter %s is no time of ISO 8601.", filters[i].key);
        if (*reply->code)
            return false;
    }
    return true;
}

static bool is_listed(const struct call *call, const struct session *s)
{
    bool wants_live = strcmp(in_str(call, "State"), "Active") == 0;
    if (session_is_live(s) != wants_live || strcmp(s->account_id, call->account_id) != 0 ||
        strcmp(s->region, call->region) != 0)
        return false;
    for (const cJSON *f = in_list(call, "Filters"); f; f = f->next)
        if (!filters[filter_of(f)].fits(s, json_sv(f, "value")))
            return false;
    return true;
}

static void add_text(cJSON *item, const char *member, const char *text)
{
    if (text && *text)
        cJSON_AddStringToObject(item, member, text);
}

/* Where the preferences keep what was said. */
static cJSON *make_output(const struct session *s)
{
    AUTO(buf_done) struct buf url = BUF_NONE;
    cJSON *output = cJSON_CreateObject();
    if (*s->bucket) {
        buf_addf(&url, "https://s3.%s.amazonaws.com/%s/%s%s.log", s->region, s->bucket, s->prefix,
                 s->id);
        cJSON_AddStringToObject(output, "S3OutputUrl", buf_cstr(&url));
    }
    buf_clear(&url);
    if (*s->log_group) {
        buf_addf(&url,
                 "https://%s.console.aws.amazon.com/cloudwatch/home?region=%s#logEventViewer:"
                 "group=%s;stream=%s",
                 s->region, s->region, s->log_group, s->id);
        cJSON_AddStringToObject(output, "CloudWatchOutputUrl", buf_cstr(&url));
    }
    return output;
}

static void add_session(const struct session *s, cJSON *list)
{
    cJSON *item = cJSON_CreateObject();
    char minutes[24];
    snprintf(minutes, sizeof minutes, "%lld", (long long)s->max_min);
    cJSON_AddStringToObject(item, "SessionId", s->id);
    cJSON_AddStringToObject(item, "Target", s->node_id);
    cJSON_AddStringToObject(item, "Status", session_status_names[s->status]);
    cJSON_AddNumberToObject(item, "StartDate", (double)s->started_ms / 1000);
    if (!session_is_live(s))
        cJSON_AddNumberToObject(item, "EndDate", (double)s->ended_ms / 1000);
    cJSON_AddStringToObject(item, "DocumentName", s->document);
    cJSON_AddStringToObject(item, "Owner", s->owner);
    add_text(item, "Reason", s->reason);
    add_text(item, "Details", s->details);
    if (s->max_min > 0)
        cJSON_AddStringToObject(item, "MaxSessionDuration", minutes);
    cJSON_AddStringToObject(item, "AccessType", "Standard");
    if (*s->bucket || *s->log_group)
        cJSON_AddItemToObject(item, "OutputUrl", make_output(s));
    cJSON_AddItemToArray(list, item);
}

/* The sessions of this run, and behind them those before it. */
struct listed {
    struct world *world;
    const struct call *call;
    const struct session *newest;
    pasts past; /* that fit */
};

/* The i-th that is listed. made holds it when it was before this run. */
static const struct session *listed_at(const struct listed *listed, size_t i, struct session *made)
{
    for (const struct session *s = listed->newest; s; s = s->next)
        if (is_listed(listed->call, s) && i-- == 0)
            return s;
    past_session_fill(listed->world, &listed->past.ptr[i], made);
    return made;
}

static void add_item(void *arg, size_t i, cJSON *list)
{
    struct session made;
    add_session(listed_at(arg, i, &made), list);
}

/* Leaves only those that the call asks for. */
static void keep_listed(struct listed *listed)
{
    size_t n = 0;
    for (size_t k = 0; k < listed->past.len; k++) {
        struct session made;
        past_session_fill(listed->world, &listed->past.ptr[k], &made);
        if (is_listed(listed->call, &made))
            listed->past.ptr[n++] = listed->past.ptr[k];
    }
    listed->past.len = n;
}

void ssm_describe_sessions(struct world *world, const struct call *call, struct reply *reply)
{
    struct listed listed = {world, call, broker_sessions(call->broker), {0}};
    const struct cell *cell = world_cell(world, call->account_id, call->region);
    if (!check_filters(call, reply))
        return;
    if (cell && strcmp(in_str(call, "State"), "History") == 0)
        past_sessions_find(world, cell_number(world, cell), &listed.past);
    keep_listed(&listed);
    size_t n = listed.past.len;
    for (const struct session *s = listed.newest; s; s = s->next)
        n += is_listed(call, s);
    page_reply(call, reply,
               &(struct page_spec){.list_member = "Sessions",
                                   .n_items = n,
                                   .page_default = PAGE_MAX,
                                   .page_max = PAGE_MAX,
                                   .add_item = add_item,
                                   .arg = &listed});
    vec_free(&listed.past);
}
