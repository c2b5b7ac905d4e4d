/*
 * sg_restore: plans the opening of a rule that is not there. Of one that is approved for the group:
 * what is approved is looked up anew, by the names of groups and prefix lists as they are now. And
 * of one that was closed, or that was narrowed: for whoever is asked about its undo, and has not
 * done it himself.
 */
#include <string.h>

#include "core/gov/gov_internal.h"
#include "core/gov/load/reply.h"
#include "core/gov/plan_account.h"
#include "core/gov/plan_evidence.h"
#include "core/gov/planner.h"
#include "core/gov/queue/item.h"
#include "core/gov/security_group/sg_change.h"
#include "core/gov/security_group/sg_modify.h"
#include "core/gov/security_group/sg_users.h"

#define MISSING "baseline_rule_missing"

struct planning;

/* Why a rule is to be opened. */
struct opening {
    const char *verb, *why, *type, *way_back;
    enum err_code (*find)(struct planning *planning); /* rule, json and text */
    enum severity (*judge)(struct planning *planning);
    struct change_plan *(*plan)(const struct planning *planning);
};

struct planning {
    struct gov *gov;
    struct aws_target target;
    const struct opening *opening;
    char group_id[32], key[SHA256_HEX_SIZE];
    char *closed;     /* a rule that was closed, as JSON */
    char rule_id[32]; /* of one that was narrowed, "": of another one, */
    char range[64];   /* and what it let in */
    planned_fn *done;
    void *arg;

    struct inquiry *inquiry;
    const cJSON *group;              /* of DescribeSecurityGroups */
    struct sg_rules there, approved; /* of the group, and for it */
    const struct sg_rule *rule;      /* the one that is meant, */
    struct sg_rule was;              /* when it was closed, */
    cJSON *json;                     /* as DescribeSecurityGroupRules would give it, */
    struct buf text;                 /* and for people */
    struct change_plan *plan;
    struct err err;
};

static void planning_drop(void *arg)
{
    struct planning *planning = arg;
    vec_free(&planning->there);
    vec_free(&planning->approved);
    json_free(planning->json);
    mem_free(planning->closed);
    buf_done(&planning->text);
    mem_free(planning);
}

/* --- reading --------------------------------------------------------------------------------- */

/* All groups: approved rules call others by their names. */
static void begin(struct inquiry *inquiry, void *arg)
{
    struct planning *planning = arg;
    const struct aws_target *target = &planning->target;
    inquiry_read(inquiry, OP_ec2_DescribeSecurityGroups, target, NULL, NULL);
    inquiry_read(inquiry, OP_ec2_DescribeSecurityGroupRules, target,
                 reply_filter("group-id", planning->group_id), NULL);
    sg_users_read(inquiry, target, planning->group_id);
    if (sg_baseline_names_lists(planning->gov->baseline))
        inquiry_read(inquiry, OP_ec2_DescribeManagedPrefixLists, target, NULL, NULL);
    plan_read_account(inquiry, target);
}

static bool is_read(struct planning *planning)
{
    static const enum aws_op_id needed[] = {OP_ec2_DescribeSecurityGroups,
                                            OP_ec2_DescribeSecurityGroupRules,
                                            OP_ec2_DescribeManagedPrefixLists};
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        const struct err *err = inquiry_err(planning->inquiry, needed[i]);
        if (err->code == OK)
            continue;
        planning->err = *err;
        return false;
    }
    return true;
}

/* --- what is approved ------------------------------------------------------------------------ */

static const cJSON *find_group(const struct planning *planning, const char *member,
                               const char *value, struct sv vpc_id)
{
    INQUIRY_EACH(planning->inquiry, OP_ec2_DescribeSecurityGroups, "securityGroupInfo", group)
    {
        if (sv_eq_cstr(json_sv(group, member), value) &&
            (!vpc_id.ptr || sv_eq(json_sv(group, "vpcId"), vpc_id)))
            return group;
    }
    return NULL;
}

static bool group_named(void *arg, const char *name, char id[32])
{
    const struct planning *planning = arg;
    const cJSON *group = find_group(planning, "groupName", name, json_sv(planning->group, "vpcId"));
    sv_copy(json_sv(group, "groupId"), id, 32);
    return group != NULL;
}

static bool list_named(void *arg, const char *name, char id[32])
{
    const struct planning *planning = arg;
    INQUIRY_EACH(planning->inquiry, OP_ec2_DescribeManagedPrefixLists, "prefixListSet", list)
    {
        if (!sv_eq_cstr(json_sv(list, "prefixListName"), name))
            continue;
        sv_copy(json_sv(list, "prefixListId"), id, 32);
        return true;
    }
    return false;
}

static void collect_approved(struct planning *planning)
{
    struct estate *estate = gov_estate(planning->gov);
    const struct account *account =
        estate ? estate_account(estate, sv_of(planning->target.account_id)) : NULL;
    AUTO_FREE char *name = sv_dup(json_sv(planning->group, "groupName"));
    const struct sg_baseline_group group = {account, planning->target.region, planning->group_id,
                                            name};
    const struct sg_baseline_names names = {group_named, list_named, planning};
    if (account && planning->group)
        sg_baseline_rules(planning->gov->baseline, &group, &names, &planning->approved);
    estate_unref(estate);
}

/* As DescribeSecurityGroupRules would give it. */
static cJSON *rule_json(const struct planning *planning)
{
    const struct sg_rule *rule = planning->rule;
    cJSON *json = cJSON_CreateObject(), *group = cJSON_CreateObject();
    AUTO(buf_done) struct buf protocol = BUF_NONE, source = BUF_NONE;
    sg_rule_protocol_text(rule, &protocol);
    sg_rule_source_text(rule, &source);
    cJSON_AddStringToObject(json, "groupId", planning->group_id);
    if (rule->egress)
        cJSON_AddTrueToObject(json, "isEgress");
    cJSON_AddStringToObject(json, "ipProtocol", buf_cstr(&protocol));
    if (rule->from_port >= 0 || rule->to_port >= 0) {
        cJSON_AddNumberToObject(json, "fromPort", rule->from_port);
        cJSON_AddNumberToObject(json, "toPort", rule->to_port);
    }
    cJSON_AddStringToObject(json, "description", "as approved in the baseline");
    cJSON_AddStringToObject(group, "groupId", rule->referenced_group_id);
    if (rule->referenced_group_id[0]) {
        cJSON_AddItemToObject(json, "referencedGroupInfo", group);
        return json;
    }
    json_free(group);
    cJSON_AddStringToObject(json,
                            !rule->has_cidr ? "prefixListId"
                            : rule->cidr.v6 ? "cidrIpv6"
                                            : "cidrIpv4",
                            buf_cstr(&source));
    return json;
}

static enum err_code find_approved(struct planning *planning)
{
    char key[SHA256_HEX_SIZE];
    collect_approved(planning);
    for (size_t i = 0; i < planning->approved.len && !planning->rule; i++) {
        buf_clear(&planning->text);
        sg_rule_text(&planning->approved.ptr[i], &planning->text);
        item_key(&planning->target, planning->group_id, MISSING, buf_cstr(&planning->text), key);
        if (strcmp(key, planning->key) == 0)
            planning->rule = &planning->approved.ptr[i];
    }
    if (!planning->rule)
        return err_set(&planning->err, ERR_STALE, planning->group_id,
                       "the baseline does not ask for this rule any more");
    planning->json = rule_json(planning);
    return OK;
}

static enum severity judge_approved(struct planning *planning)
{
    (void)planning;
    return SEVERITY_MEDIUM;
}

static struct change_plan *plan_opening(const struct planning *planning)
{
    return sg_authorize_plan_new(planning->json);
}

static const struct opening approved = {
    .verb = "Open",
    .why = MISSING ": the baseline approves it, and the group does not have it",
    .type = MISSING,
    .way_back = "undo closes it again",
    .find = find_approved,
    .judge = judge_approved,
    .plan = plan_opening,
};

/* --- what was closed ------------------------------------------------------------------------- */

static enum err_code find_closed(struct planning *planning)
{
    if (!planning->group)
        return err_set(&planning->err, ERR_STALE, planning->group_id,
                       "the group is not there any more");
    if (json_parse(sv_of(planning->closed), "rule", &planning->json, &planning->err) != OK ||
        sg_rule_traffic_from_json(planning->json, &planning->was, &planning->err) != OK)
        return planning->err.code;
    cJSON_DeleteItemFromObjectCaseSensitive(planning->json, "groupId");
    cJSON_AddStringToObject(planning->json, "groupId", planning->group_id);
    sv_copy(json_sv(planning->group, "groupId"), planning->was.group_id,
            sizeof planning->was.group_id);
    planning->was.default_group = sv_eq_cstr(json_sv(planning->group, "groupName"), "default");
    planning->was.prefix_list_world =
        planning->was.prefix_list_id[0] != '\0'; /* nobody has looked */
    planning->rule = &planning->was;
    sg_rule_text(planning->rule, &planning->text);
    return OK;
}

/* Opening what was closed for a reason is never a small thing, and as grave as what it lets in. */
static enum severity judge_closed(struct planning *planning)
{
    vec_push(&planning->there, planning->was);
    size_t n = planning->there.len;
    AUTO_FREE struct sg_violation *violations = mem_alloc(n * sizeof *violations);
    sg_policy_judge(&planning->gov->settings.sg_policy, planning->there.ptr, n, violations);
    enum severity severity = violations[n - 1].severity;
    return severity > SEVERITY_HIGH ? severity : SEVERITY_HIGH;
}

static const struct opening closed = {
    .verb = "Open again",
    .why = "undoes a security fix",
    .type = "undo",
    .way_back = "undo closes it again",
    .find = find_closed,
    .judge = judge_closed,
    .plan = plan_opening,
};

/* --- what was narrowed ------------------------------------------------------------------------ */

/* The rule as it is, if it lets in a part of the range. */
static enum err_code find_narrowed(struct planning *planning)
{
    struct sg_rule *was = &planning->was;
    struct cidr range;
    INQUIRY_EACH(planning->inquiry, OP_ec2_DescribeSecurityGroupRules, "securityGroupRuleSet", item)
    {
        if (sv_eq_cstr(json_sv(item, "securityGroupRuleId"), planning->rule_id))
            planning->json = cJSON_Duplicate(item, true);
    }
    if (!planning->json || !planning->group)
        return err_set(&planning->err, ERR_STALE, planning->group_id,
                       "the rule %s is not there any more", planning->rule_id);
    if (sg_rule_from_json(planning->json, was, &planning->err) != OK)
        return planning->err.code;
    if (!was->has_cidr || !cidr_parse(sv_of(planning->range), &range) ||
        cidr_equal(&range, &was->cidr) || !cidr_contains(&range, &was->cidr))
        return err_set(&planning->err, ERR_STALE, planning->rule_id,
                       "%s is not more than the rule lets in as it is", planning->range);
    was->cidr = range;
    was->default_group = sv_eq_cstr(json_sv(planning->group, "groupName"), "default");
    planning->rule = was;
    sg_rule_text(was, &planning->text);
    return OK;
}

static struct change_plan *plan_widening(const struct planning *planning)
{
    char range[CIDR_TEXT_SIZE];
    cidr_format(&planning->was.cidr, range);
    return sg_modify_plan_new(planning->json, range);
}

static const struct opening narrowed = {
    .verb = "Widen again:",
    .why = "undoes a security fix",
    .type = "undo",
    .way_back = "undo narrows it again; the rule keeps its id",
    .find = find_narrowed,
    .judge = judge_closed,
    .plan = plan_widening,
};

/* --- whether it is missing ------------------------------------------------------------------- */

static enum err_code check_missing(struct planning *planning)
{
    INQUIRY_EACH(planning->inquiry, OP_ec2_DescribeSecurityGroupRules, "securityGroupRuleSet", item)
    {
        struct sg_rule rule;
        if (sg_rule_from_json(item, &rule, &planning->err) != OK)
            return planning->err.code;
        if (sg_rule_equivalent(&rule, planning->rule))
            return err_set(&planning->err, ERR_STALE, planning->group_id,
                           "the group has this rule again, as %s", rule.rule_id);
        vec_push(&planning->there, rule);
    }
    return OK;
}

/* --- the plan -------------------------------------------------------------------------------- */

static void add_texts(struct planning *planning)
{
    struct change_plan *plan = planning->plan;
    struct buf title = BUF_NONE;
    AUTO_FREE char *name = sv_dup(json_sv(planning->group, "groupName"));
    const char *way = planning->rule->egress ? "egress" : "ingress";
    buf_addf(&title, "%s %s in %s (%s)", planning->opening->verb, buf_cstr(&planning->text), name,
             planning->group_id);
    plan->title = buf_take(&title);
    plan->why = mem_strdup(planning->opening->why);
    INQUIRY_EACH(planning->inquiry, OP_ec2_DescribeSecurityGroupRules, "securityGroupRuleSet", item)
    {
        AUTO(buf_done) struct buf text = BUF_NONE;
        struct sg_rule rule;
        if (sg_rule_from_json(item, &rule, NULL) != OK || rule.egress != planning->rule->egress)
            continue;
        sg_rule_text(&rule, &text);
        char kind = strcmp(rule.rule_id, planning->rule_id) == 0 ? '-' : ' ';
        change_plan_diff(plan, kind, "%s %s  %s", way, buf_cstr(&text), rule.rule_id);
    }
    change_plan_diff(plan, '+', "%s %s%s%s", way, buf_cstr(&planning->text),
                     planning->rule_id[0] ? "  " : "", planning->rule_id);
}

static void add_evidence(struct planning *planning)
{
    struct change_plan *plan = planning->plan;
    sg_users_say(planning->inquiry, plan);
    plan_say_tags(plan, "the group", json_items(planning->group, "tagSet"), "takes it away again");
    change_plan_evidence(plan, "%s", planning->opening->way_back);
}

/* What it is about, as the lists and the exceptions know it. */
static void add_item(struct planning *planning)
{
    cJSON *item = cJSON_AddObjectToObject(planning->plan->state, "item");
    cJSON_AddStringToObject(item, "resource", planning->group_id);
    cJSON_AddStringToObject(item, "type", planning->opening->type);
    str_copy(planning->plan->item_key, planning->key);
}

static void make_plan(struct planning *planning)
{
    planning->plan = planning->opening->plan(planning);
    str_copy(planning->plan->severity, severity_name(planning->opening->judge(planning)));
    plan_add_account(planning->plan, planning->inquiry, &planning->target);
    add_texts(planning);
    add_evidence(planning);
    add_item(planning);
    change_plan_seal(planning->plan);
}

static void end(struct inquiry *inquiry, void *arg)
{
    struct planning *planning = arg;
    planning->inquiry = inquiry;
    planning->group = find_group(planning, "groupId", planning->group_id, SV_NONE);
    if (is_read(planning) && planning->opening->find(planning) == OK &&
        check_missing(planning) == OK)
        make_plan(planning);
    planning->inquiry = NULL;
    planned_tell(inquiry_scope(inquiry), planning->done, planning->arg, planning->plan,
                 &planning->err);
    planning_drop(planning);
}

static void plan(struct gov *gov, struct scope *scope, const struct opening *opening,
                 const struct aws_target *target, const char *const *args, planned_fn *done,
                 void *arg)
{
    static const struct inquiry_kind kind = {begin, end, planning_drop};
    struct planning *planning = mem_new(struct planning);
    *planning = (struct planning){
        .gov = gov, .target = *target, .opening = opening, .done = done, .arg = arg};
    str_copy(planning->group_id, args[0]);
    str_copy(planning->key, args[1]);
    if (opening == &closed)
        planning->closed = mem_strdup(args[2]);
    if (opening == &narrowed) {
        str_copy(planning->rule_id, args[2]);
        str_copy(planning->range, args[3]);
    }
    inquiry_start(gov, scope, &kind, planning);
}

/* args: the group, and the item's key. */
static void plan_approved(struct gov *gov, struct scope *scope, const struct aws_target *target,
                          const char *const *args, planned_fn *done, void *arg)
{
    plan(gov, scope, &approved, target, args, done, arg);
}

/* args: the group, the item's key, and the rule. */
static void plan_closed(struct gov *gov, struct scope *scope, const struct aws_target *target,
                        const char *const *args, planned_fn *done, void *arg)
{
    plan(gov, scope, &closed, target, args, done, arg);
}

/* args: the group, the item's key, the rule, and what it let in. */
static void plan_narrowed(struct gov *gov, struct scope *scope, const struct aws_target *target,
                          const char *const *args, planned_fn *done, void *arg)
{
    plan(gov, scope, &narrowed, target, args, done, arg);
}

const struct planner planner_sg_restore = {
    .name = "sg-restore",
    .n_args = 2,
    .columns = {"resource", "key"},
    .item_kinds = "sg-baseline",
    .item_columns = {"resource", "key"},
    .plan = plan_approved,
};

/* No row leads to these: only the undo of a closing and of a narrowing does. */
const struct planner planner_sg_reopen = {.name = "sg-reopen", .n_args = 3, .plan = plan_closed};
const struct planner planner_sg_widen = {.name = "sg-widen", .n_args = 4, .plan = plan_narrowed};
