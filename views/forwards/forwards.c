#include "views/forwards/forwards.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/vec.h"
#include "views/frame/app.h"

struct forwards {
    struct app *app;
    struct scope *scope;
    VEC(struct forward *) all;
    unsigned n_opened;
    struct forward_wish wish;
    unsigned asked_about; /* the one that is to be stopped, once that was confirmed */
};

/* --- what is said of one ------------------------------------------------------------------------
 */

bool forward_has_ended(const struct forward *forward)
{
    return forward->status.channel.state == CHANNEL_ENDED;
}

void forward_address(const struct forward *forward, struct buf *out)
{
    unsigned port = forward->status.local_port;

    if (port == 0)
        port = forward->spec.local_port;
    if (port != 0)
        buf_addf(out, "127.0.0.1:%u", port);
}

void forward_goal(const struct forward *forward, struct buf *out)
{
    bool is_address = strchr(forward->spec.host, ':') != NULL;

    if (forward->spec.host[0] == '\0')
        buf_addf(out, "port %u", forward->spec.port);
    else
        buf_addf(out, is_address ? "[%s]:%u" : "%s:%u", forward->spec.host, forward->spec.port);
}

/* "db.internal:5432 behind web-1" */
static void add_whole_goal(const struct forward *forward, struct buf *out)
{
    forward_goal(forward, out);
    buf_addf(out, " %s %s", forward->spec.host[0] != '\0' ? "behind" : "of",
             place_name(&forward->place));
}

/* Their list, when it is looked at, is to show it now. */
static void show(const struct forwards *forwards)
{
    struct view *view = app_view(forwards->app);

    if (view != NULL && view->kind == &view_forwards)
        view->kind->tick(view);
    app_redraw(forwards->app);
}

/* --- what the port tells ------------------------------------------------------------------------
 */

static void tell_open(const struct forward *forward)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    forward_address(forward, &line);
    buf_add_cstr(&line, " leads to ");
    add_whole_goal(forward, &line);
    buf_add_cstr(&line, "; :forwards lists it");
    app_message(forward->forwards->app, TONE_GOOD, "%s", buf_cstr(&line));
}

static void remember_problem(struct forward *forward, const struct err *err)
{
    forward->problem = *err;
    forward->problem_ms = clock_display_ms();
}

/* Why the port does not lead there any more, or never has. */
static void tell_end(struct forward *forward)
{
    struct err why = forward->status.channel.err;
    AUTO(buf_done) struct buf goal = BUF_NONE;
    char reason[512];

    add_whole_goal(forward, &goal);
    if (why.code == OK)
        err_set(&why, ERR_CANCELLED, forward->place.node, "the session was ended by the service");
    if (strcmp(why.aws_code, "TargetNotConnected") == 0)
        err_set(&why, ERR_UNSUPPORTED, forward->place.node,
                "is not connected in %s of %s: its agent is off, or it is in another region or "
                "account",
                forward->place.target.region, forward->place.account);
    remember_problem(forward, &why);
    if (why.aws_code[0] != '\0' || why.code == ERR_DENIED)
        err_describe(&why, reason, sizeof reason);
    else
        str_copy(reason, why.message);
    if (forward->was_open)
        app_message(forward->forwards->app, TONE_BAD, "the forward to %s has ended: %s",
                    buf_cstr(&goal), reason);
    else
        app_message(forward->forwards->app, TONE_BAD, "no forward: %s", reason);
}

static void on_status(void *arg, const struct port_status *status)
{
    struct forward *forward = arg;
    bool is_new = status->channel.state != forward->status.channel.state;

    if (is_new)
        forward->since_ms = clock_display_ms();
    forward->status = *status;
    if (status->channel.state == CHANNEL_OPEN && !forward->was_open) {
        forward->was_open = true;
        tell_open(forward);
    }
    if (is_new && status->channel.state == CHANNEL_ENDED)
        tell_end(forward);
    show(forward->forwards);
}

static void on_problem(void *arg, const struct err *err)
{
    struct forward *forward = arg;

    remember_problem(forward, err);
    app_error(forward->forwards->app, err);
    show(forward->forwards);
}

/* --- one forward --------------------------------------------------------------------------------
 */

static void begin(struct forward *forward)
{
    const struct port_handlers handlers = {on_status, on_problem, forward};
    const struct forward_spec *spec = &forward->spec;
    const struct port_request request = {.target = forward->place.target,
                                         .node = forward->place.node,
                                         .reason =
                                             forward->reason[0] != '\0' ? forward->reason : NULL,
                                         .host = spec->host[0] != '\0' ? spec->host : NULL,
                                         .port = spec->port,
                                         .local_port = spec->local_port};
    struct forwards *forwards = forward->forwards;

    forward->status = (struct port_status){0};
    forward->problem = ERR_NONE;
    forward->was_open = false;
    forward->since_ms = clock_display_ms();
    forward->port =
        port_open(gov_client(app_gov(forwards->app)), forwards->scope, &request, &handlers);
    show(forwards);
}

static void forward_free(struct forward *forward)
{
    port_close(forward->port);
    if (forward->row.table != NULL)
        table_unref(forward->row.table);
    mem_free(forward);
}

void forward_reopen(struct forward *forward)
{
    unsigned port = forward->status.local_port;

    port_close(forward->port);
    if (port != 0)
        forward->spec.local_port = port; /* whoever used it finds it where it was */
    begin(forward);
}

static void stop(struct forward *forward)
{
    struct forwards *forwards = forward->forwards;
    AUTO(buf_done) struct buf address = BUF_NONE;
    size_t at = 0;

    while (forwards->all.ptr[at] != forward)
        at++;
    memmove(&forwards->all.ptr[at], &forwards->all.ptr[at + 1],
            (forwards->all.len - at - 1) * sizeof *forwards->all.ptr);
    forwards->all.len--;
    forward_address(forward, &address);
    app_message(forwards->app, TONE_GOOD, "nothing is forwarded from %s any more",
                address.len > 0 ? buf_cstr(&address) : "there");
    forward_free(forward);
    show(forwards);
}

static void stop_answered(void *arg, int choice)
{
    struct forwards *forwards = arg;
    struct forward *forward = forwards_find(forwards, forwards->asked_about);

    if (choice == 0 && forward != NULL)
        stop(forward);
}

void forward_stop(struct forward *forward)
{
    static const char *const choices[] = {"Stop it"};
    struct forwards *forwards = forward->forwards;
    size_t n = forward->status.n_open;
    AUTO(buf_done) struct buf text = BUF_NONE;

    if (n == 0) {
        stop(forward);
        return;
    }
    forwards->asked_about = forward->number;
    buf_addf(&text, "%zu connection%s through ", n, n == 1 ? " goes" : "s go");
    forward_address(forward, &text);
    buf_addf(&text, " and would end with it.");
    app_ask(forwards->app, forwards->scope, "Stop the forward", buf_cstr(&text), choices, 1,
            stop_answered, forwards);
}

/* --- all of them --------------------------------------------------------------------------------
 */

struct forwards *forwards_new(struct app *app)
{
    struct forwards *forwards = mem_new(struct forwards);

    forwards->app = app;
    forwards->scope = scope_new(app_scope(app), "forwards");
    return forwards;
}

void forwards_free(struct forwards *forwards)
{
    if (forwards == NULL)
        return;
    forwards_new_wish(forwards);
    for (size_t i = 0; i < forwards->all.len; i++)
        forward_free(forwards->all.ptr[i]);
    vec_free(&forwards->all);
    scope_close(forwards->scope);
    scope_unref(forwards->scope);
    mem_free(forwards);
}

size_t forwards_count(const struct forwards *forwards)
{
    return forwards->all.len;
}

size_t forwards_live(const struct forwards *forwards)
{
    size_t n = 0;

    for (size_t i = 0; i < forwards->all.len; i++)
        n += !forward_has_ended(forwards->all.ptr[i]);
    return n;
}

struct forward *forwards_at(const struct forwards *forwards, size_t i)
{
    return forwards->all.ptr[i];
}

struct forward *forwards_find(const struct forwards *forwards, unsigned number)
{
    for (size_t i = 0; i < forwards->all.len; i++) {
        if (forwards->all.ptr[i]->number == number)
            return forwards->all.ptr[i];
    }
    return NULL;
}

struct forward *forwards_find_session(const struct forwards *forwards, struct sv session_id)
{
    for (size_t i = 0; i < forwards->all.len && session_id.len > 0; i++) {
        if (sv_eq_cstr(session_id, forwards->all.ptr[i]->status.channel.session_id))
            return forwards->all.ptr[i];
    }
    return NULL;
}

bool forwards_have_trouble(const struct forwards *forwards)
{
    bool have = false;

    for (size_t i = 0; i < forwards->all.len; i++)
        have |= forwards->all.ptr[i]->status.channel.state > CHANNEL_OPEN;
    return have;
}

void forwards_count_traffic(struct forwards *forwards)
{
    for (size_t i = 0; i < forwards->all.len; i++)
        port_read_status(forwards->all.ptr[i]->port, &forwards->all.ptr[i]->status);
}

struct forward_wish *forwards_new_wish(struct forwards *forwards)
{
    if (forwards->wish.row.table != NULL)
        table_unref(forwards->wish.row.table);
    forwards->wish = (struct forward_wish){.app = forwards->app};
    return &forwards->wish;
}

enum err_code forwards_open(struct forwards *forwards, const struct forward_wish *wish,
                            const char *reason, struct err *err)
{
    if (forwards->all.len == FORWARDS_MAX)
        return err_set(err, ERR_TOO_BIG, "forward", "%d are there; stop one of them on :forwards",
                       FORWARDS_MAX);
    if (channel_check_reason(reason, err) != OK)
        return err->code;
    struct forward *forward = mem_new(struct forward);
    forward->forwards = forwards;
    forward->number = ++forwards->n_opened;
    forward->place = wish->place;
    forward->spec = wish->spec;
    str_copy(forward->reason, reason);
    forward->row = wish->row;
    if (forward->row.table != NULL)
        table_ref(forward->row.table);
    vec_push(&forwards->all, forward);
    begin(forward);
    return OK;
}
