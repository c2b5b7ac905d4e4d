/* ssm_tag: tags of what Systems Manager has. */
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/automation/automation.h"
#include "tests/sandbox/services/ssm.h"
#include "tests/sandbox/services/ssm_document.h"
#include "tests/sandbox/services/ssm_parameter.h"
#include "tests/sandbox/world/template.h"

#define TAGS_MAX 50

/* {key: value}; NULL: there is no such resource. */
static cJSON *parameter_tags(struct world *world, const struct call *call, const char *id)
{
    const struct parameter *parameter = parameter_find(ssm_parameters(world, call), sv_of(id));
    return parameter ? parameter->tags : NULL;
}

static cJSON *automation_tags(struct world *world, const struct call *call, const char *id)
{
    const struct automation *automation = automation_find(world, ssm_cell(world, call), id);
    return automation ? automation->tags : NULL;
}

/* Its own ones alone: nobody else's can be tagged. */
static cJSON *document_tags(struct world *world, const struct call *call, const char *id)
{
    const struct document *document = document_find(world, ssm_cell(world, call), id);
    return document && !document->is_owned ? document->tags : NULL;
}

static const struct {
    const char *type;
    cJSON *(*tags)(struct world *world, const struct call *call, const char *id);
} kinds[] = {
    {"Automation", automation_tags},
    {"Document", document_tags},
    {"OpsItem", ssm_ops_item_tags},
    {"Parameter", parameter_tags},
};

static cJSON *find_tags(struct world *world, const struct call *call, struct reply *reply)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].type, in_str(call, "ResourceType")) == 0) {
            cJSON *tags = kinds[i].tags(world, call, in_str(call, "ResourceId"));
            if (!tags)
                reply_error(reply, 0, "InvalidResourceId", "%s", "");
            return tags;
        }
    reply_error(reply, 0, "InvalidResourceId", "%s", "");
    return NULL;
}

void ssm_add_tags(struct world *world, const struct call *call, struct reply *reply)
{
    cJSON *tags = find_tags(world, call, reply);
    if (!tags)
        return;
    int n = cJSON_GetArraySize(tags);
    for (const cJSON *tag = in_list(call, "Tags"); tag; tag = tag->next)
        n += !json_get(tags, json_sv(tag, "Key").ptr);
    if (n > TAGS_MAX) {
        reply_error(reply, 0, "TooManyTagsError", "%s", "");
        return;
    }
    for (const cJSON *tag = in_list(call, "Tags"); tag; tag = tag->next) {
        cJSON_DeleteItemFromObjectCaseSensitive(tags, json_sv(tag, "Key").ptr);
        cJSON_AddStringToObject(tags, json_sv(tag, "Key").ptr, json_sv(tag, "Value").ptr);
    }
}

void ssm_remove_tags(struct world *world, const struct call *call, struct reply *reply)
{
    cJSON *tags = find_tags(world, call, reply);
    for (const cJSON *key = tags ? in_list(call, "TagKeys") : NULL; key; key = key->next)
        cJSON_DeleteItemFromObjectCaseSensitive(tags, key->valuestring);
}

void ssm_list_tags(struct world *world, const struct call *call, struct reply *reply)
{
    const cJSON *tags = find_tags(world, call, reply), *tag;
    if (!tags)
        return;
    cJSON *list = cJSON_AddArrayToObject(reply->output, "TagList");
    cJSON_ArrayForEach (tag, tags)
        cJSON_AddItemToArray(list, json_make("{Key:%s,Value:%s}", tag->string, tag->valuestring));
}
