/* rules: the Config rules of every account and region, those that are broken first. */
#include <stdio.h>

#include "core/gov/config/config_rule.h"
#include "core/gov/load/reply.h"

enum {
    COMPLIANCE,
    NAME,
    NONCOMPLIANT,
    CAPPED,
    ACCOUNT_ID, /* and ACCOUNT, REGION */
    IDENTIFIER = ACCOUNT_ID + 3,
    TRIGGER,
    EVALUATED,
    ERROR,
    STATE,
    OWNER,
    PARAMETERS,
    CREATED_BY,
    ARN,
    ORDER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [COMPLIANCE] = {"compliance", "COMPLIANCE", COL_STATUS, COL_INTERNED, 15, 19, 0},
    [NAME] = {"name", "RULE", COL_TEXT, COL_KEY | COL_INTERNED | COL_MIDDLE_CUT, 28, 52, 0},
    [NONCOMPLIANT] = {"noncompliant", "FAILING", COL_COUNT, COL_DESCENDING, 7, 8, 3},
    [CAPPED] = {"capped", "", COL_TEXT, COL_INTERNED, 1, 1, 3},
    PLACE_COLUMNS(COL_KEY | COL_HIDDEN),
    [IDENTIFIER] = {"identifier", "IDENTIFIER", COL_IDENTITY, COL_INTERNED | COL_MIDDLE_CUT, 24, 44,
                    6},
    [TRIGGER] = {"trigger", "TRIGGER", COL_TEXT, COL_INTERNED, 6, 14, 7},
    [EVALUATED] = {"evaluated_at", "AGE", COL_TIME, COL_DESCENDING, 3, 5, 4},
    [ERROR] = {"error", "ERROR", COL_TEXT, COL_INTERNED | COL_WHEN_MANY, 16, 0, 5},
    [STATE] = {"state", "STATE", COL_STATUS, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [OWNER] = {"owner", "OWNER", COL_TEXT, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [PARAMETERS] = {"parameters", "PARAMETERS", COL_TEXT, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [CREATED_BY] = {"created_by", "CREATED BY", COL_TEXT, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [ARN] = {"arn", "ARN", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [ORDER] = {"order", "ORDER", COL_IDENTITY, COL_PRIVATE, 0, 0, 0},
};

static void set(struct table *table, size_t column, struct sv text)
{
    if (text.len > 0)
        table_set_text(table, column, text);
}

/* Managed rules say only how often they run; what is not periodic runs on changes. */
static void set_trigger(struct table *table, const cJSON *rule)
{
    struct sv every = json_sv(rule, "MaximumExecutionFrequency");
    table_set_text(table, TRIGGER, every.len > 0 ? every : SV("change"));
}

static void set_rule(struct table *table, const cJSON *rule)
{
    set(table, NAME, json_sv(rule, "ConfigRuleName"));
    set(table, IDENTIFIER, json_sv(json_get(rule, "Source"), "SourceIdentifier"));
    set(table, OWNER, json_sv(json_get(rule, "Source"), "Owner"));
    set(table, STATE, json_sv(rule, "ConfigRuleState"));
    set(table, PARAMETERS, json_sv(rule, "InputParameters"));
    set(table, CREATED_BY, json_sv(rule, "CreatedBy"));
    set(table, ARN, json_sv(rule, "ConfigRuleArn"));
    set_trigger(table, rule);
}

static void set_compliance(struct table *table, const struct config_rule *rule)
{
    if (!rule->compliance_read)
        return;
    bool capped;
    table_set_text(table, COMPLIANCE, config_rule_compliance(rule));
    table_set_number(table, NONCOMPLIANT, config_rule_noncompliant(rule->compliance, &capped));
    table_set_text(table, CAPPED, capped ? SV("+") : SV(""));
}

static void set_status(struct table *table, const cJSON *status)
{
    int64_t good_ms = 0, bad_ms = 0;
    reply_time(status, "LastSuccessfulEvaluationTime", &good_ms);
    reply_time(status, "LastFailedEvaluationTime", &bad_ms);
    if (good_ms > 0 || bad_ms > 0)
        table_set_number(table, EVALUATED, good_ms > bad_ms ? good_ms : bad_ms);
    struct sv code = json_sv(status, "LastErrorCode");
    if (code.len == 0 || good_ms > bad_ms)
        return;
    AUTO(buf_done) struct buf text = BUF_NONE;
    buf_add(&text, code);
    buf_addf(&text, ": " SV_FMT, SV_ARG(json_sv(status, "LastErrorMessage")));
    table_set_text(table, ERROR, buf_sv(&text));
}

static void set_order(struct table *table, const struct config_rule *rule)
{
    static const char *const worst_first[] = {"NON_COMPLIANT", "INSUFFICIENT_DATA", "COMPLIANT"};
    AUTO(buf_done) struct buf order = BUF_NONE;
    int rank = 0;
    while (rank < 3 && !sv_eq_cstr(config_rule_compliance(rule), worst_first[rank]))
        rank++;
    buf_addf(&order, "%d " SV_FMT " %s %s", rank, SV_ARG(json_sv(rule->rule, "ConfigRuleName")),
             rule->target->account_id, rule->target->region);
    table_set_text(table, ORDER, buf_sv(&order));
}

static void add_row(struct load *load, const struct config_rule *rule, void *arg)
{
    (void)arg;
    struct table *table = load_table(load);
    load_place(load, ACCOUNT_ID, rule->target);
    set_rule(table, rule->rule);
    set_compliance(table, rule);
    set_status(table, rule->status);
    set_order(table, rule);
    table_commit(table);
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    (void)arg;
    config_rules_read(load, account, target, add_row, NULL);
}

static void load_rules(struct load *load)
{
    load_each(load, read_target, NULL);
}

const struct screen screen_rules = {
    .name = "rules",
    .title = "Config rules",
    .help = "Config rules and their compliance, the broken ones first",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = ORDER},
    .args = "",
    .regional = true,
    .load = load_rules,
};
