/*
 * form_parameter: creating, writing over and deleting a parameter. The value is read by a step of
 * the document, out of the version that was approved; so it is in the records of the automation,
 * and no secret may go this way.
 */
#include <stdio.h>

#include "core/gov/proposal/form.h"
#include "core/gov/systems_manager/parameter_change.h"

static bool is_creation(const struct change_plan *plan)
{
    return json_i64(plan->state, "version", 0) == 0;
}

static enum err_code add_version(cJSON *inputs, const char *name, int64_t version, struct err *err)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)version);
    return form_add(inputs, name, sv_of(text), err);
}

static enum err_code check_secret(const struct change_plan *plan, struct err *err)
{
    struct parameter_name parts;
    struct sv name = json_sv(plan->state, "name");
    struct sv type = json_sv(json_get(plan->state, "wanted"), "Type");
    struct sv key = parameter_name_parse(name, &parts) ? parts.key : name;
    if (!parameter_is_sensitive(type, key) && json_get(plan->state, "source"))
        return OK;
    return err_set(err, ERR_REFUSED, "propose",
                   SV_FMT " is a secret: the steps of an automation would keep its value, readable "
                          "for whoever may look at automations; approve it here instead",
                   SV_ARG(name));
}

/* What both kinds of writing are told. */
static enum err_code put_inputs(const struct change_plan *plan, cJSON *inputs, struct err *err)
{
    static const char *const members[] = {"Type", "Tier", "DataType"};
    const cJSON *wanted = json_get(plan->state, "wanted");
    const cJSON *source = json_get(plan->state, "source");
    enum err_code code = check_secret(plan, err);
    if (code == OK)
        code = form_add(inputs, "Name", json_sv(plan->state, "name"), err);
    if (code == OK)
        code = form_add(inputs, "ApprovedName", json_sv(source, "name"), err);
    if (code == OK)
        code = add_version(inputs, "ApprovedVersion", json_i64(source, "version", 0), err);
    for (size_t i = 0; code == OK && i < ARRAY_LEN(members); i++)
        code = form_add(inputs, members[i], json_sv(wanted, members[i]), err);
    return code;
}

static enum err_code create_inputs(const struct change_plan *plan, cJSON *inputs, struct err *err)
{
    enum err_code code = put_inputs(plan, inputs, err);
    const cJSON *tag = json_items(plan->calls.ptr[0].params, "Tags");
    for (; code == OK && tag; tag = tag->next) {
        AUTO_FREE char *text = json_print(tag);
        code = form_add(inputs, "Tags", sv_of(text), err);
    }
    return code;
}

static enum err_code overwrite_inputs(const struct change_plan *plan, cJSON *inputs,
                                      struct err *err)
{
    int64_t version = json_i64(plan->state, "version", 0);
    enum err_code code = put_inputs(plan, inputs, err);
    if (code == OK)
        code = add_version(inputs, "Version", version, err);
    if (code == OK)
        code = add_version(inputs, "VersionAfter", version + 1, err);
    return code;
}

static enum err_code delete_inputs(const struct change_plan *plan, cJSON *inputs, struct err *err)
{
    enum err_code code = form_add(inputs, "Name", json_sv(plan->state, "name"), err);
    if (code == OK)
        code = add_version(inputs, "Version", json_i64(plan->state, "version", 0), err);
    return code;
}

#define NOTE \
    "a step of the automation reads the value, and AWS keeps what steps read: it is no secret"

const struct form form_create_parameter = {.kind = &change_parameter_put,
                                           .fits = is_creation,
                                           .document = gov_document_create_parameter,
                                           .note = NOTE,
                                           .inputs = create_inputs};
const struct form form_overwrite_parameter = {.kind = &change_parameter_put,
                                              .document = gov_document_overwrite_parameter,
                                              .note = NOTE,
                                              .inputs = overwrite_inputs};
const struct form form_delete_parameter = {.kind = &change_parameter_delete,
                                           .document = gov_document_delete_parameter,
                                           .inputs = delete_inputs};
