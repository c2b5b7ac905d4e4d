/* preferences: of sessions; see core/gov/screens/screen_preferences.c. All fields of a document are
 * decided on at once, from the row of any of them. */
#include "views/list_view/list_view.h"

static const struct list_def def = {
    .screen = &screen_preferences,
    .name_column = "field",
    .attention = "severity:>=LOW",
    .actions = list_item_actions,
};

const struct view_kind view_preferences = LIST_VIEW(
    "preferences", "Session preferences",
    "how shells are logged, encrypted and ended, beside what is approved", "", 0, "findings", &def);
