/*
 * list_view: a screen that is a list of a loadable struct screen. Generic code draws, sorts,
 * filters, marks, exports, copies, refreshes and remembers; a file of its own says only what is
 * particular.
 *
 *     static const struct list_def def = {.screen = &screen_rules, .into = open_rule};
 *     const struct view_kind view_rules = LIST_VIEW(&screen_rules, "rules", &def);
 */
#ifndef VIEWS_LIST_VIEW_H
#define VIEWS_LIST_VIEW_H

#include "core/base/vec.h"
#include "core/model/tree.h"
#include "tui/widget/detail.h"
#include "tui/widget/list.h"
#include "views/frame/app.h"

struct list_def {
    const struct screen *screen;
    /* The rows, published, of what this console itself holds: read at once, and once a second. The
     * screen's load is not used then. NULL: the screen loads them. */
    struct table *(*own)(struct app *app);
    /* Enter on a row; NULL opens describe. */
    enum err_code (*into)(struct view *view, const struct row_ref *row, struct err *err);
    const char *name_column;       /* what `c` copies; NULL: the first column */
    const char *arn_column;        /* what `C` copies; NULL: the column "arn" */
    const char *attention;         /* the filter that `z` lays over the own one; NULL: none */
    const struct tree_shape *tree; /* rows stand under the branches of a path; NULL: a flat list */
    const struct action *actions;  /* of `a`; NULL: the usual ones */
    /* Chooses another number above the list, which Enter opens then; NULL: there are none. */
    enum err_code (*panel)(struct view *view, int step, struct err *err);
    /* Draws something of its own above the list; returns the rows it took. May be NULL. */
    int (*draw_above)(struct view *view, const struct canvas *canvas);
    const char *empty; /* what a list without rows says when nothing is missing; NULL: the usual */
    const char *export_line; /* what `export` alone opens the `:` line with; NULL: a file of rows */
};

/* What a projection is made for. */
struct list_asked {
    char filter[VIEW_FILTER_SIZE];
    bool attention_only;
    struct sort_order order;
};

/* An item that a change has just done away with; the row is not read anew yet. */
struct list_settled {
    char key[65]; /* as in the column "key" */
};

struct list_view {
    const struct list_def *def;
    struct load *load;       /* what is loading or has been loaded last */
    struct table *table;     /* what is shown; an earlier load's until the new one is done */
    int64_t cached_at_ms;    /* when it was read, if it came out of the cache; else 0 */
    struct load_view loaded; /* of `load`, as last read */
    struct projection *projection;
    struct tree *tree; /* of the projection; NULL for flat lists */
    struct sort_order order;
    struct list list;
    struct rect list_area; /* where it was drawn on the screen */
    struct detail preview;
    uint64_t previewed;        /* the identity of the row in it; 0: none */
    struct rect preview_drawn; /* where the last frame has it; empty: nowhere */
    _Atomic bool *cancelled;   /* of the projection being made on the worker; NULL: none is */
    struct list_asked shown, being_made;
    VEC(struct list_settled) settled; /* changed since `table` was read, the newest last */
    char returned[65];                /* an item whose change was undone: the cursor goes back to it
                                         when it is there again; "": none */
    bool again;                       /* another is wanted after it */
    bool filtering;                   /* a filter is being typed... */
    uint64_t filtered_from;           /* ...and the cursor was on this row before; 0: on none */
    bool attention_only, preview_off;
    bool touched; /* the cursor is on something by a person's will: it stays there */
};

/* What can be done with a finding. */
extern const struct action list_finding_actions[];
/* What can be done with an item of any kind that waits for a decision, or with a drift. */
extern const struct action list_item_actions[];
/* What can be done with a rule of AWS Config, or with what it says of a resource. */
extern const struct action list_rule_actions[];

/* The state of an open list view. */
struct list_view *list_view_of(struct view *view);

/* The marked rows in the order of marking, also those that are filtered away: up to max of them
 * into rows, their tables borrowed until the next load ends. Returns how many are marked and there.
 */
size_t list_view_marked(struct view *view, struct row_ref *rows, size_t max);
/* What its rows were made from, as load_view_resources has it. */
size_t list_view_resources(struct view *view, char *why, size_t size);

/* Rows, filter or order have changed: makes the list show what holds now. */
void list_view_project(struct view *view);
/* Shows the tree again after a fold. */
void list_view_show_tree(struct list_view *state);
/* Loads anew; what is shown stays until the new rows are there. */
void list_view_load(struct view *view, bool refresh_estate);

/* The callbacks of LIST_VIEW; a view of its own kind may use them one by one. */
enum err_code list_view_open(struct view *view, struct err *err);
void list_view_close(struct view *view);
void list_view_draw(struct view *view, const struct canvas *canvas);
bool list_view_event(struct view *view, const struct event *event);
struct row_ref list_view_row(struct view *view);
/* Opens a screen on the account and region of row, without a filter; as app_open_scoped. */
enum err_code list_view_open_at(struct view *view, const struct row_ref *row,
                                const struct view_kind *kind, const char *const *args,
                                size_t n_args, struct err *err);
enum err_code list_view_filter(struct view *view, struct sv text, bool final, struct err *err);
void list_view_position(struct view *view, struct buf *line);
void list_view_status(struct view *view, struct buf *line);
void list_view_reload(struct view *view);
void list_view_tick(struct view *view);
void list_view_changed(struct view *view, const void *change_status);
extern const struct view_command list_view_commands[];

/* context: where its keys are bound ("list", or a context that inherits from it). */
#define LIST_VIEW(name_, title_, help_, usage_, args_, context_, def_) \
    LIST_VIEW_ARGS(name_, title_, help_, usage_, args_, args_, context_, def_)
/* The same with arguments that may be left out. */
#define LIST_VIEW_ARGS(name_, title_, help_, usage_, min_, max_, context_, def_)    \
    {                                                                               \
        LIST_VIEW_MEMBERS(name_, title_, help_, usage_, min_, max_, context_, def_) \
    }
/* The members alone, for a view that has others besides. */
#define LIST_VIEW_MEMBERS(name_, title_, help_, usage_, min_, max_, context_, def_)             \
    .name = (name_), .title = (title_), .help = (help_), .usage = (usage_), .args_min = (min_), \
    .args_max = (max_), .context = (context_), .def = (def_),                                   \
    .state_bytes = sizeof(struct list_view), .open = list_view_open, .close = list_view_close,  \
    .draw = list_view_draw, .event = list_view_event, .row = list_view_row,                     \
    .filter = list_view_filter, .position = list_view_position, .status = list_view_status,     \
    .reload = list_view_reload, .tick = list_view_tick, .changed = list_view_changed,           \
    .commands = list_view_commands

#endif
