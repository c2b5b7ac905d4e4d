#include "core/gov/security_group/sg_cover.h"

#include <stdlib.h>
#include <string.h>

/* Who is let in by a rule, as a list of ranges or as a name that says nothing of addresses. */
struct sources {
    const struct cidr *ranges;
    size_t n;
    const char *name; /* "": the ranges are meant */
};

static struct sources sources_of(const struct sg_rule *rule)
{
    if (rule->has_cidr)
        return (struct sources){&rule->cidr, 1, ""};
    if (rule->prefix_list_id[0] && rule->prefix_list)
        return (struct sources){rule->prefix_list->ptr, rule->prefix_list->len, ""};
    return (struct sources){
        NULL, 0, rule->prefix_list_id[0] ? rule->prefix_list_id : rule->referenced_group_id};
}

/* A part of a rule that may help to cover. */
struct part {
    struct sg_stretch stretch;
    const struct cidr *range; /* NULL: the very name that is looked for */
};

/* What is looked at for one source of the rule. */
struct covering {
    VEC(struct part) parts;
    const struct cidr **ranges; /* of the parts that hold at one place */
    int *bounds;                /* where the set of these may change */
};

static bool speaks_of(const struct sg_rule *candidate, const struct sg_rule *rule)
{
    return candidate->egress == rule->egress &&
           (candidate->protocol == SG_PROTOCOL_ALL || candidate->protocol == rule->protocol);
}

static bool overlap(const struct cidr *a, const struct cidr *b)
{
    return cidr_contains(a, b) || cidr_contains(b, a);
}

static void add_parts(struct covering *covering, const struct sg_rule *candidate,
                      const struct sources *wanted, const struct cidr *range)
{
    struct sources has = sources_of(candidate);
    struct sg_stretch stretch = sg_rule_stretch(candidate);
    if (!range && strcmp(has.name, wanted->name) == 0)
        vec_push(&covering->parts, ((struct part){stretch, NULL}));
    for (size_t i = 0; range && i < has.n; i++)
        if (overlap(&has.ranges[i], range))
            vec_push(&covering->parts, ((struct part){stretch, &has.ranges[i]}));
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static int by_range(const void *a, const void *b)
{
    const struct cidr *const *x = a, *const *y = b;
    return cidr_compare(*x, *y);
}

/* Whether the parts that hold from port `from` to `to`, all of it, cover range. */
static bool covers_at(const struct covering *covering, int from, int to, const struct cidr *range)
{
    size_t n = 0;
    for (size_t i = 0; i < covering->parts.len; i++) {
        const struct part *part = &covering->parts.ptr[i];
        if (part->stretch.from > from || part->stretch.to < to)
            continue;
        if (!part->range)
            return true;
        covering->ranges[n++] = part->range;
    }
    qsort(covering->ranges, n, sizeof covering->ranges[0], by_range);
    return range && cidr_is_covered(range, covering->ranges, n);
}

/* Every place within stretch where a part begins or has ended, ascending; returns how many. */
static size_t set_bounds(struct covering *covering, struct sg_stretch stretch)
{
    size_t n = 0;
    covering->bounds[n++] = stretch.from;
    covering->bounds[n++] = stretch.to + 1;
    for (size_t i = 0; i < covering->parts.len; i++) {
        const struct sg_stretch *of = &covering->parts.ptr[i].stretch;
        if (of->from > stretch.from && of->from <= stretch.to)
            covering->bounds[n++] = of->from;
        if (of->to >= stretch.from && of->to < stretch.to)
            covering->bounds[n++] = of->to + 1;
    }
    qsort(covering->bounds, n, sizeof covering->bounds[0], by_number);
    return n;
}

static bool covers_all(struct covering *covering, struct sg_stretch stretch,
                       const struct cidr *range)
{
    bool covered = true;
    if (covering->parts.len == 0)
        return false;
    covering->ranges = mem_alloc(covering->parts.len * sizeof(void *));
    covering->bounds = mem_alloc((2 * covering->parts.len + 2) * sizeof(int));
    size_t n = set_bounds(covering, stretch);
    for (size_t i = 1; covered && i < n; i++)
        if (covering->bounds[i - 1] < covering->bounds[i])
            covered = covers_at(covering, covering->bounds[i - 1], covering->bounds[i] - 1, range);
    mem_free(covering->ranges);
    mem_free(covering->bounds);
    return covered;
}

/* range: one of rule's, or NULL when its source is a name. */
static bool covers_source(const struct sg_rule *rules, size_t n, const struct sg_rule *rule,
                          const struct sources *wanted, const struct cidr *range)
{
    struct covering covering = {0};
    for (size_t i = 0; i < n; i++)
        if (speaks_of(&rules[i], rule))
            add_parts(&covering, &rules[i], wanted, range);
    bool covered = covers_all(&covering, sg_rule_stretch(rule), range);
    vec_free(&covering.parts);
    return covered;
}

bool sg_rules_cover(const struct sg_rule *rules, size_t n, const struct sg_rule *rule)
{
    struct sources wanted = sources_of(rule);
    if (wanted.name[0])
        return covers_source(rules, n, rule, &wanted, NULL);
    for (size_t i = 0; i < wanted.n; i++)
        if (!covers_source(rules, n, rule, &wanted, &wanted.ranges[i]))
            return false;
    return true;
}
