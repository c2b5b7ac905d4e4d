/*
 * shell: the screen of the shells: their tabs, and the terminal of the one on top.
 *
 * Keys belong to the node. What is ours follows a `~` at the beginning of a line, as with ssh: the
 * context `shell` of the key files. While one reads (scrolls back, selects), keys are ours, in
 * the context `reading`; once the session has ended, in `ended`.
 */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tui/widget/tabs.h"
#include "views/frame/app.h"
#include "views/sheets/describe.h"
#include "views/shell/shell.h"
#include "views/shell/shells.h"

#define SPLIT_COLS 100 /* narrower than that it stands above the terminal instead of beside it */
#define SPLIT_ROWS 15  /* lower than that nothing does */

struct shell_view {
    bool is_full, is_split;
    bool is_escaped;  /* behind the `~` */
    struct rect pane; /* where it was drawn on the screen */
    struct tabs tabs; /* as last drawn */
    struct rect tabs_area;
    bool is_pasting;
    unsigned described; /* the number of the shell that detail is about; 0: none */
    struct detail detail;
    struct description *found;
};

static struct shell *current(const struct view *view)
{
    return shells_current(app_shells(view->app));
}

/* --- where things are ------------------------------------------------------------------------- */

struct shell_parts {
    struct rect tabs, beside, line, pane;
    enum sign line_sign;
};

static bool can_split(struct rect rest)
{
    return rest.cols >= SPLIT_COLS || rest.rows >= SPLIT_ROWS;
}

/* What is known of the node on the left, or above where that would leave too little. */
static void split(struct shell_parts *parts, struct rect *rest)
{
    bool is_wide = rest->cols >= SPLIT_COLS;

    parts->line_sign = is_wide ? SIGN_V_LINE : SIGN_H_LINE;
    parts->beside =
        is_wide ? rect_cut_left(rest, rest->cols * 2 / 5) : rect_cut_top(rest, rest->rows * 2 / 5);
    parts->line = is_wide ? rect_cut_left(rest, 1) : rect_cut_top(rest, 1);
}

static struct shell_parts parts_of(const struct shell_view *state, struct rect rest)
{
    struct shell_parts parts = {0};

    if (!state->is_full)
        parts.tabs = rect_cut_top(&rest, 1);
    if (!state->is_full && state->is_split && can_split(rest))
        split(&parts, &rest);
    parts.pane = rest;
    return parts;
}

void shell_view_size(struct app *app, int *rows, int *cols)
{
    const struct shell_view at_first = {0};
    struct shell_parts parts = parts_of(&at_first, app_body(app, false));

    *rows = parts.pane.rows;
    *cols = parts.pane.cols;
}

/* --- opening ------------------------------------------------------------------------------------
 */

static enum err_code open_view(struct view *view, struct err *err)
{
    struct shell_view *state = view->state;

    if (current(view) == NULL)
        return err_advise(err, err_set(err, ERR_NOT_FOUND, "shells", "none is open"),
                          "with s on a node one is opened");
    detail_init(&state->detail);
    return OK;
}

static void close_view(struct view *view)
{
    struct shell_view *state = view->state;

    detail_done(&state->detail);
    description_free(state->found);
}

/* --- beside the terminal -----------------------------------------------------------------------
 */

static void described(void *arg, struct description *take_description)
{
    struct view *view = arg;
    struct shell_view *state = view->state;
    struct shell *shell = current(view);

    description_free(state->found);
    state->found = take_description;
    if (shell != NULL && shell->number == state->described)
        describe_fill(&state->detail, shell->screen, &shell->row, state->found);
    app_redraw(view->app);
}

/* What is known of the node's row is read when it is first to be shown. */
static void describe_current(struct view *view)
{
    struct shell_view *state = view->state;
    const struct shell *shell = current(view);

    if (shell == NULL || state->described == shell->number)
        return;
    state->described = shell->number;
    description_free(state->found);
    state->found = NULL;
    detail_clear(&state->detail);
    if (shell->row.table == NULL)
        return;
    describe_fill(&state->detail, shell->screen, &shell->row, NULL);
    describe_row(app_gov(view->app), view->scope, shell->screen, shell->row.table, shell->row.row,
                 described, view);
}

/* --- drawing ------------------------------------------------------------------------------------
 */

static enum sign sign_of(const struct shell *shell)
{
    static const enum sign signs[] = {
        [CHANNEL_STARTING] = SIGN_BUSY, [CHANNEL_OPENING] = SIGN_BUSY,  [CHANNEL_OPEN] = SIGN_OK,
        [CHANNEL_WAITING] = SIGN_WARN,  [CHANNEL_RESUMING] = SIGN_WARN, [CHANNEL_ENDED] = SIGN_FAIL,
    };
    return signs[shell->status.state];
}

static void draw_tabs(struct view *view, const struct canvas *canvas)
{
    struct shell_view *state = view->state;
    struct shells *shells = app_shells(view->app);

    tabs_clear(&state->tabs);
    for (size_t i = 0; i < shells_count(shells); i++) {
        const struct shell *shell = shells_at(shells, i);
        AUTO(buf_done) struct buf title = BUF_NONE;

        buf_addf(&title, "%zu " SV_FMT " %s%s", i + 1, SV_ARG(sign_text(sign_of(shell))),
                 place_name(&shell->place), shell->has_news ? "*" : "");
        tabs_add(&state->tabs, buf_sv(&title));
        if (shell == current(view))
            state->tabs.current = i;
    }
    canvas_clear(canvas, ROLE_TEXT);
    tabs_draw(&state->tabs, canvas);
}

/* What a person has to know of a session that is over, or stands still. */
static void add_last_word(const struct shell *shell, struct buf *line)
{
    AUTO(buf_done) struct buf why = BUF_NONE;
    bool has_ended = shell_has_ended(shell);

    if (!has_ended && shell->status.state < CHANNEL_WAITING)
        return;
    shell_describe(shell, line);
    if (has_ended || shell->status.state == CHANNEL_RESUMING)
        shell_explain(shell, &why);
    if (why.len > 0)
        buf_addf(line, ": %s", buf_cstr(&why));
    buf_add_cstr(line, has_ended ? "  (Enter closes, r opens it anew)" : "  (Enter ~ . leaves)");
}

/* How many rows it takes, of half of them at most. */
static int rows_of_last_word(struct sv text, const struct canvas *canvas)
{
    int rows = 0;

    while (text.len > 0 && rows < canvas->rows / 2) {
        wrap_line(&text, canvas->cols);
        rows++;
    }
    return rows;
}

/* Over the last rows of the terminal. */
static void draw_last_word(const struct shell *shell, const struct canvas *canvas)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    bool has_failed = shell_has_ended(shell) && shell->status.err.code != OK;

    add_last_word(shell, &text);
    struct sv rest = buf_sv(&text);
    int rows = rows_of_last_word(rest, canvas);
    if (rows == 0)
        return;
    struct canvas foot =
        canvas_sub(canvas, (struct rect){canvas->rows - rows, 0, rows, canvas->cols});
    canvas_clear(&foot, ROLE_TEXT);
    for (int y = 0; y < rows; y++)
        canvas_text(&foot, y, 0, -1, y < rows - 1 ? wrap_line(&rest, canvas->cols) : rest,
                    has_failed ? ROLE_ERROR : ROLE_WARN, CUT_END);
}

/* A shell that has said nothing yet: what is waited for. */
static void draw_waiting(const struct shell *shell, const struct canvas *canvas)
{
    if (shell->has_spoken || shell->status.state > CHANNEL_OPENING)
        return;
    canvas_printf(canvas, 0, 0, ROLE_DIM, "%s: %s in %s…",
                  shell->status.state == CHANNEL_STARTING ? "asking for a session"
                                                          : "waiting for the node",
                  shell->place.node, shell->place.target.region);
}

static void draw_terminal(struct view *view, struct shell *shell, const struct canvas *canvas)
{
    struct shell_view *state = view->state;

    shell_resize(shell, canvas->rows, canvas->cols);
    if (shell->has_news)
        app_redraw(view->app); /* the header has said so in this frame */
    shell->has_news = false;
    state->pane = (struct rect){canvas->y0, canvas->x0, canvas->rows, canvas->cols};
    pane_draw(&shell->pane, canvas, !shell_has_ended(shell) || shell->pane.browsing);
    draw_waiting(shell, canvas);
    if (!shell->pane.browsing)
        draw_last_word(shell, canvas);
}

static void draw(struct view *view, const struct canvas *canvas)
{
    struct shell_view *state = view->state;
    struct shell *shell = current(view);
    struct shell_parts parts = parts_of(state, canvas_rect(canvas));
    struct canvas part;

    if (shell == NULL) {
        canvas_text(canvas, canvas->rows / 2, 0, -1, SV("no shell is open; q goes back"), ROLE_DIM,
                    CUT_CENTER);
        return;
    }
    part = canvas_sub(canvas, parts.pane);
    draw_terminal(view, shell, &part);
    if (!rect_is_empty(parts.beside)) {
        describe_current(view);
        part = canvas_sub(canvas, parts.beside);
        detail_draw(&state->detail, &part);
        canvas_fill(canvas, parts.line, parts.line_sign, ROLE_BORDER);
    }
    state->tabs_area = parts.tabs;
    state->tabs_area.y += canvas->y0;
    if (rect_is_empty(parts.tabs))
        return;
    part = canvas_sub(canvas, parts.tabs);
    draw_tabs(view, &part);
}

static void position(struct view *view, struct buf *line)
{
    const struct shell *shell = current(view);

    if (shell == NULL)
        return;
    pane_position(&shell->pane, line);
    buf_addf(line, "%s%s  %s  %s  ", line->len > 0 ? "  " : "", shell->place.account,
             shell->place.target.region, shell->place.node);
    shell_describe(shell, line);
}

static bool is_full(const struct view *view)
{
    const struct shell_view *state = view->state;

    return state->is_full && current(view) != NULL;
}

static const char *mode(const struct view *view)
{
    const struct shell *shell = current(view);

    if (shell == NULL || (shell_has_ended(shell) && !shell->pane.browsing))
        return "ended";
    return shell->pane.browsing ? "reading" : "shell";
}

static void hints(const struct view *view, struct buf *line)
{
    const char *where = mode(view);

    if (strcmp(where, "reading") == 0)
        buf_add_cstr(line, "v select  y copy  / search  n next  q back to the shell  ? keys");
    else if (strcmp(where, "ended") == 0)
        buf_add_cstr(line, "Enter close  r open anew  [ read  q back  ? keys");
    else
        buf_add_cstr(line, "Enter ~ . leave   Enter ~ q back, it goes on   Enter ~ [ read   "
                           "Enter ~ ? keys");
}

/* --- keys
 * -----------------------------------------------------------------------------------------
 */

static void type(struct shell *shell, struct key key)
{
    vt_key(shell->vt, key);
    shell->at_line_start = key.code == KEYC_ENTER;
}

/* Behind `~`: another one is meant for the node, and so is what we have no use for. */
static bool escaped(struct view *view, struct shell *shell, struct key key)
{
    static const struct key tilde = {'~', 0};

    if (key_eq(key, tilde)) {
        type(shell, tilde);
        return true;
    }
    if (keymap_find(app_keymap(view->app), "shell", &key, 1) != NULL)
        return false;
    type(shell, tilde);
    type(shell, key);
    return true;
}

static bool take_key(struct view *view, struct key key)
{
    struct shell_view *state = view->state;
    struct shell *shell = current(view);

    if (strcmp(mode(view), "shell") != 0)
        return false;
    if (state->is_escaped) {
        state->is_escaped = false;
        return escaped(view, shell, key);
    }
    if (shell->at_line_start && key_eq(key, (struct key){'~', 0})) {
        state->is_escaped = true;
        app_message(view->app, TONE_INFO,
                    "~   .  leave   q  back, it goes on   ?  all keys   ~  the character itself");
        return true;
    }
    if (key_eq(key, (struct key){KEYC_PGUP, MOD_SHIFT}))
        pane_move(&shell->pane, MOVE_PAGE_UP);
    else
        type(shell, key);
    return true;
}

/* --- mouse, paste
 * ---------------------------------------------------------------------------------
 */

static void copy(struct view *view, struct shell *shell)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    size_t n_lines = 1;

    pane_copy(&shell->pane, &text);
    app_copy(view->app, "text", buf_sv(&text));
    for (size_t i = 0; i < text.len; i++)
        n_lines += text.ptr[i] == '\n';
    if (n_lines > 1 && text.len <= TERM_COPY_MAX)
        app_message(view->app, TONE_GOOD, "copied %zu lines", n_lines);
}

static bool paste(struct view *view, struct shell *shell, const struct event *event)
{
    struct shell_view *state = view->state;

    if (strcmp(mode(view), "shell") != 0)
        return false;
    vt_paste(shell->vt, event->paste.text, !state->is_pasting, event->paste.last);
    state->is_pasting = !event->paste.last;
    shell->at_line_start = false;
    return true;
}

static bool handle(struct view *view, const struct event *event)
{
    struct shell_view *state = view->state;
    struct shell *shell = current(view);
    struct event inner;

    if (shell == NULL)
        return false;
    if (event->type == EVENT_PASTE)
        return paste(view, shell, event);
    if (event->type == EVENT_FOCUS)
        vt_focus(shell->vt, event->focused);
    if (event_within(event, state->tabs_area, &inner) && inner.type == EVENT_MOUSE) {
        enum widget_result result = tabs_handle(&state->tabs, &inner);
        shells_choose(app_shells(view->app), state->tabs.current);
        return result != WIDGET_IGNORED;
    }
    if (!event_within(event, state->pane, &inner))
        return false;
    enum widget_result result = pane_handle(&shell->pane, &inner);
    if (result == WIDGET_ACTIVATED)
        copy(view, shell);
    return result != WIDGET_IGNORED;
}

/* --- commands ----------------------------------------------------------------------------------
 */

static enum err_code leave(struct view *view, struct err *err)
{
    struct shell *shell = current(view);

    (void)err;
    if (shell != NULL)
        shell_close(shell);
    app_back(view->app);
    return OK;
}

static enum err_code toggle_full(struct view *view, struct err *err)
{
    struct shell_view *state = view->state;

    (void)err;
    state->is_full = !state->is_full;
    return OK;
}

static enum err_code toggle_split(struct view *view, struct err *err)
{
    struct shell_view *state = view->state;
    const struct shell *shell = current(view);

    if (shell == NULL || shell->row.table == NULL)
        return err_set(err, ERR_UNSUPPORTED, "split", "nothing is known of this node to show");
    struct rect rest = app_body(view->app, false);
    rect_cut_top(&rest, 1);
    if (!can_split(rest))
        return err_set(err, ERR_UNSUPPORTED, "split", "needs %d columns, or %d more rows",
                       SPLIT_COLS, SPLIT_ROWS - rest.rows);
    state->is_split = state->is_full || !state->is_split;
    state->is_full = false; /* a shell that was alone is so no longer */
    return OK;
}

static enum err_code read_back(struct view *view, struct err *err)
{
    struct shell *shell = current(view);

    (void)err;
    if (shell != NULL)
        pane_browse(&shell->pane, !shell->pane.browsing);
    return OK;
}

static enum err_code select_text(struct view *view, struct err *err)
{
    struct shell *shell = current(view);

    (void)err;
    if (shell != NULL)
        pane_select(&shell->pane);
    return OK;
}

static enum err_code next(struct view *view, struct err *err)
{
    (void)err;
    shells_step(app_shells(view->app), 1);
    return OK;
}

static enum err_code previous(struct view *view, struct err *err)
{
    (void)err;
    shells_step(app_shells(view->app), -1);
    return OK;
}

static enum err_code anew(struct view *view, struct err *err)
{
    struct shell *shell = current(view);

    if (shell == NULL || !shell_has_ended(shell))
        return err_set(err, ERR_UNSUPPORTED, "shell", "this one has not ended");
    shell_reopen(shell);
    return OK;
}

static const struct {
    const char *name;
    enum err_code (*run)(struct view *view, struct err *err);
} verbs[] = {
    {"leave", leave}, {"full", toggle_full},  {"split", toggle_split}, {"read", read_back},
    {"next", next},   {"previous", previous}, {"anew", anew},          {"select", select_text},
};

static enum err_code run_session(struct view *view, const struct command_call *call,
                                 struct err *err)
{
    int64_t number;

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (strcmp(call->args[0], verbs[i].name) == 0)
            return verbs[i].run(view, err);
    }
    if (!sv_to_i64(sv_of(call->args[0]), &number))
        return err_set(err, ERR_USAGE, "session", "there is no \"%s\"", call->args[0]);
    if (number < 1 || (size_t)number > shells_count(app_shells(view->app)))
        return err_set(err, ERR_NOT_FOUND, "session", "there is no tab %s", call->args[0]);
    shells_choose(app_shells(view->app), (size_t)number - 1);
    return OK;
}

static enum err_code run_move(struct view *view, const struct command_call *call, struct err *err)
{
    struct shell *shell = current(view);
    enum move move;

    if (!move_parse(sv_of(call->args[0]), &move))
        return err_set(err, ERR_USAGE, "move", "\"%s\" is no direction", call->args[0]);
    if (shell != NULL)
        pane_move(&shell->pane, move);
    return OK;
}

static enum err_code run_search(struct view *view, const struct command_call *call, struct err *err)
{
    struct shell *shell = current(view);
    bool downwards = strcmp(call->args[0], "previous") == 0;

    if (shell == NULL || !pane_search_next(&shell->pane, downwards))
        return err_set(err, ERR_NOT_FOUND, "search", "no hit; / looks for something");
    return OK;
}

static enum err_code run_copy(struct view *view, const struct command_call *call, struct err *err)
{
    struct shell *shell = current(view);

    (void)call, (void)err;
    if (shell == NULL)
        return OK;
    copy(view, shell);
    pane_browse(&shell->pane, false);
    return OK;
}

static enum err_code filter(struct view *view, struct sv text, bool final, struct err *err)
{
    struct shell *shell = current(view);

    if (shell != NULL && !pane_search(&shell->pane, text) && final)
        return err_advise(
            err, err_set(err, ERR_NOT_FOUND, "search", "\"" SV_FMT "\" is nowhere", SV_ARG(text)),
            "");
    return OK;
}

static struct row_ref row(struct view *view)
{
    const struct shell *shell = current(view);

    return shell != NULL ? shell->row : (struct row_ref){0};
}

static const struct view_command own_commands[] = {
    {"session", run_session}, {"move", run_move}, {"search", run_search},
    {"copy", run_copy},       {NULL, NULL},
};

const struct view_kind view_shells = {
    .name = "shells",
    .title = "Shells",
    .help = "the shells on nodes that are open, each a tab",
    .usage = "",
    .context = "shell",
    .state_bytes = sizeof(struct shell_view),
    .open = open_view,
    .close = close_view,
    .draw = draw,
    .commands = own_commands,
    .key = take_key,
    .mode = mode,
    .is_full = is_full,
    .hints = hints,
    .event = handle,
    .row = row,
    .filter = filter,
    .position = position,
};

const struct command command_session = {
    .name = "session",
    .usage = "leave|full|split|read|select|next|previous|anew|NUMBER",
    .help = "do something with the shell on top, or go to that tab",
    .flags = COMMAND_VIEW | COMMAND_TYPED,
    .args_min = 1,
    .args_max = 1};
