/* The list `identity`: who, where from, and what is allowed, one small question each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/unit/gov/helper_canned.h"

static size_t n_whole_lists; /* questions that would not have ended with their first page */

static void deny(const struct aws_request *request, enum err_code code, const char *where,
                 struct canned_answer *answer)
{
    (void)request;
    err_set(&answer->err, code, where, "as told");
}

/* Everything is allowed but rules; instances are throttled; no member can be entered. */
static void answer(const struct aws_request *request, struct canned_answer *answer)
{
    if (request->target.account_id[0] != 0 &&
        strcmp(request->target.account_id, "111111111111") != 0)
        deny(request, ERR_DENIED, "sts:AssumeRole", answer);
    else if (request->op == OP_config_DescribeConfigRules)
        deny(request, ERR_DENIED, "config:DescribeConfigRules", answer);
    else if (request->op == OP_ec2_DescribeInstances)
        deny(request, ERR_THROTTLED, "ec2:DescribeInstances", answer);
    else if (!canned_organization(request, answer))
        answer->pages[0] = "{}";
    n_whole_lists += request->op == OP_ec2_DescribeSecurityGroups && request->pages_max != 1;
}

static const cJSON *find(const cJSON *rows, const char *what)
{
    const cJSON *row;

    cJSON_ArrayForEach (row, rows) {
        if (sv_eq_cstr(json_sv(row, "what"), what))
            return row;
    }
    fail_msg("there is no row \"%s\"", what);
    return NULL;
}

static void assert_row(const cJSON *rows, const char *what, const char *value, const char *detail)
{
    const cJSON *row = find(rows, what);

    if (!sv_eq_cstr(json_sv(row, "value"), value))
        fail_msg("%s: \"" SV_FMT "\"", what, SV_ARG(json_sv(row, "value")));
    if (!sv_contains(json_sv(row, "detail"), sv_of(detail)))
        fail_msg("%s: \"" SV_FMT "\"", what, SV_ARG(json_sv(row, "detail")));
}

static void what_is_allowed_is_tried(void **state)
{
    struct gov *gov = canned_gov(answer);
    const struct screen *screen = screen_find(SV("identity"));
    struct load *load = canned_open(gov, screen, NULL, NULL, 0);
    struct load_view view;
    (void)state;
    canned_wait(load, canned_has_ended, &view);
    load_close(load);
    assert_int_equal(view.err.code, OK);
    cJSON *rows = canned_rows(screen, &view);
    assert_row(rows, "account", "111111111111", "");
    assert_row(rows, "ec2:DescribeSecurityGroups", "allowed", "security groups");
    assert_row(rows, "config:DescribeConfigRules", "denied", "rules: as told");
    assert_row(rows, "ec2:DescribeInstances", "unknown", "instances: as told");
    assert_row(rows, "sts:AssumeRole", "denied", "OrganizationAccountAccessRole in ");
    assert_int_equal(n_whole_lists, 0);
    assert_int_equal(view.coverage.gaps.len, 0); /* a question is no list with a hole in it */
    json_free(rows);
    load_view_done(&view);
    canned_gov_free(gov);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_allowed_is_tried)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
