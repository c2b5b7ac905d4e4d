/*
 * triage: what needs me now? Panels that load side by side: decisions that wait, rules that fail,
 * recorders that do not record, sources that an aggregator has lost, accounts that cannot be seen.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/map.h"
#include "core/gov/aggregator.h"
#include "core/gov/config_rule.h"
#include "core/gov/finding.h"
#include "core/gov/recorder.h"

enum {
    SHOWN,
    AGE,
    LEFT,
    WHAT,
    ACCOUNT_ID, /* and ACCOUNT, REGION */
    COUNT = ACCOUNT_ID + 3,
    PANEL,
    SEVERITY,
    GROUP_ID,
    RULE_ID,
    SUBJECT,
    ORDER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [SHOWN] = {"display_severity", "SEV", COL_SEVERITY, COL_INTERNED | COL_DESCENDING, 10, 10, 0},
    [AGE] = {"age_s", "AGE", COL_DURATION, COL_DESCENDING, 3, 5, 2},
    [LEFT] = {"left_s", "LEFT", COL_DURATION, COL_WHEN_MANY, 3, 5, 4},
    [WHAT] = {"what", "WHAT", COL_TEXT, 0, 44, 72, 0},
    PLACE_COLUMNS(COL_KEY | COL_HIDDEN),
    [COUNT] = {"count", "COUNT", COL_COUNT, COL_DESCENDING, 3, 7, 3},
    [PANEL] = {"panel", "PANEL", COL_TEXT, COL_KEY | COL_INTERNED, 8, 10, 6},
    [SEVERITY] = {"severity", "SEVERITY", COL_SEVERITY, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [GROUP_ID] = {"group_id", "GROUP ID", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [RULE_ID] = {"security_group_rule_id", "RULE ID", COL_IDENTITY, COL_KEY | COL_HIDDEN, 0, 0, 0},
    [SUBJECT] = {"subject", "SUBJECT", COL_TEXT, COL_KEY | COL_PRIVATE, 0, 0, 0},
    [ORDER] = {"order", "ORDER", COL_IDENTITY, COL_PRIVATE, 0, 0, 0},
};

enum panel { DECISION, COMPLIANCE, RECORDER, AGGREGATOR, COVERAGE };
static const char *const panel_names[] = {"decision", "compliance", "recorder", "aggregator",
                                          "coverage"};

struct triage {
    size_t targets, targets_read; /* of the failing rules */
    struct map rules;             /* by name: a struct failing */
    struct map places;            /* "account region rule" and "account rule": counted */
};

/* A rule that is broken somewhere. */
struct failing {
    int64_t resources;
    size_t accounts;
    bool capped;
};

static void triage_done(void *arg)
{
    struct triage *triage = arg;
    map_done(&triage->rules);
    map_done(&triage->places);
}

/* rank: a lower one stands higher in its panel. */
static void add_row(struct load *load, enum panel panel, const char *rank, struct sv what)
{
    struct table *table = load_table(load);
    AUTO(buf_done) struct buf order = BUF_NONE;
    buf_addf(&order, "%d %s ", (int)panel, rank);
    buf_add(&order, what);
    table_set_text(table, PANEL, sv_of(panel_names[panel]));
    table_set_text(table, WHAT, what);
    table_set_text(table, ORDER, buf_sv(&order));
    table_commit(table);
}

/* --- decisions ------------------------------------------------------------------------------- */

/* Who must decide is a matter of the unadjusted severity; where it stands, of the shown one. */
static void take_finding(struct load *load, const struct finding *finding, void *arg)
{
    (void)arg;
    struct table *table = load_table(load);
    AUTO(buf_done) struct buf what = BUF_NONE;
    char rank[160];
    if (finding->violation->severity < SEVERITY_HIGH)
        return;
    int64_t since_ms = finding->changed_at_ms;
    load_place(load, ACCOUNT_ID, finding->target);
    table_set_text(table, SHOWN, sv_of(severity_name(finding->shown)));
    table_set_text(table, SEVERITY, sv_of(severity_name(finding->violation->severity)));
    table_set_text(table, GROUP_ID, sv_of(finding->rule->group_id));
    table_set_text(table, RULE_ID, sv_of(finding->rule->rule_id));
    if (since_ms > 0)
        table_set_number(table, AGE, clock_display_ms() - since_ms);
    snprintf(rank, sizeof rank, "%d %013lld %s %s %s", SEVERITY_CRITICAL - (int)finding->shown,
             since_ms > 0 ? (long long)since_ms : 9999999999999LL, finding->target->account_id,
             finding->target->region, finding->rule->rule_id);
    finding_text(finding, &what);
    add_row(load, DECISION, rank, buf_sv(&what));
}

/* --- compliance ------------------------------------------------------------------------------ */

static struct failing *failing_of(struct load *load, struct triage *triage, struct sv rule)
{
    union map_value *value = map_put(&triage->rules, rule, NULL);
    if (!value->ptr)
        value->ptr = load_alloc(load, sizeof(struct failing));
    return value->ptr;
}

static bool first_time(struct triage *triage, struct sv rule, const char *place)
{
    AUTO(buf_done) struct buf key = BUF_NONE;
    bool fresh;
    buf_addf(&key, "%s ", place);
    buf_add(&key, rule);
    map_put(&triage->places, buf_sv(&key), &fresh);
    return fresh;
}

static void take_failing(struct load *load, struct triage *triage, const cJSON *item,
                         const struct aws_target *target)
{
    char place[AWS_ACCOUNT_SIZE + AWS_REGION_SIZE];
    struct sv name = json_sv(item, "ConfigRuleName");
    bool capped;
    snprintf(place, sizeof place, "%s %s", target->account_id, target->region);
    if (!first_time(triage, name, place))
        return; /* pages may come twice */
    struct failing *failing = failing_of(load, triage, name);
    failing->resources += config_rule_noncompliant(item, &capped);
    failing->capped |= capped;
    failing->accounts += first_time(triage, name, target->account_id);
}

static void compliance_page(struct load *load, struct aws_page *page, void *arg)
{
    for (const cJSON *item = json_items(page->body, "ComplianceByConfigRules"); item;
         item = item->next)
        take_failing(load, arg, item, &page->request->target);
}

static void add_failing(struct load *load, const struct triage *triage, struct sv name,
                        const struct failing *failing)
{
    AUTO(buf_done) struct buf what = BUF_NONE;
    char rank[32];
    buf_add(&what, name);
    buf_addf(&what, ": %lld%s resource%s in %zu account%s", (long long)failing->resources,
             failing->capped ? "+" : "", failing->resources == 1 ? "" : "s", failing->accounts,
             failing->accounts == 1 ? "" : "s");
    if (load_is_partial(load) && triage->targets_read < triage->targets)
        buf_addf(&what, ", %zu/%zu read", triage->targets_read, triage->targets);
    snprintf(rank, sizeof rank, "%012lld", 999999999999LL - (long long)failing->resources);
    table_set_text(load_table(load), SUBJECT, name);
    table_set_number(load_table(load), COUNT, failing->resources);
    add_row(load, COMPLIANCE, rank, buf_sv(&what));
}

static void compliance_end(struct load *load, const struct aws_request *request,
                           const struct err *err, void *arg)
{
    (void)load, (void)request, (void)err;
    struct triage *triage = arg;
    triage->targets_read++;
}

static void add_all_failing(struct load *load, void *arg)
{
    struct triage *triage = arg;
    size_t at = 0;
    struct sv name;
    union map_value value;
    while (map_next(&triage->rules, &at, &name, &value))
        add_failing(load, triage, name, value.ptr);
}

/* --- recorders ------------------------------------------------------------------------------- */

static void recorder_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)arg;
    enum recorder_state state = recorder_state_in(page->body);
    const struct aws_target *target = &page->request->target;
    char rank[64], what[64];
    if (state == RECORDER_ON)
        return;
    snprintf(rank, sizeof rank, "%d %s %s", RECORDER_MISSING - (int)state, target->account_id,
             target->region);
    snprintf(what, sizeof what, "AWS Config recorder: %s", recorder_state_name(state));
    load_place(load, ACCOUNT_ID, target);
    add_row(load, RECORDER, rank, sv_of(what));
}

/* --- aggregators ----------------------------------------------------------------------------- */

static void take_source(struct load *load, const struct aggregator_source *source, void *arg)
{
    (void)arg;
    struct err err = aggregator_source_err(source);
    AUTO(buf_done) struct buf what = BUF_NONE;
    if (err.code == OK || !load_selects(load, &source->target))
        return;
    buf_addf(&what, "%s: %s", source->aggregator, err.message);
    load_place(load, ACCOUNT_ID, &source->target);
    table_set_text(load_table(load), SUBJECT, sv_of(source->aggregator));
    if (source->updated_at_ms > 0)
        table_set_number(load_table(load), AGE, clock_display_ms() - source->updated_at_ms);
    add_row(load, AGGREGATOR, source->target.account_id, buf_sv(&what));
}

/* That there is no aggregator is nothing that needs anybody now. */
static void aggregators_end(struct load *load, const char *first, size_t n, const struct err *err,
                            void *arg)
{
    (void)load, (void)first, (void)n, (void)err, (void)arg;
}

/* --- coverage -------------------------------------------------------------------------------- */

/* The gaps of one account that have one reason. */
struct blind_spot {
    const struct gap *first;
    size_t n;
};

static void add_blind_spot(struct load *load, const struct blind_spot *spot)
{
    AUTO(buf_done) struct buf what = BUF_NONE;
    struct aws_target target = spot->first->target;
    buf_addf(&what, "%s: %s", err_text(spot->first->err.code), spot->first->operation);
    if (spot->n > 1) {
        buf_addf(&what, " and %zu more", spot->n - 1);
        target.region[0] = '\0';
    }
    load_place(load, ACCOUNT_ID, &target);
    table_set_text(load_table(load), SUBJECT, sv_of(err_name(spot->first->err.code)));
    table_set_number(load_table(load), COUNT, (int64_t)spot->n);
    add_row(load, COVERAGE, target.account_id, buf_sv(&what));
}

static void add_blind_spots(struct load *load, void *arg)
{
    (void)arg;
    const struct coverage *coverage = load_coverage(load);
    struct map spots = {0};
    size_t at = 0;
    struct sv key;
    union map_value value;
    for (size_t i = 0; i < coverage->gaps.len; i++) {
        const struct gap *gap = &coverage->gaps.ptr[i];
        AUTO(buf_done) struct buf place = BUF_NONE;
        buf_addf(&place, "%s %s", gap->target.account_id, err_name(gap->err.code));
        union map_value *spot = map_put(&spots, buf_sv(&place), NULL);
        if (!spot->ptr)
            spot->ptr = load_alloc(load, sizeof(struct blind_spot));
        struct blind_spot *known = spot->ptr;
        known->first = known->first ? known->first : gap;
        known->n++;
    }
    while (map_next(&spots, &at, &key, &value))
        add_blind_spot(load, value.ptr);
    map_done(&spots);
}

/* --- together -------------------------------------------------------------------------------- */

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    struct triage *triage = arg;
    triage->targets++;
    findings_read(load, account, target, take_finding, NULL);
    load_read(load, OP_config_DescribeComplianceByConfigRule, target, config_rule_only_failing(),
              compliance_page, compliance_end, triage);
    load_read(load, OP_config_DescribeConfigurationRecorderStatus, target, NULL, recorder_page,
              NULL, NULL);
}

static void load_triage(struct load *load)
{
    struct triage *triage = load_alloc(load, sizeof *triage);
    load_at_free(load, triage_done, triage);
    load_sum(load, add_all_failing, triage);
    load_sum(load, add_blind_spots, NULL);
    load_each(load, read_target, triage);
    aggregators_read(
        load, &(struct aggregator_reader){.on_source = take_source, .on_end = aggregators_end});
}

const struct screen screen_triage = {
    .name = "triage",
    .title = "Triage",
    .help = "what needs me now: decisions, failing rules, blind spots",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = ORDER},
    .args = "",
    .regional = true,
    .load = load_triage,
};
