/* The command that opens a shell on the node of a row: first it is looked at whether that can be.
 */
#include "views/frame/app.h"
#include "views/shell/shell.h"
#include "views/shell/shells.h"

static enum err_code open_shell(const struct shell_wish *wish, const char *reason, struct err *err)
{
    int rows, cols;

    shell_view_size(wish->app, &rows, &cols);
    if (shells_open(app_shells(wish->app), wish, reason, rows, cols, err) != OK ||
        app_view(wish->app)->kind == &view_shells)
        return err->code;
    return app_open(wish->app, &view_shells, NULL, 0, err);
}

static void reason_given(void *arg, const char *reason)
{
    struct shell_wish *wish = arg;
    struct err err = ERR_NONE;

    if (reason == NULL)
        app_message(wish->app, TONE_INFO, "no shell: it wants a reason (session_reason)");
    else if (open_shell(wish, reason, &err) != OK)
        app_error(wish->app, &err);
}

static enum err_code run_shell(const struct command_call *call, struct err *err)
{
    struct shell_wish *wish = shells_new_wish(app_shells(call->app));
    bool wants_reason = false;

    if (!place_of_row(&call->row, &wish->place))
        return err_set(err, ERR_UNSUPPORTED, "shell", "this row is no node and no instance");
    if (place_check(call->app, &call->row, &wish->place, WAY_SHELL, &wants_reason, err) != OK)
        return err->code;
    wish->row = call->row;
    table_ref(wish->row.table);
    wish->screen = place_screen(call);
    if (!wants_reason)
        return open_shell(wish, "", err);
    app_ask_line(call->app, app_scope(call->app), "reason for a shell: ", reason_given, wish);
    return OK;
}

const struct command command_shell = {.name = "shell",
                                      .usage = "",
                                      .help = "a shell on this node, by Session Manager",
                                      .flags = COMMAND_NEEDS_ROW,
                                      .run = run_shell};
