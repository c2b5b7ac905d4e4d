/*
 * Resources through an aggregator, by advanced queries (SelectAggregateResourceConfig).
 *
 * First it is counted what there is in each account, region and of each type; then the resources
 * are asked for in parts, a few at a time, for the pages of one query can only follow each other.
 * What the rules say of a resource is kept as an item of its own (AWS::Config::ResourceCompliance).
 * Where everything has been judged, the verdict that most have is not asked for: the rest has it.
 * Without such items, or without counts, the accounts are asked directly.
 */
#include <stdio.h>
#include <string.h>

#include "core/aws/wire/page_texts.h"
#include "core/base/map.h"
#include "core/gov/config/aggregator.h"
#include "core/gov/config/resource.h"
#include "core/gov/config/resource_part.h"
#include "core/gov/config/resource_result.h"
#include "core/gov/config/verdict.h"

#define PARTS_AT_ONCE   8

#define OPERATION       "config:SelectAggregateResourceConfig"
#define COMPLIANCE_TYPE "AWS::Config::ResourceCompliance"
#define JUDGED          "resourceType = '" COMPLIANCE_TYPE "' AND "

#define SELECT_RESOURCES \
    "SELECT accountId, awsRegion, resourceType, resourceId, resourceName, tags WHERE "
#define SELECT_VERDICTS                  \
    "SELECT accountId, awsRegion, "      \
    "configuration.targetResourceType, " \
    "configuration.targetResourceId, configuration.complianceType WHERE " JUDGED
#define COUNT_RESOURCES                                    \
    "SELECT accountId, awsRegion, resourceType, COUNT(*) " \
    "GROUP BY accountId, awsRegion, resourceType"
#define COUNT_JUDGED                                                                        \
    "SELECT accountId, awsRegion, configuration.targetResourceType, COUNT(*) WHERE " JUDGED \
    "configuration.complianceType = '" SV_FMT "' "                                          \
    "GROUP BY accountId, awsRegion, configuration.targetResourceType"

struct overview {
    char *aggregator;
    struct map sources; /* by "account region": a struct err, OK or outdated or failed */
    struct resource_places places;
    resource_parts parts;
    size_t next_part, n_reading; /* parts */
    bool is_settled;             /* all have been read once */
    struct map missed;           /* targets of which something could not be read */
    size_t n_counting;
    bool has_verdicts;
    struct err err;                /* why nothing could be counted */
    struct resource_result result; /* that is being read */
};

static void overview_done(void *arg)
{
    struct overview *overview = arg;
    mem_free(overview->aggregator);
    map_done(&overview->sources);
    map_done(&overview->missed);
    resource_places_done(&overview->places);
    vec_free(&overview->parts);
    resource_result_done(&overview->result);
}

/* --- results --------------------------------------------------------------------------------- */

static struct aws_target target_of(const struct resource_result *result)
{
    struct aws_target target = {0};
    sv_copy(result->fields[RESULT_ACCOUNT], target.account_id, sizeof target.account_id);
    sv_copy(result->fields[RESULT_REGION], target.region, sizeof target.region);
    return target;
}

typedef void result_fn(struct load *load, void *arg, const struct resource_result *result);

static void each_result(struct load *load, struct overview *overview, const struct aws_page *page,
                        result_fn *fn, void *arg)
{
    struct sv text;
    for (size_t i = 0; (text = page_texts_at(page->texts, i)).ptr; i++) {
        struct err err;
        if (resource_result_read(&overview->result, text, OPERATION, &err) == OK)
            fn(load, arg, &overview->result);
        else
            load_gap(load, &page->request->target, OPERATION, &err);
    }
}

static void query(struct load *load, const struct overview *overview, const char *expression,
                  load_page_fn *on_page, load_end_fn *on_end, void *arg)
{
    struct aws_target home = load_home(load);
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "Expression", expression);
    cJSON_AddStringToObject(params, "ConfigurationAggregatorName", overview->aggregator);
    load_try(load, OP_config_SelectAggregateResourceConfig, &home, params, on_page, on_end, arg);
}

/* --- who speaks for whom --------------------------------------------------------------------- */

struct target_key {
    char text[AWS_ACCOUNT_SIZE + AWS_REGION_SIZE];
};

static struct target_key key_of(const struct aws_target *target)
{
    struct target_key key;
    snprintf(key.text, sizeof key.text, "%s %s", target->account_id, target->region);
    return key;
}

static const struct err *source_of(const struct overview *overview, const struct aws_target *target)
{
    const union map_value *value = map_get(&overview->sources, sv_of(key_of(target).text));
    return value ? value->ptr : NULL;
}

static void read_again(struct load *load, struct overview *overview,
                       const struct aws_target *target);

/* The aggregator has answered for its sources; the others are asked themselves. */
static void settle_target(struct load *load, const struct account *account,
                          const struct aws_target *target, void *arg)
{
    struct overview *overview = arg;
    const struct err *source = source_of(overview, target);
    if (!source || overview->err.code != OK)
        resources_read_direct(load, account, target, NULL);
    else if (source->code != OK)
        load_gap(load, target, "config:DescribeConfigurationAggregatorSourcesStatus", source);
    if (overview->is_settled && map_remove(&overview->missed, sv_of(key_of(target).text)))
        read_again(load, overview, target);
}

/* --- a part: verdicts, then resources --------------------------------------------------------- */

struct chain {
    struct overview *overview;
    const struct resource_part *part;
    struct verdicts verdicts;
    bool verdicts_missing;
    const struct resource_place *place; /* of the last row */
};

static void start_part(struct load *load, struct overview *overview);

static void end_part(struct load *load, struct overview *overview)
{
    if (--overview->n_reading > 0 || overview->is_settled)
        return;
    load_each(load, settle_target, overview);
    overview->is_settled = true;
}

static void chain_done(void *arg)
{
    struct chain *chain = arg;
    verdicts_done(&chain->verdicts);
}

typedef void part_where_fn(const struct resource_places *places, const struct resource_part *part,
                           struct buf *where);

static void query_part(struct load *load, struct chain *chain, const char *select,
                       part_where_fn *where, load_page_fn *on_page, load_end_fn *on_end)
{
    AUTO(buf_done) struct buf expression = BUF_NONE;
    buf_add_cstr(&expression, select);
    where(&chain->overview->places, chain->part, &expression);
    query(load, chain->overview, buf_cstr(&expression), on_page, on_end, chain);
}

/* What is global is told as the home region's. */
static void miss_place(struct load *load, struct overview *overview,
                       const struct resource_place *place, const struct err *err)
{
    struct aws_target target = place->target;
    if (strcmp(target.region, "global") == 0)
        str_copy(target.region, load_home(load).region);
    map_put(&overview->missed, sv_of(key_of(&target).text), NULL);
    load_gap(load, &target, OPERATION, err);
}

/* All that the part was to tell is missing, or the verdicts on it are. */
static void miss_part(struct load *load, const struct chain *chain, const struct err *err)
{
    const struct resource_places *places = &chain->overview->places;
    const struct resource_place *last = NULL;
    for (size_t i = chain->part->first; i < chain->part->end; i++) {
        const struct resource_place *place = places->all.ptr[i];
        if (!last || strcmp(last->target.account_id, place->target.account_id) != 0 ||
            strcmp(last->target.region, place->target.region) != 0)
            miss_place(load, chain->overview, place, err);
        last = place;
    }
}

static bool is_of(const struct resource_place *place, const struct resource_result *result)
{
    return place && sv_eq_cstr(result->fields[RESULT_TYPE], place->type) &&
           sv_eq_cstr(result->fields[RESULT_REGION], place->target.region) &&
           sv_eq_cstr(result->fields[RESULT_ACCOUNT], place->target.account_id);
}

/* Where the result stands; NULL when nothing was counted there. */
static const struct resource_place *find_place(struct chain *chain,
                                               const struct resource_result *result)
{
    if (!is_of(chain->place, result)) {
        struct aws_target target = target_of(result);
        chain->place =
            resource_place_find(&chain->overview->places, &target, result->fields[RESULT_TYPE]);
    }
    return chain->place;
}

static enum verdict verdict_on(const struct chain *chain, const struct resource_place *place,
                               struct sv id)
{
    enum verdict verdict = VERDICT_NONE;
    if (place->is_asked)
        verdict = verdicts_get(&chain->verdicts, place->key, id);
    return verdict != VERDICT_NONE || chain->verdicts_missing ? verdict : place->rest;
}

/* What was counted is what is wanted; what is new since then may be of anywhere. */
static void take_resource(struct load *load, void *arg, const struct resource_result *result)
{
    struct chain *chain = arg;
    const struct resource_place *place = find_place(chain, result);
    struct resource resource = {.type = result->fields[RESULT_TYPE],
                                .id = result->fields[RESULT_ID],
                                .name = result->fields[RESULT_NAME],
                                .tags = result->fields[RESULT_TAGS]};
    resource.target = place ? place->target : target_of(result);
    if (!place &&
        (sv_eq_cstr(resource.type, COMPLIANCE_TYPE) || !load_selects(load, &resource.target)))
        return;
    if (place)
        resource.compliance = verdict_word(verdict_on(chain, place, resource.id));
    resource_add(load, &resource);
}

static void resources_page(struct load *load, struct aws_page *page, void *arg)
{
    struct chain *chain = arg;
    each_result(load, chain->overview, page, take_resource, chain);
}

static void resources_end(struct load *load, const struct aws_request *request,
                          const struct err *err, void *arg)
{
    (void)request;
    struct chain *chain = arg;
    if (err->code != OK)
        miss_part(load, chain, err);
    verdicts_done(&chain->verdicts);
    start_part(load, chain->overview);
    end_part(load, chain->overview);
}

static void take_verdict(struct load *load, void *arg, const struct resource_result *result)
{
    (void)load;
    struct chain *chain = arg;
    const struct resource_place *place = find_place(chain, result);
    if (place)
        verdicts_put(&chain->verdicts, place->key, result->fields[RESULT_ID],
                     verdict_of(result->fields[RESULT_VERDICT]));
}

static void verdicts_page(struct load *load, struct aws_page *page, void *arg)
{
    struct chain *chain = arg;
    each_result(load, chain->overview, page, take_verdict, chain);
}

static void read_resources(struct load *load, struct chain *chain)
{
    query_part(load, chain, SELECT_RESOURCES, resource_part_where, resources_page, resources_end);
}

/* The resources are worth showing without what the rules say of them. */
static void verdicts_end(struct load *load, const struct aws_request *request,
                         const struct err *err, void *arg)
{
    (void)request;
    struct chain *chain = arg;
    if (err->code != OK) {
        chain->verdicts_missing = true;
        miss_part(load, chain, err);
    }
    read_resources(load, chain);
}

static void start_chain(struct load *load, struct overview *overview,
                        const struct resource_part *part)
{
    struct chain *chain = load_alloc(load, sizeof *chain);
    overview->n_reading++;
    chain->overview = overview;
    chain->part = part;
    load_at_free(load, chain_done, chain);
    if (chain->part->n_asks > 0)
        query_part(load, chain, SELECT_VERDICTS, resource_part_where_judged, verdicts_page,
                   verdicts_end);
    else
        read_resources(load, chain);
}

static void start_part(struct load *load, struct overview *overview)
{
    if (overview->next_part < overview->parts.len)
        start_chain(load, overview, &overview->parts.ptr[overview->next_part++]);
}

static void read_place_again(struct load *load, struct overview *overview,
                             const struct aws_target *target)
{
    struct resource_part *part = load_alloc(load, sizeof *part);
    resources_take_back(load, target);
    if (resource_part_of(&overview->places, target, part))
        start_chain(load, overview, part);
}

/* With what is global, where it was told as the home region's. */
static void read_again(struct load *load, struct overview *overview,
                       const struct aws_target *target)
{
    struct aws_target global = *target;
    str_copy(global.region, "global");
    read_place_again(load, overview, target);
    if (strcmp(target->region, load_home(load).region) == 0)
        read_place_again(load, overview, &global);
}

/* --- counting --------------------------------------------------------------------------------- */

/* What a count is about: the resources (VERDICT_NONE), or those of which Config says this. */
struct counting {
    struct overview *overview;
    enum verdict verdict;
};

/* It becomes part of an expression: nothing in it may end the quotes. */
static bool is_plain(struct sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'' || (unsigned char)text.ptr[i] < ' ')
            return false;
    }
    return text.len > 0;
}

static void take_count(struct load *load, void *arg, const struct resource_result *result)
{
    struct counting *counting = arg;
    struct overview *overview = counting->overview;
    struct aws_target target = target_of(result);
    struct sv type = result->fields[RESULT_TYPE];
    int64_t n = 0;
    overview->has_verdicts |= counting->verdict != VERDICT_NONE;
    if (!load_selects(load, &target) || sv_eq_cstr(type, COMPLIANCE_TYPE))
        return;
    if (!is_plain(sv_of(target.account_id)) || !is_plain(sv_of(target.region)) || !is_plain(type) ||
        !sv_to_i64(result->fields[RESULT_COUNT], &n)) {
        err_set(&overview->err, ERR_PARSE, OPERATION, "a count that says nothing");
        return;
    }
    struct resource_place *place = resource_place(&overview->places, &target, type);
    *(counting->verdict == VERDICT_NONE ? &place->n : &place->judged[counting->verdict]) =
        (size_t)n;
}

static void counts_page(struct load *load, struct aws_page *page, void *arg)
{
    struct counting *counting = arg;
    each_result(load, counting->overview, page, take_count, counting);
}

static void read_parts(struct load *load, struct overview *overview)
{
    size_t n_rows = 0;
    resource_parts_make(&overview->places, RESOURCE_PART_ROWS, &overview->parts);
    for (size_t i = 0; i < overview->parts.len; i++)
        n_rows += overview->parts.ptr[i].n;
    load_expect(load, n_rows);
    overview->n_reading = 1; /* not over before all that may be have been begun */
    for (size_t i = 0; i < PARTS_AT_ONCE; i++)
        start_part(load, overview);
    end_part(load, overview);
}

static void counts_end(struct load *load, const struct aws_request *request, const struct err *err,
                       void *arg)
{
    (void)request;
    struct overview *overview = ((struct counting *)arg)->overview;
    if (err->code != OK)
        overview->err = *err;
    if (--overview->n_counting > 0)
        return;
    if (overview->err.code == OK && !overview->has_verdicts)
        err_set(&overview->err, ERR_NOT_FOUND, OPERATION, "no compliance is recorded");
    if (overview->err.code == OK)
        read_parts(load, overview);
    else
        load_each(load, settle_target, overview);
}

static void count(struct load *load, struct overview *overview)
{
    overview->n_counting = N_VERDICTS;
    for (enum verdict verdict = VERDICT_NONE; verdict < N_VERDICTS; verdict++) {
        AUTO(buf_done) struct buf expression = BUF_NONE;
        struct counting *counting = load_alloc(load, sizeof *counting);
        *counting = (struct counting){overview, verdict};
        if (verdict == VERDICT_NONE)
            buf_add_cstr(&expression, COUNT_RESOURCES);
        else
            buf_addf(&expression, COUNT_JUDGED, SV_ARG(verdict_word(verdict)));
        query(load, overview, buf_cstr(&expression), counts_page, counts_end, counting);
    }
}

/* --- sources ---------------------------------------------------------------------------------- */

static void take_source(struct load *load, const struct aggregator_source *from, void *arg)
{
    struct overview *overview = arg;
    if (overview->aggregator && !sv_eq_cstr(sv_of(overview->aggregator), from->aggregator))
        return; /* one of them is asked */
    if (!overview->aggregator)
        overview->aggregator = mem_strdup(from->aggregator);
    struct err *source = load_alloc(load, sizeof *source);
    *source = aggregator_source_err(from);
    map_put(&overview->sources, sv_of(key_of(&from->target).text), NULL)->ptr = source;
}

static void sources_end(struct load *load, const char *first, size_t n, const struct err *err,
                        void *arg)
{
    (void)first, (void)n;
    struct overview *overview = arg;
    if (err->code != OK || !overview->aggregator) {
        overview->err = err->code != OK ? *err : (struct err){.code = ERR_NOT_FOUND};
        load_each(load, settle_target, overview);
    } else {
        count(load, overview);
    }
}

void resources_read(struct load *load)
{
    struct overview *overview = load_alloc(load, sizeof *overview);
    load_at_free(load, overview_done, overview);
    aggregators_read(load, &(struct aggregator_reader){
                               .on_source = take_source, .on_end = sources_end, .arg = overview});
}
