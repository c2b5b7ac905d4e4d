/*
 * bulk_parts: what the files of the sheet for several changes have in common; nobody else includes
 * it. All of it on RUN_UI.
 */
#ifndef VIEWS_BULK_PARTS_H
#define VIEWS_BULK_PARTS_H

#include "views/sheets/act.h"
#include "views/sheets/bulk.h"
#include "views/sheets/sheet.h"
#include "views/text_view.h"

struct bulk_item {
    struct view *view;
    struct planner_subject subject;
    struct change_plan *plan; /* what was shown; the gate has its own. NULL: there is none (yet) */
    struct change_status status;
    struct err err;   /* why there is no plan */
    struct err alone; /* why one person may not decide on it; OK: one may */
};

struct bulk {
    struct pager sheet; /* first: text_view */
    struct bulk_item items[BULK_MAX];
    size_t n;
    struct bulk_choice choice;
    const struct act *act; /* what is consented to, in words */
    char batch_hash[65], reason[256];
    bool consented, stopping;
};

/* --- bulk.c ----------------------------------------------------------------------------------- */

/* Plans all of them from the beginning; a consent counts no longer. */
void bulk_start(struct view *view);

/* --- bulk_stand.c ----------------------------------------------------------------------------- */

/* How many of the items are what. */
struct bulk_tally {
    size_t waiting, ready, at_work, done, not_begun, bad;
};

/* Counts them as they stand now. */
struct bulk_tally bulk_tally(const struct bulk *bulk);

/* It has a plan, and waits for a consent. */
bool bulk_item_is_ready(const struct bulk_item *item);
/* Consent was given, and it is not going to be begun. */
bool bulk_item_is_not_begun(const struct bulk *bulk, const struct bulk_item *item);
/* Consented to, and something is under way or still to begin. */
bool bulk_is_running(const struct bulk *bulk);
/* Ready, and yet too early: by how much, as text of CLOCK_AGE_SIZE; the longest of those that are
 * ready. */
bool bulk_is_waiting(const struct bulk *bulk, char *left);
/* The plans that are ready, in the order of the sheet, into plans (BULK_MAX of them); how many.
 * Borrowed until they are planned anew. */
size_t bulk_ready_plans(const struct bulk *bulk, const struct change_plan **plans);
/* What y does with them, in words. */
const struct act *bulk_ready_act(const struct bulk *bulk);
/* What keeps n of them from being changed at once: more than a small part of what they were chosen
 * from, or nobody knows which part. As change_belts_check; OK: nothing. */
enum err_code bulk_check_belts(const struct bulk *bulk, size_t n, struct err *err);

/* --- bulk_decide.c ---------------------------------------------------------------------------- */

extern const struct view_command bulk_commands[];
/* Whether a command is of use in this state; the verb of its key, NULL for the usual one. As
 * struct view_kind has them. */
bool bulk_offers(const struct view *view, const char *command);
const char *bulk_label(const struct view *view, const char *command);

#endif
