/* The three protocols: what goes in by the models' names, what comes out on the wire. */
#include "tests/unit/unit.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/sandbox/wire/api.h"
#include "tests/sandbox/wire/codec.h"

static int load(void **state)
{
    (void)state;
    api_load();
    return 0;
}

static int unload(void **state)
{
    (void)state;
    api_unload();
    return 0;
}

/* Models are there for services that are served; sts always is. */
static const struct operation *operation(const char *service, const char *name)
{
    const struct service *s = api_service(sv_of(service));
    return s ? api_operation(s, sv_of(name)) : NULL;
}

static cJSON *tree(const char *text)
{
    cJSON *parsed = NULL;
    assert_int_equal(json_parse(sv_of(text), "test", &parsed, NULL), OK);
    return parsed;
}

static void assert_tree(cJSON *got, const char *expected)
{
    char *text = json_print(got);
    assert_string_equal(text, expected);
    mem_free(text);
}

/* Reads a form as a request of op; NULL and *problem when that fails. */
static cJSON *read_form(const struct operation *op, const char *text, struct codec_problem *problem)
{
    AUTO(json_free_at) cJSON *form = codec_parse_form(sv_of(text), problem);
    return form ? codec_read_form(op->input, op->service->protocol, form, problem) : NULL;
}

/* A small model of our own, so that every kind of shape is there. */
static struct shape string_shape = {.name = "String", .type = SHAPE_STRING};
static struct shape integer_shape = {.name = "Integer", .type = SHAPE_INTEGER};
static struct shape boolean_shape = {.name = "Boolean", .type = SHAPE_BOOLEAN};
static struct shape time_shape = {.name = "Time", .type = SHAPE_TIMESTAMP};
static struct shape strings_shape = {.name = "Strings",
                                     .type = SHAPE_LIST,
                                     .element = {"", "item", "", &string_shape, false, PLACE_BODY}};
static struct shape map_shape = {.name = "Map",
                                 .type = SHAPE_MAP,
                                 .key = {"", "", "", &string_shape, false, PLACE_BODY},
                                 .element = {"", "", "", &integer_shape, false, PLACE_BODY}};
static struct member inner_members[] = {
    {"Cidr", "cidrIp", "", &string_shape, false, PLACE_BODY},
    {"Ports", "portSet", "", &strings_shape, false, PLACE_BODY},
};
static struct shape inner_shape = {
    .name = "Inner", .type = SHAPE_STRUCTURE, .members = inner_members, .n_members = 2};
static struct member outer_members[] = {
    {"Name", "", "", &string_shape, true, PLACE_BODY},
    {"Size", "size", "", &integer_shape, false, PLACE_BODY},
    {"DryRun", "dryRun", "", &boolean_shape, false, PLACE_BODY},
    {"At", "at", "", &time_shape, false, PLACE_BODY},
    {"Names", "NameX", "", &strings_shape, false, PLACE_BODY},
    {"Inner", "inner", "", &inner_shape, false, PLACE_BODY},
    {"Map", "", "", &map_shape, false, PLACE_BODY},
};
static struct shape outer_shape = {
    .name = "Outer", .type = SHAPE_STRUCTURE, .members = outer_members, .n_members = 7};
static struct service json_service = {.name = "j", .protocol = PROTOCOL_JSON, .xml_namespace = ""};
static struct service ec2_service = {
    .name = "e", .protocol = PROTOCOL_EC2, .xml_namespace = "http://ec2/doc"};
static struct service query_service = {
    .name = "q", .protocol = PROTOCOL_QUERY, .xml_namespace = "http://q/doc/"};

static struct operation own_operation(const struct service *service)
{
    return (struct operation){.name = "Op",
                              .service = service,
                              .input = &outer_shape,
                              .output = &outer_shape,
                              .result_wrapper = "OpResult"};
}

static void reads_json(void **state)
{
    struct codec_problem problem;
    (void)state;
    AUTO(json_free_at)
    cJSON *input = codec_read_json(&outer_shape,
                                   SV("{\"Name\":\"n\",\"Unknown\":{\"a\":[1]},\"Size\":7,"
                                      "\"At\":1.5,\"Names\":[\"a\",\"b\"],\"DryRun\":null,"
                                      "\"Map\":{\"k\":3},\"Inner\":{\"Ports\":[]}}"),
                                   &problem);
    assert_tree(input, "{\"Name\":\"n\",\"Size\":7,\"At\":1.5,\"Names\":[\"a\",\"b\"],"
                       "\"Map\":{\"k\":3},\"Inner\":{\"Ports\":[]}}");
    AUTO(json_free_at) cJSON *empty = codec_read_json(&outer_shape, SV(" "), &problem);
    assert_tree(empty, "{}");
}

static void refuses_wrong_json(void **state)
{
    static const struct {
        const char *body, *problem;
    } cases[] = {
        {"{\"Name\":", ""},
        {"{} trailing", ""},
        {"[]", "Start of list found where not expected"},
        {"{\"Name\":3}", "NUMBER_VALUE can not be converted to String"},
        {"{\"Name\":true}", "TRUE_VALUE can not be converted to String"},
        {"{\"Size\":\"3\"}", "STRING_VALUE can not be converted to Number"},
        {"{\"Size\":1.5}", "NUMBER_VALUE can not be converted to Integer"},
        {"{\"Size\":4294967296}", "NUMBER_VALUE can not be converted to Integer"},
        {"{\"Names\":\"a\"}", "STRING_VALUE can not be converted to List"},
        {"{\"Names\":[[]]}", "Start of list found where not expected"},
        {"{\"Inner\":[]}", "Start of list found where not expected"},
        {"{\"Map\":{\"k\":{}}}", "Start of structure or map found where not expected."},
        {"{\"DryRun\":\"true\"}", "STRING_VALUE can not be converted to Boolean"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct codec_problem problem;
        assert_null(codec_read_json(&outer_shape, sv_of(cases[i].body), &problem));
        assert_string_equal(problem.text, cases[i].problem);
    }
}

static void reads_ec2_forms(void **state)
{
    struct operation op = own_operation(&ec2_service);
    struct codec_problem problem;
    (void)state;
    AUTO(json_free_at)
    cJSON *input = read_form(&op,
                             "Name=a%20b%2Bc+d&Size=-3&DryRun=true&At=2015-08-30T12:36:00Z"
                             "&NameX.10=z&NameX.2=y&NameX.1=&Inner.CidrIp=0.0.0.0%2F0"
                             "&Inner.PortSet.1=22&X-Amz-Signature=00",
                             &problem);
    assert_tree(input, "{\"Name\":\"a b+c d\",\"Size\":-3,\"DryRun\":true,\"At\":1440938160,"
                       "\"Names\":[\"\",\"y\",\"z\"],\"Inner\":{\"Cidr\":\"0.0.0.0/0\","
                       "\"Ports\":[\"22\"]}}");
}

static void refuses_wrong_forms(void **state)
{
    static const struct {
        const char *form, *parameter;
        bool unknown;
    } cases[] = {
        {"Nam=x", "Nam", true},
        {"Inner.Cidr=x", "Inner.Cidr", true},
        {"Size=abc", "Size", false},
        {"Size=99999999999", "Size", false},
        {"DryRun=yes", "DryRun", false},
        {"At=yesterday", "At", false},
        {"NameX=a", "NameX", false},
        {"NameX.one=a", "NameX", false},
        {"Name.1=a", "Name", false},
        {"Name=a&Name=b", "Name", false},
        {"Name=a&Name.1=b", "Name.1", false},
        {"=x", "", false},
    };
    struct operation op = own_operation(&ec2_service);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct codec_problem problem;
        assert_null(read_form(&op, cases[i].form, &problem));
        assert_string_equal(problem.parameter, cases[i].parameter);
        assert_int_equal(problem.unknown_parameter, cases[i].unknown);
    }
}

static void survives_many_parameters(void **state)
{
    AUTO(buf_done) struct buf form = BUF_NONE;
    struct codec_problem problem;
    (void)state;
    for (int i = 0; i < 5000; i++)
        buf_addf(&form, "NameX.%d=v&", i);
    assert_null(codec_parse_form(buf_sv(&form), &problem));
    buf_clear(&form);
    buf_add_cstr(&form, "A");
    for (int i = 0; i < 100; i++)
        buf_add_cstr(&form, ".B");
    buf_add_cstr(&form, "=v");
    assert_null(codec_parse_form(buf_sv(&form), &problem));
}

static void reads_query_forms(void **state)
{
    struct operation op = own_operation(&query_service);
    struct codec_problem problem;
    (void)state;
    strings_shape.element.location = "";
    AUTO(json_free_at)
    cJSON *input = read_form(&op,
                             "Name=n&Other=ignored&NameX.member.1=a&NameX.member.2=b"
                             "&Map.entry.1.key=k&Map.entry.1.value=5",
                             &problem);
    AUTO(json_free_at) cJSON *empty = read_form(&op, "NameX=", &problem);
    strings_shape.element.location = "item";
    assert_tree(input, "{\"Name\":\"n\",\"Names\":[\"a\",\"b\"],\"Map\":{\"k\":5}}");
    assert_tree(empty, "{\"Names\":[]}");
}

#define OUTPUT                                                                             \
    "{\"Name\":\"<&>\\r\\u001b\",\"Size\":12345678,\"DryRun\":false,\"At\":1440938160.25," \
    "\"Names\":[\"a\",\"\"],\"Inner\":{\"Ports\":[]}}"

static void writes_xml(void **state)
{
    struct operation ec2 = own_operation(&ec2_service), query = own_operation(&query_service);
    AUTO(json_free_at) cJSON *output = tree(OUTPUT);
    AUTO(buf_done) struct buf body = BUF_NONE, mistake = BUF_NONE;
    (void)state;
    assert_true(codec_write_xml(&body, &ec2, output, "id-1", &mistake));
    assert_string_equal(
        buf_cstr(&body),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<OpResponse xmlns=\"http://ec2/doc/\"><requestId>id-1</requestId>"
        "<Name>&lt;&amp;&gt;&#xD;&#x1B;</Name><size>12345678</size><dryRun>false</dryRun>"
        "<at>2015-08-30T12:36:00.250Z</at><NameX><item>a</item><item></item></NameX>"
        "<inner><portSet></portSet></inner></OpResponse>\n");
    buf_clear(&body);
    assert_true(codec_write_xml(&body, &query, output, "id-2", &mistake));
    assert_non_null(strstr(buf_cstr(&body), "<OpResponse xmlns=\"http://q/doc/\"><OpResult>"));
    assert_non_null(strstr(buf_cstr(&body), "<at>2015-08-30T12:36:00Z</at>"));
    assert_non_null(strstr(buf_cstr(&body),
                           "</OpResult><ResponseMetadata><RequestId>id-2</RequestId>"
                           "</ResponseMetadata></OpResponse>"));
}

static void writes_json(void **state)
{
    struct operation op = own_operation(&json_service);
    AUTO(json_free_at) cJSON *output = tree(OUTPUT);
    AUTO(buf_done) struct buf body = BUF_NONE, mistake = BUF_NONE;
    (void)state;
    assert_true(codec_write_json(&body, &op, output, &mistake));
    AUTO(json_free_at) cJSON *again = tree(buf_cstr(&body));
    assert_true(cJSON_Compare(again, output, true));
    buf_clear(&body);
    op.output = NULL;
    assert_true(codec_write_json(&body, &op, output, &mistake));
    assert_int_equal(body.len, 0);
}

static void notices_wrong_outputs(void **state)
{
    static const char *const outputs[] = {
        "{\"Nme\":\"x\"}",         "{\"Name\":3}",     "{\"Size\":\"x\"}",
        "{\"Names\":{}}",          "{\"Names\":[3]}",  "{\"Inner\":[]}",
        "{\"Inner\":{\"X\":1}}",   "{\"At\":\"now\"}", "{\"DryRun\":1}",
        "{\"Map\":{\"k\":\"v\"}}", "{\"Map\":[]}",
    };
    struct operation ops[] = {own_operation(&json_service), own_operation(&ec2_service)};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(outputs); i++) {
        AUTO(json_free_at) cJSON *output = tree(outputs[i]);
        AUTO(buf_done) struct buf body = BUF_NONE;
        struct buf mistakes[2] = {BUF_NONE, BUF_NONE};
        assert_false(codec_write_json(&body, &ops[0], output, &mistakes[0]));
        assert_false(codec_write_xml(&body, &ops[1], output, "id", &mistakes[1]));
        assert_true(mistakes[0].len > 0 && mistakes[1].len > 0);
        buf_done(&mistakes[0]);
        buf_done(&mistakes[1]);
    }
}

static void reads_the_models(void **state)
{
    (void)state;
    const struct operation *op = operation("sts", "AssumeRole");
    assert_non_null(op);
    assert_string_equal(op->result_wrapper, "AssumeRoleResult");
    assert_true(shape_member(op->input, SV("RoleArn"))->required);
    assert_false(shape_member(op->input, SV("ExternalId"))->required);
    assert_int_equal(api_error(op->service, "PackedPolicyTooLarge")->error_status, 400);
    assert_int_equal(api_error(op->service, "RegionDisabledException")->error_status, 403);
    assert_null(api_operation(op->service, SV("assumeRole")));
    const struct shape *name = shape_member(op->input, SV("RoleSessionName"))->shape;
    assert_true(api_matches(name, "night-shift@example.com"));
    assert_false(api_matches(name, "night shift"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_json),
        cmocka_unit_test(refuses_wrong_json),
        cmocka_unit_test(reads_ec2_forms),
        cmocka_unit_test(refuses_wrong_forms),
        cmocka_unit_test(reads_query_forms),
        cmocka_unit_test(survives_many_parameters),
        cmocka_unit_test(writes_xml),
        cmocka_unit_test(writes_json),
        cmocka_unit_test(notices_wrong_outputs),
        cmocka_unit_test(reads_the_models),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
