/*
 * Anything that a service or a node may say on a data channel, in any order: whole messages with
 * right digests, made of the input, and frames as they are. What is told is told in order and not
 * after the end; a message is acknowledged whenever it was taken; what is to be sent is bounded.
 */
#include <string.h>

#include "core/base/mem.h"
#include "core/session/wire/cipher.h"
#include "core/session/wire/talk.h"
#include "tests/fuzz/fuzz.h"

#define SENT_MAX 100000

struct fuzzed {
    struct talk *talk;
    struct secret *key;
    size_t n_sent, n_opened, n_keys_wanted;
    bool is_over;
};

static void on_send(void *arg, struct sv frame)
{
    struct fuzzed *fuzzed = arg;
    struct message message;

    PROMISE(message_read(frame, &message, NULL) == OK);
    PROMISE(message.type == MESSAGE_INPUT || message.type == MESSAGE_ACKNOWLEDGE);
    PROMISE(fuzzed->n_sent++ < SENT_MAX);
}

static void on_event(void *arg, const struct talk_event *event)
{
    struct fuzzed *fuzzed = arg;

    PROMISE(!fuzzed->is_over);
    fuzzed->is_over = event->kind == TALK_CLOSED || event->kind == TALK_FAILED;
    fuzzed->n_opened += event->kind == TALK_OPENED;
    fuzzed->n_keys_wanted += event->kind == TALK_WANTS_KEY;
    PROMISE(fuzzed->n_opened <= 1 && fuzzed->n_keys_wanted <= 1);
}

/* A message with its digest: type, number and payload type are bytes of the input. */
static void say(struct fuzzed *fuzzed, const uint8_t *head, struct sv payload, int64_t now_us)
{
    AUTO(buf_done) struct buf frame = BUF_NONE;
    const struct message message = {
        .type = (enum message_type)(1 + head[0] % (MESSAGE_TYPES - 1)),
        .created_at_ms = 1,
        .sequence = head[1] % 16,
        .payload_type = head[2] % 14,
        .payload = payload,
    };

    message_write(&message, &frame);
    talk_take(fuzzed->talk, buf_sv(&frame), now_us);
}

/* A step is four bytes and as many as the last of them says. */
static size_t step(struct fuzzed *fuzzed, const uint8_t *data, size_t size, int64_t now_us)
{
    size_t len = data[3] < size - 4 ? data[3] : size - 4;
    struct sv payload = {(const char *)data + 4, len};

    switch (data[0] >> 5) {
    case 0: /* a frame as it is */
        talk_take(fuzzed->talk, payload, now_us);
        break;
    case 1:
        PROMISE(talk_write(fuzzed->talk, payload) <= len);
        break;
    case 2:
        talk_resize(fuzzed->talk, data[1], data[2]);
        break;
    case 3:
        talk_take_key(fuzzed->talk, fuzzed->key, SV("blob"), data[1] & 1,
                      data[1] & 2 ? "denied" : NULL);
        break;
    case 4:
        talk_reopen(fuzzed->talk, now_us);
        break;
    default:
        if (len > 0)
            say(fuzzed, data, payload, now_us);
        break;
    }
    PROMISE(talk_send(fuzzed->talk, now_us) >= now_us);
    return 4 + len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzzed fuzzed = {0};
    const struct talk_handlers handlers = {on_send, on_event, &fuzzed};
    char key[CIPHER_KEY_BYTES] = {1};
    int64_t now_us = 1000000;

    fuzzed.talk = talk_new(0, &handlers);
    fuzzed.key = secret_new((struct sv){key, sizeof key});
    while (size >= 4) {
        size_t n = step(&fuzzed, data, size, now_us);
        data += n;
        size -= n;
        now_us += 50000;
    }
    PROMISE(talk_away_ms(fuzzed.talk, now_us) >= 0);
    talk_free(fuzzed.talk);
    secret_unref(fuzzed.key);
    return 0;
}
