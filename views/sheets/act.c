#include "views/sheets/act.h"

#include <string.h>

#include "core/base/mem.h"

/* The last one is for every other kind. */
static const struct act acts[] = {
    {"propose", "Propose", "propose", "proposed", "proposes",
     "ready: y proposes it, X rejects, Esc leaves it as it is",
     "Two people decide on this: nothing is changed before somebody else approves it.",
     "Two people decide on each of these: nothing is changed before somebody else approves it."},
    {"approve", "Approve", "approve", "approved", "approves", NULL,
     "Two people decide on this: whoever proposed it, and you.",
     "Two people decide on each of these: whoever proposed it, and you."},
    {"decline", "Reject", "reject", "rejected", "rejects",
     "ready: y says no to it, Esc leaves it as it is",
     "You say no to what was proposed: nothing is changed by that.",
     "You say no to what was proposed: nothing is changed by that."},
    {"withdraw", "Withdraw", "withdraw", "withdrawn", "withdraws",
     "ready: y takes it back, Esc leaves it as it is",
     "You take back what you have proposed yourself: nothing is changed by that.",
     "You take back what you have proposed yourself: nothing is changed by that."},
    {NULL, "Approve", "approve", "approved", "approves", NULL,
     "You approve alone (single-operator mode); the trail will say so.",
     "You approve alone (single-operator mode); the trail will say so."},
};

const struct act *act_of(const struct change_plan *plan)
{
    const struct act *act = acts;

    while (act->kind != NULL && strcmp(act->kind, plan->kind->name) != 0)
        act++;
    return act;
}

const struct act *act_of_all(const struct change_plan *const *plans, size_t n)
{
    const struct act *any = &acts[ARRAY_LEN(acts) - 1], *act = n > 0 ? act_of(plans[0]) : any;

    for (size_t i = 1; i < n; i++) {
        if (act_of(plans[i]) != act)
            return any;
    }
    return act;
}
