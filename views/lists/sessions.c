/* sessions: see core/gov/screens/screen_sessions.c. Enter on one of this console's own goes to its
 * tab, or to the list of forwards; on one that is over to what it has shown. */
#include "core/base/mem.h"
#include "views/forwards/forwards.h"
#include "views/list_view/list_view.h"
#include "views/shell/shells.h"

static enum err_code open_log(struct view *view, const struct row_ref *row, struct err *err)
{
    AUTO_FREE char *id = sv_dup(row_text(row, "session_id"));
    const char *args[] = {id};

    return list_view_open_at(view, row, &view_log, args, 1, err);
}

static enum err_code open_session(struct view *view, const struct row_ref *row, struct err *err)
{
    struct sv id = row_text(row, "session_id");
    struct shell *shell = shells_find(app_shells(view->app), id);

    if (shell != NULL) {
        shells_show(shell);
        return app_open(view->app, &view_shells, NULL, 0, err);
    }
    if (forwards_find_session(app_forwards(view->app), id) != NULL)
        return app_open(view->app, &view_forwards, NULL, 0, err);
    if (sv_eq_cstr(row_text(row, "state"), "History"))
        return open_log(view, row, err);
    return app_open(view->app, &view_describe, NULL, 0, err);
}

static const struct action actions[] = {
    {"into", NULL, "go to it", "one of this console's own; of one that is over its log", NULL},
    {"end", NULL, "end it", "one's own at once; somebody else's by the review sheet, for good",
     "ssm:TerminateSession"},
    {"describe", NULL, "describe it", "what is known of it", "ssm:DescribeSessions"},
    {"copy", "name", "copy its id", "to the clipboard", NULL},
    {"copy", "output", "copy where its output is kept", "to the clipboard", NULL},
    {"copy", "cli", "copy it as an AWS CLI command", "the call that reads it", NULL},
    {0},
};

static const struct list_def def = {
    .screen = &screen_sessions,
    .into = open_session,
    .name_column = "session_id",
    .attention = "state:=Active",
    .actions = actions,
};

const struct view_kind view_sessions =
    LIST_VIEW("sessions", "Sessions", "who is on which node, and who was", "", 0, "sessions", &def);
