/* From consent to AWS: the intent on disk, the calls one by one, each sent once at most. */
#include <string.h>

#include "core/aws/client_change.h"
#include "core/change/gate_internal.h"

static void send_next(struct change *change);

bool change_waits_to_send(const struct change *change)
{
    const struct change_plan *plan = change->plan;

    return plan->calls_done < plan->calls.len && plan->calls.ptr[plan->calls_done].when_due;
}

/* A refusal that says for certain that nothing was done. 5xx may come after the deed. */
static bool is_refusal(const struct err *err)
{
    if (err->code == ERR_UNKNOWN_OUTCOME)
        return false;
    return err->code == ERR_THROTTLED ||
           (err->http_status >= 400 && err->http_status < 500 && err->http_status != 408);
}

/* Whether AWS has accepted nothing of it: what another change has seen to is not its own. */
static bool is_untouched(const struct change *change)
{
    return change->plan->calls_done == change->n_needless;
}

static void begin_anew(struct change *change)
{
    change->plan->calls_done = change->n_needless = 0;
}

static void settle_refused(struct change *change, const struct err *why)
{
    struct err err = *why;

    if (is_untouched(change))
        begin_anew(change);
    else
        err_set(&err, why->code, why->where, "%zu of %zu calls were done, then: %s",
                change->plan->calls_done, change->plan->calls.len, why->message);
    change_settle(change, KNOWN_REFUSED, 0, &err);
}

static void end_untouched(struct change *change, enum change_state end, const struct err *why)
{
    begin_anew(change);
    change_end(change, end, why);
}

/* --- later -------------------------------------------------------------------------------- */

#define THROTTLED_MAX     6 /* within 63 s: some operations are taken once a minute */
#define THROTTLE_PAUSE_MS 1000

/* AWS would take it, but not now: for certain nothing was done. */
static bool is_put_off(const struct change *change, const struct err *why)
{
    const struct change_kind *kind = change->plan->kind;

    return why->code == ERR_THROTTLED ||
           (is_refusal(why) && kind->is_too_early != NULL && kind->is_too_early(why));
}

static int64_t next_pause_ms(struct change *change)
{
    int64_t first_ms = change->gate->options.throttle_pause_ms;

    return (first_ms != 0 ? first_ms : THROTTLE_PAUSE_MS) << change->n_throttled++;
}

static void check_after_pause(void *arg)
{
    struct change *change = arg;
    struct err err;

    if (change->batch == NULL || !batch_is_stopped(change->batch)) {
        change_check_again(change);
        return;
    }
    err_set(&err, ERR_THROTTLED, "gate",
            "AWS throttled it, and it was stopped before the next try");
    change_end(change, CHANGE_FAILED, &err);
}

/* After a pause all of it is checked once more, and it has an intent of its own again. */
static void check_later(struct change *change, int64_t pause_ms, const struct err *why)
{
    struct err err = *why;

    begin_anew(change);
    if (why->code == ERR_THROTTLED)
        err_set(&err, ERR_THROTTLED, why->where, "AWS throttles; it is tried again in %lld ms",
                (long long)pause_ms);
    change_tell(change, &err);
    run_after(RUN_WORKER, pause_ms, change->gate->scope, check_after_pause, NULL, change);
}

/* What was sent before it stands: AWS is looked at until it is due once more. */
static void send_later(struct change *change, int64_t pause_ms, const struct err *why)
{
    change_move(change, CHANGE_SENT, why);
    change_enter(change, CHANGE_VERIFYING, why);
    change_settle_later(change, pause_ms, why);
}

/* Only what comes first, or waited to be due, can be put off. False when it was too often. */
static bool put_off(struct change *change, const struct err *why)
{
    bool is_first = is_untouched(change);

    if (!is_put_off(change, why) || change->n_throttled == THROTTLED_MAX ||
        (!is_first && !change_waits_to_send(change)))
        return false;
    (is_first ? check_later : send_later)(change, next_pause_ms(change), why);
    return true;
}

/* --- answers ------------------------------------------------------------------------------ */

static void settle_unknown(struct change *change, const struct err *why)
{
    struct err err;

    err_set(&err, ERR_UNKNOWN_OUTCOME, why->where, "%s", why->message);
    change_move(change, CHANGE_UNKNOWN, &err);
    change_settle(change, KNOWN_NOTHING, 0, NULL);
}

static void accepted(struct change *change, const cJSON *body)
{
    struct change_plan *plan = change->plan;
    struct err err = ERR_NONE;

    if (plan->kind->accept != NULL &&
        plan->kind->accept(plan, plan->calls_done, body, &err) != OK) {
        settle_refused(change, &err);
        return;
    }
    plan->calls_done++;
    change_move(change, CHANGE_SENT, NULL);
    STOP_POINT("accepted");
    if (plan->calls_done < plan->calls.len && !change_waits_to_send(change)) {
        send_next(change);
        return;
    }
    change_enter(change, CHANGE_VERIFYING, &change->status.err);
    change_settle(change, KNOWN_ACCEPTED, 0, NULL);
}

/* AWS has what the call is for, by another change. */
static void skip_call(struct change *change)
{
    change->plan->calls_done++;
    change->n_needless++;
    send_next(change);
}

static void looked_again(void *arg, bool is_needed, const struct err *why)
{
    struct change *change = arg;

    if (scope_is_closed(change->gate->scope))
        return; /* settled by looking, at the next start */
    if (why->code != OK || is_needed) {
        settle_refused(change, why->code != OK ? why : &change->overtaken);
        return;
    }
    change_move(change, CHANGE_SENT, &change->overtaken); /* the trail has what AWS said */
    skip_call(change);
}

/* The last call is what the plan is about: of that the look says what has become. */
static bool is_overtaken(const struct change *change, const struct err *why)
{
    const struct change_plan *plan = change->plan;

    return is_refusal(why) && plan->kind->needs != NULL && plan->kind->is_overtaken != NULL &&
           plan->calls_done + 1 < plan->calls.len && plan->kind->is_overtaken(why);
}

static void look_again(struct change *change, const struct err *why)
{
    const struct change_plan *plan = change->plan;

    change->overtaken = *why;
    plan->kind->needs(change->gate->client, change->gate->scope, plan, plan->calls_done,
                      looked_again, change);
}

/* Fires even when the scope was closed meanwhile: what was sent is always written down. */
static void answered(void *arg, const struct aws_request *request, const cJSON *body,
                     const struct aws_outcome *outcome)
{
    struct change *change = arg;

    (void)request;
    STOP_POINT("answered");
    str_copy(change->status.request_id, outcome->err.request_id);
    if (outcome->err.code == OK)
        accepted(change, body);
    else if (!outcome->sent && is_untouched(change))
        end_untouched(change, CHANGE_FAILED, &outcome->err);
    else if (put_off(change, &outcome->err))
        return;
    else if (outcome->sent && is_overtaken(change, &outcome->err))
        look_again(change, &outcome->err);
    else if (!outcome->sent || is_refusal(&outcome->err))
        settle_refused(change, &outcome->err);
    else
        settle_unknown(change, &outcome->err);
}

/* The intent of the next call, in the journal first: what it lacks, the trail must not claim. */
static enum err_code write_intent(struct change *change, struct err *err)
{
    enum err_code code = change_write_journal(change, CHANGE_INTENT, err);

    if (code != OK)
        return code;
    STOP_POINT("intent-journaled");
    code = change_write_trail(change, CHANGE_INTENT, NULL, err);
    if (code != OK)
        change_write_journal(change, is_untouched(change) ? CHANGE_REFUSED : CHANGE_SENT, NULL);
    STOP_POINT("intent-in-trail");
    return code;
}

/* The next call is not sent. */
static void hold_back(struct change *change, const struct err *why)
{
    enum change_state end = why->code == ERR_STALE ? CHANGE_STALE : CHANGE_REFUSED;

    if (is_untouched(change))
        end_untouched(change, end, why);
    else
        settle_refused(change, why);
}

/* The next call, with one more member when it lacks something. */
static void send_call(struct change *change, const char *member, struct secret *secret)
{
    const struct change_plan *plan = change->plan;
    const struct change_call *call = &plan->calls.ptr[plan->calls_done];
    struct err err = ERR_NONE;

    if (write_intent(change, &err) != OK) {
        hold_back(change, &err);
        return;
    }
    change_enter(change, CHANGE_INTENT, NULL);
    struct aws_request request = {
        .op = call->op, .target = plan->target, .params = cJSON_Duplicate(call->params, true)};
    STOP_POINT("before-sending");
    if (member != NULL)
        client_change_secret(change->gate->client, change->gate->scope, &request, member, secret,
                             answered, change);
    else
        client_change(change->gate->client, change->gate->scope, &request, answered, change);
    STOP_POINT("sending");
}

static void filled(void *arg, const char *member, struct secret *secret, const struct err *err)
{
    struct change *change = arg;

    if (scope_is_closed(change->gate->scope))
        return; /* nothing was sent, and the journal says nothing else */
    if (err->code != OK)
        hold_back(change, err);
    else
        send_call(change, member, secret);
}

static void fill_and_send(struct change *change)
{
    const struct change_plan *plan = change->plan;

    if (plan->kind->fill == NULL)
        send_call(change, NULL, NULL);
    else
        plan->kind->fill(change->gate->client, change->gate->scope, plan, plan->calls_done, filled,
                         change);
}

static void needed(void *arg, bool is_needed, const struct err *why)
{
    struct change *change = arg;

    if (scope_is_closed(change->gate->scope))
        return;
    if (why->code != OK) {
        hold_back(change, why);
    } else if (is_needed || change->plan->calls_done + 1 == change->plan->calls.len) {
        fill_and_send(change);
    } else {
        skip_call(change);
    }
}

/* The last call is what the plan is about: whether that is needed the look has said. */
static void send_next(struct change *change)
{
    const struct change_plan *plan = change->plan;

    if (plan->kind->needs == NULL)
        fill_and_send(change);
    else
        plan->kind->needs(change->gate->client, change->gate->scope, plan, plan->calls_done, needed,
                          change);
}

void change_send_due(struct change *change)
{
    STOP_POINT("due");
    send_next(change);
}

void change_send(struct change *change)
{
    STOP_POINT("consented");
    send_next(change);
}
