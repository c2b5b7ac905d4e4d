/*
 * place: the node that a row is about, and whether a session with it may begin.
 */
#ifndef VIEWS_PLACE_H
#define VIEWS_PLACE_H

#include "core/gov/gov.h"
#include "views/command.h"
#include "views/node/ways.h"

struct app;

/* The node that a session is with. */
struct shell_place {
    struct aws_target target;
    char account[128]; /* its name, raw; its id where it has none */
    char node[64];     /* its id */
    char name[128];    /* what people call it, raw; "": nothing */
};

/* The node that row is about: one of Systems Manager, or an instance as a resource. False: it is
 * about neither. */
bool place_of_row(const struct row_ref *row, struct shell_place *place);
/* Its name, or its id where it has none. */
const char *place_name(const struct shell_place *place);
/* The list that the row of call is of, so that it can be described elsewhere. */
const struct screen *place_screen(const struct command_call *call);

/*
 * Whether a session with place, which row is about, may begin. ERR_UNSUPPORTED: its agent does not
 * report; else what place_way_check says. *wants_reason: StartSession is to be given one. On
 * RUN_UI.
 */
enum err_code place_check(struct app *app, const struct row_ref *row,
                          const struct shell_place *place, enum way way, bool *wants_reason,
                          struct err *err);
/* Whether that way to it is open now: way_check at the console's door. On RUN_UI. */
enum err_code place_way_check(struct app *app, const struct shell_place *place, enum way way,
                              struct err *err);

#endif
