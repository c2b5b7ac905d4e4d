/* Pages that hold texts: the list, the token, and what is neither. */
#include "core/aws/wire/page_texts.h"

#include "core/base/mem.h"
#include "tests/unit/unit.h"

static const struct aws_op *op(void)
{
    return aws_op(OP_config_SelectAggregateResourceConfig);
}

static void texts_and_token_are_read(void **state)
{
    AUTO(page_texts_done) struct page_texts texts = {0};
    struct err err;
    (void)state;
    assert_true(op()->has_texts);
    assert_int_equal(
        page_texts_read(&texts,
                        SV("{\"QueryInfo\":{\"SelectFields\":[{\"Name\":\"x\"}]},"
                           "\"Results\":[\"{\\\"a\\\":\\\"\\u00e9\\\"}\",\"\",7,\"z\"],"
                           "\"NextToken\":\"a\\/b\",\"Results\":[\"later\"]}"),
                        op(), &err),
        OK);
    assert_sv(page_texts_at(&texts, 0), "{\"a\":\"\xc3\xa9\"}");
    assert_sv(page_texts_at(&texts, 1), "");
    assert_sv(page_texts_at(&texts, 2), "");
    assert_sv(page_texts_at(&texts, 3), "z");
    assert_null(page_texts_at(&texts, 4).ptr);
    assert_sv(buf_sv(&texts.token), "a/b");
    assert_false(texts.token_is_no_text);
}

/* The page before is forgotten. */
static void the_last_page_has_no_token(void **state)
{
    static const char *const bodies[] = {"{}", "{\"NextToken\":null}", "{\"Results\":null}",
                                         "{\"Results\":[],\"NextToken\":\"\"}"};
    AUTO(page_texts_done) struct page_texts texts = {0};
    struct err err;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        assert_int_equal(
            page_texts_read(&texts, SV("{\"Results\":[\"x\"],\"NextToken\":\"t\"}"), op(), &err),
            OK);
        assert_int_equal(page_texts_read(&texts, sv_of(bodies[i]), op(), &err), OK);
        assert_null(page_texts_at(&texts, 0).ptr);
        assert_int_equal(texts.token.len, 0);
        assert_false(texts.token_is_no_text);
    }
    assert_int_equal(page_texts_read(&texts, SV("{\"NextToken\":[\"t\"]}"), op(), &err), OK);
    assert_true(texts.token_is_no_text);
}

static void what_is_no_page_is_refused(void **state)
{
    static const char *const bodies[] = {"",
                                         "<html>",
                                         "{\"Results\":[\"a\"]",
                                         "{\"Results\":\"a\",\"NextToken\":\"t\"}",
                                         "{\"Results\":{}}",
                                         "[\"a\"]",
                                         "{\"Results\":[\"raw\n\"]}",
                                         "{} {}",
                                         "{\"Results\":[\"a\"],\"x\":[1,]}"};
    AUTO(page_texts_done) struct page_texts texts = {0};
    struct err err;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
        assert_int_equal(page_texts_read(&texts, sv_of(bodies[i]), op(), &err), ERR_PARSE);
    assert_string_equal(err.where, "config:SelectAggregateResourceConfig");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_and_token_are_read),
        cmocka_unit_test(the_last_page_has_no_token),
        cmocka_unit_test(what_is_no_page_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
