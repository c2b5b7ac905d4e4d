#include "core/net/ws_frames.h"

#include <string.h>
#include <wslay/wslay.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/text.h"

#define SLICE_BYTES      16384 /* answers are made between slices, so that they do not pile up */
#define CONTROL_MAX      125
#define HEADER_BYTES_MAX 10   /* of an unmasked frame */
#define FRAGMENTS_MAX    4096 /* of one message: each costs memory of its own, but empty ones */
#define UNSENT_BYTES_MAX ((size_t)64 << 20)

/*
 * Where frames begin and how long they are. wslay looks at a length only when the first byte of the
 * payload has come; until then a peer that announces 2^62 bytes could keep us waiting.
 */
struct scan {
    unsigned char header[HEADER_BYTES_MAX];
    size_t n_header;
    uint64_t payload_left;
};

struct ws_frames {
    wslay_event_context_ptr wslay; /* what comes in, and the answers to it */
    wslay_frame_context_ptr out; /* our own frames: it keeps no copy of them, they may be secret */
    size_t message_bytes_max;
    struct scan scan;
    ws_message_fn *on_message;
    void *arg;
    struct sv incoming; /* of the slice that is being read */
    struct buf unsent;
    size_t n_unsent_taken; /* of its front */
    size_t n_fragments;    /* of the message that is coming */
    bool in_close;         /* a close frame is being read; its payload so far: */
    unsigned char close_payload[CONTROL_MAX];
    size_t close_len, close_wanted;
    enum ws_state state;
    int code;
};

/* --- what wslay asks for -----------------------------------------------------------------------
 */

static ssize_t give_incoming(wslay_event_context_ptr wslay, uint8_t *data, size_t len, int flags,
                             void *user_data)
{
    struct ws_frames *frames = user_data;

    (void)flags;
    if (frames->incoming.len == 0) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    size_t n = len < frames->incoming.len ? len : frames->incoming.len;
    memcpy(data, frames->incoming.ptr, n);
    frames->incoming = (struct sv){frames->incoming.ptr + n, frames->incoming.len - n};
    return (ssize_t)n;
}

static ssize_t take_frame(const uint8_t *data, size_t len, int flags, void *user_data)
{
    struct ws_frames *frames = user_data;

    (void)flags;
    buf_add(&frames->unsent, (struct sv){(const char *)data, len});
    return frames->unsent.overflowed ? -1 : (ssize_t)len;
}

static ssize_t take_answer(wslay_event_context_ptr wslay, const uint8_t *data, size_t len,
                           int flags, void *user_data)
{
    ssize_t taken = take_frame(data, len, flags, user_data);

    if (taken < 0)
        wslay_event_set_error(wslay, WSLAY_ERR_CALLBACK_FAILURE);
    return taken;
}

/* RFC 6455 10.3: the mask must not be foreseeable. */
static int mask_frame(uint8_t *mask, size_t len, void *user_data)
{
    (void)user_data;
    os_random_many(mask, len);
    return 0;
}

static int mask_answer(wslay_event_context_ptr wslay, uint8_t *mask, size_t len, void *user_data)
{
    (void)wslay;
    return mask_frame(mask, len, user_data);
}

static void on_frame(wslay_event_context_ptr wslay,
                     const struct wslay_event_on_frame_recv_start_arg *frame, void *user_data)
{
    struct ws_frames *frames = user_data;

    frames->in_close = frame->opcode == WSLAY_CONNECTION_CLOSE;
    if (frames->in_close)
        frames->close_wanted = (size_t)frame->payload_length;
    if (wslay_is_ctrl_frame(frame->opcode))
        return;
    if (frame->opcode != WSLAY_CONTINUATION_FRAME)
        frames->n_fragments = 0;
    frames->n_fragments += frame->payload_length > 0;
    if (frames->n_fragments > FRAGMENTS_MAX) {
        wslay_event_queue_close(wslay, WS_POLICY, NULL, 0);
        wslay_event_shutdown_read(wslay);
    }
}

static void on_chunk(wslay_event_context_ptr wslay,
                     const struct wslay_event_on_frame_recv_chunk_arg *chunk, void *user_data)
{
    struct ws_frames *frames = user_data;

    (void)wslay;
    if (!frames->in_close || chunk->data_length > sizeof frames->close_payload - frames->close_len)
        return;
    memcpy(frames->close_payload + frames->close_len, chunk->data, chunk->data_length);
    frames->close_len += chunk->data_length;
}

static void on_whole(wslay_event_context_ptr wslay,
                     const struct wslay_event_on_msg_recv_arg *message, void *user_data)
{
    struct ws_frames *frames = user_data;

    (void)wslay;
    if (!wslay_is_ctrl_frame(message->opcode))
        frames->on_message(frames->arg, message->opcode == WSLAY_TEXT_FRAME,
                           (struct sv){(const char *)message->msg, message->msg_length});
}

/* --- making ---------------------------------------------------------------------------------- */

struct ws_frames *ws_frames_new(size_t message_bytes_max, ws_message_fn *on_message, void *arg)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = give_incoming,
        .send_callback = take_answer,
        .genmask_callback = mask_answer,
        .on_frame_recv_start_callback = on_frame,
        .on_frame_recv_chunk_callback = on_chunk,
        .on_msg_recv_callback = on_whole,
    };
    static const struct wslay_frame_callbacks out_callbacks = {.send_callback = take_frame,
                                                               .genmask_callback = mask_frame};
    struct ws_frames *frames = mem_new(struct ws_frames);

    frames->message_bytes_max = message_bytes_max;
    frames->on_message = on_message;
    frames->arg = arg;
    frames->unsent = BUF_CAPPED(UNSENT_BYTES_MAX);
    if (wslay_event_context_client_init(&frames->wslay, &callbacks, frames) != 0 ||
        wslay_frame_context_init(&frames->out, &out_callbacks, frames) != 0)
        mem_exhausted("memory");
    wslay_event_config_set_max_recv_msg_length(frames->wslay, message_bytes_max);
    return frames;
}

void ws_frames_free(struct ws_frames *frames)
{
    if (frames == NULL)
        return;
    wslay_event_context_free(frames->wslay);
    wslay_frame_context_free(frames->out);
    buf_done(&frames->unsent);
    mem_free(frames);
}

/* --- states ---------------------------------------------------------------------------------- */

/* Codes that were registered after the library was made (IANA, WebSocket Close Code Numbers). */
static bool is_later_code(int code)
{
    return code >= 1012 && code <= 1014;
}

static int code_in_close_frame(const struct ws_frames *frames)
{
    return frames->close_len < 2 ? 0 : frames->close_payload[0] << 8 | frames->close_payload[1];
}

static void end_with(struct ws_frames *frames, enum ws_state state, int code)
{
    if (frames->state != WS_OPEN)
        return;
    frames->state = state;
    frames->code = code;
}

static void flush(struct ws_frames *frames)
{
    if (wslay_event_send(frames->wslay) != 0)
        end_with(frames, WS_FAILED, WS_TOO_BIG); /* nobody reads what we say */
}

/* The peer is told why, if nothing was told it before. */
static void fail(struct ws_frames *frames, int code)
{
    wslay_event_queue_close(frames->wslay, (uint16_t)code, NULL, 0);
    wslay_event_shutdown_read(frames->wslay);
    flush(frames);
    end_with(frames, WS_FAILED, code);
}

/* RFC 6455 5.5.1, which wslay does not check: half a code, a reason that is no UTF-8. */
static int fault_of_close_frame(const struct ws_frames *frames)
{
    struct sv reason = {(const char *)frames->close_payload + 2, frames->close_len - 2};
    uint32_t codepoint;

    if (frames->close_len < 2)
        return frames->close_len == 1 ? WS_PROTOCOL_ERROR : 0;
    while (reason.len > 0) {
        size_t n = utf8_decode(reason, &codepoint);
        if (codepoint == UINT32_MAX)
            return WS_INVALID_DATA;
        reason = (struct sv){reason.ptr + n, reason.len - n};
    }
    return 0;
}

/* After wslay has read: has that been the end? */
static void look_for_end(struct ws_frames *frames)
{
    wslay_event_context_ptr wslay = frames->wslay;

    if (wslay_event_get_close_received(wslay)) {
        int code = wslay_event_get_status_code_received(wslay);
        int fault = fault_of_close_frame(frames);
        end_with(frames, fault != 0 ? WS_FAILED : WS_CLOSED,
                 fault != 0  ? fault
                 : code != 0 ? code
                             : WS_NO_CODE);
    } else if (!wslay_event_get_read_enabled(wslay)) {
        bool is_whole = frames->close_len == frames->close_wanted;
        if (is_whole && is_later_code(code_in_close_frame(frames)) &&
            fault_of_close_frame(frames) == 0)
            end_with(frames, WS_CLOSED, code_in_close_frame(frames));
        else
            end_with(frames, WS_FAILED, wslay_event_get_status_code_sent(wslay));
    }
}

/* --- in -------------------------------------------------------------------------------------- */

/* RFC 6455 5.2: 2 bytes, and 2 or 8 more for lengths from 126 on. */
static size_t header_bytes(const struct scan *scan)
{
    static const size_t sizes[] = {2, 4, 10};
    unsigned length = scan->n_header < 2 ? 0 : scan->header[1] & 0x7f;

    return sizes[length < 126 ? 0 : length - 125];
}

static uint64_t payload_bytes(const struct scan *scan)
{
    uint64_t length = scan->header[1] & 0x7f;

    if (length < 126)
        return length;
    length = 0;
    for (size_t i = 2; i < scan->n_header; i++)
        length = length << 8 | scan->header[i];
    return length;
}

/* Goes through bytes; false when a frame begins in them that is longer than what is taken. */
static bool scan_lengths(struct ws_frames *frames, struct sv bytes)
{
    struct scan *scan = &frames->scan;

    while (bytes.len > 0) {
        size_t n = bytes.len < scan->payload_left ? bytes.len : (size_t)scan->payload_left;
        scan->payload_left -= n;
        if (n == 0) {
            scan->header[scan->n_header++] = (unsigned char)bytes.ptr[0];
            n = 1;
            if (scan->n_header >= 2 && scan->n_header == header_bytes(scan)) {
                scan->payload_left = payload_bytes(scan);
                scan->n_header = 0;
            }
        }
        if (scan->payload_left > frames->message_bytes_max)
            return false;
        bytes = (struct sv){bytes.ptr + n, bytes.len - n};
    }
    return true;
}

void ws_frames_feed(struct ws_frames *frames, struct sv bytes)
{
    while (bytes.len > 0 && frames->state == WS_OPEN) {
        size_t n = bytes.len < SLICE_BYTES ? bytes.len : SLICE_BYTES;
        bool too_long = !scan_lengths(frames, (struct sv){bytes.ptr, n});
        frames->incoming = (struct sv){bytes.ptr, n};
        bytes = (struct sv){bytes.ptr + n, bytes.len - n};
        if (wslay_event_recv(frames->wslay) != 0)
            fail(frames, WS_PROTOCOL_ERROR);
        flush(frames);
        look_for_end(frames);
        if (too_long)
            fail(frames, WS_TOO_BIG);
    }
}

void ws_frames_end(struct ws_frames *frames)
{
    end_with(frames, WS_FAILED, WS_ABNORMAL);
}

/* --- out ------------------------------------------------------------------------------------- */

/* A whole message in one frame. Nothing follows a close. */
static void queue(struct ws_frames *frames, uint8_t opcode, struct sv payload)
{
    struct wslay_frame_iocb frame = {.fin = 1,
                                     .opcode = opcode,
                                     .mask = 1,
                                     .payload_length = payload.len,
                                     .data = (const uint8_t *)payload.ptr,
                                     .data_length = payload.len};

    if (frames->state != WS_OPEN || wslay_event_get_close_sent(frames->wslay))
        return;
    do {
        ssize_t n = wslay_frame_send(frames->out, &frame);
        if (n < 0) {
            end_with(frames, WS_FAILED, WS_TOO_BIG); /* nobody reads what we say */
            return;
        }
        frame.data += n;
        frame.data_length -= (size_t)n;
    } while (frame.data_length > 0);
}

void ws_frames_send(struct ws_frames *frames, bool is_text, struct sv message)
{
    queue(frames, is_text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME, message);
}

void ws_frames_ping(struct ws_frames *frames, struct sv payload)
{
    queue(frames, WSLAY_PING, payload);
}

void ws_frames_close(struct ws_frames *frames, int code)
{
    wslay_event_queue_close(frames->wslay, (uint16_t)code, NULL, 0);
    flush(frames);
}

struct sv ws_frames_unsent(const struct ws_frames *frames)
{
    struct sv all = buf_sv(&frames->unsent);
    return (struct sv){all.ptr + frames->n_unsent_taken, all.len - frames->n_unsent_taken};
}

/* What has left is cut away once it is the larger part: of a queue that is never empty, too. */
void ws_frames_sent(struct ws_frames *frames, size_t n)
{
    struct buf *unsent = &frames->unsent;

    frames->n_unsent_taken += n;
    size_t left = unsent->len - frames->n_unsent_taken;
    if (frames->n_unsent_taken <= left)
        return;
    memmove(unsent->ptr, unsent->ptr + frames->n_unsent_taken, left);
    unsent->len = left;
    frames->n_unsent_taken = 0;
}

/* --- looking --------------------------------------------------------------------------------- */

enum ws_state ws_frames_state(const struct ws_frames *frames, int *code)
{
    if (code != NULL)
        *code = frames->code;
    return frames->state;
}

struct sv ws_frames_reason(const struct ws_frames *frames)
{
    if (frames->state != WS_CLOSED || frames->close_len <= 2)
        return SV_NONE;
    return (struct sv){(const char *)frames->close_payload + 2, frames->close_len - 2};
}
