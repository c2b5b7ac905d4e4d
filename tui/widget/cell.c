#include "tui/widget/cell.h"

#include "core/base/mem.h"
#include "core/base/text.h"

bool column_is_right(const struct column *column)
{
    return column->type == COL_COUNT || column->type == COL_SIZE || column->type == COL_TIME ||
           column->type == COL_DURATION;
}

static const struct word_sign *sign_of(const struct column *column, const struct cell *cell)
{
    static const struct word_sign none = {"", SIGN_NONE, ROLE_TEXT};

    if (cell->absent)
        return &none;
    if (column->type == COL_SEVERITY)
        return theme_severity(cell->text);
    return column->type == COL_STATUS ? theme_status(cell->text) : &none;
}

static bool is_text(const struct column *column)
{
    return column->type == COL_TEXT || column->type == COL_IDENTITY ||
           column->type == COL_SEVERITY || column->type == COL_STATUS;
}

int cell_width(const struct column *column, const struct cell *cell)
{
    if (!cell->absent && is_text(column)) {
        enum text_mode mode = column->type == COL_IDENTITY ? TEXT_IDENTITY : TEXT_LINE;
        int sign = sign_of(column, cell)->sign == SIGN_NONE ? 0 : 2;
        return sign + (int)text_width(cell->text, mode);
    }
    AUTO(buf_done) struct buf text = BUF_NONE;
    cell_text(column, cell, &text);
    return (int)text_width(buf_sv(&text), TEXT_LINE);
}

static enum role role_of(const struct column *column, const struct cell *cell,
                         const struct word_sign *meaning)
{
    if (cell->absent)
        return ROLE_DIM;
    switch (column->type) {
    case COL_IDENTITY:
        return ROLE_IDENTITY;
    case COL_COUNT:
    case COL_SIZE:
        return ROLE_NUMBER;
    case COL_DURATION:
        return cell->number < 0 ? ROLE_FAIL : ROLE_TEXT;
    default:
        return meaning->role;
    }
}

int cell_draw(const struct canvas *canvas, int y, int x, int width, const struct column *column,
              const struct cell *cell, style_t overlays)
{
    const struct word_sign *meaning = sign_of(column, cell);
    enum sign sign = meaning->sign;

    if (sign != SIGN_NONE)
        overlays &= (style_t)~ON_MARKED; /* whose colour would hide what the value says */
    style_t style = (style_t)(role_of(column, cell, meaning) | overlays);
    enum canvas_cut cut = (column->flags & COL_MIDDLE_CUT) != 0 ? CUT_MIDDLE
                          : column_is_right(column)             ? CUT_RIGHT
                                                                : CUT_END;
    if (!cell->absent && column->type == COL_IDENTITY)
        return canvas_identity(canvas, y, x, width, cell->text, style, cut);
    if (!cell->absent && is_text(column)) {
        if (sign == SIGN_NONE || width < 3)
            return canvas_text(canvas, y, x, width, cell->text, style, cut);
        canvas_sign(canvas, y, x, sign, style);
        return 2 + canvas_text(canvas, y, x + 2, width - 2, cell->text, style, cut);
    }
    AUTO(buf_done) struct buf text = BUF_NONE;
    cell_text(column, cell, &text);
    return canvas_text(canvas, y, x, width, buf_sv(&text), style, cut);
}
