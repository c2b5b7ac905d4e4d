/*
 * agent_values: what belongs to Session Manager's data channel beside its messages: encryption,
 * time-outs, smux, versions. Each takes the section of a vector file that is about it and reports
 * its cases; a section that is NULL has none.
 */
#ifndef TESTS_CONFORMANCE_AGENT_VALUES_H
#define TESTS_CONFORMANCE_AGENT_VALUES_H

#include "core/base/json.h"
#include "tests/conformance/driver.h"

/* `kms`: a data key, how KMS is asked for it, and payloads that are sealed with its halves. */
void agent_encryption(const cJSON *kms, struct tally *tally);
/* `rto`: the time-out after each of some round trips. */
void agent_rto(const cJSON *trace, struct tally *tally);
/* `smux`: frames. */
void agent_smux(const cJSON *smux, struct tally *tally);
/* `agent_version_gates`: what agents of which versions can do. */
void agent_versions(const cJSON *gates, struct tally *tally);

#endif
