/*
 * runners: the worker and the network from start to end, and the log's way to its file between.
 */
#ifndef VIEWS_RUNNERS_H
#define VIEWS_RUNNERS_H

#include "core/gov/settings.h"

/* Starts the runners, the network's with the time-outs of settings; the caller's thread is RUN_UI.
 * The log reaches its file, when there is one, every second: what happened is to be read after a
 * crash above all. */
void runners_start(const struct settings *settings);
/* Stops them and writes what is left of the log. */
void runners_stop(void);

#endif
