/*
 * pager: the next page of a list, and whether the service goes round in circles.
 */
#ifndef CORE_AWS_PAGER_H
#define CORE_AWS_PAGER_H

#include "core/aws/op.h"
#include "core/base/json.h"
#include "core/base/map.h"

/* Zero-initialised stands before the first page. */
struct pager {
    struct map seen;  /* digests of the tokens that were given so far */
    struct buf token; /* of the page to ask for next */
};

/*
 * Reads the token of a page: *more says whether there is another, whose token is in pager->token.
 * Absent, null and empty end the list. ERR_PAGING_LOOP for a token that was given before (the same
 * one, or round in a circle of any length), ERR_PARSE for one that is no text.
 */
enum err_code pager_next(struct pager *pager, const struct aws_op *op, const cJSON *body,
                         bool *more, struct err *err);

/* Before the first page again. */
void pager_reset(struct pager *pager);
void pager_done(struct pager *pager);

#endif
