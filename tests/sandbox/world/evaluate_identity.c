/* evaluate_identity: users, policies, keys, secrets, certificates, trails. */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "tests/sandbox/world/rules.h"

#define DAY_MS INT64_C(86400000)
#define REPORT "supplementaryConfiguration.CredentialReport"

enum compliance evaluate_user_mfa(const struct evidence *evidence)
{
    if (!evidence_bool(evidence, REPORT ".passwordEnabled"))
        return NOT_APPLICABLE;
    return verdict(evidence_bool(evidence, REPORT ".mfaActive"));
}

static const cJSON *next_active_key(const cJSON *key)
{
    while (key && !sv_eq_cstr(json_sv(key, "status"), "Active"))
        key = key->next;
    return key;
}

static const cJSON *first_active_key(const struct evidence *evidence)
{
    return next_active_key(json_items(evidence_get(evidence, REPORT), "accessKeys"));
}

enum compliance evaluate_access_keys(const struct evidence *evidence)
{
    int64_t max_days = evidence_number(evidence, "maxAccessKeyAge", 90);
    for (const cJSON *key = first_active_key(evidence); key; key = next_active_key(key->next)) {
        int64_t days = evidence_age_days(evidence, json_get(key, "createDate"));
        if (days > max_days)
            return violation(evidence, "An active access key is %lld days old.", (long long)days);
    }
    return COMPLIANT;
}

enum compliance evaluate_unused_credentials(const struct evidence *evidence)
{
    int64_t max_days = evidence_number(evidence, "maxCredentialUsageAge", 90);
    if (evidence_bool(evidence, REPORT ".passwordEnabled") &&
        evidence_age_days(evidence, evidence_get(evidence, REPORT ".passwordLastUsed")) > max_days)
        return violation(evidence, "The password has not been used for a long time.");
    for (const cJSON *key = first_active_key(evidence); key; key = next_active_key(key->next))
        if (evidence_age_days(evidence, json_get(key, "lastUsedDate")) > max_days)
            return violation(evidence, "An access key has not been used for a long time.");
    return COMPLIANT;
}

static bool is_star(const cJSON *value)
{
    const cJSON *item;
    if (cJSON_IsString(value))
        return strcmp(value->valuestring, "*") == 0;
    cJSON_ArrayForEach (item, value) {
        if (is_star(item))
            return true;
    }
    return false;
}

static bool grants_everything(const cJSON *document)
{
    for (const cJSON *statement = json_items(document, "Statement"); statement;
         statement = statement->next)
        if (sv_eq_cstr(json_sv(statement, "Effect"), "Allow") &&
            is_star(json_get(statement, "Action")) && is_star(json_get(statement, "Resource")))
            return true;
    return false;
}

enum compliance evaluate_admin_policy(const struct evidence *evidence)
{
    const cJSON *version = json_items(evidence_get(evidence, "configuration"), "policyVersionList");
    for (; version; version = version->next)
        if (json_bool(version, "isDefaultVersion", false) &&
            grants_everything(json_get(version, "document")))
            return NON_COMPLIANT;
    return COMPLIANT;
}

enum compliance evaluate_user_policies(const struct evidence *evidence)
{
    const cJSON *configuration = evidence_get(evidence, "configuration");
    return verdict(!json_items(configuration, "userPolicyList") &&
                   !json_items(configuration, "attachedManagedPolicies"));
}

static bool is_customer_key(const struct evidence *evidence)
{
    return sv_eq_cstr(evidence_sv(evidence, "configuration.keyManager"), "CUSTOMER");
}

enum compliance evaluate_key_rotation(const struct evidence *evidence)
{
    if (!is_customer_key(evidence) ||
        !sv_eq_cstr(evidence_sv(evidence, "configuration.keyState"), "Enabled"))
        return NOT_APPLICABLE;
    return verdict(evidence_bool(evidence, "supplementaryConfiguration.KeyRotationStatus"));
}

enum compliance evaluate_key_deletion(const struct evidence *evidence)
{
    if (!is_customer_key(evidence))
        return NOT_APPLICABLE;
    return verdict(!sv_eq_cstr(evidence_sv(evidence, "configuration.keyState"), "PendingDeletion"));
}

enum compliance evaluate_secret_unused(const struct evidence *evidence)
{
    int64_t days =
        evidence_age_days(evidence, evidence_get(evidence, "configuration.LastAccessedDate"));
    if (days <= evidence_number(evidence, "unusedForDays", 90))
        return COMPLIANT;
    return violation(evidence, "Not read for %lld days.", (long long)days);
}

enum compliance evaluate_certificate(const struct evidence *evidence)
{
    int64_t ms;
    if (!clock_parse_iso8601(evidence_sv(evidence, "configuration.notAfter"), &ms))
        return NOT_APPLICABLE;
    int64_t days_left = (ms - evidence->at_ms) / DAY_MS;
    if (days_left >= evidence_number(evidence, "daysToExpiration", 14))
        return COMPLIANT;
    return violation(evidence, "Expires in %lld days.", (long long)days_left);
}

/* --- the account ---------------------------------------------------------------------------- */

static bool policy_meets(const struct evidence *evidence, const cJSON *policy)
{
    static const char *const flags[] = {"RequireUppercaseCharacters", "RequireLowercaseCharacters",
                                        "RequireSymbols", "RequireNumbers"};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (sv_eq_cstr(evidence_parameter(evidence, flags[i]), "true") &&
            !json_bool(policy, flags[i], false))
            return false;
    return json_i64(policy, "MinimumPasswordLength", 0) >=
               evidence_number(evidence, "MinimumPasswordLength", 14) &&
           json_i64(policy, "PasswordReusePrevention", 0) >=
               evidence_number(evidence, "PasswordReusePrevention", 24) &&
           json_i64(policy, "MaxPasswordAge", INT64_MAX) <=
               evidence_number(evidence, "MaxPasswordAge", 90);
}

enum compliance evaluate_password_policy(const struct evidence *evidence)
{
    const cJSON *policy = evidence_get(evidence, "configuration.passwordPolicy");
    return verdict(policy && policy_meets(evidence, policy));
}

/* Has the account a trail that logs and of which the member at path is set? */
static enum compliance any_trail(const struct evidence *evidence, const char *path)
{
    uint64_t n = resource_count(evidence->world, evidence->ref.cell, CLOUDTRAIL_TRAIL);
    bool found = false;
    for (uint64_t i = 0; i < n && !found; i++) {
        struct ref ref = {.type = CLOUDTRAIL_TRAIL, .cell = evidence->ref.cell, .index = i};
        cJSON *doc = doc_live(evidence->world, ref);
        const cJSON *member = json_path(doc, path);
        found = cJSON_IsTrue(json_path(doc, "configuration.IsLogging")) &&
                (cJSON_IsTrue(member) || cJSON_IsString(member));
        cJSON_Delete(doc);
    }
    return verdict(found);
}

enum compliance evaluate_trail(const struct evidence *evidence)
{
    return any_trail(evidence, "configuration.IsLogging");
}

enum compliance evaluate_trail_multi_region(const struct evidence *evidence)
{
    return any_trail(evidence, "configuration.IsMultiRegionTrail");
}

enum compliance evaluate_trail_encryption(const struct evidence *evidence)
{
    return any_trail(evidence, "configuration.KmsKeyId");
}

enum compliance evaluate_trail_validation(const struct evidence *evidence)
{
    return any_trail(evidence, "configuration.LogFileValidationEnabled");
}

enum compliance evaluate_trail_logs(const struct evidence *evidence)
{
    return any_trail(evidence, "configuration.CloudWatchLogsLogGroupArn");
}
