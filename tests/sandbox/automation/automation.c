#include "tests/sandbox/automation/automation.h"

#include <string.h>

#include "core/base/json.h"
#include "core/base/os.h"
#include "tests/sandbox/automation/automations.h"
#include "tests/sandbox/automation/engine.h"

static const char *const status_names[N_RUN_STATUSES] = {
    [RUN_PENDING] = "Pending",     [RUN_IN_PROGRESS] = "InProgress",
    [RUN_WAITING] = "Waiting",     [RUN_SUCCESS] = "Success",
    [RUN_TIMED_OUT] = "TimedOut",  [RUN_CANCELLING] = "Cancelling",
    [RUN_CANCELLED] = "Cancelled", [RUN_FAILED] = "Failed",
};

const char *run_status_name(enum run_status status)
{
    return status_names[status];
}

bool run_status_is_end(enum run_status status)
{
    return status == RUN_SUCCESS || status == RUN_TIMED_OUT || status == RUN_CANCELLED ||
           status == RUN_FAILED;
}

struct automations *automations_of(struct world *world)
{
    if (world->automations)
        return world->automations;
    world->automations = mem_new(struct automations);
    automations_add_waiting(world);
    return world->automations;
}

/* --- parameters ------------------------------------------------------------------------------- */

static bool is_allowed(const cJSON *allowed, const char *value)
{
    const cJSON *one;
    if (!cJSON_IsArray(allowed))
        return true;
    cJSON_ArrayForEach (one, allowed) {
        AUTO_FREE char *text = value_text(one);
        if (strcmp(text, value) == 0)
            return true;
    }
    return false;
}

/* Each value fits what the document says of the parameter: how many, which, and of what type. */
static bool check_values(const cJSON *known, const cJSON *given, struct buf *why)
{
    struct sv type = json_sv(known, "type");
    const cJSON *value;
    int64_t number;
    int n = cJSON_GetArraySize(given);
    if (n > json_i64(known, "maxItems", n)) {
        buf_addf(why, "Parameter %s has too many values.", given->string);
        return false;
    }
    if (n != 1 && !sv_eq_cstr(type, "StringList") && !sv_eq_cstr(type, "MapList")) {
        buf_addf(why, "Parameter %s takes exactly one value.", given->string);
        return false;
    }
    cJSON_ArrayForEach (value, given) {
        struct sv text = json_string(value);
        bool fits = is_allowed(json_get(known, "allowedValues"), text.ptr ? text.ptr : "");
        if (sv_eq_cstr(type, "Integer"))
            fits &= sv_to_i64(text, &number);
        if (sv_eq_cstr(type, "Boolean"))
            fits &= sv_eq_nocase(text, SV("true")) || sv_eq_nocase(text, SV("false"));
        if (!fits) {
            buf_addf(why, "Parameter value '" SV_FMT "' is not valid for %s.", SV_ARG(text),
                     given->string);
            return false;
        }
    }
    return true;
}

bool automation_check_parameters(const cJSON *document, const cJSON *parameters, struct buf *why)
{
    const cJSON *known = json_get(document, "parameters"), *item;
    cJSON_ArrayForEach (item, parameters) {
        const cJSON *parameter = json_get(known, item->string);
        if (!parameter) {
            buf_addf(why, "Parameter %s is not defined in the document.", item->string);
            return false;
        }
        if (!check_values(parameter, item, why))
            return false;
    }
    cJSON_ArrayForEach (item, known) {
        if (json_get(item, "default") || json_get(parameters, item->string))
            continue;
        buf_addf(why, "Parameter %s is required and has no value.", item->string);
        return false;
    }
    return true;
}

static cJSON *with_defaults(const cJSON *document, const cJSON *given)
{
    cJSON *all = given ? cJSON_Duplicate(given, true) : cJSON_CreateObject();
    const cJSON *known;
    cJSON_ArrayForEach (known, json_get(document, "parameters")) {
        const cJSON *otherwise = json_get(known, "default");
        if (otherwise && !json_get(all, known->string))
            cJSON_AddItemToObject(all, known->string, value_texts(otherwise));
    }
    return all;
}

/* --- making and finding ----------------------------------------------------------------------- */

static void make_steps(struct automation *automation)
{
    const cJSON *steps = json_get(automation->document, "mainSteps"), *def;
    automation->steps = mem_alloc((size_t)cJSON_GetArraySize(steps) * sizeof(struct step_run));
    cJSON_ArrayForEach (def, steps) {
        struct step_run *step = &automation->steps[automation->n_steps++];
        step->def = def;
        step->name = json_sv(def, "name").ptr;
        step->action = action_find(json_sv(def, "action"));
        os_uuid4(step->id);
    }
}

struct automation *automation_start(struct world *world, uint32_t cell,
                                    const struct automation_start *start)
{
    struct automations *automations = automations_of(world);
    struct automation *automation = mem_new(struct automation);
    automation->cell = cell;
    os_uuid4(automation->id);
    str_copy(automation->document_name, start->document->name);
    automation->document_version = start->version->number;
    automation->document = cJSON_Duplicate(start->version->tree, true);
    automation->parameters = with_defaults(automation->document, start->parameters);
    automation->tags = cJSON_CreateObject();
    automation->interactive = start->interactive;
    str_copy(automation->client_token, start->client_token);
    automation->acts_as_nobody = !start->as;
    if (start->as)
        automation->as = *start->as;
    automation->as.session_token = NULL;
    str_copy(automation->executed_by, start->executed_by);
    automation->started_ms = world_now_ms(world);
    automation->due_ms = automation->started_ms + SECOND_MS;
    make_steps(automation);
    vec_push(&automations->all, automation);
    automations_wake(world, automation->due_ms);
    return automation;
}

static void step_done(struct step_run *step)
{
    cJSON_Delete(step->inputs);
    cJSON_Delete(step->values);
    mem_free(step->failure);
    for (size_t i = 0; i < step->votes.len; i++)
        mem_free(step->votes.ptr[i].comment);
    vec_free(&step->votes);
}

static void automation_free(struct automation *automation)
{
    for (size_t i = 0; i < automation->n_steps; i++)
        step_done(&automation->steps[i]);
    mem_free(automation->steps);
    cJSON_Delete(automation->document);
    cJSON_Delete(automation->parameters);
    cJSON_Delete(automation->tags);
    cJSON_Delete(automation->outputs);
    mem_free(automation->token_input);
    mem_free(automation->failure);
    mem_free(automation);
}

void automations_free(struct world *world)
{
    if (!world->automations)
        return;
    for (size_t i = 0; i < world->automations->all.len; i++)
        automation_free(world->automations->all.ptr[i]);
    vec_free(&world->automations->all);
    mem_free(world->automations);
    world->automations = NULL;
}

struct automation *automation_find(struct world *world, uint32_t cell, const char *id)
{
    const struct automations *automations = automations_of(world);
    for (size_t i = 0; i < automations->all.len; i++)
        if (automations->all.ptr[i]->cell == cell && strcmp(automations->all.ptr[i]->id, id) == 0)
            return automations->all.ptr[i];
    return NULL;
}

struct automation *automation_at(struct world *world, uint32_t cell, size_t i)
{
    const struct automations *automations = automations_of(world);
    for (size_t n = automations->all.len; n-- > 0;)
        if (automations->all.ptr[n]->cell == cell && i-- == 0)
            return automations->all.ptr[n];
    return NULL;
}

struct automation *automation_by_token(struct world *world, uint32_t cell, const char *token)
{
    const struct automations *automations = automations_of(world);
    for (size_t i = 0; *token && i < automations->all.len; i++) {
        struct automation *it = automations->all.ptr[i];
        if (it->cell == cell && sv_eq_nocase(sv_of(it->client_token), sv_of(token)))
            return it;
    }
    return NULL;
}

size_t automations_running(struct world *world, uint32_t cell)
{
    const struct automations *automations = automations_of(world);
    size_t n = 0;
    for (size_t i = 0; i < automations->all.len; i++)
        n += automations->all.ptr[i]->cell == cell &&
             !run_status_is_end(automations->all.ptr[i]->status);
    return n;
}

struct step_run *automation_step(struct automation *automation, const char *name)
{
    for (size_t i = 0; i < automation->n_steps; i++)
        if (strcmp(automation->steps[i].name, name) == 0)
            return &automation->steps[i];
    return NULL;
}

struct step_run *automation_current(struct automation *automation)
{
    bool has_one = automation->status != RUN_PENDING && !run_status_is_end(automation->status) &&
                   automation->at < automation->n_steps;
    return has_one ? &automation->steps[automation->at] : NULL;
}
