/*
 * security_group: groups as lists of rules.
 *
 * The rules of a group are the truth: its document has them under `rules`, in the form of
 * DescribeSecurityGroupRules with lower-camel names, and under `nextRule` the number of the next
 * rule id. Permissions (EC2's IpPermissions, AWS Config's ipPermissions) are made from them.
 */
#ifndef SANDBOX_SECURITY_GROUP_H
#define SANDBOX_SECURITY_GROUP_H

#include "tests/sandbox/world/world_doc.h"

#define SECURITY_GROUP_PROFILES 31 /* kinds of groups, beside default ones */

/* A group that no interface uses. */
bool security_group_is_orphan(struct world *world, struct ref group);
/* A group that lets the world in where it should not: interfaces with it are rarely public. */
bool security_group_is_careless(struct world *world, struct ref group);
/* Its name, unique in its VPC; "default" for default groups. */
void security_group_name(const struct resource *group, char *name, size_t size);
/* The last change that derives from the seed; created_ms when there was none. */
int64_t security_group_changed_ms(const struct resource *group);

/* The rules as they derive from the seed; version 0 lacks those that came later. */
cJSON *security_group_rules(const struct resource *group, size_t version);
/* The id of a group's rule by its number, and the group that a rule id belongs to. */
void security_group_rule_id(struct world *world, struct ref group, int number, char *id);
bool security_group_of_rule(struct world *world, uint32_t cell, const char *rule_id,
                            struct ref *group);
/* TCP, UDP and ICMP have ports (of ICMP: type and code); the others do not. */
bool protocol_has_ports(const char *protocol);

/* The permissions that the rules of one direction add up to, in AWS Config's form. */
cJSON *security_group_permissions(const cJSON *rules, bool egress);
/* Puts both directions into a configuration, in place of what stands there. */
void security_group_write_permissions(cJSON *configuration, const cJSON *rules);

/* The prefix lists of a cell: by number, below PREFIX_LISTS. */
#define PREFIX_LISTS 3
struct prefix_list {
    const char *name; /* "com.amazonaws.us-east-1.s3" has the region in the place of %s */
    bool aws_owned;
    int version;
    const char *entries[4];
};
const struct prefix_list *prefix_list_at(size_t number);

#endif
