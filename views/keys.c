#include "views/keys.h"

#include "core/base/log.h"
#include "core/base/mem.h"
#include "views/command.h"

static bool is_command(void *ctx, struct sv name, size_t n_args)
{
    const struct command *command = command_find(name);

    (void)ctx;
    return command != NULL && n_args >= command->args_min && n_args <= command->args_max;
}

const struct keymap_check keys_check = {is_command, NULL};

/* Problems stand a line each in *problems. */
static enum err_code add_named(struct keymap *keymap, const char *name, struct buf *problems)
{
    struct err err = ERR_NONE;
    size_t n;
    char line[512];

    if (keymap_add_named(keymap, name, &keys_check, problems, &n, &err) != OK) {
        err_describe(&err, line, sizeof line);
        buf_addf(problems, "%s\n", line);
    }
    return err.code;
}

static void tell(struct sv problems, struct buf *report)
{
    struct sv rest = problems, first = sv_split(&rest, '\n');
    size_t n = 0;

    for (rest = problems; rest.len > 0; n++) {
        struct sv line = sv_split(&rest, '\n');

        log_warn("keys", SV_FMT, SV_ARG(line));
    }
    buf_add(report, first);
    if (n > 1)
        buf_addf(report, " (and %zu more: see :errors)", n - 1);
}

void keys_read(struct keymap *keymap, const char *layer, struct buf *report)
{
    AUTO(buf_done) struct buf problems = BUF_NONE;

    if (add_named(keymap, "default", &problems) != OK)
        keymap_add_text(keymap, "default.keys", keymap_builtin(SV("default")), &keys_check, NULL);
    if (layer[0] != '\0')
        add_named(keymap, layer, &problems);
    if (problems.len > 0)
        tell(buf_sv(&problems), report);
}
