/* security_group_permissions: from single rules to permissions, which group them by ports. */
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/world/security_group.h"
#include "tests/sandbox/world/template.h"

bool protocol_has_ports(const char *protocol)
{
    static const char *const with[] = {"tcp", "udp", "icmp", "icmpv6"};
    for (size_t i = 0; i < ARRAY_LEN(with); i++)
        if (strcmp(protocol, with[i]) == 0)
            return true;
    return false;
}

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(json_get(object, key));
    return text ? text : "";
}

static bool same_ports(const cJSON *permission, const cJSON *rule)
{
    return strcmp(text_of(permission, "ipProtocol"), text_of(rule, "ipProtocol")) == 0 &&
           (!protocol_has_ports(text_of(rule, "ipProtocol")) ||
            (json_i64(permission, "fromPort", 0) == json_i64(rule, "fromPort", 0) &&
             json_i64(permission, "toPort", 0) == json_i64(rule, "toPort", 0)));
}

static cJSON *permission_for(cJSON *permissions, const cJSON *rule)
{
    cJSON *permission;
    cJSON_ArrayForEach (permission, permissions)
        if (same_ports(permission, rule))
            return permission;
    const char *protocol = text_of(rule, "ipProtocol");
    permission = json_make("{ipProtocol:%s,ipv4Ranges:[],ipv6Ranges:[],ipRanges:[],"
                           "prefixListIds:[],userIdGroupPairs:[]}",
                           protocol);
    if (protocol_has_ports(protocol)) {
        cJSON_AddNumberToObject(permission, "fromPort", (double)json_i64(rule, "fromPort", 0));
        cJSON_AddNumberToObject(permission, "toPort", (double)json_i64(rule, "toPort", 0));
    }
    cJSON_AddItemToArray(permissions, permission);
    return permission;
}

static void add_to_permission(cJSON *permission, const cJSON *rule)
{
    static const struct {
        const char *of_rule, *list, *key;
    } sources[] = {
        {"cidrIpv4", "ipv4Ranges", "cidrIp"},
        {"cidrIpv6", "ipv6Ranges", "cidrIpv6"},
        {"prefixListId", "prefixListIds", "prefixListId"},
    };
    const cJSON *description = json_get(rule, "description");
    const cJSON *group = json_get(rule, "referencedGroupInfo");
    cJSON *entry = group ? cJSON_Duplicate(group, true) : NULL;
    const char *list = "userIdGroupPairs";
    for (size_t i = 0; i < ARRAY_LEN(sources) && !entry; i++) {
        const cJSON *value = json_get(rule, sources[i].of_rule);
        if (!value)
            continue;
        list = sources[i].list;
        entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, sources[i].key, value->valuestring);
        if (i == 0)
            cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(permission, "ipRanges"),
                                 cJSON_CreateString(value->valuestring));
    }
    if (description)
        cJSON_AddStringToObject(entry, "description", description->valuestring);
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(permission, list), entry);
}

cJSON *security_group_permissions(const cJSON *rules, bool egress)
{
    cJSON *permissions = cJSON_CreateArray();
    const cJSON *rule;
    cJSON_ArrayForEach (rule, rules) {
        if (json_bool(rule, "isEgress", false) == egress)
            add_to_permission(permission_for(permissions, rule), rule);
    }
    return permissions;
}

void security_group_write_permissions(cJSON *configuration, const cJSON *rules)
{
    cJSON_DeleteItemFromObjectCaseSensitive(configuration, "ipPermissions");
    cJSON_DeleteItemFromObjectCaseSensitive(configuration, "ipPermissionsEgress");
    cJSON_AddItemToObject(configuration, "ipPermissions", security_group_permissions(rules, false));
    cJSON_AddItemToObject(configuration, "ipPermissionsEgress",
                          security_group_permissions(rules, true));
}
