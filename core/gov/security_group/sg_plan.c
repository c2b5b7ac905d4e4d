/*
 * sg_plan: plans the revocation of a rule, or a narrower source for it. What a person must know
 * before saying yes is read afresh: the group's other rules, what uses it, who owns it, whether the
 * account is production.
 */
#include <string.h>

#include "core/base/map.h"
#include "core/gov/gov_internal.h"
#include "core/gov/load/reply.h"
#include "core/gov/plan_account.h"
#include "core/gov/planner.h"
#include "core/gov/queue/item.h"
#include "core/gov/security_group/sg_change.h"
#include "core/gov/security_group/sg_modify.h"
#include "core/gov/security_group/sg_plan_internal.h"
#include "core/gov/security_group/sg_reading.h"
#include "core/gov/security_group/sg_users.h"

/* Which rule. The first member of the inquiry's arg. */
struct sg_reading {
    struct aws_target target;
    char group_id[32], rule_id[32];
    /* The key of an item: the rule is to go for it is not in the baseline; "": it breaks policy. */
    char key[65];
    /* The range that it is to let in from then on, as somebody has typed it; "": it is to go. */
    char narrow_to[64];
};

/* --- reading --------------------------------------------------------------------------------- */

static void read_entries(struct inquiry *inquiry, const struct aws_target *target,
                         const char *list_id)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "PrefixListId", list_id);
    inquiry_read(inquiry, OP_ec2_GetManagedPrefixListEntries, target, params, NULL);
}

static void read_list(struct inquiry *inquiry, const struct aws_target *target, const char *list_id)
{
    cJSON *params = cJSON_CreateObject();
    cJSON *ids = cJSON_AddArrayToObject(params, "PrefixListIds");
    cJSON_AddItemToArray(ids, cJSON_CreateString(list_id));
    inquiry_read(inquiry, OP_ec2_DescribeManagedPrefixLists, target, params, NULL);
}

/* The rules have come: whether the world is in a prefix list stands in its entries, and with the
 * entries of others the rule may be part of it. */
static void read_prefix_lists(struct inquiry *inquiry, void *arg)
{
    const struct sg_reading *reading = arg;
    struct map seen = {0};
    INQUIRY_EACH(inquiry, OP_ec2_DescribeSecurityGroupRules, "securityGroupRuleSet", item)
    {
        AUTO_FREE char *list_id = sv_dup(json_sv(item, "prefixListId"));
        if (!list_id[0])
            continue;
        if (sv_eq_cstr(json_sv(item, "securityGroupRuleId"), reading->rule_id))
            read_list(inquiry, &reading->target, list_id);
        union map_value *value = map_put(&seen, sv_of(list_id), NULL);
        if (value->u64++ == 0)
            read_entries(inquiry, &reading->target, list_id);
    }
    map_done(&seen);
}

void sg_read_group(struct inquiry *inquiry, const struct aws_target *target, const char *group_id,
                   void (*then)(struct inquiry *inquiry, void *arg))
{
    inquiry_read(inquiry, OP_ec2_DescribeSecurityGroupRules, target,
                 reply_filter("group-id", group_id), then);
    inquiry_read(inquiry, OP_ec2_DescribeSecurityGroups, target, reply_filter("group-id", group_id),
                 NULL);
    sg_users_read(inquiry, target, group_id);
}

/* Reads the group's rules, the group, what uses it, the account's tags. */
static void begin(struct inquiry *inquiry, void *arg)
{
    const struct sg_reading *reading = arg;
    sg_read_group(inquiry, &reading->target, reading->group_id, read_prefix_lists);
    plan_read_account(inquiry, &reading->target);
}

/* --- the rule and its violation -------------------------------------------------------------- */

static bool is_default_group(const struct sg_planning *planning)
{
    INQUIRY_EACH(planning->inquiry, OP_ec2_DescribeSecurityGroups, "securityGroupInfo", group)
    {
        if (sv_eq_cstr(json_sv(group, "groupName"), "default"))
            return true;
    }
    return false;
}

static void take_list(struct sg_planning *planning, struct sg_rule *rule)
{
    const enum aws_op_id op = OP_ec2_GetManagedPrefixListEntries;
    struct cidrs *list = mem_new(struct cidrs);
    const cJSON *params;
    for (size_t i = 0; (params = inquiry_params(planning->inquiry, op, i)); i++) {
        if (!sv_eq_cstr(json_sv(params, "PrefixListId"), rule->prefix_list_id))
            continue;
        const cJSON *entry = json_items(inquiry_page(planning->inquiry, op, i), "entrySet");
        for (struct cidr cidr; entry; entry = entry->next)
            if (cidr_parse(json_sv(entry, "cidr"), &cidr))
                vec_push(list, cidr);
    }
    rule->prefix_list = list;
    rule->prefix_list_world = cidrs_cover_world(list);
    vec_push(&planning->lists, list);
}

static enum err_code collect_rules(struct sg_planning *planning)
{
    bool default_group = is_default_group(planning);
    INQUIRY_EACH(planning->inquiry, OP_ec2_DescribeSecurityGroupRules, "securityGroupRuleSet", item)
    {
        struct sg_rule rule;
        if (sg_rule_from_json(item, &rule, &planning->err) != OK)
            return planning->err.code;
        rule.default_group = default_group;
        if (rule.prefix_list_id[0])
            take_list(planning, &rule);
        if (strcmp(rule.rule_id, planning->rule_id) == 0) {
            planning->json = item;
            planning->at = planning->rules.len;
        }
        vec_push(&planning->rules, rule);
    }
    if (!planning->json)
        return err_set(&planning->err, ERR_STALE, planning->group_id,
                       "the rule %s is not there any more", planning->rule_id);
    return OK;
}

/* Nobody has approved it, as the list has found by the baseline, and it is still the same rule. */
static void judge_extra(struct sg_planning *planning, const struct sg_rule *rule)
{
    static const char type[] = "baseline_rule_extra";
    AUTO(buf_done) struct buf text = BUF_NONE;
    char key[SHA256_HEX_SIZE];
    sg_rule_text(rule, &text);
    item_key(&planning->target, planning->group_id, type, buf_cstr(&text), key);
    planning->violation = (struct sg_violation){0};
    if (strcmp(key, planning->key) == 0)
        planning->violation = (struct sg_violation){
            .type = type,
            .severity = sg_baseline_extra_severity(&planning->gov->settings.sg_policy, rule)};
}

/* What nobody could read counts where the answer hangs on it. */
static enum err_code check_lists(struct sg_planning *planning)
{
    const struct err *unread = inquiry_err(planning->inquiry, OP_ec2_GetManagedPrefixListEntries);
    bool has_list = planning->rules.ptr[planning->at].prefix_list_id[0] != '\0';
    if (unread->code != OK && (has_list || !planning->violation.type))
        planning->err = *unread;
    return planning->err.code;
}

static enum err_code judge(struct sg_planning *planning)
{
    size_t n = planning->rules.len;
    AUTO_FREE struct sg_violation *violations = mem_alloc(n * sizeof *violations);
    const struct sg_rule *rule = &planning->rules.ptr[planning->at];
    sg_policy_judge(&planning->gov->settings.sg_policy, planning->rules.ptr, n, violations);
    planning->violation = violations[planning->at];
    if (planning->key[0])
        judge_extra(planning, rule);
    if (rule->egress && !rule->default_group && !planning->key[0])
        return err_set(&planning->err, ERR_UNSUPPORTED, planning->rule_id,
                       "egress rules are shown here, and changed where the baseline says what a "
                       "group lets out, and in default groups");
    if (check_lists(planning) != OK)
        return planning->err.code;
    if (!planning->violation.type)
        return err_set(&planning->err, ERR_STALE, planning->rule_id,
                       planning->key[0] ? "this rule is another one now"
                                        : "this rule breaks no policy any more");
    return OK;
}

/* --- together -------------------------------------------------------------------------------- */

static struct change_plan *bare_plan(const struct sg_planning *planning)
{
    char source[CIDR_TEXT_SIZE];
    cidr_format(&planning->source, source);
    return planning->narrow_to[0] ? sg_modify_plan_new(planning->json, source)
                                  : sg_revoke_plan_new(planning->json);
}

static void make_plan(struct sg_planning *planning)
{
    planning->plan = bare_plan(planning);
    str_copy(planning->plan->severity, severity_name(planning->violation.severity));
    plan_add_account(planning->plan, planning->inquiry, &planning->target);
    sg_plan_say(planning);
    change_plan_seal(planning->plan);
}

/* As sg_plan_revoke says. */
static struct change_plan *make(struct inquiry *inquiry, const struct sg_reading *reading,
                                struct err *err)
{
    struct sg_planning planning = {.gov = inquiry_gov(inquiry),
                                   .inquiry = inquiry,
                                   .target = reading->target,
                                   .key = reading->key,
                                   .narrow_to = reading->narrow_to,
                                   .err = *inquiry_err(inquiry, OP_ec2_DescribeSecurityGroupRules)};
    str_copy(planning.group_id, reading->group_id);
    str_copy(planning.rule_id, reading->rule_id);
    if (planning.err.code == OK && collect_rules(&planning) == OK && judge(&planning) == OK &&
        (!planning.narrow_to[0] || sg_plan_narrow(&planning) == OK))
        make_plan(&planning);
    *err = planning.err;
    vec_free(&planning.rules);
    for (size_t i = 0; i < planning.lists.len; i++) {
        vec_free(planning.lists.ptr[i]);
        mem_free(planning.lists.ptr[i]);
    }
    vec_free(&planning.lists);
    return planning.plan;
}

/* --- by itself ------------------------------------------------------------------------------- */

struct asking {
    struct sg_reading reading; /* first: what the inquiry's reads go by */
    planned_fn *done;
    void *arg;
};

static void end(struct inquiry *inquiry, void *arg)
{
    struct asking *asking = arg;
    struct err err = ERR_NONE;
    struct change_plan *plan = make(inquiry, &asking->reading, &err);
    planned_tell(inquiry_scope(inquiry), asking->done, asking->arg, plan, &err);
    mem_free(asking);
}

static void plan_reading(struct gov *gov, struct scope *scope, const struct sg_reading *reading,
                         planned_fn *done, void *arg)
{
    static const struct inquiry_kind kind = {begin, end, mem_free};
    struct asking *asking = mem_new(struct asking);
    *asking = (struct asking){.reading = *reading, .done = done, .arg = arg};
    inquiry_start(gov, scope, &kind, asking);
}

void sg_plan_revoke(struct gov *gov, struct scope *scope, const struct aws_target *target,
                    const char *group_id, const char *rule_id,
                    void (*done)(void *arg, struct change_plan *take_plan, const struct err *err),
                    void *arg)
{
    struct sg_reading reading = {.target = *target};
    str_copy(reading.group_id, group_id);
    str_copy(reading.rule_id, rule_id);
    plan_reading(gov, scope, &reading, done, arg);
}

static void plan_row(struct gov *gov, struct scope *scope, const struct aws_target *target,
                     const char *const *args, planned_fn *done, void *arg)
{
    sg_plan_revoke(gov, scope, target, args[0], args[1], done, arg);
}

const struct planner planner_sg_revoke = {
    .name = "sg-revoke",
    .n_args = 2,
    .columns = {"group_id", "security_group_rule_id"},
    .item_kinds = "sg-policy",
    .item_columns = {"resource", "subject"},
    .narrower = &planner_sg_narrow,
    .plan = plan_row,
};

/* args: the group, the rule, and the range that it is to let in. */
static void plan_narrow(struct gov *gov, struct scope *scope, const struct aws_target *target,
                        const char *const *args, planned_fn *done, void *arg)
{
    struct sg_reading reading = {.target = *target};
    str_copy(reading.group_id, args[0]);
    str_copy(reading.rule_id, args[1]);
    str_copy(reading.narrow_to, args[2][0] ? args[2] : "-");
    plan_reading(gov, scope, &reading, done, arg);
}

/* No row leads to it: what it is to let in is typed. */
const struct planner planner_sg_narrow = {
    .name = "sg-narrow", .n_args = 3, .narrower = &planner_sg_narrow, .plan = plan_narrow};

/* args: the group, the rule, and the item's key. */
static void plan_extra(struct gov *gov, struct scope *scope, const struct aws_target *target,
                       const char *const *args, planned_fn *done, void *arg)
{
    struct sg_reading reading = {.target = *target};
    str_copy(reading.group_id, args[0]);
    str_copy(reading.rule_id, args[1]);
    str_copy(reading.key, args[2]);
    plan_reading(gov, scope, &reading, done, arg);
}

const struct planner planner_sg_revoke_extra = {
    .name = "sg-revoke-extra",
    .n_args = 3,
    .columns = {"resource", "subject", "key"},
    .item_kinds = "sg-baseline",
    .item_columns = {"resource", "subject", "key"},
    .plan = plan_extra,
};
