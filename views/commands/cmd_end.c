/* Ending what goes on, and beginning it anew. */
#include "core/base/mem.h"
#include "views/files/transfer_list.h"
#include "views/forwards/forward_list.h"
#include "views/forwards/forwards.h"
#include "views/frame/app.h"
#include "views/shell/shells.h"

/* --- forwards -----------------------------------------------------------------------------------
 */

static enum err_code find_forward(const struct command_call *call, const char *where,
                                  struct forward **forward, struct err *err)
{
    *forward = forward_of_row(call->app, &call->row);
    if (*forward == NULL)
        return err_set(err, ERR_NOT_FOUND, where, "it has been stopped already");
    return OK;
}

static enum err_code end_forward(const struct command_call *call, struct err *err)
{
    struct forward *forward;

    if (find_forward(call, "end", &forward, err) == OK)
        forward_stop(forward);
    return err->code;
}

static enum err_code reopen_forward(const struct command_call *call, struct err *err)
{
    struct forward *forward;

    if (find_forward(call, "reopen", &forward, err) != OK)
        return err->code;
    if (!forward_has_ended(forward))
        return err_set(err, ERR_UNSUPPORTED, "reopen", "this one has not ended");
    if (place_way_check(call->app, &forward->place, WAY_FORWARD, err) != OK)
        return err->code;
    forward_reopen(forward);
    return OK;
}

/* --- sessions -----------------------------------------------------------------------------------
 */

/* One of this console's own is left as from its own screen. Whoever else has one loses what he
 * does there: that is a change like any other. */
static enum err_code end_session(const struct command_call *call, struct err *err)
{
    struct sv id = row_text(&call->row, "session_id");
    struct shell *shell = shells_find(app_shells(call->app), id);
    struct forward *forward = forwards_find_session(app_forwards(call->app), id);

    if (!sv_eq_cstr(row_text(&call->row, "state"), "Active"))
        return err_set(err, ERR_UNSUPPORTED, "end", "this session is over");
    if (shell == NULL && forward == NULL)
        return command_run(call->app, &command_approve, NULL, 0);
    if (forward != NULL) {
        forward_stop(forward);
        return OK;
    }
    app_message(call->app, TONE_GOOD, "the shell on %s is left", place_name(&shell->place));
    shell_close(shell);
    return OK;
}

static enum err_code reopen_session(const struct command_call *call, struct err *err)
{
    (void)call;
    return err_set(err, ERR_UNSUPPORTED, "reopen", "s on its node opens another one");
}

/* --- whatever it is -----------------------------------------------------------------------------
 */

typedef enum err_code run_fn(const struct command_call *call, struct err *err);

static const struct {
    const struct view_kind *on;
    run_fn *end, *reopen;
} endings[] = {
    {&view_forwards, end_forward, reopen_forward},
    {&view_sessions, end_session, reopen_session},
    {&view_transfers, transfer_end, transfer_reopen},
};

static enum err_code run_on(const struct command_call *call, bool is_end, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        if (call->view->kind == endings[i].on)
            return (is_end ? endings[i].end : endings[i].reopen)(call, err);
    }
    return err_set(err, ERR_UNSUPPORTED, is_end ? "end" : "reopen",
                   "works on :sessions, :forwards and :transfers");
}

static enum err_code run_end(const struct command_call *call, struct err *err)
{
    return run_on(call, true, err);
}

static enum err_code run_reopen(const struct command_call *call, struct err *err)
{
    return run_on(call, false, err);
}

const struct command command_end = {
    .name = "end",
    .usage = "",
    .help = "end this session, stop this forward, give up this transfer",
    .flags = COMMAND_NEEDS_ROW | COMMAND_DECIDES,
    .run = run_end};
const struct command command_reopen = {.name = "reopen",
                                       .usage = "",
                                       .help =
                                           "begin this forward or transfer anew, once it has ended",
                                       .flags = COMMAND_NEEDS_ROW,
                                       .run = run_reopen};
