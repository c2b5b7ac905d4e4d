/* evaluate_network: security groups, network ACLs, VPCs, addresses. */

#include "core/base/json.h"
#include "tests/sandbox/world/network.h"
#include "tests/sandbox/world/rules.h"

/* Does the permission let 0.0.0.0/0 or ::/0 in? These rules look at nothing cleverer than that. */
static bool is_world(const cJSON *permission)
{
    for (const cJSON *range = json_items(permission, "ipv4Ranges"); range; range = range->next)
        if (sv_eq_cstr(json_sv(range, "cidrIp"), "0.0.0.0/0"))
            return true;
    for (const cJSON *range = json_items(permission, "ipv6Ranges"); range; range = range->next)
        if (sv_eq_cstr(json_sv(range, "cidrIpv6"), "::/0"))
            return true;
    return false;
}

static bool has_protocol(const cJSON *permission, const char *protocol)
{
    struct sv its = json_sv(permission, "ipProtocol");
    return sv_eq_cstr(its, "-1") || sv_eq_cstr(its, protocol);
}

/* All traffic has no ports, and so all of them. */
static bool covers_port(const cJSON *permission, int64_t port)
{
    return json_i64(permission, "fromPort", 0) <= port &&
           port <= json_i64(permission, "toPort", 65535);
}

static const cJSON *inbound(const struct evidence *evidence)
{
    return json_items(evidence_get(evidence, "configuration"), "ipPermissions");
}

static bool world_reaches(const struct evidence *evidence, int64_t tcp_port)
{
    for (const cJSON *permission = inbound(evidence); permission; permission = permission->next)
        if (is_world(permission) && has_protocol(permission, "tcp") &&
            covers_port(permission, tcp_port))
            return true;
    return false;
}

enum compliance evaluate_ssh(const struct evidence *evidence)
{
    return verdict(!world_reaches(evidence, 22));
}

static enum compliance check_port(const struct evidence *evidence, struct sv port)
{
    int64_t number;
    if (!sv_to_i64(sv_trim(port), &number) || !world_reaches(evidence, number))
        return COMPLIANT;
    return violation(evidence, "TCP port %lld is open to the world.", (long long)number);
}

/* blockedPorts is the newer parameter; the five older ones have defaults. */
enum compliance evaluate_restricted_traffic(const struct evidence *evidence)
{
    static const char *const older[][2] = {{"blockedPort1", "20"},
                                           {"blockedPort2", "21"},
                                           {"blockedPort3", "3389"},
                                           {"blockedPort4", "3306"},
                                           {"blockedPort5", "4333"}};
    struct sv ports = evidence_parameter(evidence, "blockedPorts");
    enum compliance result = COMPLIANT;
    if (ports.len)
        while (ports.len && result == COMPLIANT)
            result = check_port(evidence, sv_split(&ports, ','));
    else
        for (size_t i = 0; i < sizeof older / sizeof older[0] && result == COMPLIANT; i++) {
            struct sv port = evidence_parameter(evidence, older[i][0]);
            result = check_port(evidence, port.len ? port : sv_of(older[i][1]));
        }
    return result;
}

/* Are all ports of the permission in a list of "443" and "8000-8080"? */
static bool is_authorized(const cJSON *permission, struct sv list)
{
    int64_t from = json_i64(permission, "fromPort", 0), to = json_i64(permission, "toPort", 65535);
    while (list.len) {
        struct sv entry = sv_trim(sv_split(&list, ',')), low = sv_split(&entry, '-');
        int64_t first, last;
        if (!sv_to_i64(low, &first))
            continue;
        if (entry.len == 0 || !sv_to_i64(entry, &last))
            last = first;
        if (first <= from && to <= last)
            return true;
    }
    return false;
}

enum compliance evaluate_authorized_ports(const struct evidence *evidence)
{
    for (const cJSON *permission = inbound(evidence); permission; permission = permission->next) {
        struct sv protocol = json_sv(permission, "ipProtocol");
        if (!is_world(permission))
            continue;
        if (sv_eq_cstr(protocol, "-1"))
            return violation(evidence, "All traffic is open to the world.");
        bool tcp = sv_eq_cstr(protocol, "tcp"), udp = sv_eq_cstr(protocol, "udp");
        if ((tcp || udp) &&
            !is_authorized(permission, evidence_parameter(evidence, tcp ? "authorizedTcpPorts"
                                                                        : "authorizedUdpPorts")))
            return violation(evidence, "%s ports %lld to %lld are open to the world.",
                             tcp ? "TCP" : "UDP", (long long)json_i64(permission, "fromPort", 0),
                             (long long)json_i64(permission, "toPort", 65535));
    }
    return COMPLIANT;
}

static bool is_default_group(const struct evidence *evidence)
{
    return sv_eq_cstr(evidence_sv(evidence, "configuration.groupName"), "default");
}

enum compliance evaluate_default_group(const struct evidence *evidence)
{
    if (!is_default_group(evidence))
        return NOT_APPLICABLE;
    const cJSON *configuration = evidence_get(evidence, "configuration");
    return verdict(!json_items(configuration, "ipPermissions") &&
                   !json_items(configuration, "ipPermissionsEgress"));
}

enum compliance evaluate_group_attached(const struct evidence *evidence)
{
    if (is_default_group(evidence))
        return NOT_APPLICABLE;
    return verdict(network_attachment(evidence->world, evidence->ref).attached);
}

/* The entry with the lowest number that is about the port and the whole world decides. */
static bool acl_admits(const cJSON *entries, int64_t port)
{
    const cJSON *first = NULL, *entry;
    cJSON_ArrayForEach (entry, entries) {
        struct sv protocol = json_sv(entry, "protocol");
        const cJSON *range = json_get(entry, "portRange");
        bool world = sv_eq_cstr(json_sv(entry, "cidrBlock"), "0.0.0.0/0") ||
                     sv_eq_cstr(json_sv(entry, "ipv6CidrBlock"), "::/0");
        bool tcp = sv_eq_cstr(protocol, "6") || sv_eq_cstr(protocol, "-1");
        bool covers =
            !range || (json_i64(range, "from", 0) <= port && port <= json_i64(range, "to", 65535));
        if (json_bool(entry, "egress", false) || !world || !tcp || !covers)
            continue;
        if (!first || json_i64(entry, "ruleNumber", 0) < json_i64(first, "ruleNumber", 0))
            first = entry;
    }
    return first && sv_eq_cstr(json_sv(first, "ruleAction"), "allow");
}

enum compliance evaluate_acl_ssh_rdp(const struct evidence *evidence)
{
    const cJSON *entries = evidence_get(evidence, "configuration.entries");
    return verdict(!acl_admits(entries, 22) && !acl_admits(entries, 3389));
}

enum compliance evaluate_acl_unused(const struct evidence *evidence)
{
    if (evidence_bool(evidence, "configuration.isDefault"))
        return NOT_APPLICABLE;
    return verdict(json_items(evidence_get(evidence, "configuration"), "associations") != NULL);
}

enum compliance evaluate_flow_logs(const struct evidence *evidence)
{
    const cJSON *logs =
        json_items(evidence_get(evidence, "supplementaryConfiguration"), "FlowLogs");
    for (; logs; logs = logs->next)
        if (sv_eq_cstr(json_sv(logs, "flowLogStatus"), "ACTIVE"))
            return COMPLIANT;
    return NON_COMPLIANT;
}

enum compliance evaluate_eip(const struct evidence *evidence)
{
    return verdict(evidence_sv(evidence, "configuration.networkInterfaceId").len > 0 ||
                   evidence_sv(evidence, "configuration.instanceId").len > 0);
}
