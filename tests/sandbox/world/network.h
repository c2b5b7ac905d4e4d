/*
 * network: how the resources of a cell hang together.
 *
 * Everything follows from the numbers: group, subnet, ACL, route table and gateway i belong to VPC
 * i modulo the number of VPCs; the first ones are the VPCs' default ones. Interface i is the
 * primary interface of instance i while there are instances, volume i its root volume.
 */
#ifndef SANDBOX_NETWORK_H
#define SANDBOX_NETWORK_H

#include "tests/sandbox/world/world_doc.h"

#define IP_SIZE   48
#define CIDR_SIZE 48

/* Of a group, subnet, ACL, route table or gateway: the VPC that it belongs to. */
struct ref network_vpc(struct world *world, struct ref part);
bool network_is_default(struct world *world, struct ref part); /* the one that came with the VPC */
bool network_vpc_is_default(struct world *world, struct ref vpc);
void network_vpc_cidr(struct world *world, struct ref vpc, char *cidr);
void network_subnet_cidr(struct world *world, struct ref subnet, char *cidr);
/* "us-east-1a"; zone holds 24. */
void network_subnet_zone(struct world *world, struct ref subnet, char *zone);

enum interface_use {
    INTERFACE_OF_INSTANCE,
    INTERFACE_OF_LOAD_BALANCER,
    INTERFACE_OF_FUNCTION,
    INTERFACE_OF_DATABASE,
    INTERFACE_OF_NAT,
    INTERFACE_OF_ENDPOINT,
    INTERFACE_UNUSED
};

struct interface {
    enum interface_use use;
    struct ref subnet, vpc;
    struct ref instance; /* INTERFACE_OF_INSTANCE */
    unsigned device_index;
    struct ref groups[2];
    size_t n_groups;
    char private_ip[IP_SIZE];
    char public_ip[IP_SIZE]; /* "" when it has none */
};

/* As derived from the seed. */
void network_interface(struct world *world, struct ref eni, struct interface *interface);

/* Is the group attached to any interface now, and to one with a public address? */
struct attachment {
    bool attached;
    bool exposed;
};
struct attachment network_attachment(struct world *world, struct ref group);
struct cell_links;
void network_free_links(struct cell_links *links);

/* The availability zone with that number: "us-east-1a"; zone holds 24. */
void network_zone(const char *region, unsigned number, char *zone);

#endif
