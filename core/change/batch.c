/* Several changes under one consent: one after the other, until the last, a stop, or too many
 * failures. */
#include <string.h>

#include "core/base/log.h"
#include "core/change/gate_internal.h"

struct batch {
    struct gate *gate;
    struct change_consent consent; /* batch_hash is filled */
    char (*plan_ids)[37];
    size_t n, next; /* how many there are, how many have been begun or passed over */
    size_t n_done, n_stale, n_failed;
    struct err stop; /* why nothing more is begun; OK while it goes on */
    bool is_over;    /* its end is in the trail */
};

void batch_free(struct batch *batch)
{
    mem_free(batch->plan_ids);
    mem_free(batch);
}

bool batch_is_stopped(const struct batch *batch)
{
    return batch->stop.code != OK;
}

/* --- the trail ---------------------------------------------------------------------------- */

static enum err_code write_trail(const struct batch *batch, const char *state, const char *title,
                                 struct err *err)
{
    AUTO(json_free_at) cJSON *fields = cJSON_CreateObject();
    cJSON *ids = cJSON_CreateArray();

    for (size_t i = 0; i < batch->n; i++)
        cJSON_AddItemToArray(ids, cJSON_CreateString(batch->plan_ids[i]));
    cJSON_AddStringToObject(fields, "action", "batch");
    cJSON_AddStringToObject(fields, "state", state);
    cJSON_AddStringToObject(fields, "title", title);
    cJSON_AddStringToObject(fields, "batch", batch->consent.batch_hash);
    cJSON_AddItemToObject(fields, "plan_ids", ids);
    cJSON_AddStringToObject(fields, "reason", batch->consent.reason);
    cJSON_AddBoolToObject(fields, "single_operator", batch->consent.single_operator);
    cJSON_AddNumberToObject(fields, "resources", (double)batch->consent.n_resources);
    cJSON_AddBoolToObject(fields, "past_belts", batch->consent.past_belts);
    return gate_write_fields(batch->gate, fields, err);
}

static void write_end(const struct batch *batch, size_t n_not_begun)
{
    AUTO(buf_done) struct buf title = BUF_NONE;
    struct err err = ERR_NONE;

    buf_addf(&title, "%zu of %zu done", batch->n_done, batch->n);
    if (batch->n_stale != 0)
        buf_addf(&title, ", %zu stale", batch->n_stale);
    if (batch->n_failed != 0)
        buf_addf(&title, ", %zu failed", batch->n_failed);
    if (n_not_begun != 0)
        buf_addf(&title, ", %zu not begun: %s", n_not_begun, batch->stop.message);
    if (write_trail(batch, "ENDED", buf_cstr(&title), &err) != OK)
        log_error("gate", "not in the trail: %s: %s", buf_cstr(&title), err.message);
}

/* --- from the first to the last ----------------------------------------------------------- */

static void finish(struct batch *batch)
{
    if (batch->is_over)
        return;
    batch->is_over = true;
    for (size_t i = batch->next; i < batch->n; i++) {
        struct change *change = change_find(batch->gate, batch->plan_ids[i]);
        if (change != NULL && change->status.state == CHANGE_READY)
            change_tell(change, &batch->stop);
    }
    write_end(batch, batch->n - batch->next);
}

static void end(struct batch *batch)
{
    struct gate *gate = batch->gate;

    finish(batch);
    for (size_t i = 0; i < gate->batches.len; i++) {
        if (gate->batches.ptr[i] == batch) {
            gate->batches.ptr[i] = vec_last(&gate->batches);
            gate->batches.len--;
            break;
        }
    }
    batch_free(batch);
}

static void begin_item(struct batch *batch, struct change *change)
{
    change->batch = batch;
    change->consent = batch->consent;
    change->consent.single_operator &= !change->plan->kind->two_people;
    str_copy(change->consent.plan_hash, change->plan->plan_hash);
    STOP_POINT("batch-item");
    change_check_again(change);
}

/* What was decided or has become too old meanwhile has told so itself: it is passed over. */
static void begin_next(void *arg)
{
    struct batch *batch = arg;

    while (!batch_is_stopped(batch) && batch->next < batch->n) {
        struct change *change = change_find(batch->gate, batch->plan_ids[batch->next++]);
        if (change != NULL && change->status.state == CHANGE_READY) {
            begin_item(batch, change);
            return;
        }
        batch->n_stale++;
    }
    end(batch);
}

static void count(struct batch *batch, enum change_state state)
{
    const struct change_belts *belts = batch->gate->options.belts;
    size_t max = (belts != NULL ? belts : &change_belts_default)->failures_max;

    batch->n_done += state == CHANGE_SUCCEEDED;
    batch->n_stale += state == CHANGE_STALE;
    batch->n_failed += state != CHANGE_SUCCEEDED && state != CHANGE_STALE;
    if (batch_is_stopped(batch))
        return;
    if (state == CHANGE_UNKNOWN)
        err_set(&batch->stop, ERR_CANCELLED, "gate", "what came of the one before is not known");
    else if (batch->n_failed >= max)
        err_set(&batch->stop, ERR_CANCELLED, "gate", "stopped after %zu failure%s", batch->n_failed,
                batch->n_failed == 1 ? "" : "s");
}

/* Who sees the last one end may look into the trail at once, and finds the end of all there. */
void batch_item_ends(struct batch *batch, enum change_state state)
{
    count(batch, state);
    if (batch_is_stopped(batch) || batch->next == batch->n)
        finish(batch);
}

void batch_item_forgotten(struct batch *batch)
{
    run_call(RUN_WORKER, RUN_URGENT, batch->gate->scope, begin_next, NULL, batch);
}

/* --- consent ------------------------------------------------------------------------------ */

/* Tells all of them what keeps all of them from being begun. */
static void refuse_all(struct gate *gate, const char *const *plan_ids, size_t n,
                       const struct err *why)
{
    for (size_t i = 0; i < n; i++) {
        struct change *change = change_find(gate, plan_ids[i]);
        if (change != NULL)
            change_tell(change, why);
        else
            gate_tell_unknown(gate, plan_ids[i]);
    }
}

/* The plans of these ids, all of them READY, and each there once. */
static enum err_code find_plans(struct gate *gate, const char *const *plan_ids, size_t n,
                                const struct change_plan **plans, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        struct change *change = change_find(gate, plan_ids[i]);
        if (change == NULL || change->status.state != CHANGE_READY || change->batch != NULL)
            return err_set(err, ERR_CONSENT, "gate",
                           "one of the changes does not wait for a decision any more");
        for (size_t j = 0; j < i; j++)
            if (strcmp(plans[j]->item_key, change->plan->item_key) == 0)
                return err_set(err, ERR_CONSENT, "gate", "two of the changes are about one thing");
        if (change_check_wait(change, err) != OK)
            return err->code;
        plans[i] = change->plan;
    }
    return n != 0 ? OK : err_set(err, ERR_CONSENT, "gate", "there is nothing to consent to");
}

static enum err_code check(struct gate *gate, const char *const *plan_ids, size_t n,
                           const struct change_consent *consent, struct err *err)
{
    const struct change_belts *belts = gate->options.belts;
    const struct change_plan **plans = mem_alloc((n + 1) * sizeof *plans);
    enum err_code code =
        change_belts_allow(belts != NULL ? belts : &change_belts_default, n, consent, err);

    if (code == OK)
        code = find_plans(gate, plan_ids, n, plans, err);
    if (code == OK)
        code = change_batch_check(plans, n, consent, err);
    for (size_t i = 0; i < n && code == OK; i++)
        code = change_check_alone(gate, plans[i], err);
    mem_free(plans);
    return code;
}

static struct batch *batch_new(struct gate *gate, const char *const *plan_ids, size_t n,
                               const struct change_consent *consent)
{
    struct batch *batch = mem_new(struct batch);

    *batch = (struct batch){.gate = gate, .consent = *consent, .n = n, .stop = ERR_NONE};
    str_copy(batch->consent.batch_hash, consent->plan_hash);
    batch->consent.n_items = n;
    batch->plan_ids = mem_alloc(n * sizeof *batch->plan_ids);
    for (size_t i = 0; i < n; i++)
        str_copy(batch->plan_ids[i], plan_ids[i]);
    return batch;
}

void gate_begin_batch(struct gate *gate, const char *const *plan_ids, size_t n,
                      const struct change_consent *consent)
{
    AUTO(buf_done) struct buf title = BUF_NONE;
    struct err err = ERR_NONE;

    if (check(gate, plan_ids, n, consent, &err) != OK) {
        refuse_all(gate, plan_ids, n, &err);
        return;
    }
    struct batch *batch = batch_new(gate, plan_ids, n, consent);
    buf_addf(&title, "%zu change%s under one consent", n, n == 1 ? "" : "s");
    if (write_trail(batch, "BEGUN", buf_cstr(&title), &err) != OK) {
        refuse_all(gate, plan_ids, n, &err);
        batch_free(batch);
        return;
    }
    vec_push(&gate->batches, batch);
    begin_next(batch);
}

void gate_stop_batch(struct gate *gate, const char *batch_hash)
{
    for (size_t i = 0; i < gate->batches.len; i++) {
        struct batch *batch = gate->batches.ptr[i];
        if (strcmp(batch->consent.batch_hash, batch_hash) == 0 && !batch_is_stopped(batch))
            err_set(&batch->stop, ERR_CANCELLED, "gate", "stopped by hand");
    }
}
