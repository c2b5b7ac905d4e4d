/*
 * event: who changed what and when, as CloudTrail tells it.
 *
 * What is changed while the sandbox runs is noted here, by whichever way it came; what was before,
 * services/trail_past.c derives from the seed.
 */
#ifndef SANDBOX_EVENT_H
#define SANDBOX_EVENT_H

#include "tests/sandbox/world/resource.h"

#define EVENT_NAME_SIZE 80

/* Who did it. */
struct event_actor {
    char arn[256];
    char user_id[120]; /* "AIDA..."; "AROA...:session" */
    char access_key_id[24];
};

struct event {
    int64_t at_ms;
    char id[37], request_id[37];
    char account_id[13], region[32];
    char source[64]; /* "ec2.amazonaws.com" */
    char name[EVENT_NAME_SIZE];
    struct event_actor actor;
    char resource_type[80], resource_name[RESOURCE_ID_SIZE]; /* "": it names none */
    char error_code[64];                                     /* "": it was done */
    cJSON *parameters;                                       /* NULL: none */
};

/* Adds what has happened just now; its parameters become the world's. */
void world_note_event(struct world *world, const struct event *take_event);
/* A resource was edited from outside, by a pipeline of its account: what that is called follows
 * from its type. docs before and after; NULL: it was not there. */
void world_note_edit(struct world *world, struct ref ref, const char *id, const cJSON *before,
                     const cJSON *after);
/* The same for a recorder, which the operation of that name changed. */
void world_note_recorder(struct world *world, const struct cell *cell, const char *name);
void world_free_events(struct world *world);

/* The session of a role in an account, with ids that follow from the names. */
void event_actor_session(struct world *world, const char *account_id, const char *role,
                         const char *session, struct event_actor *actor);
/* 32 hexadecimal digits of (a, b) in the form of a UUID; id holds 37. */
void event_uuid(struct world *world, uint64_t a, uint64_t b, char id[37]);

#endif
