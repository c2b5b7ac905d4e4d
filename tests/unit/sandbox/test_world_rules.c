/*
 * Every managed rule on a document that it must pass and on one that it must not; the list of
 * rules against the rule packs (WATCHDECK_PACKS, skipped without it).
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/json.h"
#include "tests/sandbox/world/rules.h"
#include "tests/unit/sandbox/helper_world.h"

static struct world *world;

static int begin(void **state)
{
    (void)state;
    world = make_world("accounts=2,regions=1,resources=400,seed=11");
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_free(world);
    return 0;
}

/* The world's clock stands at 2026-03-01T03:00:00Z. */
static enum compliance evaluate(const char *identifier, enum resource_type type, const char *text,
                                const char *parameters)
{
    char annotation[ANNOTATION_SIZE];
    cJSON *doc = cJSON_Parse(text);
    if (!doc)
        fail_msg("no JSON: %s", text);
    for (size_t i = 0; i < n_managed_rules; i++) {
        const struct rule *rule = &managed_rules[i];
        if (strcmp(rule->identifier, identifier) != 0)
            continue;
        cJSON *given = cJSON_Parse(parameters ? parameters : rule->parameters);
        struct evidence evidence = {.world = world,
                                    .ref = {.type = type},
                                    .doc = doc,
                                    .parameters = given,
                                    .at_ms = world_now_ms(world),
                                    .annotation = annotation};
        enum compliance result = rule_evaluate(rule, &evidence);
        cJSON_Delete(given);
        cJSON_Delete(doc);
        return result;
    }
    fail_msg("no rule %s", identifier);
    return N_COMPLIANCES;
}

#define CFG(body) "{\"configuration\":{" body "}}"
#define SUP(body) "{\"supplementaryConfiguration\":{" body "}}"
#define TCP(from, to, source)                                                               \
    CFG("\"groupName\":\"g\",\"ipPermissions\":[{\"ipProtocol\":\"tcp\",\"fromPort\":" from \
        ",\"toPort\":" to "," source "}]")
#define V4(cidr) "\"ipv4Ranges\":[{\"cidrIp\":\"" cidr "\"}]"
#define V6(cidr) "\"ipv6Ranges\":[{\"cidrIpv6\":\"" cidr "\"}]"
#define ALL(source) \
    CFG("\"groupName\":\"g\",\"ipPermissions\":[{\"ipProtocol\":\"-1\"," source "}]")
#define BLOCK(value)                                                                            \
    "\"blockPublicAcls\":" value ",\"ignorePublicAcls\":" value ",\"blockPublicPolicy\":" value \
    ",\"restrictPublicBuckets\":" value
#define ACL_ENTRY(number, action, port)                                                       \
    "{\"ruleNumber\":" number ",\"egress\":false,\"protocol\":\"6\",\"ruleAction\":\"" action \
    "\",\"cidrBlock\":\"0.0.0.0/0\",\"portRange\":{\"from\":" port ",\"to\":" port "}}"
#define KEYS(created)                                                                            \
    SUP("\"CredentialReport\":{\"accessKeys\":[{\"status\":\"Active\",\"createDate\":\"" created \
        "\",\"lastUsedDate\":\"" created "\"}]}")

/* One line a rule: what it passes, what it does not. */
static const struct {
    const char *identifier;
    enum resource_type type;
    const char *good, *bad;
} table[] = {
    {"ACCESS_KEYS_ROTATED", IAM_USER, KEYS("2026-01-01T00:00:00Z"), KEYS("2025-06-01T00:00:00Z")},
    {"ACM_CERTIFICATE_EXPIRATION_CHECK", ACM_CERTIFICATE,
     CFG("\"notAfter\":\"2026-09-01T00:00:00Z\""), CFG("\"notAfter\":\"2026-03-20T00:00:00Z\"")},
    {"ALB_HTTP_DROP_INVALID_HEADER_ENABLED", ELBV2_LOAD_BALANCER,
     SUP("\"LoadBalancerAttributes\":[{\"key\":\"routing.http.drop_invalid_header_fields.enabled\","
         "\"value\":\"true\"}]"),
     SUP("\"LoadBalancerAttributes\":[{\"key\":\"routing.http.drop_invalid_header_fields.enabled\","
         "\"value\":\"false\"}]")},
    {"ALB_HTTP_TO_HTTPS_REDIRECTION_CHECK", ELBV2_LOAD_BALANCER,
     SUP("\"Listeners\":[{\"protocol\":\"HTTP\",\"defaultActions\":[{\"redirectConfig\":"
         "{\"protocol\":\"HTTPS\"}}]}]"),
     SUP("\"Listeners\":[{\"protocol\":\"HTTP\",\"defaultActions\":[{\"type\":\"forward\"}]}]")},
    {"BACKUP_RECOVERY_POINT_ENCRYPTED", BACKUP_RECOVERY_POINT, CFG("\"IsEncrypted\":true"),
     CFG("\"IsEncrypted\":false")},
    {"BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED", BACKUP_VAULT,
     CFG("\"AccessPolicy\":{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":["
         "\"backup:DeleteRecoveryPoint\"]}]}"),
     CFG("\"AccessPolicy\":{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":"
         "\"backup:DeleteRecoveryPoint\"}]}")},
    {"CLOUDFORMATION_STACK_DRIFT_DETECTION_CHECK", CLOUDFORMATION_STACK,
     CFG("\"driftInformation\":{\"stackDriftStatus\":\"IN_SYNC\"}"),
     CFG("\"driftInformation\":{\"stackDriftStatus\":\"DRIFTED\"}")},
    {"CLOUDWATCH_LOG_GROUP_ENCRYPTED", LOGS_LOG_GROUP, CFG("\"KmsKeyId\":\"arn\""),
     CFG("\"KmsKeyId\":\"\"")},
    {"CMK_BACKING_KEY_ROTATION_ENABLED", KMS_KEY,
     "{\"configuration\":{\"keyManager\":\"CUSTOMER\",\"keyState\":\"Enabled\"},"
     "\"supplementaryConfiguration\":{\"KeyRotationStatus\":true}}",
     "{\"configuration\":{\"keyManager\":\"CUSTOMER\",\"keyState\":\"Enabled\"},"
     "\"supplementaryConfiguration\":{\"KeyRotationStatus\":false}}"},
    {"CODEBUILD_PROJECT_ENVVAR_AWSCRED_CHECK", CODEBUILD_PROJECT,
     CFG("\"environment\":{\"environmentVariables\":[{\"name\":\"AWS_ACCESS_KEY_ID\","
         "\"type\":\"PARAMETER_STORE\"}]}"),
     CFG("\"environment\":{\"environmentVariables\":[{\"name\":\"AWS_ACCESS_KEY_ID\","
         "\"type\":\"PLAINTEXT\"}]}")},
    {"CW_LOGGROUP_RETENTION_PERIOD_CHECK", LOGS_LOG_GROUP, CFG("\"RetentionInDays\":400"),
     CFG("\"RetentionInDays\":30")},
    {"DB_INSTANCE_BACKUP_ENABLED", RDS_INSTANCE, CFG("\"backupRetentionPeriod\":7"),
     CFG("\"backupRetentionPeriod\":0")},
    {"DESIRED_INSTANCE_TYPE", EC2_INSTANCE, CFG("\"instanceType\":\"t3.small\""),
     CFG("\"instanceType\":\"m5.24xlarge\"")},
    {"DYNAMODB_AUTOSCALING_ENABLED", DYNAMODB_TABLE,
     CFG("\"billingModeSummary\":{\"billingMode\":\"PAY_PER_REQUEST\"}"),
     CFG("\"billingModeSummary\":{\"billingMode\":\"PROVISIONED\"}")},
    {"DYNAMODB_PITR_ENABLED", DYNAMODB_TABLE,
     SUP("\"ContinuousBackups\":{\"pointInTimeRecoveryDescription\":"
         "{\"pointInTimeRecoveryStatus\":\"ENABLED\"}}"),
     SUP("\"ContinuousBackups\":{\"pointInTimeRecoveryDescription\":"
         "{\"pointInTimeRecoveryStatus\":\"DISABLED\"}}")},
    {"DYNAMODB_TABLE_ENCRYPTED_KMS", DYNAMODB_TABLE,
     CFG("\"sseDescription\":{\"sseType\":\"KMS\"}"), CFG("\"tableName\":\"t\"")},
    {"EBS_OPTIMIZED_INSTANCE", EC2_INSTANCE, CFG("\"ebsOptimized\":true"),
     CFG("\"ebsOptimized\":false")},
    {"EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK", ACCOUNT_SETTINGS, CFG("\"publicSnapshots\":0"),
     CFG("\"publicSnapshots\":1")},
    {"EC2_EBS_ENCRYPTION_BY_DEFAULT", ACCOUNT_SETTINGS, CFG("\"ebsEncryptionByDefault\":true"),
     CFG("\"ebsEncryptionByDefault\":false")},
    {"EC2_IMDSV2_CHECK", EC2_INSTANCE, CFG("\"metadataOptions\":{\"httpTokens\":\"required\"}"),
     CFG("\"metadataOptions\":{\"httpTokens\":\"optional\"}")},
    {"EC2_INSTANCE_DETAILED_MONITORING_ENABLED", EC2_INSTANCE,
     CFG("\"monitoring\":{\"state\":\"enabled\"}"), CFG("\"monitoring\":{\"state\":\"disabled\"}")},
    {"EC2_INSTANCE_MULTIPLE_ENI_CHECK", EC2_INSTANCE, CFG("\"networkInterfaces\":[{}]"),
     CFG("\"networkInterfaces\":[{},{}]")},
    {"EC2_INSTANCE_NO_PUBLIC_IP", EC2_INSTANCE, CFG("\"privateIpAddress\":\"10.0.0.1\""),
     CFG("\"publicIpAddress\":\"198.51.100.7\"")},
    {"EC2_MANAGEDINSTANCE_ASSOCIATION_COMPLIANCE_STATUS_CHECK", SSM_ASSOCIATION,
     CFG("\"AWS:ComplianceSummary\":{\"Content\":{\"Association\":{\"Status\":\"COMPLIANT\"}}}"),
     CFG("\"AWS:ComplianceSummary\":{\"Content\":{\"Association\":{\"Status\":"
         "\"NON_COMPLIANT\"}}}")},
    {"EC2_MANAGEDINSTANCE_PATCH_COMPLIANCE_STATUS_CHECK", SSM_PATCH,
     CFG("\"AWS:ComplianceSummary\":{\"Content\":{\"Patch\":{\"Status\":\"COMPLIANT\"}}}"),
     CFG("\"AWS:ComplianceSummary\":{\"Content\":{\"Patch\":{\"Status\":\"NON_COMPLIANT\"}}}")},
    {"EC2_STOPPED_INSTANCE", EC2_INSTANCE,
     CFG("\"state\":{\"name\":\"stopped\"},\"stateTransitionReason\":"
         "\"User initiated (2026-02-20 10:00:00 GMT)\""),
     CFG("\"state\":{\"name\":\"stopped\"},\"stateTransitionReason\":"
         "\"User initiated (2025-12-20 10:00:00 GMT)\"")},
    {"EC2_VOLUME_INUSE_CHECK", EC2_VOLUME, CFG("\"attachments\":[{\"deleteOnTermination\":false}]"),
     CFG("\"attachments\":[]")},
    {"ECR_PRIVATE_LIFECYCLE_POLICY_CONFIGURED", ECR_REPOSITORY,
     CFG("\"LifecyclePolicy\":{\"LifecyclePolicyText\":\"x\"}"), CFG("\"RepositoryName\":\"r\"")},
    {"EFS_ENCRYPTED_CHECK", EFS_FILE_SYSTEM, CFG("\"Encrypted\":true"), CFG("\"Encrypted\":false")},
    {"EIP_ATTACHED", EC2_EIP, CFG("\"networkInterfaceId\":\"eni-1\""), CFG("\"publicIp\":\"x\"")},
    {"ELB_TLS_HTTPS_LISTENERS_ONLY", ELB_LOAD_BALANCER,
     CFG("\"listenerDescriptions\":[{\"listener\":{\"protocol\":\"HTTPS\"}},"
         "{\"listener\":{\"protocol\":\"SSL\"}}]"),
     CFG("\"listenerDescriptions\":[{\"listener\":{\"protocol\":\"HTTPS\"}},"
         "{\"listener\":{\"protocol\":\"TCP\"}}]")},
    {"ENCRYPTED_VOLUMES", EC2_VOLUME, CFG("\"state\":\"in-use\",\"encrypted\":true"),
     CFG("\"state\":\"in-use\",\"encrypted\":false")},
    {"GUARDDUTY_ENABLED_CENTRALIZED", ACCOUNT_SETTINGS, CFG("\"guardDutyEnabled\":true"),
     CFG("\"guardDutyEnabled\":false")},
    {"IAM_PASSWORD_POLICY", ACCOUNT_SETTINGS,
     CFG("\"passwordPolicy\":{\"MinimumPasswordLength\":16,\"RequireUppercaseCharacters\":true,"
         "\"RequireLowercaseCharacters\":true,\"RequireSymbols\":true,\"RequireNumbers\":true,"
         "\"PasswordReusePrevention\":24,\"MaxPasswordAge\":60}"),
     CFG("\"passwordPolicy\":{\"MinimumPasswordLength\":8,\"RequireUppercaseCharacters\":true,"
         "\"RequireLowercaseCharacters\":true,\"RequireSymbols\":true,\"RequireNumbers\":true,"
         "\"PasswordReusePrevention\":24,\"MaxPasswordAge\":60}")},
    {"IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", IAM_POLICY,
     CFG("\"policyVersionList\":[{\"isDefaultVersion\":true,\"document\":{\"Statement\":[{"
         "\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}}]"),
     CFG("\"policyVersionList\":[{\"isDefaultVersion\":true,\"document\":{\"Statement\":[{"
         "\"Effect\":\"Allow\",\"Action\":[\"*\"],\"Resource\":\"*\"}]}}]")},
    {"IAM_ROOT_ACCESS_KEY_CHECK", ACCOUNT_SETTINGS, CFG("\"rootAccessKeys\":0"),
     CFG("\"rootAccessKeys\":1")},
    {"IAM_USER_NO_POLICIES_CHECK", IAM_USER,
     CFG("\"userPolicyList\":[],\"attachedManagedPolicies\":[]"),
     CFG("\"userPolicyList\":[],\"attachedManagedPolicies\":[{}]")},
    {"IAM_USER_UNUSED_CREDENTIALS_CHECK", IAM_USER, KEYS("2026-02-01T00:00:00Z"),
     KEYS("2025-06-01T00:00:00Z")},
    {"INCOMING_SSH_DISABLED", EC2_SECURITY_GROUP, TCP("22", "22", V4("10.0.0.0/8")),
     TCP("20", "25", V4("0.0.0.0/0"))},
    {"KMS_CMK_NOT_SCHEDULED_FOR_DELETION", KMS_KEY,
     CFG("\"keyManager\":\"CUSTOMER\",\"keyState\":\"Disabled\""),
     CFG("\"keyManager\":\"CUSTOMER\",\"keyState\":\"PendingDeletion\"")},
    {"LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED", LAMBDA_FUNCTION,
     SUP("\"Policy\":{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"x\"},"
         "\"Action\":\"lambda:InvokeFunction\"}]}"),
     SUP("\"Policy\":{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},"
         "\"Action\":\"lambda:InvokeFunction\"}]}")},
    {"MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS", IAM_USER,
     SUP("\"CredentialReport\":{\"passwordEnabled\":true,\"mfaActive\":true}"),
     SUP("\"CredentialReport\":{\"passwordEnabled\":true,\"mfaActive\":false}")},
    {"NACL_NO_UNRESTRICTED_SSH_RDP", EC2_NETWORK_ACL,
     CFG("\"entries\":[" ACL_ENTRY("100", "allow", "22") "," ACL_ENTRY("90", "deny", "22") "]"),
     CFG("\"entries\":[" ACL_ENTRY("100", "deny", "3389") "," ACL_ENTRY("90", "allow",
                                                                        "3389") "]")},
    {"OPENSEARCH_NODE_TO_NODE_ENCRYPTION_CHECK", OPENSEARCH_DOMAIN,
     CFG("\"NodeToNodeEncryptionOptions\":{\"Enabled\":true}"),
     CFG("\"NodeToNodeEncryptionOptions\":{\"Enabled\":false}")},
    {"RDS_AUTOMATIC_MINOR_VERSION_UPGRADE_ENABLED", RDS_INSTANCE,
     CFG("\"autoMinorVersionUpgrade\":true"), CFG("\"autoMinorVersionUpgrade\":false")},
    {"RDS_INSTANCE_PUBLIC_ACCESS_CHECK", RDS_INSTANCE, CFG("\"publiclyAccessible\":false"),
     CFG("\"publiclyAccessible\":true")},
    {"RDS_MULTI_AZ_SUPPORT", RDS_INSTANCE, CFG("\"multiAZ\":true"), CFG("\"multiAZ\":false")},
    {"RDS_SNAPSHOTS_PUBLIC_PROHIBITED", RDS_SNAPSHOT,
     SUP("\"DBSnapshotAttributes\":[{\"attributeName\":\"restore\",\"attributeValues\":[\"1\"]}]"),
     SUP("\"DBSnapshotAttributes\":[{\"attributeName\":\"restore\","
         "\"attributeValues\":[\"all\"]}]")},
    {"RDS_SNAPSHOT_ENCRYPTED", RDS_CLUSTER_SNAPSHOT, CFG("\"storageEncrypted\":true"),
     CFG("\"storageEncrypted\":false")},
    {"RDS_STORAGE_ENCRYPTED", RDS_INSTANCE, CFG("\"storageEncrypted\":true"),
     CFG("\"storageEncrypted\":false")},
    {"REDSHIFT_CLUSTER_PUBLIC_ACCESS_CHECK", REDSHIFT_CLUSTER, CFG("\"publiclyAccessible\":false"),
     CFG("\"publiclyAccessible\":true")},
    {"REDSHIFT_REQUIRE_TLS_SSL", REDSHIFT_CLUSTER,
     SUP("\"Parameters\":[{\"parameterName\":\"require_ssl\",\"parameterValue\":\"true\"}]"),
     SUP("\"Parameters\":[{\"parameterName\":\"require_ssl\",\"parameterValue\":\"false\"}]")},
    {"REQUIRED_TAGS", S3_BUCKET,
     "{\"tags\":{\"Environment\":\"\",\"Owner\":\"x\",\"CostCenter\":\"1\"}}",
     "{\"tags\":{\"Environment\":\"prod\",\"owner\":\"x\",\"CostCenter\":\"1\"}}"},
    {"RESTRICTED_INCOMING_TRAFFIC", EC2_SECURITY_GROUP, TCP("80", "443", V4("0.0.0.0/0")),
     TCP("6000", "7000", V6("::/0"))},
    {"ROOT_ACCOUNT_HARDWARE_MFA_ENABLED", ACCOUNT_SETTINGS, CFG("\"rootMfaHardware\":true"),
     CFG("\"rootMfaHardware\":false")},
    {"ROOT_ACCOUNT_MFA_ENABLED", ACCOUNT_SETTINGS, CFG("\"rootMfaEnabled\":true"),
     CFG("\"rootMfaEnabled\":false")},
    {"S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC", ACCOUNT_SETTINGS,
     CFG("\"publicAccessBlock\":{" BLOCK("true") "}"),
     CFG("\"publicAccessBlock\":{" BLOCK("false") "}")},
    {"S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", S3_BUCKET,
     SUP("\"PublicAccessBlockConfiguration\":{" BLOCK("true") "}"),
     SUP("\"PublicAccessBlockConfiguration\":{\"blockPublicAcls\":true}")},
    {"S3_BUCKET_LOGGING_ENABLED", S3_BUCKET,
     SUP("\"BucketLoggingConfiguration\":{\"destinationBucketName\":\"logs\"}"),
     SUP("\"BucketLoggingConfiguration\":{\"destinationBucketName\":null}")},
    {"S3_BUCKET_PUBLIC_READ_PROHIBITED", S3_BUCKET,
     SUP("\"AccessControlList\":{\"grantList\":[{\"grantee\":\"AllUsers\",\"permission\":"
         "\"Read\"}]},\"PublicAccessBlockConfiguration\":{\"ignorePublicAcls\":true}"),
     SUP("\"AccessControlList\":{\"grantList\":[{\"grantee\":\"AllUsers\",\"permission\":"
         "\"Read\"}]}")},
    {"S3_BUCKET_PUBLIC_WRITE_PROHIBITED", S3_BUCKET,
     SUP("\"BucketPolicy\":{\"policyText\":\"{\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\","
         "\\\"Principal\\\":\\\"*\\\",\\\"Action\\\":\\\"s3:GetObject\\\"}]}\"}"),
     SUP("\"BucketPolicy\":{\"policyText\":\"{\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\","
         "\\\"Principal\\\":\\\"*\\\",\\\"Action\\\":\\\"s3:*\\\"}]}\"}")},
    {"S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", S3_BUCKET,
     SUP("\"ServerSideEncryptionConfiguration\":{\"rules\":[{"
         "\"applyServerSideEncryptionByDefault\":{\"sseAlgorithm\":\"AES256\"}}]}"),
     SUP("\"ServerSideEncryptionConfiguration\":{\"rules\":[]}")},
    {"S3_BUCKET_SSL_REQUESTS_ONLY", S3_BUCKET,
     SUP("\"BucketPolicy\":{\"policyText\":\"{\\\"Statement\\\":[{\\\"Effect\\\":\\\"Deny\\\","
         "\\\"Condition\\\":{\\\"Bool\\\":{\\\"aws:SecureTransport\\\":\\\"false\\\"}}}]}\"}"),
     SUP("\"BucketPolicy\":{\"policyText\":null}")},
    {"S3_BUCKET_VERSIONING_ENABLED", S3_BUCKET,
     SUP("\"BucketVersioningConfiguration\":{\"status\":\"Enabled\"}"),
     SUP("\"BucketVersioningConfiguration\":{\"status\":\"Suspended\"}")},
    {"S3_DEFAULT_ENCRYPTION_KMS", S3_BUCKET,
     SUP("\"ServerSideEncryptionConfiguration\":{\"rules\":[{"
         "\"applyServerSideEncryptionByDefault\":{\"sseAlgorithm\":\"aws:kms\"}}]}"),
     SUP("\"ServerSideEncryptionConfiguration\":{\"rules\":[{"
         "\"applyServerSideEncryptionByDefault\":{\"sseAlgorithm\":\"AES256\"}}]}")},
    {"S3_LIFECYCLE_POLICY_CHECK", S3_BUCKET,
     SUP("\"BucketLifecycleConfiguration\":{\"rules\":[{\"status\":\"Enabled\"}]}"),
     SUP("\"BucketLifecycleConfiguration\":{\"rules\":[{\"status\":\"Disabled\"}]}")},
    {"S3_VERSION_LIFECYCLE_POLICY_CHECK", S3_BUCKET,
     SUP("\"BucketVersioningConfiguration\":{\"status\":\"Enabled\"},"
         "\"BucketLifecycleConfiguration\":{\"rules\":[{\"status\":\"Enabled\","
         "\"noncurrentVersionExpirationInDays\":30}]}"),
     SUP("\"BucketVersioningConfiguration\":{\"status\":\"Enabled\"},"
         "\"BucketLifecycleConfiguration\":{\"rules\":[{\"status\":\"Enabled\"}]}")},
    {"SECRETSMANAGER_ROTATION_ENABLED_CHECK", SECRETS_SECRET, CFG("\"RotationEnabled\":true"),
     CFG("\"RotationEnabled\":false")},
    {"SECRETSMANAGER_SECRET_UNUSED", SECRETS_SECRET,
     CFG("\"LastAccessedDate\":\"2026-02-01T00:00:00Z\""),
     CFG("\"LastAccessedDate\":\"2025-02-01T00:00:00Z\"")},
    {"SECURITYHUB_ENABLED", ACCOUNT_SETTINGS, CFG("\"securityHubEnabled\":true"),
     CFG("\"securityHubEnabled\":false")},
    {"SNS_ENCRYPTED_KMS", SNS_TOPIC, CFG("\"KmsMasterKeyId\":\"alias/x\""), CFG("\"Owner\":\"1\"")},
    {"SSM_DOCUMENT_NOT_PUBLIC", SSM_DOCUMENT, SUP("\"Permissions\":{\"AccountIds\":[\"1\"]}"),
     SUP("\"Permissions\":{\"AccountIds\":[\"all\"]}")},
    {"SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED", EC2_SUBNET, CFG("\"mapPublicIpOnLaunch\":false"),
     CFG("\"mapPublicIpOnLaunch\":true")},
    {"VPC_DEFAULT_SECURITY_GROUP_CLOSED", EC2_SECURITY_GROUP,
     CFG("\"groupName\":\"default\",\"ipPermissions\":[],\"ipPermissionsEgress\":[]"),
     CFG("\"groupName\":\"default\",\"ipPermissions\":[],\"ipPermissionsEgress\":[{}]")},
    {"VPC_FLOW_LOGS_ENABLED", EC2_VPC, SUP("\"FlowLogs\":[{\"flowLogStatus\":\"ACTIVE\"}]"),
     SUP("\"FlowLogs\":[]")},
    {"VPC_NETWORK_ACL_UNUSED_CHECK", EC2_NETWORK_ACL,
     CFG("\"isDefault\":false,\"associations\":[{}]"),
     CFG("\"isDefault\":false,\"associations\":[]")},
    {"VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS", EC2_SECURITY_GROUP, TCP("443", "443", V4("0.0.0.0/0")),
     TCP("443", "444", V4("0.0.0.0/0"))},
};

static void rules_tell_good_from_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (evaluate(table[i].identifier, table[i].type, table[i].good, NULL) != COMPLIANT)
            fail_msg("%s does not pass what it should", table[i].identifier);
        if (evaluate(table[i].identifier, table[i].type, table[i].bad, NULL) != NON_COMPLIANT)
            fail_msg("%s passes what it should not", table[i].identifier);
    }
}

/* Documents without the members that a rule looks at must not crash it. */
static void rules_survive_empty_documents(void **state)
{
    static const char *const poor[] = {
        "{}", "{\"configuration\":{},\"supplementaryConfiguration\":{}}",
        "{\"configuration\":[],\"supplementaryConfiguration\":3,\"tags\":null}"};
    (void)state;
    for (size_t i = 0; i < n_managed_rules; i++)
        for (size_t k = 0; k < ARRAY_LEN(poor) && managed_rules[i].identifier[0]; k++)
            for (int type = 0; type < N_TYPES; type++)
                if (managed_rules[i].types & TYPE_BIT(type))
                    evaluate(managed_rules[i].identifier, (enum resource_type)type, poor[k], "{}");
}

/* These need other resources, and so a world (test_world_config.c). */
static bool needs_world(const char *identifier)
{
    static const char *const those[] = {
        "CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED",
        "CLOUD_TRAIL_ENABLED",
        "CLOUD_TRAIL_ENCRYPTION_ENABLED",
        "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED",
        "MULTI_REGION_CLOUD_TRAIL_ENABLED",
        "EC2_INSTANCE_MANAGED_BY_SSM",
        "EC2_SECURITY_GROUP_ATTACHED_TO_ENI_PERIODIC",
    };
    for (size_t i = 0; i < ARRAY_LEN(those); i++)
        if (strcmp(those[i], identifier) == 0)
            return true;
    return false;
}

static void no_rule_is_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_managed_rules; i++) {
        bool found = !managed_rules[i].identifier[0] || needs_world(managed_rules[i].identifier);
        for (size_t k = 0; k < ARRAY_LEN(table) && !found; k++)
            found = strcmp(table[k].identifier, managed_rules[i].identifier) == 0;
        if (!found)
            fail_msg("no row for %s", managed_rules[i].identifier);
    }
}

/* Where verdicts are easily got wrong. */
static void the_fine_print_is_read(void **state)
{
    static const struct {
        const char *identifier;
        enum resource_type type;
        const char *doc, *parameters;
        enum compliance wanted;
    } rows[] = {
        {"INCOMING_SSH_DISABLED", EC2_SECURITY_GROUP, TCP("22", "22", V6("::/0")), NULL,
         NON_COMPLIANT},
        {"INCOMING_SSH_DISABLED", EC2_SECURITY_GROUP, ALL(V4("0.0.0.0/0")), NULL, NON_COMPLIANT},
        {"INCOMING_SSH_DISABLED", EC2_SECURITY_GROUP, TCP("22", "22", V4("0.0.0.0/1")), NULL,
         COMPLIANT}, /* the rule knows no halves */
        {"INCOMING_SSH_DISABLED", EC2_SECURITY_GROUP,
         CFG("\"ipPermissions\":[{\"ipProtocol\":\"udp\",\"fromPort\":22,\"toPort\":22," V4(
             "0.0.0.0/0") "}]"),
         NULL, COMPLIANT},
        {"RESTRICTED_INCOMING_TRAFFIC", EC2_SECURITY_GROUP, TCP("4333", "4333", V4("0.0.0.0/0")),
         "{}", NON_COMPLIANT}, /* one of the older defaults */
        {"RESTRICTED_INCOMING_TRAFFIC", EC2_SECURITY_GROUP, TCP("22", "22", V4("0.0.0.0/0")), "{}",
         COMPLIANT},
        {"VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS", EC2_SECURITY_GROUP,
         TCP("8000", "8010", V4("0.0.0.0/0")), "{\"authorizedTcpPorts\":\"443, 8000-8080\"}",
         COMPLIANT},
        {"VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS", EC2_SECURITY_GROUP, ALL(V4("0.0.0.0/0")), NULL,
         NON_COMPLIANT},
        {"VPC_DEFAULT_SECURITY_GROUP_CLOSED", EC2_SECURITY_GROUP, CFG("\"groupName\":\"web\""),
         NULL, NOT_APPLICABLE},
        {"ENCRYPTED_VOLUMES", EC2_VOLUME, CFG("\"state\":\"available\",\"encrypted\":false"), NULL,
         NOT_APPLICABLE},
        {"EC2_VOLUME_INUSE_CHECK", EC2_VOLUME,
         CFG("\"attachments\":[{\"deleteOnTermination\":false}]"),
         "{\"deleteOnTermination\":\"true\"}", NON_COMPLIANT},
        {"EC2_STOPPED_INSTANCE", EC2_INSTANCE, CFG("\"state\":{\"name\":\"running\"}"), NULL,
         COMPLIANT},
        {"CW_LOGGROUP_RETENTION_PERIOD_CHECK", LOGS_LOG_GROUP, CFG("\"Arn\":\"x\""), NULL,
         COMPLIANT}, /* kept forever */
        {"CMK_BACKING_KEY_ROTATION_ENABLED", KMS_KEY, CFG("\"keyManager\":\"AWS\""), NULL,
         NOT_APPLICABLE},
        {"MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS", IAM_USER,
         SUP("\"CredentialReport\":{\"passwordEnabled\":false}"), NULL, NOT_APPLICABLE},
        {"ACCESS_KEYS_ROTATED", IAM_USER,
         SUP("\"CredentialReport\":{\"accessKeys\":[{\"status\":\"Inactive\","
             "\"createDate\":\"2020-01-01T00:00:00Z\"}]}"),
         NULL, COMPLIANT},
        {"S3_VERSION_LIFECYCLE_POLICY_CHECK", S3_BUCKET,
         SUP("\"BucketVersioningConfiguration\":{\"status\":\"Off\"}"), NULL, NOT_APPLICABLE},
        {"REQUIRED_TAGS", S3_BUCKET, "{\"tags\":{\"Environment\":\"qa\"}}",
         "{\"tag1Key\":\"Environment\",\"tag1Value\":\"dev, prod\"}", NON_COMPLIANT},
        {"REQUIRED_TAGS", S3_BUCKET, "{\"tags\":{\"Environment\":\"prod\"}}",
         "{\"tag1Key\":\"Environment\",\"tag1Value\":\"dev, prod\"}", COMPLIANT},
        {"LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED", LAMBDA_FUNCTION, "{}", NULL, COMPLIANT},
        {"IAM_PASSWORD_POLICY", ACCOUNT_SETTINGS, CFG("\"passwordPolicy\":null"), NULL,
         NON_COMPLIANT},
        {"CLOUDFORMATION_STACK_DRIFT_DETECTION_CHECK", CLOUDFORMATION_STACK,
         CFG("\"driftInformation\":{\"stackDriftStatus\":\"NOT_CHECKED\"}"), NULL, NOT_APPLICABLE},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum compliance result =
            evaluate(rows[i].identifier, rows[i].type, rows[i].doc, rows[i].parameters);
        if (result != rows[i].wanted)
            fail_msg("row %zu: %s is %s", i, rows[i].identifier, compliance_name(result));
    }
}

/* --- against the packs ---------------------------------------------------------------------- */

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    struct buf text = BUF_NONE;
    char chunk[65536];
    size_t n;
    if (!file)
        fail_msg("cannot open %s", path);
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(&text, (struct sv){chunk, n});
    fclose(file);
    return buf_take(&text);
}

static const struct rule *find_rule(struct sv identifier)
{
    for (size_t i = 0; i < n_managed_rules; i++)
        if (sv_eq_cstr(identifier, managed_rules[i].identifier))
            return &managed_rules[i];
    return NULL;
}

static void check_row(const cJSON *row)
{
    const struct rule *rule = find_rule(json_sv(row, "rule_identifier"));
    struct sv trigger = json_sv(row, "trigger");
    if (!rule)
        fail_msg("no rule " SV_FMT, SV_ARG(json_sv(row, "rule_identifier")));
    assert_true(sv_starts(sv_of(rule->name), json_sv(row, "rule_name"))); /* packs add words */
    assert_int_equal((rule->traits & PACK) != 0,
                     strlen(rule->name) > json_sv(row, "rule_name").len);
    assert_int_equal((rule->traits & ON_CHANGE) != 0, sv_contains(trigger, SV("changes")));
    assert_int_equal((rule->traits & PERIODIC) != 0, sv_contains(trigger, SV("Periodic")));
    for (int type = 0; type < N_TYPES; type++) {
        bool named = false;
        for (const cJSON *name = json_items(row, "resource_types"); name; name = name->next)
            named |= strcmp(name->valuestring, type_infos[type].name) == 0;
        /* instances are evaluated by their inventory, not beside it */
        bool inventory = type == SSM_INVENTORY;
        if (!inventory && named != ((rule->types & TYPE_BIT(type)) != 0))
            fail_msg("%s: %s", rule->identifier, type_infos[type].name);
    }
}

static void every_rule_of_the_packs_is_here(void **state)
{
    const char *named = getenv("WATCHDECK_PACKS");
    const char *path = named ? named : SOURCE_DIR "/../shared/facts/packs.json";
    (void)state;
    if (!named && access(path, R_OK) != 0) {
        print_message("no rule packs at %s (WATCHDECK_PACKS names the file)\n", path);
        skip();
    }
    AUTO_FREE char *text = read_file(path);
    cJSON *packs = cJSON_Parse(text), *row;
    assert_non_null(packs);
    cJSON_ArrayForEach (row, packs)
        check_row(row);
    cJSON_Delete(packs);
}

static void the_list_is_sorted_and_complete(void **state)
{
    char *text = NULL;
    size_t size = 0, n_lines = 0;
    (void)state;
    FILE *out = open_memstream(&text, &size);
    world_print_rules(out);
    fclose(out);
    char last[128] = "";
    struct sv rest = {text, size};
    while (rest.len) {
        struct sv line = sv_split(&rest, '\n'), identifier = sv_split(&line, '\t');
        struct sv trigger = sv_split(&line, '\t');
        char this[128];
        sv_copy(identifier, this, sizeof this);
        assert_true(strcmp(last, this) < 0);
        assert_true(trigger.len > 0);
        assert_true(sv_starts(line, SV("AWS::")));
        str_copy(last, this);
        n_lines++;
    }
    assert_int_equal(n_lines, 84);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rules_tell_good_from_bad, begin, end),
        cmocka_unit_test_setup_teardown(rules_survive_empty_documents, begin, end),
        cmocka_unit_test(no_rule_is_left_out),
        cmocka_unit_test_setup_teardown(the_fine_print_is_read, begin, end),
        cmocka_unit_test(every_rule_of_the_packs_is_here),
        cmocka_unit_test(the_list_is_sorted_and_complete),
    };
    return cmocka_run_group_tests(tests, load_models, unload_models);
}
