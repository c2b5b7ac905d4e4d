/*
 * load: what a loader may do. Everything here runs on RUN_WORKER.
 *
 * A loader is a function that starts reads; their callbacks write rows and may start further
 * reads. The engine does the rest: how many are in flight, coverage, gaps, progress, cancelling.
 * Accounts take turns, a few requests at a time, so that one that is slow or refuses delays nobody
 * else.
 */
#ifndef CORE_GOV_LOAD_H
#define CORE_GOV_LOAD_H

#include "core/gov/gov.h"
#include "core/gov/settings.h"

/* What the load is made for; all borrowed for its life. */
struct gov *load_gov(const struct load *load);
/* The same. */
const struct settings *load_settings(const struct load *load);
/* The accounts and regions there are; NULL for local screens. */
const struct estate *load_estate(const struct load *load);
struct table *load_table(struct load *load); /* write rows here; published by itself */
/* How many rows there will be in all, as far as has been counted: for the progress. */
void load_expect(struct load *load, size_t n_rows);
/* How many resources of that kind were looked at in target; told again, it is that many: of what
 * part of them is changed at once. what is a constant. */
void load_saw(struct load *load, const struct aws_target *target, const char *what, size_t n);
/* How many of that kind were looked at, in all places that have told so far. */
size_t load_seen(const struct load *load, const char *what);
struct sv load_arg(const struct load *load, size_t i); /* SV_NONE beyond the last */

/* Zeroed memory that lives as long as the load: for the args of callbacks. */
void *load_alloc(struct load *load, size_t size_bytes);
/* A copy of text that lives as long as the load. */
char *load_keep(struct load *load, struct sv text);
/* done(arg) is called when the load is freed, before its memory is: for what arg itself holds. */
void load_at_free(struct load *load, void (*done)(void *arg), void *arg);

/* The account of the base credentials in the home region: aggregators and the like. */
struct aws_target load_home(const struct load *load);
/* Whether the selection holds the target's account and, unless its region is "", its region. */
bool load_selects(const struct load *load, const struct aws_target *target);

/*
 * Calls fn for each selected account that is active (x region for regional screens, else in the
 * home region). Each of them counts as asked, and as answered once every read that fn and its
 * callbacks have made for it has ended well.
 */
typedef void load_target_fn(struct load *load, const struct account *account,
                            const struct aws_target *target, void *arg);
void load_each(struct load *load, load_target_fn *fn, void *arg);
/* Counts a target as asked and answered: somebody else speaks for it. */
void load_ask(struct load *load, const struct aws_target *target);

typedef void load_page_fn(struct load *load, struct aws_page *page, void *arg);
typedef void load_end_fn(struct load *load, const struct aws_request *request,
                         const struct err *err, void *arg);

/*
 * client_read with bookkeeping: counts coverage for the target, records a gap when it fails, and
 * keeps the load open until it has ended. on_page and on_end may be NULL; on_end fires once, after
 * the last page, never within load_read. When the role of an account cannot be entered, that is
 * one gap, and whatever else was to be read there ends with the same error without being sent.
 */
void load_read(struct load *load, enum aws_op_id op, const struct aws_target *target,
               cJSON *take_params, load_page_fn *on_page, load_end_fn *on_end, void *arg);
/* The same, but the target does not count as asked and a failure is no gap: on_end decides. */
void load_try(struct load *load, enum aws_op_id op, const struct aws_target *target,
              cJSON *take_params, load_page_fn *on_page, load_end_fn *on_end, void *arg);
/* load_try of pages_max pages at most. */
void load_try_some(struct load *load, enum aws_op_id op, const struct aws_target *target,
                   cJSON *take_params, size_t pages_max, load_page_fn *on_page, load_end_fn *on_end,
                   void *arg);
/* One small question, its answer's first page at most: how it ended is all that counts, and nothing
 * of it is a gap. on_end as above. */
void load_probe(struct load *load, enum aws_op_id op, const struct aws_target *target,
                cJSON *take_params, load_end_fn *on_end, void *arg);
/*
 * load_try of one page that holds secrets: on_secret gets its bytes, as core/aws/client_secret.h
 * has it, and they are wiped behind it.
 */
typedef void load_secret_fn(struct load *load, struct sv body, void *arg);
void load_try_secret(struct load *load, enum aws_op_id op, const struct aws_target *target,
                     cJSON *take_params, load_secret_fn *on_secret, load_end_fn *on_end, void *arg);
/* load_read of pages_max pages at most: how many there are more nobody knows, but aws_page.last. */
void load_read_some(struct load *load, enum aws_op_id op, const struct aws_target *target,
                    cJSON *take_params, size_t pages_max, load_page_fn *on_page,
                    load_end_fn *on_end, void *arg);
/* Something of target is not shown although no read of the load has failed. */
void load_gap(struct load *load, const struct aws_target *target, const char *operation,
              const struct err *err);
/* The rows of target are all there, but something of them is not known, and err says why: no gap.
 * what goes before it: "who changed groups is not known". Once for an operation of a target. */
void load_remark(struct load *load, const struct aws_target *target, const char *operation,
                 const char *what, const struct err *err);
/* The load as a whole makes no sense: wrong arguments. Ends when its reads have. */
void load_fail(struct load *load, const struct err *err);

typedef void load_told_fn(struct load *load, void *arg);
/* Calls fn once nothing is left to read, before the load is done. fn may write rows and start
 * further reads. */
void load_at_end(struct load *load, load_told_fn *fn, void *arg);
/*
 * For rows that sum up others. fn writes them, from what has come so far: about once a second while
 * the load runs, so that nobody waits for the slowest account, and when nothing is left to read.
 * What it wrote before is forgotten each time. It starts no reads.
 */
void load_sum(struct load *load, load_told_fn *fn, void *arg);
/* Whether something is still being read: sums are of a part. */
bool load_is_partial(const struct load *load);
/* Whether the load is of all accounts and regions: what it does not show is not there. */
bool load_is_whole(const struct load *load);
/* Sets account_id, account (its name) and region: three columns in a row, from `column` on. */
void load_place(struct load *load, size_t column, const struct aws_target *target);
/* The rows of target, in columns as load_place sets them, are there no more: what is asked again
 * writes them anew. Not for rows that a load_target_fn and its reads have written, which are taken
 * back by themselves. */
void load_take_back(struct load *load, size_t column, const struct aws_target *target);
#define PLACE_COLUMNS(flags_)                                                                    \
    {"account_id", "ACCOUNT ID", COL_IDENTITY, COL_INTERNED | (flags_), 12, 12, 8},              \
        {"account", "ACCOUNT", COL_TEXT, COL_INTERNED | COL_WHEN_MANY, 13, 24, 1},               \
    {                                                                                            \
        "region", "REGION", COL_IDENTITY, COL_INTERNED | COL_WHEN_MANY | ((flags_)&COL_KEY), 12, \
            14, 2                                                                                \
    }

/* As it stands now. */
const struct coverage *load_coverage(const struct load *load);
/* Whether the account's role could be entered: false once a read has said that it cannot. */
bool load_is_reachable(const struct load *load, struct sv account_id);
/* True when err says that the role could not be entered, not that an operation failed. */
bool load_is_entry_failure(const struct err *err);

#endif
