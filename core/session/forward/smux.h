/*
 * smux: several connections over one stream of bytes, version 1 of the protocol that the agent's
 * multiplexer speaks. Frames only: who the streams belong to is kept elsewhere.
 *
 * A frame: version 1, command, length (16 bits), stream (32 bits), both little-endian, data.
 */
#ifndef CORE_SESSION_FORWARD_SMUX_H
#define CORE_SESSION_FORWARD_SMUX_H

#include "core/base/str.h"

enum smux_command { SMUX_SYN = 0, SMUX_FIN = 1, SMUX_PSH = 2, SMUX_NOP = 3 };

#define SMUX_HEADER_BYTES    8
#define SMUX_DATA_MAX        32768 /* of one frame that we send */
#define SMUX_FIRST_STREAM    3     /* of the client; each further one is 2 higher */
#define SMUX_STREAM_STEP     2
#define SMUX_FRAME_BYTES_MAX (SMUX_HEADER_BYTES + 65535)

struct smux_frame {
    enum smux_command command;
    uint32_t stream;
    struct sv data; /* borrowed */
};

enum smux_state {
    SMUX_MORE,  /* the rest of a frame has not come yet */
    SMUX_FRAME, /* one was read */
    SMUX_BROKEN /* another version, a command that is none, data where none belongs: the stream
                   cannot be followed any more */
};

/* Reads the frame at the front of bytes; *used are the bytes that it takes. Nothing is touched
 * unless the answer is SMUX_FRAME. */
enum smux_state smux_read(struct sv bytes, struct smux_frame *frame, size_t *used);

/* Appends a frame without data: SYN, FIN, NOP (stream 0). */
void smux_write(enum smux_command command, uint32_t stream, struct buf *out);
/* Appends data in as many frames as it takes; none for no data. */
void smux_write_data(uint32_t stream, struct sv data, struct buf *out);

#endif
