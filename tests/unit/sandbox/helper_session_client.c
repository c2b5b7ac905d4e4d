#include "tests/unit/sandbox/helper_session_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/session/wire/cipher.h"
#include "core/session/wire/handshake.h"
#include "core/session/wire/message.h"
#include "tests/unit/unit.h"

/* --- frames ----------------------------------------------------------------------------------- */

static void send_all(struct session_client *client, struct sv bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(client->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        bytes = (struct sv){bytes.ptr + n, bytes.len - (size_t)n};
    }
}

/* A mask of zeros is a mask. */
static void send_frame(struct session_client *client, int opcode, struct sv data)
{
    AUTO(buf_done) struct buf frame = BUF_NONE;
    buf_add_char(&frame, (char)(0x80 | opcode));
    buf_add_char(&frame, (char)(0x80 | (data.len < 126 ? (int)data.len : 126)));
    if (data.len >= 126) {
        buf_add_char(&frame, (char)(data.len >> 8));
        buf_add_char(&frame, (char)data.len);
    }
    buf_add(&frame, (struct sv){"\0\0\0\0", 4});
    buf_add(&frame, data);
    send_all(client, buf_sv(&frame));
}

static void drop_front(struct buf *buf, size_t n)
{
    memmove(buf->ptr, buf->ptr + n, buf->len - n);
    buf->len -= n;
}

/* --- saying ----------------------------------------------------------------------------------- */

static void send_message(struct session_client *client, enum message_type type, int64_t sequence,
                         uint64_t flags, uint32_t payload_type, struct sv payload)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    struct message message = {.type = type,
                              .created_at_ms = clock_wall_ms(),
                              .sequence = sequence,
                              .flags = flags,
                              .payload_type = payload_type,
                              .payload = payload};
    message_id_random(message.id);
    message_write(&message, &bytes);
    send_frame(client, 2, buf_sv(&bytes));
}

static void say(struct session_client *client, uint32_t payload_type, struct sv payload)
{
    send_message(client, MESSAGE_INPUT, client->next++, 0, payload_type, payload);
}

void session_client_type(struct session_client *client, const char *text)
{
    AUTO(buf_done) struct buf sealed = BUF_NONE;
    if (client->cipher)
        cipher_seal(client->cipher, sv_of(text), &sealed);
    say(client, PAYLOAD_OUTPUT, client->cipher ? buf_sv(&sealed) : sv_of(text));
}

/* --- hearing ---------------------------------------------------------------------------------- */

static void answer_handshake(struct session_client *client, struct sv payload)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct handshake handshake;
    assert_int_equal(handshake_read(payload, &handshake, NULL), OK);
    str_copy(client->kms_key_id, handshake.kms_key_id);
    str_copy(client->challenge, handshake.challenge);
    const struct handshake_kms kms = {client->ciphertext_key, client->binds_challenge,
                                      client->failure};
    handshake_response(&handshake, handshake.is_encrypted ? &kms : NULL, &text);
    if (handshake.is_encrypted && client->data_key.len > 0) {
        struct secret *key = secret_new(client->data_key);
        client->cipher = cipher_new(key);
        secret_unref(key);
    }
    say(client, PAYLOAD_HANDSHAKE_RESPONSE, buf_sv(&text));
}

static void answer_challenge(struct session_client *client, struct sv payload)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    assert_int_equal(cipher_answer(client->cipher, payload, &text, NULL), OK);
    say(client, PAYLOAD_CHALLENGE_RESPONSE, buf_sv(&text));
}

static void take_output(struct session_client *client, struct sv payload)
{
    if (!client->cipher)
        buf_add(&client->out, payload);
    else
        assert_int_equal(cipher_open(client->cipher, payload, &client->out, NULL), OK);
}

static void take(struct session_client *client, const struct message *message)
{
    switch (message->payload_type) {
    case PAYLOAD_HANDSHAKE_REQUEST:
        answer_handshake(client, message->payload);
        break;
    case PAYLOAD_CHALLENGE_REQUEST:
        answer_challenge(client, message->payload);
        break;
    case PAYLOAD_HANDSHAKE_COMPLETE:
        client->is_complete = true;
        break;
    case PAYLOAD_EXIT_CODE:
        message_exit_code_read(message->payload, &client->exit_code);
        break;
    default:
        take_output(client, message->payload);
    }
}

static void hear(struct session_client *client, struct sv bytes)
{
    AUTO(buf_done) struct buf ack = BUF_NONE;
    struct message message;
    assert_int_equal(message_read(bytes, &message, NULL), OK);
    if (message.type == MESSAGE_CHANNEL_CLOSED) {
        client->is_closed = true;
        assert_int_equal(message_closed_read(message.payload, &client->closed, NULL), OK);
    }
    /* What comes ahead of its turn is not kept, so it is not acknowledged: it comes again. */
    if (message.type != MESSAGE_OUTPUT || message.sequence > client->expected)
        return;
    message_ack_text(&message, &ack);
    send_message(client, MESSAGE_ACKNOWLEDGE, 0, 3, 0, buf_sv(&ack));
    if (message.sequence != client->expected)
        return;
    client->expected++;
    take(client, &message);
}

/* Takes the frame at the front; false when it is not whole. */
static bool take_frame(struct session_client *client)
{
    const uint8_t *b = (const uint8_t *)client->in.ptr;
    if (client->in.len < 2)
        return false;
    size_t head = b[1] < 126 ? 2 : 4;
    assert_true(b[1] < 127);
    if (client->in.len < head)
        return false;
    size_t len = head == 2 ? b[1] : ((size_t)b[2] << 8 | b[3]);
    if (client->in.len < head + len)
        return false;
    struct sv data = {client->in.ptr + head, len};
    if ((b[0] & 15) == 8)
        client->close_status = len >= 2 ? ((int)b[head] << 8 | b[head + 1]) : 1005;
    else if ((b[0] & 15) == 2)
        hear(client, data);
    drop_front(&client->in, head + len);
    return true;
}

static void take_upgrade(struct session_client *client)
{
    const char *end = client->in.len > 0 ? strstr(client->in.ptr, "\r\n\r\n") : NULL;
    if (!end)
        return;
    assert_memory_equal(client->in.ptr, "HTTP/1.1 101", strlen("HTTP/1.1 101"));
    drop_front(&client->in, (size_t)(end + 4 - client->in.ptr));
    client->is_open = true;
}

bool session_client_pump(struct session_client *client)
{
    char bytes[65536];
    ssize_t n = recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        if (client->close_status == 0)
            client->close_status = 1006;
        return false;
    }
    if (n < 0)
        return false;
    buf_add(&client->in, (struct sv){bytes, (size_t)n});
    if (!client->is_open)
        take_upgrade(client);
    while (client->is_open && take_frame(client))
        ;
    return true;
}

/* --- beginning and end ------------------------------------------------------------------------ */

void session_client_open(struct session_client *client, uint16_t port, const char *session_id,
                         const char *token)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    AUTO(buf_done) struct buf text = BUF_NONE, first = BUF_NONE;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    client->exit_code = -1;
    assert_int_equal(connect(client->fd, (struct sockaddr *)&address, sizeof address), 0);
    buf_addf(&text,
             "GET /v1/data-channel/%s?role=publish_subscribe HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
             "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
             session_id, port);
    buf_addf(&first,
             "{\"MessageSchemaVersion\":\"1.0\",\"RequestId\":\"1\",\"TokenValue\":\"%s\","
             "\"ClientId\":\"2\",\"ClientVersion\":\"1.2.694.0\"}",
             token);
    send_all(client, buf_sv(&text));
    send_frame(client, 1, buf_sv(&first)); /* early: behind the request */
}

void session_client_done(struct session_client *client)
{
    close(client->fd);
    buf_done(&client->in);
    buf_done(&client->out);
    buf_done(&client->closed);
    cipher_free(client->cipher);
}
