/* triage: the first screen: what needs me now? */
#include "views/list_view.h"

static const char *const actions[] = {"approve", "reject", "describe", "json", "copy", NULL};

static const struct list_def def = {
    .screen = &screen_triage,
    .name_column = "what",
    .attention = "panel:=decision",
    .actions = actions,
};

const struct view_kind view_triage =
    LIST_VIEW("triage", "Triage", "what needs me now", "", 0, "triage", &def);
