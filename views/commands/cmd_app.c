/* The commands that concern the console as a whole. */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "views/frame/app.h"

static enum err_code run_quit(const struct command_call *call, struct err *err)
{
    (void)err;
    app_quit(call->app);
    return OK;
}

const struct command command_quit = {
    .name = "quit", .usage = "", .help = "leave watchdeck", .run = run_quit};
const struct command command_q = {
    .name = "q", .usage = "", .help = "leave watchdeck", .flags = COMMAND_QUIET, .run = run_quit};

static enum err_code run_back(const struct command_call *call, struct err *err)
{
    (void)err;
    app_back(call->app);
    return OK;
}

const struct command command_back = {
    .name = "back", .usage = "", .help = "close this screen", .run = run_back};

/* Clears the view's filter when there is one, else goes back. */
static enum err_code run_escape(const struct command_call *call, struct err *err)
{
    const struct view_command *clear =
        call->view != NULL ? view_command_find(call->view, "clear-filter") : NULL;

    (void)err;
    if (clear != NULL && clear->run(call->view, call, NULL) == OK)
        return OK;
    if (call->view != NULL)
        app_back(call->app);
    return OK;
}

const struct command command_escape = {.name = "escape",
                                       .usage = "",
                                       .help = "clear the filter, then go back",
                                       .flags = COMMAND_QUIET,
                                       .run = run_escape};

static enum err_code run_cancel(const struct command_call *call, struct err *err)
{
    (void)err;
    if (!app_cancel(call->app))
        app_message(call->app, TONE_INFO, "ctrl-c again quits");
    return OK;
}

const struct command command_cancel = {.name = "cancel",
                                       .usage = "",
                                       .help = "give up what is loading; twice: quit",
                                       .flags = COMMAND_QUIET,
                                       .run = run_cancel};

static enum err_code run_open(const struct command_call *call, struct err *err)
{
    const struct view_kind *kind = view_kind_find(sv_of(call->args[0]));

    if (kind == NULL)
        return err_set(err, ERR_USAGE, "open", "no screen is called \"%s\"", call->args[0]);
    return app_open(call->app, kind, call->args + 1, call->n_args - 1, err);
}

static void complete_view(struct app *app, size_t arg, struct sv prefix,
                          void (*offer)(void *sink, const char *word), void *sink)
{
    (void)app;
    for (size_t i = 0; arg == 0 && i < n_view_kinds; i++) {
        if (sv_starts(sv_of(view_kinds[i]->name), prefix))
            offer(sink, view_kinds[i]->name);
    }
}

const struct command command_open = {.name = "open",
                                     .usage = "SCREEN [ARG...]",
                                     .help = "open a screen",
                                     .flags = COMMAND_TYPED,
                                     .args_min = 1,
                                     .args_max = VIEW_ARGS_MAX,
                                     .complete = complete_view,
                                     .run = run_open};

static enum err_code run_history(const struct command_call *call, struct err *err)
{
    const char *where = call->args[0];

    if (strcmp(where, "back") == 0)
        app_go(call->app, -1);
    else if (strcmp(where, "forward") == 0)
        app_go(call->app, 1);
    else if (strcmp(where, "last") == 0)
        app_last(call->app);
    else
        return err_set(err, ERR_USAGE, "history", "is one of back, forward, last");
    return OK;
}

const struct command command_history = {.name = "history",
                                        .usage = "back|forward|last",
                                        .help = "go through the screens that are open",
                                        .flags = COMMAND_QUIET,
                                        .args_min = 1,
                                        .args_max = 1,
                                        .run = run_history};

static enum err_code run_command_line(const struct command_call *call, struct err *err)
{
    (void)err;
    app_prompt(call->app, ":", "");
    return OK;
}

const struct command command_command_line = {.name = "command-line",
                                             .usage = "",
                                             .help = "type a command",
                                             .flags = COMMAND_QUIET,
                                             .run = run_command_line};

static enum err_code run_filter(const struct command_call *call, struct err *err)
{
    if (call->view == NULL || call->view->kind->filter == NULL)
        return err_set(err, ERR_UNSUPPORTED, "filter", "there is nothing to filter here");
    if (call->n_args == 1)
        return call->view->kind->filter(call->view, sv_of(call->args[0]), true, err);
    app_prompt(call->app, "/", call->view->at.filter);
    return OK;
}

const struct command command_filter = {
    .name = "filter",
    .usage = "[EXPR]",
    .help = "keep the rows that match: text, !not, ~fuzzy, col:value; in texts: search",
    .args_max = 1,
    .run = run_filter};

static enum err_code run_palette(const struct command_call *call, struct err *err)
{
    (void)err;
    app_palette(call->app);
    return OK;
}

const struct command command_palette = {.name = "palette",
                                        .usage = "",
                                        .help = "choose among all commands and screens",
                                        .run = run_palette};

static enum err_code run_redraw(const struct command_call *call, struct err *err)
{
    (void)err;
    term_invalidate(app_term(call->app));
    app_redraw(call->app);
    return OK;
}

const struct command command_redraw = {
    .name = "redraw", .usage = "", .help = "draw the whole screen again", .run = run_redraw};

static enum err_code run_header(const struct command_call *call, struct err *err)
{
    (void)err;
    app_toggle_header(call->app);
    return OK;
}

const struct command command_header = {
    .name = "header", .usage = "", .help = "show or hide the header", .run = run_header};

static enum err_code run_suspend(const struct command_call *call, struct err *err)
{
    (void)err;
    term_suspend(app_term(call->app));
    return OK;
}

const struct command command_suspend = {.name = "suspend",
                                        .usage = "",
                                        .help = "stop watchdeck; `fg` goes on with it",
                                        .run = run_suspend};

static enum err_code run_theme(const struct command_call *call, struct err *err)
{
    const struct theme *theme = theme_find(sv_of(call->args[0]));
    AUTO(buf_done) struct buf names = BUF_NONE;

    if (theme == NULL) {
        theme_names(&names);
        return err_set(err, ERR_USAGE, "theme", "\"%s\" is none of %s", call->args[0],
                       buf_cstr(&names));
    }
    app_set_theme(call->app, theme);
    return OK;
}

static void complete_theme(struct app *app, size_t arg, struct sv prefix,
                           void (*offer)(void *sink, const char *word), void *sink)
{
    const struct theme *theme;

    (void)app;
    for (size_t i = 0; arg == 0 && (theme = theme_at(i)) != NULL; i++) {
        if (sv_starts(sv_of(theme_name(theme)), prefix))
            offer(sink, theme_name(theme));
    }
}

const struct command command_theme = {.name = "theme",
                                      .usage = "NAME",
                                      .help = "change the colours",
                                      .flags = COMMAND_TYPED,
                                      .args_min = 1,
                                      .args_max = 1,
                                      .complete = complete_theme,
                                      .run = run_theme};

static enum err_code run_cache(const struct command_call *call, struct err *err)
{
    if (strcmp(call->args[0], "clear") != 0)
        return err_set(err, ERR_USAGE, "cache", "takes \"clear\", not \"%s\"", call->args[0]);
    if (app_gov(call->app) == NULL)
        return err_set(err, ERR_UNSUPPORTED, "cache", "not before there are credentials");
    gov_forget_rows(app_gov(call->app));
    app_message(call->app, TONE_INFO, "rows that were seen earlier are forgotten");
    return OK;
}

static void complete_cache(struct app *app, size_t arg, struct sv prefix,
                           void (*offer)(void *sink, const char *word), void *sink)
{
    (void)app;
    if (arg == 0 && sv_starts(SV("clear"), prefix))
        offer(sink, "clear");
}

const struct command command_cache = {.name = "cache",
                                      .usage = "clear",
                                      .help = "forget the rows that were seen earlier",
                                      .flags = COMMAND_TYPED,
                                      .args_min = 1,
                                      .args_max = 1,
                                      .complete = complete_cache,
                                      .run = run_cache};
