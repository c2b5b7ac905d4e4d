/* trail: what was decided and sent, from the audit chain; and its verification on the command line.
 */
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/store/audit.h"
#include "views/list_view/list_view.h"
#include "views/program/complain.h"
#include "views/program/subcommand.h"

static const struct list_def def = {
    .screen = &screen_trail,
    .name_column = "what",
    .arn_column = "actor",
    .attention = "!state:SUCCEEDED",
    .empty = "nothing has been decided or changed yet",
};

const struct view_kind view_trail =
    LIST_VIEW("trail", "Trail", "what was decided and sent, by whom", "", 0, "list", &def);

static void found(void *arg, size_t record, enum audit_fault fault)
{
    buf_addf(arg, "record %zu: %s\n", record, audit_fault_name(fault));
}

static enum err_code check_call(const struct options *options, struct err *err)
{
    if (options->n_args == 2 && strcmp(options->args[0], "verify") == 0)
        return OK;
    err_set(err, ERR_USAGE, "trail", "takes `verify FILE`");
    return err_advise(err, ERR_USAGE, "the console's own is ~/.local/state/watchdeck/audit");
}

/* What is wrong goes to standard output: it is what was asked for. */
static int run(const struct options *options)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct err err = ERR_NONE, unwritten = ERR_NONE;
    size_t records = 0;
    enum err_code code = check_call(options, &err);

    if (code == OK)
        code = audit_verify(options->args[1], options->key_file, options->head_file, true, found,
                            &out, &records, &err);
    if (code == OK)
        buf_addf(&out, "%zu records, the chain is whole\n", records);
    if (os_write_all(STDOUT_FILENO, buf_sv(&out), "standard output", &unwritten) != OK)
        complain(&unwritten);
    else if (code != OK && out.len == 0)
        complain(&err);
    return err_exit_status(unwritten.code != OK ? unwritten.code : code);
}

const struct subcommand subcommand_trail = {
    .name = "trail",
    .usage = "verify FILE [--key FILE] [--head FILE]",
    .help = "check a trail: whole, repaired at its end, or altered",
    .run = run,
};
