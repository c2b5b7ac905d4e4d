/*
 * load: the engine under every list.
 *
 * A load has two halves that never touch each other's fields: what RUN_WORKER works on, and what
 * RUN_UI shows, which is replaced by a snapshot at most every SHOW_EVERY_MS. Reads wait in a queue
 * for each account; the accounts that have something to send stand in a ring and take turns.
 */
#include "core/gov/load.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/map.h"
#include "core/gov/gov_internal.h"

#define SHOW_EVERY_MS 50
/* Of the requests in flight, how many one account may have: one in so many. */
#define ACCOUNT_SHARE 8

struct read {
    struct load *load;
    struct aws_request request;
    struct pair *pair;
    bool lenient; /* a failure is no gap */
    load_page_fn *on_page;
    load_end_fn *on_end;
    void *arg;
    struct read *next;
};

/* What is known of an account while it is being read. */
struct party {
    char account_id[AWS_ACCOUNT_SIZE];
    const char *name;
    size_t in_flight;
    size_t pairs_open; /* asked, not ended */
    bool asked;
    bool lacking; /* something of it is missing */
    bool shut;    /* its role cannot be entered */
    bool in_ring;
    struct err why; /* shut */
    struct read *first, *last;
    struct party *next_in_ring;
};

/* An account x region that is read from. */
struct pair {
    struct aws_target target;
    struct party *party;
    size_t reads_open;
    bool asked, ended, lacking;
};

/* What a loader wants done when the load is freed, and when nothing is left to read. */
struct owned {
    void (*done)(void *arg);
    void *arg;
};

struct closing {
    void (*fn)(struct load *load, void *arg);
    void *arg;
};

/* What crosses to RUN_UI. */
struct snapshot {
    struct task task;
    struct load *load;
    struct load_view view;
};

struct load {
    struct gov *gov;
    const struct screen *screen;
    struct selection selection;
    char **args;
    size_t n_args;
    bool refresh_estate;
    struct scope *scope;       /* of all tasks */
    struct scope *calls_scope; /* below it: of the requests, closed by load_cancel */

    /* RUN_UI */
    void (*on_change)(void *arg);
    void *on_change_arg;
    struct load_view shown;

    /* RUN_WORKER */
    struct load_view now; /* its table is the one that rows are written to */
    struct estate *estate;
    struct map pairs, parties; /* by "account region" and by account */
    struct party *ring_first, *ring_last;
    size_t in_flight;
    size_t open; /* reads that have not ended, and callbacks that may make more */
    bool sending, show_scheduled;
    int64_t shown_at_ms;
    struct arena arena;
    VEC(struct owned) owned;
    VEC(struct closing) closings;
};

/* --- showing --------------------------------------------------------------------------------- */

void load_view_done(struct load_view *view)
{
    table_unref(view->table);
    coverage_done(&view->coverage);
    *view = (struct load_view){0};
}

static void view_copy(struct load_view *to, const struct load_view *from)
{
    *to = *from;
    table_ref(to->table);
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

static void show_soon(struct load *load)
{
    if (load->show_scheduled)
        return;
    load->show_scheduled = true;
    int64_t wait_ms = load->shown_at_ms + SHOW_EVERY_MS - clock_mono_ms();
    run_after(RUN_WORKER, wait_ms > 0 ? wait_ms : 0, load->scope, show_now, NULL, load);
}

/* --- coverage -------------------------------------------------------------------------------- */

static void *map_find(const struct map *map, struct sv key)
{
    union map_value *value = map_get(map, key);
    return value ? value->ptr : NULL;
}

static struct party *party_of(struct load *load, const struct aws_target *target)
{
    struct sv id = sv_of(target->account_id);
    struct party *party = map_find(&load->parties, id);
    if (party)
        return party;
    party = arena_alloc(&load->arena, sizeof *party);
    const struct account *account = load->estate ? estate_account(load->estate, id) : NULL;
    sv_copy(id, party->account_id, sizeof party->account_id);
    party->name = account ? account->name : "";
    map_put(&load->parties, id, NULL)->ptr = party;
    return party;
}

static struct pair *pair_of(struct load *load, const struct aws_target *target)
{
    char key[AWS_ACCOUNT_SIZE + AWS_REGION_SIZE];
    snprintf(key, sizeof key, "%s %s", target->account_id, target->region);
    struct pair *pair = map_find(&load->pairs, sv_of(key));
    if (pair)
        return pair;
    pair = arena_alloc(&load->arena, sizeof *pair);
    *pair = (struct pair){.target = *target, .party = party_of(load, target)};
    map_put(&load->pairs, sv_of(key), NULL)->ptr = pair;
    return pair;
}

/* Whether it counts as answered. */
static bool is_whole(const struct party *party)
{
    return party->asked && party->pairs_open == 0 && !party->lacking;
}

/* Counts the pair as asked, and its account with the first of its pairs. */
static struct pair *ask(struct load *load, const struct aws_target *target)
{
    struct pair *pair = pair_of(load, target);
    struct coverage *coverage = &load->now.coverage;
    if (pair->asked)
        return pair;
    coverage->accounts_answered -= is_whole(pair->party);
    pair->asked = true;
    pair->party->pairs_open++;
    coverage->asked++;
    coverage->accounts_asked += !pair->party->asked;
    pair->party->asked = true;
    return pair;
}

static void pair_end(struct load *load, struct pair *pair)
{
    struct coverage *coverage = &load->now.coverage;
    if (!pair->asked || pair->ended || pair->reads_open > 0)
        return;
    pair->ended = true;
    coverage->answered += !pair->lacking;
    pair->party->pairs_open--;
    coverage->accounts_answered += is_whole(pair->party);
}

/* What lacks something has not answered in full, even when that shows late. */
static void mark_lacking(struct load *load, struct pair *pair)
{
    struct coverage *coverage = &load->now.coverage;
    coverage->answered -= pair->ended && !pair->lacking;
    coverage->accounts_answered -= is_whole(pair->party);
    pair->lacking = pair->party->lacking = true;
}

static void add_gap(struct load *load, struct pair *pair, const char *region, const char *operation,
                    const struct err *err)
{
    struct gap gap = {.target = pair->target, .err = *err};
    str_copy(gap.target.region, region);
    str_copy(gap.account_name, pair->party->name);
    str_copy(gap.operation, operation);
    coverage_add_gap(&load->now.coverage, &gap);
    load->now.coverage.accounts_lacking[gap_reason(err->code)] += !pair->party->lacking;
    mark_lacking(load, pair);
}

bool load_is_entry_failure(const struct err *err)
{
    return err->code != OK && strcmp(err->where, "sts:AssumeRole") == 0;
}

/* The first read that cannot enter the account speaks for all others there. */
static void note_failure(struct load *load, const struct read *read, const struct err *err)
{
    struct pair *pair = read->pair;
    const struct aws_op *op = aws_op(read->request.op);
    char operation[64];
    snprintf(operation, sizeof operation, "%s:%s", op->service->id, op->name);
    if (!load_is_entry_failure(err)) {
        if (!read->lenient)
            add_gap(load, pair, pair->target.region, operation, err);
    } else if (!pair->party->shut) {
        pair->party->shut = true;
        pair->party->why = *err;
        add_gap(load, pair, "", err->where, err);
    } else {
        mark_lacking(load, pair);
    }
}

/* --- ending ---------------------------------------------------------------------------------- */

static void read_free(struct read *read)
{
    json_free(read->request.params);
    mem_free(read);
}

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

static void send_waiting(struct load *load);

/* The closing words, which may open the load again. */
static void say_closings(struct load *load)
{
    load->open++;
    for (size_t i = 0; i < load->closings.len; i++)
        load->closings.ptr[i].fn(load, load->closings.ptr[i].arg);
    vec_clear(&load->closings);
    send_waiting(load);
    load->open--;
}

/* The load is over with the last of what keeps it open. */
static void close_one(struct load *load)
{
    if (--load->open == 0)
        say_closings(load);
    if (load->open > 0)
        return;
    load->now.phase = LOAD_DONE;
    load->now.coverage.complete = true;
    load->now.ended_at_ms = clock_wall_ms();
    table_publish(load->now.table);
    if (!load->screen->local)
        remember_coverage(load);
    show_soon(load);
}

/* request: with the params, which the client has had since the read was sent. */
static void read_end(struct read *read, const struct aws_request *request, const struct err *err)
{
    struct load *load = read->load;
    if (err->code != OK)
        note_failure(load, read, err);
    if (read->on_end)
        read->on_end(load, request, err, read->arg);
    table_publish(load->now.table);
    load->now.calls_done++;
    read->pair->reads_open--;
    pair_end(load, read->pair);
    read_free(read);
    close_one(load);
    show_soon(load);
}

/* --- sending --------------------------------------------------------------------------------- */

static void ring_add(struct load *load, struct party *party)
{
    if (party->in_ring || !party->first)
        return;
    party->in_ring = true;
    party->next_in_ring = NULL;
    *(load->ring_last ? &load->ring_last->next_in_ring : &load->ring_first) = party;
    load->ring_last = party;
}

static struct party *ring_take(struct load *load)
{
    struct party *party = load->ring_first;
    load->ring_first = party->next_in_ring;
    if (!load->ring_first)
        load->ring_last = NULL;
    party->in_ring = false;
    return party;
}

static struct read *queue_take(struct party *party)
{
    struct read *read = party->first;
    party->first = read->next;
    if (!party->first)
        party->last = NULL;
    return read;
}

static size_t account_limit(const struct load *load)
{
    size_t share = (size_t)load->gov->settings.concurrency / ACCOUNT_SHARE;
    return share > 0 ? share : 1;
}

static void on_page(void *arg, struct aws_page *page)
{
    struct read *read = arg;
    coverage_seen(&read->load->now.coverage, page->received_at_ms);
    if (read->on_page)
        read->on_page(read->load, page, read->arg);
    table_publish(read->load->now.table);
    show_soon(read->load);
}

static void on_done(void *arg, const struct aws_request *request, const struct aws_outcome *outcome)
{
    struct read *read = arg;
    struct load *load = read->load;
    load->in_flight--;
    read->pair->party->in_flight--;
    ring_add(load, read->pair->party);
    load->open++; /* not over before what waits has been looked at */
    read_end(read, request, &outcome->err);
    send_waiting(load);
    close_one(load);
}

static void on_drop(void *arg)
{
    read_free(arg);
}

static void send_one(struct load *load, struct read *read)
{
    struct aws_request request = read->request;
    read->request.params = NULL; /* the client's now */
    load->in_flight++;
    read->pair->party->in_flight++;
    load->gov->read(load->gov->client, load->calls_scope, &request, on_page, on_done, on_drop,
                    read);
}

/* One read of each account in turn, until enough are in flight. Ends of reads may add others: those
 * join the queue, not the stack. */
static void send_waiting(struct load *load)
{
    if (load->sending)
        return;
    load->sending = true;
    while (load->ring_first && load->in_flight < (size_t)load->gov->settings.concurrency) {
        struct party *party = ring_take(load);
        if (party->in_flight >= account_limit(load) && !party->shut)
            continue; /* comes back when one of its reads has ended */
        struct read *read = queue_take(party);
        if (party->shut)
            read_end(read, &read->request, &party->why);
        else
            send_one(load, read);
        ring_add(load, party);
    }
    load->sending = false;
}

static void add_read(struct load *load, enum aws_op_id op, const struct aws_target *target,
                     cJSON *take_params, load_page_fn *page_fn, load_end_fn *end_fn, void *arg,
                     bool lenient)
{
    struct read *read = mem_new(struct read);
    *read = (struct read){.load = load, .on_page = page_fn, .on_end = end_fn, .arg = arg};
    read->request = (struct aws_request){.op = op, .target = *target, .params = take_params};
    read->lenient = lenient;
    read->pair = lenient ? pair_of(load, target) : ask(load, target);
    read->pair->reads_open++;
    load->open++;
    load->now.calls_known++;
    struct party *party = read->pair->party;
    *(party->last ? &party->last->next : &party->first) = read;
    party->last = read;
    ring_add(load, party);
}

void load_read(struct load *load, enum aws_op_id op, const struct aws_target *target,
               cJSON *take_params, load_page_fn *page_fn, load_end_fn *end_fn, void *arg)
{
    add_read(load, op, target, take_params, page_fn, end_fn, arg, false);
}

void load_try(struct load *load, enum aws_op_id op, const struct aws_target *target,
              cJSON *take_params, load_page_fn *page_fn, load_end_fn *end_fn, void *arg)
{
    add_read(load, op, target, take_params, page_fn, end_fn, arg, true);
}

void load_gap(struct load *load, const struct aws_target *target, const char *operation,
              const struct err *err)
{
    struct pair *pair = ask(load, target);
    if (load_is_entry_failure(err))
        mark_lacking(load, pair); /* told already, once for the account */
    else
        add_gap(load, pair, target->region, operation, err);
    pair_end(load, pair);
}

void load_fail(struct load *load, const struct err *err)
{
    load->now.err = *err;
}

/* --- which accounts and regions -------------------------------------------------------------- */

static bool selects_account(const struct load *load, const struct account *account)
{
    struct sv patterns = sv_of(load->selection.accounts);
    return patterns.len == 0 || account_matches(account, patterns);
}

static bool selects_region(const struct load *load, const char *region)
{
    struct sv patterns = sv_of(load->selection.regions);
    return patterns.len == 0 || patterns_match(patterns, sv_of(region));
}

bool load_selects(const struct load *load, const struct aws_target *target)
{
    const struct account *account = estate_account(load->estate, sv_of(target->account_id));
    return account && selects_account(load, account) &&
           (target->region[0] == '\0' || selects_region(load, target->region));
}

struct aws_target load_home(const struct load *load)
{
    struct aws_target home = {0};
    str_copy(home.account_id, load->estate->caller_account);
    str_copy(home.region, client_region(load->gov->client));
    return home;
}

static void each_region(struct load *load, const struct account *account, load_target_fn *fn,
                        void *arg)
{
    struct aws_target target = load_home(load);
    str_copy(target.account_id, account->id);
    for (size_t i = 0; i < load->estate->regions.len; i++) {
        if (load->screen->regional && !selects_region(load, load->estate->regions.ptr[i]))
            continue;
        if (load->screen->regional)
            str_copy(target.region, load->estate->regions.ptr[i]);
        struct pair *pair = ask(load, &target);
        pair->reads_open++; /* fn may find nothing to read: that is an answer too */
        fn(load, account, &target, arg);
        pair->reads_open--;
        pair_end(load, pair);
        if (!load->screen->regional)
            return;
    }
}

void load_each(struct load *load, load_target_fn *fn, void *arg)
{
    for (size_t i = 0; i < load->estate->accounts.len; i++) {
        const struct account *account = &load->estate->accounts.ptr[i];
        if (account_is_active(account) && selects_account(load, account))
            each_region(load, account, fn, arg);
    }
}

void load_ask(struct load *load, const struct aws_target *target)
{
    pair_end(load, ask(load, target));
}

/* Each pattern that a person gave must mean something. */
static enum err_code check_accounts(struct load *load, struct err *err)
{
    struct sv rest = sv_of(load->selection.accounts), pattern;
    while (pattern_next(&rest, &pattern)) {
        bool found = false;
        for (size_t i = 0; i < load->estate->accounts.len; i++)
            found |= account_matches(&load->estate->accounts.ptr[i], pattern);
        if (!found)
            return err_set(err, ERR_USAGE, "--account", "no account matches '" SV_FMT "'",
                           SV_ARG(pattern));
    }
    return OK;
}

static enum err_code check_regions(struct load *load, struct err *err)
{
    struct sv rest = sv_of(load->selection.regions), pattern;
    while (pattern_next(&rest, &pattern)) {
        bool found = false;
        for (size_t i = 0; i < load->estate->regions.len; i++)
            found |= pattern_match(pattern, sv_of(load->estate->regions.ptr[i]));
        if (!found)
            return err_set(err, ERR_USAGE, "--region", "no region matches '" SV_FMT "'",
                           SV_ARG(pattern));
    }
    return OK;
}

/* --- from open to close ---------------------------------------------------------------------- */

static void load_free(void *arg)
{
    struct load *load = arg;
    size_t at = 0;
    struct sv key;
    union map_value value;
    while (map_next(&load->parties, &at, &key, &value)) {
        struct party *party = value.ptr;
        while (party->first)
            read_free(queue_take(party));
    }
    for (size_t i = 0; i < load->owned.len; i++)
        load->owned.ptr[i].done(load->owned.ptr[i].arg);
    vec_free(&load->owned);
    vec_free(&load->closings);
    for (size_t i = 0; i < load->n_args; i++)
        mem_free(load->args[i]);
    mem_free(load->args);
    map_done(&load->pairs);
    map_done(&load->parties);
    arena_done(&load->arena);
    estate_unref(load->estate);
    load_view_done(&load->shown);
    load_view_done(&load->now);
    scope_unref(load->calls_scope);
    mem_free(load);
}

/* What of the organization could not be listed is missing from every list. */
static void take_estate_gaps(struct load *load)
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
    load->open++;
    load->estate = gov_estate(load->gov);
    if (!load->estate)
        load->now.err = load->gov->estate_err;
    else if (check_accounts(load, &load->now.err) == OK &&
             check_regions(load, &load->now.err) == OK) {
        load->now.err = ERR_NONE;
        take_estate_gaps(load);
        load->screen->load(load);
    }
    send_waiting(load);
    close_one(load);
    show_soon(load);
}

static void begin(void *arg)
{
    struct load *load = arg;
    if (load->screen->local) {
        load->open++;
        load->screen->load(load);
        close_one(load);
        return;
    }
    gov_want_estate(load->gov, load->refresh_estate, load->scope, begin_with_estate, NULL, load);
}

struct load *load_open(struct gov *gov, const struct screen *screen,
                       const struct selection *selection, const char *const *args, size_t n_args,
                       bool refresh_estate, void (*on_change)(void *arg), void *arg)
{
    struct load *load = mem_new(struct load);
    *load = (struct load){.gov = gov, .screen = screen, .selection = *selection};
    load->args = mem_alloc((n_args + 1) * sizeof load->args[0]);
    for (load->n_args = 0; load->n_args < n_args; load->n_args++)
        load->args[load->n_args] = mem_strdup(args[load->n_args]);
    load->refresh_estate = refresh_estate;
    load->on_change = on_change;
    load->on_change_arg = arg;
    load->now.table = table_new(screen->columns, screen->n_columns);
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
    load->now.phase = LOAD_CANCELLED;
    load->now.ended_at_ms = clock_wall_ms();
    show_soon(load);
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
    return load->now.table;
}

struct sv load_arg(const struct load *load, size_t i)
{
    return i < load->n_args ? sv_of(load->args[i]) : SV_NONE;
}

void *load_alloc(struct load *load, size_t size_bytes)
{
    return arena_alloc(&load->arena, size_bytes);
}

void load_at_free(struct load *load, void (*done)(void *arg), void *arg)
{
    vec_push(&load->owned, ((struct owned){done, arg}));
}

void load_at_end(struct load *load, void (*fn)(struct load *load, void *arg), void *arg)
{
    vec_push(&load->closings, ((struct closing){fn, arg}));
}

void load_place(struct load *load, size_t column, const struct aws_target *target)
{
    const struct account *account = estate_account(load->estate, sv_of(target->account_id));
    struct table *table = load->now.table;
    table_set_text(table, column, sv_of(target->account_id));
    if (account)
        table_set_text(table, column + 1, sv_of(account->name));
    if (target->region[0])
        table_set_text(table, column + 2, sv_of(target->region));
}

const struct coverage *load_coverage(const struct load *load)
{
    return &load->now.coverage;
}

bool load_is_reachable(const struct load *load, struct sv account_id)
{
    const struct party *party = map_find(&load->parties, account_id);
    return !party || !party->shut;
}
