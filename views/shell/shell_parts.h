/*
 * shell_parts: what the files of the screen of the shells have in common; nobody else includes it.
 * All of it on RUN_UI.
 */
#ifndef VIEWS_SHELL_PARTS_H
#define VIEWS_SHELL_PARTS_H

#include "tui/widget/tabs.h"
#include "views/frame/app.h"
#include "views/sheets/describe.h"
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

/* --- shell.c ---------------------------------------------------------------------------------- */

/* The shell whose tab is on top; NULL: none is open. Borrowed. */
struct shell *shell_view_top(const struct view *view);
/* Whose the keys are, as the context of the key files: "shell", the node's; "reading"; "ended". */
const char *shell_view_mode(const struct view *view);

/* --- shell_draw.c ----------------------------------------------------------------------------- */

/* Whether what is known of the node has room beside the terminal, or above it, in rest. */
bool shell_view_can_split(struct rect rest);
/* As a view's draw; remembers where things are, and resizes the terminal to what is left for it. */
void shell_view_draw(struct view *view, const struct canvas *canvas);

/* --- shell_input.c ---------------------------------------------------------------------------- */

/* As a view's key and event: what is typed, clicked and pasted. */
bool shell_view_key(struct view *view, struct key key);
bool shell_view_event(struct view *view, const struct event *event);

/* --- shell_commands.c ------------------------------------------------------------------------- */

/* What is selected in it, or shown, to the clipboard; says so. */
void shell_view_copy(struct view *view, struct shell *shell);
/* Those that this screen carries out itself. */
extern const struct view_command shell_view_commands[];

#endif
