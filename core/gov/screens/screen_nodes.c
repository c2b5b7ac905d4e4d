/* nodes: the machines that report to Systems Manager, and how their patches stand. */
#include <stdio.h>

#include "core/gov/load/reply.h"
#include "core/gov/systems_manager/node.h"

enum {
    PATCH,
    NODE,
    NAME,
    PING,
    ACCOUNT_ID, /* and ACCOUNT, REGION */
    CRITICAL = ACCOUNT_ID + 3,
    SECURITY,
    MISSING,
    FAILED,
    REBOOT,
    SCANNED,
    OPERATION,
    PLATFORM,
    AGENT,
    PINGED,
    GROUP,
    BASELINE,
    OTHER,
    ORDER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [PATCH] = {"patch", "PATCHES", COL_STATUS, COL_INTERNED, 18, 18, 0},
    [NODE] = {"node", "NODE", COL_IDENTITY, COL_KEY | COL_MIDDLE_CUT, 19, 20, 0},
    [NAME] = {"name", "NAME", COL_TEXT, 0, 10, 24, 9},
    [PING] = {"ping", "PING", COL_STATUS, COL_INTERNED, 10, 16, 1},
    PLACE_COLUMNS(COL_KEY | COL_HIDDEN),
    [CRITICAL] = {"critical", "CRIT", COL_COUNT, COL_DESCENDING, 4, 5, 2},
    [SECURITY] = {"security", "SEC", COL_COUNT, COL_DESCENDING, 3, 5, 4},
    [MISSING] = {"missing", "MISS", COL_COUNT, COL_DESCENDING, 4, 5, 3},
    [FAILED] = {"failed", "FAIL", COL_COUNT, COL_DESCENDING, 4, 5, 3},
    [REBOOT] = {"pending_reboot", "REBOOT", COL_COUNT, COL_DESCENDING, 6, 6, 3},
    [SCANNED] = {"scanned_at", "SCAN", COL_TIME, 0, 4, 5, 3},
    [OPERATION] = {"operation", "LAST", COL_TEXT, COL_INTERNED, 7, 7, 7},
    [PLATFORM] = {"platform", "PLATFORM", COL_TEXT, COL_INTERNED, 16, 24, 6},
    [AGENT] = {"agent", "AGENT", COL_IDENTITY, COL_INTERNED, 8, 12, 8},
    [PINGED] = {"pinged_at", "SEEN", COL_TIME, 0, 4, 5, 7},
    [GROUP] = {"patch_group", "GROUP", COL_TEXT, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [BASELINE] = {"baseline", "BASELINE", COL_IDENTITY, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [OTHER] = {"other", "OTHER", COL_COUNT, COL_HIDDEN, 0, 0, 0},
    [ORDER] = {"order", "ORDER", COL_IDENTITY, COL_PRIVATE, 0, 0, 0},
};

static void set_patches(struct table *table, const struct node *node)
{
    const struct patch_counts *counts = &node->counts;
    int64_t at_ms;
    table_set_number(table, CRITICAL, counts->critical);
    table_set_number(table, SECURITY, counts->security);
    table_set_number(table, OTHER, counts->other);
    table_set_number(table, MISSING, counts->missing);
    table_set_number(table, FAILED, counts->failed);
    table_set_number(table, REBOOT, counts->pending_reboot);
    table_set_text(table, OPERATION, json_sv(node->patch, "Operation"));
    table_set_text(table, GROUP, json_sv(node->patch, "PatchGroup"));
    table_set_text(table, BASELINE, json_sv(node->patch, "BaselineId"));
    if (reply_time(node->patch, "OperationEndTime", &at_ms))
        table_set_number(table, SCANNED, at_ms);
}

static void set_node(struct table *table, const cJSON *information)
{
    AUTO(buf_done) struct buf platform = BUF_NONE;
    int64_t at_ms;
    buf_addf(&platform, SV_FMT " " SV_FMT, SV_ARG(json_sv(information, "PlatformName")),
             SV_ARG(json_sv(information, "PlatformVersion")));
    table_set_text(table, NODE, json_sv(information, "InstanceId"));
    table_set_text(table, NAME, json_sv(information, "ComputerName"));
    table_set_text(table, PING, json_sv(information, "PingStatus"));
    table_set_text(table, PLATFORM, sv_trim(buf_sv(&platform)));
    table_set_text(table, AGENT, json_sv(information, "AgentVersion"));
    if (reply_time(information, "LastPingDateTime", &at_ms))
        table_set_number(table, PINGED, at_ms);
}

/* The worst state first; there the most critical patches, then those of security. */
static void set_order(struct table *table, const struct node *node)
{
    char order[160];
    snprintf(order, sizeof order, "%d %06lld %06lld %s %s " SV_FMT, PATCH_STATES - (int)node->state,
             999999 - (long long)node->counts.critical, 999999 - (long long)node->counts.security,
             node->target->account_id, node->target->region,
             SV_ARG(json_sv(node->information, "InstanceId")));
    table_set_text(table, ORDER, sv_of(order));
}

static void add_row(struct load *load, const struct node *node, void *arg)
{
    (void)arg;
    struct table *table = load_table(load);
    load_place(load, ACCOUNT_ID, node->target);
    set_node(table, node->information);
    if (node->state != PATCH_UNKNOWN)
        table_set_text(table, PATCH, sv_of(patch_state_name(node->state)));
    if (node->patch)
        set_patches(table, node);
    set_order(table, node);
    table_commit(table);
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    (void)account, (void)arg;
    nodes_read(load, target, add_row, NULL, NULL);
}

static void load_nodes(struct load *load)
{
    load_each(load, read_target, NULL);
}

const struct screen screen_nodes = {
    .name = "nodes",
    .title = "Nodes",
    .help = "machines that report to Systems Manager, and how their patches stand",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = ORDER},
    .args = "",
    .regional = true,
    .load = load_nodes,
};
