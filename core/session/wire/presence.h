/*
 * presence: whether the node is there, by what is heard of it and, when nothing is, by what the
 * service says of it (GetConnectionStatus). Pure: times are the caller's, monotonic.
 *
 * A node that vanishes while nobody types owes no answer, and the service does not always say that
 * it is away. So it is asked: after PRESENCE_SILENT_MS without a word, and then as often as
 * PRESENCE_ASK_MS, which together are less than half a minute; at once when an answer is owed.
 */
#ifndef CORE_SESSION_PRESENCE_H
#define CORE_SESSION_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>

#define PRESENCE_SILENT_MS 10000
#define PRESENCE_ASK_MS    15000

struct presence {
    int64_t heard_us; /* when something last came of the node, or the socket was opened */
    int64_t asked_us; /* when the service was last asked; 0: never */
    int64_t gone_us;  /* since when it has said that the node is not connected; 0: it has not */
    bool is_asking;   /* its answer is not there yet */
    bool may_not_ask; /* the caller has no right to */
};

/* Something has come of the node, or there is a new socket: it is there. */
void presence_heard(struct presence *presence, int64_t now_us);
/* When the service is to be asked; INT64_MAX: an answer is waited for, or it cannot be asked.
 * is_away: the node owes an answer. */
int64_t presence_due_us(const struct presence *presence, bool is_away);
/* It is being asked; it has answered. An answer to a question from before the node was last heard
 * says nothing. */
void presence_asked(struct presence *presence, int64_t now_us);
void presence_answered(struct presence *presence, bool is_connected, int64_t now_us);
/* It could not be asked: for_good when there is no right to. */
void presence_failed(struct presence *presence, bool for_good);
/* For how long the service has said that the node is not connected; 0: it does not say so. */
int64_t presence_gone_ms(const struct presence *presence, int64_t now_us);

#endif
