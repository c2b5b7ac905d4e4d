/* findings: security-group rules that break policy, with the way to decide on them. */
#include "views/list_view/list_view.h"

static const struct list_def def = {
    .screen = &screen_findings,
    .name_column = "security_group_rule_id",
    .attention = "severity:>MEDIUM",
    .actions = list_finding_actions,
};

const struct view_kind view_findings = LIST_VIEW(
    "findings", "Findings", "security-group rules that break policy", "", 0, "findings", &def);
