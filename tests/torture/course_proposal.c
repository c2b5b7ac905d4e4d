/*
 * course_proposal: one person proposes to close a rule, another one decides on it; the automation
 * does it, and the second undoes it. Whatever an earlier console has left waiting is gone on with.
 * The judge looks at what the sandbox was sent, and a witness of its own at what is in its world.
 */
#include <stdio.h>
#include <string.h>

#include "core/gov/proposal/proposal.h"
#include "tests/torture/course.h"
#include "tests/torture/crew.h"
#include "tests/unit/change/helper_judge.h"

/* --- living ------------------------------------------------------------------------------ */

static bool done(struct person *person)
{
    return person_decide(person) == CHANGE_SUCCEEDED;
}

/* The second person says yes, and takes it back once it is done; or says no. */
static void decide(struct crew *crew, const char *execution_id, bool approves)
{
    struct person *lead = &crew->people[LEAD];
    const char *const said[PLANNER_ARGS_MAX] = {execution_id, approves ? NULL : "torture"};

    if (!approves) {
        if (person_plan(lead, &planner_decline, &crew->target, said))
            person_decide(lead);
        return;
    }
    if (person_plan(lead, &planner_approve, &crew->target, said) && done(lead) &&
        person_plan_undo(lead))
        person_decide(lead);
}

/* Proposes the first rule that can be; false when there is none, or one is proposed already. */
static bool propose(struct crew *crew, bool *idle)
{
    struct person *oncall = &crew->people[ONCALL];
    struct open_rule rule;

    *idle = false;
    for (size_t skip = 0; crew_find_rule(crew, &crew->target, skip, &rule); skip++) {
        const char *const args[PLANNER_ARGS_MAX] = {"sg-revoke", rule.group_id, rule.rule_id};

        if (person_plan(oncall, &planner_propose, &crew->target, args))
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

    if (!crew_start(&crew, aws, dir, N_DESKS))
        return CONSOLE_NOT_STARTED;
    bool proposed = propose(&crew, &idle);
    if (idle)
        return CONSOLE_IDLE;
    if (proposed && dice % 8 == 0) {
        if (person_plan_undo(&crew.people[ONCALL]))
            person_decide(&crew.people[ONCALL]);
    } else if (crew_find_waiting(&crew, &waiting)) {
        decide(&crew, waiting.open_id, dice % 8 != 1);
    }
    return CONSOLE_ENDED_WELL;
}

/* --- what the witness sees --------------------------------------------------------------- */

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

    if (!crew_start(&crew, aws, dir, N_DESKS))
        return CONSOLE_NOT_STARTED;
    for (int i = 0; i < N_DESKS; i++) {
        person_settle(&crew.people[i]);
        if (crew.people[i].n_open != 0)
            return CONSOLE_LEFT_OPEN;
    }
    if (!crew_find_executions(&crew, &sight.executions) ||
        !person_read(&crew.people[LEAD], OP_ec2_DescribeSecurityGroupRules, &crew.target, NULL,
                     count_rules, &sight.rules))
        return CONSOLE_NOT_STARTED;
    dir_path(dir, "sight", path);
    file_write(path, (struct sv){(const char *)&sight, sizeof sight});
    return CONSOLE_ENDED_WELL;
}

/* --- the judgement ----------------------------------------------------------------------- */

static void judge_desk(const struct store *store, int desk, size_t deeds, size_t undos,
                       char *complaint, size_t size)
{
    struct verdict verdict;
    char path[DIR_PATH_SIZE];

    crew_desk(store->dir, desk, path);
    judge_store(path, &verdict);
    if (verdict.complaint[0] != '\0')
        COMPLAIN("%s: %s", crew_names[desk], verdict.complaint);
    else if (verdict.succeeded != deeds || verdict.undone != undos || verdict.other != 0)
        COMPLAIN("%s: %zu succeeded, %zu undone, %zu failed, %zu other; AWS did "
                 "%zu, of which %zu "
                 "undo",
                 crew_names[desk], verdict.succeeded, verdict.undone, verdict.failed, verdict.other,
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
        COMPLAIN("%zu executions have succeeded, %zu failed, %zu were cancelled; "
                 "AWS took %zu "
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
