/*
 * passage: the way between a session's client and its node, and what the service itself says.
 */
#ifndef SANDBOX_SESSION_PASSAGE_H
#define SANDBOX_SESSION_PASSAGE_H

#include "core/base/str.h"

struct passage;
struct session;

struct passage *passage_new(struct session *session);
void passage_free(struct passage *passage); /* NULL is allowed */

/* A message on its way down to the client, and up to the node. */
void passage_down(struct passage *passage, struct sv bytes);
void passage_up(struct passage *passage, struct sv bytes);
/* The node is gone for ms, 0: until it is found again: nothing passes, and unless it is so silently
 * the client is told every second. */
void passage_lose_node(struct passage *passage, int64_t ms, bool silently);
void passage_find_node(struct passage *passage);
bool passage_has_lost_node(const struct passage *passage);
/* The client is there: it is told that the node is. */
void passage_open(struct passage *passage);
/* It is over: the client is told so. */
void passage_say_closed(struct passage *passage, const char *output);
/* What is due by now (monotonic), and when something is; -1: nothing. */
void passage_turn(struct passage *passage, int64_t now_ms);
int64_t passage_due_ms(const struct passage *passage);

#endif
