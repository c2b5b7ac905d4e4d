/* parameters: under their folders; see core/gov/screens/screen_parameters.c. */
#include "views/list_view/list_view.h"

static const struct tree_shape folders = {
    .path_column = 0, .label_column = 1, .separator = '/', .ends_in_row = true};

static const struct list_def def = {
    .screen = &screen_parameters,
    .name_column = "name",
    .tree = &folders,
};

const struct view_kind view_parameters = {
    LIST_VIEW_MEMBERS("parameters", "Parameters",
                      "what there is in Parameter Store, without the values", "[PATH]", 0, 1,
                      "parameters", &def),
    .takes_paths = true};
