/* watchdeck: what the command line asks for, and nothing else. */
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/text.h"
#include "core/gov/saved_scope.h"
#include "views/complain.h"
#include "views/console.h"
#include "views/generate.h"
#include "views/once.h"
#include "views/runners.h"
#include "views/subcommand.h"

#define DEMO_READY_MS 20000

static int print(struct buf *text)
{
    struct err err = ERR_NONE;

    if (os_write_all(STDOUT_FILENO, buf_sv(text), "standard output", &err) != OK)
        complain(&err);
    buf_done(text);
    return err_exit_status(err.code);
}

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

static int run(struct options *options)
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

int main(int argc, char **argv)
{
    struct options options;
    struct err err = ERR_NONE;
    struct buf text = BUF_NONE;

    os_harden_process();
    setlocale(LC_CTYPE, ""); /* never LC_NUMERIC: JSON has points */
    text_ascii_only(strcmp(nl_langinfo(CODESET), "UTF-8") != 0);
    if (options_parse(argc, argv, &options, &err) != OK)
        return fail(&err);
    if (options.help) {
        options_help(&text);
        return print(&text);
    }
    if (options.version) {
        buf_add_cstr(&text, "watchdeck " WATCHDECK_VERSION "\n");
        return print(&text);
    }
    if (options.generate != NULL)
        return generate(options.generate, &text, &err) == OK ? print(&text) : fail(&err);
    if (options.log_file != NULL && log_open_file(options.log_file, &err) != OK)
        return fail(&err);
    if (options.now_ms != 0)
        clock_freeze_display(options.now_ms);
    if (options.subcommand != NULL)
        return options.subcommand->run(&options);
    return run(&options);
}
