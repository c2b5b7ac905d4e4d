/* gaps: what the screens could not see; Enter opens the screen with that account alone. */
#include "core/base/mem.h"
#include "views/list_view.h"

static enum err_code into(struct view *view, const struct row_ref *row, struct err *err)
{
    const struct view_kind *kind = view_kind_find(row_text(row, "screen"));
    struct view_scope at = view->at;

    if (kind == NULL)
        return err_set(err, ERR_NOT_FOUND, "gaps", "that screen cannot be opened");
    at.filter[0] = '\0';
    sv_copy(row_text(row, "account_id"), at.selection.accounts, sizeof at.selection.accounts);
    return app_open_scoped(view->app, kind, NULL, 0, &at, err);
}

static const struct list_def def = {
    .screen = &screen_gaps, .into = into, .name_column = "iam_action"};

const struct view_kind view_gaps =
    LIST_VIEW("gaps", "Gaps", "what the screens could not see, and why", "", 0, "list", &def);
