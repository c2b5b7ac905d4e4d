/*
 * sg_policy: which security-group rules break policy, without any baseline.
 *
 * Pure functions over rules as DescribeSecurityGroupRules gives them. The table of conditions is in
 * sg_policy.c; the first row that matches wins. The guide's seven dangerous ports are the default
 * data: 22, 1433, 3306, 3389, 5432, 6379, 27017.
 */
#ifndef CORE_GOV_SG_POLICY_H
#define CORE_GOV_SG_POLICY_H

#include "core/base/json.h"
#include "core/gov/security_group/cidr.h"

enum severity {
    SEVERITY_NONE,
    SEVERITY_INFO,
    SEVERITY_LOW,
    SEVERITY_MEDIUM,
    SEVERITY_HIGH,
    SEVERITY_CRITICAL
};
const char *severity_name(enum severity severity); /* "HIGH", "" for none */
/* ASCII case does not matter; SEVERITY_NONE for what is no severity. */
enum severity severity_parse(struct sv name);

#define SG_PORTS_MAX    32
#define SG_PROTOCOL_ALL (-1)

struct sg_rule {
    char rule_id[32], group_id[32];
    bool egress;
    int protocol;           /* IANA number; -1 all */
    int from_port, to_port; /* -1 absent; for ICMP type and code */
    bool has_cidr;
    struct cidr cidr;
    char prefix_list_id[32];
    bool prefix_list_world;          /* resolved: its entries hold every address */
    const struct cidrs *prefix_list; /* its entries, borrowed; NULL: not known */
    char referenced_group_id[32];
    bool default_group;
    const char *description, *tags; /* borrowed, as sg_metadata.h has them; NULL: not said */
};

/*
 * Reads one rule of DescribeSecurityGroupRules, as the EC2 protocol's tree has it (ipProtocol) or
 * as the model and `aws ec2` have it (IpProtocol). default_group and prefix_list_world are left
 * false: they are not in the reply. ERR_PARSE for a rule without an id, an unknown protocol, a
 * port or a CIDR that is none.
 */
enum err_code sg_rule_from_json(const cJSON *json, struct sg_rule *rule, struct err *err);
/* The same for a rule that is not in AWS yet: rule_id and group_id are left empty. */
enum err_code sg_rule_traffic_from_json(const cJSON *json, struct sg_rule *rule, struct err *err);
/* The list in a reply of DescribeSecurityGroupRules in either form; NULL when it is empty. */
const cJSON *sg_rules_in_reply(const cJSON *reply);
/* As AWS writes it: "tcp", "icmpv6", "-1", "47". */
void sg_rule_protocol_text(const struct sg_rule *rule, struct buf *text);
/* "tcp 22", "tcp 20-25", "udp all ports", "icmp echo", "all traffic", "protocol 47". */
void sg_rule_ports_text(const struct sg_rule *rule, struct buf *text);
/* "0.0.0.0/0", "pl-1", "sg-1"; canonical. */
void sg_rule_source_text(const struct sg_rule *rule, struct buf *text);
/* "tcp 22 from 0.0.0.0/0", "all traffic to pl-1": how a rule is called in lists and plans; part of
 * the key of what waits. */
void sg_rule_text(const struct sg_rule *rule, struct buf *text);
/* The first range that is broad in the list of a rule; NULL when there is none, or no list. */
const struct cidr *sg_rule_broad_entry(const struct sg_rule *rule);
/* "pl-1 version 3 holds every address", "pl-1 holds 64.0.0.0/4": why a rule's list counts as the
 * world, or as a broad source; nothing for others. version: its number, which changes when its
 * entries do and no rule does; SV_NONE when it is not known. */
void sg_rule_list_text(const struct sg_rule *rule, struct sv version, struct buf *text);
/* The traffic of a rule as a stretch of 0..65535: ports, or ICMP's type * 256 + code; protocols
 * without either have all of it. */
struct sg_stretch {
    int from, to;
};
struct sg_stretch sg_rule_stretch(const struct sg_rule *rule);
/* Whether everything that inner lets through, outer does too. */
bool sg_rule_covers(const struct sg_rule *outer, const struct sg_rule *inner);
/* Whether both let the same traffic through: direction, protocol, ports and source; not the id. */
bool sg_rule_equivalent(const struct sg_rule *a, const struct sg_rule *b);

struct sg_policy {
    uint16_t dangerous_ports[SG_PORTS_MAX];
    size_t n_dangerous;
    uint16_t allowed_ports[SG_PORTS_MAX]; /* 80, 443 */
    size_t n_allowed;
};
extern const struct sg_policy sg_policy_default;

#define SG_EGRESS_OPEN "egress_open" /* the type that a setting leaves out */

struct sg_violation {
    const char *type;             /* "unrestricted_dangerous_port"; NULL: none */
    enum severity severity;       /* unadjusted */
    uint16_t ports[SG_PORTS_MAX]; /* matched dangerous ports, ascending */
    size_t n_ports;
    bool by_union; /* only together with other rules of its group */
};

/*
 * Judges the rules of one group together: ranges, the entries of known lists among them, that hold
 * every address only in union count as the world for the protocol and the ports where they do. Part
 * of a union are the outermost ranges: a range inside another one of them adds nothing, and a rule
 * that is open to the world by itself is judged by itself. violations[i] belongs to rules[i].
 * O(n * n) for n ranges that do hold every address (AWS allows 1000 a group, where a list counts as
 * many as it may have entries), O(n log n) otherwise.
 */
void sg_policy_judge(const struct sg_policy *policy, const struct sg_rule *rules, size_t n_rules,
                     struct sg_violation *violations);

/*
 * One step up when attached to an interface with a public address, one down (not below LOW) when
 * attached to nothing; for display and sorting only. INFO is counted, not flagged, and stays. *note
 * says so, "" when unchanged.
 */
enum severity sg_severity_adjusted(enum severity severity, bool attachment_known,
                                   size_t n_interfaces, bool public_address, const char **note);

#endif
