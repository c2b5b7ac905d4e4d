/* load_ledger: who was asked, who has answered in full, and what is missing. */
#include <stdio.h>
#include <string.h>

#include "core/gov/load/load_internal.h"

static void *map_find(const struct map *map, struct sv key)
{
    union map_value *value = map_get(map, key);
    return value ? value->ptr : NULL;
}

static struct party *party_of(struct load *load, struct sv id)
{
    struct party *party = map_find(&load->parties, id);
    if (party)
        return party;
    party = arena_alloc(&load->arena, sizeof *party);
    const struct account *account = load->estate ? estate_account(load->estate, id) : NULL;
    sv_copy(id, party->account_id, sizeof party->account_id);
    party->name = account ? account->name : "";
    map_put(&load->parties, id, NULL)->ptr = party;
    return party;
}

struct pair *ledger_pair(struct load *load, const struct aws_target *target)
{
    char key[AWS_ACCOUNT_SIZE + AWS_REGION_SIZE];
    snprintf(key, sizeof key, "%s %s", target->account_id, target->region);
    struct pair *pair = map_find(&load->pairs, sv_of(key));
    if (pair)
        return pair;
    pair = arena_alloc(&load->arena, sizeof *pair);
    *pair = (struct pair){.target = *target, .party = party_of(load, sv_of(target->account_id))};
    map_put(&load->pairs, sv_of(key), NULL)->ptr = pair;
    return pair;
}

/* Whether it counts as answered. */
static bool is_whole(const struct party *party)
{
    return party->asked && party->pairs_open == 0 && !party->lacking;
}

struct pair *ledger_ask(struct load *load, const struct aws_target *target)
{
    struct pair *pair = ledger_pair(load, target);
    struct coverage *coverage = &load->now.coverage;
    if (pair->asked)
        return pair;
    coverage->accounts_answered -= is_whole(pair->party);
    pair->asked = true;
    pair->party->pairs_open++;
    coverage->asked++;
    coverage->accounts_asked += !pair->party->asked;
    pair->party->asked = true;
    return pair;
}

void ledger_settle(struct load *load, struct pair *pair)
{
    struct coverage *coverage = &load->now.coverage;
    if (!pair->asked || pair->ended || pair->reads_open > 0)
        return;
    pair->ended = true;
    pair->is_asked_again = false;
    if (!pair->lacking && !pair->is_remarked)
        answers_forget(pair);
    coverage->answered += !pair->lacking;
    pair->party->pairs_open--;
    coverage->accounts_answered += is_whole(pair->party);
}

/* What lacks something has not answered in full, even when that shows late. */
static void mark_lacking(struct load *load, struct pair *pair)
{
    struct coverage *coverage = &load->now.coverage;
    coverage->answered -= pair->ended && !pair->lacking;
    coverage->accounts_answered -= is_whole(pair->party);
    pair->lacking = pair->party->lacking = true;
}

static struct gap make_gap(const struct pair *pair, const char *region, const char *operation,
                           const struct err *err)
{
    struct gap gap = {.target = pair->target, .err = *err};
    str_copy(gap.target.region, region);
    str_copy(gap.account_name, pair->party->name);
    str_copy(gap.operation, operation);
    return gap;
}

static void add_gap(struct load *load, struct pair *pair, const char *region, const char *operation,
                    const struct err *err)
{
    struct gap gap = make_gap(pair, region, operation, err);
    coverage_add_gap(&load->now.coverage, &gap);
    load->now.coverage.accounts_lacking[gap_reason(err->code)] += !pair->party->lacking;
    mark_lacking(load, pair);
}

/* By the first gap of each account, as add_gap counts them. */
static void count_lacking(struct coverage *coverage)
{
    struct map seen = {0};
    memset(coverage->accounts_lacking, 0, sizeof coverage->accounts_lacking);
    for (size_t i = 0; i < coverage->gaps.len; i++) {
        const struct gap *gap = &coverage->gaps.ptr[i];
        bool fresh;
        map_put(&seen, sv_of(gap->target.account_id), &fresh);
        coverage->accounts_lacking[gap_reason(gap->err.code)] += fresh;
    }
    map_done(&seen);
}

/* Keeps what is neither of the target nor of its account as a whole; returns how many. */
static size_t keep_others(struct gap *gaps, size_t n, const struct aws_target *target)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const struct aws_target *of = &gaps[i].target;
        bool is_its = strcmp(of->account_id, target->account_id) == 0 &&
                      (of->region[0] == '\0' || strcmp(of->region, target->region) == 0);
        if (!is_its)
            gaps[kept++] = gaps[i];
    }
    return kept;
}

static void forget_gaps(struct coverage *coverage, const struct aws_target *target)
{
    coverage->gaps.len = keep_others(coverage->gaps.ptr, coverage->gaps.len, target);
    coverage->remarks.len = keep_others(coverage->remarks.ptr, coverage->remarks.len, target);
}

void ledger_forget_estate(struct load *load, const struct estate *estate)
{
    struct coverage *coverage = &load->now.coverage;
    size_t kept = 0;
    for (size_t i = 0; i < coverage->gaps.len; i++) {
        bool is_its = false;
        for (size_t e = 0; e < estate->coverage.gaps.len; e++)
            is_its |= gap_is_same(&coverage->gaps.ptr[i], &estate->coverage.gaps.ptr[e]);
        if (!is_its)
            coverage->gaps.ptr[kept++] = coverage->gaps.ptr[i];
    }
    coverage->gaps.len = kept;
    count_lacking(coverage);
}

static bool has_lacking_pair(const struct load *load, const struct party *party)
{
    size_t at = 0;
    struct sv key;
    union map_value value;
    while (map_next(&load->pairs, &at, &key, &value)) {
        const struct pair *pair = value.ptr;
        if (pair->party == party && pair->lacking)
            return true;
    }
    return false;
}

void ledger_done(struct load *load)
{
    size_t at = 0;
    struct sv key;
    union map_value value;
    while (map_next(&load->pairs, &at, &key, &value)) {
        struct pair *pair = value.ptr;
        answers_forget(pair);
        vec_free(&pair->rows);
    }
}

void ledger_reopen(struct load *load, struct pair *pair)
{
    struct coverage *coverage = &load->now.coverage;
    struct party *party = pair->party;
    coverage->answered -= pair->ended && !pair->lacking;
    coverage->accounts_answered -= is_whole(party);
    party->pairs_open += pair->ended;
    pair->ended = pair->lacking = pair->is_remarked = false;
    party->shut = false;
    party->lacking = has_lacking_pair(load, party);
    answers_uncount(pair, coverage);
    forget_gaps(coverage, &pair->target);
    count_lacking(coverage);
}

bool load_is_entry_failure(const struct err *err)
{
    return err->code != OK && strcmp(err->where, "sts:AssumeRole") == 0;
}

/* The first read that cannot enter the account speaks for all others there. */
void ledger_fail(struct load *load, struct pair *pair, enum aws_op_id op_id, const struct err *err,
                 bool lenient)
{
    const struct aws_op *op = aws_op(op_id);
    char operation[64];
    snprintf(operation, sizeof operation, "%s:%s", op->service->id, op->name);
    if (!load_is_entry_failure(err)) {
        if (!lenient)
            add_gap(load, pair, pair->target.region, operation, err);
    } else if (!pair->party->shut) {
        pair->party->shut = true;
        pair->party->why = *err;
        add_gap(load, pair, "", err->where, err);
    } else {
        mark_lacking(load, pair);
    }
}

void load_gap(struct load *load, const struct aws_target *target, const char *operation,
              const struct err *err)
{
    struct pair *pair = ledger_ask(load, target);
    if (load_is_entry_failure(err))
        mark_lacking(load, pair); /* told already, once for the account */
    else
        add_gap(load, pair, target->region, operation, err);
    ledger_settle(load, pair);
}

void load_remark(struct load *load, const struct aws_target *target, const char *operation,
                 const char *what, const struct err *err)
{
    struct pair *pair = ledger_pair(load, target);
    if (load_is_entry_failure(err))
        return; /* a gap of the account says it */
    struct gap remark = make_gap(pair, target->region, operation, err);
    AUTO(buf_done) struct buf message = BUF_NONE;
    buf_addf(&message, "%s: %s", what, err->message);
    sv_copy(buf_sv(&message), remark.err.message, sizeof remark.err.message);
    coverage_add_remark(&load->now.coverage, &remark);
    pair->is_remarked = true;
}

void load_ask(struct load *load, const struct aws_target *target)
{
    ledger_settle(load, ledger_ask(load, target));
}

const struct coverage *load_coverage(const struct load *load)
{
    return &load->now.coverage;
}

bool load_is_reachable(const struct load *load, struct sv account_id)
{
    const struct party *party = map_find(&load->parties, account_id);
    return !party || !party->shut;
}
