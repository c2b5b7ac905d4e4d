/*
 * sg_site_internal: what reading a site and judging it share.
 */
#ifndef CORE_GOV_SG_SITE_INTERNAL_H
#define CORE_GOV_SG_SITE_INTERNAL_H

#include "core/base/map.h"
#include "core/gov/security_group/sg_site.h"

/* A prefix list. */
struct prefix_list {
    struct cidrs entries;
    bool known, world; /* all entries have come; together they are the world */
};

/* What is approved for one group. */
struct approval {
    char group_id[32];
    struct sg_rules rules;
};

enum stage { READ_GROUPS, READ_PREFIX_LISTS, READ_AGES };

/* One account x region. */
struct site {
    struct sg_site told; /* first: what the callback sees */
    struct load *load;
    struct aws_target target;
    bool with_baseline, with_actors;
    sg_site_fn *fn;
    void *arg;
    enum stage stage;
    size_t reads; /* of this stage, not ended */
    VEC(struct sg_rule) rules;
    struct sg_violation *violations; /* of rules, by the same index */
    VEC(struct sg_drift) drifts;
    VEC(struct approval) approvals; /* of the groups that the baseline is about */
    struct map groups;              /* by id, made when first heard of */
    struct map group_ids;           /* "vpc name": a copy of the id */
    struct map lists;               /* prefix lists, by id */
    struct map list_ids;            /* by name: a copy of the id */
    struct map list_versions;       /* by id: a copy of the number */
    bool rules_known, groups_known, list_names_known;
    load_end_fn *actors_ended;
    bool with_metadata; /* the baseline says how rules are to be described */
};

/* A copy of text that lives as long as the load; NULL of NULL. */
const char *sg_site_keep(struct site *site, const char *text);

/* Once groups and rules have come: what is approved for which group. Nothing, when anything of it
 * could not be read. */
void sg_site_approve(struct site *site);
/* Once the prefix lists have come too: fills violations and drifts, and sorts the rules. */
void sg_site_judge(struct site *site);

/* Once it is known that something was found: asks who has changed the groups last; ended ends the
 * read. Not readable: a remark. */
void sg_site_read_actors(struct site *site, load_end_fn *ended);

#endif
