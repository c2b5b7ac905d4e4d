/*
 * paging_script: a list on loopback that comes in pages as a script says. Any JSON service: the
 * items are in the member `list` of the replies, the token in `NextToken`.
 *
 * A script is an array of steps, a page each: {items, token}. Token "__absent__" leaves it out,
 * "t{n}" counts the replies; items "50 fresh" makes new ones. `repeat` or `times` plays a step so
 * often (-1: for ever), `cycle` [[token, items], ...] goes round for ever, `error` and `status`
 * answer that, `cut` breaks the connection in the body, `stall` never answers, `raw` is a page
 * without its list. Behind the last step comes an empty page without a token.
 */
#ifndef TESTS_SUPPORT_PAGING_SCRIPT_H
#define TESTS_SUPPORT_PAGING_SCRIPT_H

#include "core/base/json.h"
#include "tests/support/server.h"

struct paging_script;

/* Starts its server. on_expired (may be NULL) is called on a thread of the server before it answers
 * that credentials have expired: the place to renew them. */
struct paging_script *paging_script_new(const char *list, void (*on_expired)(void));
void paging_script_free(struct paging_script *script);
const char *paging_script_url(const struct paging_script *script);

/* From now on it plays steps (borrowed), from the first. While no request is under way. */
void paging_script_begin(struct paging_script *script, const cJSON *steps);
/* Since then: pages that were given, and whether a token came back other than it was given. */
int64_t paging_script_n_replies(const struct paging_script *script);
bool paging_script_token_was_changed(const struct paging_script *script);
/* Whether a step of steps never answers. */
bool paging_script_stalls(const cJSON *steps);

#endif
