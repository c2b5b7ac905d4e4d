/*
 * command: the one way to do anything. A key, the `:` line, the palette, a click, a script and a
 * test end in the same call: a command, its arguments, and the row that it is aimed at.
 *
 * A command is a const struct and one line in commands.def. Help, footer, palette, man page and the
 * README's table of keys are made from these structs.
 */
#ifndef VIEWS_COMMAND_H
#define VIEWS_COMMAND_H

#include "core/model/table.h"

struct selection;
struct app;
struct view;
struct view_scope;

/*
 * The identity of a row, and the row as it was when the command was given: the table is immutable
 * and held, so that nothing a refresh does can make the command act on something else.
 */
struct row_ref {
    struct table *table; /* NULL: no row */
    size_t row;
    uint64_t key;
};

/* The raw text of the row's column called id; SV_NONE when there is no such column or value. */
struct sv row_text(const struct row_ref *row, const char *column_id);

struct command_call {
    struct app *app;
    struct view *view; /* the view that it is aimed at */
    const char *const *args;
    size_t n_args;
    struct row_ref row; /* borrowed while run runs */
};

enum command_flags {
    COMMAND_NEEDS_ROW = 1 << 0, /* refused with a word when no row is selected */
    COMMAND_VIEW = 1 << 1,      /* carried out by the view it is aimed at (struct view_kind) */
    COMMAND_QUIET = 1 << 2,     /* moves and the like: not in the palette */
    COMMAND_DECIDES = 1 << 4,   /* may end in a change of AWS */
    COMMAND_TYPED = 1 << 3,     /* needs arguments: the palette opens the `:` line with it */
};

struct command {
    const char *name;  /* "copy-arn" */
    const char *usage; /* "[FILE]", "" when it takes nothing */
    const char *help;  /* one line, in the imperative */
    unsigned flags;
    unsigned char args_min, args_max;
    /* Calls offer with each completion of the n-th argument that begins with prefix; may be NULL.
     */
    void (*complete)(struct app *app, size_t arg, struct sv prefix,
                     void (*offer)(void *sink, const char *word), void *sink);
    /* NULL for COMMAND_VIEW. An error is shown in the message line. */
    enum err_code (*run)(const struct command_call *call, struct err *err);
};

#define COMMAND(name) extern const struct command command_##name;
#include "views/commands.def"
#undef COMMAND

extern const struct command *const commands[];
extern const size_t n_commands;
const struct command *command_find(struct sv name); /* NULL when there is none */

/*
 * "@ACCOUNTS" or "#REGIONS" into the selection; *is_taken tells whether word is one of them, else
 * nothing is done. Nothing is cut, half a pattern would be another scope: ERR_USAGE when it is too
 * long.
 */
enum err_code command_take_scope(const char *word, struct selection *selection, bool *is_taken,
                                 struct err *err);

/*
 * Carries out command on the focused view: checks the arguments' number and the row, then the
 * view's own handler (COMMAND_VIEW) or run. Errors end in the message line; returns the code.
 */
enum err_code command_run(struct app *app, const struct command *command, const char *const *args,
                          size_t n_args);
/* The same, aimed at row instead of the one under the cursor. */
enum err_code command_run_on(struct app *app, const struct command *command,
                             const char *const *args, size_t n_args, const struct row_ref *row);
/* Whether command can do anything on view (NULL: no view), were a row selected where it has rows.
 */
bool command_applies(const struct command *command, const struct view *view);
/*
 * Parses what a person typed behind `:` (words, "quoted words") and runs it. Names of views are
 * commands too: `:rules @shop #eu-west-1 /ssh` opens that view with a scope and a filter.
 */
enum err_code command_run_line(struct app *app, struct sv line);
/* Opens the screen that such a line names; `at` is its scope where the line says nothing else.
 * ERR_USAGE when no screen is called so or its words are not right; the message line stays. */
enum err_code command_open_screen(struct app *app, struct sv line, const struct view_scope *at,
                                  struct err *err);
/* Whether a line names a screen, as far as that can be told before there is an app. ERR_USAGE says
 * which one may have been meant. */
enum err_code command_check_screen(struct sv line, struct err *err);

#endif
