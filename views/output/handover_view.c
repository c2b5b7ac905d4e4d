/*
 * handover: what `watchdeck handover` prints, on the screen: read it, and write it to a file. As of
 * when it was opened; r reads it anew.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tui/widget/pager.h"
#include "views/frame/app.h"
#include "views/output/handover.h"
#include "views/output/save.h"
#include "views/text_view.h"

struct handover {
    struct pager pager; /* first: text_view */
    struct load *load;  /* of approvals */
    int64_t since_ms;   /* how far back */
    const char *path;   /* to be written as soon as it is there; NULL: nowhere. Of view->args */
    bool is_told;       /* the text is there, or on its way */
    int64_t told_at_ms;
    size_t asked, answered;
};

/* --- the text -------------------------------------------------------------------------------- */

/* What it is made of; the worker may take its time. */
struct handover_job {
    struct view *view;
    struct scope *scope; /* a reference */
    struct load_view loaded;
    const char *audit_path; /* of the gate: it outlives the console */
    int64_t from_ms;
    bool json;
    struct buf text;
    struct err err;
};

static struct handover_job *job_new(struct view *view, bool json)
{
    const struct handover *state = view->state;
    struct handover_job *job = mem_new(struct handover_job);

    *job = (struct handover_job){.view = view, .scope = scope_ref(view->scope), .json = json};
    load_read_view(state->load, &job->loaded);
    job->audit_path = gate_audit_path(gov_gate(app_gov(view->app)));
    job->from_ms = clock_display_ms() - state->since_ms;
    return job;
}

static void job_free(void *arg)
{
    struct handover_job *job = arg;

    load_view_done(&job->loaded);
    buf_done(&job->text);
    scope_unref(job->scope);
    mem_free(job);
}

/* On RUN_WORKER. */
static enum err_code make(void *arg, struct buf *out, struct err *err)
{
    const struct handover_job *job = arg;
    struct projection *projection =
        projection_make(job->loaded.table, NULL, screen_approvals.order, NULL, NULL);
    struct rows rows = projection_rows(projection);
    enum err_code code = handover_write(&rows, &job->loaded.coverage, job->audit_path, job->from_ms,
                                        job->json, out, err);

    projection_unref(projection);
    return code;
}

static void show(void *arg)
{
    struct handover_job *job = arg;
    struct handover *state = job->view->state;
    struct sv rest = buf_sv(&job->text);

    pager_clear(&state->pager);
    while (rest.len > 0) {
        struct sv line = sv_split(&rest, '\n');

        pager_add(&state->pager, line.len > 0 ? line : SV("\n"),
                  sv_starts(line, SV("#")) ? ROLE_TITLE : ROLE_TEXT);
    }
    if (job->err.code != OK)
        app_error(job->view->app, &job->err);
    app_redraw(job->view->app);
    job_free(job);
}

static void make_text(void *arg)
{
    struct handover_job *job = arg;

    make(job, &job->text, &job->err);
    run_call(RUN_UI, RUN_URGENT, job->scope, show, job_free, job);
}

/* --- files ----------------------------------------------------------------------------------- */

static enum err_code write_to(struct view *view, const char *path, struct err *err)
{
    bool json = sv_ends(sv_of(path), SV(".json"));

    if (!json && !sv_ends(sv_of(path), SV(".md")))
        return err_set(err, ERR_USAGE, "handover", "\"%s\": end the name in .md or .json", path);
    save_as(view->app, view->scope, path,
            &(struct save){make, job_free, job_new(view, json), "", 0});
    return OK;
}

static enum err_code run_export(struct view *view, const struct command_call *call, struct err *err)
{
    const struct handover *state = view->state;

    if (!state->is_told)
        return err_set(err, ERR_NOT_FOUND, "export", "it is still being read");
    if (call->n_args > 0)
        return write_to(view, call->args[0], err);
    app_prompt(view->app, ":", "export handover.md");
    return OK;
}

/* --- loading --------------------------------------------------------------------------------- */

static void tell(struct view *view, const struct load_view *loaded)
{
    struct handover *state = view->state;
    struct handover_job *job = job_new(view, false);
    struct err err;

    state->is_told = true;
    state->told_at_ms = clock_display_ms();
    state->asked = loaded->coverage.asked;
    state->answered = loaded->coverage.answered;
    run_call(RUN_WORKER, RUN_URGENT, view->scope, make_text, job_free, job);
    if (state->path != NULL && write_to(view, state->path, &err) != OK)
        app_error(view->app, &err);
    state->path = NULL;
}

static void on_change(void *arg)
{
    struct view *view = arg;
    struct handover *state = view->state;
    struct load_view loaded;

    load_read_view(state->load, &loaded);
    state->asked = loaded.coverage.asked;
    state->answered = loaded.coverage.answered;
    if (loaded.phase != LOAD_RUNNING && !state->is_told) {
        if (loaded.err.code != OK)
            app_error(view->app, &loaded.err);
        else
            tell(view, &loaded);
    }
    load_view_done(&loaded);
    app_redraw(view->app);
}

static void start(struct view *view)
{
    struct handover *state = view->state;

    load_close(state->load);
    state->is_told = false;
    state->load = load_open(app_gov(view->app), &screen_approvals, &view->at.selection, NULL, 0, 0,
                            on_change, view);
}

/* "12h" and "FILE", either of them, in that order. */
static enum err_code read_args(struct view *view, struct handover *state, struct err *err)
{
    size_t at = 0;

    state->since_ms = HANDOVER_SINCE_MS;
    if (at < view->n_args && clock_parse_duration(sv_of(view->args[at]), &state->since_ms))
        at++;
    if (at < view->n_args)
        state->path = view->args[at++];
    if (at < view->n_args || state->since_ms <= 0)
        return err_set(err, ERR_USAGE, "handover", "takes a duration, and a file: 12h handover.md");
    if (state->path != NULL && !sv_ends(sv_of(state->path), SV(".json")) &&
        !sv_ends(sv_of(state->path), SV(".md")))
        return err_set(err, ERR_USAGE, "handover",
                       "\"%s\" is no duration like 12h, and no file that ends in .md or .json",
                       state->path);
    return OK;
}

static enum err_code open_view(struct view *view, struct err *err)
{
    struct handover *state = view->state;
    enum err_code code = read_args(view, state, err);

    if (code != OK)
        return code;
    pager_init(&state->pager);
    pager_set_wrap(&state->pager, true);
    pager_add(&state->pager, SV("what waits is being read…"), ROLE_DIM);
    start(view);
    return OK;
}

static void close_view(struct view *view)
{
    struct handover *state = view->state;

    if (state->load == NULL)
        return;
    load_close(state->load);
    pager_done(&state->pager);
}

/* --- the screen ------------------------------------------------------------------------------ */

static void draw(struct view *view, const struct canvas *canvas)
{
    struct handover *state = view->state;

    canvas_clear(canvas, ROLE_TEXT);
    pager_draw(&state->pager, canvas);
}

static void status(struct view *view, struct buf *line)
{
    const struct handover *state = view->state;
    char age[CLOCK_AGE_SIZE];

    if (state->asked > 0)
        buf_addf(line, "%zu/%zu  ", state->answered, state->asked);
    if (!state->is_told) {
        buf_add_cstr(line, "loading");
        return;
    }
    clock_age(clock_display_ms() - state->told_at_ms, age);
    buf_addf(line, "age %s", age);
}

static void hints(const struct view *view, struct buf *line)
{
    (void)view;
    buf_add_cstr(line, "ctrl-s to a file  / search  n next  w wrap  r anew  q back  ? help");
}

static enum err_code run_refresh(struct view *view, const struct command_call *call,
                                 struct err *err)
{
    (void)call, (void)err;
    start(view);
    return OK;
}

static const struct view_command own_commands[] = {
    {"move", text_view_move}, {"search", text_view_search}, {"wrap", text_view_wrap},
    {"refresh", run_refresh}, {"export", run_export},       {NULL, NULL},
};

const struct view_kind view_handover = {
    .name = "handover",
    .title = "Handover",
    .help = "what waits, what is left as it is, what was decided by whom: for the next shift",
    .usage = "[12h] [FILE.md|json]",
    .args_max = 2,
    .takes_paths = true,
    .context = "report",
    .state_bytes = sizeof(struct handover),
    .open = open_view,
    .close = close_view,
    .draw = draw,
    .commands = own_commands,
    .hints = hints,
    .event = text_view_event,
    .filter = text_view_filter,
    .position = text_view_position,
    .status = status,
    .reload = start,
};
