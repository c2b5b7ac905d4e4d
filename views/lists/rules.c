/* rules: the Config rules of every account and region in scope. */
#include "core/base/mem.h"
#include "views/list_view/list_view.h"

/* Into a rule: the resources that it judges, in its own account and region. */
static enum err_code into(struct view *view, const struct row_ref *row, struct err *err)
{
    AUTO_FREE char *name = sv_dup(row_text(row, "name"));
    const char *args[] = {name};

    return list_view_open_at(view, row, &view_rule, args, 1, err);
}

static const struct list_def def = {
    .screen = &screen_rules,
    .into = into,
    .name_column = "name",
    .arn_column = "arn",
    .attention = "compliance:=NON_COMPLIANT",
    .actions = list_rule_actions,
};

const struct view_kind view_rules =
    LIST_VIEW("rules", "Config rules", "Config rules and their compliance", "", 0, "list", &def);
