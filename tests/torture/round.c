#include "tests/torture/round.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/gov/security_group/sg_change.h"
#include "core/net/http.h"
#include "tests/unit/change/helper_judge.h"
#include "tests/unit/change/helper_stop.h"
#include "tests/unit/change/helper_victim.h"

#define ROUND_MS_MAX  60000
#define VERIFY_FOR_MS 60

static const struct change_kind *const kinds[] = {&change_sg_revoke, &change_sg_authorize};

/* --- in the child: what to change --------------------------------------------------------- */

struct search {
    cJSON *rule; /* any ingress rule */
    bool done;
    struct scope *scope;
};

static void take_ingress_rule(void *arg, struct aws_page *page)
{
    struct search *search = arg;

    for (const cJSON *rule = json_items(page->body, "securityGroupRuleSet"); rule != NULL;
         rule = rule->next)
        if (search->rule == NULL && !json_bool(rule, "isEgress", true))
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

static struct change_plan *plan_change(const struct aws *aws, struct aws_client *client)
{
    struct search search = {.scope = scope_new(NULL, "search")};
    struct aws_request request = {.op = OP_ec2_DescribeSecurityGroupRules};

    str_copy(request.target.account_id, aws->account_id);
    str_copy(request.target.region, aws->region);
    client_read(client, search.scope, &request, take_ingress_rule, search_ended, NULL, &search);
    run_ui_until(&search.done, -1);
    scope_unref(search.scope);
    if (search.rule == NULL)
        return NULL;
    struct change_plan *plan = sg_revoke_plan_new(search.rule);
    json_free(search.rule);
    plan->target = request.target;
    str_copy(plan->account_name, "torture");
    str_copy(plan->severity, "HIGH");
    change_plan_seal(plan);
    return plan;
}

/* --- the child ---------------------------------------------------------------------------- */

enum { ENDED_WELL, LEFT_OPEN, NO_CLIENT, NO_RULE };

static void child_main(const struct aws *aws, const struct store *store, const struct death *death)
{
    const struct aws_options options = {.endpoint_url = aws->endpoint, .region = aws->region};
    struct victim victim = {.dir = store->dir,
                            .kinds = kinds,
                            .n_kinds = ARRAY_LEN(kinds),
                            .verify_for_ms = VERIFY_FOR_MS,
                            .with_undo = true};

    run_start(&http_net_loop);
    if (client_new(&options, &victim.client, NULL) != OK)
        _exit(NO_CLIENT);
    if (death == NULL) {
        victim_settle(&victim);
        _exit(victim.open == 0 ? ENDED_WELL : LEFT_OPEN);
    }
    struct change_plan *plan = plan_change(aws, victim.client);
    if (plan == NULL)
        _exit(NO_RULE);
    stop_at(death->at_stop);
    victim_change(&victim, plan);
    _exit(ENDED_WELL);
}

/* Kills the child when its time is over; its wait status. */
static int await_death(pid_t child, int64_t after_us)
{
    int fd = (int)syscall(SYS_pidfd_open, child, 0), status;
    struct timespec time = {.tv_sec = after_us / 1000000, .tv_nsec = after_us % 1000000 * 1000};
    struct pollfd end = {.fd = fd, .events = POLLIN};

    if (ppoll(&end, 1, &time, NULL) == 0)
        kill(child, SIGKILL);
    waitpid(child, &status, 0);
    close(fd);
    return status;
}

static int run_child(const struct aws *aws, const struct store *store, const struct death *death)
{
    int64_t after_us =
        death != NULL && death->after_us != 0 ? death->after_us : (int64_t)ROUND_MS_MAX * 1000;
    pid_t child = fork();

    if (child == 0)
        child_main(aws, store, death);
    return await_death(child, after_us);
}

/* --- the round ---------------------------------------------------------------------------- */

enum round_end round_kill(const struct aws *aws, const struct store *store,
                          const struct death *death)
{
    int status = run_child(aws, store, death);

    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGKILL ? ROUND_KILLED : ROUND_BROKEN;
    return WEXITSTATUS(status) == ENDED_WELL ? ROUND_SURVIVED
           : WEXITSTATUS(status) == NO_RULE  ? ROUND_NO_RULE
                                             : ROUND_BROKEN;
}

#define COMPLAIN(...) (snprintf(complaint, size, __VA_ARGS__), (void)0)

void round_judge(struct aws *aws, const struct store *store, char *complaint, size_t size)
{
    struct verdict verdict;

    complaint[0] = '\0';
    if (!aws_wait_until_idle(aws)) {
        COMPLAIN("the sandbox does not come to rest");
        return;
    }
    aws_count(aws);
    size_t received = aws->revokes_received + aws->authorizes_received;
    int status = run_child(aws, store, NULL);
    aws_count(aws);
    judge_store(store->dir, &verdict);
    size_t revokes = aws->revokes - store->revokes_before;
    size_t authorizes = aws->authorizes - store->authorizes_before;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != ENDED_WELL)
        COMPLAIN("settling ended with status %x", (unsigned)status);
    else if (aws->revokes_received + aws->authorizes_received != received)
        COMPLAIN("settling has sent a change");
    else if (aws->twice[0] != '\0')
        COMPLAIN("%s was revoked twice", aws->twice);
    else if (verdict.complaint[0] != '\0')
        COMPLAIN("%s", verdict.complaint);
    else if (verdict.succeeded != revokes + authorizes || verdict.undone != authorizes)
        COMPLAIN("%zu succeeded, %zu undone, %zu failed, %zu other; AWS did %zu revokes, %zu "
                 "authorizes",
                 verdict.succeeded, verdict.undone, verdict.failed, verdict.other, revokes,
                 authorizes);
}
