/* requests: see core/gov/screens/screen_requests.c. */
#include "views/list_view/list_view.h"

static const struct list_def def = {
    .screen = &screen_requests, .name_column = "operation", .attention = "!status:=200"};

const struct view_kind view_requests = LIST_VIEW(
    "requests", "Requests", "every call to AWS, with its latency and retries", "", 0, "list", &def);
