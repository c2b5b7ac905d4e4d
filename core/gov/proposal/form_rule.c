/* form_rule: closing a rule of a security group, narrowing it, and opening one that is approved, or
 * was closed. */
#include "core/base/mem.h"
#include "core/gov/proposal/form.h"
#include "core/gov/security_group/sg_change.h"
#include "core/gov/security_group/sg_modify.h"

/* What a group lets in, and what it lets out, is closed and opened by other documents. */
static bool is_ingress(const struct change_plan *plan)
{
    return !sg_change_is_egress(plan);
}

static bool is_egress(const struct change_plan *plan)
{
    return sg_change_is_egress(plan);
}

static enum err_code close_inputs(const struct change_plan *plan, cJSON *inputs, struct err *err)
{
    enum err_code code = form_add(inputs, "GroupId", json_sv(plan->state, "group_id"), err);
    if (code == OK)
        code = form_add(inputs, "SecurityGroupRuleId", json_sv(plan->state, "rule_id"), err);
    return code;
}

/* What the rule is like before: the document looks whether it is so still. A protocol without ports
 * is shown with -1 there. */
static enum err_code add_before(const cJSON *rule, cJSON *inputs, struct err *err)
{
    static const struct {
        const char *input, *member, *otherwise;
    } inputs_of[] = {{"IpProtocol", "ipProtocol", ""},
                     {"FromPort", "fromPort", "-1"},
                     {"ToPort", "toPort", "-1"}};
    bool v4 = json_get(rule, "cidrIpv4") != NULL;
    enum err_code code = form_add(inputs, "SourceMember", sv_of(v4 ? "CidrIpv4" : "CidrIpv6"), err);
    if (code == OK)
        code = form_add(inputs, "Before", json_sv(rule, v4 ? "cidrIpv4" : "cidrIpv6"), err);
    for (size_t i = 0; code == OK && i < ARRAY_LEN(inputs_of); i++) {
        struct sv value = json_sv(rule, inputs_of[i].member);
        code = form_add(inputs, inputs_of[i].input,
                        value.len > 0 ? value : sv_of(inputs_of[i].otherwise), err);
    }
    return code;
}

static enum err_code modify_inputs(const struct change_plan *plan, cJSON *inputs, struct err *err)
{
    const cJSON *update = json_items(plan->calls.ptr[0].params, "SecurityGroupRules");
    AUTO_FREE char *text = json_print(update);
    enum err_code code = close_inputs(plan, inputs, err);
    if (code == OK)
        code = add_before(json_get(plan->state, "rule"), inputs, err);
    if (code == OK)
        code = form_add(inputs, "Source", json_sv(plan->state, "source"), err);
    if (code == OK)
        code = form_add(inputs, "SecurityGroupRules", sv_of(text), err);
    return code;
}

/* As the call has it, so that it is the same rule. */
static enum err_code open_inputs(const struct change_plan *plan, cJSON *inputs, struct err *err)
{
    const cJSON *params = plan->calls.ptr[0].params;
    enum err_code code = form_add(inputs, "GroupId", json_sv(params, "GroupId"), err);
    const cJSON *permission = json_items(params, "IpPermissions");
    if (code == OK && json_get(params, "TagSpecifications"))
        code = err_set(err, ERR_UNSUPPORTED, "propose",
                       "a rule with tags is not put to somebody else: open it yourself");
    for (; code == OK && permission; permission = permission->next) {
        AUTO_FREE char *text = json_print(permission);
        code = form_add(inputs, "IpPermissions", sv_of(text), err);
    }
    return code;
}

/* What a rule is, without what AWS has given it: tags stay, for they keep it from being told. */
static char *rule_text(const cJSON *rule)
{
    static const char *const members[] = {
        "ipProtocol",          "fromPort",    "toPort", "cidrIpv4", "cidrIpv6", "prefixListId",
        "referencedGroupInfo", "description", "tagSet"};
    AUTO(json_free_at) cJSON *bare = cJSON_CreateObject();
    if (json_bool(rule, "isEgress", false))
        cJSON_AddTrueToObject(bare, "isEgress");
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (json_get(rule, members[i]))
            cJSON_AddItemToObject(bare, members[i],
                                  cJSON_Duplicate(json_get(rule, members[i]), true));
    return json_print(bare);
}

static const struct planner *open_again(const struct change_plan *plan,
                                        char *args[PLANNER_ARGS_MAX])
{
    args[0] = sv_dup(json_sv(plan->state, "group_id"));
    args[1] = mem_strdup(plan->item_key);
    args[2] = rule_text(json_get(plan->state, "rule"));
    return &planner_sg_reopen;
}

/* An undo widens; the undo of that narrows, as at first. */
static const struct planner *modify_again(const struct change_plan *plan,
                                          char *args[PLANNER_ARGS_MAX])
{
    bool widens = sg_modify_widens(plan);
    size_t n = 0;
    args[n++] = sv_dup(json_sv(plan->state, "group_id"));
    if (widens)
        args[n++] = mem_strdup(plan->item_key);
    args[n++] = sv_dup(json_sv(plan->state, "rule_id"));
    args[n++] = sv_dup(json_sv(plan->state, "source"));
    return widens ? &planner_sg_widen : &planner_sg_narrow;
}

const struct form form_close_rule = {.kind = &change_sg_revoke,
                                     .fits = is_ingress,
                                     .document = gov_document_close_rule,
                                     .inputs = close_inputs};
const struct form form_modify_rule = {.kind = &change_sg_modify,
                                      .document = gov_document_modify_rule,
                                      .inputs = modify_inputs,
                                      .again = modify_again};
const struct form form_open_rule = {.kind = &change_sg_authorize,
                                    .fits = is_ingress,
                                    .document = gov_document_open_rule,
                                    .inputs = open_inputs,
                                    .again = open_again};
const struct form form_close_egress_rule = {.kind = &change_sg_revoke,
                                            .fits = is_egress,
                                            .document = gov_document_close_egress_rule,
                                            .inputs = close_inputs};
const struct form form_open_egress_rule = {.kind = &change_sg_authorize,
                                           .fits = is_egress,
                                           .document = gov_document_open_egress_rule,
                                           .inputs = open_inputs,
                                           .again = open_again};
