/*
 * load_internal: what the parts of the engine share. RUN_WORKER, but where said.
 */
#ifndef CORE_GOV_LOAD_INTERNAL_H
#define CORE_GOV_LOAD_INTERNAL_H

#include "core/base/map.h"
#include "core/gov/gov_internal.h"
#include "core/gov/load/load.h"

struct answer; /* load_answers.c */

struct read {
    struct load *load;
    struct aws_request request;
    struct pair *pair;
    struct answer *answer; /* where what it says is kept; NULL: nowhere */
    bool is_replayed;      /* from there, not from AWS */
    bool lenient;          /* a failure is no gap */
    bool is_probe;         /* not even that of entering the account */
    load_page_fn *on_page;
    load_secret_fn *on_secret; /* its reply holds secrets; NULL: it does not */
    load_end_fn *on_end;
    void *arg;
    struct read *next;
};

/* What is known of an account while it is being read. */
struct party {
    char account_id[AWS_ACCOUNT_SIZE];
    const char *name;
    size_t in_flight;
    size_t pairs_open; /* asked, not ended */
    bool asked;
    bool lacking; /* something of it is missing */
    bool shut;    /* its role cannot be entered */
    bool in_ring;
    struct err why; /* shut */
    struct read *first, *last;
    struct party *next_in_ring;
};

/* Rows [first, end) of load->written. */
struct row_range {
    size_t first, end;
};
typedef VEC(struct row_range) row_ranges;

/* An account x region that is read from. */
struct pair {
    struct aws_target target;
    struct party *party;
    size_t reads_open;
    bool asked, ended, lacking;
    bool is_remarked;              /* nothing is missing, but something of its rows is not known */
    const struct account *account; /* of load_each: with fn it can be asked once more */
    load_target_fn *fn;
    void *fn_arg;
    struct answer *answers; /* of its reads, until all is there */
    row_ranges rows;        /* that fn and its reads have written */
    bool is_asked_again;    /* by the operation alone; what others said is told from answers */
    enum aws_op_id asked_again;
};

/* What a loader wants done when the load is freed, and when nothing is left to read. */
struct owned {
    void (*done)(void *arg);
    void *arg;
};

/* Somebody waits for a gap that is asked once more. */
struct retry_waiter {
    struct scope *scope; /* a reference */
    void (*done)(void *arg, bool asked);
    void *arg;
};

struct closing {
    load_told_fn *fn;
    void *arg;
};

struct load {
    struct gov *gov;
    const struct screen *screen;
    struct selection selection;
    char **args;
    size_t n_args;
    unsigned flags;            /* enum load_flags */
    struct scope *scope;       /* of all tasks */
    struct scope *calls_scope; /* below it: of the requests, closed by load_cancel */

    /* RUN_UI */
    void (*on_change)(void *arg);
    void *on_change_arg;
    struct load_view shown;

    /* RUN_WORKER */
    struct load_view now;
    struct table *written; /* rows are written to it; shown as it is while nothing sums them up */
    struct estate *estate;
    VEC(struct estate *) former_estates; /* whose accounts are still spoken of; references */
    load_target_fn *each; /* of the last load_each, for accounts that turn up later */
    void *each_arg;
    const struct account *last_placed; /* by load_place; of estate */
    char cached_for[256];              /* the principal who saw now.cached */
    struct map pairs, parties;         /* by "account region" and by account */
    struct map saw;                    /* by "account region what": how many resources */
    struct party *ring_first, *ring_last;
    size_t in_flight;
    size_t open; /* reads that have not ended, and callbacks that may make more */
    bool sending, show_scheduled;
    int64_t shown_at_ms;
    struct arena arena;
    VEC(struct owned) owned;
    VEC(struct closing) closings, sums;
    bool sums_are_due, sums_are_scheduled;
    VEC(struct retry_waiter) retry_waiters;
};

/* --- load.c ---------------------------------------------------------------------------------- */

/* Tells RUN_UI, now or a little later. */
void load_show(struct load *load);
/* What of the organization could not be listed is missing from every list. */
void load_take_estate_gaps(struct load *load);
/* One thing less keeps the load open; the last one ends it. */
void load_release(struct load *load);

/* --- load_targets.c: which accounts and regions ----------------------------------------------- */

/* Reads the accounts of load->estate of which nothing has been asked yet. */
void load_each_new(struct load *load);
/* Each pattern that a person gave must mean something: ERR_USAGE names one that does not, the
 * estate's own error when its tags could not be read. */
enum err_code load_check_selection(struct load *load, struct err *err);

/* --- load_ledger.c: what was asked, what answered ----------------------------------------------
 */

/* Made when it is first heard of; not asked by that. */
struct pair *ledger_pair(struct load *load, const struct aws_target *target);
/* The pair counts as asked from now on, and its account with the first of its pairs. */
struct pair *ledger_ask(struct load *load, const struct aws_target *target);
/* The pair counts as answered if nothing of it is open or lacking. */
void ledger_settle(struct load *load, struct pair *pair);
/* The pair counts as asked and not yet answered again, its gaps are forgotten; those of an account
 * that could not be entered with it. */
void ledger_reopen(struct load *load, struct pair *pair);
/* The gaps of the estate are forgotten: it has been read anew. */
void ledger_forget_estate(struct load *load, const struct estate *estate);
/* A read of the pair has failed; lenient: that is no gap, unless the account cannot be entered. */
void ledger_fail(struct load *load, struct pair *pair, enum aws_op_id op, const struct err *err,
                 bool lenient);

/* Frees what the pairs have kept. */
void ledger_done(struct load *load);

/* --- load_answers.c: what was said, and the rows that came of it -------------------------------
 */

/* The read is about to wait for its turn: true when it is to be replayed. */
bool answers_begin(struct read *read);
void answers_page(struct read *read, const struct aws_page *page); /* it has said that */
void answers_end(struct read *read, const struct err *err);        /* and that was all */
/* Hands the kept pages to on_page; returns how the read ended. */
struct err answers_replay(struct read *read, void (*on_page)(void *arg, struct aws_page *page));
/* Whether one of the pair's reads was of op. */
bool answers_has(const struct pair *pair, enum aws_op_id op);
/* The pair's reads count as not asked. */
void answers_uncount(const struct pair *pair, struct coverage *coverage);
void answers_forget(struct pair *pair);

/* What is written from here to rows_end counts as the pair's. */
size_t rows_begin(struct load *load);
void rows_end(struct load *load, struct pair *pair, size_t first);
/* The pairs' rows are there no more. */
void rows_take_back(struct load *load, struct pair *const *pairs, size_t n_pairs);

/* --- load_sum.c: rows that sum up others ------------------------------------------------------ */

/* Something has come: what sums it up is told in a moment, should the load still run then. */
void sums_touch(struct load *load);
/* Tells the sums now: what is shown becomes the rows so far, and theirs behind them. */
void sums_tell(struct load *load);

/* --- load_cache.c: what was seen earlier --------------------------------------------------------
 */

/* Finds the rows of an earlier load like this one, before anything is asked or, when only then it
 * is known whose credentials these are, once the estate is known. Drops those that turn out to be
 * another's. */
void cached_find(struct load *load);
/* The load has ended well: its rows are kept, and stand for themselves. */
void cached_replace(struct load *load);
/* --- load_retry.c: asking once more ----------------------------------------------------------- */

/* Tells those who wait that nothing is being read any more. */
void retry_tell(struct load *load);
/* The load is no more: nobody finds it, who waits is told. */
void retry_done(struct load *load);

/* --- load_queue.c: reads that wait, and their turns --------------------------------------------
 */

/* Sends what may be sent. What ends meanwhile may add reads: those join the queue, not the stack.
 */
void queue_send(struct load *load);
/* Frees what was never sent. */
void queue_done(struct load *load);

#endif
