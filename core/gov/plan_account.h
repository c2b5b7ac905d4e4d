/*
 * plan_account: what every plan says of the account that it is about: its name, and whether it is
 * production.
 */
#ifndef CORE_GOV_PLAN_ACCOUNT_H
#define CORE_GOV_PLAN_ACCOUNT_H

#include "core/gov/load/inquiry.h"

/* Reads the account's tags, where there is an organization. Within an inquiry's begin. */
void plan_read_account(struct inquiry *inquiry, const struct aws_target *target);
/* Fills the plan's target, account_name and production; tags that could not be read become
 * evidence. Within its end. */
void plan_add_account(struct change_plan *plan, const struct inquiry *inquiry,
                      const struct aws_target *target);

#endif
