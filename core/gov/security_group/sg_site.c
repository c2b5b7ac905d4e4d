/*
 * sg_site: EC2 DescribeSecurityGroupRules, DescribeSecurityGroups and DescribeNetworkInterfaces
 * side by side, and DescribeManagedPrefixLists when the baseline calls lists by their names; then
 * GetManagedPrefixListEntries of the lists that rules name; then, of that of which there is
 * something to say, Config BatchGetResourceConfig for the age of groups, CloudTrail LookupEvents
 * for who has changed them, and DescribeManagedPrefixLists for the version of lists.
 */
#include <string.h>

#include "core/gov/estate/owner.h"
#include "core/gov/load/reply.h"
#include "core/gov/security_group/sg_metadata.h"
#include "core/gov/security_group/sg_site_internal.h"

#define BATCH_MAX 100 /* resource keys of one BatchGetResourceConfig */

static void free_values(struct map *map, void (*done)(void *value))
{
    size_t at = 0;
    struct sv key;
    union map_value value;
    while (map_next(map, &at, &key, &value)) {
        if (done)
            done(value.ptr);
        mem_free(value.ptr);
    }
    map_done(map);
}

static void group_done(void *value)
{
    struct sg_group *group = value;
    mem_free(group->name);
    mem_free(group->vpc_id);
    mem_free(group->owner);
    mem_free(group->maker);
    mem_free(group->changed_by);
}

static void list_done(void *value)
{
    struct prefix_list *list = value;
    vec_free(&list->entries);
}

static void site_done(void *arg)
{
    struct site *site = arg;
    for (size_t i = 0; i < site->approvals.len; i++)
        vec_free(&site->approvals.ptr[i].rules);
    free_values(&site->groups, group_done);
    free_values(&site->group_ids, NULL);
    free_values(&site->lists, list_done);
    free_values(&site->list_ids, NULL);
    free_values(&site->list_versions, NULL);
    vec_free(&site->approvals);
    vec_free(&site->rules);
    vec_free(&site->drifts);
    mem_free(site->violations);
    site->violations = NULL;
}

static struct sg_group *site_group(struct site *site, struct sv id)
{
    union map_value *value = map_put(&site->groups, id, NULL);
    if (!value->ptr)
        value->ptr = mem_new(struct sg_group);
    return value->ptr;
}

static void next_stage(struct site *site);

static void read_ended(struct load *load, const struct aws_request *request, const struct err *err,
                       void *arg)
{
    (void)load;
    struct site *site = arg;
    bool *const known[AWS_OP_COUNT] = {
        [OP_ec2_DescribeSecurityGroupRules] = &site->rules_known,
        [OP_ec2_DescribeSecurityGroups] = &site->groups_known,
        [OP_ec2_DescribeNetworkInterfaces] = &site->told.attachment_known,
        [OP_ec2_DescribeManagedPrefixLists] = &site->list_names_known,
    };
    if (known[request->op])
        *known[request->op] = err->code == OK;
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

const char *sg_site_keep(struct site *site, const char *text)
{
    return text ? load_keep(site->load, sv_of(text)) : NULL;
}

static void keep_metadata(struct site *site, const cJSON *item, struct sg_rule *rule)
{
    if (!site->with_metadata)
        return;
    AUTO_FREE char *description = sg_metadata_description(item);
    AUTO_FREE char *tags = sg_metadata_tags(item);
    rule->description = sg_site_keep(site, description);
    rule->tags = sg_site_keep(site, tags);
}

static void rules_page(struct load *load, struct aws_page *page, void *arg)
{
    struct site *site = arg;
    if (page->restarted)
        vec_clear(&site->rules);
    for (const cJSON *item = sg_rules_in_reply(page->body); item; item = item->next) {
        struct sg_rule rule;
        struct err err = ERR_NONE;
        if (sg_rule_from_json(item, &rule, &err) == OK) {
            keep_metadata(site, item, &rule);
            vec_push(&site->rules, rule);
        } else
            load_gap(load, &site->target, "ec2:DescribeSecurityGroupRules", &err);
        site->with_baseline &= err.code == OK;
    }
}

/* text is copied: what it was before is forgotten. */
static void set_text(struct map *map, struct sv key, struct sv text)
{
    union map_value *value = map_put(map, key, NULL);
    mem_free(value->ptr);
    value->ptr = sv_dup(text);
}

static void take_group(struct site *site, const cJSON *item)
{
    AUTO(buf_done) struct buf place = BUF_NONE, maker = BUF_NONE;
    struct sg_group *group = site_group(site, json_sv(item, "groupId"));
    const cJSON *tags = json_items(item, "tagSet");
    struct sv owner = owner_in_tags(tags);
    group_done(group);
    group->name = sv_dup(json_sv(item, "groupName"));
    group->vpc_id = sv_dup(json_sv(item, "vpcId"));
    group->owner = owner.len > 0 ? sv_dup(owner) : NULL;
    group->maker = maker_in_tags(tags, &maker) ? buf_take(&maker) : NULL;
    group->changed_by = NULL;
    buf_addf(&place, "%s %s", group->vpc_id, group->name);
    set_text(&site->group_ids, buf_sv(&place), json_sv(item, "groupId"));
}

static void groups_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    for (const cJSON *item = json_items(page->body, "securityGroupInfo"); item; item = item->next)
        take_group(arg, item);
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
        struct sg_group *group = value.ptr;
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
            struct sg_group *group = site_group(site, json_sv(of, "groupId"));
            group->n_interfaces++;
            group->n_public += is_public;
        }
    }
}

/* --- prefix lists ---------------------------------------------------------------------------- */

static void lists_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct site *site = arg;
    for (const cJSON *item = json_items(page->body, "prefixListSet"); item; item = item->next) {
        struct sv id = json_sv(item, "prefixListId");
        set_text(&site->list_ids, json_sv(item, "prefixListName"), id);
        set_text(&site->list_versions, id, json_sv(item, "version"));
    }
}

static struct prefix_list *site_list(struct site *site, struct sv id)
{
    union map_value *value = map_put(&site->lists, id, NULL);
    if (!value->ptr)
        value->ptr = mem_new(struct prefix_list);
    return value->ptr;
}

static void entries_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct prefix_list *list = site_list(arg, json_sv(page->request->params, "PrefixListId"));
    if (page->restarted)
        vec_clear(&list->entries);
    for (const cJSON *item = json_items(page->body, "entrySet"); item; item = item->next) {
        struct cidr cidr;
        if (cidr_parse(json_sv(item, "cidr"), &cidr))
            vec_push(&list->entries, cidr);
    }
}

static void entries_ended(struct load *load, const struct aws_request *request,
                          const struct err *err, void *arg)
{
    struct prefix_list *list = site_list(arg, json_sv(request->params, "PrefixListId"));
    list->known = err->code == OK;
    list->world = cidrs_cover_world(&list->entries);
    read_ended(load, request, err, arg);
}

static void read_lists_of(struct site *site, const struct sg_rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *id = rules[i].prefix_list_id;
        if (!id[0] || map_get(&site->lists, sv_of(id)))
            continue;
        site_list(site, sv_of(id));
        cJSON *params = cJSON_CreateObject();
        cJSON_AddStringToObject(params, "PrefixListId", id);
        site->reads++;
        load_read(site->load, OP_ec2_GetManagedPrefixListEntries, &site->target, params,
                  entries_page, entries_ended, site);
    }
}

static void read_prefix_lists(struct site *site)
{
    sg_site_approve(site);
    read_lists_of(site, site->rules.ptr, site->rules.len);
    for (size_t i = 0; i < site->approvals.len; i++)
        read_lists_of(site, site->approvals.ptr[i].rules.ptr, site->approvals.ptr[i].rules.len);
}

/* What a list holds changes with its version, and no rule changes with it. That nobody may see the
 * version is no gap of this list. */
static void read_versions(struct site *site)
{
    size_t at = 0;
    struct sv id;
    union map_value value;
    cJSON *params = cJSON_CreateObject(), *ids = cJSON_AddArrayToObject(params, "PrefixListIds");
    while (!site->list_names_known && map_next(&site->lists, &at, &id, &value)) {
        const struct prefix_list *list = value.ptr;
        AUTO_FREE char *copy = sv_dup(id);
        const struct sg_rule of_list = {.prefix_list = &list->entries};
        if (list->world || sg_rule_broad_entry(&of_list))
            cJSON_AddItemToArray(ids, cJSON_CreateString(copy));
    }
    if (!ids->child) {
        json_free(params);
        return;
    }
    site->reads++;
    load_try(site->load, OP_ec2_DescribeManagedPrefixLists, &site->target, params, lists_page,
             read_ended, site);
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

struct asking {
    struct site *site;
    struct map groups; /* asked for already */
    cJSON *keys;
};

static void ask_age(struct asking *asking, const char *group_id)
{
    bool fresh;
    map_put(&asking->groups, sv_of(group_id), &fresh);
    if (!fresh)
        return;
    cJSON *key = cJSON_CreateObject();
    cJSON_AddStringToObject(key, "resourceType", "AWS::EC2::SecurityGroup");
    cJSON_AddStringToObject(key, "resourceId", group_id);
    asking->keys = asking->keys ? asking->keys : cJSON_CreateArray();
    cJSON_AddItemToArray(asking->keys, key);
    if (cJSON_GetArraySize(asking->keys) == BATCH_MAX) {
        read_ages_of(asking->site, asking->keys);
        asking->keys = NULL;
    }
}

static void read_ages(struct site *site)
{
    struct asking asking = {.site = site};
    for (size_t i = 0; i < site->rules.len; i++)
        if (site->violations[i].severity > SEVERITY_INFO)
            ask_age(&asking, site->rules.ptr[i].group_id);
    for (size_t i = 0; i < site->drifts.len; i++)
        ask_age(&asking, site->drifts.ptr[i].rule.group_id);
    if (asking.keys)
        read_ages_of(site, asking.keys);
    if (site->with_actors && asking.groups.count > 0)
        sg_site_read_actors(site, read_ended);
    map_done(&asking.groups);
}

/* --- telling --------------------------------------------------------------------------------- */

static void site_end(struct site *site)
{
    site->told.rules = site->rules.ptr;
    site->told.violations = site->violations;
    site->told.n_rules = site->rules.len;
    site->told.drifts = site->drifts.ptr;
    site->told.n_drifts = site->drifts.len;
    if (site->groups_known)
        load_saw(site->load, &site->target, "group", site->groups.count);
    site->fn(site->load, &site->told, site->arg);
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
            sg_site_judge(site);
            read_ages(site);
            read_versions(site);
            break;
        case READ_AGES:
            site_end(site);
            return;
        }
    }
}

void sg_site_read(struct load *load, const struct account *account, const struct aws_target *target,
                  unsigned with, sg_site_fn *fn, void *arg)
{
    struct site *site = load_alloc(load, sizeof *site);
    *site = (struct site){.load = load, .target = *target, .fn = fn, .arg = arg};
    site->told = (struct sg_site){.account = account, .target = &site->target};
    site->with_baseline = with & SG_WITH_BASELINE && gov_baseline(load_gov(load));
    site->with_actors = with & SG_WITH_ACTORS;
    site->with_metadata =
        site->with_baseline && sg_baseline_has_metadata(gov_baseline(load_gov(load)));
    load_at_free(load, site_done, site);
    site_read(site, OP_ec2_DescribeSecurityGroupRules, NULL, rules_page);
    site_read(site, OP_ec2_DescribeSecurityGroups, NULL, groups_page);
    site_read(site, OP_ec2_DescribeNetworkInterfaces, NULL, interfaces_page);
    if (site->with_baseline && sg_baseline_names_lists(gov_baseline(load_gov(load))))
        site_read(site, OP_ec2_DescribeManagedPrefixLists, NULL, lists_page);
}

const struct sg_group *sg_site_group(const struct sg_site *told, const char *group_id)
{
    static const struct sg_group unknown = {0};
    const struct site *site = (const struct site *)told;
    const union map_value *value = map_get(&site->groups, sv_of(group_id));
    return value && value->ptr ? value->ptr : &unknown;
}

void sg_site_list_note(const struct sg_site *told, const struct sg_rule *rule, struct buf *text)
{
    const struct site *site = (const struct site *)told;
    const union map_value *version = map_get(&site->list_versions, sv_of(rule->prefix_list_id));
    sg_rule_list_text(rule, version ? sv_of(version->ptr) : SV_NONE, text);
}

bool sg_site_is_shown(const struct load *load, const struct sg_site *site, size_t i)
{
    const char *type = site->violations[i].type;
    return type && (strcmp(type, SG_EGRESS_OPEN) != 0 || load_settings(load)->egress_open);
}
