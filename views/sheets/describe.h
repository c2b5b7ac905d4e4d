/*
 * describe: what is known of a row as lines to be drawn, for the screen of that name and for those
 * that show it beside something else.
 */
#ifndef VIEWS_DESCRIBE_H
#define VIEWS_DESCRIBE_H

#include "core/gov/describe/describe.h"
#include "tui/widget/detail.h"
#include "views/command.h"

/* Fills detail anew with a row of screen and what has been found out about it (NULL: nothing yet).
 */
void describe_fill(struct detail *detail, const struct screen *screen, const struct row_ref *row,
                   const struct description *found);

#endif
