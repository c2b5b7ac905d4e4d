#include "core/aws/limit/budget.h"

#include <math.h>
#include <string.h>

#include "core/base/mem.h"

/* A share of little is next to nothing: nobody is served by a list that waits for it. */
#define RATE_MIN 0.5

#define BUDGET(service_, operation_, per_second_, burst_) \
    {(service_), (operation_), (per_second_), (burst_)},
static const struct budget_row rows[] = {
#include "core/aws/limit/budgets.def"
};
#undef BUDGET

static bool is_any(const char *name)
{
    return strcmp(name, "*") == 0;
}

const struct budget_row *budget_row(const struct aws_op *op)
{
    const struct budget_row *of_service = NULL;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (strcmp(rows[i].service, op->service->id) != 0)
            continue;
        if (strcmp(rows[i].operation, op->name) == 0)
            return &rows[i];
        if (is_any(rows[i].operation))
            of_service = &rows[i];
    }
    return of_service != NULL ? of_service : &rows[ARRAY_LEN(rows) - 1];
}

double budget_rate_min(const struct aws_op *op)
{
    return budget_row(op)->per_second * BUDGET_USUAL_PERCENT / 100;
}

bool budget_parse(struct sv text, int *percent)
{
    int64_t number;
    if (sv_eq_cstr(text, "off")) {
        *percent = BUDGET_OFF;
        return true;
    }
    if (sv_ends(text, SV("%")))
        text.len--;
    if (!sv_to_i64(text, &number) || number < 1 || number > 100)
        return false;
    *percent = (int)number;
    return true;
}

struct budget budget_of(const struct aws_op *op, int percent, double now_s)
{
    const struct budget_row *row = budget_row(op);
    if (percent == BUDGET_OFF)
        return (struct budget){0};
    return (struct budget){
        .rate = fmax(row->per_second * percent / 100, fmin(RATE_MIN, row->per_second)),
        .burst = row->burst,
        .tokens = row->burst,
        .refilled_at_s = now_s};
}

double budget_wait_s(struct budget *budget, double now_s)
{
    if (budget->rate == 0)
        return 0;
    double grown = fmax(0, now_s - budget->refilled_at_s) * budget->rate;
    budget->tokens = fmin(budget->burst, budget->tokens + grown);
    budget->refilled_at_s = now_s;
    return budget->tokens >= 1 ? 0 : (1 - budget->tokens) / budget->rate;
}

void budget_take(struct budget *budget)
{
    if (budget->rate > 0)
        budget->tokens -= 1;
}
