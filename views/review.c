/*
 * review: the sheet on which a change is decided: exact calls, before and after, blast radius, the
 * way back. It is bound to the identities that it was opened on. The key that confirms (y) is not
 * the one that opens it, and from HIGH on the account's name is typed besides.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/gov/sg_change.h"
#include "tui/widget/pager.h"
#include "views/app.h"

struct review {
    struct pager sheet;
    struct change_status status;
    struct err err; /* why there is no plan */
    char plan_id[37], plan_hash[65];
    char word[128]; /* what is to be typed */
    char reason[256];
    char title[256];
    int64_t read_at_ms; /* what the plan is based on */
    enum consent_level level;
    bool planned, consented, is_undo;
};

/* --- the sheet ------------------------------------------------------------------------------- */

static void add_line(struct review *state, style_t style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void add_line(struct review *state, style_t style, const char *fmt, ...)
{
    char line[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    pager_add(&state->sheet, sv_of(line), style);
}

static void add_calls(struct review *state, const struct change_plan *plan, const char *title,
                      const struct change_call *calls, size_t n_calls)
{
    if (n_calls == 0)
        return;
    add_line(state, ROLE_TITLE, "%s", title);
    for (size_t i = 0; i < n_calls; i++) {
        AUTO(buf_done) struct buf cli = BUF_NONE;
        const struct aws_op *op = aws_op(calls[i].op);

        aws_cli_line(&cli, calls[i].op, &plan->target, calls[i].params);
        add_line(state, ROLE_TEXT, "  %s:%s", op->service->id, op->name);
        add_line(state, ROLE_DIM, "  $ %s", buf_cstr(&cli));
    }
}

static const char *const reversible_texts[] = {
    [REVERSIBLE] = "reversible: undo sends the inverse, through the same gate",
    [PARTLY_REVERSIBLE] = "partly reversible: see the notes",
    [IRREVERSIBLE] = "NOT reversible",
};

static void fill_sheet(struct review *state, const struct change_plan *plan)
{
    static const style_t diff_styles[] = {['-'] = ROLE_REMOVED, ['+'] = ROLE_ADDED};

    pager_clear(&state->sheet);
    add_line(state, ROLE_STRONG, "%s", plan->title);
    add_line(state, ROLE_TEXT, "%s", plan->why);
    pager_add(&state->sheet, SV("\n"), ROLE_TEXT);
    add_line(state, ROLE_TEXT, "account   %s (%s)%s", plan->account_name, plan->target.account_id,
             plan->production ? "   PRODUCTION" : "");
    add_line(state, ROLE_TEXT, "region    %s", plan->target.region);
    add_line(state, ROLE_TEXT, "severity  %s", plan->severity);
    pager_add(&state->sheet, SV("\n"), ROLE_TEXT);
    add_line(state, ROLE_TITLE, "Before -> after");
    for (size_t i = 0; i < plan->diff.len; i++) {
        char kind = plan->diff.ptr[i].kind;

        add_line(state, kind == '-' || kind == '+' ? diff_styles[(int)kind] : ROLE_TEXT, "%c %s",
                 kind, plan->diff.ptr[i].text);
    }
    pager_add(&state->sheet, SV("\n"), ROLE_TEXT);
    add_line(state, ROLE_TITLE, "Blast radius");
    for (size_t i = 0; i < plan->evidence.len; i++)
        add_line(state, ROLE_TEXT, "  %s", plan->evidence.ptr[i].text);
    pager_add(&state->sheet, SV("\n"), ROLE_TEXT);
    add_calls(state, plan, "What is sent", plan->calls.ptr, plan->calls.len);
    pager_add(&state->sheet, SV("\n"), ROLE_TEXT);
    add_line(state, ROLE_TEXT, "%s", reversible_texts[plan->reversible]);
    add_calls(state, plan, "What undo would send", plan->inverse.ptr, plan->inverse.len);
    pager_add(&state->sheet, SV("\n"), ROLE_TEXT);
    add_line(state, ROLE_DIM, "plan %s  sha256 %s", plan->id, plan->plan_hash);
}

/* Keeps of a plan what the sheet and the consent need; the plan itself goes to the gate. */
static void take_notes(struct review *state, const struct change_plan *plan)
{
    str_copy(state->plan_id, plan->id);
    str_copy(state->plan_hash, plan->plan_hash);
    str_copy(state->title, plan->title);
    state->read_at_ms = plan->made_at_ms;
    change_consent_word(plan, state->word, sizeof state->word);
    state->level = change_consent_level(plan, 1);
    state->planned = true;
    state->consented = false;
    fill_sheet(state, plan);
}

static void no_plan(struct view *view, const struct err *err)
{
    struct review *state = view->state;

    state->err = *err;
    pager_clear(&state->sheet);
    add_line(state, ROLE_ERROR, "There is no plan: %s", err->message);
    add_line(state, ROLE_TEXT, "%s", err_hint(err->code));
    app_redraw(view->app);
}

static void planned(void *arg, struct change_plan *take_plan, const struct err *err)
{
    struct view *view = arg;

    if (take_plan == NULL) {
        no_plan(view, err);
        return;
    }
    take_notes(view->state, take_plan);
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
    take_notes(view->state, take_plan);
    change_plan_free(take_plan);
    app_redraw(view->app);
}

static void start(struct view *view)
{
    struct review *state = view->state;
    struct aws_target target = {0};

    state->status = (struct change_status){0};
    state->err = ERR_NONE;
    state->planned = false;
    pager_clear(&state->sheet);
    add_line(state, ROLE_DIM, "reading the rule, the group and what uses it…");
    if (state->is_undo) {
        gate_undo(gov_gate(app_gov(view->app)), view->args[1], view->scope, undo_planned, view);
        return;
    }
    str_copy(target.account_id, view->args[0]);
    str_copy(target.region, view->args[1]);
    sg_plan_revoke(app_gov(view->app), view->scope, &target, view->args[2], view->args[3], planned,
                   view);
}

/* --- the view -------------------------------------------------------------------------------- */

static enum err_code open_view(struct view *view, struct err *err)
{
    struct review *state = view->state;

    state->is_undo = strcmp(view->args[0], "undo") == 0;
    if (view->n_args != (state->is_undo ? 2 : 4))
        return err_set(err, ERR_USAGE, "review", "usage: review %s", view->kind->usage);
    pager_init(&state->sheet);
    pager_set_wrap(&state->sheet, true);
    start(view);
    return OK;
}

static void close_view(struct view *view)
{
    struct review *state = view->state;

    if (state->sheet.text != NULL)
        pager_done(&state->sheet);
}

/* What the state of the change means for the person in front of it. */
static const struct {
    enum change_state state;
    style_t style;
    const char *text;
} state_texts[] = {
    {CHANGE_CHECKING, ROLE_BUSY, "checking: policy, staleness, DryRun…"},
    {CHANGE_READY, ROLE_WARN, "ready: y approves, X rejects, Esc leaves it as it is"},
    {CHANGE_REFUSED, ROLE_FAIL, "refused"},
    {CHANGE_STALE, ROLE_FAIL, "stale: r makes a new plan"},
    {CHANGE_INTENT, ROLE_BUSY, "the intent is on disk; sending…"},
    {CHANGE_SENT, ROLE_BUSY, "sent; waiting for the answer…"},
    {CHANGE_VERIFYING, ROLE_BUSY, "done; verifying by reading it again…"},
    {CHANGE_SUCCEEDED, ROLE_OK, "verified; u undoes it"},
    {CHANGE_UNVERIFIED, ROLE_WARN, "done, but not yet seen in AWS"},
    {CHANGE_FAILED, ROLE_FAIL, "failed"},
    {CHANGE_UNKNOWN, ROLE_WARN, "sent, outcome unknown: it is settled by reading AWS"},
    {CHANGE_REJECTED, ROLE_INFO, "rejected"},
    {CHANGE_UNDONE, ROLE_OK, "undone"},
};

static void draw_state(struct review *state, const struct canvas *canvas)
{
    const char *text = "planning…";
    style_t style = ROLE_BUSY;
    int x = 1;

    if (state->err.code != OK)
        text = err_text(state->err.code), style = ROLE_FAIL;
    for (size_t i = 0; state->planned && i < ARRAY_LEN(state_texts); i++) {
        if (state_texts[i].state == state->status.state)
            text = state_texts[i].text, style = state_texts[i].style;
    }
    if (state->planned && state->status.state == CHANGE_PLANNED)
        text = "checking…";
    canvas_clear(canvas, ROLE_TEXT);
    x += canvas_text(canvas, 0, x, -1, sv_of(text), style, CUT_END) + 2;
    if (state->status.err.code != OK)
        canvas_text(canvas, 0, x, canvas->cols - x - 1, sv_of(state->status.err.message), ROLE_TEXT,
                    CUT_END);
    else if (state->status.dry_run[0] != '\0')
        canvas_printf(canvas, 0, x, ROLE_DIM, "DryRun: %s", state->status.dry_run);
}

static void draw(struct view *view, const struct canvas *canvas)
{
    struct review *state = view->state;
    struct rect rest = canvas_rect(canvas);
    struct canvas part = canvas_sub(canvas, rect_cut_top(&rest, 1));
    struct canvas line = canvas_sub(canvas, rect_cut_top(&rest, 1));

    canvas_clear(canvas, ROLE_TEXT);
    draw_state(state, &part);
    for (int x = 0; x < line.cols; x++)
        canvas_sign(&line, 0, x, SIGN_H_LINE, ROLE_BORDER);
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
}

static void status(struct view *view, struct buf *line)
{
    struct review *state = view->state;
    char age[CLOCK_AGE_SIZE];

    clock_age(clock_display_ms() - state->read_at_ms, age);
    if (state->planned)
        buf_addf(line, "read %s%s", age, strcmp(age, "now") == 0 ? "" : " ago");
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
    struct change_consent consent = {.single_operator = true};

    str_copy(consent.plan_hash, state->plan_hash);
    str_copy(consent.typed, typed);
    str_copy(consent.reason, state->reason);
    state->consented = true;
    gate_consent(gov_gate(app_gov(view->app)), state->plan_id, &consent);
    app_redraw(view->app);
}

static void name_typed(void *arg, const char *typed)
{
    struct view *view = arg;

    if (typed == NULL)
        app_message(view->app, TONE_INFO, "not approved");
    else
        give_consent(view, typed);
}

static void key_pressed(void *arg, int choice)
{
    struct view *view = arg;

    if (choice == 0)
        give_consent(view, "");
    else
        app_message(view->app, TONE_INFO, "not approved");
}

static void ask_consent(struct view *view)
{
    static const char *const choices[] = {"Yes, send it"};
    struct review *state = view->state;
    AUTO(buf_done) struct buf text = BUF_NONE;

    buf_addf(&text, "%s\n\nYou approve alone (single-operator mode); the trail will say so.\n",
             state->title);
    if (state->level == CONSENT_KEY) {
        app_ask(view->app, view->scope, "Approve", buf_cstr(&text), choices, 1, key_pressed, view);
        return;
    }
    buf_addf(&text, "To approve, type the account's name:\n");
    app_ask_typed(view->app, view->scope, "Approve", buf_cstr(&text), state->word, "Approve",
                  name_typed, view);
}

static void reason_given(void *arg, const char *line)
{
    struct view *view = arg;
    struct review *state = view->state;

    if (line == NULL) {
        app_message(view->app, TONE_INFO, "not approved: production needs a reason");
        return;
    }
    str_copy(state->reason, line);
    ask_consent(view);
}

static enum err_code run_consent(struct view *view, const struct command_call *call,
                                 struct err *err)
{
    struct review *state = view->state;

    (void)call;
    if (!state->planned || state->status.state != CHANGE_READY || state->consented)
        return err_set(err, ERR_REFUSED, "approve", "there is nothing to approve in this state");
    if (state->level == CONSENT_NAME_AND_REASON)
        app_ask_line(view->app, view->scope, "reason: ", reason_given, view);
    else
        ask_consent(view);
    return OK;
}

static void rejected(void *arg, const char *line)
{
    struct view *view = arg;
    struct review *state = view->state;

    if (line == NULL)
        app_message(view->app, TONE_INFO, "not rejected: a rejection needs a reason");
    else
        gate_reject(gov_gate(app_gov(view->app)), state->plan_id, line);
}

static enum err_code run_reject(struct view *view, const struct command_call *call, struct err *err)
{
    struct review *state = view->state;

    (void)call;
    if (!state->planned || state->consented)
        return err_set(err, ERR_REFUSED, "reject", "there is nothing to reject in this state");
    app_ask_line(view->app, view->scope, "reject because: ", rejected, view);
    return OK;
}

static enum err_code run_refresh(struct view *view, const struct command_call *call,
                                 struct err *err)
{
    struct review *state = view->state;

    (void)call;
    if (state->consented)
        return err_set(err, ERR_REFUSED, "refresh",
                       "this plan has been decided; go back and reopen");
    start(view);
    return OK;
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
    {"consent", run_consent}, {"reject", run_reject}, {"refresh", run_refresh},
    {"move", run_move},       {NULL, NULL},
};

const struct view_kind view_review = {
    .name = "review",
    .title = "Review",
    .help = "decide on one change",
    .usage = "ACCOUNT REGION GROUP RULE | undo PLAN",
    .args_min = 2,
    .args_max = 4,
    .context = "review",
    .state_bytes = sizeof(struct review),
    .open = open_view,
    .close = close_view,
    .draw = draw,
    .commands = own_commands,
    .event = handle,
    .status = status,
    .changed = changed,
};
