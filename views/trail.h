/*
 * trail: `watchdeck trail verify FILE [--key FILE] [--head FILE]`.
 */
#ifndef VIEWS_TRAIL_H
#define VIEWS_TRAIL_H

#include "views/options.h"

/* Prints `record N: FAULT` for each fault, or what stands; returns the exit status: 0 whole (a torn
 * end is repaired), 7 when it has been altered, 2 for a wrong call, else what hindered reading. */
int trail_main(const struct options *options);

#endif
