/* form_remediation: mending a resource by the remedy that AWS Config has for a rule, or by AWS's
 * own document for what it finds. */
#include "core/gov/proposal/form.h"
#include "core/gov/remedy/remediation.h"

static enum err_code remediation_inputs(const struct change_plan *plan, cJSON *inputs,
                                        struct err *err)
{
    static const struct {
        const char *name, *member, *none;
    } texts[] = {
        {"ConfigRuleName", "rule", ""},
        {"ResourceType", "resource_type", ""},
        {"ResourceId", "resource_id", ""},
        {"TargetId", "document", ""},
        {"TargetVersion", "version", "$DEFAULT"}, /* what AWS Config takes when it is told none */
        {"TargetHash", "hash", ""},
    };
    enum err_code code = OK;
    for (size_t i = 0; code == OK && i < ARRAY_LEN(texts); i++) {
        struct sv text = json_sv(plan->state, texts[i].member);
        code = form_add(inputs, texts[i].name, text.len > 0 ? text : sv_of(texts[i].none), err);
    }
    if (code == OK)
        code = form_add(inputs, "AskRule", plan->calls.len > 1 ? SV("yes") : SV("no"), err);
    return code;
}

static enum err_code runbook_inputs_of(const struct change_plan *plan, cJSON *inputs,
                                       struct err *err)
{
    AUTO_FREE char *told = json_print(json_get(plan->calls.ptr[0].params, "Parameters"));
    enum err_code code = remediation_inputs(plan, inputs, err);
    return code == OK ? form_add(inputs, "Inputs", sv_of(told), err) : code;
}

const struct form form_start_remediation = {.kind = &change_remediation,
                                            .document = gov_document_start_remediation,
                                            .inputs = remediation_inputs};
const struct form form_start_runbook = {
    .kind = &change_runbook, .document = gov_document_start_runbook, .inputs = runbook_inputs_of};
