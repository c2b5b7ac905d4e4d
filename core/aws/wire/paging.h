/*
 * paging: the next page of a list, and whether the service goes round in circles.
 */
#ifndef CORE_AWS_PAGING_H
#define CORE_AWS_PAGING_H

#include "core/aws/op.h"
#include "core/base/json.h"
#include "core/base/map.h"

/* Zero-initialised stands before the first page. */
struct paging {
    struct map seen;  /* digests of the tokens that were given so far */
    struct buf token; /* of the page to ask for next */
};

/*
 * Reads the token of a page: *more says whether there is another, whose token is in paging->token.
 * Absent, null and empty end the list, and so does, where the operation has it so, the token that
 * this page was asked for with. ERR_PAGING_LOOP for a token that was given before (the same
 * one, or round in a circle of any length), ERR_PARSE for one that is no text.
 */
enum err_code paging_next(struct paging *paging, const struct aws_op *op, const cJSON *body,
                          bool *more, struct err *err);

/* The same, the token at hand; empty ends the list. */
enum err_code paging_take(struct paging *paging, const struct aws_op *op, struct sv token,
                          bool *more, struct err *err);
/* ERR_PARSE: the token is no text. */
enum err_code paging_no_text(const struct aws_op *op, struct err *err);

/* Before the first page again. */
void paging_reset(struct paging *paging);
void paging_done(struct paging *paging);

#endif
