/* What is known of a row, from where one wants to read it: each opens the sheet of describe. */
#include "views/frame/app.h"

static enum err_code open_with(const struct command_call *call, const char *word, struct err *err)
{
    return app_open(call->app, &view_describe, &word, 1, err);
}

static enum err_code open_describe(const struct command_call *call, struct err *err)
{
    return app_open(call->app, &view_describe, NULL, 0, err);
}

static enum err_code open_json(const struct command_call *call, struct err *err)
{
    return open_with(call, "json", err);
}

static enum err_code open_yaml(const struct command_call *call, struct err *err)
{
    return open_with(call, "yaml", err);
}

static enum err_code open_who(const struct command_call *call, struct err *err)
{
    return open_with(call, "who", err);
}

static enum err_code open_diff(const struct command_call *call, struct err *err)
{
    return open_with(call, "diff", err);
}

#define ROW_COMMAND(name_, help_)                                       \
    const struct command command_##name_ = {.name = #name_,             \
                                            .usage = "",                \
                                            .help = (help_),            \
                                            .flags = COMMAND_NEEDS_ROW, \
                                            .run = open_##name_}

ROW_COMMAND(describe, "everything known of this row");
ROW_COMMAND(json, "the row's document as AWS gives it");
ROW_COMMAND(yaml, "the row's document as YAML");
ROW_COMMAND(who, "everything known of this row, from who changed it on");
ROW_COMMAND(diff, "everything known of this row, from what differs on");
