#include "views/shell/shells.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/vec.h"
#include "views/frame/app.h"
#include "views/shell/shell_line.h"

#define FRAME_MS 16

struct shells {
    struct app *app;
    struct scope *scope;
    const struct shell_line *line;
    VEC(struct shell *) all;
    size_t current;
    unsigned n_opened;
    struct shell_wish wish;
    int64_t shown_at_ms; /* monotonic: when output was last put on the screen */
};

/* --- what the line tells ------------------------------------------------------------------------
 */

/* An echo is shown at once; a flood sixty times a second. */
static void show(struct shells *shells)
{
    int64_t now_ms = clock_mono_ms();

    if (now_ms - shells->shown_at_ms < FRAME_MS) {
        app_owe(shells->app);
        return;
    }
    shells->shown_at_ms = now_ms;
    app_redraw(shells->app);
}

static bool is_looked_at(const struct shells *shells)
{
    const struct view *view = app_view(shells->app);

    return view != NULL && view->kind == &view_shells;
}

static void on_output(void *arg, struct sv bytes)
{
    struct shell *shell = arg;

    vt_feed(shell->vt, bytes);
    shell->has_spoken = true;
    if (shell == shells_current(shell->shells) && is_looked_at(shell->shells))
        show(shell->shells);
    else
        shell->has_news = true;
}

static void on_status(void *arg, const struct channel_status *status)
{
    struct shell *shell = arg;

    if (status->state != shell->status.state)
        shell->since_ms = clock_display_ms();
    if (status->state == CHANNEL_WAITING && status->since_ms > 0) /* on other sockets, too */
        shell->since_ms = clock_display_ms() - (clock_mono_ms() - status->since_ms);
    shell->status = *status;
    app_redraw(shell->shells->app);
}

static void on_notice(void *arg, struct sv text)
{
    struct shell *shell = arg;
    AUTO(buf_done) struct buf line = BUF_NONE;

    buf_add_words(&line, text);
    sv_copy(buf_sv(&line), shell->notice, sizeof shell->notice);
    app_redraw(shell->shells->app);
}

/* --- what goes to the node -------------------------------------------------------------------- */

/* Gives the line what waits, as far as it takes it. */
static void send_waiting(void *arg)
{
    struct shell *shell = arg;

    if (shell->line == NULL || shell->waiting.len == 0)
        return;
    size_t n = shell->shells->line->write(shell->line, buf_sv(&shell->waiting));
    memmove(shell->waiting.ptr, shell->waiting.ptr + n, shell->waiting.len - n);
    shell->waiting.len -= n;
}

static void to_node(void *arg, struct sv bytes)
{
    struct shell *shell = arg;

    if (shell_has_ended(shell))
        return;
    if (shell->waiting.len == 0) {
        size_t n = shell->line != NULL ? shell->shells->line->write(shell->line, bytes) : 0;
        bytes = (struct sv){bytes.ptr + n, bytes.len - n};
    }
    buf_add(&shell->waiting, bytes);
    if (buf_err(&shell->waiting) != OK)
        app_message(shell->shells->app, TONE_BAD,
                    "the node does not take so much: the rest of "
                    "what was pasted is lost");
}

/* --- one shell -----------------------------------------------------------------------------------
 */

static void begin(struct shell *shell)
{
    const struct channel_handlers handlers = {.on_status = on_status,
                                              .on_output = on_output,
                                              .on_notice = on_notice,
                                              .on_room = send_waiting,
                                              .arg = shell};
    struct channel_request request = {.target = shell->place.target,
                                      .node = shell->place.node,
                                      .reason = shell->reason[0] != '\0' ? shell->reason : NULL};
    int rows, cols;

    vt_size(shell->vt, &rows, &cols);
    request.rows = (unsigned)rows;
    request.columns = (unsigned)cols;
    shell->status = (struct channel_status){0};
    shell->since_ms = clock_display_ms();
    shell->at_line_start = true;
    shell->line =
        shell->shells->line->open(shell->shells->app, shell->shells->scope, &request, &handlers);
    app_redraw(shell->shells->app);
}

static void shell_free(struct shell *shell)
{
    if (shell->line != NULL)
        shell->shells->line->close(shell->line);
    if (shell->row.table != NULL)
        table_unref(shell->row.table);
    pane_done(&shell->pane);
    vt_free(shell->vt);
    buf_done(&shell->waiting);
    mem_free(shell);
}

void shell_reopen(struct shell *shell)
{
    if (shell->line != NULL)
        shell->shells->line->close(shell->line);
    buf_clear(&shell->waiting);
    shell->notice[0] = '\0';
    pane_browse(&shell->pane, false);
    vt_feed(shell->vt, SV("\030\033[!p\033[?1049l\033[?1000l\033[?2004l\r\n"));
    begin(shell);
}

void shell_resize(struct shell *shell, int rows, int cols)
{
    int had_rows, had_cols;

    vt_size(shell->vt, &had_rows, &had_cols);
    vt_resize(shell->vt, rows, cols);
    vt_size(shell->vt, &rows, &cols);
    if ((rows != had_rows || cols != had_cols) && !shell_has_ended(shell))
        shell->shells->line->resize(shell->line, (unsigned)cols, (unsigned)rows);
}

bool shell_has_ended(const struct shell *shell)
{
    return shell->status.state == CHANNEL_ENDED;
}

void shell_describe(const struct shell *shell, struct buf *out)
{
    const struct channel_status *status = &shell->status;
    char age[CLOCK_AGE_SIZE];

    buf_add_cstr(out, channel_status_name(status));
    if (status->state == CHANNEL_RESUMING)
        buf_addf(out, " %u/%u", status->attempt, status->attempts_max);
    if (status->state == CHANNEL_ENDED && status->has_exit_code)
        buf_addf(out, ", exit %d", status->exit_code);
    if (status->state == CHANNEL_STARTING || status->state == CHANNEL_ENDED)
        return;
    clock_age(clock_display_ms() - shell->since_ms, age);
    buf_addf(out, " %s", age);
    if (status->state == CHANNEL_WAITING)
        buf_addf(out, " of %dm", CHANNEL_LOST_S / 60);
}

void shell_explain(const struct shell *shell, struct buf *out)
{
    const struct err *err = &shell->status.err;
    const struct shell_place *place = &shell->place;

    if (err->code == OK) {
        buf_add_cstr(out, shell->notice);
    } else if (strcmp(err->aws_code, "TargetNotConnected") == 0) {
        buf_addf(out,
                 "%s is not connected in %s of %s: its agent is off, or it is in another region "
                 "or account",
                 place->node, place->target.region, place->account);
    } else {
        char line[512];
        err_describe(err, line, sizeof line);
        buf_add_cstr(out, line);
    }
}

/* --- all of them ---------------------------------------------------------------------------------
 */

struct shells *shells_new(struct app *app)
{
    struct shells *shells = mem_new(struct shells);

    shells->app = app;
    shells->scope = scope_new(app_scope(app), "shells");
    shells->line = &shell_line_channel;
    return shells;
}

void shells_free(struct shells *shells)
{
    if (shells == NULL)
        return;
    shells_new_wish(shells);
    for (size_t i = 0; i < shells->all.len; i++)
        shell_free(shells->all.ptr[i]);
    vec_free(&shells->all);
    scope_close(shells->scope);
    scope_unref(shells->scope);
    mem_free(shells);
}

void shells_set_line(struct shells *shells, const struct shell_line *line)
{
    shells->line = line;
}

size_t shells_count(const struct shells *shells)
{
    return shells->all.len;
}

size_t shells_live(const struct shells *shells)
{
    size_t n = 0;

    for (size_t i = 0; i < shells->all.len; i++)
        n += !shell_has_ended(shells->all.ptr[i]);
    return n;
}

struct shell *shells_at(const struct shells *shells, size_t i)
{
    return shells->all.ptr[i];
}

struct shell *shells_find(const struct shells *shells, struct sv session_id)
{
    for (size_t i = 0; i < shells->all.len && session_id.len > 0; i++) {
        if (sv_eq_cstr(session_id, shells->all.ptr[i]->status.session_id))
            return shells->all.ptr[i];
    }
    return NULL;
}

struct shell *shells_current(const struct shells *shells)
{
    return shells->all.len > 0 ? shells->all.ptr[shells->current] : NULL;
}

void shells_choose(struct shells *shells, size_t i)
{
    if (i < shells->all.len)
        shells->current = i;
}

void shells_show(struct shell *shell)
{
    for (size_t i = 0; i < shell->shells->all.len; i++) {
        if (shell->shells->all.ptr[i] == shell)
            shell->shells->current = i;
    }
}

void shells_step(struct shells *shells, int by)
{
    size_t n = shells->all.len;

    if (n > 0)
        shells->current = (shells->current + n + (size_t)(by > 0 ? 1 : n - 1)) % n;
}

size_t shells_with_news(const struct shells *shells)
{
    size_t n = 0;

    for (size_t i = 0; i < shells->all.len; i++)
        n += shells->all.ptr[i]->has_news;
    return n;
}

struct shell_wish *shells_new_wish(struct shells *shells)
{
    if (shells->wish.row.table != NULL)
        table_unref(shells->wish.row.table);
    shells->wish = (struct shell_wish){.app = shells->app};
    return &shells->wish;
}

enum err_code shells_open(struct shells *shells, const struct shell_wish *wish, const char *reason,
                          int rows, int cols, struct err *err)
{
    if (shells->all.len == SHELLS_MAX)
        return err_set(err, ERR_TOO_BIG, "shell", "%d are open; leave one of them", SHELLS_MAX);
    if (channel_check_reason(reason, err) != OK)
        return err->code;
    struct shell *shell = mem_new(struct shell);
    shell->shells = shells;
    shell->number = ++shells->n_opened;
    shell->place = wish->place;
    str_copy(shell->reason, reason);
    shell->screen = wish->screen;
    shell->row = wish->row;
    if (shell->row.table != NULL)
        table_ref(shell->row.table);
    shell->vt = vt_new(&(struct vt_options){.rows = rows,
                                            .cols = cols,
                                            .history_lines = SHELL_HISTORY_LINES,
                                            .send = to_node,
                                            .arg = shell});
    pane_init(&shell->pane, shell->vt);
    vec_push(&shells->all, shell);
    shells->current = shells->all.len - 1;
    begin(shell);
    return OK;
}

void shell_close(struct shell *shell)
{
    struct shells *shells = shell->shells;
    size_t at = 0;

    while (shells->all.ptr[at] != shell)
        at++;
    memmove(&shells->all.ptr[at], &shells->all.ptr[at + 1],
            (shells->all.len - at - 1) * sizeof *shells->all.ptr);
    shells->all.len--;
    if (shells->current > at || shells->current == shells->all.len)
        shells->current -= shells->current > 0;
    shell_free(shell);
}
