/*
 * triage: what needs me now? Panels that load side by side: decisions that wait, rules that fail,
 * nodes that are not patched, who changed what, recorders that do not record, sources that an
 * aggregator has lost, accounts that cannot be seen.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/map.h"
#include "core/gov/alert/alert.h"
#include "core/gov/change_event.h"
#include "core/gov/config/aggregator.h"
#include "core/gov/config/config_rule.h"
#include "core/gov/config/recorder.h"
#include "core/gov/estate/look.h"
#include "core/gov/queue/item_queue.h"
#include "core/gov/systems_manager/node.h"
#include "core/model/keyset.h"

enum {
    NEW,
    SHOWN,
    AGE,
    LEFT,
    WHAT,
    ACCOUNT_ID, /* and ACCOUNT, REGION */
    COUNT = ACCOUNT_ID + 3,
    COUNT_24H,
    PANEL,
    SEVERITY,
    KIND,
    RESOURCE,
    GROUP_ID,
    RULE_ID,
    SUBJECT,
    KEY,
    ACTOR,
    ORDER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [NEW] = {"new", "*", COL_TEXT, COL_INTERNED | COL_WHEN_MANY, 1, 1, 0},
    [SHOWN] = {"display_severity", "SEV", COL_SEVERITY, COL_INTERNED | COL_DESCENDING, 10, 10, 0},
    [AGE] = {"age_s", "AGE", COL_DURATION, COL_DESCENDING, 3, 5, 2},
    [LEFT] = {"left_s", "LEFT", COL_DURATION, COL_WHEN_MANY, 4, 5, 2},
    [WHAT] = {"what", "WHAT", COL_TEXT, 0, 42, 72, 0},
    PLACE_COLUMNS(COL_KEY | COL_HIDDEN),
    [COUNT] = {"count", "COUNT", COL_COUNT, COL_DESCENDING, 3, 7, 3},
    [COUNT_24H] = {"count_24h", "IN 24H", COL_COUNT, COL_HIDDEN, 0, 0, 0},
    [PANEL] = {"panel", "PANEL", COL_TEXT, COL_KEY | COL_INTERNED, 8, 10, 6},
    [SEVERITY] = {"severity", "SEVERITY", COL_SEVERITY, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [KIND] = {"kind", "KIND", COL_IDENTITY, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [RESOURCE] = {"resource", "RESOURCE", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [GROUP_ID] = {"group_id", "GROUP ID", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [RULE_ID] = {"security_group_rule_id", "RULE ID", COL_IDENTITY, COL_KEY | COL_HIDDEN, 0, 0, 0},
    [SUBJECT] = {"subject", "SUBJECT", COL_TEXT, COL_KEY | COL_HIDDEN, 0, 0, 0},
    [KEY] = {"key", "KEY", COL_IDENTITY, COL_KEY | COL_HIDDEN, 0, 0, 0},
    [ACTOR] = {"actor", "ACTOR", COL_TEXT, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [ORDER] = {"order", "ORDER", COL_IDENTITY, COL_PRIVATE, 0, 0, 0},
};

enum panel { DECISION, DRIFT, PATCH, CHANGE, COMPLIANCE, RECORDER, AGGREGATOR, COVERAGE };
static const char *const panel_names[] = {"decision",   "drift",    "patch",      "change",
                                          "compliance", "recorder", "aggregator", "coverage"};

#define NOTHING_NEW_MS 1  /* long before any look */
#define CHANGES_SHOWN  12 /* the newest; the list `changes` has them all */

/* One of the newest changes, kept until they are told. */
struct recent {
    struct aws_target target;
    int64_t at_ms;
    char *id, *actor, *what;
};

struct triage {
    struct item_queue queue; /* what waits */
    const struct item_waivers *waivers;
    struct alerts *alerts;
    const struct look *before;
    struct look now;
    size_t targets, targets_read; /* of the failing rules */
    struct map rules;             /* by name: a struct failing */
    struct keyset counted;        /* "account region rule", "account rule" and the like */
    size_t n_counted;
    struct patching {
        int64_t nodes, offline, critical, failed, pending_reboot, never_reported;
    } patching;
    struct recent recent[CHANGES_SHOWN]; /* the newest first */
    size_t n_recent;
    int64_t n_changes;
    bool changes_cut; /* CloudTrail has more than was read */
    struct map own;   /* request ids of what this console has sent */
};

/* A rule that is broken somewhere. */
struct failing {
    int64_t resources;
    size_t accounts;
    bool capped;
};

static void recent_done(struct recent *recent)
{
    mem_free(recent->id);
    mem_free(recent->actor);
    mem_free(recent->what);
}

static void triage_done(void *arg)
{
    struct triage *triage = arg;
    for (size_t i = 0; i < triage->n_recent; i++)
        recent_done(&triage->recent[i]);
    look_done(&triage->now);
    map_done(&triage->own);
    item_queue_done(&triage->queue);
    map_done(&triage->rules);
    keyset_done(&triage->counted);
}

/* What every row has. */
struct row {
    enum panel panel;
    const struct aws_target *target; /* NULL: it is of no one account */
    struct sv subject;               /* what tells it from the others of its panel and place */
    const char *rank;                /* a lower one stands higher in its panel */
    struct sv what;
    int64_t at_ms; /* when it happened: what is older than the last look is not new; 0: whenever */
};

static void name_row(const struct row *row, struct buf *name)
{
    buf_addf(name, "%s %s %s ", panel_names[row->panel], row->target ? row->target->account_id : "",
             row->target ? row->target->region : "");
    buf_add(name, row->subject);
}

static void mark_new(struct table *table, struct triage *triage, const struct row *row)
{
    AUTO(buf_done) struct buf name = BUF_NONE;
    name_row(row, &name);
    look_add(&triage->now, triage->before, buf_sv(&name));
    bool is_new = !look_knows(triage->before, buf_sv(&name)) &&
                  (row->at_ms == 0 || row->at_ms > triage->before->at_ms);
    if (triage->before->at_ms > 0)
        table_set_text(table, NEW, is_new ? SV("*") : SV(""));
}

static void add_row(struct load *load, struct triage *triage, const struct row *row)
{
    struct table *table = load_table(load);
    AUTO(buf_done) struct buf order = BUF_NONE;
    buf_addf(&order, "%d %s ", (int)row->panel, row->rank);
    buf_add(&order, row->what);
    if (row->target)
        load_place(load, ACCOUNT_ID, row->target);
    mark_new(table, triage, row);
    if (row->panel != DECISION) /* an item has said it */
        table_set_text(table, SUBJECT, row->subject);
    table_set_text(table, PANEL, sv_of(panel_names[row->panel]));
    table_set_text(table, WHAT, row->what);
    table_set_text(table, ORDER, buf_sv(&order));
    table_commit(table);
}

/* --- decisions ------------------------------------------------------------------------------- */

#define NO_DEADLINE 9999999999999LL /* sorts behind all that is known */

static int64_t age_of(int64_t at_ms)
{
    int64_t age_ms = clock_display_ms() - at_ms;
    return age_ms > 0 ? age_ms : 0; /* their clock is ahead of ours */
}

/* An item is as old as the first look that showed it, should nobody know an age, or a younger one:
 * something else of its resource has changed since. Returns its deadline: unlike what is left, it
 * stays the same while others are told. */
static int64_t set_times(struct load *load, const struct triage *triage, const struct row *row,
                         const struct item *item)
{
    AUTO(buf_done) struct buf name = BUF_NONE;
    struct item seen = *item;
    int64_t age_ms, left_ms, now_ms = clock_display_ms();
    name_row(row, &name);
    int64_t first_seen_ms = look_first_seen_ms(triage->before, buf_sv(&name));
    if (first_seen_ms > 0 && (seen.since_ms == 0 || first_seen_ms < seen.since_ms))
        seen.since_ms = first_seen_ms;
    if (item_age(&seen, now_ms, &age_ms))
        table_set_number(load_table(load), AGE, age_ms);
    if (!item_left(&seen, load_settings(load), now_ms, &left_ms))
        return NO_DEADLINE;
    table_set_number(load_table(load), LEFT, left_ms);
    return now_ms + left_ms;
}

static void set_item(struct table *table, const struct item *item)
{
    table_set_text(table, SHOWN, sv_of(severity_name(item->shown)));
    table_set_text(table, SEVERITY, sv_of(severity_name(item->severity)));
    table_set_text(table, KIND, sv_of(item->kind));
    table_set_text(table, RESOURCE, sv_of(item->resource));
    table_set_text(table, KEY, sv_of(item->key));
    if (item->subject && item->subject[0])
        table_set_text(table, SUBJECT, sv_of(item->subject));
    if (strcmp(item->kind, "sg-policy") == 0) {
        table_set_text(table, GROUP_ID, sv_of(item->resource));
        table_set_text(table, RULE_ID, sv_of(item->subject));
    }
}

/* Who must decide is a matter of the unadjusted severity; where it stands, of the shown one. */
static void add_decision(struct load *load, const struct item *item, void *arg)
{
    struct triage *triage = arg;
    char rank[160];
    bool is_part = item->subject && item->subject[0];
    struct row row = {.panel = DECISION,
                      .target = item->target,
                      .subject = sv_of(is_part ? item->subject : item->key),
                      .rank = rank,
                      .what = sv_of(item->what)};
    if (item->severity < SEVERITY_HIGH || item_is_unknown(item) ||
        item_is_waived(triage->waivers, item))
        return;
    set_item(load_table(load), item);
    snprintf(rank, sizeof rank, "%d %013lld %s %s %.64s", SEVERITY_CRITICAL - (int)item->shown,
             (long long)set_times(load, triage, &row, item), item->target->account_id,
             item->target->region, item->key);
    add_row(load, triage, &row);
}

static void add_decisions(struct load *load, void *arg)
{
    struct triage *triage = arg;
    item_queue_each(&triage->queue, load, add_decision, triage);
}

static void take_item(struct load *load, const struct item *item, void *arg)
{
    struct triage *triage = arg;
    if (item->severity != SEVERITY_INFO)
        item_queue_add(&triage->queue, load, item);
    item_waivers_see(triage->waivers, item);
    alerts_take(triage->alerts, triage->waivers, item);
}

/* --- drift ----------------------------------------------------------------------------------- */

/* Of what the things are that differ, and how a number of them is told. */
static const struct {
    const char *kind, *subject, *what;
} drifting[] = {
    {"sg-", "groups", "security groups differ from policy or from what is approved"},
    {"parameter", "parameters", "parameters differ from what is approved"},
    {"preferences", "preferences", "session preferences differ from what is approved"},
};

struct drift_count {
    const struct item_waivers *waivers;
    const char *kind;
    struct map things; /* "account region resource": seen */
    struct map fresh;  /* the same of what has changed within the last day */
};

#define FRESH_MS CHANGES_WINDOW_MS

static void count_thing(struct load *load, const struct item *item, void *arg)
{
    (void)load;
    struct drift_count *count = arg;
    AUTO(buf_done) struct buf place = BUF_NONE;
    if (!sv_starts(sv_of(item->kind), sv_of(count->kind)) || item_is_unknown(item) ||
        item_is_waived(count->waivers, item))
        return;
    buf_addf(&place, "%s %s %s", item->target->account_id, item->target->region, item->resource);
    map_put(&count->things, buf_sv(&place), NULL);
    if (item->since_ms > 0 && age_of(item->since_ms) <= FRESH_MS)
        map_put(&count->fresh, buf_sv(&place), NULL);
}

static void add_drift(struct load *load, void *arg)
{
    struct triage *triage = arg;
    for (size_t i = 0; i < ARRAY_LEN(drifting); i++) {
        AUTO(buf_done) struct buf what = BUF_NONE;
        struct drift_count count = {.waivers = triage->waivers, .kind = drifting[i].kind};
        char rank[8];
        item_queue_each(&triage->queue, load, count_thing, &count);
        size_t n = count.things.count, fresh = count.fresh.count;
        map_done(&count.things);
        map_done(&count.fresh);
        if (n == 0)
            continue;
        snprintf(rank, sizeof rank, "%zu", i);
        buf_addf(&what, "%s: %zu", drifting[i].what, n);
        if (fresh > 0)
            buf_addf(&what, ", %zu changed in the last day", fresh);
        table_set_number(load_table(load), COUNT, (int64_t)n);
        table_set_number(load_table(load), COUNT_24H, (int64_t)fresh);
        add_row(load, triage,
                &(struct row){DRIFT, NULL, sv_of(drifting[i].subject), rank, buf_sv(&what), 0});
    }
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
    buf_addf(&key, "%s ", place);
    buf_add(&key, rule);
    uint64_t id = key_of_text(buf_sv(&key));
    if (keyset_has(&triage->counted, triage->n_counted, id))
        return false;
    keyset_add(&triage->counted, triage->n_counted++, id);
    return true;
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

static void add_failing(struct load *load, struct triage *triage, struct sv name,
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
    table_set_number(load_table(load), COUNT, failing->resources);
    add_row(load, triage, &(struct row){COMPLIANCE, NULL, name, rank, buf_sv(&what), 0});
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

/* --- patches --------------------------------------------------------------------------------- */

static void take_node(struct load *load, const struct node *node, void *arg)
{
    (void)load;
    struct triage *triage = arg;
    struct patching *sum = &triage->patching;
    char place[64];
    snprintf(place, sizeof place, "node %s %s", node->target->account_id, node->target->region);
    if (!first_time(triage, json_sv(node->information, "InstanceId"), place))
        return; /* a target is read again when something of it was missing */
    sum->nodes++;
    sum->offline += !node->is_online;
    sum->critical += node->counts.critical > 0;
    sum->failed += node->counts.failed > 0;
    sum->pending_reboot += node->counts.pending_reboot > 0;
    sum->never_reported += node->state == PATCH_NEVER_REPORTED;
}

/* Each number is that of the rows which the list `nodes` shows by the filter of
 * views/triage/triage.c. */
static void add_patching(struct load *load, void *arg)
{
    struct triage *triage = arg;
    const struct patching *sum = &triage->patching;
    const struct {
        const char *subject, *what;
        int64_t n;
    } rows[] = {
        {"critical", "critical patches are missing", sum->critical},
        {"failed", "the last installation of patches has failed", sum->failed},
        {"pending_reboot", "patches wait for a reboot", sum->pending_reboot},
        {"never_reported", "no patch operation has ever reported", sum->never_reported},
        {"offline", "the agent does not report", sum->offline},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(buf_done) struct buf what = BUF_NONE;
        char rank[8];
        if (rows[i].n == 0)
            continue;
        snprintf(rank, sizeof rank, "%zu", i);
        buf_addf(&what, "%s: %lld of %lld nodes", rows[i].what, (long long)rows[i].n,
                 (long long)sum->nodes);
        table_set_number(load_table(load), COUNT, rows[i].n);
        add_row(load, triage,
                &(struct row){PATCH, NULL, sv_of(rows[i].subject), rank, buf_sv(&what), 0});
    }
}

/* --- changes --------------------------------------------------------------------------------- */

/* Where an event stands among the newest; CHANGES_SHOWN when it is too old. */
static size_t place_of(const struct triage *triage, const struct change_event *event)
{
    size_t at = triage->n_recent;
    while (at > 0 && triage->recent[at - 1].at_ms < event->at_ms)
        at--;
    return at;
}

static void change_text(const struct change_event *event, struct buf *what)
{
    buf_add(what, event->actor);
    buf_add_cstr(what, ": ");
    buf_add(what, event->action);
    if (event->subject.len > 0)
        buf_addf(what, " " SV_FMT, SV_ARG(event->subject));
}

static void take_change(struct load *load, const struct change_event *event, void *arg)
{
    (void)load;
    struct triage *triage = arg;
    AUTO(buf_done) struct buf what = BUF_NONE;
    char time[48];
    snprintf(time, sizeof time, "change %lld", (long long)event->at_ms);
    if (!first_time(triage, event->id, time))
        return; /* as above */
    size_t at = place_of(triage, event);
    triage->n_changes++;
    if (at == CHANGES_SHOWN)
        return;
    if (triage->n_recent == CHANGES_SHOWN)
        recent_done(&triage->recent[--triage->n_recent]);
    memmove(&triage->recent[at + 1], &triage->recent[at],
            (triage->n_recent - at) * sizeof triage->recent[0]);
    triage->n_recent++;
    change_text(event, &what);
    triage->recent[at] = (struct recent){*event->target, event->at_ms, sv_dup(event->id),
                                         sv_dup(event->actor), sv_dup(buf_sv(&what))};
}

static void changes_end(struct load *load, const struct aws_target *target, bool more,
                        int64_t oldest_ms, void *arg)
{
    (void)load, (void)target, (void)oldest_ms;
    struct triage *triage = arg;
    triage->changes_cut |= more;
}

static void add_recent(struct load *load, struct triage *triage, const struct recent *recent)
{
    struct table *table = load_table(load);
    char rank[64];
    snprintf(rank, sizeof rank, "%013lld %.40s", 9999999999999LL - (long long)recent->at_ms,
             recent->id);
    table_set_number(table, AGE, age_of(recent->at_ms));
    table_set_text(table, ACTOR, sv_of(recent->actor));
    add_row(load, triage,
            &(struct row){CHANGE, &recent->target, sv_of(recent->id), rank, sv_of(recent->what),
                          recent->at_ms});
}

static void add_changes(struct load *load, void *arg)
{
    struct triage *triage = arg;
    AUTO(buf_done) struct buf what = BUF_NONE;
    for (size_t i = 0; i < triage->n_recent; i++)
        add_recent(load, triage, &triage->recent[i]);
    int64_t left_off = triage->n_changes - (int64_t)triage->n_recent;
    if (left_off == 0 && !triage->changes_cut)
        return;
    buf_addf(&what, "%lld older changes of the last day%s", (long long)left_off,
             triage->changes_cut ? ", and more that CloudTrail was not asked for" : "");
    table_set_number(load_table(load), COUNT, left_off);
    add_row(load, triage,
            &(struct row){CHANGE, NULL, SV("older"), "9", buf_sv(&what), NOTHING_NEW_MS});
}

/* --- recorders ------------------------------------------------------------------------------- */

static void recorder_page(struct load *load, struct aws_page *page, void *arg)
{
    enum recorder_state state = recorder_state_in(page->body);
    const struct aws_target *target = &page->request->target;
    char rank[64], what[64];
    if (state == RECORDER_ON)
        return;
    snprintf(rank, sizeof rank, "%d %s %s", RECORDER_MISSING - (int)state, target->account_id,
             target->region);
    snprintf(what, sizeof what, "AWS Config recorder: %s", recorder_state_name(state));
    add_row(load, arg, &(struct row){RECORDER, target, SV_NONE, rank, sv_of(what), 0});
}

/* --- aggregators ----------------------------------------------------------------------------- */

static void take_source(struct load *load, const struct aggregator_source *source, void *arg)
{
    struct err err = aggregator_source_err(source);
    AUTO(buf_done) struct buf what = BUF_NONE;
    if (err.code == OK || !load_selects(load, &source->target))
        return;
    buf_addf(&what, "%s: %s", source->aggregator, err.message);
    if (source->updated_at_ms > 0)
        table_set_number(load_table(load), AGE, age_of(source->updated_at_ms));
    add_row(load, arg,
            &(struct row){AGGREGATOR, &source->target, sv_of(source->aggregator),
                          source->target.account_id, buf_sv(&what), 0});
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

static void add_blind_spot(struct load *load, struct triage *triage, const struct blind_spot *spot)
{
    AUTO(buf_done) struct buf what = BUF_NONE;
    struct aws_target target = spot->first->target;
    buf_addf(&what, "%s: %s", err_text(spot->first->err.code), spot->first->operation);
    if (spot->n > 1) {
        buf_addf(&what, " and %zu more", spot->n - 1);
        target.region[0] = '\0';
    }
    table_set_number(load_table(load), COUNT, (int64_t)spot->n);
    add_row(load, triage,
            &(struct row){COVERAGE, &target, sv_of(err_name(spot->first->err.code)),
                          target.account_id, buf_sv(&what), 0});
}

static void add_blind_spots(struct load *load, void *arg)
{
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
        add_blind_spot(load, arg, value.ptr);
    map_done(&spots);
}

/* --- the last look --------------------------------------------------------------------------- */

/* What was shown in full is what somebody has seen. */
static void keep_look(struct load *load, void *arg)
{
    struct triage *triage = arg;
    if (!load_is_partial(load) && load_is_whole(load))
        gov_keep_look(load_gov(load), &triage->now);
}

/* --- together -------------------------------------------------------------------------------- */

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    struct triage *triage = arg;
    triage->targets++;
    const struct change_reader changes = {take_change, changes_end, triage};
    items_read(load, account, target, ITEMS_TRIAGE, take_item, triage);
    load_read(load, OP_config_DescribeComplianceByConfigRule, target, config_rule_only_failing(),
              compliance_page, compliance_end, triage);
    load_read(load, OP_config_DescribeConfigurationRecorderStatus, target, NULL, recorder_page,
              NULL, triage);
    nodes_read(load, target, take_node, NULL, triage);
    changes_read(load, target, &triage->own, &changes);
}

static void load_triage(struct load *load)
{
    struct triage *triage = load_alloc(load, sizeof *triage);
    load_at_free(load, triage_done, triage);
    triage->before = gov_look(load_gov(load));
    triage->waivers = item_waivers_read(load);
    triage->alerts = alerts_begin(load);
    changes_own_read(load, &triage->own, &(struct change_reader){take_change, NULL, triage});
    load_sum(load, add_decisions, triage);
    load_sum(load, add_drift, triage);
    load_sum(load, add_all_failing, triage);
    load_sum(load, add_patching, triage);
    load_sum(load, add_changes, triage);
    load_sum(load, add_blind_spots, triage);
    load_sum(load, keep_look, triage);
    load_each(load, read_target, triage);
    aggregators_read(load, &(struct aggregator_reader){
                               .on_source = take_source, .on_end = aggregators_end, .arg = triage});
}

const struct screen screen_triage = {
    .name = "triage",
    .title = "Triage",
    .help = "what needs me now: decisions, failing rules, patches, changes, blind spots",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = ORDER},
    .args = "",
    .regional = true,
    .load = load_triage,
};
