/*
 * load_queue: the reads of a load. They wait in a queue for each account; the accounts that have
 * something to send stand in a ring and take turns.
 */
#include "core/base/clock.h"
#include "core/gov/load/load_internal.h"

/* Of the requests in flight, how many one account may have: one in so many. */
#define ACCOUNT_SHARE 8

static void read_free(struct read *read)
{
    json_free(read->request.params);
    mem_free(read);
}

/* request: with the params, which the client has had since the read was sent. */
static void read_end(struct read *read, const struct aws_request *request, const struct err *err)
{
    struct load *load = read->load;
    if (err->code != OK && !read->is_probe)
        ledger_fail(load, read->pair, read->request.op, err, read->lenient);
    if (err->code == OK)
        load->now.coverage.ops[read->request.op].answered++;
    if (!read->is_replayed)
        answers_end(read, err);
    size_t first = rows_begin(load);
    if (read->on_end)
        read->on_end(load, request, err, read->arg);
    if (read->answer)
        rows_end(load, read->pair, first);
    table_publish(load->written);
    sums_touch(load);
    load->now.calls_done++;
    read->pair->reads_open--;
    ledger_settle(load, read->pair);
    read_free(read);
    load_release(load);
    load_show(load);
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
    coverage_seen(&read->load->now.coverage, read->request.op, page->received_at_ms);
    if (!read->is_replayed)
        answers_page(read, page);
    size_t first = rows_begin(read->load);
    if (read->on_page)
        read->on_page(read->load, page, read->arg);
    if (read->answer)
        rows_end(read->load, read->pair, first);
    table_publish(read->load->written);
    sums_touch(read->load);
    load_show(read->load);
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
    queue_send(load);
    load_release(load);
}

static void on_secret(void *arg, struct sv body, const struct err *err)
{
    struct read *read = arg;
    const struct aws_outcome outcome = {.err = *err};
    if (err->code == OK) {
        coverage_seen(&read->load->now.coverage, read->request.op, clock_wall_ms());
        read->on_secret(read->load, body, read->arg);
    }
    on_done(read, &read->request, &outcome);
}

static void on_drop(void *arg)
{
    read_free(arg);
}

static void replay(struct read *read)
{
    struct err err = answers_replay(read, on_page);
    read_end(read, &read->request, &err);
}

static void send_one(struct load *load, struct read *read)
{
    struct aws_request request = read->request;
    read->request.params = NULL; /* the client's now */
    load->in_flight++;
    read->pair->party->in_flight++;
    if (read->on_secret)
        load->gov->read_secret(load->gov->client, load->calls_scope, &request, on_secret, on_drop,
                               read);
    else
        load->gov->read(load->gov->client, load->calls_scope, &request, on_page, on_done, on_drop,
                        read);
}

void queue_send(struct load *load)
{
    if (load->sending)
        return;
    load->sending = true;
    while (load->ring_first && load->in_flight < (size_t)load->gov->settings.concurrency) {
        struct party *party = ring_take(load);
        if (party->in_flight >= account_limit(load) && !party->shut)
            continue; /* comes back when one of its reads has ended */
        struct read *read = queue_take(party);
        if (read->is_replayed)
            replay(read);
        else if (party->shut)
            read_end(read, &read->request, &party->why);
        else
            send_one(load, read);
        ring_add(load, party);
    }
    load->sending = false;
}

static struct read *add_read(struct load *load, enum aws_op_id op, const struct aws_target *target,
                             cJSON *take_params, load_page_fn *page_fn, load_end_fn *end_fn,
                             void *arg, bool lenient)
{
    struct read *read = mem_new(struct read);
    *read = (struct read){.load = load, .on_page = page_fn, .on_end = end_fn, .arg = arg};
    read->request = (struct aws_request){.op = op, .target = *target, .params = take_params};
    read->lenient = lenient;
    read->pair = lenient ? ledger_pair(load, target) : ledger_ask(load, target);
    read->pair->reads_open++;
    read->is_replayed = answers_begin(read);
    load->open++;
    load->now.calls_known++;
    load->now.coverage.ops[op].asked++;
    struct party *party = read->pair->party;
    *(party->last ? &party->last->next : &party->first) = read;
    party->last = read;
    ring_add(load, party);
    return read;
}

void load_read(struct load *load, enum aws_op_id op, const struct aws_target *target,
               cJSON *take_params, load_page_fn *page_fn, load_end_fn *end_fn, void *arg)
{
    add_read(load, op, target, take_params, page_fn, end_fn, arg, false);
}

void load_read_some(struct load *load, enum aws_op_id op, const struct aws_target *target,
                    cJSON *take_params, size_t pages_max, load_page_fn *page_fn,
                    load_end_fn *end_fn, void *arg)
{
    struct read *read = add_read(load, op, target, take_params, page_fn, end_fn, arg, false);
    read->request.pages_max = pages_max;
}

void load_try(struct load *load, enum aws_op_id op, const struct aws_target *target,
              cJSON *take_params, load_page_fn *page_fn, load_end_fn *end_fn, void *arg)
{
    add_read(load, op, target, take_params, page_fn, end_fn, arg, true);
}

void load_try_some(struct load *load, enum aws_op_id op, const struct aws_target *target,
                   cJSON *take_params, size_t pages_max, load_page_fn *page_fn, load_end_fn *end_fn,
                   void *arg)
{
    struct read *read = add_read(load, op, target, take_params, page_fn, end_fn, arg, true);
    read->request.pages_max = pages_max;
}

void load_try_secret(struct load *load, enum aws_op_id op, const struct aws_target *target,
                     cJSON *take_params, load_secret_fn *secret_fn, load_end_fn *end_fn, void *arg)
{
    struct read *read = add_read(load, op, target, take_params, NULL, end_fn, arg, true);
    read->on_secret = secret_fn;
}

void load_probe(struct load *load, enum aws_op_id op, const struct aws_target *target,
                cJSON *take_params, load_end_fn *end_fn, void *arg)
{
    struct read *read = add_read(load, op, target, take_params, NULL, end_fn, arg, true);
    read->request.pages_max = 1;
    read->is_probe = true;
    read->answer = NULL;
    read->is_replayed = false;
}

void queue_done(struct load *load)
{
    size_t at = 0;
    struct sv key;
    union map_value value;
    while (map_next(&load->parties, &at, &key, &value)) {
        struct party *party = value.ptr;
        while (party->first)
            read_free(queue_take(party));
    }
}
