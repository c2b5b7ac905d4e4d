/* rule NAME: the resources that a Config rule has judged. */
#include "views/list_view/list_view.h"

static const struct list_def def = {
    .screen = &screen_rule,
    .name_column = "resource_id",
    .attention = "compliance:=NON_COMPLIANT",
    .actions = list_rule_actions,
};

const struct view_kind view_rule =
    LIST_VIEW("rule", "Rule", "the resources that a rule has judged", "NAME", 1, "findings", &def);
