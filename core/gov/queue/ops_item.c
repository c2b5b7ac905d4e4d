#include "core/gov/queue/ops_item.h"

#include "core/gov/alert/alert_text.h"
#include "core/gov/load/reply.h"

struct telling {
    const struct account *account;
    item_fn *fn;
    void *arg;
};

static enum severity severity_of(const cJSON *summary)
{
    struct sv severity = json_sv(summary, "Severity");
    return sv_eq(severity, SV("1"))   ? SEVERITY_CRITICAL
           : sv_eq(severity, SV("2")) ? SEVERITY_HIGH
                                      : SEVERITY_NONE;
}

/* The dedup string, when it is the key of an item. */
static bool read_key(const cJSON *summary, char key[SHA256_HEX_SIZE])
{
    AUTO(json_free_at) cJSON *dedup = NULL;
    uint8_t bytes[SHA256_BYTES];
    const cJSON *data = json_get(json_get(summary, "OperationalData"), "/aws/dedup");
    if (json_parse(json_sv(data, "Value"), "/aws/dedup", &dedup, NULL) != OK)
        return false;
    struct sv text = json_sv(dedup, "dedupString");
    if (!hex_decode(text, bytes, sizeof bytes))
        return false;
    hex_encode(bytes, sizeof bytes, key);
    return true;
}

/* What a console has made of an item that it has found: nobody's proposal, and nothing by itself.
 */
static bool is_own(const cJSON *summary)
{
    return json_get(json_get(summary, "OperationalData"), OPS_DATA_OWN) != NULL;
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
    bool has_key = read_key(summary, key);
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
        .key = has_key ? key : NULL,
    };
    if (severity == SEVERITY_NONE || !id[0] || is_own(summary))
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
        tell(load, &page->request->target, item, arg);
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
    *telling = (struct telling){account, fn, arg};
    load_read(load, OP_ssm_DescribeOpsItems, target, unresolved(), summaries_page, NULL, telling);
}

const struct item_source item_source_ops_items = {ITEMS_APPROVALS | ITEMS_TRIAGE, read_items};
