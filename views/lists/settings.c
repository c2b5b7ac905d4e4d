/* settings: see core/gov/screens/screen_settings.c. */
#include "views/list_view/list_view.h"

static const struct list_def def = {
    .screen = &screen_settings, .name_column = "key", .attention = "!from:=default"};

const struct view_kind view_settings =
    LIST_VIEW("settings", "Settings", "what watchdeck.conf sets, and what holds where it is silent",
              "", 0, "list", &def);
