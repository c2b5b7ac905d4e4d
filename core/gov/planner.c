#include "core/gov/planner.h"

#include <string.h>

static const struct planner *const planners[] = {
#define PLANNER(name) &planner_##name,
#include "core/gov/planners.def"
#undef PLANNER
};

const struct planner *planner_find(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(planners); i++)
        if (sv_eq_cstr(name, planners[i]->name))
            return planners[i];
    return NULL;
}

bool planner_takes(const struct planner *planner, size_t n_args)
{
    size_t max = planner->n_args_max > 0 ? planner->n_args_max : planner->n_args;

    return n_args >= planner->n_args && n_args <= max;
}

/* --- rows ------------------------------------------------------------------------------------ */

static bool has_columns(const struct table *table, size_t row, const char *const *columns)
{
    for (size_t i = 0; columns[i] != NULL; i++)
        if (table_text(table, row, columns[i]).len == 0)
            return false;
    return columns[0] != NULL && table_text(table, row, "account_id").len != 0;
}

static bool has_word(const char *words, struct sv word)
{
    for (struct sv rest = sv_of(words != NULL ? words : ""); rest.len > 0;)
        if (sv_eq(sv_split(&rest, ' '), word))
            return true;
    return false;
}

/* The columns of the row that planner goes by; NULL when it does not deal with it. */
static const char *const *columns_for(const struct planner *planner, const struct table *table,
                                      size_t row)
{
    struct sv kind = table_text(table, row, "kind");
    const char *const *columns = kind.len > 0 ? planner->item_columns : planner->columns;

    if (kind.len > 0 && !has_word(planner->item_kinds, kind))
        return NULL;
    return has_columns(table, row, columns) ? columns : NULL;
}

enum err_code planner_subject_of(const struct table *table, size_t row,
                                 struct planner_subject *subject, struct err *err)
{
    const char *const *columns = NULL;

    *subject = (struct planner_subject){0};
    for (size_t i = 0; i < ARRAY_LEN(planners) && columns == NULL; i++) {
        columns = columns_for(planners[i], table, row);
        subject->planner = columns != NULL ? planners[i] : NULL;
    }
    if (columns == NULL)
        return err_set(err, ERR_USAGE, "approve",
                       "nothing can be sent to AWS for this row: Enter opens what it is about");
    sv_copy(table_text(table, row, "account_id"), subject->target.account_id,
            sizeof subject->target.account_id);
    sv_copy(table_text(table, row, "region"), subject->target.region,
            sizeof subject->target.region);
    for (size_t i = 0; columns[i] != NULL; i++)
        subject->args[i] = sv_dup(table_text(table, row, columns[i]));
    return OK;
}

void planner_subject_done(struct planner_subject *subject)
{
    for (size_t i = 0; i < ARRAY_LEN(subject->args); i++) {
        mem_free(subject->args[i]);
        subject->args[i] = NULL;
    }
}

bool planner_subject_same(const struct planner_subject *a, const struct planner_subject *b)
{
    bool same = a->planner == b->planner &&
                strcmp(a->target.account_id, b->target.account_id) == 0 &&
                strcmp(a->target.region, b->target.region) == 0;

    for (size_t i = 0; same && i < ARRAY_LEN(a->args); i++)
        same = (a->args[i] == NULL) == (b->args[i] == NULL) &&
               (a->args[i] == NULL || strcmp(a->args[i], b->args[i]) == 0);
    return same;
}

void planner_plan(const struct planner_subject *subject, struct gov *gov, struct scope *scope,
                  planned_fn *done, void *arg)
{
    subject->planner->plan(gov, scope, &subject->target, (const char *const *)subject->args, done,
                           arg);
}

/* --- the end of planning --------------------------------------------------------------------- */

struct telling {
    planned_fn *done;
    void *arg;
    struct change_plan *plan;
    struct err err;
};

static void telling_drop(void *arg)
{
    struct telling *telling = arg;
    change_plan_free(telling->plan);
    mem_free(telling);
}

static void telling_deliver(void *arg)
{
    struct telling *telling = arg;
    struct change_plan *plan = telling->plan;
    telling->plan = NULL;
    telling->done(telling->arg, plan, &telling->err);
    telling_drop(telling);
}

void planned_tell(struct scope *scope, planned_fn *done, void *arg, struct change_plan *take_plan,
                  const struct err *err)
{
    struct telling *telling = mem_new(struct telling);
    *telling = (struct telling){done, arg, take_plan, *err};
    run_call(RUN_UI, RUN_URGENT, scope, telling_deliver, telling_drop, telling);
}
