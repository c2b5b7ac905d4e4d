/* gaps: what the screens could not see. `r` asks for it once more, Enter opens the screen with that
 * account alone. */
#include "core/base/mem.h"
#include "views/list_view/list_view.h"

static enum err_code into(struct view *view, const struct row_ref *row, struct err *err)
{
    const struct view_kind *kind = view_kind_find(row_text(row, "screen"));
    struct view_scope at = view->at;

    if (kind == NULL)
        return err_set(err, ERR_NOT_FOUND, "gaps", "that screen cannot be opened");
    at.filter[0] = '\0';
    sv_copy(row_text(row, "account_id"), at.selection.accounts, sizeof at.selection.accounts);
    return app_open_scoped(view->app, kind, NULL, 0, &at, err);
}

/* How hard AWS is holding us back is half of the answer to "why is this missing?". */
static int draw_above(struct view *view, const struct canvas *canvas)
{
    int percent = client_throttle_percent(gov_client(app_gov(view->app)));

    if (percent > 0)
        canvas_printf(canvas, 0, 1, ROLE_WARN, "%d%% of the last minute's calls were throttled",
                      percent);
    else
        canvas_text(canvas, 0, 1, -1, SV("no call of the last minute was throttled"), ROLE_DIM,
                    CUT_END);
    return 1;
}

static const struct list_def def = {
    .screen = &screen_gaps, .into = into, .name_column = "iam_action", .draw_above = draw_above};

const struct view_kind view_gaps =
    LIST_VIEW("gaps", "Gaps", "what the screens could not see, and why", "", 0, "gaps", &def);

/* --- once more ------------------------------------------------------------------------------- */

static void asked_again(void *arg, bool asked)
{
    struct view *view = arg;

    if (asked)
        app_message(view->app, TONE_INFO, "asked again: what is still missing is listed");
    else
        app_message(view->app, TONE_INFO,
                    "this cannot be asked for alone: Enter opens its screen, r there asks anew");
    list_view_load(view, false);
}

static enum err_code run_retry(const struct command_call *call, struct err *err)
{
    const struct screen *screen = screen_find(row_text(&call->row, "screen"));
    struct aws_target target = {0};

    if (call->view->kind != &view_gaps || screen == NULL)
        return err_set(err, ERR_UNSUPPORTED, "retry", "is for the rows of :gaps");
    sv_copy(row_text(&call->row, "account_id"), target.account_id, sizeof target.account_id);
    sv_copy(row_text(&call->row, "region"), target.region, sizeof target.region);
    app_message(call->app, TONE_INFO, "asking %s again...", screen->name);
    AUTO_FREE char *operation = sv_dup(row_text(&call->row, "operation"));
    gov_retry(app_gov(call->app), screen, &target, operation, call->view->scope, asked_again,
              call->view);
    return OK;
}

const struct command command_retry = {.name = "retry",
                                      .usage = "",
                                      .help = "ask once more for what this gap lacks",
                                      .flags = COMMAND_NEEDS_ROW,
                                      .run = run_retry};
