/*
 * chrome: what stands around every screen: who and where at the top, what the keys do at the foot.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/gov/estate/saved_scope.h"
#include "tui/widget/widget.h"
#include "views/frame/app_state.h"
#include "views/frame/expiry.h"

#define ROWS_MIN 15
#define COLS_MIN 60

/* A piece of the header; the ones with the highest rank are left out first. */
struct piece {
    char text[160];
    style_t style;
    int rank;
};

#define PIECES_MAX             12
#define THROTTLED_TOLD_PERCENT 5

struct header {
    struct piece pieces[PIECES_MAX];
    size_t n;
};

static void add(struct header *header, int rank, style_t style, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void add(struct header *header, int rank, style_t style, const char *fmt, ...)
{
    struct piece *piece = &header->pieces[header->n++];
    va_list args;

    va_start(args, fmt);
    vsnprintf(piece->text, sizeof piece->text, fmt, args);
    va_end(args);
    piece->style = style;
    piece->rank = rank;
}

/* The last part of an assumed-role or user ARN: what people call themselves. */
static struct sv caller_name(const char *arn)
{
    const char *slash = strrchr(arn, '/'), *colon = strrchr(arn, ':');

    return sv_of(slash != NULL ? slash + 1 : colon != NULL ? colon + 1 : arn);
}

static void add_estate(struct header *header, const struct estate *estate)
{
    struct sv caller = caller_name(estate->caller_arn);

    if (estate->organization_id[0] != '\0')
        add(header, 3, ROLE_HEADER, "org:%s", estate->organization_id);
    add(header, 1, ROLE_HEADER, "%zu account%s", estate->accounts.len,
        estate->accounts.len == 1 ? "" : "s");
    add(header, 4, ROLE_HEADER, "%zu region%s", estate->regions.len,
        estate->regions.len == 1 ? "" : "s");
    if (caller.len > 0)
        add(header, 2, ROLE_HEADER, "as " SV_FMT, SV_ARG(caller));
}

/* Where nothing is changed: everywhere, or in so many of the accounts. */
static void add_read_only(struct header *header, const struct app *app, const struct estate *estate)
{
    size_t n_locked = estate != NULL ? estate->n_locked : 0;

    if (gov_is_read_only(app->gov, NULL) || (n_locked > 0 && n_locked == estate->accounts.len))
        add(header, 0, ROLE_READ_ONLY, " READ-ONLY ");
    else if (n_locked > 0)
        add(header, 0, ROLE_READ_ONLY, " READ-ONLY %zu ", n_locked);
}

static void add_mode(struct header *header, struct app *app, const struct estate *estate)
{
    int64_t until_ms = gov_elevated_until_ms(app->gov);
    int64_t left_s = (until_ms - clock_wall_ms()) / 1000;

    if (until_ms > 0 && left_s > 0)
        add(header, 0, ROLE_ELEVATED, " ELEVATED %lld:%02lld ", (long long)left_s / 60,
            (long long)left_s % 60);
    else
        add_read_only(header, app, estate);
}

/* What only a person can give, and how long the login still serves. */
static void add_login(struct header *header, struct app *app)
{
    char wanted[64], left[64];
    bool is_near = false;

    login_describe(app->logins, wanted, sizeof wanted);
    if (wanted[0] != '\0')
        add(header, 0, ROLE_WARN, "%s", wanted);
    expiry_describe(gov_client(app->gov), left, sizeof left, &is_near);
    if (left[0] != '\0')
        add(header, is_near ? 0 : 2, is_near ? ROLE_WARN : ROLE_HEADER, "%s", left);
}

/* Said only when there is something to say: lists come late. A few slow calls are no news. */
static void add_throttling(struct header *header, struct app *app)
{
    int percent = client_throttle_percent(gov_client(app->gov));

    if (percent >= THROTTLED_TOLD_PERCENT)
        add(header, 1, ROLE_WARN, "throttled %d%%", percent);
}

/* Sessions go on beside whatever is looked at; an asterisk: something was written there. */
static void add_shells(struct header *header, struct app *app)
{
    size_t n = shells_count(app->shells);

    if (n > 0)
        add(header, 1, ROLE_HEADER_KEY, "%zu shell%s%s", n, n == 1 ? "" : "s",
            shells_with_news(app->shells) > 0 ? "*" : "");
}

/* Forwards too; an exclamation mark: one of them does not lead anywhere now. */
static void add_forwards(struct header *header, struct app *app)
{
    size_t n = forwards_count(app->forwards);
    bool is_bad = forwards_have_trouble(app->forwards);

    if (n > 0)
        add(header, 1, is_bad ? ROLE_WARN : ROLE_HEADER_KEY, "%zu forward%s%s", n,
            n == 1 ? "" : "s", is_bad ? "!" : "");
}

/* And files; a question mark: one of them waits for an answer. */
static void add_transfers(struct header *header, struct app *app)
{
    size_t n = transfers_live(app->transfers);
    bool is_asking = transfers_asking(app->transfers) > 0;

    if (n > 0)
        add(header, 1, is_asking ? ROLE_WARN : ROLE_HEADER_KEY, "%zu transfer%s%s", n,
            n == 1 ? "" : "s", is_asking ? "?" : "");
}

static int piece_width(const struct piece *piece)
{
    return (int)text_width(sv_of(piece->text), TEXT_LINE) + 2;
}

/* Leaves out the pieces of the highest rank until the rest fits in width. */
static void fit(struct header *header, int width)
{
    for (;;) {
        int total = 0, worst = -1;

        for (size_t i = 0; i < header->n; i++) {
            total += piece_width(&header->pieces[i]);
            if (worst < 0 || header->pieces[i].rank > header->pieces[worst].rank)
                worst = (int)i;
        }
        if (total <= width || header->n <= 1 || header->pieces[worst].rank == 0)
            return;
        memmove(&header->pieces[worst], &header->pieces[worst + 1],
                (header->n - (size_t)worst - 1) * sizeof header->pieces[0]);
        header->n--;
    }
}

static void draw_header(struct app *app, const struct canvas *canvas)
{
    struct header header = {0};
    AUTO(buf_done) struct buf status = BUF_NONE;
    struct estate *estate = app->gov != NULL ? gov_estate(app->gov) : NULL;
    struct view *view = app_view(app);
    int x = 1, right;

    canvas_clear(canvas, ROLE_HEADER);
    add(&header, 0, ROLE_HEADER_KEY, "watchdeck");
    if (estate != NULL)
        add_estate(&header, estate);
    if (app->gov != NULL)
        add_mode(&header, app, estate);
    if (app->gov != NULL)
        add_login(&header, app);
    if (app->gov != NULL)
        add_throttling(&header, app);
    add_shells(&header, app);
    add_forwards(&header, app);
    add_transfers(&header, app);
    if (view != NULL && view->kind->status != NULL)
        view->kind->status(view, &status);
    right = (int)text_width(buf_sv(&status), TEXT_LINE);
    fit(&header, canvas->cols - right - 2);
    for (size_t i = 0; i < header.n; i++) {
        x += canvas_text(canvas, 0, x, -1, sv_of(header.pieces[i].text), header.pieces[i].style,
                         CUT_END);
        x += 2;
    }
    if (right > 0 && canvas->cols - x > 1)
        canvas_text(canvas, 0, x, canvas->cols - x - 1, buf_sv(&status), ROLE_HEADER, CUT_RIGHT);
    estate_unref(estate);
}

/* A key is answered before the header, which hardly ever has to do with it. */
static void show_header(struct app *app, const struct canvas *canvas)
{
    if (app->is_hasty && app->keeps_body)
        app_owe(app);
    else
        draw_header(app, canvas);
}

/* The patterns, but for a single account: it is called by its name. */
static int draw_accounts(struct app *app, const char *patterns, const struct canvas *canvas, int x)
{
    struct estate *estate = gov_estate(app->gov);
    const struct account *account = estate != NULL ? estate_account(estate, sv_of(patterns)) : NULL;
    int width = canvas_printf(canvas, 0, x, ROLE_LABEL, "@%s",
                              account != NULL && account->name != NULL ? account->name : patterns);

    estate_unref(estate);
    return width;
}

/* What the view looks at, when that is not all: "2:shop @shop-* #eu-*". Returns the column behind.
 */
static int draw_selection(struct app *app, const struct selection *selection,
                          const struct canvas *canvas, int x)
{
    struct err err = ERR_NONE;
    const struct saved_scopes *scopes = gov_scopes(app->gov, &err);
    int number = saved_scopes_of(scopes, selection);

    if (number > 0)
        x += canvas_printf(canvas, 0, x, ROLE_LABEL, "%d:%s", number,
                           scopes->by_number[number].name) +
             1;
    if (selection->accounts[0] != '\0')
        x += draw_accounts(app, selection->accounts, canvas, x) + 1;
    if (selection->regions[0] != '\0')
        x += canvas_printf(canvas, 0, x, ROLE_LABEL, "#%s", selection->regions) + 1;
    return x;
}

static void draw_title(struct app *app, const struct canvas *canvas)
{
    struct view *view = app_view(app);
    AUTO(buf_done) struct buf trail = BUF_NONE;
    AUTO(buf_done) struct buf position = BUF_NONE;
    int x = 1;

    canvas_clear(canvas, ROLE_TITLE);
    if (view == NULL)
        return;
    buf_add_cstr(&trail, view->kind->title);
    if (view->kind->subject != NULL)
        view->kind->subject(view, &trail);
    else
        for (size_t i = 0; i < view->n_args && !view->kind->hides_args; i++)
            buf_addf(&trail, " %s", view->args[i]);
    x += canvas_text(canvas, 0, x, canvas->cols - 2, buf_sv(&trail), ROLE_TITLE, CUT_END) + 2;
    x = draw_selection(app, &view->at.selection, canvas, x);
    if (view->at.filter[0] != '\0')
        x += canvas_printf(canvas, 0, x, ROLE_TITLE | ON_MATCH, "/%s", view->at.filter) + 1;
    if (view->kind->position != NULL)
        view->kind->position(view, &position);
    if (canvas->cols - x > 1)
        canvas_text(canvas, 0, x, canvas->cols - x - 1, buf_sv(&position), ROLE_TITLE, CUT_RIGHT);
}

/* --- the whole ------------------------------------------------------------------------------- */

static void draw_lines_in_the_middle(const struct canvas *canvas, struct sv text, style_t style)
{
    struct sv rest = text;
    int y = canvas->rows / 2 - 2;

    while (rest.len > 0)
        canvas_text(canvas, y++, 2, canvas->cols - 4, sv_split(&rest, '\n'), style, CUT_CENTER);
}

static void draw_body(struct app *app, const struct canvas *canvas)
{
    struct view *view = app_view(app);

    if (app->failure.code != OK || view == NULL)
        canvas_clear(canvas, ROLE_TEXT);
    if (app->failure.code != OK) {
        AUTO(buf_done) struct buf text = BUF_NONE;

        buf_addf(&text, "%s\n%s\n\n%s\n\nq quits", err_text(app->failure.code),
                 app->failure.message, err_hint(&app->failure));
        draw_lines_in_the_middle(canvas, buf_sv(&text), ROLE_ERROR);
    } else if (view == NULL) {
        draw_lines_in_the_middle(canvas, SV("connecting…"), ROLE_DIM);
    } else {
        view->kind->draw(view, canvas);
    }
}

/* What lies around a view, from the top and the bottom inwards. */
struct frame_parts {
    struct rect header, title, body, foot;
};

static struct frame_parts frame_of(const struct app *app, struct rect rest, bool is_full)
{
    struct frame_parts parts = {0};

    if (!is_full && !app->header_hidden)
        parts.header = rect_cut_top(&rest, 1);
    if (!is_full)
        parts.title = rect_cut_top(&rest, 1);
    parts.body = rest;
    parts.foot = rect_cut_bottom(&rest, 1);
    if (!is_full)
        parts.body = rest;
    return parts;
}

struct rect app_body(const struct app *app, bool is_full)
{
    struct canvas whole = canvas_of(app->grid);

    return frame_of(app, canvas_rect(&whole), is_full).body;
}

static bool is_full(const struct app *app)
{
    const struct view *view = app->views.len > 0 ? app->views.ptr[app->current] : NULL;

    return view != NULL && view->kind->is_full != NULL && view->kind->is_full(view);
}

static bool is_too_small(const struct canvas *whole)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    if (whole->rows >= ROWS_MIN && whole->cols >= COLS_MIN)
        return false;
    canvas_clear(whole, ROLE_TEXT);
    buf_addf(&text, "watchdeck wants %dx%d, this is %dx%d", COLS_MIN, ROWS_MIN, whole->cols,
             whole->rows);
    canvas_text(whole, whole->rows / 2, 0, -1, buf_sv(&text), ROLE_TEXT, CUT_CENTER);
    return true;
}

/* A view that has the whole screen lends its last row to what has to be said. */
static void draw_view(struct app *app, const struct canvas *whole)
{
    bool full = is_full(app);
    struct frame_parts parts = frame_of(app, canvas_rect(whole), full);
    struct canvas part = canvas_sub(whole, parts.header);

    if (!rect_is_empty(parts.header))
        show_header(app, &part);
    part = canvas_sub(whole, parts.body);
    draw_body(app, &part);
    int n_more = foot_rows(app, whole->cols) - 1;
    parts.foot.y -= n_more;
    parts.foot.rows += n_more;
    part = canvas_sub(whole, parts.foot);
    if (!full || app->message[0] != '\0' || app->keys.n_keys > 0)
        foot_draw(app, &part);
    part = canvas_sub(whole, parts.title);
    if (!full)
        draw_title(app, &part); /* it says where in the body one is */
}

void chrome_draw(struct app *app)
{
    struct canvas whole = canvas_of(app->grid);
    struct view *view = app_view(app);
    bool is_alone = app->modal == NULL && !login_is_shown(app->logins, true);

    app->keeps_body = view != NULL && app->alone == view && is_alone;
    app->alone = NULL;
    canvas_hide_cursor(&whole);
    if (is_too_small(&whole))
        return;
    draw_view(app, &whole);
    bool is_seen = is_alone && app->failure.code == OK;
    if (is_seen && foot_rows(app, whole.cols) == 1) /* else the body is drawn anew under it */
        app->alone = view;
    if (!is_seen)
        canvas_hide_cursor(&whole); /* the view's; what lies over it shows its own */
    if (app->modal != NULL)
        modal_draw(app, &whole);
    if (login_is_shown(app->logins, app->modal == NULL))
        login_draw(app->logins, &whole);
}
