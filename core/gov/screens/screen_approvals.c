/* approvals: what waits for a person, over all accounts, the most urgent first. */
#include "core/gov/alert/alert.h"
#include "core/gov/queue/item_queue.h"
#include "core/gov/queue/item_type.h"

struct approvals {
    struct item_queue queue;
    const struct item_waivers *waivers;
    struct alerts *alerts;
};

/* INFO is for the list of drift: nobody decides on it. */
static void take(struct load *load, const struct item *item, void *arg)
{
    struct approvals *approvals = arg;
    if (item->severity == SEVERITY_INFO ||
        item_is_automatic(load_settings(load), item->type, item->severity))
        return;
    item_queue_add(&approvals->queue, load, item);
    item_waivers_see(approvals->waivers, item);
    alerts_take(approvals->alerts, approvals->waivers, item);
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    items_read(load, account, target, ITEMS_APPROVALS, take, arg);
}

static void add_row(struct load *load, const struct item *item, void *arg)
{
    const struct approvals *approvals = arg;
    item_add_row(load, approvals->waivers, item);
}

static void add_rows(struct load *load, void *arg)
{
    struct approvals *approvals = arg;
    item_queue_each(&approvals->queue, load, add_row, approvals);
}

static void forget(void *arg)
{
    item_queue_done(&((struct approvals *)arg)->queue);
}

static void load_approvals(struct load *load)
{
    struct approvals *approvals = load_alloc(load, sizeof *approvals);
    load_at_free(load, forget, approvals);
    approvals->waivers = item_waivers_read(load);
    approvals->alerts = alerts_begin(load);
    load_sum(load, add_rows, approvals);
    load_each(load, read_target, approvals);
}

const struct screen screen_approvals = {
    .name = "approvals",
    .title = "Approvals",
    .help = "what waits for a person: drift, findings, OpsItems; the most urgent first",
    .columns = item_columns,
    .n_columns = N_ITEM_COLUMNS,
    .order = {.column = ITEM_ORDER},
    .args = "",
    .regional = true,
    .counts = "state:=OPEN",
    .counts_first = true,
    .load = load_approvals,
};
