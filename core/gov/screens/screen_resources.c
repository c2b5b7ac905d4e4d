/* resources: what AWS Config has recorded, with its compliance. */
#include "core/gov/config/resource.h"

enum {
    COMPLIANCE,
    TYPE,
    ID,
    NAME,
    ACCOUNT_ID, /* and ACCOUNT, REGION */
    TAGS = ACCOUNT_ID + 3,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [COMPLIANCE] = {"compliance", "COMPLIANCE", COL_STATUS, COL_INTERNED, 15, 19, 0},
    [TYPE] = {"resource_type", "TYPE", COL_IDENTITY, COL_KEY | COL_INTERNED, 12, 36, 0},
    [ID] = {"resource_id", "RESOURCE", COL_IDENTITY, COL_KEY | COL_MIDDLE_CUT, 16, 48, 0},
    [NAME] = {"name", "NAME", COL_TEXT, 0, 8, 32, 3},
    PLACE_COLUMNS(COL_KEY | COL_HIDDEN),
    [TAGS] = {"tags", "TAGS", COL_TEXT, COL_HIDDEN | COL_INTERNED, 0, 0, 0},
};

void resource_add(struct load *load, const struct resource *resource)
{
    struct table *table = load_table(load);
    load_place(load, ACCOUNT_ID, &resource->target);
    table_set_text(table, TYPE, resource->type);
    table_set_text(table, ID, resource->id);
    if (resource->compliance.ptr)
        table_set_text(table, COMPLIANCE, resource->compliance);
    table_set_text(table, NAME, resource->name);
    table_set_text(table, TAGS, resource->tags);
    table_commit(table);
}

void resources_take_back(struct load *load, const struct aws_target *target)
{
    load_take_back(load, ACCOUNT_ID, target);
}

const struct screen screen_resources = {
    .name = "resources",
    .title = "Resources",
    .help = "what AWS Config has recorded, and whether it complies",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = -1},
    .args = "",
    .regional = true,
    .load = resources_read,
};
