/*
 * bulk_decide: what a person does on the sheet of several changes: consents to those that are
 * ready, says no to them, puts all to somebody else, stops what is at work.
 */
#include <string.h>

#include "core/base/clock.h"
#include "views/sheets/bulk_parts.h"
#include "views/sheets/bulk_subject.h"

/* --- consenting ------------------------------------------------------------------------------ */

static void hash_of(const struct change_plan *const *plans, size_t n, char hash[65])
{
    const char *hashes[BULK_MAX] = {NULL};

    for (size_t i = 0; i < n; i++)
        hashes[i] = plans[i]->plan_hash;
    change_batch_hash(hashes, n, hash);
}

static bool all_take_two(const struct change_plan *const *plans, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!plans[i]->kind->two_people)
            return false;
    return true;
}

static void name_typed(void *arg, const char *typed)
{
    struct view *view = arg;
    struct bulk *bulk = view->state;
    const struct change_plan *plans[BULK_MAX] = {NULL};
    const char *ids[BULK_MAX];
    size_t n = bulk_ready_plans(bulk, plans);
    struct change_consent consent = {.single_operator = !all_take_two(plans, n)};
    char hash[65];

    hash_of(plans, n, hash);
    if (typed == NULL) {
        app_message(view->app, TONE_INFO, "not %s", bulk->act->past);
        return;
    }
    if (strcmp(hash, bulk->batch_hash) != 0) { /* one went stale while the name was typed */
        app_message(view->app, TONE_BAD, "not %s: something has changed; look again",
                    bulk->act->past);
        return;
    }
    str_copy(consent.plan_hash, hash);
    str_copy(consent.typed, typed);
    str_copy(consent.reason, bulk->reason);
    consent.n_resources = bulk->choice.n_resources;
    consent.past_belts = bulk_check_belts(bulk, n, NULL) != OK;
    for (size_t i = 0; i < n; i++)
        ids[i] = plans[i]->id;
    bulk->consented = true;
    gate_consent_many(gov_gate(app_gov(view->app)), ids, n, &consent);
    app_redraw(view->app);
}

static void ask_consent(struct view *view)
{
    struct bulk *bulk = view->state;
    const struct change_plan *plans[BULK_MAX] = {NULL};
    size_t n = bulk_ready_plans(bulk, plans);
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct err belt = ERR_NONE;
    char word[128];

    bulk->act = act_of_all(plans, n);
    hash_of(plans, n, bulk->batch_hash);
    bool past_belts = bulk_check_belts(bulk, n, &belt) != OK;
    change_batch_word(plans, n, past_belts, word, sizeof word);
    for (size_t i = 0; i < n; i++)
        buf_addf(&text, "%zu. %s\n", i + 1, plans[i]->title);
    if (past_belts)
        buf_addf(&text, "\nThe belt holds them back: %s.\n", belt.message);
    buf_addf(&text,
             "\nOne after the other; two failures stop it.\n%s\n"
             "To %s, type what stands below:\n",
             bulk->act->many, bulk->act->verb);
    app_ask_typed(view->app, view->scope, bulk->act->title, buf_cstr(&text), word, bulk->act->title,
                  name_typed, view);
}

static void reason_given(void *arg, const char *line)
{
    struct view *view = arg;
    struct bulk *bulk = view->state;

    if (line == NULL) {
        app_message(view->app, TONE_INFO, "nothing is sent: production needs a reason");
        return;
    }
    str_copy(bulk->reason, line);
    ask_consent(view);
}

static enum err_code check_decidable(const struct bulk *bulk, const char *what, struct err *err)
{
    struct bulk_tally tally = bulk_tally(bulk);

    if (tally.waiting > 0)
        return err_set(err, ERR_REFUSED, what, "not all of them are checked yet");
    if (bulk->consented || tally.ready == 0)
        return err_set(err, ERR_REFUSED, what, "there is nothing to decide in this state");
    return OK;
}

/* One that needs another person is not approved with others. */
static enum err_code check_alone(const struct bulk *bulk, struct err *err)
{
    for (size_t i = 0; i < bulk->n; i++) {
        if (bulk_item_is_ready(&bulk->items[i]) && bulk->items[i].alone.code != OK) {
            *err = bulk->items[i].alone;
            return err->code;
        }
    }
    return OK;
}

static enum err_code run_consent(struct view *view, const struct command_call *call,
                                 struct err *err)
{
    struct bulk *bulk = view->state;
    const struct change_plan *plans[BULK_MAX] = {NULL};
    char left[CLOCK_AGE_SIZE];

    (void)call;
    if (check_decidable(bulk, "approve", err) != OK || check_alone(bulk, err) != OK)
        return err->code;
    if (bulk_is_waiting(bulk, left))
        return sheet_too_early(app_gov(view->app), left, err);
    if (change_batch_level(plans, bulk_ready_plans(bulk, plans)) == CONSENT_NAME_AND_REASON)
        app_ask_line(view->app, view->scope, "reason: ", reason_given, view);
    else
        ask_consent(view);
    return OK;
}

static void rejected(void *arg, const char *line)
{
    struct view *view = arg;
    struct bulk *bulk = view->state;
    const struct change_plan *plans[BULK_MAX] = {NULL};

    if (line == NULL) {
        app_message(view->app, TONE_INFO, "not rejected: a rejection needs a reason");
        return;
    }
    for (size_t i = 0, n = bulk_ready_plans(bulk, plans); i < n; i++)
        gate_reject(gov_gate(app_gov(view->app)), plans[i]->id, line);
}

static enum err_code run_reject(struct view *view, const struct command_call *call, struct err *err)
{
    (void)call;
    if (check_decidable(view->state, "reject", err) != OK)
        return err->code;
    app_ask_line(view->app, view->scope, "reject because: ", rejected, view);
    return OK;
}

/* --- putting them to somebody else ----------------------------------------------------------- */

/* On a sheet of its own, each of them with an automation of its own. */
static enum err_code run_propose(struct view *view, const struct command_call *call,
                                 struct err *err)
{
    struct bulk *bulk = view->state;
    struct planner_subject subjects[BULK_MAX] = {0};
    enum err_code code = OK;

    (void)call;
    if (bulk->consented)
        return err_set(err, ERR_REFUSED, "propose", "these have been decided; go back and reopen");
    for (size_t i = 0; i < bulk->n && code == OK; i++)
        code = subject_propose(&bulk->items[i].subject, &subjects[i], err);
    subject_sort(subjects, code == OK ? bulk->n : 0);
    if (code == OK)
        code = bulk_open(view->app, subjects, bulk->n, &bulk->choice, err);
    for (size_t i = 0; i < bulk->n; i++)
        planner_subject_done(&subjects[i]);
    return code;
}

/* --- the others ------------------------------------------------------------------------------ */

static enum err_code run_cancel(struct view *view, const struct command_call *call, struct err *err)
{
    struct bulk *bulk = view->state;

    (void)call, (void)err;
    if (app_cancel(view->app))
        return OK;
    if (!bulk_is_running(bulk)) {
        app_message(view->app, TONE_INFO, "nothing is at work; ctrl-c again quits");
        return OK;
    }
    bulk->stopping = true;
    gate_stop_many(gov_gate(app_gov(view->app)), bulk->batch_hash);
    app_message(view->app, TONE_INFO, "what has begun is brought to its end, nothing more begins");
    return OK;
}

static enum err_code run_refresh(struct view *view, const struct command_call *call,
                                 struct err *err)
{
    (void)call;
    if (bulk_is_running(view->state))
        return err_set(err, ERR_REFUSED, "refresh", "it is at work; ctrl-c stops it");
    bulk_start(view);
    return OK;
}

/* What is for one change alone, with a reason of its own. */
static enum err_code run_alone(struct view *view, const struct command_call *call, struct err *err)
{
    (void)view, (void)call;
    return err_set(
        err, ERR_REFUSED, "several changes",
        "this is for one at a time: go back, take the marks away, and open its own sheet");
}

bool bulk_offers(const struct view *view, const char *command)
{
    const struct bulk *bulk = view->state;

    return !bulk->consented || !sv_has_word(SV("consent reject propose"), sv_of(command));
}

const char *bulk_label(const struct view *view, const char *command)
{
    return strcmp(command, "consent") == 0 ? bulk_ready_act(view->state)->verb : NULL;
}

const struct view_command bulk_commands[] = {
    {"consent", run_consent},   {"reject", run_reject},   {"cancel", run_cancel},
    {"refresh", run_refresh},   {"move", text_view_move}, {"propose", run_propose},
    {"break-glass", run_alone}, {"except", run_alone},    {NULL, NULL},
};
