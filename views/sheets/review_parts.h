/*
 * review_parts: what the files of the review's sheet have in common; nobody else includes it. All
 * of it on RUN_UI.
 */
#ifndef VIEWS_REVIEW_PARTS_H
#define VIEWS_REVIEW_PARTS_H

#include "core/gov/planner.h"
#include "tui/widget/pager.h"
#include "views/frame/app.h"
#include "views/sheets/act.h"
#include "views/sheets/sheet.h"
#include "views/text_view.h"

struct review {
    struct pager sheet; /* first: text_view */
    struct change_status status;
    struct err err; /* why there is no plan */
    char plan_id[37], plan_hash[65];
    char word[128]; /* what is to be typed */
    char reason[256], break_glass[256];
    char title[256];
    struct planner_subject subject;    /* of an undo: by what it is proposed, if it can be */
    struct change_exception exception; /* of its item, for who answers for leaving it as it is */
    int64_t read_at_ms;                /* what the plan is based on */
    enum consent_level level;
    bool planned, consented, is_undo, told_earlier;
    const struct act *act; /* what y does, in words */
    bool two_people;       /* somebody else decides too */
    bool can_be_asked;     /* it can be put to somebody else */
    struct err alone;      /* why one person may not decide on it; OK: one may */
};

/* --- review.c --------------------------------------------------------------------------------- */

/* Plans it from the beginning: what the sheet showed counts no longer, nor does a consent. */
void review_start(struct view *view);
/* Ready, and yet too early: by how much, as text of CLOCK_AGE_SIZE. */
bool review_is_waiting(const struct review *state, char *left);
/* Whether a no has to be sent to AWS: it is a change of its own then. */
bool review_is_rejected_in_aws(const struct review *state);

/* --- review_decide.c -------------------------------------------------------------------------- */

extern const struct view_command review_commands[];
/* Whether a command is of use in this state; the verb of its key, NULL for the usual one. As
 * struct view_kind has them. */
bool review_offers(const struct view *view, const char *command);
const char *review_label(const struct view *view, const char *command);

#endif
