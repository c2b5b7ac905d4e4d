/*
 * notice: the door for what tells somebody and touches nothing that runs: a message to a topic, an
 * OpsItem (operations of the effect NOTIFY).
 *
 *   standing consent in the settings -> intent on disk -> send, once -> result in the trail
 *
 * A notice is about items, by their keys. One that is sent `once` is told of each of its keys once
 * on this machine, whatever comes of the program meanwhile: what has an intent on disk, and was
 * not provably refused, is never sent again. Between machines an OpsItem's dedup string does the
 * same. No change waits for a notice, and none is held up by one that fails.
 */
#ifndef CORE_CHANGE_NOTICE_H
#define CORE_CHANGE_NOTICE_H

#include "core/change/gate.h"

/* A standing consent, as the settings have it now. */
struct notice_consent {
    const char *what; /* the setting: "alert_topic"; lives for ever */
    char value[256];  /* as it stands there; "": nothing is consented to */
    char origin[64];  /* where: "watchdeck.conf:3" */
    bool is_default;  /* it stands nowhere: not worth a record */
};

struct notice {
    const char *what; /* the setting that it is consented to by; lives for ever */
    bool once;
    enum aws_op_id op; /* of the effect NOTIFY */
    struct aws_target target;
    cJSON *params;         /* model member names; owned, without secrets */
    const char *told_code; /* AWS's code for "there is one already"; NULL: there is no such; lives
                              for ever */
    char *title;           /* for the trail; owned */
    VEC(char *) keys;      /* of the items that it is about, one at least; owned */
};

enum notice_end {
    NOTICE_SENT,
    NOTICE_TOLD,    /* nothing was sent, or AWS had it: it has been told of one of its keys */
    NOTICE_FAILED,  /* nobody was told, and why */
    NOTICE_UNKNOWN, /* it may have been sent; it is not sent again */
};
const char *notice_end_name(enum notice_end end); /* "SENT" */

/* One that is sent whenever it is asked for, of no item yet; the caller's until the door takes it.
 */
struct notice *notice_new(const char *what, enum aws_op_id op, const struct aws_target *target,
                          cJSON *take_params);
/* One more item that it is about. */
void notice_add_key(struct notice *notice, const char *key);

/* notice and reply are borrowed, reply is NULL but for NOTICE_SENT; why is OK but for NOTICE_FAILED
 * and NOTICE_UNKNOWN. On RUN_WORKER. */
typedef void notice_done_fn(void *arg, const struct notice *notice, enum notice_end end,
                            const cJSON *reply, const struct err *why);

/*
 * Sends take_notice, unless it is not consented to (ERR_CONSENT), one of its keys has been told, or
 * the trail cannot be written. A refusal for want of a right names the IAM action. done fires once,
 * or drop(arg) instead of it, on any runner, when the gate goes before anything was sent. Any
 * runner.
 */
void gate_notify(struct gate *gate, struct notice *take_notice, notice_done_fn *done,
                 void (*drop)(void *arg), void *arg);

/*
 * What the settings consent to; copied. Each of them that is new, other than it was, or gone, is
 * recorded in the trail once the actor is known. muted: why nothing at all is sent (--read-only);
 * NULL: nothing keeps it. Before gate_set_actor. Any runner.
 */
void gate_set_consents(struct gate *gate, const struct notice_consent *consents, size_t n,
                       const char *muted);

/* What this machine knows of telling of an item by `what`. */
enum notice_told {
    TOLD_NOT,
    TOLD_HERE,     /* it was sent, or may have been */
    TOLD_ELSEWHERE /* AWS had it: another console has told of it */
};
/* On RUN_WORKER, once the actor is known. */
enum notice_told gate_was_told(struct gate *gate, const char *what, const char *key);

/* What has come of the notices of one setting, on this machine. */
struct notice_tally {
    size_t n_sent, n_failed;
    int64_t sent_at_ms, failed_at_ms; /* the last; 0: none */
    char failure[320];                /* of the last that failed */
};
/* On RUN_WORKER. */
void gate_tally_notices(struct gate *gate, const char *what, struct notice_tally *tally);

#endif
