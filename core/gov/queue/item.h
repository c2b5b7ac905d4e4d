/*
 * item: what waits for a decision, whatever it comes from: a rule that breaks policy, a difference
 * from a baseline. One item has one key, however often and by whomever it is found.
 */
#ifndef CORE_GOV_ITEM_H
#define CORE_GOV_ITEM_H

#include "core/base/digest.h"
#include "core/gov/load/load.h"

/* Borrowed while the callback runs; texts raw, NULL for what is not known or does not apply. */
struct item {
    const struct account *account;
    const struct aws_target *target;
    const char *kind;       /* "sg-baseline" */
    const char *type;       /* see item_type.h */
    enum severity severity; /* unadjusted: whether a person must decide goes by it */
    enum severity shown;    /* for display and sorting */
    const char *resource;   /* "sg-0ab1", "/shop/current/db/host" */
    const char *about;      /* of a proposal: the resource that it is to change */
    const char *name;       /* of the resource, where it has one beside its id */
    const char *subject;    /* what of the resource: a rule's id */
    const char *value;      /* what it should become, or what is to go: part of the key */
    const char *what;       /* a line for people */
    const char *note;       /* why shown differs, and what else is to be known */
    const char *owner;      /* by tags */
    const char *maker;      /* what deploys it: "CloudFormation stack web" */
    const char *whose;      /* why neither is known: ITEM_NOT_ASKED, ITEM_UNREAD; NULL: both
                               are what tags say */
    const char *tagged; /* what of Systems Manager has tags that tell both, until they are asked */
    const char *changed_by; /* who has changed the resource last, and when: for drift alone */
    int64_t changed_at_ms;
    const char *requester; /* who asks for it, when somebody does */
    const char *proposal;  /* by what: an automation's execution, an OpsItem */
    const char *key;       /* when something else has made it; NULL: item_key of this */
    int64_t since_ms;      /* it is at least that old; 0: not known */
    int64_t deadline_ms;   /* when AWS itself gives up waiting; 0: by the settings */
};

/* Stand in the cells of owner and maker, so that neither is taken for what has none. */
#define ITEM_NOT_ASKED "(not asked)"
#define ITEM_UNREAD    "(unread)"

typedef void item_fn(struct load *load, const struct item *item, void *arg);

/* Which lists items of a source belong to. */
enum item_lists {
    ITEMS_DRIFT = 1 << 0,
    ITEMS_APPROVALS = 1 << 1,
    ITEMS_TRIAGE = 1 << 2, /* but for what the first screen tells in a panel of its own */
};

/* What finds items. */
struct item_source {
    unsigned lists; /* enum item_lists */
    /* Reads target and calls fn for each item there; what cannot be read is a gap of the load. On
     * RUN_WORKER. */
    void (*read)(struct load *load, const struct account *account, const struct aws_target *target,
                 item_fn *fn, void *arg);
};

/* Asks every source of the lists about target; for triage, which shows no owners, not for tags. On
 * RUN_WORKER. */
void items_read(struct load *load, const struct account *account, const struct aws_target *target,
                unsigned lists, item_fn *fn, void *arg);

/* SHA-256 over account, region, resource, type and value, a line each; in hex. Pure. */
void item_key(const struct aws_target *target, const char *resource, const char *type,
              const char *value, char key[SHA256_HEX_SIZE]);

/* Its own, or that of what it proposes to do. */
void item_key_of(const struct item *item, char key[SHA256_HEX_SIZE]);

/* How old it is at least; false when that is not known. Pure. */
bool item_age(const struct item *item, int64_t now_ms, int64_t *age_ms);
/* What is left until deadline_ms, or of the time in which somebody has to decide (settings:
 * decide_within_...); negative when it is over. False when there is no such time. Pure. */
bool item_left(const struct item *item, const struct settings *settings, int64_t now_ms,
               int64_t *left_ms);

/* --- rows ------------------------------------------------------------------------------------ */

/* The columns that every list of items has, in this order, the first ones of its table. */
enum item_column {
    ITEM_SHOWN,
    ITEM_SINCE,
    ITEM_LEFT,
    ITEM_WHAT,
    ITEM_ACCOUNT_ID, /* and account, region */
    ITEM_STATE = ITEM_ACCOUNT_ID + 3,
    ITEM_CHANGED_BY,
    ITEM_TYPE,
    ITEM_OWNER,
    ITEM_MAKER,
    ITEM_REQUESTER,
    ITEM_PROPOSAL,
    ITEM_NOTE,
    ITEM_KIND,
    ITEM_SEVERITY,
    ITEM_RESOURCE,
    ITEM_NAME,
    ITEM_SUBJECT,
    ITEM_CHANGED_AT,
    ITEM_AUTOMATIC,
    ITEM_EXCEPTION_OWNER,
    ITEM_EXCEPTION_REASON,
    ITEM_EXCEPTION_UNTIL,
    ITEM_DECISION,
    ITEM_DECIDED_BY,
    ITEM_DECIDED_AT,
    ITEM_DECISION_REASON,
    ITEM_HERE_ONLY,
    ITEM_KEY,
    ITEM_ORDER,
    N_ITEM_COLUMNS
};
extern const struct column item_columns[N_ITEM_COLUMNS];

/* What the trail of this machine says of items, read once for a load, which keeps it; what others
 * have said in OpsItems comes to it as these are read (core/gov/alert/shared_record.h). Of the two
 * the newer counts. On RUN_WORKER, like what follows. */
struct item_waivers;
const struct item_waivers *item_waivers_read(struct load *load);
/* A list has found item. What of it this machine alone knows, others are told of once the list is
 * whole, when that was not possible before (shared_record_retry). */
void item_waivers_see(const struct item_waivers *waivers, const struct item *item);
/* That an item is to stay as it is; texts borrowed, until more is read. */
struct item_exception {
    const char *owner, *reason;
    int64_t expires_ms;
    bool here_only; /* no OpsItem says so */
};
/* The exception about an item, of the file and of what was said the one that ends last, whether it
 * still holds or not; false: there is none. */
bool item_exception(const struct item_waivers *waivers, const struct item *item,
                    struct item_exception *exception);
/* What somebody has decided on it, and it waits nevertheless. */
struct item_decision {
    const char *state; /* "PROPOSED", "REJECTED" */
    const char *by, *reason;
    int64_t at_ms;
    bool here_only;
};
bool item_decision(const struct item_waivers *waivers, const struct item *item,
                   struct item_decision *decision);
/* Whether one holds for it now. */
bool item_is_waived(const struct item_waivers *waivers, const struct item *item);

/* Whether it could not be compared: of what it may hide it has the worst severity, and nobody
 * decides on it. Pure. */
bool item_is_unknown(const struct item *item);

/* Adds the row of item: OPEN, WAIVED by an exception that holds, or UNKNOWN. What is open first,
 * then what is unknown, then what is waived, each worst first, then by what is left, then by place.
 * One that is there already, by its key, is left out. */
void item_add_row(struct load *load, const struct item_waivers *waivers, const struct item *item);

#endif
