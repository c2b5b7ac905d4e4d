/* Messages: every damage is seen, nothing is read beyond the end. */
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/session/forward/smux.h"
#include "core/session/wire/agent_version.h"
#include "core/session/wire/cipher.h"
#include "core/session/wire/handshake.h"
#include "core/session/wire/message.h"
#include "tests/unit/unit.h"

static void make(struct buf *frame)
{
    const struct message message = {.type = MESSAGE_OUTPUT,
                                    .created_at_ms = 1700000000123,
                                    .sequence = 7,
                                    .id = {1, 2, 3},
                                    .payload_type = PAYLOAD_OUTPUT,
                                    .payload = SV("hello")};
    message_write(&message, frame);
}

static void test_cut_anywhere(void **state)
{
    AUTO(buf_done) struct buf frame = BUF_NONE;
    struct message message;
    struct err err;

    (void)state;
    make(&frame);
    for (size_t len = 0; len < frame.len; len++) {
        char *part = mem_copy(frame.ptr, len); /* of its own: reading beyond is seen */
        bool whole = message_read((struct sv){part, len}, &message, &err) == OK;
        assert_false(whole); /* without its payload, too */
        mem_free(part);
    }
    assert_int_equal(message_read(buf_sv(&frame), &message, &err), OK);
    assert_int_equal(message.sequence, 7);
}

/* A changed bit of the payload, its digest, the lengths or the schema. */
static void test_damage(void **state)
{
    static const size_t places[] = {
        0, 3, 39, 80, 111, MESSAGE_HEADER_BYTES, MESSAGE_HEADER_BYTES + 4};
    struct message message;
    struct err err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        AUTO(buf_done) struct buf frame = BUF_NONE;
        make(&frame);
        frame.ptr[places[i]] ^= 1;
        assert_int_equal(message_read(buf_sv(&frame), &message, &err), ERR_PARSE);
    }
}

static void test_exit_codes(void **state)
{
    int status = -1;

    (void)state;
    assert_true(message_exit_code_read(SV("EXIT_CODE: 3"), &status));
    assert_int_equal(status, 3);
    assert_true(message_exit_code_read(SV("EXIT_CODE: -1\n"), &status));
    assert_int_equal(status, -1);
    assert_false(message_exit_code_read(SV("EXIT_CODE: "), &status));
    assert_false(message_exit_code_read(SV("EXIT_CODE: 99999999999"), &status));
    assert_false(message_exit_code_read(SV("exit 3"), &status));
}

static void test_bad_handshakes(void **state)
{
    static const struct {
        const char *text;
        enum err_code code;
    } rows[] = {
        {"", ERR_PARSE},
        {"[]", ERR_PARSE},
        {"{\"RequestedClientActions\":[]}", ERR_PARSE},
        {"{\"RequestedClientActions\":[{\"ActionType\":\"SessionType\"}]}", ERR_UNSUPPORTED},
        {"{\"RequestedClientActions\":[{\"ActionType\":\"SessionType\",\"ActionParameters\":"
         "{\"SessionType\":\"Port\"}},{\"ActionType\":\"KMSEncryption\"}]}",
         ERR_PARSE},
    };
    struct handshake handshake;
    struct err err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(handshake_read(sv_of(rows[i].text), &handshake, &err), rows[i].code);
}

/* What nobody knows is answered as unsupported, in its place. */
static void test_unknown_action(void **state)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct handshake handshake;
    struct err err;

    (void)state;
    assert_int_equal(
        handshake_read(SV("{\"AgentVersion\":\"9.9.9.9\",\"RequestedClientActions\":["
                          "{\"ActionType\":\"Teleport\"},{\"ActionType\":\"SessionType\","
                          "\"ActionParameters\":{\"SessionType\":\"Standard_Stream\"}}]}"),
                       &handshake, &err),
        OK);
    handshake_response(&handshake, NULL, &out);
    assert_string_equal(
        buf_cstr(&out),
        "{\"ClientVersion\":\"" SESSION_CLIENT_VERSION "\",\"ProcessedClientActions\":["
        "{\"ActionType\":\"Teleport\",\"ActionStatus\":3,\"ActionResult\":null,"
        "\"Error\":\"Unsupported action Teleport\"},"
        "{\"ActionType\":\"SessionType\",\"ActionStatus\":1,\"ActionResult\":null,\"Error\":\"\"}"
        "],\"Errors\":null}");
}

static void test_challenge(void **state)
{
    AUTO(buf_done) struct buf sealed = BUF_NONE, base64 = BUF_NONE, request = BUF_NONE;
    AUTO(buf_done) struct buf answer = BUF_NONE, bytes = BUF_NONE, back = BUF_NONE;
    AUTO(json_free_at) cJSON *json = NULL;
    static const uint8_t nonce[CIPHER_NONCE_BYTES] = {9};
    char key[CIPHER_KEY_BYTES];
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (char)i;
    struct secret *secret = secret_new((struct sv){key, sizeof key});
    struct cipher *cipher = cipher_new(secret);
    cipher_seal_as(cipher, true, nonce, SV("sixty-four random bytes of the agent"), &sealed);
    base64_encode(&base64, buf_sv(&sealed));
    buf_addf(&request, "{\"Challenge\":\"%s\"}", buf_cstr(&base64));
    assert_int_equal(cipher_answer(cipher, buf_sv(&request), &answer, &err), OK);
    assert_int_equal(json_parse(buf_sv(&answer), "answer", &json, &err), OK);
    assert_true(base64_decode(&bytes, json_sv(json, "Challenge")));
    assert_int_equal(cipher_open_as(cipher, false, buf_sv(&bytes), &back, &err), OK);
    assert_string_equal(buf_cstr(&back), "sixty-four random bytes of the agent");
    assert_int_equal(cipher_answer(cipher, SV("{\"Challenge\":\"AAAA\"}"), &answer, &err),
                     ERR_INTEGRITY);
    assert_int_equal(cipher_answer(cipher, SV("{\"Challenge\":\"?\"}"), &answer, &err), ERR_PARSE);
    cipher_free(cipher);
    secret_unref(secret);
    secret = secret_new(SV("short"));
    assert_null(cipher_new(secret));
    secret_unref(secret);
}

static void test_broken_smux(void **state)
{
    static const char *const frames[] = {"\2\0\0\0\3\0\0\0", "\1\4\0\0\3\0\0\0",
                                         "\1\0\1\0\3\0\0\0"};
    struct smux_frame frame;
    size_t used;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(frames); i++)
        assert_int_equal(smux_read((struct sv){frames[i], 8}, &frame, &used), SMUX_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_anywhere),   cmocka_unit_test(test_damage),
        cmocka_unit_test(test_exit_codes),     cmocka_unit_test(test_bad_handshakes),
        cmocka_unit_test(test_unknown_action), cmocka_unit_test(test_challenge),
        cmocka_unit_test(test_broken_smux),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
