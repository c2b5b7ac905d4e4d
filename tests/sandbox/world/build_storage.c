/* build_storage: buckets, file systems, repositories, backups. */

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/world/builders.h"

/* Choices of a bucket. */
enum { POLICY = 1, OPEN_POLICY, SSL, ACL, BLOCK, ENCRYPTION, VERSIONING, LOGGING, LIFECYCLE };

/* A policy document as AWS Config has it: as text inside the JSON. */
static cJSON *policy_text(cJSON *take_policy)
{
    AUTO_FREE char *text = take_policy ? json_print(take_policy) : NULL;
    cJSON_Delete(take_policy);
    return json_make("{policyText:%s}", text);
}

static cJSON *bucket_statements(const struct resource *r)
{
    cJSON *statements = cJSON_CreateArray();
    if (chance_by_place(r, SSL, 850, 450))
        cJSON_AddItemToArray(
            statements,
            json_make("{Sid:'tls',Effect:'Deny',Principal:'*',Action:'s3:*',Resource:%s,"
                      "Condition:{Bool:%o}}",
                      r->arn, json_make("{}")));
    if (chance_by_place(r, OPEN_POLICY, 3, 15))
        cJSON_AddItemToArray(statements,
                             json_make("{Sid:'public',Effect:'Allow',Principal:'*',"
                                       "Action:%s,Resource:%s}",
                                       chance(r, OPEN_POLICY + 20, 200) ? "s3:*" : "s3:GetObject",
                                       r->arn));
    return statements;
}

static cJSON *bucket_policy(const struct resource *r)
{
    cJSON *statements = bucket_statements(r), *statement;
    if (cJSON_GetArraySize(statements) == 0) {
        cJSON_Delete(statements);
        return policy_text(NULL);
    }
    cJSON_ArrayForEach (statement, statements) {
        cJSON *condition = cJSON_GetObjectItemCaseSensitive(statement, "Condition");
        cJSON *test = cJSON_GetObjectItemCaseSensitive(condition, "Bool");
        if (test)
            cJSON_AddStringToObject(test, "aws:SecureTransport", "false");
    }
    return policy_text(json_make("{Version:'2012-10-17',Statement:%o}", statements));
}

static cJSON *bucket_acl(const struct resource *r)
{
    cJSON *grants = json_make("[{grantee:{id:'owner',displayName:'owner'},"
                              "permission:'FullControl'}]");
    if (chance_by_place(r, ACL, 2, 10))
        cJSON_AddItemToArray(grants, json_make("{grantee:'AllUsers',permission:%s}",
                                               chance(r, ACL + 20, 150) ? "Write" : "Read"));
    return json_make("{grantSet:[],grantList:%o,owner:{id:'owner'}}", grants);
}

static cJSON *bucket_block(const struct resource *r)
{
    bool on = chance_by_place(r, BLOCK, 965, 820);
    return json_make("{blockPublicAcls:%b,ignorePublicAcls:%b,blockPublicPolicy:%b,"
                     "restrictPublicBuckets:%b}",
                     on, on, on, on);
}

static cJSON *bucket_lifecycle(const struct resource *r)
{
    if (!chance_by_place(r, LIFECYCLE, 600, 350))
        return json_make("{rules:[]}");
    cJSON *rule = json_make("{id:'expire',status:'Enabled',prefix:'',expirationInDays:365}");
    if (chance(r, LIFECYCLE + 20, 550))
        cJSON_AddNumberToObject(rule, "noncurrentVersionExpirationInDays", 90);
    return json_make("{rules:[%o]}", rule);
}

static cJSON *bucket_encryption(const struct resource *r)
{
    bool kms = chance_by_place(r, ENCRYPTION, 550, 250);
    return json_make("{rules:[{applyServerSideEncryptionByDefault:{sseAlgorithm:%s,"
                     "kmsMasterKeyID:%s},bucketKeyEnabled:%b}]}",
                     kms ? "aws:kms" : "AES256", kms ? "alias/storage" : NULL, kms);
}

cJSON *build_bucket(const struct resource *r)
{
    bool versioned = chance_by_place(r, VERSIONING, 850, 450);
    bool logged = chance_by_place(r, LOGGING, 750, 250);
    return json_make("{configuration:{name:%s,owner:{id:%s},creationDate:%t,region:%s},"
                     "supplementaryConfiguration:{AccessControlList:%o,BucketPolicy:%o,"
                     "PublicAccessBlockConfiguration:%o,ServerSideEncryptionConfiguration:%o,"
                     "BucketVersioningConfiguration:{status:%s,isMfaDeleteEnabled:false},"
                     "BucketLoggingConfiguration:{destinationBucketName:%s,logFilePrefix:''},"
                     "BucketLifecycleConfiguration:%o}}",
                     r->id, r->account->id, r->created_ms, r->region, bucket_acl(r),
                     bucket_policy(r), bucket_block(r), bucket_encryption(r),
                     versioned ? "Enabled" : "Off", logged ? "acme-log-archive" : NULL,
                     bucket_lifecycle(r));
}

cJSON *build_file_system(const struct resource *r)
{
    return json_make("{configuration:{FileSystemId:%s,Encrypted:%b,PerformanceMode:"
                     "'generalPurpose',ThroughputMode:'bursting',BackupPolicy:{Status:%s}}}",
                     r->id, chance_by_place(r, 1, 950, 750),
                     chance(r, 2, 600) ? "ENABLED" : "DISABLED");
}

cJSON *build_repository(const struct resource *r)
{
    cJSON *doc =
        json_make("{configuration:{RepositoryName:%s,Arn:%s,ImageTagMutability:%s,"
                  "ImageScanningConfiguration:{ScanOnPush:%b}}}",
                  r->id, r->arn, chance(r, 1, 400) ? "IMMUTABLE" : "MUTABLE", chance(r, 2, 700));
    if (chance_by_place(r, 3, 700, 400))
        cJSON_AddItemToObject(
            cJSON_GetObjectItemCaseSensitive(doc, "configuration"), "LifecyclePolicy",
            json_make("{RegistryId:%s,LifecyclePolicyText:'keep 20'}", r->account->id));
    return doc;
}

cJSON *build_vault(const struct resource *r)
{
    cJSON *doc = json_make("{configuration:{BackupVaultName:%s,BackupVaultArn:%s}}", r->id, r->arn);
    if (chance_by_place(r, 1, 700, 250))
        cJSON_AddItemToObject(
            cJSON_GetObjectItemCaseSensitive(doc, "configuration"), "AccessPolicy",
            json_make("{Version:'2012-10-17',Statement:[{Effect:'Deny',Principal:'*',"
                      "Action:['backup:DeleteRecoveryPoint','backup:UpdateRecoveryPointLifecycle',"
                      "'backup:PutBackupVaultAccessPolicy'],Resource:'*'}]}"));
    return doc;
}

cJSON *build_recovery_point(const struct resource *r)
{
    static const char *const kinds[] = {"EBS", "RDS", "DynamoDB", "EFS"};
    char vault[RESOURCE_ID_SIZE];
    return json_make("{configuration:{RecoveryPointArn:%s,BackupVaultName:%s,ResourceType:%s,"
                     "Status:'COMPLETED',IsEncrypted:%b,CreationDate:%t,"
                     "Lifecycle:{DeleteAfterDays:%d}}}",
                     r->id, pick_sibling(r, 1, BACKUP_VAULT, vault), pick(r, 2, kinds),
                     chance_by_place(r, 3, 960, 800), r->created_ms,
                     35 + (int)choice(r, 4, 3) * 30);
}
