/*
 * bulk: the sheet for several changes under one consent. Each is planned and checked by itself;
 * what is ready is consented to at once, and done one after the other. Bound to the identities that
 * were marked when it was opened, whatever the list does meanwhile.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "views/sheets/bulk_parts.h"
#include "views/sheets/bulk_subject.h"

/* --- the sheet ------------------------------------------------------------------------------- */

/* What has no plan yet, or gets none, is called as the organization calls it, too. */
static void add_place(struct view *view, const struct bulk_item *item)
{
    struct bulk *bulk = view->state;
    const struct aws_target *target = &item->subject.target;
    struct estate *estate = gov_estate(app_gov(view->app));
    const struct account *account =
        estate != NULL ? estate_account(estate, sv_of(target->account_id)) : NULL;

    sheet_add(&bulk->sheet, ROLE_DIM, "           %s (%s) %s",
              item->plan != NULL ? item->plan->account_name
              : account != NULL  ? account->name
                                 : "account",
              target->account_id, target->region);
    estate_unref(estate);
}

static void add_item(struct view *view, const struct bulk_item *item)
{
    struct bulk *bulk = view->state;
    const struct sheet_state *now = sheet_state(item->status.state);
    const char *word = item->plan != NULL ? now->word : "planning";
    style_t style = item->plan != NULL ? now->style : ROLE_BUSY;
    const struct err *err = item->err.code != OK          ? &item->err
                            : item->status.err.code != OK ? &item->status.err
                                                          : &item->alone;

    if (item->err.code != OK)
        word = "NO PLAN", style = ROLE_FAIL;
    else if (bulk_item_is_not_begun(bulk, item))
        word = "NOT BEGUN", style = ROLE_WARN;
    AUTO(buf_done) struct buf line = BUF_NONE;
    buf_addf(&line, "%-11s%-9s%s", word, item->plan != NULL ? item->plan->severity : "",
             item->plan != NULL ? item->plan->title : subject_name(&item->subject));
    struct pager_span span = {0, (uint32_t)strlen(word), style};
    pager_add_spans(&bulk->sheet, buf_sv(&line), ROLE_TEXT, &span, 1);
    add_place(view, item);
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
        add_item(view, &bulk->items[i]);
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

void bulk_start(struct view *view)
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
    bulk_start(view);
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

static void say_results(const struct bulk_tally *tally, struct buf *text)
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

static style_t say_state(const struct bulk *bulk, struct buf *text)
{
    struct bulk_tally tally = bulk_tally(bulk);
    char left[CLOCK_AGE_SIZE];

    if (bulk_is_running(bulk)) {
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
    if (bulk_is_waiting(bulk, left)) {
        buf_addf(text, ": y in %s: who decides alone reads them first; X rejects them", left);
        return ROLE_WARN;
    }
    bool is_past = tally.ready > 1 && bulk_check_belts(bulk, tally.ready, NULL) != OK;
    if (is_past)
        buf_add_cstr(text, ": y asks to go past the belt, X rejects them, Esc leaves them");
    else if (tally.ready > 0)
        buf_addf(text, ": y %s them, X rejects them, Esc leaves them as they are",
                 bulk_ready_act(bulk)->does);
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
    .commands = bulk_commands,
    .event = text_view_event,
    .offers = bulk_offers,
    .label = bulk_label,
    .status = status,
    .changed = changed,
};
