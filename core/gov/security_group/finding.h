/*
 * finding: a security-group rule that breaks policy, with what stands around it.
 */
#ifndef CORE_GOV_FINDING_H
#define CORE_GOV_FINDING_H

#include "core/gov/security_group/sg_site.h"

/* Borrowed while the callback runs. */
struct finding {
    const struct account *account;
    const struct aws_target *target;
    const struct sg_rule *rule;
    const struct sg_violation *violation; /* its severity is the unadjusted one */
    enum severity shown;                  /* adjusted by what the group is attached to */
    const char *note; /* why they differ, and why a list counts as the world; "" for neither */
    bool group_known; /* name, VPC and whether it is a default group */
    const char *group_name, *vpc_id; /* raw */
    bool attachment_known;
    size_t n_interfaces, n_public; /* network interfaces; those with a public address */
    int64_t changed_at_ms;         /* when AWS Config last saw the group change; 0: not known */
};

typedef void finding_fn(struct load *load, const struct finding *finding, void *arg);

/*
 * Reads the rules, groups and network interfaces of target and calls fn for each rule that breaks
 * policy, ordered by group and rule, once all has come.
 * What cannot be read costs what depends on it, and is a gap: without the groups nothing is known
 * of default groups, without the interfaces nothing is adjusted. On RUN_WORKER.
 */
void findings_read(struct load *load, const struct account *account,
                   const struct aws_target *target, finding_fn *fn, void *arg);

/*
 * What is left of the time in which somebody has to decide (settings: decide_within_...), by the
 * unadjusted severity; negative when it is over. False when the age is not known, or when nothing
 * has to be decided within a time.
 */
bool finding_left(const struct finding *finding, const struct settings *settings, int64_t now_ms,
                  int64_t *left_ms);

#endif
