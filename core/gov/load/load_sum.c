/*
 * load_sum: rows that sum up others. Rows never change, so they are told anew: a copy of the rows
 * so far is shown with the sums behind them, until the next telling.
 */
#include "core/base/clock.h"
#include "core/gov/load/load_internal.h"

#define TELL_FIRST_MS 100
#define TELL_EVERY_MS 1000
#define TELL_SHARE    50 /* of the worker's time: one part in so many at most */

void load_sum(struct load *load, load_told_fn *fn, void *arg)
{
    vec_push(&load->sums, ((struct closing){fn, arg}));
}

bool load_is_partial(const struct load *load)
{
    return load->now.phase == LOAD_RUNNING;
}

void sums_tell(struct load *load)
{
    struct table *rows = load->written;
    if (load->sums.len == 0)
        return;
    load->sums_are_due = false;
    load->written = table_new(load->screen->columns, load->screen->n_columns);
    table_add_rows(load->written, rows);
    for (size_t i = 0; i < load->sums.len; i++)
        load->sums.ptr[i].fn(load, load->sums.ptr[i].arg);
    table_publish(load->written);
    table_unref(load->now.table);
    load->now.table = load->written;
    load->written = rows;
}

static void schedule(struct load *load, int64_t wait_ms);

static int64_t longer(int64_t a_ms, int64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

static void on_timer(void *arg)
{
    struct load *load = arg;
    int64_t begun_us = clock_mono_us();
    load->sums_are_scheduled = false;
    if (!load->sums_are_due || load->now.phase != LOAD_RUNNING)
        return;
    sums_tell(load);
    load_show(load);
    schedule(load, longer(TELL_EVERY_MS, (clock_mono_us() - begun_us) * TELL_SHARE / 1000));
}

static void schedule(struct load *load, int64_t wait_ms)
{
    load->sums_are_scheduled = true;
    run_after(RUN_WORKER, wait_ms, load->scope, on_timer, NULL, load);
}

void sums_touch(struct load *load)
{
    if (load->sums.len == 0)
        return;
    load->sums_are_due = true;
    if (!load->sums_are_scheduled)
        schedule(load, TELL_FIRST_MS);
}
