/* Who changed what: edits from outside leave their events, the past agrees with AWS Config. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/sandbox/helper_world.h"

#define DELIVERY_S 120
#define DAY_S      86400

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

static double now_s(void)
{
    return (double)world_now_ms(world) / 1000;
}

/* Events of the showcase since so many seconds ago, the newest first. */
static cJSON *events_since(double ago_s)
{
    cJSON *input = json_make("{MaxResults:7}");
    cJSON_AddNumberToObject(input, "StartTime", now_s() - ago_s);
    return ask_all(world, showcase, "cloudtrail.LookupEvents", input, "Events", NULL);
}

static void path_to(char *path, size_t size, const char *type, const char *id)
{
    snprintf(path, size, "/resources/%s/%s/%s/%s", showcase.account_id, showcase.region, type, id);
}

static void edits_leave_events(void **state)
{
    (void)state;
    char path[512], group_id[RESOURCE_ID_SIZE], volume_id[RESOURCE_ID_SIZE];
    cJSON *groups = ask(world, showcase, "ec2.DescribeSecurityGroups", NULL);
    keep_id(group_id, text_at(json_items(groups, "SecurityGroups"), "GroupId"));
    cJSON_Delete(groups);
    cJSON *volumes = ask(world, showcase, "ec2.DescribeVolumes", NULL);
    keep_id(volume_id, text_at(json_items(volumes, "Volumes"), "VolumeId"));
    cJSON_Delete(volumes);

    snprintf(path, sizeof path, "/resources/%s/%s/AWS::EC2::SecurityGroup/%s/rules/-",
             showcase.account_id, showcase.region, group_id);
    assert_int_equal(patch_one(world, "add", path,
                               json_make("{isEgress:false,ipProtocol:'tcp',fromPort:8080,"
                                         "toPort:8080,cidrIpv4:'192.0.2.0/24'}")),
                     OK);
    path_to(path, sizeof path, "AWS::EC2::Volume", volume_id);
    assert_int_equal(patch_one(world, "remove", path, NULL), OK);
    snprintf(path, sizeof path, "/recorders/%s/%s/state", showcase.account_id, showcase.region);
    assert_int_equal(patch_one(world, "replace", path, cJSON_CreateString("stopped")), OK);

    cJSON *events = events_since(0);
    assert_int_equal(cJSON_GetArraySize(events), 0); /* they are on their way */
    cJSON_Delete(events);
    world_advance(world, DELIVERY_S);
    events = events_since(DELIVERY_S);
    const cJSON *opened = find_in(events, "EventName", "AuthorizeSecurityGroupIngress");
    assert_string_equal(text_at(json_items(opened, "Resources"), "ResourceName"), group_id);
    assert_string_equal(text_at(opened, "Username"), "deploy-pipeline");
    assert_string_equal(text_at(opened, "EventSource"), "ec2.amazonaws.com");
    const cJSON *deleted = find_in(events, "EventName", "DeleteVolume");
    assert_string_equal(text_at(json_items(deleted, "Resources"), "ResourceName"), volume_id);
    assert_string_equal(
        text_at(find_in(events, "EventName", "StopConfigurationRecorder"), "EventSource"),
        "config.amazonaws.com");
    cJSON_Delete(events);
}

/* The newest first, each once, the same whenever it is asked; a group that AWS Config saw change
 * was changed then. */
static void the_past_is_told(void **state)
{
    (void)state;
    cJSON *events = events_since(60.0 * DAY_S), *again = events_since(60.0 * DAY_S);
    const cJSON *event;
    double last = 1e18;
    size_t n_opened = 0;
    assert_true(cJSON_Compare(events, again, true));
    assert_true(cJSON_GetArraySize(events) > 50);
    cJSON_ArrayForEach (event, events) {
        double at = cJSON_GetObjectItemCaseSensitive(event, "EventTime")->valuedouble;
        struct ref group;
        int64_t changed_ms;
        assert_true(at <= last && at <= now_s() - DELIVERY_S);
        last = at;
        assert_ptr_equal(find_in(events, "EventId", text_at(event, "EventId")), event);
        if (strcmp(text_at(event, "EventName"), "AuthorizeSecurityGroupIngress") != 0)
            continue;
        uint32_t cell = cell_number(world, world_cell(world, showcase.account_id, showcase.region));
        assert_true(resource_find(world, cell, EC2_SECURITY_GROUP,
                                  text_at(json_items(event, "Resources"), "ResourceName"), &group));
        assert_true(doc_version(world, group, 1, NULL, &changed_ms));
        assert_true(changed_ms == (int64_t)(at * 1000 + 0.5));
        n_opened++;
    }
    assert_true(n_opened > 5);
    cJSON_Delete(events);
    cJSON_Delete(again);
}

static void what_is_refused(void **state)
{
    (void)state;
    const char *operation = "cloudtrail.LookupEvents";
    assert_refused(world, showcase, operation,
                   json_make("{LookupAttributes:[{AttributeKey:'ReadOnly',AttributeValue:'false'},"
                             "{AttributeKey:'Username',AttributeValue:'x'}]}"),
                   "InvalidLookupAttributesException");
    cJSON *input = json_make("{}");
    cJSON_AddNumberToObject(input, "StartTime", now_s());
    cJSON_AddNumberToObject(input, "EndTime", now_s() - 1);
    assert_refused(world, showcase, operation, input, "InvalidTimeRangeException");
    input = json_make("{}");
    cJSON_AddNumberToObject(input, "EndTime", now_s() - 91.0 * DAY_S);
    assert_refused(world, showcase, operation, input, "InvalidTimeRangeException");
    assert_refused(world, showcase, operation, json_make("{NextToken:'x'}"),
                   "InvalidNextTokenException");
}

/* Two a second in an account and region; what is asked elsewhere does not count. */
static void lookups_are_few(void **state)
{
    (void)state;
    struct world *few = make_world("accounts=4,regions=2,resources=200,lookups=2,seed=7");
    struct from here = from_management(few), there = here;
    there.region = world_region(few, 1);
    for (int i = 0; i < 2; i++)
        cJSON_Delete(ask(few, here, "cloudtrail.LookupEvents", json_make("{}")));
    assert_refused(few, here, "cloudtrail.LookupEvents", json_make("{}"), "ThrottlingException");
    cJSON_Delete(ask(few, there, "cloudtrail.LookupEvents", json_make("{}")));
    world_free(few);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(edits_leave_events, begin, end),
        cmocka_unit_test_setup_teardown(the_past_is_told, begin, end),
        cmocka_unit_test_setup_teardown(lookups_are_few, begin, end),
        cmocka_unit_test_setup_teardown(what_is_refused, begin, end),
    };
    return cmocka_run_group_tests(tests, load_models, unload_models);
}
