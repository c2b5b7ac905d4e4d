/* ssm_command_past: what Run Command had nodes do before the sandbox began, as it derives from the
 * seed. */
#ifndef SANDBOX_SSM_COMMAND_PAST_H
#define SANDBOX_SSM_COMMAND_PAST_H

#include "core/base/vec.h"
#include "tests/sandbox/world/world_model.h"

/* One command on one node. */
struct past_command {
    struct ref node;
    unsigned day; /* before the start */
    int64_t asked_ms;
};

typedef VEC(struct past_command) past_commands;

/* Those of a cell in the 30 days before the start (as long as AWS keeps them), the newest first.
 * Free with vec_free. */
void past_commands_find(struct world *world, uint32_t cell, past_commands *found);

struct command_look {
    char id[37], node_id[64];
    const char *document, *comment, *status;
    bool is_logged;    /* in the group that Systems Manager makes for its document */
    const char *shown; /* what it wrote to standard output */
};
/* What it looks like. */
void past_command_fill(struct world *world, const struct past_command *past,
                       struct command_look *look);

/* "/aws/ssm/AWS-RunShellScript" */
#define COMMAND_GROUP "/aws/ssm/"

#endif
