#include "views/node/place.h"

#include "core/gov/settings.h"
#include "views/frame/app.h"
#include "views/list_view/list_view.h"

static void take(char *to, size_t size, const struct row_ref *row, const char *column)
{
    sv_copy(row_text(row, column), to, size);
}

bool place_of_row(const struct row_ref *row, struct shell_place *place)
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

const char *place_name(const struct shell_place *place)
{
    return place->name[0] != '\0' ? place->name : place->node;
}

const struct screen *place_screen(const struct command_call *call)
{
    if (call->view->kind->open == list_view_open)
        return list_view_of(call->view)->def->screen;
    return row_text(&call->row, "node").len > 0 ? &screen_nodes : &screen_resources;
}

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

static bool is_reason_wanted(const struct settings *settings, const struct account *account)
{
    if (settings->session_reason == SESSION_REASON_PRODUCTION)
        return account != NULL && account->production;
    return settings->session_reason == SESSION_REASON_ALWAYS;
}

static bool wants_reason_for(struct gov *gov, const struct shell_place *place)
{
    struct estate *estate = gov_estate(gov);
    const struct account *account = estate_account(estate, sv_of(place->target.account_id));
    bool is_wanted = is_reason_wanted(gov_settings(gov), account);

    estate_unref(estate);
    return is_wanted;
}

enum err_code place_way_check(struct app *app, const struct shell_place *place, enum way way,
                              struct err *err)
{
    return way_check(app_gov(app), sv_of(place->target.account_id), place->node, way, DOOR_CONSOLE,
                     err);
}

enum err_code place_check(struct app *app, const struct row_ref *row,
                          const struct shell_place *place, enum way way, bool *wants_reason,
                          struct err *err)
{
    if (check_ping(row, place, err) != OK)
        return err->code;
    *wants_reason = wants_reason_for(app_gov(app), place);
    return place_way_check(app, place, way, err);
}
