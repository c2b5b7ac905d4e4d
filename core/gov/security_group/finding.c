#include "core/gov/security_group/finding.h"

struct telling {
    finding_fn *fn;
    void *arg;
};

static void tell(struct load *load, const struct sg_site *site, size_t i,
                 const struct telling *telling)
{
    const struct sg_rule *rule = &site->rules[i];
    const struct sg_group *group = sg_site_group(site, rule->group_id);
    struct finding finding = {
        .account = site->account,
        .target = site->target,
        .rule = rule,
        .violation = &site->violations[i],
        .group_known = group->name != NULL,
        .group_name = group->name ? group->name : "",
        .vpc_id = group->vpc_id ? group->vpc_id : "",
        .attachment_known = site->attachment_known,
        .n_interfaces = group->n_interfaces,
        .n_public = group->n_public,
        .changed_at_ms = group->changed_at_ms,
    };
    finding.shown = sg_severity_adjusted(finding.violation->severity, finding.attachment_known,
                                         finding.n_interfaces, finding.n_public > 0, &finding.note);
    telling->fn(load, &finding, telling->arg);
}

static void site_came(struct load *load, const struct sg_site *site, void *arg)
{
    for (size_t i = 0; i < site->n_rules; i++)
        if (sg_site_is_shown(load, site, i))
            tell(load, site, i, arg);
}

void findings_read(struct load *load, const struct account *account,
                   const struct aws_target *target, finding_fn *fn, void *arg)
{
    struct telling *telling = load_alloc(load, sizeof *telling);
    *telling = (struct telling){fn, arg};
    sg_site_read(load, account, target, false, site_came, telling);
}

bool finding_age(const struct finding *finding, int64_t now_ms, int64_t *age_ms)
{
    *age_ms = now_ms > finding->changed_at_ms ? now_ms - finding->changed_at_ms : 0;
    return finding->changed_at_ms > 0;
}

bool finding_left(const struct finding *finding, const struct settings *settings, int64_t now_ms,
                  int64_t *left_ms)
{
    int64_t age_ms, within_ms = settings->decide_within_ms[finding->violation->severity];
    if (within_ms == 0 || !finding_age(finding, now_ms, &age_ms))
        return false;
    *left_ms = within_ms - age_ms;
    return true;
}

void finding_text(const struct finding *finding, struct buf *text)
{
    sg_rule_ports_text(finding->rule, text);
    buf_add_cstr(text, finding->rule->egress ? " to " : " from ");
    sg_rule_source_text(finding->rule, text);
    if (finding->group_name[0])
        buf_addf(text, " in %s (%s)", finding->group_name, finding->rule->group_id);
    else
        buf_addf(text, " in %s", finding->rule->group_id);
}
