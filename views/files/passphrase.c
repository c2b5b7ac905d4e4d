/*
 * passphrase: the screen on which the key of a transfer is opened. What is typed is not shown, and
 * is wiped with the screen.
 */
#include <string.h>

#include "core/base/mem.h"
#include "core/base/secret.h"
#include "tui/widget/field.h"
#include "views/files/transfers.h"
#include "views/frame/app.h"

struct passphrase {
    unsigned number; /* of the transfer */
    struct field field;
};

static struct file_copy *copy_of(const struct view *view)
{
    const struct passphrase *state = view->state;
    struct file_copy *copy = transfers_find(app_transfers(view->app), state->number);
    bool is_asked =
        copy != NULL && copy->is_asking && copy->question.kind == TRANSFER_ASKS_PASSPHRASE;

    return is_asked ? copy : NULL;
}

static enum err_code open_view(struct view *view, struct err *err)
{
    struct passphrase *state = view->state;
    int64_t number;

    if (sv_to_i64(sv_of(view->args[0]), &number) && number > 0)
        state->number = (unsigned)number;
    if (copy_of(view) != NULL)
        return OK;
    return err_set(err, ERR_NOT_FOUND, "passphrase", "no transfer asks for one");
}

static void close_view(struct view *view)
{
    struct passphrase *state = view->state;

    secret_wipe(&state->field, sizeof state->field);
}

static void draw(struct view *view, const struct canvas *canvas)
{
    const struct passphrase *state = view->state;
    const struct file_copy *copy = copy_of(view);
    int x = 2;

    canvas_clear(canvas, ROLE_TEXT);
    if (copy == NULL) {
        canvas_printf(canvas, 1, x, ROLE_DIM, "Nobody asks for a passphrase any more.");
        return;
    }
    canvas_printf(canvas, 1, x, ROLE_TEXT,
                  "The key that is to enter %s is locked:", place_name(&copy->wish.place));
    canvas_identity(canvas, 2, x + 2, -1, sv_of(copy->question.file), ROLE_IDENTITY, CUT_MIDDLE);
    x += canvas_printf(canvas, 4, x, ROLE_LABEL, "passphrase  ");
    for (size_t i = 0; i < state->field.len; i++)
        canvas_printf(canvas, 4, x++, ROLE_INPUT, "*");
    canvas_cursor(canvas, 4, x);
    if (copy->question.is_again)
        canvas_printf(canvas, 6, 2, ROLE_FAIL, "That was not it.");
}

static void answer(struct view *view, struct file_copy *copy)
{
    struct passphrase *state = view->state;
    struct secret *secret = NULL;

    if (state->field.len > 0) /* with its NUL */
        secret = secret_new((struct sv){state->field.text, state->field.len + 1});
    app_back(view->app);
    file_copy_answer(copy, secret != NULL, secret);
}

static bool take_key(struct view *view, struct key key)
{
    struct passphrase *state = view->state;
    const struct event event = {.type = EVENT_KEY, .key = key};
    struct file_copy *copy = copy_of(view);

    if (copy == NULL)
        return false;
    if (key_eq(key, (struct key){KEYC_ENTER, 0})) {
        answer(view, copy);
        return true;
    }
    return field_handle(&state->field, &event) != WIDGET_IGNORED;
}

static bool handle(struct view *view, const struct event *event)
{
    struct passphrase *state = view->state;

    return event->type == EVENT_PASTE && field_handle(&state->field, event) != WIDGET_IGNORED;
}

static void hints(const struct view *view, struct buf *line)
{
    (void)view;
    buf_add_cstr(line, "Enter  open the key   Esc  not now");
}

const struct view_kind view_passphrase = {
    .name = "passphrase",
    .title = "Passphrase",
    .help = "opens the key of a transfer that asks for it",
    .usage = "NUMBER",
    .context = "global",
    .state_bytes = sizeof(struct passphrase),
    .args_min = 1,
    .args_max = 1,
    .hides_args = true,
    .open = open_view,
    .close = close_view,
    .draw = draw,
    .key = take_key,
    .event = handle,
    .hints = hints,
};
