/*
 * decisions: what waits for a person, each thing a row; and how many of them are drift.
 */
#include "core/gov/triage/triage.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/gov/change_event.h"

/* --- decisions ------------------------------------------------------------------------------- */

#define NO_DEADLINE 9999999999999LL /* sorts behind all that is known */

/* An item is as old as the first look that showed it, should nobody know an age, or a younger one:
 * something else of its resource has changed since. Returns its deadline: unlike what is left, it
 * stays the same while others are told. */
static int64_t set_times(struct load *load, const struct triage *triage,
                         const struct triage_row *row, const struct item *item)
{
    AUTO(buf_done) struct buf name = BUF_NONE;
    struct item seen = *item;
    int64_t age_ms, left_ms, now_ms = clock_display_ms();
    triage_name_row(row, &name);
    int64_t first_seen_ms = look_first_seen_ms(triage->before, buf_sv(&name));
    if (first_seen_ms > 0 && (seen.since_ms == 0 || first_seen_ms < seen.since_ms))
        seen.since_ms = first_seen_ms;
    if (item_age(&seen, now_ms, &age_ms))
        table_set_number(load_table(load), TRIAGE_AGE, age_ms);
    if (!item_left(&seen, load_settings(load), now_ms, &left_ms))
        return NO_DEADLINE;
    table_set_number(load_table(load), TRIAGE_LEFT, left_ms);
    return now_ms + left_ms;
}

static void set_item(struct table *table, const struct item *item)
{
    table_set_text(table, TRIAGE_SHOWN, sv_of(severity_name(item->shown)));
    table_set_text(table, TRIAGE_SEVERITY, sv_of(severity_name(item->severity)));
    table_set_text(table, TRIAGE_KIND, sv_of(item->kind));
    table_set_text(table, TRIAGE_RESOURCE, sv_of(item->resource));
    table_set_text(table, TRIAGE_KEY, sv_of(item->key));
    if (item->subject && item->subject[0])
        table_set_text(table, TRIAGE_SUBJECT, sv_of(item->subject));
    if (strcmp(item->kind, "sg-policy") == 0) {
        table_set_text(table, TRIAGE_GROUP_ID, sv_of(item->resource));
        table_set_text(table, TRIAGE_RULE_ID, sv_of(item->subject));
    }
}

/* Who must decide is a matter of the unadjusted severity; where it stands, of the shown one. */
static void add_decision(struct load *load, const struct item *item, void *arg)
{
    struct triage *triage = arg;
    char rank[160];
    bool is_part = item->subject && item->subject[0];
    struct triage_row row = {.panel = PANEL_DECISION,
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
    triage_add_row(load, triage, &row);
}

void triage_add_decisions(struct load *load, void *arg)
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

void triage_read_items(struct load *load, const struct account *account,
                       const struct aws_target *target, struct triage *triage)
{
    items_read(load, account, target, ITEMS_TRIAGE, take_item, triage);
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
    if (item->since_ms > 0 && triage_age(item->since_ms) <= FRESH_MS)
        map_put(&count->fresh, buf_sv(&place), NULL);
}

void triage_add_drift(struct load *load, void *arg)
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
        table_set_number(load_table(load), TRIAGE_COUNT, (int64_t)n);
        table_set_number(load_table(load), TRIAGE_COUNT_24H, (int64_t)fresh);
        triage_add_row(load, triage,
                       &(struct triage_row){PANEL_DRIFT, NULL, sv_of(drifting[i].subject), rank,
                                            buf_sv(&what), 0});
    }
}
