/*
 * Resources through an aggregator: two advanced queries, one for what the rules say of each
 * resource (AWS::Config::ResourceCompliance items, where the recorders record them), one for the
 * resources. Without the first kind of items the accounts are asked directly.
 */
#include <stdio.h>

#include "core/base/map.h"
#include "core/gov/aggregator.h"
#include "core/gov/reply.h"
#include "core/gov/resource.h"
#include "core/gov/verdict.h"

#define COMPLIANCE_TYPE "AWS::Config::ResourceCompliance"

static const char compliance_query[] =
    "SELECT accountId, awsRegion, configuration.targetResourceType, "
    "configuration.targetResourceId, configuration.complianceType "
    "WHERE resourceType = '" COMPLIANCE_TYPE "'";
static const char resources_query[] =
    "SELECT accountId, awsRegion, resourceType, resourceId, resourceName, tags";

struct overview {
    char *aggregator;
    struct map sources; /* by "account region": a struct err, OK or outdated or failed */
    struct verdicts verdicts;
    bool resources_read;
};

static void overview_done(void *arg)
{
    struct overview *overview = arg;
    mem_free(overview->aggregator);
    map_done(&overview->sources);
    verdicts_done(&overview->verdicts);
}

/* --- results: JSON texts in a list of texts --------------------------------------------------- */

static void each_result(struct load *load, const struct aws_page *page, struct overview *overview,
                        void (*fn)(struct load *load, struct overview *overview,
                                   const cJSON *result))
{
    for (const cJSON *item = json_items(page->body, "Results"); item; item = item->next) {
        AUTO(json_free_at) cJSON *result = NULL;
        struct err err;
        if (json_parse(json_string(item), "config:SelectAggregateResourceConfig", &result, &err) !=
            OK)
            load_gap(load, &page->request->target, "config:SelectAggregateResourceConfig", &err);
        else
            fn(load, overview, result);
    }
}

static struct aws_target place_of(const cJSON *result)
{
    struct aws_target target = {0};
    sv_copy(json_sv(result, "accountId"), target.account_id, sizeof target.account_id);
    sv_copy(json_sv(result, "awsRegion"), target.region, sizeof target.region);
    return target;
}

static void take_compliance(struct load *load, struct overview *overview, const cJSON *result)
{
    (void)load;
    struct aws_target target = place_of(result);
    const cJSON *item = json_get(result, "configuration");
    verdicts_put(&overview->verdicts, &target, json_sv(item, "targetResourceType"),
                 json_sv(item, "targetResourceId"), json_sv(item, "complianceType"));
}

static void take_resource(struct load *load, struct overview *overview, const cJSON *result)
{
    AUTO(buf_done) struct buf tags = BUF_NONE;
    struct resource resource = {.target = place_of(result),
                                .type = json_sv(result, "resourceType"),
                                .id = json_sv(result, "resourceId"),
                                .name = json_sv(result, "resourceName")};
    if (sv_eq_cstr(resource.type, COMPLIANCE_TYPE) || !load_selects(load, &resource.target))
        return;
    reply_tags_text(json_items(result, "tags"), &tags);
    resource.tags = buf_sv(&tags);
    resource.compliance =
        verdicts_get(&overview->verdicts, &resource.target, resource.type, resource.id);
    resource_add(load, &resource);
}

/* --- who speaks for whom --------------------------------------------------------------------- */

static const struct err *source_of(const struct overview *overview, const struct aws_target *target)
{
    char key[AWS_ACCOUNT_SIZE + AWS_REGION_SIZE];
    snprintf(key, sizeof key, "%s %s", target->account_id, target->region);
    const union map_value *value = map_get(&overview->sources, sv_of(key));
    return value ? value->ptr : NULL;
}

/* The aggregator has answered for its sources; the others are asked themselves. */
static void settle_target(struct load *load, const struct account *account,
                          const struct aws_target *target, void *arg)
{
    const struct overview *overview = arg;
    const struct err *source = source_of(overview, target);
    if (!source || !overview->resources_read)
        resources_read_direct(load, account, target, NULL);
    else if (source->code != OK)
        load_gap(load, target, "config:DescribeConfigurationAggregatorSourcesStatus", source);
}

/* --- the queries, the last one first ---------------------------------------------------------- */

static void query(struct load *load, struct overview *overview, const char *expression,
                  load_page_fn *on_page, load_end_fn *on_end)
{
    struct aws_target home = load_home(load);
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "Expression", expression);
    cJSON_AddStringToObject(params, "ConfigurationAggregatorName", overview->aggregator);
    load_try(load, OP_config_SelectAggregateResourceConfig, &home, params, on_page, on_end,
             overview);
}

static void resources_page(struct load *load, struct aws_page *page, void *arg)
{
    each_result(load, page, arg, take_resource);
}

static void resources_end(struct load *load, const struct aws_request *request,
                          const struct err *err, void *arg)
{
    (void)request;
    struct overview *overview = arg;
    overview->resources_read = err->code == OK;
    verdicts_done(&overview->verdicts);
    load_each(load, settle_target, overview);
}

static void compliance_page(struct load *load, struct aws_page *page, void *arg)
{
    each_result(load, page, arg, take_compliance);
}

static void compliance_end(struct load *load, const struct aws_request *request,
                           const struct err *err, void *arg)
{
    (void)request;
    struct overview *overview = arg;
    if (err->code == OK && overview->verdicts.count > 0)
        query(load, overview, resources_query, resources_page, resources_end);
    else
        load_each(load, settle_target, overview);
}

static void take_source(struct load *load, const struct aggregator_source *from, void *arg)
{
    struct overview *overview = arg;
    char key[AWS_ACCOUNT_SIZE + AWS_REGION_SIZE];
    if (overview->aggregator && !sv_eq_cstr(sv_of(overview->aggregator), from->aggregator))
        return; /* one of them is asked */
    if (!overview->aggregator)
        overview->aggregator = mem_strdup(from->aggregator);
    struct err *source = load_alloc(load, sizeof *source);
    *source = aggregator_source_err(from);
    snprintf(key, sizeof key, "%s %s", from->target.account_id, from->target.region);
    map_put(&overview->sources, sv_of(key), NULL)->ptr = source;
}

static void sources_end(struct load *load, const char *first, size_t n, const struct err *err,
                        void *arg)
{
    (void)first, (void)n;
    struct overview *overview = arg;
    if (err->code == OK && overview->aggregator)
        query(load, overview, compliance_query, compliance_page, compliance_end);
    else
        load_each(load, settle_target, overview);
}

void resources_read(struct load *load)
{
    struct overview *overview = load_alloc(load, sizeof *overview);
    load_at_free(load, overview_done, overview);
    aggregators_read(load, &(struct aggregator_reader){
                               .on_source = take_source, .on_end = sources_end, .arg = overview});
}
