/* Ending what goes on, and beginning it anew. */
#include "views/app.h"
#include "views/shell/forward_list.h"
#include "views/shell/forwards.h"

static enum err_code find_forward(const struct command_call *call, const char *where,
                                  struct forward **forward, struct err *err)
{
    if (call->view->kind != &view_forwards)
        return err_set(err, ERR_UNSUPPORTED, where, "works on :forwards");
    *forward = forward_of_row(call->app, &call->row);
    if (*forward == NULL)
        return err_set(err, ERR_NOT_FOUND, where, "it has been stopped already");
    return OK;
}

static enum err_code run_end(const struct command_call *call, struct err *err)
{
    struct forward *forward;

    if (find_forward(call, "end", &forward, err) == OK)
        forward_stop(forward);
    return err->code;
}

static enum err_code run_reopen(const struct command_call *call, struct err *err)
{
    struct forward *forward;

    if (find_forward(call, "reopen", &forward, err) != OK)
        return err->code;
    if (!forward_has_ended(forward))
        return err_set(err, ERR_UNSUPPORTED, "reopen", "this one has not ended");
    forward_reopen(forward);
    return OK;
}

const struct command command_end = {.name = "end",
                                    .usage = "",
                                    .help = "stop this forward",
                                    .flags = COMMAND_NEEDS_ROW,
                                    .run = run_end};
const struct command command_reopen = {.name = "reopen",
                                       .usage = "",
                                       .help = "begin this forward anew, once it has ended",
                                       .flags = COMMAND_NEEDS_ROW,
                                       .run = run_reopen};
