#include "core/model/diff.h"

#include <string.h>

#include "core/base/map.h"
#include "core/base/mem.h"

/* What is compared: lines by number, equal lines having the same. */
struct side {
    uint32_t *lines;
    size_t n_lines;
    bool *changed; /* by line: removed or added */
};

/* --- lines --------------------------------------------------------------------------------- */

static void split_lines(struct sv text, struct diff_text *lines)
{
    while (text.len > 0)
        vec_push(lines, sv_split(&text, '\n'));
}

static struct side number_lines(const struct diff_text *text, struct map *numbers)
{
    struct side side = {.n_lines = text->len};
    side.lines = mem_alloc(text->len * sizeof(*side.lines));
    side.changed = mem_alloc(text->len * sizeof(*side.changed));
    for (size_t i = 0; i < text->len; i++) {
        bool is_new;
        union map_value *number = map_put(numbers, text->ptr[i], &is_new);
        if (is_new)
            number->u64 = numbers->count;
        side.lines[i] = (uint32_t)number->u64;
    }
    return side;
}

static void side_done(struct side *side)
{
    mem_free(side->lines);
    mem_free(side->changed);
}

/* --- the fewest changes --------------------------------------------------------------------- */

/*
 * The edit graph of the paper, between the common beginning and the common end: a step right (x)
 * removes a line, a step down (y) adds one, a diagonal keeps one. Diagonal k is where x - y = k.
 * reached holds, for d changes, how far right one comes on the diagonals -d..d: d * d numbers for
 * fewer changes lie before them.
 */
struct graph {
    const uint32_t *before, *after;
    ptrdiff_t n, m; /* lines */
    VEC(int32_t) reached;
};

static int32_t *reach(const struct graph *graph, ptrdiff_t d, ptrdiff_t k)
{
    return &graph->reached.ptr[d * d + d + k];
}

/* Whether the best way to diagonal k with d changes ends with an added line (else a removed one).
 */
static bool ends_with_added(const struct graph *graph, ptrdiff_t d, ptrdiff_t k)
{
    if (k == -d || k == d)
        return k == -d;
    return *reach(graph, d - 1, k - 1) < *reach(graph, d - 1, k + 1);
}

/* How far right the last change leads, before any diagonal. */
static ptrdiff_t after_change(const struct graph *graph, ptrdiff_t d, ptrdiff_t k)
{
    if (d == 0)
        return 0;
    return ends_with_added(graph, d, k) ? *reach(graph, d - 1, k + 1)
                                        : *reach(graph, d - 1, k - 1) + 1;
}

/* Goes as far as d changes lead on every diagonal; true when that is the end. */
static bool advance(struct graph *graph, ptrdiff_t d)
{
    for (ptrdiff_t k = -d; k <= d; k++)
        vec_push(&graph->reached, 0);
    for (ptrdiff_t k = -d; k <= d; k += 2) {
        ptrdiff_t x = after_change(graph, d, k), y = x - k;
        while (x < graph->n && y < graph->m && graph->before[x] == graph->after[y])
            x++, y++;
        *reach(graph, d, k) = (int32_t)x;
        if (x >= graph->n && y >= graph->m)
            return true;
    }
    return false;
}

/* Walks the way back from the end, which d changes have reached. */
static void mark_changes(const struct graph *graph, ptrdiff_t d, bool *removed, bool *added)
{
    for (ptrdiff_t k = graph->n - graph->m; d > 0; d--) {
        ptrdiff_t x = after_change(graph, d, k);
        if (ends_with_added(graph, d, k)) {
            added[x - k - 1] = true;
            k++;
        } else {
            removed[x - 1] = true;
            k--;
        }
    }
}

static void compare(struct graph *graph, bool *removed, bool *added)
{
    ptrdiff_t d = 0;
    while (d <= DIFF_CHANGES_MAX && !advance(graph, d))
        d++;
    if (d <= DIFF_CHANGES_MAX) {
        mark_changes(graph, d, removed, added);
    } else {
        memset(removed, true, (size_t)graph->n * sizeof(*removed));
        memset(added, true, (size_t)graph->m * sizeof(*added));
    }
    vec_free(&graph->reached);
}

static void compare_sides(struct side *before, struct side *after)
{
    size_t first = 0, n = before->n_lines, m = after->n_lines;
    while (first < n && first < m && before->lines[first] == after->lines[first])
        first++;
    while (n > first && m > first && before->lines[n - 1] == after->lines[m - 1])
        n--, m--;
    struct graph graph = {.before = before->lines + first,
                          .after = after->lines + first,
                          .n = (ptrdiff_t)(n - first),
                          .m = (ptrdiff_t)(m - first)};
    compare(&graph, before->changed + first, after->changed + first);
}

/* --- hunks --------------------------------------------------------------------------------- */

static size_t run_of(const struct side *side, size_t from, bool changed)
{
    size_t to = from;
    while (to < side->n_lines && side->changed[to] == changed)
        to++;
    return to - from;
}

static void add_hunk(struct diff *diff, enum diff_kind kind, size_t before, size_t after, size_t n)
{
    if (n > 0)
        vec_push(&diff->hunks, ((struct diff_hunk){kind, before, after, n}));
}

static void list_hunks(struct diff *diff, const struct side *before, const struct side *after)
{
    size_t x = 0, y = 0;
    while (x < before->n_lines || y < after->n_lines) {
        size_t n_removed = run_of(before, x, true), n_added = run_of(after, y, true);
        add_hunk(diff, DIFF_REMOVED, x, y, n_removed);
        x += n_removed;
        add_hunk(diff, DIFF_ADDED, x, y, n_added);
        y += n_added;
        size_t n_same = run_of(before, x, false), m_same = run_of(after, y, false);
        n_same = n_same < m_same ? n_same : m_same;
        add_hunk(diff, DIFF_SAME, x, y, n_same);
        x += n_same;
        y += n_same;
        diff->n_removed += n_removed;
        diff->n_added += n_added;
    }
}

void diff_lines(struct sv before, struct sv after, struct diff *diff)
{
    AUTO(map_done) struct map numbers = {0};
    *diff = (struct diff){0};
    split_lines(before, &diff->before);
    split_lines(after, &diff->after);
    struct side old = number_lines(&diff->before, &numbers);
    struct side new = number_lines(&diff->after, &numbers);
    compare_sides(&old, &new);
    list_hunks(diff, &old, &new);
    side_done(&old);
    side_done(&new);
}

void diff_done(struct diff *diff)
{
    vec_free(&diff->before);
    vec_free(&diff->after);
    vec_free(&diff->hunks);
}

struct sv diff_line(const struct diff *diff, const struct diff_hunk *hunk, size_t i)
{
    return hunk->kind == DIFF_ADDED ? diff->after.ptr[hunk->after + i]
                                    : diff->before.ptr[hunk->before + i];
}
