#include "core/base/clock.h"
#include "views/list_view/list_parts.h"

/* The preview stands at the right when there is room for both, else below the list. */
#define PREVIEW_FROM_COLS  120
#define PREVIEW_RIGHT_COLS 160
#define PREVIEW_FROM_ROWS  24
#define PREVIEW_ROWS       10

/* --- the preview ----------------------------------------------------------------------------- */

/* While keys move the cursor, the preview of where it was may stay for a moment: the move is on the
 * screen at once, and who runs through a list waits for no preview on the way. */
static bool preview_may_wait(const struct view *view)
{
    const struct list_view *state = view->state;
    uint64_t key;
    size_t row;

    return app_is_hasty(view->app) && state->previewed != 0 &&
           list_cursor(&state->list, &row, &key) && key != state->previewed;
}

/* A branch has a name, and what hangs below it. */
static void describe_branch(struct list_view *state, size_t row)
{
    const struct rows *rows = &state->list.rows;
    size_t label = state->def->tree->label_column;
    struct outline outline;
    struct cell cell;

    rows->cell(rows, row, label, &cell);
    rows->outline(rows, row, &outline);
    detail_add(&state->preview, DETAIL_TEXT, sv_of(rows->columns[label].title), cell.text);
    detail_addf(&state->preview, "BELOW", "%zu %s", outline.n_below,
                outline.is_folded ? "(l unfolds)" : "(h folds)");
}

/* The row under the cursor. */
static void fill_preview(struct view *view)
{
    struct list_view *state = view->state;
    uint64_t key = 0;
    size_t row;
    bool any = list_cursor(&state->list, &row, &key);

    detail_clear(&state->preview);
    state->previewed = key;
    state->preview.top = 0;
    if (any && state->tree != NULL && tree_row(state->tree, row) == SIZE_MAX)
        describe_branch(state, row);
    else if (any)
        detail_add_row(&state->preview, &state->list.rows, row);
}

/* Below the list there is width to spare: the fields go on in a second column. */
static void draw_preview(struct view *view, const struct canvas *canvas, int columns)
{
    struct list_view *state = view->state;
    struct rect inside = rect_inset(canvas_rect(canvas), 1);
    struct canvas part;

    canvas_clear(canvas, ROLE_TEXT);
    canvas_box(canvas, canvas_rect(canvas), SV_NONE, ROLE_BORDER);
    fill_preview(view);
    for (int i = 0; i < columns; i++) { /* one tall column, cut into pieces side by side */
        part = canvas_sub(canvas, rect_column(inside, i, columns, 2));
        part = canvas_sub(&part, (struct rect){-i * part.rows, 0, columns * part.rows, part.cols});
        detail_draw(&state->preview, &part);
    }
}

/* What a list without rows says instead. */
static void draw_empty(struct view *view, const struct canvas *canvas)
{
    struct list_view *state = view->state;
    const char *text = state->def->empty != NULL ? state->def->empty : "nothing here";
    style_t style = ROLE_DIM;

    if (state->loaded.err.code != OK) {
        text = state->loaded.err.message;
        style = ROLE_ERROR;
    } else if (state->loaded.phase == LOAD_RUNNING) {
        text = "loading…";
    } else if (view->at.filter[0] != '\0' || state->attention_only) {
        text = "no row passes the filter; Esc clears it";
    } else if (state->loaded.coverage.gaps.len > 0) {
        text = "nothing could be read; ! tells why";
        style = ROLE_WARN;
    }
    canvas_text(canvas, canvas->rows / 2, 1, canvas->cols - 2, sv_of(text), style, CUT_CENTER);
}

/* Cuts the preview off *rest, where there is room for one; columns side by side, 0: none. */
static int place_preview(const struct list_view *state, const struct canvas *canvas,
                         struct rect *rest, struct rect *preview)
{
    if (state->preview_off)
        return 0;
    if (canvas->cols >= PREVIEW_RIGHT_COLS) {
        *preview = rect_cut_right(rest, canvas->cols / 3);
        return 1;
    }
    if (canvas->cols < PREVIEW_FROM_COLS || rest->rows < PREVIEW_FROM_ROWS)
        return 0;
    *preview = rect_cut_bottom(rest, PREVIEW_ROWS);
    return 2;
}

/* Draws it, or leaves it as it stands when it may wait. */
static void show_preview(struct view *view, const struct canvas *canvas, struct rect preview,
                         int columns)
{
    struct list_view *state = view->state;
    bool stands = app_keeps_body(view->app) && rect_equal(state->preview_drawn, preview);

    if (stands && preview_may_wait(view)) {
        app_owe(view->app);
        return;
    }
    struct canvas part = canvas_sub(canvas, preview);
    draw_preview(view, &part, columns);
    state->preview_drawn = preview;
}

/* What stands above the list, when there is something. */
static void draw_above(struct view *view, const struct canvas *canvas, struct rect *rest)
{
    struct list_view *state = view->state;

    if (state->def->draw_above == NULL)
        return;
    canvas_clear(canvas, ROLE_TEXT);
    state->preview_drawn = (struct rect){0};
    rect_cut_top(rest, state->def->draw_above(view, canvas));
}

/* A move of the cursor is on the screen at once: what stands of the list is moved along with it,
 * and all of it drawn soon. */
static void show_list(struct view *view, const struct canvas *canvas)
{
    struct list_view *state = view->state;
    struct rect area = {canvas->y0, canvas->x0, canvas->rows, canvas->cols};
    bool stands = app_keeps_body(view->app) && state->def->draw_above == NULL &&
                  state->cached_at_ms == 0 && rect_equal(state->list_area, area);

    state->list_area = area;
    if (stands && app_is_hasty(view->app)) {
        list_redraw(&state->list, canvas);
        app_owe(view->app);
    } else {
        list_draw(&state->list, canvas);
    }
    if (state->cached_at_ms != 0)
        canvas_overlay(canvas, (struct rect){1, 0, canvas->rows - 1, canvas->cols}, ON_EARLIER);
    list_settled_draw(state, canvas);
    if (state->list.rows.count == 0)
        draw_empty(view, canvas);
}

void list_view_draw(struct view *view, const struct canvas *canvas)
{
    struct list_view *state = view->state;
    struct rect rest = canvas_rect(canvas), preview = {0};
    struct canvas part;

    draw_above(view, canvas, &rest);
    int columns = place_preview(state, canvas, &rest, &preview);
    if (columns > 0)
        show_preview(view, canvas, preview, columns);
    else
        state->preview_drawn = preview;
    part = canvas_sub(canvas, rest);
    show_list(view, &part);
}

/* "cached 3m", and of whom, if not of all. */
static void add_cached(const struct list_view *state, struct buf *line)
{
    const struct load_view *loaded = &state->loaded;
    char age[CLOCK_AGE_SIZE];

    clock_age(clock_display_ms() - state->cached_at_ms, age);
    buf_addf(line, "cached %s", age);
    if (loaded->cached_answered < loaded->cached_asked)
        buf_addf(line, " of %zu/%zu accounts", loaded->cached_answered, loaded->cached_asked);
    buf_add_cstr(line, "  ");
}

static void add_progress(const struct load_view *loaded, struct buf *line)
{
    size_t n_rows = table_count(loaded->table);

    if (loaded->rows_expected > 0)
        buf_addf(line, "  loading %zu%% of %zu", 100 * n_rows / loaded->rows_expected,
                 loaded->rows_expected);
    else if (loaded->calls_known == 0)
        buf_add_cstr(line, "  loading");
    else
        buf_addf(line, "  loading %zu/%zu", loaded->calls_done, loaded->calls_known);
}

void list_view_position(struct view *view, struct buf *line)
{
    struct list_view *state = view->state;

    if (state->cached_at_ms != 0)
        add_cached(state, line);
    if (state->attention_only)
        buf_add_cstr(line, "attention only  ");
    list_position(&state->list, line);
    if (state->loaded.phase == LOAD_RUNNING)
        add_progress(&state->loaded, line);
}

void list_view_status(struct view *view, struct buf *line)
{
    const struct coverage *coverage = &((const struct list_view *)view->state)->loaded.coverage;

    if (coverage->accounts_asked > 0) /* else nobody knows yet how many there are */
        coverage_line(coverage, line);
}
