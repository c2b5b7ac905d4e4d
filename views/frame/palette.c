/*
 * palette: menus of what can be done: all commands and screens, or what a row offers.
 */
#include <string.h>

#include "core/base/mem.h"
#include "tui/widget/menu.h"
#include "views/frame/app_state.h"

/* What a menu stands for, and the row that it was opened on, whatever the list does meanwhile. */
struct palette {
    struct app *app;
    struct row_ref row;
    const struct action *actions; /* NULL: all commands and screens */
};

static void drop(void *arg)
{
    struct palette *palette = arg;

    table_unref(palette->row.table);
    mem_free(palette);
}

static void open_line(struct app *app, const char *name)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    buf_addf(&line, "%s ", name);
    app_prompt(app, ":", buf_cstr(&line));
}

/* --- what a row offers ----------------------------------------------------------------------- */

static void action_chosen(void *arg, int id)
{
    const struct palette *palette = arg;
    const struct action *action;

    if (id < 0)
        return;
    action = &palette->actions[id];
    command_run_on(palette->app, command_find(sv_of(action->command)), &action->argument,
                   action->argument != NULL ? 1 : 0, &palette->row);
}

static void add_action(struct menu *menu, struct app *app, const struct action *action, int id)
{
    const struct view *view = app_view(app);
    const struct command *command = command_find(sv_of(action->command));
    AUTO(buf_done) struct buf keys = BUF_NONE;
    AUTO(buf_done) struct buf detail = BUF_NONE;

    keymap_keys_of(app->keymap, view_context(view), action->command, &action->argument,
                   action->argument != NULL ? 1 : 0, &keys);
    buf_add_cstr(&detail, action->reach);
    if (action->iam_action != NULL)
        buf_addf(&detail, "%s%s", detail.len > 0 ? "; needs " : "needs ", action->iam_action);
    menu_add(menu, sv_of(action->verb), buf_sv(&keys), buf_sv(&detail), id,
             command->flags & COMMAND_DECIDES ? ROLE_DANGER : ROLE_TEXT);
}

void app_actions(struct app *app, const char *title, const struct row_ref *row,
                 const struct action *actions)
{
    struct palette *palette = mem_new(struct palette);
    struct menu *menu = modal_menu(app, title, action_chosen, drop, palette);

    palette->app = app;
    palette->row = *row;
    palette->row.table = row->table != NULL ? table_ref(row->table) : NULL;
    palette->actions = actions;
    for (int i = 0; actions[i].command != NULL; i++)
        add_action(menu, app, &actions[i], i);
}

/* --- all commands and screens ---------------------------------------------------------------- */

/* ids: commands from 0, views behind them. */
static void entry_chosen(void *arg, int id)
{
    const struct palette *palette = arg;
    struct app *app = palette->app;
    struct err err = ERR_NONE;

    if (id < 0)
        return;
    if ((size_t)id < n_commands) {
        if (commands[id]->flags & COMMAND_TYPED)
            open_line(app, commands[id]->name);
        else
            command_run_on(app, commands[id], NULL, 0, &palette->row);
        return;
    }
    const struct view_kind *kind = view_kinds[(size_t)id - n_commands];

    if (kind->args_min > 0)
        open_line(app, kind->name);
    else if (app_open(app, kind, NULL, 0, &err) != OK)
        app_error(app, &err);
}

static void add_command(struct menu *menu, struct sv keys, int id)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    buf_addf(&text, "%s %s", commands[id]->name, commands[id]->usage);
    menu_add(menu, sv_trim(buf_sv(&text)), keys, sv_of(commands[id]->help), id, ROLE_TEXT);
}

/* How useful a command is here: decisions, what the view does itself, what has a key, the rest. */
enum usefulness { DECIDING, OF_THE_VIEW, WITH_A_KEY, BY_NAME, AT_LAST };

static enum usefulness usefulness_of(const struct command *command, const struct view *view,
                                     bool has_key)
{
    if (command == &command_quit)
        return AT_LAST;
    if (has_key && (command->flags & COMMAND_DECIDES))
        return DECIDING;
    if (view != NULL && view_command_find(view, command->name) != NULL)
        return OF_THE_VIEW;
    return has_key ? WITH_A_KEY : BY_NAME;
}

static void add_commands(struct menu *menu, struct app *app, enum usefulness wanted)
{
    const struct view *view = app_view(app);
    const char *context = view_context(view);

    for (size_t i = 0; i < n_commands; i++) {
        AUTO(buf_done) struct buf keys = BUF_NONE;

        if ((commands[i]->flags & COMMAND_QUIET) || !command_applies(commands[i], view))
            continue;
        keymap_keys_of(app->keymap, context, commands[i]->name, NULL, 0, &keys);
        if (usefulness_of(commands[i], view, keys.len > 0) == wanted)
            add_command(menu, buf_sv(&keys), (int)i);
    }
}

static void add_screens(struct menu *menu)
{
    for (size_t i = 0; i < n_view_kinds; i++) {
        AUTO(buf_done) struct buf text = BUF_NONE;

        buf_addf(&text, ":%s %s", view_kinds[i]->name, view_kinds[i]->usage);
        menu_add(menu, sv_trim(buf_sv(&text)), sv_of(view_kinds[i]->title),
                 sv_of(view_kinds[i]->help), (int)(n_commands + i), ROLE_LINK);
    }
}

void app_palette(struct app *app)
{
    struct palette *palette = mem_new(struct palette);
    struct menu *menu = modal_menu(app, "Commands", entry_chosen, drop, palette);
    struct view *view = app_view(app);

    palette->app = app;
    if (view != NULL && view->kind->row != NULL)
        palette->row = view->kind->row(view);
    if (palette->row.table != NULL)
        table_ref(palette->row.table);
    for (enum usefulness wanted = DECIDING; wanted < AT_LAST; wanted++)
        add_commands(menu, app, wanted);
    add_screens(menu);
    add_commands(menu, app, AT_LAST);
}
