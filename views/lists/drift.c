/* drift: what differs from policy and from what is approved; on the screen, and for pipelines. */
#include <stdio.h>

#include "core/gov/queue/item.h"
#include "views/list_view/list_view.h"
#include "views/program.h"
#include "views/program/complain.h"
#include "views/program/subcommand.h"

static const struct list_def def = {
    .screen = &screen_drift,
    .name_column = "resource",
    .attention = "state:=OPEN severity:>=MEDIUM",
    .actions = list_item_actions,
};

/* With APP the parameters of that application alone are compared, as by --app. */
const struct view_kind view_drift =
    LIST_VIEW_ARGS("drift", "Drift", "what differs from policy and from what is approved", "[APP]",
                   0, 1, "findings", &def);

/* The same rows as `--once drift`; which of them fail a pipeline is for the caller to say. */
static int run(const struct options *options)
{
    struct options once = *options;
    char counts[64];
    struct err err;

    if (options->n_args > 0) {
        err_set(&err, ERR_USAGE, "drift", "takes options alone, not \"%s\"", options->args[0]);
        complain(&err);
        return err_exit_status(err.code);
    }
    snprintf(counts, sizeof counts, "state:=OPEN severity:>=%s",
             severity_name(options->fail_on != SEVERITY_NONE ? options->fail_on : SEVERITY_HIGH));
    once.once = screen_drift.name;
    once.args = &options->app;
    once.n_args = options->app != NULL;
    once.counts = counts;
    once.subcommand = NULL;
    return program_run(&once);
}

const struct subcommand subcommand_drift = {
    .name = "drift",
    .usage = "[--app NAME] [--fail-on HIGH] [--apply] [--format json]",
    .help = "what differs from policy and from what is approved, for pipelines: 3 when it is that "
            "severe",
    .run = run,
};
