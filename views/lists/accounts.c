/* accounts: the organization's accounts by OU, with recorder, compliance and reachability. */
#include "views/list_view/list_view.h"

/* Into an account: its resources. */
static enum err_code into(struct view *view, const struct row_ref *row, struct err *err)
{
    struct view_scope at = view->at;

    at.filter[0] = '\0';
    sv_copy(row_text(row, "account_id"), at.selection.accounts, sizeof at.selection.accounts);
    return app_open_scoped(view->app, &view_resources, NULL, 0, &at, err);
}

/* Columns of screen_accounts: the OU's path leads, the name stands below it. */
static const struct tree_shape ou_tree = {.path_column = 0, .label_column = 1, .separator = '/'};

static const struct list_def def = {
    .screen = &screen_accounts,
    .tree = &ou_tree,
    .into = into,
    .name_column = "name",
    .arn_column = "arn",
    .attention = "!reachable:yes",
};

const struct view_kind view_accounts =
    LIST_VIEW("accounts", "Accounts", "the organization's accounts, by OU", "", 0, "tree", &def);
