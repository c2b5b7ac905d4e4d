/*
 * vt: the terminal that a program on a node believes to have: a model of its screen. The one file
 * that knows libvterm.
 *
 * It is told bytes of the node and keeps a grid and the lines that scrolled off; nothing of them
 * ever reaches the user's terminal but as text on a canvas. What a person does becomes bytes for
 * the node, in the forms that the program there has asked for (application cursor keys, mouse
 * reports, bracketed paste). Of the questions that a program may put to its terminal, four are
 * answered, by us and without any text of the node's: where the cursor is, whether all is well,
 * what the terminal is (primary and secondary). At most VT_REPLIES_MAX of them for each vt_feed.
 *
 * UI runner only.
 */
#ifndef TUI_VT_VT_H
#define TUI_VT_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "tui/canvas.h"
#include "tui/input.h"
#include "tui/vt/cells.h"

#define VT_REPLIES_MAX 8
#define VT_ROWS_MIN    2
#define VT_COLS_MIN    4
#define VT_SIZE_MAX    1000 /* rows or columns; more are cut */

struct vt;

struct vt_options {
    int rows, cols;
    size_t history_lines; /* kept of what scrolls off; 0: none */
    /* Gets what is for the node, borrowed; called from within vt_feed, vt_key, vt_mouse, vt_paste.
     */
    void (*send)(void *arg, struct sv bytes);
    void *arg;
};

/* One with a blank screen; freed with vt_free (NULL is allowed). The options are copied. */
struct vt *vt_new(const struct vt_options *options);
void vt_free(struct vt *vt);

/* Bytes of the node, in whatever pieces. */
void vt_feed(struct vt *vt, struct sv bytes);
/* Another size; what no longer fits at the bottom of the main screen scrolls off at its top. */
void vt_resize(struct vt *vt, int rows, int cols);

/* --- what a person does ----------------------------------------------------------------------- */

/* A key, as xterm sends it; Enter is CR, ctrl-s, ctrl-q, ctrl-z and ctrl-c are what they are. */
void vt_key(struct vt *vt, struct key key);
/* Whether the program has asked for mouse reports. */
bool vt_wants_mouse(const struct vt *vt);
/* Reports it if the program wants to know of it; false when it does not. */
bool vt_mouse(struct vt *vt, const struct mouse *mouse);
/* A chunk of pasted text. NUL, ENQ, EOT, BS, ESC and DEL in it become blanks, as with xterm, so
 * that it cannot end the brackets; LF becomes CR, as a terminal sends it. */
void vt_paste(struct vt *vt, struct sv text, bool is_first, bool is_last);
/* The terminal has got or lost the focus: told to a program that asks for it. */
void vt_focus(struct vt *vt, bool focused);

/* --- what is there ---------------------------------------------------------------------------- */

/* Its size in cells, within the bounds above. */
void vt_size(const struct vt *vt, int *rows, int *cols);
/* Where the cursor is; false when the program has hidden it. */
bool vt_cursor(const struct vt *vt, int *y, int *x);
/* The shape that the program has asked for. */
enum cursor_shape vt_cursor_shape(const struct vt *vt);
/* Whether the alternate screen is shown (an editor, a pager). */
bool vt_is_alternate(const struct vt *vt);
/* Whether the whole screen is shown in reverse video. */
bool vt_is_reversed(const struct vt *vt);

/*
 * Lines have numbers that they keep while they scroll: [vt_first_line, vt_end_line), the last of
 * them on the screen, whose top is vt_top_line. vt_line gives one of them, borrowed until the next
 * call of anything here; NULL when it is not there (any more).
 */
uint64_t vt_first_line(const struct vt *vt);
uint64_t vt_top_line(const struct vt *vt);
uint64_t vt_end_line(const struct vt *vt);
const struct vt_line *vt_line(struct vt *vt, uint64_t number);

#endif
