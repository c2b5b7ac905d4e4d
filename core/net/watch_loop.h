/*
 * watch_loop: the loop's side of watch.h. For http.c alone.
 */
#ifndef CORE_NET_WATCH_LOOP_H
#define CORE_NET_WATCH_LOOP_H

#include <curl/curl.h>

#include "core/net/watch.h"

/* Calls back who has asked for it (watch_again), waits at most timeout_ms for curl's connections,
 * for what is watched and for the next timer, and calls back what is ready. On RUN_NET. */
void watch_turn(CURLM *multi, int timeout_ms);
/* The end of the runner: gives its memory back. Nothing is watched any more. */
void watch_done(void);

#endif
