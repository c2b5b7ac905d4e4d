/* login: a login that was given up is asked for again. */
#include "views/frame/app.h"

static enum err_code run_login(const struct command_call *call, struct err *err)
{
    struct gov *gov = app_gov(call->app);

    if (gov == NULL)
        return err_set(err, ERR_CREDENTIALS, "login", "not connected yet");
    client_login(gov_client(gov));
    if (call->view != NULL && call->view->kind->reload != NULL)
        call->view->kind->reload(call->view);
    return OK;
}

const struct command command_login = {
    .name = "login",
    .usage = "",
    .help = "log in again where it is needed, and load what waited for it",
    .run = run_login};
