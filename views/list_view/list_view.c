#include "views/list_view/list_view.h"

#include <stdatomic.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/gov/settings.h"
#include "views/list_view/list_parts.h"

struct list_view *list_view_of(struct view *view)
{
    return view->state;
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
        list_settled_forget(state);
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

    list_settled_note(list_view_of(view), status);
    if (change_state_has_changed(status->state))
        list_view_load(view, false);
}

/* --- a person ----------------------------------------------------------------------------------
 */

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
