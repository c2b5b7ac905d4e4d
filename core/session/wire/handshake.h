/*
 * handshake: what agent and client agree on before a session's stream begins: of what kind it is,
 * whether it is encrypted, and what each of them can do.
 *
 *   agent -> client   request: a list of actions
 *   client -> agent   response: the same actions, each with what became of it
 *   [agent -> client  a challenge, client -> agent its answer, when it is encrypted]
 *   agent -> client   complete
 */
#ifndef CORE_SESSION_WIRE_HANDSHAKE_H
#define CORE_SESSION_WIRE_HANDSHAKE_H

#include "core/base/json.h"

enum session_kind {
    SESSION_SHELL,   /* Standard_Stream, InteractiveCommands */
    SESSION_COMMAND, /* NonInteractiveCommands */
    SESSION_PORT
};

enum handshake_action { ACTION_SESSION_TYPE, ACTION_KMS_ENCRYPTION, ACTION_UNKNOWN };

/* As they stand on the wire. */
enum action_status { ACTION_SUCCESS = 1, ACTION_FAILED = 2, ACTION_UNSUPPORTED = 3 };

#define HANDSHAKE_ACTIONS_MAX 8

/* What the agent asks for. All texts are raw. */
struct handshake {
    char agent_version[32];
    enum session_kind kind;
    bool is_encrypted;
    char kms_key_id[2049]; /* KMS KeyId: an ARN, an id or an alias */
    char challenge[129];   /* "" when the agent is too old to bind the key to this session */
    bool is_forward;       /* SESSION_PORT: connections are made here; else it is one raw stream */
    char port[6], local_port[6], host[254];
    struct {
        enum handshake_action action;
        char type[64]; /* as the agent has called it */
    } actions[HANDSHAKE_ACTIONS_MAX];
    size_t n_actions;
};

/* Reads PAYLOAD_HANDSHAKE_REQUEST. ERR_PARSE when it is no request, names no session type, or asks
 * for more than HANDSHAKE_ACTIONS_MAX actions; ERR_UNSUPPORTED for a session type that is not
 * known.
 */
enum err_code handshake_read(struct sv payload, struct handshake *handshake, struct err *err);

/* What became of the encryption. */
struct handshake_kms {
    struct sv ciphertext_key; /* KMS CiphertextBlob, raw bytes */
    bool has_bound_challenge; /* it is part of the encryption context */
    const char *failure;      /* NULL: none */
};

/* What KMS is asked for (GenerateDataKey), with the encryption context that the agent decrypts by:
 * session, node as the agent knows it, and the handshake's challenge where there is one. The caller
 * frees it. */
cJSON *handshake_key_request(const struct handshake *handshake, const char *session_id,
                             const char *node);

/* Appends PAYLOAD_HANDSHAKE_RESPONSE. kms may be NULL when no encryption was asked for. Actions
 * that are not known are answered as unsupported. */
void handshake_response(const struct handshake *handshake, const struct handshake_kms *kms,
                        struct buf *out);

/* Reads PAYLOAD_HANDSHAKE_COMPLETE: appends the customer's message, raw, "" mostly. ERR_PARSE. */
enum err_code handshake_complete_read(struct sv payload, struct buf *message, struct err *err);

#endif
