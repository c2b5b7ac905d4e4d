/* Advanced queries: what is accepted, what is refused, what they find. */
#include "tests/unit/unit.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/sandbox/services/query.h"
#include "tests/unit/sandbox/helper_world.h"

static void what_is_documented_is_accepted(void **state)
{
    static const char *const accepted[] = {
        "SELECT *",
        "select resourceId where resourceType = 'AWS::EC2::Instance'",
        "SELECT resourceId, configuration.instanceType, tags",
        "SELECT COUNT(*)",
        "SELECT count(resourceId)",
        "SELECT resourceType, COUNT(*) GROUP BY resourceType",
        "SELECT resourceType, COUNT(*) GROUP BY resourceType ORDER BY COUNT(*) DESC",
        "SELECT tags.key",
        "SELECT awsRegion, accountId, resourceType, COUNT(*) GROUP BY awsRegion, accountId, "
        "resourceType",
        "SELECT resourceId WHERE configuration.state.name IN ('running', 'stopped')",
        "SELECT resourceId WHERE configuration.size BETWEEN 10 AND 20",
        "SELECT resourceId WHERE NOT (configuration.encrypted = true OR tags.key = 'x') AND "
        "awsRegion = 'eu-west-1'",
        "SELECT resourceId WHERE resourceId LIKE 'sg-%'",
        "SELECT resourceId WHERE resourceName LIKE 'web___'",
        "SELECT resourceId WHERE resourceName NOT LIKE 'web%'",
        "SELECT resourceId WHERE configuration.fromPort >= -1 AND configuration.toPort < 1024.5",
        "SELECT resourceId WHERE resourceName = 'it''s'",
        "SELECT resourceId ORDER BY resourceType, resourceId DESC",
        "SELECT configuration.AWS:ComplianceSummary.Content.Patch.Status",
        "SELECT AVG(configuration.size), MAX(configuration.size), MIN(configuration.size), "
        "SUM(configuration.size) WHERE resourceType = 'AWS::EC2::Volume'",
        "\n SELECT\tresourceId \n WHERE resourceType != 'x' AND awsRegion <> 'y' ",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
        struct query query;
        char message[256];
        if (!query_parse(sv_of(accepted[i]), &query, message))
            fail_msg("%s: %s", accepted[i], message);
        query_done(&query);
    }
}

static void what_is_not_is_refused(void **state)
{
    static const char *const refused[] = {
        "",
        "SELECT",
        "DELETE resourceId",
        "SELECT resourceId FROM resources",
        "SELECT resourceId AS id",
        "SELECT DISTINCT resourceId",
        "SELECT ALL resourceId",
        "SELECT resourceId, *",
        "SELECT resourceid",
        "SELECT Configuration.size",
        "SELECT nonsense",
        "SELECT resourceId.size",
        "SELECT configuration.",
        "SELECT configuration..size",
        "SELECT resourceId WHERE",
        "SELECT resourceId WHERE resourceType",
        "SELECT resourceId WHERE resourceType =",
        "SELECT resourceId WHERE resourceType = AWS",
        "SELECT resourceId WHERE resourceType = 'x' AND",
        "SELECT resourceId WHERE (resourceType = 'x'",
        "SELECT resourceId WHERE resourceType = 'x')",
        "SELECT resourceId WHERE resourceType = 'x",
        "SELECT resourceId WHERE resourceName IS NULL",
        "SELECT resourceId WHERE resourceName IS NOT NULL",
        "SELECT resourceId WHERE resourceId IN ()",
        "SELECT resourceId WHERE resourceId IN (SELECT resourceId)",
        "SELECT resourceId WHERE EXISTS (SELECT resourceId)",
        "SELECT resourceId WHERE configuration.size BETWEEN 1",
        "SELECT resourceId WHERE configuration.size BETWEEN 1 OR 2",
        "SELECT resourceId WHERE configuration.size = 1.2.3",
        "SELECT resourceId WHERE resourceName LIKE '%web'",
        "SELECT resourceId WHERE resourceName LIKE 'we%'",
        "SELECT resourceId WHERE resourceName LIKE 'web%prod'",
        "SELECT resourceId WHERE resourceName LIKE 5",
        "SELECT resourceId WHERE COUNT(*) > 5",
        "SELECT resourceId, COUNT(*)",
        "SELECT resourceId, COUNT(*) GROUP BY resourceType",
        "SELECT resourceType GROUP BY resourceType",
        "SELECT resourceType, COUNT(*) GROUP BY resourceType HAVING COUNT(*) > 1",
        "SELECT COUNT(*) GROUP BY accountId, awsRegion, resourceType, resourceId",
        "SELECT accountId, awsRegion, COUNT(*) GROUP BY accountId, awsRegion ORDER BY COUNT(*)",
        "SELECT resourceType, COUNT(*) GROUP BY resourceType ORDER BY awsRegion",
        "SELECT COUNT(DISTINCT resourceId)",
        "SELECT COUNT(resourceId, resourceName)",
        "SELECT MEDIAN(configuration.size)",
        "SELECT AVG(*)",
        "SELECT SUM(MAX(configuration.size))",
        "SELECT resourceId ORDER resourceId",
        "SELECT resourceId GROUP resourceId",
        "SELECT resourceId LIMIT 10",
        "SELECT resourceId; SELECT resourceId",
        "SELECT resourceId UNION SELECT resourceId",
        "SELECT resourceId JOIN tags",
        "SELECT resourceId WHERE resourceId = \"x\"",
        "SELECT resourceId WHERE 'x' = resourceId",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct query query;
        char message[256];
        if (query_parse(sv_of(refused[i]), &query, message))
            fail_msg("accepted: %s", refused[i]);
        assert_true(strlen(message) > 0);
        query_done(&query);
    }
}

static void nesting_is_limited(void **state)
{
    struct buf text = BUF_NONE;
    struct query query;
    char message[256];
    (void)state;
    buf_add_cstr(&text, "SELECT resourceId WHERE ");
    for (int i = 0; i < 1000; i++)
        buf_add_cstr(&text, "(");
    assert_false(query_parse(buf_sv(&text), &query, message));
    query_done(&query);
    buf_clear(&text);
    buf_add_cstr(&text, "SELECT resourceId WHERE ");
    for (int i = 0; i < 1000; i++)
        buf_add_cstr(&text, "NOT ");
    assert_false(query_parse(buf_sv(&text), &query, message));
    query_done(&query);
    buf_done(&text);
}

/* --- over one row --------------------------------------------------------------------------- */

static const char sample[] =
    "{\"resourceId\":\"sg-1\",\"resourceName\":\"web-prod\","
    "\"configuration\":{\"size\":20,\"encrypted\":false,\"ip\":\"10.1.2.3\","
    "\"ports\":[{\"from\":22,\"to\":22,\"cidrs\":[\"10.0.0.0/8\",\"192.168.0.0/16\"]},"
    "{\"from\":443,\"to\":443,\"cidrs\":[\"0.0.0.0/0\"]}]},"
    "\"tags\":[{\"key\":\"Owner\",\"value\":\"a\"},{\"key\":\"Env\",\"value\":\"b\"}]}";

static const cJSON *member_of(void *row, struct sv property)
{
    char key[64];
    sv_copy(property, key, sizeof key);
    return json_get(row, key);
}

static void conditions_match(void **state)
{
    static const struct {
        const char *condition;
        bool matches;
    } rows[] = {
        {"resourceId = 'sg-1'", true},
        {"resourceId = 'SG-1'", false},
        {"resourceId != 'sg-1'", false},
        {"configuration.size = 20", true},
        {"configuration.size > 19.5 AND configuration.size <= 20", true},
        {"configuration.size < 20 OR configuration.size > 20", false},
        {"configuration.size BETWEEN 20 AND 30", true},
        {"configuration.size NOT BETWEEN 20 AND 30", false},
        {"configuration.encrypted = false", true},
        {"configuration.encrypted = true", false},
        {"NOT configuration.encrypted = true", true},
        {"configuration.ports.from = 22 AND configuration.ports.to = 443", true}, /* any element */
        {"configuration.ports.from = 80", false},
        {"configuration.ports.from IN (80, 443)", true},
        {"configuration.ports.cidrs = '192.168.0.0/16'", true},
        {"configuration.ports.cidrs = '192.168.0.0/15'", true}, /* inside */
        {"configuration.ports.cidrs = '192.168.0.0/24'", false},
        {"configuration.ip = '10.0.0.0/8'", true},
        {"configuration.ip = '10.1.2.3'", true},
        {"configuration.ip BETWEEN '10.1.2.0' AND '10.1.2.255'", true},
        {"configuration.ip BETWEEN '9.0.0.0' AND '9.255.255.255'", false},
        {"configuration.missing = 'x'", false},
        {"NOT configuration.missing = 'x'", true},
        {"tags.key = 'Owner' AND tags.value = 'b'", true}, /* independently */
        {"resourceName LIKE 'web-%'", true},
        {"resourceName LIKE 'web-pro_'", true},
        {"resourceName LIKE 'web-prod_'", false},
        {"resourceName LIKE 'web-prod%'", true},
        {"resourceId = 'x' OR resourceName = 'web-prod' AND configuration.size = 20", true},
        {"(resourceId = 'x' OR resourceName = 'web-prod') AND configuration.size = 21", false},
    };
    cJSON *row = cJSON_Parse(sample);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct query query;
        char message[256];
        struct buf text = BUF_NONE;
        buf_addf(&text, "SELECT resourceId WHERE %s", rows[i].condition);
        if (!query_parse(buf_sv(&text), &query, message))
            fail_msg("%s: %s", rows[i].condition, message);
        if (query_matches(query.where, member_of, row) != rows[i].matches)
            fail_msg("%s", rows[i].condition);
        query_done(&query);
        buf_done(&text);
    }
    cJSON_Delete(row);
}

static void projections_keep_the_nesting(void **state)
{
    static const struct {
        const char *select, *result;
    } rows[] = {
        {"resourceId", "{\"resourceId\":\"sg-1\"}"},
        {"configuration.size", "{\"configuration\":{\"size\":20}}"},
        {"configuration.ports.from, configuration.ports.to",
         "{\"configuration\":{\"ports\":[{\"from\":22,\"to\":22},{\"from\":443,\"to\":443}]}}"},
        {"tags.key, resourceName",
         "{\"tags\":[{\"key\":\"Owner\"},{\"key\":\"Env\"}],\"resourceName\":\"web-prod\"}"},
        {"configuration.ports.cidrs",
         "{\"configuration\":{\"ports\":[{\"cidrs\":[\"10.0.0.0/8\",\"192.168.0.0/16\"]},"
         "{\"cidrs\":[\"0.0.0.0/0\"]}]}}"},
        {"configuration.size.unit, arn", "{}"},
    };
    cJSON *row = cJSON_Parse(sample);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct query query;
        char message[256];
        struct buf text = BUF_NONE;
        buf_addf(&text, "SELECT %s", rows[i].select);
        assert_true(query_parse(buf_sv(&text), &query, message));
        cJSON *result = query_project(&query, member_of, row);
        AUTO_FREE char *printed = json_print(result);
        assert_string_equal(printed, rows[i].result);
        cJSON_Delete(result);
        query_done(&query);
        buf_done(&text);
    }
    cJSON_Delete(row);
}

/* --- over a world --------------------------------------------------------------------------- */

static struct world *world;

static int begin(void **state)
{
    (void)state;
    world = make_world("accounts=24,regions=4,resources=3000,seed=7");
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_free(world);
    return 0;
}

static cJSON *select_all(const char *expression, int limit, int *pages)
{
    return ask_all(world, from_management(world), "config.SelectAggregateResourceConfig",
                   json_make("{ConfigurationAggregatorName:'organization',Expression:%s,Limit:%d}",
                             expression, limit),
                   "Results", pages);
}

static void pages_hold_all_matches(void **state)
{
    int pages;
    (void)state;
    cJSON *groups =
        select_all("SELECT resourceId WHERE resourceType = 'AWS::EC2::SecurityGroup'", 0, &pages);
    cJSON *count =
        select_all("SELECT COUNT(*) WHERE resourceType = 'AWS::EC2::SecurityGroup'", 0, NULL);
    cJSON *counted = cJSON_Parse(count->child->valuestring);
    assert_int_equal(cJSON_GetArraySize(groups), number_at(counted, "COUNT(*)"));
    assert_int_equal(pages, (cJSON_GetArraySize(groups) + 24) / 25);
    cJSON_Delete(counted);
    cJSON_Delete(count);
    cJSON_Delete(groups);
}

static void groups_add_up(void **state)
{
    int64_t sum = 0, last = INT64_MAX;
    int pages;
    (void)state;
    cJSON *rows = select_all(
        "SELECT resourceType, COUNT(*) GROUP BY resourceType ORDER BY COUNT(*) DESC", 5, &pages);
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        cJSON *parsed = cJSON_Parse(row->valuestring);
        int64_t n = number_at(parsed, "COUNT(*)");
        assert_true(n <= last);
        last = n;
        sum += n;
        cJSON_Delete(parsed);
    }
    assert_int_equal(sum, 3000);
    cJSON_Delete(rows);
}

static void orders_are_kept(void **state)
{
    char last[RESOURCE_ID_SIZE] = "";
    (void)state;
    cJSON *rows = select_all("SELECT resourceId WHERE resourceType = 'AWS::EC2::Instance' ORDER BY "
                             "resourceId",
                             7, NULL);
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        cJSON *parsed = cJSON_Parse(row->valuestring);
        assert_true(strcmp(last, text_at(parsed, "resourceId")) < 0);
        keep_id(last, text_at(parsed, "resourceId"));
        cJSON_Delete(parsed);
    }
    assert_true(cJSON_GetArraySize(rows) > 30);
    cJSON_Delete(rows);
}

/* Compliance items tell what the rules tell. */
static void compliance_can_be_queried(void **state)
{
    static const char expression[] =
        "SELECT configuration.targetResourceId, configuration.complianceType WHERE "
        "resourceType = 'AWS::Config::ResourceCompliance' AND "
        "configuration.targetResourceType = 'AWS::EC2::SecurityGroup' AND "
        "configuration.complianceType = 'NON_COMPLIANT'";
    (void)state;
    struct from from = from_showcase(world);
    cJSON *rows = ask_all(world, from, "config.SelectResourceConfig",
                          json_make("{Expression:%s}", expression), "Results", NULL);
    cJSON *resources = ask_all(world, from, "config.DescribeComplianceByResource",
                               json_make("{ResourceType:'AWS::EC2::SecurityGroup',"
                                         "ComplianceTypes:['NON_COMPLIANT']}"),
                               "ComplianceByResources", NULL);
    const cJSON *row;
    assert_true(cJSON_GetArraySize(rows) > 5);
    assert_int_equal(cJSON_GetArraySize(rows), cJSON_GetArraySize(resources));
    cJSON_ArrayForEach (row, rows) {
        cJSON *parsed = cJSON_Parse(row->valuestring);
        assert_non_null(
            find_in(resources, "ResourceId", text_at(parsed, "configuration.targetResourceId")));
        cJSON_Delete(parsed);
    }
    cJSON_Delete(rows);
    cJSON_Delete(resources);
}

static void count_breath(void *n)
{
    ++*(int *)n;
}

/* However long a query is, others have their turn for each row that it looks at. */
static void queries_breathe(void **state)
{
    int n = 0, n_rows;
    (void)state;
    world_breathe_by(world, count_breath, &n);
    cJSON *rows = select_all("SELECT resourceId", 0, NULL);
    n_rows = cJSON_GetArraySize(rows);
    assert_true(n_rows > 2000);
    assert_true(n >= n_rows);
    cJSON_Delete(rows);
    n = 0;
    rows = select_all("SELECT configuration.complianceType, COUNT(*) WHERE resourceType = "
                      "'AWS::Config::ResourceCompliance' GROUP BY configuration.complianceType",
                      0, NULL);
    assert_true(n >= 2 * n_rows); /* each was looked at, and its rules were evaluated */
    cJSON_Delete(rows);
}

static void no_aggregator_no_answer(void **state)
{
    (void)state;
    assert_refused(world, from_management(world), "config.SelectAggregateResourceConfig",
                   json_make("{ConfigurationAggregatorName:'other',Expression:'SELECT *'}"),
                   "NoSuchConfigurationAggregatorException");
    assert_refused(world, from_showcase(world), "config.SelectAggregateResourceConfig",
                   json_make("{ConfigurationAggregatorName:'organization',Expression:'SELECT *'}"),
                   "NoSuchConfigurationAggregatorException");
    assert_refused(world, from_showcase(world), "config.SelectResourceConfig",
                   json_make("{Expression:'SELECT nonsense'}"), "InvalidExpressionException");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_documented_is_accepted),
        cmocka_unit_test(what_is_not_is_refused),
        cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(conditions_match),
        cmocka_unit_test(projections_keep_the_nesting),
        cmocka_unit_test_setup_teardown(pages_hold_all_matches, begin, end),
        cmocka_unit_test_setup_teardown(groups_add_up, begin, end),
        cmocka_unit_test_setup_teardown(orders_are_kept, begin, end),
        cmocka_unit_test_setup_teardown(compliance_can_be_queried, begin, end),
        cmocka_unit_test_setup_teardown(queries_breathe, begin, end),
        cmocka_unit_test_setup_teardown(no_aggregator_no_answer, begin, end),
    };
    return cmocka_run_group_tests(tests, load_models, unload_models);
}
