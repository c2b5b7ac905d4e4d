/*
 * sg_site: the security-group rules of one account and region, judged, with what stands around
 * them.
 */
#ifndef CORE_GOV_SG_SITE_H
#define CORE_GOV_SG_SITE_H

#include "core/gov/load/load.h"
#include "core/gov/security_group/sg_baseline.h"

struct sg_group {
    char *name, *vpc_id;           /* raw; NULL: the group could not be read */
    char *owner, *maker;           /* by its tags, see owner.h; NULL: they do not say */
    size_t n_interfaces, n_public; /* network interfaces; those with a public address */
    int64_t changed_at_ms;         /* when AWS Config last saw it change; 0: not known */
    char *changed_by;              /* who has changed it last, by CloudTrail; NULL: not known */
    int64_t event_at_ms;           /* when that was */
};

/* A difference between a group and what is approved for it. */
struct sg_drift {
    const char *type;
    enum severity severity;
    struct sg_rule rule; /* without rule_id when it is missing */
    const char *note;    /* how it differs, "" when the type says it */
};

/* Borrowed while the callback runs. rules are ordered by group and id; violations[i] is of
 * rules[i], its type NULL for none. */
struct sg_site {
    const struct account *account;
    const struct aws_target *target;
    const struct sg_rule *rules;
    const struct sg_violation *violations;
    size_t n_rules;
    const struct sg_drift *drifts; /* empty when no baseline was asked for */
    size_t n_drifts;
    bool attachment_known; /* n_interfaces and n_public are */
};

/* What is read beside the rules and what stands around them. */
enum sg_site_with {
    SG_WITH_BASELINE = 1 << 0, /* what differs from the baseline of gov */
    SG_WITH_ACTORS = 1 << 1,   /* where something was found: who changed the groups last */
};

typedef void sg_site_fn(struct load *load, const struct sg_site *site, void *arg);

/*
 * Reads the rules, groups and network interfaces of target and calls fn, once all has come. What
 * cannot be read costs what depends on it, and is a gap: without the groups nothing is known of
 * default groups, without the interfaces of attachment. A group differs from its baseline only when
 * all of its rules, of its names and of the prefix lists in either have been read: of a part
 * nothing is said. On RUN_WORKER.
 */
void sg_site_read(struct load *load, const struct account *account, const struct aws_target *target,
                  unsigned with, sg_site_fn *fn, void *arg);

/* Never NULL; of a group that could not be read nothing is known. Within fn. */
const struct sg_group *sg_site_group(const struct sg_site *site, const char *group_id);
/* Appends what sg_rule_list_text says. */
void sg_site_list_note(const struct sg_site *site, const struct sg_rule *rule, struct buf *text);
/* What is not shown: no violation, or egress_open where the settings do not want to hear of it. */
bool sg_site_is_shown(const struct load *load, const struct sg_site *site, size_t i);

#endif
