/* svc_sns: topics, and messages to them. What was published is in the request log. */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/sandbox/services/ec2.h"
#include "tests/sandbox/world/template.h"

#define MESSAGE_MAX 262144
#define SUBJECT_MAX 100
#define TOPICS_PAGE 100

static bool refuse(struct reply *reply, const char *what)
{
    reply_error(reply, 0, "InvalidParameter", "Invalid parameter: %s", what);
    return false;
}

/* The topic or target; phone numbers get nothing here. */
static const char *destination(const struct call *call)
{
    const char *topic = in_str(call, "TopicArn");
    return *topic ? topic : in_str(call, "TargetArn");
}

static bool check_destination(const struct call *call, struct reply *reply)
{
    static const char *const members[] = {"TopicArn", "TargetArn", "PhoneNumber"};
    int n = 0;
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        n += *in_str(call, members[i]) != '\0';
    if (n != 1)
        return refuse(reply, "TopicArn or TargetArn Reason: no value for required parameter");
    if (*in_str(call, "PhoneNumber"))
        return refuse(reply, "PhoneNumber Reason: not in this world");
    return true;
}

static bool is_printable_line(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            return false;
    return true;
}

static bool check_subject(const struct call *call, struct reply *reply)
{
    const char *subject = in_str(call, "Subject");
    if (!json_get(call->input, "Subject"))
        return true;
    if (!*subject || strlen(subject) > SUBJECT_MAX || *subject == ' ' ||
        !is_printable_line(subject))
        return refuse(reply, "Subject");
    return true;
}

static bool check_message(const struct call *call, struct reply *reply)
{
    const char *message = in_str(call, "Message"), *structure = in_str(call, "MessageStructure");
    if (!*message)
        return refuse(reply, "Empty message");
    if (strlen(message) > MESSAGE_MAX)
        return refuse(reply, "Message too long");
    if (!*structure)
        return true;
    if (strcmp(structure, "json") != 0)
        return refuse(reply, "MessageStructure Reason: must be json");
    cJSON *tree = cJSON_Parse(message);
    bool has_default = cJSON_IsString(json_get(tree, "default"));
    bool is_json = tree != NULL;
    cJSON_Delete(tree);
    if (!is_json)
        return refuse(reply, "Message Structure - JSON message body failed to parse");
    if (!has_default)
        return refuse(reply, "Message Structure - No default entry in JSON message body");
    return true;
}

/* "arn:aws:sns:REGION:ACCOUNT:NAME": another region's is no parameter for this one. */
static bool check_topic(struct world *world, const struct call *call, struct reply *reply)
{
    const char *arn = destination(call);
    char here[80], ours[100];
    struct ref ref;
    snprintf(here, sizeof here, "arn:aws:sns:%s:", call->region);
    snprintf(ours, sizeof ours, "%s%s:", here, call->account_id);
    if (!sv_starts(sv_of(arn), sv_of(here)))
        return refuse(reply, "TopicArn");
    if (!sv_starts(sv_of(arn), sv_of(ours))) {
        reply_error(reply, 0, "AuthorizationError",
                    "User: %s is not authorized to perform: SNS:Publish on resource: %s because no "
                    "resource-based policy allows the SNS:Publish action",
                    call->caller_arn, arn);
        return false;
    }
    uint32_t cell = cell_number(world, call_cell(world, call));
    if (resource_find(world, cell, SNS_TOPIC, arn, &ref) && doc_exists(world, ref))
        return true;
    reply_error(reply, 0, "NotFound", "Topic does not exist");
    return false;
}

static void publish(struct world *world, const struct call *call, struct reply *reply)
{
    char id[37];
    if (!check_destination(call, reply) || !check_message(call, reply) ||
        !check_subject(call, reply) || !check_topic(world, call, reply))
        return;
    os_uuid4(id);
    cJSON_AddStringToObject(reply->output, "MessageId", id);
}

struct topics {
    struct world *world;
    uint32_t cell;
};

static void add_topic(void *arg, size_t i, cJSON *list)
{
    const struct topics *topics = arg;
    struct ref ref = {.type = SNS_TOPIC, .cell = topics->cell, .index = i};
    char arn[RESOURCE_ID_SIZE];
    if (!doc_exists(topics->world, ref))
        return;
    resource_id(topics->world, ref, arn);
    cJSON_AddItemToArray(list, json_make("{TopicArn:%s}", arn));
}

static void list_topics(struct world *world, const struct call *call, struct reply *reply)
{
    struct topics topics = {world, cell_number(world, call_cell(world, call))};
    page_reply(call, reply,
               &(struct page_spec){.list_member = "Topics",
                                   .n_items = resource_count(world, topics.cell, SNS_TOPIC),
                                   .page_default = TOPICS_PAGE,
                                   .page_max = TOPICS_PAGE,
                                   .add_item = add_topic,
                                   .arg = &topics});
}

static const struct route routes[] = {
    {"ListTopics", list_topics},
    {"Publish", publish},
};

const struct service_routes service_sns = {"sns", routes, ARRAY_LEN(routes), NULL};
