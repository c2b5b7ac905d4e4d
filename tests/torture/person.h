/* person: somebody at a console without a screen: plans by the planners of the lists, consents,
 * waits. All of it on RUN_UI, in a process that is killed when it takes too long. */
#ifndef TESTS_TORTURE_PERSON_H
#define TESTS_TORTURE_PERSON_H

#include "core/gov/gov.h"
#include "core/gov/planner.h"
#include "tests/torture/aws.h"

struct person {
    struct gov *gov;
    struct scope *scope;
    struct change_plan *plan; /* as the sheet would have kept it; NULL: err says why */
    struct err err;
    struct change_status last; /* of that plan */
    bool answered;
    size_t n_open; /* after person_settle */
};

/* Opens a console of `name` with its store in dir; after run_start. False when it does not open. */
bool person_sit_down(struct person *person, const struct aws *aws, const char *name,
                     const char *dir);
void person_done(struct person *person); /* after run_stop */
/* The plan that the planner makes of args is at the gate then. False: person->err. */
bool person_plan(struct person *person, const struct planner *planner,
                 const struct aws_target *target, const char *const *args);
#define PLAN(person, planner, target, ...) \
    person_plan(person, planner, target, (const char *const[PLANNER_ARGS_MAX]){__VA_ARGS__})
/* The same for the plan that undoes the last one. */
bool person_plan_undo(struct person *person);
/* The same for the last one that can be undone, whoever has done it; false too when there is none.
 */
bool person_plan_undo_last(struct person *person);
/* Consents when it is READY; how it has ended. */
enum change_state person_decide(struct person *person);
/* Settles what an earlier one has left open. */
void person_settle(struct person *person);
/* Reads all pages of an operation; true when all were read. */
bool person_read(struct person *person, enum aws_op_id op, const struct aws_target *target,
                 cJSON *take_params, aws_page_fn *on_page, void *arg);

#endif
