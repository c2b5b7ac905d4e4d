/*
 * helper_net: a network loop without a network, so that all three runners can be tested.
 */
#ifndef TESTS_UNIT_RUN_HELPER_NET_H
#define TESTS_UNIT_RUN_HELPER_NET_H

#include "core/run/run.h"

extern const struct run_net_loop helper_net_loop;
/* What the loop has seen since the last start. */
struct helper_net_counts {
    size_t n_starts, n_turns, n_stops;
};
struct helper_net_counts helper_net_read_counts(void);

#endif
