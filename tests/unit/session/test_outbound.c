/* What goes to the node: numbered, paced, sent again until it is acknowledged. */
#include "core/session/wire/outbound.h"
#include "tests/unit/unit.h"

#define MS ((int64_t)1000)

static void add(struct outbound *outbound, size_t n)
{
    for (size_t i = 0; i < n; i++)
        outbound_add(outbound, PAYLOAD_OUTPUT, SV("x"));
}

/* The number of the next frame, -1 when none is due. */
static int64_t next(struct outbound *outbound, int64_t now_us)
{
    struct message message;
    struct sv frame;

    if (!outbound_next(outbound, now_us, &frame))
        return -1;
    assert_int_equal(message_read(frame, &message, NULL), OK);
    return message.sequence;
}

static void sends_in_order_until_acknowledged(void **state)
{
    struct outbound *outbound = outbound_new(0);

    (void)state;
    add(outbound, 3);
    for (int64_t i = 0; i < 3; i++)
        assert_int_equal(next(outbound, 0), i);
    assert_int_equal(next(outbound, 0), -1);
    for (int64_t i = 0; i < 3; i++)
        outbound_acknowledged(outbound, i, 10 * MS);
    assert_true(outbound_is_empty(outbound));
    assert_true(outbound_due_us(outbound, 10 * MS) == INT64_MAX);
    outbound_free(outbound);
}

static void sends_again_what_is_late(void **state)
{
    struct outbound *outbound = outbound_new(0);

    (void)state;
    add(outbound, 2);
    next(outbound, 0), next(outbound, 0);
    assert_int_equal(outbound_due_us(outbound, 0), 200 * MS); /* the initial time-out */
    assert_int_equal(next(outbound, 199 * MS), -1);
    assert_int_equal(next(outbound, 200 * MS), 0);
    assert_int_equal(next(outbound, 200 * MS), 1); /* not the oldest alone */
    assert_int_equal(next(outbound, 599 * MS), -1);
    assert_int_equal(next(outbound, 600 * MS), 0); /* twice as long the second time */
    outbound_acknowledged(outbound, 0, 700 * MS);
    assert_int_equal(next(outbound, 700 * MS), 1);
    assert_int_equal(outbound_owed_ms(outbound, 900 * MS), 900);
    outbound_acknowledged(outbound, 1, 901 * MS);
    assert_int_equal(outbound_owed_ms(outbound, 902 * MS), 0);
    outbound_free(outbound);
}

static void sends_again_what_was_overtaken(void **state)
{
    struct outbound *outbound = outbound_new(0);

    (void)state;
    add(outbound, 5);
    while (next(outbound, 0) >= 0)
        ;
    outbound_acknowledged(outbound, 1, 1 * MS);
    outbound_acknowledged(outbound, 2, 1 * MS);
    assert_int_equal(next(outbound, 1 * MS), -1);
    outbound_acknowledged(outbound, 3, 1 * MS);
    assert_int_equal(next(outbound, 1 * MS), 0);
    assert_int_equal(next(outbound, 1 * MS), -1);
    outbound_free(outbound);
}

static void ignores_acknowledgements_of_nothing(void **state)
{
    struct outbound *outbound = outbound_new(0);

    (void)state;
    outbound_acknowledged(outbound, 0, 0);
    add(outbound, 2);
    outbound_acknowledged(outbound, 0, 0); /* it was never sent */
    outbound_acknowledged(outbound, -1, 0);
    outbound_acknowledged(outbound, 99, 0);
    assert_int_equal(next(outbound, 0), 0);
    outbound_acknowledged(outbound, 0, 0);
    outbound_acknowledged(outbound, 0, 0);
    assert_int_equal(outbound_room(outbound), OUTBOUND_QUEUED_MAX - 1);
    outbound_free(outbound);
}

static void keeps_its_pace(void **state)
{
    struct outbound *outbound = outbound_new(900);
    int64_t now_us = 5000 * MS, n = 0;

    (void)state;
    add(outbound, 2000);
    for (int64_t end_us = now_us + 1000 * MS; now_us < end_us;) {
        int64_t sequence = next(outbound, now_us);
        if (sequence < 0) {
            int64_t due_us = outbound_due_us(outbound, now_us);
            assert_true(due_us > now_us);
            now_us = due_us;
            continue;
        }
        outbound_acknowledged(outbound, sequence, now_us);
        n++;
    }
    assert_in_range(n, 890, 920);
    outbound_free(outbound);
}

static void waits_while_the_node_is_away(void **state)
{
    struct outbound *outbound = outbound_new(0);

    (void)state;
    add(outbound, 3);
    assert_int_equal(next(outbound, 0), 0);
    outbound_pause(outbound, true, 0);
    assert_int_equal(next(outbound, 999 * MS), -1);
    assert_int_equal(outbound_due_us(outbound, 999 * MS), 1000 * MS);
    assert_int_equal(next(outbound, 1000 * MS), 0);
    assert_int_equal(next(outbound, 1000 * MS), -1);
    outbound_pause(outbound, false, 1500 * MS);
    for (int64_t i = 0; i < 3; i++)
        assert_int_equal(next(outbound, 1500 * MS), i);
    outbound_free(outbound);
}

static void goes_on_over_another_socket(void **state)
{
    struct outbound *outbound = outbound_new(0);

    (void)state;
    add(outbound, 4);
    while (next(outbound, 0) >= 0)
        ;
    outbound_acknowledged(outbound, 1, 10 * MS);
    outbound_again(outbound, 20 * MS);
    add(outbound, 1);
    assert_int_equal(next(outbound, 20 * MS), 0);
    assert_int_equal(next(outbound, 20 * MS), 2);
    assert_int_equal(next(outbound, 20 * MS), 3);
    assert_int_equal(next(outbound, 20 * MS), 4);
    assert_int_equal(next(outbound, 20 * MS), -1);
    outbound_free(outbound);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_in_order_until_acknowledged),
        cmocka_unit_test(sends_again_what_is_late),
        cmocka_unit_test(sends_again_what_was_overtaken),
        cmocka_unit_test(ignores_acknowledgements_of_nothing),
        cmocka_unit_test(keeps_its_pace),
        cmocka_unit_test(waits_while_the_node_is_away),
        cmocka_unit_test(goes_on_over_another_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
