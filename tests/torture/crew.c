#include "tests/torture/crew.h"

#include <string.h>
#include <sys/stat.h>

#include "core/gov/data/data.h"
#include "core/gov/systems_manager/automation.h"
#include "core/net/http.h"

#define ACCOUNT "analytics-dev"

const char *const crew_names[N_DESKS] = {"oncall", "lead"};

void crew_desk(const char *dir, int desk, char *path)
{
    dir_path(dir, crew_names[desk], path);
    mkdir(path, 0700);
}

static void take_account(void *arg, struct aws_page *page)
{
    struct crew *crew = arg;

    for (const cJSON *it = json_items(page->body, "Accounts"); it != NULL; it = it->next)
        if (sv_eq_cstr(json_sv(it, "Name"), ACCOUNT))
            sv_copy(json_sv(it, "Id"), crew->target.account_id, sizeof crew->target.account_id);
}

bool crew_start(struct crew *crew, const struct aws *aws, const char *dir, int n_people)
{
    char path[DIR_PATH_SIZE];

    *crew = (struct crew){0};
    run_start(&http_net_loop);
    for (int i = 0; i < n_people; i++) {
        crew_desk(dir, i, path);
        if (!person_sit_down(&crew->people[i], aws, crew_names[i], path))
            return false;
    }
    str_copy(crew->target.region, aws->region);
    return person_read(&crew->people[ONCALL], OP_organizations_ListAccounts, NULL, NULL,
                       take_account, crew) &&
           crew->target.account_id[0] != '\0';
}

void crew_stop(struct crew *crew)
{
    run_stop();
    for (int i = 0; i < N_DESKS; i++)
        person_done(&crew->people[i]);
}

/* --- rules -------------------------------------------------------------------------------- */

static bool is_open_to_the_world(const cJSON *rule)
{
    return !json_bool(rule, "isEgress", true) &&
           sv_eq_cstr(json_sv(rule, "cidrIpv4"), "0.0.0.0/0") &&
           sv_eq_cstr(json_sv(rule, "ipProtocol"), "tcp") && json_i64(rule, "fromPort", 0) != 80 &&
           json_i64(rule, "fromPort", 0) != 443;
}

static void take_rule(void *arg, struct aws_page *page)
{
    struct open_rule *found = arg;

    for (const cJSON *rule = json_items(page->body, "securityGroupRuleSet"); rule != NULL;
         rule = rule->next) {
        if (found->rule_id[0] != '\0' || !is_open_to_the_world(rule) || found->skip-- > 0)
            continue;
        sv_copy(json_sv(rule, "groupId"), found->group_id, sizeof found->group_id);
        sv_copy(json_sv(rule, "securityGroupRuleId"), found->rule_id, sizeof found->rule_id);
    }
}

bool crew_find_rule(struct crew *crew, const struct aws_target *target, size_t skip,
                    struct open_rule *rule)
{
    *rule = (struct open_rule){.skip = skip};
    return person_read(&crew->people[ONCALL], OP_ec2_DescribeSecurityGroupRules, target, NULL,
                       take_rule, rule) &&
           rule->rule_id[0] != '\0';
}

/* --- executions --------------------------------------------------------------------------- */

static void take_executions(void *arg, struct aws_page *page)
{
    struct executions *found = arg;
    const cJSON *it = json_items(page->body, "AutomationExecutionMetadataList");

    for (; it != NULL; it = it->next) {
        struct sv status = json_sv(it, "AutomationExecutionStatus");
        found->success += sv_eq_cstr(status, "Success");
        found->failed += sv_eq_cstr(status, "Failed");
        found->cancelled += sv_eq_cstr(status, "Cancelled");
        if (automation_has_ended(it))
            continue;
        found->open++;
        found->waits = sv_eq_cstr(status, "Waiting");
        sv_copy(json_sv(it, "AutomationExecutionId"), found->open_id, sizeof found->open_id);
    }
}

bool crew_find_executions(struct crew *crew, struct executions *found)
{
    *found = (struct executions){0};
    return person_read(&crew->people[LEAD], OP_ssm_DescribeAutomationExecutions, &crew->target,
                       automation_list_params(gov_document_close_rule().name, 0), take_executions,
                       found);
}

bool crew_find_waiting(struct crew *crew, struct executions *found)
{
    while (crew_find_executions(crew, found) && found->open > 0)
        if (found->waits)
            return true;
    return false;
}
