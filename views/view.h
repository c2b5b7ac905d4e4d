/*
 * view: a screen. A const struct of what it can do, and one line in views.def.
 *
 * Most screens are lists of a loadable struct screen: those are made by one line of LIST_VIEW, see
 * list_view.h.
 */
#ifndef VIEWS_VIEW_H
#define VIEWS_VIEW_H

#include "core/gov/gov.h"
#include "core/run/run.h"
#include "tui/canvas.h"
#include "tui/input.h"
#include "views/command.h"

struct view_kind;

#define VIEW_ARGS_MAX    11
#define VIEW_FILTER_SIZE 256

/* What a view looks at: which accounts and regions, and which of the rows. */
struct view_scope {
    struct selection selection;
    char filter[VIEW_FILTER_SIZE];
};

/* An open screen. */
struct view {
    const struct view_kind *kind;
    struct app *app;
    struct view_scope at;
    struct scope *scope; /* closed with the view: nothing begun in it arrives afterwards */
    void *state;         /* kind->state_bytes, zeroed before open */
    char *args[VIEW_ARGS_MAX];
    size_t n_args;
};

/* A command of COMMAND_VIEW and what this view does at it. */
struct view_command {
    const char *name;
    enum err_code (*run)(struct view *view, const struct command_call *call, struct err *err);
};

struct view_kind {
    const char *name;    /* ":findings" */
    const char *title;   /* "Findings" */
    const char *help;    /* one line */
    const char *usage;   /* of its arguments */
    const char *context; /* where its keys are bound: "list", "review", ... */
    size_t state_bytes;
    unsigned char args_min, args_max;
    bool takes_paths; /* on the `:` line `/x` is an argument while there may be one, not a filter */
    bool hides_args;  /* its arguments are not for people: the title is the title alone */
    const void *def;  /* what a generic kind is made of: struct list_def for lists */

    enum err_code (*open)(struct view *view, struct err *err);
    void (*close)(struct view *view);
    /* Covers all of canvas, on which stands what was drawn last. */
    void (*draw)(struct view *view, const struct canvas *canvas);
    const struct view_command *commands; /* the NULL name ends the table; may be NULL */
    /* Whether a command makes sense here as it is now: hints and the palette leave out what does
     * not. NULL: all of them, always. */
    bool (*offers)(const struct view *view, const char *command);
    /* What a command does here, where that is not what the hint says of it else: a constant; NULL:
     * as else. May be NULL. */
    const char *(*label)(const struct view *view, const char *command);
    /* A key before the keymap sees it, for terminals: true when it was used. May be NULL. */
    bool (*key)(struct view *view, struct key key);
    /* Where its keys are bound now, when that changes; NULL: always in context. */
    const char *(*mode)(const struct view *view);
    /* Whether it has the whole screen, without header, title and foot. May be NULL: it has not. */
    bool (*is_full)(const struct view *view);
    /* What the foot says of its keys; NULL: those that are bound to well-known commands. */
    void (*hints)(const struct view *view, struct buf *line);
    /* What keys do not cover: mouse, paste; true when it was used. May be NULL. */
    bool (*event)(struct view *view, const struct event *event);
    /* The row that commands are aimed at; table NULL when there is none. May be NULL. */
    struct row_ref (*row)(struct view *view);
    /* What stands behind `/`, as it is typed (final: Enter was pressed); "" clears it. ERR_USAGE
     * with the reason while it cannot be understood. May be NULL. */
    enum err_code (*filter)(struct view *view, struct sv text, bool final, struct err *err);
    /* What it is about, behind the title in the place of its arguments. May be NULL. */
    void (*subject)(struct view *view, struct buf *line);
    /* "12/840  sort: severity": beside the title. May be NULL. */
    void (*position)(struct view *view, struct buf *line);
    /* The right end of the header: coverage, age, progress. May be NULL. */
    void (*status)(struct view *view, struct buf *line);
    /* Once a second while it is shown. May be NULL. */
    void (*tick)(struct view *view);
    /* The scope has changed: load anew. May be NULL. */
    void (*reload)(struct view *view);
    /* A change has made a step (struct change_status). May be NULL. */
    void (*changed)(struct view *view, const void *change_status);
};

#define VIEW(name) extern const struct view_kind view_##name;
#include "views/views.def"
#undef VIEW

/* Where the keys of view are bound now; "global" for NULL. */
const char *view_context(const struct view *view);
/* What view itself does at the command called name; NULL when that is nothing of its own. */
const struct view_command *view_command_find(const struct view *view, const char *name);

extern const struct view_kind *const view_kinds[];
extern const size_t n_view_kinds;
/* The kind of that name; NULL when there is none. */
const struct view_kind *view_kind_find(struct sv name);

#endif
