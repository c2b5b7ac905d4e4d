/* course_revoke: one person revokes a rule, or narrows it, and undoes that. */
#include <stdio.h>
#include <string.h>

#include "core/gov/security_group/sg_change.h"
#include "core/gov/security_group/sg_modify.h"
#include "core/net/http.h"
#include "tests/torture/course.h"
#include "tests/unit/change/helper_judge.h"
#include "tests/unit/change/helper_victim.h"

#define VERIFY_FOR_MS 60

static const struct change_kind *const kinds[] = {&change_sg_revoke, &change_sg_authorize,
                                                  &change_sg_modify};

/* --- in the child: what to change --------------------------------------------------------- */

struct search {
    cJSON *rule; /* an ingress rule */
    bool to_narrow;
    bool done;
    struct scope *scope;
};

static bool is_wanted(const struct search *search, const cJSON *rule)
{
    struct sv source = json_sv(rule, "cidrIpv4");

    return !json_bool(rule, "isEgress", true) &&
           (!search->to_narrow || (source.len > 0 && !sv_eq_cstr(source, AWS_NARROW)));
}

static void take_ingress_rule(void *arg, struct aws_page *page)
{
    struct search *search = arg;

    for (const cJSON *rule = json_items(page->body, "securityGroupRuleSet"); rule != NULL;
         rule = rule->next)
        if (search->rule == NULL && is_wanted(search, rule))
            search->rule = cJSON_Duplicate(rule, true);
}

static void note_done(void *arg)
{
    struct search *search = arg;
    search->done = true;
}

static void search_ended(void *arg, const struct aws_request *request,
                         const struct aws_outcome *outcome)
{
    struct search *search = arg;

    (void)request, (void)outcome;
    run_call(RUN_UI, RUN_URGENT, search->scope, note_done, NULL, search);
}

static struct change_plan *plan_change(const struct aws *aws, struct aws_client *client,
                                       bool to_narrow)
{
    struct search search = {.to_narrow = to_narrow, .scope = scope_new(NULL, "search")};
    struct aws_request request = {.op = OP_ec2_DescribeSecurityGroupRules};

    str_copy(request.target.account_id, aws->account_id);
    str_copy(request.target.region, aws->region);
    client_read(client, search.scope, &request, take_ingress_rule, search_ended, NULL, &search);
    run_ui_until(&search.done, -1);
    scope_unref(search.scope);
    if (search.rule == NULL)
        return NULL;
    struct change_plan *plan =
        to_narrow ? sg_modify_plan_new(search.rule, AWS_NARROW) : sg_revoke_plan_new(search.rule);
    json_free(search.rule);
    plan->target = request.target;
    str_copy(plan->account_name, "torture");
    str_copy(plan->severity, "HIGH");
    change_plan_seal(plan);
    return plan;
}

/* --- the console -------------------------------------------------------------------------- */

static enum console_end start(const struct aws *aws, const char *dir, struct victim *victim)
{
    const struct aws_options options = {
        .endpoint_url = aws->endpoint, .region = aws->region, .profile = "oncall"};

    *victim = (struct victim){.dir = dir,
                              .kinds = kinds,
                              .n_kinds = ARRAY_LEN(kinds),
                              .verify_for_ms = VERIFY_FOR_MS,
                              .with_undo = true};
    run_start(&http_net_loop);
    return client_new(&options, &victim->client, NULL) == OK ? CONSOLE_ENDED_WELL
                                                             : CONSOLE_NOT_STARTED;
}

static enum console_end live(const struct aws *aws, const char *dir, unsigned dice)
{
    struct victim victim;

    if (start(aws, dir, &victim) != CONSOLE_ENDED_WELL)
        return CONSOLE_NOT_STARTED;
    struct change_plan *plan = plan_change(aws, victim.client, dice % 2 != 0);
    if (plan == NULL)
        return CONSOLE_IDLE;
    victim_change(&victim, plan);
    return CONSOLE_ENDED_WELL;
}

static enum console_end settle(const struct aws *aws, const char *dir)
{
    struct victim victim;

    if (start(aws, dir, &victim) != CONSOLE_ENDED_WELL)
        return CONSOLE_NOT_STARTED;
    victim_settle(&victim);
    return victim.open == 0 ? CONSOLE_ENDED_WELL : CONSOLE_LEFT_OPEN;
}

static void judge(struct aws *aws, const struct store *store, char *complaint, size_t size)
{
    struct verdict verdict;
    size_t revokes = course_done(aws, store, DEED_REVOKE);
    size_t authorizes = course_done(aws, store, DEED_AUTHORIZE);
    size_t modifies = course_done(aws, store, DEED_MODIFY);
    size_t widenings = modifies - course_done(aws, store, DEED_NARROW);

    judge_store(store->dir, &verdict);
    if (verdict.complaint[0] != '\0')
        COMPLAIN("%s", verdict.complaint);
    else if (verdict.succeeded != revokes + authorizes + modifies ||
             verdict.undone != authorizes + widenings)
        COMPLAIN("%zu succeeded, %zu undone, %zu failed, %zu other; AWS did %zu revokes, %zu "
                 "authorizes, %zu modifies, of which %zu widened",
                 verdict.succeeded, verdict.undone, verdict.failed, verdict.other, revokes,
                 authorizes, modifies, widenings);
}

const struct course course_revoke = {
    .name = "revoke", .n_stops = 30, .live = live, .settle = settle, .judge = judge};
