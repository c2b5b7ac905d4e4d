#include "core/net/pending.h"

static struct pending all = {.previous = &all, .next = &all};

static void link_before(struct pending *pending, struct pending *next)
{
    pending->previous = next->previous;
    pending->next = next;
    next->previous->next = pending;
    next->previous = pending;
}

struct scope *pending_unlink(struct pending *pending)
{
    pending->previous->next = pending->next;
    pending->next->previous = pending->previous;
    return pending->scope;
}

bool pending_begin(struct pending *pending, struct scope *scope,
                   void (*drop)(struct pending *pending))
{
    if (!scope_hold(scope))
        return false;
    pending->scope = scope;
    pending->drop = drop;
    link_before(pending, &all);
    return true;
}

void pending_end(struct pending *pending)
{
    scope_release(pending_unlink(pending));
}

void pending_sweep(bool everything)
{
    /* A list of its own, because a drop may end others and begin new ones. */
    struct pending doomed = {.previous = &doomed, .next = &doomed};
    for (struct pending *at = all.next, *next; at != &all; at = next) {
        next = at->next;
        if (everything || scope_is_closed(at->scope)) {
            pending_unlink(at);
            link_before(at, &doomed);
        }
    }
    while (doomed.next != &doomed)
        doomed.next->drop(doomed.next);
}
