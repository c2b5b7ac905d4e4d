#include "core/net/http.h"

#include <assert.h>
#include <ctype.h>
#include <stdatomic.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/vec.h"
#include "core/net/curl_memory.h"
#include "core/net/http_transfer.h"
#include "core/net/watch_loop.h"

#define CONNECTIONS_PER_HOST_MAX 16
#define CONNECTIONS_MAX          128
#define IDLE_CONNECTION_S        60
#define BACKLOG_POLL_MS          20   /* how soon to look again whether the worker keeps up */
#define DEAF_POLL_MS             20   /* how soon to look again where nobody can wake it */
#define STAGE_POLL_MS            250  /* how soon to look again how far connections have come */
#define SLEEP_MIN_MS             2000 /* below it, it was no sleep */

/* Where transfers queue for a connection. Hosts are few and stay. */
struct host {
    struct host *next; /* round and round */
    struct transfer *first, **end;
    int n_active;
};

/* Set before the runner starts, read by it. */
static struct http_config config;
static char *config_ca_file; /* what it borrows */

/* All of it belongs to RUN_NET. */
static struct {
    struct map hosts;   /* origin to struct host */
    struct host *round; /* the last one that was served */
    VEC(CURL *) spare_handles;
    int n_active;
    size_t n_waiting;
    int64_t slept_ms, woken_at_ms; /* 0: there was no sleep since the runner has begun */
} net;

static CURLM *multi;          /* made and freed on RUN_NET, woken from anywhere in between */
static bool is_deaf;          /* curl had no descriptors left to be woken by: it looks by itself */
static atomic_bool was_woken; /* perhaps because a scope was closed */

/* --- sleep ------------------------------------------------------------------------------------ */

/* The machine has slept: the connections from before have been given up by the other side, or by
 * what is between. */
static void notice_sleep(void)
{
    int64_t slept_ms = clock_slept_ms();
    if (slept_ms - net.slept_ms > SLEEP_MIN_MS) {
        log_info("net", "this machine has slept for %lld s: connections are opened anew",
                 (long long)(slept_ms - net.slept_ms) / 1000);
        net.woken_at_ms = clock_mono_ms();
    }
    net.slept_ms = slept_ms;
}

/* How long a connection may have been idle: less than the time since the machine woke up. */
static long idle_max_s(void)
{
    int64_t awake_s = (clock_mono_ms() - net.woken_at_ms) / 1000;
    if (net.woken_at_ms == 0 || awake_s > IDLE_CONNECTION_S)
        return IDLE_CONNECTION_S;
    return (long)awake_s - 1;
}

/* --- for WebSockets ----------------------------------------------------------------------------
 */

CURLM *http_multi(void)
{
    return multi;
}

const struct http_config *http_config(void)
{
    return &config;
}

/* --- a transfer under way ----------------------------------------------------------------------
 */

/* Gives transfer a handle and its connection. False when curl has no memory left. */
static bool transfer_begin(struct transfer *transfer)
{
    CURL *easy = net.spare_handles.len > 0 ? vec_last(&net.spare_handles) : curl_easy_init();
    if (net.spare_handles.len > 0)
        net.spare_handles.len--;
    if (easy == NULL)
        return false;
    transfer_set_up(transfer, easy, idle_max_s());
    return curl_multi_add_handle(multi, easy) == CURLM_OK;
}

/* Takes the handle away again; the transfer is no longer under way. */
static void transfer_stop(struct transfer *transfer)
{
    if (!transfer->is_active)
        return;
    transfer->is_active = false;
    transfer->host->n_active--;
    net.n_active--;
    if (transfer->easy == NULL)
        return;
    curl_multi_remove_handle(multi, transfer->easy);
    curl_easy_reset(transfer->easy);
    vec_push(&net.spare_handles, transfer->easy);
    transfer->easy = NULL;
}

/* --- queues ---------------------------------------------------------------------------------- */

static struct host *host_of(const char *key)
{
    bool fresh = false;
    union map_value *slot = map_put(&net.hosts, sv_of(key), &fresh);
    if (fresh) {
        struct host *host = mem_new(struct host);
        host->end = &host->first;
        host->next = net.round != NULL ? net.round->next : host;
        if (net.round != NULL)
            net.round->next = host;
        net.round = host;
        slot->ptr = host;
    }
    return slot->ptr;
}

static void enqueue(struct transfer *transfer)
{
    struct host *host = transfer->host;
    net.n_waiting++;
    if (transfer->once) { /* a person waits for it */
        transfer->next = host->first;
        host->first = transfer;
        if (transfer->next == NULL)
            host->end = &transfer->next;
        return;
    }
    *host->end = transfer;
    host->end = &transfer->next;
}

static struct transfer *dequeue(struct host *host)
{
    struct transfer *transfer = host->first;
    host->first = transfer->next;
    if (host->first == NULL)
        host->end = &host->first;
    transfer->next = NULL;
    net.n_waiting--;
    return transfer;
}

static void take_out_of_queue(struct transfer *transfer)
{
    struct host *host = transfer->host;
    struct transfer **at = &host->first;
    while (*at != NULL && *at != transfer)
        at = &(*at)->next;
    if (*at == NULL)
        return;
    *at = transfer->next;
    if (*at == NULL)
        host->end = at;
    net.n_waiting--;
}

/* --- ends ------------------------------------------------------------------------------------ */

static void transfer_drop(struct pending *pending)
{
    struct transfer *transfer = (struct transfer *)pending;
    if (!transfer->is_active)
        take_out_of_queue(transfer);
    transfer_stop(transfer);
    transfer->drop(transfer->arg);
    pending_end(pending);
    transfer_free(transfer);
}

static void transfer_finish(struct transfer *transfer)
{
    if (scope_is_closed(transfer->pending.scope)) {
        transfer_drop(&transfer->pending);
        return;
    }
    transfer_stop(transfer);
    transfer->reply.elapsed_us = clock_mono_us() - transfer->submitted_us;
    transfer->done(transfer->arg, &transfer->reply);
    pending_end(&transfer->pending);
    transfer_free(transfer);
}

static void on_finished(struct transfer *transfer, CURLcode result)
{
    transfer_conclude(transfer, result);
    transfer_finish(transfer);
}

/* --- sending --------------------------------------------------------------------------------- */

int http_connections_per_host_max(void)
{
    return config.connections_per_host_max ?: CONNECTIONS_PER_HOST_MAX;
}

static bool may_begin(const struct transfer *transfer)
{
    return transfer != NULL && transfer->host->n_active < http_connections_per_host_max() &&
           (transfer->once || !run_is_backlogged(RUN_WORKER));
}

/* Begins what waits, one host after the other, as far as the limits allow. */
static void begin_waiting(void)
{
    struct host *unserved_since = net.round;
    while (net.n_waiting > 0 && net.n_active < (config.connections_max ?: CONNECTIONS_MAX)) {
        struct host *host = net.round = net.round->next;
        if (may_begin(host->first)) {
            struct transfer *transfer = dequeue(host);
            transfer->is_active = true;
            host->n_active++;
            net.n_active++;
            unserved_since = host;
            if (!transfer_begin(transfer)) {
                transfer->reply.code =
                    err_set(&transfer->reply.err, ERR_NOMEM, transfer->origin.text,
                            "curl cannot begin a transfer");
                transfer_finish(transfer);
            }
        } else if (host == unserved_since) {
            break;
        }
    }
}

/* A line break in a value would begin a header of its own. */
static enum err_code check_headers(const struct http_request *request, struct err *err)
{
    for (size_t i = 0; i < request->n_headers; i++) {
        for (const char *c = request->headers[i].value; *c != '\0'; c++) {
            if (iscntrl((unsigned char)*c))
                return err_set(err, ERR_CONFIG, request->headers[i].name,
                               "the value of %s holds a control character",
                               request->headers[i].name);
        }
    }
    return OK;
}

static void finish_refused(void *arg)
{
    struct transfer *transfer = arg;
    transfer->done(transfer->arg, &transfer->reply);
    transfer_free(transfer);
}

static void drop_refused(void *arg)
{
    struct transfer *transfer = arg;
    transfer->drop(transfer->arg);
    transfer_free(transfer);
}

void http_send(const struct http_request *request, struct scope *scope,
               void (*done)(void *arg, struct http_reply *reply), void (*drop)(void *arg),
               void *arg)
{
    assert(run_is_on(RUN_NET));
    struct transfer *transfer = transfer_new(request, &config);
    transfer->finished = on_finished;
    transfer->done = done;
    transfer->drop = drop;
    transfer->arg = arg;
    struct http_reply *reply = &transfer->reply;
    reply->code = check_headers(request, &reply->err);
    if (reply->code == OK)
        reply->code =
            http_url_check(request->url, request->allow_plain, &transfer->origin, &reply->err);
    if (reply->code == OK)
        reply->code = http_proxy_find(&transfer->origin, &transfer->proxy, &reply->err);
    if (reply->code != OK) { /* later, as every other end */
        run_call(RUN_NET, RUN_NORMAL, scope, finish_refused, drop_refused, transfer);
    } else if (pending_begin(&transfer->pending, scope, transfer_drop)) {
        transfer->host = host_of(transfer->origin.text);
        enqueue(transfer);
    } else {
        drop_refused(transfer);
    }
}

/* --- the loop -------------------------------------------------------------------------------- */

static void loop_start(void)
{
    curl_memory_init();
    multi = curl_multi_init();
    net.slept_ms = clock_slept_ms();
    net.woken_at_ms = 0;
    assert(multi != NULL);
    is_deaf = curl_multi_wakeup(multi) != CURLM_OK;
    if (is_deaf)
        log_warn("net", "too few file descriptors: see ulimit -n");
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                      (long)(config.connections_max ?: CONNECTIONS_MAX));
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
}

static bool conclude_finished(void)
{
    bool any = false;
    int n_left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &n_left)) != NULL; any = true) {
        struct transfer *transfer = NULL;
        CURLcode result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        transfer->finished(transfer, result);
    }
    return any;
}

static void loop_turn(int timeout_ms)
{
    int n_running = 0;
    if (atomic_exchange(&was_woken, false))
        pending_sweep(false);
    notice_sleep();
    begin_waiting();
    curl_multi_perform(multi, &n_running);
    if (conclude_finished())
        return; /* what they have posted comes first */
    if (net.n_waiting > 0 && timeout_ms > BACKLOG_POLL_MS && run_is_backlogged(RUN_WORKER))
        timeout_ms = BACKLOG_POLL_MS;
    if (net.n_active > 0 && timeout_ms > STAGE_POLL_MS)
        timeout_ms = STAGE_POLL_MS;
    if (is_deaf && timeout_ms > DEAF_POLL_MS)
        timeout_ms = DEAF_POLL_MS;
    watch_turn(multi, timeout_ms);
}

static void loop_wake(void)
{
    atomic_store(&was_woken, true);
    curl_multi_wakeup(multi);
}

static void free_hosts(void)
{
    size_t at = 0;
    struct sv key;
    union map_value value;
    while (map_next(&net.hosts, &at, &key, &value))
        mem_free(value.ptr);
    map_done(&net.hosts);
    net.round = NULL;
}

static void loop_stop(void)
{
    pending_sweep(true);
    for (size_t i = 0; i < net.spare_handles.len; i++)
        curl_easy_cleanup(net.spare_handles.ptr[i]);
    vec_free(&net.spare_handles);
    curl_multi_cleanup(multi);
    multi = NULL;
    watch_done();
    free_hosts();
    curl_global_cleanup();
}

const struct run_net_loop http_net_loop = {
    .start = loop_start, .turn = loop_turn, .wake = loop_wake, .stop = loop_stop};

void http_configure(const struct http_config *new_config)
{
    mem_free(config_ca_file);
    config = *new_config;
    config.ca_file = config_ca_file = mem_strdup(new_config->ca_file);
}
