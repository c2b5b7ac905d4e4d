/*
 * Any bytes as a stream of smux: the same frames come of it in whatever pieces it comes, what is
 * written of them is read as the same, and a stream that is broken stays where it is.
 */
#include "core/base/mem.h"
#include "core/session/forward/smux.h"
#include "tests/fuzz/fuzz.h"

/* A frame as it was read, written again. */
static void write_frame(const struct smux_frame *frame, struct buf *out)
{
    if (frame->data.len > 0)
        smux_write_data(frame->stream, frame->data, out);
    else
        smux_write(frame->command, frame->stream, out);
}

static void check_frame(const struct smux_frame *frame)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct smux_frame again;
    size_t used = 0, n_data = 0;

    PROMISE(frame->command == SMUX_PSH || frame->data.len == 0);
    write_frame(frame, &out);
    for (struct sv rest = buf_sv(&out); rest.len > 0;
         rest = (struct sv){rest.ptr + used, rest.len - used}) {
        PROMISE(smux_read(rest, &again, &used) == SMUX_FRAME);
        PROMISE(again.command == frame->command && again.stream == frame->stream);
        n_data += again.data.len;
    }
    PROMISE(n_data == frame->data.len);
}

/* Takes pieces of so many bytes, as a connection does; appends what was read of them. */
static enum smux_state feed(struct sv bytes, size_t piece, struct buf *out)
{
    AUTO(buf_done) struct buf come = BUF_NONE;
    enum smux_state state = SMUX_MORE;
    size_t taken = 0;

    for (size_t at = 0; at < bytes.len && state != SMUX_BROKEN; at += piece) {
        struct smux_frame frame;
        size_t used = 0;
        size_t n = bytes.len - at < piece ? bytes.len - at : piece;
        buf_add(&come, (struct sv){bytes.ptr + at, n});
        while ((state = smux_read((struct sv){come.ptr + taken, come.len - taken}, &frame,
                                  &used)) == SMUX_FRAME) {
            PROMISE(used >= SMUX_HEADER_BYTES && used <= come.len - taken);
            check_frame(&frame);
            write_frame(&frame, out);
            taken += used;
        }
    }
    return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buf_done) struct buf whole = BUF_NONE;
    AUTO(buf_done) struct buf apart = BUF_NONE;
    size_t piece = size > 0 ? data[0] % 13u + 1 : 1;

    if (size < 2)
        return 0;
    struct sv bytes = {(const char *)data + 1, size - 1};
    PROMISE(feed(bytes, bytes.len, &whole) == feed(bytes, piece, &apart));
    PROMISE(sv_eq(buf_sv(&whole), buf_sv(&apart)));
    return 0;
}
