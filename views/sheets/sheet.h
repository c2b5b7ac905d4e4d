/*
 * sheet: a plan as a person reads it before deciding, and the words for what has become of it: what
 * the review of one change and of several have in common. All of it on RUN_UI.
 */
#ifndef VIEWS_SHEET_H
#define VIEWS_SHEET_H

#include "core/change/gate.h"
#include "core/gov/gov.h"
#include "tui/canvas.h"
#include "tui/theme.h"
#include "tui/widget/pager.h"

/* What stands around a plan on its sheet. */
struct sheet_about {
    char requester[256]; /* the principal's ARN; "": not known */
    char role[256]; /* by which the account is entered, "role       NAME" or "profile    NAME"; "":
                       by none, it is the caller's own, or that is not known */
    bool several;   /* one of several: the calls' command lines are left out */
};

/* Who is calling, as AWS knows them, and as whom target is entered, as far as both are known. */
void sheet_about_caller(struct gov *gov, const struct aws_target *target,
                        struct sheet_about *about);

/* Appends the whole of a plan: target, why, before and after, blast radius, calls, the way back. */
void sheet_add_plan(struct pager *pager, const struct change_plan *plan,
                    const struct sheet_about *about);
/* Appends a line. Raw text is fine. */
void sheet_add(struct pager *pager, style_t style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* What the state of a change means for the person in front of it. */
struct sheet_state {
    enum change_state state;
    style_t style;
    const char *text, *word; /* for one change; for a line among others */
};
const struct sheet_state *sheet_state(enum change_state state);

/*
 * Draws the head of a sheet on the first rows of canvas: the state, beside it what there is to say
 * of it (raw; "" for nothing), or below when that is too long; then a rule. Returns how many
 * rows that took.
 */
int sheet_draw_head(const struct canvas *canvas, const char *state, style_t style,
                    const char *message);

/* How long one who decides alone has to wait still, as text of CLOCK_AGE_SIZE ("8s"); false when
 * that is over. until_up_ms as change_status has it. */
bool sheet_waits(int64_t until_up_ms, char *left);
/* What whoever tries nevertheless is told: ERR_REFUSED, with the setting. */
enum err_code sheet_too_early(const struct gov *gov, const char *left, struct err *err);

/* How long a plan can still be consented to, for the header: "good for 14m"; "" when it is over. */
void sheet_left(int64_t made_at_ms, struct buf *out);

#endif
