#include "views/program.h"

#include "core/base/os.h"
#include "core/gov/saved_scope.h"
#include "views/complain.h"
#include "views/console.h"
#include "views/once.h"
#include "views/runners.h"

#define DEMO_READY_MS 20000

static int fail(const struct err *err)
{
    complain(err);
    return err_exit_status(err->code);
}

static int run_once(const struct options *options, const struct settings *settings,
                    struct demo *demo)
{
    struct gov_options gov_options;
    struct gov *gov = NULL;
    struct err err = ERR_NONE;
    int status;

    if (demo != NULL && demo_wait(demo, DEMO_READY_MS, &err) != OK)
        return fail(&err);
    gov_options = console_gov_options(options, settings, demo);
    runners_start(settings);
    status = gov_new(&gov_options, &gov, &err) != OK ? fail(&err) : once_run(gov, options);
    runners_stop();
    gov_free(gov);
    return status;
}

/* What --scope names, behind what --account and --region say. */
static enum err_code take_scope(struct options *options, struct err *err)
{
    struct selection saved = {0};
    char dir[1024];

    if (options->scope == NULL)
        return OK;
    if (options->state_dir != NULL)
        str_copy(dir, options->state_dir);
    else
        os_xdg_dir("state", dir, sizeof dir);
    if (saved_scopes_select(dir, sv_of(options->scope), &saved, err) != OK)
        return err->code;
    if (options->selection.accounts[0] == '\0')
        str_copy(options->selection.accounts, saved.accounts);
    if (options->selection.regions[0] == '\0')
        str_copy(options->selection.regions, saved.regions);
    return OK;
}

int program_run(struct options *options)
{
    struct settings settings;
    struct demo demo;
    struct err err = ERR_NONE;
    int status;

    if (settings_load(options->config_file, &settings, &err) != OK ||
        take_scope(options, &err) != OK)
        return fail(&err);
    if (options->demo && demo_start(&demo, options->world, options->now_ms, &err) != OK)
        return fail(&err);
    status = options->once != NULL ? run_once(options, &settings, options->demo ? &demo : NULL)
                                   : console_run(options, &settings, options->demo ? &demo : NULL);
    if (options->demo)
        demo_stop(&demo);
    return status;
}
