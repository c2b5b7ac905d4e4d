/*
 * query_rows: what advanced queries run over: recorded resources and the compliance of resources,
 * looked at lazily, and the query that runs.
 */
#ifndef SANDBOX_QUERY_ROWS_H
#define SANDBOX_QUERY_ROWS_H

#include "tests/sandbox/services/config.h"
#include "tests/sandbox/services/query.h"

#define COMPLIANCE_MARK (UINT64_C(1) << 63) /* on a packed ref: the compliance of that resource */

/* A query, and what it found; those asked lately are kept for the pages that follow. */
struct query_cache {
    struct query_cache *next; /* asked before it */
    struct query query;
    char *expression;
    uint32_t cell; /* n_cells: the aggregator */
    int64_t now_ms;
    VEC(uint64_t) matches; /* packed refs */
    cJSON *groups;         /* of a query with functions: its results */
    /* Of a compliance item's configuration; what is not wanted is not made. */
    bool wants_rules, wants_target_id;
    /* While it is matched: whether its condition looks at nothing but place and verdict, and what
     * it said of the last place, by verdict; -1: not yet asked. */
    bool is_of_places;
    uint64_t place;
    signed char met[N_COMPLIANCES];
};

/* Account, region, type and whether it is a compliance item, of a match. query_groups.c */
uint64_t query_place(uint64_t packed);

/* One resource, or its compliance; what it is asked for is made when it is asked for. */
struct row {
    struct world *world;
    struct ref ref;
    int64_t at_ms;
    bool is_compliance, wants_rules, wants_target_id;
    bool described, opened;
    struct resource resource;
    struct item item;
    cJSON *made; /* properties so far */
};

/* The row of a match. */
struct row row_of(struct world *world, const struct query_cache *cache, uint64_t packed);
/* A query_source: arg is a struct row. */
const cJSON *row_property(void *arg, struct sv property);
void row_done(struct row *row);

/* Groups the matches of a query with functions: fills cache->groups. query_groups.c */
void query_group_matches(struct world *world, struct query_cache *cache);

#endif
