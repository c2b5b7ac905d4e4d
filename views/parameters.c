/* parameters: see core/gov/screen_parameters.c. */
#include "views/list_view.h"

static const struct list_def def = {
    .screen = &screen_parameters,
    .name_column = "name",
};

const struct view_kind view_parameters =
    LIST_VIEW("parameters", "Parameters", "what there is in Parameter Store, without the values",
              "[PATH]", 1, "list", &def);
