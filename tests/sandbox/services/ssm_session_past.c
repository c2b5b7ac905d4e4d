#include "tests/sandbox/services/ssm_session_past.h"

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/automation/preferences_seed.h"
#include "tests/sandbox/world/event.h"
#include "tests/sandbox/world/resource.h"

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

void past_sessions_find(struct world *world, uint32_t cell, pasts *found)
{
    static const struct past_kind kind = {HAPPENS, TIME, PER_MILLE};
    pasts_find(world, cell, &kind, found);
}

void past_session_fill(struct world *world, const struct past *past, struct session *session)
{
    struct resource node;
    struct event_actor actor;
    char uuid[37];
    const char *person = people[past_choice(world, past, PERSON, ARRAY_LEN(people))];
    bool failed = ref_chance(world, past->node, LENGTH + 50 + past->day, 50);
    int64_t minutes = failed ? 0 : 1 + (int64_t)past_choice(world, past, LENGTH, 90);
    resource_describe(world, past->node, &node);
    event_actor_session(world, node.account->id, PEOPLE_ROLE, person, &actor);
    event_uuid(world, ref_pack(past->node), past->day, uuid);
    *session = (struct session){
        .status = failed ? SESSION_FAILED : SESSION_TERMINATED,
        .started_ms = past->at_ms,
        .ended_ms = past->at_ms + minutes * MINUTE_MS,
    };
    snprintf(session->id, sizeof session->id, "%s-%.8s%.4s%.5s", person, uuid, uuid + 9, uuid + 24);
    str_copy(session->account_id, node.account->id);
    str_copy(session->region, node.region);
    str_copy(session->node_id, node.id);
    str_copy(session->owner, actor.arn);
    str_copy(session->document, documents[past_choice(world, past, WHAT, ARRAY_LEN(documents))]);
    const struct preferences_seed *seed = preferences_seed_find(node.account->name);
    if (seed && strcmp(session->document, DOCUMENT_SHELL) == 0) {
        str_copy(session->log_group, seed->log_group);
        str_copy(session->bucket, seed->bucket);
        str_copy(session->prefix, seed->prefix);
    }
    session->reason = (char *)reasons[past_choice(world, past, WHY, ARRAY_LEN(reasons))];
    if (failed)
        str_copy(session->details, "The agent on the target ended the session.");
}
