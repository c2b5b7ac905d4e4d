/* build_network: VPCs and what lies in them. */
#include <stdio.h>

#include "tests/sandbox/world/builders.h"
#include "tests/sandbox/world/network.h"

bool chance_by_place(const struct resource *r, unsigned what, unsigned prod_per_mille,
                     unsigned other_per_mille)
{
    return chance(r, what,
                  ou_is_development(r->account->home_ou) ? other_per_mille : prod_per_mille);
}

const char *pick_sibling(const struct resource *r, unsigned what, enum resource_type type, char *id)
{
    uint64_t n = cell_count(r->world, r->ref.cell, type);
    if (n == 0)
        return NULL;
    resource_id(r->world, resource_sibling(r, type, choice(r, what, n)), id);
    return id;
}

static cJSON *in_vpc(const char *vpc_id)
{
    return json_make("[{resourceType:'AWS::EC2::VPC',resourceId:%s,"
                     "relationshipName:'Is contained in Vpc'}]",
                     vpc_id);
}

static void vpc_of(const struct resource *r, char *vpc_id)
{
    resource_id(r->world, network_vpc(r->world, r->ref), vpc_id);
}

cJSON *build_vpc(const struct resource *r)
{
    char cidr[CIDR_SIZE];
    network_vpc_cidr(r->world, r->ref, cidr);
    cJSON *flow_logs = chance_by_place(r, 1, 850, 400)
                           ? json_make("[{flowLogStatus:'ACTIVE',trafficType:'ALL',"
                                       "logDestinationType:'cloud-watch-logs'}]")
                           : json_make("[]");
    return json_make(
        "{configuration:{vpcId:%s,ownerId:%s,cidrBlock:%s,isDefault:%b,"
        "state:'available',instanceTenancy:'default',"
        "cidrBlockAssociationSet:[{cidrBlock:%s,cidrBlockState:{state:'associated'}}]},"
        "supplementaryConfiguration:{FlowLogs:%o}}",
        r->id, r->account->id, cidr, network_vpc_is_default(r->world, r->ref), cidr, flow_logs);
}

cJSON *build_subnet(const struct resource *r)
{
    char vpc_id[RESOURCE_ID_SIZE], cidr[CIDR_SIZE], zone[24];
    struct ref vpc = network_vpc(r->world, r->ref);
    resource_id(r->world, vpc, vpc_id);
    network_subnet_cidr(r->world, r->ref, cidr);
    network_subnet_zone(r->world, r->ref, zone);
    bool public = network_vpc_is_default(r->world, vpc) || chance_by_place(r, 1, 120, 300);
    return json_make("{configuration:{subnetId:%s,vpcId:%s,ownerId:%s,cidrBlock:%s,"
                     "availabilityZone:%s,availableIpAddressCount:%d,defaultForAz:%b,"
                     "mapPublicIpOnLaunch:%b,assignIpv6AddressOnCreation:false,"
                     "state:'available'},relationships:%o,availabilityZone:%s}",
                     r->id, vpc_id, r->account->id, cidr, zone, (int)choice(r, 2, 250),
                     network_vpc_is_default(r->world, vpc), public, in_vpc(vpc_id), zone);
}

static cJSON *acl_entry(int number, bool egress, const char *action, const char *protocol, int from,
                        int to)
{
    cJSON *entry = json_make("{ruleNumber:%d,egress:%b,ruleAction:%s,protocol:%s,"
                             "cidrBlock:'0.0.0.0/0'}",
                             number, egress, action, protocol);
    if (from >= 0)
        cJSON_AddItemToObject(entry, "portRange", json_make("{from:%d,to:%d}", from, to));
    return entry;
}

/* Default ACLs let everything in; of the others some name what they let in. */
static cJSON *acl_entries(const struct resource *r)
{
    cJSON *entries = cJSON_CreateArray();
    bool all = chance_by_place(r, 1, network_is_default(r->world, r->ref) ? 500 : 100, 800);
    if (all) {
        cJSON_AddItemToArray(entries, acl_entry(100, false, "allow", "-1", -1, -1));
    } else {
        if (chance(r, 2, 500))
            cJSON_AddItemToArray(entries, acl_entry(90, false, "deny", "6", 22, 22));
        cJSON_AddItemToArray(entries, acl_entry(100, false, "allow", "6", 443, 443));
        cJSON_AddItemToArray(entries, acl_entry(110, false, "allow", "6", 32768, 65535));
    }
    cJSON_AddItemToArray(entries, acl_entry(32767, false, "deny", "-1", -1, -1));
    cJSON_AddItemToArray(entries, acl_entry(100, true, "allow", "-1", -1, -1));
    cJSON_AddItemToArray(entries, acl_entry(32767, true, "deny", "-1", -1, -1));
    return entries;
}

/* Subnets use the default ACL of their VPC, or the first other one. */
static cJSON *acl_associations(const struct resource *r)
{
    cJSON *associations = cJSON_CreateArray();
    uint64_t n = cell_count(r->world, r->ref.cell, EC2_SUBNET);
    bool in_use = network_is_default(r->world, r->ref) || chance(r, 3, 600);
    for (uint64_t i = 0; in_use && i < n && cJSON_GetArraySize(associations) < 4; i++) {
        struct ref subnet = resource_sibling(r, EC2_SUBNET, i);
        char subnet_id[RESOURCE_ID_SIZE];
        if (network_vpc(r->world, subnet).index != network_vpc(r->world, r->ref).index)
            continue;
        resource_id(r->world, subnet, subnet_id);
        cJSON_AddItemToArray(associations,
                             json_make("{networkAclId:%s,subnetId:%s}", r->id, subnet_id));
    }
    return associations;
}

cJSON *build_network_acl(const struct resource *r)
{
    char vpc_id[RESOURCE_ID_SIZE];
    vpc_of(r, vpc_id);
    return json_make("{configuration:{networkAclId:%s,vpcId:%s,ownerId:%s,isDefault:%b,"
                     "entries:%o,associations:%o},relationships:%o}",
                     r->id, vpc_id, r->account->id, network_is_default(r->world, r->ref),
                     acl_entries(r), acl_associations(r), in_vpc(vpc_id));
}

cJSON *build_internet_gateway(const struct resource *r)
{
    char vpc_id[RESOURCE_ID_SIZE];
    vpc_of(r, vpc_id);
    return json_make("{configuration:{internetGatewayId:%s,ownerId:%s,"
                     "attachments:[{state:'available',vpcId:%s}]},relationships:%o}",
                     r->id, r->account->id, vpc_id, in_vpc(vpc_id));
}

cJSON *build_route_table(const struct resource *r)
{
    char vpc_id[RESOURCE_ID_SIZE], cidr[CIDR_SIZE];
    struct ref vpc = network_vpc(r->world, r->ref);
    vpc_of(r, vpc_id);
    network_vpc_cidr(r->world, vpc, cidr);
    return json_make("{configuration:{routeTableId:%s,vpcId:%s,ownerId:%s,"
                     "routes:[{destinationCidrBlock:%s,gatewayId:'local',origin:"
                     "'CreateRouteTable',state:'active'}],associations:[{main:%b}]},"
                     "relationships:%o}",
                     r->id, vpc_id, r->account->id, cidr, network_is_default(r->world, r->ref),
                     in_vpc(vpc_id));
}

/* The address of interface i of those that have one; some belong to nobody. */
cJSON *build_eip(const struct resource *r)
{
    char eni_id[RESOURCE_ID_SIZE], public_ip[IP_SIZE];
    snprintf(public_ip, sizeof public_ip, "198.51.%u.%u", (unsigned)(100 + choice(r, 1, 100)),
             (unsigned)choice(r, 2, 254) + 1);
    bool attached =
        chance_by_place(r, 3, 900, 650) && pick_sibling(r, 4, EC2_NETWORK_INTERFACE, eni_id);
    return json_make("{configuration:{allocationId:%s,publicIp:%s,domain:'vpc',"
                     "networkBorderGroup:%s,networkInterfaceId:%s,associationId:%s}}",
                     r->id, public_ip, r->region, attached ? eni_id : NULL,
                     attached ? "eipassoc-0aa11bb22cc33dd44" : NULL);
}
