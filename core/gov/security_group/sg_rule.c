/* Rules of security groups as AWS writes them and as people read them. */
#include "core/gov/security_group/sg_policy.h"

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58 };

static const struct {
    const char *name;
    int number; /* IANA */
} protocols[] = {{"-1", SG_PROTOCOL_ALL}, {"all", SG_PROTOCOL_ALL}, {"tcp", TCP}, {"udp", UDP},
                 {"icmp", ICMP},          {"icmpv6", ICMPV6}};

static const char *protocol_name(int number)
{
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
        if (protocols[i].number == number)
            return protocols[i].name;
    return NULL;
}

static bool protocol_parse(struct sv text, int *number)
{
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
        if (sv_eq_nocase(text, sv_of(protocols[i].name))) {
            *number = protocols[i].number;
            return true;
        }
    int64_t value;
    if (!sv_to_i64(text, &value) || value < -1 || value > 255)
        return false;
    *number = (int)value;
    return true;
}

static bool is_icmp(int protocol)
{
    return protocol == ICMP || protocol == ICMPV6;
}

/* Others carry none; AWS answers -1 or nothing there. */
static bool protocol_has_ports(int protocol)
{
    return protocol == TCP || protocol == UDP || is_icmp(protocol);
}

/* The member `name` (lower camel case), or the one of the model with its first letter upper. */
static const cJSON *member(const cJSON *json, const char *name)
{
    const cJSON *found = json_get(json, name);
    if (found)
        return found;
    char upper[64];
    str_copy(upper, name);
    upper[0] = (char)(upper[0] - 'a' + 'A');
    return json_get(json, upper);
}

static bool read_port(const cJSON *json, const char *name, int *port)
{
    const cJSON *item = member(json, name);
    int64_t value = -1;
    if (item && !json_to_i64(item, &value))
        return false;
    *port = (int)value;
    return value >= -1 && value <= 65535;
}

static bool read_source(const cJSON *json, struct sg_rule *rule)
{
    static const char *const cidr_members[] = {"cidrIpv4", "cidrIpv6"};
    for (size_t i = 0; i < ARRAY_LEN(cidr_members); i++) {
        struct sv text = json_string(member(json, cidr_members[i]));
        if (text.len == 0)
            continue;
        if (!cidr_parse(text, &rule->cidr) || rule->cidr.v6 != (i == 1))
            return false;
        rule->has_cidr = true;
    }
    sv_copy(json_string(member(json, "prefixListId")), rule->prefix_list_id,
            sizeof rule->prefix_list_id);
    sv_copy(json_string(member(member(json, "referencedGroupInfo"), "groupId")),
            rule->referenced_group_id, sizeof rule->referenced_group_id);
    return true;
}

static const char where[] = "security-group rule";

/* name is how the rule is called in errors. */
static enum err_code read_traffic(const cJSON *json, const char *name, struct sg_rule *rule,
                                  struct err *err)
{
    rule->egress = json_bool(json, "isEgress", json_bool(json, "IsEgress", false));
    struct sv protocol = json_string(member(json, "ipProtocol"));
    if (!protocol_parse(protocol, &rule->protocol))
        return err_set(err, ERR_PARSE, where, "%sunknown protocol '" SV_FMT "'", name,
                       SV_ARG(protocol));
    if (!read_port(json, "fromPort", &rule->from_port) ||
        !read_port(json, "toPort", &rule->to_port))
        return err_set(err, ERR_PARSE, where, "%sa port that is none", name);
    if (!protocol_has_ports(rule->protocol))
        rule->from_port = rule->to_port = -1;
    if (!read_source(json, rule))
        return err_set(err, ERR_PARSE, where, "%sa CIDR that is none", name);
    return OK;
}

enum err_code sg_rule_traffic_from_json(const cJSON *json, struct sg_rule *rule, struct err *err)
{
    *rule = (struct sg_rule){0};
    return read_traffic(json, "", rule, err);
}

enum err_code sg_rule_from_json(const cJSON *json, struct sg_rule *rule, struct err *err)
{
    char name[40];
    *rule = (struct sg_rule){0};
    struct sv id = json_string(member(json, "securityGroupRuleId"));
    if (id.len == 0 || id.len >= sizeof rule->rule_id)
        return err_set(err, ERR_PARSE, where, "a rule without a SecurityGroupRuleId");
    sv_copy(id, rule->rule_id, sizeof rule->rule_id);
    sv_copy(json_string(member(json, "groupId")), rule->group_id, sizeof rule->group_id);
    snprintf(name, sizeof name, "%s: ", rule->rule_id);
    return read_traffic(json, name, rule, err);
}

const cJSON *sg_rules_in_reply(const cJSON *reply)
{
    const cJSON *items = json_items(reply, "securityGroupRuleSet");
    return items ? items : json_items(reply, "SecurityGroupRules");
}

static void icmp_text(const struct sg_rule *rule, struct buf *text)
{
    int echo = rule->protocol == ICMP ? 8 : 128;
    if (rule->from_port < 0)
        buf_add_cstr(text, " all types");
    else if (rule->from_port == echo)
        buf_add_cstr(text, " echo");
    else
        buf_addf(text, " type %d", rule->from_port);
}

static void port_range_text(const struct sg_rule *rule, struct buf *text)
{
    if (rule->from_port < 0 || (rule->from_port == 0 && rule->to_port == 65535))
        buf_add_cstr(text, " all ports");
    else if (rule->from_port == rule->to_port)
        buf_addf(text, " %d", rule->from_port);
    else
        buf_addf(text, " %d-%d", rule->from_port, rule->to_port);
}

void sg_rule_protocol_text(const struct sg_rule *rule, struct buf *text)
{
    const char *name = protocol_name(rule->protocol);
    if (name)
        buf_add_cstr(text, name);
    else
        buf_addf(text, "%d", rule->protocol);
}

void sg_rule_ports_text(const struct sg_rule *rule, struct buf *text)
{
    const char *name = protocol_name(rule->protocol);
    if (rule->protocol == SG_PROTOCOL_ALL) {
        buf_add_cstr(text, "all traffic");
    } else if (!name) {
        buf_addf(text, "protocol %d", rule->protocol);
    } else {
        buf_add_cstr(text, name);
        (is_icmp(rule->protocol) ? icmp_text : port_range_text)(rule, text);
    }
}

void sg_rule_source_text(const struct sg_rule *rule, struct buf *text)
{
    char cidr[CIDR_TEXT_SIZE];
    if (rule->has_cidr) {
        cidr_format(&rule->cidr, cidr);
        buf_add_cstr(text, cidr);
    } else {
        buf_add_cstr(text, rule->prefix_list_id);
        buf_add_cstr(text, rule->referenced_group_id);
    }
}

void sg_rule_text(const struct sg_rule *rule, struct buf *text)
{
    sg_rule_ports_text(rule, text);
    buf_add_cstr(text, rule->egress ? " to " : " from ");
    sg_rule_source_text(rule, text);
}

const struct cidr *sg_rule_broad_entry(const struct sg_rule *rule)
{
    for (size_t i = 0; rule->prefix_list && i < rule->prefix_list->len; i++)
        if (cidr_is_broad(&rule->prefix_list->ptr[i]))
            return &rule->prefix_list->ptr[i];
    return NULL;
}

void sg_rule_list_text(const struct sg_rule *rule, struct sv version, struct buf *text)
{
    const struct cidr *broad = sg_rule_broad_entry(rule);
    char entry[CIDR_TEXT_SIZE] = "every address";
    if (!rule->prefix_list_world && !broad)
        return;
    if (!rule->prefix_list_world)
        cidr_format(broad, entry);
    buf_add_cstr(text, rule->prefix_list_id);
    if (version.len > 0)
        buf_addf(text, " version " SV_FMT, SV_ARG(version));
    buf_addf(text, " holds %s", entry);
}

struct sg_stretch sg_rule_stretch(const struct sg_rule *rule)
{
    int from = rule->from_port, to = rule->to_port;
    if (!protocol_has_ports(rule->protocol) || from < 0)
        return (struct sg_stretch){0, 65535};
    if (is_icmp(rule->protocol))
        return (struct sg_stretch){from % 256 * 256 + (to < 0 ? 0 : to % 256),
                                   from % 256 * 256 + (to < 0 ? 255 : to % 256)};
    if (to < 0)
        to = 65535;
    return from <= to ? (struct sg_stretch){from, to} : (struct sg_stretch){to, from};
}

static bool source_covers(const struct sg_rule *outer, const struct sg_rule *inner)
{
    if (outer->has_cidr)
        return inner->has_cidr && cidr_contains(&outer->cidr, &inner->cidr);
    return !inner->has_cidr && strcmp(outer->prefix_list_id, inner->prefix_list_id) == 0 &&
           strcmp(outer->referenced_group_id, inner->referenced_group_id) == 0;
}

bool sg_rule_covers(const struct sg_rule *outer, const struct sg_rule *inner)
{
    struct sg_stretch wide = sg_rule_stretch(outer), narrow = sg_rule_stretch(inner);
    return outer->egress == inner->egress &&
           (outer->protocol == SG_PROTOCOL_ALL || outer->protocol == inner->protocol) &&
           wide.from <= narrow.from && narrow.to <= wide.to && source_covers(outer, inner);
}

bool sg_rule_equivalent(const struct sg_rule *a, const struct sg_rule *b)
{
    return a->egress == b->egress && a->protocol == b->protocol && a->from_port == b->from_port &&
           a->to_port == b->to_port && a->has_cidr == b->has_cidr &&
           (!a->has_cidr || cidr_equal(&a->cidr, &b->cidr)) &&
           strcmp(a->prefix_list_id, b->prefix_list_id) == 0 &&
           strcmp(a->referenced_group_id, b->referenced_group_id) == 0;
}
