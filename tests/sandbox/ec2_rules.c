/*
 * ec2_rules: the rules of security groups: listing, authorizing and revoking them.
 *
 * Requests name rules by id or by their properties. Properties come as permissions, each of which
 * stands for several rules; expand_permissions takes them apart into single rules in the form that
 * documents have, with protocols and blocks written the canonical way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/cidr.h"
#include "tests/sandbox/ec2.h"
#include "tests/sandbox/network.h"
#include "tests/sandbox/security_group.h"
#include "tests/sandbox/template.h"

#define RULES_QUOTA     60 /* inbound, per group: the default quota of EC2 */
#define DESCRIPTION_MAX 255
#define DESCRIPTION_ALPHABET                                         \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" \
    ". _-:/()#,@[]+=&;{}!$*"

/* --- rules as EC2 shows them ---------------------------------------------------------------- */

static cJSON *shape_rule(const struct resource *group, const cJSON *rule)
{
    char arn[RESOURCE_ID_SIZE];
    cJSON *shaped = ec2_shape(rule);
    const char *id = cJSON_GetStringValue(json_get(rule, "securityGroupRuleId"));
    snprintf(arn, sizeof arn, "arn:aws:ec2:%s:%s:security-group-rule/%s", group->region,
             group->account->id, id);
    cJSON_AddStringToObject(shaped, "GroupId", group->id);
    cJSON_AddStringToObject(shaped, "GroupOwnerId", group->account->id);
    cJSON_AddStringToObject(shaped, "SecurityGroupRuleArn", arn);
    if (!json_get(shaped, "Tags"))
        cJSON_AddArrayToObject(shaped, "Tags");
    return shaped;
}

static cJSON *shape_revoked(const struct resource *group, const cJSON *rule)
{
    cJSON *shaped = ec2_shape(rule);
    const cJSON *referenced = json_path(shaped, "ReferencedGroupInfo.GroupId");
    cJSON_AddStringToObject(shaped, "GroupId", group->id);
    if (referenced)
        cJSON_AddStringToObject(shaped, "ReferencedGroupId", referenced->valuestring);
    cJSON_DeleteItemFromObjectCaseSensitive(shaped, "ReferencedGroupInfo");
    cJSON_DeleteItemFromObjectCaseSensitive(shaped, "Tags");
    return shaped;
}

/* --- listing -------------------------------------------------------------------------------- */

static const struct ec2_filter rule_filters[] = {{"group-id", "GroupId"},
                                                 {"security-group-rule-id", "SecurityGroupRuleId"}};

static cJSON *tags_of_rule(const cJSON *shaped)
{
    cJSON *tags = cJSON_CreateObject();
    for (const cJSON *tag = json_items(shaped, "Tags"); tag; tag = tag->next)
        cJSON_AddItemToObject(tags, json_get(tag, "Key")->valuestring,
                              cJSON_Duplicate(json_get(tag, "Value"), true));
    return tags;
}

static bool rule_passes(const struct call *call, const cJSON *shaped)
{
    cJSON *doc = cJSON_CreateObject();
    cJSON_AddItemReferenceToObject(doc, "configuration", (cJSON *)shaped);
    cJSON_AddItemToObject(doc, "tags", tags_of_rule(shaped));
    bool passes = ec2_passes_filters(call, "", doc, rule_filters, ARRAY_LEN(rule_filters));
    cJSON_Delete(doc);
    return passes;
}

/* Adds those of the group's rules that pass the filters and, unless rule_id is NULL, have it. */
static size_t add_group_rules(struct world *world, const struct call *call, struct ref ref,
                              const char *rule_id, cJSON *rules)
{
    struct resource group;
    cJSON *doc = doc_live(world, ref);
    size_t found = 0;
    resource_describe(world, ref, &group);
    for (const cJSON *rule = json_items(doc, "rules"); rule; rule = rule->next) {
        if (rule_id && strcmp(json_get(rule, "securityGroupRuleId")->valuestring, rule_id) != 0)
            continue;
        cJSON *shaped = shape_rule(&group, rule);
        found++;
        if (rule_passes(call, shaped))
            cJSON_AddItemToArray(rules, shaped);
        else
            cJSON_Delete(shaped);
    }
    cJSON_Delete(doc);
    return found;
}

static bool add_rules_by_id(struct world *world, const struct call *call, struct reply *reply,
                            uint32_t cell, cJSON *rules)
{
    for (const cJSON *id = in_list(call, "SecurityGroupRuleIds"); id; id = id->next) {
        struct ref group;
        if (!security_group_of_rule(world, cell, id->valuestring, &group) ||
            add_group_rules(world, call, group, id->valuestring, rules) == 0) {
            reply_error(reply, 0, "InvalidSecurityGroupRuleId.NotFound",
                        "The security group rule ID '%s' does not exist", id->valuestring);
            return false;
        }
    }
    return true;
}

/* The filter on group ids when it names whole ids, so that only those groups are looked at. */
static const cJSON *named_groups(const struct call *call)
{
    for (const cJSON *filter = in_list(call, "Filters"); filter; filter = filter->next) {
        if (!sv_eq_cstr(json_sv(filter, "Name"), "group-id"))
            continue;
        const cJSON *values = json_items(filter, "Values"), *value = values;
        while (value && !strpbrk(value->valuestring, "*?\\"))
            value = value->next;
        return value ? NULL : values;
    }
    return NULL;
}

static void add_all_rules(struct world *world, const struct call *call, uint32_t cell, cJSON *rules)
{
    const cJSON *named = named_groups(call);
    struct ref group;
    for (const cJSON *id = named; id; id = id->next)
        if (resource_find(world, cell, EC2_SECURITY_GROUP, id->valuestring, &group))
            add_group_rules(world, call, group, NULL, rules);
    uint64_t n = named ? 0 : resource_count(world, cell, EC2_SECURITY_GROUP);
    for (uint64_t i = 0; i < n; i++) {
        group = (struct ref){.type = EC2_SECURITY_GROUP, .cell = cell, .index = i};
        add_group_rules(world, call, group, NULL, rules);
    }
}

struct rule_page {
    cJSON *rules;
    const cJSON *next; /* the item that comes after the last one that was asked for */
    size_t position;
};

/* Pages ask for items in ascending order, so that a walk finds them without counting anew. */
static void add_rule(void *arg, size_t i, cJSON *list)
{
    struct rule_page *page = arg;
    if (!page->next)
        page->next = page->rules->child;
    for (; page->position < i; page->position++)
        page->next = page->next->next;
    cJSON_AddItemToArray(list, cJSON_Duplicate(page->next, true));
}

void ec2_describe_security_group_rules(struct world *world, const struct call *call,
                                       struct reply *reply)
{
    uint32_t cell = cell_number(world, call_cell(world, call));
    if (!ec2_check_filters(call, reply, rule_filters, ARRAY_LEN(rule_filters)))
        return;
    cJSON *rules = cJSON_CreateArray();
    bool by_id = in_list(call, "SecurityGroupRuleIds") != NULL;
    bool ok = !by_id || add_rules_by_id(world, call, reply, cell, rules);
    if (!by_id)
        add_all_rules(world, call, cell, rules);
    size_t n = (size_t)cJSON_GetArraySize(rules);
    struct rule_page page = {.rules = rules};
    if (ok)
        page_reply(call, reply,
                   &(struct page_spec){.list_member = "SecurityGroupRules",
                                       .n_items = n,
                                       .page_default = n + 1,
                                       .add_item = add_rule,
                                       .arg = &page});
    cJSON_Delete(rules);
}

/* --- from permissions to single rules ------------------------------------------------------- */

/* What an authorize or revoke is about. */
struct change_request {
    struct world *world;
    const struct call *call;
    struct reply *reply;
    struct resource group;
    cJSON *doc;    /* the group's document, changed in place until it is stored */
    cJSON *wanted; /* single rules */
};

static bool refuse(struct change_request *request, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static bool refuse(struct change_request *request, const char *code, const char *fmt, ...)
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
        return refuse(request, "InvalidParameterValue",
                      "Invalid value 'Must specify both from and to ports with TCP/UDP.' for "
                      "portRange.");
    if (from < 0 || from > 65535 || to < 0 || to > 65535 || from > to)
        return refuse(request, "InvalidParameterValue", "Invalid TCP/UDP port range (%lld:%lld)",
                      (long long)from, (long long)to);
    return true;
}

/* ICMP: FromPort is the type, ToPort the code, -1 stands for all of them. */
static bool check_icmp_type(struct change_request *request, const cJSON *permission)
{
    int64_t type = json_i64(permission, "FromPort", -1), code = json_i64(permission, "ToPort", -1);
    if (type < -1 || type > 255 || code < -1 || code > 255 || (type == -1 && code != -1))
        return refuse(request, "InvalidParameterValue", "ICMP code (%lld) out of range",
                      (long long)code);
    return true;
}

/* One rule of the permission, without its source. */
static cJSON *start_rule(struct change_request *request, const cJSON *permission)
{
    char protocol[8];
    struct sv given = json_sv(permission, "IpProtocol");
    if (given.len == 0 || !canonical_protocol(given.ptr, protocol)) {
        refuse(request, "InvalidParameterValue",
               "Invalid value '" SV_FMT "' for IP protocol. Unknown protocol.", SV_ARG(given));
        return NULL;
    }
    bool icmp = strncmp(protocol, "icmp", 4) == 0, ports = protocol_has_ports(protocol);
    if (icmp ? !check_icmp_type(request, permission)
             : ports && !check_tcp_ports(request, permission))
        return NULL;
    return json_make("{isEgress:false,ipProtocol:%s,fromPort:%d,toPort:%d}", protocol,
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
        return refuse(request, "InvalidParameterValue", "CIDR block %s is malformed",
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
    if (id.len == 0 || !resource_parse_id(request->world, PREFIX_LIST, id.ptr, &list) ||
        list.cell != request->group.ref.cell || list.index >= PREFIX_LISTS)
        return refuse(request, "InvalidPrefixListID.NotFound",
                      "The prefix list ID '" SV_FMT "' does not exist", SV_ARG(id));
    cJSON_AddStringToObject(rule, "prefixListId", id.ptr);
    return true;
}

static bool set_group(struct change_request *request, cJSON *rule, const cJSON *source)
{
    struct ref peer;
    char vpc_id[RESOURCE_ID_SIZE];
    struct sv id = json_sv(source, "GroupId");
    uint32_t cell = request->group.ref.cell;
    if (id.len == 0 || !resource_find(request->world, cell, EC2_SECURITY_GROUP, id.ptr, &peer) ||
        !doc_exists(request->world, peer))
        return refuse(request, "InvalidGroup.NotFound",
                      "The security group '" SV_FMT "' does not exist", SV_ARG(id));
    if (network_vpc(request->world, peer).index !=
        network_vpc(request->world, request->group.ref).index)
        return refuse(request, "InvalidGroup.NotFound",
                      "You have specified two resources that belong to different networks.");
    resource_id(request->world, network_vpc(request->world, peer), vpc_id);
    cJSON_AddItemToObject(
        rule, "referencedGroupInfo",
        json_make("{groupId:%s,userId:%s,vpcId:%s}", id.ptr, request->group.account->id, vpc_id));
    return true;
}

static bool set_description(struct change_request *request, cJSON *rule, const cJSON *source)
{
    struct sv text = json_sv(source, "Description");
    if (text.len == 0)
        return true;
    if (text.len > DESCRIPTION_MAX || strspn(text.ptr, DESCRIPTION_ALPHABET) != text.len)
        return refuse(request, "InvalidParameterValue",
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
        return refuse(request, "MissingParameter", "Source group and/or CIDR must be specified");
    return true;
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

static bool expand_permissions(struct change_request *request)
{
    const cJSON *permission = in_list(request->call, "IpPermissions");
    cJSON *flat = flat_permission(request->call);
    bool ok = true;
    if (permission && flat)
        ok = refuse(request, "InvalidParameterCombination",
                    "The parameter 'ipPermissions' may not be used in combination with "
                    "'ipProtocol'");
    else if (!permission && !flat)
        ok = refuse(request, "MissingParameter",
                    "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.");
    else if (flat)
        ok = expand_permission(request, flat);
    for (; ok && permission; permission = permission->next)
        ok = expand_permission(request, permission);
    cJSON_Delete(flat);
    return ok;
}

/* --- the group ------------------------------------------------------------------------------ */

bool ec2_is_named(struct world *world, struct ref group, const char *name)
{
    if (!network_vpc_is_default(world, network_vpc(world, group)))
        return false;
    cJSON *doc = doc_live(world, group);
    const cJSON *its_name = json_path(doc, "configuration.groupName");
    bool named = its_name && strcmp(its_name->valuestring, name) == 0;
    cJSON_Delete(doc);
    return named;
}

static bool find_by_name(struct world *world, uint32_t cell, const char *name, struct ref *group)
{
    uint64_t n = resource_count(world, cell, EC2_SECURITY_GROUP);
    for (uint64_t i = 0; i < n; i++) {
        *group = (struct ref){.type = EC2_SECURITY_GROUP, .cell = cell, .index = i};
        if (doc_exists(world, *group) && ec2_is_named(world, *group, name))
            return true;
    }
    return false;
}

static bool open_request(struct change_request *request)
{
    const char *id = in_str(request->call, "GroupId"), *name = in_str(request->call, "GroupName");
    uint32_t cell = cell_number(request->world, call_cell(request->world, request->call));
    struct ref ref;
    if (!*id && !*name)
        return refuse(request, "MissingParameter",
                      "The request must contain the parameter groupName or groupId");
    bool found = *id ? resource_find(request->world, cell, EC2_SECURITY_GROUP, id, &ref) &&
                           doc_exists(request->world, ref)
                     : find_by_name(request->world, cell, name, &ref);
    if (!found)
        return refuse(request, "InvalidGroup.NotFound", "The security group '%s' does not exist",
                      *id ? id : name);
    resource_describe(request->world, ref, &request->group);
    request->doc = doc_live(request->world, ref);
    request->wanted = cJSON_CreateArray();
    return true;
}

static void close_request(struct change_request *request)
{
    cJSON_Delete(request->doc);
    cJSON_Delete(request->wanted);
}

static cJSON *rules_of(const struct change_request *request)
{
    return cJSON_GetObjectItemCaseSensitive(request->doc, "rules");
}

/* Stores the changed document; the request lets go of it. */
static void store(struct change_request *request)
{
    doc_change(request->world, request->group.ref, request->doc);
    request->doc = NULL;
}

static bool same_member(const cJSON *a, const cJSON *b, const char *path)
{
    const cJSON *x = json_path(a, path), *y = json_path(b, path);
    return (!x && !y) || (x && y && cJSON_Compare(x, y, true));
}

/* Everything but id, description and tags: two such rules cannot be in one group. */
static bool same_rule(const cJSON *a, const cJSON *b)
{
    static const char *const members[] = {
        "isEgress", "ipProtocol", "fromPort",     "toPort",
        "cidrIpv4", "cidrIpv6",   "prefixListId", "referencedGroupInfo.groupId"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (!same_member(a, b, members[i]))
            return false;
    return true;
}

static cJSON *find_same(const cJSON *rules, const cJSON *rule)
{
    cJSON *at;
    cJSON_ArrayForEach (at, rules)
        if (at != rule && same_rule(at, rule))
            return at;
    return NULL;
}

/* --- authorizing ---------------------------------------------------------------------------- */

static const char *source_text(const cJSON *rule)
{
    static const char *const paths[] = {"cidrIpv4", "cidrIpv6", "prefixListId",
                                        "referencedGroupInfo.groupId"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        if (json_path(rule, paths[i]))
            return json_path(rule, paths[i])->valuestring;
    return "";
}

static bool check_new(struct change_request *request)
{
    const cJSON *rule;
    cJSON_ArrayForEach (rule, request->wanted) {
        if (find_same(request->wanted, rule))
            return refuse(request, "InvalidParameterValue",
                          "The same permission must not appear multiple times");
        if (find_same(rules_of(request), rule))
            return refuse(request, "InvalidPermission.Duplicate",
                          "the specified rule \"peer: %s, %s, from port: %lld, to port: %lld, "
                          "ALLOW\" already exists",
                          source_text(rule), json_get(rule, "ipProtocol")->valuestring,
                          (long long)json_i64(rule, "fromPort", -1),
                          (long long)json_i64(rule, "toPort", -1));
    }
    return true;
}

/* A prefix list counts with the number of entries that it may have. */
static int weight_of(const cJSON *rule)
{
    return json_get(rule, "prefixListId") ? 10 : 1;
}

static bool check_quota(struct change_request *request)
{
    int n = 0;
    const cJSON *rule;
    cJSON_ArrayForEach (rule, rules_of(request))
        if (!json_bool(rule, "isEgress", false))
            n += weight_of(rule);
    cJSON_ArrayForEach (rule, request->wanted)
        n += weight_of(rule);
    if (n > RULES_QUOTA)
        return refuse(request, "RulesPerSecurityGroupLimitExceeded",
                      "The maximum number of rules per security group has been reached.");
    return true;
}

/* The tags for the new rules; NULL when there are none, *ok false when they are refused. */
static cJSON *read_tags(struct change_request *request, bool *ok)
{
    cJSON *tags = NULL;
    for (const cJSON *spec = in_list(request->call, "TagSpecifications"); spec; spec = spec->next) {
        struct sv type = json_sv(spec, "ResourceType");
        if (!sv_eq_cstr(type, "security-group-rule")) {
            *ok = refuse(request, "InvalidParameterValue",
                         "'" SV_FMT "' is not a valid taggable resource type for this operation.",
                         SV_ARG(type));
            break;
        }
        for (const cJSON *tag = json_items(spec, "Tags"); tag; tag = tag->next) {
            if (!tags)
                tags = cJSON_CreateArray();
            struct sv value = json_sv(tag, "Value");
            cJSON_AddItemToArray(tags, json_make("{key:%s,value:%s}", json_sv(tag, "Key").ptr,
                                                 value.len ? value.ptr : ""));
        }
    }
    return tags;
}

static void add_new_rules(struct change_request *request, const cJSON *tags)
{
    cJSON *list = cJSON_AddArrayToObject(request->reply->output, "SecurityGroupRules");
    int number = (int)json_i64(request->doc, "nextRule", 0);
    cJSON *rule;
    while ((rule = cJSON_DetachItemFromArray(request->wanted, 0)) != NULL) {
        char id[RESOURCE_ID_SIZE];
        security_group_rule_id(request->world, request->group.ref, number++, id);
        cJSON_AddStringToObject(rule, "securityGroupRuleId", id);
        if (tags)
            cJSON_AddItemToObject(rule, "tags", cJSON_Duplicate(tags, true));
        cJSON_AddItemToArray(list, shape_rule(&request->group, rule));
        cJSON_AddItemToArray(rules_of(request), rule);
    }
    cJSON_SetNumberValue(cJSON_GetObjectItemCaseSensitive(request->doc, "nextRule"), number);
    cJSON_AddTrueToObject(request->reply->output, "Return");
}

void ec2_authorize_ingress(struct world *world, const struct call *call, struct reply *reply)
{
    struct change_request request = {.world = world, .call = call, .reply = reply};
    bool ok = open_request(&request) && expand_permissions(&request) && check_new(&request) &&
              check_quota(&request);
    cJSON *tags = ok ? read_tags(&request, &ok) : NULL;
    if (ok) {
        add_new_rules(&request, tags);
        store(&request);
    }
    cJSON_Delete(tags);
    close_request(&request);
}

/* --- revoking ------------------------------------------------------------------------------- */

static cJSON *find_by_id(const struct change_request *request, const char *id)
{
    cJSON *rule;
    cJSON_ArrayForEach (rule, rules_of(request)) {
        if (strcmp(json_get(rule, "securityGroupRuleId")->valuestring, id) == 0 &&
            !json_bool(rule, "isEgress", false))
            return rule;
    }
    return NULL;
}

static void remove_rule(struct change_request *request, cJSON *rule)
{
    cJSON *list =
        cJSON_GetObjectItemCaseSensitive(request->reply->output, "RevokedSecurityGroupRules");
    cJSON_AddItemToArray(list, shape_revoked(&request->group, rule));
    cJSON_Delete(cJSON_DetachItemViaPointer(rules_of(request), rule));
}

static bool revoke_by_id(struct change_request *request, const cJSON *ids)
{
    for (const cJSON *id = ids; id; id = id->next)
        if (!find_by_id(request, id->valuestring))
            return refuse(request, "InvalidSecurityGroupRuleId.NotFound",
                          "The security group rule ID '%s' does not exist", id->valuestring);
    for (const cJSON *id = ids; id; id = id->next) {
        cJSON *rule = find_by_id(request, id->valuestring);
        if (rule)
            remove_rule(request, rule);
    }
    return true;
}

/* In the default VPC unknown permissions are reported in a reply that succeeds. */
static void report_unknown(struct change_request *request, const cJSON *rule)
{
    cJSON *one = cJSON_CreateArray();
    cJSON_AddItemToArray(one, cJSON_Duplicate(rule, true));
    cJSON *permissions = security_group_permissions(one, false);
    cJSON *list = cJSON_GetObjectItemCaseSensitive(request->reply->output, "UnknownIpPermissions");
    if (!list)
        list = cJSON_AddArrayToObject(request->reply->output, "UnknownIpPermissions");
    cJSON_AddItemToArray(list, ec2_shape(permissions->child));
    cJSON_Delete(permissions);
    cJSON_Delete(one);
}

static bool revoke_by_properties(struct change_request *request)
{
    const cJSON *rule;
    bool lenient =
        network_vpc_is_default(request->world, network_vpc(request->world, request->group.ref));
    if (!expand_permissions(request))
        return false;
    cJSON_ArrayForEach (rule, request->wanted)
        if (!lenient && !find_same(rules_of(request), rule))
            return refuse(request, "InvalidPermission.NotFound",
                          "The specified rule does not "
                          "exist in this security group.");
    cJSON_ArrayForEach (rule, request->wanted) {
        cJSON *same = find_same(rules_of(request), rule);
        if (same)
            remove_rule(request, same);
        else
            report_unknown(request, rule);
    }
    return true;
}

static bool revoke(struct change_request *request)
{
    const cJSON *ids = in_list(request->call, "SecurityGroupRuleIds");
    bool by_properties = in_list(request->call, "IpPermissions") ||
                         json_get(request->call->input, "CidrIp") ||
                         json_get(request->call->input, "IpProtocol");
    if (ids && by_properties)
        return refuse(request, "InvalidParameterCombination",
                      "The parameter 'securityGroupRuleIds' may not be used in combination with "
                      "'ipPermissions'");
    return ids ? revoke_by_id(request, ids) : revoke_by_properties(request);
}

void ec2_revoke_ingress(struct world *world, const struct call *call, struct reply *reply)
{
    struct change_request request = {.world = world, .call = call, .reply = reply};
    if (!open_request(&request)) {
        close_request(&request);
        return;
    }
    cJSON_AddArrayToObject(reply->output, "RevokedSecurityGroupRules");
    if (revoke(&request)) {
        cJSON_AddTrueToObject(reply->output, "Return");
        if (json_items(reply->output, "RevokedSecurityGroupRules"))
            store(&request);
    } else {
        cJSON_DeleteItemFromObjectCaseSensitive(reply->output, "RevokedSecurityGroupRules");
    }
    close_request(&request);
}
