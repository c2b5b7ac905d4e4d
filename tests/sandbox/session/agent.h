/*
 * agent: what runs on a node for one session: it agrees with the client on how the session goes
 * (handshake.c), then lets a worker do it: a terminal, a command, or connections to ports.
 */
#ifndef SANDBOX_SESSION_AGENT_H
#define SANDBOX_SESSION_AGENT_H

#include <cjson/cJSON.h>

#include "tests/sandbox/session/carrier.h"
#include "tests/sandbox/session/crypt.h"
#include "tests/sandbox/session/session_options.h"
#include "tests/sandbox/wire/loop.h"

enum session_type {
    SESSION_SHELL,           /* Standard_Stream */
    SESSION_INTERACTIVE,     /* InteractiveCommands */
    SESSION_NON_INTERACTIVE, /* NonInteractiveCommands */
    SESSION_PORT             /* Port */
};
extern const char *const session_type_names[];

/* What a session is to be. Everything is borrowed from the session, which outlives its agent. */
struct agent_plan {
    struct world *world; /* whose KMS opens the session's key */
    const char *session_id, *node_id, *account_id, *region;
    const char *version; /* of the agent */
    enum session_type type;
    const cJSON *properties; /* of the document, its parameters filled in; NULL: none */
    const char *kms_key_id;  /* "": nothing is encrypted */
    const char *home;        /* the node's folder */
    const struct port_map *ports;
    size_t n_ports;
    int64_t prompt_ms; /* between starting a terminal and reading from it */
    int64_t late_ms;   /* between the first client and the handshake */
    unsigned pace;     /* carrier.h */
    bool resends_all;  /* the same */
    bool needs_challenge;
};

struct agent;
struct world;

/* What it tells its session. */
struct agent_events {
    void (*say)(void *arg, struct sv bytes); /* a message to the client, on its way */
    /* What the user of a shell or a command sees of it. */
    void (*show)(void *arg, struct sv shown);
    /* It is over. output: what channel_closed says; "" after a normal end. */
    void (*end)(void *arg, const char *output);
    void *arg;
};

/* It begins when the first client is there. */
struct agent *agent_new(const struct agent_plan *plan, const struct agent_events *events,
                        struct loop *loop);
void agent_free(struct agent *agent); /* ends whatever it runs; NULL is allowed */
/* A client is there, or not any more: nothing is said meanwhile. */
void agent_attend(struct agent *agent, bool is_there);
/* A message of the client's. */
void agent_hear(struct agent *agent, const struct packet *message);
/* What is due by now, on the monotonic clock, and when something is next; -1: nothing. */
void agent_turn(struct agent *agent);
int64_t agent_due_ms(const struct agent *agent);
uint64_t agent_n_resent(const struct agent *agent);

/* --- for what it consists of ------------------------------------------------------------------ */

struct worker;

/* One way of working. */
struct worker_kind {
    /* Begins; *worker is set in any case that needs free. False: why says what the client is
     * told. */
    bool (*start)(struct agent *agent, struct worker **worker, struct buf *why);
    void (*free)(struct worker *worker);
    /* Takes decrypted input of PAYLOAD_OUTPUT, PAYLOAD_SIZE or PAYLOAD_FLAG. False: not now. */
    bool (*take)(struct worker *worker, enum payload_type type, struct sv data);
    /* What has become due; whether there is room to say more is asked here too. */
    void (*turn)(struct worker *worker, int64_t now_ms);
    int64_t (*due_ms)(const struct worker *worker); /* -1: nothing */
};
struct worker {
    const struct worker_kind *kind;
    struct agent *agent;
};
extern const struct worker_kind worker_shell, worker_command, worker_port, worker_mux;

/* The halves of a session's key. */
struct session_keys {
    uint8_t out[CRYPT_KEY_BYTES], in[CRYPT_KEY_BYTES]; /* as the agent sees it */
    uint8_t nonce[CRYPT_NONCE_BYTES];                  /* the next one */
};

enum agent_phase {
    AGENT_WAITS, /* nobody has come yet, or only just */
    AGENT_ASKED, /* for the handshake */
    AGENT_CHALLENGED,
    AGENT_WORKS,
    AGENT_DRAINS, /* the work is done; until the last of it has arrived */
    AGENT_OVER
};

struct agent {
    struct agent_plan plan;
    struct agent_events events;
    struct loop *loop;
    struct carrier carrier;
    enum agent_phase phase;
    struct worker *worker;
    bool is_encrypted;
    struct session_keys keys;
    char client_version[32];
    char challenge[32];    /* what the handshake asked with, base64; "" when it did not */
    uint8_t secret[64];    /* that the client has to give back encrypted */
    int64_t asked_us;      /* when the handshake began */
    int64_t begin_ms;      /* when the handshake begins; -1: not by time */
    int64_t deadline_ms;   /* of what is waited for; -1: nothing */
    struct buf last_words; /* for the end */
};

/* Says data in as many messages as it takes, encrypted where that was agreed on. */
void agent_say(struct agent *agent, enum payload_type type, struct sv data);
/* Says one message as it is. */
void agent_say_plain(struct agent *agent, enum payload_type type, struct sv data);
/* Is there room to say more? When not, a worker stops reading until its turn comes. */
bool agent_has_room(const struct agent *agent);
/* Ends the session when all that was said has arrived. */
void agent_finish(struct agent *agent);
/* Ends it at once, with an error of that text. */
void agent_fail(struct agent *agent, const char *text);
/* The handshake is over, or there was none. */
void agent_begin_work(struct agent *agent);
/* A port of the node, as it is reached here. */
uint16_t agent_port(const struct agent *agent, uint16_t port);

/* handshake.c: begins it; takes an answer to it. */
bool handshake_is_needed(const struct agent_plan *plan);
void handshake_begin(struct agent *agent);
void handshake_take(struct agent *agent, const struct packet *message);

/* Is version, four numbers with dots, at least that of least? False for any other form. */
bool version_is_at_least(const char *version, const char *least);

#endif
