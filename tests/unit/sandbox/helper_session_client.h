/*
 * helper_session_client: a client of the data channel made of core/session's parts, so that they
 * and the sandbox's check each other. It answers handshakes, encrypts when it has a key, and
 * acknowledges what comes in order. Its own messages are sent once: the loop loses none.
 */
#ifndef TESTS_UNIT_SANDBOX_HELPER_SESSION_CLIENT_H
#define TESTS_UNIT_SANDBOX_HELPER_SESSION_CLIENT_H

#include "core/base/str.h"

struct session_client {
    int fd;
    struct buf in;     /* bytes that came */
    bool is_open;      /* the upgrade has been answered */
    struct buf out;    /* what the node has said */
    struct buf closed; /* what channel_closed said */
    bool is_closed;    /* it has said so */
    int close_status;  /* of the WebSocket; 0: it is open, 1006: it ended without a close frame */
    int exit_code;     /* -1: none came */
    bool is_complete;  /* the handshake */
    char kms_key_id[200], challenge[129]; /* as the handshake asked; "" */
    struct sv data_key, ciphertext_key;   /* of KMS; none: encryption fails */
    bool binds_challenge;
    const char *failure; /* of the encryption, said in the handshake */
    struct cipher *cipher;
    int64_t expected, next;
};

/* Connects to 127.0.0.1, asks for the channel of that session and shows the token. */
void session_client_open(struct session_client *client, uint16_t port, const char *session_id,
                         const char *token);
void session_client_done(struct session_client *client);
/* Takes what has come; never waits. False when nothing has. */
bool session_client_pump(struct session_client *client);
void session_client_type(struct session_client *client, const char *text);

#endif
