/* ec2_change: authorizing, revoking and modifying rules. */
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/ec2_change.h"
#include "tests/sandbox/world/security_group.h"
#include "tests/sandbox/world/template.h"

#define RULES_QUOTA 60 /* in each direction, per group: the default quota of EC2 */

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

/* --- the group ------------------------------------------------------------------------------ */

/* Is the group's VPC the default one, as it is now? */
static bool in_default_vpc(struct world *world, uint32_t cell, const cJSON *group_doc)
{
    struct ref vpc;
    struct sv id = json_string(json_path(group_doc, "configuration.vpcId"));
    if (id.len == 0 || !resource_find(world, cell, EC2_VPC, id.ptr, &vpc))
        return false;
    cJSON *doc = doc_live(world, vpc);
    bool is_default = cJSON_IsTrue(json_path(doc, "configuration.isDefault"));
    cJSON_Delete(doc);
    return is_default;
}

bool ec2_is_named(struct world *world, struct ref group, const char *name)
{
    cJSON *doc = doc_live(world, group);
    bool named = sv_eq_cstr(json_string(json_path(doc, "configuration.groupName")), name) &&
                 in_default_vpc(world, group.cell, doc);
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
        return ec2_refuse(request, "MissingParameter",
                          "The request must contain the parameter groupName or groupId");
    if (*id && !ec2_check_id(request->reply, id, "sg-", "InvalidGroupId.Malformed"))
        return false;
    bool found = *id ? resource_find(request->world, cell, EC2_SECURITY_GROUP, id, &ref) &&
                           doc_exists(request->world, ref)
                     : find_by_name(request->world, cell, name, &ref);
    if (!found)
        return ec2_refuse(request, "InvalidGroup.NotFound",
                          "The security group '%s' does not exist", *id ? id : name);
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

static bool refuse_duplicate(struct change_request *request, const cJSON *rule)
{
    return ec2_refuse(request, "InvalidPermission.Duplicate",
                      "the specified rule \"peer: %s, %s, from port: %lld, to port: %lld, "
                      "ALLOW\" already exists",
                      source_text(rule), json_get(rule, "ipProtocol")->valuestring,
                      (long long)json_i64(rule, "fromPort", -1),
                      (long long)json_i64(rule, "toPort", -1));
}

static bool check_new(struct change_request *request)
{
    const cJSON *rule;
    cJSON_ArrayForEach (rule, request->wanted) {
        if (find_same(request->wanted, rule))
            return ec2_refuse(request, "InvalidParameterValue",
                              "The same permission must not appear multiple times");
        if (find_same(rules_of(request), rule))
            return refuse_duplicate(request, rule);
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
        if (json_bool(rule, "isEgress", false) == request->egress)
            n += weight_of(rule);
    cJSON_ArrayForEach (rule, request->wanted)
        n += weight_of(rule);
    if (n > RULES_QUOTA)
        return ec2_refuse(request, "RulesPerSecurityGroupLimitExceeded",
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
            *ok =
                ec2_refuse(request, "InvalidParameterValue",
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
        cJSON_AddItemToArray(list, ec2_shape_rule(&request->group, rule));
        cJSON_AddItemToArray(rules_of(request), rule);
    }
    cJSON_SetNumberValue(cJSON_GetObjectItemCaseSensitive(request->doc, "nextRule"), number);
    cJSON_AddTrueToObject(request->reply->output, "Return");
}

static void authorize(struct world *world, const struct call *call, struct reply *reply,
                      bool egress)
{
    struct change_request request = {
        .world = world, .call = call, .reply = reply, .egress = egress};
    bool ok = open_request(&request) && ec2_expand_permissions(&request) && check_new(&request) &&
              check_quota(&request);
    cJSON *tags = ok ? read_tags(&request, &ok) : NULL;
    if (ok) {
        add_new_rules(&request, tags);
        store(&request);
    }
    cJSON_Delete(tags);
    close_request(&request);
}

void ec2_authorize_ingress(struct world *world, const struct call *call, struct reply *reply)
{
    authorize(world, call, reply, false);
}

void ec2_authorize_egress(struct world *world, const struct call *call, struct reply *reply)
{
    authorize(world, call, reply, true);
}

/* --- revoking ------------------------------------------------------------------------------- */

static cJSON *find_by_id(const struct change_request *request, const char *id)
{
    cJSON *rule;
    cJSON_ArrayForEach (rule, rules_of(request)) {
        if (strcmp(json_get(rule, "securityGroupRuleId")->valuestring, id) == 0 &&
            json_bool(rule, "isEgress", false) == request->egress)
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

static bool check_rule_id(const struct change_request *request, const char *id)
{
    return ec2_check_id(request->reply, id, "sgr-", "InvalidSecurityGroupRuleId.Malformed");
}

static bool revoke_by_id(struct change_request *request, const cJSON *ids)
{
    for (const cJSON *id = ids; id; id = id->next)
        if (!check_rule_id(request, id->valuestring))
            return false;
    for (const cJSON *id = ids; id; id = id->next)
        if (!find_by_id(request, id->valuestring))
            return ec2_refuse(request, "InvalidSecurityGroupRuleId.NotFound",
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
    cJSON *permissions = security_group_permissions(one, request->egress);
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
    bool lenient = in_default_vpc(request->world, request->group.ref.cell, request->doc);
    if (!ec2_expand_permissions(request))
        return false;
    cJSON_ArrayForEach (rule, request->wanted)
        if (!lenient && !find_same(rules_of(request), rule))
            return ec2_refuse(request, "InvalidPermission.NotFound",
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

static bool revoke_wanted(struct change_request *request)
{
    const cJSON *ids = in_list(request->call, "SecurityGroupRuleIds");
    bool by_properties = in_list(request->call, "IpPermissions") ||
                         json_get(request->call->input, "CidrIp") ||
                         json_get(request->call->input, "IpProtocol");
    if (ids && by_properties)
        return ec2_refuse(
            request, "InvalidParameterCombination",
            "The parameter 'securityGroupRuleIds' may not be used in combination with "
            "'ipPermissions'");
    return ids ? revoke_by_id(request, ids) : revoke_by_properties(request);
}

static void revoke(struct world *world, const struct call *call, struct reply *reply, bool egress)
{
    struct change_request request = {
        .world = world, .call = call, .reply = reply, .egress = egress};
    if (!open_request(&request)) {
        close_request(&request);
        return;
    }
    cJSON_AddArrayToObject(reply->output, "RevokedSecurityGroupRules");
    if (revoke_wanted(&request)) {
        cJSON_AddTrueToObject(reply->output, "Return");
        if (json_items(reply->output, "RevokedSecurityGroupRules"))
            store(&request);
    } else {
        cJSON_DeleteItemFromObjectCaseSensitive(reply->output, "RevokedSecurityGroupRules");
    }
    close_request(&request);
}

void ec2_revoke_ingress(struct world *world, const struct call *call, struct reply *reply)
{
    revoke(world, call, reply, false);
}

void ec2_revoke_egress(struct world *world, const struct call *call, struct reply *reply)
{
    revoke(world, call, reply, true);
}

/* --- modifying ------------------------------------------------------------------------------ */

static const char *const source_members[] = {"cidrIpv4", "cidrIpv6", "prefixListId",
                                             "referencedGroupInfo"};

/* A rule keeps the type of its source (EC2 API, SecurityGroupRuleRequest). */
static bool same_type(const cJSON *a, const cJSON *b)
{
    for (size_t i = 0; i < ARRAY_LEN(source_members); i++)
        if ((json_get(a, source_members[i]) == NULL) != (json_get(b, source_members[i]) == NULL))
            return false;
    return true;
}

/* What stays: id, direction and tags. What the request leaves out is gone, a description too. */
static void keep_identity(cJSON *rule, const cJSON *old)
{
    cJSON_AddItemToObject(rule, "securityGroupRuleId",
                          cJSON_Duplicate(json_get(old, "securityGroupRuleId"), true));
    if (json_get(old, "tags"))
        cJSON_AddItemToObject(rule, "tags", cJSON_Duplicate(json_get(old, "tags"), true));
}

static cJSON *find_any(const struct change_request *request, const char *id)
{
    cJSON *rule;
    cJSON_ArrayForEach (rule, rules_of(request))
        if (strcmp(json_get(rule, "securityGroupRuleId")->valuestring, id) == 0)
            return rule;
    return NULL;
}

static bool modify_one(struct change_request *request, const cJSON *update)
{
    const char *id = json_sv(update, "SecurityGroupRuleId").ptr;
    if (!check_rule_id(request, id))
        return false;
    cJSON *old = find_any(request, id);
    if (!old)
        return ec2_refuse(request, "InvalidSecurityGroupRuleId.NotFound",
                          "The security group rule ID '%s' does not exist", id);
    request->egress = json_bool(old, "isEgress", false);
    if (!json_sv(json_get(update, "SecurityGroupRule"), "IpProtocol").len)
        return ec2_refuse(
            request, "InvalidParameterValue",
            "Invalid value 'null' for protocol. VPC security group rules must specify "
            "protocols explicitly.");
    if (!ec2_expand_rule(request, json_get(update, "SecurityGroupRule")))
        return false;
    cJSON *rule = cJSON_DetachItemFromArray(request->wanted, 0);
    keep_identity(rule, old);
    bool ok = same_type(old, rule) ||
              ec2_refuse(request, "InvalidParameterValue",
                         "Invalid rule type for security group rule '%s'. The type of an existing "
                         "rule may not be changed.",
                         id);
    cJSON_ReplaceItemViaPointer(rules_of(request), old, rule);
    return ok && (!find_same(rules_of(request), rule) || refuse_duplicate(request, rule));
}

void ec2_modify_rules(struct world *world, const struct call *call, struct reply *reply)
{
    struct change_request request = {.world = world, .call = call, .reply = reply};
    bool ok = open_request(&request);
    const cJSON *update = in_list(call, "SecurityGroupRules");
    if (ok && !update)
        ok = ec2_refuse(&request, "MissingParameter",
                        "The request must contain the parameter SecurityGroupRule");
    for (; ok && update; update = update->next)
        ok = modify_one(&request, update);
    if (ok) {
        cJSON_AddTrueToObject(reply->output, "Return");
        store(&request);
    }
    close_request(&request);
}
