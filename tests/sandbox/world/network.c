#include "tests/sandbox/world/network.h"

#include <stdio.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/world/security_group.h"

/* Choices of an interface. */
enum { USE, SUBNET, GROUP, SECOND_GROUP, PUBLIC, EXPOSED, ADDRESS };

static struct ref in_cell(struct ref of, enum resource_type type, uint64_t index)
{
    return (struct ref){.type = type, .cell = of.cell, .index = index};
}

static uint32_t n_vpcs(struct world *world, uint32_t cell)
{
    uint32_t n = cell_count(world, cell, EC2_VPC);
    return n ? n : 1;
}

struct ref network_vpc(struct world *world, struct ref part)
{
    return in_cell(part, EC2_VPC, part.index % n_vpcs(world, part.cell));
}

bool network_is_default(struct world *world, struct ref part)
{
    return part.index < n_vpcs(world, part.cell);
}

bool network_vpc_is_default(struct world *world, struct ref vpc)
{
    const struct cell *cell = &world->cells[vpc.cell];
    if (vpc.index != 0 || (cell->account == world->showcase && cell->region == 0))
        return false;
    bool production = ou_is_production(world->accounts[cell->account].home_ou);
    return ref_chance(world, vpc, 0, production ? 250 : 600);
}

/* The second octet tells the VPCs of a cell and their neighbours apart: 10.x.0.0/16. */
static unsigned vpc_octet(struct ref vpc)
{
    return (unsigned)((vpc.cell * 8 + vpc.index) % 256);
}

void network_vpc_cidr(struct world *world, struct ref vpc, char *cidr)
{
    if (network_vpc_is_default(world, vpc))
        snprintf(cidr, CIDR_SIZE, "172.31.0.0/16");
    else
        snprintf(cidr, CIDR_SIZE, "10.%u.0.0/16", vpc_octet(vpc));
}

/* "10.7." of the VPC. */
static void vpc_prefix(struct world *world, struct ref vpc, char *prefix)
{
    if (network_vpc_is_default(world, vpc))
        snprintf(prefix, CIDR_SIZE, "172.31");
    else
        snprintf(prefix, CIDR_SIZE, "10.%u", vpc_octet(vpc));
}

static unsigned subnet_octet(struct world *world, struct ref subnet)
{
    return (unsigned)(subnet.index / n_vpcs(world, subnet.cell) % 256);
}

void network_subnet_cidr(struct world *world, struct ref subnet, char *cidr)
{
    char prefix[CIDR_SIZE];
    vpc_prefix(world, network_vpc(world, subnet), prefix);
    snprintf(cidr, CIDR_SIZE, "%.8s.%u.0/24", prefix, subnet_octet(world, subnet));
}

void network_zone(const char *region, unsigned number, char *zone)
{
    snprintf(zone, 24, "%.20s%c", region, 'a' + (char)(number % 3));
}

void network_subnet_zone(struct world *world, struct ref subnet, char *zone)
{
    network_zone(cell_region(world, subnet.cell), subnet_octet(world, subnet), zone);
}

/* --- interfaces ----------------------------------------------------------------------------- */

static enum interface_use pick_use(struct world *world, struct ref eni, struct interface *at)
{
    static const struct {
        enum interface_use use;
        unsigned per_mille;
    } uses[] = {
        {INTERFACE_OF_FUNCTION, 280}, {INTERFACE_OF_LOAD_BALANCER, 250},
        {INTERFACE_OF_ENDPOINT, 150}, {INTERFACE_OF_DATABASE, 140},
        {INTERFACE_OF_INSTANCE, 80},  {INTERFACE_OF_NAT, 50},
    };
    uint32_t n_instances = cell_count(world, eni.cell, EC2_INSTANCE);
    if (eni.index < n_instances) {
        at->instance = in_cell(eni, EC2_INSTANCE, eni.index);
        return INTERFACE_OF_INSTANCE;
    }
    unsigned draw = (unsigned)ref_random(world, eni, USE, 1000);
    for (size_t i = 0; i < ARRAY_LEN(uses); i++) {
        if (draw < uses[i].per_mille) {
            if (uses[i].use != INTERFACE_OF_INSTANCE)
                return uses[i].use;
            if (n_instances == 0)
                return INTERFACE_UNUSED;
            at->instance = in_cell(eni, EC2_INSTANCE, eni.index % n_instances);
            at->device_index = (unsigned)(eni.index / n_instances);
            return INTERFACE_OF_INSTANCE;
        }
        draw -= uses[i].per_mille;
    }
    return INTERFACE_UNUSED;
}

/* The group that waits on the first screen is in use, on an interface that is not exposed. */
static bool is_shown_first(const struct world *world, struct ref eni)
{
    const struct cell *cell = &world->cells[eni.cell];
    return cell->account == world->showcase && cell->region == 0 && eni.index == 0;
}

/* A second interface of an instance lies in the VPC of the first. */
static struct ref pick_subnet(struct world *world, struct ref eni, const struct interface *at)
{
    uint64_t n_subnets = cell_count(world, eni.cell, EC2_SUBNET);
    if (is_shown_first(world, eni))
        n_subnets = 0;
    struct ref primary = at->use == INTERFACE_OF_INSTANCE
                             ? in_cell(eni, EC2_NETWORK_INTERFACE, at->instance.index)
                             : eni;
    return in_cell(eni, EC2_SUBNET, n_subnets ? ref_random(world, primary, SUBNET, n_subnets) : 0);
}

/* A group of the VPC that is in use at all, the first ones more often; the default one rarely. */
static bool pick_group(struct world *world, struct ref eni, struct ref vpc, unsigned what,
                       struct ref *group)
{
    uint64_t vpcs = n_vpcs(world, eni.cell), n = cell_count(world, eni.cell, EC2_SECURITY_GROUP);
    uint64_t mine = n > vpc.index ? (n - vpc.index - 1) / vpcs + 1 : 0;
    if (mine == 0)
        return false;
    uint64_t first = ref_chance(world, eni, what + 10, 40) || mine == 1
                         ? 0
                         : 1 + ref_random(world, eni, what, mine - 1);
    for (uint64_t tried = 0; tried < mine; tried++) {
        *group = in_cell(eni, EC2_SECURITY_GROUP, vpc.index + (first + tried) % mine * vpcs);
        if (!security_group_is_orphan(world, *group))
            return true;
    }
    return false;
}

static void pick_groups(struct world *world, struct ref eni, struct interface *at)
{
    if (is_shown_first(world, eni)) {
        at->groups[0] = in_cell(eni, EC2_SECURITY_GROUP, n_vpcs(world, eni.cell));
        at->n_groups = at->groups[0].index < cell_count(world, eni.cell, EC2_SECURITY_GROUP);
        return;
    }
    if (at->use == INTERFACE_OF_NAT || !pick_group(world, eni, at->vpc, GROUP, &at->groups[0]))
        return;
    at->n_groups = 1;
    if (ref_chance(world, eni, SECOND_GROUP, 250) &&
        pick_group(world, eni, at->vpc, SECOND_GROUP, &at->groups[1]) &&
        at->groups[1].index != at->groups[0].index)
        at->n_groups = 2;
}

/* Careless groups are rarely exposed: most of them rest on interfaces without an address. */
static bool may_be_public(struct world *world, struct ref eni, const struct interface *at)
{
    static const unsigned per_mille[] = {
        [INTERFACE_OF_INSTANCE] = 160, [INTERFACE_OF_LOAD_BALANCER] = 400,
        [INTERFACE_OF_FUNCTION] = 0,   [INTERFACE_OF_DATABASE] = 10,
        [INTERFACE_OF_NAT] = 1000,     [INTERFACE_OF_ENDPOINT] = 0,
        [INTERFACE_UNUSED] = 0,
    };
    if (is_shown_first(world, eni) || !ref_chance(world, eni, PUBLIC, per_mille[at->use]))
        return false;
    for (size_t i = 0; i < at->n_groups; i++)
        if (security_group_is_careless(world, at->groups[i]))
            return ref_chance(world, eni, EXPOSED, 150);
    return true;
}

static void pick_addresses(struct world *world, struct ref eni, struct interface *at)
{
    char prefix[CIDR_SIZE];
    uint64_t n_subnets = cell_count(world, eni.cell, EC2_SUBNET);
    vpc_prefix(world, at->vpc, prefix);
    snprintf(at->private_ip, sizeof at->private_ip, "%.8s.%u.%u", prefix,
             subnet_octet(world, at->subnet),
             (unsigned)(10 + eni.index / (n_subnets ? n_subnets : 1) % 240));
    /* 198.18.0.0/15: reserved for benchmarks (RFC 2544), nobody's */
    uint64_t host = ref_random(world, eni, ADDRESS, 1 << 17);
    if (may_be_public(world, eni, at))
        snprintf(at->public_ip, sizeof at->public_ip, "198.%u.%u.%u", (unsigned)(18 + (host >> 16)),
                 (unsigned)(host >> 8 & 255), (unsigned)(host & 255));
}

void network_interface(struct world *world, struct ref eni, struct interface *interface)
{
    *interface = (struct interface){0};
    interface->use = pick_use(world, eni, interface);
    interface->subnet = pick_subnet(world, eni, interface);
    interface->vpc = network_vpc(world, interface->subnet);
    pick_groups(world, eni, interface);
    pick_addresses(world, eni, interface);
}

/* --- who is attached to what ---------------------------------------------------------------- */

struct cell_links {
    uint64_t generation;
    uint64_t n_groups;
    struct attachment groups[];
};

static void note_group(struct cell_links *links, struct ref group, bool public)
{
    if (group.index >= links->n_groups)
        return;
    links->groups[group.index].attached = true;
    links->groups[group.index].exposed |= public;
}

/* The groups of an interface whose document was changed. */
static void note_changed(struct world *world, struct cell_links *links, struct ref eni)
{
    cJSON *doc = doc_live(world, eni);
    const cJSON *configuration = json_get(doc, "configuration"), *item;
    bool public = json_path(configuration, "association.publicIp") != NULL;
    for (item = json_items(configuration, "groups"); item; item = item->next) {
        struct ref group;
        const char *id = cJSON_GetStringValue(json_get(item, "groupId"));
        if (id && resource_find(world, eni.cell, EC2_SECURITY_GROUP, id, &group))
            note_group(links, group, public);
    }
    cJSON_Delete(doc);
}

static void note_derived(struct world *world, struct cell_links *links, struct ref eni)
{
    struct interface interface;
    network_interface(world, eni, &interface);
    for (size_t i = 0; i < interface.n_groups; i++)
        note_group(links, interface.groups[i], interface.public_ip[0] != '\0');
}

static struct cell_links *make_links(struct world *world, uint32_t cell)
{
    uint64_t n_groups = resource_count(world, cell, EC2_SECURITY_GROUP);
    struct cell_links *links = mem_alloc(sizeof *links + n_groups * sizeof links->groups[0]);
    links->generation = world->cells[cell].generation;
    links->n_groups = n_groups;
    uint64_t n = resource_count(world, cell, EC2_NETWORK_INTERFACE);
    for (uint64_t i = 0; i < n; i++) {
        struct ref eni = {.type = EC2_NETWORK_INTERFACE, .cell = cell, .index = i};
        if (doc_is_changed(world, eni))
            note_changed(world, links, eni);
        else
            note_derived(world, links, eni);
    }
    return links;
}

struct attachment network_attachment(struct world *world, struct ref group)
{
    struct cell *cell = &world->cells[group.cell];
    if (!cell->links || cell->links->generation != cell->generation) {
        network_free_links(cell->links);
        cell->links = make_links(world, group.cell);
    }
    return group.index < cell->links->n_groups ? cell->links->groups[group.index]
                                               : (struct attachment){0};
}

void network_free_links(struct cell_links *links)
{
    mem_free(links);
}
