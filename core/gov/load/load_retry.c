/*
 * load_retry: what a load could not see is asked for once more, and nothing else. The loader is
 * called again for those targets alone. Their rows are taken back; what other operations have said
 * of them is told the loader again, so that only the one that failed goes to AWS.
 */
#include <string.h>

#include "core/gov/load/load_internal.h"

/* What a person wants asked again, on its way to RUN_WORKER. */
struct retry {
    struct gov *gov;
    const struct screen *screen;
    struct aws_target target;
    enum aws_op_id op; /* AWS_OP_COUNT: all of them */
    struct retry_waiter waiter;
};

static void waiter_done(struct retry_waiter *waiter)
{
    scope_unref(waiter->scope);
}

/* On its way back to RUN_UI. */
struct news {
    struct retry_waiter waiter;
    bool asked;
};

static void news_free(void *arg)
{
    struct news *news = arg;
    waiter_done(&news->waiter);
    mem_free(news);
}

static void news_tell(void *arg)
{
    struct news *news = arg;
    news->waiter.done(news->waiter.arg, news->asked);
    news_free(news);
}

static void tell(const struct retry_waiter *take_waiter, bool asked)
{
    struct news *news = mem_new(struct news);
    *news = (struct news){*take_waiter, asked};
    run_call(RUN_UI, RUN_NORMAL, news->waiter.scope, news_tell, news_free, news);
}

static void tell_all(struct load *load, bool asked)
{
    for (size_t i = 0; i < load->retry_waiters.len; i++)
        tell(&load->retry_waiters.ptr[i], asked);
    vec_clear(&load->retry_waiters);
}

void retry_tell(struct load *load)
{
    tell_all(load, true);
}

void retry_done(struct load *load)
{
    struct gov *gov = load->gov;
    size_t kept = 0;
    tell_all(load, false);
    vec_free(&load->retry_waiters);
    for (size_t i = 0; i < gov->loads.len; i++)
        if (gov->loads.ptr[i] != load)
            gov->loads.ptr[kept++] = gov->loads.ptr[i];
    gov->loads.len = kept;
}

/* --- which pairs ----------------------------------------------------------------------------- */

typedef VEC(struct pair *) pair_list;

static bool is_meant(const struct pair *pair, const struct aws_target *target)
{
    return pair->fn && (pair->lacking || pair->is_remarked) &&
           strcmp(pair->target.account_id, target->account_id) == 0 &&
           (target->region[0] == '\0' || pair->party->shut ||
            strcmp(pair->target.region, target->region) == 0);
}

static void find_pairs(const struct load *load, const struct aws_target *target, pair_list *found)
{
    size_t at = 0;
    struct sv key;
    union map_value value;
    while (map_next(&load->pairs, &at, &key, &value)) {
        struct pair *pair = value.ptr;
        if (is_meant(pair, target))
            vec_push(found, pair);
    }
}

/* --- asking ---------------------------------------------------------------------------------- */

static void ask_again(struct load *load, struct pair *pair)
{
    size_t first = rows_begin(load);
    pair->reads_open++;
    pair->fn(load, pair->account, &pair->target, pair->fn_arg);
    pair->reads_open--;
    rows_end(load, pair, first);
    ledger_settle(load, pair);
}

/* A role that could not be entered kept everything from being asked. */
static void reopen(struct load *load, struct pair *pair, enum aws_op_id op)
{
    pair->is_asked_again = !pair->party->shut && op != AWS_OP_COUNT && answers_has(pair, op);
    pair->asked_again = op;
    ledger_reopen(load, pair);
}

static bool retry_load(struct load *load, const struct aws_target *target, enum aws_op_id op)
{
    pair_list pairs = {0};
    find_pairs(load, target, &pairs);
    bool found = pairs.len > 0;
    if (found) {
        load->now.phase = LOAD_RUNNING;
        load->now.coverage.complete = false;
        load->open++;
        rows_take_back(load, pairs.ptr, pairs.len);
        for (size_t i = 0; i < pairs.len; i++)
            reopen(load, pairs.ptr[i], op);
        for (size_t i = 0; i < pairs.len; i++)
            ask_again(load, pairs.ptr[i]);
    }
    vec_free(&pairs);
    return found;
}

/* "config:DescribeConfigRules" */
static enum aws_op_id op_named(const char *operation)
{
    struct sv name = sv_of(operation), service = sv_split(&name, ':');
    const struct aws_op *op = aws_op_find(service, name);
    return op ? (enum aws_op_id)(op - aws_op((enum aws_op_id)0)) : AWS_OP_COUNT;
}

/* --- the organization ------------------------------------------------------------------------- */

static bool is_of_estate(const struct gov *gov, const struct retry *retry)
{
    for (size_t i = 0; gov->estate && i < gov->estate->coverage.gaps.len; i++)
        if (op_named(gov->estate->coverage.gaps.ptr[i].operation) == retry->op)
            return retry->op != AWS_OP_COUNT;
    return false;
}

/* Accounts that have turned up are read, with what the loader does for each. */
static void estate_again(void *arg)
{
    struct load *load = arg;
    ledger_forget_estate(load, load->estate);
    vec_push(&load->former_estates, load->estate);
    load->estate = gov_estate(load->gov);
    load->last_placed = NULL;
    load_take_estate_gaps(load);
    load_each_new(load);
    queue_send(load);
    load_release(load);
    load_show(load);
}

static bool retry_estate(struct load *load)
{
    if (!load->estate)
        return false;
    load->now.phase = LOAD_RUNNING;
    load->now.coverage.complete = false;
    load->open += 2; /* until the estate is there, and until begin has ended */
    gov_want_estate(load->gov, true, load->scope, estate_again, NULL, load);
    return true;
}

/* The retry waits for the load before it may end. */
static void begin(struct load *load, const struct retry_waiter *waiter)
{
    struct retry_waiter mine = *waiter;
    scope_ref(mine.scope);
    vec_push(&load->retry_waiters, mine);
    queue_send(load);
    load_release(load);
    load_show(load);
}

static void retry_free(void *arg)
{
    struct retry *retry = arg;
    waiter_done(&retry->waiter);
    mem_free(retry);
}

/* The newest load is the one that is looked at: it tells when it is done. */
static void retry_now(void *arg)
{
    struct retry *retry = arg;
    struct gov *gov = retry->gov;
    for (size_t i = gov->loads.len; i > 0; i--) {
        struct load *load = gov->loads.ptr[i - 1];
        if (load->screen != retry->screen || load->now.phase != LOAD_DONE ||
            !(is_of_estate(gov, retry) ? retry_estate(load)
                                       : retry_load(load, &retry->target, retry->op)))
            continue;
        begin(load, &retry->waiter);
        retry_free(retry);
        return;
    }
    tell(&retry->waiter, false);
    mem_free(retry);
}

void gov_retry(struct gov *gov, const struct screen *screen, const struct aws_target *target,
               const char *operation, struct scope *asking, void (*done)(void *arg, bool asked),
               void *arg)
{
    struct retry *retry = mem_new(struct retry);
    *retry = (struct retry){.gov = gov, .screen = screen, .target = *target};
    retry->op = op_named(operation);
    retry->waiter = (struct retry_waiter){scope_ref(asking), done, arg};
    run_call(RUN_WORKER, RUN_URGENT, gov->scope, retry_now, retry_free, retry);
}
