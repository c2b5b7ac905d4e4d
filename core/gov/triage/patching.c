/* patching: nodes by what is wrong with their patches. */
#include "core/gov/triage/triage.h"

#include <stdio.h>

static void take_node(struct load *load, const struct node *node, void *arg)
{
    (void)load;
    struct triage *triage = arg;
    struct patching *sum = &triage->patching;
    char place[64];
    snprintf(place, sizeof place, "node %s %s", node->target->account_id, node->target->region);
    if (!triage_first_time(triage, json_sv(node->information, "InstanceId"), place))
        return; /* a target is read again when something of it was missing */
    sum->nodes++;
    sum->offline += !node->is_online;
    sum->critical += node->counts.critical > 0;
    sum->failed += node->counts.failed > 0;
    sum->pending_reboot += node->counts.pending_reboot > 0;
    sum->never_reported += node->state == PATCH_NEVER_REPORTED;
}

void triage_read_nodes(struct load *load, const struct aws_target *target, struct triage *triage)
{
    nodes_read(load, target, take_node, NULL, triage);
}

/* Each number is that of the rows which the list `nodes` shows by the filter of
 * views/triage/triage.c. */
void triage_add_patching(struct load *load, void *arg)
{
    struct triage *triage = arg;
    const struct patching *sum = &triage->patching;
    const struct {
        const char *subject, *what;
        int64_t n;
    } rows[] = {
        {"critical", "critical patches are missing", sum->critical},
        {"failed", "the last installation of patches has failed", sum->failed},
        {"pending_reboot", "patches wait for a reboot", sum->pending_reboot},
        {"never_reported", "no patch operation has ever reported", sum->never_reported},
        {"offline", "the agent does not report", sum->offline},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(buf_done) struct buf what = BUF_NONE;
        char rank[8];
        if (rows[i].n == 0)
            continue;
        snprintf(rank, sizeof rank, "%zu", i);
        buf_addf(&what, "%s: %lld of %lld nodes", rows[i].what, (long long)rows[i].n,
                 (long long)sum->nodes);
        table_set_number(load_table(load), TRIAGE_COUNT, rows[i].n);
        triage_add_row(load, triage,
                       &(struct triage_row){PANEL_PATCH, NULL, sv_of(rows[i].subject), rank,
                                            buf_sv(&what), 0});
    }
}
