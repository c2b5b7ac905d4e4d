/* OpsItems over the world: what is there, what counts as a duplicate; topics. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/sandbox/world/ops_item.h"
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

static cJSON *create(const char *dedup)
{
    AUTO(buf_done) struct buf value = BUF_NONE;
    cJSON *data = cJSON_CreateObject();
    buf_addf(&value, "{\"dedupString\":\"%s\"}", dedup);
    cJSON_AddItemToObject(data, "/aws/dedup",
                          json_make("{Value:%s,Type:'SearchableString'}", buf_cstr(&value)));
    return ask(world, showcase, "ssm.CreateOpsItem",
               json_make("{Title:'t',Description:'d',Source:'s',OperationalData:%o}", data));
}

static void sources_of_aws_are_its_own(void **state)
{
    (void)state;
    static const char *const sources[] = {"aws", "on-amazon", "amzn.x"};
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        assert_refused(world, showcase, "ssm.CreateOpsItem",
                       json_make("{Title:'t',Description:'d',Source:%s}", sources[i]),
                       "OpsItemInvalidParameterException");
}

static void the_showcase_has_every_severity(void **state)
{
    (void)state;
    bool seen[5] = {0};
    cJSON *items = ask_all(world, showcase, "ssm.DescribeOpsItems", NULL, "OpsItemSummaries", NULL);
    const cJSON *item;
    cJSON_ArrayForEach (item, items)
        seen[text_at(item, "Severity")[0] - '0'] = true;
    assert_true(seen[1] && seen[2] && seen[3] && seen[4]);
    cJSON_Delete(items);
}

static void one_open_item_for_a_dedup_string(void **state)
{
    (void)state;
    cJSON *made = create("a"), *other = create("b");
    assert_non_null(made);
    assert_non_null(other);
    assert_null(create("a"));
    assert_string_equal(ask_code, "OpsItemAlreadyExistsException");
    assert_non_null(strstr(ask_message, text_at(made, "OpsItemId")));
    cJSON_Delete(ask(world, showcase, "ssm.UpdateOpsItem",
                     json_make("{OpsItemId:%s,Status:'Resolved'}", text_at(made, "OpsItemId"))));
    cJSON *again = create("a");
    assert_string_not_equal(text_at(again, "OpsItemId"), text_at(made, "OpsItemId"));
    cJSON_Delete(made);
    cJSON_Delete(other);
    cJSON_Delete(again);
}

static void items_belong_to_their_account_and_region(void **state)
{
    (void)state;
    cJSON *made = create("a");
    struct from elsewhere = {showcase.account_id, world_region(world, 1)};
    assert_refused(world, elsewhere, "ssm.GetOpsItem",
                   json_make("{OpsItemId:%s}", text_at(made, "OpsItemId")),
                   "OpsItemNotFoundException");
    cJSON_Delete(made);
}

static void what_is_published_has_to_have_a_topic(void **state)
{
    (void)state;
    cJSON *topics = ask_all(world, showcase, "sns.ListTopics", NULL, "Topics", NULL);
    assert_refused(world, showcase, "sns.Publish", json_make("{Message:'m'}"), "InvalidParameter");
    assert_true(cJSON_GetArraySize(topics) > 0);
    cJSON *done = ask(world, showcase, "sns.Publish",
                      json_make("{Message:'m',TopicArn:%s}", text_at(topics->child, "TopicArn")));
    assert_int_equal(strlen(text_at(done, "MessageId")), 36);
    cJSON_Delete(done);
    cJSON_Delete(topics);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(sources_of_aws_are_its_own),
        TEST(the_showcase_has_every_severity),
        TEST(one_open_item_for_a_dedup_string),
        TEST(items_belong_to_their_account_and_region),
        TEST(what_is_published_has_to_have_a_topic),
    };
    return cmocka_run_group_tests(tests, load_models, unload_models);
}
