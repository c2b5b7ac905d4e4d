/* The checks: policy, age, how AWS stands to the plan, DryRun. Once before and once after consent.
 */
#include <stdio.h>
#include <string.h>

#include "core/aws/client_change.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/change/gate_internal.h"

#define PLAN_AHEAD_MAX_MS ((int64_t)60 * 1000)

/* What was thrown away for its rate has been sent once: it has failed, and the journal says so. */
static void refuse(struct change *change, const struct err *why)
{
    enum change_state end = why->code == ERR_STALE ? CHANGE_STALE : CHANGE_REFUSED;
    struct err throttled;

    if (why->code == ERR_THROTTLED && change->n_throttled == 0) {
        err_set(
            &throttled, ERR_THROTTLED, why->where,
            "AWS throttles what is read before (%s): nothing was sent, plan it anew in a moment",
            why->message);
        why = &throttled;
    }
    change_end(change, change->n_throttled != 0 ? CHANGE_FAILED : end, why);
}

/* --- what needs no AWS -------------------------------------------------------------------- */

enum err_code change_check_age(const struct change *change, struct err *err)
{
    int64_t max_ms = change->gate->options.plan_age_max_ms;
    int64_t age_ms = clock_wall_ms() - change->plan->made_at_ms;
    char age[CLOCK_AGE_SIZE];

    if (age_ms < -PLAN_AHEAD_MAX_MS)
        return err_set(err, ERR_STALE, "plan", "this machine's clock was set back meanwhile");
    if (age_ms <= (max_ms != 0 ? max_ms : CHANGE_PLAN_AGE_MAX_MS))
        return OK;
    clock_age(age_ms, age);
    return err_set(err, ERR_STALE, "plan", "the plan is %s old: make a new one", age);
}

/* What somebody else decides on as well is nobody's alone. */
enum err_code change_check_alone(const struct gate *gate, const struct change_plan *plan,
                                 struct err *err)
{
    const struct gate_options *options = &gate->options;

    if (options->alone == NULL || plan->kind->two_people)
        return OK;
    return options->alone(options->policy_arg, plan, err);
}

enum err_code change_check_wait(const struct change *change, struct err *err)
{
    int64_t left_ms = change->status.wait_until_up_ms - clock_up_ms();
    char left[CLOCK_AGE_SIZE];

    if (left_ms <= 0)
        return OK;
    clock_wait(left_ms, left);
    return err_set(err, ERR_CONSENT, "consent",
                   "too early: who decides alone waits, %s more; read it again meanwhile", left);
}

/* Only what is marked as a change, or as the end of a session, goes through the gate. */
static bool may_be_sent(const struct aws_op *op)
{
    return op->effect == EFFECT_CHANGE || op->effect == EFFECT_END;
}

static enum err_code check_calls(const struct change_plan *plan, struct err *err)
{
    if (plan->calls.len == 0)
        return err_set(err, ERR_REFUSED, "plan", "there is nothing to send");
    for (size_t i = 0; i < plan->calls.len; i++)
        if (!may_be_sent(aws_op(plan->calls.ptr[i].op)))
            return err_set(err, ERR_INTERNAL, aws_op(plan->calls.ptr[i].op)->iam_action,
                           "not a change");
    return OK;
}

static enum err_code check_here(const struct change *change, struct err *err)
{
    const struct gate *gate = change->gate;
    enum err_code code = gate_health(change->gate, err);

    if (code != OK)
        return code;
    if (gate->actor[0] == '\0')
        return err_set(err, ERR_REFUSED, "gate", "who you are is not known yet: AWS was not asked");
    if (!change_plan_is_sealed(change->plan))
        return err_set(err, ERR_REFUSED, "plan", "it was altered after it was sealed");
    code = check_calls(change->plan, err);
    if (code == OK)
        code = change_check_age(change, err);
    if (code == OK)
        code = change_check_exception(change, err);
    if (code == OK && gate->options.policy != NULL)
        code = gate->options.policy(gate->options.policy_arg, change->plan, err);
    return code;
}

/* --- how AWS stands to it ----------------------------------------------------------------- */

/* OK for STAND_BEFORE, else why the change is not to be sent. */
static enum err_code judge_stand(enum change_stand stand, const struct err *why, struct err *err)
{
    switch (stand) {
    case STAND_BEFORE:
        return OK;
    case STAND_AFTER:
        return err_set(err, ERR_STALE, "look", "%s",
                       why != NULL && why->code != OK ? why->message
                                                      : "AWS is already as the plan wants it");
    case STAND_OTHER:
        return err_set(err, ERR_STALE, "look", "%s",
                       why != NULL && why->code != OK ? why->message
                                                      : "it was changed since the plan was made");
    case STAND_UNDERWAY:
    case STAND_DUE:
    case STAND_FAILED:
    case STAND_UNREADABLE:
        break;
    }
    if (why == NULL || why->code == OK)
        return err_set(err, ERR_REFUSED, "look", "AWS could not be read");
    if (err != NULL)
        *err = *why;
    return why->code;
}

static void probe_next(struct change *change);

static void looked_before_consent(void *arg, enum change_stand stand, const struct err *why)
{
    struct change *change = arg;
    struct err err = ERR_NONE;

    if (scope_is_closed(change->gate->scope))
        return;
    if (judge_stand(stand, why, &err) != OK)
        refuse(change, &err);
    else
        probe_next(change);
}

static void looked_after_consent(void *arg, enum change_stand stand, const struct err *why)
{
    struct change *change = arg;
    struct err err = ERR_NONE;

    if (scope_is_closed(change->gate->scope))
        return;
    if (judge_stand(stand, why, &err) != OK)
        refuse(change, &err);
    else
        change_send(change);
}

static void look(struct change *change, change_looked_fn *looked)
{
    change->plan->kind->look(change->gate->client, change->gate->scope, change->plan, looked,
                             change);
}

/* --- DryRun ------------------------------------------------------------------------------- */

static void begin_wait(struct change *change)
{
    const struct gate_options *options = &change->gate->options;
    bool waits = options->alone_wait != NULL && !change->plan->kind->two_people;
    int64_t wait_ms = waits ? options->alone_wait(options->policy_arg, change->plan) : 0;

    change->status.wait_until_up_ms = wait_ms > 0 ? clock_up_ms() + wait_ms : 0;
}

static void become_ready(struct change *change)
{
    struct err err = ERR_NONE;

    if (change_write_trail(change, CHANGE_READY, NULL, &err) != OK) {
        refuse(change, &err);
        return;
    }
    begin_wait(change);
    change_enter(change, CHANGE_READY, NULL);
}

static void probed(void *arg, const struct aws_request *request, const cJSON *body,
                   const struct aws_outcome *outcome)
{
    struct change *change = arg;
    char *text = change->status.dry_run;

    (void)body;
    if (scope_is_closed(change->gate->scope))
        return;
    if (outcome->err.code != OK) {
        text_safe_copy(
            text, sizeof change->status.dry_run,
            sv_of(outcome->err.aws_code[0] != '\0' ? outcome->err.aws_code : outcome->err.message),
            TEXT_LINE);
        refuse(change, &outcome->err);
        return;
    }
    snprintf(text, sizeof change->status.dry_run, "%s is allowed (DryRunOperation)",
             aws_op(request->op)->iam_action);
    change->probes_done++;
    probe_next(change);
}

/* The last of what is sent at once: by that a plan is known. */
static const struct aws_op *main_op(const struct change_plan *plan)
{
    size_t i = plan->calls.len - 1;

    while (i > 0 && plan->calls.ptr[i].when_due)
        i--;
    return aws_op(plan->calls.ptr[i].op);
}

/* Probes the calls that can be probed, one by one. */
static void probe_next(struct change *change)
{
    const struct change_plan *plan = change->plan;

    while (change->probes_done < plan->calls.len &&
           !aws_op(plan->calls.ptr[change->probes_done].op)->dry_run)
        change->probes_done++;
    if (change->probes_done == plan->calls.len) {
        if (change->status.dry_run[0] == '\0' && plan->calls.len > 0)
            snprintf(change->status.dry_run, sizeof change->status.dry_run, "AWS has none for %s",
                     main_op(plan)->iam_action);
        become_ready(change);
        return;
    }
    const struct change_call *call = &plan->calls.ptr[change->probes_done];
    struct aws_request request = {
        .op = call->op, .target = plan->target, .params = cJSON_Duplicate(call->params, true)};
    client_probe(change->gate->client, change->gate->scope, &request, probed, change);
}

/* --- before and after consent ------------------------------------------------------------- */

static void note_earlier(void *arg, const char *id, const char *state_name, int64_t at_ms,
                         const cJSON *fields)
{
    struct change *change = arg;
    struct change_status *status = &change->status;

    if (strcmp(id, change->plan->id) == 0 ||
        !sv_eq_cstr(json_sv(fields, "item_key"), change->plan->item_key))
        return;
    status->n_earlier++;
    if (at_ms >= status->earlier_at_ms) {
        status->earlier_at_ms = at_ms;
        sv_copy(sv_of(state_name), status->earlier, sizeof status->earlier);
    }
}

void change_check(struct change *change)
{
    struct err err = ERR_NONE;

    if (gate_health(change->gate, NULL) == OK)
        journal_each(change->gate->journal, note_earlier, change, NULL);
    change_enter(change, CHANGE_CHECKING, NULL);
    if (check_here(change, &err) != OK)
        refuse(change, &err);
    else
        look(change, looked_before_consent);
}

struct open_item {
    const struct change *change;
    bool found;
};

static void note_open_item(void *arg, const char *id, const char *state_name, int64_t at_ms,
                           const cJSON *fields)
{
    struct open_item *open = arg;
    enum change_state state;

    (void)at_ms;
    if (strcmp(id, open->change->plan->id) != 0 &&
        sv_eq_cstr(json_sv(fields, "item_key"), open->change->plan->item_key) &&
        (!change_state_parse(state_name, &state) || !change_state_is_end(state)))
        open->found = true;
}

/* The claim keeps living consoles apart; what a dead one has left open is in the journal. */
static enum err_code claim_item(struct change *change, struct err *err)
{
    struct gate *gate = change->gate;
    struct open_item open = {.change = change};

    if (change->claimed)
        return OK;
    enum err_code code = journal_claim(gate->journal, change->plan->item_key, gate->actor, err);

    if (code == ERR_EXISTS)
        return err_set(err, ERR_REFUSED, "gate", "%s", err->message);
    if (code != OK)
        return code;
    change->claimed = true;
    code = journal_each(gate->journal, note_open_item, &open, err);
    if (code == OK && open.found)
        code = err_set(err, ERR_REFUSED, "gate",
                       "an earlier change of this is not settled yet: what came of it has to be "
                       "read first");
    return code;
}

void change_check_again(struct change *change)
{
    const struct change_belts *belts = change->gate->options.belts;
    struct err err = ERR_NONE;

    change_enter(change, CHANGE_CHECKING, NULL);
    if (change_belts_allow(belts != NULL ? belts : &change_belts_default, change->consent.n_items,
                           &change->consent, &err) != OK ||
        check_here(change, &err) != OK || claim_item(change, &err) != OK)
        refuse(change, &err);
    else
        look(change, looked_after_consent);
}
