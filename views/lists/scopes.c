/* scopes: the saved scopes; Enter chooses one and goes back to where it is looked at. */
#include "views/list_view/list_view.h"

static enum err_code into(struct view *view, const struct row_ref *row, struct err *err)
{
    static const char *const numbers[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    struct app *app = view->app;
    struct cell cell;

    (void)err;
    table_value(row->table, row->row, "number", &cell);
    if (command_run(app, command_find(SV("scope")), &numbers[cell.number], 1) == OK)
        app_back(app); /* the view is gone from here on */
    return OK;
}

static const struct list_def def = {.screen = &screen_scopes, .into = into, .name_column = "name"};

const struct view_kind view_scopes = LIST_VIEW(
    "scopes", "Scopes", "the saved scopes: what the keys 1 to 9 look at", "", 0, "list", &def);
