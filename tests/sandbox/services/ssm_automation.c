#include "tests/sandbox/services/ssm_automation.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/ssm_document.h"

#define PAGE_MAX       50
#define RUNNING_MAX    100 /* executions of one account in one region that have not ended */

#define BAD_PARAMETERS "InvalidAutomationExecutionParametersException"

/* --- starting -----------------------------------------------------------------------------------
 */

static const struct document *find_document(struct world *world, const struct call *call,
                                            struct reply *reply)
{
    const char *name = in_str(call, "DocumentName");
    const struct document *document = document_find(world, ssm_cell(world, call), name);
    if (document && strcmp(document->type, "Automation") == 0)
        return document;
    reply_error(reply, 0, "AutomationDefinitionNotFoundException",
                "No Automation definition found with Name: %s", name);
    return NULL;
}

static const struct document_version *find_version(const struct document *document,
                                                   const struct call *call, struct reply *reply)
{
    const char *wanted = in_str(call, "DocumentVersion");
    const struct document_version *version = document_version(document, wanted, "");
    if (!version)
        reply_error(reply, 0, "AutomationDefinitionVersionNotFoundException",
                    "No Automation definition found with Name: %s and Version: %s", document->name,
                    wanted);
    return version;
}

/* Fanning out over targets is not served. */
static bool check_targets(const struct call *call, struct reply *reply)
{
    static const char *const members[] = {"Targets", "TargetMaps", "TargetLocations",
                                          "TargetLocationsURL"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (json_get(call->input, members[i])) {
            reply_error(reply, 501, "NotImplemented",
                        "The sandbox runs automations without %s alone.", members[i]);
            return false;
        }
    return true;
}

/* The role that the document names, "" when it names none. */
static void assumed_role(const struct document_version *version, const cJSON *parameters,
                         char *role, size_t size)
{
    struct sv named = sv_trim(json_sv(version->tree, "assumeRole"));
    char key[128];
    sv_copy(named, role, size);
    if (!sv_starts(named, SV("{{")) || !sv_ends(named, SV("}}")))
        return;
    sv_copy(sv_trim((struct sv){named.ptr + 2, named.len - 4}), key, sizeof key);
    const cJSON *given = json_items(parameters, key);
    struct sv value =
        given ? json_string(given)
              : json_sv(json_get(json_get(version->tree, "parameters"), key), "default");
    sv_copy(value, role, size);
}

/* Whom the execution acts for: the role of the document, else the caller. */
static bool assume(const struct call *call, const char *role_arn, struct principal *as,
                   struct reply *reply)
{
    char prefix[64], session[64];
    snprintf(prefix, sizeof prefix, "arn:aws:iam::%s:role/", call->account_id);
    const struct role *role =
        sv_starts(sv_of(role_arn), sv_of(prefix)) ? iam_role(role_arn + strlen(prefix)) : NULL;
    if (!role || strcmp(role->name, ROLE_AUTOMATION) != 0) {
        reply_error(reply, 0, BAD_PARAMETERS, "The defined assume role is unable to be assumed.");
        return false;
    }
    if (call->principal &&
        iam_decide(call->principal, "iam:PassRole", role_arn) != DECISION_ALLOW) {
        reply_error(reply, 0, "AccessDeniedException",
                    "User: %s is not authorized to perform: iam:PassRole on resource: %s because "
                    "no identity-based policy allows the iam:PassRole action",
                    call->caller_arn, role_arn);
        return false;
    }
    snprintf(session, sizeof session, "Automation");
    iam_service_session(role, call->account_id, session, as);
    return true;
}

/* A start with the token of an earlier one is that one. True when the call is answered. */
static bool answer_repeated(struct world *world, const struct call *call, const char *input,
                            struct reply *reply)
{
    const struct automation *earlier =
        automation_by_token(world, ssm_cell(world, call), in_str(call, "ClientToken"));
    if (!earlier)
        return false;
    if (strcmp(earlier->token_input, input) == 0)
        cJSON_AddStringToObject(reply->output, "AutomationExecutionId", earlier->id);
    else
        reply_error(reply, 0, "IdempotentParameterMismatch",
                    "The client token was used before, with other parameters.");
    return true;
}

static void start(struct world *world, const struct call *call, const struct document *document,
                  const struct document_version *version, const char *input, struct reply *reply)
{
    const cJSON *parameters = json_get(call->input, "Parameters");
    struct principal as;
    char role[256];
    struct automation_start how = {.document = document,
                                   .version = version,
                                   .parameters = parameters,
                                   .as = call->principal,
                                   .executed_by = call->caller_arn,
                                   .client_token = in_str(call, "ClientToken"),
                                   .interactive = strcmp(in_str(call, "Mode"), "Interactive") == 0};
    assumed_role(version, parameters, role, sizeof role);
    if (*role && !assume(call, role, &as, reply))
        return;
    if (*role && call->principal)
        how.as = &as;
    struct automation *automation = automation_start(world, ssm_cell(world, call), &how);
    automation->token_input = mem_strdup(input);
    for (const cJSON *tag = in_list(call, "Tags"); tag; tag = tag->next)
        cJSON_AddStringToObject(automation->tags, json_sv(tag, "Key").ptr,
                                json_sv(tag, "Value").ptr);
    cJSON_AddStringToObject(reply->output, "AutomationExecutionId", automation->id);
}

void ssm_start_automation_execution(struct world *world, const struct call *call,
                                    struct reply *reply)
{
    AUTO(buf_done) struct buf why = BUF_NONE;
    AUTO_FREE char *input = json_print(call->input);
    if (answer_repeated(world, call, input, reply) || !check_targets(call, reply))
        return;
    const struct document *document = find_document(world, call, reply);
    const struct document_version *version = document ? find_version(document, call, reply) : NULL;
    if (!version)
        return;
    if (!automation_check_parameters(version->tree, json_get(call->input, "Parameters"), &why))
        reply_error(reply, 0, BAD_PARAMETERS, "%s", buf_cstr(&why));
    else if (automations_running(world, ssm_cell(world, call)) >= RUNNING_MAX)
        reply_error(reply, 0, "AutomationExecutionLimitExceededException",
                    "The number of simultaneously running Automation executions exceeded the "
                    "allowable limit.");
    else
        start(world, call, document, version, input, reply);
}

/* --- looking ------------------------------------------------------------------------------------
 */

static struct automation *find(struct world *world, const struct call *call, struct reply *reply)
{
    const char *id = in_str(call, "AutomationExecutionId");
    struct automation *automation = automation_find(world, ssm_cell(world, call), id);
    if (!automation)
        reply_error(reply, 0, "AutomationExecutionNotFoundException",
                    "No Automation execution found with Id: %s", id);
    return automation;
}

void ssm_get_automation_execution(struct world *world, const struct call *call, struct reply *reply)
{
    const struct automation *automation = find(world, call, reply);
    if (automation)
        cJSON_AddItemToObject(reply->output, "AutomationExecution", ssm_make_execution(automation));
}

/* One key of either list's filters: how an item, in the API's form, is looked at. */
struct filter {
    const char *key, *member; /* member "": such items are never there */
    enum { IS_EQUAL, IS_PREFIX, IS_BEFORE, IS_AFTER } how;
};

static const struct filter execution_filters[] = {
    {"DocumentNamePrefix", "DocumentName", IS_PREFIX},
    {"ExecutionStatus", "AutomationExecutionStatus", IS_EQUAL},
    {"ExecutionId", "AutomationExecutionId", IS_EQUAL},
    {"ParentExecutionId", "", IS_EQUAL},
    {"CurrentAction", "CurrentAction", IS_EQUAL},
    {"StartTimeBefore", "ExecutionStartTime", IS_BEFORE},
    {"StartTimeAfter", "ExecutionStartTime", IS_AFTER},
    {"AutomationType", "AutomationType", IS_EQUAL},
    {"TagKey", "", IS_EQUAL},
    {"TargetResourceGroup", "", IS_EQUAL},
    {"AutomationSubtype", "", IS_EQUAL},
    {"OpsItemId", "", IS_EQUAL},
};

static const struct filter step_filters[] = {
    {"StartTimeBefore", "ExecutionStartTime", IS_BEFORE},
    {"StartTimeAfter", "ExecutionStartTime", IS_AFTER},
    {"StepExecutionStatus", "StepStatus", IS_EQUAL},
    {"StepExecutionId", "StepExecutionId", IS_EQUAL},
    {"StepName", "StepName", IS_EQUAL},
    {"Action", "Action", IS_EQUAL},
    {"ParentStepExecutionId", "", IS_EQUAL},
    {"ParentStepIteration", "", IS_EQUAL},
    {"ParentStepIteratorValue", "", IS_EQUAL},
};

static bool value_passes(const struct filter *filter, const cJSON *item, const cJSON *value)
{
    const cJSON *member = json_get(item, filter->member);
    int64_t at_ms;
    if (filter->how == IS_EQUAL || filter->how == IS_PREFIX) {
        struct sv text = json_string(member);
        return filter->how == IS_EQUAL ? sv_eq(text, json_string(value))
                                       : sv_starts(text, json_string(value));
    }
    if (!cJSON_IsNumber(member) || !clock_parse_iso8601(json_string(value), &at_ms))
        return false;
    int64_t started_ms = (int64_t)(member->valuedouble * 1000.0);
    return filter->how == IS_BEFORE ? started_ms < at_ms : started_ms > at_ms;
}

/* All filters of the call, each with any of its values. */
static bool passes(const struct call *call, const cJSON *item, const struct filter *filters,
                   size_t n_filters)
{
    for (const cJSON *asked = in_list(call, "Filters"); asked; asked = asked->next) {
        bool any = false;
        for (size_t i = 0; i < n_filters; i++)
            for (const cJSON *value = json_items(asked, "Values");
                 value && sv_eq_cstr(json_sv(asked, "Key"), filters[i].key); value = value->next)
                any |= value_passes(&filters[i], item, value);
        if (!any)
            return false;
    }
    return true;
}

struct execution_page {
    struct world *world;
    const struct call *call;
    const struct automation *automation; /* of its steps */
};

static void add_execution(void *arg, size_t i, cJSON *list)
{
    const struct execution_page *page = arg;
    cJSON *item = ssm_make_execution_metadata(
        automation_at(page->world, ssm_cell(page->world, page->call), i));
    if (passes(page->call, item, execution_filters, ARRAY_LEN(execution_filters)))
        cJSON_AddItemToArray(list, item);
    else
        cJSON_Delete(item);
}

void ssm_describe_automation_executions(struct world *world, const struct call *call,
                                        struct reply *reply)
{
    struct execution_page page = {world, call, NULL};
    size_t n = 0;
    while (automation_at(world, ssm_cell(world, call), n))
        n++;
    page_reply(call, reply,
               &(struct page_spec){.list_member = "AutomationExecutionMetadataList",
                                   .n_items = n,
                                   .page_default = PAGE_MAX,
                                   .page_max = PAGE_MAX,
                                   .add_item = add_execution,
                                   .arg = &page});
}

static void add_step(void *arg, size_t i, cJSON *list)
{
    const struct execution_page *page = arg;
    const struct automation *automation = page->automation;
    bool reversed = in_bool(page->call, "ReverseOrder");
    cJSON *item = ssm_make_step(&automation->steps[reversed ? automation->n_steps - 1 - i : i]);
    if (passes(page->call, item, step_filters, ARRAY_LEN(step_filters)))
        cJSON_AddItemToArray(list, item);
    else
        cJSON_Delete(item);
}

void ssm_describe_automation_step_executions(struct world *world, const struct call *call,
                                             struct reply *reply)
{
    struct execution_page page = {world, call, find(world, call, reply)};
    if (page.automation)
        page_reply(call, reply,
                   &(struct page_spec){.list_member = "StepExecutions",
                                       .n_items = page.automation->n_steps,
                                       .page_default = PAGE_MAX,
                                       .page_max = PAGE_MAX,
                                       .add_item = add_step,
                                       .arg = &page});
}

/* --- signals ------------------------------------------------------------------------------------
 */

/* The first text of a member of the payload; "" when there is none. */
static const char *payload(const struct call *call, const char *member)
{
    const cJSON *first = json_items(json_get(call->input, "Payload"), member);
    return cJSON_IsString(first) ? first->valuestring : "";
}

/* What may be sent with a signal, and nothing else. */
static const struct {
    const char *signal, *member;
} payload_members[] = {
    {"Approve", "Comment"},          {"Reject", "Comment"},  {"StartStep", "StepName"},
    {"StopStep", "StepExecutionId"}, {"Resume", "StepName"},
};

static const char *payload_member(struct sv signal)
{
    for (size_t i = 0; i < ARRAY_LEN(payload_members); i++)
        if (sv_eq_cstr(signal, payload_members[i].signal))
            return payload_members[i].member;
    return "";
}

static bool check_payload(const struct call *call, struct sv signal, struct reply *reply)
{
    const char *member = payload_member(signal);
    const cJSON *item;
    cJSON_ArrayForEach (item, json_get(call->input, "Payload")) {
        if (strcmp(item->string, member) == 0)
            continue;
        reply_error(reply, 0, "InvalidAutomationSignalException",
                    "The payload key %s is not valid for the signal " SV_FMT ".", item->string,
                    SV_ARG(signal));
        return false;
    }
    return true;
}

void ssm_send_automation_signal(struct world *world, const struct call *call, struct reply *reply)
{
    struct automation *automation = find(world, call, reply);
    struct sv signal = sv_of(in_str(call, "SignalType"));
    bool approves = sv_eq_cstr(signal, "Approve");
    if (!automation || !check_payload(call, signal, reply))
        return;
    if (approves || sv_eq_cstr(signal, "Reject"))
        automation_decide(world, automation, call, approves, payload(call, "Comment"), reply);
    else if (sv_eq_cstr(signal, "StartStep"))
        automation_start_step(world, automation, payload(call, "StepName"), reply);
    else if (sv_eq_cstr(signal, "StopStep"))
        automation_stop_step(world, automation, payload(call, "StepExecutionId"), reply);
    else if (sv_eq_cstr(signal, "Resume"))
        automation_resume(world, automation, payload(call, "StepName"), reply);
    else
        reply_error(reply, 0, "InvalidAutomationSignalException",
                    "The signal " SV_FMT " is not valid for this execution.", SV_ARG(signal));
}

void ssm_stop_automation_execution(struct world *world, const struct call *call,
                                   struct reply *reply)
{
    struct automation *automation = find(world, call, reply);
    if (!automation)
        return;
    if (run_status_is_end(automation->status) || automation->status == RUN_CANCELLING)
        reply_error(reply, 0, "InvalidAutomationStatusUpdateException",
                    "The execution is %s and cannot be stopped.",
                    run_status_name(automation->status));
    else
        automation_stop(world, automation, strcmp(in_str(call, "Type"), "Complete") == 0);
}
