/*
 * aws:executeAwsApi, aws:assertAwsResourceProperty, aws:waitForAwsResourceProperty: operations of
 * the sandbox itself, in the name of whoever the execution acts for.
 */
#include <ctype.h>
#include <string.h>

#include "tests/sandbox/automation/effect.h"
#include "tests/sandbox/automation/engine.h"
#include "tests/sandbox/wire/invoke.h"

#define WAIT_MS (5 * SECOND_MS)

/* Inputs that are about the step and not the operation. */
static const char *const own_inputs[] = {"Service", "Api", "PropertySelector", "DesiredValues"};

static bool is_own(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(own_inputs); i++)
        if (strcmp(name, own_inputs[i]) == 0)
            return true;
    return false;
}

static cJSON *operation_input(const struct step_run *step)
{
    cJSON *input = cJSON_CreateObject();
    const cJSON *item;
    cJSON_ArrayForEach (item, step->inputs)
        if (!is_own(item->string))
            cJSON_AddItemToObject(input, item->string, cJSON_Duplicate(item, true));
    return input;
}

/* As documents write it, "describe_instances" too. */
static void operation_name(struct sv api, char *name, size_t size)
{
    size_t n = 0;
    bool is_first = true;
    for (size_t i = 0; i < api.len && n + 1 < size; i++) {
        if (api.ptr[i] == '_')
            is_first = true;
        else {
            name[n++] = is_first ? (char)toupper((unsigned char)api.ptr[i]) : api.ptr[i];
            is_first = false;
        }
    }
    name[n] = '\0';
}

/* The operation's output, the caller's; NULL when the step has failed over it. */
static cJSON *run_operation(struct turn_of *turn)
{
    struct automation *automation = turn->automation;
    struct step_run *step = turn->step;
    char name[100];
    struct reply reply;
    const struct call as = {
        .account_id = cell_account(turn->world, automation->cell)->id,
        .region = cell_region(turn->world, automation->cell),
        .principal = automation->acts_as_nobody ? NULL : &automation->as,
        .caller_arn = automation->acts_as_nobody ? automation->executed_by : automation->as.arn,
        .caller_user_id = automation->as.user_id,
        .now_ms = world_now_ms(turn->world),
    };
    operation_name(json_sv(step->inputs, "Api"), name, sizeof name);
    AUTO(json_free_at) cJSON *input = operation_input(step);
    const char *service = json_sv(step->inputs, "Service").ptr;
    bool is_effect = service && effect_is_known(service, name);
    if ((is_effect ? effect_invoke : invoke)(turn->world, &as, service ? service : "", name, input,
                                             &reply))
        return reply.output;
    cJSON_Delete(reply.output);
    step_fail(step,
              "Step fails when it is Execute/Cancelling action. An error occurred (%s) when "
              "calling the %s operation: %s. Please refer to Automation Service Troubleshooting "
              "Guide for more diagnosis details.",
              reply.code, name, reply.message);
    return NULL;
}

/* --- outputs ------------------------------------------------------------------------------------
 */

static const struct {
    const char *type;
    int json_type; /* cJSON_... */
} output_types[] = {
    {"String", cJSON_String},    {"StringList", cJSON_Array}, {"Integer", cJSON_Number},
    {"StringMap", cJSON_Object}, {"MapList", cJSON_Array},
};

static bool has_type(const cJSON *value, struct sv type)
{
    for (size_t i = 0; i < ARRAY_LEN(output_types); i++)
        if (sv_eq_cstr(type, output_types[i].type))
            return (value->type & 0xff) == output_types[i].json_type;
    return sv_eq_cstr(type, "Boolean") && cJSON_IsBool(value);
}

static enum verdict add_output(struct step_run *step, const cJSON *def, const cJSON *response)
{
    AUTO(buf_done) struct buf why = BUF_NONE;
    const char *name = json_sv(def, "Name").ptr, *selector = json_sv(def, "Selector").ptr;
    struct sv type = json_sv(def, "Type");
    cJSON *value = jsonpath_select(response, selector ? selector : "", &why);
    if (value && has_type(value, type)) {
        step_output(step, name, value);
        return STEP_DONE;
    }
    const char *found = value ? "is not of that type" : why.len ? buf_cstr(&why) : "is not there";
    step_fail(step,
              "Step fails when it is Validating and resolving the step outputs. The output %s of "
              "type " SV_FMT " with selector %s: %s.",
              name, SV_ARG(type), selector, found);
    cJSON_Delete(value);
    return STEP_FAILED;
}

enum verdict api_take(struct turn_of *turn)
{
    struct step_run *step = turn->step;
    AUTO(json_free_at) cJSON *response = run_operation(turn);
    const cJSON *def;
    if (!response)
        return STEP_FAILED;
    cJSON_ArrayForEach (def, json_get(step->def, "outputs")) {
        if (add_output(step, def, response) != STEP_DONE)
            return STEP_FAILED;
    }
    step_output(step, "OutputPayload", cJSON_Duplicate(response, true));
    return STEP_DONE;
}

/* --- properties ---------------------------------------------------------------------------------
 */

/* What the property is, as a text; NULL when the operation or the selector failed. */
static char *read_property(struct turn_of *turn)
{
    AUTO(buf_done) struct buf why = BUF_NONE;
    AUTO(json_free_at) cJSON *response = run_operation(turn);
    const char *selector = json_sv(turn->step->inputs, "PropertySelector").ptr;
    AUTO(json_free_at)
    cJSON *value = response && selector ? jsonpath_select(response, selector, &why) : NULL;
    if (value)
        return value_text(value);
    if (response)
        step_fail(turn->step, "The property %s is not there.", selector ? selector : "");
    return NULL;
}

static bool is_desired(const struct step_run *step, const char *value)
{
    const cJSON *wanted;
    cJSON_ArrayForEach (wanted, json_get(step->inputs, "DesiredValues")) {
        AUTO_FREE char *text = value_text(wanted);
        if (strcmp(text, value) == 0)
            return true;
    }
    return false;
}

enum verdict assert_take(struct turn_of *turn)
{
    AUTO_FREE char *value = read_property(turn);
    if (!value)
        return STEP_FAILED;
    if (is_desired(turn->step, value))
        return STEP_DONE;
    return step_fail(turn->step,
                     "Step fails when it is Verifying the desired property value. The value is "
                     "%.400s, which is not among the desired values.",
                     value);
}

enum verdict wait_take(struct turn_of *turn)
{
    AUTO_FREE char *value = read_property(turn);
    if (!value)
        return STEP_FAILED;
    turn->again_ms = turn->at_ms + WAIT_MS;
    return is_desired(turn->step, value) ? STEP_DONE : STEP_AGAIN;
}
