/*
 * world_model: the inside of the world, for the world's own files and the services.
 *
 * A cell is one account in one region. A resource is a (type, cell, index); how many of each type
 * a cell has follows from the spec, and what a resource looks like follows from the seed: that is
 * its derived document. A change stores a whole new document as a version; see world_doc.h.
 */
#ifndef SANDBOX_WORLD_MODEL_H
#define SANDBOX_WORLD_MODEL_H

#include <cjson/cJSON.h>

#include "core/base/map.h"
#include "core/base/vec.h"
#include "tests/sandbox/world/rate.h"
#include "tests/sandbox/world/types.h"
#include "tests/sandbox/world/world.h"

/* Streams of random numbers, so that adding one does not shift the others. */
enum stream {
    STREAM_ORGANIZATION = 1,
    STREAM_ACCOUNT_OU,
    STREAM_ACCOUNT_ROLE,
    STREAM_ACCOUNT_DETAILS,
    STREAM_ACCOUNT_ID,
    STREAM_RECORDER,
    STREAM_RECORDER_START,
    STREAM_RECORDER_CHANGE,
    STREAM_RECORDER_ID,
    STREAM_CELL_WEIGHT,
    STREAM_CELL_TRAIL,
    STREAM_CELL_PHASE,
    STREAM_RULE_DEPLOYED,
    STREAM_RULE_CREATED,
    STREAM_RULE_PHASE,
    STREAM_RULE_ID,
    STREAM_EVENT_ID,
    STREAM_EVENT,
    STREAM_PARAMETER,
    STREAM_OPS_ITEM,
    STREAM_AUTOMATION,
    STREAM_TYPE = 64,     /* + resource type: choices of one resource */
    STREAM_IDENTITY = 128 /* + resource type: the parts of ids that carry nothing */
};

enum ou {
    OU_ROOT,
    OU_INFRASTRUCTURE,
    OU_SANDBOX,
    OU_SECURITY,
    OU_SUSPENDED,
    OU_WORKLOADS,
    OU_DEV,
    OU_PROD,
    N_OUS
};

struct account {
    char id[13];
    /* Where and for what it was made: what derives from the seed goes by these, whatever patches
     * change later. */
    enum ou home_ou;
    char word[32]; /* "payments" of "payments-dev" */
    char *name;
    char *email;
    char state[20]; /* ACTIVE, SUSPENDED, ... */
    enum ou ou;
    bool invited; /* joined by invitation, so that nobody made the role */
    enum role_access role_access;
    int64_t joined_ms;
    cJSON *tags; /* {key: value} */
};

enum recorder_state {
    RECORDER_ON,
    RECORDER_STOPPED, /* what happened since stopped_ms is not recorded */
    RECORDER_FAILING, /* records, but cannot deliver to its bucket */
    RECORDER_MISSING
};

struct cell {
    uint32_t account;
    uint32_t region;
    uint32_t n_resources;
    uint32_t *counts; /* by resource type; made when first asked for */
    enum recorder_state recorder;
    int64_t recorder_started_ms;
    int64_t recorder_since_ms; /* stopped or failing since */
    uint64_t generation;       /* counts the changes to its resources */
    struct cell_links *links;
    struct rate lookups; /* of CloudTrail */
};

struct event;
struct ops_store;
struct parameter_store;

/* One resource. */
struct ref {
    enum resource_type type;
    uint32_t cell;
    uint64_t index;
};

struct world {
    struct world_spec spec;
    int64_t start_ms; /* the world's clock at world_new */
    int64_t mono_ms;  /* the machine's monotonic clock at world_new */
    int64_t advanced_ms;
    char organization_id[16];
    char root_id[8];
    char ou_ids[N_OUS][24];
    struct account *accounts;
    size_t n_accounts;
    size_t management;  /* index into accounts */
    size_t delegated;   /* the delegated administrator's; the management account's without one */
    size_t showcase;    /* the account whose home region shows every kind of security group */
    struct cell *cells; /* account-major */
    size_t n_cells;
    size_t outdated; /* the cell whose data the aggregators did not get for days; n_cells: none */
    struct map account_index; /* id -> index + 1 */
    struct map changes;       /* packed ref -> struct change; see world_doc.c */
    struct map added;         /* packed (type, cell) -> number of added resources */
    VEC(struct ref) changed;  /* in the order of first change */
    VEC(struct event) events; /* since the start, the oldest first: event.h */
    uint64_t generation;
    void (*breathe)(void *arg); /* see world_breathe; NULL: nobody waits */
    void *breathe_arg;
    struct evaluations *evaluations;     /* see evaluation.c */
    struct ops_store **ops_items;        /* by cell, made when asked for: ops_item.c */
    struct parameter_store **parameters; /* by cell, made when asked for: parameter.c */
    struct query_cache *query_cache;     /* the last queries and their matches: config_query.c */
    struct documents *documents;         /* of Systems Manager: automation/document.c */
    struct logs *logs;                   /* of CloudWatch: log_store.c */
    struct automations *automations;     /* automation/automation.c */
    struct remediations *remediations;   /* automation/remediation.c */
};

void query_cache_free(struct query_cache *cache); /* all of them; NULL is allowed */
void automations_free(struct world *world);       /* automation/ */
void documents_free(struct world *world);
void logs_free(struct world *world); /* log_store.c */
void remediations_free(struct world *world);

/* Accounts and OUs: world_accounts.c */
void world_make_accounts(struct world *world);
void world_free_accounts(struct world *world);
const struct account *world_account(const struct world *world,
                                    const char *account_id); /* or NULL */
/* The OU's place: "o-.../r-.../ou-.../", as Organizations writes paths. */
void world_ou_path(const struct world *world, enum ou ou, struct buf *path);
const char *world_ou_name(enum ou ou);
enum ou world_ou_parent(enum ou ou);
enum ou world_ou_by_id(const struct world *world, const char *id); /* N_OUS when there is none */
bool ou_is_production(enum ou ou);
bool ou_is_development(enum ou ou); /* Dev and Sandbox: where careless things happen */
/* "prod", "dev", ...: the value of the account's Environment tags. */
const char *account_environment(const struct account *account);
bool account_is_active(const struct account *account);
/* May this account read the organization: the management account or a delegated administrator? */
bool account_is_administrator(const struct world *world, const char *account_id);

/* Cells: world_cells.c */
void world_make_cells(struct world *world);
void world_free_cells(struct world *world);
/* The cell of an account and a region; NULL when either is unknown. */
struct cell *world_cell(struct world *world, const char *account_id, const char *region);
uint32_t cell_number(const struct world *world, const struct cell *cell);
/* How many resources of that type derive from the seed (what patches added comes behind). */
uint32_t cell_count(struct world *world, uint32_t cell, enum resource_type type);
const struct account *cell_account(const struct world *world, uint32_t cell);
const char *cell_region(const struct world *world, uint32_t cell);
bool cell_is_home(const struct world *world, uint32_t cell);

/* Choices of one resource: below > 0; what tells the choices of one resource apart. */
uint64_t ref_random(const struct world *world, struct ref ref, unsigned what, uint64_t below);
bool ref_chance(const struct world *world, struct ref ref, unsigned what, unsigned per_mille);

uint64_t ref_pack(struct ref ref);
struct ref ref_unpack(uint64_t packed);

#endif
