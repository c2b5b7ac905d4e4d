/*
 * sg_cover: whether rules of security groups together let through what another one does, however
 * they are split: by port, by address range, by prefix list.
 */
#ifndef CORE_GOV_SG_COVER_H
#define CORE_GOV_SG_COVER_H

#include "core/gov/security_group/sg_policy.h"

/*
 * Whether everything that rule lets through, rules[0..n) let through together. Rules of the other
 * direction and of other protocols do not count; one of all protocols does. Address ranges are
 * compared by their addresses, prefix lists by their entries where these are known, else by id;
 * a group is covered by the same group alone. Pure; O(n * e) at most for e parts of the ranges and
 * ports.
 */
bool sg_rules_cover(const struct sg_rule *rules, size_t n, const struct sg_rule *rule);

#endif
