/* form_remediation: letting AWS Config mend a resource by the remedy of a rule. */
#include "core/gov/config/remediation.h"
#include "core/gov/proposal/form.h"

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

const struct form form_start_remediation = {.kind = &change_remediation,
                                            .document = gov_document_start_remediation,
                                            .inputs = remediation_inputs};
