/* evaluate_operations: logs, builds, stacks, documents, tags. */
#include <stdio.h>

#include "core/base/json.h"
#include "tests/sandbox/world/rules.h"

/* Without a retention time logs are kept forever. */
enum compliance evaluate_log_retention(const struct evidence *evidence)
{
    int64_t days = json_i64(evidence_get(evidence, "configuration"), "RetentionInDays", -1);
    if (days < 0 || days >= evidence_number(evidence, "MinRetentionTime", 365))
        return COMPLIANT;
    return violation(evidence, "Kept for %lld days only.", (long long)days);
}

enum compliance evaluate_build_variables(const struct evidence *evidence)
{
    const cJSON *variable =
        json_items(evidence_get(evidence, "configuration.environment"), "environmentVariables");
    for (; variable; variable = variable->next) {
        struct sv name = json_sv(variable, "name");
        bool secret =
            sv_eq_cstr(name, "AWS_ACCESS_KEY_ID") || sv_eq_cstr(name, "AWS_SECRET_ACCESS_KEY");
        if (secret && sv_eq_cstr(json_sv(variable, "type"), "PLAINTEXT"))
            return violation(evidence, SV_FMT " is in plain text.", SV_ARG(name));
    }
    return COMPLIANT;
}

enum compliance evaluate_stack_drift(const struct evidence *evidence)
{
    struct sv status = evidence_sv(evidence, "configuration.driftInformation.stackDriftStatus");
    if (sv_eq_cstr(status, "IN_SYNC"))
        return COMPLIANT;
    return sv_eq_cstr(status, "DRIFTED") ? NON_COMPLIANT : NOT_APPLICABLE;
}

enum compliance evaluate_document_public(const struct evidence *evidence)
{
    const cJSON *account =
        json_items(evidence_get(evidence, "supplementaryConfiguration.Permissions"), "AccountIds");
    for (; account; account = account->next)
        if (sv_eq_cstr(json_string(account), "all"))
            return NON_COMPLIANT;
    return COMPLIANT;
}

/* tag1Key to tag6Key, each with an optional list of values. */
enum compliance evaluate_required_tags(const struct evidence *evidence)
{
    for (int i = 1; i <= 6; i++) {
        char name[32], key[128];
        snprintf(name, sizeof name, "tag%dKey", i);
        struct sv wanted = evidence_parameter(evidence, name);
        if (wanted.len == 0)
            continue;
        sv_copy(wanted, key, sizeof key);
        const cJSON *tag = json_get(json_get(evidence->doc, "tags"), key);
        snprintf(name, sizeof name, "tag%dValue", i);
        struct sv values = evidence_parameter(evidence, name);
        if (!tag || (values.len && !list_has(values, json_string(tag))))
            return violation(evidence, "The tag %s is missing or has another value.", key);
    }
    return COMPLIANT;
}
