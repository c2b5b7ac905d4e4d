/* identity: see core/gov/screens/screen_identity.c. */
#include "views/list_view/list_view.h"

static const struct list_def def = {.screen = &screen_identity, .name_column = "value"};

const struct view_kind view_identity = LIST_VIEW(
    "identity", "Identity", "who I am, where from, and what I can reach", "", 0, "list", &def);
