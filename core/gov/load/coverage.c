#include "core/gov/load/coverage.h"

#include <string.h>

#include "core/base/clock.h"

void coverage_copy(struct coverage *to, const struct coverage *from)
{
    *to = *from;
    to->gaps.ptr = NULL;
    to->gaps.len = to->gaps.size = 0;
    for (size_t i = 0; i < from->gaps.len; i++)
        vec_push(&to->gaps, from->gaps.ptr[i]);
    to->remarks.ptr = NULL;
    to->remarks.len = to->remarks.size = 0;
    for (size_t i = 0; i < from->remarks.len; i++)
        vec_push(&to->remarks, from->remarks.ptr[i]);
}

void coverage_done(struct coverage *coverage)
{
    vec_free(&coverage->gaps);
    vec_free(&coverage->remarks);
    *coverage = (struct coverage){0};
}

void coverage_add_gap(struct coverage *coverage, const struct gap *gap)
{
    if (coverage->gaps.len < GAPS_MAX)
        vec_push(&coverage->gaps, *gap);
    else
        coverage->gaps_left_off++;
}

bool gap_is_same(const struct gap *a, const struct gap *b)
{
    return strcmp(a->operation, b->operation) == 0 &&
           strcmp(a->target.account_id, b->target.account_id) == 0 &&
           strcmp(a->target.region, b->target.region) == 0;
}

void coverage_add_remark(struct coverage *coverage, const struct gap *remark)
{
    for (size_t i = coverage->remarks.len; i > 0; i--) /* those of a place follow each other */
        if (gap_is_same(&coverage->remarks.ptr[i - 1], remark))
            return;
    if (coverage->remarks.len < GAPS_MAX)
        vec_push(&coverage->remarks, *remark);
}

void coverage_seen(struct coverage *coverage, enum aws_op_id op, int64_t at_ms)
{
    struct op_coverage *of = &coverage->ops[op];
    if (of->oldest_ms == 0 || at_ms < of->oldest_ms)
        of->oldest_ms = at_ms;
    if (coverage->oldest_ms == 0 || at_ms < coverage->oldest_ms)
        coverage->oldest_ms = at_ms;
    if (at_ms > coverage->newest_ms)
        coverage->newest_ms = at_ms;
}

/* --- in words -------------------------------------------------------------------------------- */

static const char *const reason_words[] = {"denied", "throttled", "outdated", "failed"};

enum gap_reason gap_reason(enum err_code code)
{
    switch (code) {
    case ERR_DENIED:
    case ERR_CREDENTIALS:
    case ERR_EXPIRED:
        return GAP_DENIED;
    case ERR_THROTTLED:
        return GAP_THROTTLED;
    case ERR_OUTDATED:
        return GAP_OUTDATED;
    default:
        return GAP_FAILED;
    }
}

void coverage_line(const struct coverage *coverage, struct buf *line)
{
    if (coverage->asked == 0 && coverage->complete)
        return; /* nobody had to be asked */
    buf_addf(line, "%zu/%zu account%s", coverage->accounts_answered, coverage->accounts_asked,
             coverage->accounts_asked == 1 ? "" : "s");
    for (size_t i = 0; i < GAP_REASONS; i++)
        if (coverage->accounts_lacking[i] > 0)
            buf_addf(line, ", %zu %s", coverage->accounts_lacking[i], reason_words[i]);
    if (coverage->oldest_ms > 0) {
        char age[CLOCK_AGE_SIZE];
        clock_age(clock_display_ms() - coverage->oldest_ms, age);
        buf_addf(line, ", %s%s", age, strcmp(age, "now") == 0 ? "" : " old");
    }
}

int coverage_exit_status(const struct coverage *coverage)
{
    if (coverage->answered == coverage->asked && coverage->gaps.len == 0)
        return 0;
    if (coverage->answered > 0 || coverage->newest_ms > 0)
        return 4;
    for (size_t i = 0; i < coverage->gaps.len; i++)
        if (err_exit_status(coverage->gaps.ptr[i].err.code) == 5)
            return 5;
    return 1;
}
