/* sg_site_judge: the rules of a site against the policy, and against what is approved for them. */
#include <stdlib.h>
#include <string.h>

#include "core/gov/security_group/sg_site_internal.h"

/* --- what is approved ------------------------------------------------------------------------ */

/* Names are looked up for one group. */
struct lookup {
    const struct site *site;
    const struct sg_group *group;
};

static bool find_id(const struct map *ids, struct sv name, char id[32])
{
    const union map_value *value = map_get(ids, name);
    if (value)
        sv_copy(sv_of(value->ptr), id, 32);
    return value != NULL;
}

static bool find_group(void *arg, const char *name, char id[32])
{
    const struct lookup *lookup = arg;
    AUTO(buf_done) struct buf place = BUF_NONE;
    buf_addf(&place, "%s %s", lookup->group->vpc_id, name);
    return find_id(&lookup->site->group_ids, buf_sv(&place), id);
}

static bool find_list(void *arg, const char *name, char id[32])
{
    const struct lookup *lookup = arg;
    return find_id(&lookup->site->list_ids, sv_of(name), id);
}

static void approve_group(struct site *site, const struct sg_baseline *baseline, struct sv id,
                          const struct sg_group *group)
{
    struct lookup lookup = {site, group};
    const struct sg_baseline_names names = {find_group, find_list, &lookup};
    struct approval approval = {0};
    sv_copy(id, approval.group_id, sizeof approval.group_id);
    const struct sg_baseline_group of = {site->told.account, site->target.region, approval.group_id,
                                         group->name};
    if (sg_baseline_rules(baseline, &of, &names, &approval.rules))
        vec_push(&site->approvals, approval);
}

void sg_site_approve(struct site *site)
{
    const struct sg_baseline *baseline = gov_baseline(load_gov(site->load));
    size_t at = 0;
    struct sv id;
    union map_value value;
    if (!site->with_baseline || !site->rules_known || !site->groups_known ||
        (sg_baseline_names_lists(baseline) && !site->list_names_known))
        return;
    while (map_next(&site->groups, &at, &id, &value)) {
        const struct sg_group *group = value.ptr;
        if (group->name)
            approve_group(site, baseline, id, group);
    }
}

/* --- judging --------------------------------------------------------------------------------- */

/* Gives each rule the entries of its list. False when those of one are not known. */
static bool complete_lists(struct site *site, struct sg_rule *rules, size_t n)
{
    bool known = true;
    for (size_t i = 0; i < n; i++) {
        const union map_value *value = map_get(&site->lists, sv_of(rules[i].prefix_list_id));
        const struct prefix_list *list = value ? value->ptr : NULL;
        rules[i].prefix_list = list && list->known ? &list->entries : NULL;
        rules[i].prefix_list_world = list && list->world;
        known &= !rules[i].prefix_list_id[0] || rules[i].prefix_list;
    }
    return known;
}

static int by_group(const void *a, const void *b)
{
    const struct sg_rule *x = a, *y = b;
    int order = strcmp(x->group_id, y->group_id);
    return order ? order : strcmp(x->rule_id, y->rule_id);
}

static void add_drift(void *arg, const struct sg_difference *difference)
{
    struct site *site = arg;
    vec_push(&site->drifts,
             ((struct sg_drift){difference->type, difference->severity, *difference->rule,
                                sg_site_keep(site, difference->note)}));
}

/* rules: those of the group, with their lists. */
static void compare(struct site *site, struct sg_rule *rules, size_t n, struct approval *approval)
{
    bool known = complete_lists(site, approval->rules.ptr, approval->rules.len);
    for (size_t i = 0; i < n; i++)
        known &= !rules[i].prefix_list_id[0] || rules[i].prefix_list;
    if (known)
        sg_baseline_compare(&load_settings(site->load)->sg_policy, rules, n, approval->rules.ptr,
                            approval->rules.len, add_drift, site);
}

static void judge_group(struct site *site, size_t from, size_t to)
{
    struct sg_rule *rules = &site->rules.ptr[from];
    const char *name = sg_site_group(&site->told, rules->group_id)->name;
    complete_lists(site, rules, to - from);
    for (size_t i = 0; i < to - from; i++)
        rules[i].default_group = name && strcmp(name, "default") == 0;
    sg_policy_judge(&load_settings(site->load)->sg_policy, rules, to - from,
                    &site->violations[from]);
}

/* The rules of a group, which stand one behind the other; n 0: it has none. */
static struct sg_rule *rules_of(struct site *site, const char *group_id, size_t *n)
{
    size_t from = 0, to;
    while (from < site->rules.len && strcmp(site->rules.ptr[from].group_id, group_id) < 0)
        from++;
    for (to = from; to < site->rules.len && strcmp(site->rules.ptr[to].group_id, group_id) == 0;)
        to++;
    *n = to - from;
    return site->rules.ptr + from;
}

void sg_site_judge(struct site *site)
{
    size_t n = site->rules.len;
    struct sg_rule *rules = site->rules.ptr;
    site->violations = mem_alloc((n + 1) * sizeof site->violations[0]);
    if (n > 0)
        qsort(rules, n, sizeof rules[0], by_group);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && strcmp(rules[to].group_id, rules[from].group_id) == 0;)
            to++;
        judge_group(site, from, to);
    }
    for (size_t i = 0; i < site->approvals.len; i++) {
        struct approval *approval = &site->approvals.ptr[i];
        size_t n_rules;
        struct sg_rule *of = rules_of(site, approval->group_id, &n_rules);
        compare(site, of, n_rules, approval);
    }
}
