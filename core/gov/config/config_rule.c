#include "core/gov/config/config_rule.h"

#include "core/base/map.h"
#include "core/gov/load/reply.h"

enum { RULES, COMPLIANCE, STATUS, N_LISTS };

static const struct {
    enum aws_op_id op;
    const char *list; /* member of the reply */
} lists[N_LISTS] = {
    [RULES] = {OP_config_DescribeConfigRules, "ConfigRules"},
    [COMPLIANCE] = {OP_config_DescribeComplianceByConfigRule, "ComplianceByConfigRules"},
    [STATUS] = {OP_config_DescribeConfigRuleEvaluationStatus, "ConfigRulesEvaluationStatus"},
};

/* One account x region. */
struct site {
    const struct account *account;
    struct aws_target target;
    config_rule_fn *fn;
    void *arg;
    size_t reads;
    bool compliance_read;
    VEC(cJSON *) pages;
    struct map found[N_LISTS]; /* by rule name: an item of a page */
};

static void site_done(void *arg)
{
    struct site *site = arg;
    for (size_t i = 0; i < site->pages.len; i++)
        json_free(site->pages.ptr[i]);
    vec_free(&site->pages);
    for (size_t i = 0; i < N_LISTS; i++)
        map_done(&site->found[i]);
}

static size_t list_of(enum aws_op_id op)
{
    size_t i = 0;
    while (lists[i].op != op)
        i++;
    return i;
}

static void on_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct site *site = arg;
    size_t list = list_of(page->request->op);
    for (const cJSON *item = json_items(page->body, lists[list].list); item; item = item->next)
        map_put(&site->found[list], json_sv(item, "ConfigRuleName"), NULL)->ptr = (void *)item;
    vec_push(&site->pages, page->body);
    page->body = NULL;
}

static const cJSON *find(const struct site *site, size_t list, struct sv name)
{
    const union map_value *value = map_get(&site->found[list], name);
    return value ? value->ptr : NULL;
}

static void tell_all(struct load *load, struct site *site)
{
    size_t at = 0;
    struct sv name;
    union map_value value;
    while (map_next(&site->found[RULES], &at, &name, &value)) {
        struct config_rule rule = {.account = site->account, .target = &site->target};
        rule.rule = value.ptr;
        rule.compliance = find(site, COMPLIANCE, name);
        rule.status = find(site, STATUS, name);
        rule.compliance_read = site->compliance_read;
        site->fn(load, &rule, site->arg);
    }
}

static void on_end(struct load *load, const struct aws_request *request, const struct err *err,
                   void *arg)
{
    struct site *site = arg;
    site->compliance_read |=
        request->op == OP_config_DescribeComplianceByConfigRule && err->code == OK;
    if (--site->reads > 0)
        return;
    tell_all(load, site);
    site_done(site);
}

void config_rules_read(struct load *load, const struct account *account,
                       const struct aws_target *target, config_rule_fn *fn, void *arg)
{
    struct site *site = load_alloc(load, sizeof *site);
    *site = (struct site){.account = account, .target = *target, .fn = fn, .arg = arg};
    site->reads = N_LISTS;
    load_at_free(load, site_done, site);
    for (size_t i = 0; i < N_LISTS; i++)
        load_read(load, lists[i].op, target, NULL, on_page, on_end, site);
}

struct sv config_rule_compliance(const struct config_rule *rule)
{
    if (!rule->compliance_read)
        return SV_NONE;
    struct sv type = json_sv(json_get(rule->compliance, "Compliance"), "ComplianceType");
    return type.len > 0 ? type : SV("INSUFFICIENT_DATA");
}

cJSON *config_rule_only_failing(void)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddItemToObject(params, "ComplianceTypes", reply_list_of("NON_COMPLIANT"));
    return params;
}

int64_t config_rule_noncompliant(const cJSON *compliance, bool *capped)
{
    const cJSON *said = json_get(compliance, "Compliance");
    const cJSON *count = json_get(said, "ComplianceContributorCount");
    bool failing = sv_eq_cstr(json_sv(said, "ComplianceType"), "NON_COMPLIANT");
    *capped = failing && json_bool(count, "CapExceeded", false);
    return failing ? json_i64(count, "CappedCount", 0) : 0;
}

/* --- severities ------------------------------------------------------------------------------ */

/* AWS's managed rules that are not MEDIUM, by Security Hub's rating of the same control. */
static const struct {
    const char *identifier;
    enum severity severity;
} severities[] = {
    {"CODEBUILD_PROJECT_ENVVAR_AWSCRED_CHECK", SEVERITY_CRITICAL},
    {"EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK", SEVERITY_CRITICAL},
    {"IAM_ROOT_ACCESS_KEY_CHECK", SEVERITY_CRITICAL},
    {"KMS_CMK_NOT_SCHEDULED_FOR_DELETION", SEVERITY_CRITICAL},
    {"LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED", SEVERITY_CRITICAL},
    {"RDS_INSTANCE_PUBLIC_ACCESS_CHECK", SEVERITY_CRITICAL},
    {"RDS_SNAPSHOTS_PUBLIC_PROHIBITED", SEVERITY_CRITICAL},
    {"REDSHIFT_CLUSTER_PUBLIC_ACCESS_CHECK", SEVERITY_CRITICAL},
    {"ROOT_ACCOUNT_HARDWARE_MFA_ENABLED", SEVERITY_CRITICAL},
    {"ROOT_ACCOUNT_MFA_ENABLED", SEVERITY_CRITICAL},
    {"S3_BUCKET_PUBLIC_READ_PROHIBITED", SEVERITY_CRITICAL},
    {"S3_BUCKET_PUBLIC_WRITE_PROHIBITED", SEVERITY_CRITICAL},
    {"SSM_DOCUMENT_NOT_PUBLIC", SEVERITY_CRITICAL},
    {"CLOUD_TRAIL_ENABLED", SEVERITY_HIGH},
    {"EC2_IMDSV2_CHECK", SEVERITY_HIGH},
    {"EC2_INSTANCE_NO_PUBLIC_IP", SEVERITY_HIGH},
    {"EC2_MANAGEDINSTANCE_PATCH_COMPLIANCE_STATUS_CHECK", SEVERITY_HIGH},
    {"GUARDDUTY_ENABLED_CENTRALIZED", SEVERITY_HIGH},
    {"IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", SEVERITY_HIGH},
    {"INCOMING_SSH_DISABLED", SEVERITY_HIGH},
    {"MULTI_REGION_CLOUD_TRAIL_ENABLED", SEVERITY_HIGH},
    {"RDS_AUTOMATIC_MINOR_VERSION_UPGRADE_ENABLED", SEVERITY_HIGH},
    {"RESTRICTED_INCOMING_TRAFFIC", SEVERITY_HIGH},
    {"S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC", SEVERITY_HIGH},
    {"S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", SEVERITY_HIGH},
    {"VPC_DEFAULT_SECURITY_GROUP_CLOSED", SEVERITY_HIGH},
    {"VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS", SEVERITY_HIGH},
    {"CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED", SEVERITY_LOW},
    {"CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", SEVERITY_LOW},
    {"CLOUDFORMATION_STACK_DRIFT_DETECTION_CHECK", SEVERITY_LOW},
    {"EC2_MANAGEDINSTANCE_ASSOCIATION_COMPLIANCE_STATUS_CHECK", SEVERITY_LOW},
    {"IAM_USER_NO_POLICIES_CHECK", SEVERITY_LOW},
    {"REQUIRED_TAGS", SEVERITY_LOW},
    {"S3_BUCKET_VERSIONING_ENABLED", SEVERITY_LOW},
};

enum severity config_rule_severity(struct sv identifier)
{
    for (size_t i = 0; i < ARRAY_LEN(severities); i++)
        if (sv_eq_cstr(identifier, severities[i].identifier))
            return severities[i].severity;
    return SEVERITY_MEDIUM;
}
