/*
 * app_state: the inside of struct app, for the files of the frame alone.
 */
#ifndef VIEWS_APP_STATE_H
#define VIEWS_APP_STATE_H

#include "core/base/vec.h"
#include "tui/prompt.h"
#include "views/files/transfers.h"
#include "views/forwards/forwards.h"
#include "views/frame/app.h"
#include "views/frame/login.h"
#include "views/frame/modal.h"
#include "views/shell/shells.h"

#define APP_MESSAGE_SIZE 512
#define APP_HINTS_MAX    24

/* The keys of the hints in the foot, which are the same as long as the context is. */
struct hint_keys {
    const char *context; /* NULL: nothing is known yet */
    char keys[APP_HINTS_MAX][32];
};

struct app {
    struct term *term;
    const struct keymap *keymap;
    const struct theme *theme;
    struct gov *gov; /* NULL until there is something to ask */
    struct scope *scope;
    struct view_scope at; /* what new views look at */
    struct sv first_screen;
    struct err failure; /* code != OK: nothing to connect to */

    VEC(struct view *) views; /* the history; those behind current can be gone to by `]` */
    size_t current;           /* index of the focused one */
    size_t last;              /* the one before it, for `-` */

    struct canvas_grid *grid;
    struct keymap_state keys;
    struct hint_keys hint_keys;
    struct modal *modal; /* what lies over the screen, NULL: nothing */
    struct shells *shells;
    struct forwards *forwards;
    struct transfers *transfers;
    struct login_queue
        *logins; /* what only a person can give; over the modal. NULL: not connected */
    struct prompt_history *command_history, *filter_history;

    enum app_tone message_tone;
    char message[APP_MESSAGE_SIZE];
    bool header_hidden, dirty, ended;
    const struct view *alone; /* whose body the last frame has left on the grid, nothing over it */
    bool keeps_body;          /* so what app_view draws on is what it has drawn itself */
    bool is_hasty;            /* the next frame answers a key */
    int64_t owed_at_ms;    /* monotonic: when what a hasty frame left out is drawn; 0: nothing is */
    int64_t owed_since_ms; /* since when something is; 0: nothing is */
    int exit_status;
    int64_t drawn_at_ms, ticked_at_ms, cancelled_at_ms;
};

/* stack.c: closes the views from index `from` on, the last first. */
void views_close(struct app *app, size_t from);

/* Draws everything on the app's grid; app_body (app.h) says where it puts a view. */
void chrome_draw(struct app *app);

/* foot.c: how many rows of so many columns it takes: what is said and is longer than a row takes
 * some of the body's, until the next key. */
int foot_rows(const struct app *app, int cols);
/* Draws it on the whole of canvas; a hasty frame may leave it as it is (app_owe). */
void foot_draw(struct app *app, const struct canvas *canvas);

#endif
