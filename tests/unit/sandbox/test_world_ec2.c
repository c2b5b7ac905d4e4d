/* EC2 over the world: one truth behind all lists, and what authorize, revoke and modify do and
 * refuse. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/sandbox/services/ec2.h"
#include "tests/sandbox/world/network.h"
#include "tests/sandbox/world/security_group.h"
#include "tests/unit/sandbox/helper_world.h"

static struct world *world;
static struct from showcase;

static int begin(void **state)
{
    (void)state;
    world = make_world("accounts=24,regions=4,resources=3000,seed=7");
    showcase = from_showcase(world);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_free(world);
    return 0;
}

static cJSON *by_group(const char *group_id)
{
    return json_make("{Filters:[{Name:'group-id',Values:[%s]}]}", group_id);
}

static cJSON *rules_of(struct from from, const char *group_id)
{
    return ask_all(world, from, "ec2.DescribeSecurityGroupRules", by_group(group_id),
                   "SecurityGroupRules", NULL);
}

static void group_named(const char *name, char *group_id)
{
    cJSON *groups = ask_all(world, showcase, "ec2.DescribeSecurityGroups",
                            json_make("{Filters:[{Name:'group-name',Values:[%s]}]}", name),
                            "SecurityGroups", NULL);
    assert_int_equal(cJSON_GetArraySize(groups), 1);
    keep_id(group_id, text_at(groups->child, "GroupId"));
    cJSON_Delete(groups);
}

/* --- one truth ------------------------------------------------------------------------------ */

static int count_sources(const cJSON *permissions)
{
    static const char *const lists[] = {"IpRanges", "Ipv6Ranges", "PrefixListIds",
                                        "UserIdGroupPairs"};
    int n = 0;
    for (const cJSON *permission = permissions; permission; permission = permission->next)
        for (size_t i = 0; i < ARRAY_LEN(lists); i++)
            n += cJSON_GetArraySize(json_get(permission, lists[i]));
    return n;
}

static void rules_add_up_to_permissions(void **state)
{
    (void)state;
    cJSON *groups = ask_all(world, showcase, "ec2.DescribeSecurityGroups",
                            json_make("{MaxResults:7}"), "SecurityGroups", NULL);
    cJSON *rules = ask_all(world, showcase, "ec2.DescribeSecurityGroupRules",
                           json_make("{MaxResults:9}"), "SecurityGroupRules", NULL);
    const cJSON *group;
    int n = 0;
    assert_true(cJSON_GetArraySize(groups) > SECURITY_GROUP_PROFILES);
    cJSON_ArrayForEach (group, groups)
        n += count_sources(json_items(group, "IpPermissions")) +
             count_sources(json_items(group, "IpPermissionsEgress"));
    assert_int_equal(cJSON_GetArraySize(rules), n);
    cJSON_Delete(groups);
    cJSON_Delete(rules);
}

static void interfaces_name_groups_and_instances_that_exist(void **state)
{
    (void)state;
    cJSON *groups =
        ask_all(world, showcase, "ec2.DescribeSecurityGroups", NULL, "SecurityGroups", NULL);
    cJSON *reservations =
        ask_all(world, showcase, "ec2.DescribeInstances", NULL, "Reservations", NULL);
    cJSON *interfaces =
        ask_all(world, showcase, "ec2.DescribeNetworkInterfaces", NULL, "NetworkInterfaces", NULL);
    const cJSON *interface, *group;
    int of_instances = 0;
    assert_true(cJSON_GetArraySize(interfaces) > 5);
    cJSON_ArrayForEach (interface, interfaces) {
        for (group = json_items(interface, "Groups"); group; group = group->next) {
            const cJSON *found = find_in(groups, "GroupId", text_at(group, "GroupId"));
            assert_non_null(found);
            assert_string_equal(text_at(found, "GroupName"), text_at(group, "GroupName"));
            assert_string_equal(text_at(found, "VpcId"), text_at(interface, "VpcId"));
        }
        of_instances += *text_at(interface, "Attachment.InstanceId") != '\0';
    }
    const cJSON *reservation, *shown;
    int shown_by_instances = 0;
    cJSON_ArrayForEach (reservation, reservations) {
        const cJSON *instance = json_items(reservation, "Instances");
        for (shown = json_items(instance, "NetworkInterfaces"); shown; shown = shown->next) {
            const cJSON *found =
                find_in(interfaces, "NetworkInterfaceId", text_at(shown, "NetworkInterfaceId"));
            assert_non_null(found);
            assert_string_equal(text_at(found, "Attachment.InstanceId"),
                                text_at(instance, "InstanceId"));
            assert_true(cJSON_Compare(json_get(found, "Groups"), json_get(shown, "Groups"), true));
            shown_by_instances++;
        }
    }
    assert_int_equal(of_instances, shown_by_instances);
    cJSON_Delete(groups);
    cJSON_Delete(reservations);
    cJSON_Delete(interfaces);
}

static void volumes_and_instances_agree(void **state)
{
    (void)state;
    cJSON *volumes = ask_all(world, showcase, "ec2.DescribeVolumes", NULL, "Volumes", NULL);
    cJSON *reservations =
        ask_all(world, showcase, "ec2.DescribeInstances", NULL, "Reservations", NULL);
    const cJSON *volume, *reservation, *device;
    int attached = 0, shown = 0;
    cJSON_ArrayForEach (volume, volumes)
        attached += strcmp(text_at(volume, "State"), "in-use") == 0;
    cJSON_ArrayForEach (reservation, reservations) {
        const cJSON *instance = json_items(reservation, "Instances");
        for (device = json_items(instance, "BlockDeviceMappings"); device; device = device->next) {
            const cJSON *found = find_in(volumes, "VolumeId", text_at(device, "Ebs.VolumeId"));
            const cJSON *attachment = json_items(found, "Attachments");
            assert_string_equal(text_at(attachment, "InstanceId"), text_at(instance, "InstanceId"));
            assert_string_equal(text_at(attachment, "Device"), text_at(device, "DeviceName"));
            assert_int_equal(number_at(attachment, "AttachTime"),
                             number_at(device, "Ebs.AttachTime"));
            shown++;
        }
    }
    assert_int_equal(attached, shown);
    cJSON_Delete(volumes);
    cJSON_Delete(reservations);
}

/* The same group as AWS Config has recorded it. */
static void config_records_what_ec2_shows(void **state)
{
    char id[RESOURCE_ID_SIZE];
    (void)state;
    group_named("web", id);
    cJSON *reply = ask(world, showcase, "config.BatchGetResourceConfig",
                       json_make("{resourceKeys:[{resourceType:'AWS::EC2::SecurityGroup',"
                                 "resourceId:%s}]}",
                                 id));
    const cJSON *item = json_items(reply, "baseConfigurationItems");
    cJSON *configuration = cJSON_Parse(text_at(item, "configuration"));
    const cJSON *permission = json_items(configuration, "ipPermissions");
    assert_string_equal(text_at(json_items(permission, "ipv4Ranges"), "cidrIp"), "0.0.0.0/0");
    assert_string_equal(text_at(json_items(permission, "ipv6Ranges"), "cidrIpv6"), "::/0");
    assert_string_equal(json_items(permission, "ipRanges")->valuestring, "0.0.0.0/0");
    assert_int_equal(number_at(permission, "fromPort"), 443);
    assert_non_null(json_get(configuration, "ipPermissionsEgress"));
    cJSON_Delete(configuration);
    cJSON_Delete(reply);
}

/* The rows of the policy's truth table, each on a group of its own. */
static void the_truth_table_is_there(void **state)
{
    static const struct {
        const char *group, *protocol;
        int from, to;
        const char *member, *source;
    } rows[] = {
        {"bastion", "tcp", 22, 22, "CidrIpv4", "0.0.0.0/0"},
        {"web", "tcp", 443, 443, "CidrIpv4", "0.0.0.0/0"},
        {"all-tcp", "tcp", 0, 65535, "CidrIpv4", "0.0.0.0/0"},
        {"all-traffic", "-1", -1, -1, "CidrIpv4", "0.0.0.0/0"},
        {"dev-range", "tcp", 3000, 4000, "CidrIpv4", "0.0.0.0/0"},
        {"wide-range", "tcp", 1000, 6000, "CidrIpv4", "0.0.0.0/0"},
        {"high-ports", "tcp", 1025, 65535, "CidrIpv4", "0.0.0.0/0"},
        {"mail-range", "tcp", 20, 25, "CidrIpv4", "0.0.0.0/0"},
        {"ping-all", "icmp", -1, -1, "CidrIpv4", "0.0.0.0/0"},
        {"ping-echo", "icmp", 8, -1, "CidrIpv4", "0.0.0.0/0"},
        {"udp-22", "udp", 22, 22, "CidrIpv4", "0.0.0.0/0"},
        {"ssh6", "tcp", 22, 22, "CidrIpv6", "::/0"},
        {"ssh-halves", "tcp", 22, 22, "CidrIpv4", "0.0.0.0/1"},
        {"ssh-halves", "tcp", 22, 22, "CidrIpv4", "128.0.0.0/1"},
        {"gre", "47", -1, -1, "CidrIpv4", "0.0.0.0/0"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char id[RESOURCE_ID_SIZE];
        group_named(rows[i].group, id);
        cJSON *rules = rules_of(showcase, id), *rule;
        bool found = false;
        cJSON_ArrayForEach (rule, rules) {
            found |= !json_bool(rule, "IsEgress", true) &&
                     strcmp(text_at(rule, "IpProtocol"), rows[i].protocol) == 0 &&
                     number_at(rule, "FromPort") == rows[i].from &&
                     number_at(rule, "ToPort") == rows[i].to &&
                     strcmp(text_at(rule, rows[i].member), rows[i].source) == 0;
        }
        if (!found)
            fail_msg("row %zu: %s", i, rows[i].group);
        cJSON_Delete(rules);
    }
}

static void prefix_lists_hold_the_world(void **state)
{
    char id[RESOURCE_ID_SIZE];
    (void)state;
    group_named("partner-list", id);
    cJSON *rules = rules_of(showcase, id);
    const char *list_id = text_at(rules->child, "PrefixListId");
    cJSON *lists = ask(world, showcase, "ec2.DescribeManagedPrefixLists",
                       json_make("{PrefixListIds:[%s]}", list_id));
    assert_string_equal(text_at(json_items(lists, "PrefixLists"), "PrefixListName"), "partners");
    cJSON *entries = ask(world, showcase, "ec2.GetManagedPrefixListEntries",
                         json_make("{PrefixListId:%s}", list_id));
    assert_non_null(find_in(json_get(entries, "Entries"), "Cidr", "0.0.0.0/0"));
    assert_refused(world, showcase, "ec2.GetManagedPrefixListEntries",
                   json_make("{PrefixListId:'pl-00000000000000000'}"),
                   "InvalidPrefixListID.NotFound");
    cJSON_Delete(entries);
    cJSON_Delete(lists);
    cJSON_Delete(rules);
}

/* --- filters and ids ------------------------------------------------------------------------ */

static void wildcards_match(void **state)
{
    static const struct {
        const char *pattern, *value;
        bool matches;
    } rows[] = {{"a", "a", true},     {"a", "b", false},     {"a*", "abc", true},
                {"*c", "abc", true},  {"a*c", "abbc", true}, {"a*c", "ab", false},
                {"a?c", "abc", true}, {"a?c", "ac", false},  {"\\*", "*", true},
                {"\\*", "x", false},  {"*", "", true},       {"?", "", false},
                {"", "", true},       {"", "a", false},      {"*a*b*", "xxaxxbxx", true},
                {"A", "a", false}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(ec2_filter_matches(rows[i].pattern, rows[i].value), rows[i].matches);
}

static cJSON *one_filter(const char *name, const char *value)
{
    return json_make("{Filters:[{Name:%s,Values:[%s]}]}", name, value);
}

static int count_groups(const char *filter, const char *value)
{
    cJSON *groups = ask_all(world, showcase, "ec2.DescribeSecurityGroups",
                            one_filter(filter, value), "SecurityGroups", NULL);
    int n = cJSON_GetArraySize(groups);
    cJSON_Delete(groups);
    return n;
}

static void filters_select(void **state)
{
    (void)state;
    assert_true(count_groups("ip-permission.cidr", "0.0.0.0/0") > 10);
    assert_int_equal(count_groups("ip-permission.cidr", "1.2.3.4/32"), 0);
    assert_true(count_groups("ip-permission.ipv6-cidr", "::/0") >= 2);
    assert_true(count_groups("ip-permission.from-port", "3389") >= 1);
    assert_int_equal(count_groups("group-name", "ssh*"), 2);
    assert_true(count_groups("tag:Environment", "dev") > 5);
    assert_true(count_groups("tag-key", "Owner") > 5);
    assert_refused(world, showcase, "ec2.DescribeSecurityGroups", one_filter("colour", "red"),
                   "InvalidParameterValue");
    assert_refused(world, showcase, "ec2.DescribeInstances", one_filter("tag:", "x"),
                   "InvalidParameterValue");
    assert_refused(world, showcase, "ec2.DescribeVolumes",
                   json_make("{Filters:[{Name:'status',Values:[]}]}"), "InvalidParameterValue");
}

static void unknown_ids_are_refused(void **state)
{
    static const int sizes[] = {1, 4, 1001};
    static const struct {
        const char *operation, *member, *id, *code;
    } rows[] = {
        {"ec2.DescribeSecurityGroups", "GroupIds", "sg-00000000000000000", "InvalidGroup.NotFound"},
        {"ec2.DescribeSecurityGroups", "GroupIds", "nonsense", "InvalidGroupId.Malformed"},
        {"ec2.DescribeInstances", "InstanceIds", "i-00000000000000000",
         "InvalidInstanceID.NotFound"},
        {"ec2.DescribeInstances", "InstanceIds", "i-xyz", "InvalidInstanceID.Malformed"},
        {"ec2.DescribeVolumes", "VolumeIds", "vol-00000000000000000", "InvalidVolume.NotFound"},
        {"ec2.DescribeNetworkInterfaces", "NetworkInterfaceIds", "eni-00000000000000000",
         "InvalidNetworkInterfaceID.NotFound"},
        {"ec2.DescribeSecurityGroupRules", "SecurityGroupRuleIds", "sgr-00000000000000000",
         "InvalidSecurityGroupRuleId.NotFound"},
        {"ec2.DescribeSecurityGroupRules", "SecurityGroupRuleIds", "203.0.113.0/24",
         "InvalidSecurityGroupRuleId.Malformed"},
        {"ec2.DescribeSecurityGroupRules", "SecurityGroupRuleIds", "sgr-123",
         "InvalidSecurityGroupRuleId.Malformed"},
        {"ec2.DescribeManagedPrefixLists", "PrefixListIds", "pl-00000000000000000",
         "InvalidPrefixListID.NotFound"},
        {"ec2.DescribeManagedPrefixLists", "PrefixListIds", "offices",
         "InvalidPrefixListId.Malformed"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        cJSON *input = cJSON_CreateObject();
        cJSON_AddItemToObject(input, rows[i].member, json_make("[%s]", rows[i].id));
        assert_refused(world, showcase, rows[i].operation, input, rows[i].code);
    }
    assert_refused(world, showcase, "ec2.DescribeInstances",
                   json_make("{MaxResults:5,InstanceIds:['i-00000000000000000']}"),
                   "InvalidParameterCombination");
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        assert_refused(world, showcase, "ec2.DescribeInstances",
                       json_make("{MaxResults:%d}", sizes[i]), "InvalidParameterValue");
        assert_refused(world, showcase, "ec2.DescribeVolumes",
                       json_make("{MaxResults:%d}", sizes[i]), "InvalidParameterValue");
    }
}

/* --- revoking ------------------------------------------------------------------------------- */

static cJSON *ssh_from(const char *group_id, const char *cidr)
{
    return json_make("{GroupId:%s,IpPermissions:[{IpProtocol:'tcp',FromPort:22,ToPort:22,"
                     "IpRanges:[{CidrIp:%s}]}]}",
                     group_id, cidr);
}

static void a_rule_is_revoked_by_its_id(void **state)
{
    char id[RESOURCE_ID_SIZE], rule_id[RESOURCE_ID_SIZE];
    (void)state;
    group_named("bastion", id);
    cJSON *rules = rules_of(showcase, id);
    keep_id(rule_id, text_at(find_in(rules, "CidrIpv4", "0.0.0.0/0"), "SecurityGroupRuleId"));
    assert_false(json_bool(rules->child, "IsEgress", true));
    assert_refused(world, showcase, "ec2.RevokeSecurityGroupEgress", /* it lets in */
                   json_make("{GroupId:%s,SecurityGroupRuleIds:[%s]}", id, rule_id),
                   "InvalidSecurityGroupRuleId.NotFound");
    cJSON *reply = ask(world, showcase, "ec2.RevokeSecurityGroupIngress",
                       json_make("{GroupId:%s,SecurityGroupRuleIds:[%s]}", id, rule_id));
    assert_true(json_bool(reply, "Return", false));
    const cJSON *revoked = json_items(reply, "RevokedSecurityGroupRules");
    assert_string_equal(text_at(revoked, "SecurityGroupRuleId"), rule_id);
    assert_string_equal(text_at(revoked, "Description"), "temporary, remove after migration");
    cJSON_Delete(reply);
    assert_refused(world, showcase, "ec2.RevokeSecurityGroupIngress",
                   json_make("{GroupId:%s,SecurityGroupRuleIds:[%s]}", id, rule_id),
                   "InvalidSecurityGroupRuleId.NotFound");
    assert_refused(world, showcase, "ec2.DescribeSecurityGroupRules",
                   json_make("{SecurityGroupRuleIds:[%s]}", rule_id),
                   "InvalidSecurityGroupRuleId.NotFound");
    cJSON_Delete(rules);
    rules = rules_of(showcase, id);
    assert_int_equal(cJSON_GetArraySize(rules), 1); /* the outbound one */
    cJSON_Delete(rules);
}

/* An id that is not the group's spoils the whole request. */
static void revoking_is_all_or_nothing(void **state)
{
    char web[RESOURCE_ID_SIZE], app[RESOURCE_ID_SIZE];
    (void)state;
    group_named("web", web);
    group_named("app", app);
    cJSON *web_rules = rules_of(showcase, web), *app_rules = rules_of(showcase, app);
    assert_refused(world, showcase, "ec2.RevokeSecurityGroupIngress",
                   json_make("{GroupId:%s,SecurityGroupRuleIds:[%s,%s]}", web,
                             text_at(web_rules->child, "SecurityGroupRuleId"),
                             text_at(app_rules->child, "SecurityGroupRuleId")),
                   "InvalidSecurityGroupRuleId.NotFound");
    cJSON *after = rules_of(showcase, web);
    assert_true(cJSON_Compare(web_rules, after, true));
    cJSON_Delete(after);
    cJSON_Delete(web_rules);
    cJSON_Delete(app_rules);
}

/* The first cell with a default VPC and a group in it that has inbound rules. */
static struct from find_default_vpc(char *group_id, char *group_name)
{
    for (uint32_t cell = 0; cell < world->n_cells; cell++) {
        struct ref vpc = {.type = EC2_VPC, .cell = cell};
        if (cell_count(world, cell, EC2_SECURITY_GROUP) < 2 || !network_vpc_is_default(world, vpc))
            continue;
        struct resource group;
        struct ref ref = {EC2_SECURITY_GROUP, cell, cell_count(world, cell, EC2_VPC)};
        resource_describe(world, ref, &group);
        if (!network_vpc_is_default(world, network_vpc(world, ref)))
            continue;
        keep_id(group_id, group.id);
        keep_id(group_name, group.name);
        return from_cell(world, cell);
    }
    fail_msg("no default VPC");
    return showcase;
}

static void unknown_permissions_differ_by_vpc(void **state)
{
    char id[RESOURCE_ID_SIZE], name[RESOURCE_ID_SIZE];
    (void)state;
    group_named("web", id); /* not in a default VPC */
    assert_refused(world, showcase, "ec2.RevokeSecurityGroupIngress", ssh_from(id, "9.9.9.9/32"),
                   "InvalidPermission.NotFound");
    struct from from = find_default_vpc(id, name);
    cJSON *before = rules_of(from, id);
    cJSON *reply = ask(world, from, "ec2.RevokeSecurityGroupIngress", ssh_from(id, "9.9.9.9/32"));
    assert_true(json_bool(reply, "Return", false));
    const cJSON *unknown = json_items(reply, "UnknownIpPermissions");
    assert_int_equal(number_at(unknown, "FromPort"), 22);
    assert_string_equal(text_at(json_items(unknown, "IpRanges"), "CidrIp"), "9.9.9.9/32");
    assert_null(json_items(reply, "RevokedSecurityGroupRules"));
    cJSON *after = rules_of(from, id);
    assert_true(cJSON_Compare(before, after, true));
    cJSON_Delete(after);
    cJSON_Delete(before);
    cJSON_Delete(reply);
}

/* Groups go by their names in the default VPC only. */
static void names_are_for_default_vpcs(void **state)
{
    char id[RESOURCE_ID_SIZE], name[RESOURCE_ID_SIZE];
    (void)state;
    struct from from = find_default_vpc(id, name);
    cJSON *groups =
        ask(world, from, "ec2.DescribeSecurityGroups", json_make("{GroupNames:[%s]}", name));
    assert_string_equal(text_at(json_items(groups, "SecurityGroups"), "GroupId"), id);
    cJSON_Delete(groups);
    assert_refused(world, showcase, "ec2.DescribeSecurityGroups", json_make("{GroupNames:['web']}"),
                   "InvalidGroup.NotFound");
    assert_refused(world, showcase, "ec2.RevokeSecurityGroupIngress",
                   json_make("{GroupName:'web',IpProtocol:'tcp',FromPort:443,ToPort:443,"
                             "CidrIp:'0.0.0.0/0'}"),
                   "InvalidGroup.NotFound");
}

/* --- authorizing ---------------------------------------------------------------------------- */

static cJSON *permission_request(const char *group_id, const char *permission)
{
    cJSON *request = json_make("{GroupId:%s}", group_id);
    cJSON *parsed = cJSON_Parse(permission);
    assert_non_null(parsed);
    cJSON_AddItemToObject(request, "IpPermissions", json_make("[%o]", parsed));
    return request;
}

static void a_revoked_rule_comes_back_under_a_new_id(void **state)
{
    char id[RESOURCE_ID_SIZE], rule_id[RESOURCE_ID_SIZE];
    (void)state;
    group_named("rdp", id);
    cJSON *rules = rules_of(showcase, id);
    keep_id(rule_id, text_at(rules->child, "SecurityGroupRuleId"));
    cJSON_Delete(rules);
    cJSON_Delete(ask(world, showcase, "ec2.RevokeSecurityGroupIngress",
                     json_make("{GroupId:%s,SecurityGroupRuleIds:[%s]}", id, rule_id)));
    cJSON *request = permission_request(
        id, "{\"IpProtocol\":\"6\",\"FromPort\":3389,\"ToPort\":3389,\"IpRanges\":"
            "[{\"CidrIp\":\"100.68.0.18/18\",\"Description\":\"vendor access\"}]}");
    cJSON_AddItemToObject(request, "TagSpecifications",
                          json_make("[{ResourceType:'security-group-rule',"
                                    "Tags:[{Key:'Ticket',Value:'4711'}]}]"));
    cJSON *reply = ask(world, showcase, "ec2.AuthorizeSecurityGroupIngress", request);
    const cJSON *rule = json_items(reply, "SecurityGroupRules");
    assert_string_not_equal(text_at(rule, "SecurityGroupRuleId"), rule_id);
    assert_string_equal(text_at(rule, "IpProtocol"), "tcp");
    assert_string_equal(text_at(rule, "CidrIpv4"), "100.68.0.0/18");
    assert_string_equal(text_at(json_items(rule, "Tags"), "Key"), "Ticket");
    cJSON *found = ask_all(world, showcase, "ec2.DescribeSecurityGroupRules",
                           one_filter("tag:Ticket", "4711"), "SecurityGroupRules", NULL);
    assert_int_equal(cJSON_GetArraySize(found), 1);
    cJSON_Delete(found);
    cJSON_Delete(reply);
}

static void authorize_refuses_what_ec2_refuses(void **state)
{
    static const struct {
        const char *permission, *code;
    } rows[] = {
        {"{\"IpProtocol\":\"tcp\",\"FromPort\":443,\"ToPort\":443,"
         "\"IpRanges\":[{\"CidrIp\":\"0.0.0.0/0\"}]}",
         "InvalidPermission.Duplicate"},
        {"{\"IpProtocol\":\"tcp\",\"FromPort\":9,\"ToPort\":9,"
         "\"IpRanges\":[{\"CidrIp\":\"10.0.0.1/8\"},{\"CidrIp\":\"10.9.9.9/8\"}]}",
         "InvalidParameterValue"},
        {"{\"IpProtocol\":\"tcp\",\"FromPort\":10,\"ToPort\":9,"
         "\"IpRanges\":[{\"CidrIp\":\"10.0.0.0/8\"}]}",
         "InvalidParameterValue"},
        {"{\"IpProtocol\":\"tcp\",\"FromPort\":0,\"ToPort\":65536,"
         "\"IpRanges\":[{\"CidrIp\":\"10.0.0.0/8\"}]}",
         "InvalidParameterValue"},
        {"{\"IpProtocol\":\"udp\",\"IpRanges\":[{\"CidrIp\":\"10.0.0.0/8\"}]}",
         "InvalidParameterValue"},
        {"{\"IpProtocol\":\"ipx\",\"FromPort\":1,\"ToPort\":1,"
         "\"IpRanges\":[{\"CidrIp\":\"10.0.0.0/8\"}]}",
         "InvalidParameterValue"},
        {"{\"IpProtocol\":\"icmp\",\"FromPort\":-1,\"ToPort\":3,"
         "\"IpRanges\":[{\"CidrIp\":\"10.0.0.0/8\"}]}",
         "InvalidParameterValue"},
        {"{\"IpProtocol\":\"tcp\",\"FromPort\":1,\"ToPort\":1,"
         "\"IpRanges\":[{\"CidrIp\":\"10.0.0.0/33\"}]}",
         "InvalidParameterValue"},
        {"{\"IpProtocol\":\"tcp\",\"FromPort\":1,\"ToPort\":1,"
         "\"IpRanges\":[{\"CidrIp\":\"10.0.0.0\"}]}",
         "InvalidParameterValue"},
        {"{\"IpProtocol\":\"tcp\",\"FromPort\":1,\"ToPort\":1,"
         "\"IpRanges\":[{\"CidrIp\":\"::/0\"}]}",
         "InvalidParameterValue"},
        {"{\"IpProtocol\":\"tcp\",\"FromPort\":1,\"ToPort\":1,"
         "\"IpRanges\":[{\"CidrIp\":\"10.0.0.0/8\",\"Description\":\"semi\\tcolon\"}]}",
         "InvalidParameterValue"},
        {"{\"IpProtocol\":\"tcp\",\"FromPort\":1,\"ToPort\":1}", "MissingParameter"},
        {"{\"IpProtocol\":\"tcp\",\"FromPort\":1,\"ToPort\":1,"
         "\"UserIdGroupPairs\":[{\"GroupId\":\"sg-00000000000000000\"}]}",
         "InvalidGroup.NotFound"},
        {"{\"IpProtocol\":\"tcp\",\"FromPort\":1,\"ToPort\":1,"
         "\"PrefixListIds\":[{\"PrefixListId\":\"pl-00000000000000000\"}]}",
         "InvalidPrefixListID.NotFound"},
        {"{\"IpProtocol\":\"tcp\",\"FromPort\":1,\"ToPort\":1,"
         "\"UserIdGroupPairs\":[{\"GroupId\":\"web\"}]}",
         "InvalidGroupId.Malformed"},
        {"{\"IpProtocol\":\"tcp\",\"FromPort\":1,\"ToPort\":1,"
         "\"PrefixListIds\":[{\"PrefixListId\":\"offices\"}]}",
         "InvalidPrefixListId.Malformed"},
    };
    char id[RESOURCE_ID_SIZE];
    (void)state;
    group_named("web", id);
    cJSON *before = rules_of(showcase, id);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refused(world, showcase, "ec2.AuthorizeSecurityGroupIngress",
                       permission_request(id, rows[i].permission), rows[i].code);
    assert_refused(world, showcase, "ec2.AuthorizeSecurityGroupIngress",
                   json_make("{GroupId:%s}", id), "MissingParameter");
    assert_refused(world, showcase, "ec2.AuthorizeSecurityGroupIngress",
                   json_make("{IpProtocol:'tcp',FromPort:1,ToPort:1,CidrIp:'10.0.0.0/8'}"),
                   "MissingParameter");
    cJSON *after = rules_of(showcase, id);
    assert_true(cJSON_Compare(before, after, true));
    cJSON_Delete(before);
    cJSON_Delete(after);
}

/* {GroupId, SecurityGroupRules: [{SecurityGroupRuleId, SecurityGroupRule}]} */
static cJSON *update_request(const char *group_id, const char *rule_id, const char *body)
{
    cJSON *request =
        json_make("{GroupId:%s,SecurityGroupRules:[{SecurityGroupRuleId:%s}]}", group_id, rule_id);
    cJSON_AddItemToObject(cJSON_GetObjectItem(request, "SecurityGroupRules")->child,
                          "SecurityGroupRule", cJSON_Parse(body));
    return request;
}

#define RDP "\"IpProtocol\":\"tcp\",\"FromPort\":3389,\"ToPort\":3389"

/* What is sent is the whole of the rule: what is left out is gone. */
static void a_modified_rule_keeps_its_id(void **state)
{
    char id[RESOURCE_ID_SIZE], rule_id[RESOURCE_ID_SIZE];
    (void)state;
    group_named("rdp", id);
    cJSON *before = rules_of(showcase, id);
    keep_id(rule_id, text_at(before->child, "SecurityGroupRuleId"));
    assert_string_equal(text_at(before->child, "Description"), "vendor access");
    cJSON *reply = ask(world, showcase, "ec2.ModifySecurityGroupRules",
                       update_request(id, rule_id,
                                      "{" RDP ",\"CidrIpv4\":\"203.0.113.7/24\","
                                      "\"Description\":\"vendor access\"}"));
    assert_true(json_bool(reply, "Return", false));
    cJSON *after = rules_of(showcase, id);
    assert_int_equal(cJSON_GetArraySize(after), cJSON_GetArraySize(before));
    assert_string_equal(text_at(after->child, "SecurityGroupRuleId"), rule_id);
    assert_string_equal(text_at(after->child, "CidrIpv4"), "203.0.113.0/24");
    assert_string_equal(text_at(after->child, "Description"), "vendor access");
    cJSON_Delete(ask(world, showcase, "ec2.ModifySecurityGroupRules",
                     update_request(id, rule_id, "{" RDP ",\"CidrIpv4\":\"0.0.0.0/0\"}")));
    cJSON *bare = rules_of(showcase, id);
    assert_string_equal(text_at(bare->child, "CidrIpv4"), "0.0.0.0/0");
    assert_null(json_get(bare->child, "Description"));
    cJSON_Delete(bare);
    cJSON_Delete(after);
    cJSON_Delete(before);
    cJSON_Delete(reply);
}

static void modify_refuses_what_ec2_refuses(void **state)
{
    static const struct {
        const char *body, *code;
    } rows[] = {
        {"{" RDP "}", "MissingParameter"},
        {"{" RDP ",\"CidrIpv4\":\"10.0.0.0/8\",\"CidrIpv6\":\"2001:db8::/32\"}",
         "InvalidParameterCombination"},
        {"{" RDP ",\"CidrIpv6\":\"2001:db8::/32\"}", "InvalidParameterValue"}, /* another type */
        {"{" RDP ",\"CidrIpv4\":\"10.0.0.0/33\"}", "InvalidParameterValue"},
        {"{\"IpProtocol\":\"tcp\",\"CidrIpv4\":\"10.0.0.0/8\"}", "InvalidParameterValue"},
        {"{\"CidrIpv4\":\"10.0.0.0/8\"}", "InvalidParameterValue"},
        {"{" RDP ",\"PrefixListId\":\"pl-00000000000000000\"}", "InvalidPrefixListID.NotFound"},
        {"{" RDP ",\"ReferencedGroupId\":\"sg-00000000000000000\"}", "InvalidGroup.NotFound"},
        {"{" RDP ",\"CidrIpv4\":\"10.0.0.0/8\",\"Description\":\"semi\tcolon\"}",
         "InvalidParameterValue"},
        {"{" RDP ",\"CidrIpv4\":\"198.51.100.0/24\"}", "InvalidPermission.Duplicate"},
    };
    char id[RESOURCE_ID_SIZE], other[RESOURCE_ID_SIZE], rule_id[RESOURCE_ID_SIZE];
    (void)state;
    group_named("rdp", id);
    group_named("web", other);
    cJSON *first = rules_of(showcase, id);
    keep_id(rule_id, text_at(first->child, "SecurityGroupRuleId"));
    cJSON_Delete(first);
    cJSON_Delete(ask(world, showcase, "ec2.AuthorizeSecurityGroupIngress",
                     permission_request(id, "{" RDP ",\"IpRanges\":"
                                            "[{\"CidrIp\":\"198.51.100.0/24\"}]}")));
    cJSON *before = rules_of(showcase, id);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refused(world, showcase, "ec2.ModifySecurityGroupRules",
                       update_request(id, rule_id, rows[i].body), rows[i].code);
    static const char fine[] = "{" RDP ",\"CidrIpv4\":\"10.0.0.0/8\"}";
    assert_refused(world, showcase, "ec2.ModifySecurityGroupRules",
                   update_request(id, "sgr-00000000000000000", fine),
                   "InvalidSecurityGroupRuleId.NotFound");
    assert_refused(world, showcase, "ec2.ModifySecurityGroupRules",
                   update_request(id, "first", fine), "InvalidSecurityGroupRuleId.Malformed");
    assert_refused(world, showcase, "ec2.ModifySecurityGroupRules",
                   update_request("sg-web", rule_id, fine), "InvalidGroupId.Malformed");
    assert_refused(world, showcase, "ec2.ModifySecurityGroupRules",
                   update_request(other, rule_id, fine), "InvalidSecurityGroupRuleId.NotFound");
    assert_refused(world, showcase, "ec2.ModifySecurityGroupRules",
                   update_request("sg-00000000000000000", rule_id, fine), "InvalidGroup.NotFound");
    cJSON *after = rules_of(showcase, id);
    assert_true(cJSON_Compare(before, after, true));
    cJSON_Delete(before);
    cJSON_Delete(after);
}

static void the_quota_holds(void **state)
{
    char id[RESOURCE_ID_SIZE], cidr[32];
    int n = 0;
    (void)state;
    group_named("cache", id);
    for (; n < 100; n++) {
        snprintf(cidr, sizeof cidr, "192.0.2.%d/32", n);
        cJSON *reply =
            ask(world, showcase, "ec2.AuthorizeSecurityGroupIngress", ssh_from(id, cidr));
        if (!reply)
            break;
        cJSON_Delete(reply);
    }
    assert_string_equal(ask_code, "RulesPerSecurityGroupLimitExceeded");
    assert_int_equal(n, 59); /* one was there */
}

static void other_accounts_groups_are_not_there(void **state)
{
    char id[RESOURCE_ID_SIZE];
    (void)state;
    group_named("web", id);
    assert_refused(world, from_management(world), "ec2.DescribeSecurityGroups",
                   json_make("{GroupIds:[%s]}", id), "InvalidGroup.NotFound");
    struct from elsewhere = {showcase.account_id, world_region(world, 1)};
    assert_refused(world, elsewhere, "ec2.RevokeSecurityGroupIngress", ssh_from(id, "0.0.0.0/0"),
                   "InvalidGroup.NotFound");
}

static void regions_are_listed(void **state)
{
    (void)state;
    cJSON *reply = ask(world, showcase, "ec2.DescribeRegions", NULL);
    assert_int_equal(cJSON_GetArraySize(json_get(reply, "Regions")), 4);
    cJSON_Delete(reply);
    reply = ask(world, showcase, "ec2.DescribeRegions", one_filter("endpoint", "ec2.eu-west-1.*"));
    assert_string_equal(text_at(json_items(reply, "Regions"), "RegionName"), "eu-west-1");
    cJSON_Delete(reply);
    assert_refused(world, showcase, "ec2.DescribeRegions", json_make("{RegionNames:['mars-1']}"),
                   "InvalidParameterValue");
}

/* Nodes of Systems Manager are instances of the same account and region. */
static void nodes_are_instances(void **state)
{
    (void)state;
    cJSON *nodes = ask_all(world, showcase, "ssm.DescribeInstanceInformation", NULL,
                           "InstanceInformationList", NULL);
    cJSON *reservations =
        ask_all(world, showcase, "ec2.DescribeInstances", NULL, "Reservations", NULL);
    const cJSON *node;
    assert_true(cJSON_GetArraySize(nodes) > 0);
    cJSON_ArrayForEach (node, nodes) {
        bool found = false;
        const cJSON *reservation;
        cJSON_ArrayForEach (reservation, reservations) {
            const cJSON *instance = json_items(reservation, "Instances");
            if (strcmp(text_at(instance, "InstanceId"), text_at(node, "InstanceId")) != 0)
                continue;
            found = true;
            assert_string_equal(text_at(instance, "PrivateIpAddress"), text_at(node, "IPAddress"));
            assert_int_equal(strcmp(text_at(instance, "Platform"), "Windows") == 0,
                             strcmp(text_at(node, "PlatformType"), "Windows") == 0);
        }
        assert_true(found);
    }
    assert_refused(world, showcase, "ssm.DescribeInstanceInformation",
                   json_make("{Filters:[{Key:'Colour',Values:['red']}]}"), "InvalidFilterKey");
    cJSON_Delete(nodes);
    cJSON_Delete(reservations);
}

/* The patch states of nodes add up to what AWS Config records of them; a node that Config knows no
 * patches of is left out, as are ids that are nobody's. */
static void patch_states_say_what_config_records(void **state)
{
    (void)state;
    cJSON *nodes = ask_all(world, showcase, "ssm.DescribeInstanceInformation", NULL,
                           "InstanceInformationList", NULL);
    cJSON *ids = cJSON_CreateArray();
    const cJSON *node;
    size_t reported = 0;
    cJSON_ArrayForEach (node, nodes)
        cJSON_AddItemToArray(ids, cJSON_CreateString(text_at(node, "InstanceId")));
    cJSON_AddItemToArray(ids, cJSON_CreateString("i-0123456789abcdef0"));
    cJSON *states = ask_all(world, showcase, "ssm.DescribeInstancePatchStates",
                            json_make("{InstanceIds:%o}", ids), "InstancePatchStates", NULL);
    cJSON_ArrayForEach (node, nodes) {
        const char *id = text_at(node, "InstanceId");
        const cJSON *patches = find_in(states, "InstanceId", id);
        char name[RESOURCE_ID_SIZE];
        struct ref ref;
        snprintf(name, sizeof name, "AWS::SSM::ManagedInstanceInventory/%s", id);
        uint32_t cell = cell_number(world, world_cell(world, showcase.account_id, showcase.region));
        bool known = resource_find(world, cell, SSM_PATCH, name, &ref);
        assert_int_equal(known, patches != NULL);
        if (!known)
            continue;
        cJSON *doc = doc_live(world, ref);
        int64_t n = json_i64(
            json_path(json_get(doc, "configuration"), "AWS:ComplianceSummary.Content.Patch"),
            "NonCompliantCount", -1);
        assert_int_equal(n, number_at(patches, "MissingCount") + number_at(patches, "FailedCount") +
                                number_at(patches, "InstalledPendingRebootCount"));
        assert_int_equal(n, number_at(patches, "CriticalNonCompliantCount") +
                                number_at(patches, "SecurityNonCompliantCount") +
                                number_at(patches, "OtherNonCompliantCount"));
        if (strcmp(text_at(patches, "Operation"), "Install") == 0)
            assert_int_equal(number_at(patches, "MissingCount"), 0);
        cJSON_Delete(doc);
        reported++;
    }
    assert_int_equal(cJSON_GetArraySize(states), reported);
    assert_true(reported > 0 && reported < (size_t)cJSON_GetArraySize(nodes));
    cJSON_Delete(nodes);
    cJSON_Delete(states);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rules_add_up_to_permissions, begin, end),
        cmocka_unit_test_setup_teardown(interfaces_name_groups_and_instances_that_exist, begin,
                                        end),
        cmocka_unit_test_setup_teardown(volumes_and_instances_agree, begin, end),
        cmocka_unit_test_setup_teardown(config_records_what_ec2_shows, begin, end),
        cmocka_unit_test_setup_teardown(the_truth_table_is_there, begin, end),
        cmocka_unit_test_setup_teardown(prefix_lists_hold_the_world, begin, end),
        cmocka_unit_test(wildcards_match),
        cmocka_unit_test_setup_teardown(filters_select, begin, end),
        cmocka_unit_test_setup_teardown(unknown_ids_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_rule_is_revoked_by_its_id, begin, end),
        cmocka_unit_test_setup_teardown(revoking_is_all_or_nothing, begin, end),
        cmocka_unit_test_setup_teardown(unknown_permissions_differ_by_vpc, begin, end),
        cmocka_unit_test_setup_teardown(names_are_for_default_vpcs, begin, end),
        cmocka_unit_test_setup_teardown(a_revoked_rule_comes_back_under_a_new_id, begin, end),
        cmocka_unit_test_setup_teardown(authorize_refuses_what_ec2_refuses, begin, end),
        cmocka_unit_test_setup_teardown(a_modified_rule_keeps_its_id, begin, end),
        cmocka_unit_test_setup_teardown(modify_refuses_what_ec2_refuses, begin, end),
        cmocka_unit_test_setup_teardown(the_quota_holds, begin, end),
        cmocka_unit_test_setup_teardown(other_accounts_groups_are_not_there, begin, end),
        cmocka_unit_test_setup_teardown(regions_are_listed, begin, end),
        cmocka_unit_test_setup_teardown(nodes_are_instances, begin, end),
        cmocka_unit_test_setup_teardown(patch_states_say_what_config_records, begin, end),
    };
    return cmocka_run_group_tests(tests, load_models, unload_models);
}
