#include "core/session/forward/smux.h"

#define VERSION 1

enum { AT_COMMAND = 1, AT_LENGTH = 2, AT_STREAM = 4 };

static unsigned byte_at(struct sv bytes, size_t at)
{
    return (unsigned char)bytes.ptr[at];
}

static size_t length_of(struct sv header)
{
    return byte_at(header, AT_LENGTH) | byte_at(header, AT_LENGTH + 1) << 8;
}

static uint32_t stream_of(struct sv header)
{
    uint32_t stream = 0;

    for (size_t i = 4; i > 0; i--)
        stream = stream << 8 | byte_at(header, AT_STREAM + i - 1);
    return stream;
}

static bool is_broken(struct sv header)
{
    unsigned command = byte_at(header, AT_COMMAND);

    return byte_at(header, 0) != VERSION || command > SMUX_NOP ||
           (command != SMUX_PSH && length_of(header) > 0);
}

enum smux_state smux_read(struct sv bytes, struct smux_frame *frame, size_t *used)
{
    if (bytes.len < SMUX_HEADER_BYTES)
        return SMUX_MORE;
    if (is_broken(bytes))
        return SMUX_BROKEN;
    size_t length = length_of(bytes);
    if (bytes.len - SMUX_HEADER_BYTES < length)
        return SMUX_MORE;
    *frame = (struct smux_frame){
        .command = (enum smux_command)byte_at(bytes, AT_COMMAND),
        .stream = stream_of(bytes),
        .data = {bytes.ptr + SMUX_HEADER_BYTES, length},
    };
    *used = SMUX_HEADER_BYTES + length;
    return SMUX_FRAME;
}

static void write_header(enum smux_command command, uint32_t stream, size_t length, struct buf *out)
{
    const char header[SMUX_HEADER_BYTES] = {
        VERSION,
        (char)command,
        (char)(length & 0xff),
        (char)(length >> 8),
        (char)(stream & 0xff),
        (char)(stream >> 8 & 0xff),
        (char)(stream >> 16 & 0xff),
        (char)(stream >> 24),
    };
    buf_add(out, (struct sv){header, sizeof header});
}

void smux_write(enum smux_command command, uint32_t stream, struct buf *out)
{
    write_header(command, stream, 0, out);
}

void smux_write_data(uint32_t stream, struct sv data, struct buf *out)
{
    while (data.len > 0) {
        size_t n = data.len < SMUX_DATA_MAX ? data.len : SMUX_DATA_MAX;
        write_header(SMUX_PSH, stream, n, out);
        buf_add(out, (struct sv){data.ptr, n});
        data = (struct sv){data.ptr + n, data.len - n};
    }
}
