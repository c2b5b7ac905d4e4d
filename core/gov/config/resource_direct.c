/* Resources as each account's own recorder has them. */
#include "core/base/map.h"
#include "core/gov/config/recorder.h"
#include "core/gov/config/resource.h"
#include "core/gov/config/verdict.h"

/* One account x region. */
struct site {
    struct aws_target target;
    size_t reads;     /* of the first stage, not ended */
    struct map types; /* resource types that there are */
    struct verdicts verdicts;
};

static void site_done(void *arg)
{
    struct site *site = arg;
    map_done(&site->types);
    verdicts_done(&site->verdicts);
}

/* --- the resources of one type --------------------------------------------------------------- */

static void resources_page(struct load *load, struct aws_page *page, void *arg)
{
    struct site *site = arg;
    for (const cJSON *item = json_items(page->body, "resourceIdentifiers"); item;
         item = item->next) {
        struct resource resource = {.target = site->target};
        resource.type = json_sv(item, "resourceType");
        resource.id = json_sv(item, "resourceId");
        resource.name = json_sv(item, "resourceName");
        uint64_t place = verdict_place(&site->target, resource.type);
        resource.compliance = verdict_word(verdicts_get(&site->verdicts, place, resource.id));
        resource_add(load, &resource);
    }
}

static void read_type(struct load *load, struct site *site, struct sv type)
{
    AUTO_FREE char *name = sv_dup(type);
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "resourceType", name);
    load_read(load, OP_config_ListDiscoveredResources, &site->target, params, resources_page, NULL,
              site);
}

/* --- nothing there: is anything recorded at all? ---------------------------------------------- */

static void recorder_page(struct load *load, struct aws_page *page, void *arg)
{
    struct site *site = arg;
    enum recorder_state state = recorder_state_in(page->body);
    struct err err;
    if (state < RECORDER_STOPPED)
        return;
    err_set(&err, ERR_NOT_FOUND, "config", "nothing is recorded here: the recorder is %s",
            state == RECORDER_MISSING ? "missing" : "stopped");
    load_gap(load, &site->target, "config:DescribeConfigurationRecorderStatus", &err);
}

/* --- the first stage ------------------------------------------------------------------------- */

static void counts_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct site *site = arg;
    for (const cJSON *item = json_items(page->body, "resourceCounts"); item; item = item->next)
        map_put(&site->types, json_sv(item, "resourceType"), NULL);
}

static void compliance_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct site *site = arg;
    for (const cJSON *item = json_items(page->body, "ComplianceByResources"); item;
         item = item->next)
        verdicts_put(&site->verdicts, verdict_place(&site->target, json_sv(item, "ResourceType")),
                     json_sv(item, "ResourceId"),
                     verdict_of(json_sv(json_get(item, "Compliance"), "ComplianceType")));
}

static void first_stage_end(struct load *load, const struct aws_request *request,
                            const struct err *err, void *arg)
{
    struct site *site = arg;
    bool counts = request->op == OP_config_GetDiscoveredResourceCounts;
    if (counts && err->code == OK && site->types.count == 0)
        load_read(load, OP_config_DescribeConfigurationRecorderStatus, &site->target, NULL,
                  recorder_page, NULL, site);
    if (--site->reads > 0)
        return;
    size_t at = 0;
    struct sv type;
    union map_value value;
    while (map_next(&site->types, &at, &type, &value))
        read_type(load, site, type);
}

void resources_read_direct(struct load *load, const struct account *account,
                           const struct aws_target *target, void *arg)
{
    (void)account, (void)arg;
    struct site *site = load_alloc(load, sizeof *site);
    site->target = *target;
    site->reads = 2;
    load_at_free(load, site_done, site);
    load_read(load, OP_config_GetDiscoveredResourceCounts, target, NULL, counts_page,
              first_stage_end, site);
    load_read(load, OP_config_DescribeComplianceByResource, target, NULL, compliance_page,
              first_stage_end, site);
}
