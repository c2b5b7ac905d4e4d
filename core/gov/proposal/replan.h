/*
 * replan: a plan about another plan: the other one is made by its own planner first. For whoever
 * proposes something, or decides on what was proposed.
 */
#ifndef CORE_GOV_REPLAN_H
#define CORE_GOV_REPLAN_H

#include "core/gov/planner.h"

/* The first member of what plans with it. */
struct replan {
    struct gov *gov;
    struct scope *scope, *outer; /* of this planning, whose end frees it; of whoever asked */
    struct aws_target target;
    const struct planner *planner; /* of the other plan; NULL: there is none */
    char *args[PLANNER_ARGS_MAX];
    struct change_plan *inner; /* the other plan, and why there is none */
    struct err inner_err;
    void (*then)(struct replan *replan);
    void (*done_with)(struct replan *replan);
    planned_fn *done;
    void *arg;
};

/* Begins: replan lives until replan_tell, or until scope is closed; then done_with frees the rest
 * of it, and it is freed. On RUN_UI. */
void replan_begin(struct replan *replan, struct gov *gov, struct scope *scope,
                  const struct aws_target *target, planned_fn *done, void *arg,
                  void (*done_with)(struct replan *replan));
/* By what the other plan is made: planner and its n_args arguments, which are copied. */
void replan_set(struct replan *replan, const struct planner *planner, const char *const *args);
/* Makes the other plan, if there is a planner; then fires once on RUN_UI with inner or inner_err.
 * Any runner. */
void replan_ask(struct replan *replan, void (*then)(struct replan *replan));
/* Says in plan what the other one would do: its lines, its evidence, its calls as command lines.
 * Nothing when there is none. Any runner. */
void replan_say_inner(const struct replan *replan, struct change_plan *plan);
/* Says in plan what an undo of the other one would send, as command lines. Any runner. */
void replan_say_way_back(const struct replan *replan, struct change_plan *plan);
/* The end, as planned_tell. Any runner. */
void replan_tell(struct replan *replan, struct change_plan *take_plan, const struct err *err);

#endif
