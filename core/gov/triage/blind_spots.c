/*
 * blind_spots: what cannot be seen: recorders that do not record, sources that an aggregator has
 * lost, accounts that do not answer.
 */
#include "core/gov/triage/triage.h"

#include <stdio.h>

#include "core/gov/config/recorder.h"

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
    triage_add_row(load, arg,
                   &(struct triage_row){PANEL_RECORDER, target, SV_NONE, rank, sv_of(what), 0});
}

void triage_read_recorder(struct load *load, const struct aws_target *target, struct triage *triage)
{
    load_read(load, OP_config_DescribeConfigurationRecorderStatus, target, NULL, recorder_page,
              NULL, triage);
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
        table_set_number(load_table(load), TRIAGE_AGE, triage_age(source->updated_at_ms));
    triage_add_row(load, arg,
                   &(struct triage_row){PANEL_AGGREGATOR, &source->target,
                                        sv_of(source->aggregator), source->target.account_id,
                                        buf_sv(&what), 0});
}

/* That there is no aggregator is nothing that needs anybody now. */
static void aggregators_end(struct load *load, const char *first, size_t n, const struct err *err,
                            void *arg)
{
    (void)load, (void)first, (void)n, (void)err, (void)arg;
}

void triage_read_aggregators(struct load *load, struct triage *triage)
{
    const struct aggregator_reader reader = {
        .on_source = take_source, .on_end = aggregators_end, .arg = triage};
    aggregators_read(load, &reader);
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
    table_set_number(load_table(load), TRIAGE_COUNT, (int64_t)spot->n);
    triage_add_row(load, triage,
                   &(struct triage_row){PANEL_COVERAGE, &target,
                                        sv_of(err_name(spot->first->err.code)), target.account_id,
                                        buf_sv(&what), 0});
}

void triage_add_blind_spots(struct load *load, void *arg)
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
