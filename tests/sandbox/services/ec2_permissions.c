/*
 * ec2_permissions: what EC2 accepts as permissions, and the single rules that they stand for.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/ec2_change.h"
#include "tests/sandbox/world/cidr.h"
#include "tests/sandbox/world/security_group.h"
#include "tests/sandbox/world/template.h"

#define DESCRIPTION_MAX 255
#define DESCRIPTION_ALPHABET                                         \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" \
    ". _-:/()#,@[]+=&;{}!$*"

bool ec2_refuse(struct change_request *request, const char *code, const char *fmt, ...)
{
    char message[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    reply_error(request->reply, 0, code, "%s", message);
    return false;
}

/* Names and numbers of protocols; a number without a name stays a number. */
static bool canonical_protocol(const char *given, char *protocol)
{
    static const char *const names[][2] = {
        {"tcp", "6"}, {"udp", "17"}, {"icmp", "1"}, {"icmpv6", "58"}, {"-1", "all"}};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(given, names[i][0]) == 0 || strcmp(given, names[i][1]) == 0) {
            snprintf(protocol, 8, "%s", names[i][0]);
            return true;
        }
    int64_t number;
    if (!sv_to_i64(sv_of(given), &number) || number < 0 || number > 255)
        return false;
    snprintf(protocol, 8, "%d", (int)number);
    return true;
}

static bool check_tcp_ports(struct change_request *request, const cJSON *permission)
{
    int64_t from = json_i64(permission, "FromPort", -1), to = json_i64(permission, "ToPort", -1);
    if (!json_get(permission, "FromPort") || !json_get(permission, "ToPort"))
        return ec2_refuse(request, "InvalidParameterValue",
                          "Invalid value 'Must specify both from and to ports with TCP/UDP.' for "
                          "portRange.");
    if (from < 0 || from > 65535 || to < 0 || to > 65535 || from > to)
        return ec2_refuse(request, "InvalidParameterValue",
                          "Invalid TCP/UDP port range (%lld:%lld)", (long long)from, (long long)to);
    return true;
}

/* ICMP: FromPort is the type, ToPort the code, -1 stands for all of them. */
static bool check_icmp_type(struct change_request *request, const cJSON *permission)
{
    int64_t type = json_i64(permission, "FromPort", -1), code = json_i64(permission, "ToPort", -1);
    if (type < -1 || type > 255 || code < -1 || code > 255 || (type == -1 && code != -1))
        return ec2_refuse(request, "InvalidParameterValue", "ICMP code (%lld) out of range",
                          (long long)code);
    return true;
}

/* One rule of the permission, without its source. */
static cJSON *start_rule(struct change_request *request, const cJSON *permission)
{
    char protocol[8];
    struct sv given = json_sv(permission, "IpProtocol");
    if (given.len == 0 || !canonical_protocol(given.ptr, protocol)) {
        ec2_refuse(request, "InvalidParameterValue",
                   "Invalid value '" SV_FMT "' for IP protocol. Unknown protocol.", SV_ARG(given));
        return NULL;
    }
    bool icmp = strncmp(protocol, "icmp", 4) == 0, ports = protocol_has_ports(protocol);
    if (icmp ? !check_icmp_type(request, permission)
             : ports && !check_tcp_ports(request, permission))
        return NULL;
    return json_make("{isEgress:%b,ipProtocol:%s,fromPort:%d,toPort:%d}", request->egress, protocol,
                     ports ? (int)json_i64(permission, "FromPort", -1) : -1,
                     ports ? (int)json_i64(permission, "ToPort", -1) : -1);
}

static bool set_block(struct change_request *request, cJSON *rule, const char *key,
                      const cJSON *given, bool v6)
{
    struct cidr cidr;
    char text[CIDR_TEXT_SIZE];
    const char *block = cJSON_GetStringValue(given);
    if (!block || !cidr_parse(block, &cidr) || cidr.v6 != v6)
        return ec2_refuse(request, "InvalidParameterValue", "CIDR block %s is malformed",
                          block ? block : "");
    cidr_format(&cidr, text);
    cJSON_AddStringToObject(rule, key, text);
    return true;
}

static bool set_ipv4(struct change_request *request, cJSON *rule, const cJSON *source)
{
    return set_block(request, rule, "cidrIpv4", json_get(source, "CidrIp"), false);
}

static bool set_ipv6(struct change_request *request, cJSON *rule, const cJSON *source)
{
    return set_block(request, rule, "cidrIpv6", json_get(source, "CidrIpv6"), true);
}

static bool set_prefix_list(struct change_request *request, cJSON *rule, const cJSON *source)
{
    struct ref list;
    struct sv id = json_sv(source, "PrefixListId");
    if (!ec2_check_id(request->reply, id.len > 0 ? id.ptr : "", "pl-",
                      "InvalidPrefixListId.Malformed"))
        return false;
    if (!resource_parse_id(request->world, PREFIX_LIST, id.ptr, &list) ||
        list.cell != request->group.ref.cell || list.index >= PREFIX_LISTS)
        return ec2_refuse(request, "InvalidPrefixListID.NotFound",
                          "The prefix list ID '" SV_FMT "' does not exist", SV_ARG(id));
    cJSON_AddStringToObject(rule, "prefixListId", id.ptr);
    return true;
}

static bool set_group(struct change_request *request, cJSON *rule, const cJSON *source)
{
    struct ref peer;
    struct sv id = json_sv(source, "GroupId");
    uint32_t cell = request->group.ref.cell;
    if (!ec2_check_id(request->reply, id.len > 0 ? id.ptr : "", "sg-", "InvalidGroupId.Malformed"))
        return false;
    if (!resource_find(request->world, cell, EC2_SECURITY_GROUP, id.ptr, &peer) ||
        !doc_exists(request->world, peer))
        return ec2_refuse(request, "InvalidGroup.NotFound",
                          "The security group '" SV_FMT "' does not exist", SV_ARG(id));
    cJSON *doc = doc_live(request->world, peer);
    const cJSON *its_vpc = json_path(doc, "configuration.vpcId");
    const cJSON *our_vpc = json_path(request->doc, "configuration.vpcId");
    bool together = cJSON_Compare(its_vpc, our_vpc, true);
    cJSON_AddItemToObject(rule, "referencedGroupInfo",
                          json_make("{groupId:%s,userId:%s,vpcId:%s}", id.ptr,
                                    request->group.account->id, cJSON_GetStringValue(its_vpc)));
    cJSON_Delete(doc);
    if (!together)
        return ec2_refuse(request, "InvalidGroup.NotFound",
                          "You have specified two resources that belong to different networks.");
    return true;
}

static bool set_description(struct change_request *request, cJSON *rule, const cJSON *source)
{
    struct sv text = json_sv(source, "Description");
    if (text.len == 0)
        return true;
    if (text.len > DESCRIPTION_MAX || strspn(text.ptr, DESCRIPTION_ALPHABET) != text.len)
        return ec2_refuse(request, "InvalidParameterValue",
                          "Invalid rule description. Valid descriptions are strings less than 256 "
                          "characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*");
    cJSON_AddStringToObject(rule, "description", text.ptr);
    return true;
}

static bool expand_permission(struct change_request *request, const cJSON *permission)
{
    static const struct {
        const char *list;
        bool (*set)(struct change_request *request, cJSON *rule, const cJSON *source);
    } sources[] = {{"IpRanges", set_ipv4},
                   {"Ipv6Ranges", set_ipv6},
                   {"PrefixListIds", set_prefix_list},
                   {"UserIdGroupPairs", set_group}};
    int before = cJSON_GetArraySize(request->wanted);
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        for (const cJSON *source = json_items(permission, sources[i].list); source;
             source = source->next) {
            cJSON *rule = start_rule(request, permission);
            if (!rule || !sources[i].set(request, rule, source) ||
                !set_description(request, rule, source)) {
                cJSON_Delete(rule);
                return false;
            }
            cJSON_AddItemToArray(request->wanted, rule);
        }
    if (cJSON_GetArraySize(request->wanted) == before)
        return ec2_refuse(request, "MissingParameter",
                          "Source group and/or CIDR must be specified");
    return true;
}

bool ec2_expand_rule(struct change_request *request, const cJSON *given)
{
    static const struct {
        const char *member, *list, *entry;
    } sources[] = {{"CidrIpv4", "IpRanges", "CidrIp"},
                   {"CidrIpv6", "Ipv6Ranges", "CidrIpv6"},
                   {"PrefixListId", "PrefixListIds", "PrefixListId"},
                   {"ReferencedGroupId", "UserIdGroupPairs", "GroupId"}};
    cJSON *permission = cJSON_Duplicate(given, true);
    int n = 0;
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        if (!json_get(given, sources[i].member))
            continue;
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, sources[i].entry, json_sv(given, sources[i].member).ptr);
        if (json_sv(given, "Description").len > 0)
            cJSON_AddStringToObject(entry, "Description", json_sv(given, "Description").ptr);
        cJSON_AddItemToArray(cJSON_AddArrayToObject(permission, sources[i].list), entry);
        n++;
    }
    bool ok = n > 1    ? ec2_refuse(request, "InvalidParameterCombination",
                                    "Only one of cidrIpv4, cidrIpv6, prefixListId or "
                                       "referencedGroupId can be specified")
              : n == 0 ? ec2_refuse(request, "MissingParameter",
                                    "The request must contain exactly one of: cidrIpv4, cidrIpv6, "
                                    "prefixListId, or referencedGroupId")
                       : expand_permission(request, permission);
    cJSON_Delete(permission);
    return ok;
}

/* The older form: one permission by members of the request itself. */
static cJSON *flat_permission(const struct call *call)
{
    if (!json_get(call->input, "IpProtocol") && !json_get(call->input, "CidrIp"))
        return NULL;
    cJSON *permission = json_make("{IpProtocol:%s,IpRanges:[]}", in_str(call, "IpProtocol"));
    static const char *const ports[] = {"FromPort", "ToPort"};
    for (size_t i = 0; i < ARRAY_LEN(ports); i++)
        if (json_get(call->input, ports[i]))
            cJSON_AddNumberToObject(permission, ports[i], (double)in_i64(call, ports[i], 0));
    if (json_get(call->input, "CidrIp"))
        cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(permission, "IpRanges"),
                             json_make("{CidrIp:%s}", in_str(call, "CidrIp")));
    return permission;
}

bool ec2_expand_permissions(struct change_request *request)
{
    const cJSON *permission = in_list(request->call, "IpPermissions");
    cJSON *flat = flat_permission(request->call);
    bool ok = true;
    if (permission && flat)
        ok = ec2_refuse(request, "InvalidParameterCombination",
                        "The parameter 'ipPermissions' may not be used in combination with "
                        "'ipProtocol'");
    else if (!permission && !flat)
        ok = ec2_refuse(request, "MissingParameter",
                        "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.");
    else if (flat)
        ok = expand_permission(request, flat);
    for (; ok && permission; permission = permission->next)
        ok = expand_permission(request, permission);
    cJSON_Delete(flat);
    return ok;
}
