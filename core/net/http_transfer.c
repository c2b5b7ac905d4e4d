#include "core/net/http_transfer.h"

#include <ctype.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/net/http_err.h"

#define DNS_TIMEOUT_MS        4000 /* a name that does not resolve is told within five seconds */
#define SILENT_BELOW_BYTES_S  10L  /* who drips like that does not answer either */
#define RECEIVE_BYTES         16384L /* each request has it anew, and it is wiped: no larger than pays */
#define KEEPALIVE_IDLE_S      30L
#define KEEPALIVE_INTERVAL_S  10L
#define UNACKNOWLEDGED_MAX_MS 30000 /* then the kernel gives the connection up */

/* The safest of them that the proxy names in its 407, so that a connection costs one more round
 * trip. Not Negotiate: where a proxy offers that and there is no ticket, curl tries nothing else.
 */
#define PROXY_AUTHENTICATION ((long)(CURLAUTH_BASIC | CURLAUTH_DIGEST | CURLAUTH_NTLM))

static const struct http_timeouts usual = {
    .connect_ms = 5000, .tls_ms = 10000, .silence_ms = 15000, .total_ms = 60000};

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
        transfer->head_is_whole = false;
        return len;
    }
    transfer->head_is_whole |= sv_trim(value).len == 0;
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

static bool name_has_resolved(const struct transfer *transfer)
{
    curl_off_t time_us = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_NAMELOOKUP_TIME_T, &time_us);
    return time_us > 0;
}

/* Whether one of its sockets has a peer; curl does not tell before TLS has been agreed upon. */
static bool has_peer(const struct transfer *transfer)
{
    struct sockaddr_storage peer;
    for (size_t i = 0; i < ARRAY_LEN(transfer->sockets); i++) {
        socklen_t len = sizeof peer;
        if (transfer->sockets[i] > 0 &&
            getpeername(transfer->sockets[i], (struct sockaddr *)&peer, &len) == 0)
            return true;
    }
    return false;
}

/* curl has one time-out for all that comes before the request: the parts of it are kept here. */
static int on_progress(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    struct transfer *transfer = arg;
    long dns_ms = transfer->timeouts.connect_ms;
    (void)down_total, (void)down, (void)up_total, (void)up;
    if (transfer->reply.sent)
        return 0;
    if (dns_ms > DNS_TIMEOUT_MS)
        dns_ms = DNS_TIMEOUT_MS;
    int64_t so_far_ms = (clock_mono_us() - transfer->begun_us) / 1000;
    transfer->is_connected = transfer->is_connected || has_peer(transfer);
    if (so_far_ms > dns_ms && !name_has_resolved(transfer))
        transfer->late = LATE_DNS;
    else if (so_far_ms > transfer->timeouts.connect_ms && !transfer->is_connected)
        transfer->late = LATE_CONNECT;
    return transfer->late != LATE_NOT;
}

/* A peer that has gone without a word is noticed while a request waits for it, too. */
static int on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    struct transfer *transfer = arg;
    unsigned timeout_ms = UNACKNOWLEDGED_MAX_MS;
    (void)purpose;
    transfer->sockets[transfer->n_sockets++ % ARRAY_LEN(transfer->sockets)] = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
    return CURL_SOCKOPT_OK;
}

/* --- making and freeing ------------------------------------------------------------------------
 */

static void wipe_headers(struct transfer *transfer)
{
    for (struct curl_slist *at = transfer->headers; at != NULL; at = at->next)
        secret_wipe(at->data, strlen(at->data));
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
}

void transfer_free(struct transfer *transfer)
{
    wipe_headers(transfer);
    http_proxy_done(&transfer->proxy);
    secret_wipe(transfer->body, transfer->body_len);
    mem_free(transfer->method);
    mem_free(transfer->url);
    mem_free(transfer->ca_file);
    mem_free(transfer->body);
    if (transfer->has_secrets)
        secret_wipe(transfer->reply.body.ptr, transfer->reply.body.len);
    http_reply_done(&transfer->reply);
    mem_free(transfer);
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

/* What the request says, else the settings, else what is usual. */
static struct http_timeouts choose_timeouts(const struct http_request *request,
                                            const struct http_timeouts *set)
{
    return (struct http_timeouts){
        .connect_ms = request->connect_timeout_ms ?: set->connect_ms ?: usual.connect_ms,
        .tls_ms = request->tls_timeout_ms ?: set->tls_ms ?: usual.tls_ms,
        .silence_ms = request->silence_timeout_ms ?: set->silence_ms ?: usual.silence_ms,
        .total_ms = request->total_timeout_ms ?: set->total_ms ?: usual.total_ms,
    };
}

struct transfer *transfer_new(const struct http_request *request, const struct http_config *config)
{
    struct transfer *transfer = mem_new(struct transfer);
    transfer->method = mem_strdup(request->method);
    transfer->url = mem_strdup(request->url);
    transfer->ca_file = mem_strdup(request->ca_file != NULL ? request->ca_file : config->ca_file);
    transfer->body = sv_dup(request->body);
    transfer->body_len = request->body.len;
    transfer->body_max_bytes = request->body_max_bytes ? request->body_max_bytes : HTTP_BODY_MAX;
    transfer->reply.body.cap = transfer->body_max_bytes;
    if (request->has_secrets) {
        transfer->reply.body.size = transfer->body_max_bytes + 1;
        transfer->reply.body.ptr = mem_alloc(transfer->reply.body.size);
    }
    transfer->has_secrets = request->has_secrets;
    transfer->timeouts = choose_timeouts(request, &config->timeouts);
    transfer->once = request->once;
    transfer->submitted_us = clock_mono_us();
    transfer->reply.started_at_ms = clock_wall_ms();
    copy_headers(transfer, request);
    return transfer;
}

/* --- setting up --------------------------------------------------------------------------------
 */

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

/* Ours or none at all: curl's own reading of the environment is turned off. */
static void set_proxy(CURL *easy, const struct transfer *transfer)
{
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROXY, transfer->proxy.url != NULL ? transfer->proxy.url : "");
    if (transfer->proxy.url == NULL)
        return;
    curl_easy_setopt(easy, CURLOPT_PROXYAUTH, PROXY_AUTHENTICATION);
    curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
    if (transfer->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, transfer->ca_file);
    curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);
}

static void set_limits(CURL *easy, const struct transfer *transfer, long idle_max_s)
{
    const struct http_timeouts *timeouts = &transfer->timeouts;
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)timeouts->connect_ms + timeouts->tls_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeouts->total_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, SILENT_BELOW_BYTES_S);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (timeouts->silence_ms + 999L) / 1000);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    if (idle_max_s >= 0)
        curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, idle_max_s);
    if (transfer->once || idle_max_s < 0)
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    if (transfer->once)
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
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
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, transfer);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, transfer);
}

void transfer_set_up(struct transfer *transfer, CURL *easy, long idle_max_s)
{
    transfer->easy = easy;
    transfer->begun_us = clock_mono_us();
    curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BYTES);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* do not wait for a resolver that hangs */
    set_method(easy, transfer);
    set_security(easy, transfer);
    set_proxy(easy, transfer);
    set_limits(easy, transfer, idle_max_s);
    set_callbacks(easy, transfer);
}

/* --- its end -----------------------------------------------------------------------------------
 */

/* How far it had come. */
static enum http_stage stage_of(const struct transfer *transfer, CURLcode result)
{
    bool ran_out_of_time = result == CURLE_OPERATION_TIMEDOUT || transfer->late != LATE_NOT;
    if (transfer->reply.sent)
        return STAGE_ANSWER;
    if (!name_has_resolved(transfer))
        return STAGE_DNS;
    if (result == CURLE_COULDNT_CONNECT || (ran_out_of_time && !transfer->is_connected))
        return STAGE_CONNECT;
    return STAGE_TLS;
}

void transfer_conclude(struct transfer *transfer, CURLcode result)
{
    struct http_reply *reply = &transfer->reply;
    const struct http_failure failure = {.origin = transfer->origin.text,
                                         .message = transfer->curl_message,
                                         .ca_file = transfer->ca_file,
                                         .proxy = &transfer->proxy,
                                         .stage = stage_of(transfer, result),
                                         .is_late = transfer->late != LATE_NOT,
                                         .too_big = transfer->too_big,
                                         .body_max_bytes = transfer->body_max_bytes,
                                         .timeouts = &transfer->timeouts};
    long status = 0;
    if (result == CURLE_OK && !transfer->head_is_whole)
        result = CURLE_PARTIAL_FILE; /* curl takes a head that ends early for one without a body */
    if (result != CURLE_OK) {
        reply->code = http_err_from_curl(transfer->easy, result, &failure, &reply->err);
        return;
    }
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    reply->status = (int)status;
    if (status == 407 && transfer->proxy.url != NULL)
        reply->code = http_err_from_proxy(status, &failure, &reply->err);
}
