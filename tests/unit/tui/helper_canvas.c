#include "tests/unit/tui/helper_canvas.h"

void row_is(const struct canvas *canvas, int y, const char *text, const char *file, int line)
{
    AUTO(buf_done) struct buf row = BUF_NONE;

    canvas_dump_row(canvas, y, &row);
    if (strcmp(buf_cstr(&row), text) != 0) {
        print_error("row %d is    \"%s\"\nexpected    \"%s\"\n", y, buf_cstr(&row), text);
        _fail(file, line);
    }
}

bool canvas_has(const struct canvas *canvas, const char *text)
{
    AUTO(buf_done) struct buf all = BUF_NONE;

    canvas_dump(canvas, &all);
    return strstr(buf_cstr(&all), text) != NULL;
}

style_t style_at(const struct canvas *canvas, int y, int x)
{
    struct canvas_cell cell;

    assert_true(canvas_read(canvas, y, x, &cell));
    return cell.style;
}

struct event key_event_of(const char *name)
{
    struct event event = {.type = EVENT_KEY};

    if (!key_parse(sv_of(name), &event.key))
        fail_msg("no key is called %s", name);
    return event;
}
