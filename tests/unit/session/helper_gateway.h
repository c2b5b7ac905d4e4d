/*
 * helper_gateway: the service and a node on one port of loopback, for tests: the calls of Session
 * Manager, a WebSocket that wants the token of the last of them, and an agent behind it that lives
 * on when the socket is lost. It does as it is told, and notes what it was asked.
 */
#ifndef TESTS_UNIT_SESSION_HELPER_GATEWAY_H
#define TESTS_UNIT_SESSION_HELPER_GATEWAY_H

#include "core/base/secret.h"
#include "core/session/wire/message.h"

struct gateway;

/* What it does. Zeros: a node that answers nothing. */
struct gateway_manner {
    const char *first;                  /* what the node says by itself: a prompt */
    const char *stream_origin;          /* of the StreamUrl; NULL: the gateway's own */
    const char *agent_version;          /* NULL: a recent one */
    const char *handshake;              /* the request's actions; NULL: there is no handshake */
    bool echoes;                        /* the node sends back what it is sent */
    size_t sends_bytes;                 /* so many pseudo-random bytes, behind first */
    unsigned loss, duplicates, swapped; /* of a thousand messages, each way */
    int start_status, resume_status;    /* of HTTP; 0: 200 */
    const char *start_error;            /* "TargetNotConnected" */
    bool resumes_without_token;         /* the session is over */
    bool closes_after_input;            /* channel_closed, behind the first input */
    size_t byes_after;                  /* close 1000 "Bye" after so many messages, once */
    bool byes_again;                    /* not once: on each socket */
    bool turns_away;                    /* close 1008 behind each token */
    void (*on_stream)(void *arg, struct gateway *gateway, struct sv bytes); /* on its thread */
    void *arg;
};

struct gateway *gateway_new(const struct gateway_manner *manner);
void gateway_free(struct gateway *gateway);
const char *gateway_url(const struct gateway *gateway);

/* What was asked so far. */
struct gateway_seen {
    size_t n_starts, n_resumes, n_terminates, n_keys, n_sockets;
    size_t n_wrong_tokens; /* sockets that came without the right one */
    size_t n_client_ids;   /* different ones */
    size_t n_disconnects;  /* FLAG_DISCONNECT_TO_PORT */
    char start_body[1024], key_body[1024], response[2048], size[64];
    struct buf input; /* of the node, to be freed by the caller */
};
void gateway_see(struct gateway *gateway, struct gateway_seen *seen);
void gateway_seen_done(struct gateway_seen *seen);

/* Bytes from the node, from within on_stream. */
void gateway_stream(struct gateway *gateway, struct sv bytes);
/* A flag from the node, likewise. */
void gateway_flag(struct gateway *gateway, enum session_flag flag);
/* The pseudo-random bytes of sends_bytes. */
void gateway_bytes(struct buf *out, size_t n);

#endif
