/* drift: what differs from policy and from what is approved, the worst first. */
#include "core/gov/item.h"

static void add_row(struct load *load, const struct item *item, void *arg)
{
    (void)arg;
    item_add_row(load, item);
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    (void)arg;
    items_read(load, account, target, ITEMS_DRIFT, add_row, NULL);
}

static void load_drift(struct load *load)
{
    load_each(load, read_target, NULL);
}

const struct screen screen_drift = {
    .name = "drift",
    .title = "Drift",
    .help = "what differs from policy and from what is approved, the worst first",
    .columns = item_columns,
    .n_columns = N_ITEM_COLUMNS,
    .order = {.column = ITEM_ORDER},
    .args = "",
    .regional = true,
    .counts = "state:=OPEN severity:>=HIGH",
    .load = load_drift,
};
