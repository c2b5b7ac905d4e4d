/*
 * page_texts: a page whose list holds texts, each a JSON document of its own, by the hundred
 * (SelectAggregateResourceConfig). Read in one pass, without a tree.
 */
#ifndef CORE_AWS_PAGE_TEXTS_H
#define CORE_AWS_PAGE_TEXTS_H

#include "core/aws/op.h"
#include "core/base/vec.h"

/* Zero-initialised is ready; reading a page forgets the one before. */
struct page_texts {
    struct buf bytes; /* the texts, one behind the other */
    VEC(size_t) ends; /* where each ends */
    struct buf token; /* of the next page; empty when there is none */
    bool token_is_no_text;
    const char *list_is; /* what stands in the list's place; NULL: the list, or nothing */
};

/* Reads the list op->result and the token op->token_out of body, an object as strict as json_parse
 * has it. An element that is no text is an empty one. ERR_PARSE for anything else, but null in
 * the list's place, which is as if it were left out. */
enum err_code page_texts_read(struct page_texts *texts, struct sv body, const struct aws_op *op,
                              struct err *err);
/* The text at index, borrowed; SV_NONE behind the last. */
struct sv page_texts_at(const struct page_texts *texts, size_t index);
void page_texts_done(struct page_texts *texts);

#endif
