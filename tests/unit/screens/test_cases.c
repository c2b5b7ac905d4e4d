/*
 * How cases that stand one a line are judged by the drivers `agent-messages` and `ws`: each by
 * itself, whatever the others are like; strictly as to what is meant, and not as to how it is
 * written; and nothing passes that nobody has looked at.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/session/wire/message.h"
#include "tests/unit/screens/helper_console.h"
#include "tests/unit/unit.h"

#define CONFORMANCE BINARY_DIR "/tests/conformance"

static struct room room;

/* The first message of a node's stream, of any kind. */
static void make_payload(enum payload_type type, struct sv payload, struct buf *frame)
{
    struct message message = {.type = MESSAGE_OUTPUT,
                              .created_at_ms = 1700000000000,
                              .flags = MESSAGE_SYN,
                              .payload_type = type,
                              .payload = payload};

    message_id_random(message.id);
    message_write(&message, frame);
}

static void make_message(struct sv output, struct buf *frame)
{
    make_payload(PAYLOAD_OUTPUT, output, frame);
}

/* A line of cases; more: members in front, with a comma behind each. */
static void add_case(struct buf *lines, const char *more, struct sv bytes, const char *expect)
{
    AUTO(buf_done) struct buf b64 = BUF_NONE;

    base64_encode(&b64, bytes);
    buf_addf(lines, "{%s\"b64\":\"%s\",\"expect\":\"%s\"}\n", more, buf_cstr(&b64), expect);
}

static void run(const char *driver, const struct buf *lines, struct outcome *outcome)
{
    const char *file = room_path(&room, "cases.jsonl");
    const char *const argv[] = {CONFORMANCE, driver, file, NULL};

    file_write(file, buf_sv(lines));
    room_run(&room, outcome, argv);
}

static void assert_line(const struct outcome *outcome, const char *line)
{
    AUTO(buf_done) struct buf all = BUF_NONE, one = BUF_NONE;

    buf_addf(&all, "\n%s", buf_cstr(&outcome->out));
    buf_addf(&one, "\n%s", line);
    if (!sv_contains(buf_sv(&all), buf_sv(&one)))
        fail_msg("no \"%s\" in:\n%s", line, buf_cstr(&outcome->out));
}

static void messages_are_judged_one_by_one(void **state)
{
    AUTO(buf_done) struct buf frame = BUF_NONE, lines = BUF_NONE;
    struct outcome outcome;

    (void)state;
    make_message(SV("hello"), &frame);
    add_case(&lines, "\"id\":7,\"name\":\"number\",", buf_sv(&frame), "accept, once");
    add_case(&lines, "\"id\":\"a\",", buf_sv(&frame), "Accept; once, bounded memory.");
    add_case(&lines, "\"id\":\"b\",", buf_sv(&frame), "accept,once (as it came)");
    add_case(&lines, "\"id\":\"c\",", buf_sv(&frame), "accept once in gold");
    add_case(&lines, "\"id\":\"d\",", buf_sv(&frame), "reject");
    add_case(&lines, "\"id\":\"e\",", buf_sv(&frame), "accept, no ack");
    buf_add_cstr(&lines, "no case at all\n{\"id\":\"f\",\"b64\":\"!\",\"expect\":\"reject\"}\n\n");
    add_case(&lines, "", buf_sv(&frame), "accept");
    add_case(&lines, "\"id\":\"g\",", SV("\x1b]0;x"), "reject sanitised");
    run("agent-messages", &lines, &outcome);
    assert_line(&outcome, "ok 7 number");
    assert_line(&outcome, "ok a");
    assert_line(&outcome, "ok b");
    assert_line(&outcome, "skip c  the outcome is the right one, but nobody knows how to look for: "
                          "in gold");
    assert_line(&outcome, "FAIL d  expected reject, did accept");
    assert_line(&outcome, "FAIL e  is acknowledged");
    assert_line(&outcome, "FAIL line 7 is no case: it is no JSON");
    assert_line(&outcome, "FAIL line 8 is no case: its bytes are no base64");
    assert_line(&outcome, "FAIL line 10 is no case: it has no id");
    assert_line(&outcome, "ok g");
    assert_line(&outcome, "4 passed, 5 failed, 1 skipped");
    assert_int_equal(outcome.status, 1);
    outcome_done(&outcome);
}

static void so_are_frames(void **state)
{
    AUTO(buf_done) struct buf lines = BUF_NONE;
    struct outcome outcome;

    (void)state;
    add_case(&lines, "\"id\":1,", SV("\x81\x02hi"), "accept, once");
    add_case(&lines, "\"id\":2,", SV("\x81\x02hi\x81\x02hi"), "accept once");
    add_case(&lines, "\"id\":3,", SV("\xf1\x02hi"), "reject, sanitised; bounded.");
    add_case(&lines, "\"id\":4,", SV("\x81\x02hi"), "message:hi, once");
    add_case(&lines, "\"id\":5,", SV("\x81\x02hi"), "message:ho or accept, twice");
    add_case(&lines, "\"id\":6,", SV("\x81\x02hi"), "once");
    run("ws", &lines, &outcome);
    assert_line(&outcome, "ok 1");
    assert_line(&outcome, "FAIL 2  more than one message");
    assert_line(&outcome, "ok 3");
    assert_line(&outcome, "ok 4");
    assert_line(&outcome, "skip 5 ");
    assert_line(&outcome, "FAIL 6  another outcome");
    assert_line(&outcome, "3 passed, 2 failed, 1 skipped");
    outcome_done(&outcome);
}

/* The five words of hostile cases, for what is no message as well. */
static void control_frames_and_parts_have_the_same_words(void **state)
{
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                 "Connection: Upgrade\r\nSec-WebSocket-Accept: %ACCEPT%\r\n\r\n";
    AUTO(buf_done) struct buf lines = BUF_NONE;
    struct outcome outcome;

    (void)state;
    add_case(&lines, "\"id\":1,", SV("\x89\x01p"), "accept");
    add_case(&lines, "\"id\":2,", SV("\x89\x01p"), "ack, bounded");
    add_case(&lines, "\"id\":3,", SV("\x82\x04ha"), "buffer");
    add_case(&lines, "\"id\":4,", SV("\x88\x02\x03\xe8"), "accept");
    add_case(&lines, "\"id\":5,", SV("\x88\x02\x03\xe8"), "close");
    add_case(&lines, "\"id\":6,", SV("\x83\x00"), "fail");
    add_case(&lines, "\"id\":7,", sv_of(answer), "accept");
    add_case(&lines, "\"id\":8,", SV("HTTP/1.1 101 Sw"), "buffer");
    add_case(&lines, "\"id\":\"a\",", SV("\x81\x02hi"), "ack");
    add_case(&lines, "\"id\":\"b\",", SV("\x81\x02hi"), "buffer");
    add_case(&lines, "\"id\":\"c\",", SV("\x88\x01x"), "accept");
    add_case(&lines, "\"id\":\"d\",", SV("\x8a\x01p"), "accept");
    run("ws", &lines, &outcome);
    assert_line(&outcome, "FAIL a  another outcome");
    assert_line(&outcome, "FAIL b  another outcome");
    assert_line(&outcome, "FAIL c  another outcome");
    assert_line(&outcome, "FAIL d  another outcome");
    assert_line(&outcome, "8 passed, 4 failed");
    outcome_done(&outcome);
}

/* A node's output is looked at as `session` would show it. */
static void sanitised_output_is_what_a_terminal_gets(void **state)
{
    AUTO(buf_done) struct buf frame = BUF_NONE, lines = BUF_NONE;
    struct outcome outcome;

    (void)state;
    make_message(SV("\x1b[31mred\x1b[m\x1b]52;c;aGk=\x07\x1b[6n\x1bP$q\x1b\\\xc2\x9b"), &frame);
    add_case(&lines, "\"id\":1,", buf_sv(&frame), "accept sanitised, once");
    memset(frame.ptr + 22, '\t', 14); /* behind the type, in the place of blanks */
    add_case(&lines, "\"id\":2,", buf_sv(&frame), "accept");
    run("agent-messages", &lines, &outcome);
    assert_line(&outcome, "2 passed, 0 failed");
    outcome_done(&outcome);
}

/* By the whole session: whether bytes can be read is not all that is meant. */
static void payloads_are_judged_by_what_comes_of_them(void **state)
{
    AUTO(buf_done) struct buf request = BUF_NONE, unknown = BUF_NONE, lines = BUF_NONE;
    struct outcome outcome;

    (void)state;
    make_payload(PAYLOAD_HANDSHAKE_REQUEST, SV("{\"RequestedClientActions\":["), &request);
    make_payload((enum payload_type)99, SV("x"), &unknown);
    add_case(&lines, "\"id\":1,", buf_sv(&request), "reject");
    add_case(&lines, "\"id\":2,", buf_sv(&request), "ignore or reject, ack");
    add_case(&lines, "\"id\":3,", buf_sv(&request), "accept");
    add_case(&lines, "\"id\":4,", buf_sv(&unknown), "ignore");
    add_case(&lines, "\"id\":5,", buf_sv(&unknown), "accept|reject");
    add_case(&lines, "\"id\":6,", buf_sv(&unknown), "reject");
    run("agent-messages", &lines, &outcome);
    assert_line(&outcome, "ok 1");
    assert_line(&outcome, "ok 2");
    assert_line(&outcome, "FAIL 3  expected accept, did reject");
    assert_line(&outcome, "ok 4");
    assert_line(&outcome, "ok 5");
    assert_line(&outcome, "FAIL 6  expected reject, did ignore|accept");
    outcome_done(&outcome);
}

static void assert_all_pass(const char *driver)
{
    AUTO(buf_done) struct buf path = BUF_NONE;
    struct outcome outcome;

    buf_addf(&path, SOURCE_DIR "/tests/conformance/hostile/%s.jsonl", driver);
    const char *const argv[] = {CONFORMANCE, driver, buf_cstr(&path), NULL};
    room_run(&room, &outcome, argv);
    if (outcome.status != 0 || !sv_contains(buf_sv(&outcome.out), SV(" passed, 0 failed\n")))
        fail_msg("%s", buf_cstr(&outcome.out));
    outcome_done(&outcome);
}

static void hostile_messages_and_frames_are_borne(void **state)
{
    (void)state;
    assert_all_pass("agent-messages");
    assert_all_pass("ws");
}

static void nothing_is_no_pass(void **state)
{
    static const char *const drivers[] = {"agent-messages", "paging", "terminal", "width", "ws"};
    const struct buf none = BUF_NONE;
    struct outcome outcome;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
        run(drivers[i], &none, &outcome);
        assert_int_equal(outcome.status, 1);
        assert_line(&outcome, "0 passed, 1 failed");
        outcome_done(&outcome);
    }
}

static int open_room(void **state)
{
    (void)state;
    room_open(&room);
    return 0;
}

static int close_room(void **state)
{
    (void)state;
    room_close(&room);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_judged_one_by_one),
        cmocka_unit_test(so_are_frames),
        cmocka_unit_test(control_frames_and_parts_have_the_same_words),
        cmocka_unit_test(sanitised_output_is_what_a_terminal_gets),
        cmocka_unit_test(payloads_are_judged_by_what_comes_of_them),
        cmocka_unit_test(hostile_messages_and_frames_are_borne),
        cmocka_unit_test(nothing_is_no_pass),
    };
    return cmocka_run_group_tests(tests, open_room, close_room);
}
