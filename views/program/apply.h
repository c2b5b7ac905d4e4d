/*
 * apply: what needs no person is changed while the program runs, through the gate, one item after
 * the other: `drift --apply`.
 */
#ifndef VIEWS_APPLY_H
#define VIEWS_APPLY_H

#include "core/gov/gov.h"

/* What came of one item. */
struct applied {
    char key[65], plan_id[37]; /* plan_id: "" when there is no plan */
    struct aws_target target;
    char *type, *what;
    const char *state; /* "SUCCEEDED", "REFUSED", "NO PLAN", "NOT BEGUN"; lives for ever */
    struct err err;    /* why it is not SUCCEEDED */
};

struct applied_list {
    VEC(struct applied) items;
    size_t n_bad; /* not SUCCEEDED */
    struct gov_alerted alerted;
    size_t n_here_only; /* results that other consoles could not be told */
    bool alerts_ended;
};

/* Listens to what comes of alerts from here on; before the list is loaded. On RUN_UI. */
void apply_listen(struct gov *gov, struct applied_list *list);

/*
 * Plans, checks and changes each row of rows (of a list of items) that is OPEN and needs no person.
 * One of production is left to a person, and so is whatever the gate wants a name typed for. More
 * items than the belts allow, or more than that part of what was read, are all left alone; so are
 * more than one when not all could be read. After two that failed the rest is not begun. The
 * trail says by which setting it was consented to. What waits and is HIGH or worse has been told of
 * at the end, as the settings say, or it has failed: list->alerted. list is zeroed, or was given to
 * apply_listen, and is the caller's: applied_done. On RUN_UI, which it turns until all is done.
 */
void apply_rows(struct gov *gov, const struct load_view *view, const struct projection *rows,
                struct applied_list *list);
/* The member "applied" of the envelope: [{key, account_id, region, type, what, state, plan_id,
 * message}]. */
void applied_json(const struct applied_list *list, struct buf *out);
/* The member "alerts": {sent, failed, message}. */
void alerted_json(const struct gov_alerted *alerted, struct buf *out);
/* Whether the item of that key was changed and seen to be. */
bool applied_is_done(const struct applied_list *list, struct sv key);
void applied_done(struct applied_list *list);

#endif
