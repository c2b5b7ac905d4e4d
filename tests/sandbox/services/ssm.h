/*
 * ssm: what the handlers of Systems Manager share: nodes, which are instances with an agent.
 */
#ifndef SANDBOX_SSM_H
#define SANDBOX_SSM_H

#include "tests/sandbox/wire/handler.h"
#include "tests/sandbox/world/world_doc.h"

/* What a node says about itself, and the instance that it is. */
struct node {
    struct world *world;
    struct resource resource; /* the inventory; its id is the instance's */
    cJSON *inventory, *instance;
    const cJSON *about; /* into inventory */
};

/* Fills *node from its inventory; false when it or its instance is gone. node_close it anyway. */
bool node_open(struct world *world, struct ref inventory, struct node *node);
void node_close(struct node *node);
/* Whether its instance runs and its agent reports. */
bool node_is_online(const struct node *node);
/* When its agent reported last; agents do so every five minutes. */
int64_t node_last_ping_ms(const struct node *node, int64_t now_ms);
/* A member of what it says about itself; "" when it says nothing. */
const char *node_about(const struct node *node, const char *member);

/* DescribeInstancePatchStates: ssm_patch.c */
void ssm_describe_patch_states(struct world *world, const struct call *call, struct reply *reply);

/* OpsItems: ssm_ops_item.c */
handler_fn ssm_create_ops_item, ssm_update_ops_item, ssm_get_ops_item, ssm_describe_ops_items;
/* The tags of an OpsItem, {key: value}, not a copy; NULL when there is none of that id. */
cJSON *ssm_ops_item_tags(struct world *world, const struct call *call, const char *id);

void ssm_list_command_invocations(struct world *world, const struct call *call,
                                  struct reply *reply); /* ssm_command.c */

/* StartSession, ResumeSession, TerminateSession, DescribeSessions, GetConnectionStatus:
 * ssm_session.c */
void ssm_start_session(struct world *world, const struct call *call, struct reply *reply);
void ssm_resume_session(struct world *world, const struct call *call, struct reply *reply);
void ssm_terminate_session(struct world *world, const struct call *call, struct reply *reply);
void ssm_describe_sessions(struct world *world, const struct call *call, struct reply *reply);
void ssm_get_connection_status(struct world *world, const struct call *call, struct reply *reply);

#endif
