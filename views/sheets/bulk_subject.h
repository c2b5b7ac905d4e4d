/*
 * bulk_subject: what a sheet for several changes is about, as the words of its arguments, and the
 * same to be put to somebody else. All of it pure.
 */
#ifndef VIEWS_BULK_SUBJECT_H
#define VIEWS_BULK_SUBJECT_H

#include "views/sheets/bulk.h"

/* "sg-revoke ACCOUNT REGION GROUP RULE". False when one of the words has a blank in it. */
bool subject_to_text(const struct planner_subject *subject, struct buf *text);
/* And back; ERR_USAGE when the text says nothing that can be planned. *subject is the caller's then
 * too (planner_subject_done). */
enum err_code subject_from_text(const char *text, struct planner_subject *subject, struct err *err);
/* "from 120", "from 0 WHY...": what they were chosen from; the caller's. */
char *subject_choice_to_text(const struct bulk_choice *choice,
                             const struct planner_subject *subjects, size_t n);
/* And back; false when the text is no such thing: *choice says so then. */
bool subject_choice_from_text(const char *text, struct bulk_choice *choice);

/* What it is about, before there is a plan that says it better; borrowed. */
const char *subject_name(const struct planner_subject *subject);
/* The same thing, to be proposed; *proposal is the caller's. ERR_UNSUPPORTED when it is a proposal
 * already, or has more words than one takes. */
enum err_code subject_propose(const struct planner_subject *subject,
                              struct planner_subject *proposal, struct err *err);
/* By account, region, and the words in their order: rules of one group stand together. */
void subject_sort(struct planner_subject *subjects, size_t n);

#endif
