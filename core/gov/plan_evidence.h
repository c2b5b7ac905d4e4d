/*
 * plan_evidence: lines of evidence that plans of several kinds have in common.
 */
#ifndef CORE_GOV_PLAN_EVIDENCE_H
#define CORE_GOV_PLAN_EVIDENCE_H

#include "core/change/gate.h"

/* "a, b and 3 more": names are listed up to a number, and counted beyond it. Starts zeroed. */
struct name_list {
    struct buf text;
    size_t n;
};
/* name: of the thing, behind its id; SV_NONE for none. */
void name_list_add(struct name_list *list, struct sv id, struct sv name);
/* The text, which is the list's. */
const char *name_list_text(struct name_list *list);
void name_list_done(struct name_list *list);

/*
 * What tags tell of a thing: what deploys it, which would undo what is done to it here (again:
 * "opens it again"), and whose it is. what: "the group". tags: the first element of a tagSet or
 * Tags.
 */
void plan_say_tags(struct change_plan *plan, const char *what, const cJSON *tags,
                   const char *again);

#endif
