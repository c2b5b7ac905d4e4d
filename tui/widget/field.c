#include "tui/widget/field.h"

#include <string.h>

#include "core/base/text.h"

struct sv field_text(const struct field *field)
{
    return (struct sv){field->text, field->len};
}

static void clear(struct field *field)
{
    field->len = 0;
    field->text[0] = '\0';
}

static void append(struct field *field, struct sv bytes)
{
    if (field->len + bytes.len >= sizeof field->text)
        return;
    memcpy(field->text + field->len, bytes.ptr, bytes.len);
    field->len += bytes.len;
    field->text[field->len] = '\0';
}

static void append_codepoint(struct field *field, uint32_t codepoint)
{
    char bytes[4];

    append(field, (struct sv){bytes, utf8_encode(codepoint, bytes)});
}

/* Line ends and other controls of a paste become blanks. */
static void append_paste(struct field *field, struct sv text)
{
    uint32_t codepoint;

    for (size_t n; (n = utf8_decode(text, &codepoint)) != 0;) {
        if (codepoint != UINT32_MAX)
            append_codepoint(field, codepoint < ' ' || codepoint == 0x7f ? ' ' : codepoint);
        text = (struct sv){text.ptr + n, text.len - n};
    }
}

static void drop_character(struct field *field)
{
    while (field->len != 0 && ((unsigned char)field->text[--field->len] & 0xc0) == 0x80)
        ;
    field->text[field->len] = '\0';
}

static void drop_word(struct field *field)
{
    while (field->len != 0 && field->text[field->len - 1] == ' ')
        drop_character(field);
    while (field->len != 0 && field->text[field->len - 1] != ' ')
        drop_character(field);
}

enum widget_result field_handle(struct field *field, const struct event *event)
{
    if (event->type == EVENT_PASTE) {
        if (!field->refuses_paste)
            append_paste(field, event->paste.text);
        return WIDGET_HANDLED;
    }
    if (event->type != EVENT_KEY)
        return WIDGET_IGNORED;
    if (key_is_text(event->key))
        append_codepoint(field, event->key.code);
    else if (event_is_key(event, KEYC_BACKSPACE))
        drop_character(field);
    else if (event_is_ctrl(event, 'w'))
        drop_word(field);
    else if (event_is_ctrl(event, 'u'))
        clear(field);
    else
        return WIDGET_IGNORED;
    return WIDGET_HANDLED;
}

void field_draw(const struct field *field, const struct canvas *canvas, int y, int x, int width)
{
    struct text_iter iter = {field_text(field), TEXT_LINE};
    struct text_cluster cluster;
    size_t left = text_width(iter.rest, TEXT_LINE);

    if (width < 2)
        return;
    while (left > (size_t)width - 1 && text_next(&iter, &cluster))
        left -= cluster.width;
    canvas_fill(canvas, (struct rect){y, x, 1, width}, SIGN_NONE, ROLE_INPUT);
    int used = canvas_text(canvas, y, x, width, iter.rest, ROLE_INPUT, CUT_SILENT);
    canvas_cursor(canvas, y, x + used);
}
