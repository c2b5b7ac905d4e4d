/*
 * parameter_change: the kinds. plan->state is
 *     {name, version, version_after?, wanted: {Type, KeyId, Tier, DataType}?, before: {the same}?,
 *      source: {name, version, is_latest}?, value?}
 * version: the one that the parameter has before; 0: there is none. No secret is in it.
 */
#include "core/gov/systems_manager/parameter_change.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/gov/security_group/sg_policy.h"
#include "core/gov/systems_manager/parameter_look.h"

/* "After deleting a parameter, wait for at least 30 seconds to create a parameter with the same
 * name": DeleteParameter in the API reference. */
#define CREATE_AFTER_DELETE_MS 30000

static const struct sv reserved_tags = {"aws:", 4}; /* nobody but AWS may set them */

/* --- parts of plans -------------------------------------------------------------------------- */

static void add_text(cJSON *object, const char *member, struct sv text)
{
    AUTO_FREE char *copy = text.len > 0 ? sv_dup(text) : NULL;
    if (copy)
        cJSON_AddStringToObject(object, member, copy);
}

/* KeyId is of sealed values alone, DataType of the others. */
static void add_facts(cJSON *object, const cJSON *facts)
{
    bool secure = parameter_is_secure(json_sv(facts, "Type"));
    add_text(object, "Type", json_sv(facts, "Type"));
    add_text(object, secure ? "KeyId" : "DataType", json_sv(facts, secure ? "KeyId" : "DataType"));
    add_text(object, "Tier", json_sv(facts, "Tier"));
}

static cJSON *facts_to_json(const struct parameter_facts *facts)
{
    cJSON *json = cJSON_CreateObject();
    add_text(json, "Type", sv_of(facts->type));
    add_text(json, "KeyId", sv_of(facts->key_id));
    add_text(json, "Tier", sv_of(facts->tier));
    add_text(json, "DataType", sv_of(facts->data_type));
    return json;
}

/* Without the value. Tags only when it is created. */
static cJSON *put_params(struct sv name, const cJSON *facts, bool overwrite, const cJSON *tags)
{
    cJSON *params = cJSON_CreateObject(), *list = NULL;
    add_text(params, "Name", name);
    add_facts(params, facts);
    cJSON_AddBoolToObject(params, "Overwrite", overwrite);
    for (; tags && !overwrite; tags = tags->next) {
        if (sv_starts(json_sv(tags, "Key"), reserved_tags))
            continue;
        list = list ? list : cJSON_AddArrayToObject(params, "Tags");
        cJSON_AddItemToArray(list, cJSON_Duplicate(tags, true));
    }
    return params;
}

static cJSON *name_params(struct sv name)
{
    cJSON *params = cJSON_CreateObject();
    add_text(params, "Name", name);
    return params;
}

static cJSON *source_to_json(const struct parameter_source *source)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "name", source->name);
    cJSON_AddNumberToObject(json, "version", (double)source->version);
    cJSON_AddBoolToObject(json, "is_latest", source->is_latest);
    return json;
}

static cJSON *state_new(struct sv name, int64_t version)
{
    cJSON *state = cJSON_CreateObject();
    add_text(state, "name", name);
    cJSON_AddNumberToObject(state, "version", (double)version);
    return state;
}

/* --- plans ----------------------------------------------------------------------------------- */

struct change_plan *parameter_put_plan_new(const char *name, const struct parameter_facts *wanted,
                                           const struct parameter_source *source,
                                           const struct parameter_facts *before, const cJSON *tags)
{
    struct change_plan *plan = change_plan_new(&change_parameter_put);
    plan->state = state_new(sv_of(name), before ? before->version : 0);
    cJSON *facts = facts_to_json(wanted);
    cJSON_AddItemToObject(plan->state, "wanted", facts);
    cJSON_AddItemToObject(plan->state, "source", source_to_json(source));
    change_plan_add_call(plan, OP_ssm_PutParameter, put_params(sv_of(name), facts, before, tags));
    plan->reversible = REVERSIBLE;
    if (!before) {
        change_plan_add_inverse(plan, OP_ssm_DeleteParameter, name_params(sv_of(name)));
        return plan;
    }
    cJSON *old = facts_to_json(before);
    cJSON_AddItemToObject(plan->state, "before", old);
    change_plan_add_inverse(plan, OP_ssm_PutParameter, put_params(sv_of(name), old, true, NULL));
    return plan;
}

struct change_plan *parameter_delete_plan_new(const struct parameter_facts *before,
                                              const char *value)
{
    struct change_plan *plan = change_plan_new(&change_parameter_delete);
    struct sv name = sv_of(before->name);
    plan->state = state_new(name, before->version);
    cJSON *old = facts_to_json(before);
    cJSON_AddItemToObject(plan->state, "before", old);
    change_plan_add_call(plan, OP_ssm_DeleteParameter, name_params(name));
    plan->reversible = value ? PARTLY_REVERSIBLE : IRREVERSIBLE;
    if (!value)
        return plan;
    cJSON *params = put_params(name, old, false, NULL);
    cJSON_AddStringToObject(params, "Value", value);
    cJSON_AddStringToObject(plan->state, "value", value);
    change_plan_add_inverse(plan, OP_ssm_PutParameter, params);
    return plan;
}

/* --- undoing --------------------------------------------------------------------------------- */

static char *title_of(const char *verb, struct sv name)
{
    struct buf title = BUF_NONE;
    buf_addf(&title, "%s " SV_FMT, verb, SV_ARG(name));
    return buf_take(&title);
}

/* The version that the done change has made; AWS counts them one by one. */
static int64_t version_after(const struct change_plan *done)
{
    return json_i64(done->state, "version_after", json_i64(done->state, "version", 0) + 1);
}

static struct change_plan *undo_creation(const struct change_plan *done)
{
    struct sv name = json_sv(done->state, "name");
    struct change_plan *plan = change_plan_new(&change_parameter_delete);
    plan->state = state_new(name, version_after(done));
    cJSON_AddItemToObject(plan->state, "before",
                          cJSON_Duplicate(json_get(done->state, "wanted"), true));
    change_plan_add_call(plan, OP_ssm_DeleteParameter, name_params(name));
    plan->title = title_of("Delete again", name);
    plan->reversible = IRREVERSIBLE;
    change_plan_diff(plan, '-', SV_FMT, SV_ARG(name));
    change_plan_evidence(plan, "approving the missing parameter again creates it once more");
    return plan;
}

static struct change_plan *undo_overwriting(const struct change_plan *done)
{
    struct sv name = json_sv(done->state, "name");
    AUTO_FREE char *own_name = sv_dup(name);
    const cJSON *before = json_get(done->state, "before");
    const struct parameter_source source = {own_name, json_i64(done->state, "version", 0), false};
    struct change_plan *plan = change_plan_new(&change_parameter_put);
    plan->state = state_new(name, version_after(done));
    cJSON_AddItemToObject(plan->state, "wanted", cJSON_Duplicate(before, true));
    cJSON_AddItemToObject(plan->state, "before",
                          cJSON_Duplicate(json_get(done->state, "wanted"), true));
    cJSON_AddItemToObject(plan->state, "source", source_to_json(&source));
    change_plan_add_call(plan, OP_ssm_PutParameter, put_params(name, before, true, NULL));
    change_plan_add_inverse(plan, OP_ssm_PutParameter,
                            put_params(name, json_get(done->state, "wanted"), true, NULL));
    struct buf title = BUF_NONE;
    buf_addf(&title, "Put back version %lld of " SV_FMT, (long long)source.version, SV_ARG(name));
    plan->title = buf_take(&title);
    plan->reversible = REVERSIBLE;
    change_plan_diff(plan, '-', SV_FMT " version %lld", SV_ARG(name),
                     (long long)version_after(done));
    change_plan_diff(plan, '+', SV_FMT " as in version %lld", SV_ARG(name),
                     (long long)source.version);
    change_plan_evidence(plan,
                         "the value is read from " SV_FMT ":%lld right before it is sent, and kept "
                         "nowhere",
                         SV_ARG(name), (long long)source.version);
    return plan;
}

static struct change_plan *undo_put(const struct change_plan *done, struct err *err)
{
    (void)err;
    bool was_created = json_i64(done->state, "version", 0) == 0;
    struct change_plan *plan = was_created ? undo_creation(done) : undo_overwriting(done);
    str_copy(plan->severity, done->severity);
    plan->why = mem_strdup("undoes what was approved");
    return plan;
}

static struct change_plan *undo_delete(const struct change_plan *done, struct err *err)
{
    struct sv name = json_sv(done->state, "name"), value = json_sv(done->state, "value");
    const cJSON *before = json_get(done->state, "before");
    if (!value.ptr) {
        err_set(err, ERR_NOT_FOUND, "undo",
                "the value of " SV_FMT " is gone: nobody has kept it, as it is a secret",
                SV_ARG(name));
        return NULL;
    }
    struct change_plan *plan = change_plan_new(&change_parameter_put);
    cJSON *params = put_params(name, before, false, NULL);
    cJSON_AddItemToObject(params, "Value", cJSON_Duplicate(json_get(done->state, "value"), true));
    plan->state = state_new(name, 0);
    cJSON_AddItemToObject(plan->state, "wanted", cJSON_Duplicate(before, true));
    cJSON_AddItemToObject(plan->state, "value",
                          cJSON_Duplicate(json_get(done->state, "value"), true));
    change_plan_add_call(plan, OP_ssm_PutParameter, params);
    change_plan_add_inverse(plan, OP_ssm_DeleteParameter, name_params(name));
    str_copy(plan->severity, done->severity);
    plan->title = title_of("Create again", name);
    plan->why = mem_strdup("undoes a deletion");
    plan->reversible = PARTLY_REVERSIBLE;
    plan->undo_pause_ms = CREATE_AFTER_DELETE_MS;
    change_plan_diff(plan, '+', SV_FMT, SV_ARG(name));
    change_plan_evidence(plan, "its history, its labels and its tags do not return");
    return plan;
}

/* --- accepting ------------------------------------------------------------------------------- */

static enum err_code accept_put(struct change_plan *plan, size_t call, const cJSON *reply,
                                struct err *err)
{
    int64_t version = json_i64(reply, "Version", 0);
    (void)call, (void)err;
    cJSON_DeleteItemFromObjectCaseSensitive(plan->state, "version_after");
    if (version > 0)
        cJSON_AddNumberToObject(plan->state, "version_after", (double)version);
    return OK;
}

const struct change_kind change_parameter_put = {
    .name = "parameter-put",
    .look = parameter_look_put,
    .accept = accept_put,
    .undo = undo_put,
    .fill = parameter_fill,
};

const struct change_kind change_parameter_delete = {
    .name = "parameter-delete",
    .look = parameter_look_delete,
    .undo = undo_delete,
};
