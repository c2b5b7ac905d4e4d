/* bulk: opens the sheet for several changes under one consent. On RUN_UI. */
#ifndef VIEWS_BULK_H
#define VIEWS_BULK_H

#include "core/gov/planner.h"
#include "views/frame/app.h"

#define BULK_MAX 10 /* what the gate's belts let through at once */

/* What the subjects were chosen from: how many resources, or why that is not known in full (then
 * n is 0). */
struct bulk_choice {
    size_t n_resources;
    char why[160];
};

/* Opens it on n subjects (2 to BULK_MAX; copied). ERR_UNSUPPORTED when one cannot be decided on
 * together with others. */
enum err_code bulk_open(struct app *app, const struct planner_subject *subjects, size_t n,
                        const struct bulk_choice *choice, struct err *err);

#endif
