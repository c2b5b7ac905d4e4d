/* recorders: see core/gov/screens/screen_recorders.c. */
#include "views/list_view/list_view.h"

static const struct list_def def = {
    .screen = &screen_recorders, .name_column = "name", .attention = "!state:=ON"};

const struct view_kind view_recorders =
    LIST_VIEW("recorders", "Recorders", "what AWS Config records in each account and region", "", 0,
              "list", &def);
