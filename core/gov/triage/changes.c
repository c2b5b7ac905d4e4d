/* changes: who changed what: the newest, and how many there are besides. */
#include "core/gov/triage/triage.h"

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"

#define NOTHING_NEW_MS 1 /* long before any look */

static void recent_done(struct triage_recent *recent)
{
    mem_free(recent->id);
    mem_free(recent->actor);
    mem_free(recent->what);
}

void triage_changes_done(struct triage *triage)
{
    for (size_t i = 0; i < triage->n_recent; i++)
        recent_done(&triage->recent[i]);
    map_done(&triage->own);
}

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
    if (!triage_first_time(triage, event->id, time))
        return; /* a target is read again when something of it was missing */
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
    triage->recent[at] = (struct triage_recent){*event->target, event->at_ms, sv_dup(event->id),
                                                sv_dup(event->actor), sv_dup(buf_sv(&what))};
}

static void take_end(struct load *load, const struct aws_target *target, bool more,
                     int64_t oldest_ms, void *arg)
{
    (void)load, (void)target, (void)oldest_ms;
    struct triage *triage = arg;
    triage->changes_cut |= more;
}

void triage_read_changes(struct load *load, const struct aws_target *target, struct triage *triage)
{
    const struct change_reader reader = {take_change, take_end, triage};
    changes_read(load, target, &triage->own, &reader);
}

void triage_read_own_changes(struct load *load, struct triage *triage)
{
    const struct change_reader reader = {take_change, NULL, triage};
    changes_own_read(load, &triage->own, &reader);
}

static void add_recent(struct load *load, struct triage *triage, const struct triage_recent *recent)
{
    struct table *table = load_table(load);
    char rank[64];
    snprintf(rank, sizeof rank, "%013lld %.40s", 9999999999999LL - (long long)recent->at_ms,
             recent->id);
    table_set_number(table, TRIAGE_AGE, triage_age(recent->at_ms));
    table_set_text(table, TRIAGE_ACTOR, sv_of(recent->actor));
    triage_add_row(load, triage,
                   &(struct triage_row){PANEL_CHANGE, &recent->target, sv_of(recent->id), rank,
                                        sv_of(recent->what), recent->at_ms});
}

void triage_add_changes(struct load *load, void *arg)
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
    table_set_number(load_table(load), TRIAGE_COUNT, left_off);
    triage_add_row(
        load, triage,
        &(struct triage_row){PANEL_CHANGE, NULL, SV("older"), "9", buf_sv(&what), NOTHING_NEW_MS});
}
