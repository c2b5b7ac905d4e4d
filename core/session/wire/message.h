/*
 * message: the binary messages of a Session Manager data channel.
 *
 * Each WebSocket message after the first is one of these: a header of 116 bytes and a payload, all
 * integers big-endian. What the service itself makes has a header of 112 bytes, without a payload
 * type. The protocol is not documented by AWS; this follows what the agent and its plugin send.
 */
#ifndef CORE_SESSION_WIRE_MESSAGE_H
#define CORE_SESSION_WIRE_MESSAGE_H

#include "core/base/str.h"

enum message_type {
    MESSAGE_OTHER, /* a type that is not known here: to be ignored */
    MESSAGE_INPUT, /* input_stream_data, to the node */
    MESSAGE_OUTPUT,
    MESSAGE_ACKNOWLEDGE,
    MESSAGE_CHANNEL_CLOSED,
    MESSAGE_START_PUBLICATION,
    MESSAGE_PAUSE_PUBLICATION,
    MESSAGE_TYPES
};

/* As they stand on the wire. */
enum payload_type {
    PAYLOAD_NONE = 0,
    PAYLOAD_OUTPUT = 1, /* bytes: keys, what a terminal shows, a connection's data */
    PAYLOAD_ERROR = 2,
    PAYLOAD_SIZE = 3,
    PAYLOAD_PARAMETER = 4,
    PAYLOAD_HANDSHAKE_REQUEST = 5,
    PAYLOAD_HANDSHAKE_RESPONSE = 6,
    PAYLOAD_HANDSHAKE_COMPLETE = 7,
    PAYLOAD_CHALLENGE_REQUEST = 8,
    PAYLOAD_CHALLENGE_RESPONSE = 9,
    PAYLOAD_FLAG = 10,
    PAYLOAD_STDERR = 11,
    PAYLOAD_EXIT_CODE = 12
};

enum session_flag {
    FLAG_DISCONNECT_TO_PORT = 1,
    FLAG_TERMINATE_SESSION = 2,
    FLAG_CONNECT_TO_PORT_ERROR = 3
};

#define MESSAGE_SYN          ((uint64_t)1)
#define MESSAGE_FIN          ((uint64_t)2)

#define MESSAGE_ID_BYTES     16
#define MESSAGE_UUID_SIZE    37
#define MESSAGE_HEADER_BYTES 120        /* what stands before the payload of what we send */
#define MESSAGE_CHUNK_BYTES  1024       /* of a stream: what one message carries at most */
#define MESSAGE_BYTES_MAX    (1u << 20) /* of a whole message that is taken */

struct message {
    enum message_type type;
    int64_t created_at_ms; /* wall clock of the sender */
    int64_t sequence;
    uint64_t flags;
    uint8_t id[MESSAGE_ID_BYTES]; /* in the order of the UUID's text */
    uint32_t payload_type;        /* of enum payload_type, or one that is not known here */
    struct sv payload;            /* borrowed from what was read */
};

/*
 * Reads one message. ERR_PARSE when frame is too short, its header has another length, its type or
 * date is empty, its schema is another one, or its digest (SHA-256) is not the payload's (a message
 * that has no payload and says so needs none). Messages that start or pause publication are taken
 * with whatever digest: the service's are not reliable. Reads nothing beyond frame.
 */
enum err_code message_read(struct sv frame, struct message *message, struct err *err);

/* Appends the message with a header of 116 bytes, its digest and lengths. The payload must not be
 * empty but for types that have none; MESSAGE_OTHER cannot be written. */
void message_write(const struct message *message, struct buf *out);

/* "input_stream_data"; "" for MESSAGE_OTHER. */
const char *message_type_name(enum message_type type);

/* A new id: RFC 9562, version 4. */
void message_id_random(uint8_t id[MESSAGE_ID_BYTES]);
/* RFC 9562, 36 characters in lower case. */
void message_id_text(const uint8_t id[MESSAGE_ID_BYTES], char text[MESSAGE_UUID_SIZE]);

/* --- payloads -------------------------------------------------------------------------------- */

/* Of an acknowledge message: which message it acknowledges. */
void message_ack_text(const struct message *acknowledged, struct buf *out);
/* *sequence of the acknowledged message; ERR_PARSE when the payload is none or names none. */
enum err_code message_ack_read(struct sv payload, int64_t *sequence, struct err *err);

/* PAYLOAD_SIZE: {"cols":80,"rows":24}. */
void message_size_text(unsigned cols, unsigned rows, struct buf *out);

/* PAYLOAD_FLAG: 4 bytes. Reading gives 0 for what is no flag. */
void message_flag_bytes(enum session_flag flag, struct buf *out);
uint32_t message_flag_read(struct sv payload);

/* PAYLOAD_EXIT_CODE: "EXIT_CODE: 3"; false when it is none. */
bool message_exit_code_read(struct sv payload, int *status);

/* channel_closed: what the service has to say, "" at a normal end. Raw. ERR_PARSE when the payload
 * is no such object; the channel is closed all the same. */
enum err_code message_closed_read(struct sv payload, struct buf *output, struct err *err);

#endif
