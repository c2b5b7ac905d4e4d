/*
 * act: what a person does who consents to a change, in words. To propose is not to approve, and to
 * take back is neither.
 */
#ifndef VIEWS_ACT_H
#define VIEWS_ACT_H

#include "core/change/gate.h"

/* All constants. */
struct act {
    const char *kind;  /* of change_kind; NULL: of all the others */
    const char *title; /* of the dialog and of its key: "Withdraw" */
    const char *verb;  /* "withdraw": behind "To", and behind what was not done */
    const char *past;  /* "withdrawn" */
    const char *does;  /* "withdraws" */
    const char *ready; /* which keys do what; NULL: as sheet_state has it */
    const char *one;   /* who decides, and what comes of it */
    const char *many;  /* the same of several at once */
};

/* That of a plan; never NULL. Pure. */
const struct act *act_of(const struct change_plan *plan);
/* What they have in common: the act of all of them, or that of any other change, as of none. Pure.
 */
const struct act *act_of_all(const struct change_plan *const *plans, size_t n);

#endif
