/* drift: what differs from policy and from what is approved, the worst first. */
#include "core/gov/queue/item.h"

static void add_row(struct load *load, const struct item *item, void *arg)
{
    item_add_row(load, arg, item);
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    items_read(load, account, target, ITEMS_DRIFT, add_row, arg);
}

static void load_drift(struct load *load)
{
    load_each(load, read_target, (void *)item_waivers_read(load));
}

const struct screen screen_drift = {
    .name = "drift",
    .title = "Drift",
    .help = "what differs from policy and from what is approved, the worst first",
    .columns = item_columns,
    .n_columns = N_ITEM_COLUMNS,
    .order = {.column = ITEM_ORDER},
    .args = "[APP]",
    .regional = true,
    .counts = "state:=OPEN severity:>=HIGH",
    .load = load_drift,
};
