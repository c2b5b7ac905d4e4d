#include "tests/sandbox/world/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"

#define DAY_MS   INT64_C(86400000)

#define GROUP    TYPE_BIT(EC2_SECURITY_GROUP)
#define INSTANCE TYPE_BIT(EC2_INSTANCE)
#define BUCKET   TYPE_BIT(S3_BUCKET)
#define ACCOUNT  TYPE_BIT(ACCOUNT_SETTINGS)
#define DATABASE TYPE_BIT(RDS_INSTANCE)
#define USER     TYPE_BIT(IAM_USER)
#define TABLE    TYPE_BIT(DYNAMODB_TABLE)
#define TAGGED                                                                                  \
    (TYPE_BIT(ACM_CERTIFICATE) | TYPE_BIT(AUTOSCALING_GROUP) | TYPE_BIT(CLOUDFORMATION_STACK) | \
     TYPE_BIT(CODEBUILD_PROJECT) | TABLE | INSTANCE | TYPE_BIT(EC2_INTERNET_GATEWAY) |          \
     TYPE_BIT(EC2_NETWORK_ACL) | TYPE_BIT(EC2_NETWORK_INTERFACE) | TYPE_BIT(EC2_ROUTE_TABLE) |  \
     GROUP | TYPE_BIT(EC2_SUBNET) | TYPE_BIT(EC2_VOLUME) | TYPE_BIT(EC2_VPC) |                  \
     TYPE_BIT(ELB_LOAD_BALANCER) | TYPE_BIT(ELBV2_LOAD_BALANCER) | DATABASE |                   \
     TYPE_BIT(RDS_SNAPSHOT) | TYPE_BIT(RDS_SUBNET_GROUP) | TYPE_BIT(REDSHIFT_CLUSTER) | BUCKET)

#define BOTH         (ON_CHANGE | PERIODIC)
#define FN(function) function, NULL, NULL
#define IS(path)     NULL, path, "true"

/* Sorted by identifier. */
const struct rule managed_rules[] = {
    {"ACCESS_KEYS_ROTATED", "access-keys-rotated", PERIODIC | TIMED | HOME | CORE, USER,
     "{\"maxAccessKeyAge\":\"90\"}", FN(evaluate_access_keys)},
    {"ACM_CERTIFICATE_EXPIRATION_CHECK", "acm-certificate-expiration-check", BOTH | TIMED | CORE,
     TYPE_BIT(ACM_CERTIFICATE), "{\"daysToExpiration\":\"30\"}", FN(evaluate_certificate)},
    {"ALB_HTTP_DROP_INVALID_HEADER_ENABLED", "alb-http-drop-invalid-header-enabled", ON_CHANGE,
     TYPE_BIT(ELBV2_LOAD_BALANCER), "", FN(evaluate_alb_headers)},
    {"ALB_HTTP_TO_HTTPS_REDIRECTION_CHECK", "alb-http-to-https-redirection-check", PERIODIC,
     TYPE_BIT(ELBV2_LOAD_BALANCER), "", FN(evaluate_alb_redirect)},
    {"BACKUP_RECOVERY_POINT_ENCRYPTED", "backup-recovery-point-encrypted", ON_CHANGE,
     TYPE_BIT(BACKUP_RECOVERY_POINT), "", IS("configuration.IsEncrypted")},
    {"BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED",
     "backup-recovery-point-manual-deletion-disabled", ON_CHANGE, TYPE_BIT(BACKUP_VAULT), "",
     FN(evaluate_vault_policy)},
    {"CLOUDFORMATION_STACK_DRIFT_DETECTION_CHECK", "cloudformation-stack-drift-detection-check",
     BOTH, TYPE_BIT(CLOUDFORMATION_STACK), "", FN(evaluate_stack_drift)},
    {"CLOUDWATCH_LOG_GROUP_ENCRYPTED", "cloudwatch-log-group-encrypted", PERIODIC,
     TYPE_BIT(LOGS_LOG_GROUP), "", NULL, "configuration.KmsKeyId", "*"},
    {"CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED", "cloud-trail-cloud-watch-logs-enabled",
     PERIODIC | LIVE | HOME, ACCOUNT, "", FN(evaluate_trail_logs)},
    {"CLOUD_TRAIL_ENABLED", "cloudtrail-enabled", PERIODIC | LIVE | HOME | CORE, ACCOUNT, "",
     FN(evaluate_trail)},
    {"CLOUD_TRAIL_ENCRYPTION_ENABLED", "cloud-trail-encryption-enabled", PERIODIC | LIVE | HOME,
     ACCOUNT, "", FN(evaluate_trail_encryption)},
    {"CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", "cloud-trail-log-file-validation-enabled",
     PERIODIC | LIVE | HOME, ACCOUNT, "", FN(evaluate_trail_validation)},
    {"CMK_BACKING_KEY_ROTATION_ENABLED", "cmk-backing-key-rotation-enabled", PERIODIC,
     TYPE_BIT(KMS_KEY), "", FN(evaluate_key_rotation)},
    {"CODEBUILD_PROJECT_ENVVAR_AWSCRED_CHECK", "codebuild-project-envvar-awscred-check", ON_CHANGE,
     TYPE_BIT(CODEBUILD_PROJECT), "", FN(evaluate_build_variables)},
    {"CW_LOGGROUP_RETENTION_PERIOD_CHECK", "cw-loggroup-retention-period-check", PERIODIC,
     TYPE_BIT(LOGS_LOG_GROUP), "{\"MinRetentionTime\":\"365\"}", FN(evaluate_log_retention)},
    {"DB_INSTANCE_BACKUP_ENABLED", "db-instance-backup-enabled", ON_CHANGE | CORE, DATABASE, "",
     FN(evaluate_backup_enabled)},
    {"DESIRED_INSTANCE_TYPE", "desired-instance-type", ON_CHANGE, INSTANCE,
     "{\"instanceType\":\"t3.micro,t3.small,t3.medium,m6i.large\"}", FN(evaluate_instance_type)},
    {"DYNAMODB_AUTOSCALING_ENABLED", "dynamodb-autoscaling-enabled", PERIODIC, TABLE, "",
     FN(evaluate_table_scaling)},
    {"DYNAMODB_PITR_ENABLED", "dynamodb-pitr-enabled", ON_CHANGE, TABLE, "", NULL,
     "supplementaryConfiguration.ContinuousBackups.pointInTimeRecoveryDescription."
     "pointInTimeRecoveryStatus",
     "ENABLED"},
    {"DYNAMODB_TABLE_ENCRYPTED_KMS", "dynamodb-table-encrypted-kms", ON_CHANGE, TABLE, "", NULL,
     "configuration.sseDescription.sseType", "KMS"},
    {"EBS_OPTIMIZED_INSTANCE", "ebs-optimized-instance", ON_CHANGE, INSTANCE, "",
     IS("configuration.ebsOptimized")},
    {"EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK", "ebs-snapshot-public-restorable-check",
     PERIODIC | HOME, ACCOUNT, "", NULL, "configuration.publicSnapshots", "0"},
    {"EC2_EBS_ENCRYPTION_BY_DEFAULT", "ec2-ebs-encryption-by-default", PERIODIC | CORE, ACCOUNT, "",
     IS("configuration.ebsEncryptionByDefault")},
    {"EC2_IMDSV2_CHECK", "ec2-imdsv2-check", ON_CHANGE | CORE, INSTANCE, "", NULL,
     "configuration.metadataOptions.httpTokens", "required"},
    {"EC2_INSTANCE_DETAILED_MONITORING_ENABLED", "ec2-instance-detailed-monitoring-enabled",
     ON_CHANGE, INSTANCE, "", NULL, "configuration.monitoring.state", "enabled"},
    {"EC2_INSTANCE_MANAGED_BY_SSM", "ec2-instance-managed-by-systems-manager",
     ON_CHANGE | LIVE | CORE, INSTANCE, "", FN(evaluate_managed_by_ssm)},
    {"EC2_INSTANCE_MULTIPLE_ENI_CHECK", "ec2-instance-multiple-eni-check", ON_CHANGE, INSTANCE, "",
     FN(evaluate_multiple_interfaces)},
    {"EC2_INSTANCE_NO_PUBLIC_IP", "ec2-instance-no-public-ip", ON_CHANGE | CORE, INSTANCE, "",
     FN(evaluate_no_public_ip)},
    {"EC2_MANAGEDINSTANCE_ASSOCIATION_COMPLIANCE_STATUS_CHECK",
     "ec2-managedinstance-association-compliance-status-check", ON_CHANGE,
     TYPE_BIT(SSM_ASSOCIATION), "", NULL,
     "configuration.AWS:ComplianceSummary.Content.Association.Status", "COMPLIANT"},
    {"EC2_MANAGEDINSTANCE_PATCH_COMPLIANCE_STATUS_CHECK",
     "ec2-managedinstance-patch-compliance-status-check", ON_CHANGE | CORE, TYPE_BIT(SSM_PATCH), "",
     NULL, "configuration.AWS:ComplianceSummary.Content.Patch.Status", "COMPLIANT"},
    {"EC2_SECURITY_GROUP_ATTACHED_TO_ENI_PERIODIC", "ec2-security-group-attached-to-eni-periodic",
     PERIODIC | LIVE, GROUP, "", FN(evaluate_group_attached)},
    {"EC2_STOPPED_INSTANCE", "ec2-stopped-instance", PERIODIC | TIMED, INSTANCE,
     "{\"AllowedDays\":\"30\"}", FN(evaluate_stopped)},
    {"EC2_VOLUME_INUSE_CHECK", "ec2-volume-inuse-check", ON_CHANGE, TYPE_BIT(EC2_VOLUME),
     "{\"deleteOnTermination\":\"false\"}", FN(evaluate_volume_in_use)},
    {"ECR_PRIVATE_LIFECYCLE_POLICY_CONFIGURED", "ecr-private-lifecycle-policy-configured",
     ON_CHANGE, TYPE_BIT(ECR_REPOSITORY), "", NULL,
     "configuration.LifecyclePolicy.LifecyclePolicyText", "*"},
    {"EFS_ENCRYPTED_CHECK", "efs-encrypted-check", PERIODIC, TYPE_BIT(EFS_FILE_SYSTEM), "",
     IS("configuration.Encrypted")},
    {"EIP_ATTACHED", "eip-attached", ON_CHANGE, TYPE_BIT(EC2_EIP), "", FN(evaluate_eip)},
    {"ELB_TLS_HTTPS_LISTENERS_ONLY", "elb-tls-https-listeners-only", ON_CHANGE,
     TYPE_BIT(ELB_LOAD_BALANCER), "", FN(evaluate_elb_listeners)},
    {"ENCRYPTED_VOLUMES", "encrypted-volumes", ON_CHANGE | CORE, TYPE_BIT(EC2_VOLUME), "",
     FN(evaluate_volume_encrypted)},
    {"GUARDDUTY_ENABLED_CENTRALIZED", "guardduty-enabled-centralized", PERIODIC | CORE, ACCOUNT, "",
     IS("configuration.guardDutyEnabled")},
    {"IAM_PASSWORD_POLICY", "iam-password-policy", PERIODIC | HOME | CORE, ACCOUNT,
     "{\"RequireUppercaseCharacters\":\"true\",\"RequireLowercaseCharacters\":\"true\","
     "\"RequireSymbols\":\"true\",\"RequireNumbers\":\"true\",\"MinimumPasswordLength\":\"14\","
     "\"PasswordReusePrevention\":\"24\",\"MaxPasswordAge\":\"90\"}",
     FN(evaluate_password_policy)},
    {"IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", "iam-policy-no-statements-with-admin-access",
     ON_CHANGE | HOME | CORE, TYPE_BIT(IAM_POLICY), "", FN(evaluate_admin_policy)},
    {"IAM_ROOT_ACCESS_KEY_CHECK", "iam-root-access-key-check", PERIODIC | HOME | CORE, ACCOUNT, "",
     NULL, "configuration.rootAccessKeys", "0"},
    {"IAM_USER_NO_POLICIES_CHECK", "iam-user-no-policies-check", ON_CHANGE | HOME, USER, "",
     FN(evaluate_user_policies)},
    {"IAM_USER_UNUSED_CREDENTIALS_CHECK", "iam-user-unused-credentials-check",
     PERIODIC | TIMED | HOME | CORE, USER, "{\"maxCredentialUsageAge\":\"90\"}",
     FN(evaluate_unused_credentials)},
    {"INCOMING_SSH_DISABLED", "restricted-ssh", BOTH | CORE, GROUP, "", FN(evaluate_ssh)},
    {"KMS_CMK_NOT_SCHEDULED_FOR_DELETION", "kms-cmk-not-scheduled-for-deletion", PERIODIC | CORE,
     TYPE_BIT(KMS_KEY), "", FN(evaluate_key_deletion)},
    {"LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED", "lambda-function-public-access-prohibited",
     ON_CHANGE | CORE, TYPE_BIT(LAMBDA_FUNCTION), "", FN(evaluate_function_public)},
    {"MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS", "mfa-enabled-for-iam-console-access",
     PERIODIC | HOME | CORE, USER, "", FN(evaluate_user_mfa)},
    {"MULTI_REGION_CLOUD_TRAIL_ENABLED", "multi-region-cloudtrail-enabled",
     PERIODIC | LIVE | HOME | CORE, ACCOUNT, "", FN(evaluate_trail_multi_region)},
    {"NACL_NO_UNRESTRICTED_SSH_RDP", "nacl-no-unrestricted-ssh-rdp", ON_CHANGE,
     TYPE_BIT(EC2_NETWORK_ACL), "", FN(evaluate_acl_ssh_rdp)},
    {"OPENSEARCH_NODE_TO_NODE_ENCRYPTION_CHECK", "opensearch-node-to-node-encryption-check",
     ON_CHANGE, TYPE_BIT(OPENSEARCH_DOMAIN), "",
     IS("configuration.NodeToNodeEncryptionOptions.Enabled")},
    {"RDS_AUTOMATIC_MINOR_VERSION_UPGRADE_ENABLED", "rds-automatic-minor-version-upgrade-enabled",
     ON_CHANGE, DATABASE, "", IS("configuration.autoMinorVersionUpgrade")},
    {"RDS_INSTANCE_PUBLIC_ACCESS_CHECK", "rds-instance-public-access-check", ON_CHANGE | CORE,
     DATABASE, "", NULL, "configuration.publiclyAccessible", "false"},
    {"RDS_MULTI_AZ_SUPPORT", "rds-multi-az-support", ON_CHANGE, DATABASE, "",
     IS("configuration.multiAZ")},
    {"RDS_SNAPSHOTS_PUBLIC_PROHIBITED", "rds-snapshots-public-prohibited", ON_CHANGE | CORE,
     TYPE_BIT(RDS_SNAPSHOT) | TYPE_BIT(RDS_CLUSTER_SNAPSHOT), "", FN(evaluate_snapshot_public)},
    {"RDS_SNAPSHOT_ENCRYPTED", "rds-snapshot-encrypted", ON_CHANGE,
     TYPE_BIT(RDS_SNAPSHOT) | TYPE_BIT(RDS_CLUSTER_SNAPSHOT), "", FN(evaluate_snapshot_encrypted)},
    {"RDS_STORAGE_ENCRYPTED", "rds-storage-encrypted", ON_CHANGE | CORE, DATABASE, "",
     IS("configuration.storageEncrypted")},
    {"REDSHIFT_CLUSTER_PUBLIC_ACCESS_CHECK", "redshift-cluster-public-access-check", ON_CHANGE,
     TYPE_BIT(REDSHIFT_CLUSTER), "", NULL, "configuration.publiclyAccessible", "false"},
    {"REDSHIFT_REQUIRE_TLS_SSL", "redshift-require-tls-ssl", ON_CHANGE, TYPE_BIT(REDSHIFT_CLUSTER),
     "", FN(evaluate_redshift_tls)},
    {"REQUIRED_TAGS", "required-tags", ON_CHANGE | CORE, TAGGED,
     "{\"tag1Key\":\"Environment\",\"tag2Key\":\"Owner\",\"tag3Key\":\"CostCenter\"}",
     FN(evaluate_required_tags)},
    {"RESTRICTED_INCOMING_TRAFFIC", "restricted-common-ports", BOTH | CORE, GROUP,
     "{\"blockedPorts\":\"22,3389,1433,3306,5432,27017,6379\"}", FN(evaluate_restricted_traffic)},
    {"ROOT_ACCOUNT_HARDWARE_MFA_ENABLED", "root-account-hardware-mfa-enabled", PERIODIC | HOME,
     ACCOUNT, "", IS("configuration.rootMfaHardware")},
    {"ROOT_ACCOUNT_MFA_ENABLED", "root-account-mfa-enabled", PERIODIC | HOME | CORE, ACCOUNT, "",
     IS("configuration.rootMfaEnabled")},
    {"S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC",
     "s3-account-level-public-access-blocks-periodic", PERIODIC | HOME | CORE, ACCOUNT, "",
     FN(evaluate_public_access_block)},
    {"S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", "s3-bucket-level-public-access-prohibited",
     ON_CHANGE | CORE, BUCKET, "", FN(evaluate_public_access_block)},
    {"S3_BUCKET_LOGGING_ENABLED", "s3-bucket-logging-enabled", ON_CHANGE, BUCKET, "", NULL,
     "supplementaryConfiguration.BucketLoggingConfiguration.destinationBucketName", "*"},
    {"S3_BUCKET_PUBLIC_READ_PROHIBITED", "s3-bucket-public-read-prohibited", BOTH | CORE, BUCKET,
     "", FN(evaluate_bucket_read)},
    {"S3_BUCKET_PUBLIC_WRITE_PROHIBITED", "s3-bucket-public-write-prohibited", BOTH | CORE, BUCKET,
     "", FN(evaluate_bucket_write)},
    {"S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", "s3-bucket-server-side-encryption-enabled",
     ON_CHANGE, BUCKET, "", FN(evaluate_bucket_encryption)},
    {"S3_BUCKET_SSL_REQUESTS_ONLY", "s3-bucket-ssl-requests-only", ON_CHANGE | CORE, BUCKET, "",
     FN(evaluate_bucket_ssl)},
    {"S3_BUCKET_VERSIONING_ENABLED", "s3-bucket-versioning-enabled", ON_CHANGE, BUCKET, "", NULL,
     "supplementaryConfiguration.BucketVersioningConfiguration.status", "Enabled"},
    {"S3_DEFAULT_ENCRYPTION_KMS", "s3-default-encryption-kms-conformance-pack-m3kq7wz1p",
     ON_CHANGE | PACK, BUCKET, "", FN(evaluate_bucket_kms)},
    {"S3_LIFECYCLE_POLICY_CHECK", "s3-lifecycle-policy-check", ON_CHANGE, BUCKET, "",
     FN(evaluate_bucket_lifecycle)},
    {"S3_VERSION_LIFECYCLE_POLICY_CHECK", "s3-version-lifecycle-policy-check", ON_CHANGE, BUCKET,
     "", FN(evaluate_bucket_version_lifecycle)},
    {"SECRETSMANAGER_ROTATION_ENABLED_CHECK", "secretsmanager-rotation-enabled-check", ON_CHANGE,
     TYPE_BIT(SECRETS_SECRET), "", IS("configuration.RotationEnabled")},
    {"SECRETSMANAGER_SECRET_UNUSED", "secretsmanager-secret-unused", PERIODIC | TIMED,
     TYPE_BIT(SECRETS_SECRET), "{\"unusedForDays\":\"90\"}", FN(evaluate_secret_unused)},
    {"SECURITYHUB_ENABLED", "securityhub-enabled", PERIODIC | CORE, ACCOUNT, "",
     IS("configuration.securityHubEnabled")},
    {"SNS_ENCRYPTED_KMS", "sns-encrypted-kms", ON_CHANGE, TYPE_BIT(SNS_TOPIC), "", NULL,
     "configuration.KmsMasterKeyId", "*"},
    {"SSM_DOCUMENT_NOT_PUBLIC", "ssm-document-not-public", PERIODIC, TYPE_BIT(SSM_DOCUMENT), "",
     FN(evaluate_document_public)},
    {"SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED", "subnet-auto-assign-public-ip-disabled", ON_CHANGE,
     TYPE_BIT(EC2_SUBNET), "", NULL, "configuration.mapPublicIpOnLaunch", "false"},
    {"VPC_DEFAULT_SECURITY_GROUP_CLOSED", "vpc-default-security-group-closed", ON_CHANGE | CORE,
     GROUP, "", FN(evaluate_default_group)},
    {"VPC_FLOW_LOGS_ENABLED", "vpc-flow-logs-enabled", PERIODIC | CORE, TYPE_BIT(EC2_VPC), "",
     FN(evaluate_flow_logs)},
    {"VPC_NETWORK_ACL_UNUSED_CHECK", "vpc-network-acl-unused-check", ON_CHANGE,
     TYPE_BIT(EC2_NETWORK_ACL), "", FN(evaluate_acl_unused)},
    {"VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS", "vpc-sg-open-only-to-authorized-ports", ON_CHANGE,
     GROUP, "{\"authorizedTcpPorts\":\"443\"}", FN(evaluate_authorized_ports)},
    /* a rule of the customer's own, whose function nobody repairs */
    {"", "resource-owner-is-reachable", ON_CHANGE | CORE | CUSTOM, INSTANCE | DATABASE, "", NULL,
     NULL, NULL},
};
const size_t n_managed_rules = ARRAY_LEN(managed_rules);

static const char *const compliance_names[N_COMPLIANCES] = {"COMPLIANT", "NON_COMPLIANT",
                                                            "NOT_APPLICABLE", "INSUFFICIENT_DATA"};

const char *compliance_name(enum compliance compliance)
{
    return compliance_names[compliance];
}

enum compliance compliance_by_name(const char *name)
{
    int i = 0;
    while (i < N_COMPLIANCES && strcmp(compliance_names[i], name) != 0)
        i++;
    return (enum compliance)i;
}

void world_print_rules(FILE *out)
{
    static const char *const triggers[] = {
        [ON_CHANGE] = "change", [PERIODIC] = "periodic", [BOTH] = "change+periodic"};
    for (size_t i = 0; i < n_managed_rules; i++) {
        if (managed_rules[i].traits & CUSTOM)
            continue;
        fprintf(out, "%s\t%s\t", managed_rules[i].identifier,
                triggers[managed_rules[i].traits & BOTH]);
        const char *separator = "";
        for (int type = 0; type < N_TYPES; type++)
            if (managed_rules[i].types & TYPE_BIT(type)) {
                fprintf(out, "%s%s", separator, type_infos[type].name);
                separator = ",";
            }
        fputc('\n', out);
    }
}

/* --- evaluating ----------------------------------------------------------------------------- */

/* A member as text: what tables compare with. */
static bool is_wanted(const cJSON *member, const char *wanted)
{
    char number[32];
    const char *text = cJSON_IsTrue(member)     ? "true"
                       : cJSON_IsFalse(member)  ? "false"
                       : cJSON_IsString(member) ? member->valuestring
                                                : "";
    if (cJSON_IsNumber(member)) {
        snprintf(number, sizeof number, "%.0f", member->valuedouble);
        text = number;
    }
    return strcmp(wanted, "*") == 0 ? *text != '\0' : strcmp(text, wanted) == 0;
}

enum compliance rule_evaluate(const struct rule *rule, const struct evidence *evidence)
{
    if (rule->evaluate)
        return rule->evaluate(evidence);
    if (!rule->path)
        return INSUFFICIENT_DATA;
    return verdict(is_wanted(evidence_get(evidence, rule->path), rule->wanted));
}

const cJSON *evidence_get(const struct evidence *evidence, const char *path)
{
    return json_path(evidence->doc, path);
}

struct sv evidence_sv(const struct evidence *evidence, const char *path)
{
    return json_string(evidence_get(evidence, path));
}

bool evidence_bool(const struct evidence *evidence, const char *path)
{
    return cJSON_IsTrue(evidence_get(evidence, path));
}

int64_t evidence_age_days(const struct evidence *evidence, const cJSON *time)
{
    int64_t ms;
    if (!time || !clock_parse_iso8601(json_string(time), &ms))
        return -1;
    return (evidence->at_ms - ms) / DAY_MS;
}

struct sv evidence_parameter(const struct evidence *evidence, const char *name)
{
    return json_sv(evidence->parameters, name);
}

int64_t evidence_number(const struct evidence *evidence, const char *name, int64_t otherwise)
{
    return json_i64(evidence->parameters, name, otherwise);
}

bool list_has(struct sv list, struct sv text)
{
    while (list.len)
        if (sv_eq(sv_trim(sv_split(&list, ',')), text))
            return true;
    return false;
}

enum compliance verdict(bool compliant)
{
    return compliant ? COMPLIANT : NON_COMPLIANT;
}

enum compliance violation(const struct evidence *evidence, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(evidence->annotation, ANNOTATION_SIZE, fmt, args);
    va_end(args);
    return NON_COMPLIANT;
}

/* --- policies ------------------------------------------------------------------------------- */

static bool is_everybody(const cJSON *principal)
{
    const cJSON *aws = json_get(principal, "AWS");
    return (cJSON_IsString(principal) && strcmp(principal->valuestring, "*") == 0) ||
           (cJSON_IsString(aws) && strcmp(aws->valuestring, "*") == 0);
}

static bool action_covers(const cJSON *action, const char *wanted)
{
    if (cJSON_IsArray(action)) {
        const cJSON *item;
        cJSON_ArrayForEach (item, action) {
            if (action_covers(item, wanted))
                return true;
        }
        return false;
    }
    struct sv text = json_string(action);
    bool wild = text.len > 0 && text.ptr[text.len - 1] == '*';
    return wild ? strncmp(text.ptr, wanted, text.len - 1) == 0 : sv_starts(text, sv_of(wanted));
}

bool policy_allows_everybody(const cJSON *policy, const char *action)
{
    for (const cJSON *statement = json_items(policy, "Statement"); statement;
         statement = statement->next)
        if (sv_eq_cstr(json_sv(statement, "Effect"), "Allow") &&
            !json_get(statement, "Condition") && is_everybody(json_get(statement, "Principal")) &&
            action_covers(json_get(statement, "Action"), action))
            return true;
    return false;
}
