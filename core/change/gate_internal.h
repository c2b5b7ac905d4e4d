/* gate_internal: what the parts of the gate share. All of it on RUN_WORKER but where said. */
#ifndef CORE_CHANGE_GATE_INTERNAL_H
#define CORE_CHANGE_GATE_INTERNAL_H

#include <pthread.h>

#include "core/change/gate.h"

/* Where the kill tests stop a process; nothing at all in the product. */
#ifdef WATCHDECK_STOP_POINTS
void change_stop_point(const char *name);
#define STOP_POINT(name) change_stop_point(name)
#else
#define STOP_POINT(name) ((void)0)
#endif

#define UNDO_DAYS_MAX 30

struct gate {
    struct aws_client *client;
    struct gate_options options;
    char *dir, *audit_path;
    struct scope *scope;
    struct audit *audit; /* both NULL while the gate is shut */
    struct journal *journal;
    struct notice_room *notices; /* notice.c */
    char actor[256];
    VEC(struct change *) changes; /* from their check to their end */
    VEC(struct batch *) batches;  /* from their consent to the end of their last change */

    pthread_mutex_t lock; /* guards what follows; any runner */
    struct err shut;      /* why the gate is shut; OK when it is not */
    char last_undoable[37];
};

/* One plan on its way through the gate. */
struct change {
    struct gate *gate;
    struct change_plan *plan;
    struct change_status status;
    struct change_consent consent; /* plan_hash "" until it was given */
    bool claimed;                  /* the right to act on the plan's item is ours */
    size_t probes_done;
    unsigned n_throttled;           /* how often AWS has put it off, for its rate or for now */
    size_t n_needless;              /* of plan->calls_done: what another change has seen to */
    struct err overtaken;           /* the refusal by which somebody else was quicker */
    struct batch *batch;            /* from its beginning, when it was consented to with others */
    bool is_ending;                 /* the next state is the last one, for good or for now */
    struct change_lookout *lookout; /* while it is being settled; settle.c */
    struct settling *settling;      /* at start-up: who waits for the end of it */
};

/* --- gate.c -------------------------------------------------------------------------------- */

/* Takes the plan; the change is the gate's until change_end. */
struct change *change_new(struct gate *gate, struct change_plan *take_plan);
struct change *change_find(struct gate *gate, const char *plan_id);
/* Releases its claim and frees it. */
void change_forget(struct change *change);
/* Says of a change that is not at the gate that it waits for nothing. */
void gate_tell_unknown(struct gate *gate, const char *plan_id);

/* --- record.c: the state table, the trail, the journal --------------------------------------- */

/* Writes the step to `to` into the trail, when it belongs there. why may be NULL. */
enum err_code change_write_trail(struct change *change, enum change_state to, const struct err *why,
                                 struct err *err);
/* Writes the record of an end that the journal has had since at_ms: "ended_at" tells when. */
enum err_code change_write_trail_late(struct change *change, enum change_state end, int64_t at_ms,
                                      struct err *err);
/* Writes the state `to` into the journal, with what undo and settling need. */
enum err_code change_write_journal(struct change *change, enum change_state to, struct err *err);
/* Takes the step and tells the screens. That the table allows it is asserted. */
void change_enter(struct change *change, enum change_state to, const struct err *why);
/* Tells the screens of what kept the change in its state. */
void change_tell(struct change *change, const struct err *why);
/* A step that no failure may hold up: writes it where it belongs as well as it can, then takes it.
 * What could not be written is in the status. */
void change_move(struct change *change, enum change_state to, const struct err *why);
/* The same for the last step: marks what an undo has undone, and forgets change. */
void change_end(struct change *change, enum change_state to, const struct err *why);
/* Writes what is no change into the trail, with who and where added to its fields. */
enum err_code gate_write_fields(struct gate *gate, cJSON *fields, struct err *err);
/* The same for what is only an action and what of it. */
enum err_code gate_write_note(struct gate *gate, const char *action, const char *what,
                              struct err *err);

/* --- check.c ------------------------------------------------------------------------------- */

/* OK, or ERR_STALE when the plan is older than what may be consented to. */
enum err_code change_check_age(const struct change *change, struct err *err);
/* OK, or ERR_REFUSED when one person may not consent to the plan alone. */
enum err_code change_check_alone(const struct gate *gate, const struct change_plan *plan,
                                 struct err *err);
/* OK, or ERR_CONSENT while it is too early for one person to consent to it alone. */
enum err_code change_check_wait(const struct change *change, struct err *err);
/* From a new change to READY, REFUSED or STALE. */
void change_check(struct change *change);
/* Consent was given: everything again, under a claim, and on to change_send. */
void change_check_again(struct change *change);

/* --- batch.c ------------------------------------------------------------------------------- */

/* Consent to several; see gate_consent_many. ids are copied. */
void gate_begin_batch(struct gate *gate, const char *const *plan_ids, size_t n,
                      const struct change_consent *consent);
void gate_stop_batch(struct gate *gate, const char *batch_hash);
/* A change of the batch ends, for good or for now, and nobody has been told yet. */
void batch_item_ends(struct batch *batch, enum change_state state);
/* It is gone: the next one is begun. */
void batch_item_forgotten(struct batch *batch);
bool batch_is_stopped(const struct batch *batch);
void batch_free(struct batch *batch);

/* --- send.c -------------------------------------------------------------------------------- */

/* Writes the intent, sends the calls one by one, and has the change settled. */
void change_send(struct change *change);
/* Whether the plan's next call waits until it is due. */
bool change_waits_to_send(const struct change *change);
/* It is due. */
void change_send_due(struct change *change);

/* --- settle.c ------------------------------------------------------------------------------ */

/* What is known of what was sent, before AWS is looked at. */
enum change_knowledge {
    KNOWN_ACCEPTED, /* every call was accepted, but for one that waits to be due */
    KNOWN_REFUSED,  /* a call was refused or provably not sent; the ones before it were accepted */
    KNOWN_NOTHING,  /* a call may have been sent, no answer came */
};
/* Looks at AWS until it shows the change or its time is over, age_ms of which have passed already;
 * once at least, and no more than once after a refusal; then ends it. why is what it is to end with
 * when it was refused; NULL: nothing. */
void change_settle(struct change *change, enum change_knowledge knowledge, int64_t age_ms,
                   const struct err *why);
/* The call that was due came too early: goes on looking after a pause, within the time that it was
 * looked for already. */
void change_settle_later(struct change *change, int64_t pause_ms, const struct err *why);
void gate_settle_open(struct gate *gate, void (*done)(void *arg, size_t settled, size_t open),
                      void *arg);

/* --- notice.c, notice_room.c --------------------------------------------------------------- */

/* The room behind the door, empty; a gate has one. */
struct notice_room *notice_room_new(void);
/* At start-up, once the actor is known: what an earlier console was about to tell when it died is
 * UNKNOWN from now on, and the trail gets the ends that it lacks. */
void gate_settle_notices(struct gate *gate);
/* After run_stop. */
void notice_room_free(struct notice_room *room);
/* What the settings consent to, into the trail: what is new, other, or gone. Once the actor is
 * known; what was recorded is not again. */
void gate_record_consents(struct gate *gate);

/* --- exception.c --------------------------------------------------------------------------- */

/* Writes it into the trail; ERR_CONSENT without an owner or a reason. */
enum err_code gate_write_exception(struct gate *gate, const struct change_exception *exception,
                                   struct err *err);
/* OK, or ERR_REFUSED while an exception of the plan's item holds. */
enum err_code change_check_exception(const struct change *change, struct err *err);

/* --- late.c -------------------------------------------------------------------------------- */

/* Writes into the trail the ends that the journal has and it lacks, of changes whose beginning it
 * has. The gate is open. On RUN_WORKER. */
void gate_pay_trail(struct gate *gate);

/* --- undo.c -------------------------------------------------------------------------------- */

/* Whether a done change can be undone now; at_ms is when it ended. */
bool change_is_undoable(const struct change_plan *plan, enum change_state state, int64_t at_ms);
/* Finds the last change that can be undone, for gate_last_undoable. */
void gate_find_undoable(struct gate *gate);
/* The sealed plan that undoes the change of plan_id; the caller's. NULL and *err. */
struct change_plan *gate_plan_undo(struct gate *gate, const char *plan_id, struct err *err);

/* The change of an id as the journal has it. */
struct change_record {
    struct change_plan *plan; /* the caller's, with all that was learned */
    enum change_state state;
    int64_t at_ms;
    struct change_consent consent; /* typed is not kept */
};
enum err_code gate_load(struct gate *gate, const char *plan_id, struct change_record *record,
                        struct err *err);
/* From an entry of journal_each; false when it is not readable by this version. */
bool change_record_read(const struct gate *gate, const char *state, int64_t at_ms,
                        const cJSON *fields, struct change_record *record, struct err *err);
/* By its name; false when it is none. */
bool change_state_parse(const char *name, enum change_state *state);
bool change_state_is_end(enum change_state state);

#endif
