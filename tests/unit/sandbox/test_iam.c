/* Users, sessions, and what their policies say. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/sandbox/wire/iam.h"

static void makes_users_from_the_seed(void **state)
{
    struct iam *one = iam_new("111122223333", 7), *two = iam_new("111122223333", 7);
    struct iam *other = iam_new("111122223333", 8);
    (void)state;
    assert_true(iam_n_users(one) >= 2);
    for (size_t i = 0; i < iam_n_users(one); i++) {
        const struct principal *p = iam_user(one, i);
        assert_string_equal(p->access_key_id, iam_user(two, i)->access_key_id);
        assert_string_not_equal(p->access_key_id, iam_user(other, i)->access_key_id);
        assert_string_not_equal(p->secret_access_key, iam_user(two, i)->secret_access_key);
        assert_int_equal(strlen(p->access_key_id), 20);
        assert_int_equal(strlen(p->secret_access_key), 40);
        assert_int_equal(strlen(p->user_id), 21);
        assert_null(p->session_token);
        assert_ptr_equal(iam_find(one, sv_of(p->access_key_id)), p);
    }
    assert_null(iam_find(one, SV("AKIANOBODY")));
    iam_free(one);
    iam_free(two);
    iam_free(other);
}

static void decides_by_policy(void **state)
{
    static const struct {
        const char *action, *resource;
        bool oncall, viewer;
    } cases[] = {
        {"ec2:DescribeInstances", "*", true, true},
        {"ec2:RevokeSecurityGroupIngress", "*", true, false},
        {"EC2:describeinstances", "*", true, true},
        {"config:SelectAggregateResourceConfig", "*", true, true},
        {"config:PutConfigRule", "*", true, false},
        {"organizations:ListAccounts", "*", true, true},
        {"ssm:GetParametersByPath", "*", true, true},
        {"ssm:PutParameter", "*", true, false},
        {"iam:CreateUser", "*", false, false},
        {"sts:GetCallerIdentity", "*", true, true},
        {"sts:AssumeRole", "arn:aws:iam::444455556666:role/" ROLE_ADMIN, true, false},
        {"sts:AssumeRole", "arn:aws:iam::444455556666:role/" ROLE_READ, true, true},
        {"sts:AssumeRole", "arn:aws:iam::444455556666:role/" ROLE_READ "er", true, false},
        {"ec2", "*", false, false},
        {"", "*", false, false},
    };
    struct iam *iam = iam_new("111122223333", 7);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(iam_decide(iam_user(iam, 0), cases[i].action, cases[i].resource) ==
                             DECISION_ALLOW,
                         cases[i].oncall);
        assert_int_equal(iam_decide(iam_user(iam, 1), cases[i].action, cases[i].resource) ==
                             DECISION_ALLOW,
                         cases[i].viewer);
    }
    iam_free(iam);
}

static void opens_sessions(void **state)
{
    struct iam *iam = iam_new("111122223333", 7);
    const struct principal *admin =
        iam_open_session(iam, iam_role(ROLE_ADMIN), "444455556666", "night", false, 1000);
    const struct principal *barred =
        iam_open_session(iam, iam_role(ROLE_ADMIN), "444455557777", "night", true, 1000);
    (void)state;
    assert_string_equal(admin->arn, "arn:aws:sts::444455556666:assumed-role/" ROLE_ADMIN "/night");
    assert_string_equal(admin->account_id, "444455556666");
    assert_memory_equal(admin->access_key_id, "ASIA", 4);
    assert_non_null(strstr(admin->user_id, ":night"));
    assert_string_not_equal(admin->session_token, barred->session_token);
    assert_int_equal(iam_decide(admin, "iam:CreateUser", "*"), DECISION_ALLOW);
    assert_int_equal(iam_decide(barred, "ec2:DescribeRegions", "*"), DECISION_SCP_DENY);
    assert_int_equal(iam_decide(barred, "sts:GetCallerIdentity", "*"), DECISION_ALLOW);
    assert_null(iam_role("NoSuchRole"));
    iam_free(iam);
}

/* Hours of assuming roles do not fill the memory: the oldest sessions are forgotten. */
static void forgets_the_oldest_sessions(void **state)
{
    struct iam *iam = iam_new("111122223333", 7);
    char first[ACCESS_KEY_ID_SIZE] = "", last[ACCESS_KEY_ID_SIZE] = "";
    (void)state;
    for (int i = 0; i < 20000; i++) {
        const struct principal *p =
            iam_open_session(iam, iam_role(ROLE_READ), "444455556666", "s", false, 1000);
        if (i == 0)
            str_copy(first, p->access_key_id);
        str_copy(last, p->access_key_id);
    }
    assert_null(iam_find(iam, sv_of(first)));
    assert_non_null(iam_find(iam, sv_of(last)));
    assert_int_equal(iam_n_sessions(iam), 20000);
    iam_free(iam);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_users_from_the_seed),
        cmocka_unit_test(decides_by_policy),
        cmocka_unit_test(opens_sessions),
        cmocka_unit_test(forgets_the_oldest_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
