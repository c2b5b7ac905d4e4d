/* forward_list: the screen of the forwards, as far as others have to know of it. */
#ifndef VIEWS_FORWARD_LIST_H
#define VIEWS_FORWARD_LIST_H

#include "views/command.h"

struct app;
struct forward;

/* The forward that a row of that screen is about; NULL: there is none any more. */
struct forward *forward_of_row(struct app *app, const struct row_ref *row);

#endif
