#include "core/session/wire/inbound.h"

#include "core/base/map.h"
#include "core/base/mem.h"

/* A message that came before its turn. */
struct kept {
    char *frame;
    struct message message; /* borrowed from frame */
};

struct inbound {
    int64_t expected;
    struct map kept; /* struct kept by sequence number */
    size_t kept_bytes;
};

struct inbound *inbound_new(void)
{
    return mem_new(struct inbound);
}

static void kept_free(struct kept *kept)
{
    mem_free(kept->frame);
    mem_free(kept);
}

void inbound_free(struct inbound *inbound)
{
    size_t at = 0;
    struct sv key;
    union map_value value;

    if (inbound == NULL)
        return;
    while (map_next(&inbound->kept, &at, &key, &value))
        kept_free(value.ptr);
    map_done(&inbound->kept);
    mem_free(inbound);
}

static struct sv key_of(const int64_t *sequence)
{
    return (struct sv){(const char *)sequence, sizeof *sequence};
}

static size_t frame_bytes(const struct message *message)
{
    return MESSAGE_HEADER_BYTES + message->payload.len;
}

/* --- taking ---------------------------------------------------------------------------------- */

static enum inbound_verdict keep(struct inbound *inbound, const struct message *message,
                                 struct err *err)
{
    if (inbound->kept.count >= INBOUND_KEPT_MAX ||
        inbound->kept_bytes + frame_bytes(message) > INBOUND_KEPT_BYTES) {
        err_set(err, ERR_TOO_BIG, "data channel", "too much has come before its turn");
        return INBOUND_REJECTED;
    }
    struct kept *kept = mem_new(struct kept);
    kept->frame = mem_copy(message->payload.ptr, message->payload.len);
    kept->message = *message;
    kept->message.payload.ptr = kept->frame;
    map_put(&inbound->kept, key_of(&message->sequence), NULL)->ptr = kept;
    inbound->kept_bytes += frame_bytes(message);
    return INBOUND_KEPT;
}

static enum inbound_verdict take_stream(struct inbound *inbound, const struct message *message,
                                        struct err *err)
{
    if (message->sequence == inbound->expected)
        return INBOUND_NEXT;
    if (message->sequence < inbound->expected ||
        map_get(&inbound->kept, key_of(&message->sequence)) != NULL)
        return INBOUND_SEEN;
    return keep(inbound, message, err);
}

enum inbound_verdict inbound_take(struct inbound *inbound, struct sv frame, struct message *message,
                                  struct err *err)
{
    if (frame.len > MESSAGE_BYTES_MAX) {
        err_set(err, ERR_TOO_BIG, "data channel", "a message of %zu bytes", frame.len);
        return INBOUND_REJECTED;
    }
    if (message_read(frame, message, err) != OK)
        return INBOUND_REJECTED;
    switch (message->type) {
    case MESSAGE_OUTPUT:
        return take_stream(inbound, message, err);
    case MESSAGE_ACKNOWLEDGE:
    case MESSAGE_CHANNEL_CLOSED:
    case MESSAGE_START_PUBLICATION:
    case MESSAGE_PAUSE_PUBLICATION:
        return INBOUND_CONTROL;
    default: /* what goes to the node has no business here */
        return INBOUND_IGNORED;
    }
}

/* --- in their turn --------------------------------------------------------------------------- */

void inbound_accept(struct inbound *inbound)
{
    union map_value *kept = map_get(&inbound->kept, key_of(&inbound->expected));

    if (kept != NULL) {
        struct kept *message = kept->ptr;
        inbound->kept_bytes -= frame_bytes(&message->message);
        map_remove(&inbound->kept, key_of(&inbound->expected));
        kept_free(message);
    }
    inbound->expected++;
}

bool inbound_next(struct inbound *inbound, struct message *message)
{
    const union map_value *kept = map_get(&inbound->kept, key_of(&inbound->expected));

    if (kept == NULL)
        return false;
    *message = ((const struct kept *)kept->ptr)->message;
    return true;
}
