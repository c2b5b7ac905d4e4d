/*
 * review_decide: what a person does on the sheet of one change: consents to it, says no, puts it to
 * somebody else, narrows it, leaves it as it is, has it planned anew.
 */
#include <string.h>

#include "core/base/clock.h"
#include "views/sheets/review_parts.h"

/* --- consenting ------------------------------------------------------------------------------ */

static void give_consent(struct view *view, const char *typed)
{
    struct review *state = view->state;
    struct change_consent consent = {.single_operator = !state->two_people};

    str_copy(consent.plan_hash, state->plan_hash);
    str_copy(consent.typed, typed);
    str_copy(consent.reason, state->reason);
    state->consented = true;
    gate_consent(gov_gate(app_gov(view->app)), state->plan_id, &consent);
    app_redraw(view->app);
}

static void say_not_done(struct view *view, const char *why)
{
    const struct review *state = view->state;

    app_message(view->app, TONE_INFO, "not %s%s", state->act->past, why);
}

static void name_typed(void *arg, const char *typed)
{
    struct view *view = arg;

    if (typed == NULL)
        say_not_done(view, "");
    else
        give_consent(view, typed);
}

static void key_pressed(void *arg, int choice)
{
    struct view *view = arg;

    if (choice == 0)
        give_consent(view, "");
    else
        say_not_done(view, "");
}

static void ask_consent(struct view *view)
{
    static const char *const choices[] = {"Yes, send it"};
    struct review *state = view->state;
    AUTO(buf_done) struct buf text = BUF_NONE;

    buf_addf(&text, "%s\n\n%s\n", state->title, state->act->one);
    if (state->level == CONSENT_KEY) {
        app_ask(view->app, view->scope, state->act->title, buf_cstr(&text), choices, 1, key_pressed,
                view);
        return;
    }
    bool is_id = strcmp(state->word, state->exception.target.account_id) == 0;
    buf_addf(&text, "To %s, type the account's %s:\n", state->act->verb, is_id ? "id" : "name");
    app_ask_typed(view->app, view->scope, state->act->title, buf_cstr(&text), state->word,
                  state->act->title, name_typed, view);
}

static void reason_given(void *arg, const char *line)
{
    struct view *view = arg;
    struct review *state = view->state;

    if (line == NULL) {
        say_not_done(view, ": production needs a reason");
        return;
    }
    str_copy(state->reason, line);
    ask_consent(view);
}

static enum err_code run_consent(struct view *view, const struct command_call *call,
                                 struct err *err)
{
    struct review *state = view->state;
    char left[CLOCK_AGE_SIZE];

    (void)call;
    if (!state->planned || state->status.state != CHANGE_READY || state->consented)
        return err_set(err, ERR_REFUSED, "approve", "there is nothing to approve in this state");
    if (state->alone.code != OK) {
        *err = state->alone;
        return err->code;
    }
    if (review_is_waiting(state, left))
        return sheet_too_early(app_gov(view->app), left, err);
    if (state->level == CONSENT_NAME_AND_REASON)
        app_ask_line(view->app, view->scope, "reason: ", reason_given, view);
    else
        ask_consent(view);
    return OK;
}

/* --- saying no ------------------------------------------------------------------------------- */

/* The no that has to be sent to AWS is a change of its own, on a sheet of its own. */
static void open_rejection(struct view *view, const char *reason)
{
    struct review *state = view->state;
    const struct planner *planner = state->subject.planner;
    const char *args[VIEW_ARGS_MAX] = {planner->reject->name, state->subject.target.account_id,
                                       state->subject.target.region};

    for (size_t i = 0; i < planner->n_args; i++)
        args[3 + i] = state->subject.args[i];
    args[3 + planner->n_args] = reason;
    app_open(view->app, view->kind, args, 4 + planner->n_args, NULL);
}

static void rejected(void *arg, const char *line)
{
    struct view *view = arg;
    struct review *state = view->state;

    if (line == NULL) {
        app_message(view->app, TONE_INFO, "not rejected: a rejection needs a reason");
        return;
    }
    if (review_is_rejected_in_aws(state)) {
        open_rejection(view, line);
        return;
    }
    str_copy(state->reason, line);
    gate_reject(gov_gate(app_gov(view->app)), state->plan_id, line);
}

static enum err_code run_reject(struct view *view, const struct command_call *call, struct err *err)
{
    struct review *state = view->state;
    bool ready = state->planned && state->status.state == CHANGE_READY;

    (void)call;
    if (state->consented || !(ready || review_is_rejected_in_aws(state)))
        return err_set(err, ERR_REFUSED, "reject", "there is nothing to reject in this state");
    app_ask_line(view->app, view->scope, "reject because: ", rejected, view);
    return OK;
}

/* --- another sheet in its place -------------------------------------------------------------- */

static bool can_be_proposed(const struct review *state)
{
    bool may_be_planned =
        !state->is_undo && state->err.code == OK && state->subject.planner != &planner_propose;

    return state->planned ? state->can_be_asked : may_be_planned;
}

/* What one person would do alone, put to another one: by the same planner and what it goes by. */
static enum err_code run_propose(struct view *view, const struct command_call *call,
                                 struct err *err)
{
    struct review *state = view->state;
    const struct planner_subject *subject = &state->subject;
    const char *args[VIEW_ARGS_MAX] = {"propose", subject->target.account_id,
                                       subject->target.region};
    size_t n = 4;

    (void)call;
    if (state->consented || !can_be_proposed(state))
        return err_set(err, ERR_UNSUPPORTED, "propose", "this cannot be proposed to somebody else");
    args[3] = subject->planner->name;
    for (size_t i = 0; i < PLANNER_ARGS_MAX && subject->args[i] != NULL && n < VIEW_ARGS_MAX; i++)
        args[n++] = subject->args[i];
    return app_open(view->app, view->kind, args, n, err);
}

/* A smaller change in the place of this one, on a sheet of its own. */
static enum err_code open_narrower(struct view *view, const char *range, struct err *err)
{
    struct review *state = view->state;
    const struct planner *narrower = state->subject.planner->narrower;
    const char *args[VIEW_ARGS_MAX] = {narrower->name, state->subject.target.account_id,
                                       state->subject.target.region};
    size_t n = 3;

    for (size_t i = 0; i + 1 < narrower->n_args; i++)
        args[n++] = state->subject.args[i];
    args[n++] = range;
    return app_open(view->app, view->kind, args, n, err);
}

static void range_given(void *arg, const char *line)
{
    struct view *view = arg;
    struct err err;

    if (line == NULL)
        app_message(view->app, TONE_INFO, "not narrowed");
    else if (open_narrower(view, line, &err) != OK)
        app_error(view->app, &err);
}

static bool can_narrow(const struct review *state)
{
    return !state->is_undo && !state->consented && state->subject.planner->narrower != NULL;
}

static enum err_code run_narrow(struct view *view, const struct command_call *call, struct err *err)
{
    struct review *state = view->state;

    if (!can_narrow(state))
        return err_set(
            err, ERR_UNSUPPORTED, "narrow",
            "only a rule that lets in too much can be narrowed, and before it is decided");
    if (call->n_args > 0)
        return open_narrower(view, call->args[0], err);
    app_ask_line(view->app, view->scope, "let in only this range: ", range_given, view);
    return OK;
}

/* --- what is offered ------------------------------------------------------------------------- */

/* Consented to, and more than a check that has refused it right before it was sent. */
static bool is_decided(const struct review *state)
{
    return state->consented && state->status.state != CHANGE_STALE &&
           state->status.state != CHANGE_REFUSED;
}

/* Until it is ready, too: what is offered does not jump. Where there is no plan nothing is. */
static bool may_become_ready(const struct review *state)
{
    if (state->err.code != OK)
        return false;
    return !state->planned || state->status.state == CHANGE_PLANNED ||
           state->status.state == CHANGE_CHECKING || state->status.state == CHANGE_READY;
}

bool review_offers(const struct view *view, const char *command)
{
    const struct review *state = view->state;

    if (strcmp(command, "consent") == 0)
        return !state->consented && may_become_ready(state);
    if (strcmp(command, "reject") == 0)
        return !state->consented && (may_become_ready(state) || review_is_rejected_in_aws(state));
    if (strcmp(command, "propose") == 0)
        return !state->consented && can_be_proposed(state);
    if (strcmp(command, "narrow") == 0)
        return can_narrow(state);
    return true;
}

const char *review_label(const struct view *view, const char *command)
{
    const struct review *state = view->state;

    return state->act != NULL && strcmp(command, "consent") == 0 ? state->act->verb : NULL;
}

/* --- planning it anew ------------------------------------------------------------------------ */

static enum err_code run_refresh(struct view *view, const struct command_call *call,
                                 struct err *err)
{
    struct review *state = view->state;

    (void)call;
    if (is_decided(state))
        return err_set(err, ERR_REFUSED, "refresh",
                       "this plan has been decided; go back and reopen");
    review_start(view);
    return OK;
}

/* The words of a command line as the sentence that they are. */
static void join_words(const struct command_call *call, size_t from, char *text, size_t size)
{
    AUTO(buf_done) struct buf words = BUF_NONE;

    for (size_t i = from; i < call->n_args; i++)
        buf_addf(&words, "%s%s", i > from ? " " : "", call->args[i]);
    sv_copy(buf_sv(&words), text, size);
}

/* Plans it anew with the mark, so that the mark is under what is consented to. */
static enum err_code run_break_glass(struct view *view, const struct command_call *call,
                                     struct err *err)
{
    struct review *state = view->state;

    if (is_decided(state))
        return err_set(err, ERR_REFUSED, "break-glass",
                       "this plan has been decided; go back and reopen");
    join_words(call, 0, state->break_glass, sizeof state->break_glass);
    review_start(view);
    return OK;
}

/* --- leaving it as it is ---------------------------------------------------------------------- */

static void excepted(void *arg, const struct err *err)
{
    struct view *view = arg;

    if (err->code != OK) {
        app_error(view->app, err);
        return;
    }
    app_message(view->app, TONE_GOOD, "left as it is; the trail says who answers for it");
    review_start(view);
}

static enum err_code run_except(struct view *view, const struct command_call *call, struct err *err)
{
    struct review *state = view->state;
    int64_t for_ms = 0;

    if (!state->planned || state->consented || state->is_undo)
        return err_set(err, ERR_REFUSED, "except", "there is nothing to except in this state");
    if (strcmp(call->args[1], "off") != 0 &&
        (!clock_parse_duration(sv_of(call->args[1]), &for_ms) || for_ms <= 0))
        return err_set(err, ERR_USAGE, "except", "\"%s\" is no time like 30d, nor off",
                       call->args[1]);
    str_copy(state->exception.owner, call->args[0]);
    join_words(call, 2, state->exception.reason, sizeof state->exception.reason);
    state->exception.expires_at_ms = clock_wall_ms() + for_ms;
    gate_except(gov_gate(app_gov(view->app)), &state->exception, view->scope, excepted, view);
    return OK;
}

/* --- the others ------------------------------------------------------------------------------- */

/* What this sheet says is verified, whatever was done elsewhere since; else the last change. */
static enum err_code run_undo(struct view *view, const struct command_call *call, struct err *err)
{
    const struct review *state = view->state;
    const char *args[] = {"undo", state->plan_id};

    if (!state->planned || !state->status.undoable)
        return command_undo.run(call, err);
    return app_open(view->app, view->kind, args, ARRAY_LEN(args), err);
}

const struct view_command review_commands[] = {
    {"consent", run_consent},
    {"reject", run_reject},
    {"refresh", run_refresh},
    {"move", text_view_move},
    {"break-glass", run_break_glass},
    {"except", run_except},
    {"propose", run_propose},
    {"narrow", run_narrow},
    {"undo", run_undo},
    {NULL, NULL},
};
