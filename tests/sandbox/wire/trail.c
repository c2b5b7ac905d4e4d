#include "tests/sandbox/wire/trail.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/sandbox/wire/iam.h"
#include "tests/sandbox/world/event.h"

bool trail_is_read(const char *operation)
{
    static const char *const verbs[] = {"Assume",          "BatchGet", "Decrypt", "Describe",
                                        "GenerateDataKey", "Get",      "Head",    "List",
                                        "Lookup",          "Select"};
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (sv_starts(sv_of(operation), sv_of(verbs[i])))
            return true;
    return false;
}

/* Members that name what is changed: a text, or a list of texts of which the first is taken; of an
 * operation whose name has that part. */
static const struct {
    const char *member, *part, *type;
} subjects[] = {
    {"GroupId", "", "AWS::EC2::SecurityGroup"},
    {"ConfigRuleNames", "", "AWS::Config::ConfigRule"},
    {"ConfigRuleName", "", "AWS::Config::ConfigRule"},
    {"InstanceIds", "", "AWS::EC2::Instance"},
    {"DocumentName", "Automation", "AWS::SSM::Document"},
    {"AutomationExecutionId", "", "AWS::SSM::AutomationExecution"},
    {"Name", "Document", "AWS::SSM::Document"},
    {"Name", "", "AWS::SSM::Parameter"},
};

static void set_subject(const char *operation, const cJSON *input, struct event *event)
{
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
        const cJSON *value = json_get(input, subjects[i].member);
        if (cJSON_IsArray(value))
            value = value->child;
        if (!cJSON_IsString(value) || !strstr(operation, subjects[i].part))
            continue;
        str_copy(event->resource_type, subjects[i].type);
        str_copy(event->resource_name, value->valuestring);
        return;
    }
}

/* The members as CloudTrail writes them: with a small first letter. */
static cJSON *parameters_of(const struct operation *op, const cJSON *input)
{
    cJSON *parameters = cJSON_CreateObject();
    const cJSON *member;
    cJSON_ArrayForEach (member, input) {
        const struct member *known = shape_member(op->input, sv_of(member->string));
        char name[80];
        str_copy(name, member->string);
        name[0] = (char)tolower((unsigned char)name[0]);
        cJSON_AddItemToObject(parameters, name,
                              known && known->shape->sensitive
                                  ? cJSON_CreateString("HIDDEN_DUE_TO_SECURITY_REASONS")
                                  : cJSON_Duplicate(member, true));
    }
    return parameters;
}

void trail_note(struct world *world, const struct operation *op, const struct call *call,
                const struct reply *reply, const char *request_id)
{
    struct event event = {.at_ms = call->now_ms};
    if (!call->principal || trail_is_read(call->operation))
        return;
    os_uuid4(event.id);
    str_copy(event.request_id, request_id);
    str_copy(event.account_id, call->account_id);
    str_copy(event.region, call->region);
    snprintf(event.source, sizeof event.source, "%s.amazonaws.com", call->service);
    str_copy(event.name, call->operation);
    str_copy(event.actor.arn, call->caller_arn);
    str_copy(event.actor.user_id, call->caller_user_id);
    str_copy(event.actor.access_key_id, call->principal->access_key_id);
    str_copy(event.error_code, reply->code);
    set_subject(call->operation, call->input, &event);
    event.parameters = parameters_of(op, call->input);
    world_note_event(world, &event);
}
