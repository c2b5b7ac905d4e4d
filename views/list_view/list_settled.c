#include <string.h>

#include "views/list_view/list_parts.h"

#define SETTLED_MAX  64
#define SETTLED_TEXT "changed: reading anew"

static size_t key_column(const struct list_view *state)
{
    const struct screen *screen = state->def->screen;
    const struct column *column = column_find(screen->columns, screen->n_columns, SV("key"));

    return column != NULL ? (size_t)(column - screen->columns) : SIZE_MAX;
}

static struct sv key_of(const struct list_view *state, size_t column, size_t row)
{
    struct cell cell;

    state->list.rows.cell(&state->list.rows, row, column, &cell);
    return cell.text;
}

static bool is_settled(const struct list_view *state, struct sv key)
{
    for (size_t i = 0; i < state->settled.len; i++) {
        if (sv_eq_cstr(key, state->settled.ptr[i].key))
            return true;
    }
    return false;
}

void list_settled_draw(const struct list_view *state, const struct canvas *canvas)
{
    size_t column = key_column(state), row = state->list.top;

    if (state->settled.len == 0 || column == SIZE_MAX || state->tree != NULL)
        return;
    for (int y; (y = list_line_of(&state->list, row)) >= 0; row++) {
        struct rect right = {y, canvas->cols - 2 - (int)sizeof SETTLED_TEXT, 1,
                             sizeof SETTLED_TEXT};
        struct canvas part = canvas_sub(canvas, right);
        style_t style = (style_t)(ROLE_OK | (row == state->list.cursor ? ON_SELECTED : 0));

        if (!is_settled(state, key_of(state, column, row)))
            continue;
        canvas_overlay(canvas, (struct rect){y, 0, 1, canvas->cols}, ON_EARLIER);
        canvas_clear(&part, style);
        canvas_text(&part, 0, 1, part.cols, SV(SETTLED_TEXT), style, CUT_END);
    }
}

void list_settled_note(struct list_view *state, const struct change_status *status)
{
    struct list_settled settled;

    str_copy(settled.key, status->item_key);
    if (status->state == CHANGE_UNDONE)
        str_copy(state->returned, status->item_key);
    else if (status->state == CHANGE_SUCCEEDED && state->settled.len < SETTLED_MAX)
        vec_push(&state->settled, settled);
}

void list_settled_forget(struct list_view *state)
{
    size_t column = key_column(state);

    vec_clear(&state->settled);
    for (size_t row = 0; state->returned[0] != '\0' && column != SIZE_MAX && state->tree == NULL &&
                         row < state->list.rows.count;
         row++) {
        if (!sv_eq_cstr(key_of(state, column, row), state->returned))
            continue;
        list_move_to(&state->list, row);
        break;
    }
    state->returned[0] = '\0';
}
