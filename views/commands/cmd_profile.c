/* profile: of the profiles that lead to one account, the one to enter it by. */
#include "core/base/mem.h"
#include "core/gov/estate/estate.h"
#include "views/frame/app.h"

static void profile_used(void *arg, const struct err *err)
{
    struct app *app = arg;
    struct selection same = *app_selection(app);

    if (err->code != OK) {
        app_error(app, err);
        return;
    }
    app_select(app, &same); /* as another one, everything may look different */
    app_message(app, TONE_GOOD, "its account is entered by that profile from now on");
}

static enum err_code run_profile(const struct command_call *call, struct err *err)
{
    struct gov *gov = app_gov(call->app);

    if (gov == NULL)
        return err_set(err, ERR_CREDENTIALS, "profile", "not connected yet");
    gov_use_profile(gov, call->args[0], app_scope(call->app), profile_used, call->app);
    return OK;
}

static void offer_profiles(const struct account *account, struct sv prefix,
                           void (*offer)(void *sink, const char *word), void *sink)
{
    struct sv rest = sv_of(account->profiles), name;

    while (account_next_profile(&rest, &name)) {
        AUTO_FREE char *word = sv_dup(name);
        if (sv_starts(name, prefix))
            offer(sink, word);
    }
}

static void complete_profile(struct app *app, size_t arg, struct sv prefix,
                             void (*offer)(void *sink, const char *word), void *sink)
{
    struct estate *estate = arg == 0 && app_gov(app) != NULL ? gov_estate(app_gov(app)) : NULL;

    for (size_t i = 0; estate != NULL && i < estate->accounts.len; i++)
        offer_profiles(&estate->accounts.ptr[i], prefix, offer, sink);
    estate_unref(estate);
}

const struct command command_profile = {
    .name = "profile",
    .usage = "NAME",
    .help = "enter its account by this profile, of several that lead there",
    .flags = COMMAND_TYPED,
    .args_min = 1,
    .args_max = 1,
    .complete = complete_profile,
    .run = run_profile};
