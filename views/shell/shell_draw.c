/* The screen of the shells as it is drawn: the tabs, the terminal, what is known of its node. */
#include "core/base/mem.h"
#include "views/shell/shell.h"
#include "views/shell/shell_parts.h"

/* --- where things are ------------------------------------------------------------------------- */

struct layout {
    struct rect tabs, beside, line, pane;
    enum sign line_sign;
};

bool shell_view_can_split(struct rect rest)
{
    return rest.cols >= SPLIT_COLS || rest.rows >= SPLIT_ROWS;
}

/* What is known of the node on the left, or above where that would leave too little. */
static void split(struct layout *layout, struct rect *rest)
{
    bool is_wide = rest->cols >= SPLIT_COLS;

    layout->line_sign = is_wide ? SIGN_V_LINE : SIGN_H_LINE;
    layout->beside =
        is_wide ? rect_cut_left(rest, rest->cols * 2 / 5) : rect_cut_top(rest, rest->rows * 2 / 5);
    layout->line = is_wide ? rect_cut_left(rest, 1) : rect_cut_top(rest, 1);
}

static struct layout layout_of(const struct shell_view *state, struct rect rest)
{
    struct layout layout = {0};

    if (!state->is_full)
        layout.tabs = rect_cut_top(&rest, 1);
    if (!state->is_full && state->is_split && shell_view_can_split(rest))
        split(&layout, &rest);
    layout.pane = rest;
    return layout;
}

void shell_view_size(struct app *app, int *rows, int *cols)
{
    const struct shell_view at_first = {0};
    struct layout layout = layout_of(&at_first, app_body(app, false));

    *rows = layout.pane.rows;
    *cols = layout.pane.cols;
}

/* --- beside the terminal ---------------------------------------------------------------------- */

static void described(void *arg, struct description *take_description)
{
    struct view *view = arg;
    struct shell_view *state = view->state;
    struct shell *shell = shell_view_top(view);

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
    const struct shell *shell = shell_view_top(view);

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

/* --- drawing ---------------------------------------------------------------------------------- */

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
        if (shell == shell_view_top(view))
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

void shell_view_draw(struct view *view, const struct canvas *canvas)
{
    struct shell_view *state = view->state;
    struct shell *shell = shell_view_top(view);
    struct layout layout = layout_of(state, canvas_rect(canvas));
    struct canvas part;

    if (shell == NULL) {
        canvas_text(canvas, canvas->rows / 2, 0, -1, SV("no shell is open; q goes back"), ROLE_DIM,
                    CUT_CENTER);
        return;
    }
    part = canvas_sub(canvas, layout.pane);
    draw_terminal(view, shell, &part);
    if (!rect_is_empty(layout.beside)) {
        describe_current(view);
        part = canvas_sub(canvas, layout.beside);
        detail_draw(&state->detail, &part);
        canvas_fill(canvas, layout.line, layout.line_sign, ROLE_BORDER);
    }
    state->tabs_area = layout.tabs;
    state->tabs_area.y += canvas->y0;
    if (rect_is_empty(layout.tabs))
        return;
    part = canvas_sub(canvas, layout.tabs);
    draw_tabs(view, &part);
}
