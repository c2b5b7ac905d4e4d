/*
 * calls: what the services are asked for a session: tickets to its data channel, keys, its end.
 *
 * Asked on RUN_NET, answered there. Nothing is called back from within, and nothing once the scope
 * is closed.
 */
#ifndef CORE_SESSION_CALLS_H
#define CORE_SESSION_CALLS_H

#include "core/aws/client.h"
#include "core/base/secret.h"
#include "core/session/channel.h"

/* StartSession's or ResumeSession's answer. What is not taken (by setting it to NULL) is freed
 * after the call. */
struct ticket {
    struct err err;
    char session_id[SESSION_ID_SIZE];
    char *url;
    struct secret *token; /* NULL with err OK: the session is over */
};

typedef void ticket_fn(void *arg, struct ticket *ticket);

/* StartSession: ERR_PARSE when the answer names no session, token or URL. */
void call_for_session(struct aws_client *client, struct scope *scope,
                      const struct channel_request *request, ticket_fn *done, void *arg);
/* ResumeSession: a fresh token for the session's data channel. */
void call_for_resume(struct aws_client *client, struct scope *scope,
                     const struct aws_target *target, const char *session_id, ticket_fn *done,
                     void *arg);

/* A data key of 64 bytes and what KMS makes of it for the node; likewise. */
struct data_key {
    struct err err;
    struct secret *key;
    struct buf ciphertext; /* raw */
};

typedef void data_key_fn(void *arg, struct data_key *key);

/* GenerateDataKey with the encryption context that the agent decrypts with: session, node, and the
 * handshake's challenge where there is one. */
void call_for_key(struct aws_client *client, struct scope *scope, const struct aws_target *target,
                  const char *session_id, const char *node, const struct handshake *handshake,
                  data_key_fn *done, void *arg);

/* SendSSHPublicKey of EC2 Instance Connect: for 60 seconds public_key ("ssh-ed25519 ...") may enter
 * the node as user. */
void call_to_admit(struct aws_client *client, struct scope *scope, const struct aws_target *target,
                   const char *node, const char *user, const char *public_key,
                   void (*done)(void *arg, const struct err *err), void *arg);

/* GetConnectionStatus: whether the node's agent is connected to the service; a READ. */
void call_for_connection(struct aws_client *client, struct scope *scope,
                         const struct aws_target *target, const char *node,
                         void (*done)(void *arg, bool is_connected, const struct err *err),
                         void *arg);

/* TerminateSession. */
void call_to_terminate(struct aws_client *client, struct scope *scope,
                       const struct aws_target *target, const char *session_id,
                       void (*done)(void *arg, const struct err *err), void *arg);

#endif
