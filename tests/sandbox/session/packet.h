/*
 * packet: one message of the Session Manager data channel, byte by byte, as node and service write
 * and read them. Written apart from core/session on purpose: the two check each other.
 *
 * Offset and length, all integers big-endian: header length 0 4, type 4 32, schema version 36 4,
 * created (ms since 1970) 40 8, sequence number 48 8, flags 56 8, id 64 16 (its halves swapped),
 * SHA-256 of the payload 80 32, then payload type 112 4, payload length 116 4, payload 120. What
 * the service itself says has a header of 112 bytes: no payload type, and NULs behind the type.
 */
#ifndef SANDBOX_SESSION_PACKET_H
#define SANDBOX_SESSION_PACKET_H

#include "core/base/digest.h"
#include "core/base/os.h"
#include "core/base/str.h"

#define MESSAGE_TYPE_SIZE 33

#define MESSAGE_INPUT     "input_stream_data"
#define MESSAGE_OUTPUT    "output_stream_data"
#define MESSAGE_ACK       "acknowledge"
#define MESSAGE_CLOSED    "channel_closed"
#define MESSAGE_START     "start_publication"
#define MESSAGE_PAUSE     "pause_publication"

enum payload_type {
    PAYLOAD_NONE = 0,
    PAYLOAD_OUTPUT = 1, /* both ways */
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

enum session_flag { FLAG_DISCONNECT_PORT = 1, FLAG_TERMINATE = 2, FLAG_CONNECT_ERROR = 3 };

enum { MESSAGE_SYN = 1, MESSAGE_FIN = 2 };

struct packet {
    char type[MESSAGE_TYPE_SIZE];
    uint32_t header_len; /* 112 or 116 */
    uint32_t schema;
    uint64_t created_ms;
    int64_t sequence;
    uint64_t flags;
    char id[OS_UUID_SIZE];
    uint8_t digest[SHA256_BYTES];
    uint32_t payload_type;
    uint32_t payload_len; /* as it says; payload is what is there */
    struct sv payload;    /* borrowed */
};

/* False: not a message. The digest is kept, not judged: a node does not look at it either. */
bool packet_read(struct sv bytes, struct packet *message);
/* Is the digest that of the payload? */
bool packet_is_sound(const struct packet *message);
/* Appends the message with the digest of its payload; digest and payload_len are not read. */
void packet_write(struct buf *out, const struct packet *message);

/* An acknowledgement: what it is of. */
struct ack {
    char type[MESSAGE_TYPE_SIZE];
    char id[OS_UUID_SIZE];
    int64_t sequence;
};
bool ack_read(struct sv payload, struct ack *ack);
/* Appends the payload that acknowledges message. */
void ack_write(struct buf *out, const struct packet *message);

#endif
