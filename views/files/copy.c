/* get, put: a file comes from a node, or goes to one. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/session/ssh/transfer.h"
#include "views/files/copy_run.h"
#include "views/program/complain.h"
#include "views/program/subcommand.h"

/* USER@NODE: the node alone is looked for; the user is kept where copy_run finds it. */
static const char *cut_user(const char *text, char *user, size_t size)
{
    const char *at = strrchr(text, '@');

    if (at == NULL)
        return text;
    sv_copy((struct sv){text, (size_t)(at - text)}, user, size);
    return at + 1;
}

static bool is_put(const struct options *options)
{
    return strcmp(options->subcommand->name, "put") == 0;
}

/* All that can be known before anybody is asked. */
static enum err_code check(const struct options *options, struct err *err)
{
    const char *name = options->subcommand->name;

    if (options->n_args != 3 || options->args[0][0] == '@')
        return err_set(err, ERR_USAGE, name, "takes a NODE, %s",
                       is_put(options) ? "a file here (with -r a folder), and where it goes there"
                                       : "a file there (with -r a folder), and where it goes here");
    const struct transfer_request here = {.is_put = is_put(options),
                                          .is_recursive = options->recursive,
                                          .local = options->args[is_put(options) ? 1 : 2]};
    return transfer_check_here(&here, err);
}

static int run(const struct options *options)
{
    struct options own = *options;
    const char *args[3];
    char user[64] = "";
    struct err err;

    if (check(options, &err) != OK) {
        complain(&err);
        return err.code == ERR_USAGE ? err_exit_status(ERR_USAGE) : NODE_STATUS_ERROR;
    }
    args[0] = cut_user(options->args[0], user, sizeof user);
    args[1] = options->args[1];
    args[2] = options->args[2];
    own.args = args;
    if (own.user == NULL && user[0] != '\0')
        own.user = user;
    return node_program_run(&own, is_put(options) ? WAY_PUT : WAY_GET, copy_run);
}

#define USAGE                                                                          \
    "[USER@]NODE SRC DST [-r] [--user U] [--identity FILE] [--port N] [--accept-new] " \
    "[--account A] [--region R]"

const struct subcommand subcommand_get = {
    .name = "get",
    .usage = USAGE,
    .help = "a file comes from a node, with -r a folder, compared; begun ones are gone on with",
    .run = run,
};

const struct subcommand subcommand_put = {
    .name = "put",
    .usage = USAGE,
    .help = "a file goes to a node, with -r a folder, compared; begun ones are gone on with",
    .run = run,
};
