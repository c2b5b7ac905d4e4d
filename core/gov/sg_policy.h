/*
 * sg_policy: which security-group rules break policy, without any baseline.
 *
 * Pure functions over rules as DescribeSecurityGroupRules gives them. The table of conditions is in
 * sg_policy.c; the first row that matches wins. The guide's seven dangerous ports are the default
 * data: 22, 1433, 3306, 3389, 5432, 6379, 27017.
 */
#ifndef CORE_GOV_SG_POLICY_H
#define CORE_GOV_SG_POLICY_H

#include "core/base/str.h"

enum severity {
    SEVERITY_NONE,
    SEVERITY_INFO,
    SEVERITY_LOW,
    SEVERITY_MEDIUM,
    SEVERITY_HIGH,
    SEVERITY_CRITICAL
};
const char *severity_name(enum severity severity); /* "HIGH", "" for none */
enum severity severity_parse(struct sv name);

/* An address range: v4 in the last 4 bytes of addr with v6 = false. */
struct cidr {
    uint8_t addr[16];
    uint8_t prefix_len;
    bool v6;
};
bool cidr_parse(struct sv text, struct cidr *cidr); /* host bits are cleared, as AWS does */
bool cidr_is_world(const struct cidr *cidr);

#define SG_PORTS_MAX 32

struct sg_rule {
    char rule_id[32], group_id[32];
    bool egress;
    int protocol;           /* IANA number; -1 all */
    int from_port, to_port; /* -1 absent; for ICMP type and code */
    bool has_cidr;
    struct cidr cidr;
    char prefix_list_id[32];
    bool prefix_list_world; /* resolved: an entry contains the world */
    char referenced_group_id[32];
    bool default_group;
};

struct sg_policy {
    uint16_t dangerous_ports[SG_PORTS_MAX];
    size_t n_dangerous;
    uint16_t allowed_ports[SG_PORTS_MAX]; /* 80, 443 */
    size_t n_allowed;
};
extern const struct sg_policy sg_policy_default;

struct sg_violation {
    const char *type;             /* "unrestricted_dangerous_port"; NULL: none */
    enum severity severity;       /* unadjusted */
    uint16_t ports[SG_PORTS_MAX]; /* matched dangerous ports, ascending */
    size_t n_ports;
    bool by_union; /* only together with other rules of its group */
};

/*
 * Judges the rules of one group together (the union of split CIDRs counts). violations[i] belongs
 * to rules[i].
 */
void sg_policy_judge(const struct sg_policy *policy, const struct sg_rule *rules, size_t n_rules,
                     struct sg_violation *violations);

/* One step up when attached to an interface with a public address, one down (not below LOW) when
 * attached to nothing; for display and sorting only. *note says so, "" when unchanged. */
enum severity sg_severity_adjusted(enum severity severity, bool attachment_known,
                                   size_t n_interfaces, bool public_address, const char **note);

#endif
