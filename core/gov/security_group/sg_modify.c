/*
 * sg_modify: plan->state is {group_id, rule_id, rule, source}: rule is the item of
 * DescribeSecurityGroupRules that the plan was made from, source the range that it is to have.
 */
#include "core/gov/security_group/sg_modify.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/gov/load/reply.h"
#include "core/gov/security_group/sg_policy.h"

/* --- calls ----------------------------------------------------------------------------------- */

static void add_text(cJSON *object, const char *member, struct sv text)
{
    AUTO_FREE char *copy = sv_dup(text);
    if (text.len > 0)
        cJSON_AddStringToObject(object, member, copy);
}

static struct sv source_of(const cJSON *rule)
{
    struct sv v4 = json_sv(rule, "cidrIpv4");
    return v4.len > 0 ? v4 : json_sv(rule, "cidrIpv6");
}

static bool is_v6(struct sv source)
{
    return sv_contains(source, SV(":"));
}

/* A protocol that has no ports takes none; AWS shows -1 there. */
static cJSON *body_of(const cJSON *rule, struct sv source)
{
    cJSON *body = cJSON_CreateObject();
    add_text(body, "IpProtocol", json_sv(rule, "ipProtocol"));
    if (json_get(rule, "fromPort") && !sv_eq_cstr(json_sv(rule, "ipProtocol"), "-1")) {
        cJSON_AddNumberToObject(body, "FromPort", (double)json_i64(rule, "fromPort", -1));
        cJSON_AddNumberToObject(body, "ToPort", (double)json_i64(rule, "toPort", -1));
    }
    add_text(body, is_v6(source) ? "CidrIpv6" : "CidrIpv4", source);
    add_text(body, "Description", json_sv(rule, "description"));
    return body;
}

static cJSON *modify_params(const cJSON *rule, struct sv source)
{
    cJSON *params = cJSON_CreateObject(), *update = cJSON_CreateObject();
    add_text(params, "GroupId", json_sv(rule, "groupId"));
    add_text(update, "SecurityGroupRuleId", json_sv(rule, "securityGroupRuleId"));
    cJSON_AddItemToObject(update, "SecurityGroupRule", body_of(rule, source));
    cJSON_AddItemToArray(cJSON_AddArrayToObject(params, "SecurityGroupRules"), update);
    return params;
}

/* --- plans ----------------------------------------------------------------------------------- */

struct change_plan *sg_modify_plan_new(const cJSON *rule, const char *source)
{
    struct change_plan *plan = change_plan_new(&change_sg_modify);
    cJSON *state = plan->state = cJSON_CreateObject();
    change_plan_add_call(plan, OP_ec2_ModifySecurityGroupRules, modify_params(rule, sv_of(source)));
    change_plan_add_inverse(plan, OP_ec2_ModifySecurityGroupRules,
                            modify_params(rule, source_of(rule)));
    add_text(state, "group_id", json_sv(rule, "groupId"));
    add_text(state, "rule_id", json_sv(rule, "securityGroupRuleId"));
    cJSON_AddItemToObject(state, "rule", cJSON_Duplicate(rule, true));
    cJSON_AddStringToObject(state, "source", source);
    plan->reversible = REVERSIBLE;
    return plan;
}

/* As AWS shows the rule once it has that source. */
static cJSON *rule_with(const cJSON *rule, struct sv source)
{
    cJSON *changed = cJSON_Duplicate(rule, true);
    cJSON_DeleteItemFromObjectCaseSensitive(changed, "cidrIpv4");
    cJSON_DeleteItemFromObjectCaseSensitive(changed, "cidrIpv6");
    add_text(changed, is_v6(source) ? "cidrIpv6" : "cidrIpv4", source);
    return changed;
}

static void rule_text(const cJSON *json, struct buf *text)
{
    struct sg_rule rule;
    if (sg_rule_traffic_from_json(json, &rule, NULL) == OK)
        sg_rule_text(&rule, text);
}

static void describe_undo(struct change_plan *plan, const cJSON *before, const cJSON *after,
                          bool widens)
{
    AUTO(buf_done) struct buf was = BUF_NONE, will = BUF_NONE;
    struct buf title = BUF_NONE;
    struct sv rule_id = json_sv(before, "securityGroupRuleId");
    rule_text(before, &was);
    rule_text(after, &will);
    buf_addf(&title, "%s again: %s in " SV_FMT, widens ? "Widen" : "Narrow", buf_cstr(&will),
             SV_ARG(json_sv(before, "groupId")));
    plan->title = buf_take(&title);
    plan->why = mem_strdup(widens ? "undoes a security fix" : "takes back what was opened");
    change_plan_diff(plan, '-', "ingress %s  " SV_FMT, buf_cstr(&was), SV_ARG(rule_id));
    change_plan_diff(plan, '+', "ingress %s  " SV_FMT, buf_cstr(&will), SV_ARG(rule_id));
    change_plan_evidence(plan, "the rule keeps its id, its description and its tags");
}

bool sg_modify_widens(const struct change_plan *plan)
{
    struct cidr was, will;
    return !cidr_parse(source_of(json_get(plan->state, "rule")), &was) ||
           !cidr_parse(json_sv(plan->state, "source"), &will) || !cidr_contains(&was, &will);
}

/* Opening what was narrowed for a reason is never a small thing. */
static struct change_plan *undo_modify(const struct change_plan *done, struct err *err)
{
    (void)err;
    const cJSON *before = json_get(done->state, "rule");
    struct sv source = json_sv(done->state, "source");
    AUTO_FREE char *wanted = sv_dup(source_of(before));
    AUTO(json_free_at) cJSON *now = rule_with(before, source);
    struct change_plan *plan = sg_modify_plan_new(now, wanted);
    enum severity severity = severity_parse(sv_of(done->severity));
    bool widens = sg_modify_widens(plan);
    if (widens && severity < SEVERITY_HIGH)
        severity = SEVERITY_HIGH;
    str_copy(plan->severity, severity_name(severity));
    describe_undo(plan, now, before, widens);
    return plan;
}

/* --- looking --------------------------------------------------------------------------------- */

struct look {
    struct sg_rule before, after; /* the rule as the plan found it, and as it is to be */
    struct buf description;
    char rule_id[32];
    enum change_stand stand; /* by what has come; OTHER until the rule has */
    struct err err;          /* of a reply that makes no sense */
    change_looked_fn *looked;
    void *arg;
};

static void look_tell(struct look *look, enum change_stand stand, const struct err *why)
{
    change_looked_fn *looked = look->looked;
    void *arg = look->arg;
    struct err err = *why;
    buf_done(&look->description);
    mem_free(look);
    looked(arg, stand, &err);
}

static void look_page(void *arg, struct aws_page *page)
{
    struct look *look = arg;
    for (const cJSON *item = sg_rules_in_reply(page->body); item; item = item->next) {
        struct sg_rule rule;
        if (sg_rule_from_json(item, &rule, &look->err) != OK)
            return;
        if (strcmp(rule.rule_id, look->rule_id) != 0 ||
            !sv_eq(json_sv(item, "description"), buf_sv(&look->description)))
            continue;
        if (sg_rule_equivalent(&rule, &look->after))
            look->stand = STAND_AFTER;
        else if (sg_rule_equivalent(&rule, &look->before))
            look->stand = STAND_BEFORE;
    }
}

static void look_done(void *arg, const struct aws_request *request,
                      const struct aws_outcome *outcome)
{
    (void)request;
    struct look *look = arg;
    const struct err *err = outcome->err.code != OK ? &outcome->err : &look->err;
    if (strcmp(outcome->err.aws_code, "InvalidSecurityGroupRuleId.NotFound") == 0)
        look_tell(look, STAND_OTHER, &ERR_NONE);
    else
        look_tell(look, err->code != OK ? STAND_UNREADABLE : look->stand, err);
}

static void look_drop(void *arg)
{
    struct err err;
    err_set(&err, ERR_CANCELLED, "ec2:DescribeSecurityGroupRules", "nobody waits for it any more");
    look_tell(arg, STAND_UNREADABLE, &err);
}

static void look_modify(struct aws_client *client, struct scope *scope,
                        const struct change_plan *plan, change_looked_fn *looked, void *arg)
{
    struct look *look = mem_new(struct look);
    const cJSON *rule = json_get(plan->state, "rule");
    AUTO(json_free_at) cJSON *after = rule_with(rule, json_sv(plan->state, "source"));
    cJSON *params = cJSON_CreateObject();
    struct aws_request request = {
        .op = OP_ec2_DescribeSecurityGroupRules, .target = plan->target, .params = params};
    *look = (struct look){.stand = STAND_OTHER, .looked = looked, .arg = arg};
    sv_copy(json_sv(plan->state, "rule_id"), look->rule_id, sizeof look->rule_id);
    cJSON_AddItemToObject(params, "SecurityGroupRuleIds", reply_list_of(look->rule_id));
    if (sg_rule_traffic_from_json(rule, &look->before, &look->err) == OK)
        sg_rule_traffic_from_json(after, &look->after, &look->err);
    buf_add(&look->description, json_sv(rule, "description"));
    client_read(client, scope, &request, look_page, look_done, look_drop, look);
}

/* --- accepting ------------------------------------------------------------------------------- */

static enum err_code accept_modify(struct change_plan *plan, size_t call, const cJSON *reply,
                                   struct err *err)
{
    if (json_bool(reply, "return", true))
        return OK;
    return err_set(err, ERR_AWS, aws_op(plan->calls.ptr[call].op)->iam_action,
                   "AWS answered Return=false: nothing was changed");
}

const struct change_kind change_sg_modify = {
    .name = "sg-modify",
    .look = look_modify,
    .accept = accept_modify,
    .undo = undo_modify,
};
