/* errors: see core/gov/screens/screen_errors.c. */
#include "views/list_view/list_view.h"

static const struct list_def def = {.screen = &screen_errors,
                                    .empty = "nothing went wrong since this console began"};

const struct view_kind view_errors =
    LIST_VIEW("errors", "Errors", "what the log says", "", 0, "list", &def);
