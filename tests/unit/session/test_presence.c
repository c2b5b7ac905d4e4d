/* Whether a node is there, when nothing is heard of it: times are the test's. */
#include "core/session/wire/presence.h"
#include "core/session/wire/talk.h"
#include "tests/unit/unit.h"

#define S INT64_C(1000000)

/* Asks when it is time to, from now_us on, as a link does; a second for each answer. Returns when
 * the service first said that a node that vanished at vanished_us is not connected. */
static int64_t found_out_us(struct presence *presence, bool is_away, int64_t vanished_us)
{
    for (int i = 0; i < 10; i++) {
        int64_t due_us = presence_due_us(presence, is_away);
        if (due_us < vanished_us - 60 * S)
            due_us = vanished_us;
        presence_asked(presence, due_us);
        assert_int_equal(presence_due_us(presence, is_away), INT64_MAX);
        presence_answered(presence, due_us < vanished_us, due_us + S);
        if (presence->gone_us != 0)
            return presence->gone_us;
    }
    return INT64_MAX;
}

static void an_idle_node_that_vanishes_is_found_out_within_30_s(void **state)
{
    (void)state;
    for (int64_t after_s = 0; after_s < 60; after_s++) {
        struct presence presence = {0};

        presence_heard(&presence, 1000 * S);
        int64_t vanished_us = (1000 + after_s) * S + 1;
        int64_t took_us = found_out_us(&presence, false, vanished_us) - vanished_us;
        assert_true(took_us > 0 && took_us < 30 * S);
    }
}

static void who_waits_for_an_answer_has_it_asked_at_once(void **state)
{
    struct presence presence = {0};

    (void)state;
    presence_heard(&presence, 1000 * S);
    assert_true(presence_due_us(&presence, true) <= 1001 * S);
    presence_asked(&presence, 1001 * S);
    presence_answered(&presence, false, 1002 * S);
    assert_int_equal(presence_gone_ms(&presence, 1002 * S), 1);
    assert_int_equal(presence_gone_ms(&presence, (1002 + 300) * S), TALK_LOST_MS);
    assert_int_equal(presence_due_us(&presence, true), (1001 + 15) * S); /* no more often */
    presence_heard(&presence, 1010 * S);
    assert_int_equal(presence_gone_ms(&presence, 1011 * S), 0);
}

static void an_old_answer_says_nothing(void **state)
{
    struct presence presence = {0};

    (void)state;
    presence_heard(&presence, 1000 * S);
    presence_asked(&presence, 1010 * S);
    presence_heard(&presence, 1011 * S);
    presence_answered(&presence, false, 1012 * S);
    assert_int_equal(presence_gone_ms(&presence, 1020 * S), 0);
    assert_int_equal(presence_due_us(&presence, false), (1010 + 15) * S);
}

static void who_may_not_ask_does_not(void **state)
{
    struct presence presence = {0};

    (void)state;
    presence_heard(&presence, 1000 * S);
    presence_asked(&presence, 1010 * S);
    presence_failed(&presence, false);
    assert_int_equal(presence_due_us(&presence, false), (1010 + 15) * S);
    presence_asked(&presence, 1025 * S);
    presence_failed(&presence, true);
    assert_int_equal(presence_due_us(&presence, false), INT64_MAX);
    assert_int_equal(presence_due_us(&presence, true), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_node_that_vanishes_is_found_out_within_30_s),
        cmocka_unit_test(who_waits_for_an_answer_has_it_asked_at_once),
        cmocka_unit_test(an_old_answer_says_nothing),
        cmocka_unit_test(who_may_not_ask_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
