#include "tui/widget/list_layout.h"

#include <string.h>

#include "core/base/text.h"

#define SCROLLBAR_WIDTH  1   /* it may have been cut off the list's own columns */
#define SAMPLE_ROWS      256 /* a list of up to so many is as wide whatever came first */
#define MEASURE_BYTES    512 /* of a value: what is longer is as wide as a terminal anyway */
#define CONTENT_MAX      200
#define TWO_LINE_ROWS    6 /* below that many rows of the screen a row takes one line */
#define DEFAULT_WIDTH    8
#define EXTRA_RANK       4  /* from this one on a column takes no room that others can use */
#define FAIR_WIDTH       40 /* so much of a value is enough to go by */
#define SORT_MARKER_COLS 1

static uint64_t bit(size_t column)
{
    return (uint64_t)1 << column;
}

static size_t n_columns(const struct list *list)
{
    return list->rows.n_columns < LIST_COLUMNS_MAX ? list->rows.n_columns : LIST_COLUMNS_MAX;
}

bool list_layout_shows(const struct list *list, size_t column)
{
    const struct list_layout *layout = list->layout;
    unsigned flags = list->rows.columns[column].flags;

    if ((layout->hidden | layout->shown) & bit(column))
        return (layout->shown & bit(column)) != 0;
    if (flags & COL_HIDDEN)
        return false;
    return (flags & COL_WHEN_MANY) == 0 || (layout->differs & bit(column)) != 0;
}

/* --- measuring ----------------------------------------------------------------------------- */

static void forget_other_columns(struct list *list)
{
    struct list_layout *layout = list->layout;

    if (layout->columns == list->rows.columns)
        return;
    *layout = (struct list_layout){.columns = list->rows.columns, .lines = 1};
    for (size_t i = 0; i < n_columns(list); i++)
        layout->title[i] = layout->content[i] =
            (uint16_t)text_width(sv_of(list->rows.columns[i].title), TEXT_LINE);
}

static bool cell_equal(const struct cell *a, const struct cell *b)
{
    return a->absent == b->absent && a->number == b->number && sv_eq(a->text, b->text);
}

static void measure_cell(struct list *list, size_t column, int before, struct cell *cell,
                         const struct cell *first)
{
    struct list_layout *layout = list->layout;

    if (!cell_equal(cell, first))
        layout->differs |= bit(column);
    if (cell->text.len > MEASURE_BYTES)
        cell->text.len = MEASURE_BYTES;
    int width = before + cell_width(&list->rows.columns[column], cell);
    if (width > CONTENT_MAX)
        width = CONTENT_MAX;
    if (width > layout->content[column])
        layout->content[column] = (uint16_t)width;
}

/* The i-th row of the sample: half of them those in view, half of them spread evenly. */
static size_t sample_row(const struct list *list, size_t i)
{
    size_t count = list->rows.count;

    if (count <= SAMPLE_ROWS)
        return i;
    if (i % 2 == 0)
        return (list->top + i / 2) % count;
    return i * (count - 1) / (SAMPLE_ROWS - 1);
}

int outline_width(const struct outline *outline)
{
    return (int)outline->depth * OUTLINE_INDENT + OUTLINE_SIGN_WIDTH;
}

/* What stands before the first value of a tree's row. */
static int width_before(const struct list *list, size_t row)
{
    struct outline outline;

    if (list->rows.outline == NULL)
        return 0;
    list->rows.outline(&list->rows, row, &outline);
    return outline_width(&outline);
}

static size_t first_shown(const struct list *list)
{
    size_t column = 0;

    while (column < n_columns(list) && !list_layout_shows(list, column))
        column++;
    return column;
}

void list_layout_measure(struct list *list)
{
    size_t n_samples = list->rows.count < SAMPLE_ROWS ? list->rows.count : SAMPLE_ROWS;

    forget_other_columns(list);
    for (size_t column = 0; column < n_columns(list); column++) {
        struct cell first, cell;
        bool leads = column == first_shown(list);
        if (n_samples != 0)
            list->rows.cell(&list->rows, 0, column, &first);
        for (size_t i = 0; i < n_samples; i++) {
            size_t row = sample_row(list, i);
            list->rows.cell(&list->rows, row, column, &cell);
            measure_cell(list, column, leads ? width_before(list, row) : 0, &cell, &first);
        }
    }
}

/* --- placing ------------------------------------------------------------------------------- */

static int title_width(const struct list *list, size_t column)
{
    return list->layout->title[column] + (list->sort_column == (int)column ? SORT_MARKER_COLS : 0);
}

/* What the column would like to have, and the least that it is shown with. */
static int width_wanted(const struct list *list, size_t column)
{
    const struct column *def = &list->rows.columns[column];
    int width = list->layout->content[column];

    if (width < title_width(list, column))
        width = title_width(list, column);
    if (def->width_max != 0 && width > def->width_max)
        width = def->width_max;
    return width < def->width_min ? def->width_min : width;
}

static int width_least(const struct list *list, size_t column)
{
    int least = list->rows.columns[column].width_min;
    int wanted = width_wanted(list, column);

    if (least == 0)
        least = DEFAULT_WIDTH;
    return least < wanted ? least : wanted;
}

static int width_of_all(const struct list_layout *layout)
{
    int width = LIST_GUTTER;

    for (size_t i = 0; i < layout->n_placed; i++)
        width += layout->placed[i].width + (i != 0);
    return width;
}

static void leave_out(struct list_layout *layout, size_t i)
{
    memmove(&layout->placed[i], &layout->placed[i + 1],
            (layout->n_placed - i - 1) * sizeof layout->placed[0]);
    layout->n_placed--;
    layout->more_right = true;
}

static int rank_of(const struct list *list, size_t i)
{
    return list->rows.columns[list->layout->placed[i].column].rank;
}

/* What those that are no extras take with a fair width each, of what there is. */
static int width_fair(const struct list *list)
{
    const struct list_layout *layout = list->layout;
    int width = LIST_GUTTER;

    for (size_t i = 0; i < layout->n_placed; i++) {
        int wanted = width_wanted(list, layout->placed[i].column);
        int fair = wanted < FAIR_WIDTH ? wanted : FAIR_WIDTH;
        if (rank_of(list, i) < EXTRA_RANK)
            width += (fair > layout->placed[i].width ? fair : layout->placed[i].width) + 1;
    }
    return width - 1;
}

/* Keeps the extras that there is room for beside the others, those of the lowest rank first. One
 * that is left out makes no room for those that are worth less. */
static void leave_out_extras(struct list *list, int width)
{
    struct list_layout *layout = list->layout;
    int room = width - width_fair(list);
    uint64_t kept = 0;
    bool all = true;

    for (int rank = EXTRA_RANK; all && rank <= UINT8_MAX; rank++) {
        for (size_t i = 0; i < layout->n_placed; i++) {
            if (rank_of(list, i) != rank)
                continue;
            bool fits = layout->placed[i].width < room;
            all = all && fits;
            room -= fits ? layout->placed[i].width + 1 : 0;
            kept |= fits ? bit(layout->placed[i].column) : 0;
        }
    }
    for (size_t i = layout->n_placed; i-- > 0;) {
        if (rank_of(list, i) >= EXTRA_RANK && (kept & bit(layout->placed[i].column)) == 0)
            leave_out(layout, i);
    }
}

/* Leaves out the column of the highest rank, the rightmost of equals, until the rest fits. */
static void leave_out_by_rank(struct list *list, int width)
{
    struct list_layout *layout = list->layout;

    while (width_of_all(layout) > width) {
        size_t worst = 0;
        for (size_t i = 1; i < layout->n_placed; i++) {
            if (rank_of(list, i) >= rank_of(list, worst))
                worst = i;
        }
        if (rank_of(list, worst) == 0)
            return;
        leave_out(layout, worst);
    }
}

/* Scrolled: the first column stays, the next ones are skipped, the rest as far as there is room. */
static void leave_out_by_scrolling(struct list *list, int width)
{
    struct list_layout *layout = list->layout;

    for (int i = 0; i < list->scrolled && layout->n_placed > 2; i++)
        leave_out(layout, 1);
    layout->more_left = true;
    layout->more_right = false;
    while (width_of_all(layout) > width && layout->n_placed > 2)
        leave_out(layout, layout->n_placed - 1);
}

/* Hands out what is over, a cell each in turn, to those that would like more. */
static void widen(struct list *list, int width)
{
    struct list_layout *layout = list->layout;
    int over = width - width_of_all(layout);

    for (bool any = true; any && over > 0;) {
        any = false;
        for (size_t i = 0; i < layout->n_placed && over > 0; i++) {
            struct placed_column *placed = &layout->placed[i];
            if (placed->width < width_wanted(list, placed->column)) {
                placed->width++;
                over--;
                any = true;
            }
        }
    }
}

static void keep_rank_0(struct list *list)
{
    struct list_layout *layout = list->layout;

    for (size_t i = layout->n_placed; i-- > 1;) {
        if (list->rows.columns[layout->placed[i].column].rank != 0)
            leave_out(layout, i);
    }
}

void list_layout_place(struct list *list, int rows, int width)
{
    struct list_layout *layout = list->layout;

    layout->n_placed = 0;
    layout->more_left = layout->more_right = false;
    for (size_t i = 0; i < n_columns(list); i++) {
        if (list_layout_shows(list, i))
            layout->placed[layout->n_placed++] =
                (struct placed_column){.column = i, .width = width_least(list, i)};
    }
    layout->scrolled_max = layout->n_placed > 2 ? (int)layout->n_placed - 2 : 0;
    if (list->scrolled > layout->scrolled_max)
        list->scrolled = layout->scrolled_max;
    bool is_narrow = width + SCROLLBAR_WIDTH < LIST_NARROW && width_of_all(layout) > width;
    layout->lines = is_narrow && rows >= TWO_LINE_ROWS ? 2 : 1;
    if (layout->lines == 2)
        keep_rank_0(list);
    else if (list->scrolled > 0)
        leave_out_by_scrolling(list, width);
    else {
        leave_out_extras(list, width);
        leave_out_by_rank(list, width);
    }
    widen(list, width);
    int x = LIST_GUTTER;
    for (size_t i = 0; i < layout->n_placed; i++) {
        layout->placed[i].x = x;
        x += layout->placed[i].width + 1;
    }
}
