/* sessions: see core/gov/screens/screen_sessions.c. Enter on one of this console's own goes to its
 * tab. */
#include <string.h>

#include "core/base/mem.h"
#include "views/list_view.h"
#include "views/shell/shells.h"

static enum err_code open_session(struct view *view, const struct row_ref *row, struct err *err)
{
    struct shells *shells = app_shells(view->app);

    for (size_t i = 0; i < shells_count(shells); i++) {
        const char *id = shells_at(shells, i)->status.session_id;

        if (id[0] == '\0' || !sv_eq_cstr(row_text(row, "session_id"), id))
            continue;
        shells_choose(shells, i);
        return app_open(view->app, &view_shells, NULL, 0, err);
    }
    return app_open(view->app, &view_describe, NULL, 0, err);
}

static const struct list_def def = {
    .screen = &screen_sessions,
    .into = open_session,
    .name_column = "session_id",
    .attention = "state:=Active",
};

const struct view_kind view_sessions =
    LIST_VIEW("sessions", "Sessions", "who is on which node, and who was", "", 0, "list", &def);
