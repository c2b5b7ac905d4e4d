#include "core/gov/verdict.h"

#include <stdio.h>

#include "tests/unit/unit.h"

static const struct aws_target here = {.account_id = "111111111111", .region = "eu-west-1"};
static const struct aws_target there = {.account_id = "111111111111", .region = "us-east-1"};

static void says_what_was_noted(void **state)
{
    (void)state;
    AUTO(verdicts_done) struct verdicts verdicts = {0};
    assert_null(verdicts_get(&verdicts, &here, SV("AWS::EC2::VPC"), SV("vpc-1")).ptr);
    verdicts_put(&verdicts, &here, SV("AWS::EC2::VPC"), SV("vpc-1"), SV("NON_COMPLIANT"));
    verdicts_put(&verdicts, &there, SV("AWS::EC2::VPC"), SV("vpc-1"), SV("COMPLIANT"));
    assert_sv(verdicts_get(&verdicts, &here, SV("AWS::EC2::VPC"), SV("vpc-1")), "NON_COMPLIANT");
    assert_sv(verdicts_get(&verdicts, &there, SV("AWS::EC2::VPC"), SV("vpc-1")), "COMPLIANT");
    assert_null(verdicts_get(&verdicts, &here, SV("AWS::EC2::Subnet"), SV("vpc-1")).ptr);
    assert_null(verdicts_get(&verdicts, &here, SV("AWS::EC2::VPC"), SV("vpc-2")).ptr);
}

static void the_last_word_counts(void **state)
{
    (void)state;
    AUTO(verdicts_done) struct verdicts verdicts = {0};
    verdicts_put(&verdicts, &here, SV("T"), SV("i"), SV("INSUFFICIENT_DATA"));
    verdicts_put(&verdicts, &here, SV("T"), SV("i"), SV("NOT_APPLICABLE"));
    verdicts_put(&verdicts, &here, SV("T"), SV("i"), SV("MAYBE"));
    assert_sv(verdicts_get(&verdicts, &here, SV("T"), SV("i")), "NOT_APPLICABLE");
    assert_int_equal(verdicts.count, 1);
}

/* Growing loses and mixes up nothing. */
static void many_are_kept_apart(void **state)
{
    (void)state;
    AUTO(verdicts_done) struct verdicts verdicts = {0};
    char id[32];
    for (int i = 0; i < 20000; i++) {
        snprintf(id, sizeof id, "id-%d", i);
        verdicts_put(&verdicts, &here, SV("T"), sv_of(id),
                     i % 3 == 0 ? SV("COMPLIANT") : SV("NON_COMPLIANT"));
    }
    assert_int_equal(verdicts.count, 20000);
    for (int i = 0; i < 20000; i++) {
        snprintf(id, sizeof id, "id-%d", i);
        struct sv word = verdicts_get(&verdicts, &here, SV("T"), sv_of(id));
        assert_true(sv_eq(word, i % 3 == 0 ? SV("COMPLIANT") : SV("NON_COMPLIANT")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_was_noted),
        cmocka_unit_test(the_last_word_counts),
        cmocka_unit_test(many_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
