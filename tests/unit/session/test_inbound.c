/* What comes from the node is processed in order, once, whatever the network does to it. */
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/session/wire/inbound.h"
#include "tests/unit/unit.h"

static int open_channel(void **state)
{
    *state = inbound_new();
    return 0;
}

static int close_channel(void **state)
{
    inbound_free(*state);
    return 0;
}

static void make(struct buf *frame, enum message_type type, int64_t sequence, const char *payload)
{
    const struct message message = {.type = type,
                                    .created_at_ms = 1700000000123,
                                    .sequence = sequence,
                                    .payload_type = PAYLOAD_OUTPUT,
                                    .payload = sv_of(payload)};
    buf_clear(frame);
    message_write(&message, frame);
}

/* Takes the message of that number; accepts it, and what was kept behind it, as a handler does. */
static enum inbound_verdict take(struct inbound *inbound, int64_t sequence, struct buf *heard)
{
    AUTO(buf_done) struct buf frame = BUF_NONE;
    struct message message;
    struct err err;
    char payload[32];

    snprintf(payload, sizeof payload, "%d", (int)sequence);
    make(&frame, MESSAGE_OUTPUT, sequence, payload);
    enum inbound_verdict verdict = inbound_take(inbound, buf_sv(&frame), &message, &err);
    if (verdict != INBOUND_NEXT)
        return verdict;
    do {
        buf_addf(heard, SV_FMT " ", SV_ARG(message.payload));
        inbound_accept(inbound);
    } while (inbound_next(inbound, &message));
    return verdict;
}

static void test_in_order(void **state)
{
    AUTO(buf_done) struct buf heard = BUF_NONE;

    for (int i = 0; i < 3; i++)
        assert_int_equal(take(*state, i, &heard), INBOUND_NEXT);
    assert_string_equal(buf_cstr(&heard), "0 1 2 ");
}

static void test_out_of_order(void **state)
{
    AUTO(buf_done) struct buf heard = BUF_NONE;

    assert_int_equal(take(*state, 2, &heard), INBOUND_KEPT);
    assert_int_equal(take(*state, 1, &heard), INBOUND_KEPT);
    assert_int_equal(take(*state, 2, &heard), INBOUND_SEEN);
    assert_int_equal(heard.len, 0);
    assert_int_equal(take(*state, 0, &heard), INBOUND_NEXT);
    assert_string_equal(buf_cstr(&heard), "0 1 2 ");
    assert_int_equal(take(*state, 1, &heard), INBOUND_SEEN);
    assert_int_equal(take(*state, 3, &heard), INBOUND_NEXT);
    assert_string_equal(buf_cstr(&heard), "0 1 2 3 ");
}

/* A message that could not be processed stays the next one. */
static void test_not_accepted_comes_again(void **state)
{
    AUTO(buf_done) struct buf frame = BUF_NONE, heard = BUF_NONE;
    struct message message;
    struct err err;

    make(&frame, MESSAGE_OUTPUT, 0, "0");
    assert_int_equal(inbound_take(*state, buf_sv(&frame), &message, &err), INBOUND_NEXT);
    assert_int_equal(take(*state, 1, &heard), INBOUND_KEPT);
    assert_int_equal(take(*state, 0, &heard), INBOUND_NEXT);
    assert_string_equal(buf_cstr(&heard), "0 1 ");
}

static void test_bounds(void **state)
{
    AUTO(buf_done) struct buf heard = BUF_NONE;

    for (int i = 1; i <= INBOUND_KEPT_MAX; i++)
        assert_int_equal(take(*state, i, &heard), INBOUND_KEPT);
    assert_int_equal(take(*state, INBOUND_KEPT_MAX + 1, &heard), INBOUND_REJECTED);
    assert_int_equal(take(*state, 0, &heard), INBOUND_NEXT);
    assert_int_equal(take(*state, INBOUND_KEPT_MAX + 1, &heard), INBOUND_NEXT);
}

/* What an agent can have said at its rate while the oldest message is lost a few times. */
static void test_seconds_of_output_behind_a_gap_are_kept(void **state)
{
    static const char chunk[MESSAGE_CHUNK_BYTES + 1] = "";
    AUTO(buf_done) struct buf frame = BUF_NONE;
    struct message message;
    struct err err;

    for (int64_t i = 1; i <= 10000; i++) {
        buf_clear(&frame);
        message = (struct message){.type = MESSAGE_OUTPUT,
                                   .created_at_ms = 1,
                                   .sequence = i,
                                   .payload_type = PAYLOAD_OUTPUT,
                                   .payload = {chunk, MESSAGE_CHUNK_BYTES}};
        message_write(&message, &frame);
        assert_int_equal(inbound_take(*state, buf_sv(&frame), &message, &err), INBOUND_KEPT);
    }
}

static void test_what_is_no_stream(void **state)
{
    AUTO(buf_done) struct buf frame = BUF_NONE;
    struct message message;
    struct err err;

    make(&frame, MESSAGE_PAUSE_PUBLICATION, 0, "pause_publication");
    assert_int_equal(inbound_take(*state, buf_sv(&frame), &message, &err), INBOUND_CONTROL);
    make(&frame, MESSAGE_INPUT, 0, "x");
    assert_int_equal(inbound_take(*state, buf_sv(&frame), &message, &err), INBOUND_IGNORED);
    make(&frame, MESSAGE_OUTPUT, 0, "x");
    memcpy(frame.ptr + 4, "interactive_shell               ", 32);
    assert_int_equal(inbound_take(*state, buf_sv(&frame), &message, &err), INBOUND_IGNORED);
}

/* Random order, loss, repetition and damage: what is heard is what was sent. */
static void test_a_bad_network(void **state)
{
    AUTO(buf_done) struct buf heard = BUF_NONE, sent = BUF_NONE;
    uint64_t random = 20260301;
    int n_next = 0;

    for (int i = 0; i < 200; i++)
        buf_addf(&sent, "%d ", i);
    for (int round = 0; round < 200000 && n_next < 200; round++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        int64_t sequence = n_next + (int64_t)((random >> 33) % 24) - 8;
        if (sequence < 0 || sequence >= 200)
            continue;
        take(*state, sequence, &heard);
        for (n_next = 0; n_next < 200; n_next++) {
            AUTO(buf_done) struct buf word = BUF_NONE;
            buf_addf(&word, " %d ", n_next);
            bool first = n_next == 0 && sv_starts(buf_sv(&heard), SV("0 "));
            if (!first && !sv_contains(buf_sv(&heard), buf_sv(&word)))
                break;
        }
    }
    assert_string_equal(buf_cstr(&heard), buf_cstr(&sent));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_channel, close_channel)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_in_order),
        TEST(test_out_of_order),
        TEST(test_not_accepted_comes_again),
        TEST(test_bounds),
        TEST(test_seconds_of_output_behind_a_gap_are_kept),
        TEST(test_what_is_no_stream),
        TEST(test_a_bad_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
