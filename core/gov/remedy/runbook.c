#include "core/gov/remedy/runbook.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/gov/load/reply.h"
#include "core/gov/remedy/runbook_value.h"

#define UNSEEN NULL

static const struct runbook runbooks[] = {
#define RUNBOOK(identifier, mode, document, parameters, note) \
    {#identifier, RUNBOOK_##mode, document, parameters, note},
#include "core/gov/remedy/runbooks.def"
#undef RUNBOOK
};

const struct runbook *runbook_of(const cJSON *rule)
{
    const cJSON *source = json_get(rule, "Source");
    if (!sv_eq_cstr(json_sv(source, "Owner"), "AWS"))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(runbooks); i++)
        if (sv_eq_cstr(json_sv(source, "SourceIdentifier"), runbooks[i].identifier))
            return &runbooks[i];
    return NULL;
}

const struct runbook *runbook_by_document(struct sv document)
{
    for (size_t i = 0; i < ARRAY_LEN(runbooks); i++)
        if (sv_eq_cstr(document, runbooks[i].document))
            return &runbooks[i];
    return NULL;
}

/* --- parameters ------------------------------------------------------------------------------ */

bool runbook_parameter(struct sv *rest, struct sv *name, struct sv *value)
{
    if (rest->len == 0)
        return false;
    *value = sv_split(rest, ' ');
    *name = sv_split(value, '=');
    return true;
}

static bool is_resource(struct sv value)
{
    return sv_eq(value, SV("RESOURCE_ID"));
}

/* "{{log_bucket}}": its name; SV_NONE for what the table itself says. */
static struct sv operators(struct sv value)
{
    if (!sv_starts(value, SV("{{")))
        return SV_NONE;
    return (struct sv){value.ptr + 2, value.len - 4};
}

struct sv runbook_resource_parameter(const struct runbook *runbook)
{
    struct sv rest = sv_of(runbook->parameters), name, value;
    while (runbook_parameter(&rest, &name, &value))
        if (is_resource(value))
            return name;
    return SV_NONE;
}

/* What the rule asks for by a parameter of its own; SV_NONE when it does not. */
static struct sv asked_by_rule(const cJSON *rule_parameters, struct sv name)
{
    const cJSON *it;
    cJSON_ArrayForEach (it, rule_parameters) {
        if (sv_eq_nocase(sv_of(it->string), name) && json_string(it).len > 0)
            return json_string(it);
    }
    return SV_NONE;
}

static cJSON *rule_parameters(const cJSON *rule)
{
    cJSON *parameters = NULL;
    json_parse(json_sv(rule, "InputParameters"), "rule", &parameters, NULL);
    return parameters;
}

/* Nobody knows it: neither the rule nor the settings. */
static void say_unknown(struct sv name, struct sv operators_name, struct sv values, struct buf *why)
{
    static const struct aws_target anywhere;
    AUTO(buf_done) struct buf set = BUF_NONE;
    if (runbook_value(values, operators_name, &anywhere, &set))
        return;
    buf_addf(why, "its " SV_FMT " is not known here", SV_ARG(name));
    if (runbook_value_is_known(operators_name))
        buf_addf(why, ": set " SV_FMT " in document_values", SV_ARG(operators_name));
}

bool runbook_lacks(const struct runbook *runbook, const cJSON *rule, struct sv values,
                   struct buf *why)
{
    AUTO(json_free_at) cJSON *asked = rule_parameters(rule);
    struct sv rest = sv_of(runbook->parameters), name, value;
    size_t before = why->len;
    if (runbook->mode == RUNBOOK_COMMAND)
        buf_add_cstr(why, "it is a document of Run Command, which is not sent from here");
    else if (runbook->mode == RUNBOOK_BY_HAND)
        buf_add_cstr(why, "it is one step of several, which are done by hand");
    else if (!runbook->parameters)
        buf_add_cstr(why, "its parameters are not known here");
    while (why->len == before && runbook_parameter(&rest, &name, &value))
        if (operators(value).len > 0 && asked_by_rule(asked, name).len == 0)
            say_unknown(name, operators(value), values, why);
    return why->len > before;
}

bool runbook_is_told(const struct runbook *runbook, const cJSON *rule, struct sv parameter)
{
    AUTO(json_free_at) cJSON *asked = rule_parameters(rule);
    struct sv rest = sv_of(runbook->parameters), name, value;
    while (runbook_parameter(&rest, &name, &value))
        if (sv_eq(name, parameter))
            return operators(value).len > 0 && asked_by_rule(asked, name).len == 0;
    return false;
}

static void add_input(cJSON *inputs, struct sv name, struct sv value)
{
    AUTO_FREE char *key = sv_dup(name), *text = sv_dup(value);
    cJSON_AddItemToObject(inputs, key, reply_list_of(text));
}

static cJSON *make_inputs(const struct runbook *runbook, const struct runbook_use *use)
{
    AUTO(json_free_at) cJSON *asked = rule_parameters(use->rule);
    struct sv rest = sv_of(runbook->parameters), name, value;
    cJSON *inputs = cJSON_CreateObject();
    while (runbook_parameter(&rest, &name, &value)) {
        AUTO(buf_done) struct buf set = BUF_NONE;
        struct sv own = asked_by_rule(asked, name);
        if (operators(value).len > 0 &&
            runbook_value(use->values, operators(value), use->target, &set))
            value = buf_sv(&set);
        add_input(inputs, name,
                  is_resource(value) ? sv_of(use->resource_id)
                  : own.len > 0      ? own
                                     : value);
    }
    if (use->role_arn[0])
        add_input(inputs, SV(RUNBOOK_ROLE), sv_of(use->role_arn));
    return inputs;
}

/* --- what the document says --------------------------------------------------------------------
 */

static enum err_code check_document(const struct runbook *runbook, const cJSON *document,
                                    struct err *err)
{
    if (!sv_eq_cstr(json_sv(document, "Owner"), "Amazon"))
        return err_set(err, ERR_REFUSED, runbook->document,
                       "%s is not AWS's: it is owned by " SV_FMT, runbook->document,
                       SV_ARG(json_sv(document, "Owner")));
    if (!sv_eq_cstr(json_sv(document, "DocumentType"), "Automation"))
        return err_set(err, ERR_REFUSED, runbook->document,
                       "%s is no automation: it is a document of the type " SV_FMT,
                       runbook->document, SV_ARG(json_sv(document, "DocumentType")));
    return OK;
}

static const cJSON *parameter_of(const cJSON *document, const char *name)
{
    for (const cJSON *it = json_items(document, "Parameters"); it; it = it->next)
        if (sv_eq_cstr(json_sv(it, "Name"), name))
            return it;
    return NULL;
}

/* What it is to be told, it must take. */
static enum err_code check_given(const struct runbook *runbook, const cJSON *document,
                                 const cJSON *inputs, struct err *err)
{
    const cJSON *input;
    cJSON_ArrayForEach (input, inputs) {
        if (!parameter_of(document, input->string))
            return err_set(err, ERR_REFUSED, runbook->document,
                           "%s has no parameter %s any more: AWS has changed it, and what it does "
                           "now is not known here",
                           runbook->document, input->string);
    }
    return OK;
}

/* What it must be told, is known. */
static enum err_code check_wanted(const struct runbook *runbook, const cJSON *document,
                                  const cJSON *inputs, struct err *err)
{
    for (const cJSON *it = json_items(document, "Parameters"); it; it = it->next) {
        AUTO_FREE char *name = sv_dup(json_sv(it, "Name"));
        if (json_get(it, "DefaultValue") || json_get(inputs, name))
            continue;
        if (strcmp(name, RUNBOOK_ROLE) == 0)
            return err_set(err, ERR_CONFIG, runbook->document,
                           "%s acts with a role of the account, and none is named: set "
                           "automation_role in watchdeck.conf",
                           runbook->document);
        return err_set(err, ERR_REFUSED, runbook->document,
                       "%s wants %s, which is not known here: AWS has changed it, and what it does "
                       "now is not known either",
                       runbook->document, name);
    }
    return OK;
}

cJSON *runbook_inputs(const struct runbook *runbook, const struct runbook_use *use, struct err *err)
{
    cJSON *inputs = make_inputs(runbook, use);
    if (check_document(runbook, use->document, err) == OK &&
        check_given(runbook, use->document, inputs, err) == OK &&
        check_wanted(runbook, use->document, inputs, err) == OK)
        return inputs;
    cJSON_Delete(inputs);
    return NULL;
}
