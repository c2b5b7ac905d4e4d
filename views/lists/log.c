/* log SESSION, log GROUP STREAM: see core/gov/screens/screen_log.c. */
#include "views/list_view/list_view.h"

static const struct list_def def = {
    .screen = &screen_log,
    .name_column = "line",
};

const struct view_kind view_log =
    LIST_VIEW_ARGS("log", "Log", "what a session or a command has shown, from CloudWatch Logs",
                   "SESSION | GROUP STREAM", 1, 2, "list", &def);
