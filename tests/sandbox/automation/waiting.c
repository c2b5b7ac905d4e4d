/*
 * waiting: the automations that the world begins with.
 *
 * Each wants to revoke an open rule of a security group and waits for an approval: one for anybody
 * of the administrators' role, one for two of them of whom one has said yes, one for a role that
 * nobody here has; more are like these in turn. They are spread over accounts, then over regions. A
 * world that is too small to have so many open rules in such places has fewer.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sandbox/automation/automations.h"
#include "tests/sandbox/automation/engine.h"
#include "tests/sandbox/world/event.h"
#include "tests/sandbox/world/world_doc.h"

#define DOCUMENT_NAME "Acme-CloseSecurityGroupRule"
#define PLACES_MAX    500 /* that are tried: a large world may have hardly a group in most of them */
#define GROUPS_MAX    400 /* that are looked at in one place */
#define HOUR_MS       INT64_C(3600000)

static const struct waiting {
    const char *starter; /* a session of the administrators' role */
    const char *approver_role;
    int approvals;
    const char *voter; /* who has approved already; NULL: nobody */
    int64_t age_ms;
    const char *reason;
    const char *owner; /* its tag; NULL: none */
} table[] = {
    {"lead", ROLE_ADMIN, 1, NULL, 2 * HOUR_MS, "left open after the load test", "team-platform"},
    {"deploy-pipeline", ROLE_ADMIN, 2, "lead", 26 * HOUR_MS, "not in the network plan",
     "team-network"},
    {"lead", "ChangeBoard", 1, NULL, 5 * HOUR_MS, "exception has run out", NULL},
};

struct target {
    char group_id[RESOURCE_ID_SIZE];
    char rule_id[RESOURCE_ID_SIZE];
};

static bool is_open(const cJSON *rule)
{
    return !json_bool(rule, "isEgress", false) &&
           sv_eq_cstr(json_sv(rule, "cidrIpv4"), "0.0.0.0/0") &&
           json_sv(rule, "securityGroupRuleId").ptr;
}

/* The first open rule of the cell. */
static bool find_target(struct world *world, uint32_t cell, struct target *target)
{
    uint32_t n = cell_count(world, cell, EC2_SECURITY_GROUP);
    for (uint32_t i = 0; i < n && i < GROUPS_MAX; i++) {
        const struct ref ref = {.type = EC2_SECURITY_GROUP, .cell = cell, .index = i};
        AUTO(json_free_at) cJSON *doc = doc_live(world, ref);
        const cJSON *rule;
        cJSON_ArrayForEach (rule, json_get(doc, "rules")) {
            if (!is_open(rule))
                continue;
            resource_id(world, ref, target->group_id);
            sv_copy(json_sv(rule, "securityGroupRuleId"), target->rule_id, sizeof target->rule_id);
            return true;
        }
    }
    return false;
}

static struct document *add_document(struct world *world, uint32_t cell)
{
    struct document *document =
        document_add(world, cell, DOCUMENT_NAME, "Automation", close_rule_document, "");
    document->versions.ptr[0].created_ms = world->start_ms - 90 * 24 * HOUR_MS;
    return document;
}

static cJSON *list_of(const char *text)
{
    cJSON *list = cJSON_CreateArray();
    cJSON_AddItemToArray(list, cJSON_CreateString(text));
    return list;
}

static cJSON *make_parameters(const struct waiting *waiting, const struct target *target,
                              const char *account_id)
{
    char role[160], approvals[8];
    cJSON *parameters = cJSON_CreateObject();
    snprintf(role, sizeof role, "arn:aws:iam::%s:role/%s", account_id, waiting->approver_role);
    snprintf(approvals, sizeof approvals, "%d", waiting->approvals);
    cJSON_AddItemToObject(parameters, "GroupId", list_of(target->group_id));
    cJSON_AddItemToObject(parameters, "RuleId", list_of(target->rule_id));
    cJSON_AddItemToObject(parameters, "Reason", list_of(waiting->reason));
    cJSON *approvers = list_of(role);
    if (waiting->approvals > 1) { /* as many as have to approve must be named */
        snprintf(role, sizeof role, "arn:aws:iam::%s:role/" ROLE_AUTOMATION, account_id);
        cJSON_AddItemToArray(approvers, cJSON_CreateString(role));
    }
    cJSON_AddItemToObject(parameters, "Approvers", approvers);
    cJSON_AddItemToObject(parameters, "Approvals", list_of(approvals));
    return parameters;
}

/* Ids that follow from the seed. */
static void set_ids(struct world *world, struct automation *automation, uint64_t number)
{
    event_uuid(world, STREAM_AUTOMATION, number, automation->id);
    for (size_t i = 0; i < automation->n_steps; i++)
        event_uuid(world, STREAM_AUTOMATION, 1000 * (number + 1) + i, automation->steps[i].id);
}

static void add_vote(struct automation *automation, const char *account_id, const char *voter)
{
    struct vote vote = {.approves = true,
                        .at_ms = automation->started_ms + HOUR_MS,
                        .comment = mem_strdup("seen, looks right")};
    snprintf(vote.arn, sizeof vote.arn, "arn:aws:sts::%s:assumed-role/" ROLE_ADMIN "/%s",
             account_id, voter);
    vec_push(&automation->steps[0].votes, vote);
}

static void add_waiting(struct world *world, uint32_t cell, size_t number,
                        const struct target *target)
{
    const struct waiting *waiting = &table[number % ARRAY_LEN(table)];
    const char *account_id = cell_account(world, cell)->id;
    struct document *document = add_document(world, cell);
    AUTO(json_free_at) cJSON *parameters = make_parameters(waiting, target, account_id);
    struct principal as;
    iam_service_session(iam_role(ROLE_ADMIN), account_id, waiting->starter, &as);
    struct automation *automation =
        automation_start(world, cell,
                         &(struct automation_start){.document = document,
                                                    .version = &document->versions.ptr[0],
                                                    .parameters = parameters,
                                                    .as = &as,
                                                    .executed_by = as.arn,
                                                    .client_token = ""});
    set_ids(world, automation, number);
    automation->token_input = mem_strdup("");
    automation->started_ms = world->start_ms - waiting->age_ms;
    automation->due_ms = automation->started_ms + SECOND_MS;
    automations_wake(world, automation->due_ms);
    if (waiting->owner)
        cJSON_AddStringToObject(automation->tags, "Owner", waiting->owner);
    if (waiting->voter)
        add_vote(automation, account_id, waiting->voter);
}

static bool is_suitable(const struct world *world, size_t account)
{
    const struct account *it = &world->accounts[account];
    return account != world->management && account != world->showcase && account_is_active(it) &&
           it->role_access == ROLE_OK;
}

/* One more, in that account; false when nothing there is to be closed. */
static bool add_in(struct world *world, size_t account, size_t region, size_t number)
{
    struct target target;
    uint32_t cell = (uint32_t)(account * world_n_regions(world) + region);
    if (!is_suitable(world, account) || automation_at(world, cell, 0) ||
        !find_target(world, cell, &target))
        return false;
    add_waiting(world, cell, number, &target);
    return true;
}

void automations_add_waiting(struct world *world)
{
    size_t n = 0, n_regions = world_n_regions(world), n_accounts = world->n_accounts;
    size_t n_places = n_accounts * n_regions;
    for (size_t i = 0; i < n_places && i < PLACES_MAX && n < world->spec.waiting; i++)
        n += add_in(world, i % n_accounts, (n + i / n_accounts) % n_regions, n);
}
