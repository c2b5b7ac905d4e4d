/*
 * log SESSION, log GROUP STREAM: what a session has shown, or a command, as CloudWatch Logs has it.
 *
 * Where a session's log is, DescribeSessions says; when it does not, the session's document does,
 * or the preferences. Command output of Run Command stands in GROUP (/aws/ssm/DOCUMENT) in streams
 * that begin with the command's id; all that begin with STREAM are shown.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/gov/load/load.h"
#include "core/gov/load/reply.h"
#include "core/gov/preferences/preference.h"
#include "core/gov/systems_manager/log_line.h"

#define STREAMS_MAX 100 /* of one command; each node has two */
#define PAGES_MAX   200 /* of a stream; each is 1 MB at most, and often empty */

enum {
    AT,
    LINE,
    STREAM,
    WHO,
    ACCOUNT_ID, /* and ACCOUNT, REGION */
    ORDER = ACCOUNT_ID + 3,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [AT] = {"at", "TIME", COL_TEXT, COL_INTERNED, 20, 20, 3},
    [LINE] = {"line", "LINE", COL_TEXT, 0, 40, 0, 0},
    [STREAM] = {"stream", "STREAM", COL_IDENTITY, COL_INTERNED | COL_WHEN_MANY | COL_MIDDLE_CUT, 16,
                40, 4},
    [WHO] = {"who", "WHO", COL_IDENTITY, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    PLACE_COLUMNS(COL_HIDDEN),
    [ORDER] = {"order", "ORDER", COL_IDENTITY, COL_KEY | COL_PRIVATE, 0, 0, 0},
};

/* Of the load. */
struct showing {
    bool is_found; /* a session, or a stream */
    size_t n_lines;
    struct err why; /* why nothing is shown of it; code OK: not known */
};

/* One stream on its way. */
struct reading {
    struct load *load;
    struct showing *showing;
    struct aws_target target;
    char *group, *stream;
    size_t n_lines, at; /* that were told; of the one that comes next */
    bool is_whole;      /* the last page has come */
};

/* --- a stream --------------------------------------------------------------------------------- */

static void add_line(void *arg, const struct log_line *line)
{
    struct reading *reading = arg;
    struct table *table = load_table(reading->load);
    AUTO(buf_done) struct buf order = BUF_NONE;
    char at[CLOCK_ISO_SIZE];
    if (reading->at++ < reading->n_lines)
        return; /* the pages began anew */
    reading->n_lines++;
    reading->showing->n_lines++;
    clock_iso8601(line->at_ms, false, at);
    load_place(reading->load, ACCOUNT_ID, &reading->target);
    table_set_text(table, AT, sv_of(at));
    table_set_text(table, LINE, line->text);
    table_set_text(table, STREAM, sv_of(reading->stream));
    if (line->who.len > 0)
        table_set_text(table, WHO, line->who);
    buf_addf(&order, "%s %s %s %010zu", reading->target.account_id, reading->target.region,
             reading->stream, reading->n_lines);
    table_set_text(table, ORDER, buf_sv(&order));
    table_commit(table);
}

/* One without events may have others behind it. */
static void events_page(struct load *load, struct aws_page *page, void *arg)
{
    struct reading *reading = arg;
    (void)load;
    if (page->restarted)
        reading->at = 0;
    for (const cJSON *event = json_items(page->body, "events"); event; event = event->next)
        log_lines(json_sv(event, "message"), json_i64(event, "timestamp", 0), add_line, reading);
    reading->is_whole = page->last;
}

static void events_end(struct load *load, const struct aws_request *request, const struct err *err,
                       void *arg)
{
    struct reading *reading = arg;
    struct err cut;
    (void)request;
    if (strcmp(err->aws_code, "ResourceNotFoundException") == 0) {
        err_set(&reading->showing->why, ERR_NOT_FOUND, reading->group,
                "no log yet: it is written when the session ends, or it has expired");
    } else if (err->code != OK) {
        load_gap(load, &reading->target, "logs:GetLogEvents", err);
    } else if (!reading->is_whole) {
        err_set(&cut, ERR_TOO_BIG, reading->stream, "what comes behind %zu lines is not shown",
                reading->n_lines);
        load_gap(load, &reading->target, "logs:GetLogEvents", &cut);
    }
}

static void read_stream(struct load *load, struct showing *showing, const struct aws_target *target,
                        struct sv group, struct sv stream)
{
    struct reading *reading = load_alloc(load, sizeof *reading);
    cJSON *params = cJSON_CreateObject();
    *reading = (struct reading){.load = load, .showing = showing, .target = *target};
    reading->group = load_keep(load, group);
    reading->stream = load_keep(load, stream);
    cJSON_AddStringToObject(params, "logGroupName", reading->group);
    cJSON_AddStringToObject(params, "logStreamName", reading->stream);
    cJSON_AddTrueToObject(params, "startFromHead");
    load_try_some(load, OP_logs_GetLogEvents, target, params, PAGES_MAX, events_page, events_end,
                  reading);
}

/* --- a session -------------------------------------------------------------------------------- */

/* What DescribeSessions says of it in one account and region. */
struct session {
    struct showing *showing;
    struct aws_target target;
    int reads; /* that are open */
    bool is_found;
    char *group, *stream; /* by its OutputUrl; NULL */
    char *bucket;         /* where else it is; NULL */
    char document[129];
};

/* "": it has no inputs of its own. */
static bool is_plain(const char *document)
{
    return document[0] == '\0' || strncmp(document, "AWS-", 4) == 0;
}

static void document_page(struct load *load, struct aws_page *page, void *arg)
{
    struct session *session = arg;
    AUTO(json_free_at) cJSON *content = NULL;
    json_parse(json_sv(page->body, "Content"), "document", &content, NULL);
    const cJSON *inputs = json_get(content, "inputs");
    struct sv group = json_sv(inputs, "cloudWatchLogGroupName");
    struct sv bucket = json_sv(inputs, "s3BucketName");
    if (group.len > 0)
        session->group = load_keep(load, group);
    if (bucket.len > 0) {
        AUTO(buf_done) struct buf url = BUF_NONE;
        buf_addf(&url, "s3://" SV_FMT "/" SV_FMT "%s.log", SV_ARG(bucket),
                 SV_ARG(json_sv(inputs, "s3KeyPrefix")), session->stream);
        session->bucket = load_keep(load, buf_sv(&url));
    }
}

static void show(struct load *load, struct session *session)
{
    struct err *why = &session->showing->why;
    if (session->group)
        read_stream(load, session->showing, &session->target, sv_of(session->group),
                    sv_of(session->stream));
    else if (session->bucket)
        err_set(why, ERR_UNSUPPORTED, "log", "its log is in S3, which is not read here: %s",
                session->bucket);
    else
        err_set(why, ERR_NOT_FOUND, "log",
                "no log is kept: the preferences name neither a log group nor a bucket");
}

static void document_end(struct load *load, const struct aws_request *request,
                         const struct err *err, void *arg)
{
    struct session *session = arg;
    (void)request;
    if (err->code != OK && strcmp(err->aws_code, "InvalidDocument") != 0)
        load_gap(load, &session->target, "ssm:GetDocument", err);
    else
        show(load, session);
}

static void read_document(struct load *load, struct session *session)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "Name",
                            is_plain(session->document) ? PREFERENCES_DOCUMENT : session->document);
    cJSON_AddStringToObject(params, "DocumentFormat", "JSON");
    load_try(load, OP_ssm_GetDocument, &session->target, params, document_page, document_end,
             session);
}

static void session_page(struct load *load, struct aws_page *page, void *arg)
{
    struct session *session = arg;
    const cJSON *item = json_items(page->body, "Sessions");
    const cJSON *output = json_get(item, "OutputUrl");
    AUTO(buf_done) struct buf group = BUF_NONE, stream = BUF_NONE;
    if (!item)
        return;
    session->is_found = session->showing->is_found = true;
    sv_copy(json_sv(item, "DocumentName"), session->document, sizeof session->document);
    session->stream = load_keep(load, json_sv(item, "SessionId"));
    if (json_sv(output, "S3OutputUrl").len > 0)
        session->bucket = load_keep(load, json_sv(output, "S3OutputUrl"));
    if (!log_place_of_url(json_sv(output, "CloudWatchOutputUrl"), &group, &stream))
        return;
    session->group = load_keep(load, buf_sv(&group));
    session->stream = load_keep(load, buf_sv(&stream));
}

static void session_end(struct load *load, const struct aws_request *request, const struct err *err,
                        void *arg)
{
    struct session *session = arg;
    (void)request, (void)err;
    if (--session->reads > 0 || !session->is_found)
        return;
    if (session->group || session->bucket)
        show(load, session);
    else
        read_document(load, session);
}

static cJSON *session_params(const char *state, struct sv id)
{
    AUTO_FREE char *text = sv_dup(id);
    cJSON *params = cJSON_CreateObject(), *filter = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "State", state);
    cJSON_AddStringToObject(filter, "key", "SessionId");
    cJSON_AddStringToObject(filter, "value", text);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(params, "Filters"), filter);
    return params;
}

static void read_session(struct load *load, const struct aws_target *target,
                         struct showing *showing)
{
    static const char *const states[] = {"Active", "History"};
    struct session *session = load_alloc(load, sizeof *session);
    *session = (struct session){.showing = showing, .target = *target, .reads = ARRAY_LEN(states)};
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        load_read(load, OP_ssm_DescribeSessions, target,
                  session_params(states[i], load_arg(load, 0)), session_page, session_end, session);
}

/* --- streams by their names ------------------------------------------------------------------- */

struct streams {
    struct showing *showing;
    struct aws_target target;
    size_t n;
};

static void streams_page(struct load *load, struct aws_page *page, void *arg)
{
    struct streams *streams = arg;
    const cJSON *item = json_items(page->body, "logStreams");
    for (; item && streams->n < STREAMS_MAX; item = item->next, streams->n++) {
        streams->showing->is_found = true;
        read_stream(load, streams->showing, &streams->target, load_arg(load, 0),
                    json_sv(item, "logStreamName"));
    }
    if (!item)
        return;
    struct err err;
    err_set(&err, ERR_TOO_BIG, "log", "the first %d streams are shown; there are more",
            STREAMS_MAX);
    load_gap(load, &streams->target, "logs:DescribeLogStreams", &err);
}

/* Not every account and region has the group: that is an answer. */
static void streams_end(struct load *load, const struct aws_request *request, const struct err *err,
                        void *arg)
{
    (void)arg;
    if (err->code != OK && strcmp(err->aws_code, "ResourceNotFoundException") != 0)
        load_gap(load, &request->target, "logs:DescribeLogStreams", err);
}

static void read_streams(struct load *load, const struct aws_target *target,
                         struct showing *showing)
{
    struct streams *streams = load_alloc(load, sizeof *streams);
    AUTO_FREE char *group = sv_dup(load_arg(load, 0)), *prefix = sv_dup(load_arg(load, 1));
    cJSON *params = cJSON_CreateObject();
    *streams = (struct streams){showing, *target, 0};
    cJSON_AddStringToObject(params, "logGroupName", group);
    cJSON_AddStringToObject(params, "logStreamNamePrefix", prefix);
    load_ask(load, target);
    load_try(load, OP_logs_DescribeLogStreams, target, params, streams_page, streams_end, streams);
}

/* --- the list --------------------------------------------------------------------------------- */

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    (void)account;
    (load_arg(load, 1).len > 0 ? read_streams : read_session)(load, target, arg);
}

static void say_not_found(struct load *load, struct err *err)
{
    struct sv group = load_arg(load, 0), stream = load_arg(load, 1);
    if (stream.len > 0)
        err_set(err, ERR_NOT_FOUND, "log",
                "no stream of " SV_FMT " in scope begins with '" SV_FMT "'", SV_ARG(group),
                SV_ARG(stream));
    else
        err_set(err, ERR_NOT_FOUND, "log",
                "there is no session '" SV_FMT "' in scope; :sessions lists them", SV_ARG(group));
}

static void say_when_nothing(struct load *load, void *arg)
{
    struct showing *showing = arg;
    struct err err = showing->why;
    if (showing->n_lines > 0)
        return;
    if (!showing->is_found)
        say_not_found(load, &err);
    else if (err.code == OK)
        err_set(&err, ERR_NOT_FOUND, "log", "nothing has been written to it");
    load_fail(load, &err);
}

static void load_log(struct load *load)
{
    struct showing *showing = load_alloc(load, sizeof *showing);
    if (load_arg(load, 0).len == 0) {
        struct err err;
        err_set(&err, ERR_USAGE, "log", "takes a SESSION, or the GROUP and STREAM of a log");
        load_fail(load, &err);
        return;
    }
    load_at_end(load, say_when_nothing, showing);
    load_each(load, read_target, showing);
}

const struct screen screen_log = {
    .name = "log",
    .title = "Log",
    .help = "what a session or a command has shown, as CloudWatch Logs has it",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = ORDER},
    .args = "SESSION | GROUP STREAM",
    .regional = true,
    .load = load_log,
};
