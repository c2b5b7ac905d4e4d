#include "core/gov/config/aggregator.h"

#include "core/gov/load/reply.h"

struct walk {
    struct aggregator_reader reader;
    size_t n, reads;
    char *first;    /* name */
    struct err err; /* of the first read that failed */
};

static void walk_done(void *arg)
{
    struct walk *walk = arg;
    mem_free(walk->first);
}

static void read_ended(struct load *load, struct walk *walk, const struct err *err)
{
    if (err->code != OK && walk->err.code == OK)
        walk->err = *err;
    if (--walk->reads == 0)
        walk->reader.on_end(load, walk->first, walk->n, &walk->err, walk->reader.arg);
}

static void sources_page(struct load *load, struct aws_page *page, void *arg)
{
    struct walk *walk = arg;
    AUTO_FREE char *name = sv_dup(json_sv(page->request->params, "ConfigurationAggregatorName"));
    for (const cJSON *item = json_items(page->body, "AggregatedSourceStatusList"); item;
         item = item->next) {
        struct aggregator_source source = {.aggregator = name};
        sv_copy(json_sv(item, "SourceId"), source.target.account_id,
                sizeof source.target.account_id);
        sv_copy(json_sv(item, "AwsRegion"), source.target.region, sizeof source.target.region);
        source.status = json_sv(item, "LastUpdateStatus");
        source.error_code = json_sv(item, "LastErrorCode");
        source.error_message = json_sv(item, "LastErrorMessage");
        reply_time(item, "LastUpdateTime", &source.updated_at_ms);
        walk->reader.on_source(load, &source, walk->reader.arg);
    }
}

static void sources_end(struct load *load, const struct aws_request *request, const struct err *err,
                        void *arg)
{
    (void)request;
    read_ended(load, arg, err);
}

static void aggregators_page(struct load *load, struct aws_page *page, void *arg)
{
    struct walk *walk = arg;
    for (const cJSON *item = json_items(page->body, "ConfigurationAggregators"); item;
         item = item->next) {
        AUTO_FREE char *name = sv_dup(json_sv(item, "ConfigurationAggregatorName"));
        cJSON *params = cJSON_CreateObject();
        cJSON_AddStringToObject(params, "ConfigurationAggregatorName", name);
        if (walk->n++ == 0)
            walk->first = mem_strdup(name);
        walk->reads++;
        load_try(load, OP_config_DescribeConfigurationAggregatorSourcesStatus,
                 &page->request->target, params, sources_page, sources_end, walk);
    }
}

static void aggregators_end(struct load *load, const struct aws_request *request,
                            const struct err *err, void *arg)
{
    (void)request;
    read_ended(load, arg, err);
}

void aggregators_read(struct load *load, const struct aggregator_reader *reader)
{
    struct walk *walk = load_alloc(load, sizeof *walk);
    struct aws_target home = load_home(load);
    walk->reader = *reader;
    walk->reads = 1;
    load_at_free(load, walk_done, walk);
    load_try(load, OP_config_DescribeConfigurationAggregators, &home, NULL, aggregators_page,
             aggregators_end, walk);
}

struct err aggregator_source_err(const struct aggregator_source *source)
{
    struct err err = ERR_NONE;
    if (sv_eq_cstr(source->status, "OUTDATED"))
        err_set(&err, ERR_OUTDATED, source->aggregator,
                "the aggregator has not been updated: " SV_FMT " " SV_FMT,
                SV_ARG(source->error_code), SV_ARG(source->error_message));
    else if (!sv_eq_cstr(source->status, "SUCCEEDED"))
        err_set(&err, ERR_SERVICE, source->aggregator,
                "the aggregator could not read it: " SV_FMT " " SV_FMT, SV_ARG(source->error_code),
                SV_ARG(source->error_message));
    return err;
}
