/* foot: the last rows of the screen: what the keys do, or what there is to say. */
#include <string.h>

#include "tui/widget/widget.h"
#include "views/frame/app_state.h"

#define FOOT_ROWS_MAX 4

/* The commands worth a hint, the most useful first; those that are bound here are shown. */
static const struct {
    const char *command, *arg, *label;
} hints[] = {
    {"end", NULL, "end"},
    {"copy", "local", "copy"},
    {"consent", NULL, "approve"},
    {"retry", NULL, "ask again"},
    {"approve", NULL, "approve"},
    {"reject", NULL, "reject"},
    {"propose", NULL, "propose"},
    {"narrow", NULL, "narrow"},
    {"into", NULL, "open"},
    {"describe", NULL, "describe"},
    {"filter", NULL, "filter"},
    {"help", NULL, "help"},
    {"actions", NULL, "actions"},
    {"sort", "next", "sort"},
    {"json", NULL, "JSON"},
    {"search", "next", "next"},
    {"mark", "toggle", "mark"},
    {"wrap", NULL, "wrap"},
    {"command-line", NULL, "command"},
    {"undo", NULL, "undo"},
    {"back", NULL, "back"},
    {"who", NULL, "who"},
    {"diff", NULL, "differs"},
    {"yaml", NULL, "YAML"},
};

_Static_assert(ARRAY_LEN(hints) <= APP_HINTS_MAX, "a hint has no room for its keys");

/* The first of the keys that are bound to each, "" when none is. */
static void find_hint_keys(const struct app *app, const char *context, struct hint_keys *found)
{
    found->context = context;
    for (size_t i = 0; i < ARRAY_LEN(hints); i++) {
        AUTO(buf_done) struct buf keys = BUF_NONE;
        keymap_keys_of(app->keymap, context, hints[i].command, &hints[i].arg,
                       hints[i].arg != NULL ? 1 : 0, &keys);
        struct sv rest = buf_sv(&keys);
        sv_copy(sv_split(&rest, ' '), found->keys[i], sizeof found->keys[i]);
    }
}

static struct sv label_of(const struct view *view, size_t hint)
{
    const char *own = NULL;

    if (view != NULL && view->kind->label != NULL)
        own = view->kind->label(view, hints[hint].command);
    if (own == NULL && strcmp(hints[hint].command, "filter") == 0 &&
        command_applies(&command_search, view))
        own = "search"; /* a text stays whole */
    return sv_of(own != NULL ? own : hints[hint].label);
}

static void draw_hints(struct app *app, const struct canvas *canvas)
{
    const struct view *view = app_view(app);
    const char *context = view_context(view);
    struct hint_keys *known = &app->hint_keys;
    int x = 1;

    if (known->context != context)
        find_hint_keys(app, context, known);
    for (size_t i = 0; i < ARRAY_LEN(hints); i++) {
        struct sv keys = sv_of(known->keys[i]), label = label_of(view, i);
        if (keys.len == 0 || !command_applies(command_find(sv_of(hints[i].command)), view) ||
            x + (int)(keys.len + label.len) + 3 > canvas->cols)
            continue;
        x += canvas_text(canvas, 0, x, -1, keys, ROLE_FOOTER_KEY, CUT_END) + 1;
        x += canvas_text(canvas, 0, x, -1, label, ROLE_FOOTER, CUT_END) + 2;
    }
}

/* A view that takes the keys itself says how it is spoken to. */
static void draw_own_hints(const struct view *view, const struct canvas *canvas)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    view->kind->hints(view, &line);
    canvas_text(canvas, 0, 1, canvas->cols - 2, buf_sv(&line), ROLE_FOOTER, CUT_END);
}

static void draw_pending_keys(struct app *app, const struct canvas *canvas)
{
    int x = 1;

    for (size_t i = 0; i < app->keys.n_keys; i++) {
        char name[KEY_NAME_SIZE];

        key_to_text(app->keys.keys[i], name);
        x += canvas_printf(canvas, 0, x, ROLE_FOOTER_KEY, "%s", name) + 1;
    }
    canvas_text(canvas, 0, x, -1, SV("…"), ROLE_FOOTER, CUT_END);
}

/* What can be pressed hardly ever changes by a key that moves something in the body. */
static bool foot_can_wait(const struct app *app, const struct view *view)
{
    return app->is_hasty && app->keeps_body && app->message[0] == '\0' && app->keys.n_keys == 0 &&
           view->kind->hints == NULL;
}

int foot_rows(const struct app *app, int cols)
{
    struct sv rest = sv_of(app->message);
    int n = 0;

    for (; rest.len > 0 && n < FOOT_ROWS_MAX; n++)
        wrap_line(&rest, cols - 2);
    return n > 0 ? n : 1;
}

static void draw_message(const struct app *app, const struct canvas *canvas)
{
    static const style_t tones[] = {
        [TONE_INFO] = ROLE_FOOTER, [TONE_GOOD] = ROLE_OK, [TONE_BAD] = ROLE_ERROR};
    struct sv rest = sv_of(app->message);

    for (int y = 0; y < canvas->rows && rest.len > 0; y++) {
        struct sv line = y < canvas->rows - 1 ? wrap_line(&rest, canvas->cols - 2) : rest;
        canvas_text(canvas, y, 1, canvas->cols - 2, line, tones[app->message_tone], CUT_END);
    }
}

void foot_draw(struct app *app, const struct canvas *canvas)
{
    const struct view *view = app_view(app);

    if (foot_can_wait(app, view)) {
        app_owe(app);
        return;
    }
    canvas_clear(canvas, ROLE_FOOTER);
    if (app->message[0] != '\0')
        draw_message(app, canvas);
    else if (app->keys.n_keys > 0)
        draw_pending_keys(app, canvas);
    else if (view != NULL && view->kind->hints != NULL)
        draw_own_hints(view, canvas);
    else
        draw_hints(app, canvas);
}
