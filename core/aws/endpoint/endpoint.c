#include "core/aws/endpoint/endpoint.h"

#include <stdio.h>
#include <string.h>

#include "core/aws/endpoint/partition.h"
#include "core/base/mem.h"

/* Which hosts are asked for; a row of hosts.def may be for several. */
enum variant { PLAIN = 1, FIPS = 2, DUAL = 4, FIPS_DUAL = 8, ALL = 15 };

#define HOST(services_, partitions_, variants_, host_, signing_region_) \
    {(services_), (partitions_), (variants_), (host_), (signing_region_)},
static const struct host_row {
    const char *services, *partitions;
    unsigned variants;
    const char *host, *signing_region;
} rows[] = {
#include "core/aws/endpoint/hosts.def"
};
#undef HOST

/* What the rest is like. */
static const struct host_row regular[] = {
    {"*", "*", PLAIN, "{prefix}.{region}.{suffix}", NULL},
    {"*", "*", FIPS, "{prefix}-fips.{region}.{suffix}", NULL},
    {"*", "*", DUAL, "{prefix}.{region}.{dual}", NULL},
    {"*", "*", FIPS_DUAL, "{prefix}-fips.{region}.{dual}", NULL},
};

/* Which host is looked for. */
struct place {
    const struct aws_service *service;
    const struct aws_partition *partition;
    struct sv region; /* a real one */
    bool is_global;   /* the region that was asked for is "aws-global" */
    enum variant variant;
};

/* --- finding a row ----------------------------------------------------------------------------
 */

static bool fits(const struct host_row *row, const struct place *place)
{
    return (row->variants & place->variant) != 0 &&
           sv_has_word(sv_of(row->services), sv_of(place->service->id)) &&
           (row->partitions[0] == '*' ||
            sv_has_word(sv_of(row->partitions), sv_of(place->partition->id)) ||
            (place->is_global && sv_has_word(sv_of(row->partitions), SV("aws-global"))));
}

static const struct host_row *find_row(const struct place *place)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (fits(&rows[i], place))
            return &rows[i];
    }
    size_t i = 0;
    while (regular[i].variants != place->variant)
        i++;
    return &regular[i];
}

/* --- writing a host --------------------------------------------------------------------------- */

static struct sv value_of(struct sv name, const struct place *place)
{
    const struct {
        struct sv name, value;
    } values[] = {
        {SV("prefix"), sv_of(place->service->endpoint_prefix)},
        {SV("region"), place->region},
        {SV("global"), sv_of(place->partition->global_region)},
        {SV("suffix"), sv_of(place->partition->suffix)},
        {SV("dual"), sv_of(place->partition->dual_suffix)},
    };
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        if (sv_eq(values[i].name, name))
            return values[i].value;
    }
    return SV_NONE;
}

/* text with what stands in braces replaced. */
static void fill_in(const char *text, const struct place *place, char *dst, size_t size)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct sv rest = sv_of(text);
    while (rest.ptr != NULL) {
        buf_add(&out, sv_split(&rest, '{'));
        if (rest.ptr != NULL)
            buf_add(&out, value_of(sv_split(&rest, '}'), place));
    }
    sv_copy(buf_sv(&out), dst, size);
}

/* --- resolving ---------------------------------------------------------------------------------
 */

#define REGION_LEN_MAX 31

/* A region ends up in a host name: nothing but letters, digits and hyphens passes. */
bool endpoint_is_region(struct sv region)
{
    for (size_t i = 0; i < region.len; i++)
        if (region.ptr[i] == '\0' ||
            !strchr("abcdefghijklmnopqrstuvwxyz0123456789-", region.ptr[i]))
            return false;
    return region.len > 0 && region.len <= REGION_LEN_MAX && region.ptr[0] != '-';
}

#define REGION_ADVICE "a region is written like eu-west-1: see --region, AWS_REGION, the profile"

static enum err_code no_region(const char *region, struct err *err)
{
    err_set(err, ERR_CONFIG, "region", "\"%s\" is no region", region);
    return err_advise(err, ERR_CONFIG, REGION_ADVICE);
}

void endpoint_explain(const struct endpoint *endpoint, const char *region, struct err *err)
{
    AUTO(buf_done) struct buf near = BUF_NONE;
    if (err->code != ERR_DNS || endpoint->is_given || partition_knows(sv_of(region)))
        return;
    partition_suggest(sv_of(region), &near);
    err_set(err, ERR_DNS, err->where, "%s does not resolve: \"%s\" is no region that is known%s",
            endpoint->host, region, buf_cstr(&near));
    err_advise(err, ERR_DNS, REGION_ADVICE);
}

static const struct named_endpoint *find_named(const struct endpoint_rules *rules,
                                               const struct aws_service *service)
{
    for (size_t i = 0; i < rules->named.len; i++) {
        if (rules->named.ptr[i].service == service)
            return &rules->named.ptr[i];
    }
    return NULL;
}

static enum variant variant_of(const struct endpoint_rules *rules)
{
    if (rules->use_fips)
        return rules->use_dual_stack ? FIPS_DUAL : FIPS;
    return rules->use_dual_stack ? DUAL : PLAIN;
}

/* The regions that were there when STS had one endpoint. */
static bool had_global_sts(const char *region)
{
    return sv_has_word(
        SV("ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2 aws-global ca-central-1 "
           "eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 "
           "us-east-2 us-west-1 us-west-2"),
        sv_of(region));
}

static struct place find_place(const struct endpoint_rules *rules,
                               const struct aws_service *service, const char *region)
{
    struct place place = {.service = service,
                          .partition = partition_of(sv_of(region)),
                          .region = sv_of(region),
                          .variant = variant_of(rules)};
    bool is_old_sts =
        rules->sts_is_global && strcmp(service->id, "sts") == 0 && had_global_sts(region);
    place.is_global = is_old_sts || strcmp(region, "aws-global") == 0;
    if (partition_region_is_pseudo(place.region))
        place.region = sv_of(place.partition->global_region);
    return place;
}

static enum err_code use_named(const struct endpoint_rules *rules,
                               const struct named_endpoint *named, const char *region,
                               struct endpoint *endpoint, struct err *err)
{
    if (rules->use_fips || rules->use_dual_stack)
        return err_set(err, ERR_CONFIG, named->from,
                       "%s does not go with an endpoint of one's own (%s): leave out one of them",
                       rules->use_fips ? "FIPS" : "dual-stack", named->from);
    *endpoint = named->endpoint;
    str_copy(endpoint->region, region);
    return OK;
}

enum err_code endpoint_resolve(const struct endpoint_rules *rules,
                               const struct aws_service *service, const char *region,
                               struct endpoint *endpoint, struct err *err)
{
    const struct named_endpoint *named = find_named(rules, service);
    if (!endpoint_is_region(sv_of(region)) && (named == NULL || region[0] != '\0'))
        return no_region(region, err);
    if (named != NULL)
        return use_named(rules, named, region, endpoint, err);

    const struct place place = find_place(rules, service, region);
    const struct host_row *row = find_row(&place);
    if (row->host[0] == '\0')
        return err_set(err, ERR_CONFIG, "endpoint", "%s has no such endpoint in %s: turn off %s",
                       service->id, place.partition->id, rules->use_fips ? "FIPS" : "dual-stack");
    *endpoint = (struct endpoint){.path = "/"};
    fill_in(row->host, &place, endpoint->host, sizeof endpoint->host);
    snprintf(endpoint->url, sizeof endpoint->url, "https://%.480s/", endpoint->host);
    fill_in(row->signing_region != NULL ? row->signing_region : "{region}", &place,
            endpoint->region, sizeof endpoint->region);
    return OK;
}
