#include "tests/sandbox/services/config.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/world/security_group.h"
#include "tests/sandbox/world/template.h"

uint32_t config_cell(struct world *world, const struct call *call)
{
    return cell_number(world, world_cell(world, call->account_id, call->region));
}

bool config_need_recorder(struct world *world, uint32_t cell, struct reply *reply)
{
    if (world->cells[cell].recorder != RECORDER_MISSING)
        return true;
    reply_error(reply, 0, "NoAvailableConfigurationRecorderException",
                "There are no configuration recorders available to provide the role needed to "
                "describe your resources. Create a configuration recorder.");
    return false;
}

/* --- items ---------------------------------------------------------------------------------- */

static bool is_ec2(enum resource_type type)
{
    return strncmp(type_infos[type].name, "AWS::EC2::", 10) == 0;
}

static void complete(struct item *item)
{
    cJSON *configuration = cJSON_GetObjectItemCaseSensitive(item->doc, "configuration");
    if (item->resource.ref.type == EC2_SECURITY_GROUP)
        security_group_write_permissions(configuration, json_get(item->doc, "rules"));
    if (!is_ec2(item->resource.ref.type))
        return;
    cJSON *tags = cJSON_AddArrayToObject(configuration, "tags");
    const cJSON *tag;
    cJSON_ArrayForEach (tag, json_get(item->doc, "tags"))
        cJSON_AddItemToArray(tags, json_make("{key:%s,value:%s}", tag->string, tag->valuestring));
}

bool item_version(struct world *world, struct ref ref, size_t version, struct item *item)
{
    int64_t at_ms;
    if (!doc_version(world, ref, version, &item->doc, &at_ms))
        return false;
    resource_describe(world, ref, &item->resource);
    item->version = version;
    item->captured_ms = doc_captured_ms(world, ref, at_ms);
    if (item->doc)
        complete(item);
    return true;
}

bool item_recorded(struct world *world, struct ref ref, int64_t at_ms, struct item *item)
{
    int version = doc_recorded_version(world, ref, at_ms);
    return version >= 0 && item_version(world, ref, (size_t)version, item);
}

void item_done(struct item *item)
{
    cJSON_Delete(item->doc);
    item->doc = NULL;
}

bool item_is_recorded(struct world *world, struct ref ref, int64_t at_ms)
{
    if (world->cells[ref.cell].recorder == RECORDER_MISSING)
        return false;
    if (!doc_is_changed(world, ref))
        return true;
    struct item item;
    if (!item_recorded(world, ref, at_ms, &item))
        return false;
    bool exists = item.doc != NULL;
    item_done(&item);
    return exists;
}

const char *item_name(const struct item *item)
{
    const cJSON *name = json_get(item->doc, "resourceName");
    return cJSON_IsString(name) ? name->valuestring : item->resource.name;
}

static bool is_global(enum resource_type type)
{
    return type == IAM_USER || type == IAM_ROLE || type == IAM_POLICY;
}

const char *resource_region(const struct resource *resource)
{
    return is_global(resource->ref.type) ? "global" : resource->region;
}

const char *item_region(const struct item *item)
{
    return resource_region(&item->resource);
}

const char *item_zone(const struct item *item)
{
    const cJSON *zone = json_get(item->doc, "availabilityZone");
    if (cJSON_IsString(zone))
        return zone->valuestring;
    return is_global(item->resource.ref.type) || item->resource.ref.type == EC2_SECURITY_GROUP
               ? "Not Applicable"
               : "Regional";
}

/* Each value becomes a text: texts stay, everything else is printed. */
static cJSON *as_texts(const cJSON *object)
{
    cJSON *texts = cJSON_CreateObject();
    const cJSON *member;
    cJSON_ArrayForEach (member, object) {
        AUTO_FREE char *text = cJSON_IsString(member) ? NULL : json_print(member);
        cJSON_AddStringToObject(texts, member->string, text ? text : member->valuestring);
    }
    return texts;
}

static const char *item_status(const struct item *item)
{
    return !item->doc ? "ResourceDeleted" : item->version == 0 ? "ResourceDiscovered" : "OK";
}

cJSON *item_base(const struct item *item)
{
    char state_id[24];
    const char *name = item_name(item);
    AUTO_FREE char *configuration =
        item->doc ? json_print(json_get(item->doc, "configuration")) : NULL;
    snprintf(state_id, sizeof state_id, "%lld", (long long)item->captured_ms);
    return json_make(
        "{version:'1.3',accountId:%s,configurationItemCaptureTime:%e,configurationItemStatus:%s,"
        "configurationStateId:%s,arn:%s,resourceType:%s,resourceId:%s,resourceName:%s,"
        "awsRegion:%s,availabilityZone:%s,resourceCreationTime:%e,configuration:%s,"
        "supplementaryConfiguration:%o,recordingFrequency:'CONTINUOUS'}",
        item->resource.account->id, item->captured_ms, item_status(item), state_id,
        item->resource.arn, type_infos[item->resource.ref.type].name, item->resource.id,
        *name ? name : NULL, item_region(item), item_zone(item), item->resource.created_ms,
        configuration, as_texts(json_get(item->doc, "supplementaryConfiguration")));
}

cJSON *item_full(const struct item *item)
{
    cJSON *full = item_base(item);
    const cJSON *tags = json_get(item->doc, "tags");
    const cJSON *relationships = json_get(item->doc, "relationships");
    cJSON_AddItemToObject(full, "tags", tags ? cJSON_Duplicate(tags, true) : cJSON_CreateObject());
    cJSON_AddItemToObject(full, "relationships",
                          relationships ? cJSON_Duplicate(relationships, true)
                                        : cJSON_CreateArray());
    cJSON_AddArrayToObject(full, "relatedEvents");
    cJSON_AddStringToObject(full, "configurationItemMD5Hash", "");
    return full;
}

uint64_t config_count(struct world *world, uint32_t cell, enum resource_type type, int64_t at_ms)
{
    uint64_t n = cell_count(world, cell, type);
    if (world->cells[cell].recorder == RECORDER_MISSING)
        return 0;
    for (size_t i = 0; i < world->changed.len; i++) {
        struct ref ref = world->changed.ptr[i];
        if (ref.cell != cell || ref.type != type)
            continue;
        bool derived = !doc_added_id(world, ref), recorded = item_is_recorded(world, ref, at_ms);
        n += (uint64_t)(!derived && recorded) - (uint64_t)(derived && !recorded);
    }
    return n;
}

/* --- results -------------------------------------------------------------------------------- */

cJSON *config_capped(int64_t n, int64_t cap)
{
    bool exceeded = cap && n > cap;
    return json_make("{CappedCount:%l,CapExceeded:%b}", exceeded ? cap : n, exceeded);
}

cJSON *config_compliance(enum compliance compliance, int64_t n, int64_t cap)
{
    return json_make("{ComplianceType:%s,ComplianceContributorCount:%o}",
                     compliance_name(compliance), n < 0 ? NULL : config_capped(n, cap));
}

cJSON *config_summary(int64_t compliant, int64_t non_compliant, int64_t cap, int64_t at_ms)
{
    return json_make("{CompliantResourceCount:%o,NonCompliantResourceCount:%o,"
                     "ComplianceSummaryTimestamp:%e}",
                     config_capped(compliant, cap), config_capped(non_compliant, cap), at_ms);
}

cJSON *config_result(struct world *world, const struct deployed *deployed, struct ref ref,
                     int64_t at_ms, bool aggregate)
{
    struct outcome outcome;
    struct resource resource;
    evaluation_outcome(world, deployed, ref, at_ms, &outcome);
    resource_describe(world, ref, &resource);
    return json_make(
        "{EvaluationResultIdentifier:{EvaluationResultQualifier:{ConfigRuleName:%s,"
        "ResourceType:%s,ResourceId:%s,EvaluationMode:'DETECTIVE'},OrderingTimestamp:%e},"
        "ComplianceType:%s,ResultRecordedTime:%e,ConfigRuleInvokedTime:%e,Annotation:%s,"
        "AccountId:%s,AwsRegion:%s}",
        deployed->rule->name, type_infos[ref.type].name, resource.id, outcome.invoked_ms,
        compliance_name(outcome.compliance), outcome.recorded_ms, outcome.invoked_ms,
        outcome.annotation[0] ? outcome.annotation : NULL, aggregate ? resource.account->id : NULL,
        aggregate ? resource.region : NULL);
}

bool config_wanted(const struct call *call, struct reply *reply, const char *member,
                   unsigned allowed, unsigned by_default, unsigned *wanted)
{
    const cJSON *name = in_list(call, member);
    *wanted = name ? 0 : by_default;
    for (; name; name = name->next) {
        enum compliance compliance = compliance_by_name(name->valuestring);
        if (!(allowed & COMPLIANCE_BIT(compliance))) {
            reply_error(reply, 0, "InvalidParameterValueException",
                        "The compliance type '%s' is not supported here.", name->valuestring);
            return false;
        }
        *wanted |= COMPLIANCE_BIT(compliance);
    }
    return true;
}

/* --- scopes --------------------------------------------------------------------------------- */

uint64_t scope_size(const struct scope *scope)
{
    uint64_t n = 0;
    for (int type = 0; type < N_TYPES; type++)
        if (scope->types & TYPE_BIT(type))
            n += resource_count(scope->world, scope->cell, (enum resource_type)type);
    return n;
}

struct ref scope_at(const struct scope *scope, uint64_t i)
{
    for (int type = 0; type < N_TYPES; type++) {
        if (!(scope->types & TYPE_BIT(type)))
            continue;
        uint64_t n = resource_count(scope->world, scope->cell, (enum resource_type)type);
        if (i < n)
            return (struct ref){.type = (enum resource_type)type, .cell = scope->cell, .index = i};
        i -= n;
    }
    return (struct ref){.type = N_TYPES};
}
