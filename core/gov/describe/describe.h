/*
 * describe: what is known of the thing behind a row: labelled values by section, and the raw JSON.
 */
#ifndef CORE_GOV_DESCRIBE_H
#define CORE_GOV_DESCRIBE_H

#include "core/gov/gov.h"

struct description_line {
    char *section; /* "Attached to" */
    char *label;   /* "eni-0ab1" */
    char *value;   /* raw */
    bool identity; /* an id or ARN: shown in ASCII */
};

struct description {
    char *title;
    VEC(struct description_line) lines;
    char *json;             /* what AWS says, as it says it; NULL when there is no such document */
    VEC(struct err) unread; /* what could not be read, each operation once; the rest is there */
    int64_t read_at_ms;
};
void description_free(struct description *description); /* NULL is allowed */

/* What one may want to know of a thing first. */
enum description_topic {
    TOPIC_CHANGED_BY, /* who has changed it */
    TOPIC_DIFFERENCE, /* what differs: the lines, approved against current, its versions */
    N_DESCRIPTION_TOPICS,
};
/* The section that tells of topic, borrowed; NULL when none does. */
const char *description_section(const struct description *description,
                                enum description_topic topic);

/*
 * Reads what there is to know of row of table (a row of screen): of a resource its recorded
 * configuration, of a security group its rules and what it is attached to, of a parameter both its
 * sides and their versions, of an automation or OpsItem what it asks for and of whom, of what a
 * rule has found what there is to mend it; and who has changed it, by CloudTrail. No secret is
 * read, and no value that nobody is to see is told. Each read that fails costs only its own lines.
 * done fires once on RUN_UI, not at all once scope is closed; the description is the callee's.
 * table is held meanwhile. On RUN_UI.
 */
void describe_row(struct gov *gov, struct scope *scope, const struct screen *screen,
                  struct table *table, size_t row,
                  void (*done)(void *arg, struct description *take_description), void *arg);

#endif
