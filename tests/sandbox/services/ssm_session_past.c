#include "tests/sandbox/services/ssm_session_past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/automation/preferences_seed.h"
#include "tests/sandbox/world/event.h"
#include "tests/sandbox/world/resource.h"

#define DAYS      30
#define DAY_MS    INT64_C(86400000)
#define MINUTE_MS INT64_C(60000)
#define PER_MILLE 40 /* of a node's days have a session */

/* What a session's choices are about, for each day: a stream of its own. */
enum { HAPPENS = 1000, TIME = 1100, LENGTH = 1200, PERSON = 1300, WHAT = 1400, WHY = 1500 };

static const char *const people[] = {"alice.meyer", "bob.tanaka", "carol.osei", "dmitri.petrov",
                                     "erin.walsh"};
#define PEOPLE_ROLE "AWSReservedSSO_OnCall_3f1c9a5b7d2e8046"

static const char *const documents[] = {DOCUMENT_SHELL, DOCUMENT_SHELL, DOCUMENT_SHELL,
                                        "AWS-StartPortForwardingSession", "AWS-StartSSHSession"};

/* "": nobody has given one. */
static const char *reasons[] = {"",
                                "",
                                "disk is full",
                                "patches did not install",
                                "copy the logs of last night",
                                "service does not come back after the reboot"};

static uint64_t choice(struct world *world, const struct past_session *past, unsigned what,
                       uint64_t below)
{
    return ref_random(world, past->node, what + past->day, below);
}

static int newest_first(const void *a, const void *b)
{
    const struct past_session *x = a, *y = b;
    if (x->started_ms != y->started_ms)
        return x->started_ms > y->started_ms ? -1 : 1;
    return x->node.index < y->node.index ? -1 : x->node.index > y->node.index;
}

void past_sessions_find(struct world *world, uint32_t cell, past_sessions *found)
{
    uint64_t n = cell_count(world, cell, SSM_INVENTORY);
    for (uint64_t i = 0; i < n; i++)
        for (unsigned day = 1; day <= DAYS; day++) {
            struct past_session past = {.node = {SSM_INVENTORY, cell, i}, .day = day};
            if (!ref_chance(world, past.node, HAPPENS + day, PER_MILLE))
                continue;
            past.started_ms = world->start_ms - (int64_t)day * DAY_MS +
                              (int64_t)choice(world, &past, TIME, (uint64_t)(DAY_MS / 2));
            vec_push(found, past);
        }
    if (found->len > 0)
        qsort(found->ptr, found->len, sizeof *found->ptr, newest_first);
}

void past_session_fill(struct world *world, const struct past_session *past,
                       struct session *session)
{
    struct resource node;
    struct event_actor actor;
    char uuid[37];
    const char *person = people[choice(world, past, PERSON, ARRAY_LEN(people))];
    bool failed = ref_chance(world, past->node, LENGTH + 50 + past->day, 50);
    int64_t minutes = failed ? 0 : 1 + (int64_t)choice(world, past, LENGTH, 90);
    resource_describe(world, past->node, &node);
    event_actor_session(world, node.account->id, PEOPLE_ROLE, person, &actor);
    event_uuid(world, ref_pack(past->node), past->day, uuid);
    *session = (struct session){
        .status = failed ? SESSION_FAILED : SESSION_TERMINATED,
        .started_ms = past->started_ms,
        .ended_ms = past->started_ms + minutes * MINUTE_MS,
    };
    snprintf(session->id, sizeof session->id, "%s-%.8s%.4s%.5s", person, uuid, uuid + 9, uuid + 24);
    str_copy(session->account_id, node.account->id);
    str_copy(session->region, node.region);
    str_copy(session->node_id, node.id);
    str_copy(session->owner, actor.arn);
    str_copy(session->document, documents[choice(world, past, WHAT, ARRAY_LEN(documents))]);
    const struct preferences_seed *seed = preferences_seed_find(node.account->name);
    if (seed && strcmp(session->document, DOCUMENT_SHELL) == 0) {
        str_copy(session->log_group, seed->log_group);
        str_copy(session->bucket, seed->bucket);
        str_copy(session->prefix, seed->prefix);
    }
    session->reason = (char *)reasons[choice(world, past, WHY, ARRAY_LEN(reasons))];
    if (failed)
        str_copy(session->details, "The agent on the target ended the session.");
}
