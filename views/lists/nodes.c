/* nodes: see core/gov/screens/screen_nodes.c. */
#include "views/list_view.h"

static const struct list_def def = {
    .screen = &screen_nodes,
    .name_column = "node",
    .attention = "!patch:=COMPLIANT",
};

const struct view_kind view_nodes =
    LIST_VIEW("nodes", "Nodes", "machines that report to Systems Manager, and their patches", "", 0,
              "list", &def);
