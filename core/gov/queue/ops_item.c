#include "core/gov/queue/ops_item.h"

#include "core/gov/alert/record_text.h"
#include "core/gov/load/reply.h"

struct telling {
    const struct account *account;
    item_fn *fn;
    void *arg;
    unsigned reading; /* of shared records */
};

static enum severity severity_of(const cJSON *summary)
{
    struct sv severity = json_sv(summary, "Severity");
    return sv_eq(severity, SV("1"))   ? SEVERITY_CRITICAL
           : sv_eq(severity, SV("2")) ? SEVERITY_HIGH
                                      : SEVERITY_NONE;
}

static void tell(struct load *load, const struct aws_target *target, const cJSON *summary,
                 const struct telling *telling)
{
    enum severity severity = severity_of(summary);
    AUTO_FREE char *id = sv_dup(json_sv(summary, "OpsItemId"));
    AUTO_FREE char *title = sv_dup(json_sv(summary, "Title"));
    AUTO_FREE char *by = sv_dup(reply_name_in_arn(json_sv(summary, "CreatedBy")));
    AUTO(buf_done) struct buf note = BUF_NONE;
    char key[SHA256_HEX_SIZE];
    bool has_key = ops_data_key(json_get(summary, "OperationalData"), key);
    struct item item = {
        .account = telling->account,
        .target = target,
        .kind = "opsitem",
        .type = "ops_item",
        .severity = severity,
        .shown = severity,
        .resource = id,
        .what = title,
        .requester = by[0] ? by : NULL,
        .proposal = has_key ? id : NULL,
        .tagged = has_key ? NULL : id, /* else it is about a thing that has an owner */
        .key = has_key ? key : NULL,
    };
    if (severity == SEVERITY_NONE || !id[0])
        return;
    buf_addf(&note, "OpsItem %s, " SV_FMT, id, SV_ARG(json_sv(summary, "Status")));
    if (json_sv(summary, "Source").len > 0)
        buf_addf(&note, ", from " SV_FMT, SV_ARG(json_sv(summary, "Source")));
    item.note = buf_cstr(&note);
    reply_time(summary, "CreatedTime", &item.since_ms);
    telling->fn(load, &item, telling->arg);
}

static void summaries_page(struct load *load, struct aws_page *page, void *arg)
{
    for (const cJSON *item = json_items(page->body, "OpsItemSummaries"); item; item = item->next)
        if (!shared_record_take(load_gov(load), &page->request->target, item))
            tell(load, &page->request->target, item, arg);
}

static void summaries_end(struct load *load, const struct aws_request *request,
                          const struct err *err, void *arg)
{
    const struct telling *telling = arg;
    if (err->code == OK)
        shared_records_end(load_gov(load), &request->target, telling->reading);
}

/* AWS can tell by the state, and not by the severity. */
static cJSON *unresolved(void)
{
    static const char *const states[] = {"Open", "InProgress"};
    cJSON *params = cJSON_CreateObject(), *filters = cJSON_CreateArray();
    cJSON *filter = cJSON_CreateObject();
    cJSON_AddStringToObject(filter, "Key", "Status");
    cJSON_AddItemToObject(filter, "Values", cJSON_CreateStringArray(states, ARRAY_LEN(states)));
    cJSON_AddStringToObject(filter, "Operator", "Equal");
    cJSON_AddItemToArray(filters, filter);
    cJSON_AddItemToObject(params, "OpsItemFilters", filters);
    return params;
}

static void read_items(struct load *load, const struct account *account,
                       const struct aws_target *target, item_fn *fn, void *arg)
{
    struct telling *telling = load_alloc(load, sizeof *telling);
    *telling = (struct telling){account, fn, arg, shared_records_begin(load_gov(load))};
    load_read(load, OP_ssm_DescribeOpsItems, target, unresolved(), summaries_page, summaries_end,
              telling);
}

const struct item_source item_source_ops_items = {ITEMS_APPROVALS | ITEMS_TRIAGE, read_items};
