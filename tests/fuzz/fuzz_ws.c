/*
 * Any bytes as the frames of a WebSocket and as an answer to an upgrade: it makes no difference in
 * which pieces they come.
 */
#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/net/ws_frames.h"
#include "core/net/ws_upgrade.h"
#include "tests/fuzz/fuzz.h"

#define MESSAGE_MAX 65536
#define KEY         "dGhlIHNhbXBsZSBub25jZQ=="

struct heard {
    struct buf messages;
    enum ws_state state;
};

static void hear(void *arg, bool is_text, struct sv message)
{
    struct heard *heard = arg;

    PROMISE(message.len <= MESSAGE_MAX);
    buf_addf(&heard->messages, "%c%zu:", is_text ? 't' : 'b', message.len);
    buf_add(&heard->messages, message);
}

static void feed(struct sv bytes, size_t step, struct heard *heard)
{
    struct ws_frames *frames = ws_frames_new(MESSAGE_MAX, hear, heard);

    for (size_t at = 0; at < bytes.len; at += step)
        ws_frames_feed(frames,
                       (struct sv){bytes.ptr + at, bytes.len - at < step ? bytes.len - at : step});
    /* What is wrong with a frame that has not come whole may be seen earlier or later. */
    ws_frames_end(frames);
    heard->state = ws_frames_state(frames, NULL);
    ws_frames_free(frames);
}

static void check_frames(struct sv bytes)
{
    struct heard whole = {0}, apart = {0};

    feed(bytes, bytes.len, &whole);
    feed(bytes, 1, &apart);
    PROMISE(whole.state == apart.state);
    PROMISE(sv_eq(buf_sv(&whole.messages), buf_sv(&apart.messages)));
    buf_done(&whole.messages);
    buf_done(&apart.messages);
}

static void check_upgrade(struct sv bytes)
{
    size_t used = 0;
    struct err err;

    if (ws_upgrade_read(bytes, KEY, &used, &err) == WS_UPGRADE_OPEN)
        PROMISE(used <= bytes.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv bytes = {(const char *)data, size};

    if (size == 0)
        return 0;
    check_frames(bytes);
    check_upgrade(bytes);
    return 0;
}
