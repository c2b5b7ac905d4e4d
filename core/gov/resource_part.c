#include "core/gov/resource_part.h"

#include <stdlib.h>
#include <string.h>

#define LISTED_MAX 60 /* values in one condition: the expression stays short enough */

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

static void sum_up(const struct resource_places *places, struct resource_part *part)
{
    for (size_t i = part->first; i < part->end; i++) {
        const struct resource_place *place = places->all.ptr[i];
        part->n += place->n;
        part->other += place->other;
        part->n_incomplete += place->compliant > 0 && place->compliant + place->other != place->n;
    }
}

/* A part that is being filled with runs. */
struct filling {
    const struct resource_places *places;
    size_t rows_max;
    resource_parts *parts;
};

static void finish(const struct filling *filling, struct resource_part *part, size_t n_runs)
{
    if (n_runs == 0)
        return;
    sum_up(filling->places, part);
    if (part->n > 0)
        vec_push(filling->parts, *part);
}

/* Cuts places [first, end), which are alike above level, into parts of that level or below. */
static void cut(const struct filling *filling, size_t first, size_t end,
                enum resource_part_level level)
{
    struct resource_part part = {.level = level, .first = first};
    size_t n_runs = 0, n_rows = 0;
    for (size_t at = first; at < end; at = part.end) {
        struct resource_part run = {.first = at, .end = run_end(filling->places, at, end, level)};
        sum_up(filling->places, &run);
        bool is_large = run.n > filling->rows_max && level < PART_OF_TYPES;
        if (is_large || n_runs == LISTED_MAX || n_rows + run.n > filling->rows_max) {
            finish(filling, &part, n_runs);
            part = (struct resource_part){.level = level, .first = at};
            n_runs = n_rows = 0;
        }
        part.end = run.end;
        if (is_large) {
            cut(filling, run.first, run.end, level + 1);
            part = (struct resource_part){.level = level, .first = run.end, .end = run.end};
        } else {
            n_runs++;
            n_rows += run.n;
        }
    }
    finish(filling, &part, n_runs);
}

void resource_parts_make(struct resource_places *places, size_t rows_max, resource_parts *parts)
{
    struct filling filling = {.places = places, .rows_max = rows_max, .parts = parts};
    if (places->all.len == 0)
        return;
    qsort(places->all.ptr, places->all.len, sizeof places->all.ptr[0], by_place);
    cut(&filling, 0, places->all.len, PART_OF_ACCOUNTS);
}

static void add_list(const struct resource_places *places, const struct resource_part *part,
                     enum resource_part_level level, const char *property, struct buf *where)
{
    buf_addf(where, "%s IN (", property);
    for (size_t at = part->first; at < part->end; at = run_end(places, at, part->end, level))
        buf_addf(where, "%s'%s'", at > part->first ? ", " : "",
                 property_of(places->all.ptr[at], level));
    buf_add_char(where, ')');
}

static const char *name_of(enum resource_part_level level, const char *type_property)
{
    return level == PART_OF_ACCOUNTS  ? "accountId"
           : level == PART_OF_REGIONS ? "awsRegion"
                                      : type_property;
}

void resource_part_where(const struct resource_places *places, const struct resource_part *part,
                         const char *type_property, struct buf *where)
{
    const struct resource_place *first = places->all.ptr[part->first];
    for (enum resource_part_level above = PART_OF_ACCOUNTS; above < part->level; above++)
        buf_addf(where, "%s = '%s' AND ", name_of(above, type_property), property_of(first, above));
    add_list(places, part, part->level, name_of(part->level, type_property), where);
}
