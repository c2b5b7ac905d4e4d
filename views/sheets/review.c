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
#include "views/sheets/review_parts.h"

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

bool review_is_rejected_in_aws(const struct review *state)
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
                  review_is_rejected_in_aws(state)
                      ? "X says no to it, or takes back what is your own; q "
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

void review_start(struct view *view)
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
    review_start(view);
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

bool review_is_waiting(const struct review *state, char *left)
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
    if (review_is_waiting(state, left)) {
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
    .commands = review_commands,
    .offers = review_offers,
    .label = review_label,
    .event = text_view_event,
    .subject = subject,
    .status = status,
    .changed = changed,
};
