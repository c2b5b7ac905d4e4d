/*
 * attempt_log: the requests of the last while, for :requests. Any runner; locked.
 */
#ifndef CORE_AWS_ATTEMPT_LOG_H
#define CORE_AWS_ATTEMPT_LOG_H

#include "core/aws/client.h"

struct attempt_log;

/* Empty; room for AWS_ATTEMPTS_MAX. NULL may be freed. */
struct attempt_log *attempt_log_new(void);
void attempt_log_free(struct attempt_log *log);
/* Adds a copy and numbers it. slowed: it was throttled, or had to wait for the limiter. */
void attempt_log_add(struct attempt_log *log, const struct aws_attempt *attempt, bool slowed);
/* As client_attempts. */
size_t attempt_log_read(struct attempt_log *log, uint64_t after_id, struct aws_attempt *attempts,
                        size_t max);
/* As client_throttle_percent. */
int attempt_log_slowed_percent(struct attempt_log *log);

#endif
