#include "views/program.h"

#include "core/base/os.h"
#include "core/gov/estate/saved_scope.h"
#include "views/console/console.h"
#include "views/console/runners.h"
#include "views/console/settings_check.h"
#include "views/program/complain.h"
#include "views/program/once.h"

#define DEMO_READY_MS 20000

static int fail(const struct err *err)
{
    complain(err);
    return err_exit_status(err->code);
}

/* A program that asks AWS and shows no screens. */
struct headless {
    int (*run)(struct gov *gov, const struct options *options, void *arg);
    void *arg;
};

static int run_headless(const struct options *options, const struct settings *settings,
                        struct demo *demo, const struct headless *headless)
{
    struct gov_options gov_options;
    struct gov *gov = NULL;
    struct err err = ERR_NONE;
    int status;

    if (demo != NULL && demo_wait(demo, DEMO_READY_MS, &err) != OK)
        return fail(&err);
    gov_options = console_gov_options(options, settings, demo);
    runners_start(settings);
    status = gov_new(&gov_options, &gov, &err) != OK ? fail(&err)
                                                     : headless->run(gov, options, headless->arg);
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

/* headless NULL: the console. */
static int run_program(struct options *options, const struct headless *headless)
{
    struct settings settings;
    struct demo demo;
    struct err err = ERR_NONE;
    int status;

    if (settings_load(options->config_file, &settings, &err) != OK ||
        settings_check(&settings, &err) != OK || take_scope(options, &err) != OK)
        return fail(&err);
    if (options->demo && demo_start(&demo, options->world, options->now_ms, &err) != OK)
        return fail(&err);
    struct demo *its_demo = options->demo ? &demo : NULL;
    if (its_demo != NULL && demo_approve(its_demo, &settings, &err) != OK)
        status = fail(&err);
    else
        status = headless != NULL ? run_headless(options, &settings, its_demo, headless)
                                  : console_run(options, &settings, its_demo);
    if (options->demo)
        demo_stop(&demo);
    return status;
}

static int run_once(struct gov *gov, const struct options *options, void *arg)
{
    (void)arg;
    return once_run(gov, options);
}

int program_run(struct options *options)
{
    const struct headless once = {.run = run_once};

    return run_program(options, options->once != NULL ? &once : NULL);
}

int program_run_with(const struct options *options,
                     int (*run)(struct gov *gov, const struct options *options, void *arg),
                     void *arg)
{
    const struct headless headless = {.run = run, .arg = arg};
    struct options own = *options; /* --scope narrows it */

    return run_program(&own, &headless);
}
