/*
 * ways: the ways to a node, and which of them are closed where nothing may be changed. One table
 * for all doors: keys of the console, and command lines.
 */
#ifndef VIEWS_WAYS_H
#define VIEWS_WAYS_H

#include "core/gov/gov.h"

enum way { WAY_SHELL, WAY_STREAM, WAY_FORWARD, WAY_PUT, WAY_GET, WAYS };

/* Where a way begins. In the console production is read-only like what `read_only` names, until
 * :elevate. A command line has no :elevate: there production is open, as who names a node of it has
 * decided, and what `read_only` names is closed. */
enum way_door { DOOR_CONSOLE, DOOR_LINE };

/* Whether a change can come by that way at all: WAY_GET alone only looks. */
bool way_changes(enum way way);

/*
 * Whether the way to node, in an account of the estate, is open: OK; ERR_STARTED_READ_ONLY under
 * --read-only, whatever the account; ERR_READ_ONLY where the account is. The message says why a
 * session has to do with that. On RUN_UI.
 */
enum err_code way_check(struct gov *gov, struct sv account_id, const char *node, enum way way,
                        enum way_door door, struct err *err);

/* The first half of it, for who knows no account yet. where: whose message it is. Any runner. */
enum err_code way_check_start(const struct gov *gov, const char *where, enum way way,
                              struct err *err);

#endif
