/*
 * The table of operations against the service models, when WATCHDECK_API names their folder.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/aws/op.h"
#include "core/base/json.h"
#include "core/base/os.h"
#include "tests/unit/unit.h"

#define MODEL_MAX_BYTES ((size_t)8 << 20)

static cJSON *load_model(const struct aws_service *service)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    char path[512];
    cJSON *model = NULL;
    snprintf(path, sizeof path, "%s/%s.json", getenv("WATCHDECK_API"), service->id);
    assert_int_equal(os_read_file(path, MODEL_MAX_BYTES, &text, NULL), OK);
    assert_int_equal(json_parse(buf_sv(&text), path, &model, NULL), OK);
    return model;
}

/* The data channel of sessions has none. */
static bool has_model(const struct aws_service *service)
{
    return strcmp(service->id, "ssmmessages") != 0;
}

static void need_models(void)
{
    if (getenv("WATCHDECK_API") == NULL) {
        print_message("WATCHDECK_API names no folder of service models\n");
        skip();
    }
}

/* Calls check for each operation with its model and the model of its service. */
static void for_each_op(void (*check)(const struct aws_op *op, const cJSON *operation,
                                      const cJSON *model))
{
    need_models();
    for (size_t i = 0; aws_service_at(i) != NULL; i++) {
        if (!has_model(aws_service_at(i)))
            continue;
        cJSON *model = load_model(aws_service_at(i));
        for (enum aws_op_id id = 0; id < AWS_OP_COUNT; id++) {
            if (aws_op(id)->service != aws_service_at(i))
                continue;
            const cJSON *operation = json_get(json_get(model, "operations"), aws_op(id)->name);
            if (operation == NULL)
                fail_msg("%s is not in the model", aws_op(id)->iam_action);
            check(aws_op(id), operation, model);
        }
        json_free(model);
    }
}

static const cJSON *shape_of(const cJSON *model, const cJSON *reference)
{
    const cJSON *name = json_get(reference, "shape");
    return name != NULL ? json_get(json_get(model, "shapes"), name->valuestring) : NULL;
}

static const cJSON *input_member(const cJSON *model, const cJSON *operation, const char *name)
{
    return json_get(json_get(shape_of(model, json_get(operation, "input")), "members"), name);
}

/* The member of the output that is called name on the wire. */
static const cJSON *output_member(const cJSON *model, const cJSON *operation, const char *name)
{
    const cJSON *member = NULL;
    cJSON_ArrayForEach (member,
                        json_get(shape_of(model, json_get(operation, "output")), "members")) {
        const cJSON *location = json_get(member, "locationName");
        if (strcmp(location != NULL ? location->valuestring : member->string, name) == 0)
            return member;
    }
    return NULL;
}

static void test_services(void **state)
{
    (void)state;
    need_models();
    for (size_t i = 0; aws_service_at(i) != NULL; i++) {
        const struct aws_service *service = aws_service_at(i);
        if (!has_model(service))
            continue;
        cJSON *model = load_model(service);
        const cJSON *metadata = json_get(model, "metadata");
        char id[64], *c = id;
        assert_string_equal(service->endpoint_prefix,
                            json_get(metadata, "endpointPrefix")->valuestring);
        if (service->protocol != AWS_REST_JSON) /* what these two say is not signed */
            assert_string_equal(service->endpoint_prefix,
                                json_get(json_get(model, "effective"), "signingName")->valuestring);
        if (service->target_prefix != NULL)
            assert_string_equal(service->target_prefix,
                                json_get(metadata, "targetPrefix")->valuestring);
        if (service->api_version != NULL)
            assert_string_equal(service->api_version,
                                json_get(metadata, "apiVersion")->valuestring);
        str_copy(id, json_get(metadata, "serviceId")->valuestring);
        for (; *c != '\0'; c++)
            *c = (char)(*c == ' ' ? '_' : toupper((unsigned char)*c));
        assert_string_equal(service->env_suffix, id);
        json_free(model);
    }
}

static void check_paging(const struct aws_op *op, const cJSON *operation, const cJSON *model)
{
    const cJSON *token_in = NULL, *member = NULL;
    cJSON_ArrayForEach (member,
                        json_get(shape_of(model, json_get(operation, "input")), "members")) {
        if (strcasecmp(member->string, "NextToken") == 0)
            token_in = member;
    }
    if (token_in == NULL) {
        assert_null(op->token_in);
        assert_null(op->token_out);
        return;
    }
    assert_string_equal(op->token_in, token_in->string);
    assert_non_null(output_member(model, operation, op->token_out));
}

static void check_limit(const struct aws_op *op, const cJSON *operation, const cJSON *model)
{
    static const char *const names[] = {"MaxResults", "Limit", "limit"};
    const cJSON *limit = NULL;
    for (size_t i = 0; i < ARRAY_LEN(names) && op->token_in != NULL; i++)
        limit = input_member(model, operation, names[i]) ?: limit;
    if (limit == NULL) {
        assert_null(op->limit);
        return;
    }
    assert_string_equal(op->limit, limit->string);
    int64_t max = json_i64(shape_of(model, limit), "max", -1);
    if (max > 0) /* EC2 states some in prose only */
        assert_int_equal(op->limit_max, max);
    assert_true(op->limit_max > 0);
}

static void check_result(const struct aws_op *op, const cJSON *operation, const cJSON *model)
{
    if (op->result == NULL)
        return;
    const cJSON *member = output_member(model, operation, op->result);
    if (member == NULL)
        fail_msg("%s: no %s", op->iam_action, op->result);
    assert_string_equal(json_get(shape_of(model, member), "type")->valuestring, "list");
}

static void check_dry_run(const struct aws_op *op, const cJSON *operation, const cJSON *model)
{
    assert_int_equal(op->dry_run, input_member(model, operation, "DryRun") != NULL);
}

static void test_pages(void **state)
{
    (void)state;
    for_each_op(check_paging);
}

static void test_limits(void **state)
{
    (void)state;
    for_each_op(check_limit);
}

static void test_results(void **state)
{
    (void)state;
    for_each_op(check_result);
}

static void test_dry_runs(void **state)
{
    (void)state;
    for_each_op(check_dry_run);
}

/* --- names on the wire ----------------------------------------------------------------------- */

/* The ec2 protocol: queryName, else locationName with a capital, else the member's name. */
static void ec2_name(const cJSON *member, char *name, size_t size)
{
    const cJSON *query = json_get(member, "queryName"),
                *location = json_get(member, "locationName");
    const cJSON *chosen = query != NULL ? query : location;
    snprintf(name, size, "%s", chosen != NULL ? chosen->valuestring : member->string);
    name[0] = (char)toupper((unsigned char)name[0]);
}

static void check_members(const struct aws_op *op, const cJSON *shape, const cJSON *model,
                          int depth)
{
    const cJSON *member = NULL;
    assert_true(depth < 12);
    cJSON_ArrayForEach (member, json_get(shape, "members")) {
        char expected[128];
        ec2_name(member, expected, sizeof expected);
        char *ours = sv_dup(aws_op_wire_name(op, sv_of(member->string)));
        assert_string_equal(ours, expected);
        mem_free(ours);
        check_members(op, shape_of(model, member), model, depth + 1);
    }
    if (json_get(shape, "member") != NULL)
        check_members(op, shape_of(model, json_get(shape, "member")), model, depth + 1);
}

static void check_wire_names(const struct aws_op *op, const cJSON *operation, const cJSON *model)
{
    if (op->service->protocol == AWS_EC2)
        check_members(op, shape_of(model, json_get(operation, "input")), model, 0);
    else
        assert_null(op->wire_names);
}

static void test_wire_names(void **state)
{
    (void)state;
    for_each_op(check_wire_names);
}

/* --- without the models ---------------------------------------------------------------------- */

static void test_find(void **state)
{
    (void)state;
    assert_ptr_equal(aws_op_find(SV("ec2"), SV("DescribeVolumes")), aws_op(OP_ec2_DescribeVolumes));
    assert_null(aws_op_find(SV("ec2"), SV("DescribeConfigRules")));
    assert_null(aws_op_find(SV("s3"), SV("ListBuckets")));
    assert_string_equal(aws_op(OP_ec2_instance_connect_SendSSHPublicKey)->iam_action,
                        "ec2-instance-connect:SendSSHPublicKey");
    assert_string_equal(aws_op(OP_config_DescribeConfigRules)->iam_action,
                        "config:DescribeConfigRules");
    assert_sv(aws_op_wire_name(aws_op(OP_ec2_DescribeVolumes), SV("VolumeIds")), "VolumeId");
    assert_sv(aws_op_wire_name(aws_op(OP_ec2_DescribeVolumes), SV("VolumeId")), "VolumeId");
    assert_sv(aws_op_wire_name(aws_op(OP_sts_AssumeRole), SV("RoleArn")), "RoleArn");
}

/* Whatever changes AWS by its name says so in its row. */
static void test_effects(void **state)
{
    static const char *const reading[] = {"Describe", "List",   "Get",
                                          "BatchGet", "Lookup", "Select"};
    (void)state;
    for (enum aws_op_id id = 0; id < AWS_OP_COUNT; id++) {
        bool reads = false;
        for (size_t i = 0; i < ARRAY_LEN(reading); i++)
            reads |= sv_starts(sv_of(aws_op(id)->name), sv_of(reading[i]));
        if (aws_op(id)->effect == EFFECT_READ && !reads)
            fail_msg("%s is said to read", aws_op(id)->iam_action);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),     cmocka_unit_test(test_effects),
        cmocka_unit_test(test_services), cmocka_unit_test(test_pages),
        cmocka_unit_test(test_limits),   cmocka_unit_test(test_results),
        cmocka_unit_test(test_dry_runs), cmocka_unit_test(test_wire_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
