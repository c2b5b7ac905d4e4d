/* watchdeck: what the command line asks for, and nothing else. */
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/text.h"
#include "views/program.h"
#include "views/program/complain.h"
#include "views/program/generate.h"
#include "views/program/subcommand.h"

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

int main(int argc, char **argv)
{
    struct options options;
    struct err err = ERR_NONE;
    struct buf text = BUF_NONE;

    os_harden_process();
    json_want_memory();
    digest_want_memory();
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
    return program_run(&options);
}
