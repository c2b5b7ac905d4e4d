/*
 * help: what the keys and commands of the screen below do; made from the tables, so it cannot lie.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/widget/pager.h"
#include "views/frame/app.h"
#include "views/text_view.h"

struct help {
    struct pager pager; /* first: text_view */
};

#define KEYS_WIDTH 16
#define KEYS_COLS  (2 + KEYS_WIDTH + 1) /* what stands before the meaning */
#define MEANS_COLS 36                   /* at least */

/* The page, and how wide it was when it was written: meanings go on below themselves. */
struct page {
    struct pager *pager;
    int cols;
};

static void add_line(const struct page *page, struct sv left, struct sv right)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    struct pager_span span = {0};

    buf_add_cstr(&line, "  ");
    buf_add(&line, left);
    span = (struct pager_span){2, (uint32_t)line.len, ROLE_FOOTER_KEY};
    for (size_t width = text_width(left, TEXT_LINE); right.len > 0 && width <= KEYS_WIDTH; width++)
        buf_add_char(&line, ' ');
    buf_add(&line, right);
    pager_add_spans(page->pager, buf_sv(&line), ROLE_TEXT, &span, 1);
}

/* What is longer than the column of the keys has a line of its own. */
static void add_row(const struct page *page, struct sv left, struct sv right)
{
    int width = page->cols - 1 - KEYS_COLS;

    if (text_width(left, TEXT_LINE) > KEYS_WIDTH) {
        add_line(page, left, SV_NONE);
        left = SV("");
    }
    do {
        add_line(page, left, wrap_line(&right, width < MEANS_COLS ? MEANS_COLS : width));
        left = SV("");
    } while (right.len > 0);
}

/* What the arguments of a binding make of its command, in words. Without an argument: whatever it
 * is, it stands behind them. */
static const struct {
    const char *command, *argument, *what;
} meanings[] = {
    {"history", "back", "the screen before"},
    {"history", "forward", "the screen after"},
    {"history", "last", "the screen that was here last"},
    {"scope", "all", "all accounts and regions"},
    {"scope", NULL, "the saved scope"},
    {"sort", "next", "sort by the next column"},
    {"sort", "previous", "sort by the column before"},
    {"sort", "invert", "sort the other way round"},
    {"mark", "toggle", "mark the row, or no longer"},
    {"mark", "range", "mark from the last mark to here"},
    {"mark", "all", "mark all rows that are shown"},
    {"mark", "none", "no marks"},
    {"copy", "name", "copy the name"},
    {"copy", "arn", "copy the ARN"},
    {"copy", "cli", "copy the AWS CLI command that reads it"},
    {"copy", "text", "copy what is selected, or the line"},
    {"session", "leave", "end this shell and go back"},
    {"session", "full", "the shell alone on the screen, or no longer"},
    {"session", "split", "what is known of the node beside it or above, or no longer"},
    {"session", "read", "scroll back, search and select, or back to the shell"},
    {"session", "select", "select from here, or no longer"},
    {"session", "next", "the next shell"},
    {"session", "previous", "the shell before"},
    {"session", "anew", "a new shell on the same node"},
    {"session", NULL, "the shell in tab"},
    {"search", "next", "the next hit"},
    {"search", "previous", "the hit before"},
};

static void add_meaning(struct buf *out, const struct binding *binding,
                        const struct command *command)
{
    const char *argument = binding->n_args > 0 ? binding->args[0] : "";
    const struct view_kind *kind;

    for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
        const char *wanted = meanings[i].argument;

        if (strcmp(meanings[i].command, binding->command) != 0 ||
            (wanted != NULL && strcmp(wanted, argument) != 0))
            continue;
        buf_add_cstr(out, meanings[i].what);
        if (wanted == NULL)
            buf_addf(out, " %s", argument);
        return;
    }
    kind = command == &command_open ? view_kind_find(sv_of(argument)) : NULL;
    if (kind != NULL) {
        buf_addf(out, "%s: %s", kind->title, kind->help);
        return;
    }
    buf_add_cstr(out, command->help);
    for (size_t i = 0; i < binding->n_args; i++)
        buf_addf(out, "%s%s", i == 0 ? ": " : " ", binding->args[i]);
}

/* A row for the binding, unless another key of the same meaning has told it already. */
static void add_binding(const struct page *page, const struct keymap *keymap, const char *context,
                        const struct binding *binding)
{
    const struct command *command = command_find(sv_of(binding->command));
    AUTO(buf_done) struct buf keys = BUF_NONE;
    AUTO(buf_done) struct buf what = BUF_NONE;
    AUTO(buf_done) struct buf first = BUF_NONE;
    struct sv rest, first_keys;

    if (command == NULL)
        return;
    keymap_keys_of(keymap, context, binding->command, binding->args, binding->n_args, &keys);
    binding_keys_text(binding, &first);
    rest = buf_sv(&keys);
    first_keys = sv_split(&rest, ' ');
    if (!sv_eq(first_keys, buf_sv(&first)))
        return;
    add_meaning(&what, binding, command);
    add_row(page, buf_sv(&keys), buf_sv(&what));
}

/* What people call the contexts of the key files, in the order of the help. */
static const struct {
    const char *context, *title;
} groups[] = {
    {"review", "On the sheet"}, {"shell", "Behind Enter and ~ (~~ is a ~ for the node)"},
    {"reading", "Reading"},     {"ended", "When it has ended"},
    {"sessions", "Sessions"},   {"forwards", "Forwards"},
    {"transfers", "Transfers"}, {"triage", "Above the list"},
    {"findings", "Deciding"},   {"parameters", "Deciding"},
    {"evidence", "Deciding"},   {"gaps", "Gaps"},
    {"tree", "Trees"},          {"list", "Lists"},
    {"text", "Texts"},          {"scroll", "Moving"},
    {"global", "Everywhere"},
};

static bool is_of_group(const struct binding *binding, const char *context, size_t group)
{
    size_t own = 0;

    while (own < ARRAY_LEN(groups) && strcmp(groups[own].context, binding->context) != 0)
        own++;
    if (own == ARRAY_LEN(groups)) /* a context of the person's own stands first */
        return group == 0 && strcmp(binding->context, context) == 0;
    return own == group;
}

/* The keys that hold in context, the most particular ones first. */
static void add_keys(const struct page *page, const struct keymap *keymap, const char *context)
{
    for (size_t group = 0; group < ARRAY_LEN(groups); group++) {
        const struct binding *binding;
        bool titled = false;

        for (size_t at = 0; (binding = keymap_next(keymap, context, &at)) != NULL;) {
            if (binding->command == NULL || !is_of_group(binding, context, group))
                continue;
            if (!titled)
                pager_add(page->pager, sv_of(groups[group].title), ROLE_LABEL);
            titled = true;
            add_binding(page, keymap, context, binding);
        }
    }
}

static void add_commands(const struct page *page)
{
    for (size_t i = 0; i < n_view_kinds; i++) {
        AUTO(buf_done) struct buf name = BUF_NONE;

        buf_addf(&name, ":%s %s", view_kinds[i]->name, view_kinds[i]->usage);
        add_row(page, sv_trim(buf_sv(&name)), sv_of(view_kinds[i]->help));
    }
    pager_add(page->pager, SV("\n"), ROLE_TEXT);
    for (size_t i = 0; i < n_commands; i++) {
        AUTO(buf_done) struct buf name = BUF_NONE;

        if (commands[i]->flags & COMMAND_QUIET)
            continue;
        buf_addf(&name, ":%s %s", commands[i]->name, commands[i]->usage);
        add_row(page, sv_trim(buf_sv(&name)), sv_of(commands[i]->help));
    }
}

static const char filter_help[] = "  text            substring of any column\n"
                                  "  !text           not that\n"
                                  "  ~text           the letters in this order\n"
                                  "  col:value       in the column called so; col:=value exactly\n"
                                  "  col:>10         numbers\n"
                                  "  tag:key=value   in the tags\n"
                                  "  \"a b\"           with blanks";

static enum err_code open_view(struct view *view, struct err *err)
{
    struct help *state = view->state;
    struct view *below = app_view(view->app);
    const char *context = view_context(below);
    const struct page page = {&state->pager, app_canvas(view->app).cols};
    AUTO(buf_done) struct buf title = BUF_NONE;

    (void)err;
    pager_init(&state->pager);
    buf_addf(&title, "Keys on %s", below != NULL ? below->kind->title : "every screen");
    pager_add(&state->pager, buf_sv(&title), ROLE_TITLE);
    add_keys(&page, app_keymap(view->app), context);
    pager_add(&state->pager, SV("\n"), ROLE_TEXT);
    pager_add(&state->pager, SV("Behind /"), ROLE_TITLE);
    pager_add(&state->pager, sv_of(filter_help), ROLE_TEXT);
    pager_add(&state->pager, SV("\n"), ROLE_TEXT);
    pager_add(&state->pager, SV("Behind :  (@ACCOUNTS #REGIONS /FILTER may follow a screen)"),
              ROLE_TITLE);
    add_commands(&page);
    return OK;
}

static void close_view(struct view *view)
{
    struct help *state = view->state;

    pager_done(&state->pager);
}

static void draw(struct view *view, const struct canvas *canvas)
{
    struct help *state = view->state;

    canvas_clear(canvas, ROLE_TEXT);
    pager_draw(&state->pager, canvas);
}

static const struct view_command own_commands[] = {
    {"move", text_view_move},
    {"search", text_view_search},
    {NULL, NULL},
};

const struct view_kind view_help = {
    .name = "help",
    .title = "Help",
    .help = "the keys and commands of this screen",
    .usage = "",
    .context = "text",
    .state_bytes = sizeof(struct help),
    .open = open_view,
    .close = close_view,
    .draw = draw,
    .commands = own_commands,
    .event = text_view_event,
    .filter = text_view_filter,
    .position = text_view_position,
};

static enum err_code run_help(const struct command_call *call, struct err *err)
{
    if (call->view != NULL && call->view->kind == &view_help) {
        app_back(call->app);
        return OK;
    }
    return app_open(call->app, &view_help, NULL, 0, err);
}

const struct command command_help = {
    .name = "help", .usage = "", .help = "the keys and commands of this screen", .run = run_help};
