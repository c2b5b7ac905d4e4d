#include "core/model/tree.h"

#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/vec.h"
#include "core/model/keyset.h"
#include "core/model/table.h"

#define NO_NODE SIZE_MAX
#define NO_ROW  SIZE_MAX
#define ROOT    ((size_t)0) /* above all, never shown */

struct node {
    struct sv label; /* borrowed from the table */
    size_t row;      /* of the table, or NO_ROW */
    uint64_t key;
    size_t parent, first_child, last_child, next; /* or NO_NODE */
    size_t depth;
    size_t n_below;
    size_t place; /* among the shown, or SIZE_MAX */
    bool is_folded;
};

struct tree {
    struct projection *projection;
    const struct table *table;
    struct tree_shape shape;
    VEC(struct node) nodes; /* parents before their children */
    VEC(size_t) shown;
    struct keyset by_key; /* its rows are our nodes */
    struct map folded;    /* keys, also of nodes that are not there */
};

/* --- building ------------------------------------------------------------------------------ */

static size_t add_node(struct tree *tree, size_t parent, struct sv label, size_t row)
{
    size_t id = tree->nodes.len;
    struct node node = {.label = label,
                        .row = row,
                        .parent = parent,
                        .first_child = NO_NODE,
                        .last_child = NO_NODE,
                        .next = NO_NODE};
    if (parent != NO_NODE) {
        struct node *above = &tree->nodes.ptr[parent];
        node.depth = parent == ROOT ? 0 : above->depth + 1;
        if (above->last_child == NO_NODE)
            above->first_child = id;
        else
            tree->nodes.ptr[above->last_child].next = id;
        above->last_child = id;
    }
    vec_push(&tree->nodes, node);
    return id;
}

/* Takes the next segment off the front of *rest; false when there is none. */
static bool next_segment(struct sv *rest, char separator, size_t depth, struct sv *segment)
{
    do {
        if (rest->len == 0)
            return false;
        *segment = depth + 1 < TREE_DEPTH_MAX ? sv_split(rest, separator) : *rest;
        if (depth + 1 >= TREE_DEPTH_MAX)
            *rest = SV_NONE;
    } while (segment->len == 0);
    return true;
}

static uint64_t key_of_path(const struct buf *path)
{
    return key_fold(key_of_text(SV("path")), key_of_text(buf_sv(path)));
}

/* The node below parent whose path is *path and the segment, made when it is not there yet. */
static size_t step_down(struct tree *tree, struct map *by_path, struct buf *path, size_t parent,
                        struct sv segment)
{
    bool is_new;
    buf_add_char(path, tree->shape.separator);
    buf_add(path, segment);
    union map_value *value = map_put(by_path, buf_sv(path), &is_new);
    if (!is_new)
        return (size_t)value->u64;
    size_t id = add_node(tree, parent, segment, NO_ROW);
    value->u64 = id;
    tree->nodes.ptr[id].key = key_of_path(path);
    return id;
}

static void place_row(struct tree *tree, struct map *by_path, struct buf *path, size_t row)
{
    struct cell cell, label;
    table_cell(tree->table, row, tree->shape.path_column, &cell);
    table_cell(tree->table, row, tree->shape.label_column, &label);
    struct sv rest = cell.text, segment;
    size_t id = ROOT;
    buf_clear(path);
    for (size_t depth = 0; next_segment(&rest, tree->shape.separator, depth, &segment); depth++) {
        id = step_down(tree, by_path, path, id, segment);
        label.text = segment;
    }
    if (!tree->shape.ends_in_row || id == ROOT)
        id = add_node(tree, id, label.text, row);
    else if (tree->nodes.ptr[id].row != NO_ROW) /* the same path again, as in another region */
        id = add_node(tree, tree->nodes.ptr[id].parent, label.text, row);
    tree->nodes.ptr[id].row = row;
    tree->nodes.ptr[id].key = table_key(tree->table, row);
}

static void count_below(struct tree *tree)
{
    for (size_t id = tree->nodes.len; id-- > 1;) {
        const struct node *node = &tree->nodes.ptr[id];
        tree->nodes.ptr[node->parent].n_below += node->n_below + 1;
    }
}

static void place_all(struct tree *tree)
{
    AUTO(map_done) struct map by_path = {0};
    AUTO(buf_done) struct buf path = BUF_NONE;
    for (size_t at = 0; at < projection_count(tree->projection); at++)
        place_row(tree, &by_path, &path, projection_row(tree->projection, at));
}

/* --- what is shown ------------------------------------------------------------------------- */

/* The node behind id in the order of drawing, not going below it when it is folded. */
static size_t next_shown(const struct tree *tree, size_t id)
{
    const struct node *nodes = tree->nodes.ptr;
    if (nodes[id].first_child != NO_NODE && !nodes[id].is_folded)
        return nodes[id].first_child;
    while (id != ROOT && nodes[id].next == NO_NODE)
        id = nodes[id].parent;
    return id == ROOT ? NO_NODE : nodes[id].next;
}

static void show(struct tree *tree)
{
    vec_clear(&tree->shown);
    for (size_t id = 0; id < tree->nodes.len; id++)
        tree->nodes.ptr[id].place = SIZE_MAX;
    for (size_t id = next_shown(tree, ROOT); id != NO_NODE; id = next_shown(tree, id)) {
        tree->nodes.ptr[id].place = tree->shown.len;
        vec_push(&tree->shown, id);
    }
}

struct tree *tree_new(struct projection *projection, struct tree_shape shape)
{
    struct tree *tree = mem_new(struct tree);
    tree->projection = projection_ref(projection);
    tree->table = projection_table(projection);
    tree->shape = shape;
    add_node(tree, NO_NODE, SV_NONE, NO_ROW);
    place_all(tree);
    count_below(tree);
    for (size_t id = 0; id < tree->nodes.len; id++)
        keyset_add(&tree->by_key, id, tree->nodes.ptr[id].key);
    show(tree);
    return tree;
}

void tree_free(struct tree *tree)
{
    if (tree == NULL)
        return;
    projection_unref(tree->projection);
    vec_free(&tree->nodes);
    vec_free(&tree->shown);
    keyset_done(&tree->by_key);
    map_done(&tree->folded);
    mem_free(tree);
}

/* --- folding ------------------------------------------------------------------------------- */

static size_t find_node(const struct tree *tree, uint64_t key)
{
    return keyset_find(&tree->by_key, tree->nodes.len, key);
}

static struct sv bytes_of(const uint64_t *key)
{
    return (struct sv){(const char *)key, sizeof(*key)};
}

static void remember_fold(struct tree *tree, uint64_t key, bool folded)
{
    if (folded)
        map_put(&tree->folded, bytes_of(&key), NULL)->u64 = key;
    else
        map_remove(&tree->folded, bytes_of(&key));
}

static bool fold_node(struct tree *tree, size_t id, bool folded)
{
    if (id == NO_NODE || id == ROOT || tree->nodes.ptr[id].n_below == 0)
        return false;
    tree->nodes.ptr[id].is_folded = folded;
    remember_fold(tree, tree->nodes.ptr[id].key, folded);
    return true;
}

bool tree_fold(struct tree *tree, uint64_t key, bool folded)
{
    if (!fold_node(tree, find_node(tree, key), folded))
        return false;
    show(tree);
    return true;
}

void tree_take_folds(struct tree *tree, const struct tree *from)
{
    size_t at = 0;
    struct sv key;
    union map_value value;
    while (map_next(&from->folded, &at, &key, &value)) {
        if (!fold_node(tree, find_node(tree, value.u64), true))
            remember_fold(tree, value.u64, true);
    }
    show(tree);
}

/* --- reading ------------------------------------------------------------------------------- */

static const struct node *node_at(const struct tree *tree, size_t at)
{
    return &tree->nodes.ptr[tree->shown.ptr[at]];
}

size_t tree_row(const struct tree *tree, size_t at)
{
    return node_at(tree, at)->row;
}

uint64_t tree_parent(const struct tree *tree, uint64_t key)
{
    size_t id = find_node(tree, key);
    return id == NO_NODE || id == ROOT ? 0 : tree->nodes.ptr[tree->nodes.ptr[id].parent].key;
}

static void rows_cell(const struct rows *rows, size_t row, size_t column, struct cell *cell)
{
    const struct tree *tree = rows->ctx;
    const struct node *node = node_at(tree, row);
    *cell = (struct cell){.absent = true};
    if (node->row != NO_ROW)
        table_cell(tree->table, node->row, column, cell);
    if (column == tree->shape.label_column && (node->row == NO_ROW || tree->shape.ends_in_row))
        *cell = (struct cell){.text = node->label, .absent = node->label.ptr == NULL};
}

static uint64_t rows_key(const struct rows *rows, size_t row)
{
    return node_at(rows->ctx, row)->key;
}

static size_t rows_find(const struct rows *rows, uint64_t key)
{
    const struct tree *tree = rows->ctx;
    size_t id = find_node(tree, key);
    return id == NO_NODE ? SIZE_MAX : tree->nodes.ptr[id].place;
}

static void rows_outline(const struct rows *rows, size_t row, struct outline *outline)
{
    const struct node *node = node_at(rows->ctx, row);
    *outline = (struct outline){node->depth, node->n_below, node->is_folded};
}

struct rows tree_rows(const struct tree *tree)
{
    struct rows rows = {.count = tree->shown.len,
                        .cell = rows_cell,
                        .key = rows_key,
                        .find = rows_find,
                        .outline = rows_outline,
                        .ctx = tree};
    rows.columns = table_columns(tree->table, &rows.n_columns);
    rows.n_columns = columns_public(rows.columns, rows.n_columns);
    return rows;
}
