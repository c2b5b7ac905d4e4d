/* session_options: what --session says about sessions of nodes. */
#ifndef SANDBOX_SESSION_OPTIONS_H
#define SANDBOX_SESSION_OPTIONS_H

#include "core/base/str.h"

#define SESSION_PORTS_MAX 8

/* Ports of nodes that lead to others of this machine. */
struct port_map {
    uint16_t from, to;
};

struct session_options {
    int64_t prompt_ms; /* prompt=MS: between a node's starting a terminal and reading from it */
    int64_t late_ms;   /* late=MS: between a client's coming and the handshake, if there is one */
    int64_t pace;      /* pace=N: messages a second that an agent says; 0: as many as there are */
    int64_t
        limit; /* limit=N: messages a second of a client's beyond which it is cut off; 0: none */
    int64_t token_s;      /* token=S: how long a token is good for */
    int64_t bye_s;        /* bye=S: how long a connection lasts */
    int64_t idle_min;     /* idle=MIN: without input a session ends */
    int64_t max_min;      /* max=MIN: how long a session lasts at most; 0: there is no limit */
    bool resends_all;     /* resend=all: every overdue message, not the oldest alone */
    bool needs_challenge; /* challenge=required: of clients of encrypted sessions */
    char version[32];     /* agent=VERSION: of every node; "": each has its own */
    char kms_key_id[200]; /* kms=KEY: sessions are encrypted with it; "": they are not */
    char run_as[64];    /* runas=USER: the tag SSMSessionRunAs of every caller; "": none has one */
    char keys_dir[300]; /* keys=DIR: where SendSSHPublicKey keeps what it is given; "": nowhere */
    struct port_map ports[SESSION_PORTS_MAX]; /* port=FROM:TO, more than once */
    size_t n_ports;
};
#define SESSION_OPTIONS_DEFAULT \
    ((struct session_options){  \
        .prompt_ms = 1000, .limit = 1000, .token_s = 60, .bye_s = 3600, .idle_min = 20})

/* Reads KEY=VALUE,... into *options; what is not named keeps its value. False: it does not fit;
 * *options is what it was then. */
bool session_options_parse(struct sv text, struct session_options *options);

#endif
