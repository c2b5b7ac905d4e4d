#include "tests/sandbox/automation/effect.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/sandbox/wire/iam.h"
#include "tests/sandbox/world/event.h"
#include "tests/sandbox/world/world_doc.h"

static const struct effect {
    const char *service, *operation;
    enum resource_type type;
    const char *id;      /* the input that names the resource; of a list the first; "": the account
                            itself */
    const char *path;    /* of the document, apart by '.' */
    const char *value;   /* the input that becomes its value; "": literal does */
    const char *literal; /* JSON */
    const char *not_found; /* the error when there is no such resource */
} effects[] = {
    {"dynamodb", "UpdateContinuousBackups", DYNAMODB_TABLE, "TableName",
     "supplementaryConfiguration.ContinuousBackups.pointInTimeRecoveryDescription."
     "pointInTimeRecoveryStatus",
     "", "\"ENABLED\"", "TableNotFoundException"},
    {"ec2", "EnableEbsEncryptionByDefault", ACCOUNT_SETTINGS, "",
     "configuration.ebsEncryptionByDefault", "", "true", "InvalidRequest"},
    {"ec2", "ModifyInstanceMetadataOptions", EC2_INSTANCE, "InstanceId",
     "configuration.metadataOptions.httpTokens", "HttpTokens", "", "InvalidInstanceID.NotFound"},
    {"ec2", "ModifySubnetAttribute", EC2_SUBNET, "SubnetId", "configuration.mapPublicIpOnLaunch",
     "MapPublicIpOnLaunch.Value", "", "InvalidSubnetID.NotFound"},
    {"ec2", "MonitorInstances", EC2_INSTANCE, "InstanceIds", "configuration.monitoring.state", "",
     "\"enabled\"", "InvalidInstanceID.NotFound"},
    {"guardduty", "CreateDetector", ACCOUNT_SETTINGS, "", "configuration.guardDutyEnabled", "",
     "true", "BadRequestException"},
    {"kms", "CancelKeyDeletion", KMS_KEY, "KeyId", "configuration.keyState", "", "\"Disabled\"",
     "NotFoundException"},
    {"kms", "EnableKeyRotation", KMS_KEY, "KeyId", "supplementaryConfiguration.KeyRotationStatus",
     "", "true", "NotFoundException"},
    {"s3", "PutBucketEncryption", S3_BUCKET, "Bucket",
     "supplementaryConfiguration.ServerSideEncryptionConfiguration",
     "ServerSideEncryptionConfiguration", "", "NoSuchBucket"},
    {"s3", "PutBucketLogging", S3_BUCKET, "Bucket",
     "supplementaryConfiguration.BucketLoggingConfiguration.destinationBucketName",
     "BucketLoggingStatus.LoggingEnabled.TargetBucket", "", "NoSuchBucket"},
    {"s3", "PutBucketVersioning", S3_BUCKET, "Bucket",
     "supplementaryConfiguration.BucketVersioningConfiguration.status",
     "VersioningConfiguration.Status", "", "NoSuchBucket"},
    {"s3", "PutPublicAccessBlock", S3_BUCKET, "Bucket",
     "supplementaryConfiguration.PublicAccessBlockConfiguration", "PublicAccessBlockConfiguration",
     "", "NoSuchBucket"},
    {"s3control", "PutPublicAccessBlock", ACCOUNT_SETTINGS, "AccountId",
     "configuration.publicAccessBlock", "PublicAccessBlockConfiguration", "", "InvalidRequest"},
    {"securityhub", "EnableSecurityHub", ACCOUNT_SETTINGS, "", "configuration.securityHubEnabled",
     "", "true", "InvalidInputException"},
};

static const struct effect *find(const char *service, const char *operation)
{
    for (size_t i = 0; i < ARRAY_LEN(effects); i++)
        if (strcmp(effects[i].service, service) == 0 &&
            strcmp(effects[i].operation, operation) == 0)
            return &effects[i];
    return NULL;
}

bool effect_is_known(const char *service, const char *operation)
{
    return find(service, operation) != NULL;
}

/* "SSEAlgorithm" is "sseAlgorithm", "BlockPublicAcls" is "blockPublicAcls". */
static void name_as_recorded(const char *given, char *name, size_t size)
{
    sv_copy(sv_of(given), name, size);
    for (size_t i = 0; isupper((unsigned char)name[i]); i++)
        if (i == 0 || !islower((unsigned char)name[i + 1]))
            name[i] = (char)tolower((unsigned char)name[i]);
}

/* Members as AWS Config records them: with a small first letter. */
static cJSON *as_recorded(const cJSON *value)
{
    if (!cJSON_IsObject(value) && !cJSON_IsArray(value))
        return cJSON_Duplicate(value, true);
    cJSON *made = cJSON_IsArray(value) ? cJSON_CreateArray() : cJSON_CreateObject();
    const cJSON *member;
    cJSON_ArrayForEach (member, value) {
        char name[80] = "";
        if (cJSON_IsArray(value)) {
            cJSON_AddItemToArray(made, as_recorded(member));
            continue;
        }
        name_as_recorded(member->string, name, sizeof name);
        cJSON_AddItemToObject(made, name, as_recorded(member));
    }
    return made;
}

static void set_at(cJSON *tree, const char *path, cJSON *take_value)
{
    struct sv rest = sv_of(path);
    while (memchr(rest.ptr, '.', rest.len)) {
        char name[80];
        sv_copy(sv_split(&rest, '.'), name, sizeof name);
        cJSON *inner = cJSON_GetObjectItemCaseSensitive(tree, name);
        if (!cJSON_IsObject(inner)) {
            cJSON_DeleteItemFromObjectCaseSensitive(tree, name);
            inner = cJSON_AddObjectToObject(tree, name);
        }
        tree = inner;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(tree, rest.ptr);
    cJSON_AddItemToObject(tree, rest.ptr, take_value);
}

static cJSON *new_value(const struct effect *effect, const cJSON *input)
{
    cJSON *literal = NULL;
    if (*effect->value)
        return as_recorded(json_path(input, effect->value));
    json_parse(sv_of(effect->literal), "effect", &literal, NULL);
    return literal;
}

static const char *resource_of(const struct effect *effect, const struct call *as,
                               const cJSON *input)
{
    const cJSON *id = json_get(input, effect->id);
    if (!*effect->id)
        return as->account_id;
    if (cJSON_IsArray(id))
        id = id->child;
    return cJSON_IsString(id) ? id->valuestring : "";
}

static bool allow(const struct effect *effect, const struct call *as, struct reply *reply)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    char action[120];
    if (!as->principal)
        return true;
    snprintf(action, sizeof action, "%s:%s", effect->service, effect->operation);
    enum decision decision = iam_decide(as->principal, action, "*");
    if (decision == DECISION_ALLOW)
        return true;
    iam_explain(&text, as->principal, decision, action, "*");
    bool is_ec2 = strcmp(effect->service, "ec2") == 0;
    reply_error(reply, 403, is_ec2 ? "UnauthorizedOperation" : "AccessDenied", "%s",
                buf_cstr(&text));
    return false;
}

static void apply(struct world *world, const struct effect *effect, const struct call *as,
                  const cJSON *input, struct reply *reply)
{
    struct ref ref;
    const char *id = resource_of(effect, as, input);
    struct cell *cell = world_cell(world, as->account_id, as->region);
    cJSON *value = new_value(effect, input);
    cJSON *doc = resource_find(world, cell_number(world, cell), effect->type, id, &ref)
                     ? doc_live(world, ref)
                     : NULL;
    if (!value)
        reply_error(reply, 400, "ValidationException", "%s is required.", effect->value);
    else if (!doc)
        reply_error(reply, 404, effect->not_found, "%s does not exist.", id);
    if (*reply->code) {
        cJSON_Delete(value);
        cJSON_Delete(doc);
        return;
    }
    set_at(doc, effect->path, value);
    doc_change(world, ref, doc);
}

static void note(struct world *world, const struct effect *effect, const struct call *as,
                 const cJSON *input, const struct reply *reply)
{
    struct event event = {.at_ms = as->now_ms};
    if (!as->principal)
        return;
    os_uuid4(event.id);
    os_uuid4(event.request_id);
    str_copy(event.account_id, as->account_id);
    str_copy(event.region, as->region);
    snprintf(event.source, sizeof event.source, "%s.amazonaws.com", effect->service);
    str_copy(event.name, effect->operation);
    str_copy(event.actor.arn, as->caller_arn);
    str_copy(event.actor.user_id, as->caller_user_id);
    str_copy(event.resource_type, type_infos[effect->type].name);
    str_copy(event.resource_name, resource_of(effect, as, input));
    str_copy(event.error_code, reply->code);
    event.parameters = as_recorded(input);
    world_note_event(world, &event);
}

bool effect_invoke(struct world *world, const struct call *as, const char *service,
                   const char *operation, const cJSON *input, struct reply *reply)
{
    const struct effect *effect = find(service, operation);
    *reply = (struct reply){.output = cJSON_CreateObject()};
    if (allow(effect, as, reply))
        apply(world, effect, as, input, reply);
    note(world, effect, as, input, reply);
    return !*reply->code;
}
