/* What is typed, clicked and pasted on the screen of the shells: nearly all of it is the node's. */
#include <string.h>

#include "views/shell/shell_parts.h"

/* --- keys ------------------------------------------------------------------------------------- */

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

bool shell_view_key(struct view *view, struct key key)
{
    struct shell_view *state = view->state;
    struct shell *shell = shell_view_top(view);

    if (strcmp(shell_view_mode(view), "shell") != 0)
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

/* --- mouse, paste ----------------------------------------------------------------------------- */

static bool paste(struct view *view, struct shell *shell, const struct event *event)
{
    struct shell_view *state = view->state;

    if (strcmp(shell_view_mode(view), "shell") != 0)
        return false;
    vt_paste(shell->vt, event->paste.text, !state->is_pasting, event->paste.last);
    state->is_pasting = !event->paste.last;
    shell->at_line_start = false;
    return true;
}

bool shell_view_event(struct view *view, const struct event *event)
{
    struct shell_view *state = view->state;
    struct shell *shell = shell_view_top(view);
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
        shell_view_copy(view, shell);
    return result != WIDGET_IGNORED;
}
