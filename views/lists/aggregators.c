/* aggregators: see core/gov/screens/screen_aggregators.c. */
#include "views/list_view/list_view.h"

static const struct list_def def = {
    .screen = &screen_aggregators, .name_column = "aggregator", .attention = "!status:=SUCCEEDED"};

const struct view_kind view_aggregators = LIST_VIEW(
    "aggregators", "Aggregators", "the sources of AWS Config's aggregators, and how fresh they are",
    "", 0, "list", &def);
