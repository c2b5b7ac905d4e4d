#include "core/gov/systems_manager/log_line.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/mem.h"

#define ESC 0x1b
#define BEL 0x07
#define TAB "    "

/* --- text for a terminal ---------------------------------------------------------------------- */

/* CSI: parameters, then one letter of 0x40 to 0x7e. */
static void skip_csi(struct sv *rest)
{
    while (rest->len > 0) {
        uint8_t byte = (uint8_t)*rest->ptr++;
        rest->len--;
        if (byte >= 0x40 && byte <= 0x7e)
            return;
    }
}

/* OSC, DCS and their kind: up to BEL or ESC \. */
static void skip_string(struct sv *rest)
{
    while (rest->len > 0) {
        uint8_t byte = (uint8_t)*rest->ptr++;
        rest->len--;
        if (byte == BEL)
            return;
        if (byte == ESC && rest->len > 0 && *rest->ptr == '\\') {
            rest->ptr++;
            rest->len--;
            return;
        }
    }
}

/* Behind ESC. */
static void skip_sequence(struct sv *rest)
{
    if (rest->len == 0)
        return;
    char kind = *rest->ptr++;
    rest->len--;
    if (kind == '[')
        skip_csi(rest);
    else if (strchr("]PX^_", kind))
        skip_string(rest);
    else if (kind >= 0x20 && kind <= 0x2f && rest->len > 0) { /* "ESC ( B" */
        rest->ptr++;
        rest->len--;
    }
}

/* The character before goes, all bytes of it. */
static void take_back(struct buf *out, size_t start)
{
    while (out->len > start && ((uint8_t)out->ptr[out->len - 1] & 0xC0) == 0x80)
        out->len--;
    if (out->len > start)
        out->len--;
}

void log_text_plain(struct sv line, struct buf *out)
{
    size_t start = out->len;
    while (line.len > 0) {
        uint8_t byte = (uint8_t)*line.ptr++;
        line.len--;
        if (byte == ESC)
            skip_sequence(&line);
        else if (byte == '\b')
            take_back(out, start);
        else if (byte == '\t')
            buf_add_cstr(out, TAB);
        else if (byte >= 0x20 && byte != 0x7f)
            buf_add_char(out, (char)byte);
    }
}

/* --- events ----------------------------------------------------------------------------------- */

static void tell(struct sv text, const struct log_line *like, log_line_fn *fn, void *arg)
{
    do {
        AUTO(buf_done) struct buf plain = BUF_NONE;
        struct log_line line = *like;
        log_text_plain(sv_split(&text, '\n'), &plain);
        line.text = buf_sv(&plain);
        fn(arg, &line);
    } while (text.len > 0);
}

static bool tell_record(struct sv message, int64_t at_ms, log_line_fn *fn, void *arg)
{
    AUTO(json_free_at) cJSON *record = NULL;
    struct log_line line = {.at_ms = at_ms};
    if (!sv_starts(message, SV("{")) || json_parse(message, "record", &record, NULL) != OK ||
        !cJSON_IsArray(json_get(record, "sessionData")))
        return false;
    clock_parse_iso8601(json_sv(record, "eventTime"), &line.at_ms);
    line.who = json_string(json_path(record, "userIdentity.arn"));
    for (const cJSON *text = json_items(record, "sessionData"); text; text = text->next)
        tell(json_string(text), &line, fn, arg);
    return true;
}

void log_lines(struct sv message, int64_t at_ms, log_line_fn *fn, void *arg)
{
    const struct log_line line = {.at_ms = at_ms};
    if (!tell_record(message, at_ms, fn, arg))
        tell(message, &line, fn, arg);
}

/* --- where it is ------------------------------------------------------------------------------ */

static void unescape(struct sv text, struct buf *out)
{
    while (text.len > 0) {
        uint8_t byte;
        bool is_escape =
            *text.ptr == '%' && text.len > 2 && hex_decode((struct sv){text.ptr + 1, 2}, &byte, 1);
        buf_add_char(out, is_escape ? (char)byte : *text.ptr);
        text = (struct sv){text.ptr + (is_escape ? 3 : 1), text.len - (is_escape ? 3 : 1)};
    }
}

bool log_place_of_url(struct sv url, struct buf *group, struct buf *stream)
{
    static const struct sv mark = {"#logEventViewer:group=", 22};
    const char *at = url.len > 0 ? memmem(url.ptr, url.len, mark.ptr, mark.len) : NULL;
    if (!at)
        return false;
    struct sv rest = {at + mark.len, url.len - (size_t)(at + mark.len - url.ptr)};
    unescape(sv_split(&rest, ';'), group);
    if (sv_starts(rest, SV("stream=")))
        unescape((struct sv){rest.ptr + 7, rest.len - 7}, stream);
    return group->len > 0 && stream->len > 0;
}
