/* What the commands of every list do. */
#include <string.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/gov/load/row_call.h"
#include "views/list_view/list_view.h"
#include "views/output/export.h"
#include "views/text_view.h"

/* --- sorting ---------------------------------------------------------------------------------- */

static void sort_by(struct view *view, int column)
{
    struct list_view *state = view->state;
    const struct screen *screen = state->def->screen;

    state->order.column = column;
    state->order.descending = column >= 0 && (screen->columns[column].flags & COL_DESCENDING);
    list_set_sort(&state->list, column, state->order.descending);
    list_view_project(view);
}

/* The next drawn column in that direction; -1, as loaded, lies between the last and the first. */
static int next_sort_column(const struct list_view *state, int step)
{
    const struct screen *screen = state->def->screen;
    int n = (int)screen->n_columns, column = state->order.column;

    do {
        column += step;
        if (column >= n)
            column = -1;
        else if (column < -1)
            column = n - 1;
    } while (column >= 0 && (screen->columns[column].flags & COL_HIDDEN));
    return column;
}

static enum err_code run_sort(struct view *view, const struct command_call *call, struct err *err)
{
    struct list_view *state = view->state;
    const struct screen *screen = state->def->screen;
    const char *what = call->args[0];

    if (strcmp(what, "next") == 0) {
        sort_by(view, next_sort_column(state, 1));
    } else if (strcmp(what, "previous") == 0) {
        sort_by(view, next_sort_column(state, -1));
    } else if (strcmp(what, "invert") == 0) {
        state->order.descending = !state->order.descending;
        list_set_sort(&state->list, state->order.column, state->order.descending);
        list_view_project(view);
    } else {
        const struct column *column = column_meant(screen->columns, screen->n_columns, sv_of(what));
        AUTO(buf_done) struct buf said = BUF_NONE;

        if (column == NULL) {
            column_explain(screen->columns, screen->n_columns, sv_of(what), &said);
            return err_set(err, ERR_USAGE, "sort", "%s", buf_cstr(&said));
        }
        sort_by(view, (int)(column - screen->columns));
    }
    return OK;
}

/* --- the other commands -------------------------------------------------------------------------
 */

static enum err_code run_move(struct view *view, const struct command_call *call, struct err *err)
{
    enum move move;

    if (move_of_call(call, &move, err) != OK)
        return err->code;
    list_move(&list_view_of(view)->list, move);
    return OK;
}

/* --- trees ------------------------------------------------------------------------------------ */

/* Folds or unfolds the node under the cursor; a leaf, or one that is folded already, gives the
 * cursor to the node above. */
static enum err_code run_fold(struct view *view, const struct command_call *call, struct err *err)
{
    struct list_view *state = list_view_of(view);
    uint64_t key, parent;
    size_t at;
    struct outline outline;

    (void)call;
    if (state->tree == NULL)
        return err_set(err, ERR_UNSUPPORTED, "fold", "this list is no tree");
    if (!list_cursor(&state->list, &at, &key))
        return OK;
    state->list.rows.outline(&state->list.rows, at, &outline);
    parent = tree_parent(state->tree, key);
    if (outline.n_below > 0 && !outline.is_folded)
        tree_fold(state->tree, key, true);
    else if (parent != 0)
        list_move_to_key(&state->list, parent);
    list_view_show_tree(state);
    return OK;
}

static enum err_code run_unfold(struct view *view, const struct command_call *call, struct err *err)
{
    struct list_view *state = list_view_of(view);
    uint64_t key;
    size_t at;

    (void)call;
    if (state->tree == NULL)
        return err_set(err, ERR_UNSUPPORTED, "unfold", "this list is no tree");
    if (list_cursor(&state->list, &at, &key) && tree_fold(state->tree, key, false))
        list_view_show_tree(state);
    return OK;
}

/* Enter on a branch opens or closes it. */
static bool toggle_branch(struct view *view, const struct command_call *call, struct err *err)
{
    struct list_view *state = list_view_of(view);
    uint64_t key;
    size_t at;
    struct outline outline = {0};

    if (state->tree == NULL || call->row.table != NULL || !list_cursor(&state->list, &at, &key))
        return false;
    state->list.rows.outline(&state->list.rows, at, &outline);
    if (outline.is_folded)
        run_unfold(view, call, err);
    else
        run_fold(view, call, err);
    return true;
}

static enum err_code run_into(struct view *view, const struct command_call *call, struct err *err)
{
    const struct list_def *def = list_view_of(view)->def;

    if (toggle_branch(view, call, err))
        return OK;
    if (call->row.table == NULL)
        return err_set(err, ERR_USAGE, "into", "select a row first");
    if (def->into != NULL)
        return def->into(view, &call->row, err);
    return command_run(view->app, command_find(SV("describe")), NULL, 0);
}

static bool mark_toggle(struct list *list)
{
    list_mark_toggle(list);
    return true;
}

static bool mark_none(struct list *list)
{
    list_mark_none(list);
    return true;
}

static enum err_code run_mark(struct view *view, const struct command_call *call, struct err *err)
{
    static const struct {
        const char *what;
        bool (*mark)(struct list *list);
    } kinds[] = {
        {"toggle", mark_toggle},
        {"range", list_mark_range},
        {"all", list_mark_all},
        {"none", mark_none},
    };

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kinds[i].what, call->args[0]) != 0)
            continue;
        if (!kinds[i].mark(&list_view_of(view)->list))
            return err_set(err, ERR_TOO_BIG, "mark", "too many rows; narrow the list first");
        return OK;
    }
    return err_set(err, ERR_USAGE, "mark", "is one of toggle, range, all, none");
}

/* The column that stands behind the word of `copy`. */
static const char *copied_column(const struct list_def *def, const char *what)
{
    if (strcmp(what, "name") == 0)
        return def->name_column != NULL ? def->name_column : def->screen->columns[0].id;
    if (strcmp(what, "arn") == 0)
        return def->arn_column != NULL ? def->arn_column : "arn";
    return what;
}

static enum err_code copy_call(struct view *view, const struct row_ref *row, struct err *err)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    if (!row_call_line(list_view_of(view)->def->screen, row->table, row->row, &line))
        return err_set(err, ERR_UNSUPPORTED, "copy", "no single call to AWS reads this row");
    app_copy(view->app, "command", buf_sv(&line));
    return OK;
}

static enum err_code run_copy(struct view *view, const struct command_call *call, struct err *err)
{
    const struct list_def *def = list_view_of(view)->def;
    const char *what = call->args[0], *column = copied_column(def, what);

    if (strcmp(what, "cli") == 0)
        return copy_call(view, &call->row, err);
    if (column_find(def->screen->columns, def->screen->n_columns, sv_of(column)) == NULL)
        return err_set(err, ERR_USAGE, "copy", "rows here have no %s", what);
    app_copy(view->app, what, row_text(&call->row, column));
    return OK;
}

static enum err_code run_refresh(struct view *view, const struct command_call *call,
                                 struct err *err)
{
    (void)call, (void)err;
    list_view_load(view, true);
    return OK;
}

static enum err_code run_cancel(struct view *view, const struct command_call *call, struct err *err)
{
    struct list_view *state = view->state;

    (void)call, (void)err;
    if (app_cancel(view->app))
        return OK;
    if (state->loaded.phase == LOAD_RUNNING) {
        load_cancel(state->load);
        app_message(view->app, TONE_INFO, "cancelled; r loads again, ctrl-c again quits");
    } else {
        app_message(view->app, TONE_INFO, "nothing is loading; ctrl-c again quits");
    }
    return OK;
}

static enum err_code run_attention(struct view *view, const struct command_call *call,
                                   struct err *err)
{
    struct list_view *state = view->state;

    (void)call;
    if (state->def->attention == NULL)
        return err_set(err, ERR_UNSUPPORTED, "attention", "every row here is of one kind");
    state->attention_only = !state->attention_only;
    list_view_project(view);
    return OK;
}

/* Clears the filter; ERR_NOT_FOUND when there is none, so that Esc goes back. */
static enum err_code run_clear_filter(struct view *view, const struct command_call *call,
                                      struct err *err)
{
    struct list_view *state = view->state;

    (void)call;
    if (view->at.filter[0] == '\0' && !state->attention_only)
        return err_set(err, ERR_NOT_FOUND, "escape", "there is no filter");
    state->attention_only = false;
    return list_view_filter(view, SV_NONE, true, err);
}

static enum err_code run_pane(struct view *view, const struct command_call *call, struct err *err)
{
    struct list_view *state = view->state;

    (void)call, (void)err;
    state->preview_off = !state->preview_off;
    return OK;
}

static enum err_code run_panel(struct view *view, const struct command_call *call, struct err *err)
{
    const struct list_def *def = list_view_of(view)->def;

    if (def->panel == NULL)
        return err_set(err, ERR_UNSUPPORTED, "panel", "there is nothing above this list");
    return def->panel(view, strcmp(call->args[0], "previous") == 0 ? -1 : 1, err);
}

static const struct action usual_actions[] = {
    {"into", NULL, "open it", "reads what stands behind the row", NULL},
    {"describe", NULL, "describe it", "reads its recorded configuration",
     "config:BatchGetResourceConfig"},
    {"who", NULL, "see who changed it", "what CloudTrail tells of it", "cloudtrail:LookupEvents"},
    {"json", NULL, "show it as JSON", "as AWS says it", "config:BatchGetResourceConfig"},
    {"copy", "name", "copy its name", "to the clipboard", NULL},
    {"copy", "arn", "copy its ARN", "to the clipboard", NULL},
    {"copy", "cli", "copy it as an AWS CLI command", "the call that reads it", NULL},
    {0},
};

const struct action list_finding_actions[] = {
    {"approve", NULL, "close this rule", "changes one rule, can be undone",
     "ec2:RevokeSecurityGroupIngress"},
    {"approve", NULL, "let in less through it: e on the sheet", "changes one rule, can be undone",
     "ec2:ModifySecurityGroupRules"},
    {"reject", NULL, "leave it open, with a reason", "changes nothing in AWS", NULL},
    {"describe", NULL, "describe it", "what the rule lets in, and what it is attached to",
     "ec2:DescribeSecurityGroupRules"},
    {"who", NULL, "see who changed it", "what CloudTrail tells of it", "cloudtrail:LookupEvents"},
    {"json", NULL, "show it as JSON", "as AWS says it", "config:BatchGetResourceConfig"},
    {"copy", "name", "copy its name", "to the clipboard", NULL},
    {"copy", "cli", "copy it as an AWS CLI command", "the call that reads it", NULL},
    {0},
};

const struct action list_item_actions[] = {
    {"approve", NULL, "decide on it", "opens the sheet: the exact calls, and what they need", NULL},
    {"reject", NULL, "leave it as it is, with a reason", "changes nothing in AWS", NULL},
    {"into", NULL, "open it", "reads what stands behind the row", NULL},
    {"describe", NULL, "describe it", "what is known of it, and where it came from", NULL},
    {"who", NULL, "see who changed it", "what CloudTrail tells of it", "cloudtrail:LookupEvents"},
    {"json", NULL, "show it as JSON", "as AWS says it", NULL},
    {"copy", "name", "copy its name", "to the clipboard", NULL},
    {"copy", "cli", "copy it as an AWS CLI command", "the call that reads it", NULL},
    {0},
};

const struct action list_rule_actions[] = {
    {"into", NULL, "open it", "reads what stands behind the row", NULL},
    {"describe", NULL, "describe it", "what it is, and who changed it",
     "config:DescribeConfigRules"},
    {"evaluate", NULL, "have the rule evaluated again", "changes no resource; AWS bills it",
     "config:StartConfigRulesEvaluation"},
    {"who", NULL, "see who changed it", "what CloudTrail tells of it", "cloudtrail:LookupEvents"},
    {"json", NULL, "show it as JSON", "as AWS says it", "config:DescribeConfigRules"},
    {"copy", "name", "copy its name", "to the clipboard", NULL},
    {"copy", "arn", "copy its ARN", "to the clipboard", NULL},
    {"copy", "cli", "copy it as an AWS CLI command", "the call that reads it", NULL},
    {0},
};

static enum err_code run_actions(struct view *view, const struct command_call *call,
                                 struct err *err)
{
    const struct list_def *def = list_view_of(view)->def;

    (void)err;
    app_actions(view->app, "What can I do with this row?", &call->row,
                def->actions != NULL ? def->actions : usual_actions);
    return OK;
}

const struct view_command list_view_commands[] = {
    {"move", run_move},
    {"into", run_into},
    {"fold", run_fold},
    {"unfold", run_unfold},
    {"sort", run_sort},
    {"mark", run_mark},
    {"copy", run_copy},
    {"refresh", run_refresh},
    {"cancel", run_cancel},
    {"attention", run_attention},
    {"clear-filter", run_clear_filter},
    {"pane", run_pane},
    {"panel", run_panel},
    {"export", export_run},
    {"actions", run_actions},
    {NULL, NULL},
};
