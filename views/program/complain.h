/*
 * complain: the one way to stderr. Every line passes the text door.
 */
#ifndef VIEWS_COMPLAIN_H
#define VIEWS_COMPLAIN_H

#include "core/base/err.h"

/* "watchdeck: WHERE: what: message" and, on a line of its own, what to do about it. ERR_NO_READER
 * is no complaint: who has read enough (`| head`) knows. */
void complain(const struct err *err);
/* "watchdeck: line" */
void complain_line(const char *line);

#endif
