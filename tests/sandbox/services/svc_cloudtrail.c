/*
 * svc_cloudtrail: LookupEvents, over what happened while the sandbox ran (world/event) and what is
 * derived of the time before (trail_past). Only what changed something is kept: there are no events
 * of reads.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/ec2.h"
#include "tests/sandbox/services/trail_past.h"
#include "tests/sandbox/world/template.h"

#define PAGE_MAX 50
#define DAY_MS   INT64_C(86400000)
#define KEPT_MS  (90 * DAY_MS)
/* When an event can be looked up; about five minutes in life. */
#define DELIVERY_MS INT64_C(120000)

struct lookup {
    struct world *world;
    const struct call *call;
    int64_t from_ms, until_ms;
    struct sv key, value; /* of the one attribute; SV_NONE without */
    VEC(struct event) found;
};

/* --- what is asked for ------------------------------------------------------------------------ */

static const char *user_name(const struct event *event)
{
    const char *slash = strrchr(event->actor.arn, '/');
    return slash ? slash + 1 : event->actor.arn;
}

static const char *read_only(const struct event *event)
{
    (void)event;
    return "false";
}

#define TEXT_OF(name, member)                          \
    static const char *name(const struct event *event) \
    {                                                  \
        return event->member;                          \
    }
TEXT_OF(id_of, id)
TEXT_OF(name_of, name)
TEXT_OF(source_of, source)
TEXT_OF(resource_type_of, resource_type)
TEXT_OF(resource_name_of, resource_name)
TEXT_OF(access_key_of, actor.access_key_id)

static const struct {
    const char *key;
    const char *(*value)(const struct event *event);
} attributes[] = {
    {"EventId", id_of},
    {"EventName", name_of},
    {"ReadOnly", read_only},
    {"Username", user_name},
    {"EventSource", source_of},
    {"ResourceType", resource_type_of},
    {"AccessKeyId", access_key_of},
    {"ResourceName", resource_name_of},
};

static bool matches(const struct lookup *lookup, const struct event *event)
{
    if (event->at_ms < lookup->from_ms || event->at_ms > lookup->until_ms)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
        if (sv_eq_cstr(lookup->key, attributes[i].key))
            return sv_eq_cstr(lookup->value, attributes[i].value(event));
    return true;
}

static bool in_ms(const struct call *call, const char *member, int64_t *ms)
{
    const cJSON *value = json_get(call->input, member);
    if (!cJSON_IsNumber(value))
        return false;
    *ms = (int64_t)(value->valuedouble * 1000);
    return true;
}

/* What lies before the 90 days is cut off; a range that lies there wholly is none. */
static bool read_range(struct lookup *lookup, struct reply *reply)
{
    const struct call *call = lookup->call;
    int64_t kept_from_ms = call->now_ms - KEPT_MS;
    int64_t start_ms = kept_from_ms, end_ms = call->now_ms;
    in_ms(call, "StartTime", &start_ms);
    in_ms(call, "EndTime", &end_ms);
    if (start_ms > end_ms || end_ms < kept_from_ms) {
        reply_error(reply, 0, "InvalidTimeRangeException",
                    "The start time must be before the end time, and the end time within the last "
                    "90 days.");
        return false;
    }
    lookup->from_ms = start_ms > kept_from_ms ? start_ms : kept_from_ms;
    lookup->until_ms = end_ms;
    if (lookup->until_ms > call->now_ms - DELIVERY_MS)
        lookup->until_ms = call->now_ms - DELIVERY_MS;
    return true;
}

static bool read_attribute(struct lookup *lookup, struct reply *reply)
{
    const cJSON *attribute = in_list(lookup->call, "LookupAttributes");
    if (!attribute)
        return true;
    if (attribute->next) {
        reply_error(reply, 0, "InvalidLookupAttributesException",
                    "Only one lookup attribute can be specified.");
        return false;
    }
    lookup->key = json_sv(attribute, "AttributeKey");
    lookup->value = json_sv(attribute, "AttributeValue");
    return true;
}

/* --- what is there ---------------------------------------------------------------------------- */

static void take_event(void *arg, const struct event *event)
{
    struct lookup *lookup = arg;
    if (matches(lookup, event))
        vec_push(&lookup->found, *event);
    else
        cJSON_Delete(event->parameters);
}

static void take_noted(struct lookup *lookup)
{
    const struct world *world = lookup->world;
    for (size_t i = 0; i < world->events.len; i++) {
        struct event event = world->events.ptr[i];
        if (strcmp(event.account_id, lookup->call->account_id) != 0 ||
            strcmp(event.region, lookup->call->region) != 0)
            continue;
        event.parameters = cJSON_Duplicate(event.parameters, true);
        take_event(lookup, &event);
    }
}

static int newest_first(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? 1 : -1;
    return strcmp(x->id, y->id);
}

static void find_events(struct lookup *lookup)
{
    struct world *world = lookup->world;
    int64_t until_ms = lookup->until_ms;
    uint32_t cell = cell_number(world, call_cell(world, lookup->call));
    if (until_ms >= lookup->from_ms && in_str(lookup->call, "EventCategory")[0] == '\0') {
        past_events(world, cell, lookup->from_ms, until_ms, take_event, lookup);
        take_noted(lookup);
    }
    if (lookup->found.len > 0)
        qsort(lookup->found.ptr, lookup->found.len, sizeof lookup->found.ptr[0], newest_first);
}

/* --- how it is told --------------------------------------------------------------------------- */

/* "arn:aws:sts::1:assumed-role/ROLE/SESSION": the role; "" for a user. */
static void role_of(const struct event *event, char *role, size_t size)
{
    struct sv rest = sv_of(event->actor.arn);
    struct sv kind = sv_split(&rest, '/');
    struct sv name = sv_split(&rest, '/');
    sv_copy(sv_ends(kind, SV("assumed-role")) ? name : SV(""), role, size);
}

static cJSON *make_identity(const struct event *event)
{
    char role[128];
    role_of(event, role, sizeof role);
    if (!role[0])
        return json_make("{type:'IAMUser',principalId:%s,arn:%s,accountId:%s,accessKeyId:%s,"
                         "userName:%s}",
                         event->actor.user_id, event->actor.arn, event->account_id,
                         event->actor.access_key_id, user_name(event));
    AUTO(buf_done) struct buf role_arn = BUF_NONE, role_id = BUF_NONE;
    struct sv id = sv_of(event->actor.user_id);
    buf_addf(&role_arn, "arn:aws:iam::%s:role/%s", event->account_id, role);
    buf_add(&role_id, sv_split(&id, ':'));
    return json_make("{type:'AssumedRole',principalId:%s,arn:%s,accountId:%s,accessKeyId:%s,"
                     "sessionContext:{sessionIssuer:{type:'Role',principalId:%s,arn:%s,"
                     "accountId:%s,userName:%s}}}",
                     event->actor.user_id, event->actor.arn, event->account_id,
                     event->actor.access_key_id, buf_cstr(&role_id), buf_cstr(&role_arn),
                     event->account_id, role);
}

static cJSON *make_record(const struct event *event)
{
    char time[CLOCK_ISO_SIZE];
    clock_iso8601(event->at_ms, false, time);
    return json_make("{eventVersion:'1.09',userIdentity:%o,eventTime:%s,eventSource:%s,"
                     "eventName:%s,awsRegion:%s,sourceIPAddress:'203.0.113.9',"
                     "userAgent:'aws-cli',errorCode:%s,requestParameters:%o,requestID:%s,"
                     "eventID:%s,readOnly:false,eventType:'AwsApiCall',managementEvent:true,"
                     "recipientAccountId:%s,eventCategory:'Management'}",
                     make_identity(event), time, event->source, event->name, event->region,
                     event->error_code[0] ? event->error_code : NULL,
                     cJSON_Duplicate(event->parameters, true), event->request_id, event->id,
                     event->account_id);
}

static void add_event(void *arg, size_t i, cJSON *list)
{
    const struct lookup *lookup = arg;
    const struct event *event = &lookup->found.ptr[i];
    cJSON *record = make_record(event), *resources = cJSON_CreateArray();
    AUTO_FREE char *text = json_print(record);
    if (event->resource_name[0])
        cJSON_AddItemToArray(resources, json_make("{ResourceType:%s,ResourceName:%s}",
                                                  event->resource_type, event->resource_name));
    cJSON_AddItemToArray(
        list, json_make("{EventId:%s,EventName:%s,ReadOnly:'false',AccessKeyId:%s,EventTime:%e,"
                        "EventSource:%s,Username:%s,Resources:%o,CloudTrailEvent:%s}",
                        event->id, event->name, event->actor.access_key_id, event->at_ms,
                        event->source, user_name(event), resources, text));
    cJSON_Delete(record);
}

static void lookup_events(struct world *world, const struct call *call, struct reply *reply)
{
    struct lookup lookup = {.world = world, .call = call};
    if (!rate_take(&call_cell(world, call)->lookups, world_lookups(world), call->wall_ms)) {
        reply_error(reply, 0, "ThrottlingException", "Rate exceeded");
        return;
    }
    if (!read_range(&lookup, reply) || !read_attribute(&lookup, reply))
        return;
    find_events(&lookup);
    page_reply(call, reply,
               &(struct page_spec){.list_member = "Events",
                                   .n_items = lookup.found.len,
                                   .page_default = PAGE_MAX,
                                   .page_max = PAGE_MAX,
                                   .add_item = add_event,
                                   .arg = &lookup});
    for (size_t i = 0; i < lookup.found.len; i++)
        cJSON_Delete(lookup.found.ptr[i].parameters);
    vec_free(&lookup.found);
}

static const struct route routes[] = {
    {"LookupEvents", lookup_events},
};

const struct service_routes service_cloudtrail = {"cloudtrail", routes, ARRAY_LEN(routes), NULL};
