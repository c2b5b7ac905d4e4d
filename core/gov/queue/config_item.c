#include "core/gov/queue/config_item.h"

#include <string.h>

#include "core/gov/config/config_rule.h"
#include "core/gov/config/recorded.h"
#include "core/gov/load/reply.h"
#include "core/gov/queue/config_owner.h"
#include "core/gov/remedy/runbook.h"

#define NAMES_MAX 25 /* of one DescribeRemediationConfigurations, DescribeConfigRules */

/* One account x region. */
struct site {
    const struct account *account;
    struct aws_target target;
    item_fn *fn;
    void *arg;
    struct map failing; /* rules by name: a struct broken_rule */
    size_t n_reading;   /* of what is broken, not ended */
    VEC(struct finding) findings;
    struct config_owners owners; /* of what they are about */
};

/* A rule that is broken, and what mends it. */
struct broken_rule {
    struct site *site;
    char *name;
    char document[260];            /* of its remediation configuration; "": it has none */
    const struct runbook *runbook; /* then: AWS's own for what it finds; NULL: there is none */
    const char *lack;              /* and why that cannot be started from here; NULL: it can */
    bool is_automatic;             /* AWS Config mends it by itself: it waits for nobody */
    enum severity severity;
};

/* A resource that breaks it. Told once it is known whose that is. */
struct finding {
    const struct broken_rule *rule;
    cJSON *result;
};

/* --- what is broken -------------------------------------------------------------------------- */

/* "AWS-ReleaseElasticIP, AWS's own document, would mend it" */
static void say_remedy(const struct broken_rule *rule, struct buf *note)
{
    if (rule->document[0])
        buf_addf(note, "%s mends it", rule->document);
    else
        buf_addf(note, "%s, AWS's own document, would mend it", rule->runbook->document);
    if (!rule->document[0] && rule->lack)
        buf_addf(note, ", but %s", rule->lack);
}

static const cJSON *resource_in(const cJSON *result)
{
    return json_path(result, "EvaluationResultIdentifier.EvaluationResultQualifier");
}

static void tell(struct load *load, const struct broken_rule *rule, const cJSON *result)
{
    const cJSON *of = resource_in(result);
    const struct config_owner *owner = config_owners_find(
        &rule->site->owners, json_sv(of, "ResourceType"), json_sv(of, "ResourceId"));
    AUTO_FREE char *id = sv_dup(json_sv(of, "ResourceId"));
    AUTO_FREE char *type = sv_dup(json_sv(of, "ResourceType"));
    AUTO(buf_done) struct buf what = BUF_NONE, note = BUF_NONE;
    struct sv annotation = json_sv(result, "Annotation");
    struct item item = {
        .account = rule->site->account,
        .target = &rule->site->target,
        .kind = "config",
        .type = rule->name,
        .severity = rule->severity,
        .shown = rule->severity,
        .resource = id,
        .subject = type,
        .owner = owner->owner,
        .maker = owner->maker,
        .whose = recorded_is_kept(type) ? owner->whose : NULL,
    };
    buf_addf(&what, "%s: %s (%s)", rule->name, id, type);
    say_remedy(rule, &note);
    if (annotation.len > 0)
        buf_addf(&note, "; " SV_FMT, SV_ARG(annotation));
    item.what = buf_cstr(&what);
    item.note = buf_cstr(&note);
    reply_time(json_get(result, "EvaluationResultIdentifier"), "OrderingTimestamp", &item.since_ms);
    rule->site->fn(load, &item, rule->site->arg);
}

static void tell_all(struct load *load, void *arg)
{
    const struct site *site = arg;
    for (size_t i = 0; i < site->findings.len; i++)
        tell(load, site->findings.ptr[i].rule, site->findings.ptr[i].result);
}

static void results_page(struct load *load, struct aws_page *page, void *arg)
{
    const struct broken_rule *rule = arg;
    struct site *site = rule->site;
    for (const cJSON *item = json_items(page->body, "EvaluationResults"); item; item = item->next) {
        const cJSON *of = resource_in(item);
        config_owners_want(&site->owners, load, json_sv(of, "ResourceType"),
                           json_sv(of, "ResourceId"));
        vec_push(&site->findings, ((struct finding){rule, cJSON_Duplicate(item, true)}));
    }
}

/* A read of what is broken has ended: behind the last one nothing more is found. */
static void ended(struct load *load, struct site *site)
{
    if (--site->n_reading == 0)
        config_owners_read(&site->owners, load, &site->target, tell_all, site);
}

static void results_end(struct load *load, const struct aws_request *request, const struct err *err,
                        void *arg)
{
    (void)request, (void)err; /* of what has come */
    ended(load, ((const struct broken_rule *)arg)->site);
}

static void read_results(struct load *load, struct broken_rule *rule)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "ConfigRuleName", rule->name);
    cJSON_AddItemToObject(params, "ComplianceTypes", reply_list_of("NON_COMPLIANT"));
    rule->site->n_reading++;
    load_read(load, OP_config_GetComplianceDetailsByConfigRule, &rule->site->target, params,
              results_page, results_end, rule);
}

/* --- what mends it --------------------------------------------------------------------------- */

static void remedies_end(struct load *load, const struct aws_request *request,
                         const struct err *err, void *arg)
{
    (void)request, (void)err;
    ended(load, arg);
}

static struct broken_rule *rule_named(struct site *site, struct sv name)
{
    const union map_value *value = map_get(&site->failing, name);
    return value ? value->ptr : NULL;
}

static void rules_page(struct load *load, struct aws_page *page, void *arg)
{
    for (const cJSON *item = json_items(page->body, "ConfigRules"); item; item = item->next) {
        struct broken_rule *rule = rule_named(arg, json_sv(item, "ConfigRuleName"));
        if (!rule || rule->is_automatic)
            continue;
        rule->runbook = runbook_of(item);
        if (!rule->document[0] && !rule->runbook)
            continue;
        AUTO(buf_done) struct buf lack = BUF_NONE;
        if (rule->runbook &&
            runbook_lacks(rule->runbook, item, sv_of(load_settings(load)->document_values), &lack))
            rule->lack = load_keep(load, buf_sv(&lack));
        rule->severity =
            config_rule_severity(json_sv(json_get(item, "Source"), "SourceIdentifier"));
        read_results(load, rule);
    }
}

/* Which of them have a remedy; what there is for the others goes by what rules they are. */
static void configurations_page(struct load *load, struct aws_page *page, void *arg)
{
    struct site *site = arg;
    const cJSON *item = json_items(page->body, "RemediationConfigurations");
    for (; item; item = item->next) {
        struct broken_rule *rule = rule_named(site, json_sv(item, "ConfigRuleName"));
        if (!rule)
            continue;
        rule->is_automatic |= json_bool(item, "Automatic", false);
        sv_copy(json_sv(item, "TargetId"), rule->document, sizeof rule->document);
    }
    site->n_reading++;
    load_read(load, OP_config_DescribeConfigRules, &site->target,
              cJSON_Duplicate(page->request->params, true), rules_page, remedies_end, site);
}

static void read_configurations(struct load *load, struct site *site, cJSON *take_names)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddItemToObject(params, "ConfigRuleNames", take_names);
    site->n_reading++;
    load_read(load, OP_config_DescribeRemediationConfigurations, &site->target, params,
              configurations_page, remedies_end, site);
}

static void failing_page(struct load *load, struct aws_page *page, void *arg)
{
    struct site *site = arg;
    const cJSON *item = json_items(page->body, "ComplianceByConfigRules");
    for (; item; item = item->next) {
        union map_value *value = map_put(&site->failing, json_sv(item, "ConfigRuleName"), NULL);
        if (value->ptr)
            continue; /* pages may come twice */
        struct broken_rule *rule = value->ptr = load_alloc(load, sizeof *rule);
        rule->site = site;
        rule->name = load_keep(load, json_sv(item, "ConfigRuleName"));
    }
}

static void failing_end(struct load *load, const struct aws_request *request, const struct err *err,
                        void *arg)
{
    (void)request, (void)err; /* of what has come */
    struct site *site = arg;
    cJSON *names = cJSON_CreateArray();
    size_t at = 0;
    struct sv key;
    union map_value value;
    while (map_next(&site->failing, &at, &key, &value)) {
        cJSON_AddItemToArray(names, cJSON_CreateString(((struct broken_rule *)value.ptr)->name));
        if (cJSON_GetArraySize(names) < NAMES_MAX)
            continue;
        read_configurations(load, site, names);
        names = cJSON_CreateArray();
    }
    if (cJSON_GetArraySize(names) > 0)
        read_configurations(load, site, names);
    else
        json_free(names);
    ended(load, site);
}

static void site_done(void *arg)
{
    struct site *site = arg;
    for (size_t i = 0; i < site->findings.len; i++)
        json_free(site->findings.ptr[i].result);
    vec_free(&site->findings);
    config_owners_done(&site->owners);
    map_done(&site->failing);
}

static void read_items(struct load *load, const struct account *account,
                       const struct aws_target *target, item_fn *fn, void *arg)
{
    struct site *site = load_alloc(load, sizeof *site);
    *site = (struct site){.account = account, .target = *target, .fn = fn, .arg = arg};
    load_at_free(load, site_done, site);
    site->n_reading = 1;
    load_read(load, OP_config_DescribeComplianceByConfigRule, &site->target,
              config_rule_only_failing(), failing_page, failing_end, site);
}

const struct item_source item_source_config = {ITEMS_APPROVALS, read_items};
