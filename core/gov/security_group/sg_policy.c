#include "core/gov/security_group/sg_policy.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/vec.h"

const struct sg_policy sg_policy_default = {
    .dangerous_ports = {22, 1433, 3306, 3389, 5432, 6379, 27017},
    .n_dangerous = 7,
    .allowed_ports = {80, 443},
    .n_allowed = 2,
};

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58 };
enum { PORT_MAX = 65535, N_PORTS = 65536, PRIVILEGED_MAX = 1024 };

/* --- severities ------------------------------------------------------------------------------ */

static const char *const severity_names[] = {"", "INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"};

const char *severity_name(enum severity severity)
{
    return severity_names[severity];
}

enum severity severity_parse(struct sv name)
{
    for (size_t i = 1; i < ARRAY_LEN(severity_names); i++)
        if (sv_eq_nocase(name, sv_of(severity_names[i])))
            return (enum severity)i;
    return SEVERITY_NONE;
}

enum severity sg_severity_adjusted(enum severity severity, bool attachment_known,
                                   size_t n_interfaces, bool public_address, const char **note)
{
    *note = "";
    if (!attachment_known || severity <= SEVERITY_INFO)
        return severity;
    if (public_address && severity < SEVERITY_CRITICAL) {
        *note = "raised one step: attached to a public address";
        return severity + 1;
    }
    if (n_interfaces == 0 && severity > SEVERITY_LOW) {
        *note = "lowered one step: attached to nothing";
        return severity - 1;
    }
    return severity;
}

/* --- what lies open -------------------------------------------------------------------------- */

/* What part of a rule's traffic the whole world may send. */
struct reach {
    bool everything; /* any protocol */
    unsigned tcp_ports, udp_ports;
    bool dangerous[SG_PORTS_MAX]; /* as in the policy */
    bool any_dangerous;
    bool privileged; /* TCP up to 1024, not allowed */
    bool high;       /* TCP above, not allowed */
    bool odd;        /* UDP that is not allowed, or a protocol without ports */
    bool icmp_echo, icmp_other;
};

static bool port_in(const uint16_t *ports, size_t n, int port)
{
    for (size_t i = 0; i < n; i++)
        if (ports[i] == port)
            return true;
    return false;
}

/* Ends after n_allowed + 1 turns at most. */
static bool beyond_allowed(const struct sg_policy *policy, int from, int to)
{
    for (int port = from; port <= to; port++)
        if (!port_in(policy->allowed_ports, policy->n_allowed, port))
            return true;
    return false;
}

static void reach_add_tcp(struct reach *reach, const struct sg_policy *policy,
                          struct sg_stretch part)
{
    reach->tcp_ports += (unsigned)(part.to - part.from + 1);
    for (size_t i = 0; i < policy->n_dangerous; i++)
        if (part.from <= policy->dangerous_ports[i] && policy->dangerous_ports[i] <= part.to)
            reach->dangerous[i] = reach->any_dangerous = true;
    int low_end = part.to < PRIVILEGED_MAX ? part.to : PRIVILEGED_MAX;
    int high_start = part.from > PRIVILEGED_MAX ? part.from : PRIVILEGED_MAX + 1;
    reach->privileged |= beyond_allowed(policy, part.from, low_end);
    reach->high |= beyond_allowed(policy, high_start, part.to);
}

static void reach_add_udp(struct reach *reach, const struct sg_policy *policy,
                          struct sg_stretch part)
{
    reach->udp_ports += (unsigned)(part.to - part.from + 1);
    reach->odd |= beyond_allowed(policy, part.from, part.to);
}

static void reach_add_icmp(struct reach *reach, int echo_type, struct sg_stretch part)
{
    bool echo = part.from / 256 == echo_type && part.to / 256 == echo_type;
    *(echo ? &reach->icmp_echo : &reach->icmp_other) = true;
}

/* Parts that are added must not overlap: ports are counted. */
static void reach_add(struct reach *reach, const struct sg_policy *policy, int protocol,
                      struct sg_stretch part)
{
    if (protocol == SG_PROTOCOL_ALL)
        reach->everything = true;
    else if (protocol == TCP)
        reach_add_tcp(reach, policy, part);
    else if (protocol == UDP)
        reach_add_udp(reach, policy, part);
    else if (protocol == ICMP || protocol == ICMPV6)
        reach_add_icmp(reach, protocol == ICMP ? 8 : 128, part);
    else
        reach->odd = true;
}

/* What is open in one family of addresses and what is in the other: ports are not added up, as only
 * those of one family are all that it has. */
static void reach_merge(struct reach *reach, const struct reach *other)
{
    reach->everything |= other->everything;
    reach->tcp_ports = other->tcp_ports > reach->tcp_ports ? other->tcp_ports : reach->tcp_ports;
    reach->udp_ports = other->udp_ports > reach->udp_ports ? other->udp_ports : reach->udp_ports;
    for (size_t i = 0; i < SG_PORTS_MAX; i++)
        reach->dangerous[i] |= other->dangerous[i];
    reach->any_dangerous |= other->any_dangerous;
    reach->privileged |= other->privileged;
    reach->high |= other->high;
    reach->odd |= other->odd;
    reach->icmp_echo |= other->icmp_echo;
    reach->icmp_other |= other->icmp_other;
}

/* --- the table of conditions ----------------------------------------------------------------- */

static bool is_everything(const struct reach *reach)
{
    return reach->everything;
}

static bool is_all_ports(const struct reach *reach)
{
    return reach->tcp_ports == N_PORTS || reach->udp_ports == N_PORTS;
}

static bool is_dangerous(const struct reach *reach)
{
    return reach->any_dangerous;
}

static bool is_privileged(const struct reach *reach)
{
    return reach->privileged;
}

static bool is_odd(const struct reach *reach)
{
    return reach->odd;
}

static bool is_high(const struct reach *reach)
{
    return reach->high;
}

static bool is_web(const struct reach *reach)
{
    return reach->tcp_ports > 0 || reach->udp_ports > 0;
}

static bool is_icmp_other(const struct reach *reach)
{
    return reach->icmp_other;
}

static bool is_icmp_echo(const struct reach *reach)
{
    return reach->icmp_echo;
}

/* What is open to the world; the first row that matches wins, so each may rely on those before. */
static const struct condition {
    bool (*matches)(const struct reach *reach);
    const char *type;
    enum severity severity;
} conditions[] = {
    {is_everything, "unrestricted_all_traffic", SEVERITY_CRITICAL},
    {is_all_ports, "unrestricted_all_ports", SEVERITY_CRITICAL},
    {is_dangerous, "unrestricted_dangerous_port", SEVERITY_HIGH},
    {is_privileged, "unrestricted_privileged_port", SEVERITY_MEDIUM},
    {is_odd, "unrestricted_protocol", SEVERITY_MEDIUM},
    {is_high, "unrestricted_port", SEVERITY_LOW},
    {is_web, "world_web", SEVERITY_INFO},
    {is_icmp_other, "unrestricted_icmp", SEVERITY_LOW},
    {is_icmp_echo, "unrestricted_icmp", SEVERITY_INFO},
};

static int by_port(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void list_dangerous(const struct sg_policy *policy, const struct reach *reach,
                           struct sg_violation *violation)
{
    for (size_t i = 0; i < policy->n_dangerous; i++)
        if (reach->dangerous[i])
            violation->ports[violation->n_ports++] = policy->dangerous_ports[i];
    qsort(violation->ports, violation->n_ports, sizeof violation->ports[0], by_port);
}

/* The violation of what lies open; type NULL when nothing does. */
static struct sg_violation judge_reach(const struct sg_policy *policy, const struct reach *reach)
{
    struct sg_violation violation = {0};
    for (size_t i = 0; i < ARRAY_LEN(conditions); i++)
        if (conditions[i].matches(reach)) {
            violation.type = conditions[i].type;
            violation.severity = conditions[i].severity;
            if (conditions[i].matches == is_dangerous)
                list_dangerous(policy, reach, &violation);
            break;
        }
    return violation;
}

/* --- one rule by itself ---------------------------------------------------------------------- */

static bool is_world(const struct sg_rule *rule)
{
    return (rule->has_cidr && cidr_is_world(&rule->cidr)) || rule->prefix_list_world;
}

static bool is_broad(const struct sg_rule *rule)
{
    return rule->has_cidr ? cidr_is_broad(&rule->cidr) : sg_rule_broad_entry(rule) != NULL;
}

/* As if the source were the world. */
static struct sg_violation judge_open(const struct sg_policy *policy, const struct sg_rule *rule)
{
    struct reach reach = {0};
    reach_add(&reach, policy, rule->protocol, sg_rule_stretch(rule));
    return judge_reach(policy, &reach);
}

static struct sg_violation judge_broad(const struct sg_policy *policy, const struct sg_rule *rule)
{
    struct sg_violation violation = judge_open(policy, rule);
    violation.type = "broad_source";
    if (violation.severity > SEVERITY_INFO)
        violation.severity--;
    return violation;
}

static const struct sg_violation default_group_rule = {.type = "default_group_rule",
                                                       .severity = SEVERITY_HIGH};

/* A default group is to have no rules at all. */
static struct sg_violation judge_egress(const struct sg_rule *rule)
{
    if (rule->default_group)
        return default_group_rule;
    if (rule->protocol == SG_PROTOCOL_ALL && is_world(rule))
        return (struct sg_violation){.type = SG_EGRESS_OPEN, .severity = SEVERITY_INFO};
    return (struct sg_violation){0};
}

/*
 * shared: what is open to the world through rule together with others of its group. That may be
 * less than what a broad rule lets through by itself: then the worse of the two counts.
 */
static struct sg_violation judge_rule(const struct sg_policy *policy, const struct sg_rule *rule,
                                      const struct reach *shared)
{
    if (rule->egress)
        return judge_egress(rule);
    if (is_world(rule))
        return judge_open(policy, rule);
    struct sg_violation by_union = judge_reach(policy, shared), broad = {0};
    by_union.by_union = by_union.type != NULL;
    if (is_broad(rule))
        broad = judge_broad(policy, rule);
    if (by_union.type && by_union.severity >= broad.severity)
        return by_union;
    if (broad.type)
        return broad;
    return rule->default_group ? default_group_rule : (struct sg_violation){0};
}

/* --- split ranges ---------------------------------------------------------------------------- */

/* A range that a rule lets in: its own, or an entry of its list. */
struct part {
    const struct cidr *range;
    size_t rule;
};

/* The ranges of one family that may be parts of a union, sorted, and room to work in. */
struct split {
    const struct sg_policy *policy;
    const struct sg_rule *rules; /* of the group */
    size_t n_rules;
    VEC(struct part) parts;
    const struct cidr **ranges; /* of the parts looked at just now */
    size_t *from;               /* which rule each of them is of */
    bool *outermost;
    bool *named; /* the rules that take part in the union just found */
    int *bounds; /* where the set of rules that hold may change */
};

static int by_range(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    return cidr_compare(x->range, y->range);
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* The rule of a part, when it lets through what is of protocol; else NULL. */
static const struct sg_rule *speaker(const struct split *split, size_t part, int protocol)
{
    const struct sg_rule *rule = &split->rules[split->parts.ptr[part].rule];
    return rule->protocol == protocol || rule->protocol == SG_PROTOCOL_ALL ? rule : NULL;
}

/* Every place where a rule of protocol begins or has ended, ascending; returns how many. */
static size_t split_bounds(const struct split *split, int protocol)
{
    size_t n = 0;
    for (size_t i = 0; i < split->parts.len; i++) {
        const struct sg_rule *rule = speaker(split, i, protocol);
        if (!rule)
            continue;
        struct sg_stretch stretch = sg_rule_stretch(rule);
        split->bounds[n++] = stretch.from;
        split->bounds[n++] = stretch.to + 1;
    }
    qsort(split->bounds, n, sizeof split->bounds[0], by_number);
    return n;
}

/* Adds ports to what is shared by the rules that together open them to the world, if they do: once
 * to each, however many of its ranges take part. */
static void split_ports(const struct split *split, int protocol, struct sg_stretch ports,
                        struct reach *shared)
{
    size_t n = 0;
    for (size_t i = 0; i < split->parts.len; i++) {
        const struct sg_rule *rule = speaker(split, i, protocol);
        struct sg_stretch stretch = rule ? sg_rule_stretch(rule) : (struct sg_stretch){0};
        if (!rule || stretch.from > ports.from || ports.to > stretch.to)
            continue;
        split->ranges[n] = split->parts.ptr[i].range;
        split->from[n++] = split->parts.ptr[i].rule;
    }
    if (!cidr_covers_world(split->ranges, n, split->outermost))
        return;
    memset(split->named, 0, split->n_rules * sizeof split->named[0]);
    for (size_t i = 0; i < n; i++) {
        if (!split->outermost[i] || split->named[split->from[i]])
            continue;
        split->named[split->from[i]] = true;
        reach_add(&shared[split->from[i]], split->policy, protocol, ports);
    }
}

static void split_protocol(const struct split *split, int protocol, struct reach *shared)
{
    size_t n = split_bounds(split, protocol);
    for (size_t i = 1; i < n; i++)
        if (split->bounds[i - 1] < split->bounds[i])
            split_ports(split, protocol,
                        (struct sg_stretch){split->bounds[i - 1], split->bounds[i] - 1}, shared);
}

/* Whether all ranges together, whatever their ports, hold every address: rarely so. */
static bool split_possible(const struct split *split)
{
    for (size_t i = 0; i < split->parts.len; i++)
        split->ranges[i] = split->parts.ptr[i].range;
    return cidr_covers_world(split->ranges, split->parts.len, split->outermost);
}

static void split_judge(const struct split *split, struct reach *shared)
{
    bool seen[257] = {false};
    if (!split_possible(split))
        return;
    for (size_t i = 0; i < split->parts.len; i++) {
        int protocol = split->rules[split->parts.ptr[i].rule].protocol;
        if (!seen[protocol + 1])
            split_protocol(split, protocol, shared);
        seen[protocol + 1] = true;
    }
}

/* Whether a rule is open to all of a family by itself: of a list that may be one of the two. */
static bool opens_family(const struct sg_rule *rule, bool v6)
{
    if (rule->has_cidr)
        return cidr_is_world(&rule->cidr);
    return rule->prefix_list_world && cidrs_cover_family(rule->prefix_list, v6);
}

static void add_parts(struct split *split, size_t i, bool v6)
{
    const struct sg_rule *rule = &split->rules[i];
    const struct cidr *ranges = &rule->cidr;
    size_t n = rule->has_cidr;
    if (!rule->has_cidr && rule->prefix_list) {
        ranges = rule->prefix_list->ptr;
        n = rule->prefix_list->len;
    }
    if (rule->egress || n == 0 || opens_family(rule, v6))
        return;
    for (size_t k = 0; k < n; k++)
        if (ranges[k].v6 == v6)
            vec_push(&split->parts, ((struct part){&ranges[k], i}));
}

/* shared[i] belongs to rules[i]. */
static void judge_family(const struct sg_policy *policy, const struct sg_rule *rules,
                         size_t n_rules, bool v6, struct reach *shared)
{
    struct split split = {.policy = policy, .rules = rules, .n_rules = n_rules};
    for (size_t i = 0; i < n_rules; i++)
        add_parts(&split, i, v6);
    size_t n = split.parts.len;
    if (n > 1) {
        struct arena arena = {0};
        qsort(split.parts.ptr, n, sizeof split.parts.ptr[0], by_range);
        split.ranges = arena_alloc(&arena, n * sizeof split.ranges[0]);
        split.from = arena_alloc(&arena, n * sizeof split.from[0]);
        split.outermost = arena_alloc(&arena, n * sizeof split.outermost[0]);
        split.named = arena_alloc(&arena, n_rules * sizeof split.named[0]);
        split.bounds = arena_alloc(&arena, 2 * n * sizeof split.bounds[0]);
        struct reach *own = arena_alloc(&arena, n_rules * sizeof *own);
        split_judge(&split, own);
        for (size_t i = 0; i < n_rules; i++)
            reach_merge(&shared[i], &own[i]);
        arena_done(&arena);
    }
    vec_free(&split.parts);
}

void sg_policy_judge(const struct sg_policy *policy, const struct sg_rule *rules, size_t n_rules,
                     struct sg_violation *violations)
{
    struct reach *shared = mem_alloc((n_rules + 1) * sizeof *shared);
    judge_family(policy, rules, n_rules, false, shared);
    judge_family(policy, rules, n_rules, true, shared);
    for (size_t i = 0; i < n_rules; i++)
        violations[i] = judge_rule(policy, &rules[i], &shared[i]);
    mem_free(shared);
}
