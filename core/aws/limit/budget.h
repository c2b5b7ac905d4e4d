/*
 * budget: how much of an account's quota the console takes, before AWS has to say anything. A token
 * bucket for each lane, by the table in budgets.def. Pure: time comes in as seconds of a monotonic
 * clock.
 */
#ifndef CORE_AWS_LIMIT_BUDGET_H
#define CORE_AWS_LIMIT_BUDGET_H

#include "core/aws/op.h"

#define BUDGET_USUAL_PERCENT 10
#define BUDGET_OFF           (-1)

/* One row of budgets.def. */
struct budget_row {
    const char *service, *operation; /* "*": any */
    double per_second, burst;
};

struct budget {
    double rate; /* tokens a second; 0: no limit */
    double burst, tokens, refilled_at_s;
};

/* The row that holds for op: its own, that of its service, or that of all others. Never NULL. */
const struct budget_row *budget_row(const struct aws_op *op);

/* The usual share of what AWS lets op do, in requests a second: so fast it goes even when it is
 * throttled, which is others' doing then, or chance. */
double budget_rate_min(const struct aws_op *op);

/* "off", or the percent of what AWS allows: "10", "10%". False for anything else. */
bool budget_parse(struct sv text, int *percent);

/* The budget of a lane of op, full: percent of the row's rate, 1 to 100, and one request in two
 * seconds at least; BUDGET_OFF: no limit. */
struct budget budget_of(const struct aws_op *op, int percent, double now_s);

/* Seconds until a request is within the budget; 0: it is now. Takes nothing. */
double budget_wait_s(struct budget *budget, double now_s);
/* A request is sent; more may be than there is, by who does not wait. */
void budget_take(struct budget *budget);

#endif
