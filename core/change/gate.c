/* The gate from outside: what any runner may call becomes a task on the worker. */
#include "core/change/gate.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/os.h"
#include "core/change/gate_internal.h"

#define JOURNAL_NAME "journal"
#define AUDIT_NAME   "audit"

/* --- the changes at the gate -------------------------------------------------------------- */

struct change *change_new(struct gate *gate, struct change_plan *take_plan)
{
    struct change *change = mem_new(struct change);

    change->gate = gate;
    change->plan = take_plan;
    change->status.state = CHANGE_PLANNED;
    change->status.consent = change_consent_level(take_plan, 1);
    str_copy(change->status.plan_id, take_plan->id);
    str_copy(change->status.item_key, take_plan->item_key);
    vec_push(&gate->changes, change);
    return change;
}

struct change *change_find(struct gate *gate, const char *plan_id)
{
    for (size_t i = 0; i < gate->changes.len; i++)
        if (strcmp(gate->changes.ptr[i]->plan->id, plan_id) == 0)
            return gate->changes.ptr[i];
    return NULL;
}

static void change_free(struct change *change)
{
    change_plan_free(change->plan);
    mem_free(change->lookout);
    mem_free(change);
}

void change_forget(struct change *change)
{
    struct gate *gate = change->gate;

    for (size_t i = 0; i < gate->changes.len; i++) {
        if (gate->changes.ptr[i] == change) {
            gate->changes.ptr[i] = vec_last(&gate->changes);
            gate->changes.len--;
            break;
        }
    }
    if (change->claimed)
        journal_release(gate->journal, change->plan->item_key);
    if (change->batch != NULL)
        batch_item_forgotten(change->batch);
    change_free(change);
}

/* --- opening ------------------------------------------------------------------------------ */

static char *path_in(const char *dir, const char *name)
{
    struct buf path = BUF_NONE;

    buf_addf(&path, "%s/%s", dir, name);
    return buf_take(&path);
}

static void shut(struct gate *gate, const struct err *why)
{
    pthread_mutex_lock(&gate->lock);
    gate->shut = *why;
    pthread_mutex_unlock(&gate->lock);
    if (why->code != OK)
        log_error("gate", "no changes are possible: %s", why->message);
}

static enum err_code open_store(struct gate *gate, struct err *err)
{
    AUTO_FREE char *journal_path = path_in(gate->dir, JOURNAL_NAME);
    enum err_code code = os_private_dir(gate->dir, err);

    if (code == OK)
        code = audit_open(gate->audit_path, &gate->audit, err);
    if (code == OK)
        code = journal_open(journal_path, &gate->journal, err);
    return code;
}

static void open_gate(void *arg)
{
    struct gate *gate = arg;
    struct err err = ERR_NONE;

    if (gate->dir[0] == '\0') {
        err_set(&err, ERR_IO, "gate", "no folder for the journal: HOME is not set");
    } else if (open_store(gate, &err) != OK) {
        struct err why = err;
        err_set(&err, why.code, "gate",
                "%s; the journal is kept in %s: make room there, or name another folder with "
                "--state-dir",
                why.message, gate->dir);
    }
    shut(gate, &err);
    if (err.code == OK)
        gate_find_undoable(gate);
}

enum err_code gate_health(struct gate *gate, struct err *err)
{
    pthread_mutex_lock(&gate->lock);
    struct err why = gate->shut;
    pthread_mutex_unlock(&gate->lock);
    if (err != NULL && why.code != OK)
        *err = why;
    return why.code;
}

struct gate *gate_new(struct aws_client *client, const struct gate_options *options)
{
    struct gate *made = mem_new(struct gate);

    made->client = client;
    made->options = *options;
    made->dir = mem_strdup(options->dir);
    made->options.dir = made->dir;
    made->audit_path = path_in(made->dir, AUDIT_NAME);
    made->scope = scope_new(NULL, "gate");
    made->notices = notice_room_new();
    pthread_mutex_init(&made->lock, NULL);
    run_call(RUN_WORKER, RUN_URGENT, made->scope, open_gate, NULL, made);
    return made;
}

void gate_free(struct gate *gate)
{
    if (gate == NULL)
        return;
    for (size_t i = 0; i < gate->changes.len; i++)
        change_free(gate->changes.ptr[i]);
    vec_free(&gate->changes);
    for (size_t i = 0; i < gate->batches.len; i++)
        batch_free(gate->batches.ptr[i]);
    vec_free(&gate->batches);
    notice_room_free(gate->notices);
    journal_close(gate->journal);
    audit_close(gate->audit);
    scope_unref(gate->scope);
    pthread_mutex_destroy(&gate->lock);
    mem_free(gate->dir);
    mem_free(gate->audit_path);
    mem_free(gate);
}

const char *gate_audit_path(const struct gate *gate)
{
    return gate->audit_path;
}

void gate_last_undoable(struct gate *gate, char plan_id[37])
{
    pthread_mutex_lock(&gate->lock);
    sv_copy(sv_of(gate->last_undoable), plan_id, sizeof gate->last_undoable);
    pthread_mutex_unlock(&gate->lock);
}

/* --- calls from any runner ---------------------------------------------------------------- */

/* One call on its way to the worker; what a function does not need stays zero. */
struct gate_call {
    struct gate *gate;
    char plan_id[37];
    char (*plan_ids)[37];
    size_t n_plan_ids;
    struct change_plan *plan;
    struct change_consent consent;
    struct change_exception exception;
    void (*on_done)(void *arg, const struct err *err);
    char *text, *more_text;
    struct scope *scope;
    void (*on_plan)(void *arg, struct change_plan *take_plan, const struct err *err);
    void (*on_settled)(void *arg, size_t settled, size_t open);
    void *arg;
    struct err err;
};

static void call_free(void *arg)
{
    struct gate_call *call = arg;

    change_plan_free(call->plan);
    mem_free(call->plan_ids);
    mem_free(call->text);
    mem_free(call->more_text);
    scope_unref(call->scope);
    mem_free(call);
}

static struct gate_call *call_new(struct gate *gate, const char *plan_id)
{
    struct gate_call *call = mem_new(struct gate_call);

    call->gate = gate;
    sv_copy(sv_of(plan_id), call->plan_id, sizeof call->plan_id);
    return call;
}

static void post(struct gate_call *take_call, void (*fn)(void *arg))
{
    run_call(RUN_WORKER, RUN_URGENT, take_call->gate->scope, fn, call_free, take_call);
}

/* A change that is not at the gate any more, or never was, has a status too. */
void gate_tell_unknown(struct gate *gate, const char *plan_id)
{
    struct change_plan nothing = {0};
    struct change change = {.gate = gate, .plan = &nothing};
    struct err err;

    str_copy(change.status.plan_id, plan_id);
    change.status.state = CHANGE_REFUSED;
    err_set(&err, ERR_NOT_FOUND, "gate", "this change is not waiting for anything: plan it again");
    change_tell(&change, &err);
}

/* The change of the call, when it waits for a decision; else says so and returns NULL. */
static struct change *waiting_change(const struct gate_call *call)
{
    struct change *change = change_find(call->gate, call->plan_id);
    struct err err;

    if (change == NULL) {
        gate_tell_unknown(call->gate, call->plan_id);
        return NULL;
    }
    if (change->status.state == CHANGE_READY)
        return change;
    err_set(&err, ERR_REFUSED, "gate", "it does not wait for a decision: it is %s",
            change_state_name(change->status.state));
    change_tell(change, &err);
    return NULL;
}

static void do_set_actor(void *arg)
{
    struct gate_call *call = arg;

    str_copy(call->gate->actor, call->text);
    gate_record_consents(call->gate);
    call_free(call);
}

void gate_set_actor(struct gate *gate, const char *principal_arn)
{
    struct gate_call *call = call_new(gate, "");

    call->text = mem_strdup(principal_arn);
    post(call, do_set_actor);
}

static void do_note(void *arg)
{
    struct gate_call *call = arg;
    struct err err = ERR_NONE;

    if (gate_write_note(call->gate, call->text, call->more_text, &err) != OK)
        log_error("gate", "not in the trail: %s: %s", call->text, err.message);
    call_free(call);
}

void gate_note(struct gate *gate, const char *action, const char *what)
{
    struct gate_call *call = call_new(gate, "");

    call->text = mem_strdup(action);
    call->more_text = mem_strdup(what);
    post(call, do_note);
}

/* Sheets that were opened and left: what is too old to be consented to need not be kept. */
static void expire_waiting(struct gate *gate)
{
    struct err err;

    for (size_t i = gate->changes.len; i-- > 0;) {
        struct change *change = gate->changes.ptr[i];
        if (change->status.state == CHANGE_READY && change_check_age(change, &err) != OK)
            change_end(change, CHANGE_STALE, &err);
    }
}

static void do_check(void *arg)
{
    struct gate_call *call = arg;
    expire_waiting(call->gate);
    struct change *change = change_new(call->gate, call->plan);

    call->plan = NULL;
    call_free(call);
    change_check(change);
}

void gate_check(struct gate *gate, struct change_plan *take_plan)
{
    struct gate_call *call = call_new(gate, take_plan->id);

    call->plan = take_plan;
    post(call, do_check);
}

static void do_consent(void *arg)
{
    struct gate_call *call = arg;
    struct change *change = waiting_change(call);
    struct err err = ERR_NONE;

    if (change != NULL && (change_consent_check(change->plan, &call->consent, &err) != OK ||
                           change_check_wait(change, &err) != OK ||
                           change_check_alone(call->gate, change->plan, &err) != OK)) {
        change_tell(change, &err);
    } else if (change != NULL) {
        change->consent = call->consent;
        change_check_again(change);
    }
    call_free(call);
}

void gate_consent(struct gate *gate, const char *plan_id, const struct change_consent *consent)
{
    struct gate_call *call = call_new(gate, plan_id);

    call->consent = *consent;
    post(call, do_consent);
}

static void do_consent_many(void *arg)
{
    struct gate_call *call = arg;
    VEC(const char *) ids = {0};

    for (size_t i = 0; i < call->n_plan_ids; i++)
        vec_push(&ids, call->plan_ids[i]);
    gate_begin_batch(call->gate, ids.ptr, ids.len, &call->consent);
    vec_free(&ids);
    call_free(call);
}

void gate_consent_many(struct gate *gate, const char *const *plan_ids, size_t n,
                       const struct change_consent *consent)
{
    struct gate_call *call = call_new(gate, "");

    call->consent = *consent;
    call->n_plan_ids = n;
    call->plan_ids = mem_alloc(n * sizeof *call->plan_ids);
    for (size_t i = 0; i < n; i++)
        sv_copy(sv_of(plan_ids[i]), call->plan_ids[i], sizeof call->plan_ids[i]);
    post(call, do_consent_many);
}

static void do_stop_many(void *arg)
{
    struct gate_call *call = arg;

    gate_stop_batch(call->gate, call->text);
    call_free(call);
}

void gate_stop_many(struct gate *gate, const char *batch_hash)
{
    struct gate_call *call = call_new(gate, "");

    call->text = mem_strdup(batch_hash);
    post(call, do_stop_many);
}

static void reject(struct change *change, const char *reason)
{
    struct err err = ERR_NONE;

    if (sv_trim(sv_of(reason)).len == 0) {
        err_set(&err, ERR_CONSENT, "gate", "a rejection needs a reason");
        change_tell(change, &err);
        return;
    }
    str_copy(change->consent.reason, reason);
    str_copy(change->consent.plan_hash, change->plan->plan_hash);
    change_end(change, CHANGE_REJECTED, NULL);
}

static void do_reject(void *arg)
{
    struct gate_call *call = arg;
    struct change *change = waiting_change(call);

    if (change != NULL)
        reject(change, call->text);
    call_free(call);
}

void gate_reject(struct gate *gate, const char *plan_id, const char *reason)
{
    struct gate_call *call = call_new(gate, plan_id);

    call->text = mem_strdup(reason);
    post(call, do_reject);
}

static void tell_done(void *arg)
{
    struct gate_call *call = arg;

    call->on_done(call->arg, &call->err);
    call_free(call);
}

static void do_except(void *arg)
{
    struct gate_call *call = arg;

    gate_write_exception(call->gate, &call->exception, &call->err);
    run_call(RUN_UI, RUN_URGENT, call->scope, tell_done, call_free, call);
}

void gate_except(struct gate *gate, const struct change_exception *exception, struct scope *scope,
                 void (*done)(void *arg, const struct err *err), void *arg)
{
    struct gate_call *call = call_new(gate, "");

    call->exception = *exception;
    call->scope = scope_ref(scope);
    call->on_done = done;
    call->arg = arg;
    post(call, do_except);
}

/* On RUN_UI: hands the plan of an undo over. */
static void hand_over(void *arg)
{
    struct gate_call *call = arg;
    struct change_plan *plan = call->plan;

    call->plan = NULL;
    call->on_plan(call->arg, plan, &call->err);
    call_free(call);
}

static void do_undo(void *arg)
{
    struct gate_call *call = arg;
    struct gate *gate = call->gate;
    struct change_plan *undo = gate_plan_undo(gate, call->plan_id, &call->err);

    if (undo != NULL && call->text[0] != '\0')
        change_plan_break_glass(undo, call->text, NULL);
    if (undo != NULL)
        call->plan = change_plan_copy(undo);
    run_call(RUN_UI, RUN_URGENT, call->scope, hand_over, call_free, call);
    if (undo != NULL)
        change_check(change_new(gate, undo));
}

void gate_undo(struct gate *gate, const char *plan_id, const char *break_glass, struct scope *scope,
               void (*on_plan)(void *arg, struct change_plan *take_plan, const struct err *err),
               void *arg)
{
    struct gate_call *call = call_new(gate, plan_id);

    call->text = mem_strdup(break_glass);
    call->scope = scope_ref(scope);
    call->on_plan = on_plan;
    call->arg = arg;
    post(call, do_undo);
}

static void do_settle(void *arg)
{
    struct gate_call *call = arg;

    gate_settle_open(call->gate, call->on_settled, call->arg);
    call_free(call);
}

void gate_settle(struct gate *gate, void (*done)(void *arg, size_t settled, size_t open), void *arg)
{
    struct gate_call *call = call_new(gate, "");

    call->on_settled = done;
    call->arg = arg;
    post(call, do_settle);
}
