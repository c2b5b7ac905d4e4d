#include <stdatomic.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "views/list_view/list_view.h"

/* --- projecting: short lists on the UI, long ones on the worker ------------------------------ */

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

/* --- filtering ------------------------------------------------------------------------------- */

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
