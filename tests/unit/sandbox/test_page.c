/* Pages: sizes, ends, filters, and tokens that are not ours. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "tests/sandbox/wire/api.h"
#include "tests/sandbox/wire/handler.h"

static int begin(void **state)
{
    (void)state;
    api_load();
    return 0;
}

static int end(void **state)
{
    (void)state;
    api_unload();
    return 0;
}

/* Every number that is no multiple of *arg. */
static void add_number(void *arg, size_t i, cJSON *list)
{
    const size_t *skipped = arg;
    if (*skipped == 0 || i % *skipped != 0)
        cJSON_AddItemToArray(list, cJSON_CreateNumber((double)i));
}

/* ListAccounts of n numbers with that input; a copy of call may change what the token is for. */
static struct reply page(struct call call, const char *input, size_t n, size_t skipped)
{
    struct reply reply = {.output = cJSON_CreateObject()};
    AUTO(json_free_at) cJSON *tree = NULL;
    const struct page_spec spec = {.list_member = "Accounts",
                                   .n_items = n,
                                   .page_default = 4,
                                   .page_max = 6,
                                   .add_item = add_number,
                                   .arg = &skipped};
    assert_int_equal(json_parse(sv_of(input), "test", &tree, NULL), OK);
    call.input = tree;
    page_reply(&call, &reply, &spec);
    return reply;
}

static const struct call ours = {.service = "organizations",
                                 .operation = "ListAccounts",
                                 .account_id = "111122223333",
                                 .region = "us-east-1",
                                 .caller_arn = "arn:aws:iam::111122223333:user/oncall"};

static size_t count(const struct reply *reply)
{
    return (size_t)cJSON_GetArraySize(json_get(reply->output, "Accounts"));
}

static void sizes(void **state)
{
    static const struct {
        const char *input;
        size_t n, expected;
        bool more;
    } cases[] = {
        {"{}", 10, 4, true},
        {"{\"MaxResults\":0}", 10, 4, true},
        {"{\"MaxResults\":5}", 10, 5, true},
        {"{\"MaxResults\":10}", 10, 6, true},
        {"{}", 4, 4, false},
        {"{}", 0, 0, false},
        {"{\"NextToken\":\"\"}", 5, 4, true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct reply reply = page(ours, cases[i].input, cases[i].n, 0);
        assert_string_equal(reply.code, "");
        assert_int_equal(count(&reply), cases[i].expected);
        assert_int_equal(json_get(reply.output, "NextToken") != NULL, cases[i].more);
        json_free(reply.output);
    }
}

/* The input of the page after reply, with member before the token. */
static void next_input(char input[512], const struct reply *reply, const char *member)
{
    snprintf(input, 512, "{%s\"NextToken\":\"%s\"}", member,
             json_sv(reply->output, "NextToken").ptr);
}

static void walks_to_the_end(void **state)
{
    char input[512] = "{}";
    size_t seen = 0, pages = 0;
    bool more = true;
    (void)state;
    while (more) {
        struct reply reply = page(ours, input, 21, 3);
        const cJSON *item;
        assert_true(count(&reply) <= 4);
        cJSON_ArrayForEach (item, json_get(reply.output, "Accounts")) {
            assert_int_equal(item->valuedouble, seen / 2 * 3 + 1 + seen % 2);
            seen++;
        }
        more = json_get(reply.output, "NextToken") != NULL;
        if (more)
            next_input(input, &reply, "");
        json_free(reply.output);
        pages++;
    }
    assert_int_equal(seen, 14);
    assert_int_equal(pages, 4);
}

static void assert_refused(struct call call, const char *input)
{
    struct reply reply = page(call, input, 10, 0);
    assert_string_equal(reply.code, "InvalidInputException");
    assert_string_equal(json_sv(reply.output, "Reason").ptr, "INVALID_NEXT_TOKEN");
    json_free(reply.output);
}

static void refuses_foreign_tokens(void **state)
{
    char input[512];
    struct call other;
    struct reply first = page(ours, "{}", 10, 0);
    (void)state;
    next_input(input, &first, "");
    struct reply second = page(ours, input, 10, 0);
    assert_int_equal(count(&second), 4);
    json_free(second.output);

    other = ours, other.account_id = "444455556666";
    assert_refused(other, input);
    other = ours, other.region = "eu-west-1";
    assert_refused(other, input);
    other = ours, other.caller_arn = "arn:aws:iam::111122223333:user/viewer";
    assert_refused(other, input);
    other = ours, other.operation = "ListRoots";
    assert_refused(other, input);
    next_input(input, &first, "\"ParentId\":\"r-1\",");
    assert_refused(ours, input);
    next_input(input, &first, "\"MaxResults\":6,");
    second = page(ours, input, 10, 0);
    assert_int_equal(count(&second), 6);
    json_free(second.output);
    json_free(first.output);
}

static void refuses_altered_tokens(void **state)
{
    struct reply first = page(ours, "{}", 10, 0);
    char input[512];
    (void)state;
    size_t len = json_sv(first.output, "NextToken").len;
    for (size_t i = 0; i < len; i += 5) {
        next_input(input, &first, "");
        char *c = input + strlen("{\"NextToken\":\"") + i;
        *c = *c == 'A' ? 'B' : 'A';
        assert_refused(ours, input);
    }
    assert_refused(ours, "{\"NextToken\":\"AAAA\"}");
    assert_refused(ours, "{\"NextToken\":\"not base64!\"}");
    json_free(first.output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(walks_to_the_end),
        cmocka_unit_test(refuses_foreign_tokens),
        cmocka_unit_test(refuses_altered_tokens),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
