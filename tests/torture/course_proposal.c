/*
 * course_proposal: one person proposes to close a rule, another one decides on it; the automation
 * does it, and the second undoes it. Whatever an earlier console has left waiting is gone on with.
 * The judge looks at what the sandbox was sent, and a witness of its own at what is in its world.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/gov/data/data.h"
#include "core/gov/systems_manager/automation.h"
#include "core/gov/systems_manager/proposal.h"
#include "core/net/http.h"
#include "tests/torture/course.h"
#include "tests/torture/person.h"
#include "tests/unit/change/helper_judge.h"

#define ACCOUNT "analytics-dev" /* has rules of every kind */

enum { ONCALL, LEAD, N_DESKS };
static const char *const names[N_DESKS] = {"oncall", "lead"};

static void desk_path(const char *dir, int desk, char path[DIR_PATH_SIZE])
{
    dir_path(dir, names[desk], path);
    mkdir(path, 0700);
}

/* Both at their consoles, and where they look. */
struct crew {
    struct person people[N_DESKS];
    struct aws_target target;
};

static void take_account(void *arg, struct aws_page *page)
{
    struct crew *crew = arg;

    for (const cJSON *it = json_items(page->body, "Accounts"); it != NULL; it = it->next)
        if (sv_eq_cstr(json_sv(it, "Name"), ACCOUNT))
            sv_copy(json_sv(it, "Id"), crew->target.account_id, sizeof crew->target.account_id);
}

static bool crew_start(struct crew *crew, const struct aws *aws, const char *dir)
{
    char path[DIR_PATH_SIZE];

    *crew = (struct crew){0};
    run_start(&http_net_loop);
    for (int i = 0; i < N_DESKS; i++) {
        desk_path(dir, i, path);
        if (!person_sit_down(&crew->people[i], aws, names[i], path))
            return false;
    }
    str_copy(crew->target.region, aws->region);
    return person_read(&crew->people[LEAD], OP_organizations_ListAccounts, NULL, NULL, take_account,
                       crew) &&
           crew->target.account_id[0] != '\0';
}

/* --- what there is to do ------------------------------------------------------------------ */

struct search {
    char group_id[32], rule_id[32];
    size_t skip; /* so many of them */
};

static bool is_open_to_the_world(const cJSON *rule)
{
    return !json_bool(rule, "isEgress", true) &&
           sv_eq_cstr(json_sv(rule, "cidrIpv4"), "0.0.0.0/0") &&
           sv_eq_cstr(json_sv(rule, "ipProtocol"), "tcp") && json_i64(rule, "fromPort", 0) != 80 &&
           json_i64(rule, "fromPort", 0) != 443;
}

static void take_rule(void *arg, struct aws_page *page)
{
    struct search *search = arg;

    for (const cJSON *rule = json_items(page->body, "securityGroupRuleSet"); rule != NULL;
         rule = rule->next) {
        if (search->rule_id[0] != '\0' || !is_open_to_the_world(rule) || search->skip-- > 0)
            continue;
        sv_copy(json_sv(rule, "groupId"), search->group_id, sizeof search->group_id);
        sv_copy(json_sv(rule, "securityGroupRuleId"), search->rule_id, sizeof search->rule_id);
    }
}

static bool find_rule(struct crew *crew, size_t skip, struct search *search)
{
    *search = (struct search){.skip = skip};
    return person_read(&crew->people[ONCALL], OP_ec2_DescribeSecurityGroupRules, &crew->target,
                       NULL, take_rule, search) &&
           search->rule_id[0] != '\0';
}

/* How the executions of our document stand. */
struct executions {
    size_t success, failed, cancelled, open;
    char open_id[37];
    bool waits;
};

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

static bool find_executions(struct crew *crew, struct executions *found)
{
    *found = (struct executions){0};
    return person_read(&crew->people[LEAD], OP_ssm_DescribeAutomationExecutions, &crew->target,
                       automation_list_params(gov_document_close_rule().name, 0), take_executions,
                       found);
}

/* The one that waits; after a moment, for an execution does not begin at once. */
static bool find_waiting(struct crew *crew, struct executions *found)
{
    while (find_executions(crew, found) && found->open > 0)
        if (found->waits)
            return true;
    return false;
}

/* --- living ------------------------------------------------------------------------------- */

static bool done(struct person *person)
{
    return person_decide(person) == CHANGE_SUCCEEDED;
}

/* The second person says yes, and takes it back once it is done; or says no. */
static void decide(struct crew *crew, const char *execution_id, bool approves)
{
    struct person *lead = &crew->people[LEAD];

    if (!approves) {
        if (person_plan(lead, &planner_decline, &crew->target, execution_id, "torture"))
            person_decide(lead);
        return;
    }
    if (person_plan(lead, &planner_approve, &crew->target, execution_id, NULL) && done(lead) &&
        person_plan_undo(lead))
        person_decide(lead);
}

/* Proposes the first rule that can be; false when there is none, or one is proposed already. */
static bool propose(struct crew *crew, bool *idle)
{
    struct person *oncall = &crew->people[ONCALL];
    struct search search;

    *idle = false;
    for (size_t skip = 0; find_rule(crew, skip, &search); skip++) {
        if (person_plan(oncall, &planner_propose, &crew->target, search.group_id, search.rule_id))
            return done(oncall);
        if (oncall->err.code == ERR_REFUSED)
            return false;
    }
    *idle = true;
    return false;
}

static enum console_end live(const struct aws *aws, const char *dir, unsigned dice)
{
    struct crew crew;
    struct executions waiting;
    bool idle;

    if (!crew_start(&crew, aws, dir))
        return CONSOLE_NOT_STARTED;
    bool proposed = propose(&crew, &idle);
    if (idle)
        return CONSOLE_IDLE;
    if (proposed && dice % 8 == 0) {
        if (person_plan_undo(&crew.people[ONCALL]))
            person_decide(&crew.people[ONCALL]);
    } else if (find_waiting(&crew, &waiting)) {
        decide(&crew, waiting.open_id, dice % 8 != 1);
    }
    return CONSOLE_ENDED_WELL;
}

/* --- what the witness sees ---------------------------------------------------------------- */

static void count_rules(void *arg, struct aws_page *page)
{
    int64_t *n = arg;

    for (const cJSON *rule = json_items(page->body, "securityGroupRuleSet"); rule != NULL;
         rule = rule->next)
        *n += !json_bool(rule, "isEgress", true);
}

struct sight {
    struct executions executions;
    int64_t rules; /* ingress */
};

static enum console_end settle(const struct aws *aws, const char *dir)
{
    struct crew crew;
    struct sight sight = {0};
    char path[DIR_PATH_SIZE];

    if (!crew_start(&crew, aws, dir))
        return CONSOLE_NOT_STARTED;
    for (int i = 0; i < N_DESKS; i++) {
        person_settle(&crew.people[i]);
        if (crew.people[i].n_open != 0)
            return CONSOLE_LEFT_OPEN;
    }
    if (!find_executions(&crew, &sight.executions) ||
        !person_read(&crew.people[LEAD], OP_ec2_DescribeSecurityGroupRules, &crew.target, NULL,
                     count_rules, &sight.rules))
        return CONSOLE_NOT_STARTED;
    dir_path(dir, "sight", path);
    file_write(path, (struct sv){(const char *)&sight, sizeof sight});
    return CONSOLE_ENDED_WELL;
}

/* --- the judgement ------------------------------------------------------------------------ */

static void judge_desk(const struct store *store, int desk, size_t deeds, size_t undos,
                       char *complaint, size_t size)
{
    struct verdict verdict;
    char path[DIR_PATH_SIZE];

    desk_path(store->dir, desk, path);
    judge_store(path, &verdict);
    if (verdict.complaint[0] != '\0')
        COMPLAIN("%s: %s", names[desk], verdict.complaint);
    else if (verdict.succeeded != deeds || verdict.undone != undos || verdict.other != 0)
        COMPLAIN("%s: %zu succeeded, %zu undone, %zu failed, %zu other; AWS did %zu, of which %zu "
                 "undo",
                 names[desk], verdict.succeeded, verdict.undone, verdict.failed, verdict.other,
                 deeds, undos);
}

/* The log says what was asked for, the world what it came to. */
static void judge_world(struct aws *aws, const struct sight *sight, char *complaint, size_t size)
{
    const struct executions *found = &sight->executions;
    size_t approved = aws->tally[DEED_APPROVE].done, rejected = aws->tally[DEED_REJECT].done;
    size_t stopped = aws->tally[DEED_STOP].done;
    int64_t rules_at_first =
        sight->rules + (int64_t)found->success - (int64_t)aws->tally[DEED_AUTHORIZE].done;

    if (aws->rules_at_first < 0)
        aws->rules_at_first = rules_at_first;
    if (found->open > 1)
        COMPLAIN("%zu proposals wait, and nobody has made more than one", found->open);
    else if (found->success != approved || found->failed != rejected || found->cancelled != stopped)
        COMPLAIN("%zu executions have succeeded, %zu failed, %zu were cancelled; AWS took %zu "
                 "approvals, %zu rejections, %zu stops",
                 found->success, found->failed, found->cancelled, approved, rejected, stopped);
    else if (rules_at_first != aws->rules_at_first)
        COMPLAIN("%lld rules are closed that nobody has closed",
                 (long long)(aws->rules_at_first - rules_at_first));
}

static void judge(struct aws *aws, const struct store *store, char *complaint, size_t size)
{
    size_t approvals = course_done(aws, store, DEED_APPROVE);
    size_t rejections = course_done(aws, store, DEED_REJECT);
    size_t reopened = course_done(aws, store, DEED_AUTHORIZE);
    size_t starts = course_done(aws, store, DEED_START), stops = course_done(aws, store, DEED_STOP);
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct sight sight;
    char path[DIR_PATH_SIZE];

    judge_desk(store, ONCALL, starts + stops, stops, complaint, size);
    if (complaint[0] == '\0')
        judge_desk(store, LEAD, approvals + rejections + reopened, reopened, complaint, size);
    dir_path(store->dir, "sight", path);
    file_read(path, &text);
    if (complaint[0] != '\0' || text.len != sizeof sight)
        return;
    memcpy(&sight, text.ptr, sizeof sight);
    judge_world(aws, &sight, complaint, size);
}

const struct course course_proposal = {
    .name = "proposal", .n_stops = 60, .live = live, .settle = settle, .judge = judge};
