/*
 * How the conformance drivers judge: each case by itself, whatever the others are like; strictly as
 * to what is meant, and not as to how it is written; and nothing passes that nobody has looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
    assert_line(&outcome, "skip c the outcome is the right one, but nobody knows how to look for: "
                          "in gold");
    assert_line(&outcome, "FAIL d expected reject, did accept");
    assert_line(&outcome, "FAIL e is acknowledged");
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
    assert_line(&outcome, "FAIL 2 more than one message");
    assert_line(&outcome, "ok 3");
    assert_line(&outcome, "ok 4");
    assert_line(&outcome, "skip 5 ");
    assert_line(&outcome, "FAIL 6 another outcome");
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
    add_case(&lines, "\"id\":9,", SV("\x83\x00"), "accept|reject, bounded");
    add_case(&lines, "\"id\":10,", SV("HTTP/1.1 403 No\r\n\r\n"), "accept or reject sanitised");
    add_case(&lines, "\"id\":\"a\",", SV("\x81\x02hi"), "ack");
    add_case(&lines, "\"id\":\"b\",", SV("\x81\x02hi"), "buffer|ignore");
    add_case(&lines, "\"id\":\"c\",", SV("\x88\x01x"), "accept");
    add_case(&lines, "\"id\":\"d\",", SV("\x8a\x01p"), "accept");
    run("ws", &lines, &outcome);
    assert_line(&outcome, "FAIL a another outcome");
    assert_line(&outcome, "FAIL b another outcome");
    assert_line(&outcome, "FAIL c another outcome");
    assert_line(&outcome, "FAIL d another outcome");
    assert_line(&outcome, "10 passed, 4 failed");
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
    add_case(&lines, "\"id\":7,", buf_sv(&unknown), "ack again, once");
    add_case(&lines, "\"id\":8,", buf_sv(&request), "ack");
    run("agent-messages", &lines, &outcome);
    assert_line(&outcome, "ok 1");
    assert_line(&outcome, "ok 2");
    assert_line(&outcome, "FAIL 3 expected accept, did reject");
    assert_line(&outcome, "ok 4");
    assert_line(&outcome, "ok 5");
    assert_line(&outcome, "FAIL 6 expected reject, did ignore|accept");
    assert_line(&outcome, "ok 7");
    assert_line(&outcome, "FAIL 8 expected ack, did reject");
    outcome_done(&outcome);
}

/* A file of vectors with one message; member: another value of one of its fields, or "". */
static void run_vector(const char *member, struct outcome *outcome)
{
    AUTO(buf_done) struct buf frame = BUF_NONE, text = BUF_NONE;
    const struct message message = {.type = MESSAGE_OUTPUT,
                                    .created_at_ms = 1700000000000,
                                    .payload_type = PAYLOAD_OUTPUT,
                                    .payload = SV("hi")};
    char *hex;

    message_write(&message, &frame);
    hex = mem_alloc(2 * frame.len + 1);
    hex_encode((const uint8_t *)frame.ptr, frame.len, hex);
    buf_addf(&text,
             "{\"messages\":[{\"name\":\"one\",\"fields\":{%s\"message_type\":"
             "\"output_stream_data\",\"created_date_ms\":1700000000000,\"sequence_number\":0,"
             "\"flags\":0,\"payload_type\":1,\"payload_hex\":\"6869\",\"message_id\":"
             "\"00000000-0000-0000-0000-000000000000\"},\"wire_hex\":\"%.*s\"}]}",
             member, (int)(2 * frame.len), hex);
    run("agent-messages", &text, outcome);
    mem_free(hex);
}

/* Whatever a vector says of a message is compared, not what is needed to read it alone. */
static void each_field_of_a_vector_counts(void **state)
{
    static const struct {
        const char *member, *line;
    } cases[] = {
        {"", "1 passed, 0 failed"},
        {"\"header_length\":116,\"payload_length\":2,\"payload_text\":\"hi\",", "1 passed"},
        {"\"header_length\":112,", "FAIL message one header_length"},
        {"\"schema_version\":2,", "FAIL message one schema_version"},
        {"\"payload_length\":3,", "FAIL message one payload_length"},
        {"\"payload_digest_hex\":\"00\",", "FAIL message one payload_digest_hex"},
        {"\"message_id_wire_hex\":\"01\",", "FAIL message one message_id_wire_hex"},
        {"\"payload_text\":\"ho\",", "FAIL message one another text"},
        {"\"flags\":1,", "FAIL message one a number is another one"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct outcome outcome;
        run_vector(cases[i].member, &outcome);
        assert_line(&outcome, cases[i].line);
        outcome_done(&outcome);
    }
}

/* Files of the same form need not have all there is. */
static void a_file_may_have_some_of_the_sections(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct outcome outcome;

    (void)state;
    buf_add_cstr(&text, "{\"agent_version_gates\":[{\"agent_version\":\"3.1.0.0\",\"mux\":true,"
                        "\"terminate_flag\":true},{\"agent_version\":\"2.0.0.0\","
                        "\"mux\":true}],\"kms\":{\"vectors\":[],\"session_id\":\"s\","
                        "\"target_id\":\"i-1\",\"plaintext_data_key_hex\":\"00\","
                        "\"generate_data_key_request_json\":\"{\\\"KeyId\\\":\\\"k\\\","
                        "\\\"NumberOfBytes\\\":64,\\\"EncryptionContext\\\":{"
                        "\\\"aws:ssm:SessionId\\\":\\\"s\\\","
                        "\\\"aws:ssm:TargetId\\\":\\\"another\\\"}}\"}}");
    run("agent-messages", &text, &outcome);
    assert_line(&outcome, "ok agent version \"3.1.0.0\"");
    assert_line(&outcome, "FAIL agent version \"2.0.0.0\" mux");
    assert_line(&outcome, "FAIL kms request we would ask otherwise");
    assert_line(&outcome, "FAIL kms there is no key");
    assert_line(&outcome, "1 passed, 3 failed");
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

/* What is no case, or expects nothing, has failed, and is named by its line or its name. */
static void a_line_that_is_no_case_is_no_pass(void **state)
{
    static const struct {
        const char *driver, *line, *verdict;
    } cases[] = {
        {"terminal", "{\"id\":\"a\",\"b64\":\"\"}", "ok a\n"},
        {"terminal", "[]", "FAIL line 1 is no case: it has no id"},
        {"terminal", "null", "FAIL line 1 is no case: it has no id"},
        {"terminal", "{\"b64\":\"eA==\"}", "FAIL line 1 is no case: it has no id"},
        {"terminal", "{\"id\":\"a\"}", "FAIL line 1 is no case: its bytes are no base64"},
        {"terminal", "{\"id\":", "FAIL line 1 is no case: it is no JSON"},
        {"paging", "{}", "FAIL line 1 is no case: it has no id"},
        {"paging", "{\"id\":\"a\",\"pages\":7}", "FAIL line 1 is no case: it has no pages"},
        {"paging", "{\"id\":\"a\",\"pages\":[],\"expect\":{\"complete\":true}}",
         "FAIL line 1 is no case: it has no pages"},
        {"paging", "{\"id\":\"a\",\"pages\":[{\"items\":[1]}],\"expect\":{}}",
         "FAIL line 1 is no case: it does not say what is expected"},
        {"paging", "{\"id\":\"a\",\"pages\":[{\"items\":[1]}],\"expect\":{\"error\":\"gone\"}}",
         "FAIL line 1 is no case: the error that it expects is none that is known here"},
        {"profiles", "{\"tests\":[{\"name\":\"a\"}]}", "FAIL a does not say what is expected"},
        {"profiles", "{\"tests\":[{\"name\":\"a\",\"output\":{\"config\":{}}}]}", "ok a\n"},
        {"file-locations",
         "{\"tests\":[{\"name\":\"a\",\"platform\":\"linux\",\"environment\":{\"HOME\":7}}]}",
         "FAIL a does not say what is expected"},
        {"retry", "{\"cases\":{\"a\":{\"responses\":[]}}}", "FAIL a has no responses"},
        {"width", "0041..0041\tLu\t1\tprint", "ok 0041..0041\n"},
        {"width", "0041..0041\tLu\t2\tprint", "FAIL 0041..0041 U+0041: "},
        {"width", "0300..0300\tMn\t1\tcombine-max-4", "FAIL "},
        {"width", "0041..0041\tLu\t0\tprint", "FAIL "},
    };
    struct outcome outcome;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(buf_done) struct buf line = BUF_NONE;
        buf_addf(&line, "%s\n", cases[i].line);
        run(cases[i].driver, &line, &outcome);
        assert_line(&outcome, cases[i].verdict);
        assert_int_equal(outcome.status, cases[i].verdict[0] == 'F');
        outcome_done(&outcome);
    }
}

/* A file of cases for a service that nobody knows was not carried out. */
static void endpoints_of_no_service_are_no_pass(void **state)
{
    const struct buf none = BUF_NONE;
    struct outcome outcome;

    (void)state;
    const char *file = room_path(&room, "endpoint-tests-1.json");
    const char *const argv[] = {CONFORMANCE, "endpoints", file, NULL};
    file_write(file, buf_sv(&none));
    room_run(&room, &outcome, argv);
    assert_line(&outcome, "0 passed, 1 failed");
    assert_int_equal(outcome.status, 1);
    outcome_done(&outcome);
}

static const struct case_file {
    const char *name, *text;
} signature_case[] = {
    {"context.json", "{\"credentials\": {\"access_key_id\": \"AKIDEXAMPLE\", "
                     "\"secret_access_key\": \"an example\"}, \"expiration_in_seconds\": 900, "
                     "\"normalize\": true, \"region\": \"eu-central-1\", \"service\": \"ssm\", "
                     "\"sign_body\": false, \"timestamp\": \"2026-03-01T03:00:00Z\"}"},
    {"header-canonical-request.txt",
     "GET\n"
     "/\n"
     "\n"
     "host:127.0.0.1:4566\n"
     "x-amz-date:20260301T030000Z\n"
     "\n"
     "host;x-amz-date\n"
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"header-signature.txt", "28c19b3c97e1eb2354bbbe38acbe7c03026da4b10db7a4a50559bd14ec2d7442"},
    {"header-signed-request.txt",
     "GET / HTTP/1.1\n"
     "Host:127.0.0.1:4566\n"
     "X-Amz-Date:20260301T030000Z\n"
     "Authorization:AWS4-HMAC-SHA256 "
     "Credential=AKIDEXAMPLE/20260301/eu-central-1/ssm/aws4_request, "
     "SignedHeaders=host;x-amz-date, "
     "Signature=28c19b3c97e1eb2354bbbe38acbe7c03026da4b10db7a4a50559bd14ec2d7442\n"
     "\n"},
    {"header-string-to-sign.txt",
     "AWS4-HMAC-SHA256\n"
     "20260301T030000Z\n"
     "20260301/eu-central-1/ssm/aws4_request\n"
     "f7c4adb9fcb661acceb2fe77e2547f78c2f397131ce5c0783f23ea3588d3a59c"},
    {"query-canonical-request.txt",
     "GET\n"
     "/\n"
     "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260301%2Feu-central-1%"
     "2Fssm%2Faws4_request&X-Amz-Date=20260301T030000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\n"
     "host:127.0.0.1:4566\n"
     "\n"
     "host\n"
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"query-signature.txt", "0e2dbaf0ae1a3c46f5c20be4a9ffa402090505f9a9b7f393c7544a79d3bec489"},
    {"query-signed-request.txt",
     "GET "
     "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260301%2Feu-central-1%"
     "2Fssm%2Faws4_request&X-Amz-Date=20260301T030000Z&X-Amz-SignedHeaders=host&X-Amz-Expires=900&"
     "X-Amz-Signature=0e2dbaf0ae1a3c46f5c20be4a9ffa402090505f9a9b7f393c7544a79d3bec489 HTTP/1.1\n"
     "Host:127.0.0.1:4566\n"
     "\n"},
    {"query-string-to-sign.txt",
     "AWS4-HMAC-SHA256\n"
     "20260301T030000Z\n"
     "20260301/eu-central-1/ssm/aws4_request\n"
     "591678f2acb09a5c0cdf18fd771ba0f6600364f0742937b3364c844a657ba9ec"},
    {"request.txt", "GET / HTTP/1.1\n"
                    "Host:127.0.0.1:4566\n"
                    "\n"},
};

/* The case, its file `other` ended by more. */
static void write_signature_case(const char *other, const char *more)
{
    char name[64];

    mkdir(room_path(&room, "sigv4"), 0700);
    mkdir(room_path(&room, "sigv4/signed"), 0700);
    for (size_t i = 0; i < ARRAY_LEN(signature_case); i++) {
        const struct case_file *file = &signature_case[i];
        AUTO(buf_done) struct buf text = BUF_NONE;
        buf_addf(&text, "%s%s", file->text, strcmp(file->name, other) == 0 ? more : "");
        snprintf(name, sizeof name, "sigv4/signed/%s", file->name);
        file_write(room_path(&room, name), buf_sv(&text));
    }
}

static int judge_signatures(const char *other, const char *more)
{
    struct outcome outcome;

    write_signature_case(other, more);
    const char *const argv[] = {CONFORMANCE, "sigv4", room_path(&room, "sigv4"), NULL};
    room_run(&room, &outcome, argv);
    assert_line(&outcome, outcome.status == 0 ? "1 passed, 0 failed" : "0 passed, 1 failed");
    int status = outcome.status;
    outcome_done(&outcome);
    return status;
}

/* Each file of a case is compared to its end; the signed requests' bodies and headers, too. */
static void each_file_of_a_signature_counts(void **state)
{
    (void)state;
    assert_int_equal(judge_signatures("", ""), 0);
    for (size_t i = 0; i < ARRAY_LEN(signature_case); i++)
        assert_int_equal(judge_signatures(signature_case[i].name, "zz"), 1);
    assert_int_equal(judge_signatures("", ""), 0);
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
        cmocka_unit_test(each_field_of_a_vector_counts),
        cmocka_unit_test(a_file_may_have_some_of_the_sections),
        cmocka_unit_test(hostile_messages_and_frames_are_borne),
        cmocka_unit_test(nothing_is_no_pass),
        cmocka_unit_test(a_line_that_is_no_case_is_no_pass),
        cmocka_unit_test(endpoints_of_no_service_are_no_pass),
        cmocka_unit_test(each_file_of_a_signature_counts),
    };
    return cmocka_run_group_tests(tests, open_room, close_room);
}
