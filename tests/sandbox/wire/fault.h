/*
 * fault: what goes wrong on purpose, as --fault says: kind[:key=value,...][;...]
 *
 *   throttle   the request is refused as the service refuses too many
 *   reset      the request is carried out, but its answer is cut off by a TCP reset
 * Keys, all optional: rate (0..1, of the requests that fit; 1), account, service, operation (those
 * requests alone), bytes (reset: how much of the answer, head included, still comes; 0).
 */
#ifndef SANDBOX_FAULT_H
#define SANDBOX_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/str.h"

struct faults;

/* Reads spec; ERR_USAGE says what is wrong in it. The same seed makes the same choices. */
enum err_code faults_new(struct sv spec, uint64_t seed, struct faults **faults, struct err *err);
void faults_free(struct faults *faults);
/* Are there faults that need the byte relay before the server? */
bool faults_cut_wires(const struct faults *faults);

/* Which request it is. */
struct fault_target {
    const char *service, *operation, *account_id;
};
bool faults_throttle(struct faults *faults, const struct fault_target *target);
/* After how many bytes the answer is to be cut off; -1: not at all. */
int64_t faults_reset(struct faults *faults, const struct fault_target *target);

#endif
