#include "views/program/subcommand.h"

#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "views/program/complain.h"

#define SUBCOMMAND(name) extern const struct subcommand subcommand_##name;
#include "views/program/subcommands.def"
#undef SUBCOMMAND

const struct subcommand *const subcommands[] = {
#define SUBCOMMAND(name) &subcommand_##name,
#include "views/program/subcommands.def"
#undef SUBCOMMAND
};
const size_t n_subcommands = ARRAY_LEN(subcommands);

const struct subcommand *subcommand_find(const char *name)
{
    for (size_t i = 0; i < n_subcommands; i++) {
        if (strcmp(subcommands[i]->name, name) == 0)
            return subcommands[i];
    }
    return NULL;
}

int subcommand_end(enum err_code code, const struct buf *out, const struct err *err)
{
    struct err unwritten = ERR_NONE;

    if (code == OK) {
        code = os_write_all(STDOUT_FILENO, buf_sv(out), "standard output", &unwritten);
        err = &unwritten;
    }
    if (code != OK)
        complain(err);
    return err_exit_status(code);
}
