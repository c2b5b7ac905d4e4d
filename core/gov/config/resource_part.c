#include "core/gov/config/resource_part.h"

#include <stdlib.h>
#include <string.h>

#define LISTED_MAX  60   /* values in one condition: the expression stays short enough */
#define WHERE_MAX   3600 /* of EXPRESSION_MAX; the rest is SELECT and what it is about */

#define TARGET_TYPE "configuration.targetResourceType"

/* --- places ---------------------------------------------------------------------------------- */

static struct sv key_of(const struct aws_target *target, struct sv type, struct buf *key)
{
    buf_addf(key, "%s %s ", target->account_id, target->region);
    buf_add(key, type);
    return buf_sv(key);
}

struct resource_place *resource_place(struct resource_places *places,
                                      const struct aws_target *target, struct sv type)
{
    AUTO(buf_done) struct buf key = BUF_NONE;
    union map_value *slot = map_put(&places->index, key_of(target, type, &key), NULL);
    if (!slot->ptr) {
        struct resource_place *made = arena_alloc(&places->arena, sizeof *made);
        made->target = *target;
        made->type = arena_strndup(&places->arena, type.ptr, type.len);
        made->key = verdict_place(target, type);
        vec_push(&places->all, made);
        slot->ptr = made;
    }
    return slot->ptr;
}

const struct resource_place *resource_place_find(const struct resource_places *places,
                                                 const struct aws_target *target, struct sv type)
{
    AUTO(buf_done) struct buf key = BUF_NONE;
    const union map_value *found = map_get(&places->index, key_of(target, type, &key));
    return found ? found->ptr : NULL;
}

void resource_places_done(struct resource_places *places)
{
    vec_free(&places->all);
    map_done(&places->index);
    arena_done(&places->arena);
}

/* --- parts ----------------------------------------------------------------------------------- */

static const char *property_of(const struct resource_place *place, enum resource_part_level level)
{
    return level == PART_OF_ACCOUNTS  ? place->target.account_id
           : level == PART_OF_REGIONS ? place->target.region
                                      : place->type;
}

static int by_place(const void *a, const void *b)
{
    const struct resource_place *const *x = a, *const *y = b;
    int order = 0;
    for (int level = PART_OF_ACCOUNTS; !order && level <= PART_OF_TYPES; level++)
        order = strcmp(property_of(*x, (enum resource_part_level)level),
                       property_of(*y, (enum resource_part_level)level));
    return order;
}

/* Behind the run of places that have the same account (region, type) as the one at first. */
static size_t run_end(const struct resource_places *places, size_t first, size_t end,
                      enum resource_part_level level)
{
    const char *value = property_of(places->all.ptr[first], level);
    size_t at = first + 1;
    while (at < end && strcmp(property_of(places->all.ptr[at], level), value) == 0)
        at++;
    return at;
}

static size_t count_rows(const struct resource_places *places, size_t first, size_t end)
{
    size_t n = 0;
    for (size_t i = first; i < end; i++)
        n += places->all.ptr[i]->n;
    return n;
}

/* A part that is being filled with runs. */
struct filling {
    const struct resource_places *places;
    size_t rows_max;
    resource_parts *parts;
};

static void finish(const struct filling *filling, struct resource_part *part, size_t n_runs)
{
    part->n = count_rows(filling->places, part->first, part->end);
    if (n_runs > 0 && part->n > 0)
        vec_push(filling->parts, *part);
}

/* Cuts places [first, end), which are alike above level, into parts of that level or below. */
static void cut(const struct filling *filling, size_t first, size_t end,
                enum resource_part_level level)
{
    struct resource_part part = {.level = level, .first = first};
    size_t n_runs = 0, n_rows = 0;
    for (size_t at = first; at < end; at = part.end) {
        size_t behind = run_end(filling->places, at, end, level);
        size_t n = count_rows(filling->places, at, behind);
        bool is_large = n > filling->rows_max && level < PART_OF_TYPES;
        if (is_large || n_runs == LISTED_MAX || n_rows + n > filling->rows_max) {
            finish(filling, &part, n_runs);
            part = (struct resource_part){.level = level, .first = at};
            n_runs = n_rows = 0;
        }
        part.end = behind;
        if (is_large) {
            cut(filling, at, behind, level + 1);
            part = (struct resource_part){.level = level, .first = behind, .end = behind};
        } else {
            n_runs++;
            n_rows += n;
        }
    }
    finish(filling, &part, n_runs);
}

/* --- verdicts -------------------------------------------------------------------------------- */

typedef VEC(struct resource_place *) place_list;

static int by_type(const void *a, const void *b)
{
    const struct resource_place *const *x = a, *const *y = b;
    return strcmp((*x)->type, (*y)->type);
}

/* Those of a part that have resources, by type. */
static void list_by_type(const struct resource_places *places, const struct resource_part *part,
                         place_list *list)
{
    vec_clear(list);
    for (size_t i = part->first; i < part->end; i++)
        if (places->all.ptr[i]->n > 0)
            vec_push(list, places->all.ptr[i]);
    if (list->len > 1)
        qsort(list->ptr, list->len, sizeof list->ptr[0], by_type);
}

/* How many have each verdict in places of one type. True when all resources have one. */
static bool sum_verdicts(struct resource_place *const *run, size_t n, size_t totals[N_VERDICTS])
{
    bool all = true;
    for (size_t i = 0; i < n; i++) {
        size_t n_judged = 0;
        for (enum verdict verdict = VERDICT_NONE; verdict < N_VERDICTS; verdict++) {
            n_judged += run[i]->judged[verdict];
            totals[verdict] += run[i]->judged[verdict];
        }
        all = all && n_judged == run[i]->n;
    }
    return all;
}

/* Which verdicts are asked for in places of one type, and which one goes without saying. */
static unsigned decide_verdicts(struct resource_place *const *run, size_t n)
{
    size_t totals[N_VERDICTS] = {0};
    bool all_judged = sum_verdicts(run, n, totals);
    enum verdict rest = VERDICT_NONE;
    unsigned asked = 0;
    for (enum verdict verdict = VERDICT_NONE; verdict < N_VERDICTS; verdict++)
        if (all_judged && totals[verdict] > totals[rest])
            rest = verdict;
    for (enum verdict verdict = VERDICT_NONE; verdict < N_VERDICTS; verdict++)
        if (verdict != rest && totals[verdict] > 0)
            asked |= 1u << verdict;
    for (size_t i = 0; i < n; i++) {
        run[i]->rest = rest;
        run[i]->is_asked = asked != 0;
    }
    return asked;
}

static void decide_asks(struct resource_places *places, struct resource_part *part,
                        place_list *scratch)
{
    list_by_type(places, part, scratch);
    part->asks = arena_alloc(&places->arena, scratch->len * sizeof part->asks[0]);
    for (size_t at = 0, end; at < scratch->len; at = end) {
        struct resource_place *const *run = &scratch->ptr[at];
        for (end = at + 1;
             end < scratch->len && strcmp(run[0]->type, scratch->ptr[end]->type) == 0;)
            end++;
        unsigned asked = decide_verdicts(run, end - at);
        if (asked != 0)
            part->asks[part->n_asks++] = (struct resource_ask){run[0]->type, asked};
    }
}

void resource_parts_make(struct resource_places *places, size_t rows_max, resource_parts *parts)
{
    struct filling filling = {.places = places, .rows_max = rows_max, .parts = parts};
    place_list scratch = {0};
    if (places->all.len == 0)
        return;
    qsort(places->all.ptr, places->all.len, sizeof places->all.ptr[0], by_place);
    cut(&filling, 0, places->all.len, PART_OF_ACCOUNTS);
    for (size_t i = 0; i < parts->len; i++)
        decide_asks(places, &parts->ptr[i], &scratch);
    vec_free(&scratch);
}

static bool is_at(const struct resource_place *place, const struct aws_target *target)
{
    return strcmp(place->target.account_id, target->account_id) == 0 &&
           strcmp(place->target.region, target->region) == 0;
}

bool resource_part_of(struct resource_places *places, const struct aws_target *target,
                      struct resource_part *part)
{
    place_list scratch = {0};
    *part = (struct resource_part){.level = PART_OF_REGIONS};
    while (part->first < places->all.len && !is_at(places->all.ptr[part->first], target))
        part->first++;
    part->end = part->first;
    while (part->end < places->all.len && is_at(places->all.ptr[part->end], target))
        part->end++;
    part->n = count_rows(places, part->first, part->end);
    decide_asks(places, part, &scratch);
    vec_free(&scratch);
    return part->n > 0;
}

/* --- conditions ------------------------------------------------------------------------------ */

/* "NAME IN ('a', 'b')" of the accounts, regions or types of a part. */
static void add_list(const struct resource_places *places, const struct resource_part *part,
                     const char *name, struct buf *where)
{
    buf_addf(where, "%s IN (", name);
    for (size_t at = part->first; at < part->end; at = run_end(places, at, part->end, part->level))
        buf_addf(where, "%s'%s'", at > part->first ? ", " : "",
                 property_of(places->all.ptr[at], part->level));
    buf_add_char(where, ')');
}

/* What all of a part have in common. */
static void add_above(const struct resource_places *places, const struct resource_part *part,
                      struct buf *where)
{
    static const char *const names[] = {"accountId", "awsRegion"};
    for (size_t level = 0; level < ARRAY_LEN(names) && level < part->level; level++)
        buf_addf(where, "%s = '%s' AND ", names[level],
                 property_of(places->all.ptr[part->first], level));
    if (part->level < PART_OF_TYPES)
        add_list(places, part, names[part->level], where);
}

void resource_part_where(const struct resource_places *places, const struct resource_part *part,
                         struct buf *where)
{
    add_above(places, part, where);
    if (part->level == PART_OF_TYPES)
        add_list(places, part, "resourceType", where);
}

static void add_verdicts(unsigned verdicts, struct buf *where)
{
    const char *comma = "";
    buf_add_cstr(where, "configuration.complianceType IN (");
    for (enum verdict verdict = VERDICT_NONE; verdict < N_VERDICTS; verdict++)
        if (verdicts & 1u << verdict) {
            buf_addf(where, "%s'" SV_FMT "'", comma, SV_ARG(verdict_word(verdict)));
            comma = ", ";
        }
    buf_add_char(where, ')');
}

/* The types of which just these verdicts are asked for, behind what was said before; none: nothing.
 */
static void add_asks(const struct resource_part *part, unsigned verdicts, const char *before,
                     struct buf *where)
{
    const char *comma = "";
    for (size_t i = 0; i < part->n_asks; i++) {
        if (part->asks[i].verdicts != verdicts)
            continue;
        if (comma[0] == '\0')
            buf_addf(where, "%s(" TARGET_TYPE " IN (", before);
        buf_addf(where, "%s'%s'", comma, part->asks[i].type);
        comma = ", ";
    }
    if (comma[0] == '\0')
        return;
    buf_add_cstr(where, ") AND ");
    add_verdicts(verdicts, where);
    buf_add_char(where, ')');
}

/* What is asked for of any type, of all of them. */
static void add_any_type(const struct resource_places *places, const struct resource_part *part,
                         struct buf *where)
{
    unsigned verdicts = 0;
    for (size_t i = 0; i < part->n_asks; i++)
        verdicts |= part->asks[i].verdicts;
    if (part->level == PART_OF_TYPES) {
        add_list(places, part, TARGET_TYPE, where);
        buf_add_cstr(where, " AND ");
    }
    add_verdicts(verdicts, where);
}

void resource_part_where_judged(const struct resource_places *places,
                                const struct resource_part *part, struct buf *where)
{
    size_t before_len = where->len;
    add_above(places, part, where);
    buf_add_cstr(where, part->level < PART_OF_TYPES ? " AND " : "");
    size_t above_len = where->len;
    buf_add_char(where, '(');
    for (unsigned verdicts = 1; verdicts < 1u << N_VERDICTS; verdicts++)
        add_asks(part, verdicts, where->len > above_len + 1 ? " OR " : "", where);
    buf_add_char(where, ')');
    if (where->len - before_len <= WHERE_MAX)
        return;
    where->len = above_len; /* too many types to be named */
    add_any_type(places, part, where);
}
