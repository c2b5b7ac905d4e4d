/* Results of advanced queries: whatever order they come in, and what is none. */
#include "core/gov/config/resource_result.h"

#include "core/base/mem.h"
#include "tests/unit/unit.h"

static enum err_code read_one(struct resource_result *result, const char *text)
{
    struct err err;
    return resource_result_read(result, sv_of(text), "test", &err);
}

static void a_resource_is_read_in_any_order(void **state)
{
    static const char *const texts[] = {
        "{\"accountId\":\"111111111111\",\"awsRegion\":\"eu-west-1\",\"resourceType\":\"AWS::X\","
        "\"resourceId\":\"i-1\",\"resourceName\":\"a \\\"b\\\"\",\"tags\":[{\"key\":\"Owner\","
        "\"value\":\"caf\\u00e9\",\"tag\":\"Owner=caf\\u00e9\"},{\"value\":\"\",\"key\":\"e\"}]}",
        "{\"tags\":[{\"key\":\"Owner\",\"value\":\"caf\xc3\xa9\"},{\"key\":\"e\",\"value\":\"\"}],"
        "\"new\":{\"x\":[1]},\"resourceName\":\"a \\\"b\\\"\",\"resourceId\":\"i-1\","
        "\"awsRegion\":\"eu-west-1\",\"accountId\":\"111111111111\",\"resourceType\":\"AWS::X\","
        "\"resourceId\":\"i-2\"}"};
    AUTO(resource_result_done) struct resource_result result = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_int_equal(read_one(&result, texts[i]), OK);
        assert_sv(result.fields[RESULT_ACCOUNT], "111111111111");
        assert_sv(result.fields[RESULT_REGION], "eu-west-1");
        assert_sv(result.fields[RESULT_TYPE], "AWS::X");
        assert_sv(result.fields[RESULT_ID], "i-1");
        assert_sv(result.fields[RESULT_NAME], "a \"b\"");
        assert_sv(result.fields[RESULT_TAGS], "Owner=caf\xc3\xa9 e=");
        assert_null(result.fields[RESULT_VERDICT].ptr);
    }
}

static void verdicts_and_counts_stand_in_the_configuration_or_not(void **state)
{
    AUTO(resource_result_done) struct resource_result result = {0};
    (void)state;
    assert_int_equal(read_one(&result, "{\"configuration\":{\"targetResourceType\":\"AWS::X\","
                                       "\"targetResourceId\":\"i-1\",\"complianceType\":"
                                       "\"COMPLIANT\"},\"COUNT(*)\":12,\"resourceName\":null}"),
                     OK);
    assert_sv(result.fields[RESULT_TYPE], "AWS::X");
    assert_sv(result.fields[RESULT_ID], "i-1");
    assert_sv(result.fields[RESULT_VERDICT], "COMPLIANT");
    assert_sv(result.fields[RESULT_COUNT], "12");
    assert_null(result.fields[RESULT_NAME].ptr);
}

static void what_is_no_result_is_refused_or_empty(void **state)
{
    AUTO(resource_result_done) struct resource_result result = {0};
    (void)state;
    assert_int_equal(read_one(&result, ""), ERR_PARSE);
    assert_int_equal(read_one(&result, "{\"resourceId\":\"raw\x1b[2J\"}"), ERR_PARSE);
    assert_int_equal(read_one(&result, "{\"tags\":[{\"key\":\"x\"]}"), ERR_PARSE);
    assert_int_equal(read_one(&result, "{\"resourceId\":\"i-1\"} x"), ERR_PARSE);
    assert_int_equal(read_one(&result, "[\"resourceId\"]"), OK);
    assert_null(result.fields[RESULT_ID].ptr);
    assert_int_equal(read_one(&result, "{\"resourceId\":{},\"tags\":\"x\",\"configuration\":1}"),
                     OK);
    assert_null(result.fields[RESULT_ID].ptr);
    assert_sv(result.fields[RESULT_TAGS], "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_resource_is_read_in_any_order),
        cmocka_unit_test(verdicts_and_counts_stand_in_the_configuration_or_not),
        cmocka_unit_test(what_is_no_result_is_refused_or_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
