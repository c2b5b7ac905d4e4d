/*
 * describe: the evidence behind a row: labelled values, or its document as JSON or YAML. The row is
 * the one that was selected when it was opened; what the list does meanwhile does not matter.
 */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/yaml.h"
#include "core/gov/describe/describe.h"
#include "core/gov/planner.h"
#include "tui/widget/detail.h"
#include "tui/widget/pager.h"
#include "views/frame/app.h"
#include "views/list_view/list_view.h"
#include "views/sheets/describe.h"
#include "views/text_view.h"

enum shape { AS_SECTIONS, AS_JSON, AS_YAML };

#define NO_TOPIC N_DESCRIPTION_TOPICS

/* What may be wanted of it at first: by the word that is its argument. */
static const struct wish {
    const char *word;
    enum shape shape;
    enum description_topic topic; /* scrolled to; NO_TOPIC: nothing is */
    const char *lack;             /* is said when no section tells it */
} wishes[] = {
    {"json", AS_JSON, NO_TOPIC, NULL},
    {"yaml", AS_YAML, NO_TOPIC, NULL},
    {"who", AS_SECTIONS, TOPIC_CHANGED_BY,
     "nothing here tells who changed it: this is all there is"},
    {"diff", AS_SECTIONS, TOPIC_DIFFERENCE,
     "nothing here tells what differs: this is all there is"},
};

struct describe {
    const struct screen *screen;
    const char *name_column; /* what `c` copies */
    struct row_ref row;      /* a reference to its table */
    bool is_evidence;        /* of something that is decided on */
    struct description *found;
    struct detail detail;
    struct pager document; /* in shape, unless that is AS_SECTIONS */
    enum shape shape;
    const struct wish *awaited; /* whose topic is still to be scrolled to; NULL: none */
};

static void fill_row(struct detail *detail, const struct screen *screen, const struct row_ref *row)
{
    size_t n;
    const struct column *columns = table_columns(row->table, &n);

    detail_section(detail, sv_of(screen->title));
    for (size_t c = 0; c < n; c++) {
        AUTO(buf_done) struct buf text = BUF_NONE;
        struct cell cell;

        table_cell(row->table, row->row, c, &cell);
        if (cell.absent || (columns[c].flags & COL_PRIVATE))
            continue;
        cell_text(&columns[c], &cell, &text);
        if (text.len == 0)
            continue;
        detail_add(detail, columns[c].type == COL_IDENTITY ? DETAIL_IDENTITY : DETAIL_TEXT,
                   sv_of(columns[c].title), buf_sv(&text));
    }
}

/* What it takes to read it comes first: an answer of AWS is long. */
static void add_unread(struct detail *detail, const struct err *err)
{
    if (err->iam_action[0] != '\0')
        detail_addf(detail, err->where, "%s: it takes %s", err_text(err->code), err->iam_action);
    else
        detail_addf(detail, err->where, "%s: %s", err_text(err->code), err->message);
}

void describe_fill(struct detail *detail, const struct screen *screen, const struct row_ref *row,
                   const struct description *found)
{
    const char *section = "";

    detail_clear(detail);
    fill_row(detail, screen, row);
    if (found == NULL)
        return;
    for (size_t i = 0; i < found->lines.len; i++) {
        const struct description_line *line = &found->lines.ptr[i];

        if (strcmp(section, line->section) != 0)
            detail_section(detail, sv_of(section = line->section));
        detail_add(detail, line->identity ? DETAIL_IDENTITY : DETAIL_TEXT, sv_of(line->label),
                   sv_of(line->value));
    }
    if (found->unread.len > 0)
        detail_section(detail, SV("Could not be read"));
    for (size_t i = 0; i < found->unread.len; i++)
        add_unread(detail, &found->unread.ptr[i]);
}

static void fill_document(struct describe *state)
{
    pager_clear(&state->document);
    if (state->found == NULL)
        pager_add(&state->document, SV("loading…"), ROLE_DIM);
    else if (state->found->json == NULL)
        pager_add(&state->document, SV("AWS keeps no document of this"), ROLE_DIM);
    else if (state->shape == AS_YAML)
        pager_add_yaml(&state->document, sv_of(state->found->json));
    else if (state->shape == AS_JSON)
        pager_add_json(&state->document, sv_of(state->found->json));
}

static void fill(struct describe *state)
{
    describe_fill(&state->detail, state->screen, &state->row, state->found);
    fill_document(state);
}

/* Scrolls to what is awaited, once it is there. What has been read meanwhile stays where it is:
 * whoever moves does not wait any more. */
static void show_awaited(struct view *view)
{
    struct describe *state = view->state;
    const struct wish *wish = state->awaited;

    if (wish == NULL || state->found == NULL)
        return;
    state->awaited = NULL;
    const char *section = description_section(state->found, wish->topic);
    detail_seek(&state->detail, sv_of(section));
    if (section == NULL && app_view(view->app) == view)
        app_message(view->app, TONE_INFO, "%s", wish->lack);
}

static void show(struct view *view, enum shape shape, const struct wish *awaited)
{
    struct describe *state = view->state;

    state->awaited = awaited;
    if (state->shape != shape) {
        state->shape = shape;
        fill_document(state);
    }
    show_awaited(view);
}

static void show_wish(struct view *view, const struct wish *wish)
{
    show(view, wish->shape, wish->topic != NO_TOPIC ? wish : NULL);
}

static const struct wish *wish_of(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(wishes); i++)
        if (strcmp(wishes[i].word, word) == 0)
            return &wishes[i];
    return NULL;
}

static void described(void *arg, struct description *take_description)
{
    struct view *view = arg;
    struct describe *state = view->state;

    description_free(state->found);
    state->found = take_description;
    fill(state);
    show_awaited(view);
    app_redraw(view->app);
}

static void start(struct view *view)
{
    struct describe *state = view->state;

    describe_row(app_gov(view->app), view->scope, state->screen, state->row.table, state->row.row,
                 described, view);
}

/* Whether there is something to decide in the row. */
static bool can_be_decided(const struct row_ref *row)
{
    struct planner_subject subject;
    enum err_code code = planner_subject_of(row->table, row->row, &subject, NULL);

    planner_subject_done(&subject);
    return code == OK;
}

static enum err_code open_view(struct view *view, struct err *err)
{
    struct describe *state = view->state;
    struct view *from = app_view(view->app);

    if (from == NULL || from->kind->open != list_view_open)
        return err_set(err, ERR_USAGE, "describe", "select a row of a list first");
    state->row = list_view_row(from);
    if (state->row.table == NULL)
        return err_set(err, ERR_USAGE, "describe", "there is nothing to tell of it: select %s",
                       list_view_of(from)->tree != NULL ? "a row below it" : "a row");
    table_ref(state->row.table);
    state->is_evidence = can_be_decided(&state->row);
    state->screen = list_view_of(from)->def->screen;
    state->name_column = list_view_of(from)->def->name_column;
    if (state->name_column == NULL)
        state->name_column = state->screen->columns[0].id;
    const struct wish *wish = view->n_args > 0 ? wish_of(view->args[0]) : NULL;
    detail_init(&state->detail);
    pager_init(&state->document);
    if (wish != NULL)
        show_wish(view, wish);
    fill_row(&state->detail, state->screen, &state->row);
    start(view);
    return OK;
}

static void close_view(struct view *view)
{
    struct describe *state = view->state;

    if (state->row.table == NULL)
        return;
    table_unref(state->row.table);
    description_free(state->found);
    detail_done(&state->detail);
    pager_done(&state->document);
}

static void draw(struct view *view, const struct canvas *canvas)
{
    struct describe *state = view->state;

    canvas_clear(canvas, ROLE_TEXT);
    if (state->shape == AS_SECTIONS)
        detail_draw(&state->detail, canvas);
    else
        pager_draw(&state->document, canvas);
}

static void status(struct view *view, struct buf *line)
{
    struct describe *state = view->state;
    char age[CLOCK_AGE_SIZE];

    if (state->found == NULL) {
        buf_add_cstr(line, "loading");
        return;
    }
    clock_age(clock_display_ms() - state->found->read_at_ms, age);
    buf_addf(line, "age %s", age);
}

static void subject(struct view *view, struct buf *line)
{
    static const char *const names[] = {
        [AS_SECTIONS] = "", [AS_JSON] = " json", [AS_YAML] = " yaml"};
    const struct describe *state = view->state;

    buf_add_cstr(line, names[state->shape]);
}

static void position(struct view *view, struct buf *line)
{
    struct describe *state = view->state;

    if (state->shape != AS_SECTIONS)
        pager_position(&state->document, line);
}

static enum err_code filter(struct view *view, struct sv text, bool final, struct err *err)
{
    struct describe *state = view->state;

    if (state->shape == AS_SECTIONS)
        return err_set(err, ERR_UNSUPPORTED, "search", "press J or y: it works in JSON and YAML");
    return text_filter(&state->document, text, final, err);
}

static bool handle(struct view *view, const struct event *event)
{
    struct describe *state = view->state;
    enum widget_result result = state->shape == AS_SECTIONS ? detail_handle(&state->detail, event)
                                                            : pager_handle(&state->document, event);

    if (result == WIDGET_IGNORED)
        return false;
    state->awaited = NULL;
    return true;
}

/* What was changed may be what the evidence is of. */
static void changed(struct view *view, const void *change_status)
{
    const struct change_status *status = change_status;

    if (change_state_has_changed(status->state))
        start(view);
}

/* Who has read the evidence need not go back to the list to decide. */
static bool offers(const struct view *view, const char *command)
{
    const struct describe *state = view->state;

    return state->is_evidence ||
           (strcmp(command, "approve") != 0 && strcmp(command, "reject") != 0);
}

static struct row_ref row(struct view *view)
{
    struct describe *state = view->state;

    return state->row;
}

/* --- commands -------------------------------------------------------------------------------- */

static enum err_code run_move(struct view *view, const struct command_call *call, struct err *err)
{
    struct describe *state = view->state;
    enum move move;

    if (move_of_call(call, &move, err) != OK)
        return err->code;
    state->awaited = NULL;
    if (state->shape == AS_SECTIONS)
        detail_move(&state->detail, move);
    else
        pager_move(&state->document, move);
    return OK;
}

/* The same key again leads back. */
static enum err_code turn_to(struct view *view, enum shape shape)
{
    const struct describe *state = view->state;

    show(view, state->shape == shape ? AS_SECTIONS : shape, NULL);
    return OK;
}

static enum err_code run_json(struct view *view, const struct command_call *call, struct err *err)
{
    (void)call, (void)err;
    return turn_to(view, AS_JSON);
}

static enum err_code run_yaml(struct view *view, const struct command_call *call, struct err *err)
{
    (void)call, (void)err;
    return turn_to(view, AS_YAML);
}

static enum err_code run_describe(struct view *view, const struct command_call *call,
                                  struct err *err)
{
    (void)call, (void)err;
    show(view, AS_SECTIONS, NULL);
    return OK;
}

static enum err_code run_who(struct view *view, const struct command_call *call, struct err *err)
{
    (void)call, (void)err;
    show_wish(view, wish_of("who"));
    return OK;
}

static enum err_code run_diff(struct view *view, const struct command_call *call, struct err *err)
{
    (void)call, (void)err;
    show_wish(view, wish_of("diff"));
    return OK;
}

static enum err_code run_wrap(struct view *view, const struct command_call *call, struct err *err)
{
    struct describe *state = view->state;

    (void)call, (void)err;
    pager_set_wrap(&state->document, !state->document.wrap);
    return OK;
}

static enum err_code run_search(struct view *view, const struct command_call *call, struct err *err)
{
    struct describe *state = view->state;

    return text_search(&state->document, call, err);
}

static enum err_code run_refresh(struct view *view, const struct command_call *call,
                                 struct err *err)
{
    (void)call, (void)err;
    start(view);
    return OK;
}

/* The value of the first line with that label. */
static struct sv found_value(const struct describe *state, const char *label)
{
    for (size_t i = 0; state->found != NULL && i < state->found->lines.len; i++)
        if (sv_eq_nocase(sv_of(state->found->lines.ptr[i].label), sv_of(label)))
            return sv_of(state->found->lines.ptr[i].value);
    return SV_NONE;
}

static void copy_document(struct view *view)
{
    struct describe *state = view->state;
    AUTO(buf_done) struct buf yaml = BUF_CAPPED(SIZE_MAX / 4);
    struct sv json = sv_of(state->found->json);

    if (state->shape == AS_YAML && yaml_add_json(&yaml, json, "yaml", NULL) == OK)
        json = buf_sv(&yaml);
    app_copy(view->app, "the document", json);
}

static enum err_code run_copy(struct view *view, const struct command_call *call, struct err *err)
{
    struct describe *state = view->state;

    (void)err;
    if (strcmp(call->args[0], "arn") == 0)
        app_copy(view->app, "arn", found_value(state, "arn"));
    else if (state->shape != AS_SECTIONS && state->found != NULL && state->found->json != NULL)
        copy_document(view);
    else
        app_copy(view->app, call->args[0], row_text(&state->row, state->name_column));
    return OK;
}

static const struct view_command own_commands[] = {
    {"move", run_move}, {"describe", run_describe}, {"json", run_json}, {"yaml", run_yaml},
    {"who", run_who},   {"diff", run_diff},         {"wrap", run_wrap}, {"search", run_search},
    {"copy", run_copy}, {"refresh", run_refresh},   {NULL, NULL},
};

const struct view_kind view_describe = {
    .name = "describe",
    .title = "Describe",
    .help = "everything known of the selected row",
    .usage = "[json|yaml|who|diff]",
    .args_max = 1,
    .context = "evidence",
    .state_bytes = sizeof(struct describe),
    .open = open_view,
    .close = close_view,
    .draw = draw,
    .commands = own_commands,
    .event = handle,
    .offers = offers,
    .row = row,
    .filter = filter,
    .subject = subject,
    .position = position,
    .status = status,
    .reload = start,
    .changed = changed,
};
