/* The commands that decide on changes. What they change, they change through the gate alone. */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "views/app.h"

/* Opens the review sheet of the finding in the row. */
static enum err_code run_review(const struct command_call *call, struct err *err)
{
    /* a finding's, and those of a rule among the items that wait (core/gov/item.h) */
    static const char *const columns[][4] = {
        {"account_id", "region", "group_id", "security_group_rule_id"},
        {"account_id", "region", "resource", "subject"},
    };
    char *args[ARRAY_LEN(columns[0])] = {0};
    enum err_code code = OK;
    bool is_item = row_text(&call->row, "kind").len > 0;

    for (size_t i = 0; i < ARRAY_LEN(args); i++) {
        struct sv text = row_text(&call->row, columns[is_item][i]);

        if (text.len == 0)
            code = err_set(err, ERR_USAGE, "approve", "there is nothing to decide in this row");
        args[i] = sv_dup(text);
    }
    if (code == OK)
        code = app_open(call->app, &view_review, (const char *const *)args, ARRAY_LEN(args), err);
    for (size_t i = 0; i < ARRAY_LEN(args); i++)
        mem_free(args[i]);
    return code;
}

const struct command command_approve = {.name = "approve",
                                        .usage = "",
                                        .help = "open the review sheet of this finding",
                                        .flags = COMMAND_NEEDS_ROW | COMMAND_DECIDES,
                                        .run = run_review};
const struct command command_reject = {
    .name = "reject",
    .usage = "",
    .help = "open the review sheet of this finding, to leave it as it is",
    .flags = COMMAND_NEEDS_ROW | COMMAND_DECIDES,
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
