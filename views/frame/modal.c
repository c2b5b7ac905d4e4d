#include "views/frame/modal.h"

#include <string.h>

#include "core/base/mem.h"
#include "tui/widget/dialog.h"
#include "tui/widget/menu.h"
#include "views/frame/app_state.h"

enum modal_kind { MODAL_COMMAND, MODAL_FILTER, MODAL_LINE, MODAL_DIALOG, MODAL_MENU };

struct modal {
    enum modal_kind kind;
    struct scope *scope; /* of whoever asked; nobody is told once it is closed */
    struct prompt *prompt;
    struct dialog dialog;
    struct menu menu;
    char *before; /* MODAL_FILTER: the filter to go back to */
    void (*chosen)(void *arg, int choice);
    void (*typed)(void *arg, const char *text);
    void (*drop)(void *arg); /* NULL: arg is not ours */
    void *arg;
};

void modal_free(struct modal *modal)
{
    if (modal == NULL)
        return;
    prompt_close(modal->prompt);
    if (modal->kind == MODAL_DIALOG)
        dialog_done(&modal->dialog);
    if (modal->kind == MODAL_MENU)
        menu_done(&modal->menu);
    if (modal->drop != NULL)
        modal->drop(modal->arg);
    scope_unref(modal->scope);
    mem_free(modal->before);
    mem_free(modal);
}

static struct modal *replace(struct app *app, enum modal_kind kind, struct scope *scope)
{
    struct modal *modal = mem_new(struct modal);

    modal_free(app->modal);
    modal->kind = kind;
    modal->scope = scope_ref(scope);
    app->modal = modal;
    app->dirty = true;
    return modal;
}

/* --- the prompts ----------------------------------------------------------------------------- */

struct offering {
    struct prompt_candidates *candidates;
};

static void offer_word(void *sink, const char *word)
{
    struct offering *offering = sink;

    prompt_candidate(offering->candidates, sv_of(word), SV_NONE);
}

static void complete_name(struct sv prefix, struct prompt_candidates *candidates)
{
    for (size_t i = 0; i < n_view_kinds; i++) {
        if (sv_starts(sv_of(view_kinds[i]->name), prefix))
            prompt_candidate(candidates, sv_of(view_kinds[i]->name), sv_of(view_kinds[i]->help));
    }
    for (size_t i = 0; i < n_commands; i++) {
        if (!(commands[i]->flags & COMMAND_QUIET) && sv_starts(sv_of(commands[i]->name), prefix))
            prompt_candidate(candidates, sv_of(commands[i]->name), sv_of(commands[i]->help));
    }
}

/* The first word is a command or a screen, the others are the command's own business. */
static void complete_command(void *ctx, struct sv line, size_t word_at,
                             struct prompt_candidates *candidates)
{
    struct app *app = ctx;
    struct sv prefix = {line.ptr + word_at, line.len - word_at}, before = {line.ptr, word_at};
    struct sv name = sv_split(&before, ' ');
    struct offering offering = {candidates};
    const struct command *command;
    size_t n_words = 0;

    if (sv_trim((struct sv){line.ptr, word_at}).len == 0) {
        complete_name(prefix, candidates);
        return;
    }
    command = command_find(name);
    for (before = sv_trim(before); before.len > 0; before = sv_trim(before)) {
        sv_split(&before, ' ');
        n_words++;
    }
    if (command != NULL && command->complete != NULL)
        command->complete(app, n_words, prefix, offer_word, &offering);
}

void app_prompt(struct app *app, const char *kind, const char *text)
{
    bool filter = strcmp(kind, "/") == 0;
    struct prompt_options options = {
        .label = kind,
        .initial = text,
        .history = filter ? app->filter_history : app->command_history,
        .complete = filter ? NULL : complete_command,
        .ctx = app,
    };
    struct modal *modal = replace(app, filter ? MODAL_FILTER : MODAL_COMMAND, app->scope);

    modal->before = mem_strdup(text);
    modal->prompt = prompt_open(&options);
}

void app_ask_line(struct app *app, struct scope *scope, const char *label,
                  void (*answered)(void *arg, const char *line), void *arg)
{
    struct modal *modal = replace(app, MODAL_LINE, scope);
    struct prompt_options options = {.label = label, .max_bytes = 255};

    modal->prompt = prompt_open(&options);
    modal->typed = answered;
    modal->arg = arg;
}

static void filter_view(struct app *app, struct sv text, bool final)
{
    struct view *view = app_view(app);
    struct err err = ERR_NONE;

    if (view == NULL || view->kind->filter == NULL)
        return;
    app->message[0] = '\0';
    if (view->kind->filter(view, text, final, &err) != OK)
        app_error(app, &err);
}

static void prompt_accepted(struct app *app, struct modal *modal)
{
    struct sv text = prompt_text(modal->prompt);

    switch (modal->kind) {
    case MODAL_COMMAND:
        command_run_line(app, text);
        break;
    case MODAL_FILTER:
        filter_view(app, text, true);
        break;
    default:
        if (!scope_is_closed(modal->scope)) {
            AUTO_FREE char *line = sv_dup(sv_trim(text));

            modal->typed(modal->arg, line[0] != '\0' ? line : NULL);
        }
    }
}

static void prompt_cancelled(struct app *app, struct modal *modal)
{
    if (modal->kind == MODAL_FILTER)
        filter_view(app, sv_of(modal->before), true);
    else if (modal->kind == MODAL_LINE && !scope_is_closed(modal->scope))
        modal->typed(modal->arg, NULL);
}

static void prompt_event(struct app *app, const struct event *event)
{
    struct modal *modal = app->modal;
    enum prompt_result result = prompt_handle(modal->prompt, event);

    if (result == PROMPT_EDITING && modal->kind == MODAL_FILTER)
        filter_view(app, prompt_text(modal->prompt), false);
    if (result != PROMPT_ACCEPTED && result != PROMPT_CANCELLED)
        return;
    app->modal = NULL; /* before the answer, which may open the next */
    if (result == PROMPT_ACCEPTED)
        prompt_accepted(app, modal);
    else
        prompt_cancelled(app, modal);
    modal_free(modal);
}

/* --- questions ------------------------------------------------------------------------------- */

void app_ask(struct app *app, struct scope *scope, const char *title, const char *text,
             const char *const *choices, size_t n_choices, void (*answered)(void *arg, int choice),
             void *arg)
{
    struct modal *modal = replace(app, MODAL_DIALOG, scope);
    struct dialog_choice labels[DIALOG_CHOICES_MAX];

    for (size_t i = 0; i < n_choices && i < DIALOG_CHOICES_MAX; i++) {
        char first = choices[i][0];

        labels[i] = (struct dialog_choice){
            choices[i], first >= 'A' && first <= 'Z' ? (char)(first + 32) : first, ROLE_TEXT};
    }
    dialog_init_choice(&modal->dialog, sv_of(title), sv_of(text), labels, n_choices);
    modal->chosen = answered;
    modal->arg = arg;
}

void app_ask_typed(struct app *app, struct scope *scope, const char *title, const char *text,
                   const char *expected, const char *verb,
                   void (*answered)(void *arg, const char *typed), void *arg)
{
    struct modal *modal = replace(app, MODAL_DIALOG, scope);

    dialog_init_typed(&modal->dialog, sv_of(title), sv_of(text), sv_of(expected), verb);
    modal->typed = answered;
    modal->arg = arg;
}

static void dialog_event(struct app *app, const struct event *event)
{
    struct modal *modal = app->modal;
    int answer;

    if (dialog_handle(&modal->dialog, event) != WIDGET_CLOSED)
        return;
    app->modal = NULL;
    answer = modal->dialog.answer;
    if (!scope_is_closed(modal->scope)) {
        if (modal->chosen != NULL)
            modal->chosen(modal->arg, answer);
        else if (modal->typed != NULL)
            modal->typed(modal->arg, answer == DIALOG_CANCELLED ? NULL : modal->dialog.field.text);
    }
    modal_free(modal);
}

/* --- menus ----------------------------------------------------------------------------------- */

struct menu *modal_menu(struct app *app, const char *title, void (*chosen)(void *arg, int id),
                        void (*drop)(void *arg), void *arg)
{
    struct modal *modal = replace(app, MODAL_MENU, app->scope);

    menu_init(&modal->menu, sv_of(title));
    modal->chosen = chosen;
    modal->drop = drop;
    modal->arg = arg;
    return &modal->menu;
}

static void menu_event(struct app *app, const struct event *event)
{
    struct modal *modal = app->modal;
    enum widget_result result = menu_handle(&modal->menu, event);
    int id;

    if (result != WIDGET_ACTIVATED && result != WIDGET_CLOSED)
        return;
    id = result == WIDGET_ACTIVATED ? menu_chosen(&modal->menu) : -1;
    app->modal = NULL; /* before the answer, which may open the next */
    modal->chosen(modal->arg, id);
    modal_free(modal);
}

/* --------------------------------------------------------------------------------------------- */

void modal_event(struct app *app, const struct event *event)
{
    app->dirty = true;
    if (app->modal->kind == MODAL_DIALOG)
        dialog_event(app, event);
    else if (app->modal->kind == MODAL_MENU)
        menu_event(app, event);
    else
        prompt_event(app, event);
}

void modal_draw(struct app *app, const struct canvas *whole)
{
    struct modal *modal = app->modal;
    struct rect rest = canvas_rect(whole);

    if (modal->kind == MODAL_DIALOG) {
        dialog_draw(&modal->dialog, whole);
    } else if (modal->kind == MODAL_MENU) {
        menu_draw(&modal->menu, whole);
    } else {
        int rows = prompt_rows(modal->prompt, whole->rows / 2);
        struct canvas foot = canvas_sub(whole, rect_cut_bottom(&rest, rows));

        canvas_clear(&foot, ROLE_INPUT);
        prompt_draw(modal->prompt, &foot);
    }
}
