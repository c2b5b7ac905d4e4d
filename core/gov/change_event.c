#include "core/gov/change_event.h"

#include "core/base/clock.h"
#include "core/base/map.h"
#include "core/gov/load/reply.h"
#include "core/store/audit.h"

/* One account x region. */
struct site {
    struct aws_target target;
    const struct map *own;
    struct change_reader reader;
    int64_t oldest_ms;
    bool more;
};

/* Whose resources the console shows; the rest would drown them. */
static const char *const sources[] = {
    "autoscaling.amazonaws.com",
    "cloudformation.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "config.amazonaws.com",
    "ec2.amazonaws.com",
    "iam.amazonaws.com",
    "kms.amazonaws.com",
    "lambda.amazonaws.com",
    "organizations.amazonaws.com",
    "rds.amazonaws.com",
    "s3.amazonaws.com",
    "secretsmanager.amazonaws.com",
    "ssm.amazonaws.com",
};

static bool is_shown_source(struct sv source)
{
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        if (sv_eq_cstr(source, sources[i]))
            return true;
    return false;
}

/* --- actors ---------------------------------------------------------------------------------- */

static struct sv after_last(struct sv text, char sep)
{
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != sep)
        at--;
    return (struct sv){text.ptr + at, text.len - at};
}

/* Sessions that programs have named: nobody learns anything by them. */
static bool is_made_up(struct sv session, struct sv role)
{
    static const char *const prefixes[] = {"i-", "botocore-session-", "aws-go-sdk-", "aws-sdk-",
                                           "AWSCLI-Session"};
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (sv_starts(session, sv_of(prefixes[i])))
            return true;
    return role.len > 0 && sv_contains(session, role);
}

void change_actor(const cJSON *record, struct sv *actor, struct sv *role)
{
    const cJSON *identity = json_get(record, "userIdentity");
    struct sv kind = json_sv(identity, "type"), arn = json_sv(identity, "arn");
    struct sv service = json_sv(identity, "invokedBy");
    struct sv user = json_sv(identity, "userName");
    *role = json_string(json_path(identity, "sessionContext.sessionIssuer.userName"));
    if (sv_eq(kind, SV("AssumedRole")) && sv_contains(arn, SV("/")))
        *actor = is_made_up(after_last(arn, '/'), *role) ? *role : after_last(arn, '/');
    else if (user.len > 0)
        *actor = user;
    else
        *actor = service.len > 0 ? service : kind;
}

/* --- CloudTrail ------------------------------------------------------------------------------ */

/* Without the record itself the reply's own members have to do. */
static void set_actor(const cJSON *item, const cJSON *record, struct change_event *event)
{
    change_actor(record, &event->actor, &event->role);
    if (event->actor.len == 0)
        event->actor = json_sv(item, "Username");
    if (event->actor.len == 0)
        event->actor = SV("?");
}

/* The last resource is the most particular one: networks stand before what lies in them. */
static void set_subject(const cJSON *item, struct change_event *event)
{
    for (const cJSON *resource = json_items(item, "Resources"); resource;
         resource = resource->next) {
        event->subject = json_sv(resource, "ResourceName");
        event->subject_type = json_sv(resource, "ResourceType");
    }
}

static void tell(struct load *load, const struct site *site, const cJSON *item, int64_t at_ms)
{
    cJSON *record = NULL;
    struct change_event event = {.target = &site->target, .at_ms = at_ms};
    json_parse(json_sv(item, "CloudTrailEvent"), "CloudTrailEvent", &record, NULL);
    event.action = json_sv(item, "EventName");
    event.source = json_sv(item, "EventSource");
    event.id = json_sv(item, "EventId");
    event.error = json_sv(record, "errorCode");
    set_actor(item, record, &event);
    set_subject(item, &event);
    bool is_own = site->own && map_get(site->own, json_sv(record, "requestID"));
    if (event.error.len == 0 && !is_own)
        site->reader.on_event(load, &event, site->reader.arg);
    json_free(record);
}

static void events_page(struct load *load, struct aws_page *page, void *arg)
{
    struct site *site = arg;
    for (const cJSON *item = json_items(page->body, "Events"); item; item = item->next) {
        int64_t at_ms;
        if (!reply_time(item, "EventTime", &at_ms))
            continue;
        site->oldest_ms = at_ms;
        if (is_shown_source(json_sv(item, "EventSource")))
            tell(load, site, item, at_ms);
    }
    site->more = !page->last;
}

static void events_end(struct load *load, const struct aws_request *request, const struct err *err,
                       void *arg)
{
    (void)request;
    struct site *site = arg;
    if (site->reader.on_end)
        site->reader.on_end(load, &site->target, err->code == OK && site->more, site->oldest_ms,
                            site->reader.arg);
}

static cJSON *only_changes(int64_t from_s)
{
    cJSON *params = cJSON_CreateObject(), *attribute = cJSON_CreateObject();
    cJSON *attributes = cJSON_AddArrayToObject(params, "LookupAttributes");
    cJSON_AddStringToObject(attribute, "AttributeKey", "ReadOnly");
    cJSON_AddStringToObject(attribute, "AttributeValue", "false");
    cJSON_AddItemToArray(attributes, attribute);
    cJSON_AddNumberToObject(params, "StartTime", (double)from_s);
    return params;
}

void changes_read(struct load *load, const struct aws_target *target, const struct map *own,
                  const struct change_reader *reader)
{
    struct site *site = load_alloc(load, sizeof *site);
    *site = (struct site){.target = *target, .own = own, .reader = *reader};
    load_read_some(load, OP_cloudtrail_LookupEvents, target,
                   only_changes((clock_display_ms() - CHANGES_WINDOW_MS) / 1000), CHANGES_PAGES_MAX,
                   events_page, events_end, site);
}

/* --- what this console has sent -------------------------------------------------------------- */

struct own_trail {
    struct load *load;
    struct map *own;
    struct map plans; /* told */
    const struct change_reader *reader;
};

/* Accepted by AWS, whether that was seen at once or found out later. */
static bool was_sent(struct sv state)
{
    return sv_has_word(SV("SENT SUCCEEDED UNVERIFIED"), state);
}

static bool own_record(void *arg, const cJSON *record)
{
    struct own_trail *trail = arg;
    struct aws_target target = {0};
    struct change_event event = {.target = &target, .source = SV("watchdeck")};
    struct sv request_id = json_sv(record, "request_id"), arn = json_sv(record, "actor");
    bool fresh = false;
    event.id = json_sv(record, "plan_id");
    if (!was_sent(json_sv(record, "state")) || event.id.len == 0)
        return true;
    if (request_id.len > 0)
        map_put(trail->own, request_id, NULL);
    sv_copy(json_sv(record, "account_id"), target.account_id, sizeof target.account_id);
    sv_copy(json_sv(record, "region"), target.region, sizeof target.region);
    if (!clock_parse_iso8601(json_sv(record, "ts"), &event.at_ms) ||
        clock_display_ms() - event.at_ms > CHANGES_WINDOW_MS || !load_selects(trail->load, &target))
        return true;
    map_put(&trail->plans, event.id, &fresh);
    event.actor = after_last(arn, '/');
    event.action = json_sv(record, "title");
    if (fresh)
        trail->reader->on_event(trail->load, &event, trail->reader->arg);
    return true;
}

void changes_own_read(struct load *load, struct map *own, const struct change_reader *reader)
{
    struct own_trail trail = {.load = load, .own = own, .reader = reader};
    audit_read(gate_audit_path(gov_gate(load_gov(load))), own_record, &trail, NULL);
    map_done(&trail.plans);
}
