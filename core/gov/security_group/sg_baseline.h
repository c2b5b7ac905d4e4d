/*
 * sg_baseline: the rules that somebody has approved for security groups, kept as data, and what of
 * a group's rules differs from them.
 *
 * The file is JSON:
 *
 *   {"groups": [
 *     {"account": "shop, ou:Workloads/Prod", "region": "eu-*", "group": "web-*, sg-0ab1",
 *      "rules": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "0.0.0.0/0"}]}
 *   ]}
 *
 * account, region and group are patterns (settings.h); account and region may be left out. A rule
 * is written as DescribeSecurityGroupRules gives it, so that what the AWS CLI has printed can be
 * pasted. It has one source: CidrIpv4, CidrIpv6, PrefixListId, PrefixListName, or
 * ReferencedGroupInfo with a GroupId ("self": the group itself) or a GroupName (of the same VPC).
 * A Description or Tags that stand there are approved too, where a rule lets through the very same.
 * Entries that match one group add up. Egress is compared when an entry of the group lists an
 * egress rule, otherwise ingress alone is.
 */
#ifndef CORE_GOV_SG_BASELINE_H
#define CORE_GOV_SG_BASELINE_H

#include "core/gov/estate/estate.h"
#include "core/gov/security_group/sg_policy.h"

struct sg_baseline;

/* Reads the file at path; *baseline is the caller's. ERR_CONFIG with "NAME:LINE" for whatever is
 * wrong in it, ERR_IO as it is. */
enum err_code sg_baseline_read(const char *path, struct sg_baseline **baseline, struct err *err);
void sg_baseline_free(struct sg_baseline *baseline); /* NULL is allowed */

/* Whether a rule of it is about a prefix list by its name; baseline may be NULL. */
bool sg_baseline_names_lists(const struct sg_baseline *baseline);
/* Whether a rule of it says how it is to be described or tagged; the same. */
bool sg_baseline_has_metadata(const struct sg_baseline *baseline);

/* Of which group the approved rules are wanted. */
struct sg_baseline_group {
    const struct account *account;
    const char *region, *id, *name;
};

/* What names of groups and prefix lists mean there: false when there is no such thing. */
struct sg_baseline_names {
    bool (*group)(void *arg, const char *name, char id[32]);
    bool (*list)(void *arg, const char *name, char id[32]);
    void *arg;
};

struct sg_rules {
    struct sg_rule *ptr; /* a VEC with a name */
    size_t len, size;
};

/*
 * Appends the approved rules of group, their names resolved. A rule about a group or a list that is
 * not there lets nothing through, and is left out. False when no entry is about group: then nothing
 * is said of it. baseline may be NULL.
 */
bool sg_baseline_rules(const struct sg_baseline *baseline, const struct sg_baseline_group *group,
                       const struct sg_baseline_names *names, struct sg_rules *rules);

/* One rule by which a group and its baseline differ. */
struct sg_difference {
    const char *type;           /* "baseline_rule_missing", "baseline_rule_extra" or... */
    enum severity severity;     /* as the policy has it */
    const struct sg_rule *rule; /* of the approved ones; of the group's */
    const char *note;           /* how it differs, "" when the type says it */
};
#define SG_BASELINE_METADATA "baseline_metadata" /* ...described or tagged otherwise: INFO */

/* How severe it is that a group lets through what nobody has approved. Pure. */
enum severity sg_baseline_extra_severity(const struct sg_policy *policy,
                                         const struct sg_rule *rule);

/* Borrowed while it runs. */
typedef void sg_difference_fn(void *arg, const struct sg_difference *difference);

/*
 * Calls fn for each approved rule that the group's rules do not let through in full, and for each
 * of the group's rules that lets through more than the approved ones do. What is compared is
 * traffic (sg_cover.h): how ranges and ports are split makes no difference. Then for each of the
 * group's rules whose traffic is approved just so, but with another description or other tags.
 * Pure.
 */
void sg_baseline_compare(const struct sg_policy *policy, const struct sg_rule *actual,
                         size_t n_actual, const struct sg_rule *approved, size_t n_approved,
                         sg_difference_fn *fn, void *arg);

#endif
