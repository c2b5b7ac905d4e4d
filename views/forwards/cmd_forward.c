/* The command that leads a port of this machine behind the node of a row. */
#include "views/forwards/forwards.h"
#include "views/frame/app.h"

static enum err_code open_forward(const struct forward_wish *wish, const char *reason,
                                  struct err *err)
{
    if (forwards_open(app_forwards(wish->app), wish, reason, err) != OK)
        return err->code;
    app_message(wish->app, TONE_INFO, "asking for a session with %s…", place_name(&wish->place));
    return OK;
}

static void reason_given(void *arg, const char *reason)
{
    struct forward_wish *wish = arg;
    struct err err = ERR_NONE;

    if (reason == NULL)
        app_message(wish->app, TONE_INFO, "no forward: it wants a reason (session_reason)");
    else if (open_forward(wish, reason, &err) != OK)
        app_error(wish->app, &err);
}

static enum err_code take_spec(struct forward_wish *wish, struct sv text, struct err *err)
{
    if (forward_spec_parse(text, &wish->spec, err) != OK)
        return err->code;
    if (!wish->wants_reason)
        return open_forward(wish, "", err);
    app_ask_line(wish->app, app_scope(wish->app), "reason for a forward: ", reason_given, wish);
    return OK;
}

static void spec_given(void *arg, const char *spec)
{
    struct forward_wish *wish = arg;
    struct err err = ERR_NONE;

    if (spec != NULL && take_spec(wish, sv_of(spec), &err) != OK)
        app_error(wish->app, &err);
}

static enum err_code run_forward(const struct command_call *call, struct err *err)
{
    struct forward_wish *wish = forwards_new_wish(app_forwards(call->app));

    if (!place_of_row(&call->row, &wish->place))
        return err_set(err, ERR_UNSUPPORTED, "forward", "this row is no node and no instance");
    if (place_check(call->app, &call->row, &wish->place, WAY_FORWARD, &wish->wants_reason, err) !=
        OK)
        return err->code;
    wish->row = call->row;
    table_ref(wish->row.table);
    if (call->n_args > 0)
        return take_spec(wish, sv_of(call->args[0]), err);
    app_ask_line(call->app, app_scope(call->app),
                 "forward to (PORT, LOCAL:PORT, HOST:PORT or LOCAL:HOST:PORT): ", spec_given, wish);
    return OK;
}

const struct command command_forward = {
    .name = "forward",
    .usage = "[[LOCAL:][HOST:]PORT]",
    .help = "lead a port of this machine to one of this node, or of a host behind it",
    .flags = COMMAND_NEEDS_ROW,
    .args_max = 1,
    .run = run_forward};
