#include "core/gov/config/verdict.h"

#include <stdio.h>

#include "tests/unit/unit.h"

static const struct aws_target here = {.account_id = "111111111111", .region = "eu-west-1"};
static const struct aws_target there = {.account_id = "111111111111", .region = "us-east-1"};

static void says_what_was_noted(void **state)
{
    (void)state;
    AUTO(verdicts_done) struct verdicts verdicts = {0};
    uint64_t vpcs_here = verdict_place(&here, SV("AWS::EC2::VPC"));
    uint64_t vpcs_there = verdict_place(&there, SV("AWS::EC2::VPC"));
    uint64_t subnets_here = verdict_place(&here, SV("AWS::EC2::Subnet"));
    assert_int_equal(verdicts_get(&verdicts, vpcs_here, SV("vpc-1")), VERDICT_NONE);
    verdicts_put(&verdicts, vpcs_here, SV("vpc-1"), VERDICT_NON_COMPLIANT);
    verdicts_put(&verdicts, vpcs_there, SV("vpc-1"), VERDICT_COMPLIANT);
    assert_int_equal(verdicts_get(&verdicts, vpcs_here, SV("vpc-1")), VERDICT_NON_COMPLIANT);
    assert_int_equal(verdicts_get(&verdicts, vpcs_there, SV("vpc-1")), VERDICT_COMPLIANT);
    assert_int_equal(verdicts_get(&verdicts, subnets_here, SV("vpc-1")), VERDICT_NONE);
    assert_int_equal(verdicts_get(&verdicts, vpcs_here, SV("vpc-2")), VERDICT_NONE);
}

static void the_last_word_counts(void **state)
{
    (void)state;
    AUTO(verdicts_done) struct verdicts verdicts = {0};
    verdicts_put(&verdicts, 7, SV("i"), VERDICT_INSUFFICIENT_DATA);
    verdicts_put(&verdicts, 7, SV("i"), VERDICT_NOT_APPLICABLE);
    verdicts_put(&verdicts, 7, SV("i"), verdict_of(SV("MAYBE")));
    assert_int_equal(verdicts_get(&verdicts, 7, SV("i")), VERDICT_NOT_APPLICABLE);
    assert_int_equal(verdicts.count, 1);
}

static void words_are_those_of_aws_config(void **state)
{
    (void)state;
    assert_null(verdict_word(VERDICT_NONE).ptr);
    assert_sv(verdict_word(VERDICT_INSUFFICIENT_DATA), "INSUFFICIENT_DATA");
    for (enum verdict verdict = VERDICT_NONE; verdict < N_VERDICTS; verdict++)
        assert_int_equal(verdict_of(verdict_word(verdict)), verdict);
}

/* Growing loses and mixes up nothing. */
static void many_are_kept_apart(void **state)
{
    (void)state;
    AUTO(verdicts_done) struct verdicts verdicts = {0};
    char id[32];
    for (int i = 0; i < 20000; i++) {
        snprintf(id, sizeof id, "id-%d", i);
        verdicts_put(&verdicts, 7, sv_of(id),
                     i % 3 == 0 ? VERDICT_COMPLIANT : VERDICT_NON_COMPLIANT);
    }
    assert_int_equal(verdicts.count, 20000);
    for (int i = 0; i < 20000; i++) {
        snprintf(id, sizeof id, "id-%d", i);
        assert_int_equal(verdicts_get(&verdicts, 7, sv_of(id)),
                         i % 3 == 0 ? VERDICT_COMPLIANT : VERDICT_NON_COMPLIANT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_was_noted),
        cmocka_unit_test(the_last_word_counts),
        cmocka_unit_test(words_are_those_of_aws_config),
        cmocka_unit_test(many_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
