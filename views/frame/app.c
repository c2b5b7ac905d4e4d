#include "views/frame/app.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/gov/estate/saved_scope.h"
#include "views/frame/app_state.h"

#define OWED_MS        10 /* after the last hasty frame, what they left out is drawn, */
#define OWED_MAX_MS    50 /* or so long after the first of them when they do not end */
#define TICK_MS        1000
#define QUIT_WITHIN_MS 1000 /* two ctrl-c within this end the console */
#define HISTORY_LINES  500

struct app *app_new(const struct app_options *options)
{
    struct app *app = mem_new(struct app);
    int rows, cols;

    app->term = options->term;
    app->keymap = options->keymap;
    app->theme = options->theme;
    app->at = options->at;
    app->first_screen = options->first_screen;
    app->scope = scope_new(NULL, "app");
    app->command_history = prompt_history_new(HISTORY_LINES);
    app->filter_history = prompt_history_new(HISTORY_LINES);
    term_size(app->term, &rows, &cols);
    app->grid = canvas_grid_new(rows, cols);
    app->shells = shells_new(app);
    app->forwards = forwards_new(app);
    app->transfers = transfers_new(app);
    app->dirty = true;
    return app;
}

void app_free(struct app *app)
{
    if (app == NULL)
        return;
    login_queue_free(app->logins);
    modal_free(app->modal);
    views_close(app, 0);
    vec_free(&app->views);
    shells_free(app->shells);
    forwards_free(app->forwards);
    transfers_free(app->transfers);
    scope_close(app->scope);
    scope_unref(app->scope);
    prompt_history_free(app->command_history);
    prompt_history_free(app->filter_history);
    canvas_grid_free(app->grid);
    mem_free(app);
}

static void change_stepped(void *arg, const struct change_status *status)
{
    struct app *app = arg;

    for (size_t i = 0; i < app->views.len; i++) {
        struct view *view = app->views.ptr[i];

        if (view->kind->changed != NULL)
            view->kind->changed(view, status);
    }
    app->dirty = true;
}

/* What was under way when an earlier console ended, or why nothing can be changed now. */
static void earlier_settled(void *arg, size_t n_settled, size_t n_open)
{
    struct app *app = arg;
    struct err err = ERR_NONE;

    if (gate_health(gov_gate(app->gov), &err) != OK)
        app_message(app, TONE_BAD, "no changes are possible: %s", err.message);
    else if (n_open == 0)
        app_message(app, TONE_GOOD, "an earlier run left %zu change%s open: settled; @ shows how",
                    n_settled, n_settled == 1 ? "" : "s");
    else
        app_message(app, TONE_BAD,
                    "of an earlier run's changes %zu settled, %zu still open; @ shows them",
                    n_settled, n_open);
}

/* That somebody was told needs no word; that nobody was does, once. */
static void alerted(void *arg, const struct gov_alerted *alerted)
{
    struct app *app = arg;
    char what[320];

    if (alerted->is_retry && alerted->n_sent > 0)
        app_message(app, TONE_GOOD, "others know now what was decided and known here only");
    if (alerted->n_failed == 0 || alerted->is_retry)
        return;
    err_describe(&alerted->err, what, sizeof what);
    if (alerted->is_record) {
        app_message(app, TONE_BAD, "decided, but known here only: %s", what);
        return;
    }
    app_message(app, TONE_BAD, "%zu alert%s not sent: %s", alerted->n_failed,
                alerted->n_failed == 1 ? "" : "s", what);
}

/* The screen that was asked for on the command line; the usual one where that does not open. */
static void open_first(struct app *app)
{
    struct err err = ERR_NONE;

    if (app->first_screen.len > 0 &&
        command_open_screen(app, app->first_screen, &app->at, &err) == OK)
        return;
    if (err.code != OK)
        app_error(app, &err);
    app_open_scoped(app, &view_triage, NULL, 0, &app->at, &err);
}

void app_connect(struct app *app, struct gov *gov)
{
    struct view_scope later = {.selection = app->at.selection};
    struct err err = ERR_NONE;

    app->gov = gov;
    app->failure = ERR_NONE;
    app->logins = login_queue_new(app, gov_client(gov));
    gov_scopes(gov, &err);
    if (err.code != OK)
        app_error(app, &err);
    err = ERR_NONE;
    gov_on_change(gov, change_stepped, app);
    gov_on_settled(gov, earlier_settled, app);
    gov_on_alerted(gov, alerted, app);
    open_first(app);
    app->at = later; /* the filter was the first view's alone */
    app->dirty = true;
}

void app_fail(struct app *app, const struct err *err)
{
    app->failure = *err;
    app->dirty = true;
}

/* --- events ---------------------------------------------------------------------------------- */

static void key_event(struct app *app, struct key key)
{
    struct view *view = app_view(app);
    const struct binding *binding = NULL;
    const struct command *command;

    app->message[0] = '\0';
    app->dirty = app->is_hasty = true;
    if (view != NULL && view->kind->key != NULL && view->kind->key(view, key))
        return;
    enum keymap_result result =
        keymap_feed(app->keymap, view_context(view), &app->keys, key, &binding);
    if (result == KEYMAP_UNBOUND) {
        char name[KEY_NAME_SIZE];

        key_to_text(key, name);
        app_message(app, TONE_INFO, "%s does nothing here; ? shows what does", name);
    }
    if (result != KEYMAP_BOUND)
        return;
    command = command_find(sv_of(binding->command));
    if (command != NULL)
        command_run(app, command, binding->args, binding->n_args);
}

static void resize_event(struct app *app, int rows, int cols)
{
    canvas_grid_resize(app->grid, rows, cols);
    app->alone = NULL;
    app->dirty = true;
}

void app_event(struct app *app, const struct event *event)
{
    struct view *view = app_view(app);

    switch (event->type) {
    case EVENT_RESIZE:
        resize_event(app, event->size.rows, event->size.cols);
        return;
    case EVENT_CLOSED:
        app->ended = true;
        app->exit_status = 128 + (event->signal != 0 ? event->signal : SIGHUP);
        return;
    default:
        break;
    }
    if (login_is_shown(app->logins, app->modal == NULL))
        login_event(app->logins, event);
    else if (app->modal != NULL)
        modal_event(app, event);
    else if (event->type == EVENT_KEY)
        key_event(app, event->key);
    else if (view != NULL && view->kind->event != NULL && view->kind->event(view, event))
        app->dirty = true;
}

static void tick(struct app *app, int64_t now_ms)
{
    struct view *view = app_view(app);

    app->ticked_at_ms = now_ms;
    app->dirty = true;
    if (view != NULL && view->kind->tick != NULL)
        view->kind->tick(view);
}

void app_draw(struct app *app)
{
    int64_t now_ms = clock_mono_ms();
    struct canvas whole;

    if (now_ms - app->ticked_at_ms >= TICK_MS && app->owed_at_ms == 0)
        tick(app, now_ms);
    if (app->owed_at_ms != 0 && now_ms >= app->owed_at_ms) {
        app->owed_at_ms = app->owed_since_ms = 0;
        app->dirty = true;
        app->is_hasty = false;
    }
    if (!app->dirty)
        return;
    app->dirty = false;
    chrome_draw(app);
    app->is_hasty = false;
    whole = canvas_of(app->grid);
    term_present(app->term, &whole);
}

void app_draw_owed(struct app *app)
{
    if (app->owed_at_ms == 0)
        return;
    app->owed_at_ms = 1; /* long ago */
    app_draw(app);
}

bool app_keeps_body(const struct app *app)
{
    return app->keeps_body;
}

bool app_is_hasty(const struct app *app)
{
    return app->is_hasty;
}

void app_owe(struct app *app)
{
    int64_t now_ms = clock_mono_ms();

    if (app->owed_at_ms == 0)
        app->owed_since_ms = now_ms;
    app->owed_at_ms = now_ms + OWED_MS;
    if (app->owed_at_ms > app->owed_since_ms + OWED_MAX_MS)
        app->owed_at_ms = app->owed_since_ms + OWED_MAX_MS;
}

int app_timeout_ms(const struct app *app)
{
    /* A tick waits for a rest of the keys too. */
    int64_t next_ms = app->owed_at_ms != 0 ? app->owed_at_ms : app->ticked_at_ms + TICK_MS;
    int64_t left_ms = next_ms - clock_mono_ms();

    if (app->dirty || left_ms < 0)
        return 0;
    return (int)left_ms;
}

bool app_has_ended(const struct app *app)
{
    return app->ended;
}

int app_exit_status(const struct app *app)
{
    return app->exit_status;
}

struct canvas app_canvas(struct app *app)
{
    return canvas_of(app->grid);
}

/* --- what views and commands ask for ------------------------------------------------------------
 */

struct gov *app_gov(struct app *app)
{
    return app->gov;
}

const struct selection *app_selection(const struct app *app)
{
    return &app->at.selection;
}

struct scope *app_scope(struct app *app)
{
    return app->scope;
}

void app_select(struct app *app, const struct selection *selection)
{
    app->at.selection = *selection;
    for (size_t i = 0; i < app->views.len; i++) {
        struct view *view = app->views.ptr[i];

        view->at.selection = *selection;
        if (view->kind->reload != NULL)
            view->kind->reload(view);
    }
    app->dirty = true;
}

struct shells *app_shells(struct app *app)
{
    return app->shells;
}

struct forwards *app_forwards(struct app *app)
{
    return app->forwards;
}

struct transfers *app_transfers(struct app *app)
{
    return app->transfers;
}

const struct keymap *app_keymap(const struct app *app)
{
    return app->keymap;
}

struct term *app_term(struct app *app)
{
    return app->term;
}

const struct theme *app_theme(const struct app *app)
{
    return app->theme;
}

void app_set_theme(struct app *app, const struct theme *theme)
{
    app->theme = theme;
    term_set_theme(app->term, theme);
    app->dirty = true;
}

void app_redraw(struct app *app)
{
    app->dirty = true;
}

void app_message(struct app *app, enum app_tone tone, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(app->message, sizeof app->message, fmt, args);
    va_end(args);
    app->message_tone = tone;
    app->dirty = true;
}

void app_error(struct app *app, const struct err *err)
{
    char line[APP_MESSAGE_SIZE];

    if (err->code == ERR_USAGE || err->code == ERR_UNSUPPORTED) { /* the message says it all */
        app_message(app, TONE_BAD, "%s: %s", err->where, err->message);
        return;
    }
    err_describe(err, line, sizeof line);
    app_message(app, TONE_BAD, "%s", line);
}

void app_copy(struct app *app, const char *what, struct sv text)
{
    struct err err = ERR_NONE;

    if (text.len == 0)
        app_message(app, TONE_BAD, "no %s to copy here", what);
    else if (term_copy(app->term, text, &err) != OK)
        app_error(app, &err);
    else
        app_message(app, TONE_GOOD, "copied %s: " SV_FMT, what, SV_ARG(text));
}

/* One ctrl-c cancels what is loading (the view's own command), two end the console. */
bool app_cancel(struct app *app)
{
    int64_t now_ms = clock_mono_ms();
    bool is_second = now_ms - app->cancelled_at_ms < QUIT_WITHIN_MS;

    if (is_second)
        app_quit(app);
    app->cancelled_at_ms = now_ms;
    return is_second;
}

void app_toggle_header(struct app *app)
{
    app->header_hidden = !app->header_hidden;
    app->alone = NULL;
    app->dirty = true;
}
