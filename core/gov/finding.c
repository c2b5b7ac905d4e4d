/*
 * finding: EC2 DescribeSecurityGroupRules, DescribeSecurityGroups and DescribeNetworkInterfaces
 * side by side; then GetManagedPrefixListEntries of the lists that rules name; then, for the age,
 * Config BatchGetResourceConfig of the groups that break policy.
 */
#include "core/gov/finding.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/map.h"
#include "core/gov/reply.h"

#define BATCH_MAX 100 /* resource keys of one BatchGetResourceConfig */

struct group {
    char *name, *vpc_id; /* NULL: not known */
    size_t n_interfaces, n_public;
    int64_t changed_at_ms;
};

enum stage { READ_GROUPS, READ_PREFIX_LISTS, READ_AGES };

/* One account x region. */
struct site {
    struct load *load;
    const struct account *account;
    struct aws_target target;
    finding_fn *fn;
    void *arg;
    enum stage stage;
    size_t reads; /* of this stage, not ended */
    VEC(struct sg_rule) rules;
    struct sg_violation *violations; /* of rules, by the same index */
    struct map groups;               /* by id, made when first heard of */
    struct map world_lists;          /* prefix lists by id: 1 when the world is in them */
    bool groups_known, interfaces_known;
};

static void site_done(void *arg)
{
    struct site *site = arg;
    size_t at = 0;
    struct sv id;
    union map_value value;
    while (map_next(&site->groups, &at, &id, &value)) {
        struct group *group = value.ptr;
        mem_free(group->name);
        mem_free(group->vpc_id);
        mem_free(group);
    }
    map_done(&site->groups);
    map_done(&site->world_lists);
    vec_free(&site->rules);
    mem_free(site->violations);
    site->violations = NULL;
}

static struct group *site_group(struct site *site, struct sv id)
{
    union map_value *value = map_put(&site->groups, id, NULL);
    if (!value->ptr)
        value->ptr = mem_new(struct group);
    return value->ptr;
}

static void next_stage(struct site *site);

static void read_ended(struct load *load, const struct aws_request *request, const struct err *err,
                       void *arg)
{
    (void)load;
    struct site *site = arg;
    site->groups_known |= request->op == OP_ec2_DescribeSecurityGroups && err->code == OK;
    site->interfaces_known |= request->op == OP_ec2_DescribeNetworkInterfaces && err->code == OK;
    if (--site->reads == 0)
        next_stage(site);
}

static void site_read(struct site *site, enum aws_op_id op, cJSON *take_params,
                      load_page_fn *on_page)
{
    site->reads++;
    load_read(site->load, op, &site->target, take_params, on_page, read_ended, site);
}

/* --- rules, groups, interfaces --------------------------------------------------------------- */

static void rules_page(struct load *load, struct aws_page *page, void *arg)
{
    struct site *site = arg;
    if (page->restarted)
        vec_clear(&site->rules);
    for (const cJSON *item = sg_rules_in_reply(page->body); item; item = item->next) {
        struct sg_rule rule;
        struct err err;
        if (sg_rule_from_json(item, &rule, &err) == OK)
            vec_push(&site->rules, rule);
        else
            load_gap(load, &site->target, "ec2:DescribeSecurityGroupRules", &err);
    }
}

static void groups_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct site *site = arg;
    for (const cJSON *item = json_items(page->body, "securityGroupInfo"); item; item = item->next) {
        struct group *group = site_group(site, json_sv(item, "groupId"));
        mem_free(group->name);
        mem_free(group->vpc_id);
        group->name = sv_dup(json_sv(item, "groupName"));
        group->vpc_id = sv_dup(json_sv(item, "vpcId"));
    }
}

static bool has_public_address(const cJSON *interface)
{
    if (json_sv(json_get(interface, "association"), "publicIp").len > 0)
        return true;
    for (const cJSON *item = json_items(interface, "privateIpAddressesSet"); item;
         item = item->next)
        if (json_sv(json_get(item, "association"), "publicIp").len > 0)
            return true;
    return false;
}

/* The pages come again from the first one. */
static void forget_interfaces(struct site *site)
{
    size_t at = 0;
    struct sv id;
    union map_value value;
    while (map_next(&site->groups, &at, &id, &value)) {
        struct group *group = value.ptr;
        group->n_interfaces = group->n_public = 0;
    }
}

static void interfaces_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct site *site = arg;
    if (page->restarted)
        forget_interfaces(site);
    for (const cJSON *item = json_items(page->body, "networkInterfaceSet"); item;
         item = item->next) {
        bool is_public = has_public_address(item);
        for (const cJSON *of = json_items(item, "groupSet"); of; of = of->next) {
            struct group *group = site_group(site, json_sv(of, "groupId"));
            group->n_interfaces++;
            group->n_public += is_public;
        }
    }
}

/* --- prefix lists ---------------------------------------------------------------------------- */

static void entries_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct site *site = arg;
    struct sv id = json_sv(page->request->params, "PrefixListId");
    for (const cJSON *item = json_items(page->body, "entrySet"); item; item = item->next) {
        struct cidr cidr;
        if (cidr_parse(json_sv(item, "cidr"), &cidr) && cidr_is_world(&cidr))
            map_put(&site->world_lists, id, NULL)->u64 = 1;
    }
}

static void read_prefix_lists(struct site *site)
{
    for (size_t i = 0; i < site->rules.len; i++) {
        const char *id = site->rules.ptr[i].prefix_list_id;
        bool fresh = false;
        if (id[0])
            map_put(&site->world_lists, sv_of(id), &fresh);
        if (!fresh)
            continue;
        cJSON *params = cJSON_CreateObject();
        cJSON_AddStringToObject(params, "PrefixListId", id);
        site_read(site, OP_ec2_GetManagedPrefixListEntries, params, entries_page);
    }
}

/* --- judging --------------------------------------------------------------------------------- */

static int by_group(const void *a, const void *b)
{
    const struct sg_rule *x = a, *y = b;
    int order = strcmp(x->group_id, y->group_id);
    return order ? order : strcmp(x->rule_id, y->rule_id);
}

static void complete_rule(struct site *site, struct sg_rule *rule)
{
    const char *name = site_group(site, sv_of(rule->group_id))->name;
    const union map_value *list = map_get(&site->world_lists, sv_of(rule->prefix_list_id));
    rule->default_group = name && strcmp(name, "default") == 0;
    rule->prefix_list_world = list && list->u64;
}

static void judge(struct site *site)
{
    size_t n = site->rules.len;
    struct sg_rule *rules = site->rules.ptr;
    site->violations = mem_alloc((n + 1) * sizeof site->violations[0]);
    if (n > 0)
        qsort(rules, n, sizeof rules[0], by_group);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && strcmp(rules[to].group_id, rules[from].group_id) == 0; to++)
            complete_rule(site, &rules[to]);
        sg_policy_judge(&load_settings(site->load)->sg_policy, &rules[from], to - from,
                        &site->violations[from]);
    }
}

/* --- ages ------------------------------------------------------------------------------------ */

static void ages_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct site *site = arg;
    for (const cJSON *item = json_items(page->body, "baseConfigurationItems"); item;
         item = item->next)
        reply_time(item, "configurationItemCaptureTime",
                   &site_group(site, json_sv(item, "resourceId"))->changed_at_ms);
}

/* An age is a courtesy: that Config is not there or not allowed is no gap of this list. */
static void read_ages_of(struct site *site, cJSON *take_keys)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddItemToObject(params, "resourceKeys", take_keys);
    site->reads++;
    load_try(site->load, OP_config_BatchGetResourceConfig, &site->target, params, ages_page,
             read_ended, site);
}

static bool is_shown(const struct site *site, size_t i)
{
    const struct sg_violation *violation = &site->violations[i];
    return violation->type &&
           (!site->rules.ptr[i].egress || load_settings(site->load)->egress_open);
}

static void read_ages(struct site *site)
{
    cJSON *keys = NULL;
    const char *last = "";
    for (size_t i = 0; i < site->rules.len; i++) {
        const char *group_id = site->rules.ptr[i].group_id;
        if (site->violations[i].severity <= SEVERITY_INFO || strcmp(group_id, last) == 0)
            continue;
        last = group_id;
        cJSON *key = cJSON_CreateObject();
        cJSON_AddStringToObject(key, "resourceType", "AWS::EC2::SecurityGroup");
        cJSON_AddStringToObject(key, "resourceId", group_id);
        keys = keys ? keys : cJSON_CreateArray();
        cJSON_AddItemToArray(keys, key);
        if (cJSON_GetArraySize(keys) == BATCH_MAX) {
            read_ages_of(site, keys);
            keys = NULL;
        }
    }
    if (keys)
        read_ages_of(site, keys);
}

/* --- telling --------------------------------------------------------------------------------- */

static void tell(struct site *site, size_t i)
{
    const struct sg_rule *rule = &site->rules.ptr[i];
    const struct group *group = site_group(site, sv_of(rule->group_id));
    struct finding finding = {
        .account = site->account,
        .target = &site->target,
        .rule = rule,
        .violation = &site->violations[i],
        .group_known = group->name != NULL,
        .group_name = group->name ? group->name : "",
        .vpc_id = group->vpc_id ? group->vpc_id : "",
        .attachment_known = site->interfaces_known,
        .n_interfaces = group->n_interfaces,
        .n_public = group->n_public,
        .changed_at_ms = group->changed_at_ms,
    };
    finding.shown = sg_severity_adjusted(finding.violation->severity, finding.attachment_known,
                                         finding.n_interfaces, finding.n_public > 0, &finding.note);
    site->fn(site->load, &finding, site->arg);
}

static void site_end(struct site *site)
{
    for (size_t i = 0; i < site->rules.len; i++)
        if (is_shown(site, i))
            tell(site, i);
    site_done(site);
}

/* What the last stage has found out decides what the next one reads; it may be nothing. */
static void next_stage(struct site *site)
{
    while (site->reads == 0) {
        switch (site->stage++) {
        case READ_GROUPS:
            read_prefix_lists(site);
            break;
        case READ_PREFIX_LISTS:
            judge(site);
            read_ages(site);
            break;
        case READ_AGES:
            site_end(site);
            return;
        }
    }
}

void findings_read(struct load *load, const struct account *account,
                   const struct aws_target *target, finding_fn *fn, void *arg)
{
    struct site *site = load_alloc(load, sizeof *site);
    *site = (struct site){.load = load, .account = account, .target = *target, .fn = fn};
    site->arg = arg;
    load_at_free(load, site_done, site);
    site_read(site, OP_ec2_DescribeSecurityGroupRules, NULL, rules_page);
    site_read(site, OP_ec2_DescribeSecurityGroups, NULL, groups_page);
    site_read(site, OP_ec2_DescribeNetworkInterfaces, NULL, interfaces_page);
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
