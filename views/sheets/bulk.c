/*
 * bulk: the sheet for several changes under one consent. Each is planned and checked by itself;
 * what is ready is consented to at once, and done one after the other. Bound to the identities that
 * were marked when it was opened, whatever the list does meanwhile.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/gov/planner.h"
#include "views/sheets/act.h"
#include "views/sheets/bulk.h"
#include "views/sheets/bulk_subject.h"
#include "views/sheets/sheet.h"

struct bulk_item {
    struct view *view;
    struct planner_subject subject;
    struct change_plan *plan; /* what was shown; the gate has its own. NULL: there is none (yet) */
    struct change_status status;
    struct err err;   /* why there is no plan */
    struct err alone; /* why one person may not decide on it; OK: one may */
};

struct bulk {
    struct pager sheet;
    struct bulk_item items[BULK_MAX];
    size_t n;
    struct bulk_choice choice;
    const struct act *act; /* what is consented to, in words */
    char batch_hash[65], reason[256];
    bool consented, stopping;
};

/* --- where it stands ------------------------------------------------------------------------- */

static bool is_ready(const struct bulk_item *item)
{
    return item->plan != NULL && item->status.state == CHANGE_READY;
}

/* Consent was given, and it is not going to be begun. */
static bool is_not_begun(const struct bulk *bulk, const struct bulk_item *item)
{
    return bulk->consented && is_ready(item) && item->status.err.code != OK;
}

static bool has_ended(const struct bulk_item *item)
{
    static const bool ends[] = {
#define END_ROW(name, is_end, in_trail) [CHANGE_##name] = (is_end),
        CHANGE_STATES(END_ROW)
#undef END_ROW
    };

    return item->err.code != OK || item->status.state == CHANGE_UNKNOWN || ends[item->status.state];
}

/* How many of the items are what. */
struct tally {
    size_t waiting, ready, at_work, done, not_begun, bad;
};

static struct tally tally_of(const struct bulk *bulk)
{
    struct tally tally = {0};

    for (size_t i = 0; i < bulk->n; i++) {
        const struct bulk_item *item = &bulk->items[i];

        if (item->err.code == OK && item->status.state == CHANGE_SUCCEEDED)
            tally.done++;
        else if (has_ended(item))
            tally.bad++;
        else if (is_not_begun(bulk, item))
            tally.not_begun++;
        else if (is_ready(item))
            tally.ready++;
        else if (bulk->consented)
            tally.at_work++;
        else
            tally.waiting++;
    }
    return tally;
}

static bool is_running(const struct bulk *bulk)
{
    struct tally tally = tally_of(bulk);

    return bulk->consented && tally.at_work + tally.ready > 0;
}

/* --- the sheet ------------------------------------------------------------------------------- */

static void add_item(struct bulk *bulk, const struct bulk_item *item)
{
    const struct sheet_state *now = sheet_state(item->status.state);
    const char *word = item->plan != NULL ? now->word : "planning";
    style_t style = item->plan != NULL ? now->style : ROLE_BUSY;
    const struct err *err = item->err.code != OK          ? &item->err
                            : item->status.err.code != OK ? &item->status.err
                                                          : &item->alone;

    if (item->err.code != OK)
        word = "NO PLAN", style = ROLE_FAIL;
    else if (is_not_begun(bulk, item))
        word = "NOT BEGUN", style = ROLE_WARN;
    AUTO(buf_done) struct buf line = BUF_NONE;
    buf_addf(&line, "%-11s%-9s%s", word, item->plan != NULL ? item->plan->severity : "",
             item->plan != NULL ? item->plan->title : subject_name(&item->subject));
    struct pager_span span = {0, (uint32_t)strlen(word), style};
    pager_add_spans(&bulk->sheet, buf_sv(&line), ROLE_TEXT, &span, 1);
    sheet_add(&bulk->sheet, ROLE_DIM, "           %s (%s) %s",
              item->plan != NULL ? item->plan->account_name : "account",
              item->subject.target.account_id, item->subject.target.region);
    if (err->code != OK)
        sheet_add(&bulk->sheet, style, "           %s", err->message);
}

static void add_details(struct view *view)
{
    struct bulk *bulk = view->state;

    for (size_t i = 0; i < bulk->n; i++) {
        const struct change_plan *plan = bulk->items[i].plan;
        struct sheet_about about = {0};

        if (plan == NULL)
            continue;
        sheet_about_caller(app_gov(view->app), &plan->target, &about);
        pager_add(&bulk->sheet, SV("\n"), ROLE_TEXT);
        sheet_add(&bulk->sheet, ROLE_BORDER, "--- %zu of %zu ---", i + 1, bulk->n);
        sheet_add_plan(&bulk->sheet, plan, &about);
    }
}

/* The items, and behind them each plan in full; the place on the screen stays. */
static void fill_sheet(struct view *view)
{
    struct bulk *bulk = view->state;
    size_t top = bulk->sheet.top;

    pager_clear(&bulk->sheet);
    for (size_t i = 0; i < bulk->n; i++)
        add_item(bulk, &bulk->items[i]);
    add_details(view);
    bulk->sheet.top = top;
    app_redraw(view->app);
}

/* --- planning -------------------------------------------------------------------------------- */

static void planned(void *arg, struct change_plan *take_plan, const struct err *err)
{
    struct bulk_item *item = arg;

    if (take_plan == NULL) {
        item->err = *err;
    } else {
        item->plan = change_plan_copy(take_plan);
        item->alone = ERR_NONE;
        gov_may_alone(app_gov(item->view->app), take_plan, &item->alone);
        gate_check(gov_gate(app_gov(item->view->app)), take_plan);
    }
    fill_sheet(item->view);
}

static void start(struct view *view)
{
    struct bulk *bulk = view->state;

    bulk->consented = bulk->stopping = false;
    for (size_t i = 0; i < bulk->n; i++) {
        struct bulk_item *item = &bulk->items[i];

        change_plan_free(item->plan);
        item->plan = NULL;
        item->status = (struct change_status){0};
        item->err = ERR_NONE;
        planner_plan(&item->subject, app_gov(view->app), view->scope, planned, item);
    }
    bulk->sheet.top = 0;
    fill_sheet(view);
}

/* --- opening --------------------------------------------------------------------------------- */

enum err_code bulk_open(struct app *app, const struct planner_subject *subjects, size_t n,
                        const struct bulk_choice *choice, struct err *err)
{
    char *args[BULK_MAX + 1] = {subject_choice_to_text(choice, subjects, n)};
    enum err_code code = OK;

    for (size_t i = 0; i < n && code == OK; i++) {
        struct buf text = BUF_NONE;
        if (!subject_to_text(&subjects[i], &text))
            code = err_set(err, ERR_UNSUPPORTED, "approve",
                           "a name with a blank in it is decided on by itself");
        args[i + 1] = buf_take(&text);
    }
    if (code == OK)
        code = app_open(app, &view_bulk, (const char *const *)args, n + 1, err);
    for (size_t i = 0; i <= n; i++)
        mem_free(args[i]);
    return code;
}

static enum err_code open_view(struct view *view, struct err *err)
{
    struct bulk *bulk = view->state;

    if (app_gov(view->app) == NULL)
        return err_set(err, ERR_CREDENTIALS, "bulk", "not connected yet");
    pager_init(&bulk->sheet);
    pager_set_wrap(&bulk->sheet, true);
    size_t first = subject_choice_from_text(view->args[0], &bulk->choice);
    for (; bulk->n < BULK_MAX && first + bulk->n < view->n_args; bulk->n++) {
        struct bulk_item *item = &bulk->items[bulk->n];
        item->view = view;
        if (subject_from_text(view->args[first + bulk->n], &item->subject, err) != OK)
            return err->code;
    }
    start(view);
    return OK;
}

static void close_view(struct view *view)
{
    struct bulk *bulk = view->state;

    for (size_t i = 0; i < bulk->n; i++) {
        planner_subject_done(&bulk->items[i].subject);
        change_plan_free(bulk->items[i].plan);
    }
    if (bulk->sheet.text != NULL)
        pager_done(&bulk->sheet);
}

/* --- drawing --------------------------------------------------------------------------------- */

static void say_results(const struct tally *tally, struct buf *text)
{
    const struct {
        size_t n;
        const char *word;
    } parts[] = {
        {tally->done, "verified"}, {tally->bad, "not done"}, {tally->not_begun, "not begun"}};

    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (parts[i].n > 0)
            buf_addf(text, "%s%zu %s", text->len > 0 ? ", " : "", parts[i].n, parts[i].word);
}

/* What keeps them from being changed at once: more than a small part of what they were chosen from,
 * or nobody knows which part. OK: nothing. */
static enum err_code check_belts(const struct bulk *bulk, size_t n, struct err *err)
{
    enum err_code code =
        change_belts_check(&change_belts_default, n, bulk->choice.n_resources, err);

    if (code != OK && bulk->choice.n_resources == 0)
        err_set(err, code, "belts", "of how many resources they are is not known: %s",
                bulk->choice.why);
    return code;
}

/* The longest of those that are ready. */
static bool is_waiting(const struct bulk *bulk, char *left)
{
    int64_t until_up_ms = 0;

    for (size_t i = 0; i < bulk->n; i++) {
        const struct bulk_item *item = &bulk->items[i];
        if (is_ready(item) && item->status.wait_until_up_ms > until_up_ms)
            until_up_ms = item->status.wait_until_up_ms;
    }
    return !bulk->consented && sheet_waits(until_up_ms, left);
}

/* The plans that are ready, in the order of the sheet; how many. */
static size_t ready_plans(const struct bulk *bulk, const struct change_plan **plans)
{
    size_t n = 0;

    for (size_t i = 0; i < bulk->n; i++)
        if (is_ready(&bulk->items[i]))
            plans[n++] = bulk->items[i].plan;
    return n;
}

/* What y does with them. */
static const struct act *ready_act(const struct bulk *bulk)
{
    const struct change_plan *plans[BULK_MAX] = {NULL};

    return act_of_all(plans, ready_plans(bulk, plans));
}

static style_t say_state(const struct bulk *bulk, struct buf *text)
{
    struct tally tally = tally_of(bulk);
    char left[CLOCK_AGE_SIZE];

    if (is_running(bulk)) {
        buf_addf(text, "%zu of %zu: %s", tally.done + tally.bad + tally.at_work, bulk->n,
                 bulk->stopping ? "stopping before the next…"
                                : "at work; ctrl-c stops before the next");
        return ROLE_BUSY;
    }
    if (bulk->consented) {
        say_results(&tally, text);
        buf_add_cstr(text, tally.bad + tally.not_begun > 0 ? "; r plans the rest anew" : "");
        return tally.bad + tally.not_begun > 0 ? ROLE_WARN : ROLE_OK;
    }
    if (tally.waiting > 0) {
        buf_addf(text, "planning and checking: %zu of %zu…", bulk->n - tally.waiting, bulk->n);
        return ROLE_BUSY;
    }
    buf_addf(text, "%zu of %zu ready", tally.ready, bulk->n);
    if (is_waiting(bulk, left)) {
        buf_addf(text, ": y in %s: who decides alone reads them first; X rejects them", left);
        return ROLE_WARN;
    }
    bool is_past = tally.ready > 1 && check_belts(bulk, tally.ready, NULL) != OK;
    if (is_past)
        buf_add_cstr(text, ": y asks to go past the belt, X rejects them, Esc leaves them");
    else if (tally.ready > 0)
        buf_addf(text, ": y %s them, X rejects them, Esc leaves them as they are",
                 ready_act(bulk)->does);
    return tally.ready > 0 ? ROLE_WARN : ROLE_FAIL;
}

static void draw(struct view *view, const struct canvas *canvas)
{
    struct bulk *bulk = view->state;
    struct rect rest = canvas_rect(canvas);
    AUTO(buf_done) struct buf text = BUF_NONE;
    style_t style = say_state(bulk, &text);
    struct canvas part;

    canvas_clear(canvas, ROLE_TEXT);
    rect_cut_top(&rest, sheet_draw_head(canvas, buf_cstr(&text), style, ""));
    rect_cut_left(&rest, 1);
    part = canvas_sub(canvas, rest);
    pager_draw(&bulk->sheet, &part);
}

static void status(struct view *view, struct buf *line)
{
    struct bulk *bulk = view->state;
    int64_t oldest_ms = INT64_MAX;
    char age[CLOCK_AGE_SIZE];

    for (size_t i = 0; i < bulk->n; i++)
        if (bulk->items[i].plan != NULL && bulk->items[i].plan->made_at_ms < oldest_ms)
            oldest_ms = bulk->items[i].plan->made_at_ms;
    if (oldest_ms == INT64_MAX)
        return;
    clock_age(clock_display_ms() - oldest_ms, age);
    buf_addf(line, "read %s%s", age, strcmp(age, "now") == 0 ? "" : " ago");
    if (!bulk->consented) {
        buf_add_cstr(line, ", ");
        sheet_left(oldest_ms, line);
    }
}

static void changed(struct view *view, const void *change_status)
{
    struct bulk *bulk = view->state;
    const struct change_status *now = change_status;

    for (size_t i = 0; i < bulk->n; i++) {
        struct bulk_item *item = &bulk->items[i];
        if (item->plan != NULL && strcmp(item->plan->id, now->plan_id) == 0) {
            item->status = *now;
            if (now->err.code == ERR_CONSENT) /* nothing was begun: it can be tried again */
                bulk->consented = false;
            fill_sheet(view);
        }
    }
}

static bool handle(struct view *view, const struct event *event)
{
    struct bulk *bulk = view->state;

    return pager_handle(&bulk->sheet, event) != WIDGET_IGNORED;
}

/* --- deciding -------------------------------------------------------------------------------- */

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
    size_t n = ready_plans(bulk, plans);
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
    consent.past_belts = check_belts(bulk, n, NULL) != OK;
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
    size_t n = ready_plans(bulk, plans);
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct err belt = ERR_NONE;
    char word[128];

    bulk->act = act_of_all(plans, n);
    hash_of(plans, n, bulk->batch_hash);
    bool past_belts = check_belts(bulk, n, &belt) != OK;
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
    struct tally tally = tally_of(bulk);

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
        if (is_ready(&bulk->items[i]) && bulk->items[i].alone.code != OK) {
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
    if (is_waiting(bulk, left))
        return sheet_too_early(app_gov(view->app), left, err);
    if (change_batch_level(plans, ready_plans(bulk, plans)) == CONSENT_NAME_AND_REASON)
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
    for (size_t i = 0, n = ready_plans(bulk, plans); i < n; i++)
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
    if (!is_running(bulk)) {
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
    if (is_running(view->state))
        return err_set(err, ERR_REFUSED, "refresh", "it is at work; ctrl-c stops it");
    start(view);
    return OK;
}

static enum err_code run_move(struct view *view, const struct command_call *call, struct err *err)
{
    struct bulk *bulk = view->state;
    enum move move;

    if (!move_parse(sv_of(call->args[0]), &move))
        return err_set(err, ERR_USAGE, "move", "\"%s\" is no direction", call->args[0]);
    pager_move(&bulk->sheet, move);
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

static bool offers(const struct view *view, const char *command)
{
    static const char *const decisions[] = {"consent", "reject", "propose"};
    const struct bulk *bulk = view->state;

    for (size_t i = 0; i < ARRAY_LEN(decisions); i++)
        if (strcmp(command, decisions[i]) == 0)
            return !bulk->consented;
    return true;
}

static const char *label(const struct view *view, const char *command)
{
    return strcmp(command, "consent") == 0 ? ready_act(view->state)->verb : NULL;
}

static const struct view_command own_commands[] = {
    {"consent", run_consent},   {"reject", run_reject}, {"cancel", run_cancel},
    {"refresh", run_refresh},   {"move", run_move},     {"propose", run_propose},
    {"break-glass", run_alone}, {"except", run_alone},  {NULL, NULL},
};

const struct view_kind view_bulk = {
    .name = "bulk",
    .title = "Review of several changes",
    .help = "decide on several changes at once",
    .usage = "[\"from RESOURCES\"] \"PLANNER ACCOUNT REGION ARG...\"...",
    .args_min = 1,
    .args_max = BULK_MAX + 1,
    .hides_args = true,
    .context = "review",
    .state_bytes = sizeof(struct bulk),
    .open = open_view,
    .close = close_view,
    .draw = draw,
    .commands = own_commands,
    .event = handle,
    .offers = offers,
    .label = label,
    .status = status,
    .changed = changed,
};
