#include "tests/sandbox/world/world_model.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/sandbox/world/evaluation.h"
#include "tests/sandbox/world/event.h"
#include "tests/sandbox/world/ops_item.h"
#include "tests/sandbox/world/parameter.h"
#include "tests/sandbox/world/world_doc.h"

/* Those that are enabled by default, in the order of their use here. */
static const char *const regions[] = {
    "us-east-1",      "eu-west-1",      "eu-central-1", "us-west-2",      "ap-southeast-2",
    "us-east-2",      "ap-northeast-1", "eu-west-2",    "ap-southeast-1", "ca-central-1",
    "sa-east-1",      "eu-north-1",     "ap-south-1",   "eu-west-3",      "us-west-1",
    "ap-northeast-2", "ap-northeast-3",
};

#define ACCOUNTS_MAX  10000
#define RESOURCES_MAX 10000000
#define WAITING_MAX   1000

static enum err_code parse_start(struct sv value, struct world_spec *spec, struct err *err)
{
    if (!clock_parse_iso8601(value, &spec->start_ms))
        return err_set(err, ERR_USAGE, "--world", "start=" SV_FMT " is not a time in UTC",
                       SV_ARG(value));
    return OK;
}

static enum err_code parse_pair(struct sv key, struct sv value, struct world_spec *spec,
                                struct err *err)
{
    static const struct {
        const char *key;
        int64_t min, max;
    } limits[] = {
        {"accounts", 1, ACCOUNTS_MAX},   {"regions", 1, ARRAY_LEN(regions)},
        {"resources", 0, RESOURCES_MAX}, {"waiting", 0, WAITING_MAX},
        {"parameter_reads", 1, 10000},   {"lookups", 1, 10000},
        {"seed", 0, INT64_MAX},
    };
    unsigned *const targets[] = {&spec->accounts, &spec->regions,         &spec->resources,
                                 &spec->waiting,  &spec->parameter_reads, &spec->lookups};
    if (sv_eq_cstr(key, "start"))
        return parse_start(value, spec, err);
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        if (!sv_eq_cstr(key, limits[i].key))
            continue;
        int64_t number;
        if (!sv_to_i64(value, &number) || number < limits[i].min || number > limits[i].max)
            return err_set(err, ERR_USAGE, "--world", SV_FMT "=" SV_FMT " is not in %lld..%lld",
                           SV_ARG(key), SV_ARG(value), (long long)limits[i].min,
                           (long long)limits[i].max);
        if (i < ARRAY_LEN(targets))
            *targets[i] = (unsigned)number;
        else
            spec->seed = (uint64_t)number;
        return OK;
    }
    return err_set(
        err, ERR_USAGE, "--world",
        "unknown key '" SV_FMT
        "': accounts, regions, resources, waiting, parameter_reads, lookups, seed and start exist",
        SV_ARG(key));
}

enum err_code world_spec_parse(struct sv text, struct world_spec *spec, struct err *err)
{
    struct world_spec parsed = *spec;
    while (text.len) {
        struct sv value = sv_split(&text, ',');
        struct sv key = sv_split(&value, '=');
        enum err_code code = parse_pair(key, value, &parsed, err);
        if (code)
            return code;
    }
    *spec = parsed;
    return OK;
}

struct world *world_new(const struct world_spec *spec)
{
    struct world *world = mem_new(struct world);
    world->spec = *spec;
    world->start_ms = spec->start_ms ? spec->start_ms : clock_wall_ms();
    world->mono_ms = clock_mono_ms();
    world_make_accounts(world);
    world_make_cells(world);
    return world;
}

void world_breathe_by(struct world *world, void (*fn)(void *arg), void *arg)
{
    world->breathe = fn;
    world->breathe_arg = arg;
}

void world_breathe(const struct world *world)
{
    if (world->breathe)
        world->breathe(world->breathe_arg);
}

void world_free(struct world *world)
{
    if (!world)
        return;
    remediations_free(world);
    automations_free(world);
    documents_free(world);
    logs_free(world);
    query_cache_free(world->query_cache);
    evaluations_free(world);
    ops_stores_free(world);
    parameter_stores_free(world);
    world_free_events(world);
    doc_free_changes(world);
    world_free_cells(world);
    world_free_accounts(world);
    mem_free(world);
}

int64_t world_now_ms(const struct world *world)
{
    int64_t passed_ms = world->spec.clock_manual ? 0 : clock_mono_ms() - world->mono_ms;
    if (world->spec.clock_speed)
        passed_ms *= world->spec.clock_speed;
    return world->start_ms + passed_ms + world->advanced_ms;
}

void world_advance(struct world *world, int64_t seconds)
{
    if (seconds > 0)
        world->advanced_ms += seconds * 1000;
}

unsigned world_parameter_reads(const struct world *world)
{
    return world->spec.parameter_reads;
}

unsigned world_lookups(const struct world *world)
{
    return world->spec.lookups;
}

size_t world_n_regions(const struct world *world)
{
    return world->spec.regions;
}

const char *world_region(const struct world *world, size_t i)
{
    (void)world;
    return regions[i];
}

bool world_has_region(const struct world *world, const char *region)
{
    for (size_t i = 0; i < world->spec.regions; i++)
        if (strcmp(regions[i], region) == 0)
            return true;
    return false;
}
