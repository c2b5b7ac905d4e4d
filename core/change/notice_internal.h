/* notice_internal: what the door for notices and the room behind it share; nobody else includes it.
 * All of it on RUN_WORKER. */
#ifndef CORE_CHANGE_NOTICE_INTERNAL_H
#define CORE_CHANGE_NOTICE_INTERNAL_H

#include "core/base/digest.h"
#include "core/base/map.h"
#include "core/change/gate_internal.h"
#include "core/change/notice.h"

#define NOTICE_INTENT "INTENT" /* its state in the journal until it has ended */

/* The room behind the door; a gate has one. */
struct notice_room {
    struct journal *journal; /* NULL until it is first wanted, or when it does not open */
    struct map told;         /* "WHAT KEY": it has been told, or may have been */
    VEC(struct notice_consent) consents;
    char *muted;
    bool recorded; /* the consents are in the trail */
};

/* Opens its journal when it is first wanted, and settles what an earlier console has left there.
 * OK, or why the gate is shut or the journal does not open. */
enum err_code notice_room_open(struct gate *gate, struct err *err);

/* The name of the claim to tell of an item by one setting. */
void notice_claim_name(const char *what, const char *key, char name[SHA256_HEX_SIZE]);
/* Takes what the journal says now, other consoles' lines too. */
void notice_room_refresh(struct notice_room *room);
/* Takes one entry of the journal. */
void notice_room_take(struct notice_room *room, const char *state, const cJSON *fields);
/* What is known of an item once a notice of it has ended so. */
void notice_room_note(struct notice_room *room, const char *what, const char *key,
                      enum notice_end end);
enum notice_told notice_room_told(const struct notice_room *room, const char *what,
                                  const char *key);

/* The record of what has come of the notice of id, from what the journal has of it; the caller's.
 */
cJSON *notice_trail_fields(const char *id, const char *state, const cJSON *journaled,
                           const struct err *why);

#endif
