/*
 * sg_reading: what is read of a security group for whoever plans something about it, or describes
 * it, within an inquiry of his own. On RUN_WORKER.
 */
#ifndef CORE_GOV_SG_READING_H
#define CORE_GOV_SG_READING_H

#include "core/gov/load/inquiry.h"

/* Reads a group, its rules (then, which may be NULL, fires when these are there), the interfaces
 * and instances that use it. Within begin, or the `then` of a read. */
void sg_read_group(struct inquiry *inquiry, const struct aws_target *target, const char *group_id,
                   void (*then)(struct inquiry *inquiry, void *arg));

#endif
