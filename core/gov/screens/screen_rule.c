/* rule NAME: what one Config rule says of each resource. */
#include <stdio.h>
#include <string.h>

#include "core/gov/load/load.h"
#include "core/gov/load/reply.h"

enum {
    COMPLIANCE,
    RESOURCE_TYPE,
    RESOURCE_ID,
    ACCOUNT_ID, /* and ACCOUNT, REGION */
    EVALUATED = ACCOUNT_ID + 3,
    ANNOTATION,
    NAME,
    RULE, /* the same, for the planner: other lists call other things a name */
    ORDER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [COMPLIANCE] = {"compliance", "COMPLIANCE", COL_STATUS, COL_INTERNED, 15, 19, 0},
    [RESOURCE_TYPE] = {"resource_type", "TYPE", COL_IDENTITY, COL_KEY | COL_INTERNED, 12, 36, 3},
    [RESOURCE_ID] = {"resource_id", "RESOURCE", COL_IDENTITY, COL_KEY | COL_MIDDLE_CUT, 16, 48, 0},
    PLACE_COLUMNS(COL_KEY | COL_HIDDEN),
    [EVALUATED] = {"evaluated_at", "AGE", COL_TIME, COL_DESCENDING, 3, 5, 4},
    [ANNOTATION] = {"annotation", "ANNOTATION", COL_TEXT, COL_WHEN_MANY, 16, 0, 5},
    [NAME] = {"name", "RULE", COL_TEXT, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [RULE] = {"rule", "RULE", COL_IDENTITY, COL_PRIVATE | COL_INTERNED, 0, 0, 0},
    [ORDER] = {"order", "ORDER", COL_IDENTITY, COL_PRIVATE, 0, 0, 0},
};

static void set_order(struct table *table, const struct aws_target *target, const cJSON *result,
                      const cJSON *of)
{
    AUTO(buf_done) struct buf order = BUF_NONE;
    buf_addf(&order, "%d %s %s " SV_FMT " " SV_FMT,
             !sv_eq_cstr(json_sv(result, "ComplianceType"), "NON_COMPLIANT"), target->account_id,
             target->region, SV_ARG(json_sv(of, "ResourceType")),
             SV_ARG(json_sv(of, "ResourceId")));
    table_set_text(table, ORDER, buf_sv(&order));
}

static void add_row(struct load *load, const struct aws_target *target, const cJSON *result)
{
    struct table *table = load_table(load);
    const cJSON *of = json_path(result, "EvaluationResultIdentifier.EvaluationResultQualifier");
    int64_t at_ms;
    load_place(load, ACCOUNT_ID, target);
    table_set_text(table, COMPLIANCE, json_sv(result, "ComplianceType"));
    table_set_text(table, RESOURCE_TYPE, json_sv(of, "ResourceType"));
    table_set_text(table, RESOURCE_ID, json_sv(of, "ResourceId"));
    table_set_text(table, NAME, json_sv(of, "ConfigRuleName"));
    table_set_text(table, RULE, json_sv(of, "ConfigRuleName"));
    table_set_text(table, ANNOTATION, json_sv(result, "Annotation"));
    if (reply_time(result, "ResultRecordedTime", &at_ms))
        table_set_number(table, EVALUATED, at_ms);
    set_order(table, target, result, of);
    table_commit(table);
}

static void on_page(struct load *load, struct aws_page *page, void *arg)
{
    bool *found = arg;
    *found = true;
    for (const cJSON *item = json_items(page->body, "EvaluationResults"); item; item = item->next)
        add_row(load, &page->request->target, item);
}

/* Not every account and region has the rule: that is an answer, not a gap. */
static void on_end(struct load *load, const struct aws_request *request, const struct err *err,
                   void *arg)
{
    (void)arg;
    if (err->code != OK && strcmp(err->aws_code, "NoSuchConfigRuleException") != 0)
        load_gap(load, &request->target, "config:GetComplianceDetailsByConfigRule", err);
}

static void say_when_nowhere(struct load *load, void *arg)
{
    bool *found = arg;
    struct err err;
    if (*found)
        return;
    err_set(&err, ERR_NOT_FOUND, "rule", "no account in scope has a rule called '" SV_FMT "'",
            SV_ARG(load_arg(load, 0)));
    err_advise(&err, err.code, ":rules lists those that there are");
    load_fail(load, &err);
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    (void)account;
    cJSON *params = cJSON_CreateObject();
    AUTO_FREE char *name = sv_dup(load_arg(load, 0));
    cJSON_AddStringToObject(params, "ConfigRuleName", name);
    load_try(load, OP_config_GetComplianceDetailsByConfigRule, target, params, on_page, on_end,
             arg);
}

static void load_rule(struct load *load)
{
    struct err err;
    if (load_arg(load, 0).len == 0) {
        err_set(&err, ERR_USAGE, "rule", "takes the NAME of a Config rule");
        load_fail(load, &err);
        return;
    }
    bool *found = load_alloc(load, sizeof *found);
    load_at_end(load, say_when_nowhere, found);
    load_each(load, read_target, found);
}

const struct screen screen_rule = {
    .name = "rule",
    .title = "Rule",
    .help = "what one Config rule says of each resource",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = ORDER},
    .args = "NAME",
    .regional = true,
    .load = load_rule,
};
