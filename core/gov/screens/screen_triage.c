/*
 * triage: what needs me now? Panels that load side by side: decisions that wait, rules that fail,
 * nodes that are not patched, who changed what, recorders that do not record, sources that an
 * aggregator has lost, accounts that cannot be seen.
 */
#include "core/gov/triage/triage.h"

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_TRIAGE_COLUMNS] = {
    [TRIAGE_NEW] = {"new", "*", COL_TEXT, COL_INTERNED | COL_WHEN_MANY, 1, 1, 0},
    [TRIAGE_SHOWN] = {"display_severity", "SEV", COL_SEVERITY, COL_INTERNED | COL_DESCENDING, 10,
                      10, 0},
    [TRIAGE_AGE] = {"age_s", "AGE", COL_DURATION, COL_DESCENDING, 3, 5, 2},
    [TRIAGE_LEFT] = {"left_s", "LEFT", COL_DURATION, COL_WHEN_MANY, 4, 5, 2},
    [TRIAGE_WHAT] = {"what", "WHAT", COL_TEXT, 0, 42, 72, 0},
    PLACE_COLUMNS(COL_KEY | COL_HIDDEN),
    [TRIAGE_COUNT] = {"count", "COUNT", COL_COUNT, COL_DESCENDING, 3, 7, 3},
    [TRIAGE_COUNT_24H] = {"count_24h", "IN 24H", COL_COUNT, COL_HIDDEN, 0, 0, 0},
    [TRIAGE_PANEL] = {"panel", "PANEL", COL_TEXT, COL_KEY | COL_INTERNED, 8, 10, 6},
    [TRIAGE_SEVERITY] = {"severity", "SEVERITY", COL_SEVERITY, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [TRIAGE_KIND] = {"kind", "KIND", COL_IDENTITY, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [TRIAGE_RESOURCE] = {"resource", "RESOURCE", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [TRIAGE_GROUP_ID] = {"group_id", "GROUP ID", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [TRIAGE_RULE_ID] = {"security_group_rule_id", "RULE ID", COL_IDENTITY, COL_KEY | COL_HIDDEN, 0,
                        0, 0},
    [TRIAGE_SUBJECT] = {"subject", "SUBJECT", COL_TEXT, COL_KEY | COL_HIDDEN, 0, 0, 0},
    [TRIAGE_KEY] = {"key", "KEY", COL_IDENTITY, COL_KEY | COL_HIDDEN, 0, 0, 0},
    [TRIAGE_ACTOR] = {"actor", "ACTOR", COL_TEXT, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [TRIAGE_ORDER] = {"order", "ORDER", COL_IDENTITY, COL_PRIVATE, 0, 0, 0},
};

static void triage_done(void *arg)
{
    struct triage *triage = arg;
    triage_changes_done(triage);
    look_done(&triage->now);
    item_queue_done(&triage->queue);
    map_done(&triage->rules);
    keyset_done(&triage->counted);
}

/* What was shown in full is what somebody has seen. */
static void keep_look(struct load *load, void *arg)
{
    struct triage *triage = arg;
    if (!load_is_partial(load) && load_is_whole(load))
        gov_keep_look(load_gov(load), &triage->now);
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    struct triage *triage = arg;
    triage_read_items(load, account, target, triage);
    triage_read_compliance(load, target, triage);
    triage_read_recorder(load, target, triage);
    triage_read_nodes(load, target, triage);
    triage_read_changes(load, target, triage);
}

static void load_triage(struct load *load)
{
    static void (*const sums[])(struct load * load, void *arg) = {
        triage_add_decisions, triage_add_drift,       triage_add_failing, triage_add_patching,
        triage_add_changes,   triage_add_blind_spots, keep_look,
    };
    struct triage *triage = load_alloc(load, sizeof *triage);
    load_at_free(load, triage_done, triage);
    triage->before = gov_look(load_gov(load));
    triage->waivers = item_waivers_read(load);
    triage->alerts = alerts_begin(load);
    triage_read_own_changes(load, triage);
    for (size_t i = 0; i < ARRAY_LEN(sums); i++)
        load_sum(load, sums[i], triage);
    load_each(load, read_target, triage);
    triage_read_aggregators(load, triage);
}

const struct screen screen_triage = {
    .name = "triage",
    .title = "Triage",
    .help = "what needs me now: decisions, failing rules, patches, changes, blind spots",
    .columns = columns,
    .n_columns = N_TRIAGE_COLUMNS,
    .order = {.column = TRIAGE_ORDER},
    .args = "",
    .regional = true,
    .load = load_triage,
};
