/*
 * queue: events that wait to be asked for, with the text of the pastes among them.
 */
#ifndef TUI_QUEUE_H
#define TUI_QUEUE_H

#include "tui/input.h"

struct event_queue;

/* Empty; free it with event_queue_free (NULL is allowed). */
struct event_queue *event_queue_new(void);
void event_queue_free(struct event_queue *queue);
/* Adds a copy of event, its paste text too. */
void event_queue_push(struct event_queue *queue, const struct event *event);
/* The oldest; false when there is none. Its paste text lives until the next call. */
bool event_queue_pop(struct event_queue *queue, struct event *event);

#endif
