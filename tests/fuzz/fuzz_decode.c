/*
 * Any bytes as a terminal's: the events are well-formed, and they are the same whatever pieces the
 * bytes come in.
 */
#include "core/base/mem.h"
#include "core/base/text.h"
#include "tests/fuzz/fuzz.h"
#include "tui/terminal/decode.h"

static void check_key(struct key key)
{
    char name[KEY_NAME_SIZE];
    struct key again;

    PROMISE(key.code != KEYC_NONE && key.code <= KEYC_F12);
    PROMISE((key.mods & ~(MOD_SHIFT | MOD_ALT | MOD_CTRL)) == 0);
    key_to_text(key, name);
    bool printable = key.code >= KEYC_ENTER || text_codepoint_width(key.code) > 0;
    bool nameable = printable && !(key.code < KEYC_ENTER && key.mods & MOD_SHIFT) &&
                    !(key.code >= 'A' && key.code <= 'Z' && key.mods & MOD_CTRL);
    if (nameable)
        PROMISE(key_parse(sv_of(name), &again) && key_eq(key, again));
}

/* Events as text; the chunks of a paste joined, for where they are cut depends on the pieces. */
static void note(struct buf *log, const struct event *event)
{
    switch (event->type) {
    case EVENT_KEY:
        check_key(event->key);
        buf_addf(log, "[k %x %d]", (unsigned)event->key.code, event->key.mods);
        break;
    case EVENT_MOUSE:
        PROMISE(event->mouse.y >= 0 && event->mouse.x >= 0 && event->mouse.button <= 3);
        buf_addf(log, "[m %d %d %d %d]", (int)event->mouse.action, event->mouse.button,
                 event->mouse.y, event->mouse.x);
        break;
    case EVENT_PASTE:
        buf_add(log, event->paste.text);
        buf_add_cstr(log, event->paste.last ? "[end]" : "");
        break;
    case EVENT_FOCUS:
        buf_addf(log, "[f %d]", event->focused);
        break;
    default:
        PROMISE(false);
    }
}

static void decode(struct sv bytes, size_t piece, struct buf *log)
{
    struct decoder *decoder = decoder_new();
    struct event event;

    decoder_add_key(decoder, SV("\033[11^"), (struct key){KEYC_F1, MOD_CTRL});
    while (bytes.len != 0) {
        size_t len = bytes.len < piece ? bytes.len : piece;
        decoder_feed(decoder, (struct sv){bytes.ptr, len});
        bytes = (struct sv){bytes.ptr + len, bytes.len - len};
        while (decoder_next(decoder, false, &event))
            note(log, &event);
    }
    while (decoder_next(decoder, true, &event))
        note(log, &event);
    PROMISE(!decoder_is_waiting(decoder));
    decoder_free(decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buf_done) struct buf whole = BUF_NONE;
    AUTO(buf_done) struct buf pieces = BUF_NONE;

    if (size < 1)
        return 0;
    struct sv bytes = {(const char *)data + 1, size - 1};
    decode(bytes, size, &whole);
    decode(bytes, (size_t)data[0] % 7 + 1, &pieces);
    PROMISE(sv_eq(buf_sv(&whole), buf_sv(&pieces)));
    return 0;
}
