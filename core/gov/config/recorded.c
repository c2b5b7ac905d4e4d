#include "core/gov/config/recorded.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/gov/load/reply.h"
#include "core/gov/plan_evidence.h"

/* The newest record comes first, but empty pages may come before it: AWS looks through some time
 * for each. */
#define PAGES_MAX 12

bool recorded_is_kept(const char *type)
{
    return strcmp(type, "AWS::::Account") != 0;
}

void recorded_read(struct inquiry *inquiry, const struct aws_target *target, const char *type,
                   const char *id)
{
    if (!recorded_is_kept(type))
        return;
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "resourceType", type);
    cJSON_AddStringToObject(params, "resourceId", id);
    inquiry_read_pages(inquiry, OP_config_GetResourceConfigHistory, target, params, PAGES_MAX,
                       NULL);
}

/* {"Owner": "shop"} as the lists of tags are that other services have; the caller's. */
static cJSON *tag_list(const cJSON *tags)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *tag;
    cJSON_ArrayForEach (tag, tags) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "Key", tag->string);
        cJSON_AddItemToObject(item, "Value", cJSON_Duplicate(tag, true));
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

static void say_relations(struct change_plan *plan, const cJSON *item)
{
    AUTO(name_list_done) struct name_list names = {.text = BUF_NONE};
    for (const cJSON *it = json_items(item, "relationships"); it; it = it->next)
        name_list_add(&names, json_sv(it, "resourceId"), json_sv(it, "resourceName"));
    if (names.n > 0)
        change_plan_evidence(plan, "hangs together with %zu other%s: %s", names.n,
                             names.n == 1 ? "" : "s", name_list_text(&names));
}

static const cJSON *newest(const struct inquiry *inquiry)
{
    INQUIRY_EACH(inquiry, OP_config_GetResourceConfigHistory, "configurationItems", item)
    {
        return item;
    }
    return NULL;
}

void recorded_say(const struct inquiry *inquiry, struct change_plan *plan)
{
    const struct err *err = inquiry_err(inquiry, OP_config_GetResourceConfigHistory);
    const cJSON *item = newest(inquiry);
    AUTO(json_free_at) cJSON *tags = tag_list(json_get(item, "tags"));
    struct sv name = json_sv(item, "resourceName");
    char at[CLOCK_ISO_SIZE];
    int64_t at_ms;
    if (!inquiry_page(inquiry, OP_config_GetResourceConfigHistory, 0) && err->code == OK)
        return; /* nobody has asked */
    if (!item) {
        change_plan_evidence(plan, "the resource: nothing is known of it: %s",
                             err->code != OK ? err->message : "AWS Config has recorded nothing");
        return;
    }
    if (name.len > 0)
        change_plan_evidence(plan, "the resource: " SV_FMT, SV_ARG(name));
    plan_say_tags(plan, "the resource", tags->child, "undoes it");
    say_relations(plan, item);
    if (!reply_time(item, "configurationItemCaptureTime", &at_ms))
        return;
    clock_iso8601(at_ms, false, at);
    change_plan_evidence(plan, "AWS Config has recorded that as of %s", at);
}
