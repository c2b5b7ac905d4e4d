/*
 * aggregator: which aggregator there is, what it reads, and how old that is.
 *
 * The management account and the delegated administrator have it, in the home region.
 */
#ifndef SANDBOX_AGGREGATOR_H
#define SANDBOX_AGGREGATOR_H

#include "tests/sandbox/wire/handler.h"
#include "tests/sandbox/world/world_model.h"

#define AGGREGATOR_NAME "organization"

/* Does the call name an aggregator that exists where it was sent? False after having refused. */
bool aggregator_asked_for(const struct world *world, const struct call *call, struct reply *reply);
bool aggregator_has_source(const struct world *world, uint32_t cell); /* is it asked at all? */
bool aggregator_has_data(const struct world *world, uint32_t cell);   /* and does it answer? */
/* The time at which the cell's data was what the aggregator has at now_ms. */
int64_t aggregator_as_of_ms(const struct world *world, uint32_t cell, int64_t now_ms);

#endif
