/*
 * planner: from a row of a list to the plan that deals with it. What can be decided on in a list is
 * a const struct planner and one line in planners.def.
 */
#ifndef CORE_GOV_PLANNER_H
#define CORE_GOV_PLANNER_H

#include "core/gov/gov.h"

#define PLANNER_ARGS_MAX 5

/* take_plan is sealed and the callee's, or NULL with why. */
typedef void planned_fn(void *arg, struct change_plan *take_plan, const struct err *err);

struct planner {
    const char *name;          /* "sg-revoke": what :review says */
    size_t n_args, n_args_max; /* that it takes; n_args_max 0: so many and no more */
    /* The columns by which a row says what it is about, beside account_id and region; NULL ends. */
    const char *columns[PLANNER_ARGS_MAX + 1];
    /* The same for lists of items of many kinds: by what the column `kind` says, words apart by
     * blanks, and as many columns. NULL: it deals with none of these. */
    const char *item_kinds;
    const char *item_columns[PLANNER_ARGS_MAX + 1];
    /* When a no has to be sent to AWS: who plans that, by the same arguments and the reason. NULL:
     * a no is only written down. */
    const struct planner *reject;
    /* Who plans a smaller change in its place: by the same arguments, and the range that is typed.
     * NULL: there is none. */
    const struct planner *narrower;
    /*
     * Reads AWS afresh and plans. args are the row's values of columns, or what :review says;
     * borrowed. done fires once
     * on RUN_UI, not at all once scope is closed. On RUN_UI.
     */
    void (*plan)(struct gov *gov, struct scope *scope, const struct aws_target *target,
                 const char *const *args, planned_fn *done, void *arg);
};

#define PLANNER(name) extern const struct planner planner_##name;
#include "core/gov/planners.def"
#undef PLANNER

/*
 * How a planner ends: done fires once on RUN_UI with the plan and a copy of *err. When scope is
 * closed by then it does not fire, and the plan is freed. take_plan may be NULL. Any runner.
 */
void planned_tell(struct scope *scope, planned_fn *done, void *arg, struct change_plan *take_plan,
                  const struct err *err);

/* The planner of that name; NULL when there is none. */
const struct planner *planner_find(struct sv name);
/* Whether it takes so many arguments. Pure. */
bool planner_takes(const struct planner *planner, size_t n_args);

/* What a plan is to be made of: the row that was pointed at, whatever becomes of the list. */
struct planner_subject {
    const struct planner *planner;
    struct aws_target target;
    char *args[PLANNER_ARGS_MAX];
};
/*
 * From a row: the planner for its `kind`, when it has one, else the first all of whose columns it
 * has. ERR_USAGE when there is nothing to decide in it; *subject is the caller's then too
 * (planner_subject_done).
 */
enum err_code planner_subject_of(const struct table *table, size_t row,
                                 struct planner_subject *subject, struct err *err);
void planner_subject_done(struct planner_subject *subject);
/* Whether both are one thing: rows may be about parts of it. Pure. */
bool planner_subject_same(const struct planner_subject *a, const struct planner_subject *b);
/* planner->plan with what the subject says. On RUN_UI. */
void planner_plan(const struct planner_subject *subject, struct gov *gov, struct scope *scope,
                  planned_fn *done, void *arg);

#endif
