/*
 * coverage: what was asked, what answered, and what did not and why. A short list never looks
 * complete: every number on a screen stands beside its coverage.
 */
#ifndef CORE_GOV_COVERAGE_H
#define CORE_GOV_COVERAGE_H

#include "core/aws/client.h"
#include "core/base/vec.h"

/*
 * One account x region x operation that did not answer in full. The region is "" when the account
 * as a whole did not: its role could not be entered.
 */
struct gap {
    struct aws_target target;
    char account_name[128]; /* raw */
    char operation[64];     /* "config:DescribeConfigRules" */
    struct err err;
};

enum gap_reason { GAP_DENIED, GAP_THROTTLED, GAP_OUTDATED, GAP_FAILED, GAP_REASONS };
/* Which of them an error stands for. Pure. */
enum gap_reason gap_reason(enum err_code code);

#define GAPS_MAX 1000 /* are kept; the rest is counted */

/* The same for one operation: reads, not targets. */
struct op_coverage {
    uint32_t asked, answered; /* answered: to the end */
    int64_t oldest_ms;        /* wall clock of its oldest page; 0: none yet */
};

struct coverage {
    size_t asked, answered; /* account x region pairs (accounts for global screens) */
    size_t accounts_asked, accounts_answered;
    size_t accounts_lacking[GAP_REASONS]; /* by their first gap */
    VEC(struct gap) gaps;
    size_t gaps_left_off; /* beyond GAPS_MAX */
    /* What is not known of rows that are all there: who changed them, whose they are. Nothing is
     * missing from the list, so that these make no coverage partial. GAPS_MAX are kept. */
    VEC(struct gap) remarks;
    bool complete;     /* nothing is outstanding any more */
    int64_t oldest_ms; /* wall clock of the oldest page shown; 0: none yet */
    int64_t newest_ms;
    struct op_coverage ops[AWS_OP_COUNT]; /* for what shows several lists side by side */
};

/* *to, whatever it held, becomes a copy of its own, gaps and remarks included: coverage_done it. */
void coverage_copy(struct coverage *to, const struct coverage *from);
/* Frees the gaps and remarks; the coverage is empty and usable again. */
void coverage_done(struct coverage *coverage);
/* Appends a copy of the gap, or counts it when GAPS_MAX are there. */
void coverage_add_gap(struct coverage *coverage, const struct gap *gap);
/* Appends a copy of the remark, unless there is one of its operation in its place already. */
void coverage_add_remark(struct coverage *coverage, const struct gap *remark);
/* Whether two of them are of one operation in one account and region. Pure. */
bool gap_is_same(const struct gap *a, const struct gap *b);
/* A page of op has come: oldest_ms and newest_ms follow. */
void coverage_seen(struct coverage *coverage, enum aws_op_id op, int64_t at_ms);
/* "209/212 accounts, 3 denied, 40s old" for the header. */
void coverage_line(const struct coverage *coverage, struct buf *line);
/* The exit status of a headless run: 0, 4 when partial, 5 when nothing answered for want of
 * credentials, 1 when nothing answered for another reason. */
int coverage_exit_status(const struct coverage *coverage);

#endif
