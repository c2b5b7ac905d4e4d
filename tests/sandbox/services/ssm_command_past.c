#include "tests/sandbox/services/ssm_command_past.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "tests/sandbox/automation/preferences_seed.h"
#include "tests/sandbox/world/event.h"
#include "tests/sandbox/world/resource.h"

#define DAYS      30
#define DAY_MS    INT64_C(86400000)
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

static uint64_t choice(struct world *world, const struct past_command *past, unsigned what,
                       uint64_t below)
{
    return ref_random(world, past->node, what + past->day, below);
}

static int newest_first(const void *a, const void *b)
{
    const struct past_command *x = a, *y = b;
    if (x->asked_ms != y->asked_ms)
        return x->asked_ms > y->asked_ms ? -1 : 1;
    return x->node.index < y->node.index ? -1 : x->node.index > y->node.index;
}

void past_commands_find(struct world *world, uint32_t cell, past_commands *found)
{
    uint64_t n = cell_count(world, cell, SSM_INVENTORY);
    for (uint64_t i = 0; i < n; i++)
        for (unsigned day = 1; day <= DAYS; day++) {
            struct past_command past = {.node = {SSM_INVENTORY, cell, i}, .day = day};
            if (!ref_chance(world, past.node, HAPPENS + day, PER_MILLE))
                continue;
            past.asked_ms = world->start_ms - (int64_t)day * DAY_MS +
                            (int64_t)choice(world, &past, TIME, (uint64_t)(DAY_MS / 2));
            vec_push(found, past);
        }
    if (found->len > 0)
        qsort(found->ptr, found->len, sizeof *found->ptr, newest_first);
}

void past_command_fill(struct world *world, const struct past_command *past,
                       struct command_look *look)
{
    struct resource node;
    size_t what = choice(world, past, WHAT, ARRAY_LEN(commands));
    uint64_t end = choice(world, past, END, 20);
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
