/* approvals: what waits for a person, over all accounts, with the way to decide on it. */
#include "views/list_view.h"

static const struct list_def def = {
    .screen = &screen_approvals,
    .name_column = "resource",
    .attention = "state:=OPEN severity:>=HIGH",
    .actions = list_item_actions,
};

const struct view_kind view_approvals =
    LIST_VIEW("approvals", "Approvals", "what waits for a person, the most urgent first", "", 0,
              "findings", &def);
