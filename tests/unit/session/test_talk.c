/* A whole data channel without a socket: a talk and an agent over a line that is as bad as asked
 * for. Time is the test's. */
#include "core/session/wire/talk.h"

#include <string.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/vec.h"
#include "core/session/wire/cipher.h"
#include "core/session/wire/silence.h"
#include "helper_agent.h"
#include "tests/unit/unit.h"

#define MS       ((int64_t)1000)
#define DELAY_US (20 * MS)

/* A frame on its way. */
struct flight {
    int64_t due_us;
    uint64_t order;
    bool to_agent;
    char *frame;
    size_t len;
};

struct world {
    struct talk *talk;
    struct agent *agent;
    int64_t now_us;
    unsigned loss, duplicates, reordered; /* of a thousand */
    uint64_t random, order;
    VEC(struct flight) line;
    struct buf got, err, notices; /* by the client */
    struct buf input;             /* by the agent: its stream */
    struct buf others;            /* by the agent: "TYPE:payload\n" of what is no stream */
    int exit_code, flag, n_opened, n_wants_key, n_silent;
    bool is_closed, is_failed;
    struct err failure;
};

static unsigned chance(struct world *world)
{
    world->random = world->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(world->random >> 33) % 1000;
}

static void fly(struct world *world, bool to_agent, struct sv frame)
{
    int64_t due_us = world->now_us + DELAY_US;

    if (chance(world) < world->loss)
        return;
    if (chance(world) < world->reordered)
        due_us += chance(world) * MS / 5;
    vec_push(&world->line, ((struct flight){due_us, world->order++, to_agent,
                                            mem_copy(frame.ptr, frame.len), frame.len}));
    if (chance(world) < world->duplicates)
        fly(world, to_agent, frame);
}

static void from_talk(void *arg, struct sv frame)
{
    fly(arg, true, frame);
}

static void from_agent(void *arg, struct sv frame)
{
    fly(arg, false, frame);
}

static void on_payload(void *arg, uint32_t type, struct sv payload)
{
    struct world *world = arg;

    if (type == PAYLOAD_OUTPUT)
        buf_add(&world->input, payload);
    else
        buf_addf(&world->others, "%u:" SV_FMT "\n", type, SV_ARG(payload));
}

static void on_event(void *arg, const struct talk_event *event)
{
    struct world *world = arg;

    switch (event->kind) {
    case TALK_WANTS_KEY:
        world->n_wants_key++;
        break;
    case TALK_SILENT:
        world->n_silent++;
        break;
    case TALK_OPENED:
        world->n_opened++;
        break;
    case TALK_OUTPUT:
        buf_add(&world->got, event->bytes);
        break;
    case TALK_STDERR:
        buf_add(&world->err, event->bytes);
        break;
    case TALK_EXIT_CODE:
        world->exit_code = event->number;
        break;
    case TALK_FLAG:
        world->flag = event->number;
        break;
    case TALK_NOTICE:
        buf_add(&world->notices, event->bytes);
        break;
    case TALK_CLOSED:
        world->is_closed = true;
        buf_add(&world->notices, event->bytes);
        break;
    case TALK_FAILED:
        world->is_failed = true;
        world->failure = *event->err;
        break;
    }
}

static struct world *world_new(void)
{
    struct world *world = mem_new(struct world);
    const struct talk_handlers to_talk = {from_talk, on_event, world};
    const struct agent_handlers to_agent = {from_agent, on_payload, world};

    world->talk = talk_new(0, &to_talk);
    world->agent = agent_new(&to_agent, 200 * MS);
    world->now_us = 1000 * MS;
    world->random = 7;
    world->exit_code = -1;
    talk_reopen(world->talk, world->now_us); /* its socket */
    return world;
}

static void world_free(struct world *world)
{
    talk_free(world->talk);
    agent_free(world->agent);
    for (size_t i = 0; i < world->line.len; i++)
        mem_free(world->line.ptr[i].frame);
    vec_free(&world->line);
    buf_done(&world->got);
    buf_done(&world->err);
    buf_done(&world->notices);
    buf_done(&world->input);
    buf_done(&world->others);
    mem_free(world);
}

/* Delivers everything that is due by now, the earliest first. */
static void deliver(struct world *world)
{
    for (;;) {
        struct flight *first = NULL;
        for (size_t i = 0; i < world->line.len; i++) {
            struct flight *flight = &world->line.ptr[i];
            if (flight->due_us <= world->now_us &&
                (first == NULL || flight->due_us < first->due_us ||
                 (flight->due_us == first->due_us && flight->order < first->order)))
                first = flight;
        }
        if (first == NULL)
            return;
        struct flight flight = *first;
        *first = vec_last(&world->line);
        world->line.len--;
        struct sv frame = {flight.frame, flight.len};
        if (flight.to_agent)
            agent_take(world->agent, frame, world->now_us);
        else
            talk_take(world->talk, frame, world->now_us);
        mem_free(flight.frame);
    }
}

static void pass(struct world *world, int64_t ms)
{
    for (int64_t end_us = world->now_us + ms * MS; world->now_us < end_us;
         world->now_us += 10 * MS) {
        talk_send(world->talk, world->now_us);
        agent_tick(world->agent, world->now_us);
        deliver(world);
    }
}

#define REQUEST(actions) "{\"AgentVersion\":\"3.3.987.0\",\"RequestedClientActions\":[" actions "]}"
#define SHELL                                                                                    \
    "{\"ActionType\":\"SessionType\",\"ActionParameters\":{\"SessionType\":\"Standard_Stream\"," \
    "\"Properties\":null}}"
#define KMS                                                                                    \
    "{\"ActionType\":\"KMSEncryption\",\"ActionParameters\":{\"KMSKeyId\":\"alias/sessions\"," \
    "\"Challenge\":\"AAECAwQFBgcICQoLDA0ODw==\"}}"

static void complete(struct world *world, const char *message)
{
    AUTO(buf_done) struct buf json = BUF_NONE;

    buf_addf(&json, "{\"HandshakeTimeToComplete\":1000000,\"CustomerMessage\":\"%s\"}", message);
    agent_say(world->agent, PAYLOAD_HANDSHAKE_COMPLETE, buf_sv(&json), world->now_us);
}

/* --- tests ----------------------------------------------------------------------------------- */

static void a_shell_without_a_handshake(void **state)
{
    struct world *world = world_new();

    (void)state;
    talk_resize(world->talk, 100, 30);
    assert_int_equal(talk_write(world->talk, SV("early")), 0);
    pass(world, 100);
    assert_sv(buf_sv(&world->others), "3:{\"cols\":100,\"rows\":30}\n");
    agent_stream(world->agent, SV("$ "), world->now_us);
    pass(world, 100);
    assert_int_equal(world->n_opened, 1);
    assert_sv(buf_sv(&world->got), "$ ");
    assert_int_equal(talk_write(world->talk, SV("\n")), 1);
    pass(world, 100);
    assert_sv(buf_sv(&world->input), "\n"); /* as it is */
    talk_resize(world->talk, 120, 40);
    pass(world, 100);
    assert_true(sv_ends(buf_sv(&world->others), SV("3:{\"cols\":120,\"rows\":40}\n")));
    assert_true(talk_is_idle(world->talk) && agent_is_idle(world->agent));
    agent_control(world->agent, MESSAGE_CHANNEL_CLOSED,
                  SV("{\"MessageType\":\"channel_closed\",\"Output\":\"\"}"));
    pass(world, 100);
    assert_true(world->is_closed);
    assert_int_equal(world->notices.len, 0);
    world_free(world);
}

static void a_shell_with_a_handshake_is_told_its_size_twice(void **state)
{
    struct world *world = world_new();

    (void)state;
    talk_resize(world->talk, 100, 30);
    agent_say(world->agent, PAYLOAD_HANDSHAKE_REQUEST, SV(REQUEST(SHELL)), world->now_us);
    pass(world, 100);
    assert_int_equal(world->n_opened, 0);
    complete(world, "be careful");
    agent_stream(world->agent, SV("$ "), world->now_us);
    pass(world, 100);
    assert_int_equal(world->n_opened, 1);
    assert_sv(buf_sv(&world->notices), "be careful");
    assert_true(sv_contains(buf_sv(&world->others), SV("6:{\"ClientVersion\"")));
    assert_true(sv_ends(buf_sv(&world->others), SV("3:{\"cols\":100,\"rows\":30}\n")));
    assert_string_equal(talk_handshake(world->talk)->agent_version, "3.3.987.0");
    world_free(world);
}

static void a_command_has_its_exit_code(void **state)
{
    struct world *world = world_new();

    (void)state;
    agent_say(world->agent, PAYLOAD_HANDSHAKE_REQUEST,
              SV(REQUEST("{\"ActionType\":\"SessionType\",\"ActionParameters\":{\"SessionType\":"
                         "\"NonInteractiveCommands\",\"Properties\":null}}")),
              world->now_us);
    pass(world, 100);
    complete(world, "");
    agent_stream(world->agent, SV("out"), world->now_us);
    agent_say(world->agent, PAYLOAD_STDERR, SV("err"), world->now_us);
    agent_say(world->agent, PAYLOAD_EXIT_CODE, SV("EXIT_CODE: 3"), world->now_us);
    pass(world, 100);
    assert_sv(buf_sv(&world->got), "out");
    assert_sv(buf_sv(&world->err), "err");
    assert_int_equal(world->exit_code, 3);
    world_free(world);
}

/* What the agent of an encrypted session does by itself: the challenge, and its own stream. */
struct sealed {
    struct cipher *cipher;
    struct secret *key;
};

static struct sealed seal_with(char fill)
{
    char bytes[CIPHER_KEY_BYTES];
    struct sealed sealed;

    memset(bytes, fill, sizeof bytes);
    bytes[0] = 1;
    sealed.key = secret_new((struct sv){bytes, sizeof bytes});
    sealed.cipher = cipher_new(sealed.key);
    return sealed;
}

static void say_sealed(struct world *world, struct sealed *sealed, struct sv plain)
{
    static const uint8_t nonce[CIPHER_NONCE_BYTES] = {9};
    AUTO(buf_done) struct buf payload = BUF_NONE;

    cipher_seal_as(sealed->cipher, true, nonce, plain, &payload);
    agent_say(world->agent, PAYLOAD_OUTPUT, buf_sv(&payload), world->now_us);
}

static void challenge(struct world *world, struct sealed *sealed)
{
    static const uint8_t nonce[CIPHER_NONCE_BYTES] = {5};
    AUTO(buf_done) struct buf payload = BUF_NONE;
    AUTO(buf_done) struct buf base64 = BUF_NONE;
    AUTO(buf_done) struct buf json = BUF_NONE;

    cipher_seal_as(sealed->cipher, true, nonce, SV("sixty-four random bytes"), &payload);
    base64_encode(&base64, buf_sv(&payload));
    buf_addf(&json, "{\"Challenge\":\"%s\"}", buf_cstr(&base64));
    agent_say(world->agent, PAYLOAD_CHALLENGE_REQUEST, buf_sv(&json), world->now_us);
}

static void an_encrypted_shell(void **state)
{
    struct world *world = world_new();
    struct sealed sealed = seal_with('k');
    AUTO(buf_done) struct buf plain = BUF_NONE;

    (void)state;
    agent_say(world->agent, PAYLOAD_HANDSHAKE_REQUEST, SV(REQUEST(SHELL "," KMS)), world->now_us);
    pass(world, 100);
    assert_int_equal(world->n_wants_key, 1);
    assert_string_equal(talk_handshake(world->talk)->kms_key_id, "alias/sessions");
    assert_int_equal(world->others.len, 0); /* the response waits for the key */
    talk_take_key(world->talk, sealed.key, SV("blob"), true, NULL);
    pass(world, 100);
    assert_true(sv_contains(buf_sv(&world->others), SV("\"KMSCipherTextKey\":\"YmxvYg==\"")));
    assert_true(sv_contains(buf_sv(&world->others), SV("\"ChallengeAcknowledgement\":true")));
    challenge(world, &sealed);
    pass(world, 100);
    assert_true(sv_contains(buf_sv(&world->others), SV("\n9:{\"Challenge\":\"")));
    complete(world, "");
    say_sealed(world, &sealed, SV("$ "));
    pass(world, 100);
    assert_sv(buf_sv(&world->got), "$ ");
    talk_write(world->talk, SV("ls\r"));
    pass(world, 100);
    assert_int_equal(world->input.len, 3 + CIPHER_EXTRA_BYTES);
    assert_int_equal(cipher_open_as(sealed.cipher, false, buf_sv(&world->input), &plain, NULL), OK);
    assert_sv(buf_sv(&plain), "ls\r");

    agent_stream(world->agent, SV("in the clear"), world->now_us); /* somebody else says this */
    pass(world, 100);
    assert_true(world->is_failed);
    assert_int_equal(world->failure.code, ERR_INTEGRITY);
    assert_sv(buf_sv(&world->got), "$ ");
    cipher_free(sealed.cipher);
    secret_unref(sealed.key);
    world_free(world);
}

static void a_key_that_is_refused_is_told_to_the_node(void **state)
{
    struct world *world = world_new();

    (void)state;
    agent_say(world->agent, PAYLOAD_HANDSHAKE_REQUEST, SV(REQUEST(SHELL "," KMS)), world->now_us);
    pass(world, 100);
    talk_take_key(world->talk, NULL, SV_NONE, false, "kms:GenerateDataKey is denied");
    pass(world, 100);
    assert_true(sv_contains(buf_sv(&world->others), SV("\"ActionStatus\":2")));
    assert_true(sv_contains(buf_sv(&world->others), SV("kms:GenerateDataKey is denied")));
    world_free(world);
}

/* --- a node that says nothing ---------------------------------------------------------------- */

/* Its terminal's size was acknowledged, and a while has passed. */
static struct world *silent_world(void)
{
    struct world *world = world_new();

    talk_resize(world->talk, 100, 30);
    pass(world, SILENCE_MS);
    assert_int_equal(world->n_silent, 0);
    assert_int_equal(talk_write(world->talk, SV("early")), 0);
    pass(world, 200);
    assert_int_equal(world->n_silent, 1);
    assert_int_equal(world->n_opened, 0);
    return world;
}

static void a_program_that_reads_first(void **state)
{
    struct world *world = silent_world();

    (void)state;
    assert_int_equal(talk_write(world->talk, SV("early")), 0); /* nobody has said yes */
    pass(world, SILENCE_MS);
    assert_int_equal(world->n_silent, 2);
    talk_begin(world->talk);
    assert_int_equal(world->n_opened, 1);
    assert_int_equal(talk_write(world->talk, SV("hello\n")), 6);
    pass(world, 100);
    assert_sv(buf_sv(&world->input), "hello\n");
    agent_stream(world->agent, SV("hello\n"), world->now_us);
    pass(world, 2 * SILENCE_MS);
    assert_sv(buf_sv(&world->got), "hello\n");
    assert_int_equal(world->n_opened, 1);
    assert_int_equal(world->n_silent, 2);
    world_free(world);
}

/* It owes nothing, so it is asked: by the size that programs take for granted. */
static void a_program_that_reads_first_without_a_terminal(void **state)
{
    struct world *world = world_new();

    (void)state;
    pass(world, SILENCE_ASK_MS / 2);
    assert_int_equal(world->others.len, 0);
    pass(world, SILENCE_ASK_MS);
    assert_sv(buf_sv(&world->others), "3:{\"cols\":80,\"rows\":24}\n");
    pass(world, SILENCE_MS);
    assert_int_equal(world->n_silent, 1);
    world_free(world);
}

/* Nor one that was there before, and is not any more. */
static void a_node_that_is_not_there_is_not_silent(void **state)
{
    struct world *world = world_new();

    (void)state;
    talk_resize(world->talk, 100, 30);
    agent_mute(world->agent, true);
    pass(world, 3 * SILENCE_MS);
    assert_int_equal(world->n_silent, 0);
    agent_mute(world->agent, false);
    pass(world, SILENCE_MS / 2);
    agent_control(world->agent, MESSAGE_PAUSE_PUBLICATION, SV("{}"));
    agent_mute(world->agent, true);
    pass(world, 3 * SILENCE_MS);
    assert_int_equal(world->n_silent, 0);
    world_free(world);
}

/* Nothing was written yet: it is as if it had asked at once, and nothing goes out in the clear. */
static void a_late_handshake(void **state)
{
    struct world *world = silent_world();
    struct sealed sealed = seal_with('k');
    AUTO(buf_done) struct buf plain = BUF_NONE;

    (void)state;
    talk_begin(world->talk);
    agent_say(world->agent, PAYLOAD_HANDSHAKE_REQUEST, SV(REQUEST(SHELL "," KMS)), world->now_us);
    pass(world, 100);
    assert_int_equal(world->n_wants_key, 1);
    assert_int_equal(talk_write(world->talk, SV("ls\r")), 0);
    talk_take_key(world->talk, sealed.key, SV("blob"), true, NULL);
    pass(world, 100);
    challenge(world, &sealed);
    pass(world, 100);
    complete(world, "");
    pass(world, 100);
    assert_int_equal(world->n_opened, 2);
    assert_int_equal(talk_write(world->talk, SV("ls\r")), 3);
    pass(world, 100);
    assert_int_equal(cipher_open_as(sealed.cipher, false, buf_sv(&world->input), &plain, NULL), OK);
    assert_sv(buf_sv(&plain), "ls\r");
    cipher_free(sealed.cipher);
    secret_unref(sealed.key);
    world_free(world);
}

/* What was written is lost, and was not encrypted: no session that goes on as if nothing was. */
static void a_handshake_that_comes_too_late(void **state)
{
    struct world *world = silent_world();

    (void)state;
    talk_begin(world->talk);
    talk_write(world->talk, SV("in the clear"));
    agent_say(world->agent, PAYLOAD_HANDSHAKE_REQUEST, SV(REQUEST(SHELL "," KMS)), world->now_us);
    pass(world, 100);
    assert_true(world->is_failed);
    assert_int_equal(world->failure.code, ERR_INTEGRITY);
    world_free(world);
}

/* --- away ------------------------------------------------------------------------------------ */

static void a_node_that_goes_away_is_noticed(void **state)
{
    struct world *world = world_new();

    (void)state;
    agent_stream(world->agent, SV("$ "), world->now_us);
    pass(world, 100);
    agent_control(world->agent, MESSAGE_PAUSE_PUBLICATION, SV("{}"));
    pass(world, 1000);
    assert_true(talk_away_ms(world->talk, world->now_us) > 0);
    talk_write(world->talk, SV("typed ahead"));
    agent_control(world->agent, MESSAGE_START_PUBLICATION, SV("start_publication"));
    pass(world, 100);
    assert_int_equal(talk_away_ms(world->talk, world->now_us), 0);
    assert_sv(buf_sv(&world->input), "typed ahead");

    agent_mute(world->agent, true); /* without a word */
    talk_write(world->talk, SV("x"));
    pass(world, TALK_SLOW_MS - 1000);
    assert_int_equal(talk_away_ms(world->talk, world->now_us), 0);
    pass(world, 2000);
    assert_true(talk_away_ms(world->talk, world->now_us) >= TALK_SLOW_MS);
    agent_mute(world->agent, false);
    pass(world, 2000);
    assert_int_equal(talk_away_ms(world->talk, world->now_us), 0);
    assert_sv(buf_sv(&world->input), "typed aheadx");
    world_free(world);
}

static void what_was_under_way_comes_over_another_socket(void **state)
{
    struct world *world = world_new();

    (void)state;
    talk_resize(world->talk, 80, 24);
    agent_stream(world->agent, SV("$ "), world->now_us);
    pass(world, 100);
    buf_clear(&world->others);
    talk_write(world->talk, SV("lost"));
    talk_send(world->talk, world->now_us);
    while (world->line.len > 0) /* the socket breaks */
        mem_free(world->line.ptr[--world->line.len].frame);
    talk_reopen(world->talk, world->now_us);
    pass(world, 100);
    assert_sv(buf_sv(&world->input), "lost");
    assert_sv(buf_sv(&world->others), "3:{\"cols\":80,\"rows\":24}\n");
    world_free(world);
}

static void damaged_messages_come_again(void **state)
{
    struct world *world = world_new();

    (void)state;
    agent_stream(world->agent, SV("whole"), world->now_us);
    world->line.ptr[0].frame[world->line.ptr[0].len - 1] ^= 1;
    pass(world, 100);
    assert_int_equal(world->got.len, 0);
    assert_false(agent_is_idle(world->agent));
    pass(world, 400);
    assert_sv(buf_sv(&world->got), "whole");
    world_free(world);
}

/* --- a bad line ------------------------------------------------------------------------------ */

#define STREAM_BYTES ((size_t)2 << 20)

static void fill(struct buf *bytes, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        buf_add_char(bytes, (char)(seed >> 56));
    }
}

/* Two megabytes of anything each way, with a twentieth lost, doubled and late. */
static void a_bad_line_loses_nothing(void **state)
{
    struct world *world = world_new();
    AUTO(buf_done) struct buf down = BUF_NONE;
    AUTO(buf_done) struct buf up = BUF_NONE;
    size_t n_down = 0, n_up = 0;

    (void)state;
    fill(&down, STREAM_BYTES, 1);
    fill(&up, STREAM_BYTES, 2);
    world->loss = world->duplicates = world->reordered = 50;
    agent_stream(world->agent, SV("go"), world->now_us);
    pass(world, 2000);
    assert_sv(buf_sv(&world->got), "go");
    buf_clear(&world->got);
    while (world->got.len < down.len || world->input.len < up.len) {
        /* The agent has no window: its pace is what keeps it from more than can be kept. */
        size_t n = down.len - n_down < 8192 ? down.len - n_down : 8192;
        agent_stream(world->agent, (struct sv){down.ptr + n_down, n}, world->now_us);
        n_down += n;
        n_up += talk_write(world->talk, (struct sv){up.ptr + n_up, up.len - n_up});
        pass(world, 100);
        assert_in_range(world->now_us, 0, 3600 * 1000 * MS);
    }
    pass(world, 5000);
    assert_int_equal(world->got.len, down.len);
    assert_memory_equal(world->got.ptr, down.ptr, down.len);
    assert_int_equal(world->input.len, up.len);
    assert_memory_equal(world->input.ptr, up.ptr, up.len);
    assert_true(talk_is_idle(world->talk) && agent_is_idle(world->agent));
    assert_true(agent_n_resent(world->agent) > 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shell_without_a_handshake),
        cmocka_unit_test(a_shell_with_a_handshake_is_told_its_size_twice),
        cmocka_unit_test(a_command_has_its_exit_code),
        cmocka_unit_test(an_encrypted_shell),
        cmocka_unit_test(a_key_that_is_refused_is_told_to_the_node),
        cmocka_unit_test(a_program_that_reads_first),
        cmocka_unit_test(a_program_that_reads_first_without_a_terminal),
        cmocka_unit_test(a_node_that_is_not_there_is_not_silent),
        cmocka_unit_test(a_late_handshake),
        cmocka_unit_test(a_handshake_that_comes_too_late),
        cmocka_unit_test(a_node_that_goes_away_is_noticed),
        cmocka_unit_test(what_was_under_way_comes_over_another_socket),
        cmocka_unit_test(damaged_messages_come_again),
        cmocka_unit_test(a_bad_line_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
