/* compliance: rules that fail, summed over the organization. */
#include "core/gov/triage/triage.h"

#include <stdio.h>

#include "core/gov/config/config_rule.h"

/* A rule that is broken somewhere. */
struct failing {
    int64_t resources;
    size_t accounts;
    bool capped;
};

static struct failing *failing_of(struct load *load, struct triage *triage, struct sv rule)
{
    union map_value *value = map_put(&triage->rules, rule, NULL);
    if (!value->ptr)
        value->ptr = load_alloc(load, sizeof(struct failing));
    return value->ptr;
}

static void take_failing(struct load *load, struct triage *triage, const cJSON *item,
                         const struct aws_target *target)
{
    char place[AWS_ACCOUNT_SIZE + AWS_REGION_SIZE];
    struct sv name = json_sv(item, "ConfigRuleName");
    bool capped;
    snprintf(place, sizeof place, "%s %s", target->account_id, target->region);
    if (!triage_first_time(triage, name, place))
        return; /* pages may come twice */
    struct failing *failing = failing_of(load, triage, name);
    failing->resources += config_rule_noncompliant(item, &capped);
    failing->capped |= capped;
    failing->accounts += triage_first_time(triage, name, target->account_id);
}

static void take_page(struct load *load, struct aws_page *page, void *arg)
{
    for (const cJSON *item = json_items(page->body, "ComplianceByConfigRules"); item;
         item = item->next)
        take_failing(load, arg, item, &page->request->target);
}

static void add_one_failing(struct load *load, struct triage *triage, struct sv name,
                            const struct failing *failing)
{
    AUTO(buf_done) struct buf what = BUF_NONE;
    char rank[32];
    buf_add(&what, name);
    buf_addf(&what, ": %lld%s resource%s in %zu account%s", (long long)failing->resources,
             failing->capped ? "+" : "", failing->resources == 1 ? "" : "s", failing->accounts,
             failing->accounts == 1 ? "" : "s");
    if (load_is_partial(load) && triage->targets_read < triage->targets)
        buf_addf(&what, ", %zu/%zu read", triage->targets_read, triage->targets);
    snprintf(rank, sizeof rank, "%012lld", 999999999999LL - (long long)failing->resources);
    table_set_number(load_table(load), TRIAGE_COUNT, failing->resources);
    triage_add_row(load, triage,
                   &(struct triage_row){PANEL_COMPLIANCE, NULL, name, rank, buf_sv(&what), 0});
}

static void take_end(struct load *load, const struct aws_request *request, const struct err *err,
                     void *arg)
{
    (void)load, (void)request, (void)err;
    struct triage *triage = arg;
    triage->targets_read++;
}

void triage_read_compliance(struct load *load, const struct aws_target *target,
                            struct triage *triage)
{
    triage->targets++;
    load_read(load, OP_config_DescribeComplianceByConfigRule, target, config_rule_only_failing(),
              take_page, take_end, triage);
}

void triage_add_failing(struct load *load, void *arg)
{
    struct triage *triage = arg;
    size_t at = 0;
    struct sv name;
    union map_value value;
    while (map_next(&triage->rules, &at, &name, &value))
        add_one_failing(load, triage, name, value.ptr);
}
