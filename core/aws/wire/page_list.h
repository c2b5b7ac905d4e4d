/*
 * page_list: whether the list that a page is about is one.
 *
 * AWS's models make no member of a reply required, and services leave empty lists out or say null,
 * which is the same in their JSON. So a list that is not there is an empty one; but a text or
 * anything else in its place is a reply that is not whole, and a list that looks complete must not
 * come of it.
 */
#ifndef CORE_AWS_PAGE_LIST_H
#define CORE_AWS_PAGE_LIST_H

#include "core/aws/op.h"
#include "core/base/err.h"
#include "core/base/json.h"

/*
 * body: a reply as client_parse has it, to an operation that may have a list. ERR_PARSE says what
 * stands in the list's place, or among its elements. XML has "" for an empty list. Pure.
 */
enum err_code page_list_check(const struct aws_op *op, const cJSON *body, struct err *err);

/* For who finds it out otherwise: the error for op's list when it is what, "no list" say. */
enum err_code page_list_refuse(const struct aws_op *op, const char *what, struct err *err);

#endif
