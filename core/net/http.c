#include "core/net/http.h"

#include <assert.h>
#include <ctype.h>
#include <curl/curl.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/vec.h"
#include "core/net/http_err.h"
#include "core/net/http_url.h"
#include "core/net/pending.h"

#define CONNECT_TIMEOUT_MS       5000
#define SILENCE_TIMEOUT_MS       15000
#define TOTAL_TIMEOUT_MS         60000
#define CONNECTIONS_PER_HOST_MAX 16
#define CONNECTIONS_MAX          128
#define IDLE_CONNECTION_S        60L
#define BACKLOG_POLL_MS          20 /* how soon to look again whether the worker keeps up */

/* Where transfers queue for a connection. Hosts are few and stay. */
struct host {
    struct host *next; /* round and round */
    struct transfer *first, **end;
    int n_active;
};

struct transfer {
    struct pending pending; /* first, so that one is the other */
    struct transfer *next;  /* in the host's queue */
    struct host *host;
    CURL *easy; /* NULL while it waits */
    struct curl_slist *headers;
    char *method, *url, *ca_file, *body;
    size_t body_len, body_max_bytes;
    long connect_timeout_ms, silence_timeout_ms, total_timeout_ms;
    bool once, has_secrets, too_big, is_active;
    int64_t submitted_us;
    struct http_origin origin;
    char curl_message[CURL_ERROR_SIZE];
    struct http_reply reply;
    void (*done)(void *arg, struct http_reply *reply);
    void (*drop)(void *arg);
    void *arg;
};

/* Set before the runner starts, read by it. */
static struct {
    char *ca_file;
    int connections_per_host_max, connections_max;
} config;

/* All of it belongs to RUN_NET. */
static struct {
    struct map hosts;   /* origin to struct host */
    struct host *round; /* the last one that was served */
    VEC(CURL *) spare_handles;
    int n_active;
    size_t n_waiting;
} net;

static CURLM *multi;              /* made and freed on RUN_NET, woken from anywhere in between */
static atomic_bool was_woken;     /* perhaps because a scope was closed */
static atomic_size_t n_transfers; /* for http_read_stats */
static atomic_uint_fast64_t n_connections;

/* --- replies --------------------------------------------------------------------------------- */

struct sv http_reply_header(const struct http_reply *reply, const char *name)
{
    struct sv rest = buf_sv(&reply->headers);
    while (rest.len > 0) {
        struct sv value = sv_split(&rest, '\n');
        if (sv_eq_cstr(sv_split(&value, ':'), name))
            return sv_trim(value);
    }
    return SV_NONE;
}

void http_reply_done(struct http_reply *reply)
{
    buf_done(&reply->body);
    buf_done(&reply->headers);
}

/* --- what curl calls ------------------------------------------------------------------------- */

static size_t on_body(char *bytes, size_t one, size_t len, void *arg)
{
    struct transfer *transfer = arg;
    (void)one;
    if (len > transfer->body_max_bytes - transfer->reply.body.len) {
        transfer->too_big = true;
        return 0;
    }
    buf_add(&transfer->reply.body, (struct sv){bytes, len});
    return len;
}

static size_t on_header(char *bytes, size_t one, size_t len, void *arg)
{
    struct transfer *transfer = arg;
    struct buf *headers = &transfer->reply.headers;
    struct sv value = {bytes, len};
    (void)one;
    if (sv_starts(value, SV("HTTP/"))) { /* the last of several answers counts (100, then 200) */
        buf_clear(headers);
        return len;
    }
    struct sv name = sv_split(&value, ':');
    if (name.len == len || name.len == 0 || isspace((unsigned char)name.ptr[0]))
        return len; /* the empty line, a folded line, or none at all */
    if (headers->len + len > HTTP_HEADERS_MAX) {
        transfer->too_big = true;
        return 0;
    }
    for (size_t i = 0; i < name.len; i++)
        buf_add_char(headers, (char)tolower((unsigned char)name.ptr[i]));
    buf_add(headers, SV(": "));
    buf_add(headers, sv_trim(value));
    buf_add_char(headers, '\n');
    return len;
}

/* Between the connection (with proxy and TLS) and the first byte of the request. */
static int on_connected(void *arg, char *to_ip, char *from_ip, int to_port, int from_port)
{
    struct transfer *transfer = arg;
    (void)to_ip, (void)from_ip, (void)to_port, (void)from_port;
    if (scope_is_closed(transfer->pending.scope))
        return CURL_PREREQFUNC_ABORT;
    transfer->reply.sent = true;
    return CURL_PREREQFUNC_OK;
}

/* --- a transfer ------------------------------------------------------------------------------ */

static void wipe_headers(struct transfer *transfer)
{
    for (struct curl_slist *at = transfer->headers; at != NULL; at = at->next)
        secret_wipe(at->data, strlen(at->data));
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
}

static void transfer_free(struct transfer *transfer)
{
    wipe_headers(transfer);
    secret_wipe(transfer->body, transfer->body_len);
    mem_free(transfer->method);
    mem_free(transfer->url);
    mem_free(transfer->ca_file);
    mem_free(transfer->body);
    if (transfer->has_secrets)
        secret_wipe(transfer->reply.body.ptr, transfer->reply.body.len);
    http_reply_done(&transfer->reply);
    mem_free(transfer);
    atomic_fetch_sub(&n_transfers, 1);
}

static void add_header_line(struct transfer *transfer, const char *name, const char *value)
{
    struct buf line = BUF_NONE;
    buf_add_cstr(&line, name);
    buf_add_char(&line, ':');
    if (value[0] != '\0') {
        buf_add_char(&line, ' ');
        buf_add_cstr(&line, value);
    }
    struct curl_slist *grown = curl_slist_append(transfer->headers, buf_cstr(&line));
    secret_wipe(line.ptr, line.len);
    buf_done(&line);
    if (grown != NULL)
        transfer->headers = grown;
}

static bool has_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->n_headers; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0)
            return true;
    }
    return false;
}

static void copy_headers(struct transfer *transfer, const struct http_request *request)
{
    static const char *const from_curl[] = {"Accept", "Expect", "Content-Type", "User-Agent"};
    for (size_t i = 0; i < request->n_headers; i++)
        add_header_line(transfer, request->headers[i].name, request->headers[i].value);
    for (size_t i = 0; i < ARRAY_LEN(from_curl); i++) {
        if (!has_header(request, from_curl[i]))
            add_header_line(transfer, from_curl[i], "");
    }
}

static struct transfer *transfer_new(const struct http_request *request)
{
    struct transfer *transfer = mem_new(struct transfer);
    atomic_fetch_add(&n_transfers, 1);
    transfer->method = mem_strdup(request->method);
    transfer->url = mem_strdup(request->url);
    transfer->ca_file = mem_strdup(request->ca_file != NULL ? request->ca_file : config.ca_file);
    transfer->body = sv_dup(request->body);
    transfer->body_len = request->body.len;
    transfer->body_max_bytes = request->body_max_bytes ? request->body_max_bytes : HTTP_BODY_MAX;
    transfer->reply.body.cap = transfer->body_max_bytes;
    if (request->has_secrets) {
        transfer->reply.body.size = transfer->body_max_bytes + 1;
        transfer->reply.body.ptr = mem_alloc(transfer->reply.body.size);
    }
    transfer->has_secrets = request->has_secrets;
    transfer->connect_timeout_ms = request->connect_timeout_ms ?: CONNECT_TIMEOUT_MS;
    transfer->silence_timeout_ms = request->silence_timeout_ms ?: SILENCE_TIMEOUT_MS;
    transfer->total_timeout_ms = request->total_timeout_ms ?: TOTAL_TIMEOUT_MS;
    transfer->once = request->once;
    transfer->submitted_us = clock_mono_us();
    transfer->reply.started_at_ms = clock_wall_ms();
    copy_headers(transfer, request);
    return transfer;
}

static void set_method(CURL *easy, const struct transfer *transfer)
{
    bool post = strcmp(transfer->method, "POST") == 0;
    if (post || transfer->body_len > 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->body_len);
    }
    if (strcmp(transfer->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (!post && strcmp(transfer->method, "GET") != 0)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->method);
}

static void set_security(CURL *easy, const struct transfer *transfer)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (transfer->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, transfer->ca_file);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* else the store is read for each connection */
}

static void set_limits(CURL *easy, const struct transfer *transfer)
{
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, transfer->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, transfer->total_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (transfer->silence_timeout_ms + 999) / 1000);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_S);
    if (transfer->once) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
}

static void set_callbacks(CURL *easy, struct transfer *transfer)
{
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_message);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
}

/* Gives transfer a handle and its connection. False when curl has no memory left. */
static bool transfer_begin(struct transfer *transfer)
{
    CURL *easy = net.spare_handles.len > 0 ? vec_last(&net.spare_handles) : curl_easy_init();
    if (net.spare_handles.len > 0)
        net.spare_handles.len--;
    if (easy == NULL)
        return false;
    transfer->easy = easy;
    curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (transfer->origin.is_local) /* whatever the environment says of proxies */
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* do not wait for a resolver that hangs */
    set_method(easy, transfer);
    set_security(easy, transfer);
    set_limits(easy, transfer);
    set_callbacks(easy, transfer);
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
    long opened = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &opened);
    atomic_fetch_add(&n_connections, (uint64_t)opened);
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

/* curl is through with it: the result as an error, or as a whole reply. */
static void transfer_conclude(struct transfer *transfer, CURLcode result)
{
    struct http_reply *reply = &transfer->reply;
    long status = 0;
    if (result == CURLE_OK) {
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        reply->status = (int)status;
    } else {
        struct http_failure failure = {.origin = transfer->origin.text,
                                       .message = transfer->curl_message,
                                       .ca_file = transfer->ca_file,
                                       .sent = reply->sent,
                                       .too_big = transfer->too_big,
                                       .body_max_bytes = transfer->body_max_bytes,
                                       .connect_timeout_ms = transfer->connect_timeout_ms,
                                       .silence_timeout_ms = transfer->silence_timeout_ms,
                                       .total_timeout_ms = transfer->total_timeout_ms};
        reply->code = http_err_from_curl(transfer->easy, result, &failure, &reply->err);
    }
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
    struct transfer *transfer = transfer_new(request);
    transfer->done = done;
    transfer->drop = drop;
    transfer->arg = arg;
    struct http_reply *reply = &transfer->reply;
    reply->code = check_headers(request, &reply->err);
    if (reply->code == OK)
        reply->code =
            http_url_check(request->url, request->allow_plain, &transfer->origin, &reply->err);
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
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    assert(multi != NULL);
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
        transfer_conclude(transfer, result);
    }
    return any;
}

static void loop_turn(int timeout_ms)
{
    int n_running = 0;
    if (atomic_exchange(&was_woken, false))
        pending_sweep(false);
    begin_waiting();
    curl_multi_perform(multi, &n_running);
    if (conclude_finished())
        timeout_ms = 0; /* what they have posted comes first */
    if (net.n_waiting > 0 && timeout_ms > BACKLOG_POLL_MS && run_is_backlogged(RUN_WORKER))
        timeout_ms = BACKLOG_POLL_MS;
    curl_multi_poll(multi, NULL, 0, timeout_ms, NULL);
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
    free_hosts();
    curl_global_cleanup();
}

const struct run_net_loop http_net_loop = {
    .start = loop_start, .turn = loop_turn, .wake = loop_wake, .stop = loop_stop};

void http_configure(const struct http_config *new_config)
{
    mem_free(config.ca_file);
    config.ca_file = mem_strdup(new_config->ca_file);
    config.connections_per_host_max = new_config->connections_per_host_max;
    config.connections_max = new_config->connections_max;
}

void http_read_stats(size_t *in_flight, uint64_t *connections)
{
    *in_flight = atomic_load(&n_transfers);
    *connections = atomic_load(&n_connections);
}
