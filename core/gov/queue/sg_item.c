#include "core/gov/queue/sg_item.h"

#include <string.h>

#include "core/gov/security_group/sg_site.h"

struct telling {
    item_fn *fn;
    void *arg;
};

/* That a rule is described otherwise lets nobody in: there is nothing to decide. */
static bool is_metadata(const struct sg_drift *drift)
{
    return strcmp(drift->type, SG_BASELINE_METADATA) == 0;
}

static const struct sg_drift *drift_of(const struct sg_site *site, const struct sg_rule *rule)
{
    for (size_t i = 0; i < site->n_drifts; i++)
        if (rule->rule_id[0] && !is_metadata(&site->drifts[i]) &&
            strcmp(site->drifts[i].rule.rule_id, rule->rule_id) == 0)
            return &site->drifts[i];
    return NULL;
}

/* The violation of a rule when that is to be decided upon. */
static const struct sg_violation *violation_of(const struct sg_site *site,
                                               const struct sg_rule *rule)
{
    for (size_t i = 0; i < site->n_rules; i++)
        if (strcmp(site->rules[i].rule_id, rule->rule_id) == 0)
            return site->violations[i].severity > SEVERITY_INFO ? &site->violations[i] : NULL;
    return NULL;
}

/* prefix: what is to be said before the rule, "" for nothing. */
static void tell(struct load *load, const struct sg_site *site, const struct sg_rule *rule,
                 struct item *item, const char *prefix, const struct telling *telling)
{
    AUTO(buf_done) struct buf value = BUF_NONE, what = BUF_NONE, notes = BUF_NONE;
    const struct sg_group *group = sg_site_group(site, rule->group_id);
    const char *adjusted;
    sg_rule_text(rule, &value);
    buf_addf(&what, "%s%s in ", prefix, buf_cstr(&value));
    buf_addf(&what, group->name ? "%s (%s)" : "%s%s", group->name ? group->name : "",
             rule->group_id);
    item->account = site->account;
    item->target = site->target;
    item->shown = sg_severity_adjusted(item->severity, site->attachment_known, group->n_interfaces,
                                       group->n_public > 0, &adjusted);
    sg_site_list_note(site, rule, &notes);
    if (adjusted[0])
        buf_addf(&notes, "%s%s", notes.len > 0 ? "; " : "", adjusted);
    if (item->note)
        buf_addf(&notes, "%s%s", notes.len > 0 ? "; " : "", item->note);
    item->resource = rule->group_id;
    item->name = group->name;
    item->subject = rule->rule_id;
    item->value = buf_cstr(&value);
    item->what = buf_cstr(&what);
    item->note = notes.len > 0 ? buf_cstr(&notes) : NULL;
    item->owner = group->owner;
    item->maker = group->maker;
    item->whose = group->name ? NULL : ITEM_UNREAD;
    item->since_ms = group->changed_at_ms;
    item->changed_by = group->changed_by;
    item->changed_at_ms = group->event_at_ms;
    telling->fn(load, item, telling->arg);
}

static void tell_violations(struct load *load, const struct sg_site *site,
                            const struct telling *telling)
{
    for (size_t i = 0; i < site->n_rules; i++) {
        const struct sg_violation *violation = &site->violations[i];
        if (!sg_site_is_shown(load, site, i) || violation->severity <= SEVERITY_INFO)
            continue; /* INFO is counted among the findings, nobody decides on it */
        struct item item = {
            .kind = "sg-policy", .type = violation->type, .severity = violation->severity};
        if (drift_of(site, &site->rules[i]))
            item.note = "not in the baseline";
        tell(load, site, &site->rules[i], &item, "", telling);
    }
}

static void tell_drift(struct load *load, const struct sg_site *site, const struct sg_drift *drift,
                       const struct telling *telling)
{
    bool missing = drift->rule.rule_id[0] == '\0', metadata = is_metadata(drift);
    struct item item = {.kind = metadata ? "sg-metadata" : "sg-baseline",
                        .type = drift->type,
                        .severity = drift->severity,
                        .note = drift->note[0] ? drift->note : NULL};
    if (missing || metadata || !violation_of(site, &drift->rule))
        tell(load, site, &drift->rule, &item,
             missing    ? "missing: "
             : metadata ? "described otherwise: "
                        : "not approved: ",
             telling);
}

static void tell_drifts(struct load *load, const struct sg_site *site,
                        const struct telling *telling)
{
    for (size_t i = 0; i < site->n_drifts; i++)
        tell_drift(load, site, &site->drifts[i], telling);
}

static void site_came(struct load *load, const struct sg_site *site, void *arg)
{
    tell_violations(load, site, arg);
    tell_drifts(load, site, arg);
}

static void read_with(struct load *load, const struct account *account,
                      const struct aws_target *target, unsigned with, item_fn *fn, void *arg)
{
    struct telling *telling = load_alloc(load, sizeof *telling);
    *telling = (struct telling){fn, arg};
    sg_site_read(load, account, target, with, site_came, telling);
}

static void read_items(struct load *load, const struct account *account,
                       const struct aws_target *target, item_fn *fn, void *arg)
{
    read_with(load, account, target, SG_WITH_BASELINE, fn, arg);
}

static void read_drift(struct load *load, const struct account *account,
                       const struct aws_target *target, item_fn *fn, void *arg)
{
    read_with(load, account, target, SG_WITH_BASELINE | SG_WITH_ACTORS, fn, arg);
}

const struct item_source item_source_sg = {ITEMS_APPROVALS | ITEMS_TRIAGE, read_items};
const struct item_source item_source_sg_drift = {ITEMS_DRIFT, read_drift};
