/* The command that copies a file to the node of a row, or from it. */
#include "core/base/mem.h"
#include "views/files/transfers.h"
#include "views/frame/app.h"

/* The user that images of a platform have, as far as that can be told from its name. */
static const char *usual_user(struct sv platform)
{
    static const struct {
        const char *begins, *user;
    } users[] = {{"Ubuntu", "ubuntu"}, {"Debian", "admin"}, {"CentOS", "centos"}};

    for (size_t i = 0; i < ARRAY_LEN(users); i++) {
        if (sv_starts(platform, sv_of(users[i].begins)))
            return users[i].user;
    }
    return TRANSFER_USER;
}

static enum err_code run_transfer(const struct command_call *call, struct err *err)
{
    struct transfer_wish *wish = transfers_new_wish(app_transfers(call->app));
    const char *args[] = {wish->place.node};

    if (!place_of_row(&call->row, &wish->place))
        return err_set(err, ERR_UNSUPPORTED, "transfer", "this row is no node and no instance");
    /* what is read-only can still be read: the sheet asks which way it goes */
    if (place_check(call->app, &call->row, &wish->place, WAY_GET, &wish->wants_reason, err) != OK)
        return err->code;
    wish->row = call->row;
    table_ref(wish->row.table);
    str_copy(wish->local, ".");
    str_copy(wish->user, usual_user(row_text(&call->row, "platform")));
    return app_open(call->app, &view_transfer_sheet, args, 1, err);
}

const struct command command_transfer = {.name = "transfer",
                                         .usage = "",
                                         .help = "copy a file to this node, or from it",
                                         .flags = COMMAND_NEEDS_ROW,
                                         .run = run_transfer};
