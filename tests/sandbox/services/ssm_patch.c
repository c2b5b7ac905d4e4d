/*
 * ssm_patch: what the last patch operation of a node found.
 *
 * AWS Config's AWS::SSM::PatchCompliance holds the sum: whether the node is compliant, and how many
 * patches are not. The states here take that number apart. A node without such a resource has
 * never reported, and is left out of the answer as AWS leaves it out.
 */
#include <string.h>

#include "core/base/json.h"
#include "tests/sandbox/services/ec2.h"
#include "tests/sandbox/services/ssm.h"
#include "tests/sandbox/world/rng.h"
#include "tests/sandbox/world/template.h"

#define DAY_MS    INT64_C(86400000)
#define MINUTE_MS INT64_C(60000)

/* What a node's random choices are about, within its patch compliance. */
enum { SPLIT = 30, SECURITY, OPERATION, PHASE, INSTALLED, DURATION };

/* What AWS Config holds of it. */
struct found {
    int noncompliant;
    bool critical; /* the worst of them is */
};

struct patch_state {
    int missing, failed, pending_reboot; /* in sum: what is not compliant */
    int critical, security, other;       /* the same patches by another measure */
    bool install;                        /* the last operation; else a scan */
};

/* A scan finds what is missing. After an installation without a reboot nothing is missing: what
 * is not well waits for the reboot, or could not be installed. */
static void split(struct world *world, struct ref patch, const struct found *found,
                  struct patch_state *state)
{
    int n = found->noncompliant;
    *state = (struct patch_state){.install = ref_chance(world, patch, OPERATION, 350)};
    if (n == 0)
        return;
    int some = (int)ref_random(world, patch, SPLIT, (uint64_t)n + 1);
    state->pending_reboot = state->install ? some : 0;
    state->failed = state->install ? n - some : 0;
    state->missing = state->install ? 0 : n;
    state->critical =
        found->critical ? 1 + (int)ref_random(world, patch, SECURITY, (uint64_t)n) : 0;
    state->security = (n - state->critical + 1) / 2;
    state->other = n - state->critical - state->security;
}

/* A node that is there does it once a day, at an hour of its own; another one did while it was. */
static int64_t operation_end_ms(const struct node *node, struct ref patch, int64_t now_ms)
{
    int64_t phase_ms = (int64_t)ref_random(node->world, patch, PHASE, (uint64_t)DAY_MS);
    int64_t seen_ms = node_is_online(node) ? now_ms : node_last_ping_ms(node, now_ms);
    return seen_ms - (seen_ms - node->world->start_ms + phase_ms + DAY_MS * 3650) % DAY_MS;
}

static const char *patch_group(const struct node *node)
{
    static const char *const keys[] = {"Patch Group", "PatchGroup"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const cJSON *tag = json_get(json_get(node->instance, "tags"), keys[i]);
        if (cJSON_IsString(tag))
            return tag->valuestring;
    }
    return "";
}

/* One for each platform of the cell. */
static void baseline_id(const struct node *node, char id[24])
{
    const struct ref ref = node->resource.ref;
    uint64_t windows = strcmp(node_about(node, "PlatformType"), "Windows") == 0;
    uint64_t sealed = rng_seal(node->world->spec.seed, (uint64_t)ref.cell << 1 | windows);
    snprintf(id, 24, "pb-0%016llx", (unsigned long long)sealed);
}

static cJSON *make_state(const struct node *node, struct ref patch, const struct found *found,
                         int64_t now_ms)
{
    struct patch_state state;
    char baseline[24];
    struct world *world = node->world;
    bool windows = strcmp(node_about(node, "PlatformType"), "Windows") == 0;
    int64_t end_ms = operation_end_ms(node, patch, now_ms);
    int64_t took_ms = (2 + (int64_t)ref_random(world, patch, DURATION, 9)) * MINUTE_MS;
    split(world, patch, found, &state);
    baseline_id(node, baseline);
    cJSON *made = json_make(
        "{InstanceId:%s,PatchGroup:%s,BaselineId:%s,InstalledCount:%d,InstalledOtherCount:%d,"
        "InstalledPendingRebootCount:%d,InstalledRejectedCount:0,MissingCount:%d,FailedCount:%d,"
        "UnreportedNotApplicableCount:0,NotApplicableCount:%d,CriticalNonCompliantCount:%d,"
        "SecurityNonCompliantCount:%d,OtherNonCompliantCount:%d,OperationStartTime:%e,"
        "OperationEndTime:%e,Operation:%s,RebootOption:'NoReboot'}",
        node->resource.id, patch_group(node), baseline,
        40 + (int)ref_random(world, patch, INSTALLED, 400),
        (int)ref_random(world, patch, INSTALLED + 64, 30), state.pending_reboot, state.missing,
        state.failed, windows ? 900 : 0, state.critical, state.security, state.other,
        end_ms - took_ms, end_ms, state.install ? "Install" : "Scan");
    if (state.install)
        cJSON_AddNumberToObject(made, "LastNoRebootInstallOperationTime", (double)end_ms / 1000);
    return made;
}

/* --- the list ------------------------------------------------------------------------------- */

struct state_page {
    struct world *world;
    const struct call *call;
    uint32_t cell;
};

/* False when the node has never reported. */
static bool find_compliance(struct world *world, struct ref patch, struct found *found)
{
    cJSON *doc =
        patch.index < resource_count(world, patch.cell, SSM_PATCH) ? doc_live(world, patch) : NULL;
    const cJSON *content =
        json_path(json_get(doc, "configuration"), "AWS:ComplianceSummary.Content.Patch");
    bool reported = content != NULL;
    found->noncompliant = (int)json_i64(content, "NonCompliantCount", 0);
    found->critical = sv_eq_cstr(json_sv(content, "OverallSeverity"), "CRITICAL");
    cJSON_Delete(doc);
    return reported;
}

static void add_state(void *arg, size_t i, cJSON *list)
{
    const struct state_page *page = arg;
    const cJSON *id = cJSON_GetArrayItem(json_get(page->call->input, "InstanceIds"), (int)i);
    struct ref ref;
    struct node node;
    struct found found;
    if (!resource_find(page->world, page->cell, SSM_INVENTORY, id->valuestring, &ref))
        return;
    struct ref patch = ref;
    patch.type = SSM_PATCH;
    if (node_open(page->world, ref, &node) && find_compliance(page->world, patch, &found))
        cJSON_AddItemToArray(list, make_state(&node, patch, &found, page->call->now_ms));
    node_close(&node);
}

void ssm_describe_patch_states(struct world *world, const struct call *call, struct reply *reply)
{
    struct state_page page = {world, call, cell_number(world, call_cell(world, call))};
    page_reply(call, reply,
               &(struct page_spec){
                   .list_member = "InstancePatchStates",
                   .n_items = (size_t)cJSON_GetArraySize(json_get(call->input, "InstanceIds")),
                   .page_default = 100,
                   .page_max = 100,
                   .add_item = add_state,
                   .arg = &page,
               });
}
