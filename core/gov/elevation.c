/*
 * elevation: where nothing is changed, and lifting that for a time. It lives in this process alone:
 * a restart, another caller or the end of its time end it.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/gov/exception.h"
#include "core/gov/freeze.h"
#include "core/gov/gov_internal.h"
#include "core/gov/proposal/form.h"

#define BREAK_GLASS "; :break-glass REASON goes past it"

/* By a clock that nobody sets, and that goes on while the machine sleeps. */
static bool is_elevated(const struct gov *gov)
{
    return atomic_load(&gov->elevated_until_up_ms) > clock_up_ms();
}

/* On RUN_WORKER, when a time is over; by then it may have been made longer. */
static void on_end(void *arg)
{
    struct gov *gov = arg;
    int64_t until_up_ms = atomic_load(&gov->elevated_until_up_ms);
    if (until_up_ms == 0 || is_elevated(gov))
        return;
    if (atomic_compare_exchange_strong(&gov->elevated_until_up_ms, &until_up_ms, 0))
        gate_note(gov->gate, "elevate", "ended");
}

enum err_code gov_elevate(struct gov *gov, int64_t for_ms, struct err *err)
{
    char what[64] = "off", until[CLOCK_ISO_SIZE];
    bool was_on = atomic_load(&gov->elevated_until_up_ms) != 0;
    if (for_ms > 0 && gov->read_only)
        return err_set(err, ERR_REFUSED, "elevate",
                       "started with --read-only; start again without it to change anything");
    int64_t until_ms = for_ms > 0 ? clock_wall_ms() + for_ms : 0;
    atomic_store(&gov->elevated_until_up_ms, for_ms > 0 ? clock_up_ms() + for_ms : 0);
    clock_iso8601(until_ms, false, until);
    if (until_ms > 0)
        snprintf(what, sizeof what, "until %s", until);
    if (until_ms > 0 || was_on)
        gate_note(gov->gate, "elevate", what);
    if (until_ms > 0)
        run_after(RUN_WORKER, for_ms + 1, gov->scope, on_end, NULL, gov);
    return OK;
}

int64_t gov_elevated_until_ms(const struct gov *gov)
{
    int64_t left_ms = atomic_load(&gov->elevated_until_up_ms) - clock_up_ms();
    return left_ms > 0 ? clock_wall_ms() + left_ms : 0;
}

static bool is_locked(const struct settings *settings, const struct account *account,
                      bool production)
{
    return (production && settings->read_only_production) ||
           (account && account_matches(account, sv_of(settings->read_only)));
}

bool account_is_locked(const struct account *account, const struct settings *settings)
{
    return is_locked(settings, account, account->production);
}

bool gov_is_read_only(const struct gov *gov, const struct account *account)
{
    return gov->read_only ||
           (account && !is_elevated(gov) && account_is_locked(account, &gov->settings));
}

/* A freeze is what many have agreed on: no elevation of one person lifts it. */
static enum err_code check_freeze(const struct gov *gov, struct err *err)
{
    AUTO(buf_done) struct buf origin = BUF_NONE;
    char until[CLOCK_ISO_SIZE];
    int64_t until_ms;
    if (!freeze_at(sv_of(gov->settings.freeze), clock_wall_ms(), &until_ms))
        return OK;
    clock_iso8601(until_ms, false, until);
    settings_origin(&gov->settings, "freeze", &origin);
    return err_set(err, ERR_REFUSED, "freeze",
                   "nothing is changed until %s (freeze, %s)" BREAK_GLASS, until,
                   buf_cstr(&origin));
}

/* What a plan is about stands in its state: item {resource, type}. An undo gives back what the
 * exception is about. */
static enum err_code check_exceptions(const struct gov *gov, const struct account *account,
                                      const struct change_plan *plan, struct err *err)
{
    const cJSON *item = json_get(plan->state, "item");
    AUTO_FREE char *resource = sv_dup(json_sv(item, "resource"));
    AUTO_FREE char *type = sv_dup(json_sv(item, "type"));
    const struct exception_subject subject = {account, plan->target.region, resource, type,
                                              plan->item_key};
    char until[CLOCK_ISO_SIZE];
    if (!account || !item || plan->undo_of[0] != '\0')
        return OK;
    const struct exception *found = exceptions_find(gov->exceptions, &subject);
    if (!found || found->expires_ms <= clock_wall_ms())
        return OK;
    clock_iso8601(found->expires_ms, false, until);
    return err_set(err, ERR_REFUSED, "exception", "left as it is until %s, says %s: %s" BREAK_GLASS,
                   until, found->owner, found->reason);
}

enum err_code gov_policy(void *arg, const struct change_plan *plan, struct err *err)
{
    struct gov *gov = arg;
    if (gov->read_only)
        return err_set(err, ERR_STARTED_READ_ONLY, plan->account_name,
                       "started with --read-only, so nothing is changed");
    if (!plan->break_glass && check_freeze(gov, err) != OK)
        return err->code;
    struct estate *estate = gov_estate(gov);
    const struct account *account =
        estate ? estate_account(estate, sv_of(plan->target.account_id)) : NULL;
    bool locked = !account || is_locked(&gov->settings, account, plan->production);
    enum err_code code = plan->break_glass ? OK : check_exceptions(gov, account, plan, err);
    estate_unref(estate);
    if (locked && !is_elevated(gov))
        return err_set(err, ERR_READ_ONLY, plan->account_name,
                       "%s is read-only; :elevate 15m lifts that for a time",
                       plan->production ? "production" : "this account");
    return code;
}

/* --- four eyes ------------------------------------------------------------------------------- */

/* Whoever was there can come again: nothing is lost by it. */
static bool ends_session(const struct change_plan *plan)
{
    return plan->calls.len > 0 && aws_op(plan->calls.ptr[0].op)->effect == EFFECT_END;
}

/* In production MEDIUM counts as HIGH: nobody decides on it alone there. */
static bool is_medium_in_production(const struct change_plan *plan)
{
    return plan->production && !ends_session(plan) &&
           severity_parse(sv_of(plan->severity)) == SEVERITY_MEDIUM;
}

/* What cannot be taken back is as severe as can be, and so is what nobody has rated. */
static enum severity gravity_of(const struct change_plan *plan)
{
    enum severity severity = severity_parse(sv_of(plan->severity));
    bool is_lost = plan->reversible == IRREVERSIBLE && !ends_session(plan);
    if (is_lost || severity == SEVERITY_NONE)
        return SEVERITY_CRITICAL;
    return is_medium_in_production(plan) ? SEVERITY_HIGH : severity;
}

static const char *gravity_text(const struct change_plan *plan)
{
    if (plan->reversible == IRREVERSIBLE)
        return "what cannot be taken back";
    return is_medium_in_production(plan) ? "MEDIUM in production" : plan->severity;
}

/* How what is nobody's alone can be done nevertheless. */
static const char *way_out(const struct change_plan *plan)
{
    if (form_can_be_asked(plan))
        return "p puts it to another one";
    return plan->undo_of[0] != '\0' ? "it cannot be put to another one, as what it takes back is "
                                      "known to the journal of "
                                      "this machine alone"
                                    : "it cannot be put to another one from here";
}

enum err_code gov_may_alone(const struct gov *gov, const struct change_plan *plan, struct err *err)
{
    AUTO(buf_done) struct buf origin = BUF_NONE;
    enum severity from = gov->settings.four_eyes;
    if (from == SEVERITY_NONE || plan->kind->two_people || plan->break_glass ||
        gravity_of(plan) < from)
        return OK;
    settings_origin(&gov->settings, "four_eyes", &origin);
    return err_set(err, ERR_REFUSED, "four eyes",
                   "%s needs two people (four_eyes = %s, %s): %s" BREAK_GLASS, gravity_text(plan),
                   severity_name(from), buf_cstr(&origin), way_out(plan));
}

enum err_code gov_alone_policy(void *arg, const struct change_plan *plan, struct err *err)
{
    return gov_may_alone(arg, plan, err);
}

/* What ends a session, and what is so urgent that glass is broken for it, is not kept waiting. */
int64_t gov_alone_wait(void *arg, const struct change_plan *plan)
{
    const struct gov *gov = arg;
    bool is_small = change_consent_level(plan, 1) == CONSENT_KEY;
    return is_small || plan->break_glass || ends_session(plan) ? 0 : gov->settings.alone_wait_ms;
}
