/* debug: see core/gov/screens/screen_debug.c. */
#include "views/list_view/list_view.h"

static const struct list_def def = {.screen = &screen_debug, .name_column = "value"};

const struct view_kind view_debug = LIST_VIEW(
    "debug", "Debug", "queues, scopes and slow handlers of this console", "", 0, "list", &def);
