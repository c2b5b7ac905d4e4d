/* The commands that decide on changes. What they change, they change through the gate alone. */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "views/list_view/list_view.h"
#include "views/sheets/bulk.h"

static enum err_code open_review(struct app *app, const struct planner_subject *subject,
                                 struct err *err)
{
    const char *args[VIEW_ARGS_MAX] = {subject->planner->name, subject->target.account_id,
                                       subject->target.region};
    size_t n = subject->planner->n_args;

    for (size_t i = 0; i < n; i++)
        args[3 + i] = subject->args[i];
    return app_open(app, &view_review, args, 3 + n, err);
}

/* The marked rows, when there are any, else the one under the cursor; *n is how many there are. */
static enum err_code find_rows(const struct command_call *call, struct row_ref *rows, size_t *n,
                               struct err *err)
{
    bool is_list = call->view != NULL && call->view->kind->row == list_view_row;

    *n = is_list ? list_view_marked(call->view, rows, BULK_MAX) : 0;
    if (*n > BULK_MAX)
        return err_set(err, ERR_REFUSED, "belts",
                       "%zu rows are marked; at most %d are decided on at once (U unmarks all)", *n,
                       BULK_MAX);
    if (*n == 0 && call->row.table == NULL)
        return err_set(err, ERR_USAGE, "review", "select a row first");
    if (*n == 0) {
        rows[0] = call->row;
        *n = 1;
    }
    return OK;
}

/* Of marked rows, those in which nothing can be sent to AWS: an OpsItem, a rule that nothing mends.
 */
struct left_out {
    size_t n;
    struct row_ref first;
};

static bool is_there_already(const struct planner_subject *subjects, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (planner_subject_same(&subjects[i], &subjects[n]))
            return true;
    }
    return false;
}

/* What each row is about, but for those that are left out; how many subjects that makes: several
 * rows may be about one. Of a row by itself the error is told. */
static size_t find_subjects(const struct row_ref *rows, size_t n, struct planner_subject *subjects,
                            struct left_out *left_out, struct err *err)
{
    size_t n_subjects = 0;

    for (size_t i = 0; i < n; i++) {
        enum err_code code =
            planner_subject_of(rows[i].table, rows[i].row, &subjects[n_subjects], err);
        if (code == OK && !is_there_already(subjects, n_subjects)) {
            n_subjects++;
            continue;
        }
        planner_subject_done(&subjects[n_subjects]);
        if (code != OK && left_out->n++ == 0)
            left_out->first = rows[i];
    }
    return n_subjects;
}

/* A few words by which a person finds the row again. */
static void name_row(const struct row_ref *row, char *name, size_t size)
{
    struct sv what = row_text(row, "what");

    text_safe_copy(name, size, what.len > 0 ? what : row_text(row, "name"), TEXT_LINE);
}

/* Opens the review sheet of the row, or the one for all rows that are marked. */
static enum err_code run_review(const struct command_call *call, struct err *err)
{
    struct planner_subject subjects[BULK_MAX] = {0};
    struct row_ref rows[BULK_MAX];
    struct bulk_choice choice = {0};
    struct left_out left_out = {0};
    struct err why = ERR_NONE;
    size_t n = 0, n_rows;
    char name[64] = "";
    enum err_code code = find_rows(call, rows, &n_rows, err);

    if (code == OK) {
        n = find_subjects(rows, n_rows, subjects, &left_out, &why);
        if (left_out.n > 0)
            name_row(&left_out.first, name, sizeof name);
        if (n == 0) {
            *err = why;
            code = why.code;
        }
    }
    if (code == OK && n > 1)
        choice.n_resources = list_view_resources(call->view, choice.why, sizeof choice.why);
    if (code == OK)
        code = n == 1 ? open_review(call->app, &subjects[0], err)
                      : bulk_open(call->app, subjects, n, &choice, err);
    if (code == OK && left_out.n > 0)
        app_message(call->app, TONE_BAD,
                    "%zu of %zu left out, nothing can be sent to AWS for it (Enter opens it): %s",
                    left_out.n, n_rows, name);
    for (size_t i = 0; i < BULK_MAX; i++)
        planner_subject_done(&subjects[i]);
    return code;
}

const struct command command_approve = {
    .name = "approve",
    .usage = "",
    .help = "open the review sheet of this row, or of all marked ones",
    .flags = COMMAND_NEEDS_ROW | COMMAND_DECIDES,
    .run = run_review};
const struct command command_reject = {.name = "reject",
                                       .usage = "",
                                       .help = "open the review sheet, to leave it as it is",
                                       .flags = COMMAND_DECIDES,
                                       .run = run_review};

static enum err_code run_undo(const struct command_call *call, struct err *err)
{
    char plan_id[37] = "";
    const char *args[] = {"undo", plan_id};

    if (app_gov(call->app) != NULL)
        gate_last_undoable(gov_gate(app_gov(call->app)), plan_id);
    if (plan_id[0] == '\0')
        return err_set(err, ERR_NOT_FOUND, "undo", "there is no change to undo");
    return app_open(call->app, &view_review, args, 2, err);
}

const struct command command_undo = {
    .name = "undo", .usage = "", .help = "undo the last reversible change", .run = run_undo};

#define ELEVATE_MAX_MS ((int64_t)8 * 3600 * 1000)

static enum err_code run_elevate(const struct command_call *call, struct err *err)
{
    int64_t for_ms = 0;

    if (strcmp(call->args[0], "off") != 0 &&
        (!clock_parse_duration(sv_of(call->args[0]), &for_ms) || for_ms > ELEVATE_MAX_MS))
        return err_set(err, ERR_USAGE, "elevate", "takes a time up to 8h, like 15m, or off");
    if (app_gov(call->app) == NULL)
        return err_set(err, ERR_CREDENTIALS, "elevate", "not connected yet");
    if (gov_elevate(app_gov(call->app), for_ms, err) != OK)
        return err->code;
    app_message(call->app, TONE_INFO,
                for_ms > 0 ? "changes are possible for %s" : "read-only again", call->args[0]);
    return OK;
}

const struct command command_elevate = {.name = "elevate",
                                        .usage = "15m|off",
                                        .help = "lift read-only for a time",
                                        .flags = COMMAND_TYPED,
                                        .args_min = 1,
                                        .args_max = 1,
                                        .run = run_elevate};

const struct command command_break_glass = {
    .name = "break-glass",
    .usage = "REASON...",
    .help = "go past a freeze, an exception or four eyes with this change; the trail says so",
    .flags = COMMAND_VIEW | COMMAND_TYPED | COMMAND_DECIDES,
    .args_min = 1,
    .args_max = 15};

const struct command command_except = {
    .name = "except",
    .usage = "OWNER 30d|off REASON...",
    .help = "leave this as it is for a time: who answers for that, and why",
    .flags = COMMAND_VIEW | COMMAND_TYPED | COMMAND_DECIDES,
    .args_min = 3,
    .args_max = 15};

const struct command command_propose = {
    .name = "propose",
    .usage = "",
    .help = "put this, or each of these, to somebody else: an automation waits for the approval",
    .flags = COMMAND_VIEW | COMMAND_DECIDES};

const struct command command_narrow = {
    .name = "narrow",
    .usage = "[RANGE]",
    .help = "let in a part of what this rule lets in, in the place of closing it",
    .flags = COMMAND_VIEW | COMMAND_TYPED | COMMAND_DECIDES,
    .args_max = 1};

/* The rule that a row is about, whatever list it is of. */
static struct sv rule_of(const struct row_ref *row)
{
    bool is_item = sv_eq(row_text(row, "kind"), SV("config"));

    if (is_item)
        return row_text(row, "type");
    return row_text(row, "rule").len > 0         ? row_text(row, "rule")
           : row_text(row, "identifier").len > 0 ? row_text(row, "name")
                                                 : SV_NONE;
}

static enum err_code run_evaluate(const struct command_call *call, struct err *err)
{
    AUTO_FREE char *rule = sv_dup(rule_of(&call->row));
    AUTO_FREE char *account = sv_dup(row_text(&call->row, "account_id"));
    AUTO_FREE char *region = sv_dup(row_text(&call->row, "region"));
    const char *args[] = {"evaluate", account, region, rule};

    if (rule[0] == '\0')
        return err_set(err, ERR_USAGE, "evaluate", "select a rule of AWS Config, or what it found");
    return app_open(call->app, &view_review, args, ARRAY_LEN(args), err);
}

const struct command command_evaluate = {.name = "evaluate",
                                         .usage = "",
                                         .help = "have AWS Config evaluate this rule again",
                                         .flags = COMMAND_NEEDS_ROW | COMMAND_DECIDES,
                                         .run = run_evaluate};
