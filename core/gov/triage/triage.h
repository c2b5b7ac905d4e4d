/*
 * triage: what needs me now? One panel a file, whose rows go to the table of
 * screens/screen_triage.c. All of it on RUN_WORKER.
 */
#ifndef CORE_GOV_TRIAGE_H
#define CORE_GOV_TRIAGE_H

#include "core/base/map.h"
#include "core/gov/alert/alert.h"
#include "core/gov/change_event.h"
#include "core/gov/config/aggregator.h"
#include "core/gov/estate/look.h"
#include "core/gov/queue/item_queue.h"
#include "core/gov/systems_manager/node.h"
#include "core/model/keyset.h"

/* The columns of the table. */
enum {
    TRIAGE_NEW,
    TRIAGE_SHOWN,
    TRIAGE_AGE,
    TRIAGE_LEFT,
    TRIAGE_WHAT,
    TRIAGE_ACCOUNT_ID, /* and account, region */
    TRIAGE_COUNT = TRIAGE_ACCOUNT_ID + 3,
    TRIAGE_COUNT_24H,
    TRIAGE_PANEL,
    TRIAGE_SEVERITY,
    TRIAGE_KIND,
    TRIAGE_RESOURCE,
    TRIAGE_GROUP_ID,
    TRIAGE_RULE_ID,
    TRIAGE_SUBJECT,
    TRIAGE_KEY,
    TRIAGE_ACTOR,
    TRIAGE_ORDER,
    N_TRIAGE_COLUMNS
};

enum panel {
    PANEL_DECISION,
    PANEL_DRIFT,
    PANEL_PATCH,
    PANEL_CHANGE,
    PANEL_COMPLIANCE,
    PANEL_RECORDER,
    PANEL_AGGREGATOR,
    PANEL_COVERAGE
};

#define CHANGES_SHOWN 12 /* the newest; the list `changes` has them all */

extern const char *const triage_panels[]; /* by enum panel: what the rows call it */

/* One of the newest changes, kept until they are told. */
struct triage_recent {
    struct aws_target target;
    int64_t at_ms;
    char *id, *actor, *what;
};

struct triage {
    struct item_queue queue; /* what waits */
    const struct item_waivers *waivers;
    struct alerts *alerts;
    const struct look *before;
    struct look now;
    size_t targets, targets_read; /* of the failing rules */
    struct map rules;             /* by name: a struct failing */
    struct keyset counted;        /* "account region rule", "account rule" and the like */
    size_t n_counted;
    struct patching {
        int64_t nodes, offline, critical, failed, pending_reboot, never_reported;
    } patching;
    struct triage_recent recent[CHANGES_SHOWN]; /* the newest first */
    size_t n_recent;
    int64_t n_changes;
    bool changes_cut; /* CloudTrail has more than was read */
    struct map own;   /* request ids of what this console has sent */
};

/* --- rows.c ----------------------------------------------------------------------------------- */

/* What every row has. */
struct triage_row {
    enum panel panel;
    const struct aws_target *target; /* NULL: it is of no one account */
    struct sv subject;               /* what tells it from the others of its panel and place */
    const char *rank;                /* a lower one stands higher in its panel */
    struct sv what;
    int64_t at_ms; /* when it happened: what is older than the last look is not new; 0: whenever */
};

/* Adds row, for which the columns that only its panel has are set already. */
void triage_add_row(struct load *load, struct triage *triage, const struct triage_row *row);
/* Appends what tells the row from all others, today and tomorrow: by that a look knows it. */
void triage_name_row(const struct triage_row *row, struct buf *name);
/* How long ago that was, in milliseconds; 0 when their clock is ahead of ours. */
int64_t triage_age(int64_t at_ms);
/* Whether nobody has asked for this subject at that place before: pages may come twice, and what
 * was incomplete is read again. */
bool triage_first_time(struct triage *triage, struct sv subject, const char *place);

/* --- the panels --------------------------------------------------------------------------------
 * Each reads what it is made of, of one target or at once, and adds its rows (load_sum) as often as
 * the list is to be shown. arg is the struct triage. */

/* decisions.c */
void triage_read_items(struct load *load, const struct account *account,
                       const struct aws_target *target, struct triage *triage);
void triage_add_decisions(struct load *load, void *arg);
void triage_add_drift(struct load *load, void *arg);

/* compliance.c (config DescribeComplianceByConfigRule) */
void triage_read_compliance(struct load *load, const struct aws_target *target,
                            struct triage *triage);
void triage_add_failing(struct load *load, void *arg);

/* patching.c */
void triage_read_nodes(struct load *load, const struct aws_target *target, struct triage *triage);
void triage_add_patching(struct load *load, void *arg);

/* changes.c; the own ones are those of this console's trail, to be read before the others. */
void triage_read_own_changes(struct load *load, struct triage *triage);
void triage_read_changes(struct load *load, const struct aws_target *target, struct triage *triage);
void triage_add_changes(struct load *load, void *arg);
void triage_changes_done(struct triage *triage); /* gives back what it keeps */

/* blind_spots.c: the rows of recorders and aggregators are added as they come (config
 * DescribeConfigurationRecorderStatus). */
void triage_read_recorder(struct load *load, const struct aws_target *target,
                          struct triage *triage);
void triage_read_aggregators(struct load *load, struct triage *triage);
void triage_add_blind_spots(struct load *load, void *arg);

#endif
