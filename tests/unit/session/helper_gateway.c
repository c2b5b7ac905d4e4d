#include "helper_gateway.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/vec.h"
#include "core/session/wire/cipher.h"
#include "helper_agent.h"
#include "tests/support/ws_peer.h"
#include "tests/unit/unit.h"

#define RESEND_US  30000
#define TICK_MS    5
#define SESSION_ID "me-0123456789abcdef0"
#define WINDOW     100 /* messages that the node leaves unacknowledged, so that it is not too fast */

struct gateway {
    struct gateway_manner manner;
    struct server *server;
    pthread_mutex_t lock; /* of all below */
    struct gateway_seen seen;
    struct agent *agent;
    struct ws_peer *peer; /* the present socket; NULL: none */
    int n_tokens;
    bool token_is_good;
    char client_id[64];
    size_t n_messages;
    bool has_begun, has_said_bye, is_open, is_over;
    struct buf to_send;
    size_t n_sent;
    struct secret *key;
    struct cipher *cipher;
    uint64_t random;
    struct buf swapped; /* a message that is overtaken by the next */
};

void gateway_bytes(struct buf *out, size_t n)
{
    uint64_t seed = 42;

    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        buf_add_char(out, (char)(seed >> 56));
    }
}

static bool chance(struct gateway *gateway, unsigned of_thousand)
{
    gateway->random = gateway->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(gateway->random >> 33) % 1000 < of_thousand;
}

/* --- the node -------------------------------------------------------------------------------- */

static void write_frame(struct gateway *gateway, struct sv frame)
{
    if (gateway->peer != NULL)
        ws_peer_write(gateway->peer, WS_OP_BINARY, frame);
}

/* From the node to the client, over a line as bad as wanted. */
static void from_agent(void *arg, struct sv frame)
{
    struct gateway *gateway = arg;
    const struct gateway_manner *manner = &gateway->manner;

    if (chance(gateway, manner->loss))
        return;
    if (gateway->swapped.len == 0 && chance(gateway, manner->swapped)) {
        buf_add(&gateway->swapped, frame);
        return;
    }
    write_frame(gateway, frame);
    if (chance(gateway, manner->duplicates))
        write_frame(gateway, frame);
    if (gateway->swapped.len > 0)
        write_frame(gateway, buf_sv(&gateway->swapped));
    buf_clear(&gateway->swapped);
}

static int64_t now_us(void)
{
    return clock_mono_us();
}

void gateway_stream(struct gateway *gateway, struct sv bytes)
{
    static const uint8_t nonce[CIPHER_NONCE_BYTES] = {3};
    AUTO(buf_done) struct buf sealed = BUF_NONE;

    if (gateway->cipher == NULL) {
        agent_stream(gateway->agent, bytes, now_us());
        return;
    }
    cipher_seal_as(gateway->cipher, true, nonce, bytes, &sealed);
    agent_say(gateway->agent, PAYLOAD_OUTPUT, buf_sv(&sealed), now_us());
}

void gateway_flag(struct gateway *gateway, enum session_flag flag)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;

    message_flag_bytes(flag, &bytes);
    agent_say(gateway->agent, PAYLOAD_FLAG, buf_sv(&bytes), now_us());
}

static void be_open(struct gateway *gateway)
{
    gateway->is_open = true;
    if (gateway->manner.first != NULL)
        gateway_stream(gateway, sv_of(gateway->manner.first));
    gateway_bytes(&gateway->to_send, gateway->manner.sends_bytes);
}

static void take_response(struct gateway *gateway, struct sv payload)
{
    sv_copy(payload, gateway->seen.response, sizeof gateway->seen.response);
    agent_say(gateway->agent, PAYLOAD_HANDSHAKE_COMPLETE,
              SV("{\"HandshakeTimeToComplete\":1,\"CustomerMessage\":\"\"}"), now_us());
    if (gateway->key != NULL)
        gateway->cipher = cipher_new(gateway->key);
    be_open(gateway);
}

static void take_stream(struct gateway *gateway, struct sv payload)
{
    AUTO(buf_done) struct buf plain = BUF_NONE;
    struct sv bytes = payload;

    if (gateway->cipher != NULL) {
        assert_int_equal(cipher_open_as(gateway->cipher, false, payload, &plain, NULL), OK);
        bytes = buf_sv(&plain);
    }
    buf_add(&gateway->seen.input, bytes);
    if (gateway->manner.on_stream != NULL)
        gateway->manner.on_stream(gateway->manner.arg, gateway, bytes);
    if (gateway->manner.echoes)
        gateway_stream(gateway, bytes);
    if (gateway->manner.closes_after_input) {
        agent_control(gateway->agent, MESSAGE_CHANNEL_CLOSED,
                      SV("{\"MessageType\":\"channel_closed\",\"Output\":\"\"}"));
        gateway->is_over = true;
    }
}

static void on_payload(void *arg, uint32_t type, struct sv payload)
{
    struct gateway *gateway = arg;

    if (type == PAYLOAD_SIZE)
        sv_copy(payload, gateway->seen.size, sizeof gateway->seen.size);
    else if (type == PAYLOAD_HANDSHAKE_RESPONSE)
        take_response(gateway, payload);
    else if (type == PAYLOAD_OUTPUT)
        take_stream(gateway, payload);
    else if (type == PAYLOAD_FLAG && message_flag_read(payload) == FLAG_DISCONNECT_TO_PORT)
        gateway->seen.n_disconnects++;
}

static void begin_node(struct gateway *gateway)
{
    AUTO(buf_done) struct buf request = BUF_NONE;

    if (gateway->has_begun)
        return;
    gateway->has_begun = true;
    if (gateway->manner.handshake == NULL) {
        be_open(gateway);
        return;
    }
    buf_addf(&request, "{\"AgentVersion\":\"%s\",\"RequestedClientActions\":[%s]}",
             gateway->manner.agent_version ?: "3.3.987.0", gateway->manner.handshake);
    agent_say(gateway->agent, PAYLOAD_HANDSHAKE_REQUEST, buf_sv(&request), now_us());
}

/* --- the socket ------------------------------------------------------------------------------ */

static bool has_token(struct gateway *gateway, struct sv text)
{
    AUTO(json_free_at) cJSON *json = NULL;
    char wanted[32], client_id[64];

    snprintf(wanted, sizeof wanted, "token \"%d\"", gateway->n_tokens);
    if (json_parse(text, "token", &json, NULL) != OK)
        return false;
    sv_copy(json_sv(json, "ClientId"), client_id, sizeof client_id);
    if (strcmp(client_id, gateway->client_id) != 0)
        gateway->seen.n_client_ids++;
    str_copy(gateway->client_id, client_id);
    bool is_right = gateway->token_is_good && sv_eq_cstr(json_sv(json, "TokenValue"), wanted);
    gateway->token_is_good = false; /* it is good once */
    return is_right;
}

static void send_more(struct gateway *gateway)
{
    while (gateway->n_sent < gateway->to_send.len &&
           agent_n_unacknowledged(gateway->agent) < WINDOW) {
        size_t left = gateway->to_send.len - gateway->n_sent, n = left < 1024 ? left : 1024;
        gateway_stream(gateway, (struct sv){gateway->to_send.ptr + gateway->n_sent, n});
        gateway->n_sent += n;
    }
}

/* From the client to the node. */
static void take_message(struct gateway *gateway, struct sv frame)
{
    if (chance(gateway, gateway->manner.loss))
        return;
    agent_take(gateway->agent, frame, now_us());
    if (chance(gateway, gateway->manner.duplicates))
        agent_take(gateway->agent, frame, now_us());
}

/* One turn; false: the socket is over. */
static bool serve(struct gateway *gateway, struct ws_peer *peer)
{
    AUTO(buf_done) struct buf payload = BUF_NONE;
    enum ws_opcode opcode;
    enum ws_read read = ws_peer_read(peer, TICK_MS, &opcode, &payload);

    if (read == WS_READ_END || (read == WS_READ_FRAME && opcode == WS_OP_CLOSE))
        return false;
    pthread_mutex_lock(&gateway->lock);
    if (read == WS_READ_FRAME) {
        take_message(gateway, buf_sv(&payload));
        gateway->n_messages++;
    }
    if (gateway->is_open)
        send_more(gateway);
    if (!gateway->is_over)
        agent_tick(gateway->agent, now_us());
    bool is_bye = gateway->manner.byes_after > 0 && !gateway->has_said_bye &&
                  gateway->n_messages >= gateway->manner.byes_after;
    gateway->has_said_bye |= is_bye && !gateway->manner.byes_again;
    if (is_bye) {
        gateway->n_messages = 0;
        ws_peer_close(peer, 1000, "Bye");
    }
    pthread_mutex_unlock(&gateway->lock);
    return !is_bye;
}

static enum server_next serve_socket(struct gateway *gateway, struct ws_peer *peer)
{
    AUTO(buf_done) struct buf payload = BUF_NONE;
    enum ws_opcode opcode;
    bool good =
        ws_peer_read(peer, 60000, &opcode, &payload) == WS_READ_FRAME && opcode == WS_OP_TEXT;

    pthread_mutex_lock(&gateway->lock);
    gateway->seen.n_sockets++;
    good = good && has_token(gateway, buf_sv(&payload));
    gateway->seen.n_wrong_tokens += !good;
    if (gateway->manner.turns_away) {
        good = false;
        ws_peer_close(peer, 1008, "the token is not good");
    }
    if (good) {
        gateway->peer = peer;
        begin_node(gateway);
    }
    pthread_mutex_unlock(&gateway->lock);
    while (good && serve(gateway, peer))
        ;
    pthread_mutex_lock(&gateway->lock);
    if (gateway->peer == peer)
        gateway->peer = NULL;
    pthread_mutex_unlock(&gateway->lock);
    ws_peer_done(peer);
    return SERVER_CLOSE;
}

/* --- the calls ------------------------------------------------------------------------------- */

static void reply_error(const struct server_request *request, int status, const char *code)
{
    AUTO(buf_done) struct buf body = BUF_NONE;

    buf_addf(&body, "{\"__type\":\"%s\",\"message\":\"not now\"}", code);
    server_reply(request, status, "Content-Type: application/x-amz-json-1.1\r\n", buf_sv(&body));
}

static void reply_ticket(struct gateway *gateway, const struct server_request *request,
                         bool with_token)
{
    AUTO(buf_done) struct buf body = BUF_NONE;

    buf_addf(&body, "{\"SessionId\":\"" SESSION_ID "\"");
    if (with_token) {
        gateway->token_is_good = true;
        buf_addf(&body, ",\"TokenValue\":\"token \\\"%d\\\"\"", ++gateway->n_tokens);
        AUTO(buf_done) struct buf own = BUF_NONE;
        buf_addf(&own, "ws%s", server_url(gateway->server) + strlen("http"));
        buf_addf(&body, ",\"StreamUrl\":\"%s/v1/data-channel/" SESSION_ID "?role=publish\"",
                 gateway->manner.stream_origin ?: buf_cstr(&own));
    }
    buf_add_char(&body, '}');
    server_reply(request, 200, "Content-Type: application/x-amz-json-1.1\r\n", buf_sv(&body));
}

static void start_session(struct gateway *gateway, const struct server_request *request)
{
    const struct gateway_manner *manner = &gateway->manner;

    gateway->seen.n_starts++;
    sv_copy(request->body, gateway->seen.start_body, sizeof gateway->seen.start_body);
    if (manner->start_status != 0)
        reply_error(request, manner->start_status, manner->start_error);
    else
        reply_ticket(gateway, request, true);
}

static void resume_session(struct gateway *gateway, const struct server_request *request)
{
    const struct gateway_manner *manner = &gateway->manner;

    gateway->seen.n_resumes++;
    if (manner->resume_status != 0)
        reply_error(request, manner->resume_status, "AccessDeniedException");
    else
        reply_ticket(gateway, request, !manner->resumes_without_token);
}

static void terminate_session(struct gateway *gateway, const struct server_request *request)
{
    gateway->seen.n_terminates++;
    reply_ticket(gateway, request, false);
}

static void generate_data_key(struct gateway *gateway, const struct server_request *request)
{
    AUTO(buf_done) struct buf body = BUF_NONE;
    char bytes[CIPHER_KEY_BYTES];

    gateway->seen.n_keys++;
    sv_copy(request->body, gateway->seen.key_body, sizeof gateway->seen.key_body);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    gateway->key = secret_new((struct sv){bytes, sizeof bytes});
    buf_add_cstr(&body, "{\"KeyId\":\"k\",\"Plaintext\":\"");
    base64_encode(&body, (struct sv){bytes, sizeof bytes});
    buf_add_cstr(&body, "\",\"CiphertextBlob\":\"YmxvYg==\"}");
    server_reply(request, 200, "Content-Type: application/x-amz-json-1.1\r\n", buf_sv(&body));
}

static const struct {
    const char *target;
    void (*answer)(struct gateway *gateway, const struct server_request *request);
} calls[] = {
    {"AmazonSSM.StartSession", start_session},
    {"AmazonSSM.ResumeSession", resume_session},
    {"AmazonSSM.TerminateSession", terminate_session},
    {"TrentService.GenerateDataKey", generate_data_key},
};

static enum server_next handle(void *arg, const struct server_request *request)
{
    struct gateway *gateway = arg;
    struct sv target = server_header(request, "x-amz-target");
    struct ws_peer peer;

    if (ws_peer_accept(&peer, request))
        return serve_socket(gateway, &peer);
    pthread_mutex_lock(&gateway->lock);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        if (sv_eq_cstr(target, calls[i].target))
            calls[i].answer(gateway, request);
    }
    pthread_mutex_unlock(&gateway->lock);
    return SERVER_KEEP;
}

/* --- making ---------------------------------------------------------------------------------- */

struct gateway *gateway_new(const struct gateway_manner *manner)
{
    struct gateway *gateway = mem_new(struct gateway);
    const struct agent_handlers handlers = {from_agent, on_payload, gateway};

    gateway->manner = *manner;
    gateway->random = 11;
    pthread_mutex_init(&gateway->lock, NULL);
    gateway->agent = agent_new(&handlers, RESEND_US);
    gateway->server = server_new(handle, gateway);
    return gateway;
}

void gateway_free(struct gateway *gateway)
{
    server_free(gateway->server);
    agent_free(gateway->agent);
    cipher_free(gateway->cipher);
    secret_unref(gateway->key);
    buf_done(&gateway->seen.input);
    buf_done(&gateway->to_send);
    buf_done(&gateway->swapped);
    pthread_mutex_destroy(&gateway->lock);
    mem_free(gateway);
}

const char *gateway_url(const struct gateway *gateway)
{
    return server_url(gateway->server);
}

void gateway_see(struct gateway *gateway, struct gateway_seen *seen)
{
    pthread_mutex_lock(&gateway->lock);
    *seen = gateway->seen;
    seen->input = BUF_NONE;
    buf_add(&seen->input, buf_sv(&gateway->seen.input));
    pthread_mutex_unlock(&gateway->lock);
}

void gateway_seen_done(struct gateway_seen *seen)
{
    buf_done(&seen->input);
}
