/* build_identity: who may do what: users, roles, policies, keys, secrets, the account itself. */

#include "tests/sandbox/world/builders.h"

#define DAY_MS INT64_C(86400000)

/* Most are younger than young_days, the others up to old_days old. */
static int64_t age_ms(const struct resource *r, unsigned what, unsigned young_per_mille,
                      unsigned young_days, unsigned old_days)
{
    bool young = chance(r, what, young_per_mille);
    uint64_t days = young ? 1 + choice(r, what + 100, young_days - 1)
                          : young_days + 1 + choice(r, what + 100, old_days - young_days);
    return (int64_t)days * DAY_MS;
}

static cJSON *access_keys(const struct resource *r)
{
    cJSON *keys = cJSON_CreateArray();
    int n = chance(r, 1, 600) ? 1 + chance(r, 2, 150) : 0;
    for (int i = 0; i < n; i++) {
        int64_t created_ms = r->world->start_ms - age_ms(r, 3 + (unsigned)i, 750, 90, 600);
        cJSON_AddItemToArray(
            keys, json_make("{accessKeyId:%s,status:%s,createDate:%t,"
                            "lastUsedDate:%t}",
                            i ? "AKIAEXAMPLE000000002" : "AKIAEXAMPLE000000001",
                            i == 1 && chance(r, 5, 500) ? "Inactive" : "Active", created_ms,
                            created_ms + (r->world->start_ms - created_ms) *
                                             (int64_t)(50 + choice(r, 6, 50)) / 100));
    }
    return keys;
}

/* What the credential report says; AWS Config reads it for its periodic rules. */
static cJSON *credentials(const struct resource *r)
{
    bool console = chance(r, 7, 550);
    int64_t used_ms = r->world->start_ms - age_ms(r, 8, 800, 90, 400);
    cJSON *report = json_make("{passwordEnabled:%b,mfaActive:%b,accessKeys:%o}", console,
                              console && chance_by_place(r, 9, 960, 820), access_keys(r));
    if (console)
        cJSON_AddItemToObject(report, "passwordLastUsed", json_make("%t", used_ms));
    return report;
}

cJSON *build_user(const struct resource *r)
{
    bool inline_policy = chance(r, 10, 60), attached = chance(r, 11, 180);
    cJSON *policies = cJSON_CreateArray(), *managed = cJSON_CreateArray();
    if (inline_policy)
        cJSON_AddItemToArray(policies, json_make("{policyName:'inline',policyDocument:'%7B%7D'}"));
    if (attached)
        cJSON_AddItemToArray(managed,
                             json_make("{policyName:'ReadOnlyAccess',"
                                       "policyArn:'arn:aws:iam::aws:policy/ReadOnlyAccess'}"));
    return json_make("{configuration:{userName:%s,userId:%s,arn:%s,path:'/',createDate:%t,"
                     "groupList:['engineers'],userPolicyList:%o,attachedManagedPolicies:%o},"
                     "supplementaryConfiguration:{CredentialReport:%o}}",
                     r->name, r->id, r->arn, r->created_ms, policies, managed, credentials(r));
}

cJSON *build_role(const struct resource *r)
{
    static const char *const services[] = {"ec2.amazonaws.com", "lambda.amazonaws.com",
                                           "ecs-tasks.amazonaws.com"};
    return json_make("{configuration:{roleName:%s,roleId:%s,arn:%s,path:'/',createDate:%t,"
                     "maxSessionDuration:3600,assumeRolePolicyDocument:{Version:'2012-10-17',"
                     "Statement:[{Effect:'Allow',Principal:{Service:%s},Action:'sts:AssumeRole'}]},"
                     "attachedManagedPolicies:[],rolePolicyList:[]}}",
                     r->name, r->id, r->arn, r->created_ms, pick(r, 1, services));
}

cJSON *build_policy(const struct resource *r)
{
    bool admin = chance_by_place(r, 1, 20, 60);
    cJSON *document =
        admin ? json_make("{Version:'2012-10-17',Statement:[{Effect:'Allow',Action:'*',"
                          "Resource:'*'}]}")
              : json_make("{Version:'2012-10-17',Statement:[{Effect:'Allow',"
                          "Action:['s3:GetObject','logs:PutLogEvents'],Resource:'*'}]}");
    return json_make("{configuration:{policyName:%s,policyId:%s,arn:%s,path:'/',"
                     "defaultVersionId:'v1',attachmentCount:%d,isAttachable:true,createDate:%t,"
                     "policyVersionList:[{versionId:'v1',isDefaultVersion:true,document:%o}]}}",
                     r->name, r->id, r->arn, (int)choice(r, 2, 5), r->created_ms, document);
}

cJSON *build_key(const struct resource *r)
{
    bool aws = chance(r, 1, 300), deleting = !aws && chance_by_place(r, 2, 8, 25);
    return json_make("{configuration:{keyId:%s,arn:%s,aWSAccountId:%s,enabled:%b,"
                     "keyState:%s,keyManager:%s,keySpec:'SYMMETRIC_DEFAULT',origin:'AWS_KMS',"
                     "keyUsage:'ENCRYPT_DECRYPT',multiRegion:false,creationDate:%t},"
                     "supplementaryConfiguration:{KeyRotationStatus:%b}}",
                     r->id, r->arn, r->account->id, !deleting,
                     deleting ? "PendingDeletion" : "Enabled", aws ? "AWS" : "CUSTOMER",
                     r->created_ms, aws || chance_by_place(r, 3, 850, 500));
}

cJSON *build_secret(const struct resource *r)
{
    bool rotates = chance_by_place(r, 1, 600, 300);
    return json_make("{configuration:{ARN:%s,Name:%s,RotationEnabled:%b,CreatedDate:%t,"
                     "LastAccessedDate:%t}}",
                     r->id, r->name, rotates, r->created_ms,
                     r->world->start_ms - age_ms(r, 2, 850, 90, 300));
}

cJSON *build_certificate(const struct resource *r)
{
    static const char *const types[] = {"AMAZON_ISSUED", "AMAZON_ISSUED", "IMPORTED"};
    bool soon = chance(r, 1, 50);
    int64_t left_days = soon ? (int64_t)choice(r, 2, 30) : 31 + (int64_t)choice(r, 2, 330);
    return json_make("{configuration:{certificateArn:%s,domainName:%s,status:'ISSUED',type:%s,"
                     "keyAlgorithm:'RSA-2048',notBefore:%t,notAfter:%t,inUseBy:[]}}",
                     r->id, r->name, pick(r, 3, types),
                     r->world->start_ms + (left_days - 395) * DAY_MS,
                     r->world->start_ms + left_days * DAY_MS);
}

cJSON *build_trail(const struct resource *r)
{
    bool multi_region = chance(r, 1, 920);
    char log_group[RESOURCE_ID_SIZE], key_id[RESOURCE_ID_SIZE];
    bool encrypted = chance(r, 2, 850), logs = chance(r, 3, 700);
    return json_make("{configuration:{Name:%s,S3BucketName:'acme-log-archive',"
                     "IsMultiRegionTrail:%b,IncludeGlobalServiceEvents:true,IsLogging:%b,"
                     "LogFileValidationEnabled:%b,HomeRegion:%s,KmsKeyId:%s,"
                     "CloudWatchLogsLogGroupArn:%s}}",
                     r->id, multi_region, chance(r, 4, 970), chance(r, 5, 880), r->region,
                     encrypted ? pick_sibling(r, 6, KMS_KEY, key_id) : NULL,
                     logs ? pick_sibling(r, 7, LOGS_LOG_GROUP, log_group) : NULL);
}

/* --- the account itself --------------------------------------------------------------------- */

static cJSON *password_policy(const struct resource *r)
{
    if (!chance(r, 20, 900))
        return NULL;
    bool strong = chance(r, 21, 750);
    return json_make("{MinimumPasswordLength:%d,RequireUppercaseCharacters:true,"
                     "RequireLowercaseCharacters:true,RequireSymbols:%b,RequireNumbers:true,"
                     "PasswordReusePrevention:%d,MaxPasswordAge:90}",
                     strong ? 14 : 8, strong, strong ? 24 : 5);
}

cJSON *build_account_settings(const struct resource *r)
{
    bool blocked = chance_by_place(r, 1, 950, 800);
    return json_make("{configuration:{rootMfaEnabled:%b,rootMfaHardware:%b,"
                     "rootAccessKeys:%d,passwordPolicy:%o,ebsEncryptionByDefault:%b,"
                     "publicSnapshots:%d,guardDutyEnabled:%b,securityHubEnabled:%b,"
                     "publicAccessBlock:{blockPublicAcls:%b,ignorePublicAcls:%b,"
                     "blockPublicPolicy:%b,restrictPublicBuckets:%b}}}",
                     chance_by_place(r, 2, 980, 930), chance(r, 3, 300), (int)chance(r, 4, 15),
                     password_policy(r), chance_by_place(r, 5, 900, 600), (int)chance(r, 6, 20),
                     chance_by_place(r, 7, 960, 850), chance_by_place(r, 8, 900, 750), blocked,
                     blocked, blocked, blocked);
}
