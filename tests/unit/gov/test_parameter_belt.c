/* How much of an application may be missing from what is approved before nothing of it is changed:
 * single plans, one after the other, come no further than many at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/gov/systems_manager/parameter_plan.h"
#include "tests/unit/gov/helper_canned.h"

static struct buf described; /* what DescribeParameters tells of the application */

static void add_parameter(const char *side, unsigned number)
{
    buf_addf(&described,
             "%s{\"Name\":\"/shop/%s/key/%03u\",\"Type\":\"String\",\"Version\":1,\"Tier\":"
             "\"Standard\",\"DataType\":\"text\",\"LastModifiedDate\":1767225600}",
             described.len > 0 ? "," : "{\"Parameters\":[", side, number);
}

/* n_present settings, the last n_unapproved of which nobody has approved; and one that is approved
 * and missing. */
static void describe(unsigned n_present, unsigned n_unapproved)
{
    buf_clear(&described);
    add_parameter("approved", 999);
    for (unsigned i = 0; i < n_present; i++) {
        add_parameter("current", i);
        if (i < n_present - n_unapproved)
            add_parameter("approved", i);
    }
    buf_add_cstr(&described, "]}");
}

static void answer(const struct aws_request *request, struct canned_answer *answer)
{
    if (canned_organization(request, answer))
        return;
    answer->pages[0] =
        request->op == OP_ssm_DescribeParameters ? buf_cstr(&described) : "{\"Parameters\":[]}";
}

static struct err planned_err;
static bool is_there;

static void on_plan(void *arg, struct change_plan *take_plan, const struct err *err)
{
    (void)arg;
    change_plan_free(take_plan);
    planned_err = *err;
    is_there = true;
}

static enum err_code plan(const char *name, const char *type)
{
    struct aws_target target = {.account_id = "333333333333", .region = "us-east-1"};
    is_there = false;
    struct gov *gov = canned_gov(answer);
    parameter_plan(gov, gov->scope, &target, name, type, on_plan, NULL);
    assert_true(run_ui_until(&is_there, 60000));
    canned_gov_free(gov);
    return planned_err.code;
}

static void test_a_small_part_may_go(void **state)
{
    static const struct {
        unsigned n_present, n_unapproved;
        enum err_code code;
    } rows[] = {
        {100, 5, OK},         {100, 6, ERR_REFUSED}, {40, 2, OK},
        {39, 2, ERR_REFUSED}, {20, 1, OK},           {19, 1, ERR_REFUSED}, /* one by itself, too */
        {12, 1, ERR_REFUSED}, {12, 11, ERR_REFUSED},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char last[64];
        describe(rows[i].n_present, rows[i].n_unapproved);
        snprintf(last, sizeof last, "/shop/current/key/%03u", rows[i].n_present - 1);
        assert_int_equal(plan(last, "unauthorized_parameter"), rows[i].code);
        /* nothing else of it is changed either */
        assert_int_equal(plan("/shop/current/key/999", "missing_parameter"), rows[i].code);
        if (rows[i].code != OK)
            assert_non_null(strstr(planned_err.message, "more than 5 percent"));
    }
    buf_done(&described);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_small_part_may_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
