#include "tests/sandbox/services/ssm_command_past.h"

#include "core/base/mem.h"
#include "tests/sandbox/automation/preferences_seed.h"
#include "tests/sandbox/world/event.h"
#include "tests/sandbox/world/resource.h"

#define PER_MILLE 30 /* of a node's days have a command */

/* What a command's choices are about, for each day: a stream of its own. */
enum { HAPPENS = 2000, TIME = 2100, WHAT = 2200, END = 2300, UUID = 2400 };

static const struct {
    const char *document, *comment, *shown;
} commands[] = {
    {"AWS-RunShellScript", "free space on /", "/dev/nvme0n1p1   20G   17G  3.1G  85% /\n"},
    {"AWS-RunShellScript", "is the application up?", "active\n"},
    {"AWS-RunPatchBaseline", "weekly scan",
     "Running patching operation: Scan\nMissing: 4, failed: 0, installed: 212\n"},
    {"AWS-UpdateSSMAgent", "",
     "Updating amazon-ssm-agent from 3.2.2303.0 to latest\namazon-ssm-agent updated\n"},
};

void past_commands_find(struct world *world, uint32_t cell, pasts *found)
{
    static const struct past_kind kind = {HAPPENS, TIME, PER_MILLE};
    pasts_find(world, cell, &kind, found);
}

void past_command_fill(struct world *world, const struct past *past, struct command_look *look)
{
    struct resource node;
    size_t what = past_choice(world, past, WHAT, ARRAY_LEN(commands));
    uint64_t end = past_choice(world, past, END, 20);
    resource_describe(world, past->node, &node);
    const struct preferences_seed *seed = preferences_seed_find(node.account->name);
    *look = (struct command_look){
        .document = commands[what].document,
        .comment = commands[what].comment,
        .status = end == 0  ? "TimedOut"
                  : end < 3 ? "Failed"
                            : "Success",
        .is_logged = seed && seed->log_group[0] && end != 0,
        .shown = commands[what].shown,
    };
    event_uuid(world, ref_pack(past->node), UUID + past->day, look->id);
    str_copy(look->node_id, node.id);
}
