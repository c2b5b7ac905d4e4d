#include "tui/widget/pane.h"

#include <ctype.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"

#define WHEEL_LINES 3

void pane_init(struct pane *pane, struct vt *vt)
{
    *pane = (struct pane){.vt = vt};
}

void pane_done(struct pane *pane)
{
    mem_free(pane->search);
    pane->search = NULL;
}

/* --- where it looks --------------------------------------------------------------------------- */

static uint64_t page_of(const struct pane *pane)
{
    int rows, cols;

    vt_size(pane->vt, &rows, &cols);
    return (uint64_t)(pane->rows > 0 ? pane->rows : rows);
}

/* The first line shown when the end is. */
static uint64_t last_top(const struct pane *pane)
{
    uint64_t end = vt_end_line(pane->vt), page = page_of(pane), first = vt_first_line(pane->vt);

    return end - first > page ? end - page : first;
}

static void keep_in_view(struct pane *pane)
{
    uint64_t page = page_of(pane), first = vt_first_line(pane->vt);

    if (pane->point.line < first)
        pane->point.line = first;
    if (pane->top > pane->point.line || pane->top < first)
        pane->top = pane->point.line;
    if (pane->point.line - pane->top >= page)
        pane->top = pane->point.line - page + 1;
    if (pane->top > last_top(pane))
        pane->top = last_top(pane);
}

void pane_browse(struct pane *pane, bool on)
{
    int y, x;

    if (on == pane->browsing)
        return;
    pane->browsing = on;
    pane->selecting = pane->dragging = false;
    if (!on)
        return;
    vt_cursor(pane->vt, &y, &x);
    pane->point = (struct pane_point){vt_top_line(pane->vt) + (uint64_t)y, x};
    pane->top = last_top(pane);
    keep_in_view(pane);
}

static struct sv text_of(struct pane *pane, uint64_t line)
{
    const struct vt_line *found = vt_line(pane->vt, line);

    return found != NULL ? line_text(found) : SV_NONE;
}

void pane_move(struct pane *pane, enum move move)
{
    pane_browse(pane, true);
    uint64_t first = vt_first_line(pane->vt), end = vt_end_line(pane->vt);
    int rows, cols;

    vt_size(pane->vt, &rows, &cols);
    keep_in_view(pane);
    if (move == MOVE_LEFT)
        pane->point.x -= pane->point.x > 0;
    else if (move == MOVE_RIGHT)
        pane->point.x += pane->point.x < cols - 1;
    else
        pane->point.line = first + move_within(move, (size_t)(pane->point.line - first),
                                               (size_t)(end - first - 1), (size_t)page_of(pane));
    keep_in_view(pane);
}

void pane_position(const struct pane *pane, struct buf *out)
{
    uint64_t first = vt_first_line(pane->vt);

    if (pane->browsing)
        buf_addf(out, "line %llu/%llu", (unsigned long long)pane->point.line - first + 1,
                 (unsigned long long)vt_end_line(pane->vt) - first);
}

/* --- searching -------------------------------------------------------------------------------- */

static bool has_upper(const char *text)
{
    for (; *text != '\0'; text++) {
        if (isupper((unsigned char)*text))
            return true;
    }
    return false;
}

/* Where term stands in text, as a column; -1: nowhere. */
static int column_of(struct sv text, const char *term)
{
    struct sv wanted = sv_of(term);
    bool exact = has_upper(term);

    for (size_t at = 0; at + wanted.len <= text.len; at++) {
        struct sv here = {text.ptr + at, wanted.len};
        if (exact ? sv_eq(here, wanted) : sv_eq_nocase(here, wanted))
            return (int)text_width((struct sv){text.ptr, at}, TEXT_LINE);
    }
    return -1;
}

bool pane_search_next(struct pane *pane, bool downwards)
{
    pane_browse(pane, true);
    uint64_t first = vt_first_line(pane->vt), n = vt_end_line(pane->vt) - first;

    for (uint64_t step = 1; step <= n && pane->search != NULL; step++) {
        uint64_t at = pane->point.line - first;
        uint64_t line = first + (downwards ? at + step : at + n - step) % n;
        int x = column_of(text_of(pane, line), pane->search);
        if (x < 0)
            continue;
        pane->point = (struct pane_point){line, x};
        keep_in_view(pane);
        return true;
    }
    return false;
}

bool pane_search(struct pane *pane, struct sv text)
{
    mem_free(pane->search);
    pane->search = text.len > 0 ? sv_dup(text) : NULL;
    if (pane->search == NULL)
        return true;
    pane_browse(pane, true);
    int x = column_of(text_of(pane, pane->point.line), pane->search);
    if (x < 0)
        return pane_search_next(pane, false);
    pane->point.x = x;
    return true;
}

/* --- selecting -------------------------------------------------------------------------------- */

void pane_select(struct pane *pane)
{
    pane_browse(pane, true);
    pane->selecting = !pane->selecting;
    pane->anchor = pane->point;
}

/* The ends of what is selected, in the order of reading. */
static void selection_of(const struct pane *pane, struct pane_point *from, struct pane_point *to)
{
    bool is_forward = pane->anchor.line < pane->point.line ||
                      (pane->anchor.line == pane->point.line && pane->anchor.x <= pane->point.x);

    *from = is_forward ? pane->anchor : pane->point;
    *to = is_forward ? pane->point : pane->anchor;
}

/* The columns of line that are selected: [*x, *end); false when there are none. */
static bool selected_part(const struct pane *pane, uint64_t line, int cols, int *x, int *end)
{
    struct pane_point from, to;

    if (!pane->selecting)
        return false;
    selection_of(pane, &from, &to);
    *x = line == from.line ? from.x : 0;
    *end = line == to.line ? to.x + 1 : cols;
    return line >= from.line && line <= to.line;
}

/* What stands in the columns [x, end) of text. */
static struct sv columns_of(struct sv text, int x, int end)
{
    struct text_iter iter = {text, TEXT_LINE};
    struct text_cluster cluster;
    const char *from = NULL;
    int at = 0;

    while (at < end && iter.rest.len > 0) {
        if (at >= x && from == NULL)
            from = iter.rest.ptr;
        if (!text_next(&iter, &cluster))
            break;
        at += cluster.width;
    }
    return from != NULL ? (struct sv){from, (size_t)(iter.rest.ptr - from)} : SV_NONE;
}

void pane_copy(struct pane *pane, struct buf *out)
{
    int rows, cols, x, end;

    vt_size(pane->vt, &rows, &cols);
    if (!pane->selecting) {
        buf_add(out, text_of(pane, pane->point.line));
        return;
    }
    struct pane_point from, to;
    selection_of(pane, &from, &to);
    if (from.line < vt_first_line(pane->vt))
        from = (struct pane_point){vt_first_line(pane->vt), 0};
    for (uint64_t line = from.line; line <= to.line; line++) {
        if (line > from.line)
            buf_add_char(out, '\n');
        if (selected_part(pane, line, cols, &x, &end))
            buf_add(out, columns_of(text_of(pane, line), x, end));
    }
}

/* --- drawing ---------------------------------------------------------------------------------- */

static void draw_line(struct pane *pane, const struct canvas *canvas, int y, uint64_t line)
{
    const struct vt_line *found = vt_line(pane->vt, line);
    int x = 0, end;

    if (found == NULL)
        return;
    struct sv rest = line_text(found);
    for (uint32_t i = 0; i < found->n_runs; i++) {
        struct sv text = {rest.ptr, found->runs[i].n_bytes};
        x += canvas_text(canvas, y, x, -1, text, found->runs[i].style, CUT_SILENT);
        rest = (struct sv){rest.ptr + text.len, rest.len - text.len};
    }
    if (pane->search != NULL)
        highlight(canvas, (struct rect){y, 0, 1, canvas->cols}, sv_of(pane->search));
    if (selected_part(pane, line, canvas->cols, &x, &end))
        canvas_overlay(canvas, (struct rect){y, x, 1, end - x}, ON_SELECTED);
}

static void draw_cursor(struct pane *pane, const struct canvas *canvas, uint64_t top)
{
    int y, x;

    if (pane->browsing) {
        canvas_cursor(canvas, (int)(pane->point.line - pane->top), pane->point.x);
    } else if (vt_cursor(pane->vt, &y, &x)) {
        canvas_cursor(canvas, (int)(vt_top_line(pane->vt) + (uint64_t)y - top), x);
        canvas_cursor_shape(canvas, vt_cursor_shape(pane->vt));
    }
}

void pane_draw(struct pane *pane, const struct canvas *canvas, bool has_focus)
{
    pane->rows = canvas->rows;
    pane->cols = canvas->cols;
    canvas_clear(canvas, ROLE_TEXT);
    if (pane->vt == NULL)
        return;
    if (pane->browsing)
        keep_in_view(pane);
    uint64_t top = pane->browsing ? pane->top : last_top(pane);
    if (!pane->browsing && top < vt_top_line(pane->vt))
        top =
            vt_top_line(pane->vt); /* a pane higher than the model: no history beside the cursor */
    for (int y = 0; y < canvas->rows; y++)
        draw_line(pane, canvas, y, top + (uint64_t)y);
    if (vt_is_reversed(pane->vt))
        canvas_overlay(canvas, canvas_rect(canvas), ON_SELECTED);
    if (has_focus)
        draw_cursor(pane, canvas, top);
}

/* --- the mouse -------------------------------------------------------------------------------- */

/* Scrolls by lines; the point stays in view. At the end it follows again. */
static void scroll(struct pane *pane, bool up)
{
    uint64_t first = vt_first_line(pane->vt), page = page_of(pane), by = WHEEL_LINES;

    pane_browse(pane, true);
    if (up)
        pane->top -= pane->top - first < by ? pane->top - first : by;
    else
        pane->top += by;
    if (!up && pane->top >= last_top(pane) && !pane->selecting) {
        pane_browse(pane, false);
        return;
    }
    if (pane->point.line < pane->top)
        pane->point.line = pane->top;
    if (pane->point.line >= pane->top + page)
        pane->point.line = pane->top + page - 1;
    keep_in_view(pane);
}

static enum widget_result wheel(struct pane *pane, bool up)
{
    if (pane->browsing || (up && !vt_is_alternate(pane->vt))) {
        scroll(pane, up);
        return WIDGET_HANDLED;
    }
    for (int i = 0; i < WHEEL_LINES && vt_is_alternate(pane->vt); i++)
        vt_key(pane->vt, (struct key){up ? KEYC_UP : KEYC_DOWN, 0});
    return WIDGET_HANDLED;
}

static struct pane_point point_at(struct pane *pane, const struct mouse *mouse)
{
    uint64_t top = pane->browsing ? pane->top : last_top(pane), line = top + (uint64_t)mouse->y;
    uint64_t end = vt_end_line(pane->vt);

    return (struct pane_point){line < end ? line : end - 1, mouse->x};
}

static enum widget_result drag(struct pane *pane, const struct mouse *mouse)
{
    struct pane_point at = point_at(pane, mouse);

    if (mouse->action == MOUSE_PRESS) {
        pane->dragging = true;
        pane->selecting = false;
        pane->anchor = at;
        return WIDGET_HANDLED;
    }
    if (!pane->dragging)
        return WIDGET_IGNORED;
    if (mouse->action == MOUSE_RELEASE) {
        pane->dragging = false;
        return pane->selecting ? WIDGET_ACTIVATED : WIDGET_HANDLED;
    }
    struct pane_point anchor = pane->anchor;
    pane_browse(pane, true);
    pane->anchor = anchor;
    pane->point = at;
    pane->dragging = pane->selecting = true;
    return WIDGET_HANDLED;
}

enum widget_result pane_handle(struct pane *pane, const struct event *event)
{
    if (pane->vt == NULL || event->type != EVENT_MOUSE)
        return WIDGET_IGNORED;
    const struct mouse *mouse = &event->mouse;
    bool ours = (mouse->mods & MOD_SHIFT) != 0 || pane->browsing;
    if (!ours && vt_mouse(pane->vt, mouse))
        return WIDGET_HANDLED;
    if (mouse->action == MOUSE_WHEEL_UP || mouse->action == MOUSE_WHEEL_DOWN)
        return wheel(pane, mouse->action == MOUSE_WHEEL_UP);
    return mouse->button == 1 ? drag(pane, mouse) : WIDGET_IGNORED;
}
