/*
 * role_step: one role to be assumed: out of the cache that is shared with the AWS CLI, else by one
 * request, for which everybody else who wants the same, in other processes too, waits.
 *
 * RUN_WORKER alone.
 */
#ifndef CORE_AWS_ROLE_STEP_H
#define CORE_AWS_ROLE_STEP_H

#include "core/aws/call.h"
#include "core/aws/cred/chain.h"

struct role_step;

struct role_step_handlers {
    /* The cache has none: has to end in role_step_send or role_step_end, now or later. */
    void (*send)(struct role_step *step, void *arg);
    /* The request was refused: true when it has been taken up again, as by send. NULL: never. */
    bool (*retry)(struct role_step *step, void *arg, const struct err *err);
    /* The end, once; not when the client ends first. credentials is borrowed; NULL: err says why.
     */
    void (*end)(void *arg, struct credentials *credentials, const struct err *err);
    void *arg;
};

/* role is copied; its texts are borrowed until the end. rejected is borrowed until then too. */
void role_step_start(struct aws_client *client, const struct chain_role *role,
                     const struct rejected_credentials *rejected,
                     const struct role_step_handlers *handlers);

/* Sends AssumeRole (or ...WithWebIdentity) for the role, as `as` says. */
void role_step_send(struct role_step *step, enum aws_op_id op, struct sv session_name,
                    const struct call_as *as);

/* Ends it otherwise. credentials is borrowed. */
void role_step_end(struct role_step *step, struct credentials *credentials, const struct err *err);

/* Frees a step that is neither to be sent nor ended: the drop of what it waited for. */
void role_step_drop(void *step);

/* The cache's credentials for role, when they are good for a while yet; NULL when not. */
struct credentials *role_step_look(const struct chain_role *role,
                                   const struct rejected_credentials *rejected);

#endif
