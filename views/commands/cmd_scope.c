/*
 * The command `scope`: what every screen looks at from now on.
 *
 *     scope all | scope 0          everything
 *     scope @shop,payments #eu-*   accounts, regions
 *     scope 2 | scope shop         a saved one
 *     scope save 2 shop            saves what the screen looks at; scope forget 2 frees the number
 */
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/gov/estate/saved_scope.h"
#include "views/frame/app.h"

/* --- choosing -------------------------------------------------------------------------------- */

static enum err_code nothing_saved(const struct saved_scopes *scopes, const char *word,
                                   struct err *err)
{
    AUTO(buf_done) struct buf names = BUF_NONE;
    bool is_number = word[0] >= '0' && word[0] <= '9';

    saved_scopes_names(scopes, &names);
    if (is_number)
        return err_set(err, ERR_USAGE, "scope",
                       "nothing is saved under %s: `:scope save %s NAME` keeps what you see", word,
                       word);
    return err_set(err, ERR_USAGE, "scope",
                   "\"%s\" is neither all, @ACCOUNTS nor #REGIONS, nor saved (%s)", word,
                   buf_cstr(&names));
}

static enum err_code take_saved(struct app *app, const char *word, struct selection *selection,
                                struct err *err)
{
    const struct saved_scopes *scopes = gov_scopes(app_gov(app), err);
    int number;

    if (err->code != OK)
        return err->code;
    number = saved_scopes_find(scopes, sv_of(word));
    if (number == 0)
        return nothing_saved(scopes, word, err);
    *selection = scopes->by_number[number].selection;
    return OK;
}

static enum err_code take_word(struct app *app, const char *word, struct selection *selection,
                               struct err *err)
{
    bool is_taken;

    if (strcmp(word, "all") == 0 || strcmp(word, "0") == 0) {
        *selection = (struct selection){0};
        return OK;
    }
    enum err_code code = command_take_scope(word, selection, &is_taken, err);
    return is_taken ? code : take_saved(app, word, selection, err);
}

static enum err_code choose(const struct command_call *call, struct err *err)
{
    struct selection selection = *app_selection(call->app);
    enum err_code code = OK;

    for (size_t i = 0; i < call->n_args && code == OK; i++)
        code = take_word(call->app, call->args[i], &selection, err);
    if (code == OK)
        app_select(call->app, &selection);
    return code;
}

/* --- saving ---------------------------------------------------------------------------------- */

static void saved(void *arg, const struct err *err)
{
    struct app *app = arg;

    if (err->code != OK)
        app_error(app, err);
    else
        app_message(app, TONE_GOOD, "saved; :scopes lists what the keys 1 to 9 stand for");
}

static enum err_code take_number(const char *word, int *number, struct err *err)
{
    *number = word[0] - '0';
    if (word[0] < '1' || word[0] > '9' || word[1] != '\0')
        return err_set(err, ERR_USAGE, "scope", "\"%s\" is no number from 1 to 9", word);
    return OK;
}

static enum err_code save(const struct command_call *call, struct err *err)
{
    const struct selection *selection =
        call->view != NULL ? &call->view->at.selection : app_selection(call->app);
    struct saved_scope scope = {.selection = *selection};
    int number;

    if (call->n_args != 3)
        return err_set(err, ERR_USAGE, "scope", "usage: scope save NUMBER NAME");
    if (take_number(call->args[1], &number, err) != OK)
        return err->code;
    if (!saved_scope_name_is_good(sv_of(call->args[2])))
        return err_set(err, ERR_USAGE, "scope",
                       "a name has at most 32 letters, digits, '-', '_' or '.': \"%s\" will not do",
                       call->args[2]);
    if (selection->accounts[0] == '\0' && selection->regions[0] == '\0')
        return err_set(err, ERR_USAGE, "scope",
                       "this is all, which 0 stands for: choose @ACCOUNTS or #REGIONS first");
    str_copy(scope.name, call->args[2]);
    gov_save_scope(app_gov(call->app), number, &scope, app_scope(call->app), saved, call->app);
    return OK;
}

static void forgotten(void *arg, const struct err *err)
{
    struct app *app = arg;

    if (err->code != OK)
        app_error(app, err);
    else
        app_message(app, TONE_INFO, "forgotten");
}

static enum err_code forget(const struct command_call *call, struct err *err)
{
    const struct saved_scope none = {0};
    int number;

    if (call->n_args != 2)
        return err_set(err, ERR_USAGE, "scope", "usage: scope forget NUMBER");
    if (take_number(call->args[1], &number, err) != OK)
        return err->code;
    gov_save_scope(app_gov(call->app), number, &none, app_scope(call->app), forgotten, call->app);
    return OK;
}

/* --- the command ----------------------------------------------------------------------------- */

static enum err_code run_scope(const struct command_call *call, struct err *err)
{
    if (app_gov(call->app) == NULL)
        return err_set(err, ERR_CREDENTIALS, "scope", "not connected yet");
    if (strcmp(call->args[0], "save") == 0)
        return save(call, err);
    if (strcmp(call->args[0], "forget") == 0)
        return forget(call, err);
    return choose(call, err);
}

static void complete_scope(struct app *app, size_t arg, struct sv prefix,
                           void (*offer)(void *sink, const char *word), void *sink)
{
    static const char *const words[] = {"all", "save", "forget"};
    struct err err = ERR_NONE;

    for (size_t i = 0; arg == 0 && i < ARRAY_LEN(words); i++) {
        if (sv_starts(sv_of(words[i]), prefix))
            offer(sink, words[i]);
    }
    for (int i = 1; arg == 0 && app_gov(app) != NULL && i <= SAVED_SCOPES; i++) {
        const char *name = gov_scopes(app_gov(app), &err)->by_number[i].name;

        if (name[0] != '\0' && sv_starts(sv_of(name), prefix))
            offer(sink, name);
    }
}

const struct command command_scope = {
    .name = "scope",
    .usage = "all|@ACCOUNTS|#REGIONS...|N|save N NAME|forget N",
    .help = "choose the accounts and regions to look at; a saved scope by number or name",
    .flags = COMMAND_TYPED,
    .args_min = 1,
    .args_max = 3,
    .complete = complete_scope,
    .run = run_scope};
