#include "tui/terminal/queue.h"

#include "core/base/mem.h"
#include "core/base/vec.h"

struct event_queue {
    VEC(struct event) events; /* those before `at` have been taken; pastes are owned */
    size_t at;
    char *given; /* the text of the paste popped last */
};

struct event_queue *event_queue_new(void)
{
    return mem_new(struct event_queue);
}

static char *paste_text(const struct event *event)
{
    return event->type == EVENT_PASTE ? (char *)event->paste.text.ptr : NULL;
}

void event_queue_free(struct event_queue *queue)
{
    if (queue == NULL)
        return;
    while (queue->at < queue->events.len)
        mem_free(paste_text(&queue->events.ptr[queue->at++]));
    vec_free(&queue->events);
    mem_free(queue->given);
    mem_free(queue);
}

void event_queue_push(struct event_queue *queue, const struct event *event)
{
    struct event copy = *event;

    if (event->type == EVENT_PASTE)
        copy.paste.text.ptr = sv_dup(event->paste.text);
    vec_push(&queue->events, copy);
}

bool event_queue_pop(struct event_queue *queue, struct event *event)
{
    mem_free(queue->given);
    queue->given = NULL;
    if (queue->at == queue->events.len)
        return false;
    *event = queue->events.ptr[queue->at++];
    queue->given = paste_text(event);
    if (queue->at == queue->events.len) {
        vec_clear(&queue->events);
        queue->at = 0;
    }
    return true;
}
