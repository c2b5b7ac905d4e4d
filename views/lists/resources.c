/* resources: what AWS Config has recorded, with its compliance. */
#include "views/list_view/list_view.h"

static const struct list_def def = {
    .screen = &screen_resources,
    .name_column = "resource_id",
    .attention = "compliance:=NON_COMPLIANT",
};

const struct view_kind view_resources = LIST_VIEW(
    "resources", "Resources", "recorded resources and their compliance", "", 0, "list", &def);
