/* The command that opens a shell on the node of a row: first it is looked at whether that can be.
 */
#include "views/app.h"
#include "views/list_view.h"
#include "views/shell/shell.h"
#include "views/shell/shells.h"

/* --- where to ------------------------------------------------------------------------------------
 */

static void take(char *to, size_t size, const struct row_ref *row, const char *column)
{
    sv_copy(row_text(row, column), to, size);
}

/* The node that a row is about: one of Systems Manager, or an instance as a resource. */
static bool find_place(const struct row_ref *row, struct shell_place *place)
{
    bool is_instance = sv_eq_cstr(row_text(row, "resource_type"), "AWS::EC2::Instance");

    *place = (struct shell_place){0};
    take(place->node, sizeof place->node, row, is_instance ? "resource_id" : "node");
    take(place->name, sizeof place->name, row, "name");
    take(place->target.account_id, sizeof place->target.account_id, row, "account_id");
    take(place->target.region, sizeof place->target.region, row, "region");
    take(place->account, sizeof place->account, row, "account");
    if (place->account[0] == '\0')
        str_copy(place->account, place->target.account_id);
    return place->node[0] != '\0';
}

/* --- whether that can be ------------------------------------------------------------------------
 */

static enum err_code check_ping(const struct row_ref *row, const struct shell_place *place,
                                struct err *err)
{
    struct sv ping = row_text(row, "ping");

    if (ping.len == 0 || sv_eq_nocase(ping, SV("Online")))
        return OK;
    return err_set(err, ERR_UNSUPPORTED, place->node,
                   "is not online in %s of %s (" SV_FMT "): its agent has to report first",
                   place->target.region, place->account, SV_ARG(ping));
}

/* Whoever has a shell can change anything on the node. */
static enum err_code check_account(struct app *app, const struct shell_place *place,
                                   bool *wants_reason, struct err *err)
{
    struct estate *estate = gov_estate(app_gov(app));
    const struct account *account = estate_account(estate, sv_of(place->target.account_id));
    bool is_locked = gov_is_read_only(app_gov(app), account);

    *wants_reason = account != NULL && account->production;
    estate_unref(estate);
    if (!is_locked)
        return OK;
    return err_set(err, ERR_READ_ONLY, place->node,
                   "%s is read-only, and a shell can change anything", place->account);
}

/* --- opening ------------------------------------------------------------------------------------
 */

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
        app_message(wish->app, TONE_INFO, "no shell: in production it wants a reason");
    else if (open_shell(wish, reason, &err) != OK)
        app_error(wish->app, &err);
}

/* The list that the row is of, so that it can be described beside the terminal. */
static const struct screen *screen_of(const struct command_call *call)
{
    if (call->view->kind->open == list_view_open)
        return list_view_of(call->view)->def->screen;
    return row_text(&call->row, "node").len > 0 ? &screen_nodes : &screen_resources;
}

static enum err_code run_shell(const struct command_call *call, struct err *err)
{
    struct shell_wish *wish = shells_new_wish(app_shells(call->app));
    bool wants_reason = false;

    if (!find_place(&call->row, &wish->place))
        return err_set(err, ERR_UNSUPPORTED, "shell", "this row is no node and no instance");
    if (check_ping(&call->row, &wish->place, err) != OK ||
        check_account(call->app, &wish->place, &wants_reason, err) != OK)
        return err->code;
    wish->row = call->row;
    table_ref(wish->row.table);
    wish->screen = screen_of(call);
    if (!wants_reason)
        return open_shell(wish, "", err);
    app_ask_line(call->app, app_scope(call->app),
                 "reason for a shell in production: ", reason_given, wish);
    return OK;
}

const struct command command_shell = {.name = "shell",
                                      .usage = "",
                                      .help = "a shell on this node, by Session Manager",
                                      .flags = COMMAND_NEEDS_ROW,
                                      .run = run_shell};
