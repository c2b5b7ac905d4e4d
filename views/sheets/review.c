/*
 * review: the sheet on which a change is decided: exact calls, before and after, blast radius, the
 * way back. It is bound to the identities that it was opened on. The key that confirms (y) is not
 * the one that opens it, and from HIGH on the account's name is typed besides.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/gov/planner.h"
#include "core/gov/proposal/form.h"
#include "tui/widget/pager.h"
#include "views/frame/app.h"
#include "views/sheets/act.h"
#include "views/sheets/sheet.h"

struct review {
    struct pager sheet;
    struct change_status status;
    struct err err; /* why there is no plan */
    char plan_id[37], plan_hash[65];
    char word[128]; /* what is to be typed */
    char reason[256], break_glass[256];
    char title[256];
    struct planner_subject subject;    /* of an undo: by what it is proposed, if it can be */
    struct change_exception exception; /* of its item, for who answers for leaving it as it is */
    int64_t read_at_ms;                /* what the plan is based on */
    enum consent_level level;
    bool planned, consented, is_undo, told_earlier;
    const struct act *act; /* what y does, in words */
    bool two_people;       /* somebody else decides too */
    bool can_be_asked;     /* it can be put to somebody else */
    struct err alone;      /* why one person may not decide on it; OK: one may */
};

/* --- the sheet ------------------------------------------------------------------------------- */

static void fill_sheet(struct view *view, const struct change_plan *plan)
{
    struct review *state = view->state;
    struct sheet_about about = {0};

    sheet_about_caller(app_gov(view->app), &plan->target, &about);
    pager_clear(&state->sheet);
    sheet_add_plan(&state->sheet, plan, &about);
}

static bool keep_undo_subject(struct review *state, const struct change_plan *plan)
{
    planner_subject_done(&state->subject);
    return form_undo_subject(plan, &state->subject);
}

/* Keeps of a plan what the sheet and the consent need; the plan itself goes to the gate. */
static void take_notes(struct view *view, const struct change_plan *plan)
{
    struct review *state = view->state;

    str_copy(state->plan_id, plan->id);
    str_copy(state->plan_hash, plan->plan_hash);
    str_copy(state->title, plan->title);
    state->read_at_ms = plan->made_at_ms;
    change_consent_word(plan, state->word, sizeof state->word);
    state->level = change_consent_level(plan, 1);
    state->planned = true;
    state->act = act_of(plan);
    state->two_people = plan->kind->two_people;
    state->can_be_asked = state->is_undo ? keep_undo_subject(state, plan) : form_of(plan) != NULL;
    state->alone = ERR_NONE;
    gov_may_alone(app_gov(view->app), plan, &state->alone);
    state->exception = (struct change_exception){.target = plan->target};
    str_copy(state->exception.item_key, plan->item_key);
    str_copy(state->exception.account_name, plan->account_name);
    str_copy(state->exception.title, plan->title);
    fill_sheet(view, plan);
}

/* Whether a no has to be sent to AWS: it is a change of its own then. */
static bool is_rejected_in_aws(const struct review *state)
{
    return !state->is_undo && state->subject.planner->reject != NULL;
}

static void no_plan(struct view *view, const struct err *err)
{
    struct review *state = view->state;

    state->err = *err;
    pager_clear(&state->sheet);
    sheet_add(&state->sheet, ROLE_ERROR, "There is no plan: %s", err->message);
    if (err->code == ERR_REFUSED)
        sheet_add(&state->sheet, ROLE_TEXT, "Nothing was sent. %s",
                  is_rejected_in_aws(state) ? "X says no to it, or takes back what is your own; q "
                                              "goes back."
                                            : "q goes back.");
    else if (err_hint(err)[0] != '\0')
        sheet_add(&state->sheet, ROLE_TEXT, "%s", err_hint(err));
    app_redraw(view->app);
}

static void planned(void *arg, struct change_plan *take_plan, const struct err *err)
{
    struct view *view = arg;

    if (take_plan == NULL) {
        no_plan(view, err);
        return;
    }
    struct review *state = view->state;
    if (state->break_glass[0] != '\0')
        change_plan_break_glass(take_plan, state->break_glass, NULL);
    take_notes(view, take_plan);
    gate_check(gov_gate(app_gov(view->app)), take_plan);
    app_redraw(view->app);
}

/* The undo's plan is at the gate already; this one is ours to read. */
static void undo_planned(void *arg, struct change_plan *take_plan, const struct err *err)
{
    struct view *view = arg;

    if (take_plan == NULL) {
        no_plan(view, err);
        return;
    }
    take_notes(view, take_plan);
    change_plan_free(take_plan);
    app_redraw(view->app);
}

static void start(struct view *view)
{
    struct review *state = view->state;

    state->status = (struct change_status){0};
    state->err = ERR_NONE;
    state->planned = state->consented = state->told_earlier = false;
    pager_clear(&state->sheet);
    sheet_add(&state->sheet, ROLE_DIM, "reading it afresh, and what uses it…");
    if (state->is_undo)
        gate_undo(gov_gate(app_gov(view->app)), view->args[1], state->break_glass, view->scope,
                  undo_planned, view);
    else
        planner_plan(&state->subject, app_gov(view->app), view->scope, planned, view);
}

/* --- the view -------------------------------------------------------------------------------- */

/* PLANNER ACCOUNT REGION, then what the planner wants to know. */
static enum err_code read_subject(struct view *view, struct err *err)
{
    struct review *state = view->state;
    struct planner_subject *subject = &state->subject;

    subject->planner = planner_find(sv_of(view->args[0]));
    if (subject->planner == NULL)
        return err_set(err, ERR_USAGE, "review", "nothing plans a \"%s\"", view->args[0]);
    if (view->n_args < 3 || !planner_takes(subject->planner, view->n_args - 3))
        return err_set(err, ERR_USAGE, "review", "usage: review %s", view->kind->usage);
    str_copy(subject->target.account_id, view->args[1]);
    str_copy(subject->target.region, view->args[2]);
    for (size_t i = 3; i < view->n_args; i++)
        subject->args[i - 3] = mem_strdup(view->args[i]);
    return OK;
}

static enum err_code open_view(struct view *view, struct err *err)
{
    struct review *state = view->state;

    if (app_gov(view->app) == NULL)
        return err_set(err, ERR_CREDENTIALS, "review", "not connected yet");
    state->is_undo = strcmp(view->args[0], "undo") == 0;
    if (state->is_undo && view->n_args != 2)
        return err_set(err, ERR_USAGE, "review", "usage: review %s", view->kind->usage);
    if (!state->is_undo && read_subject(view, err) != OK)
        return err->code;
    pager_init(&state->sheet);
    pager_set_wrap(&state->sheet, true);
    start(view);
    return OK;
}

static void close_view(struct view *view)
{
    struct review *state = view->state;

    planner_subject_done(&state->subject);
    if (state->sheet.text != NULL)
        pager_done(&state->sheet);
}

/* What there is to say of the state: what is wrong, what DryRun said, why it was rejected. */
static void say_more(const struct review *state, struct buf *text)
{
    const struct change_status *status = &state->status;

    if (status->err.code != OK)
        buf_add_cstr(text, status->err.message);
    else if (status->state == CHANGE_READY && state->alone.code != OK)
        buf_add_cstr(text, state->alone.message);
    else if (status->state == CHANGE_REJECTED)
        buf_add_cstr(text, state->reason);
    else if (status->dry_run[0] != '\0' && !state->consented)
        buf_addf(text, "DryRun: %s", status->dry_run);
}

/* Ready, and yet too early: by how much. */
static bool is_waiting(const struct review *state, char *left)
{
    return state->status.state == CHANGE_READY && !state->consented &&
           sheet_waits(state->status.wait_until_up_ms, left);
}

static int draw_state(struct review *state, const struct canvas *canvas)
{
    const struct sheet_state *now = sheet_state(state->status.state);
    const char *text = state->planned ? now->text : "planning…";
    if (state->planned && state->status.state == CHANGE_READY && state->act->ready != NULL)
        text = state->act->ready;
    style_t style = state->planned ? now->style : ROLE_BUSY;
    AUTO(buf_done) struct buf more = BUF_NONE;
    char left[CLOCK_AGE_SIZE], waiting[160];

    if (state->status.state == CHANGE_SUCCEEDED && !state->status.undoable)
        text = "verified; it is not undone from here";
    if (is_waiting(state, left)) {
        snprintf(waiting, sizeof waiting,
                 "y in %s: who decides alone reads it first; X rejects, Esc leaves it as it is",
                 left);
        text = waiting;
    }
    if (state->status.state == CHANGE_READY && state->alone.code != OK)
        text = "four eyes: not yours alone to approve; X rejects";
    if (state->err.code != OK)
        text = err_text(state->err.code), style = ROLE_FAIL;
    say_more(state, &more);
    return sheet_draw_head(canvas, text, style, buf_cstr(&more));
}

/* What was tried before with the same thing: once the gate has told. */
static void add_earlier(struct review *state)
{
    char age[CLOCK_AGE_SIZE];

    if (state->status.n_earlier == 0 || state->told_earlier)
        return;
    state->told_earlier = true;
    clock_age(clock_wall_ms() - state->status.earlier_at_ms, age);
    sheet_add(&state->sheet, ROLE_TEXT, "tried before: %u, the last %s (%s%s)",
              state->status.n_earlier, state->status.earlier, age,
              strcmp(age, "now") == 0 ? "" : " ago");
}

static void draw(struct view *view, const struct canvas *canvas)
{
    struct review *state = view->state;
    struct rect rest = canvas_rect(canvas);
    struct canvas part;

    canvas_clear(canvas, ROLE_TEXT);
    rect_cut_top(&rest, draw_state(state, canvas));
    rect_cut_left(&rest, 1);
    part = canvas_sub(canvas, rest);
    pager_draw(&state->sheet, &part);
}

static void changed(struct view *view, const void *change_status)
{
    struct review *state = view->state;
    const struct change_status *status = change_status;

    if (state->planned && strcmp(status->plan_id, state->plan_id) == 0)
        state->status = *status;
    if (state->planned)
        add_earlier(state);
}

static void status(struct view *view, struct buf *line)
{
    struct review *state = view->state;
    char age[CLOCK_AGE_SIZE];

    clock_age(clock_display_ms() - state->read_at_ms, age);
    if (!state->planned)
        return;
    buf_addf(line, "read %s%s", age, strcmp(age, "now") == 0 ? "" : " ago");
    if (state->status.state == CHANGE_READY) {
        buf_add_cstr(line, ", ");
        sheet_left(state->read_at_ms, line);
    }
}

/* In words, as soon as there are some; the plan's arguments are for the program. */
static void subject(struct view *view, struct buf *line)
{
    const struct review *state = view->state;

    if (state->is_undo)
        buf_add_cstr(line, " undo");
    if (state->planned)
        buf_addf(line, ": %s, %s", state->exception.title, state->exception.account_name);
}

static bool handle(struct view *view, const struct event *event)
{
    struct review *state = view->state;

    return pager_handle(&state->sheet, event) != WIDGET_IGNORED;
}

/* --- deciding -------------------------------------------------------------------------------- */

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
    buf_addf(&text, "To %s, type the account's name:\n", state->act->verb);
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
    if (is_waiting(state, left))
        return sheet_too_early(app_gov(view->app), left, err);
    if (state->level == CONSENT_NAME_AND_REASON)
        app_ask_line(view->app, view->scope, "reason: ", reason_given, view);
    else
        ask_consent(view);
    return OK;
}

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
    if (is_rejected_in_aws(state)) {
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
    if (state->consented || !(ready || is_rejected_in_aws(state)))
        return err_set(err, ERR_REFUSED, "reject", "there is nothing to reject in this state");
    app_ask_line(view->app, view->scope, "reject because: ", rejected, view);
    return OK;
}

static bool can_be_proposed(const struct review *state)
{
    return state->planned ? state->can_be_asked : !state->is_undo;
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

/* Consented to, and more than a check that has refused it right before it was sent. */
static bool is_decided(const struct review *state)
{
    return state->consented && state->status.state != CHANGE_STALE &&
           state->status.state != CHANGE_REFUSED;
}

/* Until it is ready, too: what is offered does not jump. */
static bool may_become_ready(const struct review *state)
{
    return !state->planned || state->status.state == CHANGE_PLANNED ||
           state->status.state == CHANGE_CHECKING || state->status.state == CHANGE_READY;
}

static bool offers(const struct view *view, const char *command)
{
    const struct review *state = view->state;

    if (strcmp(command, "consent") == 0)
        return !state->consented && may_become_ready(state);
    if (strcmp(command, "reject") == 0)
        return !state->consented && (may_become_ready(state) || is_rejected_in_aws(state));
    if (strcmp(command, "propose") == 0)
        return !state->consented && can_be_proposed(state);
    if (strcmp(command, "narrow") == 0)
        return can_narrow(state);
    return true;
}

static const char *label(const struct view *view, const char *command)
{
    const struct review *state = view->state;

    return state->act != NULL && strcmp(command, "consent") == 0 ? state->act->verb : NULL;
}

static enum err_code run_refresh(struct view *view, const struct command_call *call,
                                 struct err *err)
{
    struct review *state = view->state;

    (void)call;
    if (is_decided(state))
        return err_set(err, ERR_REFUSED, "refresh",
                       "this plan has been decided; go back and reopen");
    start(view);
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
    start(view);
    return OK;
}

static void excepted(void *arg, const struct err *err)
{
    struct view *view = arg;

    if (err->code != OK) {
        app_error(view->app, err);
        return;
    }
    app_message(view->app, TONE_GOOD, "left as it is; the trail says who answers for it");
    start(view);
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

/* What this sheet says is verified, whatever was done elsewhere since; else the last change. */
static enum err_code run_undo(struct view *view, const struct command_call *call, struct err *err)
{
    const struct review *state = view->state;
    const char *args[] = {"undo", state->plan_id};

    if (!state->planned || !state->status.undoable)
        return command_undo.run(call, err);
    return app_open(view->app, view->kind, args, ARRAY_LEN(args), err);
}

static enum err_code run_move(struct view *view, const struct command_call *call, struct err *err)
{
    struct review *state = view->state;
    enum move move;

    if (!move_parse(sv_of(call->args[0]), &move))
        return err_set(err, ERR_USAGE, "move", "\"%s\" is no direction", call->args[0]);
    pager_move(&state->sheet, move);
    return OK;
}

static const struct view_command own_commands[] = {
    {"consent", run_consent},
    {"reject", run_reject},
    {"refresh", run_refresh},
    {"move", run_move},
    {"break-glass", run_break_glass},
    {"except", run_except},
    {"propose", run_propose},
    {"narrow", run_narrow},
    {"undo", run_undo},
    {NULL, NULL},
};

const struct view_kind view_review = {
    .name = "review",
    .title = "Review",
    .help = "decide on one change",
    .usage = "PLANNER ACCOUNT REGION ARG... | undo PLAN",
    .args_min = 2,
    .args_max = VIEW_ARGS_MAX,
    .context = "review",
    .state_bytes = sizeof(struct review),
    .open = open_view,
    .close = close_view,
    .draw = draw,
    .commands = own_commands,
    .offers = offers,
    .label = label,
    .event = handle,
    .subject = subject,
    .status = status,
    .changed = changed,
};
