/* changes: see core/gov/screens/screen_changes.c. */
#include "views/list_view/list_view.h"

static const struct list_def def = {.screen = &screen_changes, .name_column = "subject"};

const struct view_kind view_changes =
    LIST_VIEW("changes", "Changes", "who changed what in the last day", "", 0, "list", &def);
