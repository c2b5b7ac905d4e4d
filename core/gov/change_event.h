/*
 * change_event: who changed what in AWS: events of CloudTrail, and what this console has sent.
 */
#ifndef CORE_GOV_CHANGE_EVENT_H
#define CORE_GOV_CHANGE_EVENT_H

#include "core/gov/load/load.h"

struct map;

#define CHANGES_WINDOW_MS INT64_C(86400000) /* how far back is looked */
#define CHANGES_PAGES_MAX 2                 /* of CloudTrail, 50 events each, a target */

/* Borrowed while the callback runs; texts raw. */
struct change_event {
    const struct aws_target *target;
    int64_t at_ms;
    struct sv actor;        /* the human part: a session's name, a user's */
    struct sv role;         /* through which role; SV_NONE for a user */
    struct sv action;       /* "AuthorizeSecurityGroupIngress" */
    struct sv subject;      /* what was changed: a name or an id; SV_NONE when it is not said */
    struct sv subject_type; /* "AWS::EC2::SecurityGroup"; SV_NONE */
    struct sv source;       /* "ec2.amazonaws.com"; "watchdeck" for what this console sent */
    struct sv id;           /* of the event, or of the plan */
    struct sv error;        /* why AWS refused it; SV_NONE: it was done */
};

struct change_reader {
    void (*on_event)(struct load *load, const struct change_event *event, void *arg);
    /* One target is through; more: it has older events than those told, back to oldest_ms. */
    void (*on_end)(struct load *load, const struct aws_target *target, bool more, int64_t oldest_ms,
                   void *arg); /* may be NULL */
    void *arg;
};

/*
 * Of the last CHANGES_WINDOW_MS, before the display clock's now: tells what changed something in
 * target by LookupEvents (ReadOnly = false), of the services whose resources the console shows, and
 * leaves out what AWS refused and what own has sent (changes_own_read tells that). own is borrowed
 * for the load, NULL: none. reader is copied. On RUN_WORKER.
 */
void changes_read(struct load *load, const struct aws_target *target, const struct map *own,
                  const struct change_reader *reader);

/*
 * Tells what the trail of this machine says was sent in the same time, each plan once, of the
 * selected accounts and regions, and puts the request ids into own. CloudTrail knows the same a few
 * minutes later. A trail that cannot be read tells nothing. On RUN_WORKER.
 */
void changes_own_read(struct load *load, struct map *own, const struct change_reader *reader);

/*
 * Who a record of CloudTrail is about: of a role's session the session's name, or the role's when a
 * program has made that up; of a user the name, of a service what it is called, else the kind.
 * Borrowed from record. Pure. Source: CloudTrail's userIdentity element.
 */
void change_actor(const cJSON *record, struct sv *actor, struct sv *role);

#endif
