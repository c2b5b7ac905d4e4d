/* approvals: what waits for a person, over all accounts, with the way to decide on it. */
#include "views/list_view/list_view.h"

/* Other screens count other things of these. */
static int draw_above(struct view *view, const struct canvas *canvas)
{
    (void)view;
    canvas_text(canvas, 0, 1, canvas->cols - 2,
                SV("OPEN waits for a decision, UNKNOWN is not comparable, WAIVED is excepted"),
                ROLE_DIM, CUT_END);
    return 1;
}

static const struct list_def def = {
    .screen = &screen_approvals,
    .name_column = "resource",
    .attention = "state:=OPEN severity:>=HIGH",
    .actions = list_item_actions,
    .draw_above = draw_above,
};

const struct view_kind view_approvals =
    LIST_VIEW("approvals", "Approvals", "what waits for a person, the most urgent first", "", 0,
              "findings", &def);
