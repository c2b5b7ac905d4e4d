/*
 * endpoint: `watchdeck endpoint SERVICE REGION [--fips] [--dual-stack]`.
 */
#ifndef VIEWS_ENDPOINT_H
#define VIEWS_ENDPOINT_H

#include "views/options.h"

/* Prints the URL where requests to a service go, as options, environment and profile have it;
 * returns the exit status: 2 when there is no such place, or for a wrong call. */
int endpoint_main(const struct options *options);

#endif
