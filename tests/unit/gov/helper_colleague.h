/* colleague: somebody at a console of his own, in a sandbox: plans, consents, waits for what comes
 * of it. */
#ifndef TESTS_GOV_HELPER_COLLEAGUE_H
#define TESTS_GOV_HELPER_COLLEAGUE_H

#include "core/gov/planner.h"
#include "tests/unit/gov/helper_sandbox.h"

#define COLLEAGUE_WAIT_MS 60000

struct colleague {
    struct gov *gov;
    struct change_status last;
    struct change_plan *plan; /* the sheet's copy */
    struct err err;           /* why there is none */
    bool answered;
    const struct sandbox *sandbox;
    const struct change_kind *kind; /* his plans are of, in the place of their own; NULL: theirs */
    int step_s; /* by how much the world's clock is moved on while he waits; 0: it goes by itself */
};

/* The console of one colleague in a row, as the sandbox knows him; the runners start with it. */
void colleague_sit_down(struct colleague *colleague, const struct sandbox *sandbox,
                        const char *name);
void colleague_get_up(struct colleague *colleague);

/* Tells the colleague what becomes of his plans: gov_on_change. */
void colleague_on_change(void *arg, const struct change_status *status);

/* The plan that planner makes of args, which is at the gate then; NULL: colleague->err. */
const struct change_plan *colleague_plan(struct colleague *colleague, const struct planner *planner,
                                         const struct aws_target *target, const char *const *args);
#define PLAN(colleague, planner, target, ...) \
    colleague_plan(colleague, planner, target, (const char *const[PLANNER_ARGS_MAX]){__VA_ARGS__})

/* The plan that undoes the last one. */
const struct change_plan *colleague_undo(struct colleague *colleague);

void colleague_wait_for(struct colleague *colleague, enum change_state state);
void colleague_consent(struct colleague *colleague);
/* Waits until it is READY, consents, and waits for the end. */
void colleague_decide(struct colleague *colleague, enum change_state end);

/* Whether a line of the evidence has that word. */
bool plan_says(const struct change_plan *plan, const char *word);

#endif
