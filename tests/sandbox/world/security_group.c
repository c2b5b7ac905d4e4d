#include "tests/sandbox/world/security_group.h"

#include <stdio.h>

#include "core/base/mem.h"
#include "tests/sandbox/world/builders.h"
#include "tests/sandbox/world/network.h"

#define DAY_MS          INT64_C(86400000)
#define RULES_PER_GROUP 16 /* room for the numbers of the derived rules' ids */
#define ALL             (-1)
#define WORLD_4         "0.0.0.0/0"
#define WORLD_6         "::/0"

/* Choices of a group. */
enum { PROFILE, CHANGED, OFFICE, PEER, CLOSED, ORPHAN };

enum source {
    NOWHERE,
    WORLD,
    WORLD6,
    HALVES, /* 0.0.0.0/1 and 128.0.0.0/1: the world, in two halves */
    HALVES6,
    BROAD,
    OFFICE_ADDRESS,
    PRIVATE_10,
    OWN_VPC,
    SELF,
    PEER_GROUP,
    STALE_GROUP, /* of a peered VPC, deleted since */
    OFFICE_LIST,
    PARTNER_LIST, /* a prefix list that holds the world */
};

struct rule_template {
    const char *protocol;
    int from, to;
    enum source source;
    const char *description;
};

enum trait {
    CARELESS = 1, /* open where it should not be; the first rule came later than the group */
    NO_USE = 2    /* attached to nothing */
};

/* What a group is for, and how many of 1000 are, in production and elsewhere. */
struct profile {
    const char *name, *description;
    unsigned prod, other, traits;
    struct rule_template rules[4];
};

/*
 * The first one waits on the first screen; the others bring every kind of rule that a policy has
 * to tell apart. In the showcase's home region all of them exist, in this order.
 */
static const struct profile profiles[SECURITY_GROUP_PROFILES] = {
    {"bastion",
     "SSH for the migration",
     0,
     24,
     CARELESS,
     {{"tcp", 22, 22, WORLD, "temporary, remove after migration"}}},
    {"web",
     "Public web tier",
     210,
     150,
     0,
     {{"tcp", 443, 443, WORLD, "https"},
      {"tcp", 443, 443, WORLD6, "https"},
      {"tcp", 80, 80, WORLD, "redirect to https"},
      {"tcp", 80, 80, WORLD6, "redirect to https"}}},
    {"app",
     "Application tier",
     244,
     195,
     0,
     {{"tcp", 8080, 8080, PEER_GROUP, "from the load balancer"},
      {"tcp", 9090, 9090, OWN_VPC, "metrics"}}},
    {"database",
     "Database",
     180,
     150,
     0,
     {{"tcp", 5432, 5432, PEER_GROUP, "from the application"},
      {"tcp", 5432, 5432, OFFICE_ADDRESS, "migration host"}}},
    {"cache", "Cache nodes", 80, 70, 0, {{"tcp", 6379, 6379, OWN_VPC, NULL}}},
    {"internal",
     "Between the services",
     130,
     120,
     0,
     {{"-1", ALL, ALL, SELF, NULL}, {"tcp", 443, 443, PRIVATE_10, "from other VPCs"}}},
    {"office-ssh",
     "Administration from the office",
     50,
     70,
     0,
     {{"tcp", 22, 22, OFFICE_ADDRESS, "office"}, {"icmp", 8, ALL, OFFICE_ADDRESS, "ping"}}},
    {"office-list",
     "Administration by prefix list",
     30,
     20,
     0,
     {{"tcp", 22, 22, OFFICE_LIST, "office networks"}}},
    {"endpoints", "Interface endpoints", 45, 40, 0, {{"tcp", 443, 443, OWN_VPC, NULL}}},
    {"peered",
     "Peered services",
     10,
     20,
     0,
     {{"tcp", 443, 443, STALE_GROUP, "peer, deleted since"}, {"tcp", 443, 443, OWN_VPC, NULL}}},
    {"unused", "Left over", 5, 30, NO_USE, {{"tcp", 8443, 8443, OWN_VPC, NULL}}},
    {"all-traffic",
     "Wide open for a test",
     0,
     0,
     CARELESS,
     {{"-1", ALL, ALL, WORLD, "test, close me"}}},
    {"all-tcp", "Every port", 0, 0, CARELESS | NO_USE, {{"tcp", 0, 65535, WORLD, "debugging"}}},
    {"rdp", "Remote desktop", 2, 12, CARELESS, {{"tcp", 3389, 3389, WORLD, "vendor access"}}},
    {"dev-range",
     "Development servers",
     2,
     10,
     CARELESS,
     {{"tcp", 3000, 4000, WORLD, "dev servers"}}},
    {"wide-range", "Legacy services", 0, 4, CARELESS, {{"tcp", 1000, 6000, WORLD, "legacy"}}},
    {"high-ports",
     "Unprivileged ports",
     0,
     2,
     CARELESS,
     {{"tcp", 1025, 65535, WORLD, "return traffic, wrongly"}}},
    {"mail-range",
     "Mail and neighbours",
     0,
     4,
     CARELESS,
     {{"tcp", 20, 25, WORLD, "ftp, ssh, smtp"}}},
    {"ping-all", "All of ICMP", 2, 8, 0, {{"icmp", ALL, ALL, WORLD, NULL}}},
    {"ping-echo", "Echo", 4, 8, 0, {{"icmp", 8, ALL, WORLD, "ping"}}},
    {"ping6", "All of ICMPv6", 0, 2, 0, {{"icmpv6", ALL, ALL, WORLD6, NULL}}},
    {"udp-22", "Not SSH", 0, 2, 0, {{"udp", 22, 22, WORLD, "mosh, mistaken"}}},
    {"ssh6", "SSH over IPv6", 1, 6, CARELESS, {{"tcp", 22, 22, WORLD6, "v6 only"}}},
    {"ssh-halves",
     "SSH, the world in halves",
     0,
     2,
     CARELESS,
     {{"tcp", 22, 22, HALVES, "no 0.0.0.0/0 here"}}},
    {"db-halves6",
     "Database, IPv6 in halves",
     0,
     1,
     CARELESS,
     {{"tcp", 5432, 5432, HALVES6, "no ::/0 here"}}},
    {"gre", "GRE tunnel", 0, 2, 0, {{"47", ALL, ALL, WORLD, "tunnel"}}},
    {"partner-list",
     "Partners by prefix list",
     1,
     6,
     CARELESS,
     {{"tcp", 22, 22, PARTNER_LIST, "partners"}}},
    {"broad",
     "A broad range of addresses",
     0,
     6,
     CARELESS,
     {{"tcp", 3306, 3306, BROAD, "provider ranges"}}},
    {"mail", "Inbound mail", 2, 4, 0, {{"tcp", 25, 25, WORLD, "smtp"}}},
    {"dns", "Resolvers", 1, 4, 0, {{"udp", 53, 53, WORLD, "dns"}}},
    {"alt-https", "Second web port", 1, 20, 0, {{"tcp", 8443, 8443, WORLD, "admin console"}}},
};

static const struct profile default_closed = {"default", "default VPC security group", 0, 0,
                                              0,         {{NULL, 0, 0, NOWHERE, NULL}}};
static const struct profile default_open = {"default", "default VPC security group",  0, 0,
                                            CARELESS,  {{"-1", ALL, ALL, SELF, NULL}}};

static const struct prefix_list prefix_lists[PREFIX_LISTS] = {
    {"com.amazonaws.%s.s3", true, 1, {"192.0.2.0/25"}},
    {"office-networks", false, 3, {"203.0.113.0/27", "203.0.113.64/27"}},
    {"partners", false, 12, {"198.51.100.0/24", WORLD_4}},
};

const struct prefix_list *prefix_list_at(size_t number)
{
    return &prefix_lists[number];
}

/* --- which profile -------------------------------------------------------------------------- */

static bool is_showcase(const struct world *world, struct ref group)
{
    const struct cell *cell = &world->cells[group.cell];
    return cell->account == world->showcase && cell->region == 0;
}

static const struct profile *draw_profile(struct world *world, struct ref group, bool production)
{
    unsigned draw = (unsigned)ref_random(world, group, PROFILE, 1000);
    for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
        unsigned share = production ? profiles[i].prod : profiles[i].other;
        if (draw < share)
            return &profiles[i];
        draw -= share;
    }
    return &profiles[2];
}

/* In the showcase's home region every profile has one group first; NULL for all other groups. */
static const struct profile *shown_profile(struct world *world, struct ref group)
{
    uint64_t n_vpcs = cell_count(world, group.cell, EC2_VPC);
    if (!is_showcase(world, group) || group.index < n_vpcs ||
        group.index - n_vpcs >= ARRAY_LEN(profiles))
        return NULL;
    return &profiles[group.index - n_vpcs];
}

static const struct profile *profile_of(struct world *world, struct ref group)
{
    const struct profile *shown = shown_profile(world, group);
    bool development = ou_is_development(cell_account(world, group.cell)->home_ou);
    if (shown)
        return shown;
    if (!network_is_default(world, group))
        return draw_profile(world, group, !development);
    bool open = development && !is_showcase(world, group) && ref_chance(world, group, CLOSED, 250);
    return open ? &default_open : &default_closed;
}

bool security_group_is_orphan(struct world *world, struct ref group)
{
    return profile_of(world, group)->traits & NO_USE || ref_chance(world, group, ORPHAN, 120);
}

bool security_group_is_careless(struct world *world, struct ref group)
{
    return profile_of(world, group)->traits & CARELESS;
}

void security_group_name(const struct resource *group, char *name, size_t size)
{
    const struct profile *profile = profile_of(group->world, group->ref);
    if (shown_profile(group->world, group->ref) || network_is_default(group->world, group->ref))
        snprintf(name, size, "%s", profile->name);
    else
        snprintf(name, size, "%s-%llu", profile->name, (unsigned long long)group->ref.index);
}

/* The one that waits on the first screen has waited longest. */
int64_t security_group_changed_ms(const struct resource *group)
{
    struct world *world = group->world;
    if (!(profile_of(world, group->ref)->traits & CARELESS))
        return group->created_ms;
    bool first = shown_profile(world, group->ref) == &profiles[0];
    int64_t ago_ms = first ? 26 * DAY_MS
                           : 2 * DAY_MS + (int64_t)ref_random(world, group->ref, CHANGED,
                                                              (uint64_t)(20 * DAY_MS));
    return world->start_ms - ago_ms;
}

cJSON *build_security_group(const struct resource *r)
{
    char vpc_id[RESOURCE_ID_SIZE];
    resource_id(r->world, network_vpc(r->world, r->ref), vpc_id);
    return json_make("{configuration:{description:%s,groupName:%s,ownerId:%s,groupId:%s,vpcId:%s},"
                     "relationships:[{resourceType:'AWS::EC2::VPC',resourceId:%s,"
                     "relationshipName:'Is contained in Vpc'}]}",
                     profile_of(r->world, r->ref)->description, r->name, r->account->id, r->id,
                     vpc_id, vpc_id);
}

/* --- rules ---------------------------------------------------------------------------------- */

/* One rule without its source. */
static cJSON *make_rule(const struct resource *group, bool egress, const struct rule_template *t,
                        int number)
{
    char id[RESOURCE_ID_SIZE];
    security_group_rule_id(group->world, group->ref, number, id);
    return json_make("{securityGroupRuleId:%s,isEgress:%b,ipProtocol:%s,fromPort:%d,toPort:%d,"
                     "description:%s}",
                     id, egress, t->protocol, t->from, t->to, t->description);
}

static cJSON *group_reference(const struct resource *group, const char *group_id,
                              const char *peering_id)
{
    char vpc_id[RESOURCE_ID_SIZE];
    resource_id(group->world, network_vpc(group->world, group->ref), vpc_id);
    return json_make("{groupId:%s,userId:%s,vpcId:%s,vpcPeeringConnectionId:%s,peeringStatus:%s}",
                     group_id, group->account->id, peering_id ? NULL : vpc_id, peering_id,
                     peering_id ? "deleted" : NULL);
}

/* Another group of the same VPC; itself when there is no other. */
static void peer_id(const struct resource *group, char *id)
{
    struct world *world = group->world;
    uint64_t vpcs = cell_count(world, group->ref.cell, EC2_VPC);
    uint64_t n = cell_count(world, group->ref.cell, EC2_SECURITY_GROUP);
    struct ref peer = group->ref;
    uint64_t steps = 1 + ref_random(world, group->ref, PEER, 5);
    if (vpcs && peer.index + steps * vpcs < n)
        peer.index += steps * vpcs;
    resource_id(world, peer, id);
}

static void add_reference(cJSON *rule, const struct resource *group, enum source source)
{
    char id[RESOURCE_ID_SIZE], peering[RESOURCE_ID_SIZE];
    str_copy(id, group->id);
    if (source == PEER_GROUP)
        peer_id(group, id);
    if (source == STALE_GROUP) {
        struct ref gone = group->ref;
        gone.index += UINT64_C(1) << 30;
        resource_id(group->world, gone, id);
        snprintf(peering, sizeof peering, "pcx-0%016llx",
                 (unsigned long long)ref_random(group->world, group->ref, PEER, UINT64_MAX));
    }
    cJSON_AddItemToObject(rule, "referencedGroupInfo",
                          group_reference(group, id, source == STALE_GROUP ? peering : NULL));
}

static void add_address(cJSON *rule, const struct resource *group, enum source source)
{
    char text[RESOURCE_ID_SIZE];
    switch (source) {
    case OFFICE_ADDRESS:
        snprintf(text, sizeof text, "203.0.113.%u/32",
                 (unsigned)ref_random(group->world, group->ref, OFFICE, 250) + 1);
        break;
    case OWN_VPC:
        network_vpc_cidr(group->world, network_vpc(group->world, group->ref), text);
        break;
    case PRIVATE_10:
        str_copy(text, "10.0.0.0/8");
        break;
    case BROAD:
        str_copy(text, "64.0.0.0/4");
        break;
    default:
        str_copy(text, WORLD_4);
    }
    cJSON_AddStringToObject(rule, "cidrIpv4", text);
}

static void add_list(cJSON *rule, const struct resource *group, size_t number)
{
    char id[RESOURCE_ID_SIZE];
    resource_id(group->world, resource_sibling(group, PREFIX_LIST, number), id);
    cJSON_AddStringToObject(rule, "prefixListId", id);
}

static void add_source(cJSON *rule, const struct resource *group, enum source source, bool second)
{
    switch (source) {
    case WORLD6:
        cJSON_AddStringToObject(rule, "cidrIpv6", WORLD_6);
        break;
    case HALVES:
        cJSON_AddStringToObject(rule, "cidrIpv4", second ? "128.0.0.0/1" : "0.0.0.0/1");
        break;
    case HALVES6:
        cJSON_AddStringToObject(rule, "cidrIpv6", second ? "8000::/1" : "::/1");
        break;
    case SELF:
    case PEER_GROUP:
    case STALE_GROUP:
        add_reference(rule, group, source);
        break;
    case OFFICE_LIST:
    case PARTNER_LIST:
        add_list(rule, group, source == OFFICE_LIST ? 1 : 2);
        break;
    default:
        add_address(rule, group, source);
    }
}

static void add_rules(cJSON *rules, const struct resource *group, const struct rule_template *t,
                      int number)
{
    bool halves = t->source == HALVES || t->source == HALVES6;
    for (int i = 0; i <= halves; i++) {
        cJSON *rule = make_rule(group, false, t, number * 2 + i);
        add_source(rule, group, t->source, i > 0);
        cJSON_AddItemToArray(rules, rule);
    }
}

cJSON *security_group_rules(const struct resource *group, size_t version)
{
    static const struct rule_template outbound = {"-1", ALL, ALL, WORLD, NULL};
    const struct profile *profile = profile_of(group->world, group->ref);
    bool late = profile->traits & CARELESS && version == 0;
    cJSON *rules = cJSON_CreateArray();
    for (int i = late; i < (int)ARRAY_LEN(profile->rules) && profile->rules[i].protocol; i++)
        add_rules(rules, group, &profile->rules[i], i);
    if (profile != &default_closed) {
        cJSON *rule = make_rule(group, true, &outbound, RULES_PER_GROUP);
        add_source(rule, group, WORLD, false);
        cJSON_AddItemToArray(rules, rule);
    }
    return rules;
}

/* --- ids of rules --------------------------------------------------------------------------- */

#define RULE_BITS 16

void security_group_rule_id(struct world *world, struct ref group, int number, char *id)
{
    resource_id(world,
                (struct ref){.type = SECURITY_GROUP_RULE,
                             .cell = group.cell,
                             .index = group.index << RULE_BITS | (uint64_t)number},
                id);
}

bool security_group_of_rule(struct world *world, uint32_t cell, const char *rule_id,
                            struct ref *group)
{
    struct ref rule;
    if (!resource_parse_id(world, SECURITY_GROUP_RULE, rule_id, &rule) || rule.cell != cell)
        return false;
    *group =
        (struct ref){.type = EC2_SECURITY_GROUP, .cell = cell, .index = rule.index >> RULE_BITS};
    return group->index < resource_count(world, cell, EC2_SECURITY_GROUP);
}
