#include "core/gov/queue/automation_item.h"

#include "core/gov/load/reply.h"
#include "core/gov/systems_manager/automation.h"

struct telling {
    const struct account *account;
    item_fn *fn;
    void *arg;
};

static void note_of(const cJSON *execution, const cJSON *step, struct buf *note)
{
    AUTO_FREE char *votes = automation_input(step, "MinRequiredApprovals");
    buf_addf(note, "automation " SV_FMT " (" SV_FMT " version " SV_FMT ") waits at " SV_FMT,
             SV_ARG(json_sv(execution, "AutomationExecutionId")),
             SV_ARG(json_sv(execution, "DocumentName")),
             SV_ARG(json_sv(execution, "DocumentVersion")), SV_ARG(json_sv(step, "StepName")));
    if (votes[0] && !sv_eq(sv_of(votes), SV("1")))
        buf_addf(note, "; %s approvals are wanted", votes);
}

static void tell(struct load *load, const struct aws_target *target, const cJSON *execution,
                 const cJSON *step, const struct telling *telling)
{
    AUTO_FREE char *id = sv_dup(json_sv(execution, "AutomationExecutionId"));
    AUTO_FREE char *name = sv_dup(json_sv(step, "StepName"));
    AUTO_FREE char *document = sv_dup(json_sv(execution, "DocumentName"));
    AUTO_FREE char *by = sv_dup(reply_name_in_arn(json_sv(execution, "ExecutedBy")));
    AUTO_FREE char *message = automation_input(step, "Message");
    AUTO(buf_done) struct buf note = BUF_NONE;
    char key[SHA256_HEX_SIZE] = "";
    uint8_t bytes[SHA256_BYTES];
    bool has_key = hex_decode(automation_parameter(execution, "ItemKey"), bytes, sizeof bytes);
    enum severity said = severity_parse(automation_parameter(execution, "Severity"));
    struct item item = {
        .account = telling->account,
        .target = target,
        .kind = "automation",
        .type = "automation_approval",
        .severity = said != SEVERITY_NONE ? said : SEVERITY_HIGH,
        .resource = id,
        .name = document,
        .subject = name,
        .what = message[0] ? message : document,
        .requester = by[0] ? by : NULL,
        .proposal = id,
        .tagged = has_key ? NULL : id, /* else it is about a thing that has an owner */
        .key = has_key ? key : NULL,
        .deadline_ms = automation_deadline(step),
    };
    if (has_key)
        hex_encode(bytes, sizeof bytes, key);
    note_of(execution, step, &note);
    item.note = buf_cstr(&note);
    item.shown = item.severity;
    reply_time(step, "ExecutionStartTime", &item.since_ms);
    telling->fn(load, &item, telling->arg);
}

static void execution_page(struct load *load, struct aws_page *page, void *arg)
{
    const cJSON *execution = json_get(page->body, "AutomationExecution");
    const cJSON *step = automation_waiting_step(execution);
    if (step) /* else it has been decided meanwhile */
        tell(load, &page->request->target, execution, step, arg);
}

static void executions_page(struct load *load, struct aws_page *page, void *arg)
{
    const cJSON *item = json_items(page->body, "AutomationExecutionMetadataList");
    for (; item; item = item->next) {
        if (!sv_eq(json_sv(item, "CurrentAction"), SV("aws:approve")))
            continue;
        AUTO_FREE char *id = sv_dup(json_sv(item, "AutomationExecutionId"));
        cJSON *params = cJSON_CreateObject();
        cJSON_AddStringToObject(params, "AutomationExecutionId", id);
        load_read(load, OP_ssm_GetAutomationExecution, &page->request->target, params,
                  execution_page, NULL, arg);
    }
}

static cJSON *what_waits(void)
{
    cJSON *params = cJSON_CreateObject(), *filters = cJSON_CreateArray();
    cJSON *filter = cJSON_CreateObject();
    cJSON_AddStringToObject(filter, "Key", "ExecutionStatus");
    cJSON_AddItemToObject(filter, "Values", reply_list_of("Waiting"));
    cJSON_AddItemToArray(filters, filter);
    cJSON_AddItemToObject(params, "Filters", filters);
    return params;
}

static void read_items(struct load *load, const struct account *account,
                       const struct aws_target *target, item_fn *fn, void *arg)
{
    struct telling *telling = load_alloc(load, sizeof *telling);
    *telling = (struct telling){account, fn, arg};
    load_read(load, OP_ssm_DescribeAutomationExecutions, target, what_waits(), executions_page,
              NULL, telling);
}

const struct item_source item_source_automations = {ITEMS_APPROVALS | ITEMS_TRIAGE, read_items};
