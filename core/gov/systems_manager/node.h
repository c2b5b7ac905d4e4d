/*
 * node: a machine that reports to Systems Manager, with what its last patch operation found.
 */
#ifndef CORE_GOV_NODE_H
#define CORE_GOV_NODE_H

#include "core/gov/load/load.h"

/* What is wrong with a node's patches: the worst thing of it. */
enum patch_state {
    PATCH_UNKNOWN, /* it could not be asked */
    PATCH_COMPLIANT,
    PATCH_NEVER_REPORTED, /* no patch operation has ever said anything of it */
    PATCH_NONCOMPLIANT,   /* by what the baseline calls other than critical */
    PATCH_PENDING_REBOOT,
    PATCH_FAILED, /* the last installation of some */
    PATCH_MISSING_CRITICAL,
    PATCH_STATES
};
/* "MISSING_CRITICAL"; "" for PATCH_UNKNOWN. */
const char *patch_state_name(enum patch_state state);

/* Counts of patches in DescribeInstancePatchStates' terms. */
struct patch_counts {
    int64_t critical, security, other; /* not compliant, by the baseline's and the vendor's words */
    int64_t missing, failed, pending_reboot, rejected;
};

/* Borrowed while the callback runs. */
struct node {
    const struct aws_target *target;
    const cJSON *information; /* SSM's InstanceInformation */
    const cJSON *patch; /* SSM's InstancePatchState; NULL: there is none, or it is not known */
    enum patch_state state;
    struct patch_counts counts; /* zeros without `patch` */
    bool is_online;
};

typedef void node_fn(struct load *load, const struct node *node, void *arg);
typedef void nodes_end_fn(struct load *load, void *arg);

/*
 * Reads the nodes of target and then, 50 ids at a time, their patch states; calls fn for each node
 * once all has come, in the order of SSM, and then end (may be NULL), which is called whatever
 * failed. Without patch states (a gap) the nodes are told with PATCH_UNKNOWN. On RUN_WORKER.
 */
void nodes_read(struct load *load, const struct aws_target *target, node_fn *fn, nodes_end_fn *end,
                void *arg);

#endif
