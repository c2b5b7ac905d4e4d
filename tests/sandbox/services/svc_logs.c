/*
 * svc_logs: CloudWatch Logs: groups, streams and their events.
 *
 * GetLogEvents goes through a stream in both directions. Its tokens never end: the end is where a
 * token comes back as it was sent. On the way there an empty page comes before each next one, as
 * clients have to expect of the service.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/ec2.h"
#include "tests/sandbox/services/logs_past.h"
#include "tests/sandbox/world/log_store.h"
#include "tests/sandbox/world/template.h"

#define LIST_MAX       50
#define EVENTS_MAX     10000
#define REPLY_MAX      ((size_t)1 << 20) /* bytes of a page, each event counting 26 beside its text */
#define EVENT_OVERHEAD 26
#define BATCH_MAX      ((size_t)1048576)
#define FUTURE_MS      (INT64_C(2) * 3600000)   /* events beyond are rejected... */
#define PAST_MS        (INT64_C(14) * 86400000) /* ...and so are those before */
#define BATCH_SPAN_MS  INT64_C(86400000)

static void refuse_parameter(struct reply *reply, const char *what)
{
    reply_error(reply, 0, "InvalidParameterException", "%s", what);
}

static uint32_t cell_of(struct world *world, const struct call *call)
{
    uint32_t cell = cell_number(world, call_cell(world, call));
    logs_past_open(world, cell);
    return cell;
}

/* "arn:aws:logs:REGION:ACCOUNT:log-group:NAME[:*]", where a name may stand. */
static void group_name(const struct call *call, char name[LOG_NAME_SIZE])
{
    const char *given = in_str(call, "logGroupIdentifier"), *mark = ":log-group:";
    const char *in_arn = strstr(given, mark);
    if (*in_str(call, "logGroupName"))
        given = in_str(call, "logGroupName");
    else if (in_arn)
        given = in_arn + strlen(mark);
    sv_copy((struct sv){given, strcspn(given, ":")}, name, LOG_NAME_SIZE);
}

/* The group that the call names, NULL after having refused. */
static struct log_group *find_group(struct world *world, const struct call *call,
                                    struct reply *reply)
{
    char name[LOG_NAME_SIZE];
    group_name(call, name);
    struct log_group *group = name[0] ? log_group_find(world, cell_of(world, call), name) : NULL;
    if (!name[0])
        refuse_parameter(reply, "Either logGroupName or logGroupIdentifier has to be given.");
    else if (!group)
        reply_error(reply, 0, "ResourceNotFoundException",
                    "The specified log group does not exist.");
    return group;
}

static struct log_stream *find_stream(struct world *world, const struct call *call,
                                      struct reply *reply)
{
    struct log_group *group = find_group(world, call, reply);
    struct log_stream *stream =
        group ? log_stream_find(group, in_str(call, "logStreamName")) : NULL;
    if (group && !stream)
        reply_error(reply, 0, "ResourceNotFoundException",
                    "The specified log stream does not exist.");
    return stream;
}

/* --- making ----------------------------------------------------------------------------------- */

static void create_log_group(struct world *world, const struct call *call, struct reply *reply)
{
    const char *name = in_str(call, "logGroupName");
    if (log_group_find(world, cell_of(world, call), name))
        reply_error(reply, 0, "ResourceAlreadyExistsException",
                    "The specified log group already exists");
    else
        log_group_add(world, cell_of(world, call), name, in_str(call, "kmsKeyId"));
}

static void create_log_stream(struct world *world, const struct call *call, struct reply *reply)
{
    struct log_group *group = find_group(world, call, reply);
    if (group && log_stream_find(group, in_str(call, "logStreamName")))
        reply_error(reply, 0, "ResourceAlreadyExistsException",
                    "The specified log stream already exists");
    else if (group)
        log_stream_add(world, group, in_str(call, "logStreamName"));
}

static bool check_batch(const struct call *call, struct reply *reply)
{
    const cJSON *first = in_list(call, "logEvents");
    int64_t before_ms = INT64_MIN;
    size_t size = 0;
    for (const cJSON *event = first; event; event = event->next) {
        int64_t at_ms = json_i64(event, "timestamp", 0);
        size += json_sv(event, "message").len + EVENT_OVERHEAD;
        if (at_ms < before_ms)
            refuse_parameter(reply, "Log events in a single PutLogEvents request must be in "
                                    "chronological order.");
        else if (at_ms - json_i64(first, "timestamp", 0) > BATCH_SPAN_MS)
            refuse_parameter(reply, "The batch of log events in a single PutLogEvents request "
                                    "cannot span more than 24 hours.");
        else if (size > BATCH_MAX)
            refuse_parameter(reply, "Upload too large");
        if (*reply->code)
            return false;
        before_ms = at_ms;
    }
    return true;
}

static void put_log_events(struct world *world, const struct call *call, struct reply *reply)
{
    struct log_stream *stream = find_stream(world, call, reply);
    int too_old = 0, too_new = -1, i = 0;
    if (!stream || !check_batch(call, reply))
        return;
    for (const cJSON *event = in_list(call, "logEvents"); event; event = event->next, i++) {
        int64_t at_ms = json_i64(event, "timestamp", 0);
        if (at_ms < call->now_ms - PAST_MS)
            too_old = i + 1;
        else if (at_ms > call->now_ms + FUTURE_MS)
            too_new = too_new < 0 ? i : too_new;
        else
            log_stream_append(world, stream, at_ms, json_sv(event, "message"));
    }
    cJSON_AddStringToObject(reply->output, "nextSequenceToken",
                            "49600000000000000000000000000000000000000000000000000000");
    if (too_old == 0 && too_new < 0)
        return;
    cJSON *rejected = cJSON_AddObjectToObject(reply->output, "rejectedLogEventsInfo");
    if (too_old > 0)
        cJSON_AddNumberToObject(rejected, "tooOldLogEventEndIndex", too_old);
    if (too_new >= 0)
        cJSON_AddNumberToObject(rejected, "tooNewLogEventStartIndex", too_new);
}

/* --- lists ------------------------------------------------------------------------------------ */

struct listing {
    struct world *world;
    uint32_t cell;
    const struct log_group *group; /* whose streams */
    const char *prefix;
};

static void add_group(void *arg, size_t i, cJSON *list)
{
    const struct listing *listing = arg;
    const struct log_group *group = log_group_at(listing->world, listing->cell, i);
    AUTO(buf_done) struct buf arn = BUF_NONE;
    if (!sv_starts(sv_of(group->name), sv_of(listing->prefix)))
        return;
    buf_addf(&arn, "arn:aws:logs:%s:%s:log-group:%s", cell_region(listing->world, listing->cell),
             cell_account(listing->world, listing->cell)->id, group->name);
    cJSON *item = json_make("{logGroupName:%s,creationTime:%l,metricFilterCount:0,kmsKeyId:%s,"
                            "logGroupArn:%s}",
                            group->name, group->created_ms,
                            group->kms_key_id[0] ? group->kms_key_id : NULL, buf_cstr(&arn));
    buf_add_cstr(&arn, ":*");
    cJSON_AddStringToObject(item, "arn", buf_cstr(&arn));
    cJSON_AddItemToArray(list, item);
}

static void describe_log_groups(struct world *world, const struct call *call, struct reply *reply)
{
    struct listing listing = {world, cell_of(world, call), NULL,
                              in_str(call, "logGroupNamePrefix")};
    size_t n = 0;
    while (log_group_at(world, listing.cell, n))
        n++;
    page_reply(call, reply,
               &(struct page_spec){.list_member = "logGroups",
                                   .n_items = n,
                                   .page_default = LIST_MAX,
                                   .page_max = LIST_MAX,
                                   .add_item = add_group,
                                   .arg = &listing});
}

static void add_stream(void *arg, size_t i, cJSON *list)
{
    const struct listing *listing = arg;
    const struct log_stream *stream = listing->group->streams.ptr[i];
    if (!sv_starts(sv_of(stream->name), sv_of(listing->prefix)))
        return;
    cJSON *item = json_make("{logStreamName:%s,creationTime:%l,storedBytes:0}", stream->name,
                            stream->created_ms);
    if (stream->events.len > 0) {
        cJSON_AddNumberToObject(item, "firstEventTimestamp", (double)stream->events.ptr[0].at_ms);
        cJSON_AddNumberToObject(item, "lastEventTimestamp",
                                (double)vec_last(&stream->events).at_ms);
        cJSON_AddNumberToObject(item, "lastIngestionTime",
                                (double)vec_last(&stream->events).ingested_ms);
    }
    cJSON_AddItemToArray(list, item);
}

static void describe_log_streams(struct world *world, const struct call *call, struct reply *reply)
{
    struct listing listing = {world, 0, find_group(world, call, reply),
                              in_str(call, "logStreamNamePrefix")};
    if (!listing.group)
        return;
    if (strcmp(in_str(call, "orderBy"), "LastEventTime") == 0 || in_bool(call, "descending")) {
        if (*listing.prefix)
            refuse_parameter(reply, "Cannot order by LastEventTime with a logStreamNamePrefix.");
        else
            reply_error(reply, 501, "NotImplemented",
                        "The sandbox lists streams by their names, the first one first.");
        return;
    }
    page_reply(call, reply,
               &(struct page_spec){.list_member = "logStreams",
                                   .n_items = listing.group->streams.len,
                                   .page_default = LIST_MAX,
                                   .page_max = LIST_MAX,
                                   .add_item = add_stream,
                                   .arg = &listing});
}

/* --- events ----------------------------------------------------------------------------------- */

/* A place in a stream: before event `at`. An empty page is told before the next one that is not. */
struct place {
    bool is_backward, is_pause;
    size_t at;
};

static void token_of(const struct place *place, char token[72])
{
    snprintf(token, 72, "%c/%056zu/%c", place->is_backward ? 'b' : 'f', place->at,
             place->is_pause ? 'e' : 's');
}

static bool read_place(const char *token, const struct log_stream *stream, struct place *place)
{
    int64_t at;
    struct sv rest = sv_of(token), way = sv_split(&rest, '/'), number = sv_split(&rest, '/');
    if (strlen(token) != 60 || number.len != 56 || !sv_to_i64(number, &at) ||
        (size_t)at > stream->events.len)
        return false;
    *place = (struct place){sv_eq(way, SV("b")), sv_eq(rest, SV("e")), (size_t)at};
    return way.len == 1;
}

static bool is_in_time(const struct call *call, const struct log_event *event)
{
    return event->at_ms >= in_i64(call, "startTime", INT64_MIN) &&
           event->at_ms < in_i64(call, "endTime", INT64_MAX);
}

/* As many as a page holds, from place on in its direction; returns where it ends. */
static size_t page_end(const struct call *call, const struct log_stream *stream,
                       const struct place *place)
{
    size_t n = 0, size = 0, at = place->at, limit = (size_t)in_i64(call, "limit", EVENTS_MAX);
    while (place->is_backward ? at > 0 : at < stream->events.len) {
        const struct log_event *event = &stream->events.ptr[place->is_backward ? at - 1 : at];
        size += is_in_time(call, event) ? strlen(event->message) + EVENT_OVERHEAD : 0;
        n += is_in_time(call, event);
        if (n > limit || (size > REPLY_MAX && n > 1))
            break;
        at += place->is_backward ? (size_t)-1 : 1;
    }
    return at;
}

static void add_events(const struct call *call, const struct log_stream *stream, size_t from,
                       size_t to, cJSON *list)
{
    for (size_t i = from; i < to; i++) {
        const struct log_event *event = &stream->events.ptr[i];
        if (is_in_time(call, event))
            cJSON_AddItemToArray(list, json_make("{timestamp:%l,message:%s,ingestionTime:%l}",
                                                 event->at_ms, event->message, event->ingested_ms));
    }
}

static void reply_tokens(const struct place *forward, const struct place *backward,
                         struct reply *reply)
{
    char token[72];
    token_of(forward, token);
    cJSON_AddStringToObject(reply->output, "nextForwardToken", token);
    token_of(backward, token);
    cJSON_AddStringToObject(reply->output, "nextBackwardToken", token);
}

static void reply_page(const struct call *call, const struct log_stream *stream,
                       const struct place *place, struct reply *reply)
{
    size_t end = place->is_pause ? place->at : page_end(call, stream, place);
    size_t from = place->is_backward ? end : place->at, to = place->is_backward ? place->at : end;
    bool paused = place->is_pause;
    add_events(call, stream, from, to, cJSON_AddArrayToObject(reply->output, "events"));
    reply_tokens(&(struct place){false, !paused && to < stream->events.len, to},
                 &(struct place){true, !paused && from > 0, from}, reply);
}

static void get_log_events(struct world *world, const struct call *call, struct reply *reply)
{
    const struct log_stream *stream = find_stream(world, call, reply);
    const char *token = in_str(call, "nextToken");
    struct place place = {!in_bool(call, "startFromHead"), false, 0};
    if (!stream)
        return;
    place.at = place.is_backward ? stream->events.len : 0;
    if (*token && !read_place(token, stream, &place))
        refuse_parameter(reply, "The specified nextToken is invalid.");
    else
        reply_page(call, stream, &place, reply);
}

static const struct route routes[] = {
    {"CreateLogGroup", create_log_group},       {"CreateLogStream", create_log_stream},
    {"DescribeLogGroups", describe_log_groups}, {"DescribeLogStreams", describe_log_streams},
    {"GetLogEvents", get_log_events},           {"PutLogEvents", put_log_events},
};

const struct service_routes service_logs = {"logs", routes, ARRAY_LEN(routes), NULL};
