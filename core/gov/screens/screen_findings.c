/* findings: security-group rules that break policy, the worst first. */
#include "core/gov/security_group/finding.h"

#include <stdio.h>

#include "core/base/clock.h"

enum {
    SHOWN,
    CHANGED,
    LEFT,
    TRAFFIC,
    SOURCE,
    GROUP_NAME,
    ACCOUNT_ID, /* and ACCOUNT, REGION */
    GROUP_ID = ACCOUNT_ID + 3,
    TYPE,
    PORTS,
    INTERFACES,
    PUBLIC,
    NOTE,
    RULE_ID,
    SEVERITY,
    PROTOCOL,
    FROM_PORT,
    TO_PORT,
    EGRESS,
    VPC_ID,
    BY_UNION,
    ORDER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [SHOWN] = {"display_severity", "SEV", COL_SEVERITY, COL_INTERNED | COL_DESCENDING, 10, 10, 0},
    [CHANGED] = {"changed_at", "AGE", COL_TIME, 0, 3, 5, 4},
    [LEFT] = {"left_s", "LEFT", COL_DURATION, 0, 4, 5, 5},
    [TRAFFIC] = {"traffic", "OPEN", COL_TEXT, COL_INTERNED, 14, 20, 0},
    [SOURCE] = {"source", "FROM", COL_IDENTITY, COL_INTERNED, 14, 22, 1},
    [GROUP_NAME] = {"group_name", "GROUP", COL_TEXT, 0, 14, 30, 0},
    PLACE_COLUMNS(COL_KEY | COL_HIDDEN),
    [GROUP_ID] = {"group_id", "GROUP ID", COL_IDENTITY, COL_MIDDLE_CUT, 20, 20, 6},
    [TYPE] = {"type", "TYPE", COL_IDENTITY, COL_INTERNED, 27, 28, 7},
    [PORTS] = {"ports", "PORTS", COL_NUMBERS, COL_INTERNED, 5, 24, 9},
    [INTERFACES] = {"interfaces", "ENIS", COL_COUNT, 0, 4, 5, 5},
    [PUBLIC] = {"public", "PUBLIC", COL_BOOL, 0, 3, 6, 5},
    [NOTE] = {"note", "NOTE", COL_TEXT, COL_INTERNED, 24, 0, 10},
    [RULE_ID] = {"security_group_rule_id", "RULE ID", COL_IDENTITY, COL_KEY | COL_HIDDEN, 0, 0, 0},
    [SEVERITY] = {"severity", "SEVERITY", COL_SEVERITY, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [PROTOCOL] = {"protocol", "PROTOCOL", COL_IDENTITY, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [FROM_PORT] = {"from_port", "FROM PORT", COL_COUNT, COL_HIDDEN, 0, 0, 0},
    [TO_PORT] = {"to_port", "TO PORT", COL_COUNT, COL_HIDDEN, 0, 0, 0},
    [EGRESS] = {"egress", "EGRESS", COL_BOOL, COL_HIDDEN, 0, 0, 0},
    [VPC_ID] = {"vpc_id", "VPC", COL_IDENTITY, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [BY_UNION] = {"by_union", "UNION", COL_BOOL, COL_HIDDEN, 0, 0, 0},
    [ORDER] = {"order", "ORDER", COL_IDENTITY, COL_PRIVATE, 0, 0, 0},
};

static void set_ports(struct table *table, const struct sg_violation *violation)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    for (size_t i = 0; i < violation->n_ports; i++)
        buf_addf(&text, "%s%u", i ? " " : "", violation->ports[i]);
    table_set_text(table, PORTS, text.len ? buf_sv(&text) : SV(""));
}

static void set_rule(struct table *table, const struct sg_rule *rule)
{
    AUTO(buf_done) struct buf traffic = BUF_NONE, source = BUF_NONE, protocol = BUF_NONE;
    sg_rule_ports_text(rule, &traffic);
    sg_rule_source_text(rule, &source);
    sg_rule_protocol_text(rule, &protocol);
    table_set_text(table, TRAFFIC, buf_sv(&traffic));
    table_set_text(table, SOURCE, buf_sv(&source));
    table_set_text(table, GROUP_ID, sv_of(rule->group_id));
    table_set_text(table, RULE_ID, sv_of(rule->rule_id));
    table_set_text(table, PROTOCOL, buf_sv(&protocol));
    if (rule->from_port >= 0)
        table_set_number(table, FROM_PORT, rule->from_port);
    if (rule->to_port >= 0)
        table_set_number(table, TO_PORT, rule->to_port);
    table_set_number(table, EGRESS, rule->egress);
}

static void set_surroundings(struct table *table, const struct finding *finding,
                             const struct settings *settings)
{
    int64_t left_ms;
    if (finding->group_known) {
        table_set_text(table, GROUP_NAME, sv_of(finding->group_name));
        table_set_text(table, VPC_ID, sv_of(finding->vpc_id));
    }
    if (finding->attachment_known) {
        table_set_number(table, INTERFACES, (int64_t)finding->n_interfaces);
        table_set_number(table, PUBLIC, finding->n_public > 0);
    }
    if (finding->changed_at_ms > 0)
        table_set_number(table, CHANGED, finding->changed_at_ms);
    table_set_text(table, NOTE, sv_of(finding->note));
    if (finding_left(finding, settings, clock_display_ms(), &left_ms))
        table_set_number(table, LEFT, left_ms);
}

/* Worst first, then by place: the same order whoever answers first. */
static void set_order(struct table *table, const struct finding *finding)
{
    char order[160];
    snprintf(order, sizeof order, "%d %s %s %s %s", SEVERITY_CRITICAL - (int)finding->shown,
             finding->target->account_id, finding->target->region, finding->rule->group_id,
             finding->rule->rule_id);
    table_set_text(table, ORDER, sv_of(order));
}

static void add_row(struct load *load, const struct finding *finding, void *arg)
{
    (void)arg;
    struct table *table = load_table(load);
    const struct sg_violation *violation = finding->violation;
    load_place(load, ACCOUNT_ID, finding->target);
    table_set_text(table, SHOWN, sv_of(severity_name(finding->shown)));
    table_set_text(table, SEVERITY, sv_of(severity_name(violation->severity)));
    table_set_text(table, TYPE, sv_of(violation->type));
    table_set_number(table, BY_UNION, violation->by_union);
    set_ports(table, violation);
    set_rule(table, finding->rule);
    set_surroundings(table, finding, load_settings(load));
    set_order(table, finding);
    table_commit(table);
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    (void)arg;
    findings_read(load, account, target, add_row, NULL);
}

static void load_findings(struct load *load)
{
    load_each(load, read_target, NULL);
}

const struct screen screen_findings = {
    .name = "findings",
    .title = "Findings",
    .help = "security-group rules that break policy, the worst first",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = ORDER},
    .args = "",
    .regional = true,
    .load = load_findings,
};
