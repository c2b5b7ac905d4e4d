/*
 * triage_parts: what the files of the first screen have in common; nobody else includes it. All of
 * it on RUN_UI.
 */
#ifndef VIEWS_TRIAGE_PARTS_H
#define VIEWS_TRIAGE_PARTS_H

#include "views/list_view/list_view.h"

#define CHANGES_MAX 3 /* of the newest, beside the panels */

enum number {
    CRITICAL,
    HIGH,
    MEDIUM,
    OVERDUE,
    FAILING,
    WORST,
    DRIFT_GROUPS,
    DRIFT_PARAMETERS,
    DRIFT_PREFERENCES,
    LACKING,
    RECORDERS,
    AGGREGATORS,
    PATCH_CRITICAL,
    PATCH_FAILED,
    PATCH_REBOOT,
    PATCH_NEVER,
    PATCH_OFFLINE,
    CHANGES,
    N_NUMBERS
};

/* What draws from the rows of one panel of the loader. */
enum part { DECISIONS, DRIFTING, COMPLIANCE, PATCHES, EVENTS, N_PARTS };

struct triage {
    struct list_view list;                   /* first: list_view_of */
    int64_t n_rows[N_PARTS], n_new[N_PARTS]; /* since the last look */
    int64_t counts[N_NUMBERS];
    int64_t fresh[N_NUMBERS];    /* of drift: what has changed within the last day */
    struct sv worst, worst_rule; /* the rule that is broken most; into list.table */
    struct row_ref changes[CHANGES_MAX];
    size_t n_changes;
    struct rect places[N_NUMBERS]; /* on the screen; empty: not drawn */
    bool has_chosen;
    enum number chosen;    /* by Tab... */
    uint64_t chosen_while; /* ...while the cursor of the list was on this row */
};

/* --- triage.c --------------------------------------------------------------------------------- */

/* What a number opens, and which rows of the list open the same. */
struct opening {
    const struct view_kind *kind;
    const char *filter;
    const char *panel, *subject; /* NULL: no row; a NULL subject: every row of the panel */
};
extern const struct opening triage_openings[N_NUMBERS];

/* Which panel of the loader a part draws from, and which read that takes. */
struct part_source {
    const char *panel, *title;
    enum aws_op_id op;
};
extern const struct part_source triage_parts[N_PARTS];

/* Whether Tab has come to that number, and nobody has moved the cursor since. */
bool triage_is_chosen(struct triage *triage, enum number number);

/* --- triage_count.c --------------------------------------------------------------------------- */

/* Counts all rows of the list anew, whatever filter lies over them. */
void triage_count(struct triage *triage);
/* The number of a row that stands for others; N_NUMBERS when it is none. */
enum number triage_number(const struct row_ref *row);

/* --- triage_panels.c -------------------------------------------------------------------------- */

/* Draws the panels of numbers on the first rows of canvas, and keeps where each number stands; what
 * there is no room for is left out. Returns how many rows that took, 0 on a low screen. */
int triage_draw(struct triage *triage, const struct canvas *canvas);

#endif
