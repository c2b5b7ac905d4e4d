/*
 * sg_site_actor: who has changed the groups of a site last, by CloudTrail. LookupEvents answers two
 * calls a second in an account and region, so one is all that a list asks: for the newest events of
 * all of its groups, and not for each group's own.
 */
#include "core/gov/change_event.h"
#include "core/gov/load/reply.h"
#include "core/gov/security_group/sg_site_internal.h"

/* Instances that are started in a group name it too; that changes no group. */
static bool changes_groups(const cJSON *item)
{
    return sv_contains(json_sv(item, "EventName"), SV("SecurityGroup"));
}

/* The newest come first: what is known already is newer. */
static void take(struct site *site, const cJSON *item, const cJSON *record, int64_t at_ms)
{
    struct sv actor, role;
    change_actor(record, &actor, &role);
    if (actor.len == 0)
        actor = json_sv(item, "Username");
    for (const cJSON *of = json_items(item, "Resources"); of; of = of->next) {
        const union map_value *value = map_get(&site->groups, json_sv(of, "ResourceName"));
        struct sg_group *group = value ? value->ptr : NULL;
        if (!group || group->changed_by || actor.len == 0)
            continue;
        group->changed_by = sv_dup(actor);
        group->event_at_ms = at_ms;
    }
}

static void events_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    for (const cJSON *item = json_items(page->body, "Events"); item; item = item->next) {
        AUTO(json_free_at) cJSON *record = NULL;
        int64_t at_ms;
        json_parse(json_sv(item, "CloudTrailEvent"), "CloudTrailEvent", &record, NULL);
        if (changes_groups(item) && reply_time(item, "EventTime", &at_ms) &&
            !json_bool(record, "readOnly", false) && json_sv(record, "errorCode").len == 0)
            take(arg, item, record, at_ms);
    }
}

/* The groups are all there, whoever changed them. */
static void events_ended(struct load *load, const struct aws_request *request,
                         const struct err *err, void *arg)
{
    struct site *site = arg;
    if (err->code != OK)
        load_remark(load, &site->target, "cloudtrail:LookupEvents",
                    "who changed the groups last is not known", err);
    site->actors_ended(load, request, err, arg);
}

void sg_site_read_actors(struct site *site, load_end_fn *ended)
{
    cJSON *params = cJSON_CreateObject(), *attribute = cJSON_CreateObject();
    cJSON_AddStringToObject(attribute, "AttributeKey", "ResourceType");
    cJSON_AddStringToObject(attribute, "AttributeValue", "AWS::EC2::SecurityGroup");
    cJSON_AddItemToArray(cJSON_AddArrayToObject(params, "LookupAttributes"), attribute);
    site->reads++;
    site->actors_ended = ended;
    load_try_some(site->load, OP_cloudtrail_LookupEvents, &site->target, params, 1, events_page,
                  events_ended, site);
}
