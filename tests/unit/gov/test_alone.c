/* What nobody decides alone: by severity, by whether it can be taken back, and the ways past it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/gov/security_group/sg_change.h"
#include "core/gov/systems_manager/parameter_change.h"
#include "tests/unit/gov/helper_canned.h"

static const struct change_kind asking = {.name = "propose", .two_people = true};

static void test_what_one_may_do_alone(void **state)
{
    static const struct {
        enum severity from;
        const char *severity;
        enum change_reversible reversible;
        bool asks, breaks_glass;
        enum err_code expected;
    } rows[] = {
        {SEVERITY_NONE, "CRITICAL", REVERSIBLE, false, false, OK}, /* not switched on */
        {SEVERITY_HIGH, "MEDIUM", REVERSIBLE, false, false, OK},
        {SEVERITY_HIGH, "HIGH", REVERSIBLE, false, false, ERR_REFUSED},
        {SEVERITY_HIGH, "CRITICAL", REVERSIBLE, false, false, ERR_REFUSED},
        {SEVERITY_HIGH, "LOW", IRREVERSIBLE, false, false, ERR_REFUSED},
        {SEVERITY_HIGH, "whatever", REVERSIBLE, false, false,
         ERR_REFUSED},                                        /* nobody has rated it */
        {SEVERITY_HIGH, "HIGH", REVERSIBLE, true, false, OK}, /* another decides on it too */
        {SEVERITY_HIGH, "HIGH", REVERSIBLE, false, true, OK}, /* and the records say so */
        {SEVERITY_MEDIUM, "MEDIUM", REVERSIBLE, false, false, ERR_REFUSED},
        {SEVERITY_CRITICAL, "HIGH", REVERSIBLE, false, false, OK},
        {SEVERITY_CRITICAL, "LOW", IRREVERSIBLE, false, false, ERR_REFUSED},
    };
    struct gov gov = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct change_plan *plan = change_plan_new(rows[i].asks ? &asking : &change_sg_revoke);
        struct err err = ERR_NONE;

        settings_init(&gov.settings);
        assert_int_equal(gov.settings.four_eyes, SEVERITY_NONE);
        gov.settings.four_eyes = rows[i].from;
        str_copy(plan->severity, rows[i].severity);
        plan->reversible = rows[i].reversible;
        if (rows[i].breaks_glass)
            assert_int_equal(change_plan_break_glass(plan, "the site is down", NULL), OK);
        assert_int_equal(gov_may_alone(&gov, plan, &err), rows[i].expected);
        if (rows[i].expected != OK) {
            assert_non_null(strstr(err.message, "p puts it to another one"));
            assert_non_null(strstr(err.message, ":break-glass"));
        }
        change_plan_free(plan);
    }
}

/* Outside of production who has found something MEDIUM may approve it alone; inside another does.
 */
static void test_production_is_nobodys_alone(void **state)
{
    static const struct {
        enum severity from;
        const char *severity;
        enum err_code expected;
    } rows[] = {
        {SEVERITY_NONE, "MEDIUM", OK},
        {SEVERITY_HIGH, "LOW", OK},
        {SEVERITY_HIGH, "MEDIUM", ERR_REFUSED},
        {SEVERITY_CRITICAL, "MEDIUM", OK},
    };
    struct gov gov = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct change_plan *plan = change_plan_new(&change_sg_revoke);
        struct err err = ERR_NONE;

        settings_init(&gov.settings);
        gov.settings.four_eyes = rows[i].from;
        str_copy(plan->severity, rows[i].severity);
        plan->reversible = REVERSIBLE;
        plan->production = true;
        assert_int_equal(gov_may_alone(&gov, plan, &err), rows[i].expected);
        if (rows[i].expected != OK)
            assert_non_null(strstr(err.message, "MEDIUM in production needs two people"));
        change_plan_free(plan);
    }
}

/* An undo that only this machine knows of is not said to be another one's to decide. */
static void test_the_way_out_of_an_undo(void **state)
{
    struct gov gov = {0};
    struct change_plan *plan = change_plan_new(&change_parameter_put);
    struct err err = ERR_NONE;

    (void)state;
    settings_init(&gov.settings);
    gov.settings.four_eyes = SEVERITY_HIGH;
    str_copy(plan->severity, "HIGH");
    str_copy(plan->undo_of, "53251da8-7a7a-408b-a78c-b27348f3d54e");
    assert_int_equal(gov_may_alone(&gov, plan, &err), ERR_REFUSED);
    assert_null(strstr(err.message, "p puts it"));
    assert_non_null(strstr(err.message, "the journal of this machine alone"));
    assert_non_null(strstr(err.message, ":break-glass"));
    change_plan_free(plan);
}

/* What takes the account's name takes the time too, but for what is urgent. */
static void test_who_waits(void **state)
{
    static const struct {
        const char *severity;
        enum change_reversible reversible;
        bool is_production, breaks_glass, waits;
    } rows[] = {
        {"MEDIUM", REVERSIBLE, false, false, false}, {"MEDIUM", REVERSIBLE, true, false, true},
        {"HIGH", REVERSIBLE, false, false, true},    {"LOW", IRREVERSIBLE, false, false, true},
        {"CRITICAL", REVERSIBLE, true, true, false},
    };
    struct gov gov = {0};

    (void)state;
    settings_init(&gov.settings);
    assert_true(gov.settings.alone_wait_ms > 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct change_plan *plan = change_plan_new(&change_sg_revoke);

        str_copy(plan->severity, rows[i].severity);
        plan->reversible = rows[i].reversible;
        plan->production = rows[i].is_production;
        if (rows[i].breaks_glass)
            assert_int_equal(change_plan_break_glass(plan, "the site is down", NULL), OK);
        assert_int_equal(gov_alone_wait(&gov, plan),
                         rows[i].waits ? gov.settings.alone_wait_ms : 0);
        change_plan_free(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_one_may_do_alone),
        cmocka_unit_test(test_production_is_nobodys_alone),
        cmocka_unit_test(test_the_way_out_of_an_undo),
        cmocka_unit_test(test_who_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
