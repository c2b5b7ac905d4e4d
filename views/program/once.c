#include "views/program/once.h"

#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/text.h"
#include "core/gov/queue/item.h"
#include "core/gov/security_group/sg_policy.h"
#include "views/output/handover.h"
#include "views/program/apply.h"
#include "views/program/complain.h"

struct waiting {
    struct load *load;
    bool done;
};

static void on_change(void *arg)
{
    struct waiting *waiting = arg;
    struct load_view view;

    load_read_view(waiting->load, &view);
    waiting->done = view.phase != LOAD_RUNNING;
    load_view_done(&view);
}

/* How long nothing is said to a person who waits, and how often something is from then on. */
#define SILENT_MS     3000
#define TELL_EVERY_MS 10000
#define HOLDERS_MAX   64

/* What holds it back: AWS before our own budget, as nothing can be done about that here. */
static void add_holder(struct gov *gov, struct buf *line)
{
    struct aws_throttle all[HOLDERS_MAX];
    size_t n = client_throttles(gov_client(gov), all, HOLDERS_MAX);
    const struct aws_throttle *holder = n > 0 ? &all[0] : NULL;

    for (size_t i = 0; i < n && holder->by_budget; i++)
        holder = &all[i];
    if (holder == NULL)
        return;
    if (holder->by_budget)
        buf_add_cstr(line, "; calls are kept to a part of AWS's rate, --budget is how much");
    else
        buf_addf(line, "; AWS throttles %s%s%s, which is asked again more slowly, a few times",
                 holder->service, holder->target.region[0] != '\0' ? " in " : "",
                 holder->target.region);
}

/* For people: that it goes on, how far it is, and what takes so long. */
static void say_waiting(struct gov *gov, struct load *load)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    struct load_view view;

    load_read_view(load, &view);
    buf_add_cstr(&line, "still reading: ");
    coverage_line(&view.coverage, &line);
    load_view_done(&view);
    add_holder(gov, &line);
    buf_add_cstr(&line, "; ctrl-c gives up");
    complain_line(buf_cstr(&line));
}

static void wait_for(struct gov *gov, struct waiting *waiting)
{
    bool is_watched = isatty(STDERR_FILENO) == 1;
    int64_t silent_ms = is_watched ? SILENT_MS : -1;

    for (; !run_ui_until(&waiting->done, silent_ms); silent_ms = TELL_EVERY_MS)
        say_waiting(gov, waiting->load);
}

static void write_gap(struct json_writer *w, const struct gap *gap)
{
    jw_object(w);
    jw_string_at(w, "account_id", sv_of(gap->target.account_id));
    jw_string_at(w, "account", sv_of(gap->account_name));
    jw_string_at(w, "region", sv_of(gap->target.region));
    jw_string_at(w, "operation", sv_of(gap->operation));
    jw_string_at(w, "reason", sv_of(err_text(gap->err.code)));
    jw_string_at(w, "code", sv_of(gap->err.aws_code));
    jw_string_at(w, "iam_action", sv_of(gap->err.iam_action));
    jw_string_at(w, "message", sv_of(gap->err.message));
    jw_object_end(w);
}

/* applied: NULL when nothing was to be changed. */
static void write_envelope(struct buf *out, const struct screen *screen,
                           const struct coverage *coverage, const struct rows *rows,
                           const struct applied_list *applied)
{
    struct json_writer w = {.out = out};
    char now[CLOCK_ISO_SIZE];

    clock_iso8601(clock_display_ms(), false, now);
    jw_object(&w);
    jw_string_at(&w, "screen", sv_of(screen->name));
    jw_string_at(&w, "generated_at", sv_of(now));
    jw_key(&w, "coverage");
    jw_object(&w);
    jw_i64_at(&w, "asked", (int64_t)coverage->asked);
    jw_i64_at(&w, "answered", (int64_t)coverage->answered);
    jw_key(&w, "gaps");
    jw_array(&w);
    for (size_t i = 0; i < coverage->gaps.len; i++)
        write_gap(&w, &coverage->gaps.ptr[i]);
    jw_array_end(&w);
    jw_key(&w, "remarks");
    jw_array(&w);
    for (size_t i = 0; i < coverage->remarks.len; i++)
        write_gap(&w, &coverage->remarks.ptr[i]);
    jw_array_end(&w);
    jw_object_end(&w);
    jw_key(&w, "rows");
    export_rows(out, rows, EXPORT_JSON);
    w.need_comma = true;
    if (applied != NULL) {
        jw_key(&w, "applied");
        applied_json(applied, out);
        w.need_comma = true;
        jw_key(&w, "alerts");
        alerted_json(&applied->alerted, out);
        w.need_comma = true;
    }
    jw_object_end(&w);
    buf_add_char(out, '\n');
}

static bool has_high_findings(const struct rows *rows)
{
    for (size_t c = 0; c < rows->n_columns; c++) {
        if (rows->columns[c].type != COL_SEVERITY)
            continue;
        for (size_t r = 0; r < rows->count; r++) {
            struct cell cell;

            rows->cell(rows, r, c, &cell);
            if (severity_parse(cell.text) >= SEVERITY_HIGH)
                return true;
        }
    }
    return false;
}

/* Whether the row, of a list of items, has been mended. */
static bool is_mended(const struct table *table, size_t row, const struct applied_list *applied)
{
    struct cell key;

    if (applied->items.len == 0)
        return false;
    table_cell(table, row, ITEM_KEY, &key);
    return applied_is_done(applied, key.text);
}

/* Whether one of the rows that are printed is one that counts. */
static bool has_findings(const struct options *options, const struct screen *screen,
                         struct projection *printed, const struct applied_list *applied)
{
    const char *counts = options->counts != NULL ? options->counts : screen->counts;
    struct rows rows = projection_rows(printed);
    struct filter *filter = NULL;
    bool found = false;

    if (counts == NULL)
        return has_high_findings(&rows);
    if (filter_parse(sv_of(counts), screen->columns, screen->n_columns, &filter, NULL) != OK)
        return false;
    struct projection *counted = projection_make(projection_table(printed), filter,
                                                 (struct sort_order){.column = -1}, NULL, NULL);
    for (size_t i = 0; !found && i < projection_count(counted); i++) {
        size_t row = projection_row(counted, i);

        found = projection_find(printed, row) != SIZE_MAX &&
                !is_mended(projection_table(printed), row, applied);
    }
    projection_unref(counted);
    filter_free(filter);
    return found;
}

/* Whether one of them could not be compared: a list of items without findings is not one in which
 * all is well then. */
static bool has_unknown(const struct screen *screen, const struct projection *printed)
{
    struct rows rows = projection_rows(printed);

    for (size_t r = 0; screen->columns == item_columns && r < rows.count; r++) {
        struct cell cell;

        rows.cell(&rows, r, ITEM_STATE, &cell);
        if (sv_eq(cell.text, SV("UNKNOWN")))
            return true;
    }
    return false;
}

static bool is_same_reason(const struct gap *a, const struct gap *b)
{
    return strcmp(a->operation, b->operation) == 0 && a->err.code == b->err.code &&
           strcmp(a->err.aws_code, b->err.aws_code) == 0;
}

/* How many of n gaps have the reason of gap i; 0 when an earlier one has told it already. */
static size_t count_reason(const struct gap *gaps, size_t n, size_t i)
{
    size_t count = 1;

    for (size_t k = 0; k < i; k++) {
        if (is_same_reason(&gaps[k], &gaps[i]))
            return 0;
    }
    for (size_t k = i + 1; k < n; k++)
        count += is_same_reason(&gaps[k], &gaps[i]);
    return count;
}

/* "3 gaps: ...", a line a reason; what is one of them. */
static void say_reasons(const char *what, const struct gap *gaps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        AUTO(buf_done) struct buf line = BUF_NONE;
        size_t count = count_reason(gaps, n, i);
        char reason[1024];

        if (count == 0)
            continue;
        err_describe_on_line(&gaps[i].err, reason, sizeof reason);
        buf_addf(&line, "%zu %s%s: %s", count, what, count == 1 ? "" : "s", reason);
        complain_line(buf_cstr(&line));
    }
}

/* On stderr, a line a reason; who reads the envelope has each gap there. */
static void say_coverage(const struct coverage *coverage)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    coverage_line(coverage, &line);
    if (line.len > 0)
        complain_line(buf_cstr(&line));
    say_reasons("gap", coverage->gaps.ptr, coverage->gaps.len);
    say_reasons("remark", coverage->remarks.ptr, coverage->remarks.len);
}

/* For people; machines have it in the envelope. */
static void say_applied(const struct applied_list *applied)
{
    for (size_t i = 0; i < applied->items.len; i++) {
        const struct applied *item = &applied->items.ptr[i];
        AUTO(buf_done) struct buf line = BUF_NONE;

        buf_addf(&line, "%s: %s", item->state, item->what);
        if (item->err.code != OK)
            buf_addf(&line, ": %s", item->err.message);
        complain_line(buf_cstr(&line));
    }
}

/* Whatever the format: nobody else says that nobody was told. */
static void say_alerted(const struct applied_list *applied)
{
    const struct gov_alerted *alerted = &applied->alerted;
    AUTO(buf_done) struct buf line = BUF_NONE;
    char what[1024];

    if (applied->n_here_only > 0) {
        buf_addf(&line, "%zu result%s known here only: no OpsItem could be updated",
                 applied->n_here_only, applied->n_here_only == 1 ? "" : "s");
        complain_line(buf_cstr(&line));
        buf_clear(&line);
    }
    if (alerted->n_failed == 0)
        return;
    err_describe_on_line(&alerted->err, what, sizeof what);
    buf_addf(&line, "%zu alert%s not sent: %s", alerted->n_failed,
             alerted->n_failed == 1 ? "" : "s", what);
    complain_line(buf_cstr(&line));
}

static int print_rows(struct gov *gov, const struct options *options, const struct screen *screen,
                      const struct load_view *view, const struct filter *filter,
                      struct applied_list *applied)
{
    AUTO(buf_done) struct buf out = BUF_CAPPED((size_t)4 << 30);
    struct projection *projection = projection_make(view->table, filter, screen->order, NULL, NULL);
    struct rows rows = projection_rows(projection);
    int status = coverage_exit_status(&view->coverage);
    struct err err = ERR_NONE;

    if (options->apply)
        apply_rows(gov, view, projection, applied);
    if (options->handover)
        handover_write(&rows, &view->coverage, gate_audit_path(gov_gate(gov)),
                       clock_wall_ms() - options->since_ms, options->format == EXPORT_JSON, &out,
                       &err);
    else if (options->format == EXPORT_JSON)
        write_envelope(&out, screen, &view->coverage, &rows, options->apply ? applied : NULL);
    else
        export_rows(&out, &rows, options->format);
    if ((status == 0 || (status == EXIT_PARTIAL && screen->counts_first)) &&
        has_findings(options, screen, projection, applied))
        status = EXIT_FINDINGS;
    if (status == 0 && has_unknown(screen, projection))
        status = EXIT_PARTIAL;
    if (applied->n_bad > 0)
        status = err_exit_status(ERR_REFUSED);
    projection_unref(projection);
    if (buf_err(&out) != OK)
        err_set(&err, buf_err(&out), screen->name, "too many rows to print");
    else if (err.code == OK)
        os_write_all(STDOUT_FILENO, buf_sv(&out), "standard output", &err);
    if (err.code != OK) {
        complain(&err);
        return err_exit_status(err.code);
    }
    if (options->format != EXPORT_JSON)
        say_applied(applied);
    say_alerted(applied);
    if (options->format != EXPORT_JSON)
        say_coverage(&view->coverage);
    return status;
}

/* Nothing could be loaded. Machines read why where they read gaps; a wrong command line is none. */
static int print_failure(const struct options *options, const struct screen *screen,
                         const struct load_view *view, const struct applied_list *applied)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    const struct rows none = {.columns = screen->columns, .n_columns = screen->n_columns};
    int status = err_exit_status(view->err.code);
    struct gap gap = {.err = view->err};
    struct coverage coverage = {0};
    struct err err;

    complain(&view->err);
    if (options->format != EXPORT_JSON || options->handover || status == err_exit_status(ERR_USAGE))
        return status;
    str_copy(gap.operation, view->err.where);
    coverage_copy(&coverage, &view->coverage);
    coverage_add_gap(&coverage, &gap);
    write_envelope(&out, screen, &coverage, &none, options->apply ? applied : NULL);
    coverage_done(&coverage);
    if (os_write_all(STDOUT_FILENO, buf_sv(&out), "standard output", &err) != OK)
        complain(&err);
    return status;
}

int once_run(struct gov *gov, const struct options *options)
{
    const struct screen *screen = screen_find(sv_of(options->once));
    AUTO(applied_done) struct applied_list applied = {0};
    struct waiting waiting = {0};
    struct filter *filter = NULL;
    struct load_view view;
    struct err err;
    int status;

    if (filter_parse(sv_of(options->filter), screen->columns, screen->n_columns, &filter, &err) !=
        OK) {
        complain(&err);
        return err_exit_status(err.code);
    }
    if (options->apply)
        apply_listen(gov, &applied);
    waiting.load = load_open(gov, screen, &options->selection, options->args, options->n_args,
                             LOAD_ESTATE, on_change, &waiting);
    wait_for(gov, &waiting);
    load_read_view(waiting.load, &view);
    status = view.err.code != OK ? print_failure(options, screen, &view, &applied)
                                 : print_rows(gov, options, screen, &view, filter, &applied);
    load_view_done(&view);
    load_close(waiting.load);
    filter_free(filter);
    return status;
}
