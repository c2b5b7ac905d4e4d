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
    AUTO(buf_done) struct buf note = BUF_NONE;
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
    sg_site_list_note(site, rule, &note);
    if (note.len > 0 && finding.note[0])
        buf_addf(&note, "; %s", finding.note);
    if (note.len > 0)
        finding.note = buf_cstr(&note);
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
    sg_site_read(load, account, target, 0, site_came, telling);
}

bool finding_left(const struct finding *finding, const struct settings *settings, int64_t now_ms,
                  int64_t *left_ms)
{
    return settings_left(settings, finding->violation->severity, finding->changed_at_ms, now_ms,
                         left_ms);
}
