#include "views/console/keys.h"

#include <unistd.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
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

/* A default.keys of the person's own lies over ours, key by key: what it is silent about stays, and
 * what a later version binds anew is there. `unbind` takes a key away. */
static void add_own_defaults(struct keymap *keymap, struct buf *problems)
{
    char config[1024];
    AUTO(buf_done) struct buf path = BUF_NONE;

    os_xdg_dir("config", config, sizeof config);
    buf_addf(&path, "%s/keymaps/default.keys", config);
    if (config[0] != '\0' && access(buf_cstr(&path), F_OK) == 0)
        add_named(keymap, buf_cstr(&path), problems);
}

void keys_read(struct keymap *keymap, const char *layer, struct buf *report)
{
    AUTO(buf_done) struct buf problems = BUF_NONE;

    keymap_add_text(keymap, "default.keys", keymap_builtin(SV("default")), &keys_check, NULL);
    add_own_defaults(keymap, &problems);
    if (layer[0] != '\0')
        add_named(keymap, layer, &problems);
    if (problems.len > 0)
        tell(buf_sv(&problems), report);
}
