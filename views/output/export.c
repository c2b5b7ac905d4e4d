#include "views/output/export.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "views/list_view/list_view.h"
#include "views/output/save.h"

static bool format_of(struct sv path, enum export_format *format)
{
    static const struct {
        const char *end;
        enum export_format format;
    } ends[] = {
        {".csv", EXPORT_CSV},     {".json", EXPORT_JSON}, {".ndjson", EXPORT_NDJSON},
        {".md", EXPORT_MARKDOWN}, {".txt", EXPORT_TABLE},
    };

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        *format = ends[i].format;
        if (sv_ends(path, sv_of(ends[i].end)))
            return true;
    }
    return false;
}

/* What is shown now: a refresh changes nothing of it. */
struct export_job {
    struct projection *projection; /* a reference */
    enum export_format format;
    struct buf heading; /* of Markdown: what the list is, and what of it could not be read */
};

static void drop(void *arg)
{
    struct export_job *job = arg;

    projection_unref(job->projection);
    buf_done(&job->heading);
    mem_free(job);
}

static enum err_code make(void *arg, struct buf *out, struct err *err)
{
    const struct export_job *job = arg;
    struct rows rows = projection_rows(job->projection);

    (void)err;
    buf_add(out, buf_sv(&job->heading));
    export_rows(out, &rows, job->format);
    return OK;
}

static void add_heading(struct list_view *state, const struct view *view, struct buf *heading)
{
    char now[CLOCK_ISO_SIZE];

    clock_iso8601(clock_display_ms(), false, now);
    buf_addf(heading, "# %s, %s\n\n", view->kind->title, now);
    coverage_line(&state->loaded.coverage, heading);
    buf_add_cstr(heading, "\n\n");
}

static void ask_name(struct view *view)
{
    const char *line = list_view_of(view)->def->export_line;
    AUTO(buf_done) struct buf text = BUF_NONE;

    if (line != NULL)
        buf_add_cstr(&text, line);
    else
        buf_addf(&text, "export %s.csv", view->kind->name);
    app_prompt(view->app, ":", buf_cstr(&text));
}

enum err_code export_run(struct view *view, const struct command_call *call, struct err *err)
{
    struct list_view *state = list_view_of(view);
    enum export_format format;

    if (state->projection == NULL)
        return err_set(err, ERR_NOT_FOUND, "export", "there are no rows yet");
    if (call->n_args == 0) {
        ask_name(view);
        return OK;
    }
    if (!format_of(sv_of(call->args[0]), &format))
        return err_set(err, ERR_USAGE, "export", "end it in .csv, .json, .ndjson, .md or .txt");
    struct export_job *job = mem_new(struct export_job);
    *job = (struct export_job){projection_ref(state->projection), format, BUF_NONE};
    if (format == EXPORT_MARKDOWN)
        add_heading(state, view, &job->heading);
    save_as(view->app, view->scope, call->args[0],
            &(struct save){make, drop, job, "rows", projection_count(job->projection)});
    return OK;
}
