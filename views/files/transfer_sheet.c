/* transfer_sheet: the sheet on which a transfer is put together. */

#include <string.h>

#include "core/base/mem.h"
#include "tui/widget/field.h"
#include "views/files/transfers.h"
#include "views/frame/app.h"

enum line { WAY, WHAT, THERE, HERE, USER, KEY, REASON, PORT, LINES };

struct sheet {
    struct transfer_wish wish;  /* what the fields say is taken over at the end */
    struct field fields[LINES]; /* WAY and WHAT have none */
    enum line line;             /* with the focus */
    char problem[160];          /* why it cannot begin, "" */
};

static const struct {
    const char *label, *hint; /* hint: what an empty one means */
} lines[LINES] = {
    [WAY] = {"way", ""},
    [WHAT] = {"what", ""},
    [THERE] = {"on the node", "a path, or the folder to put it in; from the user's home"},
    [HERE] = {"here", "a path, or the folder to put it in"},
    [USER] = {"user", "ec2-user"},
    [KEY] = {"key", "the agent's, then one by EC2 Instance Connect; or a file"},
    [REASON] = {"reason", "none"},
    [PORT] = {"port", "22, of its sshd"},
};

static void fill(struct field *field, const char *text)
{
    str_copy(field->text, text);
    field->len = strlen(field->text);
}

static enum err_code open_view(struct view *view, struct err *err)
{
    struct sheet *state = view->state;

    state->wish = *transfers_wish(app_transfers(view->app));
    if (strcmp(state->wish.place.node, view->args[0]) != 0)
        return err_set(err, ERR_USAGE, "filesheet", "is opened by T on a node");
    if (state->wish.row.table != NULL)
        table_ref(state->wish.row.table);
    fill(&state->fields[THERE], state->wish.remote);
    fill(&state->fields[HERE], state->wish.local);
    fill(&state->fields[USER], state->wish.user);
    fill(&state->fields[KEY], state->wish.key);
    fill(&state->fields[REASON], state->wish.reason);
    state->line = THERE;
    return OK;
}

static void close_view(struct view *view)
{
    struct sheet *state = view->state;

    if (state->wish.row.table != NULL)
        table_unref(state->wish.row.table);
}

/* --- drawing -------------------------------------------------------------------------------------
 */

/* What is one of two. */
static bool *choice_of(struct transfer_wish *wish, enum line line)
{
    return line == WHAT ? &wish->is_recursive : &wish->is_put;
}

static void draw_choice(const struct sheet *state, const struct canvas *canvas, enum line line,
                        int y, int x)
{
    static const char *const choices[][2] = {
        [WAY] = {"get: from the node", "put: to the node"},
        [WHAT] = {"a file", "a folder, but for links in it"},
    };
    struct transfer_wish wish = state->wish;
    bool is_second = *choice_of(&wish, line);
    int cursor = x + 1;

    for (int i = 0; i < 2; i++) {
        bool is_chosen = is_second == (i == 1);
        if (is_chosen)
            cursor = x + 1;
        x += canvas_printf(canvas, y, x, is_chosen ? ROLE_STRONG : ROLE_DIM, "%s %s   ",
                           is_chosen ? "(*)" : "( )", choices[line][i]);
    }
    if (state->line == line)
        canvas_cursor(canvas, y, cursor);
}

static void draw_line(const struct sheet *state, const struct canvas *canvas, enum line line, int y)
{
    const struct field *field = &state->fields[line];
    bool is_focused = line == state->line;
    int x = 14;

    canvas_printf(canvas, y, 2, is_focused ? ROLE_FOCUS : ROLE_LABEL, "%s", lines[line].label);
    if (line <= WHAT) {
        draw_choice(state, canvas, line, y, x);
        return;
    }
    if (is_focused)
        field_draw(field, canvas, y, x, canvas->cols - x - 1);
    else
        canvas_text(canvas, y, x, canvas->cols - x - 1, field_text(field), ROLE_INPUT, CUT_MIDDLE);
    if (field->len == 0)
        canvas_text(canvas, y, x + 2, canvas->cols - x - 3,
                    sv_of(line == REASON && state->wish.wants_reason
                              ? "it wants one (session_reason)"
                              : lines[line].hint),
                    ROLE_DIM, CUT_END);
}

static void draw(struct view *view, const struct canvas *canvas)
{
    const struct sheet *state = view->state;
    const struct shell_place *place = &state->wish.place;
    int y = 1;

    canvas_clear(canvas, ROLE_TEXT);
    canvas_printf(canvas, y, 2, ROLE_LABEL, "node");
    canvas_printf(canvas, y, 14, ROLE_STRONG, "%s   %s   %s", place->node, place->account,
                  place->target.region);
    y += 2;
    for (enum line line = WAY; line < LINES; line++, y++)
        draw_line(state, canvas, line, y + (line > WHAT));
    if (state->problem[0] != '\0')
        canvas_text(canvas, y + 2, 2, -1, sv_of(state->problem), ROLE_FAIL, CUT_END);
}

static void hints(const struct view *view, struct buf *line)
{
    (void)view;
    buf_add_cstr(line, "Tab  next   Left Right  which way, or what   Enter  begin   Esc  leave it");
}

/* --- keys ----------------------------------------------------------------------------------------
 */

static void step(struct sheet *state, int by)
{
    state->line = (enum line)(((int)state->line + by + LINES) % LINES);
}

/* 0 of an empty one. */
static bool read_port(const struct sheet *state, unsigned *port)
{
    const struct field *field = &state->fields[PORT];

    *port = 0;
    return field->len == 0 || sv_to_port(field_text(field), port);
}

/* What is missing, and where it is to be typed; NULL: nothing is. */
static const char *missing(const struct sheet *state, enum line *line)
{
    const struct transfer_wish *wish = &state->wish;

    *line = THERE;
    if (state->fields[THERE].len == 0 && !wish->is_put)
        return "which file on the node?";
    *line = HERE;
    if (state->fields[HERE].len == 0)
        return wish->is_put ? "which file of this machine?" : "where to on this machine?";
    *line = PORT;
    if (!read_port(state, &(unsigned){0}))
        return "the port of sshd is a number from 1 to 65535";
    *line = REASON;
    if (wish->wants_reason && state->fields[REASON].len == 0)
        return "it wants a reason (session_reason)";
    if (channel_check_reason(state->fields[REASON].text, NULL) != OK)
        return "a reason has at most 256 characters";
    return NULL;
}

static enum err_code check_account(struct view *view, struct err *err)
{
    const struct transfer_wish *wish = &((const struct sheet *)view->state)->wish;

    return place_way_check(view->app, &wish->place, wish->is_put ? WAY_PUT : WAY_GET, err);
}

static void take_fields(struct sheet *state)
{
    struct transfer_wish *wish = &state->wish;

    str_copy(wish->remote, state->fields[THERE].text);
    str_copy(wish->local, state->fields[HERE].text);
    str_copy(wish->user, state->fields[USER].text);
    str_copy(wish->key, state->fields[KEY].text);
    str_copy(wish->reason, state->fields[REASON].text);
    read_port(state, &wish->port);
}

/* The list takes the place of the sheet. */
static void begin(struct view *view)
{
    struct sheet *state = view->state;
    struct app *app = view->app;
    struct err err = ERR_NONE;
    enum line line;

    const char *what = missing(state, &line);
    if (what != NULL) {
        str_copy(state->problem, what);
        state->line = line;
        return;
    }
    take_fields(state);
    if (check_account(view, &err) != OK ||
        transfers_begin(app_transfers(app), &state->wish, &err) != OK) {
        str_copy(state->problem, err.message);
        return;
    }
    app_back(app);
    app_open(app, &view_transfers, NULL, 0, &err);
}

static const struct {
    uint32_t code;
    uint8_t mods;
    int by;
} steps[] = {{KEYC_TAB, 0, 1}, {KEYC_DOWN, 0, 1}, {KEYC_TAB, MOD_SHIFT, -1}, {KEYC_UP, 0, -1}};

static bool take_key(struct view *view, struct key key)
{
    struct sheet *state = view->state;
    const struct event event = {.type = EVENT_KEY, .key = key};

    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        if (!key_eq(key, (struct key){steps[i].code, steps[i].mods}))
            continue;
        step(state, steps[i].by);
        return true;
    }
    if (key_eq(key, (struct key){KEYC_ENTER, 0})) {
        begin(view);
        return true;
    }
    bool is_sideways = key.code == KEYC_LEFT || key.code == KEYC_RIGHT;
    if (is_sideways || (state->line <= WHAT && key_eq(key, (struct key){' ', 0}))) {
        bool *choice = choice_of(&state->wish, state->line);
        *choice = !*choice;
        return true;
    }
    if (state->line <= WHAT)
        return key_is_text(key);
    state->problem[0] = '\0';
    return field_handle(&state->fields[state->line], &event) != WIDGET_IGNORED || key_is_text(key);
}

static bool handle(struct view *view, const struct event *event)
{
    struct sheet *state = view->state;

    return event->type == EVENT_PASTE && state->line > WHAT &&
           field_handle(&state->fields[state->line], event) != WIDGET_IGNORED;
}

static struct row_ref row(struct view *view)
{
    const struct sheet *state = view->state;

    return state->wish.row;
}

const struct view_kind view_transfer_sheet = {
    .name = "filesheet",
    .title = "Copy a file",
    .help = "what is copied where, as whom: opened by T on a node",
    .usage = "NODE",
    .context = "global",
    .state_bytes = sizeof(struct sheet),
    .args_min = 1,
    .args_max = 1,
    .hides_args = true,
    .open = open_view,
    .close = close_view,
    .draw = draw,
    .key = take_key,
    .event = handle,
    .hints = hints,
    .row = row,
};
