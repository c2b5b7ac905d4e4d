/* Inputs against a model, in the words of each protocol family. */
#include "tests/unit/unit.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/sandbox/wire/api.h"
#include "tests/sandbox/wire/error.h"
#include "tests/sandbox/wire/validate.h"

static const char *colours[] = {"RED", "GREEN"};
static struct shape name_shape = {.name = "Name",
                                  .type = SHAPE_STRING,
                                  .has_min = true,
                                  .has_max = true,
                                  .min = 2,
                                  .max = 5,
                                  .pattern = "[\\w]*",
                                  .ere = "^([0-9A-Z_a-z]*)$"};
static struct shape colour_shape = {.name = "Colour",
                                    .type = SHAPE_STRING,
                                    .enums = colours,
                                    .n_enums = 2,
                                    .pattern = "",
                                    .ere = ""};
static struct shape limit_shape = {.name = "Limit",
                                   .type = SHAPE_INTEGER,
                                   .has_min = true,
                                   .has_max = true,
                                   .min = 5,
                                   .max = 1000};
static struct shape secret_shape = {.name = "Secret",
                                    .type = SHAPE_STRING,
                                    .has_max = true,
                                    .max = 3,
                                    .pattern = "",
                                    .ere = "",
                                    .sensitive = true};
static struct member part_members[] = {{"Id", "id", "", &name_shape, true, PLACE_BODY}};
static struct shape part_shape = {
    .name = "Part", .type = SHAPE_STRUCTURE, .members = part_members, .n_members = 1};
static struct shape parts_shape = {.name = "Parts",
                                   .type = SHAPE_LIST,
                                   .has_max = true,
                                   .max = 2,
                                   .element = {"", "", "", &part_shape, false, PLACE_BODY}};
static struct member members[] = {
    {"Name", "name", "", &name_shape, true, PLACE_BODY},
    {"Colour", "colour", "", &colour_shape, false, PLACE_BODY},
    {"MaxResults", "", "", &limit_shape, false, PLACE_BODY},
    {"Parts", "part", "", &parts_shape, false, PLACE_BODY},
    {"Secret", "secret", "", &secret_shape, false, PLACE_BODY},
};
static struct shape input_shape = {
    .name = "Input", .type = SHAPE_STRUCTURE, .members = members, .n_members = 5};

/* Checks text as the input of an operation of that protocol; the reply lives until the next. */
static const struct reply *check(enum protocol protocol, const char *text)
{
    static struct reply reply;
    const struct service service = {.name = "s", .protocol = protocol};
    const struct operation op = {.name = "Op", .service = &service, .input = &input_shape};
    AUTO(json_free_at) cJSON *input = NULL;
    assert_int_equal(json_parse(sv_of(text), "test", &input, NULL), OK);
    reply = (struct reply){0};
    bool valid = validate_input(&op, input, &reply);
    assert_int_equal(valid, !*reply.code);
    return &reply;
}

static void lets_good_input_pass(void **state)
{
    static const char *const inputs[] = {
        "{\"Name\":\"ab\"}",
        "{\"Name\":\"abcde\",\"Colour\":\"RED\",\"MaxResults\":5}",
        "{\"Name\":\"ab\",\"MaxResults\":1000,\"Parts\":[]}",
        "{\"Name\":\"ab\",\"Parts\":[{\"Id\":\"x1\"},{\"Id\":\"x2\"}],\"Secret\":\"\"}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(inputs); i++)
        for (int protocol = 0; protocol < PROTOCOL_COUNT; protocol++)
            assert_string_equal(check((enum protocol)protocol, inputs[i])->code, "");
}

static void names_violations(void **state)
{
    static const struct {
        const char *input, *message;
    } cases[] = {
        {"{}", "Value null at 'name' failed to satisfy constraint: Member must not be null"},
        {"{\"Name\":\"a\"}", "Value 'a' at 'name' failed to satisfy constraint: Member must have "
                             "length greater than or equal to 2"},
        {"{\"Name\":\"\xc3\xa4\xc3\xb6\xc3\xbc\"}",
         "Value '\xc3\xa4\xc3\xb6\xc3\xbc' at 'name' failed to satisfy constraint: Member must "
         "satisfy regular expression pattern: [\\w]*"},
        {"{\"Name\":\"ab\",\"Colour\":\"BLUE\"}",
         "Value 'BLUE' at 'colour' failed to satisfy constraint: Member must satisfy enum value "
         "set: [RED, GREEN]"},
        {"{\"Name\":\"ab\",\"MaxResults\":1001}",
         "Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less "
         "than or equal to 1000"},
        {"{\"Name\":\"ab\",\"Parts\":[{\"Id\":\"ok\"},{}]}",
         "Value null at 'parts.2.member.id' failed to satisfy constraint: Member must not be "
         "null"},
        {"{\"Name\":\"ab\",\"Secret\":\"pass\"}",
         "Value at 'secret' failed to satisfy constraint: Member must have length less than or "
         "equal to 3"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct reply *reply = check(PROTOCOL_JSON, cases[i].input);
        assert_string_equal(reply->code, "ValidationException");
        assert_int_equal(reply->http_status, 400);
        assert_memory_equal(reply->message, "1 validation error detected: ", 29);
        assert_string_equal(reply->message + 29, cases[i].message);
        assert_string_equal(check(PROTOCOL_QUERY, cases[i].input)->code, "ValidationError");
    }
}

static void counts_violations(void **state)
{
    (void)state;
    assert_string_equal(check(PROTOCOL_QUERY, "{\"MaxResults\":4}")->message,
                        "2 validation errors detected: Value null at 'name' failed to satisfy "
                        "constraint: Member must not be null; Value '4' at 'maxResults' failed to "
                        "satisfy constraint: Member must have value greater than or equal to 5");
}

static void speaks_as_ec2_does(void **state)
{
    (void)state;
    const struct reply *reply = check(PROTOCOL_EC2, "{\"Parts\":[{}]}");
    assert_string_equal(reply->code, "MissingParameter");
    assert_string_equal(reply->message, "The request must contain the parameter name");
    reply = check(PROTOCOL_EC2, "{\"Name\":\"ab\",\"Parts\":[{\"Id\":\"ok\"},{}]}");
    assert_string_equal(reply->message, "The request must contain the parameter Part.2.id");
    reply = check(PROTOCOL_EC2, "{\"Name\":\"ab\",\"MaxResults\":4}");
    assert_string_equal(reply->code, "InvalidParameterValue");
    assert_string_equal(reply->message,
                        "Value ( 4 ) for parameter MaxResults is invalid. Expecting a value "
                        "greater than or equal to 5.");
}

/* A thousand wrong elements do not make a message of a thousand parts. */
static void bounds_the_message(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    (void)state;
    buf_add_cstr(&text, "{\"Name\":\"ab\",\"Parts\":[");
    for (int i = 0; i < 1000; i++)
        buf_addf(&text, "%s{}", i > 0 ? "," : "");
    buf_add_cstr(&text, "]}");
    const struct reply *reply = check(PROTOCOL_JSON, buf_cstr(&text));
    assert_true(strlen(reply->message) < sizeof reply->message);
    assert_memory_equal(reply->message, "1001 validation errors", 22);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_good_input_pass), cmocka_unit_test(names_violations),
        cmocka_unit_test(counts_violations),    cmocka_unit_test(speaks_as_ec2_does),
        cmocka_unit_test(bounds_the_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
