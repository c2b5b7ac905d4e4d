/* describe_resource: what AWS Config has recorded of a resource, and what its rules say of it. */
#include <string.h>

#include "core/gov/config/recorded.h"
#include "core/gov/describe/describing.h"
#include "core/gov/load/reply.h"

static cJSON *resource_params(const struct describing *describing, const char *type_member,
                              const char *id_member)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, type_member, describing->type);
    cJSON_AddStringToObject(params, id_member, describing->id);
    return params;
}

static void record_ask(struct inquiry *inquiry, const struct describing *describing)
{
    cJSON *keys = cJSON_CreateArray(), *batch = cJSON_CreateObject();
    cJSON_AddItemToArray(keys, resource_params(describing, "resourceType", "resourceId"));
    cJSON_AddItemToObject(batch, "resourceKeys", keys);
    cJSON *history = resource_params(describing, "resourceType", "resourceId");
    cJSON_AddNumberToObject(history, "limit", 1);
    inquiry_read(inquiry, OP_config_BatchGetResourceConfig, &describing->target, batch, NULL);
    inquiry_read_pages(inquiry, OP_config_GetResourceConfigHistory, &describing->target, history, 1,
                       NULL);
}

void recorded_ask(struct inquiry *inquiry, const struct describing *describing)
{
    if (recorded_is_kept(describing->type))
        record_ask(inquiry, describing);
    inquiry_read(inquiry, OP_config_GetComplianceDetailsByResource, &describing->target,
                 resource_params(describing, "ResourceType", "ResourceId"), NULL);
}

/* The item as AWS Config has it, its configuration (a text of JSON) unfolded. */
static cJSON *recorded_item(const struct inquiry *inquiry)
{
    const cJSON *page = inquiry_page(inquiry, OP_config_BatchGetResourceConfig, 0);
    cJSON *item = cJSON_Duplicate(json_items(page, "baseConfigurationItems"), true);
    cJSON *configuration = NULL;
    if (json_parse(json_sv(item, "configuration"), "configuration", &configuration, NULL) == OK)
        cJSON_ReplaceItemInObjectCaseSensitive(item, "configuration", configuration);
    return item;
}

static void tell_item(struct describing *describing, const cJSON *item)
{
    static const struct told_member members[] = {{"resourceName", "name", false},
                                                 {"arn", "ARN", true},
                                                 {"availabilityZone", "zone", false},
                                                 {"configurationItemStatus", "status", false}};
    tell_members(describing, "Recorded", item, members, ARRAY_LEN(members));
    tell_time(describing, "Recorded", "as of", item, "configurationItemCaptureTime");
    tell_scalars(describing, "Configuration", json_get(item, "configuration"));
    tell_json(describing, item);
}

static void tell_history(struct inquiry *inquiry, struct describing *describing)
{
    const cJSON *page = inquiry_page(inquiry, OP_config_GetResourceConfigHistory, 0);
    const cJSON *item = json_items(page, "configurationItems");
    const cJSON *tags = json_get(item, "tags");
    for (const cJSON *tag = tags ? tags->child : NULL; tag; tag = tag->next)
        tell(describing, "Tags", sv_of(tag->string), json_string(tag));
    for (const cJSON *of = json_items(item, "relationships"); of; of = of->next) {
        AUTO(buf_done) struct buf value = BUF_NONE;
        buf_add(&value, json_sv(of, "resourceType"));
        buf_addf(&value, " " SV_FMT, SV_ARG(json_sv(of, "resourceId")));
        tell_identity(describing, "Related", json_sv(of, "relationshipName"), buf_sv(&value));
    }
}

void recorded_tell(struct inquiry *inquiry, struct describing *describing)
{
    AUTO(json_free_at) cJSON *item = recorded_item(inquiry);
    tell_item(describing, item);
    tell_history(inquiry, describing);
}

void verdicts_tell(struct inquiry *inquiry, struct describing *describing)
{
    INQUIRY_EACH(inquiry, OP_config_GetComplianceDetailsByResource, "EvaluationResults", item)
    {
        AUTO(buf_done) struct buf value = BUF_NONE;
        const cJSON *of = json_path(item, "EvaluationResultIdentifier.EvaluationResultQualifier");
        struct sv annotation = json_sv(item, "Annotation");
        buf_add(&value, json_sv(item, "ComplianceType"));
        if (annotation.len > 0)
            buf_addf(&value, ": " SV_FMT, SV_ARG(annotation));
        tell(describing, "Rules", json_sv(of, "ConfigRuleName"), buf_sv(&value));
    }
}

static void resource_begin(struct inquiry *inquiry, struct describing *describing)
{
    recorded_ask(inquiry, describing);
    changes_ask(inquiry, describing, describing->id);
}

static void resource_end(struct inquiry *inquiry, struct describing *describing)
{
    verdicts_tell(inquiry, describing);
    changes_tell(inquiry, describing);
    recorded_tell(inquiry, describing);
}

const struct describer describer_resource = {resource_begin, resource_end};

const struct describer *describer_of_resource(const struct describing *describing)
{
    bool is_group = strcmp(describing->type, "AWS::EC2::SecurityGroup") == 0;
    return is_group ? &describer_group : &describer_resource;
}
