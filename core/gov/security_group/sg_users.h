/*
 * sg_users: what uses a security group, for who decides on it.
 */
#ifndef CORE_GOV_SG_USERS_H
#define CORE_GOV_SG_USERS_H

#include "core/gov/load/inquiry.h"

/* Reads the interfaces that a group is attached to, and the instances. Within an inquiry's begin,
 * or the `then` of a read. */
void sg_users_read(struct inquiry *inquiry, const struct aws_target *target, const char *group_id);
/* How many they are, which have public addresses, and their names, as evidence; that it is not
 * known, when it could not be read. Within its end. */
void sg_users_say(const struct inquiry *inquiry, struct change_plan *plan);

#endif
