/*
 * channel: a session with a node, as the screens see it: opened, written to, read from, ended.
 *
 * Everything here belongs to RUN_UI, and so do the handlers. The socket, the messages and their
 * acknowledgements live on RUN_NET (link.h); bytes cross by value, in order, none twice and none
 * lost, whatever becomes of the socket meanwhile.
 *
 *     STARTING -> OPENING -> OPEN <-> WAITING
 *                               <-> RESUMING      -> ENDED, from any of them
 */
#ifndef CORE_SESSION_CHANNEL_H
#define CORE_SESSION_CHANNEL_H

#include "core/aws/client.h"
#include "core/session/wire/handshake.h"

#define SESSION_ID_SIZE      97
#define SESSION_REASON_CHARS 256 /* StartSession takes no more of a Reason */
#define SESSION_REASON_SIZE  (4 * SESSION_REASON_CHARS + 1)
/* What IAM calls opening a session's socket, beside ssm:StartSession; no operation of an API. */
#define SESSION_SOCKET_ACTION "ssmmessages:OpenDataChannel"
#define CHANNEL_LOST_S        300 /* so long a node that does not answer is waited for */

enum channel_state {
    CHANNEL_STARTING, /* the service is asked for a session (StartSession) */
    CHANNEL_OPENING,  /* its data channel is being opened, the node has said nothing yet */
    CHANNEL_OPEN,
    CHANNEL_WAITING,  /* the node does not answer: it is gone, or has not come yet */
    CHANNEL_RESUMING, /* the socket was lost; attempt n of m at a new one (ResumeSession) */
    CHANNEL_ENDED     /* for good; why is in err, the remote exit code in exit_code */
};
/* "starting", "opening", "open", "waiting for the node", "resuming", "ended". */
const char *channel_state_name(enum channel_state state);
struct channel_status;
/* The same of a status: "node not connected" where the service has said so. */
const char *channel_status_name(const struct channel_status *status);

/* What the service says of the node while the node says nothing (GetConnectionStatus). */
enum channel_node { CHANNEL_NODE_UNKNOWN, CHANNEL_NODE_CONNECTED, CHANNEL_NODE_GONE };

struct channel_status {
    enum channel_state state;
    enum channel_node node;         /* CHANNEL_WAITING: is it connected to the service at all? */
    int64_t since_ms;               /* monotonic clock: when this state began; CHANNEL_WAITING: the
                                       waiting, other sockets in between included */
    unsigned attempt, attempts_max; /* CHANNEL_RESUMING: 3 of 12 */
    struct err err;                 /* CHANNEL_RESUMING: why; CHANNEL_ENDED: OK when the node or
                                       the person has ended it, else what went wrong */
    bool has_exit_code;             /* the document gave one (NonInteractiveCommands) */
    int exit_code;
    char session_id[SESSION_ID_SIZE]; /* as the service gives it; "" before */
    char agent_version[32];           /* raw; "" without a handshake */
    enum session_kind kind;           /* from CHANNEL_OPEN on */
    bool is_forward;                  /* SESSION_PORT: connections to a port, and no one stream */
    bool is_encrypted;                /* by a KMS key of the session's own */
};

/* One parameter of a document; sent as a list of one string. */
struct channel_parameter {
    const char *name, *value;
};

#define CHANNEL_PARAMETERS_MAX 8
#define CHANNEL_PACE           900 /* messages a second: somewhat below what the service takes */
#define CHANNEL_UNPACED        (-1)

struct channel_request {
    struct aws_target target; /* account and region of the node */
    const char *node;         /* its own id, no alias: the encryption key is bound to it */
    const char *document;     /* NULL: the shell of the account's preferences */
    const char *reason;       /* NULL: none; at most SESSION_REASON_CHARS characters */
    struct channel_parameter parameters[CHANNEL_PARAMETERS_MAX]; /* up to the first without name */
    unsigned columns, rows; /* of the terminal; 0: there is none, and no size is told */
    int messages_per_s;     /* 0: CHANNEL_PACE */
};

/* ERR_USAGE when reason has more characters than the service takes; NULL is none. Any runner. */
enum err_code channel_check_reason(const char *reason, struct err *err);

/* For who keeps a request: a copy with texts of its own, and its end. */
void channel_request_copy(const struct channel_request *from, struct channel_request *to);
void channel_request_done(struct channel_request *request);

/* Each may be NULL but on_output. Bytes are borrowed during the call, and raw: text for a person
 * passes the text door, a terminal's stream an emulator or vt_filter.h. */
struct channel_handlers {
    /* The state or something else of the status has changed; the last call has CHANNEL_ENDED. */
    void (*on_status)(void *arg, const struct channel_status *status);
    void (*on_output)(void *arg, struct sv bytes);
    /* Standard error, where the document separates it. NULL: it goes to on_output. */
    void (*on_stderr)(void *arg, struct sv bytes);
    /* What the service or the node has to say to a person: its message at the beginning, and why
     * the session was closed. Raw. */
    void (*on_notice)(void *arg, struct sv text);
    /* channel_write has taken less than it was given, or nothing: now there is room again. */
    void (*on_room)(void *arg);
    void *arg;
};

struct channel;

/*
 * Begins a session (StartSession) and opens its data channel; request is copied. Nothing is
 * called back before this returns, and nothing any more once scope is closed or channel_close was
 * called. The channel is gone with scope, too. A session whose scope is closed is ended at the
 * service in the background (TerminateSession).
 *
 * It ends with the errors of the calls: ERR_DENIED with the IAM action, ERR_AWS with
 * TargetNotConnected in aws_code, and so on; with ERR_TLS, ERR_CONNECT, ... of the data channel;
 * with ERR_TIMEOUT when the node has not answered for five minutes; with ERR_INTEGRITY when what
 * comes was not encrypted with the session's key. A socket that is lost, or closed by the service
 * (each hour, "Bye"), is opened anew as often as attempts_max says; an answer of 4xx (but
 * throttling) ends that at once, and so does the fourth socket in a row that the service takes and
 * then closes for its token. On RUN_UI.
 */
struct channel *channel_open(struct aws_client *client, struct scope *scope,
                             const struct channel_request *request,
                             const struct channel_handlers *handlers);

#define CHANNEL_UNSENT_MAX ((size_t)2 << 20)

/*
 * Queues bytes for the node as they are and returns how many of them it has taken: all as long as
 * no more than CHANNEL_UNSENT_MAX wait. What was not taken is to be offered again after on_room.
 * Bytes may be written from the beginning on; they are sent once the node is ready for them.
 */
size_t channel_write(struct channel *channel, struct sv bytes);

/* The terminal has another size. Told again by itself after a resume. */
void channel_resize(struct channel *channel, unsigned columns, unsigned rows);

/* While it is held no output comes: the node is made to wait. For who cannot take more now. */
void channel_hold(struct channel *channel, bool is_held);

/* Leaves: what is unsent is given up, the service is told (TerminateSession), and CHANNEL_ENDED
 * comes once it has answered, or after a few seconds. Does nothing when it has ended already. */
void channel_end(struct channel *channel);

/* Sends what is still unsent, waits until the node has acknowledged it (some seconds at most), and
 * then leaves as channel_end does: for the end of a byte stream. */
void channel_finish(struct channel *channel);

/* The channel is not used any more: no handler is called from now on. Leaves in the background
 * when it has not ended yet. NULL is allowed. */
void channel_close(struct channel *channel);

/*
 * Before the program ends: leaves every session there is, ports too, and turns RUN_UI until the
 * service has been told or timeout_ms are over. False: some were not told, and end by the service's
 * own time-outs.
 */
bool sessions_leave(int timeout_ms);

#endif
