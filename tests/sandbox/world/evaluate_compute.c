/* evaluate_compute: instances, volumes, functions, load balancers. */
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "tests/sandbox/world/rules.h"

#define DAY_MS INT64_C(86400000)

enum compliance evaluate_no_public_ip(const struct evidence *evidence)
{
    return verdict(evidence_sv(evidence, "configuration.publicIpAddress").len == 0);
}

/* "User initiated (2026-02-01 10:00:00 GMT)" says since when. */
static bool read_stop_time(struct sv reason, int64_t *ms)
{
    char iso[CLOCK_ISO_SIZE];
    sv_split(&reason, '(');
    if (reason.len < 19)
        return false;
    snprintf(iso, sizeof iso, "%.10sT%.8sZ", reason.ptr, reason.ptr + 11);
    return clock_parse_iso8601(sv_of(iso), ms);
}

enum compliance evaluate_stopped(const struct evidence *evidence)
{
    int64_t since_ms;
    if (!sv_eq_cstr(evidence_sv(evidence, "configuration.state.name"), "stopped"))
        return COMPLIANT;
    if (!read_stop_time(evidence_sv(evidence, "configuration.stateTransitionReason"), &since_ms))
        return NOT_APPLICABLE;
    int64_t days = (evidence->at_ms - since_ms) / DAY_MS;
    if (days <= evidence_number(evidence, "AllowedDays", 30))
        return COMPLIANT;
    return violation(evidence, "Stopped for %lld days.", (long long)days);
}

enum compliance evaluate_instance_type(const struct evidence *evidence)
{
    return verdict(list_has(evidence_parameter(evidence, "instanceType"),
                            evidence_sv(evidence, "configuration.instanceType")));
}

enum compliance evaluate_multiple_interfaces(const struct evidence *evidence)
{
    return verdict(cJSON_GetArraySize(evidence_get(evidence, "configuration.networkInterfaces")) <=
                   1);
}

enum compliance evaluate_managed_by_ssm(const struct evidence *evidence)
{
    struct ref inventory = evidence->ref;
    if (!sv_eq_cstr(evidence_sv(evidence, "configuration.state.name"), "running"))
        return NOT_APPLICABLE;
    inventory.type = SSM_INVENTORY;
    return verdict(inventory.index < cell_count(evidence->world, inventory.cell, SSM_INVENTORY) &&
                   doc_exists(evidence->world, inventory));
}

enum compliance evaluate_volume_encrypted(const struct evidence *evidence)
{
    if (!sv_eq_cstr(evidence_sv(evidence, "configuration.state"), "in-use"))
        return NOT_APPLICABLE;
    return verdict(evidence_bool(evidence, "configuration.encrypted"));
}

enum compliance evaluate_volume_in_use(const struct evidence *evidence)
{
    const cJSON *attachment = json_items(evidence_get(evidence, "configuration"), "attachments");
    if (!attachment)
        return NON_COMPLIANT;
    bool must_die = sv_eq_cstr(evidence_parameter(evidence, "deleteOnTermination"), "true");
    return verdict(!must_die || json_bool(attachment, "deleteOnTermination", false));
}

enum compliance evaluate_function_public(const struct evidence *evidence)
{
    return verdict(!policy_allows_everybody(
        evidence_get(evidence, "supplementaryConfiguration.Policy"), "lambda:"));
}

enum compliance evaluate_elb_listeners(const struct evidence *evidence)
{
    const cJSON *listener =
        json_items(evidence_get(evidence, "configuration"), "listenerDescriptions");
    if (!listener)
        return NOT_APPLICABLE;
    for (; listener; listener = listener->next) {
        struct sv protocol = json_sv(json_get(listener, "listener"), "protocol");
        if (!sv_eq_cstr(protocol, "HTTPS") && !sv_eq_cstr(protocol, "SSL"))
            return NON_COMPLIANT;
    }
    return COMPLIANT;
}

static bool redirects_to_https(const cJSON *listener)
{
    for (const cJSON *action = json_items(listener, "defaultActions"); action;
         action = action->next)
        if (sv_eq_cstr(json_string(json_path(action, "redirectConfig.protocol")), "HTTPS"))
            return true;
    return false;
}

enum compliance evaluate_alb_redirect(const struct evidence *evidence)
{
    const cJSON *listener =
        json_items(evidence_get(evidence, "supplementaryConfiguration"), "Listeners");
    for (; listener; listener = listener->next)
        if (sv_eq_cstr(json_sv(listener, "protocol"), "HTTP") && !redirects_to_https(listener))
            return NON_COMPLIANT;
    return COMPLIANT;
}

enum compliance evaluate_alb_headers(const struct evidence *evidence)
{
    const cJSON *attribute =
        json_items(evidence_get(evidence, "supplementaryConfiguration"), "LoadBalancerAttributes");
    for (; attribute; attribute = attribute->next)
        if (sv_eq_cstr(json_sv(attribute, "key"),
                       "routing.http.drop_invalid_header_fields.enabled"))
            return verdict(sv_eq_cstr(json_sv(attribute, "value"), "true"));
    return NON_COMPLIANT;
}
