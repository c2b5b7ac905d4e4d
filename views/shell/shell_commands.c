/* What the screen of the shells does by commands: `session WORD`, reading, copying. */
#include <string.h>

#include "core/base/mem.h"
#include "views/shell/shell_parts.h"

/* --- verbs of `session` ----------------------------------------------------------------------- */

static enum err_code leave(struct view *view, struct err *err)
{
    struct shell *shell = shell_view_top(view);

    (void)err;
    if (shell != NULL)
        shell_close(shell);
    app_back(view->app);
    return OK;
}

static enum err_code toggle_full(struct view *view, struct err *err)
{
    struct shell_view *state = view->state;

    (void)err;
    state->is_full = !state->is_full;
    return OK;
}

static enum err_code toggle_split(struct view *view, struct err *err)
{
    struct shell_view *state = view->state;
    const struct shell *shell = shell_view_top(view);

    if (shell == NULL || shell->row.table == NULL)
        return err_set(err, ERR_UNSUPPORTED, "split", "nothing is known of this node to show");
    struct rect rest = app_body(view->app, false);
    rect_cut_top(&rest, 1);
    if (!shell_view_can_split(rest))
        return err_set(err, ERR_UNSUPPORTED, "split", "needs %d columns, or %d more rows",
                       SPLIT_COLS, SPLIT_ROWS - rest.rows);
    state->is_split = state->is_full || !state->is_split;
    state->is_full = false; /* a shell that was alone is so no longer */
    return OK;
}

static enum err_code read_back(struct view *view, struct err *err)
{
    struct shell *shell = shell_view_top(view);

    (void)err;
    if (shell != NULL)
        pane_browse(&shell->pane, !shell->pane.browsing);
    return OK;
}

static enum err_code select_text(struct view *view, struct err *err)
{
    struct shell *shell = shell_view_top(view);

    (void)err;
    if (shell != NULL)
        pane_select(&shell->pane);
    return OK;
}

static enum err_code next(struct view *view, struct err *err)
{
    (void)err;
    shells_step(app_shells(view->app), 1);
    return OK;
}

static enum err_code previous(struct view *view, struct err *err)
{
    (void)err;
    shells_step(app_shells(view->app), -1);
    return OK;
}

static enum err_code anew(struct view *view, struct err *err)
{
    struct shell *shell = shell_view_top(view);

    if (shell == NULL || !shell_has_ended(shell))
        return err_set(err, ERR_UNSUPPORTED, "shell", "this one has not ended");
    shell_reopen(shell);
    return OK;
}

static const struct {
    const char *name;
    enum err_code (*run)(struct view *view, struct err *err);
} verbs[] = {
    {"leave", leave}, {"full", toggle_full},  {"split", toggle_split}, {"read", read_back},
    {"next", next},   {"previous", previous}, {"anew", anew},          {"select", select_text},
};

/* --- commands --------------------------------------------------------------------------------- */

static enum err_code run_session(struct view *view, const struct command_call *call,
                                 struct err *err)
{
    int64_t number;

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (strcmp(call->args[0], verbs[i].name) == 0)
            return verbs[i].run(view, err);
    }
    if (!sv_to_i64(sv_of(call->args[0]), &number))
        return err_set(err, ERR_USAGE, "session", "there is no \"%s\"", call->args[0]);
    if (number < 1 || (size_t)number > shells_count(app_shells(view->app)))
        return err_set(err, ERR_NOT_FOUND, "session", "there is no tab %s", call->args[0]);
    shells_choose(app_shells(view->app), (size_t)number - 1);
    return OK;
}

static enum err_code run_move(struct view *view, const struct command_call *call, struct err *err)
{
    struct shell *shell = shell_view_top(view);
    enum move move;

    if (!move_parse(sv_of(call->args[0]), &move))
        return err_set(err, ERR_USAGE, "move", "\"%s\" is no direction", call->args[0]);
    if (shell != NULL)
        pane_move(&shell->pane, move);
    return OK;
}

static enum err_code run_search(struct view *view, const struct command_call *call, struct err *err)
{
    struct shell *shell = shell_view_top(view);
    bool downwards = strcmp(call->args[0], "previous") == 0;

    if (shell == NULL || !pane_search_next(&shell->pane, downwards))
        return err_set(err, ERR_NOT_FOUND, "search", "no hit; / looks for something");
    return OK;
}

void shell_view_copy(struct view *view, struct shell *shell)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    size_t n_lines = 1;

    pane_copy(&shell->pane, &text);
    app_copy(view->app, "text", buf_sv(&text));
    for (size_t i = 0; i < text.len; i++)
        n_lines += text.ptr[i] == '\n';
    if (n_lines > 1 && text.len <= TERM_COPY_MAX)
        app_message(view->app, TONE_GOOD, "copied %zu lines", n_lines);
}

static enum err_code run_copy(struct view *view, const struct command_call *call, struct err *err)
{
    struct shell *shell = shell_view_top(view);

    (void)call, (void)err;
    if (shell == NULL)
        return OK;
    shell_view_copy(view, shell);
    pane_browse(&shell->pane, false);
    return OK;
}

const struct view_command shell_view_commands[] = {
    {"session", run_session}, {"move", run_move}, {"search", run_search},
    {"copy", run_copy},       {NULL, NULL},
};
