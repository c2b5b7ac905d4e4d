/* aggregators: what the aggregators of the home region last heard from each of their sources. */
#include <stdio.h>

#include "core/gov/config/aggregator.h"

enum {
    STATUS,
    AGGREGATOR,
    ACCOUNT_ID, /* and ACCOUNT, REGION */
    UPDATED = ACCOUNT_ID + 3,
    ERROR,
    ORDER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [STATUS] = {"status", "STATUS", COL_STATUS, COL_INTERNED, 11, 11, 0},
    [AGGREGATOR] = {"aggregator", "AGGREGATOR", COL_TEXT, COL_KEY | COL_INTERNED, 8, 24, 4},
    PLACE_COLUMNS(COL_KEY),
    [UPDATED] = {"updated_at", "AGE", COL_TIME, COL_DESCENDING, 3, 5, 3},
    [ERROR] = {"error", "ERROR", COL_TEXT, COL_INTERNED, 8, 0, 5},
    [ORDER] = {"order", "ORDER", COL_IDENTITY, COL_PRIVATE, 0, 0, 0},
};

static void add_row(struct load *load, const struct aggregator_source *source, void *arg)
{
    (void)arg;
    struct table *table = load_table(load);
    struct err err = aggregator_source_err(source);
    char order[80];
    if (!load_selects(load, &source->target))
        return;
    load_place(load, ACCOUNT_ID, &source->target);
    table_set_text(table, STATUS, source->status);
    table_set_text(table, AGGREGATOR, sv_of(source->aggregator));
    if (source->updated_at_ms > 0)
        table_set_number(table, UPDATED, source->updated_at_ms);
    if (err.code != OK)
        table_set_text(table, ERROR, sv_of(err.message));
    snprintf(order, sizeof order, "%d %s %s", err.code == OK, source->target.account_id,
             source->target.region);
    table_set_text(table, ORDER, sv_of(order));
    table_commit(table);
}

static void on_end(struct load *load, const char *first, size_t n, const struct err *err, void *arg)
{
    (void)first, (void)n, (void)arg;
    struct aws_target home = load_home(load);
    if (err->code != OK)
        load_gap(load, &home, "config:DescribeConfigurationAggregators", err);
}

static void load_aggregators(struct load *load)
{
    struct aws_target home = load_home(load);
    load_ask(load, &home);
    aggregators_read(load, &(struct aggregator_reader){.on_source = add_row, .on_end = on_end});
}

const struct screen screen_aggregators = {
    .name = "aggregators",
    .title = "Aggregators",
    .help = "what each aggregator last heard from its sources",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = ORDER},
    .args = "",
    .load = load_aggregators,
};
