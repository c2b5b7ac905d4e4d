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
