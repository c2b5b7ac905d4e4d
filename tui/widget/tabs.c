#include "tui/widget/tabs.h"

#include "core/base/text.h"

bool tabs_add(struct tabs *tabs, struct sv title)
{
    if (tabs->count == TABS_MAX)
        return false;
    text_safe_copy(tabs->titles[tabs->count], sizeof tabs->titles[0], title, TEXT_LINE);
    tabs->count++;
    return true;
}

void tabs_clear(struct tabs *tabs)
{
    *tabs = (struct tabs){0};
}

static int tab_cols(const struct tabs *tabs, size_t i)
{
    return (int)text_width(sv_of(tabs->titles[i]), TEXT_LINE) + 2;
}

/* How far the row is shifted to the left so that the current tab is in view. */
static int shift(const struct tabs *tabs, int cols)
{
    int end = 0;

    for (size_t i = 0; i <= tabs->current && i < tabs->count; i++)
        end += tab_cols(tabs, i) + (i != 0);
    return end > cols ? end - cols : 0;
}

void tabs_draw(struct tabs *tabs, const struct canvas *canvas)
{
    int x = -shift(tabs, canvas->cols);

    canvas_fill(canvas, (struct rect){0, 0, 1, canvas->cols}, SIGN_NONE, ROLE_TEXT);
    for (size_t i = 0; i < tabs->count; i++) {
        style_t style = i == tabs->current ? ROLE_FOCUS | ON_SELECTED : ROLE_DIM;
        tabs->edges[i] = x;
        canvas_printf(canvas, 0, x, style, " %s ", tabs->titles[i]);
        x += tab_cols(tabs, i);
        if (i + 1 < tabs->count)
            canvas_sign(canvas, 0, x, SIGN_V_LINE, ROLE_BORDER);
        x++;
    }
    tabs->edges[tabs->count] = x;
}

enum widget_result tabs_handle(struct tabs *tabs, const struct event *event)
{
    if (event->type != EVENT_MOUSE || event->mouse.action != MOUSE_PRESS || event->mouse.y != 0)
        return WIDGET_IGNORED;
    for (size_t i = 0; i < tabs->count; i++) {
        if (event->mouse.x >= tabs->edges[i] && event->mouse.x < tabs->edges[i + 1]) {
            tabs->current = i;
            return WIDGET_HANDLED;
        }
    }
    return WIDGET_IGNORED;
}
