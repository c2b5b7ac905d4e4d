/*
 * broker: the sessions of this run: those that live, each with its agent and perhaps a client, and
 * those that were.
 *
 * A session begins with a token, good once and for a short time. The first client that shows it
 * starts the agent; when the client is lost the session waits, disconnected, for a new token and
 * whoever shows that. It ends by its agent, by TerminateSession, by idleness or by its age.
 */
#ifndef SANDBOX_SESSION_BROKER_H
#define SANDBOX_SESSION_BROKER_H

#include "tests/sandbox/session/agent.h"
#include "tests/sandbox/session/session_document.h"
#include "tests/sandbox/session/session_options.h"
#include "tests/sandbox/wire/loop.h"

struct line;
struct passage;
struct sandbox;

enum session_status {
    SESSION_CONNECTING,
    SESSION_CONNECTED,
    SESSION_DISCONNECTED,
    SESSION_TERMINATED,
    SESSION_FAILED
};
extern const char *const session_status_names[];

#define SESSION_ID_SIZE    97
#define SESSION_TOKEN_SIZE 200

struct session {
    struct broker *broker;
    struct session *next; /* the older one */
    char id[SESSION_ID_SIZE];
    char token[SESSION_TOKEN_SIZE]; /* "": there is none that is good */
    int64_t token_until_ms;         /* as the other times here on the clock of sandbox_clock_ms */
    char account_id[13], region[32], node_id[64];
    char owner[256]; /* the caller's ARN */
    char *reason;    /* NULL: none was given */
    char document[129];
    enum session_type type;
    cJSON *properties;
    char version[32];
    char kms_key_id[200];
    char home[200];
    enum session_status status;
    int64_t started_ms, ended_ms; /* on the world's clock */
    int64_t begun_ms, active_ms;  /* begun; last input */
    int64_t idle_min, max_min;    /* max_min 0: no limit */
    char details[200];
    char bucket[64], prefix[200], log_group[200]; /* where its output is kept; "": nowhere */
    bool log_is_encrypted, log_is_streamed;       /* session_log.h */
    struct buf heard;                             /* what is still to be kept there */
    bool runs_as;                                 /* another user than the agent's own... */
    char run_as[64];                              /* ...namely this; never "" but then */
    struct agent *agent;                          /* from the first client on, until it is over */
    struct line *line;                            /* NULL: no client is there */
    struct passage *passage;                      /* between the two */
};

struct broker;

/* options are copied. A broker without a loop has sessions that nobody can reach. */
struct broker *broker_new(const struct session_options *options, struct sandbox *sandbox);
/* Sessions are carried on by loop from now on. */
void broker_attach(struct broker *broker, struct loop *loop);
/* Carries sessions on by what has come so far, when a millisecond has passed since they were last.
 * For whoever is at work for long: nodes are other machines, and do not wait. */
void broker_go_on(struct broker *broker);
/* Ends all connections and agents; before the server is freed. */
void broker_detach(struct broker *broker);
void broker_free(struct broker *broker); /* NULL is allowed */
struct session_options *broker_options(struct broker *broker);
struct loop *broker_loop(const struct broker *broker);
struct sandbox *broker_sandbox(const struct broker *broker);

/* What StartSession asks for. */
struct session_wish {
    const char *account_id, *region, *node_id;
    const char *version; /* of the node's agent */
    const char *owner;   /* the caller's ARN */
    const char *name;    /* the caller's, which the id begins with */
    const char *reason;  /* "": none */
    const char *document;
    struct session_shape *shape; /* its properties are taken */
};
/* A new session with its first token. Never fails; the oldest that are over are forgotten. */
struct session *broker_start(struct broker *broker, const struct session_wish *wish);
/* The newest session, and through next the older ones, of all accounts and regions. */
struct session *broker_sessions(const struct broker *broker);
/* That of an account and region; NULL when there is none. */
struct session *broker_find(const struct broker *broker, const char *account_id, const char *region,
                            const char *id);
/* The one whose token that is, still good; NULL when there is none. */
struct session *broker_of_token(struct broker *broker, struct sv token);

/* Whether the way to that node is lost, as far as a session with it knows. */
bool broker_has_lost(const struct broker *broker, const char *account_id, const char *region,
                     const char *node_id);

bool session_is_live(const struct session *session);
/* A new token; the one before is good no more. */
void session_renew_token(struct session *session);
/* A client has come (its token is used up), or has gone. */
void session_join(struct session *session, struct line *line);
void session_leave(struct session *session, struct line *line);
/* Ends it: the client, when one is there, is told output ("" after a normal end). */
void session_end(struct session *session, enum session_status how, const char *output,
                 const char *details);

#endif
