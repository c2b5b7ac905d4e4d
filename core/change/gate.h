/*
 * gate: the only way by which watchdeck changes anything in AWS.
 *
 *   plan -> check -> consent -> intent on disk -> send -> verify by re-reading -> result -> undo
 *
 * A plan is data: exact calls, the lines before and after, the inverse. What is particular to one
 * kind of change is in a struct change_kind with one central question, `look`: how does AWS stand
 * to this plan now? The stale check, the verification and the settling after a crash are that same
 * question. A request is sent at most once; when it may have left and no answer came, the outcome
 * is UNKNOWN until a look has settled it. Everything here runs on RUN_WORKER but where said.
 */
#ifndef CORE_CHANGE_GATE_H
#define CORE_CHANGE_GATE_H

#include "core/aws/client.h"
#include "core/base/secret.h"
#include "core/base/vec.h"
#include "core/store/audit.h"
#include "core/store/journal.h"

/* --- plans --------------------------------------------------------------------------------- */

enum change_reversible { REVERSIBLE, PARTLY_REVERSIBLE, IRREVERSIBLE };

struct change_call {
    enum aws_op_id op;
    cJSON *params; /* model member names; owned by the plan */
    bool when_due; /* not right behind the one before it, but once a look says STAND_DUE */
};

/* A line of evidence or of the diff: kind is ' ' same, '-' before, '+' after. */
struct change_line {
    char kind;
    char *text;
};

struct change_plan {
    const struct change_kind *kind;
    char id[37];        /* uuid of this plan; change_plan_new makes it */
    char item_key[65];  /* sha256 of account, region, resource, violation, target value */
    char plan_hash[65]; /* sha256 over everything that consent is given to */
    unsigned revision;  /* grows when the same item is planned again */
    struct aws_target target;
    char account_name[128]; /* raw, as Organizations gives it */
    bool production;
    char severity[16];                /* unadjusted: it decides whether a person must consent */
    char *title;                      /* "Revoke tcp 22 from 0.0.0.0/0 in sg-0ab1" */
    char *why;                        /* rule and reason */
    VEC(struct change_call) calls;    /* sent in order; the first failure stops */
    VEC(struct change_call) inverse;  /* what undo would send */
    VEC(struct change_line) diff;     /* before -> after */
    VEC(struct change_line) evidence; /* blast radius, owner, IaC tag, notes */
    enum change_reversible reversible;
    cJSON *state;      /* what the kind needs for looking and undoing; no secrets */
    char undo_of[37];  /* the plan that this one undoes, "" when it is not an undo */
    char *requester;   /* the principal who has asked for it; NULL: whoever decides now */
    char *break_glass; /* why a person goes past a freeze and four eyes with it; NULL: not at all */
    int64_t made_at_ms; /* of the reading that it is based on */
    size_t calls_done;  /* how many of the calls were accepted; the gate keeps it */
    /* Of an undo, from its kind: how long AWS wants to be left alone between the end of what is
     * undone and this. The gate hands no earlier plan out; so it is neither sealed nor kept. */
    int64_t undo_pause_ms;
};

/* An empty plan with an id of its own, revision 1; the caller's until the gate takes it. */
struct change_plan *change_plan_new(const struct change_kind *kind);
void change_plan_free(struct change_plan *plan); /* NULL is allowed */
/* One more request to send, behind the others; params in model member names, without secrets. */
void change_plan_add_call(struct change_plan *plan, enum aws_op_id op, cJSON *take_params);
/* The same for one that has to wait until what the others have set off is done (STAND_DUE). */
void change_plan_add_due_call(struct change_plan *plan, enum aws_op_id op, cJSON *take_params);
/* One more request that an undo would send. */
void change_plan_add_inverse(struct change_plan *plan, enum aws_op_id op, cJSON *take_params);
/* A line of before and after: kind is ' ', '-' or '+'. Remote text may go in as it is. */
void change_plan_diff(struct change_plan *plan, char kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A line of what speaks for it, against it, and of what it touches. */
void change_plan_evidence(struct change_plan *plan, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/*
 * Ends the making of a plan: fills made_at_ms and item_key where they are empty, and plan_hash. The
 * hash is SHA-256 over the plan as canonical JSON (members sorted by name, no blanks) without
 * plan_hash itself.
 */
void change_plan_seal(struct change_plan *plan);
/*
 * Marks a sealed plan as one that goes past what stands in its way for a reason, and seals it anew:
 * the mark is under the hash, and every record of it says it. What it goes past is the policy's
 * business (see change_policy_fn). ERR_CONSENT when the reason is blank.
 */
enum err_code change_plan_break_glass(struct change_plan *plan, const char *reason,
                                      struct err *err);
/*
 * SHA-256 over how things stand before the plan (is_after false) or behind it, as the sheet shows
 * it: the lines of the diff that are so, each behind its kind and ended by a line feed. Secrets
 * are in no line, so nothing can be guessed from it.
 */
void change_plan_side_hash(const struct change_plan *plan, bool is_after, char hash[65]);
/* Whether the plan is still what was sealed. */
bool change_plan_is_sealed(const struct change_plan *plan);

/* As JSON, for the journal; the caller's. */
cJSON *change_plan_to_json(const struct change_plan *plan);
/*
 * And back; *plan is the caller's. kinds by name. ERR_INTEGRITY when the hash does not fit, that
 * is, when it is not the plan that was written; ERR_PARSE when it is no plan, or of a kind or
 * operation that this version does not know.
 */
enum err_code change_plan_from_json(const cJSON *json, const struct change_kind *const *kinds,
                                    size_t n_kinds, struct change_plan **plan, struct err *err);
/* Another one, equal in all but what has been learned since it was sealed; the caller's. */
struct change_plan *change_plan_copy(const struct change_plan *plan);
/* What accept has changed since the plan was sealed (inverse, state, calls_done), apart from the
 * plan: its hash stays what was consented to. The object is the caller's; the way back: ERR_PARSE
 * when it names an operation that there is not. */
cJSON *change_plan_learned_to_json(const struct change_plan *plan);
enum err_code change_plan_learn(struct change_plan *plan, const cJSON *json, struct err *err);

/* --- kinds --------------------------------------------------------------------------------- */

/* How AWS stands to a plan. */
enum change_stand {
    STAND_BEFORE,   /* as the plan found it: sending makes sense */
    STAND_AFTER,    /* as the plan wants it: done, or never needed */
    STAND_OTHER,    /* neither: somebody changed it meanwhile */
    STAND_UNDERWAY, /* AWS is at what it was asked for; why says how far it is */
    STAND_DUE,      /* it has done that, and shows the change once the plan's next call is sent */
    STAND_FAILED,   /* AWS began what it had accepted, and says that it has failed */
    STAND_UNREADABLE,
};

typedef void change_looked_fn(void *arg, enum change_stand stand, const struct err *why);

/* What a request lacks, see fill. member is a constant; the secret is borrowed. */
typedef void change_filled_fn(void *arg, const char *member, struct secret *secret,
                              const struct err *err);

/* Whether a call is to be sent, see needs. An error: neither it nor what is behind it is sent. */
typedef void change_needs_fn(void *arg, bool is_needed, const struct err *why);

struct change_kind {
    const char *name; /* "sg-revoke": in the journal and the trail */
    /* Reads AWS and answers once, on RUN_WORKER, even when the scope closes (then UNREADABLE). */
    void (*look)(struct aws_client *client, struct scope *scope, const struct change_plan *plan,
                 change_looked_fn *looked, void *arg);
    /* Whether a 2xx reply is a success indeed (a revoke with UnknownIpPermissions is not), and
     * what of it the undo needs (a new rule id): may change plan->inverse and plan->state. */
    enum err_code (*accept)(struct change_plan *plan, size_t call, const cJSON *reply,
                            struct err *err);
    /* The plan that undoes a done one, made from its state and inverse; NULL with *err when that
     * is not possible. Of a plan that failed half way calls_done says how far it came. The gate
     * fills undo_of, target, account, item_key and revision, and seals it. NULL: never possible. */
    struct change_plan *(*undo)(const struct change_plan *done, struct err *err);
    /* Whether a refusal says no more than that the call comes too early: like one for its rate it
     * is followed by another try, later. NULL: no refusal does. */
    bool (*is_too_early)(const struct err *refusal);
    /* Somebody else decides too, so that nobody acts alone. */
    bool two_people;
    /* How long AWS may be at it (STAND_UNDERWAY) until it shows the change; 0: as long as the
     * gate's options give it to show anything. */
    int64_t underway_for_ms;
    /* What a call needs and no disk may hold: a secret, read right before the call is sent. Answers
     * once, on RUN_WORKER, not at all once the scope is closed: the member that the secret goes
     * into (NULL: the call lacks nothing), or an error; then nothing is sent. NULL: no call of this
     * kind lacks anything. */
    void (*fill)(struct aws_client *client, struct scope *scope, const struct change_plan *plan,
                 size_t call, change_filled_fn *filled, void *arg);
    /* Whether AWS shows already what a call is for, since another change has seen to the same: then
     * it counts as done, and is not sent. Asked right before the call would be sent. Answers once,
     * on RUN_WORKER, not at all once the scope is closed; ERR_STALE when the calls behind it would
     * not be what was consented to. NULL: every call of this kind is needed. */
    void (*needs)(struct aws_client *client, struct scope *scope, const struct change_plan *plan,
                  size_t call, change_needs_fn *needed, void *arg);
    /* Whether a refusal says that somebody else has seen to the same in the moment between needs
     * and the call. Then needs is asked once more: what it finds done counts as done, and nothing
     * is sent twice. NULL: no refusal says so. */
    bool (*is_overtaken)(const struct err *refusal);
};

/* --- consent ------------------------------------------------------------------------------- */

enum consent_level {
    CONSENT_KEY,  /* one reversible item of MEDIUM or less: `y` on the sheet */
    CONSENT_NAME, /* HIGH, many items, an undo of a security fix: type the account's name */
    CONSENT_NAME_AND_REASON /* a production OU */
};

struct change_consent {
    char plan_hash[65];  /* of the plan that was on the screen; of several, their batch hash */
    char batch_hash[65]; /* the gate's to fill: what was consented to at once; "": one plan */
    char typed[128];     /* bytes as typed, never pasted; not looked at for CONSENT_KEY */
    char reason[256];
    bool single_operator; /* one person plans and approves: every record says so */
    /* What was consented to at once, for the level and the belts; 0 means 1 and unknown. */
    size_t n_items, n_resources;
    bool past_belts; /* to so many of the resources, expressly: another word is typed for it */
};

/* What has to be typed: the account's name, or its id when the name is not printable ASCII. */
void change_consent_word(const struct change_plan *plan, char *word, size_t size);
enum consent_level change_consent_level(const struct change_plan *plan, size_t n_items);
/* Whether consent is what plan needs: the hash, then the level's word, compared byte by byte, then
 * the reason. OK or ERR_CONSENT. */
enum err_code change_consent_check(const struct change_plan *plan,
                                   const struct change_consent *consent, struct err *err);

/* How much one consent may cover (cloud-custodian's max-resources and max-resources-percent). */
struct change_belts {
    size_t items_max;
    unsigned percent_max; /* of the resources that the items were chosen from; one is always fine */
    size_t failures_max;  /* of several: so many failures, and the rest is not begun */
};
extern const struct change_belts change_belts_default; /* 10 items, 5 percent, 2 failures */
/* OK or ERR_REFUSED. n_resources 0: how many there are is not known, or not in full, and then one
 * item is all that may be changed. */
enum err_code change_belts_check(const struct change_belts *belts, size_t n_items,
                                 size_t n_resources, struct err *err);
/* The same of n items for which consent was given: past the belts but for items_max, when it was
 * given expressly. */
enum err_code change_belts_allow(const struct change_belts *belts, size_t n_items,
                                 const struct change_consent *consent, struct err *err);

/* --- several plans under one consent --------------------------------------------------------- */

/* What consent to several plans is given to: SHA-256 over their hashes, in the order in which they
 * are to be done. */
void change_batch_hash(const char *const *plan_hashes, size_t n, char hash[65]);
/* What has to be typed for them: in one account its word, in several "4 changes in 2 accounts";
 * past the belts "4 changes past the belt", whatever the accounts. */
void change_batch_word(const struct change_plan *const *plans, size_t n, bool past_belts,
                       char *word, size_t size);
/* Never less than the account's name; with one of them in production a reason too. n > 0. */
enum consent_level change_batch_level(const struct change_plan *const *plans, size_t n);
/* Whether consent is what these plans need: their batch hash, the word, the reason. OK or
 * ERR_CONSENT. */
enum err_code change_batch_check(const struct change_plan *const *plans, size_t n,
                                 const struct change_consent *consent, struct err *err);

/* --- exceptions ---------------------------------------------------------------------------- */

/* An item that is to be left as it is for a time: who answers for it, why, until when. */
struct change_exception {
    char item_key[65];
    struct aws_target target;
    char account_name[128]; /* raw */
    char title[256];        /* of what is not to be done */
    char owner[128], reason[256];
    int64_t expires_at_ms; /* wall clock */
    int64_t said_at_ms;    /* when; the gate's to fill: 0: never */
};
/*
 * The newest exception of an item in a trail; false when there is none, or it is over at now_ms
 * (then said_at_ms tells whether there was one).
 * Does not verify the trail. On RUN_WORKER.
 */
bool change_exception_find(const char *audit_path, const char *item_key, int64_t now_ms,
                           struct change_exception *exception);

/* --- the gate ------------------------------------------------------------------------------ */

/*
 * X(state, whether it is an end state, whether it is written into the trail)
 * Which follows which is in gate.c, and drawn in README.md.
 */
#define CHANGE_STATES(X)                                                             \
    X(PLANNED, false, false)                                                         \
    X(CHECKING, false, false)                                                        \
    X(READY, false, true)  /* checked; waits for consent */                          \
    X(REFUSED, true, true) /* by policy, belts, DryRun, another console, the disk */ \
    X(STALE, true, true)   /* AWS is not as the plan found it; nothing was sent */   \
    X(INTENT, false, true) /* on disk; whether it was sent nobody knows */           \
    X(SENT, false, true)   /* AWS has accepted it */                                 \
    X(VERIFYING, false, false)                                                       \
    X(SUCCEEDED, true, true)  /* seen in AWS */                                      \
    X(UNVERIFIED, true, true) /* accepted, but AWS shows something else */           \
    X(FAILED, true, true)     /* AWS refused it, or it provably never left */        \
    X(UNKNOWN, false, true)   /* it may have left and no answer came */              \
    X(REJECTED, true, true)   /* a person said no */                                 \
    X(UNDONE, true, true)

enum change_state {
#define CHANGE_ENUM(name, is_end, in_trail) CHANGE_##name,
    CHANGE_STATES(CHANGE_ENUM)
#undef CHANGE_ENUM
};
const char *change_state_name(enum change_state state); /* "SUCCEEDED" */
/* Whether a change that came to this end may have made AWS another: what is shown of it is to be
 * read anew. Pure. */
bool change_state_has_changed(enum change_state state);

/* What the screens see of one change; a copy, no pointers into the gate. */
struct change_status {
    char plan_id[37];
    char item_key[65];
    enum change_state state;
    enum consent_level consent;
    struct err err;    /* why it is refused, stale, failed, unknown */
    char dry_run[160]; /* what DryRun said, "" before */
    char request_id[80];
    int64_t at_ms;
    /* Of the same item, as the journal knows it: how often it was tried before, what came of the
     * last try (its name, "" without one), and when. */
    unsigned n_earlier;
    char earlier[16];
    int64_t earlier_at_ms;
    bool undoable;            /* something of it was done, not undone, not expired (30 days) */
    int64_t wait_until_up_ms; /* before it (clock_up_ms) one person alone does not consent to it; 0:
                                 nobody has to wait */
};

/* Whether changes are allowed at all in an account now: read-only patterns, elevation, freeze,
 * exceptions. Only the last two, and four eyes, may be gone past by plan->break_glass. OK,
 * ERR_READ_ONLY or ERR_REFUSED with the way out in the message. Read-only and pure. */
typedef enum err_code change_policy_fn(void *arg, const struct change_plan *plan, struct err *err);

/* How long somebody who decides on the plan alone has to wait once it is READY; 0: not at all.
 * Pure; on RUN_WORKER. */
typedef int64_t change_wait_fn(void *arg, const struct change_plan *plan);

/* What is known elsewhere of an exception about the item: false when nothing is. Of that and what
 * the trail says the newer counts, also when it is over. On RUN_WORKER. */
typedef bool change_exception_fn(void *arg, const char *item_key,
                                 struct change_exception *exception);

/* A change comes to an end, an exception is in the trail. For whoever shares such decisions with
 * others. On RUN_WORKER, before on_status says so. */
typedef void change_ended_fn(void *arg, const struct change_plan *plan, enum change_state end,
                             const char *reason);
typedef void change_excepted_fn(void *arg, const struct change_exception *exception);

struct gate;

#define CHANGE_PLAN_AGE_MAX_MS ((int64_t)15 * 60 * 1000)

struct gate_options {
    const char *dir; /* journal, audit, locks; made with 0700 */
    const struct change_kind *const *kinds;
    size_t n_kinds;
    change_policy_fn *policy;
    /* Whether one person may consent to it alone, asked when one does: four eyes. NULL: always. */
    change_policy_fn *alone;
    /* What stands in for the other person where one consents alone. It counts from READY on, of a
     * plan that is there in this process only: whoever starts anew, or plans anew, waits anew. By
     * clock_up_ms: sleep of the machine counts, setting its clock does not. NULL: nobody waits. */
    change_wait_fn *alone_wait;
    void *policy_arg;
    /* These may be NULL; shared_arg is theirs. */
    change_exception_fn *exception;
    change_ended_fn *on_ended;
    change_excepted_fn *on_excepted;
    void *shared_arg;
    /* fires on RUN_UI for every step of every change */
    void (*on_status)(void *arg, const struct change_status *status);
    void *on_status_arg;
    const struct change_belts *belts; /* NULL: the default */
    int64_t plan_age_max_ms;          /* 0: CHANGE_PLAN_AGE_MAX_MS; older plans are stale */
    int64_t verify_for_ms;            /* 0: 30 s of looks with back-off, then UNVERIFIED */
    int64_t look_pause_ms;     /* 0: 200 ms, the first of the pauses between these looks; each is
                                  twice the one before it, 5 s at most */
    int64_t throttle_pause_ms; /* 0: 1 s, the first of the pauses when AWS throttles, or it is too
                                  early; each is twice the one before it */
    int64_t undo_pause_ms;     /* 0: what the undo's kind wants; else that in its place wherever a
                                  kind wants one, negative: none */
};

/*
 * options are copied. Touches no disk: journal and trail are opened, and the whole chain verified,
 * by the first task on RUN_WORKER. What does not open, or does not verify, keeps the gate shut:
 * reads go on, changes are refused with that reason, and gate_health says it. client is borrowed
 * and must outlive it. After run_start.
 */
struct gate *gate_new(struct aws_client *client, const struct gate_options *options);
void gate_free(struct gate *gate); /* after run_stop; NULL is allowed */
/* OK while the gate is open or about to open, else why it is shut, for a banner. Any runner. */
enum err_code gate_health(struct gate *gate, struct err *err);

/* Who acts: from GetCallerIdentity; each record carries it. Until it is set, changes are refused.
 * Any runner. */
void gate_set_actor(struct gate *gate, const char *principal_arn);
/* Writes what is no change but belongs into the trail (":elevate 15m"): action and what of it.
 * Any runner; a failure is logged. */
void gate_note(struct gate *gate, const char *action, const char *what);

/* Takes a sealed plan, runs the checks (policy, age, look, DryRun) and reports READY, REFUSED or
 * STALE by on_status. Any runner. */
void gate_check(struct gate *gate, struct change_plan *take_plan);
/*
 * Consent: binds to the plan's hash, checks again, writes the intent, sends, verifies. What is not
 * the consent that the plan needs leaves it READY, with ERR_CONSENT in the status. Any runner.
 */
void gate_consent(struct gate *gate, const char *plan_id, const struct change_consent *consent);
/*
 * Consent to several plans that are READY, to be done in this order, one after the other: each is
 * checked again, has its own intent, sending and verification, and tells its own steps. Nothing is
 * begun when one of them is not READY or the consent is not what they need (ERR_CONSENT in the
 * status of each). After belts->failures_max of them were refused, failed or stayed unverified, or
 * once an outcome stays unknown, the rest is not begun; what turned out STALE is no failure. What
 * is not begun stays READY, with ERR_CANCELLED and the reason in its status. Any runner.
 */
void gate_consent_many(struct gate *gate, const char *const *plan_ids, size_t n,
                       const struct change_consent *consent);
/* What has not been begun of that batch is not begun any more. Any runner. */
void gate_stop_many(struct gate *gate, const char *batch_hash);
/* Says no, with a reason (which must not be empty), into the trail. Any runner. */
void gate_reject(struct gate *gate, const char *plan_id, const char *reason);
/*
 * Writes an exception into the trail: until it expires, plans about its item are refused (undos are
 * not, nor what breaks glass). One that expires in the past takes an earlier one back. Owner and
 * reason must not be blank. done fires once on RUN_UI, not at all once scope is closed: OK means
 * that it is on disk. Any runner.
 */
void gate_except(struct gate *gate, const struct change_exception *exception, struct scope *scope,
                 void (*done)(void *arg, const struct err *err), void *arg);
/* Makes the inverse plan of a done change and puts it through gate_check; break_glass as in the
 * plan, "" for none. on_plan fires once on RUN_UI, not at all once scope is closed, with a copy of
 * the plan that is the callee's, or NULL with err. Any runner. */
void gate_undo(struct gate *gate, const char *plan_id, const char *break_glass, struct scope *scope,
               void (*on_plan)(void *arg, struct change_plan *take_plan, const struct err *err),
               void *arg);
/* The last change that can be undone, "" when there is none. Any runner. */
void gate_last_undoable(struct gate *gate, char plan_id[37]);

/*
 * At start-up, once the actor is known: every intent without an end state is looked at and settled,
 * never sent again. done fires once on RUN_WORKER with how many were settled and how many stay open
 * (AWS could not be read, or another console is at it). Any runner; may be called again.
 */
void gate_settle(struct gate *gate, void (*done)(void *arg, size_t settled, size_t open),
                 void *arg);

/* Where the trail is, for the trail screen and `watchdeck trail verify`. */
const char *gate_audit_path(const struct gate *gate);

#endif
