/* ready: the line of JSON that says where everything is and with which keys. */
#ifndef SANDBOX_READY_H
#define SANDBOX_READY_H

#include "tests/sandbox/run.h"

/* Writes the line for run, all of whose doors are open. */
void ready_write(struct buf *line, const struct run *run);

#endif
