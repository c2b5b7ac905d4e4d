/* Patches of the world: what they change, what they leave alone, what they refuse. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/sandbox/helper_world.h"

static struct world *world;
static struct from showcase;
static char group_id[RESOURCE_ID_SIZE];

#define GROUP_TYPE "AWS::EC2::SecurityGroup"

static int begin(void **state)
{
    (void)state;
    world = make_world("accounts=24,regions=4,resources=3000,seed=7");
    showcase = from_showcase(world);
    resource_id(world,
                (struct ref){.type = EC2_SECURITY_GROUP,
                             .cell = (uint32_t)(world->showcase * world->spec.regions),
                             .index = 1},
                group_id);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_free(world);
    return 0;
}

/* "/resources/ACCOUNT/REGION/TYPE/ID" and what follows. */
static const char *path_of(const char *type, const char *id, const char *rest)
{
    static char path[1024];
    snprintf(path, sizeof path, "/resources/%s/%s/%s/%s%s", showcase.account_id, showcase.region,
             type, id, rest);
    return path;
}

static const char *account_path(const char *rest)
{
    static char path[128];
    snprintf(path, sizeof path, "/accounts/%s%s", showcase.account_id, rest);
    return path;
}

static cJSON *describe_group(const char *id)
{
    cJSON *reply =
        ask(world, showcase, "ec2.DescribeSecurityGroups", json_make("{GroupIds:[%s]}", id));
    assert_non_null(reply);
    cJSON *group = cJSON_Duplicate(json_items(reply, "SecurityGroups"), true);
    cJSON_Delete(reply);
    return group;
}

static void accounts_change(void **state)
{
    (void)state;
    assert_int_equal(
        patch_one(world, "replace", account_path("/name"), cJSON_CreateString("evil\x1b[31m name")),
        OK);
    assert_int_equal(
        patch_one(world, "replace", account_path("/role_access"), cJSON_CreateString("denied")),
        OK);
    assert_int_equal(
        patch_one(world, "add", account_path("/tags/Team"), cJSON_CreateString("night shift")), OK);
    assert_int_equal(patch_one(world, "replace", account_path("/ou"), cJSON_CreateString("Prod")),
                     OK);
    assert_int_equal(world_role_access(world, showcase.account_id, "OrganizationAccountAccessRole"),
                     ROLE_DENIED);
    cJSON *accounts = ask_all(world, from_management(world), "organizations.ListAccounts", NULL,
                              "Accounts", NULL);
    const cJSON *account = find_in(accounts, "Id", showcase.account_id);
    assert_string_equal(text_at(account, "Name"), "evil\x1b[31m name");
    cJSON *tags = ask(world, from_management(world), "organizations.ListTagsForResource",
                      json_make("{ResourceId:%s}", showcase.account_id));
    assert_string_equal(text_at(find_in(json_get(tags, "Tags"), "Key", "Team"), "Value"),
                        "night shift");
    cJSON_Delete(tags);
    cJSON_Delete(accounts);
}

/* What derives from the seed stays, wherever the account goes and whatever it is called. */
static void resources_do_not_follow(void **state)
{
    (void)state;
    cJSON *before =
        ask_all(world, showcase, "ec2.DescribeSecurityGroups", NULL, "SecurityGroups", NULL);
    cJSON *counts = ask(world, showcase, "config.GetDiscoveredResourceCounts", NULL);
    assert_int_equal(patch_one(world, "replace", account_path("/name"), cJSON_CreateString("x")),
                     OK);
    assert_int_equal(patch_one(world, "replace", account_path("/ou"), cJSON_CreateString("Prod")),
                     OK);
    cJSON *after =
        ask_all(world, showcase, "ec2.DescribeSecurityGroups", NULL, "SecurityGroups", NULL);
    cJSON *counts_after = ask(world, showcase, "config.GetDiscoveredResourceCounts", NULL);
    assert_true(cJSON_Compare(before, after, true));
    assert_true(cJSON_Compare(counts, counts_after, true));
    cJSON_Delete(before);
    cJSON_Delete(after);
    cJSON_Delete(counts);
    cJSON_Delete(counts_after);
}

static void groups_change(void **state)
{
    (void)state;
    assert_int_equal(patch_one(world, "add", path_of(GROUP_TYPE, group_id, "/rules/-"),
                               json_make("{ipProtocol:'tcp',fromPort:3389,toPort:3389,"
                                         "cidrIpv4:'0.0.0.0/0'}")),
                     OK);
    assert_int_equal(patch_one(world, "replace",
                               path_of(GROUP_TYPE, group_id, "/configuration/groupName"),
                               cJSON_CreateString("renamed")),
                     OK);
    assert_int_equal(patch_one(world, "add", path_of(GROUP_TYPE, group_id, "/tags/a~1b"),
                               cJSON_CreateString("c")),
                     OK);
    cJSON *group = describe_group(group_id);
    assert_string_equal(text_at(group, "GroupName"), "renamed");
    assert_int_equal(cJSON_GetArraySize(json_get(group, "IpPermissions")), 2);
    assert_string_equal(text_at(find_in(json_get(group, "Tags"), "Key", "a/b"), "Value"), "c");
    cJSON *rules = ask_all(world, showcase, "ec2.DescribeSecurityGroupRules",
                           json_make("{Filters:[{Name:'group-id',Values:[%s]}]}", group_id),
                           "SecurityGroupRules", NULL);
    assert_int_equal(cJSON_GetArraySize(rules), 3);
    const cJSON *rule;
    cJSON_ArrayForEach (rule, rules)
        assert_true(strncmp(text_at(rule, "SecurityGroupRuleId"), "sgr-", 4) == 0);
    cJSON_Delete(rules);
    cJSON_Delete(group);
}

/* The VPC becomes the default one, and with it what a revoke of unknown rules does. */
static void a_vpc_becomes_the_default(void **state)
{
    (void)state;
    cJSON *group = describe_group(group_id);
    cJSON *unknown = json_make("{GroupId:%s,IpProtocol:'tcp',FromPort:9,ToPort:9,"
                               "CidrIp:'192.0.2.0/24'}",
                               group_id);
    assert_refused(world, showcase, "ec2.RevokeSecurityGroupIngress",
                   cJSON_Duplicate(unknown, true), "InvalidPermission.NotFound");
    assert_int_equal(
        patch_one(world, "replace",
                  path_of("AWS::EC2::VPC", text_at(group, "VpcId"), "/configuration/isDefault"),
                  cJSON_CreateTrue()),
        OK);
    cJSON *reply = ask(world, showcase, "ec2.RevokeSecurityGroupIngress", unknown);
    assert_non_null(json_items(reply, "UnknownIpPermissions"));
    cJSON_Delete(reply);
    reply =
        ask(world, showcase, "ec2.DescribeSecurityGroups", json_make("{GroupNames:['bastion']}"));
    assert_non_null(json_items(reply, "SecurityGroups"));
    cJSON_Delete(reply);
    cJSON_Delete(group);
}

static void resources_come_and_go(void **state)
{
    char id[] = "sg-0feedfacecafebeef";
    (void)state;
    assert_int_equal(patch_one(world, "add", path_of(GROUP_TYPE, id, ""),
                               json_make("{configuration:{groupId:%s,groupName:'new',"
                                         "description:'x',vpcId:'vpc-1',ownerId:%s},tags:{},"
                                         "rules:[]}",
                                         id, showcase.account_id)),
                     OK);
    cJSON *group = describe_group(id);
    assert_string_equal(text_at(group, "GroupName"), "new");
    cJSON_Delete(group);
    assert_int_equal(patch_one(world, "remove", path_of(GROUP_TYPE, id, ""), NULL), OK);
    assert_refused(world, showcase, "ec2.DescribeSecurityGroups", json_make("{GroupIds:[%s]}", id),
                   "InvalidGroup.NotFound");
    assert_int_equal(patch_one(world, "remove", path_of(GROUP_TYPE, group_id, ""), NULL), OK);
    assert_refused(world, showcase, "ec2.DescribeSecurityGroups",
                   json_make("{GroupIds:[%s]}", group_id), "InvalidGroup.NotFound");
}

/* Deleted resources leave the counts when AWS Config has noticed. */
static void counts_follow(void **state)
{
    (void)state;
    struct from from = from_management(world);
    assert_int_equal(patch_one(world, "remove", path_of(GROUP_TYPE, group_id, ""), NULL), OK);
    for (int after = 0; after <= 1; after++) {
        cJSON *counts = ask(world, from, "config.GetAggregateDiscoveredResourceCounts",
                            json_make("{ConfigurationAggregatorName:'organization'}"));
        assert_int_equal(number_at(counts, "TotalDiscoveredResources"), 3000 - after);
        cJSON_Delete(counts);
        world_advance(world, 600);
    }
}

static void recorders_change(void **state)
{
    char path[128];
    (void)state;
    snprintf(path, sizeof path, "/recorders/%s/%s/state", showcase.account_id, showcase.region);
    assert_int_equal(patch_one(world, "replace", path, cJSON_CreateString("missing")), OK);
    cJSON *recorders = ask(world, showcase, "config.DescribeConfigurationRecorders", NULL);
    assert_null(json_items(recorders, "ConfigurationRecorders"));
    cJSON *rules = ask(world, showcase, "config.DescribeConfigRules", NULL);
    assert_null(json_items(rules, "ConfigRules"));
    assert_refused(world, showcase, "config.ListDiscoveredResources",
                   json_make("{resourceType:'" GROUP_TYPE "'}"),
                   "NoAvailableConfigurationRecorderException");
    assert_int_equal(patch_one(world, "replace", path, cJSON_CreateString("on")), OK);
    cJSON *again = ask(world, showcase, "config.DescribeConfigRules", NULL);
    assert_non_null(json_items(again, "ConfigRules"));
    cJSON_Delete(again);
    cJSON_Delete(rules);
    cJSON_Delete(recorders);
}

static void what_makes_no_world_is_refused(void **state)
{
    const struct {
        const char *op, *path;
        cJSON *value;
        enum err_code code;
    } rows[] = {
        {"replace", "/accounts/000000000000/name", cJSON_CreateString("x"), ERR_NOT_FOUND},
        {"replace", "/accounts", cJSON_CreateObject(), ERR_NOT_FOUND},
        {"replace", "", cJSON_CreateObject(), ERR_NOT_FOUND},
        {"replace", "/planets/mars", cJSON_CreateObject(), ERR_NOT_FOUND},
        {"remove", account_path(""), NULL, ERR_REFUSED},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(patch_one(world, rows[i].op, rows[i].path, rows[i].value), rows[i].code);
    assert_int_equal(patch_one(world, "replace", account_path("/state"), cJSON_CreateString("x")),
                     ERR_REFUSED);
    assert_int_equal(patch_one(world, "replace", account_path("/name"), cJSON_CreateNumber(3)),
                     ERR_REFUSED);
    assert_int_equal(
        patch_one(world, "replace", account_path("/role_access"), cJSON_CreateString("maybe")),
        ERR_REFUSED);
    assert_int_equal(patch_one(world, "replace", account_path("/tags/Owner"), json_make("[]")),
                     ERR_REFUSED);
    assert_int_equal(patch_one(world, "remove", path_of(GROUP_TYPE, group_id, "/rules"), NULL),
                     ERR_REFUSED);
    assert_int_equal(patch_one(world, "add", path_of(GROUP_TYPE, group_id, "/rules/-"),
                               json_make("{ipProtocol:'tcp',fromPort:1,toPort:1}")),
                     ERR_REFUSED);
    assert_int_equal(patch_one(world, "add", path_of(GROUP_TYPE, group_id, "/rules/-"),
                               json_make("{ipProtocol:'tcp',fromPort:1,toPort:1,cidrIpv4:5}")),
                     ERR_REFUSED);
    assert_int_equal(patch_one(world, "add", path_of("AWS::Bogus::Type", "x", ""), json_make("{}")),
                     ERR_NOT_FOUND);
    assert_int_equal(patch_one(world, "add", path_of("AWS::S3::Bucket", "x", ""), json_make("{}")),
                     ERR_REFUSED);
}

/* The second operation fails, so the first one has not happened. */
static void all_or_nothing(void **state)
{
    struct err err;
    struct buf patch = BUF_NONE;
    (void)state;
    buf_addf(&patch,
             "[{\"op\":\"replace\",\"path\":\"%s\",\"value\":\"changed\"},"
             "{\"op\":\"test\",\"path\":\"%s\",\"value\":\"something else\"}]",
             account_path("/name"), account_path("/email"));
    assert_int_equal(world_patch(world, buf_sv(&patch), &err), ERR_REFUSED);
    assert_string_equal(world_account_name(world, world->showcase), "analytics-dev");
    buf_done(&patch);
    assert_int_equal(world_patch(world, SV("[{]"), &err), ERR_PARSE);
    assert_int_equal(world_patch(world, SV("{}"), &err), ERR_PARSE);
    assert_int_equal(world_patch(world, SV("[]"), &err), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accounts_change, begin, end),
        cmocka_unit_test_setup_teardown(resources_do_not_follow, begin, end),
        cmocka_unit_test_setup_teardown(groups_change, begin, end),
        cmocka_unit_test_setup_teardown(a_vpc_becomes_the_default, begin, end),
        cmocka_unit_test_setup_teardown(resources_come_and_go, begin, end),
        cmocka_unit_test_setup_teardown(counts_follow, begin, end),
        cmocka_unit_test_setup_teardown(recorders_change, begin, end),
        cmocka_unit_test_setup_teardown(what_makes_no_world_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(all_or_nothing, begin, end),
    };
    return cmocka_run_group_tests(tests, load_models, unload_models);
}
