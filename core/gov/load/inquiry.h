/*
 * inquiry: a few reads about one thing, outside any list: what describe and the planners are made
 * of.
 */
#ifndef CORE_GOV_INQUIRY_H
#define CORE_GOV_INQUIRY_H

#include "core/gov/gov.h"

struct inquiry;

struct inquiry_kind {
    void (*begin)(struct inquiry *inquiry, void *arg); /* makes the first reads */
    void (*end)(struct inquiry *inquiry, void *arg); /* every read has ended; arg is the callee's */
    void (*drop)(void *arg);                         /* the scope was closed instead */
};

/*
 * Waits for the estate (gov_estate may still be NULL then: nobody knows who is calling), then calls
 * begin, and end after the last read; or drop. All on RUN_WORKER; inquiry_start on any runner.
 */
void inquiry_start(struct gov *gov, struct scope *scope, const struct inquiry_kind *kind,
                   void *arg);
struct gov *inquiry_gov(const struct inquiry *inquiry);
struct scope *inquiry_scope(const struct inquiry *inquiry);

/*
 * Reads all pages of an operation (pages_max of them when it is not 0); the replies are kept. No
 * read delays another, none fails another. Within begin, or then (which may be NULL and fires when
 * the read has ended well).
 */
void inquiry_read(struct inquiry *inquiry, enum aws_op_id op, const struct aws_target *target,
                  cJSON *take_params, void (*then)(struct inquiry *inquiry, void *arg));
void inquiry_read_pages(struct inquiry *inquiry, enum aws_op_id op, const struct aws_target *target,
                        cJSON *take_params, size_t pages_max,
                        void (*then)(struct inquiry *inquiry, void *arg));
/* Page i of op, borrowed until end has returned; NULL beyond the last. */
const cJSON *inquiry_page(const struct inquiry *inquiry, enum aws_op_id op, size_t i);
/* What that page was asked for with, borrowed as well. */
const cJSON *inquiry_params(const struct inquiry *inquiry, enum aws_op_id op, size_t i);
/* Why op could not be read; code OK when it could or was not asked. */
const struct err *inquiry_err(const struct inquiry *inquiry, enum aws_op_id op);
/* The i-th read that has failed, in the order in which they were made; NULL behind the last. */
const struct err *inquiry_failure(const struct inquiry *inquiry, size_t i);

/* Walks the items of the list `member` over all pages of op. */
#define INQUIRY_EACH(inquiry_, op_, member_, item_)                                               \
    for (size_t item_##_page = 0; inquiry_page(inquiry_, op_, item_##_page); item_##_page++)      \
        for (const cJSON *item_ = json_items(inquiry_page(inquiry_, op_, item_##_page), member_); \
             item_; item_ = item_->next)

#endif
