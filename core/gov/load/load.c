/*
 * load: the life of a load, and what RUN_UI sees of it.
 *
 * A load has two halves that never touch each other's fields: what RUN_WORKER works on, and what
 * RUN_UI shows, which is replaced by a snapshot at most every SHOW_EVERY_MS.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/os.h"
#include "core/gov/load/load_internal.h"

#define SHOW_EVERY_MS 50

/* What crosses to RUN_UI. */
struct snapshot {
    struct task task;
    struct load *load;
    struct load_view view;
};

/* --- showing --------------------------------------------------------------------------------- */

void load_view_done(struct load_view *view)
{
    table_unref(view->table);
    table_unref(view->cached);
    coverage_done(&view->coverage);
    *view = (struct load_view){0};
}

static void view_copy(struct load_view *to, const struct load_view *from)
{
    *to = *from;
    table_ref(to->table);
    if (to->cached)
        table_ref(to->cached);
    coverage_copy(&to->coverage, &from->coverage);
}

static void snapshot_drop(struct task *task)
{
    struct snapshot *snapshot = (struct snapshot *)task;
    load_view_done(&snapshot->view);
    mem_free(snapshot);
}

static void snapshot_run(struct task *task)
{
    struct snapshot *snapshot = (struct snapshot *)task;
    struct load *load = snapshot->load;
    load_view_done(&load->shown);
    load->shown = snapshot->view;
    mem_free(snapshot);
    load->on_change(load->on_change_arg); /* may close the load: nothing is touched after it */
}

static void show_now(void *arg)
{
    struct load *load = arg;
    struct snapshot *snapshot = mem_new(struct snapshot);
    *snapshot = (struct snapshot){.task = {.run = snapshot_run, .drop = snapshot_drop}};
    snapshot->load = load;
    view_copy(&snapshot->view, &load->now);
    load->show_scheduled = false;
    load->shown_at_ms = clock_mono_ms();
    run_post(RUN_UI, RUN_URGENT, load->scope, &snapshot->task);
}

void load_show(struct load *load)
{
    if (load->show_scheduled)
        return;
    load->show_scheduled = true;
    int64_t wait_ms = load->shown_at_ms + SHOW_EVERY_MS - clock_mono_ms();
    run_after(RUN_WORKER, wait_ms > 0 ? wait_ms : 0, load->scope, show_now, NULL, load);
}

/* --- the end -------------------------------------------------------------------------------- */

/* The screen's last coverage is kept, whatever becomes of the load. */
static void remember_coverage(struct load *load)
{
    struct gov *gov = load->gov;
    struct gov_seen *seen = NULL;
    for (size_t i = 0; i < gov->seen.len; i++) {
        if (gov->seen.ptr[i].screen == load->screen)
            seen = &gov->seen.ptr[i];
    }
    if (!seen) {
        vec_push(&gov->seen, ((struct gov_seen){.screen = load->screen}));
        seen = &vec_last(&gov->seen);
    }
    coverage_done(&seen->coverage);
    coverage_copy(&seen->coverage, &load->now.coverage);
}

/* The closing words, which may open the load again. */
static void say_closings(struct load *load)
{
    load->open++;
    for (size_t i = 0; i < load->closings.len; i++)
        load->closings.ptr[i].fn(load, load->closings.ptr[i].arg);
    vec_clear(&load->closings);
    queue_send(load);
    load->open--;
}

void load_release(struct load *load)
{
    if (--load->open == 0)
        say_closings(load);
    if (load->open > 0)
        return;
    load->now.phase = LOAD_DONE;
    load->now.coverage.complete = true;
    load->now.ended_at_ms = clock_wall_ms();
    table_publish(load->written);
    sums_tell(load);
    if (!load->screen->local) {
        remember_coverage(load);
        cached_replace(load);
        os_trim_memory(); /* the replies are gone */
    }
    load_show(load);
    retry_tell(load);
}

void load_fail(struct load *load, const struct err *err)
{
    load->now.err = *err;
}

/* --- from open to close ---------------------------------------------------------------------- */

static void load_free(void *arg)
{
    struct load *load = arg;
    retry_done(load);
    queue_done(load);
    ledger_done(load);
    for (size_t i = 0; i < load->owned.len; i++)
        load->owned.ptr[i].done(load->owned.ptr[i].arg);
    vec_free(&load->owned);
    vec_free(&load->closings);
    vec_free(&load->sums);
    table_unref(load->written);
    for (size_t i = 0; i < load->n_args; i++)
        mem_free(load->args[i]);
    mem_free(load->args);
    map_done(&load->pairs);
    map_done(&load->parties);
    map_done(&load->saw);
    arena_done(&load->arena);
    estate_unref(load->estate);
    for (size_t i = 0; i < load->former_estates.len; i++)
        estate_unref(load->former_estates.ptr[i]);
    vec_free(&load->former_estates);
    load_view_done(&load->shown);
    load_view_done(&load->now);
    scope_unref(load->calls_scope);
    mem_free(load);
    os_trim_memory();
}

void load_take_estate_gaps(struct load *load)
{
    const struct coverage *estate = &load->estate->coverage;
    for (size_t i = 0; i < estate->gaps.len; i++) {
        coverage_add_gap(&load->now.coverage, &estate->gaps.ptr[i]);
        load->now.coverage.accounts_lacking[gap_reason(estate->gaps.ptr[i].err.code)] += i == 0;
    }
}

static void begin_with_estate(void *arg)
{
    struct load *load = arg;
    if (load->now.phase != LOAD_RUNNING)
        return;
    estate_unref(load->estate);
    load->estate = gov_estate(load->gov);
    load->last_placed = NULL;
    if (load->estate && !load->estate->tags_at_ms &&
        patterns_want_tags(sv_of(load->selection.accounts))) {
        gov_want_tags(load->gov, load->scope, begin_with_estate, NULL, load);
        return;
    }
    load->open++;
    cached_find(load);
    if (!load->estate)
        load->now.err = load->gov->estate_err;
    else if (load_check_selection(load, &load->now.err) == OK) {
        load_take_estate_gaps(load);
        load->screen->load(load);
    }
    queue_send(load);
    load_release(load);
    load_show(load);
}

static void begin(void *arg)
{
    struct load *load = arg;
    vec_push(&load->gov->loads, load);
    if (load->screen->local) {
        load->open++;
        load->screen->load(load);
        load_release(load);
        return;
    }
    cached_find(load);
    gov_want_estate(load->gov, load->flags & LOAD_ESTATE, load->scope, begin_with_estate, NULL,
                    load);
}

struct load *load_open(struct gov *gov, const struct screen *screen,
                       const struct selection *selection, const char *const *args, size_t n_args,
                       unsigned flags, void (*on_change)(void *arg), void *arg)
{
    struct load *load = mem_new(struct load);
    *load = (struct load){.gov = gov, .screen = screen, .selection = *selection};
    load->args = mem_alloc((n_args + 1) * sizeof load->args[0]);
    for (load->n_args = 0; load->n_args < n_args; load->n_args++)
        load->args[load->n_args] = mem_strdup(args[load->n_args]);
    load->flags = flags;
    load->on_change = on_change;
    load->on_change_arg = arg;
    load->written = table_new(screen->columns, screen->n_columns);
    load->now.table = table_ref(load->written);
    load->now.started_at_ms = clock_wall_ms();
    view_copy(&load->shown, &load->now);
    load->scope = scope_new(gov->scope, screen->name);
    scope_at_end(load->scope, RUN_WORKER, load_free, load);
    load->calls_scope = scope_new(load->scope, "calls");
    run_call(RUN_WORKER, RUN_URGENT, load->scope, begin, NULL, load);
    return load;
}

void load_read_view(const struct load *load, struct load_view *view)
{
    view_copy(view, &load->shown);
}

static void end_cancelled(void *arg)
{
    struct load *load = arg;
    if (load->now.phase != LOAD_RUNNING)
        return;
    sums_tell(load); /* of what has come */
    load->now.phase = LOAD_CANCELLED;
    load->now.ended_at_ms = clock_wall_ms();
    load_show(load);
}

void load_cancel(struct load *load)
{
    scope_close(load->calls_scope);
    run_call(RUN_WORKER, RUN_URGENT, load->scope, end_cancelled, NULL, load);
}

void load_close(struct load *load)
{
    if (!load)
        return;
    struct scope *scope = load->scope;
    scope_close(scope);
    scope_unref(scope);
}

/* --- for loaders ----------------------------------------------------------------------------- */

struct gov *load_gov(const struct load *load)
{
    return load->gov;
}

const struct settings *load_settings(const struct load *load)
{
    return &load->gov->settings;
}

const struct estate *load_estate(const struct load *load)
{
    return load->estate;
}

struct table *load_table(struct load *load)
{
    return load->written;
}

void load_expect(struct load *load, size_t n_rows)
{
    load->now.rows_expected = n_rows;
}

size_t load_view_resources(const struct load_view *view, char *why, size_t size)
{
    const struct coverage *coverage = &view->coverage;
    bool partial = coverage->answered < coverage->asked || coverage->gaps.len > 0;
    why[0] = '\0';
    if (view->phase != LOAD_DONE)
        snprintf(why, size, "the list was not read to its end");
    else if (partial)
        snprintf(why, size, "%zu of %zu places have answered in full", coverage->answered,
                 coverage->asked);
    else if (view->n_resources == 0)
        snprintf(why, size, "this list does not count what it was made from");
    return why[0] == '\0' ? view->n_resources : 0;
}

void load_saw(struct load *load, const struct aws_target *target, const char *what, size_t n)
{
    AUTO(buf_done) struct buf place = BUF_NONE;
    buf_addf(&place, "%s %s %s", target->account_id, target->region, what);
    union map_value *value = map_put(&load->saw, buf_sv(&place), NULL);
    load->now.n_resources += n - (size_t)value->u64;
    value->u64 = n;
}

size_t load_seen(const struct load *load, const char *what)
{
    struct sv place;
    union map_value value;
    size_t at = 0, n = 0;
    while (map_next(&load->saw, &at, &place, &value)) {
        sv_split(&place, ' ');
        sv_split(&place, ' ');
        n += sv_eq_cstr(place, what) ? (size_t)value.u64 : 0;
    }
    return n;
}

struct sv load_arg(const struct load *load, size_t i)
{
    return i < load->n_args ? sv_of(load->args[i]) : SV_NONE;
}

void *load_alloc(struct load *load, size_t size_bytes)
{
    return arena_alloc(&load->arena, size_bytes);
}

char *load_keep(struct load *load, struct sv text)
{
    return arena_strndup(&load->arena, text.ptr, text.len);
}

void load_at_free(struct load *load, void (*done)(void *arg), void *arg)
{
    vec_push(&load->owned, ((struct owned){done, arg}));
}

void load_at_end(struct load *load, load_told_fn *fn, void *arg)
{
    vec_push(&load->closings, ((struct closing){fn, arg}));
}

bool load_is_whole(const struct load *load)
{
    return load->selection.accounts[0] == '\0' && load->selection.regions[0] == '\0';
}

/* Rows of one account mostly follow each other. */
static const struct account *account_of(struct load *load, const char *account_id)
{
    const struct account *last = load->last_placed;
    if (!last || strcmp(last->id, account_id) != 0)
        load->last_placed = estate_account(load->estate, sv_of(account_id));
    return load->last_placed;
}

void load_place(struct load *load, size_t column, const struct aws_target *target)
{
    const struct account *account = account_of(load, target->account_id);
    struct table *table = load->written;
    table_set_text(table, column, sv_of(target->account_id));
    if (account)
        table_set_text(table, column + 1, sv_of(account->name));
    if (target->region[0])
        table_set_text(table, column + 2, sv_of(target->region));
}
