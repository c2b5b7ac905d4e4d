#include "core/gov/systems_manager/node.h"

#include "core/base/map.h"

#define BATCH_MAX 50 /* ids in one DescribeInstancePatchStates */

static const char *const state_names[PATCH_STATES] = {
    [PATCH_UNKNOWN] = "",
    [PATCH_COMPLIANT] = "COMPLIANT",
    [PATCH_NEVER_REPORTED] = "NEVER_REPORTED",
    [PATCH_NONCOMPLIANT] = "NON_COMPLIANT",
    [PATCH_PENDING_REBOOT] = "PENDING_REBOOT",
    [PATCH_FAILED] = "FAILED",
    [PATCH_MISSING_CRITICAL] = "MISSING_CRITICAL",
};

const char *patch_state_name(enum patch_state state)
{
    return state_names[state];
}

/* One account x region. */
struct site {
    struct aws_target target;
    node_fn *fn;
    nodes_end_fn *end;
    void *arg;
    size_t batches; /* that have not ended */
    bool patches_lost;
    VEC(cJSON *) pages;       /* all that has come */
    VEC(const cJSON *) nodes; /* InstanceInformation, into pages */
    struct map states;        /* by instance id: an InstancePatchState, into pages */
};

static void site_done(void *arg)
{
    struct site *site = arg;
    for (size_t i = 0; i < site->pages.len; i++)
        json_free(site->pages.ptr[i]);
    vec_free(&site->pages);
    vec_free(&site->nodes);
    map_done(&site->states);
}

static void keep_page(struct site *site, struct aws_page *page)
{
    vec_push(&site->pages, page->body);
    page->body = NULL;
}

/* --- telling --------------------------------------------------------------------------------- */

static struct patch_counts counts_of(const cJSON *patch)
{
    return (struct patch_counts){
        .critical = json_i64(patch, "CriticalNonCompliantCount", 0),
        .security = json_i64(patch, "SecurityNonCompliantCount", 0),
        .other = json_i64(patch, "OtherNonCompliantCount", 0),
        .missing = json_i64(patch, "MissingCount", 0),
        .failed = json_i64(patch, "FailedCount", 0),
        .pending_reboot = json_i64(patch, "InstalledPendingRebootCount", 0),
        .rejected = json_i64(patch, "InstalledRejectedCount", 0),
    };
}

static enum patch_state state_of(const struct patch_counts *counts)
{
    if (counts->critical > 0)
        return PATCH_MISSING_CRITICAL;
    if (counts->failed > 0)
        return PATCH_FAILED;
    if (counts->pending_reboot > 0)
        return PATCH_PENDING_REBOOT;
    return counts->missing + counts->security + counts->other + counts->rejected > 0
               ? PATCH_NONCOMPLIANT
               : PATCH_COMPLIANT;
}

static void tell(struct load *load, const struct site *site, const cJSON *information)
{
    const union map_value *known = map_get(&site->states, json_sv(information, "InstanceId"));
    struct node node = {.target = &site->target, .information = information};
    node.is_online = sv_eq_cstr(json_sv(information, "PingStatus"), "Online");
    if (known) {
        node.patch = known->ptr;
        node.counts = counts_of(node.patch);
        node.state = state_of(&node.counts);
    } else if (!site->patches_lost) {
        node.state = PATCH_NEVER_REPORTED;
    }
    site->fn(load, &node, site->arg);
}

static void site_end(struct load *load, struct site *site)
{
    for (size_t i = 0; i < site->nodes.len; i++)
        tell(load, site, site->nodes.ptr[i]);
    if (site->end)
        site->end(load, site->arg);
    site_done(site);
}

/* --- patch states ---------------------------------------------------------------------------- */

static void states_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct site *site = arg;
    for (const cJSON *item = json_items(page->body, "InstancePatchStates"); item; item = item->next)
        map_put(&site->states, json_sv(item, "InstanceId"), NULL)->ptr = (void *)item;
    keep_page(site, page);
}

static void states_end(struct load *load, const struct aws_request *request, const struct err *err,
                       void *arg)
{
    (void)request;
    struct site *site = arg;
    site->patches_lost |= err->code != OK;
    if (--site->batches == 0)
        site_end(load, site);
}

static void read_states(struct load *load, struct site *site)
{
    for (size_t from = 0; from < site->nodes.len; from += BATCH_MAX) {
        cJSON *params = cJSON_CreateObject();
        cJSON *ids = cJSON_AddArrayToObject(params, "InstanceIds");
        for (size_t i = from; i < site->nodes.len && i < from + BATCH_MAX; i++)
            cJSON_AddItemToArray(
                ids, cJSON_Duplicate(json_get(site->nodes.ptr[i], "InstanceId"), false));
        site->batches++;
        load_read(load, OP_ssm_DescribeInstancePatchStates, &site->target, params, states_page,
                  states_end, site);
    }
}

/* --- nodes ----------------------------------------------------------------------------------- */

static void nodes_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct site *site = arg;
    for (const cJSON *item = json_items(page->body, "InstanceInformationList"); item;
         item = item->next)
        if (json_sv(item, "InstanceId").len > 0)
            vec_push(&site->nodes, item);
    keep_page(site, page);
}

static void nodes_end(struct load *load, const struct aws_request *request, const struct err *err,
                      void *arg)
{
    (void)request, (void)err;
    struct site *site = arg;
    read_states(load, site);
    if (site->batches == 0)
        site_end(load, site);
}

void nodes_read(struct load *load, const struct aws_target *target, node_fn *fn, nodes_end_fn *end,
                void *arg)
{
    struct site *site = load_alloc(load, sizeof *site);
    *site = (struct site){.target = *target, .fn = fn, .end = end, .arg = arg};
    load_at_free(load, site_done, site);
    load_read(load, OP_ssm_DescribeInstanceInformation, target, NULL, nodes_page, nodes_end, site);
}
