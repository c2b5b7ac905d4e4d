/*
 * shell: the screen of the shells: their tabs, and the terminal of the one on top.
 *
 * Keys belong to the node. What is ours follows a `~` at the beginning of a line, as with ssh: the
 * context `shell` of the key files. While one reads (scrolls back, selects), keys are ours, in
 * the context `reading`; once the session has ended, in `ended`.
 */
#include <string.h>

#include "views/shell/shell_parts.h"

struct shell *shell_view_top(const struct view *view)
{
    return shells_current(app_shells(view->app));
}

static enum err_code open_view(struct view *view, struct err *err)
{
    struct shell_view *state = view->state;

    if (shell_view_top(view) == NULL)
        return err_advise(err, err_set(err, ERR_NOT_FOUND, "shells", "none is open"),
                          "with s on a node one is opened");
    detail_init(&state->detail);
    return OK;
}

static void close_view(struct view *view)
{
    struct shell_view *state = view->state;

    detail_done(&state->detail);
    description_free(state->found);
}

const char *shell_view_mode(const struct view *view)
{
    const struct shell *shell = shell_view_top(view);

    if (shell == NULL || (shell_has_ended(shell) && !shell->pane.browsing))
        return "ended";
    return shell->pane.browsing ? "reading" : "shell";
}

static void hints(const struct view *view, struct buf *line)
{
    const char *where = shell_view_mode(view);

    if (strcmp(where, "reading") == 0)
        buf_add_cstr(line, "v select  y copy  / search  n next  q back to the shell  ? keys");
    else if (strcmp(where, "ended") == 0)
        buf_add_cstr(line, "Enter close  r open anew  [ read  q back  ? keys");
    else
        buf_add_cstr(line, "Enter ~ . leave   Enter ~ q back, it goes on   Enter ~ [ read   "
                           "Enter ~ ? keys");
}

static void position(struct view *view, struct buf *line)
{
    const struct shell *shell = shell_view_top(view);

    if (shell == NULL)
        return;
    pane_position(&shell->pane, line);
    buf_addf(line, "%s%s  %s  %s  ", line->len > 0 ? "  " : "", shell->place.account,
             shell->place.target.region, shell->place.node);
    shell_describe(shell, line);
}

static bool is_full(const struct view *view)
{
    const struct shell_view *state = view->state;

    return state->is_full && shell_view_top(view) != NULL;
}

static enum err_code filter(struct view *view, struct sv text, bool final, struct err *err)
{
    struct shell *shell = shell_view_top(view);

    if (shell != NULL && !pane_search(&shell->pane, text) && final)
        return err_advise(
            err, err_set(err, ERR_NOT_FOUND, "search", "\"" SV_FMT "\" is nowhere", SV_ARG(text)),
            "");
    return OK;
}

static struct row_ref row(struct view *view)
{
    const struct shell *shell = shell_view_top(view);

    return shell != NULL ? shell->row : (struct row_ref){0};
}

const struct view_kind view_shells = {
    .name = "shells",
    .title = "Shells",
    .help = "the shells on nodes that are open, each a tab",
    .usage = "",
    .context = "shell",
    .state_bytes = sizeof(struct shell_view),
    .open = open_view,
    .close = close_view,
    .draw = shell_view_draw,
    .commands = shell_view_commands,
    .key = shell_view_key,
    .mode = shell_view_mode,
    .is_full = is_full,
    .hints = hints,
    .event = shell_view_event,
    .row = row,
    .filter = filter,
    .position = position,
};

const struct command command_session = {
    .name = "session",
    .usage = "leave|full|split|read|select|next|previous|anew|NUMBER",
    .help = "do something with the shell on top, or go to that tab",
    .flags = COMMAND_VIEW | COMMAND_TYPED,
    .args_min = 1,
    .args_max = 1};
