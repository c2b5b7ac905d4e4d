/* form_rule: closing a rule of a security group, and opening one that is approved. */
#include "core/base/mem.h"
#include "core/gov/proposal/form.h"
#include "core/gov/security_group/sg_change.h"

static enum err_code close_inputs(const struct change_plan *plan, cJSON *inputs, struct err *err)
{
    enum err_code code = form_add(inputs, "GroupId", json_sv(plan->state, "group_id"), err);
    if (code == OK)
        code = form_add(inputs, "SecurityGroupRuleId", json_sv(plan->state, "rule_id"), err);
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

const struct form form_close_rule = {
    .kind = &change_sg_revoke, .document = gov_document_close_rule, .inputs = close_inputs};
const struct form form_open_rule = {
    .kind = &change_sg_authorize, .document = gov_document_open_rule, .inputs = open_inputs};
