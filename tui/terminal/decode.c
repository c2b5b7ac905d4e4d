#include "tui/terminal/decode.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/base/vec.h"

#define SEQUENCE_MAX 64 /* longer ones are nothing we know: dropped */
#define PASTE_END    SV("\033[201~")

struct known_key {
    char bytes[16];
    size_t len;
    struct key key;
};

struct decoder {
    char *bytes; /* what was read and not yet decoded: [at, len) */
    size_t at, len, size;
    bool in_paste;
    VEC(struct known_key) known;
};

/* What a look at the beginning of the bytes came to. */
enum verdict {
    DECODED, /* *event is filled */
    SKIPPED, /* *used bytes mean nothing */
    NEED_MORE,
};

struct decoder *decoder_new(void)
{
    return mem_new(struct decoder);
}

void decoder_free(struct decoder *decoder)
{
    if (decoder == NULL)
        return;
    mem_free(decoder->bytes);
    vec_free(&decoder->known);
    mem_free(decoder);
}

void decoder_add_key(struct decoder *decoder, struct sv bytes, struct key key)
{
    struct known_key known = {.len = bytes.len, .key = key};

    if (bytes.len < 2 || bytes.len > sizeof known.bytes || bytes.ptr[0] != '\033')
        return;
    memcpy(known.bytes, bytes.ptr, bytes.len);
    vec_push(&decoder->known, known);
}

void decoder_feed(struct decoder *decoder, struct sv bytes)
{
    if (bytes.len == 0)
        return;
    if (decoder->at != 0) {
        memmove(decoder->bytes, decoder->bytes + decoder->at, decoder->len - decoder->at);
        decoder->len -= decoder->at;
        decoder->at = 0;
    }
    if (decoder->len + bytes.len > decoder->size) {
        decoder->size = 2 * (decoder->len + bytes.len);
        decoder->bytes = mem_resize(decoder->bytes, decoder->size);
    }
    memcpy(decoder->bytes + decoder->len, bytes.ptr, bytes.len);
    decoder->len += bytes.len;
}

bool decoder_is_waiting(const struct decoder *decoder)
{
    return decoder->at < decoder->len && !decoder->in_paste;
}

static struct event key_event(uint32_t code, unsigned mods)
{
    return (struct event){.type = EVENT_KEY, .key = {.code = code, .mods = (uint8_t)mods}};
}

/* --- characters ------------------------------------------------------------------------------ */

static struct key key_of_control(unsigned char c)
{
    switch (c) {
    case 0x00:
        return (struct key){' ', MOD_CTRL};
    case 0x08:
    case 0x7f:
        return (struct key){KEYC_BACKSPACE, 0};
    case '\t':
        return (struct key){KEYC_TAB, 0};
    case '\r':
        return (struct key){KEYC_ENTER, 0};
    case 0x1b:
        return (struct key){KEYC_ESC, 0};
    default:
        return (struct key){c <= 26 ? (uint32_t)c + 'a' - 1 : (uint32_t)c + '@', MOD_CTRL};
    }
}

static bool may_grow(struct sv bytes)
{
    unsigned char first = (unsigned char)bytes.ptr[0];
    size_t wanted = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
    return bytes.len < wanted;
}

static enum verdict decode_character(struct sv bytes, struct event *event, size_t *used)
{
    unsigned char first = (unsigned char)bytes.ptr[0];
    uint32_t codepoint;

    if (first < 0x20 || first == 0x7f) {
        struct key key = key_of_control(first);
        *used = 1;
        *event = key_event(key.code, key.mods);
        return DECODED;
    }
    *used = utf8_decode(bytes, &codepoint);
    if (codepoint == UINT32_MAX)
        return *used == bytes.len && may_grow(bytes) ? NEED_MORE : SKIPPED;
    if (codepoint >= 0x80 && codepoint < 0xa0)
        return SKIPPED;
    *event = key_event(codepoint, 0);
    return DECODED;
}

/* --- CSI: ESC [ parameters intermediates final (ECMA-48 5.4) -------------------------------- */

struct csi {
    char marker; /* '<', '=', '>', '?' before the parameters, or 0 */
    int params[4];
    size_t n_params;
    char final;
    size_t len;
};

/* Reads one; false when it is not complete, len 0 then, or broken, len what is to be skipped. */
static bool csi_read(struct sv bytes, struct csi *csi)
{
    *csi = (struct csi){0};
    size_t at = 2;
    if (at < bytes.len && bytes.ptr[at] >= '<' && bytes.ptr[at] <= '?')
        csi->marker = bytes.ptr[at++];
    for (; at < bytes.len && at < SEQUENCE_MAX; at++) {
        char c = bytes.ptr[at];
        int *param = &csi->params[csi->n_params < 4 ? csi->n_params : 3];
        if (c >= '0' && c <= '9') {
            if (*param < 100000)
                *param = *param * 10 + (c - '0');
        } else if (c == ';') {
            csi->n_params++;
        } else if (c >= 0x40 && c <= 0x7e) {
            csi->n_params++;
            csi->final = c;
            csi->len = at + 1;
            return true;
        } else if (c < 0x20 || c > 0x3f) {
            csi->len = at;
            return false;
        }
    }
    csi->len = at >= SEQUENCE_MAX ? at : 0;
    return false;
}

static const struct {
    char final;
    uint32_t code;
} csi_finals[] = {
    {'A', KEYC_UP},     {'B', KEYC_DOWN},   {'C', KEYC_RIGHT}, {'D', KEYC_LEFT},
    {'H', KEYC_HOME},   {'F', KEYC_END},    {'P', KEYC_F1},    {'Q', KEYC_F1 + 1},
    {'R', KEYC_F1 + 2}, {'S', KEYC_F1 + 3}, {'M', KEYC_ENTER},
};

/* CSI number ~; the gaps in the numbers are the VT220's. */
static const struct {
    int number;
    uint32_t code;
} csi_numbers[] = {
    {1, KEYC_HOME},    {2, KEYC_INSERT},  {3, KEYC_DELETE},  {4, KEYC_END},      {5, KEYC_PGUP},
    {6, KEYC_PGDN},    {7, KEYC_HOME},    {8, KEYC_END},     {11, KEYC_F1},      {12, KEYC_F1 + 1},
    {13, KEYC_F1 + 2}, {14, KEYC_F1 + 3}, {15, KEYC_F1 + 4}, {17, KEYC_F1 + 5},  {18, KEYC_F1 + 6},
    {19, KEYC_F1 + 7}, {20, KEYC_F1 + 8}, {21, KEYC_F1 + 9}, {23, KEYC_F1 + 10}, {24, KEYC_F12},
};

/* xterm's modifier parameter: 1 + shift 1, alt 2, ctrl 4, meta 8. */
static unsigned mods_of_param(int param)
{
    unsigned bits = param > 0 ? (unsigned)param - 1 : 0;
    return (bits & 1 ? MOD_SHIFT : 0u) | (bits & 10 ? MOD_ALT : 0u) | (bits & 4 ? MOD_CTRL : 0u);
}

/* b is xterm's button code: 2 bits of button, shift 4, alt 8, ctrl 16, motion 32, wheel 64. */
static bool mouse_event(int b, int x, int y, bool released, struct event *event)
{
    struct mouse mouse = {.y = y - 1, .x = x - 1};
    int button = b & 3;

    if (x < 1 || y < 1 || b >= 128)
        return false;
    mouse.mods =
        (uint8_t)((b & 4 ? MOD_SHIFT : 0u) | (b & 8 ? MOD_ALT : 0u) | (b & 16 ? MOD_CTRL : 0u));
    if (b & 64) {
        if (button > 1)
            return false;
        mouse.action = button == 0 ? MOUSE_WHEEL_UP : MOUSE_WHEEL_DOWN;
    } else {
        bool no_button = button == 3;
        if ((b & 32) && no_button)
            return false;
        mouse.button = no_button ? 0 : (uint8_t)(button + 1);
        mouse.action = b & 32 ? MOUSE_DRAG : released || no_button ? MOUSE_RELEASE : MOUSE_PRESS;
    }
    *event = (struct event){.type = EVENT_MOUSE, .mouse = mouse};
    return true;
}

static uint32_t csi_key(const struct csi *csi)
{
    if (csi->final == '~') {
        for (size_t i = 0; i < ARRAY_LEN(csi_numbers); i++) {
            if (csi_numbers[i].number == csi->params[0])
                return csi_numbers[i].code;
        }
        return KEYC_NONE;
    }
    for (size_t i = 0; i < ARRAY_LEN(csi_finals); i++) {
        if (csi_finals[i].final == csi->final)
            return csi_finals[i].code;
    }
    return KEYC_NONE;
}

static bool csi_event(const struct csi *csi, struct event *event)
{
    bool plain = csi->marker == 0;

    if (csi->marker == '<' && csi->n_params == 3 && (csi->final == 'M' || csi->final == 'm'))
        return mouse_event(csi->params[0], csi->params[1], csi->params[2], csi->final == 'm',
                           event);
    if (plain && (csi->final == 'I' || csi->final == 'O')) {
        *event = (struct event){.type = EVENT_FOCUS, .focused = csi->final == 'I'};
        return true;
    }
    if (plain && csi->final == 'Z') {
        *event = key_event(KEYC_TAB, MOD_SHIFT);
        return true;
    }
    uint32_t code = plain ? csi_key(csi) : KEYC_NONE;
    if (code == KEYC_NONE)
        return false;
    *event = key_event(code, csi->n_params > 1 ? mods_of_param(csi->params[1]) : 0);
    return true;
}

/* CSI M and three bytes, from terminals that know no SGR mouse. */
static enum verdict decode_x10_mouse(struct sv bytes, struct event *event, size_t *used)
{
    if (bytes.len < 6)
        return NEED_MORE;
    const unsigned char *raw = (const unsigned char *)bytes.ptr + 3;
    *used = 6;
    return mouse_event(raw[0] - 32, raw[1] - 32, raw[2] - 32, false, event) ? DECODED : SKIPPED;
}

static enum verdict decode_csi(struct decoder *decoder, struct sv bytes, struct event *event,
                               size_t *used)
{
    struct csi csi;

    if (sv_starts(bytes, SV("\033[M")))
        return decode_x10_mouse(bytes, event, used);
    bool complete = csi_read(bytes, &csi);
    *used = csi.len;
    if (!complete)
        return csi.len == 0 ? NEED_MORE : SKIPPED;
    if (csi.final == '~' && csi.params[0] == 200) {
        decoder->in_paste = true;
        return SKIPPED;
    }
    return csi_event(&csi, event) ? DECODED : SKIPPED;
}

/* --- SS3 and strings ------------------------------------------------------------------------- */

/* ESC O: cursor and function keys, and the keypad in application mode. */
static enum verdict decode_ss3(struct sv bytes, struct event *event, size_t *used)
{
    static const char keypad[] = "*+,-./0123456789"; /* from ESC O j on */

    if (bytes.len < 3)
        return NEED_MORE;
    struct csi as_csi = {.final = bytes.ptr[2]};
    uint32_t code = csi_key(&as_csi);
    if (code == KEYC_NONE && as_csi.final >= 'j' && as_csi.final <= 'y')
        code = (uint32_t)keypad[as_csi.final - 'j'];
    *used = 3;
    if (code == KEYC_NONE)
        return SKIPPED;
    *event = key_event(code, 0);
    return DECODED;
}

/* OSC, DCS, SOS, PM, APC: all up to ST; OSC also up to BEL. */
static enum verdict decode_string(struct sv bytes, size_t *used)
{
    for (size_t at = 2; at < bytes.len; at++) {
        bool bell = bytes.ptr[at] == '\a' && bytes.ptr[1] == ']';
        bool st = bytes.ptr[at] == '\\' && bytes.ptr[at - 1] == '\033';
        if (bell || st) {
            *used = at + 1;
            return SKIPPED;
        }
    }
    return NEED_MORE;
}

/* --- ESC and what follows --------------------------------------------------------------------- */

static enum verdict decode_known(const struct decoder *decoder, struct sv bytes,
                                 struct event *event, size_t *used)
{
    const struct known_key *best = NULL;
    bool may_become_one = false;

    for (size_t i = 0; i < decoder->known.len; i++) {
        const struct known_key *known = &decoder->known.ptr[i];
        struct sv sequence = {known->bytes, known->len};
        if (sv_starts(bytes, sequence) && (best == NULL || known->len > best->len))
            best = known;
        else if (sv_starts(sequence, bytes) && sequence.len > bytes.len)
            may_become_one = true;
    }
    if (best == NULL)
        return may_become_one ? NEED_MORE : SKIPPED;
    *used = best->len;
    *event = key_event(best->key.code, best->key.mods);
    return DECODED;
}

static enum verdict decode_escape(struct decoder *decoder, struct sv bytes, struct event *event,
                                  size_t *used)
{
    enum verdict verdict = decode_known(decoder, bytes, event, used);
    if (verdict != SKIPPED || bytes.len < 2)
        return verdict == SKIPPED ? NEED_MORE : verdict;

    struct sv rest = {bytes.ptr + 1, bytes.len - 1};
    switch (rest.ptr[0]) {
    case '[':
        return decode_csi(decoder, bytes, event, used);
    case 'O':
        return decode_ss3(bytes, event, used);
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
        return decode_string(bytes, used);
    case '\033': /* Esc twice, or alt with a key that sends a sequence */
        if (rest.len < 2)
            return NEED_MORE;
        if (rest.ptr[1] != '[' && rest.ptr[1] != 'O') {
            *used = 1;
            *event = key_event(KEYC_ESC, 0);
            return DECODED;
        }
        verdict = decode_escape(decoder, rest, event, used);
        break;
    default:
        verdict = decode_character(rest, event, used);
    }
    *used += 1;
    if (verdict == DECODED && event->type == EVENT_KEY)
        event->key.mods |= MOD_ALT;
    return verdict;
}

/* What an unfinished sequence means when nothing follows it. */
static enum verdict decode_expired(struct sv bytes, struct event *event, size_t *used)
{
    *used = bytes.len;
    if (bytes.ptr[0] != '\033')
        return SKIPPED;
    if (bytes.len == 1 || bytes.ptr[1] == '\033') {
        *used = 1;
        *event = key_event(KEYC_ESC, 0);
        return DECODED;
    }
    if (bytes.len > 2 || (unsigned char)bytes.ptr[1] >= 0x80)
        return SKIPPED;
    *event = key_event((unsigned char)bytes.ptr[1], MOD_ALT);
    return DECODED;
}

/* --- paste ------------------------------------------------------------------------------------ */

/* How many bytes at the end of text could be the beginning of the end mark. */
static size_t possible_end_mark(struct sv text)
{
    size_t max = text.len < PASTE_END.len - 1 ? text.len : PASTE_END.len - 1;

    for (size_t n = max; n > 0; n--) {
        if (memcmp(text.ptr + text.len - n, PASTE_END.ptr, n) == 0)
            return n;
    }
    return 0;
}

static bool next_paste(struct decoder *decoder, struct event *event)
{
    struct sv text = {decoder->bytes + decoder->at, decoder->len - decoder->at};
    const char *end = memmem(text.ptr, text.len, PASTE_END.ptr, PASTE_END.len);

    *event = (struct event){.type = EVENT_PASTE};
    if (end != NULL) {
        event->paste.text = (struct sv){text.ptr, (size_t)(end - text.ptr)};
        event->paste.last = true;
        decoder->at += event->paste.text.len + PASTE_END.len;
        decoder->in_paste = false;
        return true;
    }
    event->paste.text = (struct sv){text.ptr, text.len - possible_end_mark(text)};
    decoder->at += event->paste.text.len;
    return event->paste.text.len != 0;
}

bool decoder_next(struct decoder *decoder, bool expired, struct event *event)
{
    while (decoder->at < decoder->len) {
        if (decoder->in_paste)
            return next_paste(decoder, event);
        struct sv bytes = {decoder->bytes + decoder->at, decoder->len - decoder->at};
        size_t used = 0;
        enum verdict verdict = bytes.ptr[0] == '\033' ? decode_escape(decoder, bytes, event, &used)
                                                      : decode_character(bytes, event, &used);
        if (verdict == NEED_MORE && expired)
            verdict = decode_expired(bytes, event, &used);
        if (verdict == NEED_MORE)
            return false;
        decoder->at += used;
        if (verdict == DECODED)
            return true;
    }
    return false;
}
