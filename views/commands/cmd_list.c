/*
 * The commands that each view carries out in its own way. They are declared here once, with what
 * help and completion say of them; struct view_kind.commands says who does what.
 */
#include "core/base/mem.h"
#include "tui/widget/widget.h"
#include "views/frame/app.h"

/* Offers those of the NULL-terminated words that begin with prefix. */
static void offer_words(const char *const *words, struct sv prefix,
                        void (*offer)(void *sink, const char *word), void *sink)
{
    for (; *words != NULL; words++) {
        if (sv_starts(sv_of(*words), prefix))
            offer(sink, *words);
    }
}

static void complete_move(struct app *app, size_t arg, struct sv prefix,
                          void (*offer)(void *sink, const char *word), void *sink)
{
    (void)app;
    for (int move = 0; arg == 0 && move < MOVE_COUNT; move++) {
        if (sv_starts(sv_of(move_name(move)), prefix))
            offer(sink, move_name(move));
    }
}

static void complete_mark(struct app *app, size_t arg, struct sv prefix,
                          void (*offer)(void *sink, const char *word), void *sink)
{
    static const char *const words[] = {"toggle", "range", "all", "none", NULL};

    (void)app;
    if (arg == 0)
        offer_words(words, prefix, offer, sink);
}

static void complete_sort(struct app *app, size_t arg, struct sv prefix,
                          void (*offer)(void *sink, const char *word), void *sink)
{
    static const char *const words[] = {"next", "previous", "invert", NULL};
    struct view *view = app_view(app);
    struct row_ref row = {0};
    size_t n_columns = 0;
    const struct column *columns;

    if (arg != 0)
        return;
    offer_words(words, prefix, offer, sink);
    if (view != NULL && view->kind->row != NULL)
        row = view->kind->row(view);
    columns = row.table != NULL ? table_columns(row.table, &n_columns) : NULL;
    for (size_t i = 0; i < n_columns; i++) {
        if (sv_starts(sv_of(columns[i].id), prefix))
            offer(sink, columns[i].id);
    }
}

#define VIEW_COMMAND(id, name_, usage_, min, max, flags_, completer, help_) \
    const struct command command_##id = {.name = (name_),                   \
                                         .usage = (usage_),                 \
                                         .help = (help_),                   \
                                         .flags = COMMAND_VIEW | (flags_),  \
                                         .args_min = (min),                 \
                                         .args_max = (max),                 \
                                         .complete = (completer)}

VIEW_COMMAND(move, "move", "DIRECTION", 1, 1, COMMAND_QUIET, complete_move, "move the cursor");
VIEW_COMMAND(into, "into", "", 0, 0, 0, NULL, "open what the row stands for");
VIEW_COMMAND(sort, "sort", "next|previous|invert|COLUMN", 1, 1, COMMAND_TYPED, complete_sort,
             "sort by another column");
VIEW_COMMAND(mark, "mark", "toggle|range|all|none", 1, 1, COMMAND_QUIET, complete_mark,
             "mark rows for an action on many");
VIEW_COMMAND(copy, "copy", "name|arn|cli|COLUMN", 1, 1, COMMAND_NEEDS_ROW | COMMAND_TYPED, NULL,
             "copy a value of the row to the clipboard");
VIEW_COMMAND(refresh, "refresh", "", 0, 0, 0, NULL, "load again");
VIEW_COMMAND(attention, "attention", "", 0, 0, 0, NULL, "only the rows that need attention");
VIEW_COMMAND(export, "export", "[FILE.csv|json|ndjson|md|txt]", 0, 1, 0, NULL,
             "write the rows that are shown to a file");
VIEW_COMMAND(actions, "actions", "", 0, 0, COMMAND_NEEDS_ROW, NULL,
             "what can be done with this row");
VIEW_COMMAND(pane, "pane", "", 0, 0, COMMAND_QUIET, NULL, "show or hide the preview");
VIEW_COMMAND(panel, "panel", "next|previous", 1, 1, COMMAND_QUIET, NULL,
             "go to a number above the list; Enter opens its rows");
VIEW_COMMAND(fold, "fold", "", 0, 0, COMMAND_QUIET, NULL, "fold the branch");
VIEW_COMMAND(unfold, "unfold", "", 0, 0, COMMAND_QUIET, NULL, "unfold the branch");
VIEW_COMMAND(search, "search", "next|previous", 1, 1, COMMAND_QUIET, NULL, "go to the next hit");
VIEW_COMMAND(wrap, "wrap", "", 0, 0, 0, NULL, "wrap long lines, or scroll sideways");
VIEW_COMMAND(consent, "consent", "", 0, 0, 0, NULL, "approve the plan that is on the sheet");
