/*
 * throttle: where requests are held back at the moment, for who looks. Written on RUN_NET, read on
 * any runner; locked.
 */
#ifndef CORE_AWS_LIMIT_THROTTLE_H
#define CORE_AWS_LIMIT_THROTTLE_H

#include "core/aws/client.h"

struct throttle_board;

/* Empty. NULL may be freed. */
struct throttle_board *throttle_board_new(void);
void throttle_board_free(struct throttle_board *board);
/* Holds from now on for its account, region, service and reason. Copied. */
void throttle_board_note(struct throttle_board *board, const struct aws_throttle *throttle);
/* As client_throttles, at now_ms. */
size_t throttle_board_read(struct throttle_board *board, int64_t now_ms,
                           struct aws_throttle *throttles, size_t max);

#endif
