/*
 * node_pick: which of the nodes that were found is the one that somebody names.
 */
#ifndef VIEWS_NODE_PICK_H
#define VIEWS_NODE_PICK_H

#include "core/model/table.h"
#include "views/node/node_program.h"

/* Fills *place by the one row of nodes (the screen's table) whose id or name is `name`.
 * ERR_NOT_FOUND when there is none; ERR_USAGE when there are several, with those that could be
 * meant. */
enum err_code node_pick(const struct table *nodes, const char *name, struct node_place *place,
                        struct err *err);

#endif
