#include "core/gov/security_group/sg_baseline.h"

#include <string.h>

#include "core/gov/hand_json.h"
#include "core/gov/security_group/sg_cover.h"
#include "core/gov/security_group/sg_metadata.h"
#include "core/gov/settings.h"

struct approved {
    struct sg_rule rule;
    char *group_name, *list_name; /* its source, when that is named; NULL */
    char *description, *tags;     /* of rule */
};

struct entry {
    char *accounts, *regions, *groups; /* patterns */
    VEC(struct approved) rules;
};

struct sg_baseline {
    VEC(struct entry) entries;
    bool names_lists, has_metadata;
};

void sg_baseline_free(struct sg_baseline *baseline)
{
    for (size_t i = 0; baseline && i < baseline->entries.len; i++) {
        struct entry *entry = &baseline->entries.ptr[i];
        for (size_t k = 0; k < entry->rules.len; k++) {
            mem_free(entry->rules.ptr[k].group_name);
            mem_free(entry->rules.ptr[k].list_name);
            mem_free(entry->rules.ptr[k].description);
            mem_free(entry->rules.ptr[k].tags);
        }
        vec_free(&entry->rules);
        mem_free(entry->accounts);
        mem_free(entry->regions);
        mem_free(entry->groups);
    }
    if (baseline)
        vec_free(&baseline->entries);
    mem_free(baseline);
}

/* --- reading --------------------------------------------------------------------------------- */

/* Of the model's SecurityGroupRule; what says nothing of traffic may stand there, and counts not.
 */
#define RULE_MEMBERS                                                                     \
    "IpProtocol FromPort ToPort CidrIpv4 CidrIpv6 PrefixListId PrefixListName "          \
    "ReferencedGroupInfo IsEgress Description SecurityGroupRuleId SecurityGroupRuleArn " \
    "GroupId GroupOwnerId Tags"
#define GROUP_MEMBERS "GroupId GroupName UserId VpcId VpcPeeringConnectionId PeeringStatus"

static const char *const sources[] = {"CidrIpv4", "CidrIpv6", "PrefixListId", "PrefixListName",
                                      "ReferencedGroupInfo"};

static enum err_code check_source(const struct hand_json *file, const cJSON *json, struct err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        n += json_get(json, sources[i]) != NULL;
    if (n != 1)
        return hand_json_fault(file, json, err,
                               "one source is wanted: CidrIpv4, CidrIpv6, PrefixListId, "
                               "PrefixListName or ReferencedGroupInfo");
    const cJSON *group = json_get(json, "ReferencedGroupInfo");
    const char *text;
    for (size_t i = 0; !group && i < ARRAY_LEN(sources); i++)
        if (json_get(json, sources[i]) &&
            hand_json_text(file, json, sources[i], NULL, &text, err) != OK)
            return err->code;
    if (!group)
        return OK;
    if (hand_json_check(file, group, GROUP_MEMBERS, err) != OK)
        return err->code;
    if (json_sv(group, "GroupId").len == 0 && json_sv(group, "GroupName").len == 0)
        return hand_json_fault(file, group, err, "GroupId or GroupName is wanted");
    return OK;
}

static char *name_of(const cJSON *json, const char *member)
{
    struct sv name = json_sv(json, member);
    return name.len > 0 ? sv_dup(name) : NULL;
}

static enum err_code read_rule(const struct hand_json *file, const cJSON *json,
                               struct approved *approved, struct err *err)
{
    struct err why;
    if (hand_json_check(file, json, RULE_MEMBERS, err) != OK || check_source(file, json, err) != OK)
        return err->code;
    if (sg_rule_traffic_from_json(json, &approved->rule, &why) != OK)
        return hand_json_fault(file, json, err, "%s", why.message);
    /* Else it would be guessed, and what is approved by a guess is not looked at again. */
    if ((json_get(json, "FromPort") != NULL) != (json_get(json, "ToPort") != NULL))
        return hand_json_fault(file, json, err, "FromPort and ToPort stand together");
    const cJSON *egress = json_get(json, "IsEgress");
    if (egress && !cJSON_IsBool(egress))
        return hand_json_fault(file, json, err, "IsEgress: true or false is wanted");
    const struct sg_rule *rule = &approved->rule;
    if (rule->from_port >= 0 && rule->to_port >= 0 && rule->from_port > rule->to_port &&
        (rule->protocol == 6 || rule->protocol == 17))
        return hand_json_fault(file, json, err, "FromPort lies behind ToPort");
    const cJSON *group = json_get(json, "ReferencedGroupInfo");
    if (group && rule->referenced_group_id[0] == '\0')
        approved->group_name = name_of(group, "GroupName");
    approved->list_name = name_of(json, "PrefixListName");
    approved->rule.description = approved->description = sg_metadata_description(json);
    approved->rule.tags = approved->tags = sg_metadata_tags(json);
    return OK;
}

static enum err_code read_rules(const struct hand_json *file, const cJSON *json,
                                struct sg_baseline *baseline, struct entry *entry, struct err *err)
{
    if (!cJSON_IsArray(json_get(json, "rules")))
        return hand_json_fault(file, json, err, "rules: a list is wanted, [] for no rule at all");
    for (const cJSON *item = json_items(json, "rules"); item; item = item->next) {
        struct approved approved = {0};
        if (read_rule(file, item, &approved, err) != OK)
            return err->code;
        baseline->names_lists |= approved.list_name != NULL;
        baseline->has_metadata |= approved.description || approved.tags;
        vec_push(&entry->rules, approved);
    }
    return OK;
}

static enum err_code read_entry(const struct hand_json *file, const cJSON *json,
                                struct sg_baseline *baseline, struct err *err)
{
    const char *accounts, *regions, *groups;
    if (hand_json_check(file, json, "account region group rules comment", err) != OK ||
        hand_json_text(file, json, "account", "*", &accounts, err) != OK ||
        hand_json_text(file, json, "region", "*", &regions, err) != OK ||
        hand_json_text(file, json, "group", NULL, &groups, err) != OK)
        return err->code;
    if (patterns_want_tags(sv_of(accounts)))
        return hand_json_fault(file, json, err,
                               "account: tags do not stand here; ids, names, OU paths do");
    vec_push(&baseline->entries,
             ((struct entry){mem_strdup(accounts), mem_strdup(regions), mem_strdup(groups), {0}}));
    return read_rules(file, json, baseline, &vec_last(&baseline->entries), err);
}

static enum err_code read_all(const struct hand_json *file, struct sg_baseline *baseline,
                              struct err *err)
{
    if (hand_json_check(file, file->tree, "groups comment", err) != OK)
        return err->code;
    if (!cJSON_IsArray(json_get(file->tree, "groups")))
        return hand_json_fault(file, file->tree, err, "groups: a list is wanted");
    for (const cJSON *item = json_items(file->tree, "groups"); item; item = item->next)
        if (read_entry(file, item, baseline, err) != OK)
            return err->code;
    return OK;
}

enum err_code sg_baseline_read(const char *path, struct sg_baseline **baseline, struct err *err)
{
    struct hand_json file;
    enum err_code code = hand_json_read(path, &file, err);
    *baseline = code == OK ? mem_new(struct sg_baseline) : NULL;
    if (code == OK)
        code = read_all(&file, *baseline, err);
    if (code != OK) {
        sg_baseline_free(*baseline);
        *baseline = NULL;
    }
    hand_json_done(&file);
    return code;
}

/* --- what is approved for a group ------------------------------------------------------------- */

bool sg_baseline_names_lists(const struct sg_baseline *baseline)
{
    return baseline && baseline->names_lists;
}

bool sg_baseline_has_metadata(const struct sg_baseline *baseline)
{
    return baseline && baseline->has_metadata;
}

static bool is_about(const struct entry *entry, const struct sg_baseline_group *group)
{
    struct sv groups = sv_of(entry->groups);
    return account_matches(group->account, sv_of(entry->accounts)) &&
           patterns_match(sv_of(entry->regions), sv_of(group->region)) &&
           (patterns_match(groups, sv_of(group->name)) || patterns_match(groups, sv_of(group->id)));
}

/* False when its source is not there. */
static bool resolve(const struct approved *approved, const struct sg_baseline_group *group,
                    const struct sg_baseline_names *names, struct sg_rule *rule)
{
    *rule = approved->rule;
    str_copy(rule->group_id, group->id);
    if (strcmp(rule->referenced_group_id, "self") == 0)
        str_copy(rule->referenced_group_id, group->id);
    if (approved->group_name)
        return names->group(names->arg, approved->group_name, rule->referenced_group_id);
    if (approved->list_name)
        return names->list(names->arg, approved->list_name, rule->prefix_list_id);
    return true;
}

bool sg_baseline_rules(const struct sg_baseline *baseline, const struct sg_baseline_group *group,
                       const struct sg_baseline_names *names, struct sg_rules *rules)
{
    bool known = false;
    for (size_t i = 0; baseline && i < baseline->entries.len; i++) {
        const struct entry *entry = &baseline->entries.ptr[i];
        struct sg_rule rule;
        if (!is_about(entry, group))
            continue;
        known = true;
        for (size_t k = 0; k < entry->rules.len; k++)
            if (resolve(&entry->rules.ptr[k], group, names, &rule))
                vec_push(rules, rule);
    }
    return known;
}

/* --- comparing ------------------------------------------------------------------------------- */

/* Addresses that are nobody's on the internet: RFC 1918, 6598, 3927, 4193, 4291. */
static bool is_private(const struct cidr *range)
{
    static const char *const blocks[] = {"10.0.0.0/8",    "172.16.0.0/12",  "192.168.0.0/16",
                                         "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8",
                                         "fc00::/7",      "fe80::/10"};
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
        struct cidr block;
        if (cidr_parse(sv_of(blocks[i]), &block) && cidr_contains(&block, range))
            return true;
    }
    return false;
}

static bool lets_in_strangers(const struct sg_rule *rule)
{
    if (rule->has_cidr)
        return !is_private(&rule->cidr);
    if (rule->prefix_list_id[0] && !rule->prefix_list)
        return true; /* who knows */
    for (size_t i = 0; rule->prefix_list && i < rule->prefix_list->len; i++)
        if (!is_private(&rule->prefix_list->ptr[i]))
            return true;
    return false;
}

static bool is_dangerous(const struct sg_policy *policy, const struct sg_rule *rule)
{
    struct sg_stretch stretch = sg_rule_stretch(rule);
    for (size_t i = 0; i < policy->n_dangerous; i++)
        if (stretch.from <= policy->dangerous_ports[i] && policy->dangerous_ports[i] <= stretch.to)
            return rule->protocol == SG_PROTOCOL_ALL || rule->protocol == 6;
    return false;
}

/* More than nobody has thought of: strangers, everything, or a port that lets one in. */
enum severity sg_baseline_extra_severity(const struct sg_policy *policy, const struct sg_rule *rule)
{
    return !rule->egress && (lets_in_strangers(rule) || is_dangerous(policy, rule) ||
                             rule->protocol == SG_PROTOCOL_ALL)
               ? SEVERITY_MEDIUM
               : SEVERITY_LOW;
}

/* Several approvals of one traffic: one that agrees is enough. */
static void compare_metadata(const struct sg_rule *actual, const struct sg_rule *approved,
                             size_t n_approved, sg_difference_fn *fn, void *arg)
{
    AUTO(buf_done) struct buf how = BUF_NONE;
    for (size_t i = 0; i < n_approved; i++) {
        if (!sg_metadata_same_traffic(actual, &approved[i]))
            continue;
        buf_clear(&how);
        if (!sg_metadata_differs(actual, &approved[i], &how))
            return;
    }
    if (how.len > 0)
        fn(arg,
           &(struct sg_difference){SG_BASELINE_METADATA, SEVERITY_INFO, actual, buf_cstr(&how)});
}

void sg_baseline_compare(const struct sg_policy *policy, const struct sg_rule *actual,
                         size_t n_actual, const struct sg_rule *approved, size_t n_approved,
                         sg_difference_fn *fn, void *arg)
{
    bool egress = false;
    for (size_t i = 0; i < n_approved; i++) {
        egress |= approved[i].egress;
        if (!sg_rules_cover(actual, n_actual, &approved[i]))
            fn(arg,
               &(struct sg_difference){"baseline_rule_missing", SEVERITY_MEDIUM, &approved[i], ""});
    }
    for (size_t i = 0; i < n_actual; i++)
        if ((egress || !actual[i].egress) && !sg_rules_cover(approved, n_approved, &actual[i]))
            fn(arg, &(struct sg_difference){"baseline_rule_extra",
                                            sg_baseline_extra_severity(policy, &actual[i]),
                                            &actual[i], ""});
    for (size_t i = 0; i < n_actual; i++)
        compare_metadata(&actual[i], approved, n_approved, fn, arg);
}
