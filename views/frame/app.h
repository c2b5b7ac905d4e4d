/*
 * app: the console: the stack of views, the chrome around them, and the loop.
 *
 * Everything here runs on RUN_UI and returns at once.
 */
#ifndef VIEWS_APP_H
#define VIEWS_APP_H

#include "core/gov/gov.h"
#include "tui/keymap/keymap.h"
#include "tui/terminal/term.h"
#include "views/view.h"

struct app;
struct forwards;
struct shells;
struct transfers;

struct app_options {
    struct term *term;           /* borrowed */
    const struct keymap *keymap; /* borrowed */
    const struct theme *theme;
    struct view_scope at;   /* of the first view */
    struct sv first_screen; /* as behind `:`; SV_NONE: triage */
};

/* An app that shows nothing yet; the options are copied, what they point to must outlive it. Freed
 * before run_stop, with all its views. */
struct app *app_new(const struct app_options *options);
void app_free(struct app *app); /* NULL is allowed */

/* The credentials are known (or the demo is up): views begin to load. Takes no ownership. */
void app_connect(struct app *app, struct gov *gov);
/* There is nothing to connect to: why, as a full-screen message with the way out. */
void app_fail(struct app *app, const struct err *err);

/* One event, as from the terminal. */
void app_event(struct app *app, const struct event *event);
/* Once a second, and whenever something has changed: draws if need be, and presents. */
void app_draw(struct app *app);
/* Draws what hasty frames have left out, without waiting for its time: for who reads the screen. */
void app_draw_owed(struct app *app);
/* Milliseconds until something on the screen grows older; -1: nothing does. */
int app_timeout_ms(const struct app *app);
bool app_has_ended(const struct app *app);
/* What the program is to exit with: 0, or 128 and the signal that ended it (SIGHUP when the
 * terminal has gone), as a shell says it. */
int app_exit_status(const struct app *app);
/* What is on the screen, for dumps. */
struct canvas app_canvas(struct app *app);

/* --- for views and commands ------------------------------------------------------------------ */

/* What the app has been given, borrowed: gov is NULL before app_connect, the view NULL while there
 * is none. */
struct gov *app_gov(struct app *app);
const struct selection *app_selection(const struct app *app);
struct scope *app_scope(struct app *app); /* open as long as the app lives */
struct shells *app_shells(struct app *app);
struct forwards *app_forwards(struct app *app);
struct transfers *app_transfers(struct app *app);
const struct keymap *app_keymap(const struct app *app);
struct term *app_term(struct app *app);
const struct theme *app_theme(const struct app *app);
struct view *app_view(struct app *app); /* the focused one */

/* Where views are drawn on the screen; is_full: one that has the whole of it. */
struct rect app_body(const struct app *app, bool is_full);

/* From the next frame on. */
void app_set_theme(struct app *app, const struct theme *theme);
/* What every screen looks at from now on: those that are open load anew. */
void app_select(struct app *app, const struct selection *selection);

/* Opens a view on top of the stack; the args are copied. The error is also in the message line. */
enum err_code app_open(struct app *app, const struct view_kind *kind, const char *const *args,
                       size_t n_args, struct err *err);
enum err_code app_open_scoped(struct app *app, const struct view_kind *kind,
                              const char *const *args, size_t n_args, const struct view_scope *at,
                              struct err *err);
void app_back(struct app *app); /* closes the focused view; at the root asks whether to quit */
void app_go(struct app *app, int step); /* `[` -1 and `]` +1 in the history of views */
void app_last(struct app *app);         /* `-`: the view before this one */
/* Ends the console; asks first when sessions with nodes would end with it. */
void app_quit(struct app *app);
/* ctrl-c: true when it was the second within a second, which is app_quit. */
bool app_cancel(struct app *app);
void app_toggle_header(struct app *app);
void app_redraw(struct app *app); /* something has changed: draw in this turn */
/* For views that draw: whether this frame answers a key and is better early than whole. What goes
 * with the answer, a preview say, may then stay as it was drawn before. That it did is said so:
 * another frame follows soon, and after it no key is answered before that was drawn. */
bool app_is_hasty(const struct app *app);
/* For views that draw: whether what the view drew in the last frame still stands, where it stood.
 */
bool app_keeps_body(const struct app *app);
void app_owe(struct app *app);

enum app_tone { TONE_INFO, TONE_GOOD, TONE_BAD };
/* The message line; raw text is fine. Stays until the next key that does something. */
void app_message(struct app *app, enum app_tone tone, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void app_error(struct app *app, const struct err *err);

/* Puts text on the clipboard by OSC 52 and says what was copied. */
void app_copy(struct app *app, const char *what, struct sv text);

/* The one-line prompt at the foot of the screen. kind ":" or "/"; text is what stands in it at
 * first. */
void app_prompt(struct app *app, const char *kind, const char *text);

/*
 * A question over the screen. Cancel is always there and has the focus at first; answered fires
 * once with the index of the choice, or -1. Nobody is told once scope is closed.
 */
void app_ask(struct app *app, struct scope *scope, const char *title, const char *text,
             const char *const *choices, size_t n_choices, void (*answered)(void *arg, int choice),
             void *arg);
/*
 * Has a word typed, byte for byte; a paste is refused. answered fires once: typed equals expected,
 * or is NULL for Esc.
 */
void app_ask_typed(struct app *app, struct scope *scope, const char *title, const char *text,
                   const char *expected, const char *verb,
                   void (*answered)(void *arg, const char *typed), void *arg);
/* Has a line typed at the foot (a reason); NULL for Esc and for an empty one. */
void app_ask_line(struct app *app, struct scope *scope, const char *label,
                  void (*answered)(void *arg, const char *line), void *arg);
/* A menu of all commands that do something here, the most useful first, and of all screens,
 * narrowed by typing. What is chosen runs on the row that was selected when the menu opened. */
void app_palette(struct app *app);

/* Something that can be done with a row. */
struct action {
    const char *command, *argument; /* what it runs; argument NULL: none */
    const char *verb;               /* "close this rule" */
    const char *reach;              /* what it changes, how far it can be taken back */
    const char *iam_action;         /* that it needs; NULL: none beyond what is shown already */
};
/* A menu of actions (static, the NULL command ends them) for row. */
void app_actions(struct app *app, const char *title, const struct row_ref *row,
                 const struct action *actions);

#endif
