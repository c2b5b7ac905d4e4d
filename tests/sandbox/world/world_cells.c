/*
 * world_cells: how the resources of the spec spread over accounts, regions and types.
 *
 * Every division is by cumulative rounding: part k of n shares gets floor(c[k+1]) - floor(c[k]),
 * c being the running sum of its exact portion, so that the parts always add up to the whole.
 */
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/world/network.h"
#include "tests/sandbox/world/rng.h"
#include "tests/sandbox/world/security_group.h"
#include "tests/sandbox/world/world_model.h"

#define HOUR_MS                                           INT64_C(3600000)

#define TYPE_INFO(name, aws_name, share, home_share, ...) {aws_name, share, home_share},
const struct type_info type_infos[N_TYPES] = {
    RESOURCE_TYPES(TYPE_INFO)[ACCOUNT_SETTINGS] = {"AWS::::Account", 0, 0},
    [LOGS_LOG_GROUP] = {"AWS::Logs::LogGroup", 0, 0},
};
#undef TYPE_INFO

enum resource_type rule_type_by_name(const char *name)
{
    int type = 0;
    while (type < N_TYPES && strcmp(type_infos[type].name, name) != 0)
        type++;
    return (enum resource_type)type;
}

enum resource_type type_by_name(const char *name)
{
    enum resource_type type = rule_type_by_name(name);
    return type < N_STORED_TYPES ? type : N_TYPES;
}

/* --- how much lives where ------------------------------------------------------------------- */

static enum recorder_state pick_recorder(uint64_t draw)
{
    return draw < 30   ? RECORDER_MISSING
           : draw < 60 ? RECORDER_STOPPED
           : draw < 90 ? RECORDER_FAILING
                       : RECORDER_ON;
}

static void place_recorder(const struct world *world, struct cell *cell)
{
    uint64_t number = cell_number(world, cell);
    bool central = cell->region == 0 &&
                   (cell->account == world->management || cell->account == world->showcase);
    cell->recorder =
        central ? RECORDER_ON
                : pick_recorder(rng_below(world->spec.seed, STREAM_RECORDER, number, 1000));
    if (!account_is_active(&world->accounts[cell->account]))
        cell->recorder = RECORDER_MISSING;
    uint64_t started_days = 40 + rng_below(world->spec.seed, STREAM_RECORDER_START, number, 20);
    cell->recorder_started_ms = world->start_ms - (int64_t)started_days * 24 * HOUR_MS;
    uint64_t hours = 2 + rng_below(world->spec.seed, STREAM_RECORDER_CHANGE, number, 24 * 20);
    cell->recorder_since_ms = world->start_ms - (int64_t)hours * HOUR_MS;
}

/* A region without a recorder is a region that nobody uses: it holds nothing. */
static uint64_t weigh_cell(const struct world *world, const struct cell *cell)
{
    static const uint64_t by_ou[N_OUS] = {
        [OU_PROD] = 300,    [OU_DEV] = 150,    [OU_INFRASTRUCTURE] = 100,
        [OU_SECURITY] = 60, [OU_SANDBOX] = 50, [OU_ROOT] = 30,
    };
    static const uint64_t by_region[] = {100, 60, 25, 12, 6};
    if (cell->recorder == RECORDER_MISSING)
        return 0;
    size_t region = cell->region < ARRAY_LEN(by_region) ? cell->region : ARRAY_LEN(by_region) - 1;
    uint64_t spread =
        25 + rng_below(world->spec.seed, STREAM_CELL_WEIGHT, cell_number(world, cell), 150);
    return 1 + by_ou[world->accounts[cell->account].home_ou] * by_region[region] * spread;
}

/* The showcase's home region weighs 1/16 of the rest, so that it has room for everything. */
static uint64_t weigh_all(const struct world *world, uint64_t *weights)
{
    uint64_t total = 0;
    for (size_t i = 0; i < world->n_cells; i++)
        total += weights[i] = weigh_cell(world, &world->cells[i]);
    size_t showcase = world->showcase * world->spec.regions;
    uint64_t floor_weight = (total - weights[showcase]) / 16;
    if (weights[showcase] < floor_weight) {
        total += floor_weight - weights[showcase];
        weights[showcase] = floor_weight;
    }
    return total;
}

static void share_out_cells(struct world *world)
{
    uint64_t *weights = mem_alloc(world->n_cells * sizeof *weights);
    uint64_t total = weigh_all(world, weights), sum = 0, given = 0;
    for (size_t i = 0; i < world->n_cells; i++) {
        sum += weights[i];
        uint64_t upto = (uint64_t)((unsigned __int128)world->spec.resources * sum / total);
        world->cells[i].n_resources = (uint32_t)(upto - given);
        given = upto;
    }
    mem_free(weights);
}

/* A cell off the first region, when there is one, that records and is nobody special. */
static size_t pick_outdated(const struct world *world)
{
    uint32_t region = world->spec.regions > 1;
    for (size_t i = 0; i < world->n_cells; i++) {
        const struct cell *cell = &world->cells[i];
        if (cell->recorder == RECORDER_ON && cell->region == region && cell->n_resources &&
            cell->account != world->showcase && cell->account != world->management)
            return i;
    }
    return world->n_cells;
}

void world_make_cells(struct world *world)
{
    world->n_cells = world->n_accounts * world->spec.regions;
    world->cells = mem_alloc(world->n_cells * sizeof *world->cells);
    for (size_t i = 0; i < world->n_cells; i++) {
        world->cells[i].account = (uint32_t)(i / world->spec.regions);
        world->cells[i].region = (uint32_t)(i % world->spec.regions);
        place_recorder(world, &world->cells[i]);
    }
    share_out_cells(world);
    world->outdated = pick_outdated(world);
}

void world_free_cells(struct world *world)
{
    for (size_t i = 0; i < world->n_cells; i++) {
        mem_free(world->cells[i].counts);
        network_free_links(world->cells[i].links);
    }
    mem_free(world->cells);
}

/* --- of which types ------------------------------------------------------------------------- */

static void take(uint32_t *counts, enum resource_type type, uint32_t wanted, uint32_t *left)
{
    uint32_t given = wanted < *left ? wanted : *left;
    counts[type] += given;
    *left -= given;
}

/* What every used region has before anything else: its network, and at home its trail. */
static void take_skeleton(const struct world *world, uint32_t cell, uint32_t *counts,
                          uint32_t *left)
{
    uint32_t total = *left;
    uint32_t vpcs = 1 + (total / 1500 < 7 ? total / 1500 : 7);
    take(counts, EC2_VPC, vpcs, left);
    take(counts, EC2_SECURITY_GROUP, counts[EC2_VPC], left); /* the default groups */
    if (world->cells[cell].account == world->showcase && cell_is_home(world, cell))
        take(counts, EC2_SECURITY_GROUP, SECURITY_GROUP_PROFILES, left); /* one of each kind */
    take(counts, EC2_SUBNET, 2 * vpcs + total / 40, left);
    take(counts, EC2_NETWORK_ACL, vpcs + total / 200, left);
    take(counts, EC2_ROUTE_TABLE, vpcs + total / 100, left);
    take(counts, EC2_INTERNET_GATEWAY, vpcs, left);
    bool has_trail = rng_below(world->spec.seed, STREAM_CELL_TRAIL, cell, 10) > 0;
    take(counts, CLOUDTRAIL_TRAIL, cell_is_home(world, cell) && has_trail, left);
}

static uint32_t share_of(enum resource_type type, bool home)
{
    return type_infos[type].share + (home ? type_infos[type].home_share : 0u);
}

static void share_out_types(const struct world *world, uint32_t cell, uint32_t *counts,
                            uint32_t left)
{
    bool home = cell_is_home(world, cell);
    uint64_t total = 0, sum = 0;
    for (int type = 0; type < N_STORED_TYPES; type++)
        total += share_of((enum resource_type)type, home);
    /* a phase of its own, so that small cells do not all have the same few types */
    uint64_t phase = rng_below(world->spec.seed, STREAM_CELL_PHASE, cell, total);
    uint64_t given = 0;
    for (int type = 0; type < N_STORED_TYPES; type++) {
        sum += share_of((enum resource_type)type, home);
        uint64_t upto = (left * sum + phase) / total;
        counts[type] += (uint32_t)(upto - given);
        given = upto;
    }
}

/* What exceeds the limit becomes alarms, of which there are never too many. */
static void limit_type(uint32_t *counts, enum resource_type type, uint32_t limit)
{
    if (counts[type] <= limit)
        return;
    counts[CLOUDWATCH_ALARM] += counts[type] - limit;
    counts[type] = limit;
}

static void count_types(const struct world *world, uint32_t cell, uint32_t *counts)
{
    uint32_t left = world->cells[cell].n_resources;
    take_skeleton(world, cell, counts, &left);
    share_out_types(world, cell, counts, left);
    limit_type(counts, EC2_INSTANCE, counts[EC2_NETWORK_INTERFACE]);
    limit_type(counts, EC2_INSTANCE, counts[EC2_VOLUME]);
    limit_type(counts, SSM_INVENTORY, counts[EC2_INSTANCE]);
    limit_type(counts, SSM_PATCH, counts[SSM_INVENTORY]);
    limit_type(counts, SSM_ASSOCIATION, counts[SSM_INVENTORY]);
    limit_type(counts, RDS_SNAPSHOT, 8 * counts[RDS_INSTANCE]);
    limit_type(counts, BACKUP_RECOVERY_POINT, 50 * counts[BACKUP_VAULT]);
}

static const uint32_t *counts_of(struct world *world, uint32_t cell)
{
    if (!world->cells[cell].counts) {
        world->cells[cell].counts = mem_alloc(N_STORED_TYPES * sizeof(uint32_t));
        count_types(world, cell, world->cells[cell].counts);
    }
    return world->cells[cell].counts;
}

/* Functions, databases and builds write logs, each to a group of its own. */
static uint32_t count_log_groups(const uint32_t *counts)
{
    return counts[LAMBDA_FUNCTION] + counts[RDS_INSTANCE] + counts[CODEBUILD_PROJECT];
}

uint32_t cell_count(struct world *world, uint32_t cell, enum resource_type type)
{
    if (type < N_STORED_TYPES)
        return counts_of(world, cell)[type];
    if (world->cells[cell].recorder == RECORDER_MISSING)
        return 0;
    return type == ACCOUNT_SETTINGS ? 1 : count_log_groups(counts_of(world, cell));
}

/* --- looking at them ------------------------------------------------------------------------ */

uint32_t cell_number(const struct world *world, const struct cell *cell)
{
    return (uint32_t)(cell - world->cells);
}

const struct account *cell_account(const struct world *world, uint32_t cell)
{
    return &world->accounts[world->cells[cell].account];
}

const char *cell_region(const struct world *world, uint32_t cell)
{
    return world_region(world, world->cells[cell].region);
}

bool cell_is_home(const struct world *world, uint32_t cell)
{
    return world->cells[cell].region == 0;
}

struct cell *world_cell(struct world *world, const char *account_id, const char *region)
{
    const struct account *account = world_account(world, account_id);
    for (size_t i = 0; account && i < world->spec.regions; i++)
        if (strcmp(world_region(world, i), region) == 0)
            return &world->cells[(size_t)(account - world->accounts) * world->spec.regions + i];
    return NULL;
}

/* --- resources as numbers ------------------------------------------------------------------- */

#define CELL_BITS  20
#define INDEX_BITS 36

uint64_t ref_pack(struct ref ref)
{
    return (uint64_t)ref.type << (CELL_BITS + INDEX_BITS) | (uint64_t)ref.cell << INDEX_BITS |
           ref.index;
}

struct ref ref_unpack(uint64_t packed)
{
    return (struct ref){
        .type = (enum resource_type)(packed >> (CELL_BITS + INDEX_BITS)),
        .cell = (uint32_t)(packed >> INDEX_BITS & ((UINT64_C(1) << CELL_BITS) - 1)),
        .index = packed & ((UINT64_C(1) << INDEX_BITS) - 1),
    };
}

uint64_t ref_random(const struct world *world, struct ref ref, unsigned what, uint64_t below)
{
    uint64_t who = ref_pack((struct ref){.cell = ref.cell, .index = ref.index});
    return rng_below(world->spec.seed ^ (uint64_t)what << 40, STREAM_TYPE + ref.type, who, below);
}

bool ref_chance(const struct world *world, struct ref ref, unsigned what, unsigned per_mille)
{
    return ref_random(world, ref, what, 1000) < per_mille;
}
