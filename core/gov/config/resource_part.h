/*
 * resource_part: how a large answer is asked for in parts. Pages of an advanced query are one chain
 * of tokens; several queries that together ask for everything once are several chains.
 *
 * Places (account x region x type) are counted first; a part is a run of places that one condition
 * describes. Pure.
 */
#ifndef CORE_GOV_RESOURCE_PART_H
#define CORE_GOV_RESOURCE_PART_H

#include "core/aws/client.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/vec.h"
#include "core/gov/config/verdict.h"

#define RESOURCE_PART_ROWS 5000 /* 50 pages: the last one, which is short, costs little */
#define EXPRESSION_MAX     4096 /* SelectAggregateResourceConfig */

/* What is counted in one account, region and of one type. */
struct resource_place {
    struct aws_target target;
    const char *type;
    uint64_t key;              /* verdict_place */
    size_t n;                  /* resources */
    size_t judged[N_VERDICTS]; /* of which Config says this */
    /* By resource_parts_make: */
    enum verdict rest; /* of all of which nothing else is said when it is asked for */
    bool is_asked;     /* something else is said of some */
};

/* Zero-initialised is ready. */
struct resource_places {
    struct arena arena;
    struct map index; /* "account region type" */
    VEC(struct resource_place *) all;
};
/* Made when it is first asked for; lives as long as the places. */
struct resource_place *resource_place(struct resource_places *places,
                                      const struct aws_target *target, struct sv type);
/* NULL when nothing has been counted there. */
const struct resource_place *resource_place_find(const struct resource_places *places,
                                                 const struct aws_target *target, struct sv type);
void resource_places_done(struct resource_places *places);

enum resource_part_level { PART_OF_ACCOUNTS, PART_OF_REGIONS, PART_OF_TYPES };

/* Verdicts that are asked for: those on resources of a type, in bits 1 << enum verdict. */
struct resource_ask {
    const char *type;
    unsigned verdicts;
};

/* places->all[first..end) after resource_parts_make. */
struct resource_part {
    enum resource_part_level level;
    size_t first, end;
    size_t n;                  /* summed */
    struct resource_ask *asks; /* none: all goes without saying */
    size_t n_asks;
};
typedef VEC(struct resource_part) resource_parts;

/*
 * Sorts places and cuts them into parts of at most rows_max resources: whole accounts where they
 * are small, regions of one account where it is not, types of one region where that is not either.
 * A single place may hold more. Every place with resources is in exactly one part. The parts live
 * as long as the places.
 *
 * Where all resources of a type have been judged, the verdict that most of them have in a part is
 * not asked for: it is what the rest has.
 */
void resource_parts_make(struct resource_places *places, size_t rows_max, resource_parts *parts);

/* After resource_parts_make: *part becomes what is of target alone. False when nothing is there. */
bool resource_part_of(struct resource_places *places, const struct aws_target *target,
                      struct resource_part *part);

/* Appends the condition that describes the resources of a part ("accountId IN ('1', '2')"). With
 * the rest of an expression it stays below EXPRESSION_MAX; so does the other one. */
void resource_part_where(const struct resource_places *places, const struct resource_part *part,
                         struct buf *where);
/* The condition that describes the verdicts that the part asks for, at least: items of
 * AWS::Config::ResourceCompliance have them in their configuration. */
void resource_part_where_judged(const struct resource_places *places,
                                const struct resource_part *part, struct buf *where);

#endif
