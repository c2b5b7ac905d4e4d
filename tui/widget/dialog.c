#include "tui/widget/dialog.h"

#include "core/base/mem.h"

#define COLS_MAX   78
#define COLS_MIN   32
#define MARGIN     2 /* between the border and what is inside */
#define CANCEL     "Cancel"
#define CANCEL_KEY 'n'

static void init(struct dialog *dialog, enum dialog_kind kind, struct sv title, struct sv body)
{
    *dialog = (struct dialog){.kind = kind, .title = sv_dup(title), .answer = DIALOG_CANCELLED};
    pager_init(&dialog->body);
    pager_set_wrap(&dialog->body, true);
    if (body.len != 0)
        pager_add(&dialog->body, body, ROLE_TEXT);
}

void dialog_init_choice(struct dialog *dialog, struct sv title, struct sv body,
                        const struct dialog_choice *choices, size_t n_choices)
{
    init(dialog, DIALOG_CHOICE, title, body);
    dialog->n_choices = n_choices < DIALOG_CHOICES_MAX ? n_choices : DIALOG_CHOICES_MAX;
    for (size_t i = 0; i < dialog->n_choices; i++) {
        dialog->choices[i] = choices[i];
        dialog->choices[i].label = mem_strdup(choices[i].label);
    }
    dialog->focus = dialog->n_choices;
}

void dialog_init_typed(struct dialog *dialog, struct sv title, struct sv body, struct sv expected,
                       const char *verb)
{
    init(dialog, DIALOG_TYPED, title, body);
    dialog->expected = sv_dup(expected);
    dialog->verb = mem_strdup(verb);
    dialog->field.refuses_paste = true;
}

void dialog_done(struct dialog *dialog)
{
    for (size_t i = 0; i < dialog->n_choices; i++)
        mem_free((char *)dialog->choices[i].label);
    mem_free(dialog->title);
    mem_free(dialog->expected);
    mem_free(dialog->verb);
    pager_done(&dialog->body);
    *dialog = (struct dialog){0};
}

/* --- drawing ------------------------------------------------------------------------------- */

static int foot_rows(const struct dialog *dialog)
{
    return dialog->kind == DIALOG_TYPED ? 4 : 2;
}

/* " Label " between brackets, its key underlined by a role; returns the column behind it. */
static int draw_button(struct dialog *dialog, const struct canvas *canvas, int y, int x, size_t i)
{
    bool is_cancel = i == dialog->n_choices;
    const struct dialog_choice *choice = &dialog->choices[i];
    const char *label = is_cancel ? CANCEL : choice->label;
    char key = is_cancel ? CANCEL_KEY : choice->key;
    style_t style = is_cancel ? ROLE_TEXT : choice->style;

    if (i == dialog->focus)
        style |= ON_SELECTED;
    int from = x;
    x += canvas_printf(canvas, y, x, style, "[ %s ]", label);
    if (key != 0)
        x += canvas_printf(canvas, y, x, ROLE_DIM, " %c", key);
    dialog->buttons[i] = (struct rect){y, from, 1, x - from};
    return x + 3;
}

static void draw_choices(struct dialog *dialog, const struct canvas *canvas, int y)
{
    int x = MARGIN;

    for (size_t i = 0; i <= dialog->n_choices; i++)
        x = draw_button(dialog, canvas, y, x, i);
}

static void draw_typed(struct dialog *dialog, const struct canvas *canvas, int y)
{
    int x = MARGIN + canvas_text(canvas, y, MARGIN, -1, SV("Type "), ROLE_TEXT, CUT_END);

    x += canvas_identity(canvas, y, x, -1, sv_of(dialog->expected), ROLE_STRONG, CUT_MIDDLE);
    canvas_printf(canvas, y, x, ROLE_TEXT, " to %s, Esc to cancel", dialog->verb);
    field_draw(&dialog->field, canvas, y + 1, MARGIN, canvas->cols - 2 * MARGIN);
    const char *refusal = dialog->paste_refused ? "pasted text never confirms: type it"
                          : dialog->mismatch    ? "this is not the name above"
                                                : "";
    canvas_text(canvas, y + 2, MARGIN, -1, sv_of(refusal), ROLE_ERROR, CUT_END);
}

static struct rect measure(struct dialog *dialog, const struct canvas *canvas)
{
    int cols = canvas->cols - 4 < COLS_MAX ? canvas->cols - 4 : COLS_MAX;

    if (cols < COLS_MIN)
        cols = COLS_MIN;
    int body = (int)pager_rows(&dialog->body, cols - 2 * MARGIN);
    return rect_center(canvas_rect(canvas), body + foot_rows(dialog) + 3, cols);
}

void dialog_draw(struct dialog *dialog, const struct canvas *canvas)
{
    dialog->area = measure(dialog, canvas);
    struct canvas box = canvas_sub(canvas, dialog->area);
    canvas_hide_cursor(canvas);
    canvas_clear(&box, ROLE_TEXT);
    canvas_box(&box, canvas_rect(&box), sv_of(dialog->title), ROLE_FOCUS);
    struct rect inside = rect_inset(canvas_rect(&box), 1);
    struct rect foot = rect_cut_bottom(&inside, foot_rows(dialog));
    inside.x += MARGIN - 1;
    inside.cols -= 2 * (MARGIN - 1);
    struct canvas body = canvas_sub(&box, inside);
    pager_draw(&dialog->body, &body);
    if (dialog->kind == DIALOG_CHOICE)
        draw_choices(dialog, &box, foot.y + 1);
    else
        draw_typed(dialog, &box, foot.y + 1);
}

/* --- answering ----------------------------------------------------------------------------- */

static enum widget_result answer(struct dialog *dialog, int with)
{
    dialog->answer = with;
    return WIDGET_CLOSED;
}

static enum widget_result handle_typed(struct dialog *dialog, const struct event *event)
{
    if (event_is_key(event, KEYC_ENTER)) {
        if (sv_eq_cstr(field_text(&dialog->field), dialog->expected))
            return answer(dialog, 0);
        dialog->mismatch = true;
        return WIDGET_HANDLED;
    }
    if (field_handle(&dialog->field, event) == WIDGET_HANDLED) {
        dialog->paste_refused = event->type == EVENT_PASTE;
        dialog->mismatch = false;
    }
    return WIDGET_HANDLED;
}

static int answer_of_focus(const struct dialog *dialog)
{
    return dialog->focus == dialog->n_choices ? DIALOG_CANCELLED : (int)dialog->focus;
}

static enum widget_result handle_choice(struct dialog *dialog, const struct event *event)
{
    size_t n = dialog->n_choices + 1;
    struct key key = event->key;

    if (event_is_key(event, KEYC_ENTER))
        return answer(dialog, answer_of_focus(dialog));
    if (event_is_key(event, KEYC_TAB) || event_is_key(event, KEYC_RIGHT))
        dialog->focus = (dialog->focus + 1) % n;
    else if (event_is_key(event, KEYC_LEFT) || (key.code == KEYC_TAB && key.mods == MOD_SHIFT))
        dialog->focus = (dialog->focus + n - 1) % n;
    if (!key_is_text(key))
        return WIDGET_HANDLED;
    for (size_t i = 0; i < dialog->n_choices; i++) {
        if (dialog->choices[i].key != 0 && key.code == (unsigned char)dialog->choices[i].key)
            return answer(dialog, (int)i);
    }
    return key.code == CANCEL_KEY ? answer(dialog, DIALOG_CANCELLED) : WIDGET_HANDLED;
}

static enum widget_result handle_mouse(struct dialog *dialog, const struct event *event)
{
    int y = event->mouse.y - dialog->area.y, x = event->mouse.x - dialog->area.x;

    if (event->mouse.action != MOUSE_PRESS) {
        pager_handle(&dialog->body, event);
        return WIDGET_HANDLED;
    }
    for (size_t i = 0; dialog->kind == DIALOG_CHOICE && i <= dialog->n_choices; i++) {
        if (rect_contains(dialog->buttons[i], y, x))
            dialog->focus = i; /* a click chooses, it never consents */
    }
    return WIDGET_HANDLED;
}

enum widget_result dialog_handle(struct dialog *dialog, const struct event *event)
{
    enum move move;

    if (event->type == EVENT_MOUSE)
        return handle_mouse(dialog, event);
    if (event_is_key(event, KEYC_ESC) || event_is_ctrl(event, 'c') || event_is_ctrl(event, 'g'))
        return answer(dialog, DIALOG_CANCELLED);
    if (dialog->kind == DIALOG_TYPED)
        return handle_typed(dialog, event);
    if (event->type != EVENT_KEY)
        return WIDGET_HANDLED;
    if (move_of_key(event->key, &move) && move != MOVE_LEFT && move != MOVE_RIGHT) {
        pager_move(&dialog->body, move);
        return WIDGET_HANDLED;
    }
    if (dialog->kind == DIALOG_CHOICE)
        return handle_choice(dialog, event);
    bool acknowledged =
        event_is_key(event, KEYC_ENTER) || event_is_key(event, ' ') || event_is_key(event, 'q');
    return acknowledged ? answer(dialog, 0) : WIDGET_HANDLED;
}
