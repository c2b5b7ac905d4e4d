/* evaluate_storage: buckets and backups. */
#include <string.h>

#include "core/base/json.h"
#include "tests/sandbox/world/rules.h"

#define SUPPLEMENTARY "supplementaryConfiguration."
#define ENCRYPTION    SUPPLEMENTARY "ServerSideEncryptionConfiguration"
#define BLOCK         SUPPLEMENTARY "PublicAccessBlockConfiguration."

static struct sv encryption_algorithm(const struct evidence *evidence)
{
    const cJSON *rule = json_items(evidence_get(evidence, ENCRYPTION), "rules");
    return json_sv(json_get(rule, "applyServerSideEncryptionByDefault"), "sseAlgorithm");
}

enum compliance evaluate_bucket_encryption(const struct evidence *evidence)
{
    return verdict(encryption_algorithm(evidence).len > 0);
}

enum compliance evaluate_bucket_kms(const struct evidence *evidence)
{
    return verdict(sv_starts(encryption_algorithm(evidence), SV("aws:kms")));
}

/* The bucket's policy as a tree, the caller's; NULL when it has none. */
static cJSON *read_policy(const struct evidence *evidence)
{
    struct sv text = evidence_sv(evidence, SUPPLEMENTARY "BucketPolicy.policyText");
    return text.len ? cJSON_ParseWithLength(text.ptr, text.len) : NULL;
}

static bool denies_plain_http(const cJSON *policy)
{
    for (const cJSON *statement = json_items(policy, "Statement"); statement;
         statement = statement->next) {
        const cJSON *test = json_path(statement, "Condition.Bool");
        if (sv_eq_cstr(json_sv(statement, "Effect"), "Deny") &&
            !json_bool(test, "aws:SecureTransport", true))
            return true;
    }
    return false;
}

enum compliance evaluate_bucket_ssl(const struct evidence *evidence)
{
    cJSON *policy = read_policy(evidence);
    bool denied = denies_plain_http(policy);
    cJSON_Delete(policy);
    return verdict(denied);
}

static bool acl_grants_everybody(const struct evidence *evidence, const char *permission)
{
    const cJSON *grant =
        json_items(evidence_get(evidence, SUPPLEMENTARY "AccessControlList"), "grantList");
    for (; grant; grant = grant->next) {
        struct sv grantee = json_sv(grant, "grantee"), granted = json_sv(grant, "permission");
        bool everybody =
            sv_eq_cstr(grantee, "AllUsers") || sv_eq_cstr(grantee, "AuthenticatedUsers");
        if (everybody && (sv_eq_cstr(granted, permission) || sv_eq_cstr(granted, "FullControl")))
            return true;
    }
    return false;
}

/* What the access block covers does not count. */
static enum compliance check_public(const struct evidence *evidence, const char *permission,
                                    const char *action)
{
    cJSON *policy = read_policy(evidence);
    bool by_policy = policy_allows_everybody(policy, action) &&
                     !evidence_bool(evidence, BLOCK "restrictPublicBuckets");
    bool by_acl = acl_grants_everybody(evidence, permission) &&
                  !evidence_bool(evidence, BLOCK "ignorePublicAcls");
    cJSON_Delete(policy);
    if (by_policy)
        return violation(evidence, "The bucket policy allows public access.");
    if (by_acl)
        return violation(evidence, "The bucket ACL allows public access.");
    return COMPLIANT;
}

enum compliance evaluate_bucket_read(const struct evidence *evidence)
{
    return check_public(evidence, "Read", "s3:GetObject");
}

enum compliance evaluate_bucket_write(const struct evidence *evidence)
{
    return check_public(evidence, "Write", "s3:PutObject");
}

/* Of a bucket or of an account: all four settings must be on. */
enum compliance evaluate_public_access_block(const struct evidence *evidence)
{
    static const char *const settings[] = {"blockPublicAcls", "ignorePublicAcls",
                                           "blockPublicPolicy", "restrictPublicBuckets"};
    const cJSON *block =
        evidence->ref.type == ACCOUNT_SETTINGS
            ? evidence_get(evidence, "configuration.publicAccessBlock")
            : evidence_get(evidence, SUPPLEMENTARY "PublicAccessBlockConfiguration");
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (!json_bool(block, settings[i], false))
            return violation(evidence, "%s is not on.", settings[i]);
    return COMPLIANT;
}

static const cJSON *enabled_rule(const cJSON *rule)
{
    while (rule && !sv_eq_cstr(json_sv(rule, "status"), "Enabled"))
        rule = rule->next;
    return rule;
}

static const cJSON *lifecycle_rules(const struct evidence *evidence)
{
    return json_items(evidence_get(evidence, SUPPLEMENTARY "BucketLifecycleConfiguration"),
                      "rules");
}

enum compliance evaluate_bucket_lifecycle(const struct evidence *evidence)
{
    return verdict(enabled_rule(lifecycle_rules(evidence)) != NULL);
}

enum compliance evaluate_bucket_version_lifecycle(const struct evidence *evidence)
{
    if (!sv_eq_cstr(evidence_sv(evidence, SUPPLEMENTARY "BucketVersioningConfiguration.status"),
                    "Enabled"))
        return NOT_APPLICABLE;
    for (const cJSON *rule = enabled_rule(lifecycle_rules(evidence)); rule;
         rule = enabled_rule(rule->next))
        if (json_get(rule, "noncurrentVersionExpirationInDays") ||
            json_get(rule, "noncurrentVersionTransitions"))
            return COMPLIANT;
    return NON_COMPLIANT;
}

static bool names_action(const cJSON *actions, const char *name)
{
    const cJSON *action;
    if (cJSON_IsString(actions))
        return strcmp(actions->valuestring, name) == 0;
    cJSON_ArrayForEach (action, actions) {
        if (names_action(action, name))
            return true;
    }
    return false;
}

enum compliance evaluate_vault_policy(const struct evidence *evidence)
{
    const cJSON *statement =
        json_items(evidence_get(evidence, "configuration.AccessPolicy"), "Statement");
    for (; statement; statement = statement->next)
        if (sv_eq_cstr(json_sv(statement, "Effect"), "Deny") &&
            names_action(json_get(statement, "Action"), "backup:DeleteRecoveryPoint"))
            return COMPLIANT;
    return NON_COMPLIANT;
}
