#include "core/gov/queue/item_type.h"

#include "core/base/mem.h"

static const struct item_type types[] = {
    {"unrestricted_all_traffic", "sg-policy", false, false, false},
    {"unrestricted_all_ports", "sg-policy", false, false, false},
    {"unrestricted_dangerous_port", "sg-policy", false, false, false},
    {"unrestricted_privileged_port", "sg-policy", false, false, true},
    {"unrestricted_protocol", "sg-policy", false, false, true},
    {"unrestricted_port", "sg-policy", false, false, true},
    {"world_web", "sg-policy", false, false, false},
    {"unrestricted_icmp", "sg-policy", false, false, true},
    {"broad_source", "sg-policy", false, false, true},
    {"default_group_rule", "sg-policy", false, false, false},
    {"egress_open", "sg-policy", false, false, false},
    {"baseline_rule_missing", "sg-baseline", false, false, true},
    {"baseline_rule_extra", "sg-baseline", false, false, true},
    {"baseline_metadata", "sg-metadata", false, false, false},
    {"missing_parameter", "parameter", false, false, false},
    {"parameter_value_drift", "parameter", false, false, true},
    {"unauthorized_parameter", "parameter", true, false, false},
    {"type_drift", "parameter", true, false, false}, /* another type is deleted first */
    {"parameter_unknown", "parameter", true, true, false},
    {"preferences_drift", "preferences", false, false, true}, /* AWS keeps the version before */
    {"preferences_missing", "preferences", false, false, true},
    {"preferences_unknown", "preferences", true, true, false},
};

const struct item_type *item_type(size_t i)
{
    return i < ARRAY_LEN(types) ? &types[i] : NULL;
}

const struct item_type *item_type_find(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (sv_eq_cstr(name, types[i].name))
            return &types[i];
    return NULL;
}

bool item_is_automatic(const struct settings *settings, const char *type, enum severity severity)
{
    const struct item_type *known = item_type_find(sv_of(type));
    return known && known->applies && !known->deletes &&
           (severity == SEVERITY_LOW || severity == SEVERITY_MEDIUM) &&
           patterns_match(sv_of(settings->apply_automatically), sv_of(type));
}
