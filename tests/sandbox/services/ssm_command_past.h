/* ssm_command_past: what Run Command had nodes do before the sandbox began, as it derives from the
 * seed. */
#ifndef SANDBOX_SSM_COMMAND_PAST_H
#define SANDBOX_SSM_COMMAND_PAST_H

#include "tests/sandbox/services/ssm_past.h"

/* As pasts_find. */
void past_commands_find(struct world *world, uint32_t cell, pasts *found);

struct command_look {
    char id[37], node_id[64];
    const char *document, *comment, *status;
    bool is_logged;    /* in the group that Systems Manager makes for its document */
    const char *shown; /* what it wrote to standard output */
};
/* What it looks like. */
void past_command_fill(struct world *world, const struct past *past, struct command_look *look);

/* "/aws/ssm/AWS-RunShellScript" */
#define COMMAND_GROUP "/aws/ssm/"

#endif
