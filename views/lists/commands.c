/* commands: see core/gov/screens/screen_commands.c. Enter shows what one has written, where it is
 * kept in CloudWatch Logs. */
#include "core/base/mem.h"
#include "views/list_view/list_view.h"

static enum err_code open_log(struct view *view, const struct row_ref *row, struct err *err)
{
    AUTO_FREE char *group = sv_dup(row_text(row, "log_group"));
    AUTO_FREE char *stream = sv_dup(row_text(row, "log_stream"));
    const char *args[] = {group, stream};

    if (group[0] == '\0')
        return err_set(err, ERR_UNSUPPORTED, "log",
                       "what it wrote is not kept in CloudWatch Logs; d says where it is");
    return list_view_open_at(view, row, &view_log, args, 2, err);
}

static const struct action actions[] = {
    {"into", NULL, "show its log", "what it wrote on this node, from CloudWatch Logs",
     "logs:GetLogEvents"},
    {"describe", NULL, "describe it", "what is known of it", "ssm:ListCommandInvocations"},
    {"shell", NULL, "a shell on this node", "by Session Manager", "ssm:StartSession"},
    {"copy", "name", "copy its id", "to the clipboard", NULL},
    {"copy", "output", "copy where its output is kept", "to the clipboard", NULL},
    {"copy", "cli", "copy it as an AWS CLI command", "the call that reads it", NULL},
    {0},
};

static const struct list_def def = {
    .screen = &screen_commands,
    .into = open_log,
    .name_column = "command_id",
    .attention = "!status:=Success",
    .actions = actions,
};

const struct view_kind view_commands =
    LIST_VIEW("commands", "Commands", "what Run Command has had nodes do", "", 0, "list", &def);
