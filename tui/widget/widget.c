#include "tui/widget/widget.h"

#include "core/base/mem.h"
#include "core/base/text.h"

static const char *const move_names[MOVE_COUNT] = {
#define MOVE_NAME(move, name) name,
    MOVE_TABLE(MOVE_NAME)
#undef MOVE_NAME
};

bool move_parse(struct sv name, enum move *move)
{
    for (enum move i = 0; i < MOVE_COUNT; i++) {
        if (sv_eq_cstr(name, move_names[i])) {
            *move = i;
            return true;
        }
    }
    return false;
}

const char *move_name(enum move move)
{
    return move_names[move];
}

bool move_of_key(struct key key, enum move *move)
{
    static const struct {
        uint32_t code;
        enum move move;
    } moves[] = {
        {KEYC_UP, MOVE_UP},          {KEYC_DOWN, MOVE_DOWN},   {KEYC_PGUP, MOVE_PAGE_UP},
        {KEYC_PGDN, MOVE_PAGE_DOWN}, {KEYC_HOME, MOVE_TOP},    {KEYC_END, MOVE_BOTTOM},
        {KEYC_LEFT, MOVE_LEFT},      {KEYC_RIGHT, MOVE_RIGHT},
    };

    for (size_t i = 0; key.mods == 0 && i < ARRAY_LEN(moves); i++) {
        if (moves[i].code == key.code) {
            *move = moves[i].move;
            return true;
        }
    }
    return false;
}

bool event_within(const struct event *event, struct rect part, struct event *inner)
{
    *inner = *event;
    if (event->type != EVENT_MOUSE)
        return true;
    inner->mouse.y -= part.y;
    inner->mouse.x -= part.x;
    return rect_contains(part, event->mouse.y, event->mouse.x);
}

size_t move_within(enum move move, size_t at, size_t max, size_t page)
{
    size_t by = 0;
    bool up = false;

    switch (move) {
    case MOVE_UP:
    case MOVE_DOWN:
        by = 1;
        break;
    case MOVE_PAGE_UP:
    case MOVE_PAGE_DOWN:
        by = page > 1 ? page - 1 : 1;
        break;
    case MOVE_HALF_UP:
    case MOVE_HALF_DOWN:
        by = page > 2 ? page / 2 : 1;
        break;
    case MOVE_TOP:
        return 0;
    case MOVE_BOTTOM:
        return max;
    default:
        break;
    }
    up = move == MOVE_UP || move == MOVE_PAGE_UP || move == MOVE_HALF_UP;
    if (up)
        return at > by ? at - by : 0;
    return at >= max || max - at < by ? max : at + by;
}

size_t scroll_into_view(size_t top, size_t at, size_t count, size_t page)
{
    if (page == 0)
        return at;
    if (at < top)
        top = at;
    if (at >= top + page)
        top = at - page + 1;
    if (top + page > count)
        top = count > page ? count - page : 0;
    return top;
}

struct rect scrollbar_thumb(struct rect part, size_t top, size_t page, size_t count)
{
    if (count <= page || part.rows < 2)
        return (struct rect){0};
    size_t rows = (size_t)part.rows;
    size_t thumb = page * rows / count;
    if (thumb == 0)
        thumb = 1;
    size_t at = top * (rows - thumb) / (count - page);
    return (struct rect){part.y + (int)at, part.x, (int)thumb, part.cols};
}

void scrollbar_draw(const struct canvas *canvas, struct rect part, size_t top, size_t page,
                    size_t count)
{
    struct rect thumb = scrollbar_thumb(part, top, page, count);

    if (rect_is_empty(thumb))
        return;
    canvas_fill(canvas, part, SIGN_SCROLL_TRACK, ROLE_SCROLLBAR);
    canvas_fill(canvas, thumb, SIGN_SCROLL_THUMB, ROLE_SCROLLBAR);
}

/* --- wrapping ------------------------------------------------------------------------------ */

struct sv wrap_line(struct sv *rest, int width)
{
    struct text_iter iter = {*rest, TEXT_LINE};
    struct text_cluster cluster;
    const char *start = rest->ptr, *end = start, *blank = NULL;
    int used = 0;

    while (text_next(&iter, &cluster)) {
        if (used + cluster.width > width && end != start)
            break;
        used += cluster.width;
        if (*end == ' ')
            blank = end;
        end = iter.rest.ptr;
    }
    size_t len = (size_t)(end - start);
    if (len == rest->len) {
        struct sv line = *rest;
        *rest = SV_NONE;
        return line;
    }
    if (*end == ' ')
        blank = end;
    size_t taken = blank != NULL ? (size_t)(blank - start) + 1 : len;
    struct sv line = {start, blank != NULL ? taken - 1 : len};
    *rest = (struct sv){start + taken, rest->len - taken};
    return line;
}

/* --- highlighting -------------------------------------------------------------------------- */

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

static bool equal_nocase(const char *text, struct sv part)
{
    for (size_t i = 0; i < part.len; i++) {
        if (lower((unsigned char)text[i]) != lower((unsigned char)part.ptr[i]))
            return false;
    }
    return true;
}

/* What stands on a row, and the column where each byte of it stands. */
struct row_text {
    char bytes[1024];
    short column[1024];
    size_t len;
};

static void read_row(const struct canvas *canvas, struct rect part, struct row_text *row)
{
    struct canvas_cell cell;

    row->len = 0;
    for (int x = part.x; x < part.x + part.cols; x++) {
        if (!canvas_read(canvas, part.y, x, &cell))
            continue;
        for (const char *byte = cell.bytes; *byte != '\0' && row->len < sizeof row->bytes; byte++) {
            row->bytes[row->len] = *byte;
            row->column[row->len++] = (short)x;
        }
    }
}

void highlight(const struct canvas *canvas, struct rect part, struct sv term)
{
    struct row_text row;

    if (term.len == 0 || part.rows < 1)
        return;
    read_row(canvas, part, &row);
    for (size_t at = 0; at + term.len <= row.len;) {
        if (!equal_nocase(row.bytes + at, term)) {
            at++;
            continue;
        }
        int from = row.column[at], to = row.column[at + term.len - 1];
        canvas_overlay(canvas, (struct rect){part.y, from, 1, to - from + 1}, ON_MATCH);
        at += term.len;
    }
}
