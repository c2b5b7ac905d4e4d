/* evaluate_data: databases, tables, warehouses. */
#include "core/base/json.h"
#include "tests/sandbox/world/rules.h"

static bool names_everybody(const cJSON *attributes)
{
    for (const cJSON *attribute = attributes; attribute; attribute = attribute->next) {
        const cJSON *value = json_items(attribute, "attributeValues");
        for (; value && sv_eq_cstr(json_sv(attribute, "attributeName"), "restore");
             value = value->next)
            if (sv_eq_cstr(json_string(value), "all"))
                return true;
    }
    return false;
}

enum compliance evaluate_snapshot_public(const struct evidence *evidence)
{
    const cJSON *supplementary = evidence_get(evidence, "supplementaryConfiguration");
    return verdict(!names_everybody(json_items(supplementary, "DBSnapshotAttributes")) &&
                   !names_everybody(json_items(supplementary, "DBClusterSnapshotAttributes")));
}

/* Instances' and clusters' snapshots have it under different names. */
enum compliance evaluate_snapshot_encrypted(const struct evidence *evidence)
{
    return verdict(evidence_bool(evidence, "configuration.encrypted") ||
                   evidence_bool(evidence, "configuration.storageEncrypted"));
}

enum compliance evaluate_backup_enabled(const struct evidence *evidence)
{
    int64_t days = json_i64(evidence_get(evidence, "configuration"), "backupRetentionPeriod", 0);
    return verdict(days >= evidence_number(evidence, "backupRetentionPeriod", 1));
}

enum compliance evaluate_table_scaling(const struct evidence *evidence)
{
    return verdict(sv_eq_cstr(evidence_sv(evidence, "configuration.billingModeSummary.billingMode"),
                              "PAY_PER_REQUEST") ||
                   evidence_bool(evidence, "supplementaryConfiguration.AutoScaling.enabled"));
}

enum compliance evaluate_redshift_tls(const struct evidence *evidence)
{
    const cJSON *parameter =
        json_items(evidence_get(evidence, "supplementaryConfiguration"), "Parameters");
    for (; parameter; parameter = parameter->next)
        if (sv_eq_cstr(json_sv(parameter, "parameterName"), "require_ssl"))
            return verdict(sv_eq_cstr(json_sv(parameter, "parameterValue"), "true"));
    return NON_COMPLIANT;
}
