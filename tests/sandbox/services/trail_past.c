#include "tests/sandbox/services/trail_past.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/world/rng.h"
#include "tests/sandbox/world/security_group.h"
#include "tests/sandbox/world/template.h"

#define SLOT_MS INT64_C(2820000) /* in each of these, something happens or not */

/* People come through single sign-on, everything else has a role of its own. */
static const char *const people[] = {"alice.meyer", "bob.tanaka", "carol.osei", "dmitri.petrov",
                                     "erin.walsh"};
#define PEOPLE_ROLE "AWSReservedSSO_OnCall_3f1c9a5b7d2e8046"

/* What happens every day. */
static const struct routine {
    enum resource_type type;
    const char *source, *name, *parameter;
    const char *role, *session; /* NULL: a person */
} routines[] = {
    {LAMBDA_FUNCTION, "lambda", "UpdateFunctionCode20150331v2", "functionName", "CiDeploy",
     "deploy-pipeline"},
    {EC2_VOLUME, "ec2", "CreateSnapshot", "volumeId", "AWSBackupDefaultServiceRole",
     "AWSBackup-AWSBackupDefaultServiceRole"},
    {EC2_INSTANCE, "ec2", "RebootInstances", "instanceId", NULL, NULL},
    {SSM_INVENTORY, "ssm", "SendCommand", "instanceId", NULL, NULL},
    {RDS_INSTANCE, "rds", "CreateDBSnapshot", "dBInstanceIdentifier", "AWSBackupDefaultServiceRole",
     "AWSBackup-AWSBackupDefaultServiceRole"},
    {CODEBUILD_PROJECT, "codebuild", "StartBuild", "projectName", "CiDeploy", "deploy-pipeline"},
    {SECRETS_SECRET, "secretsmanager", "PutSecretValue", "secretId", NULL, NULL},
};

struct past {
    struct world *world;
    uint32_t cell;
    int64_t from_ms, until_ms;
    past_fn *fn;
    void *arg;
};

/* Streams of event ids: what tells a routine from what happened to a security group. */
enum { OF_ROUTINE = 3, OF_GROUP = 4 };

static void begin(const struct past *past, int64_t at_ms, uint64_t kind, uint64_t number,
                  struct event *event)
{
    *event = (struct event){.at_ms = at_ms};
    event_uuid(past->world, kind, number, event->id);
    event_uuid(past->world, kind + 8, number, event->request_id);
    str_copy(event->account_id, cell_account(past->world, past->cell)->id);
    str_copy(event->region, cell_region(past->world, past->cell));
}

static void act_as_person(const struct past *past, uint64_t draw, struct event *event)
{
    event_actor_session(past->world, event->account_id, PEOPLE_ROLE,
                        people[draw % ARRAY_LEN(people)], &event->actor);
}

static void tell(const struct past *past, struct event *take_event)
{
    past->fn(past->arg, take_event);
}

/* --- security groups -------------------------------------------------------------------------- */

static cJSON *group_parameters(const struct resource *group, bool created)
{
    cJSON *rules = security_group_rules(group, 1), *rule = created ? NULL : rules->child;
    cJSON *permissions = NULL;
    if (rule)
        permissions = json_make("{items:[{ipProtocol:%s,fromPort:%l,toPort:%l}]}",
                                json_sv(rule, "ipProtocol").ptr, json_i64(rule, "fromPort", -1),
                                json_i64(rule, "toPort", -1));
    cJSON_Delete(rules);
    return created ? json_make("{groupName:%s}", group->name)
                   : json_make("{groupId:%s,ipPermissions:%o}", group->id, permissions);
}

static void tell_group(const struct past *past, const struct resource *group, int64_t at_ms,
                       bool created)
{
    struct event event;
    uint64_t packed = ref_pack(group->ref);
    if (at_ms < past->from_ms || at_ms > past->until_ms)
        return;
    begin(past, at_ms, OF_GROUP, packed * 2 + created, &event);
    str_copy(event.source, "ec2.amazonaws.com");
    str_copy(event.name, created ? "CreateSecurityGroup" : "AuthorizeSecurityGroupIngress");
    str_copy(event.resource_type, "AWS::EC2::SecurityGroup");
    str_copy(event.resource_name, group->id);
    act_as_person(past, rng_at(past->world->spec.seed, STREAM_EVENT, packed), &event);
    event.parameters = group_parameters(group, created);
    tell(past, &event);
}

static void tell_groups(const struct past *past)
{
    uint32_t n = cell_count(past->world, past->cell, EC2_SECURITY_GROUP);
    for (uint32_t i = 0; i < n; i++) {
        struct resource group;
        struct ref ref = {.type = EC2_SECURITY_GROUP, .cell = past->cell, .index = i};
        resource_describe(past->world, ref, &group);
        tell_group(past, &group, group.created_ms, true);
        int64_t changed_ms = security_group_changed_ms(&group);
        if (changed_ms > group.created_ms)
            tell_group(past, &group, changed_ms, false);
    }
}

/* --- routine ---------------------------------------------------------------------------------- */

static void tell_routine(const struct past *past, uint64_t slot, uint64_t draw)
{
    const struct routine *routine = &routines[draw % ARRAY_LEN(routines)];
    uint32_t n = cell_count(past->world, past->cell, routine->type);
    int64_t at_ms = (int64_t)slot * SLOT_MS + (int64_t)(draw >> 8) % SLOT_MS;
    struct event event;
    if (n == 0 || at_ms < past->from_ms || at_ms > past->until_ms)
        return;
    begin(past, at_ms, OF_ROUTINE, (uint64_t)past->cell << 32 | slot, &event);
    snprintf(event.source, sizeof event.source, "%s.amazonaws.com", routine->source);
    str_copy(event.name, routine->name);
    str_copy(event.resource_type, type_infos[routine->type].name);
    resource_id(past->world,
                (struct ref){.type = routine->type, .cell = past->cell, .index = (draw >> 16) % n},
                event.resource_name);
    if (routine->role)
        event_actor_session(past->world, event.account_id, routine->role, routine->session,
                            &event.actor);
    else
        act_as_person(past, draw >> 24, &event);
    event.parameters = cJSON_CreateObject();
    cJSON_AddStringToObject(event.parameters, routine->parameter, event.resource_name);
    tell(past, &event);
}

/* The world was there before it was started: time is cut into slots from 1970 on. */
static void tell_routines(const struct past *past)
{
    unsigned per_mille = cell_is_home(past->world, past->cell) ? 90 : 30;
    uint64_t last = (uint64_t)(past->until_ms / SLOT_MS);
    for (uint64_t slot = (uint64_t)(past->from_ms / SLOT_MS); slot <= last; slot++) {
        uint64_t number = (uint64_t)past->cell << 32 | slot;
        if (rng_below(past->world->spec.seed, STREAM_EVENT, number, 1000) < per_mille)
            tell_routine(past, slot, rng_at(past->world->spec.seed, STREAM_EVENT_ID, number));
    }
}

void past_events(struct world *world, uint32_t cell, int64_t from_ms, int64_t until_ms, past_fn *fn,
                 void *arg)
{
    struct past past = {world, cell, from_ms, until_ms, fn, arg};
    if (!account_is_active(cell_account(world, cell)))
        return;
    tell_groups(&past);
    tell_routines(&past);
}
