#include "views/list_view.h"

#include <stdatomic.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/gov/settings.h"

/* The preview stands at the right when there is room for both, else below the list. */
#define PREVIEW_FROM_COLS  120
#define PREVIEW_RIGHT_COLS 160
#define PREVIEW_FROM_ROWS  24
#define PREVIEW_ROWS       10

struct list_view *list_view_of(struct view *view)
{
    return view->state;
}

/* --- projecting: short lists on the UI, long ones on the worker
 * ----------------------------------- */

struct project_job {
    struct task task;  /* first: the corridor knows it as a task */
    struct view *view; /* touched on the UI alone: it may be gone when the worker runs */
    struct scope *scope;
    struct table *table;
    struct filter *filter;
    struct projection *from, *result;
    bool is_extension; /* of `from`, by the rows that have come since */
    struct list_asked asked;
    _Atomic bool *cancelled; /* shared with the view; this job frees it */
};

static void job_free(struct project_job *job)
{
    table_unref(job->table);
    filter_free(job->filter);
    projection_unref(job->from);
    projection_unref(job->result);
    scope_unref(job->scope);
    mem_free(job->cancelled);
    mem_free(job);
}

static void job_drop(struct task *task)
{
    job_free((struct project_job *)task);
}

static void show_rows(struct list_view *state, struct rows rows)
{
    list_set_rows(&state->list, &rows);
    if (state->tree != NULL) /* the path stands in the branches */
        list_hide_column(&state->list, state->def->tree->path_column, true);
    if (!state->touched)
        list_move(&state->list, MOVE_TOP);
}

void list_view_show_tree(struct list_view *state)
{
    show_rows(state, tree_rows(state->tree));
}

static void show_projection(struct list_view *state, struct projection *take_projection,
                            const struct list_asked *asked)
{
    struct projection *before = state->projection;
    struct tree *tree_before = state->tree;

    state->projection = take_projection;
    state->shown = *asked;
    if (state->def->tree != NULL) {
        state->tree = tree_new(take_projection, *state->def->tree);
        if (tree_before != NULL)
            tree_take_folds(state->tree, tree_before);
        list_view_show_tree(state);
    } else {
        show_rows(state, projection_rows(take_projection));
    }
    tree_free(tree_before);
    projection_unref(before);
}

static void job_deliver(struct task *task)
{
    struct project_job *job = (struct project_job *)task;
    struct view *view = job->view;
    struct list_view *state = view->state;

    state->cancelled = NULL;
    if (job->result != NULL && job->table == state->table) {
        show_projection(state, job->result, &job->asked);
        job->result = NULL;
        app_redraw(view->app);
    }
    job_free(job);
    if (state->again) {
        state->again = false;
        list_view_project(view);
    }
}

static void job_run(struct task *task)
{
    struct project_job *job = (struct project_job *)task;

    if (job->is_extension)
        job->result = projection_extend(job->from, job->filter, job->cancelled);
    else
        job->result =
            projection_make(job->table, job->filter, job->asked.order, job->from, job->cancelled);
    job->task.run = job_deliver;
    run_post(RUN_UI, RUN_URGENT, job->scope, &job->task);
}

/* What a person wants to see now. */
static struct list_asked asked_now(struct view *view)
{
    struct list_view *state = view->state;
    struct list_asked asked = {.order = state->order, .attention_only = state->attention_only};

    str_copy(asked.filter, view->at.filter);
    return asked;
}

static bool asked_equal(const struct list_asked *a, const struct list_asked *b)
{
    return strcmp(a->filter, b->filter) == 0 && a->attention_only == b->attention_only &&
           a->order.column == b->order.column && a->order.descending == b->order.descending;
}

/* A filter is parsed anew for each job: it belongs to one runner at a time. */
static struct filter *parse_filter(const struct list_view *state, const struct list_asked *asked)
{
    const struct screen *screen = state->def->screen;
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct filter *filter = NULL;

    buf_add_cstr(&text, asked->filter);
    if (asked->attention_only && state->def->attention != NULL)
        buf_addf(&text, " %s", state->def->attention);
    if (filter_parse(buf_sv(&text), screen->columns, screen->n_columns, &filter, NULL) != OK)
        return NULL;
    return filter;
}

/* Whether the present projection lacks nothing but the rows that have come since. */
static bool is_extension(const struct list_view *state, const struct list_asked *asked)
{
    return state->projection != NULL && projection_table(state->projection) == state->table &&
           asked_equal(&state->shown, asked);
}

static void project_on_worker(struct view *view, const struct list_asked *asked)
{
    struct list_view *state = view->state;
    struct project_job *job = mem_new(struct project_job);

    job->task = (struct task){.run = job_run, .drop = job_drop};
    job->view = view;
    job->scope = scope_ref(view->scope);
    job->table = table_ref(state->table);
    job->filter = parse_filter(state, asked);
    job->asked = *asked;
    job->from = state->projection != NULL ? projection_ref(state->projection) : NULL;
    job->is_extension = is_extension(state, asked);
    job->cancelled = mem_alloc(sizeof *job->cancelled);
    state->cancelled = job->cancelled;
    state->being_made = *asked;
    run_post(RUN_WORKER, RUN_URGENT, view->scope, &job->task);
}

static void project_here(struct list_view *state, const struct list_asked *asked)
{
    struct filter *filter = parse_filter(state, asked);
    struct projection *projection =
        is_extension(state, asked)
            ? projection_extend(state->projection, filter, NULL)
            : projection_make(state->table, filter, asked->order, state->projection, NULL);

    show_projection(state, projection, asked);
    filter_free(filter);
}

void list_view_project(struct view *view)
{
    struct list_view *state = view->state;
    struct list_asked asked = asked_now(view);

    if (state->table == NULL)
        return;
    if (state->cancelled != NULL) {
        /* One at a time. What only lacks the newest rows may end; what nobody wants any more not.
         */
        if (!asked_equal(&state->being_made, &asked))
            atomic_store(state->cancelled, true);
        state->again = true;
    } else if (table_count(state->table) > PROJECT_ON_UI_MAX) {
        project_on_worker(view, &asked);
    } else {
        project_here(state, &asked);
    }
}

/* --- loading --------------------------------------------------------------------------------- */

/* Rows out of the cache stand until as many have been read anew, or nothing can be. */
static bool prefers_cached(const struct list_view *state)
{
    const struct load_view *loaded = &state->loaded;

    if (loaded->cached == NULL || (state->table != NULL && state->cached_at_ms == 0))
        return false;
    return loaded->phase == LOAD_DONE ? loaded->err.code != OK
                                      : table_count(loaded->table) < table_count(loaded->cached);
}

/* A first load is shown as it grows; a refresh takes the place of the old rows when it is done. A
 * load whose rows are shown may go on with another table, when sums in it have changed. */
static struct table *table_to_show(const struct list_view *state, bool is_shown)
{
    const struct load_view *loaded = &state->loaded;

    if (prefers_cached(state))
        return loaded->cached;
    if (state->table == NULL || is_shown || state->cached_at_ms != 0 || loaded->phase == LOAD_DONE)
        return loaded->table;
    return state->table;
}

static void show_table(struct list_view *state, struct table *table)
{
    table_ref(table);
    table_unref(state->table);
    state->table = table;
    state->cached_at_ms = table == state->loaded.cached ? state->loaded.cached_at_ms : 0;
}

/* --- what has just been changed -----------------------------------------------------------------
 */

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

/* Until the list is read anew its rows are as they were before: those that are done say so. */
static void draw_settled(const struct list_view *state, const struct canvas *canvas)
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

static void note_change(struct list_view *state, const struct change_status *status)
{
    struct list_settled settled;

    str_copy(settled.key, status->item_key);
    if (status->state == CHANGE_UNDONE)
        str_copy(state->returned, status->item_key);
    else if (status->state == CHANGE_SUCCEEDED && state->settled.len < SETTLED_MAX)
        vec_push(&state->settled, settled);
}

/* The rows are those of a load that began after the last change. */
static void forget_changes(struct list_view *state)
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

/* --- a load goes on ------------------------------------------------------------------------------
 */

static void load_changed(void *arg)
{
    struct view *view = arg;
    struct list_view *state = view->state;
    bool is_shown = state->table != NULL && state->table == state->loaded.table;

    load_view_done(&state->loaded);
    load_read_view(state->load, &state->loaded);
    struct table *table = table_to_show(state, is_shown);
    bool is_new = table != state->table || table == state->loaded.table;
    show_table(state, table);
    if (is_new)
        list_view_project(view);
    if (table == state->loaded.table && state->loaded.phase == LOAD_DONE)
        forget_changes(state);
    if (state->cached_at_ms != 0 && state->loaded.phase == LOAD_DONE)
        app_message(view->app, TONE_BAD, "not read anew: %s", state->loaded.err.message);
    app_redraw(view->app);
}

/* Nobody has to be asked. */
static void read_own(struct view *view)
{
    struct list_view *state = view->state;
    struct table *table = state->def->own(view->app);

    table_unref(state->table);
    state->table = table;
    state->loaded.phase = LOAD_DONE;
    state->loaded.coverage.complete = true;
    list_view_project(view);
    app_redraw(view->app);
}

void list_view_load(struct view *view, bool refresh_estate)
{
    struct list_view *state = view->state;
    unsigned flags = refresh_estate ? LOAD_ESTATE : 0;

    if (state->def->own != NULL) {
        read_own(view);
        return;
    }
    load_close(state->load);
    if (state->table == NULL || state->cached_at_ms != 0)
        flags |= LOAD_CACHED;
    state->load =
        load_open(app_gov(view->app), state->def->screen, &view->at.selection,
                  (const char *const *)view->args, view->n_args, flags, load_changed, view);
    load_view_done(&state->loaded);
    load_read_view(state->load, &state->loaded);
    app_redraw(view->app);
}

enum err_code list_view_open(struct view *view, struct err *err)
{
    struct list_view *state = view->state;
    const struct list_def *def = view->kind->def;
    struct filter *filter = NULL;

    state->def = def;
    state->order = def->screen->order;
    if (filter_parse(sv_of(view->at.filter), def->screen->columns, def->screen->n_columns, &filter,
                     err) != OK)
        return err->code;
    filter_free(filter);
    list_init(&state->list);
    list_set_sort(&state->list, state->order.column, state->order.descending);
    detail_init(&state->preview);
    list_view_load(view, false);
    return OK;
}

void list_view_close(struct view *view)
{
    struct list_view *state = view->state;

    if (state->def == NULL)
        return;
    if (state->cancelled != NULL)
        atomic_store(state->cancelled, true);
    load_close(state->load);
    load_view_done(&state->loaded);
    list_done(&state->list);
    detail_done(&state->preview);
    tree_free(state->tree);
    projection_unref(state->projection);
    table_unref(state->table);
    vec_free(&state->settled);
}

/* The scope is another one: what is shown of the former goes at once. */
void list_view_reload(struct view *view)
{
    struct list_view *state = view->state;

    if (state->cancelled != NULL)
        atomic_store(state->cancelled, true);
    list_mark_none(&state->list);
    list_set_rows(&state->list, NULL);
    tree_free(state->tree);
    projection_unref(state->projection);
    table_unref(state->table);
    state->tree = NULL;
    state->projection = NULL;
    state->table = NULL;
    list_view_load(view, false);
}

/* refresh_s of the settings: what is older is loaded again. */
void list_view_tick(struct view *view)
{
    if (list_view_of(view)->def->own != NULL) {
        read_own(view);
        return;
    }
    const struct load_view *loaded = &list_view_of(view)->loaded;
    int64_t refresh_ms = (int64_t)gov_settings(app_gov(view->app))->refresh_s * 1000;

    if (refresh_ms > 0 && loaded->phase == LOAD_DONE &&
        clock_wall_ms() - loaded->ended_at_ms >= refresh_ms)
        list_view_load(view, false);
}

/* A change that has come to its end may have changed what is listed. */
void list_view_changed(struct view *view, const void *change_status)
{
    const struct change_status *status = change_status;

    note_change(list_view_of(view), status);
    if (status->state == CHANGE_SUCCEEDED || status->state == CHANGE_UNDONE ||
        status->state == CHANGE_UNVERIFIED)
        list_view_load(view, false);
}

/* --- drawing --------------------------------------------------------------------------------- */

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
    draw_settled(state, canvas);
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

bool list_view_event(struct view *view, const struct event *event)
{
    struct list_view *state = view->state;
    struct event inner;
    int sort_column = -1;
    enum widget_result result;

    if (!event_within(event, state->list_area, &inner))
        return false;
    result = list_handle(&state->list, &inner, &sort_column);
    state->touched |= result != WIDGET_IGNORED;

    if (sort_column >= 0) {
        state->order.descending =
            state->order.column == sort_column ? !state->order.descending : false;
        state->order.column = sort_column;
        list_set_sort(&state->list, state->order.column, state->order.descending);
        list_view_project(view);
    }
    if (result == WIDGET_ACTIVATED)
        command_run(view->app, command_find(SV("into")), NULL, 0);
    return result != WIDGET_IGNORED;
}

struct row_ref list_view_row(struct view *view)
{
    struct list_view *state = view->state;
    struct row_ref row = {0};
    size_t at;

    state->touched = true; /* whoever asks is about to act on it */
    if (state->projection == NULL || !list_cursor(&state->list, &at, &row.key))
        return row;
    row.row =
        state->tree != NULL ? tree_row(state->tree, at) : projection_row(state->projection, at);
    if (row.row != SIZE_MAX) /* a branch is no row */
        row.table = projection_table(state->projection);
    return row;
}

enum err_code list_view_open_at(struct view *view, const struct row_ref *row,
                                const struct view_kind *kind, const char *const *args,
                                size_t n_args, struct err *err)
{
    struct view_scope at = view->at;

    at.filter[0] = '\0';
    sv_copy(row_text(row, "account_id"), at.selection.accounts, sizeof at.selection.accounts);
    sv_copy(row_text(row, "region"), at.selection.regions, sizeof at.selection.regions);
    return app_open_scoped(view->app, kind, args, n_args, &at, err);
}

size_t list_view_resources(struct view *view, char *why, size_t size)
{
    return load_view_resources(&list_view_of(view)->loaded, why, size);
}

size_t list_view_marked(struct view *view, struct row_ref *rows, size_t max)
{
    struct list_view *state = view->state;
    struct table *table = state->projection != NULL ? projection_table(state->projection) : NULL;
    size_t n = 0, at = 0;
    uint64_t key;

    while (table != NULL && list_next_mark(&state->list, &at, &key)) {
        size_t row = table_find(table, key);
        if (row == SIZE_MAX)
            continue;
        if (n < max)
            rows[n] = (struct row_ref){.table = table, .row = row, .key = key};
        n++;
    }
    return n;
}

/* --- filtering -------------------------------------------------------------------- */

static void highlight_words(struct list_view *state, const struct filter *filter)
{
    struct sv words[LIST_TERMS_MAX];

    list_set_terms(&state->list, words, filter_words(filter, words, LIST_TERMS_MAX));
}

/* The row that was selected before the filter was begun. */
static void remember_row(struct list_view *state)
{
    size_t row;

    if (!state->filtering &&
        (!state->touched || !list_cursor(&state->list, &row, &state->filtered_from)))
        state->filtered_from = 0;
    state->filtering = true;
}

/* The cursor stands on another row now: that must not go unnoticed. Long lists are projected on the
 * worker, and say nothing. */
static void tell_hidden_row(struct view *view)
{
    struct list_view *state = view->state;
    const struct rows *rows = &state->list.rows;

    state->filtering = false;
    if (state->filtered_from != 0 && state->cancelled == NULL && rows->count > 0 &&
        rows->find(rows, state->filtered_from) == SIZE_MAX)
        app_message(view->app, TONE_INFO, "the row that was selected does not pass the filter");
}

/* What the searches of a filter, key by key, have used. */
static void give_back(void *arg)
{
    (void)arg;
    os_trim_memory();
}

enum err_code list_view_filter(struct view *view, struct sv text, bool final, struct err *err)
{
    struct list_view *state = view->state;
    const struct screen *screen = state->def->screen;
    struct filter *filter = NULL;
    struct err reason = ERR_NONE;

    if (filter_parse(text, screen->columns, screen->n_columns, &filter, &reason) != OK) {
        if (!final)
            return OK; /* half typed; the last one that could be understood stays */
        *err = reason;
        return reason.code;
    }
    if (text.len >= sizeof view->at.filter) {
        filter_free(filter);
        return err_set(err, ERR_USAGE, "/", "is longer than %zu bytes", sizeof view->at.filter - 1);
    }
    remember_row(state);
    sv_copy(text, view->at.filter, sizeof view->at.filter);
    highlight_words(state, filter);
    filter_free(filter);
    list_view_project(view);
    if (final) {
        tell_hidden_row(view);
        run_call(RUN_WORKER, RUN_NORMAL, view->scope, give_back, NULL, NULL);
    }
    return OK;
}
