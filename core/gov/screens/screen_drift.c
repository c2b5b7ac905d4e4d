/* drift: what differs from policy and from what is approved, the worst first. */
#include "core/gov/alert/alert.h"
#include "core/gov/alert/shared_record.h"
#include "core/gov/queue/item.h"

struct drift {
    const struct item_waivers *waivers;
    struct alerts *alerts;
};

static void add_row(struct load *load, const struct item *item, void *arg)
{
    const struct drift *drift = arg;
    item_add_row(load, drift->waivers, item);
    item_waivers_see(drift->waivers, item);
    alerts_take(drift->alerts, drift->waivers, item);
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    items_read(load, account, target, ITEMS_DRIFT, add_row, arg);
}

/* What others have said first: a row that stands is not told anew. */
static void read_records(struct load *load, const struct account *account,
                         const struct aws_target *target, void *arg)
{
    shared_records_read(load, account, target, read_target, arg);
}

static void load_drift(struct load *load)
{
    struct drift *drift = load_alloc(load, sizeof *drift);
    drift->waivers = item_waivers_read(load);
    drift->alerts = alerts_begin(load);
    load_each(load, read_records, drift);
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
