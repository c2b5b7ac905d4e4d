#include "views/node/ways.h"

#include "core/base/mem.h"
#include "core/gov/settings.h"

/* What each of them has to do with changes; NULL: nothing. */
static const char *const reasons[WAYS] = {
    [WAY_SHELL] = "a shell can change anything",
    [WAY_STREAM] = "whoever is let in by sshd can change anything",
    [WAY_FORWARD] = "what a forward leads to can be changed through it",
    [WAY_PUT] = "a file on a node is a change",
};

bool way_changes(enum way way)
{
    return reasons[way] != NULL;
}

enum err_code way_check_start(const struct gov *gov, const char *where, enum way way,
                              struct err *err)
{
    if (!way_changes(way) || !gov_is_read_only(gov, NULL))
        return OK;
    return err_set(err, ERR_STARTED_READ_ONLY, where, "started with --read-only, and %s",
                   reasons[way]);
}

static bool is_closed(const struct gov *gov, const struct account *account, enum way_door door)
{
    if (door == DOOR_CONSOLE)
        return gov_is_read_only(gov, account);
    return account_matches(account, sv_of(gov_settings(gov)->read_only));
}

static const char *name_of(const struct account *account)
{
    return account->name != NULL && account->name[0] != '\0' ? account->name : account->id;
}

/* Where the settings say so: nobody else can tell who is on a command line. */
static void add_origin(const struct gov *gov, enum way_door door, struct buf *text)
{
    if (door == DOOR_CONSOLE)
        return;
    buf_add_cstr(text, " (read_only, ");
    settings_origin(gov_settings(gov), "read_only", text);
    buf_add_char(text, ')');
}

enum err_code way_check(struct gov *gov, struct sv account_id, const char *node, enum way way,
                        enum way_door door, struct err *err)
{
    AUTO(buf_done) struct buf why = BUF_NONE;

    if (way_check_start(gov, node, way, err) != OK)
        return err->code;
    struct estate *estate = gov_estate(gov);
    const struct account *account = estate != NULL ? estate_account(estate, account_id) : NULL;
    if (account != NULL && way_changes(way) && is_closed(gov, account, door)) {
        buf_addf(&why, "%s is read-only", name_of(account));
        add_origin(gov, door, &why);
        buf_addf(&why, ", and %s", reasons[way]);
    }
    estate_unref(estate);
    return why.len == 0 ? OK : err_set(err, ERR_READ_ONLY, node, "%s", buf_cstr(&why));
}
