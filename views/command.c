#include "views/command.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/base/nearest.h"
#include "core/base/vec.h"
#include "views/frame/app.h"

const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "views/commands.def"
#undef COMMAND
};
const size_t n_commands = ARRAY_LEN(commands);

const struct command *command_find(struct sv name)
{
    for (size_t i = 0; i < n_commands; i++) {
        if (sv_eq_cstr(name, commands[i]->name))
            return commands[i];
    }
    return NULL;
}

struct sv row_text(const struct row_ref *row, const char *column_id)
{
    return row->table != NULL ? table_text(row->table, row->row, column_id) : SV_NONE;
}

/* The view's own way of doing it comes before the command's. */
static enum err_code dispatch(const struct command *command, const struct command_call *call,
                              struct err *err)
{
    const struct view_command *own =
        call->view != NULL ? view_command_find(call->view, command->name) : NULL;

    if (own != NULL)
        return own->run(call->view, call, err);
    if (command->run != NULL)
        return command->run(call, err);
    return err_set(err, ERR_UNSUPPORTED, command->name, "does nothing on this screen");
}

bool command_applies(const struct command *command, const struct view *view)
{
    const struct view_kind *kind = view != NULL ? view->kind : NULL;

    if ((command->flags & COMMAND_NEEDS_ROW) && (kind == NULL || kind->row == NULL))
        return false;
    if (command == &command_filter && (kind == NULL || kind->filter == NULL))
        return false;
    if (kind != NULL && kind->offers != NULL && !kind->offers(view, command->name))
        return false;
    return command->run != NULL || (view != NULL && view_command_find(view, command->name) != NULL);
}

enum err_code command_run_on(struct app *app, const struct command *command,
                             const char *const *args, size_t n_args, const struct row_ref *row)
{
    struct command_call call = {
        .app = app, .view = app_view(app), .args = args, .n_args = n_args, .row = *row};
    struct err err = ERR_NONE;

    if (n_args < command->args_min || n_args > command->args_max)
        err_set(&err, ERR_USAGE, command->name, "usage: %s %s", command->name, command->usage);
    else if ((command->flags & COMMAND_NEEDS_ROW) && row->table == NULL)
        err_set(&err, ERR_USAGE, command->name, "select a row first");
    else
        dispatch(command, &call, &err);
    if (err.code != OK)
        app_error(app, &err);
    return err.code;
}

enum err_code command_run(struct app *app, const struct command *command, const char *const *args,
                          size_t n_args)
{
    struct view *view = app_view(app);
    struct row_ref row = {0};

    if (view != NULL && view->kind->row != NULL)
        row = view->kind->row(view);
    return command_run_on(app, command, args, n_args, &row);
}

/* --- the `:` line ---------------------------------------------------------------------------- */

#define LINE_WORDS_MAX 16

/* Words apart by blanks, "quoted" ones whole; false when a quote stays open or there are too many.
 */
static bool split_words(struct sv line, char **words, size_t *n_words)
{
    AUTO(buf_done) struct buf word = BUF_NONE;
    bool quoted = false, begun = false;

    *n_words = 0;
    for (size_t i = 0; i <= line.len; i++) {
        char c = i < line.len ? line.ptr[i] : ' ';

        if (c == '"') {
            quoted = !quoted;
            begun = true;
        } else if (c == ' ' && (!quoted || i == line.len)) {
            if (!begun)
                continue;
            if (*n_words == LINE_WORDS_MAX)
                return false;
            words[(*n_words)++] = mem_strdup(buf_cstr(&word));
            buf_clear(&word);
            begun = false;
        } else {
            buf_add_char(&word, c);
            begun = true;
        }
    }
    return !quoted;
}

/* Whole, or not at all. */
static enum err_code take_text(const char *text, char *to, size_t size, const char *where,
                               struct err *err)
{
    if (strlen(text) >= size)
        return err_set(err, ERR_USAGE, where, "is longer than %zu bytes", size - 1);
    sv_copy(sv_of(text), to, size);
    return OK;
}

enum err_code command_take_scope(const char *word, struct selection *selection, bool *is_taken,
                                 struct err *err)
{
    *is_taken = true;
    if (word[0] == '@')
        return take_text(word + 1, selection->accounts, sizeof selection->accounts, "@", err);
    if (word[0] == '#')
        return take_text(word + 1, selection->regions, sizeof selection->regions, "#", err);
    *is_taken = false;
    return OK;
}

/*
 * `@ACCOUNTS`, `#REGIONS` and `/FILTER` among the words of a view's name are its scope. A filter
 * takes the words behind it along, as `/` does on the screen: the arguments stand before it.
 */
static enum err_code open_view(struct app *app, const struct view_kind *kind,
                               const struct view_scope *at, char **words, size_t n_words,
                               struct err *err)
{
    struct view_scope scope = *at;
    const char *args[LINE_WORDS_MAX];
    size_t n_args = 0, args_wanted = kind->takes_paths ? kind->args_max : kind->args_min;
    AUTO(buf_done) struct buf filter = BUF_NONE;
    enum err_code code = OK;

    for (size_t i = 1; i < n_words && code == OK; i++) {
        bool is_taken;

        code = command_take_scope(words[i], &scope.selection, &is_taken, err);
        if (is_taken)
            continue;
        if (filter.len > 0)
            buf_addf(&filter, " %s", words[i]);
        else if (words[i][0] == '/' && n_args >= args_wanted)
            buf_add_cstr(&filter, words[i] + 1);
        else
            args[n_args++] = words[i];
    }
    if (code == OK && filter.len > 0)
        code = take_text(buf_cstr(&filter), scope.filter, sizeof scope.filter, "/", err);
    return code == OK ? app_open_scoped(app, kind, args, n_args, &scope, err) : code;
}

/* `and_commands`: these could have been meant too. */
static enum err_code unknown_name(const char *name, bool and_commands, struct err *err)
{
    AUTO(buf_done) struct buf hint = BUF_NONE;
    struct nearest nearest;

    nearest_init(&nearest, sv_of(name));
    for (size_t i = 0; i < n_view_kinds; i++)
        nearest_offer(&nearest, view_kinds[i]->name);
    for (size_t i = 0; and_commands && i < n_commands; i++)
        nearest_offer(&nearest, commands[i]->name);
    nearest_hint(&nearest, &hint);
    return err_set(err, ERR_USAGE, name, "is no %sscreen%s", and_commands ? "command and no " : "",
                   buf_cstr(&hint));
}

/* What a line is made of; words are the caller's, up to the first that is NULL. */
static enum err_code read_line(struct sv line, char **words, size_t *n_words, struct err *err)
{
    if (split_words(sv_trim(line), words, n_words))
        return OK;
    return err_set(err, ERR_USAGE, ":", "a quote is not closed, or there are too many words");
}

static void free_words(char **words, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++)
        mem_free(words[i]);
}

enum err_code command_run_line(struct app *app, struct sv line)
{
    char *words[LINE_WORDS_MAX] = {0};
    size_t n_words = 0;
    struct err err = ERR_NONE;
    enum err_code code = read_line(line, words, &n_words, &err);

    if (code == OK && n_words > 0) {
        const struct command *command = command_find(sv_of(words[0]));
        const struct view_kind *kind = view_kind_find(sv_of(words[0]));
        const struct view_scope at = {.selection = *app_selection(app)};

        if (command != NULL)
            code = command_run(app, command, (const char *const *)&words[1], n_words - 1);
        else if (kind != NULL)
            code = open_view(app, kind, &at, words, n_words, &err);
        else
            code = unknown_name(words[0], true, &err);
    }
    if (err.code != OK)
        app_error(app, &err);
    free_words(words, n_words);
    return code;
}

enum err_code command_open_screen(struct app *app, struct sv line, const struct view_scope *at,
                                  struct err *err)
{
    char *words[LINE_WORDS_MAX] = {0};
    size_t n_words = 0;
    enum err_code code = read_line(line, words, &n_words, err);

    if (code == OK) {
        const struct view_kind *kind = n_words > 0 ? view_kind_find(sv_of(words[0])) : NULL;

        code = kind != NULL ? open_view(app, kind, at, words, n_words, err)
                            : unknown_name(n_words > 0 ? words[0] : ":", false, err);
    }
    free_words(words, n_words);
    return code;
}

enum err_code command_check_screen(struct sv line, struct err *err)
{
    char *words[LINE_WORDS_MAX] = {0};
    size_t n_words = 0;
    enum err_code code = read_line(line, words, &n_words, err);

    if (code == OK && (n_words == 0 || view_kind_find(sv_of(words[0])) == NULL))
        code = unknown_name(n_words > 0 ? words[0] : ":", false, err);
    free_words(words, n_words);
    return code;
}
