/*
 * sg_change: the kinds. plan->state is {group_id, rule_id, rule}: rule is the item of
 * DescribeSecurityGroupRules that the plan was made from, rule_id the one that exists while the
 * rule is open.
 */
#include "core/gov/security_group/sg_change.h"

#include <stdio.h>
#include <string.h>

#include "core/gov/load/reply.h"
#include "core/gov/security_group/sg_policy.h"

static const struct sv reserved_tags = {"aws:", 4}; /* nobody but AWS may set them */

/* --- which way ------------------------------------------------------------------------------- */

bool sg_change_is_egress(const struct change_plan *plan)
{
    return json_bool(json_get(plan->state, "rule"), "isEgress", false);
}

static enum aws_op_id revoke_op(const cJSON *rule)
{
    return json_bool(rule, "isEgress", false) ? OP_ec2_RevokeSecurityGroupEgress
                                              : OP_ec2_RevokeSecurityGroupIngress;
}

static enum aws_op_id authorize_op(const cJSON *rule)
{
    return json_bool(rule, "isEgress", false) ? OP_ec2_AuthorizeSecurityGroupEgress
                                              : OP_ec2_AuthorizeSecurityGroupIngress;
}

/* --- calls ----------------------------------------------------------------------------------- */

static cJSON *text_of(struct sv text)
{
    AUTO_FREE char *copy = sv_dup(text);
    return cJSON_CreateString(copy);
}

static cJSON *revoke_params(struct sv group_id, struct sv rule_id)
{
    cJSON *params = cJSON_CreateObject(), *ids = cJSON_CreateArray();
    cJSON_AddItemToObject(params, "GroupId", text_of(group_id));
    cJSON_AddItemToArray(ids, text_of(rule_id));
    cJSON_AddItemToObject(params, "SecurityGroupRuleIds", ids);
    return params;
}

/* How a source is written in a rule, and in which list of an IpPermission it goes. */
static const struct source {
    const char *path, *list, *member;
} sources[] = {
    {"cidrIpv4", "IpRanges", "CidrIp"},
    {"cidrIpv6", "Ipv6Ranges", "CidrIpv6"},
    {"prefixListId", "PrefixListIds", "PrefixListId"},
    {"referencedGroupInfo.groupId", "UserIdGroupPairs", "GroupId"},
};

static void add_text(cJSON *object, const char *key, struct sv text)
{
    if (text.len > 0)
        cJSON_AddItemToObject(object, key, text_of(text));
}

static void add_source(cJSON *permission, const cJSON *rule)
{
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        struct sv text = json_string(json_path(rule, sources[i].path));
        if (text.len == 0)
            continue;
        cJSON *entry = cJSON_CreateObject(), *list = cJSON_CreateArray();
        add_text(entry, sources[i].member, text);
        add_text(entry, "Description", json_sv(rule, "description"));
        if (strcmp(sources[i].member, "GroupId") == 0)
            add_text(entry, "UserId", json_sv(json_get(rule, "referencedGroupInfo"), "userId"));
        cJSON_AddItemToArray(list, entry);
        cJSON_AddItemToObject(permission, sources[i].list, list);
    }
}

/* An entry takes no ports for protocols that have none; AWS shows -1 there. */
static cJSON *permission_of(const cJSON *rule)
{
    cJSON *permission = cJSON_CreateObject();
    struct sv protocol = json_sv(rule, "ipProtocol");
    add_text(permission, "IpProtocol", protocol);
    if (json_get(rule, "fromPort") && !sv_eq_cstr(protocol, "-1")) {
        cJSON_AddNumberToObject(permission, "FromPort", (double)json_i64(rule, "fromPort", -1));
        cJSON_AddNumberToObject(permission, "ToPort", (double)json_i64(rule, "toPort", -1));
    }
    add_source(permission, rule);
    return permission;
}

static void add_tags(cJSON *params, const cJSON *rule)
{
    cJSON *tags = cJSON_CreateArray();
    for (const cJSON *tag = json_items(rule, "tagSet"); tag; tag = tag->next) {
        if (sv_starts(json_sv(tag, "key"), reserved_tags))
            continue;
        cJSON *copy = cJSON_CreateObject();
        cJSON_AddItemToObject(copy, "Key", text_of(json_sv(tag, "key")));
        cJSON_AddItemToObject(copy, "Value", text_of(json_sv(tag, "value")));
        cJSON_AddItemToArray(tags, copy);
    }
    if (cJSON_GetArraySize(tags) == 0) {
        json_free(tags);
        return;
    }
    cJSON *spec = cJSON_CreateObject(), *specs = cJSON_CreateArray();
    cJSON_AddStringToObject(spec, "ResourceType", "security-group-rule");
    cJSON_AddItemToObject(spec, "Tags", tags);
    cJSON_AddItemToArray(specs, spec);
    cJSON_AddItemToObject(params, "TagSpecifications", specs);
}

static cJSON *authorize_params(const cJSON *rule)
{
    cJSON *params = cJSON_CreateObject(), *permissions = cJSON_CreateArray();
    add_text(params, "GroupId", json_sv(rule, "groupId"));
    cJSON_AddItemToArray(permissions, permission_of(rule));
    cJSON_AddItemToObject(params, "IpPermissions", permissions);
    add_tags(params, rule);
    return params;
}

/* Of a rule whose id nobody has told: AWS wants no description then. */
static cJSON *revoke_same_params(const cJSON *rule)
{
    AUTO(json_free_at) cJSON *bare = cJSON_Duplicate(rule, true);
    cJSON *params = cJSON_CreateObject(), *permissions = cJSON_CreateArray();
    cJSON_DeleteItemFromObjectCaseSensitive(bare, "description");
    add_text(params, "GroupId", json_sv(rule, "groupId"));
    cJSON_AddItemToArray(permissions, permission_of(bare));
    cJSON_AddItemToObject(params, "IpPermissions", permissions);
    return params;
}

/* --- plans ----------------------------------------------------------------------------------- */

static cJSON *state_of(const cJSON *rule, struct sv rule_id)
{
    cJSON *state = cJSON_CreateObject();
    cJSON_AddItemToObject(state, "group_id", text_of(json_sv(rule, "groupId")));
    cJSON_AddItemToObject(state, "rule_id", text_of(rule_id));
    cJSON_AddItemToObject(state, "rule", cJSON_Duplicate(rule, true));
    return state;
}

struct change_plan *sg_revoke_plan_new(const cJSON *rule)
{
    struct change_plan *plan = change_plan_new(&change_sg_revoke);
    struct sv rule_id = json_sv(rule, "securityGroupRuleId");
    change_plan_add_call(plan, revoke_op(rule), revoke_params(json_sv(rule, "groupId"), rule_id));
    change_plan_add_inverse(plan, authorize_op(rule), authorize_params(rule));
    plan->state = state_of(rule, rule_id);
    plan->reversible = REVERSIBLE;
    return plan;
}

struct change_plan *sg_authorize_plan_new(const cJSON *rule)
{
    struct change_plan *plan = change_plan_new(&change_sg_authorize);
    change_plan_add_call(plan, authorize_op(rule), authorize_params(rule));
    plan->state = state_of(rule, SV_NONE);
    plan->reversible = REVERSIBLE;
    return plan;
}

/* "tcp 22 from 0.0.0.0/0", with its description. */
static void rule_text(const cJSON *json, struct buf *text)
{
    struct sg_rule rule;
    if (sg_rule_traffic_from_json(json, &rule, NULL) != OK)
        return;
    struct sv description = json_sv(json, "description");
    sg_rule_text(&rule, text);
    if (description.len > 0)
        buf_addf(text, " \"" SV_FMT "\"", SV_ARG(description));
}

static char *title_of(const char *verb, const cJSON *rule)
{
    struct buf title = BUF_NONE;
    buf_addf(&title, "%s ", verb);
    rule_text(rule, &title);
    buf_addf(&title, " in " SV_FMT, SV_ARG(json_sv(rule, "groupId")));
    return buf_take(&title);
}

static void describe_undo(struct change_plan *plan, char kind, const char *verb, const char *why)
{
    const cJSON *rule = json_get(plan->state, "rule");
    AUTO(buf_done) struct buf text = BUF_NONE;
    rule_text(rule, &text);
    plan->title = title_of(verb, rule);
    plan->why = mem_strdup(why);
    change_plan_diff(plan, kind, "%s %s", sg_change_is_egress(plan) ? "egress" : "ingress",
                     buf_cstr(&text));
}

/* Opening what was closed for a reason is never a small thing. */
static struct change_plan *undo_revoke(const struct change_plan *done, struct err *err)
{
    (void)err;
    const cJSON *rule = json_get(done->state, "rule");
    struct change_plan *plan = sg_authorize_plan_new(rule);
    enum severity severity = severity_parse(sv_of(done->severity));
    str_copy(plan->severity, severity_name(severity > SEVERITY_HIGH ? severity : SEVERITY_HIGH));
    describe_undo(plan, '+', "Open again", "undoes a security fix");
    change_plan_evidence(plan, "AWS will give the rule a new id; its description and tags return");
    return plan;
}

/* By its id; by what it lets in when an automation has opened it, which tells no id. */
static struct change_plan *undo_authorize(const struct change_plan *done, struct err *err)
{
    (void)err;
    struct sv rule_id = json_sv(done->state, "rule_id");
    const cJSON *rule = json_get(done->state, "rule");
    struct change_plan *plan = change_plan_new(&change_sg_revoke);
    change_plan_add_call(plan, revoke_op(rule),
                         rule_id.len > 0 ? revoke_params(json_sv(rule, "groupId"), rule_id)
                                         : revoke_same_params(rule));
    change_plan_add_inverse(plan, authorize_op(rule), authorize_params(rule));
    plan->state = state_of(rule, rule_id);
    plan->reversible = REVERSIBLE;
    describe_undo(plan, '-', "Revoke again", "takes back what was opened");
    return plan;
}

/* --- looking --------------------------------------------------------------------------------- */

struct look {
    struct sg_rule wanted; /* as the plan has it */
    bool for_revoke, is_sent;
    char equivalent[32];    /* a rule that lets in the same */
    struct buf description; /* of the rule, compared for revoke */
    size_t n_found;         /* the rule id, or an equivalent rule */
    bool differs;
    struct err err; /* of a reply that makes no sense */
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
        bool equivalent = sg_rule_equivalent(&rule, &look->wanted);
        if (!look->for_revoke || !look->wanted.rule_id[0]) {
            look->n_found += equivalent;
            if (equivalent)
                str_copy(look->equivalent, rule.rule_id);
        } else if (strcmp(rule.rule_id, look->wanted.rule_id) == 0) {
            look->n_found++;
            look->differs =
                !equivalent || !sv_eq(json_sv(item, "description"), buf_sv(&look->description));
        }
    }
}

/* Whether the rule is open; when nobody has sent it from here, somebody else has opened it. */
static void tell_opened(struct look *look)
{
    struct err why = ERR_NONE;
    if (look->n_found > 0 && !look->is_sent)
        err_set(&why, ERR_STALE, "look", "the same traffic was let in again meanwhile, by %s",
                look->equivalent);
    look_tell(look, look->n_found > 0 ? STAND_AFTER : STAND_BEFORE, &why);
}

static void look_done(void *arg, const struct aws_request *request,
                      const struct aws_outcome *outcome)
{
    (void)request;
    struct look *look = arg;
    const struct err *err = outcome->err.code != OK ? &outcome->err : &look->err;
    bool gone = strcmp(outcome->err.aws_code, "InvalidSecurityGroupRuleId.NotFound") == 0;
    if (err->code != OK && !(look->for_revoke && gone))
        look_tell(look, STAND_UNREADABLE, err);
    else if (look->for_revoke)
        look_tell(look,
                  look->n_found == 0 ? STAND_AFTER
                  : look->differs    ? STAND_OTHER
                                     : STAND_BEFORE,
                  &ERR_NONE);
    else
        tell_opened(look);
}

static void look_drop(void *arg)
{
    struct err err;
    err_set(&err, ERR_CANCELLED, "ec2:DescribeSecurityGroupRules", "nobody waits for it any more");
    look_tell(arg, STAND_UNREADABLE, &err);
}

static void look_start(struct aws_client *client, struct scope *scope,
                       const struct change_plan *plan, cJSON *take_params, bool for_revoke,
                       change_looked_fn *looked, void *arg)
{
    struct look *look = mem_new(struct look);
    const cJSON *rule = json_get(plan->state, "rule");
    struct aws_request request = {
        .op = OP_ec2_DescribeSecurityGroupRules, .target = plan->target, .params = take_params};
    *look = (struct look){
        .for_revoke = for_revoke, .is_sent = plan->calls_done > 0, .looked = looked, .arg = arg};
    sg_rule_traffic_from_json(rule, &look->wanted, &look->err);
    sv_copy(json_sv(plan->state, "rule_id"), look->wanted.rule_id, sizeof look->wanted.rule_id);
    buf_add(&look->description, json_sv(rule, "description"));
    client_read(client, scope, &request, look_page, look_done, look_drop, look);
}

static void look_in_group(struct aws_client *client, struct scope *scope,
                          const struct change_plan *plan, bool for_revoke, change_looked_fn *looked,
                          void *arg)
{
    AUTO_FREE char *group_id = sv_dup(json_sv(plan->state, "group_id"));
    look_start(client, scope, plan, reply_filter("group-id", group_id), for_revoke, looked, arg);
}

static void look_revoke(struct aws_client *client, struct scope *scope,
                        const struct change_plan *plan, change_looked_fn *looked, void *arg)
{
    if (json_sv(plan->state, "rule_id").len == 0) {
        look_in_group(client, scope, plan, true, looked, arg);
        return;
    }
    cJSON *params = cJSON_CreateObject(), *ids = cJSON_CreateArray();
    cJSON_AddItemToArray(ids, text_of(json_sv(plan->state, "rule_id")));
    cJSON_AddItemToObject(params, "SecurityGroupRuleIds", ids);
    look_start(client, scope, plan, params, true, looked, arg);
}

static void look_authorize(struct aws_client *client, struct scope *scope,
                           const struct change_plan *plan, change_looked_fn *looked, void *arg)
{
    look_in_group(client, scope, plan, false, looked, arg);
}

/* --- accepting ------------------------------------------------------------------------------- */

static enum err_code check_return(const cJSON *reply, const char *where, struct err *err)
{
    if (json_bool(reply, "return", true))
        return OK;
    return err_set(err, ERR_AWS, where, "AWS answered Return=false: nothing was changed");
}

/* In a default VPC a revoke of what is not there is answered with 200 and a list of the unknown. */
static enum err_code accept_revoke(struct change_plan *plan, size_t call, const cJSON *reply,
                                   struct err *err)
{
    const char *where = aws_op(plan->calls.ptr[call].op)->iam_action;
    struct sv rule_id = json_sv(plan->state, "rule_id");
    const cJSON *revoked = json_items(reply, "revokedSecurityGroupRuleSet");
    if (json_items(reply, "unknownIpPermissionSet"))
        return err_set(err, ERR_AWS, where, "AWS did not know the rule: nothing was revoked");
    for (const cJSON *item = revoked; item && rule_id.len > 0; item = item->next)
        if (!sv_eq(json_sv(item, "securityGroupRuleId"), rule_id))
            return err_set(err, ERR_AWS, where, "AWS says that it revoked another rule, " SV_FMT,
                           SV_ARG(json_sv(item, "securityGroupRuleId")));
    return check_return(reply, where, err);
}

static enum err_code accept_authorize(struct change_plan *plan, size_t call, const cJSON *reply,
                                      struct err *err)
{
    const cJSON *made = sg_rules_in_reply(reply);
    struct sv rule_id = json_sv(made, "securityGroupRuleId");
    if (check_return(reply, aws_op(plan->calls.ptr[call].op)->iam_action, err) != OK)
        return err->code;
    if (rule_id.len == 0)
        return OK; /* open, but nameless: undo says so */
    cJSON_ReplaceItemInObjectCaseSensitive(plan->state, "rule_id", text_of(rule_id));
    change_plan_add_inverse(plan, revoke_op(json_get(plan->state, "rule")),
                            revoke_params(json_sv(plan->state, "group_id"), rule_id));
    return OK;
}

const struct change_kind change_sg_revoke = {
    .name = "sg-revoke",
    .look = look_revoke,
    .accept = accept_revoke,
    .undo = undo_revoke,
};

const struct change_kind change_sg_authorize = {
    .name = "sg-authorize",
    .look = look_authorize,
    .accept = accept_authorize,
    .undo = undo_authorize,
};
