/* What came of a change is settled by looking at AWS, never by sending again. */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/change/gate_internal.h"

#define VERIFY_FOR_MS ((int64_t)30000)
#define PAUSE_MIN_MS  ((int64_t)200)
#define PAUSE_MAX_MS  ((int64_t)5000)

/* Looking again and again, until AWS shows the change or the time is over. */
struct change_lookout {
    enum change_knowledge knowledge;
    int64_t until_ms;          /* by the monotonic clock */
    int64_t underway_until_ms; /* while AWS is at it */
    int64_t pause_ms;
    struct err why; /* what it is to end with when it was refused */
};

/* Start-up: the changes that are being settled, and who waits for that. */
struct settling {
    struct gate *gate;
    size_t pending, settled, open;
    void (*done)(void *arg, size_t settled, size_t open);
    void *arg;
};

/* --- the verdict -------------------------------------------------------------------------- */

#define STANDS ((size_t)STAND_UNREADABLE + 1)

static const enum change_state verdicts[][STANDS] = {
    [KNOWN_ACCEPTED] = {[STAND_BEFORE] = CHANGE_UNVERIFIED,
                        [STAND_AFTER] = CHANGE_SUCCEEDED,
                        [STAND_OTHER] = CHANGE_UNVERIFIED,
                        [STAND_UNDERWAY] = CHANGE_UNVERIFIED,
                        [STAND_DUE] = CHANGE_UNVERIFIED,
                        [STAND_FAILED] = CHANGE_FAILED,
                        [STAND_UNREADABLE] = CHANGE_UNVERIFIED},
    [KNOWN_REFUSED] = {[STAND_BEFORE] = CHANGE_FAILED,
                       [STAND_AFTER] = CHANGE_SUCCEEDED,
                       [STAND_OTHER] = CHANGE_FAILED,
                       [STAND_UNDERWAY] = CHANGE_FAILED,
                       [STAND_DUE] = CHANGE_UNVERIFIED,
                       [STAND_FAILED] = CHANGE_FAILED,
                       [STAND_UNREADABLE] = CHANGE_FAILED},
    [KNOWN_NOTHING] = {[STAND_BEFORE] = CHANGE_FAILED,
                       [STAND_AFTER] = CHANGE_SUCCEEDED,
                       [STAND_OTHER] = CHANGE_UNVERIFIED,
                       [STAND_UNDERWAY] = CHANGE_UNKNOWN,
                       [STAND_DUE] = CHANGE_UNVERIFIED,
                       [STAND_FAILED] = CHANGE_FAILED,
                       [STAND_UNREADABLE] = CHANGE_UNKNOWN},
};

static void explain(const struct change_lookout *lookout, enum change_state verdict,
                    enum change_stand stand, const struct err *look_err, struct err *err)
{
    *err = lookout->why;
    if (verdict == CHANGE_SUCCEEDED)
        *err = ERR_NONE;
    else if (stand == STAND_DUE && err->code != OK) /* the call that was due was refused */
        err->code = ERR_UNVERIFIED;
    else if (verdict == CHANGE_UNVERIFIED)
        err_set(err, ERR_UNVERIFIED, "look", "%s",
                look_err->message[0] != 0 ? look_err->message
                : stand == STAND_BEFORE   ? "AWS still shows it as it was before"
                : stand == STAND_OTHER    ? "AWS shows something else: somebody changed it too"
                                          : "AWS could not be read");
    else if (stand == STAND_FAILED)
        *err = *look_err;
    else if (verdict == CHANGE_UNKNOWN && stand == STAND_UNDERWAY)
        err_set(err, ERR_UNKNOWN_OUTCOME, "look", "%s", look_err->message);
    else if (verdict == CHANGE_UNKNOWN)
        err_set(err, ERR_UNKNOWN_OUTCOME, "look", "AWS could not be read: %s", look_err->message);
    else if (err->code == OK)
        err_set(err, ERR_NET, "look", "it was not done: AWS shows it as it was before");
}

static void release(struct settling *settling)
{
    if (--settling->pending != 0)
        return;
    if (settling->done != NULL)
        settling->done(settling->arg, settling->settled, settling->open);
    mem_free(settling);
}

static void count(struct settling *settling, bool settled)
{
    if (settling == NULL)
        return;
    settling->settled += settled;
    settling->open += !settled;
    release(settling);
}

static void conclude(struct change *change, enum change_stand stand, const struct err *look_err)
{
    struct change_lookout *lookout = change->lookout;
    struct settling *settling = change->settling;
    enum change_state verdict = verdicts[lookout->knowledge][stand];
    struct err err;

    explain(lookout, verdict, stand, look_err, &err);
    /* Seen done after no answer came: it was ours. Seen done after a refusal: it was another's. */
    if (verdict == CHANGE_SUCCEEDED && lookout->knowledge == KNOWN_NOTHING)
        change->plan->calls_done = change->plan->calls.len;
    mem_free(lookout);
    change->lookout = NULL;
    change_end(change, verdict, &err);
    count(settling, verdict != CHANGE_UNKNOWN);
}

/* --- looking ------------------------------------------------------------------------------ */

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void look_again(void *arg);

/* What is settled after a crash, a refusal or without an answer sends nothing more. */
static bool may_send_due(const struct change *change)
{
    return change->lookout->knowledge == KNOWN_ACCEPTED && change->settling == NULL &&
           change_waits_to_send(change) && clock_mono_ms() < change->lookout->underway_until_ms;
}

static void looked(void *arg, enum change_stand stand, const struct err *why)
{
    struct change *change = arg;
    struct change_lookout *lookout = change->lookout;

    /* At the end of the program: what is open is settled by the next start. */
    if (scope_is_closed(change->gate->scope))
        return;
    if (stand == STAND_DUE && may_send_due(change)) {
        change_send_due(change);
        return;
    }
    bool is_at_it = stand == STAND_UNDERWAY || stand == STAND_DUE;
    int64_t until_ms = is_at_it ? lookout->underway_until_ms : lookout->until_ms;
    if (stand == STAND_AFTER || stand == STAND_FAILED || clock_mono_ms() >= until_ms) {
        conclude(change, stand, why != NULL ? why : &ERR_NONE);
        return;
    }
    if (change->status.state == CHANGE_VERIFYING && why != NULL && why->code != OK)
        change_tell(change, why); /* how far it is */
    int64_t pause_ms = smaller(lookout->pause_ms, until_ms - clock_mono_ms());
    run_after(RUN_WORKER, pause_ms > 0 ? pause_ms : 0, change->gate->scope, look_again, NULL,
              change);
    lookout->pause_ms = smaller(2 * lookout->pause_ms, PAUSE_MAX_MS);
}

static void look_again(void *arg)
{
    struct change *change = arg;

    STOP_POINT("look");
    change->plan->kind->look(change->gate->client, change->gate->scope, change->plan, looked,
                             change);
}

void change_settle(struct change *change, enum change_knowledge knowledge, int64_t age_ms,
                   const struct err *why)
{
    const struct gate_options *options = &change->gate->options;
    int64_t began_ms = clock_mono_ms() - age_ms;
    int64_t for_ms = options->verify_for_ms != 0 ? options->verify_for_ms : VERIFY_FOR_MS;
    int64_t underway_for_ms = change->plan->kind->underway_for_ms;
    int64_t pause_ms = options->look_pause_ms != 0 ? options->look_pause_ms : PAUSE_MIN_MS;

    if (knowledge == KNOWN_REFUSED)
        for_ms = underway_for_ms = 0;
    if (underway_for_ms < for_ms)
        underway_for_ms = for_ms;
    mem_free(change->lookout); /* of a call that was due */
    change->lookout = mem_new(struct change_lookout);
    *change->lookout = (struct change_lookout){.knowledge = knowledge,
                                               .until_ms = began_ms + for_ms,
                                               .underway_until_ms = began_ms + underway_for_ms,
                                               .pause_ms = pause_ms,
                                               .why = why != NULL ? *why : ERR_NONE};
    look_again(change);
}

void change_settle_later(struct change *change, int64_t pause_ms, const struct err *why)
{
    change->lookout->why = *why;
    run_after(RUN_WORKER, pause_ms, change->gate->scope, look_again, NULL, change);
}

/* --- at start-up -------------------------------------------------------------------------- */

/* The changes of the journal that have no end state. */
struct open_changes {
    struct gate *gate;
    VEC(struct change *) list;
    size_t n_unreadable; /* open, and not as they were sealed */
};

static enum change_knowledge knowledge_of(const struct change *change)
{
    if (change->status.state != CHANGE_SENT)
        return KNOWN_NOTHING;
    bool is_accepted =
        change->plan->calls_done == change->plan->calls.len || change_waits_to_send(change);
    return is_accepted ? KNOWN_ACCEPTED : KNOWN_REFUSED;
}

static void collect_open(void *arg, const char *id, const char *state_name, int64_t at_ms,
                         const cJSON *fields)
{
    struct open_changes *open = arg;
    struct change_record record;
    enum change_state state;
    struct err err;

    if (change_state_parse(state_name, &state) && change_state_is_end(state))
        return;
    if (change_find(open->gate, id) != NULL)
        return;
    if (!change_record_read(open->gate, state_name, at_ms, fields, &record, &err)) {
        log_error("gate", "the change %s cannot be settled: %s", id, err.message);
        open->n_unreadable++;
        return;
    }
    struct change *change = change_new(open->gate, record.plan);
    change->status.state = record.state;
    change->status.at_ms = record.at_ms;
    change->consent = record.consent;
    vec_push(&open->list, change);
}

/* Under the claim: another console may have settled it between our reading and our claim. */
static enum err_code claim_open(struct change *change, struct err *err)
{
    struct gate *gate = change->gate;
    struct change_record now;
    enum err_code code = journal_claim(gate->journal, change->plan->item_key, gate->actor, err);

    if (code != OK)
        return code;
    change->claimed = true;
    code = gate_load(gate, change->plan->id, &now, err);
    if (code != OK)
        return code;
    if (change_state_is_end(now.state))
        code = err_set(err, ERR_EXISTS, "gate", "another console has settled it");
    change_plan_free(now.plan);
    return code;
}

/* What was sent a moment ago may still be on its way. A clock that was set back adds nothing. */
static int64_t age_ms(const struct change *change)
{
    int64_t since_ms = clock_wall_ms() - change->status.at_ms;

    return since_ms > 0 ? since_ms : 0;
}

static void settle_one(struct change *change, struct settling *settling)
{
    struct err err = ERR_NONE;

    change->settling = settling;
    if (claim_open(change, &err) == OK) {
        change_settle(change, knowledge_of(change), age_ms(change), NULL);
        return;
    }
    log_info("gate", "%s is left open: %s", change->plan->id, err.message);
    change_forget(change);
    count(settling, false);
}

void gate_settle_open(struct gate *gate, void (*done)(void *arg, size_t settled, size_t open),
                      void *arg)
{
    struct open_changes open = {.gate = gate};
    struct settling *settling = mem_new(struct settling);
    struct err err = ERR_NONE;

    *settling = (struct settling){.gate = gate, .pending = 1, .done = done, .arg = arg};
    if (gate_health(gate, &err) == OK) {
        gate_pay_trail(gate);
        gate_settle_notices(gate);
        journal_each(gate->journal, collect_open, &open, &err);
    }
    if (err.code != OK)
        log_error("gate", "nothing can be settled: %s", err.message);
    settling->pending += open.list.len + open.n_unreadable;
    for (size_t i = 0; i < open.n_unreadable; i++)
        count(settling, false);
    for (size_t i = 0; i < open.list.len; i++)
        settle_one(open.list.ptr[i], settling);
    vec_free(&open.list);
    release(settling);
}
