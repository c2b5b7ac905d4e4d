#include <string.h>

#include "core/aws/wire/xml.h"
#include "tests/unit/unit.h"

static void assert_tree(const char *xml, const char *expected)
{
    cJSON *tree = NULL;
    struct err err = ERR_NONE;
    if (xml_parse(sv_of(xml), NULL, "test", &tree, &err) != OK)
        fail_msg("%s: %s", xml, err.message);
    char *json = json_print(tree);
    assert_string_equal(json, expected);
    mem_free(json);
    json_free(tree);
}

static void assert_refused(struct sv xml)
{
    cJSON *tree = NULL;
    struct err err = ERR_NONE;
    assert_int_equal(xml_parse(xml, NULL, "test", &tree, &err), ERR_PARSE);
    assert_null(tree);
    assert_true(strlen(err.message) > 0);
}

static void test_lists(void **state)
{
    (void)state;
    assert_tree("<R><set><item><a>1</a></item><item><a>2</a></item></set></R>",
                "{\"set\":[{\"a\":\"1\"},{\"a\":\"2\"}]}");
    assert_tree("<R><set><item>x</item></set><n>5</n></R>", "{\"set\":[\"x\"],\"n\":\"5\"}");
    assert_tree("<R><L><member>a</member><member/></L></R>", "{\"L\":[\"a\",\"\"]}");
    assert_tree("<R><set/><n></n></R>", "{\"set\":\"\",\"n\":\"\"}");
    assert_tree("<R><item>a</item><item>b</item></R>", "[\"a\",\"b\"]");
}

/* Flattened lists: the same name again and again among others. */
static void test_siblings_of_one_name(void **state)
{
    (void)state;
    assert_tree("<R><a>1</a><b>2</b><b>3</b><b>4</b><c>5</c></R>",
                "{\"a\":\"1\",\"b\":[\"2\",\"3\",\"4\"],\"c\":\"5\"}");
    assert_tree("<R><b><item>1</item></b><b><item>2</item></b></R>", "{\"b\":[[\"1\"],[\"2\"]]}");
}

static void test_wrappers(void **state)
{
    (void)state;
    assert_tree("<GetCallerIdentityResponse xmlns=\"https://x/\"><GetCallerIdentityResult>"
                "<Arn>a</Arn></GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId>"
                "</ResponseMetadata></GetCallerIdentityResponse>",
                "{\"Arn\":\"a\",\"RequestId\":\"r\"}");
    assert_tree("<XResponse><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
                "</XResponse>",
                "{\"RequestId\":\"r\"}");
    assert_tree("<XResponse><XResult/></XResponse>", "{}");
    assert_tree("<DescribeXResponse><requestId>r</requestId><nextToken/></DescribeXResponse>",
                "{\"requestId\":\"r\",\"nextToken\":\"\"}");
    assert_tree("<Empty/>", "{}");
    assert_tree("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Leaf>text</Leaf>\n", "{}");
}

static void test_text(void **state)
{
    (void)state;
    assert_tree("<R><a> b &lt;&amp;&gt; &quot;&apos; &#233;\n</a></R>",
                "{\"a\":\" b <&> \\\"' \xc3\xa9\\u000a\"}");
    assert_tree("<R><a><![CDATA[<b>]]>c</a></R>", "{\"a\":\"<b>c\"}");
    assert_tree("<R x=\"1\">\n  <a y=\"2\">1</a>\n  <!-- no --></R>", "{\"a\":\"1\"}");
    assert_tree("<R><n>12345678901234567890</n><t>true</t></R>",
                "{\"n\":\"12345678901234567890\",\"t\":\"true\"}");
}

static void test_numbers_are_read_as_text(void **state)
{
    (void)state;
    cJSON *tree = NULL;
    assert_int_equal(xml_parse(SV("<R><n>443</n><t>true</t></R>"), NULL, "test", &tree, NULL), OK);
    assert_int_equal(json_i64(tree, "n", -1), 443);
    assert_true(json_bool(tree, "t", false));
    json_free(tree);
}

static void test_hostile(void **state)
{
    (void)state;
    assert_refused(SV(""));
    assert_refused(SV("   "));
    assert_refused(SV("not xml"));
    assert_refused(SV("<R>"));
    assert_refused(SV("<R></S>"));
    assert_refused(SV("<R/><R/>"));
    assert_refused(SV("<R/>trailing"));
    assert_refused(SV("<R>&unknown;</R>"));
    assert_refused(SV("<R>&#27;[2J</R>"));
    assert_refused(SV("<R>\x1b[2J</R>"));
    assert_refused(SV("<R>\xff\xfe</R>"));
    assert_refused(SV("<R>a\0b</R>"));
    assert_refused(SV("{\"json\":1}"));
    /* entity bombs and files from elsewhere need a DTD */
    assert_refused(SV("<!DOCTYPE R [<!ENTITY a \"aaaa\">]><R>&a;</R>"));
    assert_refused(SV("<!DOCTYPE R SYSTEM \"file:///etc/passwd\"><R/>"));
    assert_refused(SV("<!DOCTYPE R [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><R>&x;</R>"));
}

static void test_depth(void **state)
{
    AUTO(buf_done) struct buf xml = BUF_NONE;
    (void)state;
    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        buf_add_cstr(&xml, "<a>");
    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        buf_add_cstr(&xml, "</a>");
    cJSON *tree = NULL;
    assert_int_equal(xml_parse(buf_sv(&xml), NULL, "test", &tree, NULL), OK);
    json_free(tree);

    AUTO(buf_done) struct buf deeper = BUF_NONE;
    buf_addf(&deeper, "<a>%s</a>", buf_cstr(&xml));
    assert_refused(buf_sv(&deeper));
    buf_clear(&deeper);
    for (int i = 0; i < 100000; i++)
        buf_add_cstr(&deeper, "<a>");
    assert_refused(buf_sv(&deeper));
}

static void test_too_many_elements(void **state)
{
    AUTO(buf_done) struct buf xml = BUF_NONE;
    (void)state;
    buf_add_cstr(&xml, "<R>");
    for (int i = 0; i < XML_NODES_MAX; i++)
        buf_add_cstr(&xml, "<a/>");
    buf_add_cstr(&xml, "</R>");
    assert_refused(buf_sv(&xml));
}

/* Siblings that all differ must not be compared with each other. */
static void test_many_names(void **state)
{
    AUTO(buf_done) struct buf xml = BUF_NONE;
    cJSON *tree = NULL;
    (void)state;
    buf_add_cstr(&xml, "<R>");
    for (int i = 0; i < 100000; i++)
        buf_addf(&xml, "<a%d/>", i);
    buf_add_cstr(&xml, "</R>");
    assert_int_equal(xml_parse(buf_sv(&xml), NULL, "test", &tree, NULL), OK);
    json_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_siblings_of_one_name),
        cmocka_unit_test(test_wrappers),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_numbers_are_read_as_text),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_too_many_elements),
        cmocka_unit_test(test_many_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
