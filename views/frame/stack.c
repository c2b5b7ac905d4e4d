/* stack: the views that are open: each is opened on top, and gone back from. */
#include <string.h>

#include "core/base/mem.h"
#include "views/frame/app_state.h"

#define VIEWS_OPEN_MAX 32

static void view_free(struct view *view)
{
    if (view->app->alone == view)
        view->app->alone = NULL; /* another may come to lie where it lay */
    if (view->kind->close != NULL)
        view->kind->close(view); /* first: it may still speak to what runs in its scope */
    scope_close(view->scope);
    scope_unref(view->scope);
    for (size_t i = 0; i < view->n_args; i++)
        mem_free(view->args[i]);
    mem_free(view->state);
    mem_free(view);
}

struct view *app_view(struct app *app)
{
    return app->views.len > 0 ? app->views.ptr[app->current] : NULL;
}

void views_close(struct app *app, size_t from)
{
    while (app->views.len > from)
        view_free(app->views.ptr[--app->views.len]);
}

static void push_view(struct app *app, struct view *view)
{
    if (app->views.len > 0)
        views_close(app, app->current + 1);
    if (app->views.len == VIEWS_OPEN_MAX) { /* the oldest but the root makes room */
        view_free(app->views.ptr[1]);
        memmove(&app->views.ptr[1], &app->views.ptr[2],
                (app->views.len - 2) * sizeof *app->views.ptr);
        app->views.len--;
    }
    vec_push(&app->views, view);
    app->last = app->current < app->views.len - 1 ? app->views.len - 2 : 0;
    app->current = app->views.len - 1;
}

enum err_code app_open_scoped(struct app *app, const struct view_kind *kind,
                              const char *const *args, size_t n_args, const struct view_scope *at,
                              struct err *err)
{
    struct view *view;
    enum err_code code;

    if (app->gov == NULL)
        return err_set(err, ERR_CREDENTIALS, kind->name, "not connected yet");
    if (n_args < kind->args_min || n_args > kind->args_max || n_args > VIEW_ARGS_MAX)
        return err_set(err, ERR_USAGE, kind->name, "usage: %s %s", kind->name, kind->usage);
    view = mem_new(struct view);
    view->kind = kind;
    view->app = app;
    view->at = *at;
    view->scope = scope_new(app->scope, kind->name);
    view->state = mem_alloc(kind->state_bytes > 0 ? kind->state_bytes : 1);
    for (view->n_args = 0; view->n_args < n_args; view->n_args++)
        view->args[view->n_args] = mem_strdup(args[view->n_args]);
    code = kind->open(view, err);
    if (code != OK) {
        view_free(view);
        return code;
    }
    push_view(app, view);
    app->dirty = true;
    return OK;
}

enum err_code app_open(struct app *app, const struct view_kind *kind, const char *const *args,
                       size_t n_args, struct err *err)
{
    struct view_scope at = {.selection = app->at.selection};

    return app_open_scoped(app, kind, args, n_args, &at, err);
}

/* --- leaving ---------------------------------------------------------------------------------- */

static void quit_answered(void *arg, int choice)
{
    struct app *app = arg;

    if (choice == 0)
        app->ended = true;
}

static void add_ending(struct buf *text, size_t n, const char *what)
{
    if (n > 0)
        buf_addf(text, "%s%zu %s%s", text->len > 0 ? " and " : "", n, what, n == 1 ? "" : "s");
}

/* What would end with the console, "" for nothing: "2 shells and 1 forward". */
static void add_endings(const struct app *app, struct buf *text)
{
    add_ending(text, shells_live(app->shells), "shell");
    add_ending(text, forwards_live(app->forwards), "forward");
    add_ending(text, transfers_live(app->transfers), "transfer");
}

static void ask_to_quit(struct app *app)
{
    static const char *const choices[] = {"Yes, quit"};
    AUTO(buf_done) struct buf text = BUF_NONE;

    add_endings(app, &text);
    buf_add_cstr(&text, text.len > 0 ? " would end. Leave watchdeck?" : "Leave watchdeck?");
    app_ask(app, app->scope, "Quit", buf_cstr(&text), choices, 1, quit_answered, app);
}

void app_quit(struct app *app)
{
    if (shells_live(app->shells) + forwards_live(app->forwards) + transfers_live(app->transfers) >
        0)
        ask_to_quit(app);
    else
        app->ended = true;
}

/* --- going back and forth ----------------------------------------------------------------------
 */

void app_back(struct app *app)
{
    if (app->current == 0) {
        ask_to_quit(app);
        return;
    }
    views_close(app, app->current);
    app->current--;
    app->last = app->current > 0 ? app->current - 1 : 0;
    app->dirty = true;
}

static void focus(struct app *app, size_t index)
{
    app->last = app->current;
    app->current = index;
    app->dirty = true;
}

void app_go(struct app *app, int step)
{
    if (step < 0 && app->current > 0)
        focus(app, app->current - 1);
    else if (step > 0 && app->current + 1 < app->views.len)
        focus(app, app->current + 1);
    else
        app_message(app, TONE_INFO, "no screen %s this one", step < 0 ? "before" : "after");
}

void app_last(struct app *app)
{
    if (app->last < app->views.len && app->last != app->current)
        focus(app, app->last);
}
