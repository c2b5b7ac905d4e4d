#include "tests/sandbox/world/event.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/sandbox/world/rng.h"

/* What the calls are named that make, change and remove a resource of a type. */
static const struct {
    enum resource_type type;
    const char *create, *modify, *remove;
} operations[] = {
    {EC2_VPC, "CreateVpc", "ModifyVpcAttribute", "DeleteVpc"},
    {EC2_SUBNET, "CreateSubnet", "ModifySubnetAttribute", "DeleteSubnet"},
    {EC2_SECURITY_GROUP, "CreateSecurityGroup", "ModifySecurityGroupRules", "DeleteSecurityGroup"},
    {EC2_NETWORK_ACL, "CreateNetworkAcl", "ReplaceNetworkAclEntry", "DeleteNetworkAcl"},
    {EC2_INTERNET_GATEWAY, "CreateInternetGateway", "AttachInternetGateway",
     "DeleteInternetGateway"},
    {EC2_ROUTE_TABLE, "CreateRouteTable", "ReplaceRoute", "DeleteRouteTable"},
    {EC2_INSTANCE, "RunInstances", "ModifyInstanceAttribute", "TerminateInstances"},
    {EC2_VOLUME, "CreateVolume", "ModifyVolume", "DeleteVolume"},
    {EC2_NETWORK_INTERFACE, "CreateNetworkInterface", "ModifyNetworkInterfaceAttribute",
     "DeleteNetworkInterface"},
    {EC2_EIP, "AllocateAddress", "AssociateAddress", "ReleaseAddress"},
    {S3_BUCKET, "CreateBucket", "PutBucketPolicy", "DeleteBucket"},
    {IAM_USER, "CreateUser", "UpdateUser", "DeleteUser"},
    {IAM_ROLE, "CreateRole", "UpdateAssumeRolePolicy", "DeleteRole"},
    {IAM_POLICY, "CreatePolicy", "CreatePolicyVersion", "DeletePolicy"},
    {RDS_INSTANCE, "CreateDBInstance", "ModifyDBInstance", "DeleteDBInstance"},
    {RDS_SNAPSHOT, "CreateDBSnapshot", "ModifyDBSnapshotAttribute", "DeleteDBSnapshot"},
    {RDS_CLUSTER_SNAPSHOT, "CreateDBClusterSnapshot", "ModifyDBClusterSnapshotAttribute",
     "DeleteDBClusterSnapshot"},
    {RDS_SUBNET_GROUP, "CreateDBSubnetGroup", "ModifyDBSubnetGroup", "DeleteDBSubnetGroup"},
    {KMS_KEY, "CreateKey", "PutKeyPolicy", "ScheduleKeyDeletion"},
    {LAMBDA_FUNCTION, "CreateFunction20150331", "UpdateFunctionConfiguration20150331v2",
     "DeleteFunction20150331"},
    {DYNAMODB_TABLE, "CreateTable", "UpdateTable", "DeleteTable"},
    {ELB_LOAD_BALANCER, "CreateLoadBalancer", "ModifyLoadBalancerAttributes", "DeleteLoadBalancer"},
    {ELBV2_LOAD_BALANCER, "CreateLoadBalancer", "ModifyLoadBalancerAttributes",
     "DeleteLoadBalancer"},
    {AUTOSCALING_GROUP, "CreateAutoScalingGroup", "UpdateAutoScalingGroup",
     "DeleteAutoScalingGroup"},
    {SNS_TOPIC, "CreateTopic", "SetTopicAttributes", "DeleteTopic"},
    {CLOUDTRAIL_TRAIL, "CreateTrail", "UpdateTrail", "DeleteTrail"},
    {CLOUDWATCH_ALARM, "PutMetricAlarm", "PutMetricAlarm", "DeleteAlarms"},
    {EFS_FILE_SYSTEM, "CreateFileSystem", "UpdateFileSystem", "DeleteFileSystem"},
    {SECRETS_SECRET, "CreateSecret", "UpdateSecret", "DeleteSecret"},
    {ACM_CERTIFICATE, "RequestCertificate", "UpdateCertificateOptions", "DeleteCertificate"},
    {REDSHIFT_CLUSTER, "CreateCluster", "ModifyCluster", "DeleteCluster"},
    {OPENSEARCH_DOMAIN, "CreateDomain", "UpdateDomainConfig", "DeleteDomain"},
    {ECR_REPOSITORY, "CreateRepository", "SetRepositoryPolicy", "DeleteRepository"},
    {BACKUP_VAULT, "CreateBackupVault", "PutBackupVaultAccessPolicy", "DeleteBackupVault"},
    {BACKUP_RECOVERY_POINT, "StartBackupJob", "UpdateRecoveryPointLifecycle",
     "DeleteRecoveryPoint"},
    {CODEBUILD_PROJECT, "CreateProject", "UpdateProject", "DeleteProject"},
    {CLOUDFORMATION_STACK, "CreateStack", "UpdateStack", "DeleteStack"},
    {SSM_DOCUMENT, "CreateDocument", "UpdateDocument", "DeleteDocument"},
    {SSM_INVENTORY, "PutInventory", "PutInventory", "DeleteInventory"},
    {SSM_PATCH, "PutComplianceItems", "PutComplianceItems", "PutComplianceItems"},
    {SSM_ASSOCIATION, "CreateAssociation", "UpdateAssociation", "DeleteAssociation"},
    {LOGS_LOG_GROUP, "CreateLogGroup", "PutRetentionPolicy", "DeleteLogGroup"},
};

void world_note_event(struct world *world, const struct event *take_event)
{
    vec_push(&world->events, *take_event);
}

void world_free_events(struct world *world)
{
    for (size_t i = 0; i < world->events.len; i++)
        cJSON_Delete(world->events.ptr[i].parameters);
    vec_free(&world->events);
}

void event_uuid(struct world *world, uint64_t a, uint64_t b, char id[37])
{
    uint64_t high = rng_at(world->spec.seed, STREAM_EVENT_ID, a * 2 + 1) ^ rng_seal(a, b);
    uint64_t low = rng_at(world->spec.seed ^ a, STREAM_EVENT_ID, b * 2);
    snprintf(id, 37, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(high >> 32),
             (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xfff),
             (unsigned)(0x8000 | (low >> 48 & 0x3fff)), (unsigned long long)(low & 0xffffffffffff));
}

void event_actor_session(struct world *world, const char *account_id, const char *role,
                         const char *session, struct event_actor *actor)
{
    uint64_t hash = strtoull(account_id, NULL, 10);
    char role_id[RNG_BASE32_LEN + 1], key_id[RNG_BASE32_LEN + 1];
    for (const char *c = role; *c; c++)
        hash = hash * 31 + (unsigned char)*c;
    rng_base32(rng_at(world->spec.seed, STREAM_EVENT_ID, hash), rng_upper32, RNG_BASE32_LEN,
               role_id);
    for (const char *c = session; *c; c++)
        hash = hash * 31 + (unsigned char)*c;
    rng_base32(rng_at(world->spec.seed, STREAM_EVENT_ID, hash), rng_upper32, RNG_BASE32_LEN,
               key_id);
    snprintf(actor->arn, sizeof actor->arn, "arn:aws:sts::%s:assumed-role/%s/%s", account_id, role,
             session);
    snprintf(actor->user_id, sizeof actor->user_id, "AROA%.13sEXA:%s", role_id, session);
    snprintf(actor->access_key_id, sizeof actor->access_key_id, "ASIA%.13sEXA", key_id);
}

/* --- edits from outside ----------------------------------------------------------------------- */

/* "AWS::EC2::Volume" -> "ec2.amazonaws.com" */
static void source_of_type(const char *type, char *source, size_t size)
{
    struct sv rest = sv_of(type);
    sv_split(&rest, ':');
    sv_split(&rest, ':');
    struct sv service = sv_split(&rest, ':');
    snprintf(source, size, SV_FMT ".amazonaws.com", SV_ARG(service));
    for (char *c = source; *c; c++)
        *c = (char)tolower((unsigned char)*c);
}

static int n_rules(const cJSON *doc)
{
    return cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(doc, "rules"));
}

static int n_egress(const cJSON *doc)
{
    int n = 0;
    const cJSON *rule;
    cJSON_ArrayForEach (rule, cJSON_GetObjectItemCaseSensitive(doc, "rules"))
        n += json_bool(rule, "isEgress", false);
    return n;
}

/* A request changes rules of one direction, and adds to them or takes from them. */
static const char *name_rules(const cJSON *before, const cJSON *after)
{
    static const char *const names[2][2] = {
        {"RevokeSecurityGroupIngress", "AuthorizeSecurityGroupIngress"},
        {"RevokeSecurityGroupEgress", "AuthorizeSecurityGroupEgress"},
    };
    return names[n_egress(before) != n_egress(after)][n_rules(after) > n_rules(before)];
}

static const char *name_edit(enum resource_type type, const cJSON *before, const cJSON *after)
{
    if (type == EC2_SECURITY_GROUP && before && after && n_rules(before) != n_rules(after))
        return name_rules(before, after);
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        if (operations[i].type == type)
            return !after    ? operations[i].remove
                   : !before ? operations[i].create
                             : operations[i].modify;
    return NULL; /* the settings of an account: no one call changes them */
}

static void begin_event(struct world *world, const struct cell *cell, const char *name,
                        struct event *event)
{
    const struct account *account = &world->accounts[cell->account];
    *event = (struct event){.at_ms = world_now_ms(world)};
    event_uuid(world, 1, world->events.len, event->id);
    event_uuid(world, 2, world->events.len, event->request_id);
    str_copy(event->account_id, account->id);
    str_copy(event->region, world_region(world, cell->region));
    str_copy(event->name, name);
    event_actor_session(world, account->id, "CiDeploy", "deploy-pipeline", &event->actor);
}

void world_note_edit(struct world *world, struct ref ref, const char *id, const cJSON *before,
                     const cJSON *after)
{
    struct event event;
    const char *name = name_edit(ref.type, before, after);
    if (!name)
        return;
    begin_event(world, &world->cells[ref.cell], name, &event);
    str_copy(event.resource_type, type_infos[ref.type].name);
    str_copy(event.resource_name, id);
    source_of_type(event.resource_type, event.source, sizeof event.source);
    world_note_event(world, &event);
}

void world_note_recorder(struct world *world, const struct cell *cell, const char *name)
{
    struct event event;
    begin_event(world, cell, name, &event);
    str_copy(event.source, "config.amazonaws.com");
    str_copy(event.resource_type, "AWS::Config::ConfigurationRecorder");
    str_copy(event.resource_name, "default");
    world_note_event(world, &event);
}
