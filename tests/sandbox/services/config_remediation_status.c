/* config_remediation_status: how far remedies are, and which resources are excepted. */
#include <string.h>

#include "core/base/json.h"
#include "tests/sandbox/services/config.h"
#include "tests/sandbox/services/config_remediation.h"
#include "tests/sandbox/world/template.h"

#define PAGE_MAX 100

/* An execution's states in AWS Config's words, for the whole and for a step. */
static const struct {
    const char *whole, *step;
} states[N_RUN_STATUSES] = {
    [RUN_PENDING] = {"QUEUED", "PENDING"},
    [RUN_IN_PROGRESS] = {"IN_PROGRESS", "IN_PROGRESS"},
    [RUN_WAITING] = {"IN_PROGRESS", "IN_PROGRESS"},
    [RUN_SUCCESS] = {"SUCCEEDED", "SUCCEEDED"},
    [RUN_TIMED_OUT] = {"FAILED", "FAILED"},
    [RUN_CANCELLING] = {"IN_PROGRESS", "IN_PROGRESS"},
    [RUN_CANCELLED] = {"FAILED", "FAILED"},
    [RUN_FAILED] = {"FAILED", "FAILED"},
};

static void add_time(cJSON *object, const char *name, int64_t at_ms)
{
    if (at_ms)
        cJSON_AddNumberToObject(object, name, (double)at_ms / 1000.0);
}

static cJSON *make_steps(const struct automation *automation)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < automation->n_steps; i++) {
        const struct step_run *step = &automation->steps[i];
        cJSON *made = json_make("{Name:%s,State:%s,ErrorMessage:%s}", step->name,
                                states[step->status].step, step->failure);
        add_time(made, "StartTime", step->started_ms);
        add_time(made, "StopTime", step->ended_ms);
        cJSON_AddItemToArray(list, made);
    }
    return list;
}

/* Its latest change. */
static int64_t updated_ms(const struct automation *automation)
{
    int64_t last_ms = automation->ended_ms > 0 ? automation->ended_ms : automation->started_ms;
    for (size_t i = 0; i < automation->n_steps; i++) {
        const struct step_run *step = &automation->steps[i];
        int64_t at_ms = step->ended_ms > step->started_ms ? step->ended_ms : step->started_ms;
        last_ms = at_ms > last_ms ? at_ms : last_ms;
    }
    return last_ms;
}

struct status_page {
    struct world *world;
    const struct call *call;
};

/* Of several runs for a resource the latest counts. */
static void add_status(void *arg, size_t i, cJSON *list)
{
    const struct status_page *page = arg;
    struct remedy_run *run = &remediations_of(page->world)->runs.ptr[i];
    if (!config_is_asked(page->world, page->call, &run->key) ||
        remedy_last_run(page->world, &run->key) != run)
        return;
    const struct automation *automation =
        automation_find(page->world, run->key.cell, run->automation_id);
    cJSON_AddItemToArray(
        list, json_make("{ResourceKey:{resourceType:%s,resourceId:%s},State:%s,StepDetails:%o,"
                        "InvocationTime:%e,LastUpdatedTime:%e}",
                        run->key.type, run->key.id, states[automation->status].whole,
                        make_steps(automation), run->invoked_ms, updated_ms(automation)));
}

void config_describe_remediation_status(struct world *world, const struct call *call,
                                        struct reply *reply)
{
    struct status_page page = {world, call};
    if (!config_find_remedy(world, call, reply))
        return;
    page_reply(call, reply,
               &(struct page_spec){.list_member = "RemediationExecutionStatuses",
                                   .n_items = remediations_of(world)->runs.len,
                                   .page_default = PAGE_MAX,
                                   .page_max = PAGE_MAX,
                                   .add_item = add_status,
                                   .arg = &page});
}

/* --- exceptions ---------------------------------------------------------------------------------
 */

static void add_exception(void *arg, size_t i, cJSON *list)
{
    const struct status_page *page = arg;
    const struct remedy_exception *it = &remediations_of(page->world)->exceptions.ptr[i];
    if (!config_is_asked(page->world, page->call, &it->key) ||
        !remedy_exception_find(page->world, &it->key, page->call->now_ms))
        return;
    cJSON *made = json_make("{ConfigRuleName:%s,ResourceType:%s,ResourceId:%s,Message:%s}",
                            it->key.rule, it->key.type, it->key.id, it->message);
    add_time(made, "ExpirationTime", it->expires_ms);
    cJSON_AddItemToArray(list, made);
}

void config_describe_exceptions(struct world *world, const struct call *call, struct reply *reply)
{
    struct status_page page = {world, call};
    page_reply(call, reply,
               &(struct page_spec){.list_member = "RemediationExceptions",
                                   .n_items = remediations_of(world)->exceptions.len,
                                   .page_default = PAGE_MAX,
                                   .page_max = PAGE_MAX,
                                   .add_item = add_exception,
                                   .arg = &page});
}

/* Exceptions are from remediation by the rule: it has to have one. */
void config_put_exceptions(struct world *world, const struct call *call, struct reply *reply)
{
    const cJSON *expires = json_get(call->input, "ExpirationTime");
    int64_t expires_ms = expires ? (int64_t)(expires->valuedouble * 1000.0) : 0;
    if (!remedy_find(world, config_cell(world, call), in_str(call, "ConfigRuleName"))) {
        reply_error(reply, 0, "InvalidParameterValueException",
                    "No RemediationConfiguration for rule %s exists.",
                    in_str(call, "ConfigRuleName"));
        return;
    }
    if (expires && expires_ms <= call->now_ms) {
        reply_error(reply, 0, "InvalidParameterValueException",
                    "ExpirationTime must be in the future.");
        return;
    }
    for (const cJSON *it = in_list(call, "ResourceKeys"); it; it = it->next) {
        struct remedy_key key = config_remedy_key(world, call, it);
        remedy_except(world, &key, in_str(call, "Message"), expires_ms);
    }
    cJSON_AddArrayToObject(reply->output, "FailedBatches");
}

/* None of those named is there: that is refused; some are not: they are named in the answer. */
void config_delete_exceptions(struct world *world, const struct call *call, struct reply *reply)
{
    cJSON *failed = cJSON_CreateArray();
    size_t n_removed = 0;
    for (const cJSON *it = in_list(call, "ResourceKeys"); it; it = it->next) {
        struct remedy_key key = config_remedy_key(world, call, it);
        struct remedy_exception *found = remedy_exception_find(world, &key, call->now_ms);
        if (found)
            remedy_exception_remove(world, found);
        else
            cJSON_AddItemToArray(failed, cJSON_Duplicate(it, true));
        n_removed += found != NULL;
    }
    if (n_removed == 0)
        reply_error(reply, 0, "NoSuchRemediationExceptionException",
                    "There is no such remediation exception.");
    cJSON *batches = cJSON_AddArrayToObject(reply->output, "FailedBatches");
    if (failed->child)
        cJSON_AddItemToArray(batches,
                             json_make("{FailureMessage:'There is no such remediation exception.',"
                                       "FailedItems:%o}",
                                       failed));
    else
        cJSON_Delete(failed);
}
